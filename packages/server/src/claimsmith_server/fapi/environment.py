"""The environment on the Frontend API: what clerk-js reads before anything else (contract 4.2, 4.12)."""

from litestar import get, patch

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.services.environment import load_environment


@get("/v1/environment")
async def get_environment(service: GivenService, base_url: GivenUrl) -> Json:
    """The environment, unwrapped."""
    return Json(await load_environment(service, base_url))


@patch("/v1/environment")
async def touch_environment(service: GivenService, base_url: GivenUrl) -> Json:
    """The same: with a development key clerk-js asks so, to tell its origin, and nothing is kept of it."""
    return Json(await load_environment(service, base_url))


ROUTES = (get_environment, touch_environment)
