"""Litestar: `plugins=[Claimsmith()]`, then `guards=[require_auth()]` and the dependency `auth` in handlers.

Example:
    ```python
    from litestar import Litestar, get
    from litestar.di import NamedDependency

    from claimsmith import Auth, Settings
    from claimsmith.litestar import Claimsmith, require_auth


    @get("/me", guards=[require_auth()])
    async def me(auth: NamedDependency[Auth]) -> dict[str, str]:
        return {"user": auth.user_id}


    app = Litestar([me], plugins=[Claimsmith(Settings(jwt_key=pem))])  # without settings: from the environment
    ```
"""

from typing import Any, Unpack, cast

from litestar import Request, Response
from litestar.config.app import AppConfig
from litestar.config.response_cache import default_cache_key_builder
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, WebSocketException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.plugins import InitPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute, WebSocketRoute
from litestar.types import CacheKeyBuilder

from claimsmith import asgi
from claimsmith.answers import Answer
from claimsmith.application import Application, ApplicationOptions
from claimsmith.auth import Auth, SignedOut
from claimsmith.current import auth
from claimsmith.litestar.routes import check_cache, document_route, document_schemes, give_auth
from claimsmith.openapi import list_rights
from claimsmith.requirements import Demands, Requirement, parse_demands
from claimsmith.settings import Settings

__all__ = ["AuthRefusedError", "Claimsmith", "auth", "get_auth", "require_auth"]

Connection = ASGIConnection[Any, Any, Any, Any]


class AuthRefusedError(HTTPException):
    """The caller may not use a route; `answer` is what they are answered.

    Example:
        ```python
        from claimsmith.answers import answer_forbidden

        assert AuthRefusedError(answer_forbidden()).status_code == 403
        ```
    """

    def __init__(self, answer: Answer) -> None:
        # An application that is mounted in the one that knows its callers answers with these by itself.
        super().__init__(status_code=answer.status, headers=asgi.read_headers(answer))
        self.answer = answer


class Claimsmith(InitPlugin, ReceiveRoutePlugin):
    """How one Litestar application knows its callers: its middleware, the dependency `auth`, the answer to refusals.

    Args:
        settings: of the instance; read from the environment when `None`.
        **options: see `claimsmith.application.ApplicationOptions`; `handshakes=True` for applications with pages.

    Raises:
        ConfigurationError: no key to verify tokens with, or a value that cannot be right.

    Example:
        ```python
        from litestar import Litestar

        app = Litestar(plugins=[Claimsmith(Settings(jwt_key=pem), handshakes=False)])
        ```
    """

    def __init__(self, settings: Settings | None = None, **options: Unpack[ApplicationOptions]) -> None:
        self.application: Application = Application(settings, **options)
        self._cached_by: CacheKeyBuilder = default_cache_key_builder

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """The application's configuration with what this adds."""
        app_config.middleware.insert(
            0, DefineMiddleware(cast("Any", asgi.AuthMiddleware), application=self.application)
        )
        app_config.dependencies["auth"] = Provide(get_auth, sync_to_thread=False)
        app_config.exception_handlers[AuthRefusedError] = _answer
        if app_config.response_cache_config is not None:
            self._cached_by = app_config.response_cache_config.key_builder
        if app_config.openapi_config is not None:
            app_config.openapi_config = document_schemes(app_config.openapi_config)
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """Documents the guards of a new route, and gives it `auth`; raises as `check_cache` and `give_auth`."""
        if isinstance(route, HTTPRoute | WebSocketRoute):
            for handler in route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]:
                guards = [guard for guard in handler.resolve_guards() if isinstance(guard, _Guard)]
                give_auth(handler, is_required=bool(guards))
                if guards and isinstance(handler, HTTPRouteHandler):
                    check_cache(handler, self._cached_by)
                    document_route(handler, [right for guard in guards for right in list_rights(guard.requirement)])


def get_auth(request: Connection) -> Auth[Any] | SignedOut:
    """The caller of a request or websocket.

    Raises:
        ConfigurationError: the application lacks the plugin `Claimsmith`.

    Example:
        ```python
        from litestar import Request, get


        @get("/greeting")
        async def greeting(request: Request) -> str:
            return f"Hello {get_auth(request).user_id or 'stranger'}"
        ```
    """
    return asgi.read_asked(_scope(request)).decision.caller


def require_auth(**demands: Unpack[Demands]) -> "_Guard":
    """A guard for handlers, controllers, routers and applications; the dependency `auth` has claims as `claims=`.

    Others than who it asks for are answered 401 or 403, or sent to sign in; a websocket is closed with code 1008 before
    it opens.

    Args:
        **demands: `role`, `permission`, `feature`, `plan`, `fresh`, `claims`; see `claimsmith.requirements.Demands`.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        from litestar import get


        @get("/reports", guards=[require_auth(permission="org:reports:read")])
        async def reports() -> list[str]:
            return []
        ```
    """
    return _Guard(parse_demands(demands))


class _Guard:
    """What `require_auth` gives: Litestar calls it before the handler's dependencies are made."""

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement

    async def __call__(self, connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = asgi.check_connection(_scope(connection), self.requirement)
        if isinstance(caller, Answer):
            if _scope(connection)["type"] == "websocket":
                raise WebSocketException(code=asgi.POLICY_VIOLATION, detail="Sign in to use this.")
            raise AuthRefusedError(caller)
        if self.requirement.claims is not None:
            asgi.remember_caller(_scope(connection), caller)


def _answer(_request: Request[Any, Any, Any], error: AuthRefusedError) -> Response[bytes]:
    return Response(error.answer.body, status_code=error.answer.status, headers=asgi.read_headers(error.answer))


def _scope(connection: Connection) -> asgi.Scope:
    return cast("asgi.Scope", connection.scope)  # Litestar's types of scopes are closed.
