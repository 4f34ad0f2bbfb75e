"""ASGI: the middleware that asks who is calling, shared by FastAPI, Starlette and Litestar; it imports none of them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from claimsmith.answers import Answer
from claimsmith.application import Application
from claimsmith.auth import Auth, SignedOut
from claimsmith.authentication.facts import RequestFacts, read_bearer_tokens
from claimsmith.current import enter_request, leave_request
from claimsmith.decisions import Decision
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import Requirement

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

POLICY_VIOLATION = 1008
"""The code that a websocket is closed with when its caller may not use it (RFC 6455 section 7.4.1)."""
_KEY = "claimsmith"
_ASKED = frozenset({"http", "websocket"})
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
_SCHEMES = {"ws": "http", "wss": "https"}
_VARY = (b"vary", b"Authorization, Cookie")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"


class Asked(msgspec.Struct, frozen=True):
    """What a connection's scope keeps: who was asked about it, and what came of it.

    Example:
        ```python
        assert Asked(application, decision).decision.caller.user_id == "user_1"
        ```
    """

    application: Application
    decision: Decision


class AuthMiddleware:
    """ASGI middleware: decides on each request and websocket before the application sees it.

    A redirect of the decision is answered here. Cookies of the decision go out with whatever the application answers,
    which is kept from shared caches then; an answer to someone who is signed in varies by who asks.
    A websocket can't be redirected: its caller is signed out where a page's would be sent to the Frontend API. One that
    a page of another origin opens is nobody's: browsers send cookies with it, and let the page read what comes back.

    Example:
        ```python
        async def whoami(scope: Scope, receive: Receive, send: Send) -> None:
            user_id = read_asked(scope).decision.caller.user_id or "nobody"
            await send_answer(Answer(200, body=user_id.encode()), send)


        app = AuthMiddleware(whoami, Application(Settings(jwt_key=pem)))
        ```
    """

    def __init__(self, app: App, application: Application) -> None:
        self._app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one connection."""
        if scope["type"] not in _ASKED:
            await self._app(scope, receive, send)
            return
        decision = await self._application.decide_async(make_facts(scope))
        if decision.answer is not None and scope["type"] == "http":
            await send_answer(decision.answer, send)
            return
        if scope["type"] == "websocket" and _is_foreign(decision, self._application.options.authorized_parties):
            decision = msgspec.structs.replace(decision, caller=SignedOut("token-invalid-authorized-parties"))
        scope[_KEY] = Asked(self._application, decision)
        token = enter_request(decision)
        try:
            await self._app(scope, receive, _finishing(decision, send))
        finally:
            leave_request(token)


def make_facts(scope: Scope) -> RequestFacts:
    """The facts of an HTTP or websocket connection, headers exactly as they came.

    `X-Forwarded-*` headers are not read: a server that trusts its proxy has put what they say into the scope already.

    Example:
        ```python
        scope = {"type": "http", "method": "GET", "path": "/me", "headers": [(b"host", b"app.example.com")]}
        assert make_facts(scope).url == "http://app.example.com/me"
        ```
    """
    headers = tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]])
    host = next((value for name, value in headers if name == "host"), None) or _write_server(scope)
    # As it was sent, so that a browser is led back to the same address; an absolute one stays a path of this host.
    path = (scope.get("raw_path") or quote(scope["path"], safe=_PATH_CHARACTERS).encode()).decode("latin-1")
    path = "/" + path.partition("?")[0].removeprefix("/")
    query = scope.get("query_string", b"").decode("latin-1")
    scheme = scope.get("scheme", "http")
    url = f"{_SCHEMES.get(scheme, scheme)}://{host}{path}{'?' if query else ''}{query}"
    return RequestFacts(method=scope.get("method", "GET"), url=url, headers=headers)


def read_asked(scope: Scope) -> Asked:
    """What the middleware found out about a connection.

    Raises:
        ConfigurationError: no middleware has seen it.

    Example:
        ```python
        async def greet(scope: Scope, receive: Receive, send: Send) -> None:
            user_id = read_asked(scope).decision.caller.user_id
            await send_answer(Answer(200, body=f"Hello {user_id or 'stranger'}".encode()), send)
        ```
    """
    asked = scope.get(_KEY)
    if not isinstance(asked, Asked):
        raise ConfigurationError(
            "The caller of this request is not known. Add Claimsmith to the application: its middleware asks."
        )
    return asked


