"""Actor tokens on the Backend API: create, revoke (contract 5.4)."""

from litestar import post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, GivenUrl, PathText
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import tickets
from claimsmith_server.wire.tickets import actor_token_out


@post("/v1/actor_tokens", status_code=200)
async def create_actor_token(
    request: ApiRequest, service: GivenService, instance: GivenInstance, base_url: GivenUrl
) -> Json:
    """A ticket with which an actor is a user for a while; its text is told here and never again."""
    body = await read_body(request, tickets.CreateActorToken)
    made = await tickets.create_actor_token(service, instance, body)
    return Json(actor_token_out(made.ticket, made.text, tickets.make_ticket_url(base_url, made.text)))


@post("/v1/actor_tokens/{actor_token_id:str}/revoke", status_code=200)
async def revoke_actor_token(actor_token_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A pending actor token, revoked; a session that it began stays."""
    return Json(actor_token_out(await tickets.revoke_ticket(service, instance, "actor", actor_token_id)))


ROUTES = (create_actor_token, revoke_actor_token)
