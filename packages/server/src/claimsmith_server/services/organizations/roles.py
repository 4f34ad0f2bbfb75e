"""Roles that members of organizations may have: listed, made, given permissions, deleted.

A role counts at each mint, so what is changed here is in every token that is minted afterwards.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.errors import (
    MINIMUM_PERMISSIONS_NEEDED,
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
    ROLE_IN_USE,
    ROLE_PERMISSIONS_REQUIRED,
    ROLE_REQUIRED,
    ServiceError,
)
from claimsmith_server.core.models import Instance, Permission, Role
from claimsmith_server.core.organizations import MINIMUM_PERMISSIONS, holds_minimum, parse_name
from claimsmith_server.core.permissions import (
    ROLE_FORM,
    is_permission_key,
    is_role_key,
    is_system_permission,
    make_role_key,
    order_permissions,
)
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import By, require_organization
from claimsmith_server.store import instances, role_uses, roles
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import ForeignKeyViolation
from claimsmith_server.store.role_uses import RoleUse

MOST_ROLES = 50
"""Of one instance: they are chosen from lists."""
LONGEST_LABEL = 100
"""Characters of the name of a role or of a permission."""


class Roles(NamedTuple):
    """A page of roles, the permissions that the instance defines, and how many roles there are in all."""

    page: list[Role]
    permissions: list[Permission]
    total_count: int


class RoleEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What a role is to be; the texts are as given."""

    name: str
    permissions: tuple[str, ...] = ()


class RoleView(msgspec.Struct, frozen=True, kw_only=True):
    """A role, and where it is used."""

    role: Role
    use: RoleUse
    setting: str = ""
    """`creator_role` or `default_role` when the settings name it: it can't be deleted then."""


async def list_roles(  # noqa: PLR0913 - the parameters of one page
    service: Service, instance: Instance, organization_id: str, by: By, *, limit: int, offset: int
) -> Roles:
    """The roles that an organization's members may have, oldest first.

    Raises:
        ServiceError: as `organization_access.require_organization`.
    """
    await require_organization(service.database, instance, organization_id, by)
    found = await roles.list_roles(service.database, instance.id)
    permissions = await roles.list_permissions(service.database, instance.id)
    return Roles(list(found[offset : offset + limit]), list(permissions), len(found))


async def load_choices(service: Service, instance: Instance) -> list[Role]:
    """Every role of the instance, oldest first."""
    return list(await roles.list_roles(service.database, instance.id))


async def load_roles(service: Service, instance: Instance) -> list[RoleView]:
    """Every role of the instance with its uses, oldest first."""
    found = await roles.list_roles(service.database, instance.id)
    uses = await role_uses.count_role_uses(service.database, instance.id, now=service.clock.now())
    return [
        RoleView(role=role, use=uses.get(role.key, RoleUse()), setting=_setting_of(instance, role.key))
        for role in found
    ]


async def load_role(service: Service, instance: Instance, key: str) -> RoleView:
    """A role with its uses.

    Raises:
        ServiceError: `resource_not_found`.
    """
    found = [one for one in await load_roles(service, instance) if one.role.key == key]
    if not found:
        raise role_not_found(key)
    return found[0]


async def create_role(
    service: Service, instance: Instance, key: str, asked: RoleEdit, *, actor: str = SECRET_KEY_ACTOR
) -> Role:
    """A new role; an empty key is made from the name, and `billing` stands for `org:billing`.

    Raises:
        ServiceError: a value is refused.
        UniqueViolation: the key is taken.
    """
    name = read_label(asked.name)
    given = _read_key(key, name)
    now = service.clock.now()

    async def work(tx: Tx) -> Role:
        there = await roles.hold_roles(tx, instance.id)
        if len(there) >= MOST_ROLES:
            raise PARAM_VALUE_INVALID(param_name="key", expected=f"one of at most {MOST_ROLES} roles")
        known = await _known_permissions(tx, instance, there)
        role = Role(
            id=service.make_id("role"),
            instance_id=instance.id,
            key=given,
            name=name,
            permissions=_read_permissions(asked.permissions, known),
            created_at=now,
            updated_at=now,
        )
        await roles.insert_role(tx, role)
        told = {"permissions": list(role.permissions)}
        await record(service, tx, instance.id, "organization_role.created", given, told, actor=actor)
        return role

    return await service.database.transact(work)


async def update_role(
    service: Service, instance: Instance, key: str, asked: RoleEdit, *, actor: str = SECRET_KEY_ACTOR
) -> Role:
    """The role with another name and other permissions; its key stays, since code asks for it.

    Raises:
        ServiceError: a value is refused; `resource_not_found`; `organization_role_permissions_required` for the role
            of creators; `organization_minimum_permissions_needed` when an organization would be left with nobody who
            manages it (case Z-006).
    """
    name = read_label(asked.name)
    now = service.clock.now()

    async def work(tx: Tx) -> Role:
        there = await roles.hold_roles(tx, instance.id)
        before = next((one for one in there if one.key == key), None)
        if before is None:
            raise role_not_found(key)
        permissions = _read_permissions(asked.permissions, await _known_permissions(tx, instance, there))
        if holds_minimum(before.permissions) and not holds_minimum(permissions):
            await _require_dispensable(tx, instance, key, there)
        await roles.set_role_name(tx, instance.id, key, name, now=now)
        changed = await roles.set_role_permissions(tx, instance.id, key, permissions, now=now)
        told = _tell_changes(before, name, permissions)
        await record(service, tx, instance.id, "organization_role.updated", key, told, actor=actor)
        return changed or before

    return await service.database.transact(work)


