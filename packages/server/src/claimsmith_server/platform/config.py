"""The Platform API's instance config: where session claims live (contract 3.3).

Any application id is taken; the instance is the secret key's own, and the path must name it by id or by environment.
"""

from litestar import get, patch, put

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance
from claimsmith_server.core.parameters import parse_json_object
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_octets, read_query
from claimsmith_server.services import config
from claimsmith_server.services.context import Service

_PATH = "/v1/platform/applications/{application_id:str}/instances/{instance_name:str}/config"


@get(_PATH)
async def get_config(
    request: ApiRequest, instance_name: PathText, service: GivenService, instance: GivenInstance
) -> Json:
    """The config, or the sections that `keys` names."""
    _require_same(instance, instance_name)
    query = read_query(request, config.ConfigQuery)
    return Json(await config.load_config(service, instance, query.keys))


@get(_PATH + "/schema")
async def get_config_schema(request: ApiRequest, instance_name: PathText, instance: GivenInstance) -> Json:
    """The JSON Schema of the config."""
    _require_same(instance, instance_name)
    return Json(config.config_schema(read_query(request, config.ConfigQuery).keys))


@patch(_PATH)
async def patch_config(
    request: ApiRequest, instance_name: PathText, service: GivenService, instance: GivenInstance
) -> Json:
    """The config with what the body names changed."""
    return await _change(request, instance_name, service, instance, replace=False)


@put(_PATH)
async def put_config(
    request: ApiRequest, instance_name: PathText, service: GivenService, instance: GivenInstance
) -> Json:
    """The config as the body says, every section of it."""
    return await _change(request, instance_name, service, instance, replace=True)


async def _change(
    request: ApiRequest, instance_name: str, service: Service, instance: Instance, *, replace: bool
) -> Json:
    _require_same(instance, instance_name)
    query = read_query(request, config.ConfigQuery)
    change = config.Change(
        document=parse_json_object(await read_octets(request)),
        if_match=request.headers.get("if-match"),
        replace=replace,
        destructive=query.destructive,
        dry_run=query.dry_run,
        keys=query.keys,
    )
    return Json(await config.change_config(service, instance, change))


def _require_same(instance: Instance, name: str) -> None:
    if name not in {instance.id, instance.environment}:
        raise RESOURCE_NOT_FOUND(resource="instance", by="id or environment", id=name[:64])


ROUTES = (get_config, get_config_schema, patch_config, put_config)
