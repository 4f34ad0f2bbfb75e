"""Roles in organizations as browsers see them."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from claimsmith_server.core.models import Permission, Role
from claimsmith_server.core.organizations import SYSTEM_PERMISSIONS, holds_minimum


class WirePermission(msgspec.Struct, frozen=True, kw_only=True):
    """A permission."""

    id: str
    object: Literal["permission"] = "permission"
    key: str
    name: str
    description: str
    type: Literal["system", "user"]
    created_at: int
    updated_at: int


class WireRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role; `is_creator_eligible` says whether it can keep an organization alive by itself."""

    id: str
    object: Literal["role"] = "role"
    key: str
    name: str
    description: str
    is_creator_eligible: bool
    permissions: tuple[WirePermission, ...]
    created_at: int
    updated_at: int


class RolePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of roles."""

    data: tuple[WireRole, ...]
    total_count: int
    has_role_set_migration: bool = False


def role_out(role: Role, permissions: dict[str, Permission]) -> WireRole:
    """A role; `permissions` are those that the instance has defined, by key."""
    return WireRole(
        id=role.id,
        key=role.key,
        name=role.name,
        description="",
        is_creator_eligible=holds_minimum(role.permissions),
        permissions=tuple(_permission_out(key, permissions.get(key), role) for key in role.permissions),
        created_at=role.created_at,
        updated_at=role.updated_at,
    )


def role_page(roles: Sequence[Role], permissions: Sequence[Permission], total_count: int) -> RolePage:
    """A page of roles with their permissions."""
    known = {one.key: one for one in permissions}
    return RolePage(data=tuple(role_out(role, known) for role in roles), total_count=total_count)


def _permission_out(key: str, stored: Permission | None, role: Role) -> WirePermission:
    """A permission that nobody defined is told by its key alone, as old as the role."""
    told = stored or Permission(
        id=f"perm_{key.replace(':', '_')}",
        instance_id=role.instance_id,
        key=key,
        name=SYSTEM_PERMISSIONS.get(key, key),
        description="",
        created_at=role.created_at,
        updated_at=role.updated_at,
    )
    return WirePermission(
        id=told.id,
        key=key,
        name=told.name,
        description=told.description,
        type="system" if key in SYSTEM_PERMISSIONS else "user",
        created_at=told.created_at,
        updated_at=told.updated_at,
    )
