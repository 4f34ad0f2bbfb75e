"""The members of an organization: listed, added, given another role, removed; and the page of one."""

from typing import Annotated, Final

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
from claimsmith_server.dashboard.organization_texts import MetadataTexts, parse_metadata, write_metadata
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.organizations import claims as organization_claims
from claimsmith_server.services.organizations import input as organization_input
from claimsmith_server.services.organizations import memberships
from claimsmith_server.services.organizations import metadata as organization_metadata
from claimsmith_server.services.organizations import roles as organization_roles
from claimsmith_server.services.organizations.memberships import Member

_ONE: Final = f"{PATH}/{{organization_id:str}}"
_MEMBER: Final = f"{_ONE}/members/{{user_id:str}}"


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be asked."""

    query: Annotated[str, msgspec.Meta(max_length=256)] = ""
    role: Annotated[str, msgspec.Meta(max_length=128)] = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class NewForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new member, as typed."""

    user: str = ""
    role: str = ""


class RoleForm(msgspec.Struct, frozen=True, kw_only=True):
    """A member's role."""

    role: str = ""


@get(_ONE)
async def get_members(visit: GivenVisit, organization_id: PathText) -> Page:
    """A page of members, who joined last first."""
    return await _show_members(visit, await load_organization(visit, organization_id))


@get(f"{_ONE}/members/new", access="editor")
async def get_new(visit: GivenVisit, organization_id: PathText) -> Page:
    """The form that adds a member."""
    return await _show_new(visit, await load_organization(visit, organization_id), _empty_form(visit))


@post(f"{_ONE}/members")
async def post_member(visit: GivenVisit, organization_id: PathText) -> Page:
    """The user is a member."""
    organization = await load_organization(visit, organization_id)
    typed = await read_form(visit.request, NewForm)
    made = await attempt(
        _add(visit, organization_id, typed),
        ("user", "role"),
        rename={"user_id": "user"},
        sentences={"resource_not_found": "No user has this id, e-mail address, phone number or username."},
    )
    if isinstance(made, Problem):
        return await _show_new(visit, organization, typed, made)
    return leave(path_of(organization_id), done="added")


@get(_MEMBER)
async def get_member(visit: GivenVisit, organization_id: PathText, user_id: PathText) -> Page:
    """One member."""
    return await _show_member(visit, await _load(visit, organization_id, user_id))


@post(f"{_MEMBER}/role")
async def post_role(visit: GivenVisit, organization_id: PathText, user_id: PathText) -> Page:
    """The member has another role."""
    asked = await read_form(visit.request, RoleForm)
    changed = await attempt(
        memberships.change_role(visit.service, visit.instance, organization_id, user_id, asked.role, acting(visit)),
        ("role",),
    )
    if isinstance(changed, Problem):
        return await _show_member(visit, await _load(visit, organization_id, user_id), changed)
    return leave(path_of(organization_id), done="role")


@post(f"{_MEMBER}/metadata")
async def post_metadata(visit: GivenVisit, organization_id: PathText, user_id: PathText) -> Page:
    """The membership has these metadata."""
    typed = await read_form(visit.request, MetadataTexts)
    metadata = parse_metadata(typed)
    saved: Problem | None = metadata if isinstance(metadata, Problem) else None
    if not isinstance(metadata, Problem):
        saved = await attempt(
            organization_metadata.replace_member_metadata(
                visit.service, visit.instance, organization_id, user_id, metadata, typed.version, acting(visit)
            ),
            ("public_metadata", "private_metadata"),
        )
    if isinstance(saved, Problem):
        return await _show_member(visit, await _load(visit, organization_id, user_id), saved, typed)
    return leave(path_of(organization_id, "members", user_id), done="metadata")


@post(f"{_MEMBER}/remove")
async def post_remove(visit: GivenVisit, organization_id: PathText, user_id: PathText) -> Page:
    """The user is no member any more."""
    removed = await attempt(
        memberships.remove_member(visit.service, visit.instance, organization_id, user_id, acting(visit))
    )
    if isinstance(removed, Problem):
        return await _show_member(visit, await _load(visit, organization_id, user_id), removed)
    return leave(path_of(organization_id), done="removed")


async def _add(visit: Visit, organization_id: str, typed: NewForm) -> Member:
    user = await memberships.find_person(visit.service, visit.instance, typed.user)
    return await memberships.add_member(
        visit.service, visit.instance, organization_id, user.id, typed.role, acting(visit)
    )


async def _load(visit: Visit, organization_id: str, user_id: str) -> Member:
    return await memberships.load_member(visit.service, visit.instance, organization_id, user_id, acting(visit))


async def _show_members(visit: Visit, organization: Organization) -> Page:
    query = read_query(visit.request, ListQuery)
    asked = organization_input.MemberQuery(
        query=query.query.strip() or None,
        role=(query.role,) if query.role else (),
        limit=ROWS,
        offset=(query.page - 1) * ROWS,
    )
    found = await memberships.list_members(
        visit.service,
        visit.instance,
        organization.id,
        organization_input.member_filter(asked),
        acting(visit),
        limit=asked.limit,
        offset=asked.offset,
    )
    path = path_of(organization.id)
    return show_organization(
        visit,
        organization,
        "members",
        "organization_members.html",
        members=found.page,
        query=query,
        roles=await organization_roles.load_choices(visit.service, visit.instance),
        typed=_empty_form(visit),
        paging=page_of(path, {"query": query.query, "role": query.role}, query.page, found.total_count),
    )


async def _show_new(visit: Visit, organization: Organization, typed: NewForm, problem: Problem | None = None) -> Page:
    return show_organization(
        visit,
        organization,
        "members",
        "organization_member_new.html",
        problem=problem,
        typed=typed,
        roles=await organization_roles.load_choices(visit.service, visit.instance),
    )


def _empty_form(visit: Visit) -> NewForm:
    return NewForm(role=visit.instance.settings.organizations.default_role)


async def _show_member(
    visit: Visit, member: Member, problem: Problem | None = None, typed: MetadataTexts | None = None
) -> Page:
    return show_organization(
        visit,
        member.organization,
        "members",
        "organization_member.html",
        problem=problem,
        member=member,
        texts=write_metadata(member.membership, typed, problem),
        claim=organization_claims.tell_claim(visit.instance, member),
        roles=await organization_roles.load_choices(visit.service, visit.instance),
    )


ROUTES = (get_members, get_new, post_member, get_member, post_role, post_metadata, post_remove)
