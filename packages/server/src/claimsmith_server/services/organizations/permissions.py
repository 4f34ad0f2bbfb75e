"""Permissions that roles may hold: the system's, those that are defined here, and those that roles hold undefined."""

from collections.abc import Sequence

import msgspec

from claimsmith_server.core.errors import PARAM_FORMAT_INVALID, PARAM_MISSING, PARAM_VALUE_INVALID, RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance, Permission, Role
from claimsmith_server.core.organizations import SYSTEM_PERMISSIONS, parse_name
from claimsmith_server.core.permissions import PERMISSION_FORM, feature_of, is_permission_key
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.roles import read_label
from claimsmith_server.store import roles
from claimsmith_server.store.database import Tx

MOST_PERMISSIONS = 300
"""That one instance defines."""
LONGEST_DESCRIPTION = 256


class PermissionEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What a permission is to be called; the texts are as given."""

    name: str
    description: str = ""


class PermissionView(msgspec.Struct, frozen=True, kw_only=True):
    """A permission as pages list it."""

    key: str
    name: str
    description: str = ""
    is_system: bool = False
    is_defined: bool = True
    """False: roles hold the key, and nobody has said what it is called."""
    roles: tuple[str, ...] = ()
    """Keys of the roles that hold it."""


class Feature(msgspec.Struct, frozen=True):
    """The permissions of a feature; `name` is `""` for the system's."""

    name: str
    permissions: tuple[PermissionView, ...]


async def load_features(service: Service, instance: Instance) -> list[Feature]:
    """Every permission there is, by feature: the system's first, the others by the feature's name."""
    defined = await roles.list_permissions(service.database, instance.id)
    return _group(defined, await roles.list_roles(service.database, instance.id))


async def load_permission(service: Service, instance: Instance, key: str) -> PermissionView:
    """A permission that is not the system's.

    Raises:
        ServiceError: `resource_not_found`.
    """
    for feature in await load_features(service, instance):
        for one in feature.permissions:
            if one.key == key and not one.is_system:
                return one
    raise RESOURCE_NOT_FOUND(resource="permission", by="key", id=key[:64])


async def create_permission(
    service: Service, instance: Instance, key: str, asked: PermissionEdit, *, actor: str = SECRET_KEY_ACTOR
) -> Permission:
    """A new permission, which no role holds yet; `invoices:create` stands for `org:invoices:create`.

    Raises:
        ServiceError: a value is refused.
        UniqueViolation: the key is taken.
    """
    given = _read_key(key)
    name, description = read_label(asked.name), _read_description(asked.description)
    now = service.clock.now()

    async def work(tx: Tx) -> Permission:
        if len(await roles.list_permissions(tx, instance.id)) >= MOST_PERMISSIONS:
            raise PARAM_VALUE_INVALID(param_name="key", expected=f"one of at most {MOST_PERMISSIONS} permissions")
        permission = Permission(
            id=service.make_id("perm"),
            instance_id=instance.id,
            key=given,
            name=name,
            description=description,
            created_at=now,
            updated_at=now,
        )
        await roles.insert_permission(tx, permission)
        await record(service, tx, instance.id, "organization_permission.created", given, {}, actor=actor)
        return permission

    return await service.database.transact(work)


async def update_permission(
    service: Service, instance: Instance, key: str, asked: PermissionEdit, *, actor: str = SECRET_KEY_ACTOR
) -> None:
    """Nothing; the permission has another name and description, or its first ones when roles held it undefined.

    Raises:
        ServiceError: a value is refused; `resource_not_found`.
    """
    there = await load_permission(service, instance, key)
    if not there.is_defined:
        await create_permission(service, instance, key, asked, actor=actor)
        return
    name, description = read_label(asked.name), _read_description(asked.description)
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        await roles.update_permission(tx, instance.id, key, name=name, description=description, now=now)
        told = {"changed": ["description", "name"]}
        await record(service, tx, instance.id, "organization_permission.updated", key, told, actor=actor)

    await service.database.transact(work)


async def delete_permission(service: Service, instance: Instance, key: str, *, actor: str = SECRET_KEY_ACTOR) -> None:
    """Nothing; the permission is gone, and no role holds it any more.

    Raises:
        ServiceError: `resource_not_found`.
    """
    await load_permission(service, instance, key)
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        holding = [role for role in await roles.hold_roles(tx, instance.id) if key in role.permissions]
        for role in holding:
            rest = tuple(one for one in role.permissions if one != key)
            await roles.set_role_permissions(tx, instance.id, role.key, rest, now=now)
        await roles.delete_permission(tx, instance.id, key)
        told = {"roles": [role.key for role in holding]}
        await record(service, tx, instance.id, "organization_permission.deleted", key, told, actor=actor)

    await service.database.transact(work)


def _group(defined: Sequence[Permission], there: Sequence[Role]) -> list[Feature]:
    named = {one.key: one for one in defined}
    held = {key for role in there for key in role.permissions}
    features: dict[str, list[PermissionView]] = {}
    for key in sorted((named.keys() | held) - SYSTEM_PERMISSIONS.keys()):
        one = named.get(key)
        features.setdefault(feature_of(key) or "other", []).append(
            PermissionView(
                key=key,
                name=one.name if one else key,
                description=one.description if one else "",
                is_defined=one is not None,
                roles=_holders(key, there),
            )
        )
    system = tuple(
        PermissionView(key=key, name=name, is_system=True, roles=_holders(key, there))
        for key, name in SYSTEM_PERMISSIONS.items()
    )
    return [Feature("", system), *(Feature(name, tuple(features[name])) for name in sorted(features))]


def _holders(key: str, there: Sequence[Role]) -> tuple[str, ...]:
    return tuple(role.key for role in there if key in role.permissions)


def _read_key(key: str) -> str:
    given = key.strip()
    if not given:
        raise PARAM_MISSING(param_name="key")
    wanted = given if given.startswith("org:") else f"org:{given}"
    if not is_permission_key(wanted):
        raise PARAM_FORMAT_INVALID(param_name="key", expected=PERMISSION_FORM)
    return wanted


def _read_description(text: str) -> str:
    if not text.strip():
        return ""
    description = parse_name(text)
    if description is None or len(description) > LONGEST_DESCRIPTION:
        expected = f"at most {LONGEST_DESCRIPTION} characters of plain text, without web addresses and HTML"
        raise PARAM_FORMAT_INVALID(param_name="description", expected=expected)
    return description
