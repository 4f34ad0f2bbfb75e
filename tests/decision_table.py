# ruff: noqa: E501 - a row of the table stays on its line
"""The decision on a request, as one table for the core and every adapter (contract 2.4b, 2.4c, 2.5, 2.6, 4.9).

How an adapter runs it. Its application has two routes, for GET and POST alike, behind its middleware:

- `/page` answers 200 and `describe_caller(auth())` as JSON,
- `/protected`, under `require_auth()`, answers the same.

For each row, and each of the two paths, the test makes the application with `Claimsmith(app, settings, **options)` from
`settings, options = row.arguments(api_url)` (applications may be kept by `row.application_key`), sends `row.method`,
`row.url(path)` and `row.headers` as they stand (they name `host` nowhere: the address is http://localhost:3000, and
redirects are not followed), and gives what came back to `check_answer(row, path, Seen(status, headers, body))`.
`api_url` is the address of `running_backend_api()`, one for the whole module:

    @pytest.fixture(scope="module")
    def api_url():
        with running_backend_api() as url:
            yield url

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("row", OVER_HTTP, ids=str)
    def test_the_decision_table(row, path, api_url): ...

The clock of every row stands at `NOW`, and its keys are given, so nothing is fetched but what a row is about.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
from sdk_signing import HEADER, NOW, PUBLISHABLE_KEY, compact, jwks, make_token, own_keys, rsa_key, sign_text

from claimsmith.application import ApplicationOptions
from claimsmith.auth import Auth, SignedOut
from claimsmith.instance import make_publishable_key, parse_publishable_key
from claimsmith.settings import Settings
from claimsmith.verification.keys import StaticKeys
from claimsmith.wire import StateReason, TokenReason

ORIGIN = "http://localhost:3000"
PATHS = ("/page", "/protected")
DEV = parse_publishable_key(PUBLISHABLE_KEY)
LIVE = parse_publishable_key(make_publishable_key("clerk.example.com", "production"))
SUFFIX, LIVE_SUFFIX = f"_{DEV.cookie_suffix}", f"_{LIVE.cookie_suffix}"
SECRET_KEY = "sk_test_decisions"
DEV_API = "https://demo.clerk.accounts.dev/v1/client/handshake"
LIVE_API = "https://clerk.example.com/v1/client/handshake"

Headers = tuple[tuple[str, str], ...]
DOCUMENT: Headers = (("sec-fetch-dest", "document"), ("accept", "text/html"))
SCRIPT: Headers = (("sec-fetch-dest", "empty"), ("accept", "*/*"))

Status = Literal["signed-in", "signed-out", "handshake"]
Instance = Literal["development", "production", "unknown"]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a row comes to."""

    status: Status
    reason: str | None = None
    user_id: str | None = None
    location: str | None = None
    """Of the redirect, without its query when `query` is given; `{path}` is the path that was asked for."""
    query: dict[str, str] | None = None
    """The whole query of the redirect; `{path}` as above, `{slug}` without its slash."""
    set_cookies: tuple[str, ...] = ()
    sign_in: tuple[str, dict[str, str]] | None = None
    """Where `/protected` sends the person (302), and with which query; `None`: it answers 401."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One request, what it is asked of, and what it comes to."""

    id: str
    expected: Expected
    method: str = "GET"
    query: str = "a=1"
    sent: Headers = DOCUMENT
    cookies: str | None = None
    instance: Instance = "development"
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    is_alone: bool = False
    """Whether the application has no Backend API to ask."""
    over_http: bool = True
    """Whether a web server would let the request through to an application."""

    def __str__(self) -> str:
        return self.id

    def url(self, path: str) -> str:
        """The whole address."""
        return f"{ORIGIN}{path}" + (f"?{self.query.replace('{path}', path)}" if self.query else "")

    @property
    def headers(self) -> Headers:
        """All headers but `host`."""
        return self.sent if self.cookies is None else (*self.sent, ("cookie", self.cookies))

    @property
    def application_key(self) -> str:
        """The same for rows whose applications are the same."""
        return repr((self.instance, self.settings, self.options, self.is_alone))

    def arguments(self, api_url: str) -> tuple[Settings, ApplicationOptions]:
        """What the application is made with."""
        key = {"development": DEV, "production": LIVE, "unknown": None}[self.instance]
        backend: dict[str, Any] = {} if self.is_alone else {"api_url": api_url, "secret_key": SECRET_KEY}
        options: dict[str, Any] = {"keys": own_keys(), "clock": lambda: NOW, "handshakes": True, **self.options}
        return Settings(publishable_key=key, **backend, **self.settings), ApplicationOptions(**options)  # type: ignore[typeddict-item]


