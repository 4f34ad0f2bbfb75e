"""Refreshing: an expired session token and its refresh token for a new one, without a redirect (contract 5.5).

What is asked and what an answer means; the asking is the application's.
"""

import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from claimsmith import wire
from claimsmith.authentication.cookies import parse_cookies, read_session_cookies
from claimsmith.authentication.facts import Options, Refreshed, RequestFacts, is_address, read_bearer_tokens
from claimsmith.errors import ApiError, ConfigurationError, ConnectionFailed, TokenError
from claimsmith.network.transport import Call
from claimsmith.verification.tokens import decode_claims

UNASKED = "missing-api-client"
"""Why a refresh failed that nobody tried: the word after `session-token-expired-refresh-`."""

_TOLD_HEADERS = frozenset({"user-agent", "accept-language", "origin", "referer", "x-forwarded-for"})
"""What the Backend API is told of the request; never its cookies, which are other applications' too."""
_CODE = re.compile(r"[a-z0-9_-]{1,64}")
_FAILED = "unexpected_error"
_REFUSED = 400
"""Statuses from here on have codes of the wire (RFC 9110 section 15.5)."""


class RefreshedCookies(msgspec.Struct, frozen=True):
    """The Backend API's answer: whole `Set-Cookie` values."""

    cookies: tuple[str, ...]

    def __repr__(self) -> str:
        """How many, never one of them: they hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("cookies", len(self.cookies))]


def find_refresh_token(facts: RequestFacts, options: Options) -> str | None:
    """The refresh token among the cookies, `None` when there is none; it always has the instance's suffix."""
    if options.publishable_key is None:
        return None
    name = f"{wire.REFRESH_COOKIE}_{options.publishable_key.cookie_suffix}"
    return next((value for value in parse_cookies(facts.values("cookie")).get(name, ()) if value), None)


def make_refresh_call(facts: RequestFacts, options: Options, *, now: float) -> Call[RefreshedCookies] | Refreshed:
    """What to ask the Backend API, or why there is nothing to ask.

    Args:
        facts: of a request whose token was found expired.
        options: of the application.
        now: unix seconds.
    """
    cookies = parse_cookies(facts.values("cookie"))
    session, _ = read_session_cookies(cookies, options.publishable_key, now=now, frontend_api=options.frontend_api)
    token = next(iter((*read_bearer_tokens(facts), *session.tokens)), None)
    refresh_token = find_refresh_token(facts, options)
    if not is_address(facts.url):
        return Refreshed(failure="unexpected-sdk-error")  # There is no origin to tell.
    if token is None or refresh_token is None:
        return Refreshed(failure="missing-refresh-token" if token else "missing-session-token")
    try:
        session_id = decode_claims(token).get("sid")
    except TokenError:
        return Refreshed(failure="expired-session-token-decode-failed")
    if not isinstance(session_id, str) or not session_id:
        return Refreshed(failure="expired-session-token-missing-sid-claim")
    return Call(
        method="POST",
        path=f"/v1/sessions/{quote(session_id, safe='')}/refresh",
        returns=RefreshedCookies,
        query={"suffixed_cookies": "true"} if session.suffixed else {},
        body=_make_body(facts, token, refresh_token),
    )


def _make_body(facts: RequestFacts, token: str, refresh_token: str) -> dict[str, Any]:
    parts = urlsplit(facts.url)
    names = dict.fromkeys(name for name, _ in facts.headers if name in _TOLD_HEADERS)
    return {
        "format": "cookie",
        "expired_token": token,
        "refresh_token": refresh_token,
        "request_origin": f"{parts.scheme}://{parts.netloc}",
        "request_headers": {name: facts.values(name) for name in names},
    }


def parse_refreshed(answer: RefreshedCookies) -> Refreshed:
    """What an answer brings."""
    return Refreshed(directives=answer.cookies, failure="" if answer.cookies else "unexpected-sdk-error")


def parse_failure(error: Exception) -> Refreshed:
    """Why a call failed, in the JavaScript SDK's words: the Backend API's own code where it gave one.

    Example:
        ```python
        assert parse_failure(ApiError(502)).failure == "unexpected-bapi-error"
        ```
    """
    if isinstance(error, ConnectionFailed | ConfigurationError):
        return Refreshed(failure="fetch-error")
    if not isinstance(error, ApiError):
        return Refreshed(failure="unexpected-bapi-error")
    if error.status < _REFUSED:
        return Refreshed(failure="unexpected-sdk-error")
    code = error.errors[0].code if error.errors else ""
    if code == _FAILED:
        return Refreshed(failure="fetch-error")
    return Refreshed(failure=code if _CODE.fullmatch(code) else "unexpected-bapi-error")
