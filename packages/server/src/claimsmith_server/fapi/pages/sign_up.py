"""`/sign-up`: the fields that the instance asks for, then the codes that prove them."""

from typing import Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.instance_settings import Presence, identifier_presences
from claimsmith_server.core.sign_up import CODE_STRATEGIES, FIELDS, Contact, SignUpView, code_target
from claimsmith_server.fapi.pages.problems import LABELS, Problem
from claimsmith_server.fapi.pages.shell import Page, finish, go, show
from claimsmith_server.fapi.pages.steps import REFUSALS, clean_code, describe_target, is_signed_in, tell
from claimsmith_server.fapi.pages.visit import GivenVisit, Visit
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import sign_ups
from claimsmith_server.services.hosted_browsers import follow_client
from claimsmith_server.services.sign_ups.input import AttemptVerification, PrepareVerification, SignUpForm
from claimsmith_server.services.ticket_previews import TicketPreview, preview_ticket

_ORDER = ("first_name", "last_name", "username", "email_address", "phone_number", "password")
_CODE_PAGE = "/sign-up/verify"
_STRATEGIES: dict[Contact, str] = {contact: strategy for strategy, contact in CODE_STRATEGIES.items()}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the form."""

    name: str
    is_required: bool
    value: str = ""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The page's form."""

    first_name: str = ""
    last_name: str = ""
    username: str = ""
    email_address: str = ""
    phone_number: str = ""
    password: str = ""


class CodeForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a code."""

    code: str = ""
    action: Literal["verify", "resend"] = "verify"


@get("/sign-up")
async def get_sign_up(visit: GivenVisit) -> Page:
    """The form; who is signed in already is asked whether to go on so."""
    preview, problem = await _preview(visit)
    if preview is not None and preview.use != "sign_up":
        return await go(visit, visit.path("/sign-in"))
    if visit.acting is not None and visit.instance.settings.session.single_session_mode:
        return await show(visit, "signed_in.html")
    return await _show_form(visit, Answers(), preview, problem)


@post("/sign-up", status_code=200)
async def post_sign_up(visit: GivenVisit) -> Page:
    """Signed up and in, or on to the page of a code."""
    asked = await read_form(visit.request, Answers)
    form = SignUpForm(**msgspec.structs.asdict(asked), ticket=visit.ticket, strategy="ticket" if visit.ticket else "")
    try:
        done = await sign_ups.create_sign_up(visit.service, visit.caller, form)
    except REFUSALS as refusal:
        if is_signed_in(refusal):
            return await go(visit, visit.path("/sign-up"))
        return await _show_form(visit, asked, (await _preview(visit))[0], tell(refusal, FIELDS))
    missing = done.view.requirements.missing
    if missing:
        label = LABELS[missing[0]].lower()
        problem = Problem(f"Enter your {label}.", missing[0], "form_param_missing")
        return await _show_form(visit, asked, (await _preview(visit))[0], problem)
    return await _go_on(visit, done)


@get(_CODE_PAGE)
async def get_code(visit: GivenVisit) -> Page:
    """The field for the code."""
    view = await _load_attempt(visit)
    if view is None:
        return await go(visit, visit.path("/sign-up"))
    return await _show_code(visit, view)


@post(_CODE_PAGE, status_code=200)
async def post_code(visit: GivenVisit) -> Page:
    """Signed up by the code, or another one sent."""
    asked = await read_form(visit.request, CodeForm)
    view = await _load_attempt(visit)
    if view is None:
        return await go(visit, visit.path("/sign-up"))
    strategy = _STRATEGIES[_unproven(view)]
    service, caller, sign_up_id = visit.service, visit.caller, view.sign_up.id
    try:
        if asked.action == "resend":
            await sign_ups.prepare_verification(service, caller, sign_up_id, PrepareVerification(strategy=strategy))
            return await go(visit, visit.path(_CODE_PAGE, done="sent"))
        given = AttemptVerification(strategy=strategy, code=clean_code(asked.code))
        done = await sign_ups.attempt_verification(service, caller, sign_up_id, given)
    except REFUSALS as refusal:
        return await _show_code(visit, view, tell(refusal, ("code",)))
    return await _go_on(visit, done)


async def _go_on(visit: Visit, done: sign_ups.Outcome) -> Page:
    """Back to the application once the attempt is complete; else a code for what is to be proved next."""
    if done.view.sign_up.status == "complete":
        return await finish(visit, "sign_up", done.client_id, done.client_token)
    caller = await follow_client(visit.service, visit.caller, done.client_id)
    prepare = PrepareVerification(strategy=_STRATEGIES[_unproven(done.view)])
    try:
        await sign_ups.prepare_verification(visit.service, caller, done.view.sign_up.id, prepare)
    except ServiceError as refusal:
        problem = tell(refusal, FIELDS)
        return await _show_form(visit, Answers(), (await _preview(visit))[0], problem)
    return await go(visit, visit.path(_CODE_PAGE), done.client_id, done.client_token)


async def _load_attempt(visit: Visit) -> SignUpView | None:
    """The attempt that lacks nothing but a proof."""
    client = visit.caller.client
    view = None if client is None else await sign_ups.load_current(visit.service, visit.instance, client)
    return view if view is not None and view.requirements.unverified and not view.requirements.missing else None


def _unproven(view: SignUpView) -> Contact:
    return "email_address" if "email_address" in view.requirements.unverified else "phone_number"


async def _preview(visit: Visit) -> tuple[TicketPreview | None, Problem | None]:
    """The invitation that this visit came by, or what is wrong with it."""
    if not visit.ticket:
        return None, None
    try:
        return await preview_ticket(visit.service, visit.caller, visit.ticket), None
    except REFUSALS as refusal:
        return None, tell(refusal, ())


async def _show_form(
    visit: Visit, asked: Answers, preview: TicketPreview | None, problem: Problem | None = None
) -> Page:
    is_closed = visit.instance.settings.authentication.sign_up_mode == "restricted" and preview is None
    return await show(
        visit,
        "sign_up.html",
        problem=problem,
        fields=_list_fields(visit, asked, preview),
        preview=preview,
        is_closed=is_closed,
    )


def _list_fields(visit: Visit, asked: Answers, preview: TicketPreview | None) -> list[Field]:
    """The fields of the form; an invited address is told by the ticket."""
    settings = visit.instance.settings.authentication
    presences: dict[str, Presence] = {name: getattr(settings, name) for name in FIELDS} | identifier_presences(settings)
    return [
        Field(name=name, is_required=presences[name] == "required", value=_kept(asked, name))
        for name in _ORDER
        if presences[name] != "off" and not (name == "email_address" and preview is not None)
    ]


def _kept(asked: Answers, name: str) -> str:
    """What was entered, but for the password, which goes out in no page."""
    return "" if name == "password" else str(getattr(asked, name))


async def _show_code(visit: Visit, view: SignUpView, problem: Problem | None = None) -> Page:
    contact = _unproven(view)
    target = code_target(view.sign_up, contact) or ""
    return await show(
        visit,
        "code.html",
        problem=problem,
        title="Prove that it is yours",
        action=visit.path(_CODE_PAGE),
        back=visit.path("/sign-up"),
        sent=describe_target(visit, target, target),
        identifier=target,
        button="Sign up",
    )


ROUTES = (get_sign_up, post_sign_up, get_code, post_code)
