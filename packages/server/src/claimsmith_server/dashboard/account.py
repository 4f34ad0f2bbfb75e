"""The account of whoever is signed in to the dashboard: role, password."""

from typing import Final

from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.set_up import PASSWORD_SENTENCES
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import administrators
from claimsmith_server.services.administrators import ChangePassword

_PATH: Final = "/dashboard/account"
_FIELDS: Final = ("current_password", "new_password")
_NOTICES: Final = {
    "password": "The password is changed. Other browsers that were signed in with the old one are signed out.",
    "role": "Your role is changed.",
}
_SENTENCES: Final = {
    **PASSWORD_SENTENCES,
    "form_password_incorrect": "This is not your current password. After ten wrong ones in a row none is accepted for "
    "an hour.",
}


@get(_PATH)
async def get_account(visit: GivenVisit) -> Page:
    """Who is signed in, and the form for a new password."""
    return _show_account(visit)


@post(f"{_PATH}/password", access="viewer")
async def post_password(visit: GivenVisit) -> Page:
    """The password is changed, and other browsers are signed out."""
    asked = await read_form(visit.request, ChangePassword)
    try:
        await administrators.change_password(
            visit.service,
            visit.instance,
            visit.require_administrator(),
            asked,
            address=visit.address,
            keeping=visit.token,
        )
    except ServiceError as refusal:
        return _show_account(visit, explain_refusal(refusal, _FIELDS, sentences=_SENTENCES))
    return leave(_PATH, done="password")


def _show_account(visit: Visit, problem: Problem | None = None) -> Page:
    return show(
        visit,
        "account.html",
        title="Your account",
        section="account",
        problem=problem,
        notices=_NOTICES,
        person=visit.require_administrator(),
    )


ROUTES = (get_account, post_password)
