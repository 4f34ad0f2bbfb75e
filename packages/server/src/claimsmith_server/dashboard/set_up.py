"""The page that a set-up link or an invitation leads to: an e-mail address and a password make an administrator."""

from typing import Final

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ADMINISTRATOR_LINK_INVALID, SET_UP_ELSEWHERE, ServiceError
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.cookies import set_cookie
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.dashboard.sign_in import FIELDS, SENTENCES, is_kept
from claimsmith_server.dashboard.targets import HOME
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.loopback import is_local
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import administrators
from claimsmith_server.services.administrators import AcceptInvitation

PASSWORD_SENTENCES: Final = {
    **SENTENCES,
    "form_password_length_too_short": "Use at least 8 characters.",
    "form_password_length_too_long": "Use at most 128 characters.",
    "form_password_pwned": "This password is too easy to guess. Use another one.",
    "form_param_format_invalid": "Enter a whole e-mail address, such as ada@example.com.",
    "form_identifier_exists": "An administrator has this address already. Sign in, or use another one.",
}
_NOT_KEPT: Final = Problem(
    "This page was opened over http://, where browsers don't keep the dashboard's cookie. Open the link over https://, "
    "or on the machine itself under the name localhost.",
    code="insecure_origin",
)


class SetUpQuery(msgspec.Struct, frozen=True):
    """What the page's address holds."""

    token: str = ""


@get("/dashboard/set-up", access="public")
async def get_set_up(visit: GivenVisit) -> Page:
    """The form, while the link is good."""
    _require_here(visit)
    return await _show_form(visit, AcceptInvitation(token=read_query(visit.request, SetUpQuery).token))


@post("/dashboard/set-up", access="public")
async def post_set_up(visit: GivenVisit) -> Page:
    """The administrator is made and signed in; or the form again, with what is wrong."""
    _require_here(visit)
    asked = await read_form(visit.request, AcceptInvitation)
    if not is_kept(visit):
        return await _show_form(visit, asked, _NOT_KEPT)
    try:
        signed_in = await administrators.accept_invitation(
            visit.service, visit.instance, asked, address=visit.address, replacing=visit.token
        )
    except ServiceError as refusal:
        if refusal.items[0].code == ADMINISTRATOR_LINK_INVALID.code:
            raise
        return await _show_form(visit, asked, explain_refusal(refusal, FIELDS, sentences=PASSWORD_SENTENCES))
    answer = leave(HOME, done="set_up")
    set_cookie(answer, visit.request.scope, visit.instance, signed_in.token)
    return answer


def _require_here(visit: Visit) -> None:
    if visit.request.app.state.set_up_locally and not is_local(visit.request.scope):
        raise SET_UP_ELSEWHERE()


async def _show_form(visit: Visit, asked: AcceptInvitation, problem: Problem | None = None) -> Page:
    invitation = await administrators.load_invitation(visit.service, visit.instance, asked.token)
    is_first = invitation.created_by is None
    title = "Set up the dashboard" if is_first else "Join the dashboard"
    return show(visit, "set_up.html", title=title, problem=problem, asked=asked, invitation=invitation)


ROUTES = (get_set_up, post_set_up)
