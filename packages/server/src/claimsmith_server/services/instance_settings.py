"""An instance's settings: what may be together, how they are stored, the bodies of the Backend API that change them."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec

from claimsmith_server.core.contacts import parse_email_address
from claimsmith_server.core.errors import (
    CONFIG_VERSION_MISMATCH,
    PARAM_FORMAT_INVALID,
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
)
from claimsmith_server.core.instance_settings import InstanceSettings, find_problem
from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import parse_origin
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.metadata_types import require_readable
from claimsmith_server.store import instances, roles
from claimsmith_server.store.database import Tx

Text = Annotated[str, msgspec.Meta(max_length=256)]
_BARE_ORIGIN = re.compile(r"https?://[^/?#@\\*\s]+/?", re.IGNORECASE)
Revise = Callable[[Tx, InstanceSettings], Awaitable[InstanceSettings]]


class UpdateInstance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/instance` (contract 5.4); what is absent or null stays."""

    test_mode: bool | None = None
    hibp: bool | None = None
    support_email: Text | None = None
    """Empty: none."""
    clerk_js_version: Text | None = None
    """Taken and not used: which bundle a page loads, the application says."""
    development_origin: Text | None = None
    """Taken and not used: in development every loopback origin is allowed, others by `allowed_origins`."""
    allowed_origins: (
        Annotated[tuple[Annotated[str, msgspec.Meta(max_length=2048)], ...], msgspec.Meta(max_length=100)] | None
    ) = None
    cookieless_dev: bool | None = None
    """Taken and not used, as `url_based_session_syncing`: development is always like that (contract 4.1)."""
    url_based_session_syncing: bool | None = None
    preferred_sign_in_strategy_when_password_required: Literal["password", "otp", ""] | None = None


class UpdateOrganizationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/instance/organization_settings`; what is absent or null stays."""

    enabled: bool | None = None
    max_allowed_memberships: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    admin_delete_enabled: bool | None = None
    domains_enabled: bool | None = None
    slug_disabled: bool | None = None
    domains_enrollment_modes: Annotated[tuple[Text, ...], msgspec.Meta(max_length=10)] | None = None
    creator_role_id: Text | None = None
    domains_default_role_id: Text | None = None


async def update_instance(
    service: Service,
    instance: Instance,
    body: UpdateInstance,
    *,
    author: str = SECRET_KEY_ACTOR,
    expected_version: int | None = None,
) -> None:
    """Nothing; the instance has the settings that the body names.

    Args:
        service: the services.
        instance: the instance.
        body: what to change.
        author: who asks, for the audit log.
        expected_version: the config version that the caller read; None: whichever there is.

    Raises:
        ServiceError: a value is refused, `config_version_mismatch`; nothing is changed.
    """

    async def revise(_: Tx, settings: InstanceSettings) -> InstanceSettings:
        return _revise_instance(instance, settings, body)

    await _change(service, instance, revise, author=author, expected_version=expected_version)


async def update_organization_settings(
    service: Service, instance: Instance, body: UpdateOrganizationSettings
) -> InstanceSettings:
    """The settings with what the body names of organizations changed.

    Raises:
        ServiceError: a value is refused, a role is not found; nothing is changed.
    """

    async def revise(tx: Tx, settings: InstanceSettings) -> InstanceSettings:
        return await _revise_organizations(tx, instance, settings, body)

    return await _change(service, instance, revise)


async def require_consistent(tx: Tx, instance: Instance, settings: InstanceSettings) -> None:
    """Refuse settings that can't be together, or that name roles which the instance has not.

    Raises:
        ServiceError: `form_param_value_invalid` with the section and the member as `param_name`.
    """
    problem = find_problem(settings)
    if problem is not None:
        raise PARAM_VALUE_INVALID(param_name=problem.param_name, expected=problem.expected)
    if settings.metadata != instance.settings.metadata:
        require_readable(settings.metadata)
    if settings.organizations == instance.settings.organizations:
        return
    keys = [role.key for role in await roles.list_roles(tx, instance.id)]
    for name in ("creator_role", "default_role"):
        if getattr(settings.organizations, name) not in keys:
            expected = "the key of a role of this instance: " + ", ".join(keys[:20])
            raise PARAM_VALUE_INVALID(param_name=f"organizations.{name}", expected=expected)


async def store_settings(
    service: Service, tx: Tx, instance: Instance, settings: InstanceSettings, *, actor: str = SECRET_KEY_ACTOR
) -> int:
    """The instance's config version, which is a new one when the settings are; the audit log says what changed.

    Raises:
        VersionConflict: the instance was changed since it was loaded.
    """
    changed = [
        name for name in settings.__struct_fields__ if getattr(settings, name) != getattr(instance.settings, name)
    ]
    if not changed:
        return instance.config_version
    stored = await instances.update_settings(
        tx, instance.id, settings, expected_version=instance.config_version, now=service.clock.now()
    )
    await record(service, tx, instance.id, "instance.updated", instance.id, {"settings": changed}, actor=actor)
    return stored.config_version


async def _change(
    service: Service,
    instance: Instance,
    revise: Revise,
    *,
    author: str = SECRET_KEY_ACTOR,
    expected_version: int | None = None,
) -> InstanceSettings:
    """The settings as `revise` makes them of those that are stored now: some routes know no version to compare."""

    async def work(tx: Tx) -> InstanceSettings:
        current = await instances.load_instance(tx, instance.id) or instance
        if expected_version not in {None, current.config_version}:
            raise CONFIG_VERSION_MISMATCH(expected=expected_version, current=current.config_version)
        settings = await revise(tx, current.settings)
        await require_consistent(tx, current, settings)
        await store_settings(service, tx, current, settings, actor=author)
        return settings

    return await service.database.transact(work)


def _revise_instance(instance: Instance, settings: InstanceSettings, body: UpdateInstance) -> InstanceSettings:
    if body.hibp:
        raise PARAM_VALUE_INVALID(
            param_name="hibp",
            expected="`false`: passwords are compared with a list that this service holds, never sent",
        )
    if body.test_mode and instance.environment == "production":  # case A-034
        raise PARAM_VALUE_INVALID(param_name="test_mode", expected="`false` in a production instance")
    changes: dict[str, Any] = {}
    if body.test_mode is not None:
        changes["test_mode"] = body.test_mode
    if body.allowed_origins is not None:
        changes["allowed_origins"] = tuple(dict.fromkeys(map(_require_origin, body.allowed_origins)))
    if body.support_email is not None:
        address = _require_address(body.support_email)
        changes["display"] = msgspec.structs.replace(settings.display, support_email=address)
    strategy = body.preferred_sign_in_strategy_when_password_required
    if strategy is not None:
        changes["authentication"] = msgspec.structs.replace(
            settings.authentication, preferred_sign_in_strategy=strategy or "password"
        )
    return msgspec.structs.replace(settings, **changes)


async def _revise_organizations(
    tx: Tx, instance: Instance, settings: InstanceSettings, body: UpdateOrganizationSettings
) -> InstanceSettings:
    for name in ("domains_enabled", "slug_disabled", "domains_enrollment_modes"):
        if getattr(body, name):
            expected = "`false` or empty: organizations have slugs and no domains in this service"
            raise PARAM_VALUE_INVALID(param_name=name, expected=expected)
    asked = {
        "enabled": body.enabled,
        "max_allowed_memberships": body.max_allowed_memberships,
        "admin_delete": body.admin_delete_enabled,
        "creator_role": await _find_role_key(tx, instance, body.creator_role_id),
        "default_role": await _find_role_key(tx, instance, body.domains_default_role_id),
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    return msgspec.structs.replace(settings, organizations=msgspec.structs.replace(settings.organizations, **changes))


async def _find_role_key(tx: Tx, instance: Instance, role_id: str | None) -> str | None:
    """The key of the role with this id; the key itself is taken, too."""
    if role_id is None:
        return None
    for role in await roles.list_roles(tx, instance.id):
        if role_id in {role.id, role.key}:
            return role.key
    raise RESOURCE_NOT_FOUND(resource="role", by="id", id=role_id[:64])


def _require_origin(text: str) -> str:
    """An origin in its one spelling; a path, credentials or `*` would promise more than a comparison keeps (C-005)."""
    origin = parse_origin(text) if _BARE_ORIGIN.fullmatch(text) else None
    if origin is None:
        raise PARAM_FORMAT_INVALID(
            param_name="allowed_origins", expected="origins of http or https, such as `https://app.example.com`"
        )
    return origin


def _require_address(text: str) -> str:
    address = parse_email_address(text) if text else ""
    if address is None:
        raise PARAM_FORMAT_INVALID(param_name="support_email", expected="an e-mail address, or empty")
    return address
