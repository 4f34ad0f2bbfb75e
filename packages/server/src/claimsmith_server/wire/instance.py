"""An instance and its settings as they go out on the Backend API."""

from typing import Literal

import msgspec

from claimsmith_server.core.instance_settings import OrganizationSettings
from claimsmith_server.core.models import Environment, Instance


class BackendInstance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance on the Backend API (contract 5.4)."""

    object: Literal["instance"] = "instance"
    id: str
    environment_type: Environment
    allowed_origins: tuple[str, ...] | None
    workspace_id: None = None


class BackendOrganizationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Organization settings on the Backend API; a most of 0 is none, as it is for memberships."""

    object: Literal["organization_settings"] = "organization_settings"
    enabled: bool
    max_allowed_memberships: int
    max_allowed_roles: int = 0
    max_role_sets_allowed: int = 0
    max_allowed_domains: int = 0
    creator_role: str
    admin_delete_enabled: bool
    domains_enabled: bool = False
    slug_disabled: bool = False
    domains_enrollment_modes: tuple[()] = ()
    domains_default_role: str
    initial_role_set_key: None = None


def instance_out(instance: Instance) -> BackendInstance:
    """An instance for the Backend API."""
    return BackendInstance(
        id=instance.id,
        environment_type=instance.environment,
        allowed_origins=instance.settings.allowed_origins or None,
    )


def organization_settings_out(settings: OrganizationSettings) -> BackendOrganizationSettings:
    """Organization settings for the Backend API."""
    return BackendOrganizationSettings(
        enabled=settings.enabled,
        max_allowed_memberships=settings.max_allowed_memberships,
        creator_role=settings.creator_role,
        admin_delete_enabled=settings.admin_delete,
        domains_default_role=settings.default_role,
    )
