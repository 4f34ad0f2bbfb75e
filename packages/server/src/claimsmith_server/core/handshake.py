"""The handshake, pure: which browser asks, what its application's cookies become, what carries them (contract 4.9).

Three tables decide: `IDENTITIES` (which browser, development), `WRITTEN` (which cookies) and `CARRIERS` (how they
travel). A directive is a whole `Set-Cookie` value that the application's SDK replays as it is, so every name,
attribute and character in one is made here (case S-013).
"""

import re
from typing import Final, Literal
from urllib.parse import unquote_plus

import msgspec

from claimsmith.wire import (
    CLIENT_UAT_COOKIE,
    DEV_BROWSER_COOKIE,
    HANDSHAKE,
    HANDSHAKE_NONCE,
    MAX_COOKIE_BYTES,
    REFRESH_COOKIE,
    SESSION_COOKIE,
)
from claimsmith_server.core.models import Environment

Format = Literal["token", "nonce"]
BrowserState = Literal["unknown", "signed_out", "signed_in"]
"""`unknown`: it has no client yet."""
DevBrowser = Literal["absent", "unknown", "idle", "bound"]
"""What a request's development browser id is: none, none of this instance, one without a client, one with a client."""
Identity = Literal["keep", "join", "make"]
"""`keep` the id that was brought; a new id that will `join` the cookie's client; `make` both an id and a client."""
Step = Literal[
    "session",
    "client_uat",
    "refresh",
    "no_session",
    "no_client_uat",
    "no_refresh",
    "dev_browser",
    "no_carrier",
]

NONCE_SECONDS: Final = 60
"""How long directives wait to be fetched, and how long a handshake token lives."""
CARRIER_COOKIE_SECONDS: Final = 10
"""Life of the cookie that carries them with live keys; see `NONCE_REUSE_MS`."""
NONCE_REUSE_MS: Final[dict[Environment, int]] = {"development": 0, "production": CARRIER_COOKIE_SECONDS * 1000}
"""How long after its first use a nonce may be used again. A live one is a cookie that is sent with every request until
the first answer deletes it, so it must outlive the cookie: a nonce that is gone signs out (pitfall 4, case S-012)."""
COOKIE_SECONDS: Final = 365 * 24 * 3600
"""As long as clerk-js keeps the cookies of an application (contract 2.7)."""
MAX_QUERY_TOKEN_BYTES: Final = 8192
"""A handshake token that is longer travels as a nonce: Node.js reads 16 KiB of request line and headers in all."""

IDENTITIES: Final[dict[tuple[DevBrowser, bool], Identity]] = {
    ("absent", False): "make",
    ("absent", True): "join",
    ("unknown", False): "make",
    ("unknown", True): "join",
    ("idle", False): "keep",
    ("idle", True): "join",
    ("bound", False): "keep",
    ("bound", True): "keep",
}
"""By what the id is and whether the request has a client's cookie.

An id that was brought is never given a client here: whoever made a link with an id of their own would share the
client, and with it the next sign-in. A new id may have the cookie's client, since only the application of an allowed
origin learns it (pitfall 3)."""

_SIGNED_IN: Final[tuple[Step, ...]] = ("session", "client_uat", "refresh")
_SIGNED_OUT: Final[tuple[Step, ...]] = ("no_session", "no_client_uat", "no_refresh")
WRITTEN: Final[dict[tuple[BrowserState, Environment], tuple[Step, ...]]] = {
    ("unknown", "development"): (*_SIGNED_OUT, "dev_browser"),
    ("signed_out", "development"): (*_SIGNED_OUT, "dev_browser"),
    ("signed_in", "development"): (*_SIGNED_IN, "dev_browser"),
    ("unknown", "production"): (*_SIGNED_OUT, "no_carrier"),
    ("signed_out", "production"): (*_SIGNED_OUT, "no_carrier"),
    ("signed_in", "production"): (*_SIGNED_IN, "no_carrier"),
}
"""Which cookies an application gets."""


class Carrier(msgspec.Struct, frozen=True):
    """How directives reach the application: under which name, in the query or in a cookie."""

    name: str
    is_query: bool


CARRIERS: Final[dict[tuple[Environment, Format], Carrier]] = {
    ("development", "token"): Carrier(HANDSHAKE, is_query=True),
    ("development", "nonce"): Carrier(HANDSHAKE_NONCE, is_query=True),
    ("production", "token"): Carrier(HANDSHAKE, is_query=False),
    ("production", "nonce"): Carrier(HANDSHAKE_NONCE, is_query=False),
}

