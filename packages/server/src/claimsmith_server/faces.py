"""The three faces behind one dispatcher: requests sent to the right one.

One port serves them all. `/bapi` and `/fapi` name a face outright; else `Authorization: Bearer sk_…` is the Backend
API, `/dashboard` the dashboard, `/npm/` the scripts of SDKs, and the rest the Frontend API (contract 1.6).
"""

import os
from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from claimsmith_server.bapi import routes as backend_routes
from claimsmith_server.bapi.access import provide_instance, provide_service, require_secret_key
from claimsmith_server.bapi.tokens import PATH as TOKENS_PATH
from claimsmith_server.bapi.tokens import TokenRoutes
from claimsmith_server.dashboard import routes as dashboard_routes
from claimsmith_server.dashboard.access import provide_visit, require_role
from claimsmith_server.dashboard.edge import DashboardEdge
from claimsmith_server.dashboard.shell import answer_exception as answer_dashboard_exception
from claimsmith_server.fapi import routes as frontend_routes
from claimsmith_server.fapi.access import provide_acting, provide_caller, provide_public_instance
from claimsmith_server.fapi.bundles import Bundles
from claimsmith_server.fapi.tokens import PATH as CLIENT_TOKENS_PATH
from claimsmith_server.fapi.tokens import ClientTokenRoutes
from claimsmith_server.http.asgi import AsgiApp, Receive, Scope, Send
from claimsmith_server.http.browsers import BrowserEdge
from claimsmith_server.http.errors import answer_exception
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.platform import config
from claimsmith_server.services.bundles import locate_directory
from claimsmith_server.services.context import Service
from claimsmith_server.settings import Settings

BACKEND_ROUTES = (*backend_routes.ROUTES, *config.ROUTES)
FRONTEND_ROUTES = frontend_routes.ROUTES
DASHBOARD_ROUTES = dashboard_routes.ROUTES


def build_faces(service: Service, settings: Settings) -> AsgiApp:
    """The three faces behind one dispatcher."""
    rate_limit = RateLimit(settings.backend_rate_limit)
    base_url = settings.base_url

    async def provide_base_url() -> str:
        return base_url

    addressed = {"base_url": Provide(provide_base_url)}
    backend = build_face(
        BACKEND_ROUTES,
        service,
        {"rate_limit": rate_limit},
        guards=[require_secret_key],
        dependencies={**addressed, "instance": Provide(provide_instance)},
    )
    frontend = build_face(
        FRONTEND_ROUTES,
        service,
        {"base_url": base_url, "trusted_proxies": settings.trusted_proxies},
        dependencies={
            **addressed,
            "caller": Provide(provide_caller),
            "acting": Provide(provide_acting),
            "instance": Provide(provide_public_instance),
        },
    )
    dashboard = build_face(
        DASHBOARD_ROUTES,
        service,
        {
            "base_url": base_url,
            "trusted_proxies": settings.trusted_proxies,
            "set_up_locally": settings.set_up_locally,
        },
        guards=[require_role],
        dependencies={**addressed, "visit": Provide(provide_visit)},
        answer=answer_dashboard_exception,
    )
    token_routes = ClientTokenRoutes(service, settings.trusted_proxies)
    place = locate_directory(settings.bundles_directory, os.environ)
    browsers = BrowserEdge(service, base_url, FrontendFace(frontend, token_routes))
    return Faces(
        backend,
        browsers,
        DashboardEdge(service, base_url, dashboard),
        TokenRoutes(service, rate_limit),
        Bundles(place, service.log),
    )


def build_face(  # noqa: PLR0913 - the parts of a face
    routes: Sequence[Any],
    service: Service,
    state: dict[str, Any],
    *,
    dependencies: dict[str, Provide],
    guards: Sequence[Any] = (),
    answer: Any = answer_exception,
) -> AsgiApp:
    """One face: the framework over some routes."""
    return Litestar(
        route_handlers=routes,
        state=State({"service": service, **state}),
        guards=guards,
        dependencies={"service": Provide(provide_service)} | dependencies,
        exception_handlers={Exception: answer},
        openapi_config=None,
        logging_config=None,
    )


class FrontendFace:
    """The Frontend API: the framework's routes, and beside it the token routes and the scripts of SDKs."""

    def __init__(self, routes: AsgiApp, token_routes: AsgiApp) -> None:
        """What it is made of."""
        self._routes = routes
        self._token_routes = token_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        serve = self._token_routes if CLIENT_TOKENS_PATH.fullmatch(scope["path"]) else self._routes
        await serve(scope, receive, send)


class Faces:
    """Sends each request to the face that it is for."""

    def __init__(
        self, backend: AsgiApp, frontend: AsgiApp, dashboard: AsgiApp, token_routes: AsgiApp, bundles: AsgiApp
    ) -> None:
        """The faces, and what is beside the framework: the Backend API's token routes and the scripts of SDKs."""
        self._bundles = bundles
        self._backend = backend
        self._frontend = frontend
        self._dashboard = dashboard
        self._token_routes = token_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        path: str = scope["path"]
        face = path[1:5]
        if face in {"bapi", "fapi"} and (len(path) == 5 or path[5] == "/"):  # noqa: PLR2004 - "/bapi"
            path = path[5:] or "/"
            scope = _at_path(scope, path)
            is_backend = face == "bapi"
        else:
            is_backend = _is_for_backend(path, scope["headers"])
        if is_backend:
            serve = self._token_routes if TOKENS_PATH.fullmatch(path) else self._backend
        elif path == "/" or path.startswith("/dashboard"):
            serve = self._dashboard
        elif path.startswith("/npm/"):
            serve = self._bundles
        else:
            serve = self._frontend
        await serve(scope, receive, send)


def _at_path(scope: Scope, path: str) -> Scope:
    return {**scope, "path": path, "raw_path": path.encode()}


def _is_for_backend(path: str, headers: Any) -> bool:
    for name, value in headers:
        if name == b"authorization":
            return bool(value[:10].lower() == b"bearer sk_") or _is_backend_family(path)
    return _is_backend_family(path)


def _is_backend_family(path: str) -> bool:
    return path.startswith("/v1/") and path[4:].partition("/")[0] in backend_routes.FAMILIES
