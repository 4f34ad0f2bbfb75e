"""Active sessions: who is signed in, with what, and the way to end it."""

from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import get, post

from claimsmith_server.core.models import Activity, SessionStatus
from claimsmith_server.core.session_status import is_live
from claimsmith_server.dashboard.access import GivenVisit
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.dashboard.targets import parse_target
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.session_ends import revoke_session
from claimsmith_server.services.session_listing import PAGE, SessionListQuery, search_sessions

_ACTIVE: Final = "/dashboard/sessions/active"
_NOTICES: Final = {
    "revoked": "The session is revoked. No process mints for it from now on.",
}
STATES: Final = (("live", "Signed in"), ("ended", "Ended"), ("all", "All"))
STATUSES: Final[dict[SessionStatus, tuple[str, str]]] = {
    "active": ("Active", "good"),
    "pending": ("Pending", "warn"),
    "ended": ("Signed out", "neutral"),
    "removed": ("Removed", "neutral"),
    "replaced": ("Replaced", "neutral"),
    "expired": ("Expired", "neutral"),
    "abandoned": ("Abandoned", "neutral"),
    "revoked": ("Revoked", "bad"),
}
"""Words and colours of a session's status."""


class RevokeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Where the form stood."""

    back: str = ""


@get(_ACTIVE)
async def get_active_sessions(visit: GivenVisit) -> Page:
    """A page of sessions, newest first."""
    query = read_query(visit.request, SessionListQuery)
    page = await search_sessions(visit.service, visit.instance, msgspec.structs.replace(query, limit=PAGE))
    first = query.offset + 1
    return show(
        visit,
        "active_sessions.html",
        title="Active sessions",
        section="sessions",
        notices=_NOTICES,
        query=query,
        page=page,
        states=STATES,
        statuses=STATUSES,
        is_live=is_live,
        tell_device=tell_device,
        is_narrowed=bool(query.query or query.user_id or query.organization_id),
        can_write=visit.can("editor"),
        lifetime=visit.instance.settings.session.token_lifetime_seconds,
        here=_address(query, query.offset),
        previous=_address(query, max(0, query.offset - PAGE)) if query.offset else "",
        following=_address(query, query.offset + PAGE) if page.has_more else "",
        told=f"{first:,} to {query.offset + len(page.sessions):,}" if page.sessions else "",
    )


@post(f"{_ACTIVE}/{{session_id:str}}/revoke")
async def post_revoke(visit: GivenVisit, session_id: PathText) -> Page:
    """The session is revoked before the answer is sent; who comes from another page is led back to it."""
    form = await read_form(visit.request, RevokeForm)
    await revoke_session(visit.service, visit.instance, session_id, actor=visit.author)
    target = parse_target(form.back)
    return leave(target if target.startswith("/dashboard/sessions") else _ACTIVE, done="revoked")


def tell_device(activity: Activity | None) -> str:
    """A session's browser and device in words; `""` when nothing is known, as of sessions of the Backend API."""
    if activity is None:
        return ""
    version = (activity.browser_version or "").partition(".")[0]
    browser = " ".join(part for part in (activity.browser_name, version) if part)
    return " on ".join(part for part in (browser, activity.device_type) if part)


def _address(query: SessionListQuery, offset: int) -> str:
    told = {
        "query": query.query,
        "state": query.state if query.state != "live" else "",
        "user_id": query.user_id,
        "organization_id": query.organization_id,
        "offset": str(offset) if offset else "",
    }
    text = urlencode({name: value for name, value in told.items() if value})
    return f"{_ACTIVE}?{text}" if text else _ACTIVE


ROUTES = (get_active_sessions, post_revoke)
