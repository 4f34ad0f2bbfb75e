"""`GET /v1/jwks`: the instance's public keys (contract 2.5)."""

from litestar import Response, get

from claimsmith_server.http.answers import jwks_answer
from claimsmith_server.http.arguments import GivenInstance, GivenService


@get("/v1/jwks")
async def get_jwks(service: GivenService, instance: GivenInstance) -> Response[bytes]:
    """The JWKS of the secret key's instance."""
    return jwks_answer(await service.keys.load_jwks(instance.id))


ROUTES = (get_jwks,)
