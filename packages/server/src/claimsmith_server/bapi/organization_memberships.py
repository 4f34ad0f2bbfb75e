"""Members of organizations on the Backend API (contract 5.1)."""

import msgspec
from litestar import delete, get, patch, post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import users
from claimsmith_server.services.organizations import input as organization_input
from claimsmith_server.services.organizations import memberships
from claimsmith_server.services.organizations.access import SECRET_KEY
from claimsmith_server.services.organizations.memberships import Member, Members
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.wire.backend_organization import BackendMembership, backend_membership_out
from claimsmith_server.wire.lists import Page


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of a user's memberships."""

    limit: Limit = 10
    offset: Offset = 0


@get("/v1/organizations/{organization_id:str}/memberships")
async def list_members(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A page of members, who joined last first unless asked otherwise."""
    query = read_query(request, organization_input.MemberQuery)
    found = await memberships.list_members(
        service,
        instance,
        organization_id,
        organization_input.member_filter(query),
        SECRET_KEY,
        order=organization_input.member_order(query),
        limit=query.limit,
        offset=query.offset,
    )
    return _page_out(found)


@post("/v1/organizations/{organization_id:str}/memberships", status_code=200)
async def create_membership(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A new member."""
    body = await read_body(request, organization_input.CreateMembership)
    metadata = organization_input.given_metadata(body)
    made = await memberships.add_member(
        service, instance, organization_id, body.user_id, body.role, SECRET_KEY, metadata
    )
    return Json(member_out(made))


@patch("/v1/organizations/{organization_id:str}/memberships/{user_id:str}")
async def update_membership(
    organization_id: PathText, user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A member with another role."""
    body = await read_body(request, organization_input.UpdateMembership)
    changed = await memberships.change_role(service, instance, organization_id, user_id, body.role, SECRET_KEY)
    return Json(member_out(changed))


@patch("/v1/organizations/{organization_id:str}/memberships/{user_id:str}/metadata")
async def merge_metadata(
    organization_id: PathText, user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A member with metadata merged deeply; `null` deletes a member of it."""
    metadata = organization_input.given_metadata(await read_body(request, organization_input.Metadata))
    changed = await memberships.change_metadata(service, instance, organization_id, user_id, metadata, SECRET_KEY)
    return Json(member_out(changed))


@delete("/v1/organizations/{organization_id:str}/memberships/{user_id:str}", status_code=200)
async def delete_membership(
    organization_id: PathText, user_id: PathText, service: GivenService, instance: GivenInstance
) -> Json:
    """A member is none any more."""
    return Json(member_out(await memberships.remove_member(service, instance, organization_id, user_id, SECRET_KEY)))


@get("/v1/users/{user_id:str}/organization_memberships")
async def list_of_user(user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of a user's memberships, oldest first."""
    query = read_query(request, PageQuery)
    user = await users.load_user(service, instance, user_id)
    return _page_out(await memberships.list_own(service, instance, user, limit=query.limit, offset=query.offset))


def member_out(one: Member) -> BackendMembership:
    """A member for the Backend API."""
    return backend_membership_out(one.membership, one.organization, one.role, one.user)


def _page_out(found: Members) -> Json:
    return Json(Page([member_out(one) for one in found.page], found.total_count))


ROUTES = (list_members, create_membership, update_membership, merge_metadata, delete_membership, list_of_user)
