"""`GET /v1/session_claims/types`: an addition of ours to the Backend API, read by `claimsmith types`."""

import msgspec
from litestar import Response, get

from claimsmith_server.core.typegen import Language, Style
from claimsmith_server.http.answers import text_answer
from claimsmith_server.http.arguments import GivenInstance, GivenService
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services.claims_types import load_types


class TypesQuery(msgspec.Struct, frozen=True):
    """The query of the route."""

    language: Language = "typescript"
    style: Style = "typeddict"
    """Of Python; the other languages have one style."""
    observe: bool = False
    """Whether metadata that nothing declares have the types that are in use."""


@get("/v1/session_claims/types")
async def get_types(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Response[str]:
    """A source file that declares the claims that are live now."""
    query = read_query(request, TypesQuery)
    return text_answer(await load_types(service, instance, query.language, style=query.style, observe=query.observe))


ROUTES = (get_types,)
