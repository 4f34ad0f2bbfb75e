"""The secret key's instance on the Backend API: what it is, and settings that SDKs may change."""

from litestar import Response, get, patch

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import instance_settings
from claimsmith_server.wire.instance import instance_out, organization_settings_out


@get("/v1/instance")
async def get_instance(instance: GivenInstance) -> Json:
    """The secret key's instance."""
    return Json(instance_out(instance))


@patch("/v1/instance", status_code=204)
async def update_instance(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Response[None]:
    """Nothing: the settings that the body names are stored."""
    body = await read_body(request, instance_settings.UpdateInstance)
    await instance_settings.update_instance(service, instance, body)
    return Response(None, status_code=204, headers={"Cache-Control": "no-store"})


@get("/v1/instance/organization_settings")
async def get_organization_settings(instance: GivenInstance) -> Json:
    """The instance's settings of organizations."""
    return Json(organization_settings_out(instance.settings.organizations))


@patch("/v1/instance/organization_settings")
async def update_organization_settings(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """The settings of organizations with what the body names changed."""
    body = await read_body(request, instance_settings.UpdateOrganizationSettings)
    settings = await instance_settings.update_organization_settings(service, instance, body)
    return Json(organization_settings_out(settings.organizations))


ROUTES = (get_instance, update_instance, get_organization_settings, update_organization_settings)
