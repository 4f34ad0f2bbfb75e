"""Handshakes in a row for one page, and why there is no end to them (case S-011). Pure.

SDKs stop after three within two seconds, counted in a cookie of the application's host. When that cookie is lost, too,
this count ends the loop before browsers do, which give up at 20 redirects without saying why.
"""

import hashlib
from typing import Final, NamedTuple

MAX_IN_A_ROW: Final = 5
LOOP_SECONDS: Final = 5
"""How long a count is kept after the last handshake; also the cookie's life."""
ORGANIZATION_REASON: Final = "active-organization-mismatch"
"""An organization that the user is no member of is asked for again and again; SDKs end that by themselves."""

_DIGEST_CHARACTERS = 16


class LoopCause(NamedTuple):
    """What most likely makes a browser come back again and again."""

    cause: str
    remedy: str


_COOKIES_BLOCKED = LoopCause(
    "The browser does not keep the cookies that the application sets.",
    "Allow cookies for the application's address, open it outside of a frame, and don't mix `localhost` with "
    "`127.0.0.1`.",
)
_SESSION_LOST = LoopCause(
    "The browser keeps the application's other cookies, but not the session token: it is too large, or blocked.",
    "Look at the size of `__session` in the dashboard; a browser drops a cookie of more than 4,096 bytes. Otherwise "
    "allow cookies for the application's address.",
)
_CLOCKS_DIFFER = LoopCause(
    "The application's clock and this server's differ.",
    "Set both clocks by a time server; session tokens live for a minute.",
)
_KEYS_DIFFER = LoopCause(
    "The application refuses what this server sends.",
    "Check that its publishable key and secret key belong to this instance, then clear the cookies of its address.",
)
CAUSES: Final[dict[str, LoopCause]] = {
    "dev-browser-missing": _COOKIES_BLOCKED,
    "dev-browser-sync": _COOKIES_BLOCKED,
    "session-token-but-no-client-uat": _COOKIES_BLOCKED,
    "client-uat-but-no-session-token": _SESSION_LOST,
    "session-token-iat-before-client-uat": _CLOCKS_DIFFER,
    "session-token-nbf": _CLOCKS_DIFFER,
    "session-token-iat-in-the-future": _CLOCKS_DIFFER,
    "session-token-expired": _CLOCKS_DIFFER,
}
"""By the reason of the handshake, query `__clerk_hs_reason`; also by its beginning."""


def count_handshake(previous: str | None, redirect_url: str) -> tuple[int, str]:
    """How many handshakes in a row this is for a page, and the value that says so next time.

    `previous` is the value of before, e.g. `2-93d4f0…`; one for another page, or that can't be read, counts nothing.
    """
    page = hashlib.sha256(redirect_url.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    digits, _, before = (previous or "").partition("-")
    is_known = before == page and len(digits) == 1 and digits in "123456789"
    count = min(9, int(digits) + 1) if is_known else 1
    return count, f"{count}-{page}"


def find_cause(reason: str) -> LoopCause:
    """The most likely cause of a loop, by the last handshake's reason."""
    known = next((cause for start, cause in CAUSES.items() if reason == start or reason.startswith(f"{start}-")), None)
    return known or _KEYS_DIFFER
