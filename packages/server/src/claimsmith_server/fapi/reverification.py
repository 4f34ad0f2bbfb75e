"""Proving again who one is, within a session of this browser (contract 4.5, `verify`)."""

from litestar import post

from claimsmith_server.fapi.access import GivenCaller
from claimsmith_server.fapi.answers import answer_change
from claimsmith_server.fapi.sessions import session_wire
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services.account import reverification
from claimsmith_server.services.account.reverification import ReverificationView, StartReverification
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.sign_ins.factors import AttemptFactor, PrepareFactor
from claimsmith_server.wire.reverification import reverification_out


@post("/v1/client/sessions/{session_id:str}/verify", status_code=200)
async def start_reverification(
    session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """What the session's user may prove itself by."""
    asked = await read_form(request, StartReverification)
    view = await reverification.start_reverification(service, caller, session_id, asked)
    return await _answer(request, service, caller, view)


@post("/v1/client/sessions/{session_id:str}/verify/prepare_first_factor", status_code=200)
async def prepare_first_factor(
    session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The reverification, a code for it sent."""
    asked = await read_form(request, PrepareFactor)
    view = await reverification.prepare_first_factor(service, caller, session_id, asked)
    return await _answer(request, service, caller, view)


@post("/v1/client/sessions/{session_id:str}/verify/attempt_first_factor", status_code=200)
async def attempt_first_factor(
    session_id: PathText, request: ApiRequest, service: GivenService, caller: GivenCaller
) -> Json:
    """The reverification after its first factor was right."""
    asked = await read_form(request, AttemptFactor)
    view = await reverification.attempt_first_factor(service, caller, session_id, asked)
    return await _answer(request, service, caller, view)


@post("/v1/client/sessions/{session_id:str}/verify/prepare_second_factor", status_code=200)
async def prepare_second_factor(session_id: PathText, service: GivenService, caller: GivenCaller) -> None:
    """Always a refusal: no user has a second factor yet."""
    await reverification.refuse_second_factor(service, caller, session_id)


@post("/v1/client/sessions/{session_id:str}/verify/attempt_second_factor", status_code=200)
async def attempt_second_factor(session_id: PathText, service: GivenService, caller: GivenCaller) -> None:
    """Always a refusal: no user has a second factor yet."""
    await reverification.refuse_second_factor(service, caller, session_id)


async def _answer(request: ApiRequest, service: Service, caller: Caller, view: ReverificationView) -> Json:
    told = reverification_out(
        await session_wire(service, caller, view.session),
        level=view.level,
        status=view.status,
        factors=view.factors,
        verification=view.verification,
        strategy=view.strategy,
    )
    return await answer_change(service, request, caller, told)


ROUTES = (
    start_reverification,
    prepare_first_factor,
    attempt_first_factor,
    prepare_second_factor,
    attempt_second_factor,
)
