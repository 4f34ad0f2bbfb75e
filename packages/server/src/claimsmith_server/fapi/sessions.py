"""Sessions of this browser, and of its user in other browsers (contract 4.5). Tokens are in `fapi.tokens`."""

from litestar import get, post

from claimsmith_server.core.errors import SIGNED_OUT
from claimsmith_server.core.models import Session
from claimsmith_server.core.session_status import is_live
from claimsmith_server.fapi.access import GivenActing, GivenCaller
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import acting as acting_services
from claimsmith_server.services import client_sessions
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.client_view import view_sessions
from claimsmith_server.services.context import Service
from claimsmith_server.wire.client import ClientSession, client_session_out, user_session_out


@get("/v1/client/sessions/{session_id:str}")
async def get_session(session_id: PathText, service: GivenService, caller: GivenCaller) -> Json:
    """A session of this browser."""
    session = await acting_services.load_own_session(service, caller, session_id)
    if not is_live(session.status):  # whoever uses the browser next is not told whose it was
        raise SIGNED_OUT()
    return await answer_read(await session_wire(service, caller, session))


@post("/v1/client/sessions/{session_id:str}/touch", status_code=200)
async def touch_session(session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The session, active now, perhaps with another organization."""
    asked = await read_form(request, client_sessions.TouchSession)
    session = await client_sessions.touch_session(service, caller, session_id, asked)
    return await answer_change(service, request, caller, await session_wire(service, caller, session))


@post("/v1/client/sessions/{session_id:str}/end", status_code=200)
async def end_session(session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The session, ended: once this is answered, it mints no more."""
    ended = await client_sessions.end_session(service, caller, session_id, "ended")
    told = await session_wire(service, caller, ended.session)
    return await answer_change(service, request, caller, told, client_token=ended.client_token)


@post("/v1/client/sessions/{session_id:str}/remove", status_code=200)
async def remove_session(session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The session, removed from this browser: once this is answered, it mints no more."""
    ended = await client_sessions.end_session(service, caller, session_id, "removed")
    told = await session_wire(service, caller, ended.session)
    return await answer_change(service, request, caller, told, client_token=ended.client_token)


@get("/v1/me/sessions/active")
async def list_active_sessions(service: GivenService, acting: GivenActing) -> Json:
    """The user's live sessions in every browser, as a bare array."""
    found = await client_sessions.list_own_sessions(service, acting, live_only=True)
    return Json([user_session_out(session, acting.user, service.clock.now()) for session in found])


@get("/v1/me/sessions")
async def list_sessions(service: GivenService, acting: GivenActing) -> Json:
    """The user's latest sessions in every browser, as a bare array."""
    found = await client_sessions.list_own_sessions(service, acting, live_only=False)
    return Json([user_session_out(session, acting.user, service.clock.now()) for session in found])


@post("/v1/me/sessions/{session_id:str}/revoke", status_code=200)
async def revoke_session(session_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A session of the user, in whichever browser, revoked."""
    session = await client_sessions.revoke_own_session(service, acting, session_id)
    return await answer_change(service, request, acting.caller, await session_wire(service, acting.caller, session))


async def session_wire(service: Service, caller: Caller, session: Session) -> ClientSession:
    """A session for its own browser, with a fresh token."""
    views = await view_sessions(service, caller, [session])
    if not views:  # its user was deleted meanwhile
        raise SIGNED_OUT()
    view = views[0]
    return client_session_out(view.session, view.user, view.memberships, view.jwt, service.clock.now())


ROUTES = (
    get_session,
    touch_session,
    end_session,
    remove_session,
    list_active_sessions,
    list_sessions,
    revoke_session,
)
