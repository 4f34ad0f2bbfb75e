"""The history of the session claims: every version, what it changed, and the way back to it."""

from typing import Annotated, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.sessions import name_authors
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import session_claims_history
from claimsmith_server.services.paging import Offset

_HISTORY: Final = "/dashboard/sessions/history"
_PAGE: Final = 20
_NOTICES: Final = {
    "reverted": "The earlier claims are live again, as a new version. Tokens minted from now on have them.",
}
_Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page."""

    offset: Offset = 0


class RevertForm(msgspec.Struct, frozen=True, kw_only=True):
    """Which version comes back, and the live one that the page showed."""

    version: _Version
    base_version: _Version


@get(_HISTORY)
async def get_history(visit: GivenVisit) -> Page:
    """A page of versions, newest first."""
    return await _show(visit, read_query(visit.request, HistoryQuery).offset)


@post(f"{_HISTORY}/revert")
async def post_revert(visit: GivenVisit) -> Page:
    """The version's claims are live again, under a new number."""
    form = await read_form(visit.request, RevertForm)
    try:
        await session_claims_history.revert_claims(
            visit.service, visit.instance, form.version, base_version=form.base_version, author=visit.author
        )
    except ServiceError as refusal:
        return await _show(visit, 0, explain_refusal(refusal))
    return leave(_HISTORY, done="reverted")


async def _show(visit: Visit, offset: int, problem: Problem | None = None) -> Page:
    entries, has_more = await session_claims_history.list_history(
        visit.service, visit.instance, limit=_PAGE, offset=offset
    )
    live = await session_claims_history.load_live_claims(visit.service, visit.instance)
    return show(
        visit,
        "session_history.html",
        title="History of the session claims",
        section="sessions",
        notices=_NOTICES,
        problem=problem,
        entries=entries,
        live=live,
        authors=await name_authors(visit),
        can_write=visit.can("editor"),
        newer=f"{_HISTORY}?offset={max(0, offset - _PAGE)}" if offset else "",
        older=f"{_HISTORY}?offset={offset + _PAGE}" if has_more else "",
    )


ROUTES = (get_history, post_revert)
