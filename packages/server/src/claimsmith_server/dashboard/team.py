"""The administrators of the dashboard, for owners: who there is, who is invited, roles, removal."""

from typing import Final

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import AdministratorRole
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import administrators

ROLES: Final = (
    ("viewer", "Viewer", "Reads everything but private metadata and keys; changes nothing."),
    ("editor", "Editor", "Changes users, organizations, claims and settings."),
    ("owner", "Owner", "As an editor, and has the keys and the administrators in hand."),
)
_TEAM: Final = "/dashboard/team"
_NOTICES: Final = {
    "revoked": "The invitation is taken back. Its link is of no use any more.",
    "role": "The role is changed. Whoever has it must sign in again.",
    "removed": "The administrator is removed and signed out everywhere.",
}


class RoleForm(msgspec.Struct, frozen=True, kw_only=True):
    """A choice of role."""

    role: AdministratorRole


@get(_TEAM, access="owner")
async def get_team(visit: GivenVisit) -> Page:
    """Everybody, and the invitations that are open."""
    return await _show_team(visit)


@post(f"{_TEAM}/invitations", access="owner")
async def post_invitation(visit: GivenVisit) -> Page:
    """The page that shows the new link, this once."""
    try:
        asked = await read_form(visit.request, RoleForm)
    except ServiceError as refusal:
        return await _show_team(visit, explain_refusal(refusal, ("role",)))
    made = await administrators.invite_administrator(visit.service, visit.instance, asked.role, author=visit.author)
    return show(
        visit,
        "team_invitation.html",
        title="Invitation",
        section="team",
        invitation=made.invitation,
        url=made.url(visit.base_url),
    )


@post(f"{_TEAM}/invitations/{{invitation_id:str}}/revoke", access="owner")
async def post_invitation_revoke(visit: GivenVisit, invitation_id: PathText) -> Page:
    """The invitation's link is of no use any more."""
    await administrators.revoke_invitation(visit.service, visit.instance, invitation_id, author=visit.author)
    return leave(_TEAM, done="revoked")


@get(f"{_TEAM}/{{administrator_id:str}}", access="owner")
async def get_administrator(visit: GivenVisit, administrator_id: PathText) -> Page:
    """One administrator."""
    return await _show_administrator(visit, administrator_id)


@post(f"{_TEAM}/{{administrator_id:str}}/role", access="owner")
async def post_role(visit: GivenVisit, administrator_id: PathText) -> Page:
    """The administrator has another role, and has to sign in again with it."""
    try:
        asked = await read_form(visit.request, RoleForm)
        keeping = visit.token if administrator_id == visit.author else ""
        await administrators.change_role(
            visit.service, visit.instance, administrator_id, asked.role, author=visit.author, keeping=keeping
        )
    except ServiceError as refusal:
        return await _show_administrator(visit, administrator_id, explain_refusal(refusal, ("role",)))
    is_own_loss = administrator_id == visit.author and asked.role != "owner"
    return leave("/dashboard/account" if is_own_loss else _TEAM, done="role")


@post(f"{_TEAM}/{{administrator_id:str}}/remove", access="owner")
async def post_remove(visit: GivenVisit, administrator_id: PathText) -> Page:
    """The administrator is gone, and signed out everywhere."""
    try:
        await administrators.remove_administrator(visit.service, visit.instance, administrator_id, author=visit.author)
    except ServiceError as refusal:
        return await _show_administrator(visit, administrator_id, explain_refusal(refusal))
    return leave(_TEAM, done="removed")


async def _show_team(visit: Visit, problem: Problem | None = None) -> Page:
    people = await administrators.list_administrators(visit.service, visit.instance)
    return show(
        visit,
        "team.html",
        title="Team",
        section="team",
        problem=problem,
        notices=_NOTICES,
        people=people,
        names={one.id: one.email_address for one in people},
        invitations=await administrators.list_invitations(visit.service, visit.instance),
        roles=ROLES,
    )


async def _show_administrator(visit: Visit, administrator_id: str, problem: Problem | None = None) -> Page:
    """The page of one; of somebody who is gone there is none, whatever was wrong with the form."""
    found = await administrators.load_administrator(visit.service, visit.instance, administrator_id)
    return show(
        visit,
        "team_administrator.html",
        title=found.email_address,
        section="team",
        problem=problem,
        person=found,
        roles=ROLES,
    )


ROUTES = (
    get_team,
    post_invitation,
    post_invitation_revoke,
    get_administrator,
    post_role,
    post_remove,
)
