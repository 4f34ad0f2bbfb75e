"""Development browsers: what a browser is known by with development keys (contract 4.8)."""

from typing import Literal

import msgspec
from litestar import post

from claimsmith_server.core.errors import DEV_BROWSER_NOT_ALLOWED
from claimsmith_server.fapi.access import read_credentials
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import clients


class DevBrowser(msgspec.Struct, frozen=True, kw_only=True):
    """A development browser; whoever has the id is that browser."""

    object: Literal["dev_browser"] = "dev_browser"
    id: str


@post("/v1/dev_browser", status_code=200)
async def create_dev_browser(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A new development browser; sent without credentials, so it can take over nothing."""
    if instance.environment == "production":
        raise DEV_BROWSER_NOT_ALLOWED()
    address = read_credentials(request.scope, instance, request.app.state.trusted_proxies).address
    return Json(DevBrowser(id=await clients.create_dev_browser(service, instance, address)))


ROUTES = (create_dev_browser,)
