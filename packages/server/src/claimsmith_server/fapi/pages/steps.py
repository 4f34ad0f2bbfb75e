"""Steps of a sign-in that several pages take."""

from typing import Final

import msgspec

from claimsmith_server.core.errors import PARAM_MISSING, STRATEGY_INVALID, ServiceError
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.sign_in import (
    SignInView,
    mask_email_address,
    mask_phone_number,
    supported_identifiers,
)
from claimsmith_server.fapi.pages.problems import LABELS, Problem, explain_refusal
from claimsmith_server.fapi.pages.shell import Page, finish, go, show
from claimsmith_server.fapi.pages.visit import Visit
from claimsmith_server.http.errors import refuse_store
from claimsmith_server.services import sign_ins
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.hosted_browsers import follow_client
from claimsmith_server.services.sign_ins import factors as sign_in_factors
from claimsmith_server.services.sign_ins.steps import Outcome
from claimsmith_server.store.errors import StoreError

SIGNED_IN: Final = ("session_exists", "identifier_already_signed_in")
"""Refusals of who is signed in already."""
SIGN_IN_CODES: Final = ("email_code", "phone_code")
REFUSALS: Final = (ServiceError, StoreError)
"""What a step may raise that a page tells."""


class SentCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that the browser is waited for."""

    target: str
    """Where it went, masked unless the person typed it."""
    is_phone: bool
    is_test: bool
    """Whether the code is 424242 and was sent nowhere."""


async def begin_with_code(visit: Visit, identifier: str, strategies: tuple[str, ...]) -> Outcome:
    """A new attempt of the user, a code sent to the likeliest of its addresses and numbers.

    Raises:
        ServiceError: as `sign_ins.create_sign_in` and `sign_in_factors.prepare_first_factor`.
    """
    if not identifier.strip():
        raise PARAM_MISSING(param_name="identifier")
    service = visit.service
    begun = await sign_ins.create_sign_in(service, visit.caller, sign_ins.CreateSignIn(identifier=identifier))
    factor = next((one for one in begun.view.factors or () if one.strategy in strategies), None)
    if factor is None:
        raise STRATEGY_INVALID(param_name="identifier", strategy=strategies[0])
    caller = await follow_client(service, visit.caller, begun.client_id)
    asked = sign_in_factors.PrepareFactor(strategy=factor.strategy)
    view = await sign_in_factors.prepare_first_factor(service, caller, begun.view.sign_in.id, asked)
    return begun._replace(view=view)


async def load_attempt(visit: Visit, strategies: tuple[str, ...]) -> SignInView | None:
    """The attempt that this browser is in the middle of, when it goes by one of these strategies."""
    client = visit.caller.client
    view = None if client is None else await sign_ins.load_current(visit.service, visit.instance, client)
    return view if view is not None and view.sign_in.first_factor_strategy in strategies else None


async def go_on(visit: Visit, done: Outcome) -> Page:
    """Back to the application once the attempt is complete; else where its next step is."""
    match done.view.sign_in.status:
        case "complete":
            return await finish(visit, "sign_in", done.client_id, done.client_token)
        case "needs_new_password":
            path = visit.path("/sign-in/reset-password")
            return await go(visit, path, done.client_id, done.client_token)
        case _:
            problem = Problem("This account asks for a second factor, which these pages don't have yet.")
            return await show(
                visit, "notice.html", title="One more step", problem=problem, back="/sign-in", link="Back"
            )


def describe_code(visit: Visit, view: SignInView) -> SentCode | None:
    """Where the attempt's code went; `None` when none was sent."""
    if view.verification is None:
        return None
    return describe_target(visit, view.verification.target, view.sign_in.identifier or "")


def describe_target(visit: Visit, target: str, typed: str) -> SentCode:
    """Where a code went, as it is told to who typed this identifier."""
    is_phone = "@" not in target
    mask = mask_phone_number if is_phone else mask_email_address
    is_known = target.lower() == typed.lower()
    shown = typed if is_known else mask(target)
    is_test = is_known and is_test_target(visit.instance, target)
    return SentCode(target=shown, is_phone=is_phone, is_test=is_test)


def clean_code(text: str) -> str:
    """The code as it was sent: people type spaces and dashes into it."""
    return "".join(character for character in text if character not in " -\u00a0\t")


def tell(error: ServiceError | StoreError, fields: tuple[str, ...], **rename: str) -> Problem:
    """What a page tells of a refusal."""
    refusal = error if isinstance(error, ServiceError) else refuse_store(error)
    if refusal.status >= 500 and refusal.items[0].code == "internal_error":  # noqa: PLR2004 - ours to log
        raise error
    return explain_refusal(refusal, fields, rename)


def is_signed_in(error: Exception) -> bool:
    """Whether somebody is refused for being signed in already."""
    return isinstance(error, ServiceError) and error.items[0].code in SIGNED_IN


def label_identifier(settings: AuthenticationSettings) -> str:
    """What the one field asks for, such as `E-mail address or username`."""
    names = [LABELS[kind] for kind in supported_identifiers(settings)]
    return " or ".join([names[0], *(name.lower() for name in names[1:])])
