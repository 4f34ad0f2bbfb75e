"""Members of organizations on the Frontend API, and the acting user's own memberships (contract 4.6)."""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post

from claimsmith_server.core.errors import PARAM_MISSING
from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services.organizations import memberships
from claimsmith_server.services.organizations import roles as organization_roles
from claimsmith_server.services.organizations.access import by_acting
from claimsmith_server.services.organizations.memberships import Member
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.store.organization_members import MemberFilter
from claimsmith_server.store.user_filters import UserFilter
from claimsmith_server.wire.lists import Deleted, listing
from claimsmith_server.wire.organization import ClientMembership, client_membership_out
from claimsmith_server.wire.role import role_page


class MemberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of lists of members."""

    query: Annotated[str, msgspec.Meta(max_length=512)] = ""
    role: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    paginated: bool = False
    limit: Limit = 10
    offset: Offset = 0


class MemberForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of adding a member, and of giving one another role."""

    user_id: str = ""
    role: str = ""


@get("/v1/organizations/{organization_id:str}/memberships")
async def list_members(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """A page of members, who joined last first."""
    asked = read_query(request, MemberQuery)
    which = MemberFilter(role=tuple(filter(None, asked.role)), user=UserFilter(query=asked.query or None))
    found = await memberships.list_members(
        service,
        acting.instance,
        organization_id,
        which,
        by_acting(acting),
        limit=asked.limit,
        offset=asked.offset,
    )
    page = [member_out(one) for one in found.page]
    return await answer_read(listing(page, found.total_count, paginated=asked.paginated))


@post("/v1/organizations/{organization_id:str}/memberships", status_code=200)
async def add_member(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """A new member."""
    form = await read_form(request, MemberForm)
    for name in ("user_id", "role"):
        if not getattr(form, name):
            raise PARAM_MISSING(param_name=name)
    by = by_acting(acting)
    made = await memberships.add_member(service, acting.instance, organization_id, form.user_id, form.role, by)
    return await answer_change(service, request, acting.caller, member_out(made))


@patch("/v1/organizations/{organization_id:str}/memberships/{user_id:str}")
async def update_member(
    organization_id: PathText, user_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """A member with another role."""
    form = await read_form(request, MemberForm)
    if not form.role:
        raise PARAM_MISSING(param_name="role")
    by = by_acting(acting)
    changed = await memberships.change_role(service, acting.instance, organization_id, user_id, form.role, by)
    return await answer_change(service, request, acting.caller, member_out(changed))


@delete("/v1/organizations/{organization_id:str}/memberships/{user_id:str}", status_code=200)
async def remove_member(
    organization_id: PathText, user_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """A member is none any more."""
    by = by_acting(acting)
    removed = await memberships.remove_member(service, acting.instance, organization_id, user_id, by)
    return await answer_change(service, request, acting.caller, member_out(removed))


@get("/v1/me/organization_memberships")
async def list_own(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A page of the acting user's memberships, oldest first."""
    asked = read_query(request, MemberQuery)
    found = await memberships.list_own(service, acting.instance, acting.user, limit=asked.limit, offset=asked.offset)
    page = [member_out(one) for one in found.page]
    return await answer_read(listing(page, found.total_count, paginated=asked.paginated))


@delete("/v1/me/organization_memberships/{organization_id:str}", status_code=200)
async def leave(organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The acting user is no member any more."""
    left = await memberships.leave(service, acting.instance, organization_id, acting.user, by_acting(acting))
    gone = Deleted(object="organization_membership", id=left.membership.id)
    return await answer_change(service, request, acting.caller, gone)


@get("/v1/organizations/{organization_id:str}/roles")
async def list_roles(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The roles that members may have."""
    asked = read_query(request, MemberQuery)
    by = by_acting(acting)
    found = await organization_roles.list_roles(
        service, acting.instance, organization_id, by, limit=asked.limit, offset=asked.offset
    )
    return await answer_read(role_page(found.page, found.permissions, found.total_count))


def member_out(one: Member) -> ClientMembership:
    """A member for a browser."""
    return client_membership_out(one.membership, one.organization, one.role, one.user)


ROUTES = (list_members, add_member, update_member, remove_member, list_own, leave, list_roles)