async def delete_role(service: Service, instance: Instance, key: str, *, actor: str = SECRET_KEY_ACTOR) -> None:
    """Nothing; the role is gone, and with it the invitations to it that nobody can accept any more.

    Raises:
        ServiceError: `resource_not_found`; `organization_role_required` when the settings name it;
            `organization_role_in_use`.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        current = await instances.load_instance(tx, instance.id) or instance
        setting = _setting_of(current, key)
        if setting:
            raise ROLE_REQUIRED(setting=setting)
        use = (await role_uses.count_role_uses(tx, instance.id, now=now)).get(key, RoleUse())
        if any(use):
            raise _in_use(use)
        await role_uses.delete_past_invitations(tx, instance.id, key, now=now)
        if not await roles.delete_role(tx, instance.id, key):
            raise role_not_found(key)
        await record(service, tx, instance.id, "organization_role.deleted", key, {}, actor=actor)

    try:
        await service.database.transact(work)
    except ForeignKeyViolation as error:  # somebody was given the role in between
        uses = await role_uses.count_role_uses(service.database, instance.id, now=now)
        raise _in_use(uses.get(key, RoleUse())) from error


def read_label(text: str, param_name: str = "name") -> str:
    """The name of a role or of a permission.

    Raises:
        ServiceError: `form_param_missing`, `form_param_format_invalid`.
    """
    if not text.strip():
        raise PARAM_MISSING(param_name=param_name)
    name = parse_name(text)
    if name is None or len(name) > LONGEST_LABEL:
        expected = f"1 to {LONGEST_LABEL} characters of plain text, without web addresses and HTML"
        raise PARAM_FORMAT_INVALID(param_name=param_name, expected=expected)
    return name


def role_not_found(key: str) -> ServiceError:
    """The refusal for a role that is not there."""
    return RESOURCE_NOT_FOUND(resource="role", by="key", id=key[:64])


async def _require_dispensable(tx: Tx, instance: Instance, key: str, there: Sequence[Role]) -> None:
    """Refuse to take what an organization is managed with from a role that somebody needs it of.

    Whoever changes members of these organizations waits, and then sees the role as it is now.
    """
    if key == instance.settings.organizations.creator_role:
        told = ", ".join(f"`{one}`" for one in sorted(MINIMUM_PERMISSIONS))
        raise ROLE_PERMISSIONS_REQUIRED(
            param_name="permissions", why="Whoever creates an organization gets this role", permissions=told
        )
    others = tuple(one.key for one in there if one.key != key and holds_minimum(one.permissions))
    await role_uses.hold_organizations_of_role(tx, instance.id, key)
    alone = await role_uses.count_managed_by_role_alone(tx, instance.id, key, others)
    if alone:
        raise MINIMUM_PERMISSIONS_NEEDED(param_name="permissions", meta={"organizations": alone})


async def _known_permissions(tx: Tx, instance: Instance, there: Sequence[Role]) -> tuple[str, ...]:
    """Keys that a role may hold beside the system's: those that are defined, and those that roles hold already."""
    defined = [one.key for one in await roles.list_permissions(tx, instance.id)]
    held = [key for role in there for key in role.permissions if not is_system_permission(key)]
    return tuple(dict.fromkeys((*defined, *held)))


def _read_permissions(keys: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    for key in keys:
        if not is_system_permission(key) and (key not in known or not is_permission_key(key)):
            raise PARAM_VALUE_INVALID(param_name="permissions", expected="keys of permissions of this instance")
    return order_permissions(keys, known)


def _read_key(key: str, name: str) -> str:
    given = key.strip()
    wanted = (given if given.startswith("org:") else f"org:{given}") if given else make_role_key(name)
    if not wanted:
        raise PARAM_MISSING(param_name="key")
    if not is_role_key(wanted):
        raise PARAM_FORMAT_INVALID(param_name="key", expected=ROLE_FORM)
    return wanted


def _tell_changes(before: Role, name: str, permissions: tuple[str, ...]) -> dict[str, Any]:
    """What the audit log is told: keys of permissions are no secret, and who could do what is what it is for."""
    told: dict[str, Any] = {"changed": ["name"]} if before.name != name else {}
    added = [key for key in permissions if key not in before.permissions]
    removed = [key for key in before.permissions if key not in permissions]
    return told | ({"added": added} if added else {}) | ({"removed": removed} if removed else {})


def _setting_of(instance: Instance, key: str) -> str:
    settings = instance.settings.organizations
    return next((name for name in ("creator_role", "default_role") if getattr(settings, name) == key), "")


def _in_use(use: RoleUse) -> ServiceError:
    members, invitations = use
    return ROLE_IN_USE(
        members="1 member" if members == 1 else f"{members:,} members",
        invitations="1 open invitation" if invitations == 1 else f"{invitations:,} open invitations",
    )
