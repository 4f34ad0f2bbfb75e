"""Answers of the Frontend API: `{response, client}`, with the cookies that go with them (contract 4.0, 4.1)."""

from typing import Any

import msgspec
from litestar import Response

from claimsmith.authentication.cookies import parse_cookies
from claimsmith.wire import CLIENT_UAT_COOKIE, REFRESH_COOKIE
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.http.answers import Json
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import sign_ins, sign_ups
from claimsmith_server.services.callers import Caller, client_cookie, instance_suffix
from claimsmith_server.services.client_view import ClientView, load_client_view
from claimsmith_server.services.context import Service
from claimsmith_server.services.testing_tokens import is_testing_token
from claimsmith_server.wire.client import WireClient, client_out, client_session_out
from claimsmith_server.wire.sign_in import sign_in_out
from claimsmith_server.wire.sign_up import sign_up_out

_COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep any cookie (RFC 6265bis, 5.5)."""


class Envelope(msgspec.Struct, frozen=True):
    """The body of most answers."""

    response: Any
    client: WireClient | None


async def answer_read(response: Any) -> Json:
    """A read: the resource, and no client."""
    return Json(Envelope(response, None))


async def answer_change(  # noqa: PLR0913, PLR0917 - what an answer is made of
    service: Service,
    request: ApiRequest,
    caller: Caller,
    response: Any,
    client_id: str | None = None,
    client_token: str | None = None,
) -> Json:
    """A change: the resource, and the client as it is after it; a new client token goes into the cookie.

    Args:
        service: the services.
        request: for the cookies that the browser has.
        caller: the browser as it was before.
        response: the resource.
        client_id: the client that the change made, when the caller had none.
        client_token: its new token, when it was given one.
    """
    known = client_id or (caller.client.id if caller.client else None)
    view = None if known is None else await load_client_view(service, caller, known)
    client = None if view is None else await client_wire(service, caller, view)
    answer = Json(Envelope(response, client))
    set_cookies(request, answer, caller, view, client_token)
    return answer


async def client_wire(service: Service, caller: Caller, view: ClientView) -> WireClient:
    """A client for its browser, with the attempts that are under way."""
    now = service.clock.now()
    sign_in = await sign_ins.load_current(service, caller.instance, view.client)
    sign_up = await sign_ups.load_current(service, caller.instance, view.client)
    return client_out(
        view.client,
        tuple(client_session_out(one.session, one.user, one.memberships, one.jwt, now) for one in view.sessions),
        sign_in=None if sign_in is None else sign_in_out(sign_in),
        sign_up=None if sign_up is None else sign_up_out(sign_up),
        captcha_bypass=is_testing_token(service, caller.instance, caller.credentials.testing_token),
    )


async def with_client(service: Service, caller: Caller, refusal: ServiceError) -> ServiceError:
    """A refusal that carries the client, for pages whose picture of it is out of date (contract 4.15)."""
    view = None if caller.client is None else await load_client_view(service, caller, caller.client.id)
    client = None if view is None else await client_wire(service, caller, view)
    return ServiceError(refusal.status, refusal.items, headers=refusal.headers, meta={"client": client})


def set_cookies(
    request: ApiRequest,
    answer: Response[Any],
    caller: Caller,
    view: ClientView | None,
    client_token: str | None,
) -> None:
    """Nothing; the answer sets the client cookie when it is new, and with live keys `__client_uat` when it changed.

    With development keys pages write `__client_uat` themselves, on their own host (contract 2.4c).
    """
    if caller.credentials.is_native:
        if client_token is not None:
            answer.headers["Authorization"] = client_token
        return
    is_secure = request.app.state.base_url.startswith("https://")
    if client_token is not None:
        _add(answer, client_cookie(caller.instance), client_token, is_secure=is_secure, is_readable=False)
    sent = parse_cookies([request.headers.get("cookie", "")])
    refresh = f"{REFRESH_COOKIE}_{instance_suffix(caller.instance)}"
    if refresh in sent and client_uat(view) == 0:  # pages can't delete it; it is seen here when hosts are one
        answer.delete_cookie(refresh, path="/")
    if caller.instance.environment != "production":
        return
    uat = str(client_uat(view))
    domain = cookie_domain(caller.instance.frontend_api, request.app.state.base_url)
    for name in (CLIENT_UAT_COOKIE, f"{CLIENT_UAT_COOKIE}_{instance_suffix(caller.instance)}"):
        if sent.get(name) != (uat,):
            _add(answer, name, uat, is_secure=is_secure, is_readable=True, domain=domain)


def client_uat(view: ClientView | None) -> int:
    """Unix seconds of the client's last sign-in or sign-out; 0 when nobody is signed in."""
    return view.client.updated_at // 1000 if view is not None and view.sessions else 0


def cookie_domain(frontend_api: str, base_url: str) -> str | None:
    """The domain that a live instance's applications share: `clerk.example.com` gives `example.com`.

    `None`, for a host-only cookie, when this service is not reached below it: on localhost.
    """
    domain = frontend_api.partition(":")[0].removeprefix("clerk.")
    host = base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return domain if host == domain or host.endswith(f".{domain}") else None


def _add(  # noqa: PLR0913 - a cookie's attributes
    answer: Response[Any],
    name: str,
    value: str,
    *,
    is_secure: bool,
    is_readable: bool,
    domain: str | None = None,
) -> None:
    answer.set_cookie(
        key=name,
        value=value,
        max_age=_COOKIE_SECONDS,
        path="/",
        domain=domain,
        secure=is_secure,
        httponly=not is_readable,
        samesite="lax",
    )
