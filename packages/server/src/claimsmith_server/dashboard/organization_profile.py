"""An organization's name, slug and limits; its metadata; what a token tells of it; its deletion."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.json_text import write_text
from claimsmith_server.core.models import Organization
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.organization_frame import (
    PATH,
    ROWS,
    acting,
    attempt,
    load_organization,
    path_of,
    show_organization,
)
from claimsmith_server.dashboard.organization_texts import (
    MetadataTexts,
    parse_metadata,
    write_metadata,
    write_object,
)
from claimsmith_server.dashboard.organizations import parse_limit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import organizations
from claimsmith_server.services.organizations import claims as organization_claims
from claimsmith_server.services.organizations import input as organization_input
from claimsmith_server.services.organizations import memberships
from claimsmith_server.services.organizations import metadata as organization_metadata

_ONE: Final = f"{PATH}/{{organization_id:str}}"


class ProfileForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization is called and may do, as typed."""

    name: str = ""
    slug: str = ""
    max_allowed_memberships: str = ""
    admin_delete_enabled: bool = False


class ClaimQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token the claim is of; none: whoever joined last."""

    user_id: Annotated[str, msgspec.Meta(max_length=128)] = ""


@get(f"{_ONE}/profile")
async def get_profile(visit: GivenVisit, organization_id: PathText) -> Page:
    """The form of the profile, and the deletion."""
    return _show_profile(visit, await load_organization(visit, organization_id))


@post(f"{_ONE}/profile")
async def post_profile(visit: GivenVisit, organization_id: PathText) -> Page:
    """The profile is as typed."""
    typed = await read_form(visit.request, ProfileForm)
    limit = parse_limit(typed.max_allowed_memberships)
    saved = limit if isinstance(limit, Problem) else await _save(visit, organization_id, typed, limit)
    if isinstance(saved, Problem):
        return _show_profile(visit, await load_organization(visit, organization_id), saved, typed)
    return leave(path_of(organization_id, "profile"), done="saved")


@post(f"{_ONE}/delete")
async def post_delete(visit: GivenVisit, organization_id: PathText) -> Page:
    """The organization is gone, with its memberships and invitations."""
    await organizations.delete_organization(visit.service, visit.instance, organization_id, acting(visit))
    return leave(PATH, done="deleted")


@get(f"{_ONE}/metadata")
async def get_metadata(visit: GivenVisit, organization_id: PathText) -> Page:
    """Both kinds of metadata; of the private one viewers are told nothing (case Z-005)."""
    return _show_metadata(visit, await load_organization(visit, organization_id))


@post(f"{_ONE}/metadata")
async def post_metadata(visit: GivenVisit, organization_id: PathText) -> Page:
    """The organization has these metadata."""
    typed = await read_form(visit.request, MetadataTexts)
    metadata = parse_metadata(typed)
    saved: Problem | None = metadata if isinstance(metadata, Problem) else None
    if not isinstance(metadata, Problem):
        saved = await attempt(
            organization_metadata.replace_organization_metadata(
                visit.service, visit.instance, organization_id, metadata, typed.version, acting(visit)
            ),
            ("public_metadata", "private_metadata"),
        )
    if isinstance(saved, Problem):
        return _show_metadata(visit, await load_organization(visit, organization_id), saved, typed)
    return leave(path_of(organization_id, "metadata"), done="metadata")


@get(f"{_ONE}/claim")
async def get_claim(visit: GivenVisit, organization_id: PathText) -> Page:
    """What a member's token tells of the organization."""
    organization = await load_organization(visit, organization_id)
    user_id = read_query(visit.request, ClaimQuery).user_id
    found = await memberships.list_members(
        visit.service,
        visit.instance,
        organization_id,
        organization_input.member_filter(organization_input.MemberQuery()),
        acting(visit),
        limit=ROWS * 4,
        offset=0,
    )
    members = found.page
    member = next((one for one in members if one.user.id == user_id), None)
    if user_id and member is None:
        member = await memberships.load_member(visit.service, visit.instance, organization_id, user_id, acting(visit))
        members = [member, *members]
    member = member or (members[0] if members else None)
    return show_organization(
        visit,
        organization,
        "claim",
        "organization_claim.html",
        members=members,
        member=member,
        claim=None if member is None else organization_claims.tell_claim(visit.instance, member),
        write=write_object,
        write_value=write_text,
    )


async def _save(visit: Visit, organization_id: str, typed: ProfileForm, limit: int) -> Organization | Problem:
    changes: dict[str, Any] = {
        "name": typed.name,
        "slug": typed.slug.strip(),
        "max_allowed_memberships": limit,
        "admin_delete_enabled": typed.admin_delete_enabled,
    }
    return await attempt(
        organizations.update_organization(visit.service, visit.instance, organization_id, changes, acting(visit)),
        ("name", "slug", "max_allowed_memberships"),
        sentences={"form_name_exists": "Another organization has this slug. Choose another one."},
    )


def _show_profile(
    visit: Visit, organization: Organization, problem: Problem | None = None, typed: ProfileForm | None = None
) -> Page:
    stored = ProfileForm(
        name=organization.name,
        slug=organization.slug,
        max_allowed_memberships=str(organization.max_allowed_memberships),
        admin_delete_enabled=organization.admin_delete_enabled,
    )
    return show_organization(
        visit, organization, "profile", "organization_profile.html", problem=problem, typed=typed or stored
    )


def _show_metadata(
    visit: Visit, organization: Organization, problem: Problem | None = None, typed: MetadataTexts | None = None
) -> Page:
    return show_organization(
        visit,
        organization,
        "metadata",
        "organization_metadata.html",
        problem=problem,
        texts=write_metadata(organization, typed, problem),
    )


ROUTES = (get_profile, post_profile, post_delete, get_metadata, post_metadata, get_claim)
