"""`POST /v1/testing_tokens`: what test suites get past protection against bots with (contract 4.10)."""

from litestar import post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService
from claimsmith_server.services.testing_tokens import make_testing_token
from claimsmith_server.wire.tickets import TestingToken


@post("/v1/testing_tokens", status_code=200)
async def create_testing_token(service: GivenService, instance: GivenInstance) -> Json:
    """A token that is good for an hour; nothing is stored."""
    made = make_testing_token(service, instance)
    return Json(TestingToken(token=made.token, expires_at=made.expires_at))


ROUTES = (create_testing_token,)
