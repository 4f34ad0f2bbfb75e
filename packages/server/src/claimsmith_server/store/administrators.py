"""Administrators of the dashboard; an instance that has had an owner never loses its last one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, insert, select, update

from claimsmith_server.core.models import Administrator, AdministratorRole
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import administrators
from claimsmith_server.store.user_filters import normalise

_SHAPE = Shape(Administrator, administrators)
_CHANGEABLE: Final = frozenset({"password_digest", "failed_attempts", "lockout_expires_at", "last_sign_in_at"})
_INSERT = insert(administrators)
_OF_INSTANCE = administrators.c.instance_id == bindparam("instance", required=False)
_ANY = select(administrators.c.id).where(_OF_INSTANCE).limit(1)
_BY_ID = select(*_SHAPE.columns).where(_OF_INSTANCE, administrators.c.id == bindparam("id", required=False))
_HOLD_BY_ID = _BY_ID.with_for_update()
_BY_ADDRESS = select(*_SHAPE.columns).where(
    _OF_INSTANCE, administrators.c.normal_email_address == bindparam("address", required=False)
)
_LIST = select(*_SHAPE.columns).where(_OF_INSTANCE).order_by(administrators.c.created_at, administrators.c.id)
_HOLD_OWNERS = (
    select(administrators.c.id)
    .where(_OF_INSTANCE, administrators.c.role == "owner")
    .order_by(administrators.c.id)
    .with_for_update()
)


async def insert_administrator(tx: Tx, administrator: Administrator) -> None:
    """Nothing; the administrator is stored.

    Raises:
        UniqueViolation: another one of the instance has this address.
    """
    normal = {"normal_email_address": normalise(administrator.email_address)}
    await tx.run(_INSERT, {**_SHAPE.values(administrator), **normal})


async def has_administrators(tx: Tx, instance_id: str) -> bool:
    """Whether the dashboard has been set up."""
    return await tx.one(_ANY, {"instance": instance_id}) is not None


async def load_administrator(tx: Tx, instance_id: str, administrator_id: str) -> Administrator | None:
    """The administrator with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": administrator_id})
    return None if row is None else _SHAPE.build(row)


async def load_administrator_by_address(tx: Tx, instance_id: str, email_address: str) -> Administrator | None:
    """The administrator with this e-mail address, regardless of case."""
    row = await tx.one(_BY_ADDRESS, {"instance": instance_id, "address": normalise(email_address)})
    return None if row is None else _SHAPE.build(row)


async def hold_administrator(tx: Tx, instance_id: str, administrator_id: str) -> Administrator | None:
    """The administrator with this id, held until the transaction ends."""
    row = await tx.one(_HOLD_BY_ID, {"instance": instance_id, "id": administrator_id})
    return None if row is None else _SHAPE.build(row)


async def hold_owners(tx: Tx, instance_id: str) -> frozenset[str]:
    """The ids of all owners, held until the transaction ends: who takes a role away sees who took one before.

    Whoever waits here for another transaction reads each row again once that has ended (PostgreSQL, read committed),
    so that of two owners who demote each other at once, one is refused.
    """
    return frozenset(str(row[0]) for row in await tx.all(_HOLD_OWNERS, {"instance": instance_id}))


async def list_administrators(tx: Tx, instance_id: str) -> Sequence[Administrator]:
    """All of them, oldest first."""
    return [_SHAPE.build(row) for row in await tx.all(_LIST, {"instance": instance_id})]


async def update_administrator(
    tx: Tx, instance_id: str, administrator_id: str, changes: Mapping[str, Any], *, now: int
) -> bool:
    """Whether there is such an administrator; what `changes` names is changed.

    Raises:
        KeyError: a field that can't be changed this way; for the role see `change_role`.
    """
    if not _CHANGEABLE.issuperset(changes):
        raise KeyError(*sorted(set(changes) - _CHANGEABLE))
    return await tx.run(_update(instance_id, administrator_id).values(**changes, updated_at=now)) > 0


async def change_role(tx: Tx, instance_id: str, administrator_id: str, role: AdministratorRole, *, now: int) -> bool:
    """Whether the administrator has this role now; not when no owner were left. Call `hold_owners` before."""
    statement = _update(instance_id, administrator_id).values(role=role, updated_at=now)
    if role != "owner":
        statement = statement.where(_has_other_owner(instance_id, administrator_id))
    return await tx.run(statement) > 0


async def delete_administrator(tx: Tx, instance_id: str, administrator_id: str) -> bool:
    """Whether the administrator is gone now, with all sessions; not when no owner were left. `hold_owners` before."""
    statement = delete(administrators).where(
        administrators.c.instance_id == instance_id,
        administrators.c.id == administrator_id,
        _has_other_owner(instance_id, administrator_id),
    )
    return await tx.run(statement) > 0


def _update(instance_id: str, administrator_id: str) -> Any:
    return update(administrators).where(
        administrators.c.instance_id == instance_id, administrators.c.id == administrator_id
    )


def _has_other_owner(instance_id: str, administrator_id: str) -> Any:
    others = administrators.alias("others")
    return exists().where(
        others.c.instance_id == instance_id, others.c.role == "owner", others.c.id != administrator_id
    )
