"""Who calls the Backend API: the instance whose secret key the request carries."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from claimsmith_server.core.models import Instance
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.http.requests import ApiRequest, read_secret_key_hash
from claimsmith_server.services import instances
from claimsmith_server.services.context import Service

Connection = ASGIConnection[Any, Any, Any, Any]


async def require_secret_key(connection: Connection, _: BaseRouteHandler) -> None:
    """The guard of every route: finds the instance, or refuses with 401 (case Z-003); counts against the limit."""
    service: Service = connection.app.state.service
    limit: RateLimit = connection.app.state.rate_limit
    key_hash = read_secret_key_hash(connection.scope["headers"])
    limit.count(key_hash, service.clock.now())
    connection.scope["state"]["instance"] = await instances.load_by_secret_key(service, key_hash)


async def provide_instance(request: ApiRequest) -> Instance:
    """The instance that the guard found."""
    instance: Instance = request.scope["state"]["instance"]
    return instance


async def provide_service(request: ApiRequest) -> Service:
    """The services."""
    service: Service = request.app.state.service
    return service
