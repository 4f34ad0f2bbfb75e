"""The edge of the Frontend API: origins, CORS, preflights, `_method` (contract 4.0; cases C-001 to C-006).

Plain ASGI around a face, so that a request from a page that is none of the instance's applications reaches no handler.
"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from claimsmith_server.core.errors import ORIGIN_INVALID
from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import is_allowed
from claimsmith_server.http.answers import encode_error, raw_headers
from claimsmith_server.http.asgi import AsgiApp, Message, Receive, Scope, Send
from claimsmith_server.http.errors import explain
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services import instances
from claimsmith_server.services.context import Service

Headers = list[tuple[bytes, bytes]]

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_EXPOSED = b"Authorization, Clerk-Db-Jwt, X-Country, Retry-After"
_MAX_QUERY_FIELDS = 1000
_PUBLIC = ("/.well-known/", "/v1/health", "/health/")


class BrowserEdge:
    """Lets requests of the instance's own applications through to `serve`, with CORS headers on every answer.

    `serve` finds the instance and the origin, when it is an application's, in `scope["state"]`.
    """

    def __init__(self, service: Service, base_url: str, serve: AsgiApp) -> None:
        """`base_url` is the service's own public address: its hosted pages are allowed, too."""
        self._service = service
        self._base_url = base_url
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["path"].startswith(_PUBLIC):
            await self._serve(scope, receive, send)
            return
        try:
            instance = await instances.load_public_instance(self._service)
            origin = self._check_origin(scope, instance)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            await self._refuse(scope, send, error)
            return
        if scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send, origin)
            return
        scope = {**_override_method(scope), "state": {**scope.get("state", {}), "instance": instance, "origin": origin}}
        await self._serve(scope, receive, _with_cors(send, origin))

    def _check_origin(self, scope: Scope, instance: Instance) -> str | None:
        """The request's origin when it is one of the instance's applications; `None` when it says none.

        A read of a foreign page is served without CORS headers, so its browser keeps the answer from it; a write is
        refused before `_method` is looked at (case C-002).
        """
        given = _values(scope["headers"], b"origin")
        if not given:
            return None
        origin = given[0]
        if len(given) == 1 and is_allowed(
            origin,
            environment=instance.environment,
            frontend_api=instance.frontend_api,
            allowed_origins=instance.settings.allowed_origins,
            base_url=self._base_url,
        ):
            return origin
        if scope["method"] in _SAFE_METHODS:
            return None
        raise ORIGIN_INVALID(origin=origin[:128])

    async def _refuse(self, scope: Scope, send: Send, error: Exception) -> None:
        trace_id = make_trace_id(self._service.clock.entropy(TRACE_ID_BYTES))
        refusal = explain(error, self._service.log, trace_id, method=scope["method"], path=scope["path"])
        body = encode_error(refusal, trace_id)
        headers = [*raw_headers(body, refusal.headers), (b"vary", b"Origin")]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _override_method(scope: Scope) -> Scope:
    """SDKs send only GET and POST: `_method` in the query of a POST names what is meant."""
    query: bytes = scope["query_string"]
    if scope["method"] != "POST" or b"_method=" not in query:
        return scope
    try:
        pairs = parse_qsl(query.decode("latin-1"), max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError:
        return scope
    method = dict(pairs).get("_method", "").upper()
    return {**scope, "method": method} if method in ("PATCH", "PUT", "DELETE") else scope


async def _answer_preflight(scope: Scope, send: Send, origin: str | None) -> None:
    asked = _values(scope["headers"], b"access-control-request-headers")
    headers: Headers = [(b"content-length", b"0"), *_cors(origin)]
    if origin is not None:
        headers.append((b"access-control-allow-methods", _METHODS.encode()))
        headers.append((b"access-control-allow-headers", (asked[0] if asked else "Content-Type").encode("latin-1")))
        headers.append((b"access-control-max-age", b"600"))
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _with_cors(send: Send, origin: str | None) -> Send:
    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_cors(origin)]}
        await send(message)

    return send_with_cors


def _cors(origin: str | None) -> Headers:
    if origin is None:
        return [(b"vary", b"Origin")]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def _values(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]
