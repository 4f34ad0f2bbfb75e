"""Signing keys: at most one is active in an instance, and the database sees to it (case K-009)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, literal_column, select, update

from claimsmith_server.core.models import KeyStatus, SigningKey
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import signing_keys

_SHAPE = Shape(SigningKey, signing_keys)
_INSERT = insert(signing_keys)
_ALL = select(*_SHAPE.columns).where(signing_keys.c.status != "removed").order_by(signing_keys.c.instance_id)
_OF_INSTANCE = (
    select(*_SHAPE.columns)
    .where(signing_keys.c.instance_id == bindparam("instance", required=False))
    .order_by(signing_keys.c.created_at, signing_keys.c.kid)
)
_BY_KID = _OF_INSTANCE.where(signing_keys.c.kid == bindparam("kid", required=False))
_HOLD = (
    select(signing_keys.c.kid)
    .where(signing_keys.c.instance_id == bindparam("instance", required=False))
    .order_by(signing_keys.c.kid)
    .with_for_update()
)
_ACTIVE = _OF_INSTANCE.where(literal_column("signing_keys.status = 'active'"))


async def insert_signing_key(tx: Tx, key: SigningKey) -> None:
    """Nothing; the key is stored.

    Raises:
        UniqueViolation: its kid was used before, or it is active and another one is.
    """
    await tx.run(_INSERT, _SHAPE.values(key))


async def load_signing_key(tx: Tx, instance_id: str, kid: str) -> SigningKey | None:
    """The key with this kid, whatever its status."""
    row = await tx.one(_BY_KID, {"instance": instance_id, "kid": kid})
    return None if row is None else _SHAPE.build(row)


async def load_active_signing_key(tx: Tx, instance_id: str) -> SigningKey | None:
    """The key that signs."""
    row = await tx.one(_ACTIVE, {"instance": instance_id})
    return None if row is None else _SHAPE.build(row)


async def list_signing_keys(tx: Tx, instance_id: str) -> Sequence[SigningKey]:
    """All keys of the instance, oldest first; the JWKS is those that are not `removed`."""
    return [_SHAPE.build(row) for row in await tx.all(_OF_INSTANCE, {"instance": instance_id})]


async def list_signing_keys_in_use(tx: Tx) -> Sequence[SigningKey]:
    """The keys of every instance that are not `removed`; nothing else of the instances is read."""
    return [_SHAPE.build(row) for row in await tx.all(_ALL)]


async def hold_signing_keys(tx: Tx, instance_id: str) -> Sequence[SigningKey]:
    """As `list_signing_keys`, held until the transaction ends: of two who hold them, one comes after the other."""
    await tx.all(_HOLD, {"instance": instance_id})
    return await list_signing_keys(tx, instance_id)


async def set_signing_key_status(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, kid: str, status: KeyStatus, *, expected: KeyStatus, now: int
) -> bool:
    """Whether the key went from `expected` to `status`.

    Raises:
        UniqueViolation: another key is active.
    """
    statement = (
        update(signing_keys)
        .where(signing_keys.c.instance_id == instance_id, signing_keys.c.kid == kid, signing_keys.c.status == expected)
        .values(status=status, updated_at=now)
    )
    return await tx.run(statement) > 0


async def activate_signing_key(tx: Tx, instance_id: str, kid: str, *, now: int) -> bool:
    """Whether the pending key `kid` is active now, the one before it `retiring`; both or nothing."""

    async def work(inner: Tx) -> bool:
        active = await load_active_signing_key(inner, instance_id)
        waiting = await load_signing_key(inner, instance_id, kid)
        if waiting is None or waiting.status != "pending":
            return False
        if active is not None:
            await set_signing_key_status(inner, instance_id, active.kid, "retiring", expected="active", now=now)
        return await set_signing_key_status(inner, instance_id, kid, "active", expected="pending", now=now)

    return await within(tx, work)
