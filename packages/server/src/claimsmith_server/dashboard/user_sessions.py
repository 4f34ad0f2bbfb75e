"""A user's sessions: where they were used, and their end."""

from typing import Annotated, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import User
from claimsmith_server.core.session_status import is_live
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.dashboard.user_frame import PATH, attempt, load_user, path_of, show_user
from claimsmith_server.dashboard.user_organizations import list_own
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import session_ends, sessions

ROWS: Final = 25


class PageQuery(msgspec.Struct, frozen=True):
    """Which page of the list."""

    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class RevokeForm(msgspec.Struct, frozen=True):
    """Which session ends."""

    session_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


@get(f"{PATH}/{{user_id:str}}/sessions")
async def get_sessions(user_id: PathText, visit: GivenVisit) -> Page:
    """The user's sessions, newest first."""
    return await _show(visit, await load_user(visit, user_id))


@post(f"{PATH}/{{user_id:str}}/sessions/revoke")
async def revoke_session(user_id: PathText, visit: GivenVisit) -> Page:
    """The list, without a session that was live."""
    asked = await read_form(visit.request, RevokeForm)
    done = await attempt(_revoke(visit, user_id, asked.session_id))
    if isinstance(done, Problem):
        return await _show(visit, await load_user(visit, user_id), done)
    return leave(path_of(user_id, "sessions"), done="revoked")


@post(f"{PATH}/{{user_id:str}}/sessions/revoke-all")
async def revoke_sessions(user_id: PathText, visit: GivenVisit) -> Page:
    """The list, without any live session."""
    await session_ends.revoke_sessions_of_user(visit.service, visit.instance, user_id, actor=visit.author)
    return leave(path_of(user_id, "sessions"), done="revoked_all")


async def _revoke(visit: Visit, user_id: str, session_id: str) -> None:
    """Nothing; the session is over, if it is this user's.

    Raises:
        ServiceError: `resource_not_found`.
    """
    session = await sessions.load_session(visit.service, visit.instance, session_id)
    if session.user_id != user_id:
        raise RESOURCE_NOT_FOUND(param_name="session_id", resource="session", by="id", id=session_id[:64])
    await session_ends.revoke_session(visit.service, visit.instance, session_id, actor=visit.author)


async def _show(visit: Visit, user: User, problem: Problem | None = None) -> Page:
    page = read_query(visit.request, PageQuery).page
    asked = sessions.SessionQuery(user_id=user.id, limit=ROWS, offset=(page - 1) * ROWS)
    found, total = await sessions.list_sessions(visit.service, visit.instance, asked)
    live = sessions.SessionQuery(user_id=user.id, status="active", limit=1)
    _, count = await sessions.list_sessions(visit.service, visit.instance, live)
    path = path_of(user.id, "sessions")
    first = (page - 1) * ROWS + 1
    return show_user(
        visit,
        user,
        "sessions",
        "user_sessions.html",
        problem=problem,
        found=[(one, is_live(one.status)) for one in found],
        live_count=count,
        names={member.organization.id: member.organization.name for member in await list_own(visit, user)},
        previous=f"{path}?page={page - 1}" if page > 1 else "",
        next=f"{path}?page={page + 1}" if page * ROWS < total else "",
        told=f"{first:,} to {first + len(found) - 1:,} of {total:,}" if found else "",
    )


ROUTES = (get_sessions, revoke_session, revoke_sessions)
