"""Members of organizations; see `users.list_organization_memberships` for those of one user."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Page
from claimsmith.backend.models.organizations import OrganizationMembership
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/organizations/{organization_id}/memberships",
    returns=Page[OrganizationMembership],
    takes=parameters.MemberQuery,
    iterates=parameters.MemberFilters,
    told="A page of members, who joined last first unless asked otherwise.",
    codes=("resource_not_found",),
    example='organization_id, role="org:admin"',
)
CREATE = Operation(
    method="POST",
    path="/v1/organizations/{organization_id}/memberships",
    returns=OrganizationMembership,
    takes=parameters.NewMembership,
    told="A new member.",
    codes=("resource_not_found", "already_a_member_in_organization"),
    example='organization_id, user_id=other_user_id, role="org:member"',
)
UPDATE = Operation(
    method="PATCH",
    path="/v1/organizations/{organization_id}/memberships/{user_id}",
    returns=OrganizationMembership,
    takes=parameters.RoleChange,
    told="A member with another role.",
    codes=("resource_not_found",),
    example='organization_id, user_id, role="org:admin"',
)
UPDATE_METADATA = Operation(
    method="PATCH",
    path="/v1/organizations/{organization_id}/memberships/{user_id}/metadata",
    returns=OrganizationMembership,
    takes=parameters.Metadata,
    told="A member with metadata merged deeply; a member of it that is `None` is deleted.",
    codes=("resource_not_found", "form_param_exceeds_allowed_size"),
    example='organization_id, user_id, public_metadata={"team": "core"}',
)
DELETE = Operation(
    method="DELETE",
    path="/v1/organizations/{organization_id}/memberships/{user_id}",
    returns=OrganizationMembership,
    told="The membership that is no more.",
    codes=("resource_not_found",),
    example="organization_id, member_id",
)
