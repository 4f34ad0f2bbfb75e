"""What of a request and of an application decides who is calling; adapters fill it in."""

from urllib.parse import urlsplit

import msgspec

from claimsmith import wire
from claimsmith.cookies import parse_cookies
from claimsmith.handshake import MAX_REDIRECTS
from claimsmith.instance import PublishableKey

_DOCUMENTS = frozenset({"document", "iframe"})
_REDIRECT_COUNTS = frozenset("0123")


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request decides; adapters make it from their framework's request.

    Example:
        `RequestFacts(method="GET", url="https://app.example.com/", headers=(("authorization", "Bearer eyJ..."),))`
    """

    method: str
    url: str
    """Absolute, as the browser sees it."""
    headers: tuple[tuple[str, str], ...] = ()
    """All headers, names in lower case, repeated ones repeated."""
    directives: tuple[str, ...] | None = None
    """What the Backend API gave for the request's handshake nonce; `None` when it has none or was not asked."""

    def values(self, name: str) -> list[str]:
        """All values of a header; `name` in lower case."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        """The first value of a header, `None` when it is absent."""
        return next(iter(self.values(name)), None)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an application wants its callers to be known."""

    publishable_key: PublishableKey | None = None
    """Names the suffixed cookies and the Frontend API; without it only the plain session cookie is read."""
    authorized_parties: tuple[str, ...] = ()
    """Origins that `azp` must be one of; empty accepts any."""
    audience: tuple[str, ...] = ()
    leeway: float = wire.DEFAULT_LEEWAY_SECONDS
    accept_pending: bool = False
    """Whether a session with unfinished tasks (`sts` is `pending`) counts as signed in."""
    handshakes: bool = True
    """Whether documents may be sent to the Frontend API; an API that serves no pages says no."""
    proxy_url: str | None = None


def is_document(facts: RequestFacts) -> bool:
    """Whether a browser asks for a page, so that a redirect reaches a person and not a script (case S-010)."""
    destination = facts.first("sec-fetch-dest")
    if facts.method != "GET":
        return False
    return destination in _DOCUMENTS if destination else (facts.first("accept") or "").startswith("text/html")


def is_address(url: str) -> bool:
    """Whether the text can be taken apart as a URL at all; `Host` and `Referer` are the caller's words."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def count_redirects(facts: RequestFacts) -> int:
    """Handshakes in a row so far; a count that can't be read is taken for too many."""
    values = parse_cookies(facts.values("cookie")).get(wire.REDIRECT_COUNT_COOKIE, ("0",))
    return max(int(value) if value in _REDIRECT_COUNTS else MAX_REDIRECTS for value in values)
