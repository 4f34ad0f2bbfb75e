"""The cookies of one request, and which of the plain and suffixed twins count (contract 2.4c, security case S-005)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from claimsmith.errors import TokenError
from claimsmith.instance import PublishableKey
from claimsmith.verification.tokens import decode_claims
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

    def __repr__(self) -> str:
        """How many tokens there are, never one of them."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("tokens", len(self.tokens)), ("client_uat", self.client_uat), ("suffixed", self.suffixed)]


_NOTHING = SessionCookies((), None, None, suffixed=False)


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


def read_session_cookies(
    cookies: Cookies, publishable_key: PublishableKey | None, *, now: float, frontend_api: str | None = None
) -> tuple[SessionCookies, SessionCookies]:
    """The session cookies of the instance, then what their twins under the other names say.

    Args:
        cookies: of the request.
        publishable_key: of the instance; without one only the plain names are read, and nothing comes second.
        now: unix seconds.
        frontend_api: host of the tokens' issuer; the publishable key's when `None`.
    """
    plain = _read(cookies, "")
    if publishable_key is None:
        return plain, _NOTHING
    suffixed = _read(cookies, f"_{publishable_key.cookie_suffix}")
    issuer = publishable_key.frontend_api if frontend_api is None else frontend_api
    expires_by = now if publishable_key.environment == "development" else None
    return (suffixed, plain) if _uses_suffixed(plain, suffixed, issuer, expires_by) else (plain, suffixed)


def _read(cookies: Cookies, suffix: str) -> SessionCookies:
    tokens = tuple(value for value in cookies.get(SESSION_COOKIE + suffix, ()) if value)
    dates = [int(value) for value in cookies.get(CLIENT_UAT_COOKIE + suffix, ()) if _is_date(value)]
    dev_browser = next(iter(cookies.get(DEV_BROWSER_COOKIE + suffix, ())), None)
    # The latest of several: a date tossed in may cost a handshake, never a sign-out.
    return SessionCookies(tokens, max(dates, default=None), dev_browser or None, bool(suffix))


def _is_date(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 12  # noqa: PLR2004 - digits of a date in unix seconds


def _uses_suffixed(plain: SessionCookies, suffixed: SessionCookies, issuer: str, expires_by: float | None) -> bool:
    """Whether the suffixed names count (contract 2.4c), in the order that the JavaScript SDK asks in.

    Args:
        plain: what the names without suffix say.
        suffixed: what the names with it say.
        issuer: host that a token of this instance names.
        expires_by: unix seconds at which an expired suffixed token gives way to a sign-out; `None`: it never does.
    """
    claims = _read_claims(plain.tokens)
    has_issuer = any(entry.get("iss") for entry in claims)
    # A tossed cookie that is no token at all must not hide one that is (case S-005): as if it were not there.
    is_tossed = bool(plain.tokens and not claims and suffixed.tokens)
    if plain.tokens and not has_issuer and not is_tossed:
        return False
    if has_issuer and not _is_from(claims, issuer):
        return True
    if suffixed.client_uat is None:
        return False
    others = claims if plain.tokens == suffixed.tokens else _read_claims(suffixed.tokens)
    if 0 not in {suffixed.client_uat, plain.client_uat} and _newest(claims) > _newest(others):
        return False
    if suffixed.client_uat == 0:
        return plain.client_uat == 0
    return not (expires_by is not None and plain.client_uat == 0 and _is_expired(others, expires_by))


def _is_from(claims: list[dict[str, Any]], issuer: str) -> bool:
    """Whether a token names the issuer's host; schemes don't count."""
    issuers = [entry.get("iss") for entry in claims]
    return issuer in {text.partition("://")[2] for text in issuers if isinstance(text, str)}


def _newest(claims: list[dict[str, Any]]) -> float:
    dates = [entry.get("iat") for entry in claims]
    return max((date for date in dates if isinstance(date, int | float)), default=0)


def _is_expired(claims: list[dict[str, Any]], now: float) -> bool:
    dates = [entry.get("exp") for entry in claims]
    return bool(dates) and all(isinstance(date, int | float) and date <= int(now) for date in dates)


def _read_claims(tokens: tuple[str, ...]) -> list[dict[str, Any]]:
    """The claims of the candidates that can be read at all; unproved, so they choose a cookie and nothing else."""
    readable = []
    for token in tokens:
        try:
            readable.append(decode_claims(token))
        except TokenError:
            continue
    return readable
