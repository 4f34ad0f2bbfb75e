"""The edge of the dashboard: no write from another site, none without the CSRF token (cases C-001, X-006, Z-010).

Plain ASGI around the face, so that no handler can forget it. The token is made from the cookie's value, so a page
that knows it was served to the browser that holds the cookie, and nothing has to be stored.
"""

import hmac
from urllib.parse import parse_qs

from claimsmith_server.core import parameters
from claimsmith_server.core.errors import (
    CSRF_TOKEN_INVALID,
    ORIGIN_INVALID,
    REQUEST_BODY_INVALID,
    REQUEST_BODY_TOO_LARGE,
)
from claimsmith_server.core.origins import parse_origin
from claimsmith_server.dashboard.cookies import csrf_token, read_cookie
from claimsmith_server.dashboard.shell import show_refusal
from claimsmith_server.http.answers import encode_error, raw_headers
from claimsmith_server.http.asgi import AsgiApp, Message, Receive, Scope, Send
from claimsmith_server.http.errors import explain
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services import instances
from claimsmith_server.services.context import Service

CSRF_FIELD = "csrf_token"
_CSRF_HEADER = b"x-csrf-token"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 1000


class DashboardEdge:
    """Lets reads through, and writes that a page of the dashboard itself sent.

    `serve` finds the instance and the cookie's value in `scope["state"]`.
    """

    def __init__(self, service: Service, base_url: str, serve: AsgiApp) -> None:
        """`base_url` is the service's own public address."""
        self._service = service
        self._base_url = base_url
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            instance = await instances.load_public_instance(self._service)
            cookie = read_cookie(scope, instance)
            if scope["method"] not in _SAFE_METHODS:
                self._require_own_page(scope)
                body = await _read_body(receive)
                if cookie:
                    _require_csrf_token(scope, body, csrf_token(cookie))
                receive = _replay(body, receive)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            await self._refuse(scope, send, error)
            return
        scope = {**scope, "state": {**scope.get("state", {}), "instance": instance, "cookie": cookie}}
        await self._serve(scope, receive, send)

    def _require_own_page(self, scope: Scope) -> None:
        """Refuse a write unless the browser says that a page of this very origin sent it.

        The Host header counts as an own name, since no page can choose it: an operator may open the dashboard under
        another name than the public one. Under the public name only the public scheme counts.
        """
        origins = _texts(scope, b"origin")
        site = _texts(scope, b"sec-fetch-site")
        is_own = parse_origin(origins[0]) in self._own_origins(scope) if len(origins) == 1 else not origins and site
        if not is_own or any(value != "same-origin" for value in site):
            raise ORIGIN_INVALID(origin=(origins or ["none"])[0][:128])

    def _own_origins(self, scope: Scope) -> set[str]:
        public = parse_origin(self._base_url) or ""
        hosts = _texts(scope, b"host")
        named = [parse_origin(f"{scheme}://{hosts[0]}") for scheme in ("http", "https")] if len(hosts) == 1 else []
        _, _, public_host = public.partition("://")
        return {public} | {origin for origin in named if origin and origin.partition("://")[2] != public_host}

    async def _refuse(self, scope: Scope, send: Send, error: Exception) -> None:
        trace_id = make_trace_id(self._service.clock.entropy(TRACE_ID_BYTES))
        refusal = explain(error, self._service.log, trace_id, method=scope["method"], path=scope["path"])
        if scope["path"].startswith("/dashboard/api/"):
            body = encode_error(refusal, trace_id)
            headers = raw_headers(body, refusal.headers)
        else:
            page = show_refusal(self._service, self._base_url, refusal, trace_id)
            body = str(page.content).encode()
            told = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body)), **page.headers}
            headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _require_csrf_token(scope: Scope, body: bytes, expected: str) -> None:
    given = _texts(scope, _CSRF_HEADER)
    content_type = b"".join(_values(scope, b"content-type")).decode("latin-1")
    if not given and content_type.partition(";")[0].strip().lower() == _FORM:
        given = _read_field(body)
    if len(given) != 1 or not hmac.compare_digest(given[0].encode(), expected.encode()):
        raise CSRF_TOKEN_INVALID()


def _read_field(body: bytes) -> list[str]:
    try:
        return parse_qs(body.decode("latin-1"), max_num_fields=_MAX_FIELDS).get(CSRF_FIELD, [])
    except ValueError as error:
        raise REQUEST_BODY_INVALID(problem=f"it has more than {_MAX_FIELDS} fields") from error


async def _read_body(receive: Receive) -> bytes:
    octets = bytearray()
    while True:
        message = await receive()
        octets += message.get("body", b"")
        if len(octets) > parameters.MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=parameters.MAX_BODY_BYTES)
        if not message.get("more_body"):
            return bytes(octets)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body again, and then what comes after it: the end of the connection."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _texts(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in _values(scope, name)]
