"""Roles in organizations and the permissions that they hold."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.models import Permission, Role
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import permissions, roles

_ROLE = Shape(Role, roles)
_PERMISSION = Shape(Permission, permissions)
_INSERT_ROLE = insert(roles)
_INSERT_PERMISSION = insert(permissions)
_ROLES = (
    select(*_ROLE.columns)
    .where(roles.c.instance_id == bindparam("instance", required=False))
    .order_by(roles.c.created_at, roles.c.key)
)
_LOCK_ROLES = _ROLES.with_for_update()
_BY_KEY = _ROLES.where(roles.c.key == bindparam("key", required=False))
_PERMISSIONS = (
    select(*_PERMISSION.columns)
    .where(permissions.c.instance_id == bindparam("instance", required=False))
    .order_by(permissions.c.created_at, permissions.c.key)
)


async def insert_role(tx: Tx, role: Role) -> None:
    """Nothing; the role is stored.

    Raises:
        UniqueViolation: its key is taken.
    """
    await tx.run(_INSERT_ROLE, _ROLE.values(role))


async def load_role(tx: Tx, instance_id: str, key: str) -> Role | None:
    """The role with this key, e.g. `org:admin`."""
    row = await tx.one(_BY_KEY, {"instance": instance_id, "key": key})
    return None if row is None else _ROLE.build(row)


async def list_roles(tx: Tx, instance_id: str) -> Sequence[Role]:
    """All roles of the instance, oldest first."""
    return [_ROLE.build(row) for row in await tx.all(_ROLES, {"instance": instance_id})]


async def set_role_permissions(tx: Tx, instance_id: str, key: str, keys: tuple[str, ...], *, now: int) -> Role | None:
    """The role with other permissions, in this order; each mint after it sees them."""
    statement = (
        update(roles)
        .where(roles.c.instance_id == instance_id, roles.c.key == key)
        .values(**_ROLE.encode({"permissions": keys, "updated_at": now}))
        .returning(*_ROLE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _ROLE.build(row)


async def set_role_name(tx: Tx, instance_id: str, key: str, name: str, *, now: int) -> Role | None:
    """The role with another name."""
    statement = (
        update(roles)
        .where(roles.c.instance_id == instance_id, roles.c.key == key)
        .values(name=name, updated_at=now)
        .returning(*_ROLE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _ROLE.build(row)


async def hold_roles(tx: Tx, instance_id: str) -> Sequence[Role]:
    """All roles of the instance, oldest first, held until the transaction ends."""
    return [_ROLE.build(row) for row in await tx.all(_LOCK_ROLES, {"instance": instance_id})]


async def delete_role(tx: Tx, instance_id: str, key: str) -> bool:
    """Whether there was such a role.

    Raises:
        ForeignKeyViolation: members have it.
    """
    return await tx.run(delete(roles).where(roles.c.instance_id == instance_id, roles.c.key == key)) > 0


async def insert_permission(tx: Tx, permission: Permission) -> None:
    """Nothing; the permission is stored.

    Raises:
        UniqueViolation: its key is taken.
    """
    await tx.run(_INSERT_PERMISSION, _PERMISSION.values(permission))


async def list_permissions(tx: Tx, instance_id: str) -> Sequence[Permission]:
    """All permissions of the instance, oldest first."""
    return [_PERMISSION.build(row) for row in await tx.all(_PERMISSIONS, {"instance": instance_id})]


async def update_permission(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, key: str, *, name: str, description: str, now: int
) -> Permission | None:
    """The permission with another name and description."""
    statement = (
        update(permissions)
        .where(permissions.c.instance_id == instance_id, permissions.c.key == key)
        .values(name=name, description=description, updated_at=now)
        .returning(*_PERMISSION.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _PERMISSION.build(row)


async def delete_permission(tx: Tx, instance_id: str, key: str) -> bool:
    """Whether there was such a permission; roles that hold its key hold it still."""
    statement = delete(permissions).where(permissions.c.instance_id == instance_id, permissions.c.key == key)
    return await tx.run(statement) > 0
