"""`GET /v1/instance`."""

from litestar import get

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance
from claimsmith_server.wire.instance import instance_out


@get("/v1/instance")
async def get_instance(instance: GivenInstance) -> Json:
    """The secret key's instance."""
    return Json(instance_out(instance))


ROUTES = (get_instance,)
