"""Signing in (contract 4.3): each change answers with the client as it is after it."""

from collections.abc import Awaitable

from litestar import get, post

from claimsmith_server.core.errors import IDENTIFIER_ALREADY_SIGNED_IN, SESSION_EXISTS, ServiceError
from claimsmith_server.core.sign_in import SignInView
from claimsmith_server.fapi.access import GivenCaller
from claimsmith_server.fapi.answers import answer_change, answer_read, with_client
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import sign_ins
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.sign_ins import factors as sign_in_factors
from claimsmith_server.services.sign_ins import password_resets
from claimsmith_server.services.sign_ins.steps import Outcome
from claimsmith_server.services.sign_ins.view import load_sign_in
from claimsmith_server.wire.sign_in import sign_in_out

_SIGNED_IN = (SESSION_EXISTS.code, IDENTIFIER_ALREADY_SIGNED_IN.code)


@post("/v1/client/sign_ins", status_code=200)
async def create_sign_in(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """A new attempt, as far as what is given with it leads."""
    asked = await read_form(request, sign_ins.CreateSignIn)
    return await _answer(request, service, caller, sign_ins.create_sign_in(service, caller, asked))


@get("/v1/client/sign_ins/{sign_in_id:str}")
async def get_sign_in(sign_in_id: PathText, service: GivenService, caller: GivenCaller) -> Json:
    """An attempt of this browser."""
    return await answer_read(sign_in_out(await load_sign_in(service, caller, sign_in_id)))


@post("/v1/client/sign_ins/{sign_in_id:str}/prepare_first_factor", status_code=200)
async def prepare_first_factor(
    sign_in_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The attempt, a code for it sent."""
    asked = await read_form(request, sign_in_factors.PrepareFactor)
    view = await sign_in_factors.prepare_first_factor(service, caller, sign_in_id, asked)
    return await _answer_view(request, service, caller, view)


@post("/v1/client/sign_ins/{sign_in_id:str}/attempt_first_factor", status_code=200)
async def attempt_first_factor(
    sign_in_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The attempt after its first factor was right."""
    asked = await read_form(request, sign_in_factors.AttemptFactor)
    work = sign_in_factors.attempt_first_factor(service, caller, sign_in_id, asked)
    return await _answer(request, service, caller, work)


@post("/v1/client/sign_ins/{sign_in_id:str}/prepare_second_factor", status_code=200)
async def prepare_second_factor(
    sign_in_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """Always a refusal: no user has a second factor yet."""
    view = await sign_in_factors.prepare_second_factor(service, caller, sign_in_id)
    return await _answer_view(request, service, caller, view)


@post("/v1/client/sign_ins/{sign_in_id:str}/attempt_second_factor", status_code=200)
async def attempt_second_factor(
    sign_in_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """Always a refusal: no user has a second factor yet."""
    view = await sign_in_factors.attempt_second_factor(service, caller, sign_in_id)
    return await _answer_view(request, service, caller, view)


@post("/v1/client/sign_ins/{sign_in_id:str}/reset_password", status_code=200)
async def reset_password(sign_in_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The attempt, complete: the user has the new password and a session."""
    asked = await read_form(request, password_resets.ResetPassword)
    work = password_resets.reset_password(service, caller, sign_in_id, asked)
    return await _answer(request, service, caller, work)


async def _answer(request: ApiRequest, service: Service, caller: Caller, work: Awaitable[Outcome]) -> Json:
    """The attempt after a step; who is signed in already is told the client, so that pages can go on with it (4.15)."""
    try:
        outcome = await work
    except ServiceError as refusal:
        if refusal.items[0].code in _SIGNED_IN:
            raise await with_client(service, caller, refusal) from refusal
        raise
    told = sign_in_out(outcome.view)
    return await answer_change(service, request, caller, told, outcome.client_id, outcome.client_token)


async def _answer_view(request: ApiRequest, service: Service, caller: Caller, view: SignInView) -> Json:
    return await answer_change(service, request, caller, sign_in_out(view))


ROUTES = (
    create_sign_in,
    get_sign_in,
    prepare_first_factor,
    attempt_first_factor,
    prepare_second_factor,
    attempt_second_factor,
    reset_password,
)
