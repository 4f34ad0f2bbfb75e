"""The Backend API as a table: one module a resource, one constant an operation. Both clients are written from it."""

from types import ModuleType

from claimsmith.backend.operations import (
    actor_tokens,
    clients,
    config,
    instance,
    jwks,
    jwt_templates,
    organization_invitations,
    organization_memberships,
    organizations,
    sessions,
    sign_in_tokens,
    testing_tokens,
    users,
)

RESOURCES: tuple[ModuleType, ...] = (
    users,
    sessions,
    organizations,
    organization_memberships,
    organization_invitations,
    jwt_templates,
    instance,
    config,
    clients,
    sign_in_tokens,
    actor_tokens,
    testing_tokens,
    jwks,
)
"""In the order in which clients show them; a module's last name is the attribute, its constants are the methods."""
