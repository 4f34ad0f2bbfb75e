"""Roles that members of organizations may have."""

from typing import NamedTuple

from claimsmith_server.core.models import Instance, Permission, Role
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import By, require_organization
from claimsmith_server.store import roles


class Roles(NamedTuple):
    """A page of roles, the permissions that the instance defines, and how many roles there are in all."""

    page: list[Role]
    permissions: list[Permission]
    total_count: int


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
