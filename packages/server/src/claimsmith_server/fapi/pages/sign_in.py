"""`/sign-in`: who it is, with a password or on to a code; or with a ticket, or as who is signed in already."""

from typing import Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import PARAM_MISSING
from claimsmith_server.core.sign_in import RESET_STRATEGIES, supported_identifiers
from claimsmith_server.fapi.pages.problems import Problem
from claimsmith_server.fapi.pages.shell import Page, finish, go, show
from claimsmith_server.fapi.pages.steps import (
    REFUSALS,
    SIGN_IN_CODES,
    begin_with_code,
    go_on,
    is_signed_in,
    label_identifier,
    tell,
)
from claimsmith_server.fapi.pages.visit import GivenVisit, Visit
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import clients, sign_ins
from claimsmith_server.services.hosted_browsers import follow_client
from claimsmith_server.services.organizations.invitations import accept_invitation
from claimsmith_server.services.sign_ins.steps import Outcome
from claimsmith_server.services.ticket_previews import TicketPreview, preview_ticket

_FIELDS = ("identifier", "password")


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    """The page's form."""

    identifier: str = ""
    password: str = ""
    action: Literal["password", "code", "reset"] = "password"
    """Which button was pressed."""


@get("/sign-in")
async def get_sign_in(visit: GivenVisit) -> Page:
    """The form; who has a ticket or is signed in already is asked whether to go on so."""
    if visit.ticket:
        return await _show_ticket(visit)
    may_add = visit.told("account") == "add" and not visit.instance.settings.session.single_session_mode
    if visit.acting is not None and not may_add:
        return await show(visit, "signed_in.html")
    return await _show_form(visit)


@post("/sign-in", status_code=200)
async def post_sign_in(visit: GivenVisit) -> Page:
    """Signed in by a password, or on to the page of a code."""
    asked = await read_form(visit.request, SignInForm)
    try:
        return await _begin(visit, asked)
    except REFUSALS as refusal:
        if is_signed_in(refusal):
            return await go(visit, visit.path("/sign-in"))
        return await _show_form(visit, identifier=asked.identifier, problem=tell(refusal, _FIELDS))


@post("/sign-in/continue", status_code=200)
async def post_continue(visit: GivenVisit) -> Page:
    """Back to the application as who is signed in already."""
    if visit.acting is None:
        return await go(visit, visit.path("/sign-in"))
    return await finish(visit, "sign_in", visit.acting.client.id)


@post("/sign-in/ticket", status_code=200)
async def post_ticket(visit: GivenVisit) -> Page:
    """Signed in by the ticket, which is spent; whoever was signed in before is signed out."""
    try:
        preview = await preview_ticket(visit.service, visit.caller, visit.ticket)
        if visit.acting is not None and _is_invited(visit, preview):
            await accept_invitation(visit.service, visit.instance, preview.invitation_id or "", visit.acting.user)
            return await finish(visit, "sign_in", visit.acting.client.id)
        done = await _spend_ticket(visit)
    except REFUSALS as refusal:
        return await _show_bad_ticket(visit, tell(refusal, ()))
    return await go_on(visit, done)


async def _show_form(visit: Visit, *, identifier: str = "", problem: Problem | None = None) -> Page:
    settings = visit.instance.settings.authentication
    return await show(
        visit,
        "sign_in.html",
        problem=problem,
        identifier=identifier,
        identifier_label=label_identifier(settings),
        is_address=supported_identifiers(settings) == ("email_address",),
        has_password=settings.password != "off",  # noqa: S105 - a presence, no password
        has_codes=settings.email_code or settings.phone_code,
    )


async def _begin(visit: Visit, asked: SignInForm) -> Page:
    if not asked.identifier.strip():
        if asked.action == "reset":
            return await go(visit, visit.path("/sign-in/reset-password"))
        raise PARAM_MISSING(param_name="identifier")
    if asked.action == "password":
        if not asked.password:
            raise PARAM_MISSING(param_name="password")
        form = sign_ins.CreateSignIn(identifier=asked.identifier, password=asked.password)
        return await go_on(visit, await sign_ins.create_sign_in(visit.service, visit.caller, form))
    is_reset = asked.action == "reset"
    begun = await begin_with_code(visit, asked.identifier, RESET_STRATEGIES if is_reset else SIGN_IN_CODES)
    path = visit.path("/sign-in/reset-password" if is_reset else "/sign-in/code")
    return await go(visit, path, begun.client_id, begun.client_token)


async def _show_ticket(visit: Visit) -> Page:
    """Before a ticket is spent the person says so: mail programs open links, too (case C-003)."""
    try:
        preview = await preview_ticket(visit.service, visit.caller, visit.ticket)
    except REFUSALS as refusal:
        return await _show_bad_ticket(visit, tell(refusal, ()))
    if preview.use == "sign_up":
        return await go(visit, visit.path("/sign-up"))
    return await show(visit, "ticket.html", preview=preview, is_here=_is_invited(visit, preview))


async def _spend_ticket(visit: Visit) -> Outcome:
    """The attempt, complete by the ticket; who was here before has left."""
    service, caller, token = visit.service, visit.caller, None
    if visit.acting is not None:
        left = await clients.end_all_sessions(service, caller)
        caller = await follow_client(service, caller, visit.acting.client.id)
        token = None if left is None else left.token
    asked = sign_ins.CreateSignIn(strategy="ticket", ticket=visit.ticket)
    done = await sign_ins.create_sign_in(service, caller, asked)
    return done._replace(client_token=done.client_token or token)


def _is_invited(visit: Visit, preview: TicketPreview) -> bool:
    """Whether who is signed in is who was invited: then the organization is joined, and nothing else changes."""
    acting = visit.acting
    if acting is None or preview.user is None or acting.session.actor is not None:
        return False
    return preview.use == "join" and acting.user.id == preview.user.id


async def _show_bad_ticket(visit: Visit, problem: Problem) -> Page:
    return await show(
        visit,
        "notice.html",
        title="This link doesn't work",
        problem=problem,
        status=400,
        back="/sign-in",
        link="Sign in",
    )


ROUTES = (get_sign_in, post_sign_in, post_continue, post_ticket)
