"""The handshake: a browser is sent to the Frontend API to settle its state, and comes back with it (contract 4.9)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from claimsmith import wire
from claimsmith.authentication.facts import Options
from claimsmith.errors import TokenError
from claimsmith.verification.keys import KeySet
from claimsmith.verification.tokens import prove_claims

API_VERSION = "2026-05-12"
MAX_DIRECTIVES = 20

_OWN_QUERY = frozenset({wire.DEV_BROWSER_COOKIE, wire.HANDSHAKE, wire.HANDSHAKE_NONCE, "__clerk_help", "__dev_session"})
_SETTABLE = (
    *(wire.SESSION_COOKIE, wire.CLIENT_UAT_COOKIE, wire.DEV_BROWSER_COOKIE, wire.REFRESH_COOKIE),
    *(wire.HANDSHAKE, wire.HANDSHAKE_NONCE),
)


class Handshake(msgspec.Struct, frozen=True):
    """Answer the request with 307 to `location` and these headers; the browser comes back with its state settled.

    Example:
        ```python
        handshake = Handshake("dev-browser-missing", "https://demo.clerk.accounts.dev/v1/client/handshake")
        assert ("x-clerk-auth-status", "handshake") in handshake.headers
        ```
    """

    reason: wire.Reason
    location: str
    set_cookies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Why and whereto, without the query: that holds the old token."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("reason", self.reason), ("location", self.location.partition("?")[0])]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All response headers, lower case, `location` and `set-cookie` among them."""
        return (
            ("location", self.location),
            ("cache-control", "no-store"),
            (wire.AUTH_STATUS_HEADER, "handshake"),
            (wire.AUTH_REASON_HEADER, self.reason),
            *(("set-cookie", cookie) for cookie in self.set_cookies),
        )


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What a handshake tells the Frontend API of the request."""

    session_token: str | None = None
    """The old one."""
    dev_browser: str | None = None
    """Its id; told with development keys only."""
    suffixed: bool = False
    """Whether suffixed cookies were read."""
    organization: str | None = None
    """Id or slug of the organization to make active; empty for the personal account."""

    def __repr__(self) -> str:
        """Without the token and the dev browser, which are secrets."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("suffixed", self.suffixed), ("organization", self.organization)]


def make_handshake(reason: wire.Reason, url: str, options: Options, sought: Sought, *, redirects: int = 0) -> Handshake:
    """The redirect that starts a handshake.

    Args:
        reason: told to the Frontend API.
        url: absolute, where the browser shall come back to; loses the keys of earlier handshakes.
        options: of the application.
        sought: of the request.
        redirects: how many handshakes went before this one.

    Example:
        ```python
        handshake = make_handshake("dev-browser-missing", "http://localhost:3000/", options, Sought())
        handshake.location
        ```
    """
    query = {
        "redirect_url": clean_url(url),
        "__clerk_api_version": API_VERSION,
        "suffixed_cookies": "true" if sought.suffixed else "false",
        wire.HANDSHAKE_REASON_QUERY: reason,
        "format": options.handshake_format,
    }
    if sought.session_token:
        query[wire.SESSION_COOKIE] = sought.session_token
    if sought.dev_browser and options.is_development:
        query[wire.DEV_BROWSER_COOKIE] = sought.dev_browser
    if sought.organization is not None:
        query["organization_id"] = sought.organization
    base = urljoin(url, options.proxy_url) if options.proxy_url else f"https://{options.frontend_api}"
    location = f"{base.rstrip('/')}{wire.HANDSHAKE_PATH}?{urlencode(query, quote_via=quote)}"
    return Handshake(reason, location, (count_cookie(redirects + 1),))


def count_cookie(redirects: int) -> str:
    """The `Set-Cookie` value that counts redirects in a row, so that a loop ends (case S-011)."""
    return f"{wire.REDIRECT_COUNT_COOKIE}={redirects}; Path=/; SameSite=Lax; HttpOnly; Max-Age=2"


def clean_url(url: str) -> str:
    """The address without the query keys that handshakes put there; the rest of the query stays as it was written.

    Example:
        ```python
        assert clean_url("https://a.example/?x=%201&__clerk_db_jwt=d") == "https://a.example/?x=%201"
        ```
    """
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if unquote_plus(pair.partition("=")[0]) not in _OWN_QUERY]
    return urlunsplit(parts._replace(query="&".join(kept)))


def parse_query(url: str) -> dict[str, str]:
    """The query's first value by name; at most 100 pairs are read."""
    query = urlsplit(url).query
    pairs = parse_qsl(query, keep_blank_values=True) if query.count("&") < 100 else []  # noqa: PLR2004
    return dict(reversed(pairs))


def parse_handshake_token(token: str, keys: KeySet, *, now: float | None = None) -> tuple[str, ...]:
    """The `Set-Cookie` directives that a handshake token carries, once its signature and category are proved.

    A JWT-template token and a session token are refused, whatever claims their author gave them (case J-029).

    Args:
        token: the carrier, of the query or of a cookie.
        keys: of the instance.
        now: unix seconds; an `exp` before that, if there is one, ends the carrier (case S-012). `None` leaves it aside,
            as the JavaScript SDK does.

    Raises:
        TokenError: as `verify_token`, or `token-invalid` for a payload without directives.
    """
    claims = prove_claims(token, keys)
    directives = claims.get("handshake")
    # A session token with a custom claim of this name, perhaps from metadata that its user writes, is no handshake.
    is_session_token = "sid" in claims or "sub" in claims
    if is_session_token or not isinstance(directives, list) or not all(isinstance(line, str) for line in directives):
        raise TokenError("token-invalid")
    expires = claims.get("exp")
    if now is not None and isinstance(expires, int | float) and expires <= now:
        raise TokenError("token-expired")
    return tuple(directives)


def parse_directives(directives: Iterable[str], host: str) -> str | None:
    """The session token that `Set-Cookie` directives bring, `None` when they sign the browser out.

    Args:
        directives: e.g. `__session=eyJ...; Path=/; SameSite=Lax`; the last one for a session cookie wins.
        host: of the application, without port.

    Raises:
        TokenError: `token-invalid` for a cookie of another name, a line break, or a `Domain` that is not the host's.
    """
    lines = tuple(directives)
    if len(lines) > MAX_DIRECTIVES:
        raise TokenError("token-invalid")
    token = None
    for line in lines:
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        if not _is_settable(name) or not line.isprintable() or not all(_is_own(entry, host) for entry in attributes):
            raise TokenError("token-invalid", "The handshake would set a cookie that is not part of the wire.")
        if name == wire.SESSION_COOKIE or name.startswith(f"{wire.SESSION_COOKIE}_"):
            token = value or None
    return token


def _is_settable(name: str) -> bool:
    return any(name == known or name.startswith(f"{known}_") for known in _SETTABLE)


def _is_own(attribute: str, host: str) -> bool:
    """Whether a cookie attribute stays on the host: any but a `Domain` that the host is not in."""
    name, _, value = attribute.strip().partition("=")
    domain = value.strip().removeprefix(".").lower()
    return name.strip().lower() != "domain" or host == domain or ("." in domain and host.endswith(f".{domain}"))
