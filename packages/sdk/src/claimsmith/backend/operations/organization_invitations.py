"""Invitations to organizations."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Page
from claimsmith.backend.models.organizations import OrganizationInvitation
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/organizations/{organization_id}/invitations",
    returns=Page[OrganizationInvitation],
    takes=parameters.InvitationQuery,
    iterates=parameters.InvitationFilters,
    told="A page of an organization's invitations, newest first.",
    codes=("resource_not_found",),
    example='organization_id, status="pending"',
)
GET = Operation(
    method="GET",
    path="/v1/organizations/{organization_id}/invitations/{invitation_id}",
    returns=OrganizationInvitation,
    told="One invitation.",
    codes=("resource_not_found",),
    example="organization_id, invitation_id",
)
CREATE = Operation(
    method="POST",
    path="/v1/organizations/{organization_id}/invitations",
    returns=OrganizationInvitation,
    takes=parameters.NewInvitation,
    told="A new invitation; its mail is on its way.",
    codes=("resource_not_found", "duplicate_record"),
    example='organization_id, email_address=email, role="org:member"',
)
REVOKE = Operation(
    method="POST",
    path="/v1/organizations/{organization_id}/invitations/{invitation_id}/revoke",
    returns=OrganizationInvitation,
    takes=parameters.InvitationRevocation,
    told="An invitation, revoked.",
    codes=("resource_not_found",),
    example="organization_id, invitation_id",
)
