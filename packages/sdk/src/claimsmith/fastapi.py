"""FastAPI: `auth: Auth = Depends(require_auth)`, after `Claimsmith(app)` once.

Example:
    ```python
    app = FastAPI()
    Claimsmith(app)  # reads CLERK_JWT_KEY, or CLERK_API_URL and CLERK_SECRET_KEY

    @app.get("/me")
    def me(auth: Auth = Depends(require_auth)) -> dict[str, str]:
        return {"user": auth.user_id}
    ```
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from msgspec import json

from claimsmith import wire
from claimsmith.auth import Auth, SignedOut
from claimsmith.clock import present
from claimsmith.errors import ConfigurationError
from claimsmith.facts import Options, RequestFacts
from claimsmith.handshake import Handshake
from claimsmith.keys import KeySet
from claimsmith.remote_keys import RemoteKeys
from claimsmith.request import Outcome, SignedIn, authenticate, candidate_kids
from claimsmith.settings import Settings, load_settings, make_keys

_BEARER = HTTPBearer(scheme_name="SessionToken", bearerFormat="JWT", auto_error=False)
_COOKIE = APIKeyCookie(name=wire.SESSION_COOKIE, scheme_name="SessionCookie", auto_error=False)


class Claimsmith:
    """How one FastAPI application knows its callers; making it adds the error answers to the application.

    Args:
        app: the application; `get_auth`, `require_auth` and `require(...)` find this object there.
        settings: of the instance; read from the environment when `None`.
        keys: instead of those that the settings lead to.
        accept_pending: whether sessions with unfinished tasks count as signed in.
        clock: unix seconds; for tests.

    Raises:
        ConfigurationError: no key to verify tokens with, or a value that cannot be right.
    """

    def __init__(
        self,
        app: FastAPI,
        settings: Settings | None = None,
        *,
        keys: KeySet | None = None,
        accept_pending: bool = False,
        clock: Callable[[], float] = present,
    ) -> None:
        settings = load_settings() if settings is None else settings
        self._keys = make_keys(settings) if keys is None else keys
        self._clock = clock
        self._options = Options(
            publishable_key=settings.publishable_key,
            authorized_parties=settings.authorized_parties,
            accept_pending=accept_pending,
            handshakes=False,  # An API has no pages to send to the Frontend API.
        )
        app.state.claimsmith = self
        app.add_exception_handler(AuthRequiredError, _answer)

    async def authenticate(self, request: Request) -> Outcome:
        """Who is calling; a key that has to be fetched never blocks the event loop."""
        facts = make_facts(request)
        keys = self._keys
        if isinstance(keys, RemoteKeys):
            keys = await keys.snapshot_async(*candidate_kids(facts, self._options))
        return authenticate(facts, keys, self._options, now=self._clock())


class AuthRequiredError(Exception):
    """The caller must sign in (401) or lacks a right (403); answered in the wire's error shape."""

    def __init__(self, status: int, code: str, message: str, signed_out: SignedOut | None = None) -> None:
        self.status, self.code, self.message, self.signed_out = status, code, message, signed_out
        super().__init__(status, code)


async def get_auth(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)] = None,
    _cookie: Annotated[object, Security(_COOKIE)] = None,
) -> Auth[Any] | SignedOut:
    """Dependency: the caller, or `SignedOut`; ConfigurationError without `Claimsmith(app)`."""
    claimsmith = getattr(request.app.state, "claimsmith", None)
    if not isinstance(claimsmith, Claimsmith):
        raise ConfigurationError(
            "This application does not know its instance. Call claimsmith.fastapi.Claimsmith(app)."
        )
    match await claimsmith.authenticate(request):
        case SignedIn(auth):
            return auth
        case Handshake(reason=reason):
            return SignedOut(reason)
        case signed_out:
            return signed_out


async def require_auth(auth: Annotated[Auth[Any] | SignedOut, Security(get_auth)]) -> Auth[Any]:
    """Dependency: the caller; answers 401 for anyone who is not signed in. Annotate with `Auth[MyClaims]` for types."""
    if isinstance(auth, SignedOut):
        raise AuthRequiredError(401, "authentication_invalid", auth.message or "Sign in to use this.", auth)
    return auth


def require(
    *, role: str | None = None, permission: str | None = None, feature: str | None = None, plan: str | None = None
) -> Callable[..., Awaitable[Auth[Any]]]:
    """A dependency: the caller if `auth.has` everything asked for; else 401 or 403.

    Example: `auth: Auth = Depends(require(role="org:admin"))`
    """

    async def require_all(auth: Annotated[Auth[Any], Security(require_auth)]) -> Auth[Any]:
        if auth.has(role=role, permission=permission, feature=feature, plan=plan):
            return auth
        raise AuthRequiredError(403, "forbidden", "You are signed in, but this needs a right that you lack.")

    return require_all


def make_facts(request: Request) -> RequestFacts:
    """The facts of a request, headers exactly as they came."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return RequestFacts(method=request.method, url=str(request.url), headers=headers)


async def _answer(_request: Request, error: Exception) -> Response:
    """The wire's error body, with the headers that say why (contract 2.4b)."""
    if not isinstance(error, AuthRequiredError):
        raise error
    entry = {"code": error.code, "message": error.message, "long_message": error.message, "meta": {}}
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    if error.signed_out is not None:
        headers |= {
            "www-authenticate": "Bearer",
            wire.AUTH_STATUS_HEADER: "signed-out",
            wire.AUTH_REASON_HEADER: error.signed_out.reason,
            wire.AUTH_MESSAGE_HEADER: error.message,
        }
    return Response(json.encode({"errors": [entry]}), error.status, headers)
