"""Signing in to the dashboard, and out of it."""

from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.origins import is_loopback_origin
from claimsmith_server.dashboard.access import SIGN_IN_PATH, GivenVisit, Visit
from claimsmith_server.dashboard.cookies import set_cookie
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.dashboard.targets import parse_target
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import administrators
from claimsmith_server.services.administrators import SignIn

FIELDS: Final = ("email_address", "password")
SENTENCES: Final = {
    "too_many_requests": "Too many tries in a short time. Wait ten seconds, then try again.",
    "hashing_busy": "The service is busy. Try again in a moment.",
}
_NOTICES: Final = {"signed_out": "You are signed out."}
_NOT_KEPT: Final = Problem(
    "This page was opened over http://, where browsers don't keep the dashboard's cookie. Open it over https://, or on "
    "the machine itself under the name localhost.",
    code="insecure_origin",
)


class SignInQuery(msgspec.Struct, frozen=True):
    """What the page's address may hold."""

    next: str = ""
    done: str = ""


class SignInForm(SignIn, frozen=True, kw_only=True):
    """The page's form."""

    next: str = ""


@get(SIGN_IN_PATH, access="public")
async def get_sign_in(visit: GivenVisit) -> Page:
    """The form; who is signed in goes straight on."""
    target = parse_target(read_query(visit.request, SignInQuery).next)
    if visit.administrator is not None:
        return leave(target)
    if _came_from_elsewhere(visit):
        again = f"{SIGN_IN_PATH}?{urlencode({'next': target})}"
        answer = show(visit, "opening.html", title="Opening the dashboard", target=again)
        answer.headers["Refresh"] = f"0; url={again}"
        return answer
    return await _show_form(visit, SignInForm(next=target))


@post(SIGN_IN_PATH, access="public")
async def post_sign_in(visit: GivenVisit) -> Page:
    """Signed in, and on to where the visitor was going; or the form again, with what is wrong."""
    asked = await read_form(visit.request, SignInForm)
    if not is_kept(visit):
        return await _show_form(visit, asked, _NOT_KEPT)
    try:
        signed_in = await administrators.sign_in(
            visit.service, visit.instance, asked, address=visit.address, replacing=visit.token
        )
    except ServiceError as refusal:
        return await _show_form(visit, asked, explain_refusal(refusal, FIELDS, sentences=SENTENCES))
    answer = leave(parse_target(asked.next))
    set_cookie(answer, visit.request.scope, visit.instance, signed_in.token)
    return answer


@post("/dashboard/sign-out", access="public")
async def post_sign_out(visit: GivenVisit) -> Page:
    """Signed out: the session is gone from the server, and the cookie from the browser."""
    if visit.token:
        await administrators.sign_out(visit.service, visit.instance, visit.token)
    answer = leave(SIGN_IN_PATH, done="signed_out")
    set_cookie(answer, visit.request.scope, visit.instance, "")
    return answer


def is_kept(visit: Visit) -> bool:
    """Whether the browser will keep a Secure cookie: it says itself, in Origin, how it reached this page."""
    origin = visit.request.headers.get("origin", "")
    return not origin.startswith("http://") or is_loopback_origin(origin)


def _came_from_elsewhere(visit: Visit) -> bool:
    """Whether a link on another site led here: a strict cookie is not sent then, and is on the next request."""
    return visit.request.headers.get("sec-fetch-site") == "cross-site" and not visit.token


async def _show_form(visit: Visit, asked: SignInForm, problem: Problem | None = None) -> Page:
    is_set_up = await administrators.has_administrators(visit.service, visit.instance)
    return show(
        visit, "sign_in.html", title="Sign in", problem=problem, notices=_NOTICES, asked=asked, is_set_up=is_set_up
    )


ROUTES = (get_sign_in, post_sign_in, post_sign_out)
