"""`GET /v1/client/handshake`: a browser is sent here when its application can't tell who it is (contract 4.9).

It goes back to where it came from, with the answer in the query (development) or in a short-lived cookie (live keys).
What can't be answered is told as a page, since a person looks at it.
"""

from typing import Any

import msgspec
from litestar import Response, get

from claimsmith.authentication.cookies import parse_cookies
from claimsmith.wire import HANDSHAKE_REASON_QUERY
from claimsmith_server.core import handshake_loops
from claimsmith_server.core.errors import (
    HANDSHAKE_LOOP,
    HANDSHAKE_NOT_A_DOCUMENT,
    REDIRECT_URL_INVALID,
    ServiceError,
)
from claimsmith_server.core.handshake import CARRIER_COOKIE_SECONDS, add_query
from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import parse_redirect_url
from claimsmith_server.fapi.access import read_credentials
from claimsmith_server.fapi.answers import cookie_domain, set_cookies
from claimsmith_server.fapi.handshake_page import show_refusal
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services import handshake, instances
from claimsmith_server.services.callers import Caller, Credentials, instance_suffix
from claimsmith_server.services.context import Service

_DOCUMENTS = ("", "document", "iframe", "frame")
"""What `Sec-Fetch-Dest` may say; scripts and images get no answer (case S-010)."""
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The addresses here and there carry tokens (case S-015)."""
_LOOP_COOKIE = "__claimsmith_handshakes"


class HandshakeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What of the query is read; the old token in `__session` is not."""

    redirect_url: tuple[str, ...] = ()
    format: str | None = None
    organization_id: str | None = None


@get("/v1/client/handshake")
async def get_handshake(request: ApiRequest, service: GivenService, base_url: GivenUrl) -> Response[Any]:
    """Back to `redirect_url` with the browser's state, a 307; else a page that says what is wrong."""
    instance = await instances.load_public_instance(service)
    try:
        return await _settle(request, service, instance, base_url)
    except ServiceError as refusal:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        asked = request.query_params.get("redirect_url", "")
        page = show_refusal(refusal, instance, asked)
        page.delete_cookie(_loop_cookie(instance), path="/")
        return page


async def _settle(request: ApiRequest, service: Service, instance: Instance, base_url: str) -> Response[Any]:
    _require_document(request)
    query = read_query(request, HandshakeQuery)
    redirect_url = _parse_redirect_url(query, instance, base_url)
    reason = request.query_params.get(HANDSHAKE_REASON_QUERY, "")
    count = _count(request, instance, redirect_url, reason)
    credentials = read_credentials(request.scope, instance, request.app.state.trusted_proxies)
    wanted = handshake.Wanted(
        redirect_url=redirect_url,
        format="nonce" if query.format == "nonce" else "token",
        organization_id=query.organization_id,
        domain=cookie_domain(instance.frontend_api, base_url),
    )
    settled = await handshake.settle_browser(service, instance, credentials, wanted)
    is_secure = base_url.startswith("https://")
    answer = _redirect(settled, redirect_url, is_secure=is_secure)
    _set_hidden(answer, _loop_cookie(instance), count, handshake_loops.LOOP_SECONDS, is_secure=is_secure)
    if settled.client_token is not None:
        set_cookies(request, answer, _stranger(instance, credentials), None, settled.client_token)
    return answer


def _require_document(request: ApiRequest) -> None:
    destination = request.headers.get("sec-fetch-dest", "")
    if destination not in _DOCUMENTS:
        raise HANDSHAKE_NOT_A_DOCUMENT(destination=destination[:32], headers=_HEADERS)


def _parse_redirect_url(query: HandshakeQuery, instance: Instance, base_url: str) -> str:
    found = None
    if len(query.redirect_url) == 1:  # of two, others might read the other one
        found = parse_redirect_url(
            query.redirect_url[0],
            environment=instance.environment,
            frontend_api=instance.frontend_api,
            allowed_origins=instance.settings.allowed_origins,
            base_url=base_url,
        )
    if found is None:
        raise REDIRECT_URL_INVALID(param_name="redirect_url", headers=_HEADERS)
    return found


def _count(request: ApiRequest, instance: Instance, redirect_url: str, reason: str) -> str:
    """The count of handshakes in a row for this page, for the cookie; an endless row ends here (case S-011)."""
    cookies = parse_cookies(request.headers.getall("cookie", []))
    previous = next(iter(cookies.get(_loop_cookie(instance), ())), None)
    count, value = handshake_loops.count_handshake(previous, redirect_url)
    if count > handshake_loops.MAX_IN_A_ROW and reason != handshake_loops.ORGANIZATION_REASON:
        found = handshake_loops.find_cause(reason)
        raise HANDSHAKE_LOOP(count=count - 1, cause=found.cause, remedy=found.remedy.rstrip("."), headers=_HEADERS)
    return value


def _redirect(settled: handshake.Settled, redirect_url: str, *, is_secure: bool) -> Response[Any]:
    carrier = settled.carrier
    location = add_query(redirect_url, carrier.name, settled.value) if carrier.is_query else redirect_url
    answer: Response[Any] = Response(None, status_code=307, headers={**_HEADERS, "Location": location})
    if not carrier.is_query:
        _set_hidden(
            answer, carrier.name, settled.value, CARRIER_COOKIE_SECONDS, is_secure=is_secure, domain=settled.domain
        )
    return answer


def _set_hidden(  # noqa: PLR0913 - a cookie's attributes
    answer: Response[Any], name: str, value: str, seconds: int, *, is_secure: bool, domain: str | None = None
) -> None:
    """Sets a short-lived cookie that pages can't read."""
    answer.set_cookie(
        name, value, max_age=seconds, path="/", domain=domain, secure=is_secure, httponly=True, samesite="lax"
    )


def _stranger(instance: Instance, credentials: Credentials) -> Caller:
    return Caller(instance=instance, client=None, dev_browser_hash=None, credentials=credentials)


def _loop_cookie(instance: Instance) -> str:
    return f"{_LOOP_COOKIE}_{instance_suffix(instance)}"


ROUTES = (get_handshake,)
