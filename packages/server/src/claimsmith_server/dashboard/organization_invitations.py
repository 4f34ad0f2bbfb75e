"""Invitations to an organization: listed by their status, sent, revoked."""

import re
from typing import Annotated, Final, Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.models import Organization
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.organization_frame import (
    PATH,
    ROWS,
    acting,
    attempt,
    load_organization,
    page_of,
    path_of,
    show_organization,
)
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.organizations import invitations
from claimsmith_server.services.organizations import roles as organization_roles
from claimsmith_server.services.organizations.invitation_input import MOST_AT_ONCE, NewInvitations

Status = Literal["pending", "accepted", "revoked", "expired"]
STATUSES: Final[tuple[Status, ...]] = ("pending", "accepted", "revoked", "expired")
LIFETIMES: Final = (("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"))
_ONE: Final = f"{PATH}/{{organization_id:str}}/invitations"
_DAY_MS: Final = 24 * 3600 * 1000
_BETWEEN: Final = re.compile(r"[\s,;]+")


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be asked."""

    status: Status = "pending"
    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class NewForm(msgspec.Struct, frozen=True, kw_only=True):
    """Who is invited, as typed."""

    email_address: str = ""
    role: str = ""
    days: Literal["1", "7", "30", "90"] = "30"


@get(_ONE)
async def get_invitations(visit: GivenVisit, organization_id: PathText) -> Page:
    """A page of invitations, newest first."""
    return await _show_invitations(visit, await load_organization(visit, organization_id))


@get(f"{_ONE}/new", access="editor")
async def get_new(visit: GivenVisit, organization_id: PathText) -> Page:
    """The form that invites."""
    return await _show_new(visit, await load_organization(visit, organization_id), _empty_form(visit))


@post(_ONE)
async def post_invitations(visit: GivenVisit, organization_id: PathText) -> Page:
    """All that were named are invited, or none of them."""
    organization = await load_organization(visit, organization_id)
    typed = await read_form(visit.request, NewForm)
    asked = NewInvitations(
        email_addresses=tuple(one for one in _BETWEEN.split(typed.email_address) if one),
        role=typed.role,
        lifetime_ms=int(typed.days) * _DAY_MS,
    )
    made = await attempt(
        invitations.invite(visit.service, visit.instance, organization_id, asked, acting(visit), visit.base_url),
        ("email_address", "role"),
    )
    if isinstance(made, Problem):
        return await _show_new(visit, organization, typed, made)
    return leave(path_of(organization_id, "invitations"), done="invited")


@post(f"{_ONE}/{{invitation_id:str}}/revoke")
async def post_revoke(visit: GivenVisit, organization_id: PathText, invitation_id: PathText) -> Page:
    """The invitation's link is of no use any more."""
    revoked = await attempt(
        invitations.revoke_invitation(visit.service, visit.instance, organization_id, invitation_id, acting(visit))
    )
    if isinstance(revoked, Problem):
        return await _show_invitations(visit, await load_organization(visit, organization_id), revoked)
    return leave(path_of(organization_id, "invitations"), done="revoked")


async def _show_invitations(visit: Visit, organization: Organization, problem: Problem | None = None) -> Page:
    query = read_query(visit.request, ListQuery)
    found = await invitations.list_invitations(
        visit.service,
        visit.instance,
        organization.id,
        acting(visit),
        status=(query.status,),
        limit=ROWS,
        offset=(query.page - 1) * ROWS,
    )
    path = path_of(organization.id, "invitations")
    kept = {"status": "" if query.status == "pending" else query.status}
    return show_organization(
        visit,
        organization,
        "invitations",
        "organization_invitations.html",
        problem=problem,
        found=found.page,
        query=query,
        statuses=STATUSES,
        roles=await organization_roles.load_choices(visit.service, visit.instance),
        typed=_empty_form(visit),
        lifetimes=LIFETIMES,
        most=MOST_AT_ONCE,
        paging=page_of(path, kept, query.page, found.total_count),
    )


async def _show_new(visit: Visit, organization: Organization, typed: NewForm, problem: Problem | None = None) -> Page:
    return show_organization(
        visit,
        organization,
        "invitations",
        "organization_invitation_new.html",
        problem=problem,
        typed=typed,
        roles=await organization_roles.load_choices(visit.service, visit.instance),
        lifetimes=LIFETIMES,
        most=MOST_AT_ONCE,
    )


def _empty_form(visit: Visit) -> NewForm:
    return NewForm(role=visit.instance.settings.organizations.default_role)


ROUTES = (get_invitations, get_new, post_invitations, post_revoke)
