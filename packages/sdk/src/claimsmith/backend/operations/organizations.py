"""Organizations and their metadata."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Deleted, Page
from claimsmith.backend.models.organizations import Organization
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/organizations",
    returns=Page[Organization],
    takes=parameters.OrganizationQuery,
    iterates=parameters.OrganizationFilters,
    told="A page of organizations, newest first unless asked otherwise.",
    example='query="acme", include_members_count=True',
)
GET = Operation(
    method="GET",
    path="/v1/organizations/{organization_id}",
    returns=Organization,
    takes=parameters.OrganizationView,
    told="One organization, by its id or slug.",
    codes=("resource_not_found",),
    example="organization_id",
)
CREATE = Operation(
    method="POST",
    path="/v1/organizations",
    returns=Organization,
    takes=parameters.NewOrganization,
    told="A new organization.",
    codes=("form_identifier_exists", "organization_not_enabled_in_instance"),
    example='name="Acme", created_by=user_id',
)
UPDATE = Operation(
    method="PATCH",
    path="/v1/organizations/{organization_id}",
    returns=Organization,
    takes=parameters.OrganizationChanges,
    told="An organization with what the arguments name changed.",
    codes=("resource_not_found", "form_identifier_exists"),
    example='organization_id, name="Acme Ltd"',
)
UPDATE_METADATA = Operation(
    method="PATCH",
    path="/v1/organizations/{organization_id}/metadata",
    returns=Organization,
    takes=parameters.Metadata,
    told="An organization with metadata merged deeply; a member that is `None` is deleted.",
    codes=("resource_not_found", "form_param_exceeds_allowed_size"),
    example='organization_id, public_metadata={"plan": "pro"}',
)
REPLACE_METADATA = Operation(
    method="PUT",
    path="/v1/organizations/{organization_id}/metadata",
    returns=Organization,
    takes=parameters.Metadata,
    told="An organization with the given metadata in place of the old; a kind that is not given stays.",
    codes=("resource_not_found", "form_param_exceeds_allowed_size"),
    example='organization_id, public_metadata={"plan": "pro"}',
)
DELETE = Operation(
    method="DELETE",
    path="/v1/organizations/{organization_id}",
    returns=Deleted,
    told="That the organization is gone, and every membership in it.",
    codes=("resource_not_found",),
    example="organization_id",
)
