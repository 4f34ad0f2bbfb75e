"""`/sign-in/code` and `/sign-in/reset-password`: the code that was sent, and after a reset code the new password."""

from typing import Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import PARAM_MISSING
from claimsmith_server.core.sign_in import RESET_STRATEGIES, SignInView
from claimsmith_server.fapi.pages.problems import Problem
from claimsmith_server.fapi.pages.shell import Page, go, show
from claimsmith_server.fapi.pages.steps import (
    REFUSALS,
    SIGN_IN_CODES,
    begin_with_code,
    clean_code,
    describe_code,
    go_on,
    label_identifier,
    load_attempt,
    tell,
)
from claimsmith_server.fapi.pages.visit import GivenVisit, Visit
from claimsmith_server.http.forms import read_form
from claimsmith_server.services.sign_ins import factors as sign_in_factors
from claimsmith_server.services.sign_ins import password_resets

_CODE_PAGE = "/sign-in/code"
_RESET_PAGE = "/sign-in/reset-password"


class CodeForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a code."""

    code: str = ""
    action: Literal["verify", "resend"] = "verify"


class ResetForm(msgspec.Struct, frozen=True, kw_only=True):
    """The forms of a forgotten password, one a step."""

    identifier: str = ""
    code: str = ""
    password: str = ""
    sign_out_of_other_sessions: str = ""
    action: Literal["begin", "verify", "resend", "save"] = "begin"


@get(_CODE_PAGE)
async def get_code(visit: GivenVisit) -> Page:
    """The field for the code."""
    view = await load_attempt(visit, SIGN_IN_CODES)
    return await _start_again(visit) if view is None else await _show_code(visit, view, _CODE_PAGE)


@post(_CODE_PAGE, status_code=200)
async def post_code(visit: GivenVisit) -> Page:
    """Signed in by the code, or another one sent."""
    asked = await read_form(visit.request, CodeForm)
    view = await load_attempt(visit, SIGN_IN_CODES)
    if view is None:
        return await _start_again(visit)
    try:
        return await _take_code(visit, view, asked.code, asked.action, _CODE_PAGE)
    except REFUSALS as refusal:
        return await _show_code(visit, view, _CODE_PAGE, tell(refusal, ("code",)))


@get(_RESET_PAGE)
async def get_reset(visit: GivenVisit) -> Page:
    """The form of whichever step is next."""
    view = await load_attempt(visit, RESET_STRATEGIES)
    if view is None or visit.told("step") == "begin":
        return await _show_begin(visit)
    if view.sign_in.status == "needs_new_password":
        return await _show_new_password(visit)
    return await _show_code(visit, view, _RESET_PAGE)


@post(_RESET_PAGE, status_code=200)
async def post_reset(visit: GivenVisit) -> Page:
    """The next step: a code sent, the code taken, the new password saved."""
    asked = await read_form(visit.request, ResetForm)
    if asked.action == "begin":
        return await _begin_reset(visit, asked.identifier)
    view = await load_attempt(visit, RESET_STRATEGIES)
    if view is None:
        return await go(visit, visit.path(_RESET_PAGE))
    is_last = view.sign_in.status == "needs_new_password"
    try:
        if is_last:
            return await _save_password(visit, view, asked)
        return await _take_code(visit, view, asked.code, asked.action, _RESET_PAGE)
    except REFUSALS as refusal:
        if is_last:
            return await _show_new_password(visit, tell(refusal, ("password",)))
        return await _show_code(visit, view, _RESET_PAGE, tell(refusal, ("code",)))


async def _begin_reset(visit: Visit, identifier: str) -> Page:
    try:
        begun = await begin_with_code(visit, identifier, RESET_STRATEGIES)
    except REFUSALS as refusal:
        return await _show_begin(visit, identifier, tell(refusal, ("identifier",)))
    return await go(visit, visit.path(_RESET_PAGE), begun.client_id, begun.client_token)


async def _take_code(visit: Visit, view: SignInView, code: str, action: str, page: str) -> Page:
    sign_in, strategy = view.sign_in, view.sign_in.first_factor_strategy or ""
    if action == "resend":
        asked = sign_in_factors.PrepareFactor(strategy=strategy)
        await sign_in_factors.prepare_first_factor(visit.service, visit.caller, sign_in.id, asked)
        return await go(visit, visit.path(page, done="sent"))
    given = sign_in_factors.AttemptFactor(strategy=strategy, code=clean_code(code))
    done = await sign_in_factors.attempt_first_factor(visit.service, visit.caller, sign_in.id, given)
    return await go_on(visit, done)


async def _save_password(visit: Visit, view: SignInView, asked: ResetForm) -> Page:
    if not asked.password:
        raise PARAM_MISSING(param_name="password")
    form = password_resets.ResetPassword(
        password=asked.password, sign_out_of_other_sessions=asked.sign_out_of_other_sessions == "true"
    )
    return await go_on(visit, await password_resets.reset_password(visit.service, visit.caller, view.sign_in.id, form))


async def _show_code(visit: Visit, view: SignInView, page: str, problem: Problem | None = None) -> Page:
    is_reset = page == _RESET_PAGE
    return await show(
        visit,
        "code.html",
        problem=problem,
        title="Reset your password" if is_reset else "Enter your code",
        action=visit.path(page),
        back=visit.path(page, step="begin") if is_reset else visit.path("/sign-in"),
        sent=describe_code(visit, view),
        identifier=view.sign_in.identifier,
        button="Go on" if is_reset else "Sign in",
    )


async def _show_begin(visit: Visit, identifier: str = "", problem: Problem | None = None) -> Page:
    label = label_identifier(visit.instance.settings.authentication)
    return await show(visit, "reset.html", problem=problem, identifier=identifier, identifier_label=label)


async def _show_new_password(visit: Visit, problem: Problem | None = None) -> Page:
    return await show(visit, "new_password.html", problem=problem)


async def _start_again(visit: Visit) -> Page:
    """Nothing was sent to this browser, or too long ago; a ticket's page is the way to it again."""
    return await go(visit, visit.path("/sign-in"))


ROUTES = (get_code, post_code, get_reset, post_reset)
