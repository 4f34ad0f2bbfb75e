"""Invitations to organizations on the Backend API (contract 5.1)."""

from litestar import get, post

from claimsmith_server.core.errors import REDIRECT_URL_INVALID
from claimsmith_server.core.models import Instance
from claimsmith_server.core.organizations import INVITATION_LIFETIME_MS
from claimsmith_server.core.origins import parse_redirect_url
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, GivenUrl, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services.organizations import input as organization_input
from claimsmith_server.services.organizations import invitations
from claimsmith_server.services.organizations.access import SECRET_KEY, By
from claimsmith_server.services.organizations.invitation_input import NewInvitations
from claimsmith_server.services.organizations.invitations import Invitation
from claimsmith_server.wire.invitation import BackendInvitation, backend_invitation_out
from claimsmith_server.wire.lists import Page

_DAY_MS = 24 * 3600 * 1000


@get("/v1/organizations/{organization_id:str}/invitations")
async def list_invitations(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A page of an organization's invitations, newest first."""
    query = read_query(request, organization_input.InvitationQuery)
    found = await invitations.list_invitations(
        service,
        instance,
        organization_id,
        SECRET_KEY,
        status=query.status,
        email_address=query.email_address,
        limit=query.limit,
        offset=query.offset,
    )
    return Json(Page([invitation_out(one) for one in found.page], found.total_count))


@post("/v1/organizations/{organization_id:str}/invitations", status_code=200)
async def create_invitation(
    organization_id: PathText,
    request: ApiRequest,
    service: GivenService,
    instance: GivenInstance,
    base_url: GivenUrl,
) -> Json:
    """A new invitation, with the link that is in its mail."""
    body = await read_body(request, organization_input.CreateInvitation)
    asked = _new_invitation(instance, body, base_url)
    (made,) = await invitations.invite(service, instance, organization_id, asked, SECRET_KEY, base_url)
    return Json(invitation_out(made))


@get("/v1/organizations/{organization_id:str}/invitations/{invitation_id:str}")
async def get_invitation(
    organization_id: PathText, invitation_id: PathText, service: GivenService, instance: GivenInstance
) -> Json:
    """One invitation."""
    found = await invitations.load_invitation(service, instance, organization_id, invitation_id, SECRET_KEY)
    return Json(invitation_out(found))


@post("/v1/organizations/{organization_id:str}/invitations/{invitation_id:str}/revoke", status_code=200)
async def revoke_invitation(
    organization_id: PathText,
    invitation_id: PathText,
    request: ApiRequest,
    service: GivenService,
    instance: GivenInstance,
) -> Json:
    """An invitation, revoked; in the name of a user, who needs the permission then."""
    body = await read_body(request, organization_input.RevokeInvitation)
    by = SECRET_KEY if body.requesting_user_id is None else By(body.requesting_user_id)
    return Json(
        invitation_out(await invitations.revoke_invitation(service, instance, organization_id, invitation_id, by))
    )


def invitation_out(one: Invitation) -> BackendInvitation:
    """An invitation for the Backend API."""
    return backend_invitation_out(one.row, one.inviter, one.url)


def _new_invitation(instance: Instance, body: organization_input.CreateInvitation, base_url: str) -> NewInvitations:
    metadata = organization_input.given_metadata(body)
    days = body.expires_in_days
    return NewInvitations(
        email_addresses=(body.email_address,),
        role=body.role,
        inviter_id=body.inviter_user_id,
        notify=body.notify is not False,
        redirect_url=_read_redirect_url(instance, body.redirect_url, base_url),
        lifetime_ms=INVITATION_LIFETIME_MS if days is None else days * _DAY_MS,
        public_metadata=metadata.get("public_metadata", {}),
        private_metadata=metadata.get("private_metadata", {}),
    )


def _read_redirect_url(instance: Instance, text: str | None, base_url: str) -> str | None:
    """Where the link leads in the end: a page of the instance's (case S-008)."""
    if not text:
        return None
    target = parse_redirect_url(
        text,
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        allowed_origins=instance.settings.allowed_origins,
        base_url=base_url,
    )
    if target is None:
        raise REDIRECT_URL_INVALID(param_name="redirect_url")
    return target


ROUTES = (list_invitations, create_invitation, get_invitation, revoke_invitation)
