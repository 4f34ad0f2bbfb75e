"""FastAPI: `Claimsmith(app)` once, then `auth: Auth = Depends(require_auth())`.

Example:
    ```python
    from typing import Annotated

    from fastapi import Depends, FastAPI

    from claimsmith import Auth, Settings
    from claimsmith.fastapi import Claimsmith, require_auth

    app = FastAPI()
    Claimsmith(app, Settings(jwt_key=pem))  # without settings: from the environment


    @app.get("/me")
    def me(auth: Annotated[Auth, Depends(require_auth())]) -> dict[str, str]:
        return {"user": auth.user_id}
    ```
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Unpack

from fastapi import FastAPI, HTTPException, Request, Response, Security, WebSocketException
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security.base import SecurityBase

from claimsmith import asgi
from claimsmith.answers import Answer
from claimsmith.application import Application, ApplicationOptions
from claimsmith.auth import Auth, SignedOut
from claimsmith.current import auth
from claimsmith.openapi import BEARER_SCHEME, COOKIE_SCHEME, document_refusals, list_rights
from claimsmith.requirements import Demands, parse_demands
from claimsmith.settings import Settings
from claimsmith.wire import SESSION_COOKIE

__all__ = ["AuthRefusedError", "Claimsmith", "auth", "get_auth", "require_auth"]


class _Scheme(SecurityBase):
    """One way to send a session token, for the OpenAPI document; the middleware reads the token."""

    def __init__(self, scheme_name: str, model: HTTPBearer | APIKey) -> None:
        self.scheme_name, self.model = scheme_name, model

    async def __call__(self) -> None:
        """Nothing."""


_BEARER = _Scheme(BEARER_SCHEME, HTTPBearer(bearerFormat="JWT"))
_COOKIE = _Scheme(COOKIE_SCHEME, APIKey.model_validate({"in": APIKeyIn.cookie, "name": SESSION_COOKIE}))


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
        super().__init__(answer.status, headers=asgi.read_headers(answer))
        self.answer = answer


class Claimsmith:
    """How one FastAPI application knows its callers; making it adds the middleware and the answer to refusals.

    Args:
        app: the application, before it has answered anything.
        settings: of the instance; read from the environment when `None`.
        **options: see `claimsmith.application.ApplicationOptions`; `handshakes=True` for applications with pages.

    Raises:
        ConfigurationError: no key to verify tokens with, or a value that cannot be right.

    Example:
        ```python
        app = FastAPI()
        Claimsmith(app, Settings(jwt_key=pem), handshakes=False)
        ```
    """

    def __init__(self, app: FastAPI, settings: Settings | None = None, **options: Unpack[ApplicationOptions]) -> None:
        self.application: Application = Application(settings, **options)
        app.add_middleware(asgi.AuthMiddleware, application=self.application)
        app.add_exception_handler(AuthRefusedError, _answer)
        write_document = app.openapi

        def write_with_refusals() -> dict[str, Any]:
            document = write_document()
            document_refusals(document)
            return document

        setattr(app, "openapi", write_with_refusals)  # noqa: B010 - as FastAPI's own guide, in a way that mypy allows


async def get_auth(connection: HTTPConnection) -> Auth[Any] | SignedOut:  # async: FastAPI runs others in a thread
    """Dependency: the caller of a request or websocket, or `SignedOut`; elsewhere `auth()` says it without waiting.

    Raises:
        ConfigurationError: the application lacks `Claimsmith(app)`.

    Example:
        ```python
        from fastapi import Depends

        app = FastAPI()
        Claimsmith(app)


        @app.get("/greeting")
        def greeting(caller: Annotated[Auth | SignedOut, Depends(get_auth)]) -> str:
            return f"Hello {caller.user_id or 'stranger'}"
        ```
    """
    return asgi.read_asked(connection.scope).decision.caller


def require_auth(**demands: Unpack[Demands]) -> Callable[..., Awaitable[Auth[Any]]]:
    """A dependency that gives the caller, with claims of the type `claims=`.

    Others than who it asks for are answered 401 or 403, or sent to sign in; a websocket is closed with code 1008 before
    it opens. The OpenAPI document tells of the ways to sign in, and of the rights that are asked for.

    Args:
        **demands: `role`, `permission`, `feature`, `plan`, `fresh`, `claims`; see `claimsmith.requirements.Demands`.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        from fastapi import Depends

        app = FastAPI()
        Claimsmith(app)


        @app.delete("/posts/{post_id}")
        def delete_post(post_id: str, auth: Annotated[Auth, Depends(require_auth(role="org:admin"))]) -> str:
            return f"{auth.user_id} deleted {post_id}"
        ```
    """
    requirement = parse_demands(demands)
    rights = list_rights(requirement)

    async def check_caller(
        connection: HTTPConnection,
        _bearer: Annotated[None, Security(_BEARER, scopes=rights)],
        _cookie: Annotated[None, Security(_COOKIE, scopes=rights)],
    ) -> Auth[Any]:
        caller = asgi.check_connection(connection.scope, requirement)
        if isinstance(caller, Auth):
            return caller
        if connection.scope["type"] == "websocket":
            raise WebSocketException(asgi.POLICY_VIOLATION)
        raise AuthRefusedError(caller)

    return check_caller


async def _answer(_request: Request, error: Exception) -> Response:
    if not isinstance(error, AuthRefusedError):
        raise error
    return Response(error.answer.body, error.answer.status, asgi.read_headers(error.answer))
