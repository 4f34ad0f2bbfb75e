"""Public documents that third parties read: the JWKS and OpenID's discovery."""

from litestar import Response, get

from claimsmith_server.core.models import Instance
from claimsmith_server.http.answers import Json, jwks_answer
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.services import instances


@get("/.well-known/jwks.json")
async def get_public_jwks(service: GivenService) -> Response[bytes]:
    """The same keys as `GET /v1/jwks`, without a secret key."""
    instance = await instances.load_public_instance(service)
    return jwks_answer(await service.keys.load_jwks(instance.id))


@get("/.well-known/openid-configuration")
async def get_openid_configuration(service: GivenService, base_url: GivenUrl) -> Json:
    """Enough of OpenID discovery for verifiers that find keys by it; this is no OAuth provider."""
    instance = await instances.load_public_instance(service)
    return Json(_discovery(instance, base_url), headers={"Cache-Control": "public, max-age=300"})


def _discovery(instance: Instance, base_url: str) -> dict[str, object]:
    return {
        "issuer": f"https://{instance.frontend_api}",
        "jwks_uri": f"{base_url}/.well-known/jwks.json",
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "claims_supported": ["azp", "exp", "fva", "iat", "iss", "jti", "nbf", "o", "sid", "sts", "sub", "v"],
    }


ROUTES = (get_public_jwks, get_openid_configuration)
