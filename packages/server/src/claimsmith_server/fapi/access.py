"""Who calls the Frontend API: what a request says of its browser, read once (contract 4.1)."""

from collections.abc import Iterable
from typing import Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from litestar.di import NamedDependency

from claimsmith.authentication.cookies import parse_cookies
from claimsmith.wire import DEV_BROWSER_COOKIE
from claimsmith_server.core.addresses import peer_address
from claimsmith_server.core.errors import SESSION_NOT_ACTIVE, SIGNED_OUT, USER_NOT_ALLOWED, ServiceError
from claimsmith_server.core.models import Instance
from claimsmith_server.http.asgi import Scope
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services.acting import Acting, require_acting
from claimsmith_server.services.callers import Caller, Credentials, client_cookie, load_caller
from claimsmith_server.services.context import Service

GivenCaller: TypeAlias = NamedDependency[Caller]
"""The browser, signed in or not."""
GivenActing: TypeAlias = NamedDependency[Acting]
"""A signed-in browser: its session and user. Handlers that take it answer 401 to any other."""

_MAX_QUERY_FIELDS = 1000
_SAFE_METHODS = ("GET", "HEAD")
_SIGNED_OUT_CODES = (SESSION_NOT_ACTIVE.code, USER_NOT_ALLOWED.code)


async def provide_caller(request: ApiRequest, service: NamedDependency[Service]) -> Caller:
    """The browser that a request comes from."""
    return await find_caller(service, request.scope, request.app.state.trusted_proxies)


async def provide_public_instance(request: ApiRequest) -> Instance:
    """The instance that the Frontend API serves, as the edge read it for this request."""
    instance: Instance = request.scope["state"]["instance"]
    return instance


async def provide_acting(service: NamedDependency[Service], caller: NamedDependency[Caller]) -> Acting:
    """The signed-in browser that a request comes from."""
    return await require_acting(service, caller)


async def find_caller(service: Service, scope: Scope, trusted_proxies: int) -> Caller:
    """The browser that a request comes from."""
    instance: Instance = scope["state"]["instance"]
    return await load_caller(service, instance, read_credentials(scope, instance, trusted_proxies))


def tell_signed_out(refusal: ServiceError) -> NoReturn:
    """Raises the refusal to mint as browsers are told it: pages sign out on one code alone (contract 4.5)."""
    if refusal.items[0].code in _SIGNED_OUT_CODES:
        raise SIGNED_OUT() from refusal
    raise refusal


def read_credentials(scope: Scope, instance: Instance, trusted_proxies: int) -> Credentials:
    """What a request says of its browser.

    A write without an Origin header comes from no page: its cookie is not looked at, since a browser would have sent
    one with the other (case C-001). Native applications send the client token in the Authorization header instead.
    """
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    query = _read_query(scope["query_string"])
    origin: str | None = scope["state"]["origin"]
    is_native = query.get("_is_native") == "1"
    if is_native:
        tokens = tuple(_values(headers, b"authorization")[:1])
    elif origin is None and scope["method"] not in _SAFE_METHODS:
        tokens = ()
    else:
        tokens = parse_cookies(_values(headers, b"cookie")).get(client_cookie(instance), ())
    peer = scope.get("client")
    return Credentials(
        dev_browser=query.get(DEV_BROWSER_COOKIE) or None,
        client_tokens=tokens,
        origin=origin,
        address=peer_address(peer[0] if peer else None, _values(headers, b"x-forwarded-for"), trusted_proxies),
        user_agent=next(iter(_values(headers, b"user-agent")), "")[:512],
        session_id=query.get("_clerk_session_id") or None,
        is_native=is_native,
        testing_token=query.get("__clerk_testing_token"),
    )


def _read_query(octets: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(octets.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS))
    except ValueError:
        return {}


def _values(headers: Iterable[Any], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]
