"""Organizations on the Frontend API: made, read, changed, deleted (contract 4.6)."""

import msgspec
from litestar import delete, get, patch, post

from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import organizations
from claimsmith_server.services.organizations import NewOrganization
from claimsmith_server.services.organizations.access import by_acting, require_organizations
from claimsmith_server.wire.lists import Deleted
from claimsmith_server.wire.organization import client_organization_out


class OrganizationForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of creating and updating; what is empty is absent. Metadata is the Backend API's alone."""

    name: str = ""
    slug: str = ""


class DeletedOrganization(Deleted, frozen=True, kw_only=True):
    """What is left to say of an organization."""

    slug: str


class CreationDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a new organization begins with: nothing."""

    class Form(msgspec.Struct, frozen=True, kw_only=True):
        """Its fields."""

        name: str = ""
        slug: str = ""
        logo: str | None = None
        blur_hash: str | None = None

    form: Form = Form()
    advisory: None = None


@post("/v1/organizations", status_code=200)
async def create_organization(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A new organization; the acting user is its first member."""
    form = await read_form(request, OrganizationForm)
    asked = NewOrganization(name=form.name, slug=form.slug or None, created_by=acting.user.id)
    made = await organizations.create_organization(service, acting.instance, asked, by_acting(acting))
    return await answer_change(service, request, acting.caller, client_organization_out(made))


@get("/v1/organizations/{organization_id:str}")
async def get_organization(organization_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """An organization that the acting user is a member of."""
    by = by_acting(acting)
    found = await organizations.load_organization(service, acting.instance, organization_id, by)
    return await answer_read(client_organization_out(found))


@patch("/v1/organizations/{organization_id:str}")
async def update_organization(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The organization with another name or slug."""
    form = await read_form(request, OrganizationForm)
    changes = {name: value for name in ("name", "slug") if (value := getattr(form, name))}
    changed = await organizations.update_organization(
        service, acting.instance, organization_id, changes, by_acting(acting)
    )
    return await answer_change(service, request, acting.caller, client_organization_out(changed))


@delete("/v1/organizations/{organization_id:str}", status_code=200)
async def delete_organization(
    organization_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The organization is gone."""
    gone = await organizations.delete_organization(service, acting.instance, organization_id, by_acting(acting))
    left = DeletedOrganization(object="organization", id=gone.id, slug=gone.slug)
    return await answer_change(service, request, acting.caller, left)


@get("/v1/me/organization_creation_defaults")
async def get_creation_defaults(acting: GivenActing) -> Json:
    """What the form of a new organization begins with."""
    require_organizations(acting.instance)
    return await answer_read(CreationDefaults())


ROUTES = (
    create_organization,
    get_organization,
    update_organization,
    delete_organization,
    get_creation_defaults,
)
