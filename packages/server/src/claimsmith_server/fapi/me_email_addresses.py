"""E-mail addresses of a user's own (contract 4.7). SDKs really send `/v1/me/email_addresses/`, with the slash."""

from litestar import delete, get, post

from claimsmith_server.core.models import EmailAddress
from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services.account import identification_proofs, identifications
from claimsmith_server.services.account.identification_kinds import EMAIL_ADDRESS
from claimsmith_server.services.account.identification_proofs import (
    AttemptVerification,
    IdentificationView,
    PrepareVerification,
)
from claimsmith_server.wire.lists import Deleted
from claimsmith_server.wire.user import WireEmailAddress, email_out


@get("/v1/me/email_addresses")
async def list_email_addresses(acting: GivenActing) -> Json:
    """The user's addresses, as a bare array."""
    return Json([email_out(email) for email in acting.user.email_addresses])


@post("/v1/me/email_addresses", status_code=200)
async def create_email_address(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """A new address, unverified."""
    asked = await read_form(request, identifications.CreateEmailAddress)
    made = await identifications.create_email_address(service, acting, asked)
    return await answer_change(service, request, acting.caller, email_out(made))


@get("/v1/me/email_addresses/{email_id:str}")
async def get_email_address(email_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """One of the user's addresses."""
    view = await identification_proofs.load_identification(service, acting, EMAIL_ADDRESS, email_id)
    return await answer_read(_wire(view))


@post("/v1/me/email_addresses/{email_id:str}/prepare_verification", status_code=200)
async def prepare_verification(
    email_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The address, a code sent to it."""
    asked = await read_form(request, PrepareVerification)
    view = await identification_proofs.prepare_verification(service, acting, EMAIL_ADDRESS, email_id, asked)
    return await answer_change(service, request, acting.caller, _wire(view))


@post("/v1/me/email_addresses/{email_id:str}/attempt_verification", status_code=200)
async def attempt_verification(
    email_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The address, verified."""
    asked = await read_form(request, AttemptVerification)
    view = await identification_proofs.attempt_verification(service, acting, EMAIL_ADDRESS, email_id, asked)
    return await answer_change(service, request, acting.caller, _wire(view))


@delete("/v1/me/email_addresses/{email_id:str}", status_code=200)
async def delete_email_address(
    email_id: PathText, request: ApiRequest, service: GivenService, acting: GivenActing
) -> Json:
    """The address is the user's no more."""
    await identifications.delete_identification(service, acting, EMAIL_ADDRESS, email_id)
    return await answer_change(service, request, acting.caller, Deleted(object="email_address", id=email_id))


def _wire(view: IdentificationView) -> WireEmailAddress:
    assert isinstance(view.owned, EmailAddress)  # noqa: S101 - EMAIL_ADDRESS has no others
    return email_out(view.owned, view.latest)


ROUTES = (
    list_email_addresses,
    create_email_address,
    get_email_address,
    prepare_verification,
    attempt_verification,
    delete_email_address,
)
