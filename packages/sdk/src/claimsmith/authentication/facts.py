"""What of a request and of an application decides who is calling; adapters fill it in."""

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from claimsmith import wire
from claimsmith.authentication.cookies import parse_cookies
from claimsmith.instance import PublishableKey

MAX_REDIRECTS = 3
"""Handshakes in a row before a browser is taken as it is."""

_DOCUMENTS = frozenset({"document", "iframe"})
_REDIRECT_COUNTS = frozenset("0123")


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What the Backend API gave for an expired session token and its refresh token (contract 5.5).

    Example:
        ```python
        assert Refreshed(failure="refresh_token_invalid").directives == ()
        ```
    """

    directives: tuple[str, ...] = ()
    """`Set-Cookie` values with the new token."""
    failure: str = ""
    """Without directives: why, as in the reason `session-token-expired-refresh-<why>`."""

    def __repr__(self) -> str:
        """Why it failed, if it did, never a cookie: those hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("failure", self.failure)]


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request decides; adapters make it from their framework's request.

    Example:
        ```python
        facts = RequestFacts(
            method="GET", url="https://app.example.com/", headers=(("authorization", f"Bearer {token}"),)
        )
        assert facts.first("authorization") == f"Bearer {token}"
        ```
    """

    method: str
    url: str
    """Absolute, as the browser sees it."""
    headers: tuple[tuple[str, str], ...] = ()
    """All headers, names in lower case, repeated ones repeated."""
    directives: tuple[str, ...] | None = None
    """What the Backend API gave for the request's handshake nonce; `None` when it has none or was not asked."""
    refreshed: Refreshed | None = None
    """What the Backend API gave for the request's expired token; `None` when it was not asked."""

    def __repr__(self) -> str:
        """What was asked for, never headers and query: those hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("method", self.method), ("url", self.url.partition("?")[0])]

    def values(self, name: str) -> list[str]:
        """All values of a header; `name` in lower case."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        """The first value of a header, `None` when it is absent."""
        return next(iter(self.values(name)), None)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an application wants its callers to be known.

    Example:
        ```python
        options = Options(authorized_parties=("https://app.example.com",), handshakes=False)
        assert options.leeway == 5
        ```
    """

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
    handshake_format: Literal["nonce", "token"] = "nonce"
    """How a handshake's result is to travel; a nonce is read at the Backend API, so it takes a secret key."""
    proxy_url: str | None = None
    """Where browsers reach the Frontend API, absolute or a path on this host."""
    is_satellite: bool = False
    """Whether the application is on another domain than the one where people sign in, its primary."""
    domain: str | None = None
    """Of a satellite with live keys, e.g. `satellite.example`: its Frontend API is at `clerk.satellite.example`."""
    sign_in_url: str | None = None
    """Where people sign in; of a satellite with development keys: the primary's page, absolute."""
    satellite_auto_sync: bool = False
    """Whether a satellite asks its primary about everybody, and not just about those who come from its sign-in."""
    allowed_redirect_origins: tuple[str, ...] = ()
    """Origins of the satellites that a primary with development keys answers to, e.g. `http://localhost:3001`."""
    organization_patterns: tuple[str, ...] = ()
    """Paths of one organization each, e.g. `/orgs/:slug` or `/orgs/:id/(.*)`: it is made the active one there."""
    personal_account_patterns: tuple[str, ...] = ()
    """Paths without an organization, e.g. `/me/(.*)`."""

    @property
    def frontend_api(self) -> str:
        """Host (and port) of the Frontend API that tokens are issued by; empty without a publishable key."""
        if self.publishable_key is None:
            return ""
        if self.is_satellite and self.domain and not self.is_development:
            return f"clerk.{self.domain}"
        return self.publishable_key.frontend_api

    @property
    def is_development(self) -> bool:
        """Whether the publishable key is a development instance's."""
        return self.publishable_key is not None and self.publishable_key.environment == "development"


def is_document(facts: RequestFacts) -> bool:
    """Whether a browser asks for a page, so that a redirect reaches a person and not a script (case S-010)."""
    destination = facts.first("sec-fetch-dest")
    if facts.method != "GET":
        return False
    return destination in _DOCUMENTS if destination else (facts.first("accept") or "").startswith("text/html")


def is_navigation(facts: RequestFacts) -> bool:
    """Whether a browser says that it opens a page; narrower than `is_document`."""
    return facts.method == "GET" and facts.first("sec-fetch-dest") == "document"


def is_address(url: str) -> bool:
    """Whether the text can be taken apart as a URL at all; `Host` and `Referer` are the caller's words."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def read_bearer_tokens(facts: RequestFacts) -> list[str]:
    """What the `Authorization` headers offer: `Bearer x` gives x, a lone word itself, other schemes nothing."""
    tokens = []
    for value in facts.values("authorization"):
        scheme, space, rest = value.strip(" ").partition(" ")
        if not space:
            tokens.append(scheme)
        elif scheme.lower() == "bearer":
            tokens.append(rest)
    return [token for token in tokens if token]


def count_redirects(facts: RequestFacts) -> int:
    """Handshakes in a row so far; a count that can't be read is taken for too many."""
    values = parse_cookies(facts.values("cookie")).get(wire.REDIRECT_COUNT_COOKIE, ("0",))
    return max(int(value) if value in _REDIRECT_COUNTS else MAX_REDIRECTS for value in values)