_COOKIE_VALUE = re.compile(r"[A-Za-z0-9._~+/=-]*")
_OWN_QUERY = frozenset({DEV_BROWSER_COOKIE, HANDSHAKE, HANDSHAKE_NONCE})


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its application is told of it."""

    token: str
    client_uat: int
    """Unix seconds."""
    refresh_token: str
    refresh_seconds: int
    """How long the session can still be refreshed."""


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """What a handshake found out."""

    has_client: bool
    session: SignedIn | None = None
    dev_browser: str | None = None
    """Its id; always there with development keys."""

    @property
    def state(self) -> BrowserState:
        """The row of `WRITTEN`."""
        if self.session is not None:
            return "signed_in"
        return "signed_out" if self.has_client else "unknown"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cookies are written: the application that the browser comes back to."""

    environment: Environment
    suffix: str
    """Of the instance's cookies, eight characters."""
    is_secure: bool
    """Whether the application is at an https address; pages can't change `Secure` cookies from another one."""
    domain: str | None = None
    """What the application shares with the Frontend API, live keys; `None`: the same host."""


def compose_directives(browser: Browser, place: Place) -> tuple[str, ...]:
    """The `Set-Cookie` values for an application, e.g. `__client_uat=0; Path=/; Max-Age=31536000; SameSite=Lax`.

    Every name is written with and without the suffix; the plain ones go first, as SDKs take the last `__session*`.

    Raises:
        ValueError: a value that is none for a cookie.
    """
    return tuple(line for step in WRITTEN[browser.state, place.environment] for line in _write(step, browser, place))


def session_directives(token: str, place: Place) -> tuple[str, ...]:
    """The `Set-Cookie` values for a new session token alone, as a refresh answers them (contract 5.5)."""
    return _twins(SESSION_COOKIE, token, COOKIE_SECONDS, place)


def choose_carrier(environment: Environment, asked: Format, token_bytes: int | None) -> Carrier:
    """The carrier that was asked for; the nonce's when a token, of that size, is too large to travel."""
    carrier = CARRIERS[environment, asked]
    if token_bytes is None or asked == "nonce":
        return carrier
    limit = MAX_QUERY_TOKEN_BYTES if carrier.is_query else MAX_COOKIE_BYTES
    return carrier if len(carrier.name) + token_bytes <= limit else CARRIERS[environment, "nonce"]


def shared_domain(domain: str | None, host: str) -> str | None:
    """The domain for cookies that the Frontend API and the application at `host` share; `None`: host-only ones.

    A browser refuses a cookie for a domain that the host is not in: an application elsewhere reaches the Frontend API
    through a proxy on its own host.
    """
    return domain if domain and (host == domain or host.endswith(f".{domain}")) else None


def add_query(url: str, name: str, value: str) -> str:
    """The address with one more query pair, at the end, and without those of earlier handshakes.

    `url` is as the WHATWG parser writes it: ASCII, with the fragment behind the first `#` and the query behind the
    first `?` before that.
    """
    rest, hash_sign, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in _OWN_QUERY]
    return f"{base}?{'&'.join([*kept, f'{name}={value}'])}{hash_sign}{fragment}"


def _write(step: Step, browser: Browser, place: Place) -> tuple[str, ...]:
    match step, browser.session, browser.dev_browser:
        case "session", SignedIn() as session, _:
            return session_directives(session.token, place)
        case "client_uat", SignedIn() as session, _:
            return _twins(CLIENT_UAT_COOKIE, str(session.client_uat), COOKIE_SECONDS, place, domain=place.domain)
        case "refresh", SignedIn() as session, _:
            return _refresh_cookie(session.refresh_token, max(0, session.refresh_seconds), place)
        case "no_session", None, _:
            return _twins(SESSION_COOKIE, "", 0, place)
        case "no_client_uat", None, _:
            return _twins(CLIENT_UAT_COOKIE, "0", COOKIE_SECONDS, place, domain=place.domain)
        case "no_refresh", None, _:
            return _refresh_cookie("", 0, place)
        case "dev_browser", _, str() as dev_browser:
            return _twins(DEV_BROWSER_COOKIE, dev_browser, COOKIE_SECONDS, place)
        case "no_carrier", _, _:
            carriers = (HANDSHAKE, HANDSHAKE_NONCE)
            return tuple(_cookie(name, "", 0, place, is_readable=False, domain=place.domain) for name in carriers)
        case _:
            raise ValueError(f"{browser.state} has nothing for {step}")


def _twins(name: str, value: str, seconds: int, place: Place, domain: str | None = None) -> tuple[str, ...]:
    return tuple(_cookie(one, value, seconds, place, domain=domain) for one in (name, _suffixed(name, place)))


def _refresh_cookie(value: str, seconds: int, place: Place) -> tuple[str, ...]:
    return (_cookie(_suffixed(REFRESH_COOKIE, place), value, seconds, place, is_readable=False),)


def _suffixed(name: str, place: Place) -> str:
    return f"{name}_{place.suffix}"


def _cookie(  # noqa: PLR0913 - a cookie's attributes
    name: str, value: str, seconds: int, place: Place, *, is_readable: bool = True, domain: str | None = None
) -> str:
    if not _COOKIE_VALUE.fullmatch(value):
        raise ValueError(f"not a value for {name}")
    attributes = ["Path=/", f"Max-Age={seconds}", "SameSite=Lax"]
    attributes += [f"Domain={domain}"] if domain else []
    attributes += [] if is_readable else ["HttpOnly"]
    attributes += ["Secure"] if place.is_secure else []
    return "; ".join([f"{name}={value}", *attributes])
