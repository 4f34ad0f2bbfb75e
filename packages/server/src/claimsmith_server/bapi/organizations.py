"""Organizations on the Backend API (contract 5.1)."""

from typing import Any

import msgspec
from litestar import delete, get, patch, post, put

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import organizations
from claimsmith_server.services.organizations import input as organization_input
from claimsmith_server.services.organizations.access import SECRET_KEY
from claimsmith_server.wire.backend_organization import backend_organization_out
from claimsmith_server.wire.lists import Deleted, Page


class DeletedOrganization(Deleted, frozen=True, kw_only=True):
    """What is left to say of an organization."""

    slug: str


class OneQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of one organization."""

    include_members_count: bool = False


@get("/v1/organizations")
async def list_organizations(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of organizations, newest first unless asked otherwise."""
    query = read_query(request, organization_input.OrganizationQuery)
    found, total_count = await organizations.list_organizations(
        service,
        instance,
        organization_input.organization_filter(query),
        order=organization_input.organization_order(query),
        limit=query.limit,
        offset=query.offset,
    )
    counted = query.include_members_count
    return Json(Page([backend_organization_out(one, counted=counted) for one in found], total_count))


@post("/v1/organizations", status_code=200)
async def create_organization(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A new organization."""
    body = await read_body(request, organization_input.CreateOrganization)
    asked = organization_input.new_organization(body)
    made = await organizations.create_organization(service, instance, asked, SECRET_KEY)
    return Json(backend_organization_out(made))


@get("/v1/organizations/{organization_id:str}")
async def get_organization(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """One organization, by its id or slug."""
    query = read_query(request, OneQuery)
    found = await organizations.load_by_slug_or_id(service, instance, organization_id)
    return Json(backend_organization_out(found, counted=query.include_members_count))


@patch("/v1/organizations/{organization_id:str}")
async def update_organization(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """An organization with what the body names changed."""
    body = await read_body(request, organization_input.UpdateOrganization)
    changes = organization_input.organization_changes(body)
    metadata = organization_input.given_metadata(body)
    changed = await organizations.update_organization(service, instance, organization_id, changes, SECRET_KEY, metadata)
    return Json(backend_organization_out(changed))


@delete("/v1/organizations/{organization_id:str}", status_code=200)
async def delete_organization(organization_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """An organization is gone, and every membership in it."""
    gone = await organizations.delete_organization(service, instance, organization_id, SECRET_KEY)
    return Json(DeletedOrganization(object="organization", id=gone.id, slug=gone.slug))


@patch("/v1/organizations/{organization_id:str}/metadata")
async def merge_metadata(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """An organization with metadata merged deeply; `null` deletes a member."""
    metadata = organization_input.given_metadata(await read_body(request, organization_input.Metadata))
    changed = await organizations.update_organization(service, instance, organization_id, {}, SECRET_KEY, metadata)
    return Json(backend_organization_out(changed))


@put("/v1/organizations/{organization_id:str}/metadata")
async def replace_metadata(
    organization_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """An organization with the given metadata in place of the old."""
    body = await read_body(request, organization_input.Metadata)
    changes: dict[str, Any] = dict(organization_input.given_metadata(body).items())
    changed = await organizations.update_organization(service, instance, organization_id, changes, SECRET_KEY)
    return Json(backend_organization_out(changed))


ROUTES = (
    list_organizations,
    create_organization,
    get_organization,
    update_organization,
    delete_organization,
    merge_metadata,
    replace_metadata,
)
