"""JWT templates on the Backend API (contract 3.1)."""

from litestar import delete, get, patch, post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import jwt_templates
from claimsmith_server.wire.jwt_template import jwt_template_out
from claimsmith_server.wire.lists import Deleted, listing


@get("/v1/jwt_templates")
async def list_jwt_templates(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of templates, newest first."""
    query = read_query(request, jwt_templates.JwtTemplateQuery)
    found, total_count = await jwt_templates.list_jwt_templates(service, instance, query)
    return Json(listing([jwt_template_out(one) for one in found], total_count, paginated=query.paginated))


@post("/v1/jwt_templates", status_code=200)
async def create_jwt_template(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A new template."""
    body = await read_body(request, jwt_templates.WriteJwtTemplate)
    return Json(jwt_template_out(await jwt_templates.create_jwt_template(service, instance, body)))


@get("/v1/jwt_templates/{template_id:str}")
async def get_jwt_template(template_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """One template."""
    return Json(jwt_template_out(await jwt_templates.load_jwt_template(service, instance, template_id)))


@patch("/v1/jwt_templates/{template_id:str}")
async def update_jwt_template(
    template_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A template as the body says; what it does not name stays."""
    body = await read_body(request, jwt_templates.WriteJwtTemplate)
    return Json(jwt_template_out(await jwt_templates.update_jwt_template(service, instance, template_id, body)))


@delete("/v1/jwt_templates/{template_id:str}", status_code=200)
async def delete_jwt_template(template_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A template is gone; tokens that it made stay valid until they expire."""
    await jwt_templates.delete_jwt_template(service, instance, template_id)
    return Json(Deleted(object="jwt_template", id=template_id))


ROUTES = (list_jwt_templates, create_jwt_template, get_jwt_template, update_jwt_template, delete_jwt_template)