class Seen(msgspec.Struct, frozen=True):
    """What an application answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    """Each `set-cookie` by itself; names in any case."""
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name]


def describe_caller(caller: Auth[Any] | SignedOut) -> dict[str, Any]:
    """What `/page` and `/protected` answer, as JSON."""
    if isinstance(caller, SignedOut):
        return {"user_id": None, "reason": caller.reason}
    return {"user_id": caller.user_id, "reason": None}


def check_answer(row: Row, path: str, seen: Seen) -> None:
    """Fails unless the application answered as the row says."""
    expected = row.expected
    if expected.location is not None:
        _check_redirect(expected, path, seen)
    elif expected.status == "signed-in" or path == "/page":
        assert seen.status == 200, seen
        assert json.loads(seen.body) == {"user_id": expected.user_id, "reason": expected.reason}
    elif expected.sign_in is not None:
        _check_sign_in(expected, path, seen)
    else:
        _check_refusal(expected, seen)
    assert sorted(seen.values("set-cookie")) == sorted(expected.set_cookies)


def _check_sign_in(expected: Expected, path: str, seen: Seen) -> None:
    assert expected.sign_in is not None
    address, query = expected.sign_in
    assert seen.status == 302, seen
    assert seen.values("x-clerk-auth-reason") == [expected.reason]
    (location,) = seen.values("location")
    base, _, told = location.partition("?")
    assert base == address
    assert dict(parse_qsl(told)) == {name: value.replace("{path}", path) for name, value in query.items()}


def check_location(expected: Expected, path: str, location: str) -> None:
    """Fails unless a redirect leads where the row says."""
    wanted = (expected.location or "").replace("{path}", path)
    if expected.query is None:
        assert location == wanted
        return
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == wanted
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    assert query == {
        name: value.replace("{path}", path).replace("{slug}", path[1:]) for name, value in expected.query.items()
    }


def _check_redirect(expected: Expected, path: str, seen: Seen) -> None:
    assert seen.status == 307, seen
    assert seen.values("cache-control") == ["no-store"]
    (location,) = seen.values("location")
    check_location(expected, path, location)
    if expected.status == "handshake":
        assert seen.values("x-clerk-auth-status") == ["handshake"]
        assert seen.values("x-clerk-auth-reason") == [expected.reason]


def _check_refusal(expected: Expected, seen: Seen) -> None:
    assert seen.status == 401, seen
    assert seen.values("x-clerk-auth-status") == ["signed-out"]
    assert seen.values("x-clerk-auth-reason") == [expected.reason]
    assert seen.values("x-clerk-auth-message")
    assert seen.values("www-authenticate") == ["Bearer"]
    assert seen.values("content-type") == ["application/json"]
    assert json.loads(seen.body)["errors"][0]["code"] == "authentication_invalid"


# The Backend API of the rows -----------------------------------------------------------------------------------------


def directives(token: str, uat: int = NOW, suffix: str = SUFFIX) -> list[str]:
    """What a handshake writes: both names of each cookie."""
    end = "; Path=/; Max-Age=0" if not token else "; Path=/; SameSite=Lax"
    return [
        *(f"__session{twin}={token}{end}" for twin in ("", suffix)),
        *(f"__client_uat{twin}={uat}; Path=/" for twin in ("", suffix)),
    ]


GOOD = make_token()
OTHER = make_token(sid="sess_2", sub="user_2")
EXPIRED = make_token(exp=NOW - 10)
SIGNED_IN, SIGNED_OUT = tuple(directives(GOOD)), tuple(directives("", 0))
NONCES = {
    "n_in": SIGNED_IN,
    "n_out": SIGNED_OUT,
    "n_foreign": (*SIGNED_IN, "theme=dark; Path=/"),
    "n_late": tuple(directives(EXPIRED)),
}
REFRESHED = tuple(line for line in SIGNED_IN if line.startswith("__session"))
REFRESHES: dict[str, tuple[int, Any]] = {
    "r_good": (200, {"object": "cookies", "cookies": REFRESHED}),
    "r_none": (200, {"object": "cookies", "cookies": []}),
    "r_other": (200, {"object": "cookies", "cookies": [f"__session={OTHER}; Path=/"]}),
    "r_foreign": (200, {"object": "cookies", "cookies": [*REFRESHED, "theme=dark"]}),
    "r_stale": (200, {"object": "cookies", "cookies": [f"__session={EXPIRED}; Path=/"]}),
    "r_refused": (401, {"errors": [{"code": "refresh_token_invalid", "message": "No.", "long_message": "No."}]}),
    "r_strange": (401, {"errors": [{"code": "a b\r\nc", "message": "No."}]}),
    "r_failed": (500, {"errors": [{"code": "unexpected_error", "message": "No."}]}),
    "r_broken": (502, "<html>"),
    "r_shapeless": (200, {"object": "cookies"}),
}


class _BackendApi(BaseHTTPRequestHandler):
    """What an application asks: what a nonce stands for, a new token for an old one, and the keys."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/v1/jwks":
            return self._write(200, json.loads(jwks()))
        found = NONCES.get(parse_qs(parts.query).get("nonce", [""])[0])
        if parts.path != "/v1/clients/handshake_payload" or found is None:
            return self._write(404, {"errors": [{"code": "resource_not_found", "message": "No."}]})
        return self._write(200, {"directives": found})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        is_right = (self.path.partition("?")[0], body["request_origin"]) == ("/v1/sessions/sess_1/refresh", ORIGIN)
        if not is_right or body["expired_token"] != EXPIRED or body["format"] != "cookie":
            return self._write(400, {"errors": [{"code": "wrong_call", "message": repr(body)}]})
        return self._write(*REFRESHES[body["refresh_token"]])

    def _write(self, status: int, body: Any) -> None:
        if self.headers["authorization"] != f"Bearer {SECRET_KEY}":
            status, body = 401, {"errors": [{"code": "clerk_key_invalid", "message": "No."}]}
        written = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if isinstance(body, str) else "application/json")
        self.send_header("content-length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def running_backend_api() -> Iterator[str]:
    """The address of a Backend API that answers as the rows need it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _BackendApi)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# The rows ------------------------------------------------------------------------------------------------------------


def jar(
    token: str | None = None, uat: int | str | None = NOW, browser: str | None = "dvb_1", suffix: str = "", **more: str
) -> str:
    """A `Cookie` header: the session's three, and others by name."""
    pairs = {"__session": token, "__client_uat": uat, "__clerk_db_jwt": browser}
    named = {f"{name}{suffix}": value for name, value in pairs.items()} | more
    return "; ".join(f"{name}={value}" for name, value in named.items() if value is not None)


def signed_in(user_id: str = "user_1", **more: Any) -> Expected:
    return Expected(status="signed-in", user_id=user_id, **more)


def signed_out(reason: str, **more: Any) -> Expected:
    return Expected(status="signed-out", reason=reason, **more)


def handshake(  # noqa: PLR0913 - what the query is made of
    reason: str,
    token: str | None = None,
    *,
    browser: str | None = "dvb_1",
    base: str = DEV_API,
    count: int = 1,
    back: str = f"{ORIGIN}{{path}}?a=1",
    suffixed: bool = False,
    **more: str,
) -> Expected:
    """A redirect to the Frontend API with everything that it has to be told."""
    query = {
        "redirect_url": back,
        "__clerk_api_version": "2026-05-12",
        "suffixed_cookies": "true" if suffixed else "false",
        "__clerk_hs_reason": reason,
        "format": "nonce",
        **({"__session": token} if token else {}),
        **({"__clerk_db_jwt": browser} if browser else {}),
        **more,
    }
    return Expected(status="handshake", reason=reason, location=base, query=query, set_cookies=(counted(count),))


def counted(count: int) -> str:
    return f"__clerk_redirect_count={count}; Path=/; SameSite=Lax; HttpOnly; Max-Age=2"


def bearer(value: str, sent: Headers = SCRIPT) -> Headers:
    return (*sent, ("authorization", value))


def carry(*lines: str, **claims: Any) -> str:
    """A handshake token."""
    return sign_text(compact(HEADER), compact({"handshake": lines, **claims}))


LIVE_GOOD = make_token(iss="https://clerk.example.com")
SATELLITE_GOOD = make_token(iss="https://clerk.satellite.example")
FORGED = make_token(key=rsa_key("attacker"))
FOREIGN = make_token(key=rsa_key("instance b"), iss="https://other.clerk.accounts.dev")
TEMPLATE = make_token({"cat": "cl_B7d4PD222AAA"})
MACHINE = make_token(sub="mch_1")
EARLY = make_token(nbf=NOW + 60)
AHEAD = make_token(iat=NOW + 60)
PENDING = make_token(sts="pending")
MEMBER = make_token(o={"id": "org_1", "slg": "page", "rol": "admin", "per": "", "fpm": ""})
NO_SESSION = make_token(exp=NOW - 10, sid=...)
CARRIED_IN, CARRIED_OUT = carry(*SIGNED_IN), carry(*SIGNED_OUT)
NOT_EXPIRED_COOKIE = "session-token-expired-refresh-non-eligible-no-refresh-cookie"
NOT_GET = "session-token-expired-refresh-non-eligible-non-get"
CLEAN = f"{ORIGIN}{{path}}?a=1"
REFERER = "https://elsewhere.example/"
PATTERNS = {"organization_patterns": ("/:slug",)}
SATELLITE = {"is_satellite": True, "domain": "satellite.example", "sign_in_url": "https://primary.example/sign-in"}


def _refresh_row(name: str, why: str, token: str = EXPIRED) -> Row:
    """An expired token whose refresh fails, for a script; documents go on to a handshake."""
    cookies = jar(token, **{f"__refresh{SUFFIX}": name})
    return Row(
        id=f"11 refresh {name} {why}",
        sent=SCRIPT,
        cookies=cookies,
        expected=signed_out(f"session-token-expired-refresh-{why}"),
    )


_KEY_REASONS: tuple[TokenReason, ...] = (
    *("secret-key-invalid", "jwk-local-missing", "jwk-remote-failed-to-load", "jwk-remote-invalid"),
    *("jwk-remote-missing", "jwk-failed-to-resolve", "jwk-kid-mismatch"),
)

HEADER_ROWS = (
    Row(id="header signed in", sent=bearer(f"Bearer {GOOD}"), expected=signed_in()),
    Row(id="header beside cookies of another", sent=bearer(f"Bearer {GOOD}"), cookies=jar(OTHER), expected=signed_in()),
    Row(id="header in lower case", sent=bearer(f"bearer {GOOD}"), expected=signed_in()),
    Row(id="header without scheme", sent=bearer(GOOD), expected=signed_in()),
    Row(id="header for a document", sent=bearer(f"Bearer {GOOD}", DOCUMENT), expected=signed_in()),
    Row(id="header of POST", method="POST", sent=bearer(f"Bearer {GOOD}"), expected=signed_in()),
    Row(id="header without a publishable key", instance="unknown", sent=bearer(f"Bearer {GOOD}"), expected=signed_in()),
    Row(id="header of another scheme", sent=bearer("Basic dTpw"), cookies=jar(GOOD), expected=signed_in()),
    Row(id="header without a token", sent=bearer("Bearer"), expected=signed_out("token-invalid")),
    Row(id="header malformed", sent=bearer("Bearer a.b.c"), expected=signed_out("token-invalid")),
    Row(id="header twice", sent=(*bearer(f"Bearer {GOOD}"), ("authorization", f"Bearer {OTHER}")), expected=signed_out("token-invalid")),
    Row(id="header forged", sent=bearer(f"Bearer {FORGED}"), expected=signed_out("token-invalid-signature")),
    Row(id="header algorithm", sent=bearer(f"Bearer {make_token({'alg': 'HS256'})}"), expected=signed_out("token-invalid-algorithm")),
    Row(id="header template", sent=bearer(f"Bearer {TEMPLATE}"), expected=signed_out("token-type-mismatch")),
    Row(id="header machine", sent=bearer(f"Bearer {MACHINE}"), expected=signed_out("token-type-mismatch")),
    Row(id="header opaque machine token", sent=bearer("Bearer mt_abc"), expected=signed_out("token-type-mismatch")),
    Row(id="header without sub", sent=bearer(f"Bearer {make_token(sub=...)}"), expected=signed_out("token-verification-failed")),
    Row(id="header party", sent=bearer(f"Bearer {GOOD}"), settings={"authorized_parties": ("https://a.example",)}, expected=signed_out("token-invalid-authorized-parties")),
    Row(id="header own party", sent=bearer(f"Bearer {GOOD}"), settings={"authorized_parties": (ORIGIN,)}, expected=signed_in()),
    Row(id="header audience", sent=bearer(f"Bearer {make_token(aud='b')}"), options={"audience": ("a",)}, expected=signed_out("token-verification-failed")),
    Row(id="header expired", sent=bearer(f"Bearer {EXPIRED}"), expected=signed_out(NOT_EXPIRED_COOKIE)),
    Row(id="header expired, POST", method="POST", sent=bearer(f"Bearer {EXPIRED}"), expected=signed_out(NOT_GET)),
    Row(id="header expired, document", sent=bearer(f"Bearer {EXPIRED}", DOCUMENT), expected=handshake(NOT_EXPIRED_COOKIE, EXPIRED, browser=None)),
    Row(id="header early", sent=bearer(f"Bearer {EARLY}"), expected=signed_out("session-token-nbf")),
    Row(id="header ahead", sent=bearer(f"Bearer {AHEAD}"), expected=signed_out("session-token-iat-in-the-future")),
    Row(id="header pending", sent=bearer(f"Bearer {PENDING}"), expected=signed_out("session-token-missing")),
    Row(id="header pending, accepted", sent=bearer(f"Bearer {PENDING}"), options={"accept_pending": True}, expected=signed_in()),
    *(
        Row(id=f"header {reason}", sent=bearer(f"Bearer {GOOD}"), options={"keys": StaticKeys(missing=reason)}, expected=signed_out(reason))
        for reason in _KEY_REASONS
    ),
)  # fmt: skip

HANDSHAKE_ROWS = (
    Row(id="1 nonce in the query, in", query="a=1&__clerk_handshake_nonce=n_in&__clerk_db_jwt=dvb_1", expected=signed_in(location=CLEAN, set_cookies=SIGNED_IN)),
    Row(id="1 nonce in the query, out", query="a=1&__clerk_handshake_nonce=n_out", expected=signed_out("session-token-missing", location=CLEAN, set_cookies=SIGNED_OUT)),
    Row(id="1 token in the query, in", query=f"a=1&__clerk_handshake={CARRIED_IN}", expected=signed_in(location=CLEAN, set_cookies=SIGNED_IN)),
    Row(id="1 token in the query, out", query=f"a=1&__clerk_handshake={CARRIED_OUT}", expected=signed_out("session-token-missing", location=CLEAN, set_cookies=SIGNED_OUT)),
    Row(id="1 live nonce, in", instance="production", cookies="__clerk_handshake_nonce=n_in", expected=signed_in(set_cookies=SIGNED_IN)),
    Row(id="1 live nonce, out", instance="production", cookies=jar(GOOD, __clerk_handshake_nonce="n_out"), expected=signed_out("session-token-missing", set_cookies=SIGNED_OUT)),
    Row(id="1 live token, in", instance="production", cookies=f"__clerk_handshake={CARRIED_IN}", expected=signed_in(set_cookies=SIGNED_IN)),
    Row(id="1 nonce before token", instance="production", cookies=f"__clerk_handshake={CARRIED_OUT}; __clerk_handshake_nonce=n_in", expected=signed_in(set_cookies=SIGNED_IN)),
    Row(id="1 header before nonce", sent=bearer(f"Bearer {GOOD}"), cookies="__clerk_handshake_nonce=n_out", expected=signed_in()),
    Row(id="1 unknown nonce, good session", cookies=jar(GOOD, __clerk_handshake_nonce="n_gone"), expected=signed_in()),
    Row(id="1 unknown nonce, nothing", instance="production", cookies="__clerk_handshake_nonce=n_gone", expected=signed_out("session-token-and-uat-missing")),
    Row(id="1 unknown nonce in the query", query="a=1&__clerk_handshake_nonce=n_gone", expected=handshake("dev-browser-missing", browser=None)),
    Row(id="1 nonce, nobody to ask", is_alone=True, cookies=jar(GOOD, __clerk_handshake_nonce="n_out"), expected=signed_in()),
    Row(id="1 nonce of foreign cookies (S-013)", cookies=jar(GOOD, __clerk_handshake_nonce="n_foreign"), expected=signed_in()),
    Row(id="1 nonce of an expired session (S-012)", cookies=jar(GOOD, __clerk_handshake_nonce="n_late"), expected=signed_in()),
    Row(id="1 forged token, good session", cookies=jar(GOOD, __clerk_handshake=sign_text(compact(HEADER), compact({"handshake": SIGNED_OUT}), rsa_key("attacker"))), expected=signed_in()),
    Row(id="1 template token (J-029)", cookies=jar(GOOD, __clerk_handshake=sign_text(compact({**HEADER, "cat": "cl_B7d4PD222AAA"}), compact({"handshake": ["__session=evil"]}))), expected=signed_in()),
    Row(id="1 session token (J-029)", cookies=jar(GOOD, __clerk_handshake=make_token(handshake=list(SIGNED_OUT))), expected=signed_in()),
    Row(id="1 expired token (S-012)", cookies=jar(GOOD, __clerk_handshake=carry(*SIGNED_OUT, exp=NOW - 10)), expected=signed_in()),
    Row(id="1 no publishable key", instance="unknown", cookies=jar(GOOD, __clerk_handshake=CARRIED_OUT), expected=signed_in()),
)  # fmt: skip

SATELLITE_ROWS = (
    Row(id="2 satellite without cookies", instance="production", settings=SATELLITE, expected=signed_out("session-token-and-uat-missing", sign_in=("https://primary.example/sign-in", {"redirect_url": f"{ORIGIN}{{path}}?a=1&__clerk_synced=false"}))),
    Row(id="2 satellite without cookies, automatic", instance="production", settings=SATELLITE, options={"satellite_auto_sync": True},
        expected=handshake("satellite-needs-syncing", browser=None, base="https://clerk.satellite.example/v1/client/handshake")),
    Row(id="2 satellite asked to sync", instance="production", settings=SATELLITE, query="__clerk_synced=false", cookies=jar(SATELLITE_GOOD),
        expected=handshake("satellite-needs-syncing", SATELLITE_GOOD, browser=None, base="https://clerk.satellite.example/v1/client/handshake", back=f"{ORIGIN}{{path}}?__clerk_synced=false")),
    Row(id="2 satellite synced", instance="production", settings=SATELLITE, query="__clerk_synced=true", cookies=jar(SATELLITE_GOOD), expected=signed_in()),
    Row(id="2 satellite synced, nobody", instance="production", settings=SATELLITE, query="__clerk_synced=true", expected=signed_out("session-token-and-uat-missing", sign_in=("https://primary.example/sign-in", {"redirect_url": f"{ORIGIN}{{path}}?__clerk_synced=false"}))),
    Row(id="2 satellite with cookies", instance="production", settings=SATELLITE, cookies=jar(SATELLITE_GOOD), expected=signed_in()),
    Row(id="2 satellite, script", instance="production", settings=SATELLITE, sent=SCRIPT, options={"satellite_auto_sync": True}, expected=signed_out("session-token-and-uat-missing")),
    Row(id="2 satellite come to from elsewhere", instance="production", settings=SATELLITE, sent=(*DOCUMENT, ("referer", REFERER)), cookies=jar(SATELLITE_GOOD), expected=signed_in()),
    Row(id="2 development satellite asks its primary", settings=SATELLITE, query="a=1&__clerk_synced=false", cookies=jar(GOOD),
        expected=Expected(status="handshake", reason="satellite-needs-syncing", location="https://primary.example/sign-in", query={"__clerk_redirect_url": f"{ORIGIN}{{path}}?a=1&__clerk_synced=false"}, set_cookies=(counted(1),))),
    Row(id="2 development satellite synced", settings=SATELLITE, query="a=1&__clerk_synced=true&__clerk_db_jwt=dvb_2", cookies=jar(GOOD),
        expected=handshake("dev-browser-sync", GOOD, browser="dvb_2", back=f"{ORIGIN}{{path}}?a=1&__clerk_synced=true")),
    Row(id="2 primary answers its satellite", query=urlencode({"__clerk_redirect_url": "https://satellite.example/p?b=2"}), cookies=jar(GOOD),
        options={"allowed_redirect_origins": ("https://satellite.example",)},
        expected=Expected(status="handshake", reason="primary-responds-to-syncing", location="https://satellite.example/p", query={"b": "2", "__clerk_db_jwt": "dvb_1", "__clerk_synced": "true"}, set_cookies=(counted(1),))),
    Row(id="2 primary answers nobody else", query=urlencode({"__clerk_redirect_url": "https://satellite.example.evil.example/"}), cookies=jar(GOOD),
        options={"allowed_redirect_origins": ("https://satellite.example",)}, expected=signed_in()),
    Row(id="2 primary without satellites", query=urlencode({"__clerk_redirect_url": "https://evil.example/"}), cookies=jar(GOOD), expected=signed_in()),
    Row(id="2 live primary answers nobody", instance="production", query=urlencode({"__clerk_redirect_url": "https://satellite.example/"}), cookies=jar(LIVE_GOOD),
        options={"allowed_redirect_origins": ("https://satellite.example",)}, expected=signed_in()),
)  # fmt: skip

SIGN_IN_ROWS = (
    Row(id="sign-in page here", instance="production", settings={"sign_in_url": "/sign-in?b=2"}, expected=signed_out("session-token-and-uat-missing", sign_in=("/sign-in", {"b": "2", "redirect_url": CLEAN}))),
    Row(id="sign-in page here, script", instance="production", sent=SCRIPT, settings={"sign_in_url": "/sign-in"}, expected=signed_out("session-token-and-uat-missing")),
    Row(id="sign-in page here, POST", instance="production", method="POST", settings={"sign_in_url": "/sign-in"}, expected=signed_out("session-token-and-uat-missing")),
    Row(id="sign-in page here, development", cookies=jar(None, 0), settings={"sign_in_url": "/sign-in"}, expected=signed_out("session-token-and-uat-missing", sign_in=("/sign-in", {"redirect_url": CLEAN}))),
    Row(id="sign-in page elsewhere", instance="production", cookies=jar(None, 0), settings={"sign_in_url": "https://accounts.example.com/sign-in"},
        expected=signed_out("session-token-and-uat-missing", sign_in=("https://accounts.example.com/sign-in", {"redirect_url": CLEAN}))),
    Row(id="sign-in page elsewhere, development", cookies=jar(None, 0), settings={"sign_in_url": "http://localhost:4000/sign-in"},
        expected=signed_out("session-token-and-uat-missing", sign_in=("http://localhost:4000/sign-in", {"redirect_url": CLEAN, "__clerk_db_jwt": "dvb_1"}))),
    Row(id="sign-in page after a handshake", instance="production", cookies="__clerk_handshake_nonce=n_out", settings={"sign_in_url": "/sign-in"},
        expected=signed_out("session-token-missing", set_cookies=SIGNED_OUT, sign_in=("/sign-in", {"redirect_url": CLEAN}))),
)  # fmt: skip

STATE_ROWS = (
    Row(id="3 dev browser in the query", query="a=1&__clerk_db_jwt=dvb_2", cookies=jar(GOOD), expected=handshake("dev-browser-sync", GOOD, browser="dvb_2")),
    Row(id="3 dev browser in the query, script", sent=SCRIPT, query="a=1&__clerk_db_jwt=dvb_2", cookies=jar(GOOD), expected=signed_out("dev-browser-sync")),
    Row(id="3 dev browser in a live query (S-014)", instance="production", query="a=1&__clerk_db_jwt=dvb_2", cookies=jar(LIVE_GOOD), expected=signed_in()),
    Row(id="4 no dev browser", cookies=jar(GOOD, browser=None), expected=handshake("dev-browser-missing", GOOD, browser=None)),
    Row(id="4 no cookies", expected=handshake("dev-browser-missing", browser=None)),
    Row(id="4 no cookies, script", sent=SCRIPT, expected=signed_out("dev-browser-missing")),
    Row(id="4 no cookies, by accept", sent=(("accept", "text/html,*/*;q=0.8"),), expected=handshake("dev-browser-missing", browser=None)),
    Row(id="4 no cookies, by iframe", sent=(("sec-fetch-dest", "iframe"),), expected=handshake("dev-browser-missing", browser=None)),
    Row(id="4 no cookies, by neither", sent=(("accept", "application/json"),), expected=signed_out("dev-browser-missing")),
    Row(id="4 no cookies, POST", method="POST", expected=signed_out("dev-browser-missing")),
    Row(id="4 live has none", instance="production", cookies=jar(LIVE_GOOD, browser=None), expected=signed_in()),
    Row(id="5 nothing", cookies=jar(None, None), expected=signed_out("session-token-and-uat-missing")),
    Row(id="5 signed out", cookies=jar(None, 0), expected=signed_out("session-token-and-uat-missing")),
    Row(id="5 live, nothing", instance="production", expected=signed_out("session-token-and-uat-missing")),
    Row(id="6 session without date", cookies=jar(GOOD, None), expected=handshake("session-token-but-no-client-uat", GOOD)),
    Row(id="6 session, signed out", cookies=jar(GOOD, 0), expected=handshake("session-token-but-no-client-uat", GOOD)),
    Row(id="6 session, signed out, script", sent=SCRIPT, cookies=jar(GOOD, 0), expected=signed_out("session-token-but-no-client-uat")),
    Row(id="7 date without session", cookies=jar(None), expected=handshake("client-uat-but-no-session-token")),
    Row(id="7 live", instance="production", cookies=jar(None, browser="dvb_1"), expected=handshake("client-uat-but-no-session-token", browser=None, base=LIVE_API)),
    Row(id="7 image (S-010)", sent=(("sec-fetch-dest", "image"), ("accept", "text/html")), cookies=jar(None), expected=signed_out("client-uat-but-no-session-token")),
    Row(id="7 second in a row", cookies=jar(None, __clerk_redirect_count="1"), expected=handshake("client-uat-but-no-session-token", count=2)),
    Row(id="7 fourth in a row (S-011)", cookies=jar(None, __clerk_redirect_count="3"), expected=signed_out("client-uat-but-no-session-token")),
    Row(id="7 through a proxy", cookies=jar(None), settings={"proxy_url": "http://localhost:4000"}, expected=handshake("client-uat-but-no-session-token", base="http://localhost:4000/v1/client/handshake")),
    Row(id="7 through a proxy here", cookies=jar(None), settings={"proxy_url": "/__clerk"}, expected=handshake("client-uat-but-no-session-token", base=f"{ORIGIN}/__clerk/v1/client/handshake")),
    Row(id="7 nobody to ask", is_alone=True, cookies=jar(None), expected=handshake("client-uat-but-no-session-token", format="token")),
    Row(id="7 without handshakes", options={"handshakes": False}, cookies=jar(None), expected=signed_out("client-uat-but-no-session-token")),
    Row(id="8 malformed", cookies=jar("a.b.c"), expected=signed_out("token-invalid")),
    Row(id="8 forged", cookies=jar(FORGED), expected=signed_out("token-invalid-signature")),
    Row(id="8 another instance (S-006)", cookies=f"{jar(FOREIGN, suffix=SUFFIX)}", expected=signed_out("token-invalid-signature")),
    Row(id="9 template", cookies=jar(TEMPLATE), expected=signed_out("token-type-mismatch")),
    Row(id="9 machine", cookies=jar(MACHINE), expected=signed_out("token-type-mismatch")),
    Row(id="10 token older than date", cookies=jar(GOOD, NOW + 1), expected=handshake("session-token-iat-before-client-uat", GOOD)),
    Row(id="10 token older than date, script", sent=SCRIPT, cookies=jar(GOOD, NOW + 1), expected=signed_out("session-token-iat-before-client-uat")),
    Row(id="10 before expiry", cookies=jar(EXPIRED, NOW + 1), expected=handshake("session-token-iat-before-client-uat", EXPIRED)),
    Row(id="10 token as old as date", cookies=jar(GOOD, NOW), expected=signed_in()),
    Row(id="11 expired", cookies=jar(EXPIRED), expected=handshake(NOT_EXPIRED_COOKIE, EXPIRED)),
    Row(id="11 expired, script", sent=SCRIPT, cookies=jar(EXPIRED), expected=signed_out(NOT_EXPIRED_COOKIE)),
    Row(id="11 expired, POST", method="POST", cookies=jar(EXPIRED), expected=signed_out(NOT_GET)),
    Row(id="11 expired, POST, refreshable", method="POST", cookies=jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_good"}), expected=signed_out(NOT_GET)),
    Row(id="11 early", cookies=jar(EARLY), expected=handshake("session-token-nbf", EARLY)),
    Row(id="11 ahead", cookies=jar(AHEAD), expected=handshake("session-token-iat-in-the-future", AHEAD)),
    Row(id="11 early, script", sent=SCRIPT, cookies=jar(EARLY), expected=signed_out("session-token-nbf")),
    Row(id="11 party", cookies=jar(GOOD), settings={"authorized_parties": ("https://a.example",)}, expected=signed_out("token-invalid-authorized-parties")),
    Row(id="11 refreshed", cookies=jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_good"}), expected=signed_in(set_cookies=REFRESHED)),
    Row(id="11 refreshed, script", sent=SCRIPT, cookies=jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_good"}), expected=signed_in(set_cookies=REFRESHED)),
    Row(id="11 refreshed without handshakes", options={"handshakes": False}, sent=SCRIPT, cookies=jar(EXPIRED, None, None, **{f"__refresh{SUFFIX}": "r_good"}), expected=signed_in(set_cookies=REFRESHED)),
    Row(id="11 refreshed from the header", sent=bearer(f"Bearer {EXPIRED}"), cookies=f"__refresh{SUFFIX}=r_good", expected=signed_in(set_cookies=REFRESHED)),
    Row(id="11 refresh refused, document", cookies=jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_refused"}), expected=handshake("session-token-expired-refresh-refresh_token_invalid", EXPIRED)),
    Row(id="11 refresh, nobody to ask", is_alone=True, sent=SCRIPT, cookies=jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_good"}), expected=signed_out("session-token-expired-refresh-missing-api-client")),
    _refresh_row("r_refused", "refresh_token_invalid"),
    _refresh_row("r_none", "unexpected-sdk-error"),
    _refresh_row("r_other", "invalid-session-token"),
    _refresh_row("r_foreign", "invalid-session-token"),
    _refresh_row("r_stale", "invalid-session-token"),
    _refresh_row("r_strange", "unexpected-bapi-error"),
    _refresh_row("r_failed", "fetch-error"),
    _refresh_row("r_broken", "unexpected-bapi-error"),
    _refresh_row("r_shapeless", "unexpected-sdk-error"),
    _refresh_row("r_good", "expired-session-token-missing-sid-claim", NO_SESSION),
    Row(id="12 from elsewhere", sent=(*DOCUMENT, ("referer", REFERER)), cookies=jar(GOOD), expected=handshake("primary-domain-cross-origin-sync", GOOD)),
    Row(id="12 from elsewhere, once", sent=(*DOCUMENT, ("referer", REFERER)), cookies=jar(GOOD, __clerk_redirect_count="1"), expected=signed_in()),
    Row(id="12 from elsewhere, script", sent=(*SCRIPT, ("referer", REFERER)), cookies=jar(GOOD), expected=signed_in()),
    Row(id="12 from here", sent=(*DOCUMENT, ("referer", f"{ORIGIN}/x")), cookies=jar(GOOD), expected=signed_in()),
    Row(id="12 from the Frontend API", sent=(*DOCUMENT, ("referer", "https://demo.clerk.accounts.dev/")), cookies=jar(GOOD), expected=signed_in()),
    Row(id="12 from the account pages", sent=(*DOCUMENT, ("referer", "https://demo.accounts.dev/sign-in")), cookies=jar(GOOD), expected=signed_in()),
    Row(id="12 live, from the account pages", instance="production", sent=(*DOCUMENT, ("referer", "https://accounts.example.com/")), cookies=jar(LIVE_GOOD), expected=signed_in()),
    Row(id="13 no organization", options=PATTERNS, cookies=jar(GOOD), expected=handshake("active-organization-mismatch", GOOD, organization_id="{slug}")),
    Row(id="13 another organization, script", options=PATTERNS, sent=SCRIPT, cookies=jar(GOOD), expected=signed_in()),
    Row(id="13 given up", options=PATTERNS, cookies=jar(GOOD, __clerk_redirect_count="3"), expected=signed_in()),
    Row(id="13 the personal account", options={"personal_account_patterns": ("/:any",)}, cookies=jar(MEMBER), expected=handshake("active-organization-mismatch", MEMBER, organization_id="")),
    Row(id="13 the personal account already", options={"personal_account_patterns": ("/:any",)}, cookies=jar(GOOD), expected=signed_in()),
    Row(id="13 a path of no organization", options={"organization_patterns": ("/orgs/:slug",)}, cookies=jar(GOOD), expected=signed_in()),
    Row(id="14 plain", cookies=jar(GOOD), expected=signed_in()),
    Row(id="14 suffixed", cookies=jar(GOOD, suffix=SUFFIX), expected=signed_in()),
    Row(id="14 live suffixed", instance="production", cookies=jar(LIVE_GOOD, browser=None, suffix=LIVE_SUFFIX), expected=signed_in()),
    Row(id="14 POST", method="POST", cookies=jar(GOOD), expected=signed_in()),
    Row(id="14 script", sent=SCRIPT, cookies=jar(GOOD), expected=signed_in()),
    Row(id="14 pending", cookies=jar(PENDING), expected=signed_out("session-token-missing")),
    Row(id="14 without a publishable key", instance="unknown", sent=SCRIPT, cookies=f"__session={GOOD}", expected=signed_in()),
    Row(id="14 without handshakes, session alone", options={"handshakes": False}, cookies=jar(GOOD, None, None), expected=signed_in()),
    Row(id="14 without handshakes, signed out", options={"handshakes": False}, cookies=jar(GOOD, 0), expected=signed_out("session-token-but-no-client-uat")),
    Row(id="an address that is none", query="a=1", over_http=False, cookies=jar(GOOD), expected=signed_out("unexpected-error")),
)  # fmt: skip

OLDER, NEWER = make_token(iat=NOW - 30, sub="user_old"), make_token(sub="user_new")
OLDER_EXPIRED = make_token(iat=NOW - 90, exp=NOW - 30, sub="user_old")
NO_ISSUER = make_token(iss=...)


def both(plain: str, suffixed: str) -> str:
    """The cookies of both names."""
    return f"{plain}; {suffixed}"


SUFFIX_ROWS = (
    Row(id="both names agree", cookies=both(jar(GOOD), jar(GOOD, suffix=SUFFIX)), expected=signed_in()),
    Row(id="plain of another instance", cookies=both(jar(FOREIGN), jar(GOOD, suffix=SUFFIX)), expected=signed_in()),
    Row(id="plain of another instance alone", cookies=jar(FOREIGN), expected=handshake("dev-browser-missing", browser=None, suffixed=True)),
    Row(id="plain of another instance, signed out here (S-006)", cookies=both(jar(FOREIGN), jar(None, 0, suffix=SUFFIX)), expected=signed_out("session-token-and-uat-missing")),
    Row(id="plain of another instance, our date (S-006)", cookies=both(jar(FOREIGN), jar(None, NOW, suffix=SUFFIX)), expected=handshake("client-uat-but-no-session-token", suffixed=True)),
    Row(id="plain is newer", cookies=both(jar(NEWER, NOW - 5), jar(OLDER, NOW - 40, suffix=SUFFIX)), expected=signed_in("user_new")),
    Row(id="suffixed is newer", cookies=both(jar(OLDER, NOW - 40), jar(NEWER, NOW - 5, suffix=SUFFIX)), expected=signed_in("user_new")),
    Row(id="suffixed signed out, plain in", cookies=both(jar(GOOD), jar(None, 0, suffix=SUFFIX)), expected=signed_in()),
    Row(id="plain signed out, suffixed in", cookies=both(jar(None, 0), jar(GOOD, suffix=SUFFIX)), expected=signed_in()),
    Row(id="both signed out", cookies=both(jar(None, 0), jar(None, 0, suffix=SUFFIX)), expected=signed_out("session-token-and-uat-missing")),
    Row(id="plain signed out, suffixed expired, development", cookies=both(jar(None, 0), jar(OLDER_EXPIRED, NOW - 95, suffix=SUFFIX)), expected=signed_out("session-token-and-uat-missing")),
    Row(id="plain signed out, suffixed expired, live", instance="production", cookies=both(jar(None, 0), jar(OLDER_EXPIRED, NOW - 95, suffix=LIVE_SUFFIX)),
        expected=handshake(NOT_EXPIRED_COOKIE, OLDER_EXPIRED, browser=None, base=LIVE_API, suffixed=True)),
    Row(id="suffixed without its date", cookies=jar(GOOD, None, suffix=SUFFIX), expected=handshake("dev-browser-missing", browser=None)),
    Row(id="plain without issuer", cookies=both(jar(NO_ISSUER), jar(None, NOW, suffix=SUFFIX)), expected=signed_in()),
    Row(id="suffixed handshake", cookies=jar(GOOD, NOW + 1, suffix=SUFFIX), expected=handshake("session-token-iat-before-client-uat", GOOD, suffixed=True)),
    Row(id="S-005 unreadable plain, good suffixed", cookies=both(jar("x", 1), jar(GOOD, suffix=SUFFIX)), expected=signed_in()),
    Row(id="S-005 forged first", cookies=f"__session={FORGED}; {jar(GOOD)}", expected=signed_in()),
    Row(id="S-005 forged last", cookies=f"{jar(GOOD)}; __session={FORGED}", expected=signed_in()),
    Row(id="S-005 two sessions", cookies=f"{jar(GOOD)}; __session={OTHER}", expected=signed_out("token-invalid")),
    Row(id="S-005 two dates", cookies=f"{jar(GOOD)}; __client_uat=0", expected=signed_in()),
    Row(id="S-007 other spellings", sent=SCRIPT, cookies=f"__Session={GOOD}; __session ={GOOD}; x=1; __client_uat=1; __clerk_db_jwt=d", expected=signed_out("client-uat-but-no-session-token")),
)  # fmt: skip

ROWS = (*HEADER_ROWS, *HANDSHAKE_ROWS, *SATELLITE_ROWS, *SIGN_IN_ROWS, *STATE_ROWS, *SUFFIX_ROWS)
OVER_HTTP = tuple(row for row in ROWS if row.over_http)

UNREACHED: frozenset[str] = frozenset(
    {"token-expired", "token-not-active-yet", "token-iat-in-the-future", "session-token-expired"}
)
"""Reasons that a token has and a request has not: they become `session-token-expired-refresh-...`, `session-token-nbf`
and `session-token-iat-in-the-future`."""
KNOWN_REASONS: frozenset[str] = frozenset({*get_args(StateReason), *get_args(TokenReason)}) - UNREACHED
"""What the table must have a row for, each."""
