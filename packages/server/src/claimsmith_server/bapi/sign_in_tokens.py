"""Sign-in tokens on the Backend API: create, revoke (contract 5.4)."""

from litestar import post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, GivenUrl, PathText
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import tickets
from claimsmith_server.wire.tickets import sign_in_token_out


@post("/v1/sign_in_tokens", status_code=200)
async def create_sign_in_token(
    request: ApiRequest, service: GivenService, instance: GivenInstance, base_url: GivenUrl
) -> Json:
    """A ticket that signs a user in once; its text is told here and never again."""
    body = await read_body(request, tickets.CreateSignInToken)
    made = await tickets.create_sign_in_token(service, instance, body)
    return Json(sign_in_token_out(made.ticket, made.text, tickets.make_ticket_url(base_url, made.text)))


@post("/v1/sign_in_tokens/{sign_in_token_id:str}/revoke", status_code=200)
async def revoke_sign_in_token(sign_in_token_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A pending sign-in token, revoked."""
    return Json(sign_in_token_out(await tickets.revoke_ticket(service, instance, "sign_in", sign_in_token_id)))


ROUTES = (create_sign_in_token, revoke_sign_in_token)
