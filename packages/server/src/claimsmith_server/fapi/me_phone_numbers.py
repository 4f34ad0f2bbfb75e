"""Phone numbers of a user's own (contract 4.7). SDKs really send `/v1/me/phone_numbers/`, with the slash."""

from litestar import delete, get, patch, post

from claimsmith_server.core.models import PhoneNumber
from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services.account import identification_proofs, identifications
from claimsmith_server.services.account.identification_kinds import PHONE_NUMBER
from claimsmith_server.services.account.identification_proofs import (
    AttemptVerification,
    IdentificationView,
    PrepareVerification,
)
from claimsmith_server.wire.lists import Deleted
from claimsmith_server.wire.user import WirePhoneNumber, phone_out


@get("/v1/me/phone_numbers")
async def list_phone_numbers(acting: GivenActing) -> Json:
    """The user's numbers, as a bare array."""
    return Json([phone_out(phone) for phone in acting.user.phone_numbers])


@post("/v1/me/phone_numbers", status_code=200)
async def create_phone_number(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A new number, unverified."""
    asked = await read_form(request, identifications.CreatePhoneNumber)
    made = await identifications.create_phone_number(service, acting, asked)
    return await answer_change(service, request, acting.caller, phone_out(made))


@get("/v1/me/phone_numbers/{phone_id:str}")
async def get_phone_number(phone_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """One of the user's numbers."""
    view = await identification_proofs.load_identification(service, acting, PHONE_NUMBER, phone_id)
    return await answer_read(_wire(view))


@post("/v1/me/phone_numbers/{phone_id:str}/prepare_verification", status_code=200)
async def prepare_verification(
    phone_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The number, a code sent to it."""
    asked = await read_form(request, PrepareVerification)
    view = await identification_proofs.prepare_verification(service, acting, PHONE_NUMBER, phone_id, asked)
    return await answer_change(service, request, acting.caller, _wire(view))


@post("/v1/me/phone_numbers/{phone_id:str}/attempt_verification", status_code=200)
async def attempt_verification(
    phone_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The number, verified."""
    asked = await read_form(request, AttemptVerification)
    view = await identification_proofs.attempt_verification(service, acting, PHONE_NUMBER, phone_id, asked)
    return await answer_change(service, request, acting.caller, _wire(view))


@delete("/v1/me/phone_numbers/{phone_id:str}", status_code=200)
async def delete_phone_number(
    phone_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The number is the user's no more."""
    await identifications.delete_identification(service, acting, PHONE_NUMBER, phone_id)
    return await answer_change(service, request, acting.caller, Deleted(object="phone_number", id=phone_id))


@patch("/v1/me/phone_numbers/{phone_id:str}", status_code=200)
async def update_phone_number(
    phone_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The number as it was; a refusal for what asks for a second factor."""
    asked = await read_form(request, identifications.UpdatePhoneNumber)
    phone = await identifications.update_phone_number(service, acting, phone_id, asked)
    return await answer_change(service, request, acting.caller, phone_out(phone))


def _wire(view: IdentificationView) -> WirePhoneNumber:
    assert isinstance(view.owned, PhoneNumber)  # noqa: S101 - PHONE_NUMBER has no others
    return phone_out(view.owned, view.latest)


ROUTES = (
    list_phone_numbers,
    create_phone_number,
    get_phone_number,
    prepare_verification,
    attempt_verification,
    update_phone_number,
    delete_phone_number,
)
