"""Handshake nonces: what a browser carries back to the application, exchanged there for sealed directives."""

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, insert, or_, update

from claimsmith_server.store.database import Tx
from claimsmith_server.store.schema import handshake_nonces as nonces

_INSERT = insert(nonces)
_INSTANCE: BindParameter[str] = bindparam("instance", required=False)
_HASH: BindParameter[bytes] = bindparam("hash", required=False)


async def insert_handshake_nonce(  # noqa: PLR0913 - a row
    tx: Tx, instance_id: str, nonce_hash: bytes, sealed_directives: bytes, *, expire_at: int, now: int
) -> None:
    """Nothing; the directives wait to be fetched."""
    values = {
        "instance_id": instance_id,
        "nonce_hash": nonce_hash,
        "sealed_directives": sealed_directives,
        "used_at": None,
        "expire_at": expire_at,
        "created_at": now,
    }
    await tx.run(_INSERT, values)


async def use_handshake_nonce(tx: Tx, instance_id: str, nonce_hash: bytes, *, now: int, reuse_ms: int) -> bytes | None:
    """The sealed directives; None when there is no such nonce, it expired, or it was first used `reuse_ms` ago.

    One conditional update. With live keys the browser sends the same nonce with every request until the answer to the
    first one deletes it, so `reuse_ms` is some seconds there; with development keys it is 0 (contract 4.9, S-012).
    """
    usable: list[ColumnElement[bool]] = [nonces.c.used_at.is_(None)]
    if reuse_ms:  # not with 0: who was first may have a later `now` than who waited for it
        usable.append(nonces.c.used_at > now - reuse_ms)
    statement = (
        update(nonces)
        .where(
            nonces.c.instance_id == _INSTANCE,
            nonces.c.nonce_hash == _HASH,
            nonces.c.expire_at > now,
            or_(*usable),
        )
        .values(used_at=case((nonces.c.used_at.is_(None), now), else_=nonces.c.used_at))
        .returning(nonces.c.sealed_directives)
    )
    row = await tx.one(statement, {"instance": instance_id, "hash": nonce_hash})
    return None if row is None else bytes(row[0])
