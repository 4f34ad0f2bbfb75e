"""The cookies of one request, and which of the plain and suffixed twins count (contract 2.4c, security case S-005)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from claimsmith.errors import TokenError
from claimsmith.instance import PublishableKey
from claimsmith.tokens import decode_claims
from claimsmith.wire import CLIENT_UAT_COOKIE, DEV_BROWSER_COOKIE, SESSION_COOKIE

MAX_SAME_NAME = 4
"""Values of one cookie name that are looked at: a sibling host may toss some, but not make work without bound."""

Cookies = dict[str, tuple[str, ...]]
"""Values by exact name, in the order sent; browsers send the most specific path first (RFC 6265 section 5.4)."""


class SessionCookies(msgspec.Struct, frozen=True):
    """What the cookies say of one instance's session."""

    tokens: tuple[str, ...]
    """Distinct candidates for the session token, mostly none or one."""
    client_uat: int | None
    """Unix seconds of the last change of the sign-in state; 0 when signed out, `None` when the cookie is absent."""
    dev_browser: str | None
    suffixed: bool
    """Whether they came from the names with the instance's suffix."""


def parse_cookies(headers: Iterable[str]) -> Cookies:
    """The cookies of all `Cookie` headers; anything that is not `name=value` is passed over, nothing is decoded."""
    cookies: dict[str, list[str]] = {}
    for header in headers:
        for pair in header.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals and name:
                values = cookies.setdefault(name, [])
                if value not in values and len(values) < MAX_SAME_NAME:
                    values.append(value)
    return {name: tuple(values) for name, values in cookies.items()}


def read_session_cookies(cookies: Cookies, publishable_key: PublishableKey | None) -> SessionCookies:
    """The session cookies of the instance; without a publishable key, those without a suffix."""
    plain = _read(cookies, "")
    if publishable_key is None:
        return plain
    suffixed = _read(cookies, f"_{publishable_key.cookie_suffix}")
    chosen = suffixed if _uses_suffixed(plain, suffixed, publishable_key) else plain
    # The dev browser is one, whatever twin tells of it.
    return msgspec.structs.replace(chosen, dev_browser=suffixed.dev_browser or plain.dev_browser)


def _read(cookies: Cookies, suffix: str) -> SessionCookies:
    tokens = tuple(value for value in cookies.get(SESSION_COOKIE + suffix, ()) if value)
    dates = [int(value) for value in cookies.get(CLIENT_UAT_COOKIE + suffix, ()) if _is_date(value)]
    dev_browser = next(iter(cookies.get(DEV_BROWSER_COOKIE + suffix, ())), None)
    # The latest of several: a date tossed in may cost a handshake, never a sign-out.
    return SessionCookies(tokens, max(dates, default=None), dev_browser or None, bool(suffix))


def _is_date(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 12  # noqa: PLR2004 - digits of a date in unix seconds


def _uses_suffixed(plain: SessionCookies, suffixed: SessionCookies, publishable_key: PublishableKey) -> bool:
    """Whether the suffixed twins count: unless they are absent, signed out while the plain ones are not, or older."""
    if not suffixed.tokens and suffixed.client_uat is None:
        return _is_foreign(plain, publishable_key)
    if suffixed.tokens and (_is_unreadable(plain) or _is_foreign(plain, publishable_key)):
        return True
    if not suffixed.client_uat:
        return not plain.client_uat and (suffixed.client_uat == 0 or not plain.tokens)
    return not (plain.client_uat and _newest(plain) > _newest(suffixed))


def _is_foreign(cookies: SessionCookies, publishable_key: PublishableKey) -> bool:
    """Whether a session token tells of another issuer than the publishable key's host; schemes don't count."""
    issuers = [claims.get("iss") for claims in _claims(cookies)]
    hosts = {issuer.partition("://")[2] for issuer in issuers if isinstance(issuer, str)}
    return bool(hosts) and publishable_key.frontend_api not in hosts


def _is_unreadable(cookies: SessionCookies) -> bool:
    return bool(cookies.tokens) and not any("iss" in claims for claims in _claims(cookies))


def _newest(cookies: SessionCookies) -> float:
    dates = [claims.get("iat") for claims in _claims(cookies)]
    return max((date for date in dates if isinstance(date, int | float)), default=0)


def _claims(cookies: SessionCookies) -> list[dict[str, Any]]:
    """The claims of the candidates that can be read at all; unproved, so they choose a cookie and nothing else."""
    readable = []
    for token in cookies.tokens:
        try:
            readable.append(decode_claims(token))
        except TokenError:
            continue
    return readable
