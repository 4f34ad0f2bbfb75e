"""Invitations to organizations on the Frontend API: the organization's, and the acting user's own (contract 4.6)."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import PARAM_MISSING
from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, GivenUrl, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations import invitations
from claimsmith_server.services.organizations.access import by_acting
from claimsmith_server.services.organizations.invitation_input import NewInvitations
from claimsmith_server.services.organizations.invitations import Invitations
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.wire.invitation import ClientInvitation, client_invitation_out
from claimsmith_server.wire.lists import Page

_Status = Literal["pending", "accepted", "revoked", "expired", "completed", "invalid"]
"""The last two are of other kinds of invitations; nothing is ever in them."""


class InvitationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of lists of invitations."""

    status: Annotated[tuple[_Status, ...], msgspec.Meta(max_length=10)] = ()
    limit: Limit = 10
    offset: Offset = 0


class InvitationForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of inviting, one or several."""

    email_address: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    role: str = ""
    notify: str = ""


@get("/v1/organizations/{organization_id:str}/invitations")
async def list_invitations(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """A page of the organization's invitations, newest first."""
    asked = read_query(request, InvitationQuery)
    found = await _list(service, acting, organization_id, asked, asked.status)
    return await answer_read(Page([client_invitation_out(one.row) for one in found.page], found.total_count))


@get("/v1/organizations/{organization_id:str}/invitations/pending")
async def list_pending(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The organization's pending invitations as a bare array, as old SDKs expect it."""
    found = await _list(service, acting, organization_id, read_query(request, InvitationQuery), ("pending",))
    return await answer_read([client_invitation_out(one.row) for one in found.page])


async def _list(
    service: Service, acting: Acting, organization_id: str, asked: InvitationQuery, status: tuple[str, ...]
) -> Invitations:
    by = by_acting(acting)
    return await invitations.list_invitations(
        service, acting.instance, organization_id, by, status=status, limit=asked.limit, offset=asked.offset
    )


@post("/v1/organizations/{organization_id:str}/invitations", status_code=200)
async def create_invitation(
    organization_id: PathText,
    request: ApiRequest,
    service: GivenService,
    acting: GivenActing,
    base_url: GivenUrl,
) -> Json:
    """A new invitation; its ticket is only in the mail."""
    form = await read_form(request, InvitationForm)
    (made,) = await _invite(service, acting, organization_id, form, form.email_address[:1], base_url)
    return await answer_change(service, request, acting.caller, made)


@post("/v1/organizations/{organization_id:str}/invitations/bulk", status_code=200)
async def create_invitations(
    organization_id: PathText,
    request: ApiRequest,
    service: GivenService,
    acting: GivenActing,
    base_url: GivenUrl,
) -> Json:
    """New invitations, all or none, as a bare array."""
    form = await read_form(request, InvitationForm)
    made = await _invite(service, acting, organization_id, form, form.email_address, base_url)
    return await answer_change(service, request, acting.caller, made)


async def _invite(  # noqa: PLR0913, PLR0917 - who invites whom, to where
    service: Service,
    acting: Acting,
    organization_id: str,
    form: InvitationForm,
    addresses: tuple[str, ...],
    base_url: str,
) -> list[ClientInvitation]:
    if not form.role:
        raise PARAM_MISSING(param_name="role")
    user_id = acting.user.id
    asked = NewInvitations(
        email_addresses=addresses, role=form.role, inviter_id=user_id, notify=form.notify.lower() != "false"
    )
    made = await invitations.invite(service, acting.instance, organization_id, asked, by_acting(acting), base_url)
    return [client_invitation_out(one.row) for one in made]


@post("/v1/organizations/{organization_id:str}/invitations/{invitation_id:str}/revoke", status_code=200)
async def revoke_invitation(
    organization_id: PathText, invitation_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The invitation, revoked."""
    by = by_acting(acting)
    revoked = await invitations.revoke_invitation(service, acting.instance, organization_id, invitation_id, by)
    return await answer_change(service, request, acting.caller, client_invitation_out(revoked.row))


@get("/v1/me/organization_invitations")
async def list_own(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A page of the invitations that were sent to the acting user's verified addresses, newest first."""
    asked = read_query(request, InvitationQuery)
    found = await invitations.list_own(
        service, acting.instance, acting.user, status=asked.status, limit=asked.limit, offset=asked.offset
    )
    return await answer_read(Page([client_invitation_out(one.row) for one in found.page], found.total_count))


@post("/v1/me/organization_invitations/{invitation_id:str}/accept", status_code=200)
async def accept_invitation(
    invitation_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The invitation, accepted: the acting user is a member."""
    accepted = await invitations.accept_invitation(service, acting.instance, invitation_id, acting.user)
    return await answer_change(service, request, acting.caller, client_invitation_out(accepted.row))


ROUTES = (
    list_invitations,
    list_pending,
    create_invitation,
    create_invitations,
    revoke_invitation,
    list_own,
    accept_invitation,
)
