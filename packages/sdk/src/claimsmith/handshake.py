"""The handshake: a browser is sent to the Frontend API to settle its state, and comes back with it (contract 4.9)."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from claimsmith import wire
from claimsmith.errors import TokenError
from claimsmith.instance import PublishableKey
from claimsmith.jws import parse_jws
from claimsmith.keys import KeySet
from claimsmith.tokens import parse_claims, refuse_header

API_VERSION = "2026-05-12"
MAX_REDIRECTS = 3
MAX_DIRECTIVES = 20

_OWN_QUERY = frozenset({wire.DEV_BROWSER_COOKIE, wire.HANDSHAKE, wire.HANDSHAKE_NONCE})
_SETTABLE = (
    *(wire.SESSION_COOKIE, wire.CLIENT_UAT_COOKIE, wire.DEV_BROWSER_COOKIE, wire.REFRESH_COOKIE),
    *(wire.HANDSHAKE, wire.HANDSHAKE_NONCE),
)


class Handshake(msgspec.Struct, frozen=True):
    """Answer the request with 307 to `location` and these headers; the browser comes back with its state settled."""

    reason: wire.Reason
    location: str
    set_cookies: tuple[str, ...] = ()

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


def make_handshake(  # noqa: PLR0913 - what the query of the request is made of
    reason: wire.Reason,
    url: str,
    publishable_key: PublishableKey,
    *,
    proxy_url: str | None = None,
    session_token: str | None = None,
    dev_browser: str | None = None,
    suffixed: bool = False,
    redirects: int = 0,
) -> Handshake:
    """The redirect that starts a handshake.

    Args:
        reason: told to the Frontend API.
        url: absolute, where the browser shall come back to; loses the keys of earlier handshakes.
        publishable_key: names the Frontend API's host.
        proxy_url: where browsers reach the Frontend API instead, absolute or a path on this host.
        session_token: the old token, if any.
        dev_browser: its id, development only.
        suffixed: whether suffixed cookies were read.
        redirects: how many handshakes went before this one.
    """
    query = {
        "redirect_url": clean_url(url),
        "__clerk_api_version": API_VERSION,
        "suffixed_cookies": "true" if suffixed else "false",
        wire.HANDSHAKE_REASON_QUERY: reason,
        "format": "nonce",
    }
    if session_token:
        query[wire.SESSION_COOKIE] = session_token
    if dev_browser and publishable_key.environment == "development":
        query[wire.DEV_BROWSER_COOKIE] = dev_browser
    base = urljoin(url, proxy_url) if proxy_url else f"https://{publishable_key.frontend_api}"
    count = f"{wire.REDIRECT_COUNT_COOKIE}={redirects + 1}; Path=/; SameSite=Lax; HttpOnly; Max-Age=2"
    return Handshake(reason, f"{base.rstrip('/')}{wire.HANDSHAKE_PATH}?{urlencode(query, quote_via=quote)}", (count,))


def clean_url(url: str) -> str:
    """The address without the query keys that handshakes put there; the rest of the query stays as it was written."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in _OWN_QUERY]
    return urlunsplit(parts._replace(query="&".join(kept)))


def parse_query(url: str) -> dict[str, str]:
    """The query's last value by name; at most 100 pairs are read."""
    query = urlsplit(url).query
    return dict(parse_qsl(query, keep_blank_values=True)) if query.count("&") < 100 else {}  # noqa: PLR2004


def parse_handshake_token(token: str, keys: KeySet) -> tuple[str, ...]:
    """The `Set-Cookie` directives that a handshake token carries, once its signature and category are proved.

    Its `exp` is not looked at, as on the wire. A JWT-template token and a session token are refused, whatever claims
    their author gave them (case J-029).

    Raises:
        TokenError: as `verify_token`, or `token-invalid` for a payload without directives.
    """
    jws = parse_jws(token)
    if jws.header.kind != "session":
        refuse_header(jws.header)
    claims = parse_claims(jws, keys.find(jws.header.kid))
    directives = claims.get("handshake")
    # A session token with a custom claim of this name, perhaps from metadata that its user writes, is no handshake.
    is_session_token = "sid" in claims or "sub" in claims
    if is_session_token or not isinstance(directives, list) or not all(isinstance(line, str) for line in directives):
        raise TokenError("token-invalid")
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
