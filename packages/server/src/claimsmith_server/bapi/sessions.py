"""Sessions on the Backend API: list, create, get, revoke (contract 5.4). Tokens are in `bapi.tokens`."""

import msgspec
from litestar import get, post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import custom_claims, session_ends, sessions
from claimsmith_server.services.session_tokens import Asked
from claimsmith_server.wire.lists import listing
from claimsmith_server.wire.session import session_out


class ClaimsQuery(msgspec.Struct, frozen=True):
    """The query of the route of claims."""

    organization_id: str | None = None
    """Absent: the session's active organization. Empty: none."""


@get("/v1/sessions")
async def list_sessions(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of sessions, newest first."""
    query = read_query(request, sessions.SessionQuery)
    found, total_count = await sessions.list_sessions(service, instance, query)
    return Json(listing([session_out(session) for session in found], total_count, paginated=query.paginated))


@post("/v1/sessions", status_code=200)
async def create_session(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A new active session of a user, on a client of its own."""
    body = await read_body(request, sessions.CreateSession)
    return Json(session_out(await sessions.create_session(service, instance, body)))


@get("/v1/sessions/{session_id:str}")
async def get_session(session_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """One session."""
    return Json(session_out(await sessions.load_session(service, instance, session_id)))


@get("/v1/sessions/{session_id:str}/claims")
async def get_session_claims(
    session_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """All custom claims of a session, those too that its token leaves out for size: an addition of ours."""
    query = read_query(request, ClaimsQuery)
    asked = Asked(session_id=session_id, organization_id=query.organization_id)
    return Json(await custom_claims.load_for_backend(service, instance.id, asked))


@post("/v1/sessions/{session_id:str}/revoke", status_code=200)
async def revoke_session(session_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A session that mints no more: once this is answered, no process does."""
    return Json(session_out(await session_ends.revoke_session(service, instance, session_id)))


ROUTES = (list_sessions, create_session, get_session, get_session_claims, revoke_session)
