"""`POST /v1/sessions/{id}/refresh`: servers of applications renew a token without a redirect (contract 5.5)."""

from litestar import post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import session_refresh
from claimsmith_server.wire.backend_client import Cookies
from claimsmith_server.wire.session import Token


@post("/v1/sessions/{session_id:str}/refresh", status_code=200)
async def refresh_session(
    session_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A new token, plain or as cookies under both names, whatever `suffixed_cookies` says."""
    body = await read_body(request, session_refresh.RefreshSession)
    jwt = await session_refresh.refresh_session(service, instance, session_id, body)
    if body.format == "cookie":
        return Json(Cookies(cookies=session_refresh.refresh_directives(instance, body, jwt)))
    return Json(Token(jwt=jwt))


ROUTES = (refresh_session,)
