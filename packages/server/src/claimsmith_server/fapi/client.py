"""The client: the browser with its sessions and attempts (contract 4.2)."""

from litestar import Response, delete, get, post, put
from litestar.response import Redirect

from claimsmith_server.core.errors import REDIRECT_URL_INVALID
from claimsmith_server.core.origins import parse_redirect_url
from claimsmith_server.fapi.access import GivenCaller
from claimsmith_server.fapi.answers import Envelope, answer_change, answer_read, client_wire, set_cookies
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import clients
from claimsmith_server.services.client_view import load_client_view


@get("/v1/client")
async def get_client(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The client; `null` when this browser has none yet."""
    view = None if caller.client is None else await load_client_view(service, caller, caller.client.id)
    answer = await answer_read(None if view is None else await client_wire(service, caller, view))
    set_cookies(request, answer, caller, view, None)
    return answer


async def _create(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    made = await clients.create_client(service, caller)
    view = await load_client_view(service, caller, made.client.id)
    client = None if view is None else await client_wire(service, caller, view)
    answer = Json(Envelope(client, client))
    set_cookies(request, answer, caller, view, made.token)
    return answer


@post("/v1/client", status_code=200)
async def create_client(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The client, made when there is none."""
    return await _create(request, service, caller)


@put("/v1/client")
async def put_client(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The same: old SDKs send PUT."""
    return await _create(request, service, caller)


@delete("/v1/client", status_code=200)
async def delete_client(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """Nothing is left of the client; all its sessions ended."""
    await clients.destroy_client(service, caller)
    answer = Json(Envelope(None, None))
    set_cookies(request, answer, caller, None, None)
    return answer


@delete("/v1/client/sessions", status_code=200)
async def delete_sessions(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The client without sessions: the usual sign-out."""
    left = await clients.end_all_sessions(service, caller)
    if left is None:
        return await answer_change(service, request, caller, None)
    view = await load_client_view(service, caller, left.client.id)
    client = None if view is None else await client_wire(service, caller, view)
    answer = Json(Envelope(client, client))
    set_cookies(request, answer, caller, view, left.token)
    return answer


@get("/v1/client/touch")
async def touch_client(
    request: ApiRequest, service: GivenService, caller: GivenCaller, base_url: GivenUrl
) -> Response[object]:
    """Back to `redirect_url` with fresh cookies; changes nothing else, so it needs no proof of origin (case C-003)."""
    instance = caller.instance
    target = parse_redirect_url(
        request.query_params.get("redirect_url", ""),
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        allowed_origins=instance.settings.allowed_origins,
        base_url=base_url,
    )
    if target is None:
        raise REDIRECT_URL_INVALID(param_name="redirect_url")
    view = None if caller.client is None else await load_client_view(service, caller, caller.client.id)
    answer = Redirect(target, status_code=307, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    set_cookies(request, answer, caller, view, None)
    return answer


ROUTES = (get_client, create_client, put_client, delete_client, delete_sessions, touch_client)
