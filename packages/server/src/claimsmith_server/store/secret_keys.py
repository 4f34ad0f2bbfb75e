"""Secret keys of instances: hashes, since a key is shown once and never stored."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, or_, select, update

from claimsmith_server.core.models import Instance, SecretKey
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import instances, secret_keys

TOUCH_MILLISECONDS = 60_000
"""`last_used_at` is written at most once in this time, so that reading with a key stays a read."""

_SHAPE = Shape(SecretKey, secret_keys)
_INSTANCE = Shape(Instance, instances)
_INSERT = insert(secret_keys)
_LIVE = (
    select(*_INSTANCE.columns, *_SHAPE.columns)
    .select_from(secret_keys.join(instances, instances.c.id == secret_keys.c.instance_id))
    .where(secret_keys.c.hash == bindparam("hash", required=False), secret_keys.c.revoked_at.is_(None))
)
_OF_INSTANCE = (
    select(*_SHAPE.columns)
    .where(secret_keys.c.instance_id == bindparam("instance", required=False))
    .order_by(secret_keys.c.created_at, secret_keys.c.id)
)
_HOLD_LIVE = (
    select(secret_keys.c.id)
    .where(secret_keys.c.instance_id == bindparam("instance", required=False), secret_keys.c.revoked_at.is_(None))
    .order_by(secret_keys.c.id)
    .with_for_update()
)


async def insert_secret_key(tx: Tx, key: SecretKey) -> None:
    """Nothing; the key's hash is stored.

    Raises:
        UniqueViolation: the same key is stored already.
    """
    await tx.run(_INSERT, _SHAPE.values(key))


async def load_instance_by_secret(tx: Tx, secret_hash: bytes) -> tuple[Instance, SecretKey] | None:
    """The instance that a live secret key opens, and the key as stored; `secret_hash` is its SHA-256 digest."""
    row = await tx.one(_LIVE, {"hash": secret_hash})
    if row is None:
        return None
    return _INSTANCE.build(row), _SHAPE.build(row[len(_INSTANCE.columns) :])


async def touch_secret_key(tx: Tx, instance_id: str, key_id: str, last_used_at: int | None, *, now: int) -> bool:
    """Whether the key's `last_used_at` was brought up to `now`; it isn't while what was read is under a minute old."""
    if last_used_at is not None and now - last_used_at < TOUCH_MILLISECONDS:
        return False
    column = secret_keys.c.last_used_at
    statement = (
        update(secret_keys)
        .where(
            secret_keys.c.instance_id == instance_id,
            secret_keys.c.id == key_id,
            or_(column.is_(None), column <= now - TOUCH_MILLISECONDS),
        )
        .values(last_used_at=now)
    )
    return await tx.run(statement) > 0


async def revoke_secret_key(tx: Tx, instance_id: str, key_id: str, *, now: int) -> bool:
    """Whether a live key of the instance was revoked; from then on it opens nothing (case Z-011)."""
    statement = (
        update(secret_keys)
        .where(secret_keys.c.instance_id == instance_id, secret_keys.c.id == key_id, secret_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return await tx.run(statement) > 0


async def hold_live_secret_keys(tx: Tx, instance_id: str) -> frozenset[str]:
    """The ids of the keys that are not revoked, held until the transaction ends.

    Of two who revoke the last two keys at once, the second sees that one is left.
    """
    return frozenset(str(row[0]) for row in await tx.all(_HOLD_LIVE, {"instance": instance_id}))


async def list_secret_keys(tx: Tx, instance_id: str) -> Sequence[SecretKey]:
    """All keys of the instance, revoked ones too, oldest first."""
    return [_SHAPE.build(row) for row in await tx.all(_OF_INSTANCE, {"instance": instance_id})]
