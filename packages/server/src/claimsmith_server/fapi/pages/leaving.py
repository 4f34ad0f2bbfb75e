"""`/sign-out` and `/unauthorized`: a session's end, and a page that somebody may not open."""

from litestar import get, post

from claimsmith_server.fapi.pages.shell import Page, go, leave, show
from claimsmith_server.fapi.pages.visit import GivenVisit
from claimsmith_server.services import clients


@post("/sign-out", status_code=200)
async def post_sign_out(visit: GivenVisit) -> Page:
    """Signed out in this browser, of every account."""
    left = await clients.end_all_sessions(visit.service, visit.caller)
    if left is None:
        return await leave(visit, None, None)
    return await leave(visit, left.client.id, left.token)


@get("/sign-out")
async def get_sign_out(visit: GivenVisit) -> Page:
    """A page that asks: links sign nobody out (case C-003)."""
    if visit.acting is None:
        return await go(visit, visit.path("/sign-in"))
    return await show(visit, "sign_out.html")


@get(["/unauthorized", "/unauthorized-sign-in"])
async def get_unauthorized(visit: GivenVisit) -> Page:
    """For whom an application refuses a page: why, as whom, and what may help."""
    return await show(visit, "unauthorized.html", status=403)


ROUTES = (post_sign_out, get_sign_out, get_unauthorized)
