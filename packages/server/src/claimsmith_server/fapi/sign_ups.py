"""Signing up (contract 4.4): each change answers with the client as it is after it."""

from collections.abc import Awaitable

from litestar import get, patch, post

from claimsmith_server.core.errors import SESSION_EXISTS, ServiceError
from claimsmith_server.fapi.access import GivenCaller
from claimsmith_server.fapi.answers import answer_change, answer_read, with_client
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import sign_ups
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.sign_ups.input import AttemptVerification, PrepareVerification, SignUpForm
from claimsmith_server.services.sign_ups.view import load_sign_up
from claimsmith_server.wire.sign_up import sign_up_out


@post("/v1/client/sign_ups", status_code=200)
async def create_sign_up(request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """A new attempt; complete, with a session, when it lacks nothing."""
    asked = await read_form(request, SignUpForm)
    return await _answer(request, service, caller, sign_ups.create_sign_up(service, caller, asked))


@get("/v1/client/sign_ups/{sign_up_id:str}")
async def get_sign_up(sign_up_id: PathText, service: GivenService, caller: GivenCaller) -> Json:
    """An attempt of this browser."""
    return await answer_read(sign_up_out(await load_sign_up(service, caller, sign_up_id)))


@patch("/v1/client/sign_ups/{sign_up_id:str}")
async def change_sign_up(sign_up_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller) -> Json:
    """The attempt with fields changed."""
    asked = await read_form(request, SignUpForm)
    return await _answer(request, service, caller, sign_ups.change_sign_up(service, caller, sign_up_id, asked))


@post("/v1/client/sign_ups/{sign_up_id:str}/prepare_verification", status_code=200)
async def prepare_verification(
    sign_up_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The attempt, a code for it sent."""
    asked = await read_form(request, PrepareVerification)
    view = await sign_ups.prepare_verification(service, caller, sign_up_id, asked)
    return await answer_change(service, request, caller, sign_up_out(view))


@post("/v1/client/sign_ups/{sign_up_id:str}/attempt_verification", status_code=200)
async def attempt_verification(
    sign_up_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The attempt after its code was right."""
    asked = await read_form(request, AttemptVerification)
    return await _answer(request, service, caller, sign_ups.attempt_verification(service, caller, sign_up_id, asked))


async def _answer(request: ApiRequest, service: Service, caller: Caller, work: Awaitable[sign_ups.Outcome]) -> Json:
    """The attempt after a step; who is signed in already is told the client, so that pages can go on with it (4.15)."""
    try:
        outcome = await work
    except ServiceError as refusal:
        if refusal.items[0].code == SESSION_EXISTS.code:
            raise await with_client(service, caller, refusal) from refusal
        raise
    told = sign_up_out(outcome.view)
    return await answer_change(service, request, caller, told, outcome.client_id, outcome.client_token)


ROUTES = (create_sign_up, get_sign_up, change_sign_up, prepare_verification, attempt_verification)
