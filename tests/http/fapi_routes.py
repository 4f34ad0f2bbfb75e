"""Every route of the Frontend API, for tests that try them all."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from litestar import Router

from claimsmith_server.faces import FRONTEND_ROUTES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def list_routes(handlers: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Methods and paths of handlers, those within routers too."""
    for one in handlers:
        if isinstance(one, Router):
            yield from ((method, route.path) for route in one.routes for method in route.methods)
        else:
            yield from ((str(method), path) for method in one.http_methods for path in one.paths)


_ENDS = re.compile(
    r"DELETE /v1/(me|client|client/sessions|me/email_addresses/.*)|POST .*/(end|remove|revoke|change_password)"
)
ROUTES = sorted({(method, path) for method, path in list_routes(FRONTEND_ROUTES) if method in METHODS})
ENDS = [route for route in ROUTES if _ENDS.fullmatch(" ".join(route))]
"""Routes after which nobody is signed in any more."""
LASTING = [route for route in ROUTES if route not in ENDS]
_TOKENS = "/v1/client/sessions/{session_id:str}/tokens"
TOKEN_ROUTES = [("POST", _TOKENS), ("POST", f"{_TOKENS}/{{template:str}}")]
"""They are beside the framework, so no handler tells them."""
