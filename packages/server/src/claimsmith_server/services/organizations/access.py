"""Who may do what in an organization.

Asked in the transaction of what it allows, so that a role that was just taken away allows nothing (case Z-006).
"""

import msgspec

from claimsmith_server.core.errors import (
    INTERNAL_ERROR,
    MINIMUM_PERMISSIONS_NEEDED,
    ORGANIZATION_PERMISSION_MISSING,
    ORGANIZATIONS_DISABLED,
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
    ServiceError,
)
from claimsmith_server.core.models import Instance, Organization, Role
from claimsmith_server.core.organizations import holds_minimum
from claimsmith_server.services.account.access import who_acts
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.audit import SECRET_KEY_ACTOR
from claimsmith_server.store import organization_members, organizations, roles
from claimsmith_server.store.database import Tx


class By(msgspec.Struct, frozen=True):
    """Who changes something: a user, who needs permissions, or the application with its secret key, who needs none."""

    user_id: str | None = None
    named: str | None = None
    """As the audit log names it, when that is not the user itself (case S-027)."""

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return self.named or self.user_id or SECRET_KEY_ACTOR


SECRET_KEY = By()


def by_acting(acting: Acting) -> By:
    """A signed-in browser as the one who changes something."""
    return By(acting.user.id, who_acts(acting))


def require_organizations(instance: Instance) -> None:
    """Nothing.

    Raises:
        ServiceError: `organization_not_enabled_in_instance`.
    """
    if not instance.settings.organizations.enabled:
        raise ORGANIZATIONS_DISABLED()


async def require_organization(  # noqa: PLR0913 - who wants what
    tx: Tx,
    instance: Instance,
    organization_id: str,
    by: By,
    permission: str | None = None,
    *,
    hold: bool = False,
) -> Organization:
    """The organization, in which `by` has the permission; a member is enough where none is asked for.

    Args:
        tx: a database or a transaction.
        instance: the instance.
        organization_id: the organization.
        by: who asks.
        permission: a key such as `org:sys_memberships:manage`.
        hold: whether to hold the organization until the transaction ends, as every change of its members does.

    Raises:
        ServiceError: `organization_not_enabled_in_instance`; `resource_not_found` also for an organization that the
            user is no member of; `missing_organization_permission`.
    """
    require_organizations(instance)
    load = organizations.hold_organization if hold else organizations.load_organization
    found = await load(tx, instance.id, organization_id)
    if found is None:
        raise organization_not_found(organization_id)
    if by.user_id is not None:
        member = await organization_members.load_member(tx, instance.id, organization_id, by.user_id)
        if member is None:
            raise organization_not_found(organization_id)
        if permission is not None and permission not in member[1].permissions:
            raise ORGANIZATION_PERMISSION_MISSING(permission=permission)
    return found


async def require_role(tx: Tx, instance: Instance, key: str) -> Role:
    """The role with this key.

    Raises:
        ServiceError: `form_param_value_invalid`.
    """
    role = await roles.load_role(tx, instance.id, key)
    if role is None:
        raise PARAM_VALUE_INVALID(param_name="role", expected="the key of a role of this instance, e.g. `org:member`")
    return role


async def require_creator_role(tx: Tx, instance: Instance) -> Role:
    """The role of whoever creates an organization.

    Raises:
        ServiceError: `internal_error` when the settings name a role that isn't there (case Z-012).
    """
    key = instance.settings.organizations.creator_role
    role = await roles.load_role(tx, instance.id, key)
    if role is None:
        raise INTERNAL_ERROR(internal=f"organizations.creator_role is {key}, which is no role of the instance")
    return role


async def require_another_to_manage(
    tx: Tx, instance: Instance, organization_id: str, before: str, after: Role | None = None
) -> None:
    """Nothing: a member may go from one role to another, or to none, and somebody is left who manages the organization.

    The organization is held, so of two that manage it, who leave at once, one stays.

    Raises:
        ServiceError: `organization_minimum_permissions_needed` (case Z-006).
    """
    managing = {one.key for one in await roles.list_roles(tx, instance.id) if holds_minimum(one.permissions)}
    if before not in managing or (after is not None and after.key in managing):
        return
    counts = await organization_members.count_members_by_role(tx, instance.id, organization_id)
    if sum(count for key, count in counts.items() if key in managing) <= 1:
        raise MINIMUM_PERMISSIONS_NEEDED()


def organization_not_found(organization_id: str) -> ServiceError:
    """The refusal for an organization that the caller may not know of."""
    return RESOURCE_NOT_FOUND(resource="organization", by="id", id=organization_id[:64])