def check_connection(scope: Scope, requirement: Requirement) -> Auth[Any] | Answer:
    """The caller when they have what is asked for, else what to answer them. Raises as `read_asked`.

    Example:
        ```python
        from claimsmith.requirements import parse_demands

        administrators = parse_demands({"role": "org:admin"})


        async def administer(scope: Scope, receive: Receive, send: Send) -> None:
            caller = check_connection(scope, administrators)
            await send_answer(caller if isinstance(caller, Answer) else Answer(204), send)
        ```
    """
    asked = read_asked(scope)
    return asked.application.check(asked.decision, requirement)


def remember_caller(scope: Scope, caller: Auth[Any]) -> None:
    """Makes `auth()` and `get_auth` give the caller with their claims as converted, until the request ends.

    Example:
        ```python
        def require_names(scope: Scope) -> None:
            caller = check_connection(scope, Requirement({}, claims=dict[str, str]))
            if isinstance(caller, Auth):
                remember_caller(scope, caller)
        ```
    """
    asked = read_asked(scope)
    decision = msgspec.structs.replace(asked.decision, caller=caller)
    scope[_KEY] = Asked(asked.application, decision)
    enter_request(decision)  # The middleware's own `leave_request` goes back to before this.


async def send_answer(answer: Answer, send: Send) -> None:
    """Sends a whole HTTP answer, repeated headers repeated.

    Example:
        ```python
        async def say_hello(scope: Scope, receive: Receive, send: Send) -> None:
            await send_answer(Answer(200, (("content-type", "text/plain"),), b"Hello"), send)
        ```
    """
    length = ("content-length", str(len(answer.body)))
    headers = [(name.encode("latin-1"), _encode(value)) for name, value in (*answer.headers, length)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def read_headers(answer: Answer) -> dict[str, str]:
    """The headers of an answer to a refused caller, but for cookies: the middleware adds those, to any answer.

    Example:
        ```python
        assert read_headers(Answer(401, (("www-authenticate", "Bearer"),))) == {"www-authenticate": "Bearer"}
        ```
    """
    return {name: value for name, value in answer.headers if name != "set-cookie"}


def _is_foreign(decision: Decision, authorized_parties: tuple[str, ...]) -> bool:
    """Whether a cookie's token came with a page that is neither ours nor of an origin that it was minted for.

    Schemes are left aside for our own pages: behind a proxy that ends TLS the server sees another than the browser.
    """
    origin, caller = decision.facts.first("origin"), decision.caller
    if origin is None or isinstance(caller, SignedOut) or read_bearer_tokens(decision.facts):
        return False
    if origin.partition("://")[2] == urlsplit(decision.facts.url).netloc:
        return False
    return origin not in (caller.token_claims.get("azp", origin), *authorized_parties)


def _finishing(decision: Decision, send: Send) -> Send:
    """A `send` that adds what the decision brings to the head of an answer."""

    async def send_finished(message: Message) -> None:
        if message["type"] in _STARTS:
            message = {**message, "headers": _finish_headers(list(message.get("headers", ())), decision)}
        await send(message)

    return send_finished


def _finish_headers(headers: list[Header], decision: Decision) -> list[Header]:
    """An answer's headers with cookies, each as it is, and kept from caches that would give it to somebody else."""
    if decision.set_cookies:
        headers = [header for header in headers if header[0].lower() != b"cache-control"]
        headers.append((b"cache-control", b"private, no-store"))
        headers.extend((b"set-cookie", _encode(cookie)) for cookie in decision.set_cookies)
    if decision.caller.is_authenticated:
        headers.append(_VARY)
    return headers


def _write_server(scope: Scope) -> str:
    """The server's own address, for the rare request without a `Host` header."""
    host, port = scope.get("server") or ("localhost", None)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _encode(value: str) -> bytes:
    return value.encode("latin-1", "replace")
