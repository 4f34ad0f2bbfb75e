"""Health: `/v1/health` says that the process answers, `/health/ready` that it can mint."""

from litestar import get

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService
from claimsmith_server.services import instances


@get(["/v1/health", "/health/live"])
async def get_health() -> Json:
    """The process answers."""
    return Json({"status": "ok"})


@get("/health/ready")
async def get_readiness(service: GivenService) -> Json:
    """The storage answers, too; a 503 otherwise."""
    instance = await instances.load_public_instance(service)
    await service.keys.load_jwks(instance.id)
    return Json({"status": "ok"})


ROUTES = (get_health, get_readiness)
