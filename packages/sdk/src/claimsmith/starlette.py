"""Starlette: `Claimsmith(app)` once, then `auth()` anywhere and `@require_auth()` on endpoints.

Example:
    ```python
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from claimsmith import Auth, Settings
    from claimsmith.starlette import Claimsmith, require_auth


    @require_auth()
    async def me(request: Request, auth: Auth) -> PlainTextResponse:
        return PlainTextResponse(auth.user_id)


    app = Starlette(routes=[Route("/me", me)])
    Claimsmith(app, Settings(jwt_key=pem))  # without settings: from the environment
    ```
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from starlette.applications import Starlette
from starlette.exceptions import WebSocketException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from claimsmith import asgi
from claimsmith.application import Application, ApplicationOptions
from claimsmith.auth import Auth, SignedOut
from claimsmith.current import auth
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import Demands, Requirement, parse_demands
from claimsmith.settings import Settings

__all__ = ["Claimsmith", "auth", "get_auth", "require_auth"]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Claimsmith:
    """How one Starlette application knows its callers; making it adds the middleware.

    Args:
        app: the application, before it has answered anything.
        settings: of the instance; read from the environment when `None`.
        **options: see `claimsmith.application.ApplicationOptions`; `handshakes=True` for applications with pages.

    Raises:
        ConfigurationError: no key to verify tokens with, or a value that cannot be right.

    Example:
        ```python
        app = Starlette()
        Claimsmith(app, Settings(jwt_key=pem), handshakes=False)
        ```
    """

    def __init__(self, app: Starlette, settings: Settings | None = None, **options: Unpack[ApplicationOptions]) -> None:
        self.application: Application = Application(settings, **options)
        app.add_middleware(asgi.AuthMiddleware, application=self.application)


def get_auth(connection: HTTPConnection) -> Auth[Any] | SignedOut:
    """The caller of a request or websocket.

    Raises:
        ConfigurationError: the application lacks `Claimsmith(app)`.

    Example:
        ```python
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse


        async def greeting(request: Request) -> PlainTextResponse:
            return PlainTextResponse(f"Hello {get_auth(request).user_id or 'stranger'}")
        ```
    """
    return asgi.read_asked(connection.scope).decision.caller


def require_auth(**demands: Unpack[Demands]) -> Callable[[Endpoint], Endpoint]:
    """A decorator for endpoints: functions, sync or async, methods of an `HTTPEndpoint`, and websockets.

    Others than who it asks for are answered 401 or 403, or sent to sign in; a websocket is closed with code 1008 before
    it opens. An endpoint with a parameter `auth` is given the caller, whose claims are of the type `claims=`.

    Args:
        **demands: `role`, `permission`, `feature`, `plan`, `fresh`, `claims`; see `claimsmith.requirements.Demands`.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse


        @require_auth(permission="org:posts:manage")
        async def delete_post(request: Request) -> PlainTextResponse:
            return PlainTextResponse("Gone")
        ```
    """
    requirement = parse_demands(demands)

    def decorate(endpoint: Endpoint) -> Endpoint:
        wants_auth = "auth" in inspect.signature(endpoint).parameters

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response | None:
            caller = _check(_find_connection(args, kwargs), requirement)
            if isinstance(caller, Response):
                return caller
            if wants_auth:
                kwargs["auth"] = caller
            return None

        @functools.wraps(endpoint)
        async def answer_async(*args: Any, **kwargs: Any) -> Any:
            return admit(args, kwargs) or await endpoint(*args, **kwargs)

        @functools.wraps(endpoint)
        def answer(*args: Any, **kwargs: Any) -> Any:
            return admit(args, kwargs) or endpoint(*args, **kwargs)

        return answer_async if inspect.iscoroutinefunction(endpoint) else answer  # type: ignore[return-value]

    return decorate


def _find_connection(args: tuple[Any, ...], kwargs: dict[str, Any]) -> HTTPConnection:
    for value in (*args, *kwargs.values()):
        if isinstance(value, HTTPConnection):
            return value
    raise ConfigurationError("require_auth() is for endpoints, which are given their request or websocket.")


def _check(connection: HTTPConnection, requirement: Requirement) -> Auth[Any] | Response:
    caller = asgi.check_connection(connection.scope, requirement)
    if isinstance(caller, Auth):
        if requirement.claims is not None:
            asgi.remember_caller(connection.scope, caller)
        return caller
    if connection.scope["type"] == "websocket":
        raise WebSocketException(asgi.POLICY_VIOLATION)
    return Response(caller.body, caller.status, asgi.read_headers(caller))
