"""What every step of the decision on a request needs, and the three things that it may come to."""

from functools import cached_property
from typing import Any

import msgspec

from claimsmith import wire
from claimsmith.auth import Auth, SignedOut, make_auth
from claimsmith.authentication.cookies import Cookies, SessionCookies, parse_cookies, read_session_cookies
from claimsmith.authentication.facts import (
    MAX_REDIRECTS,
    Options,
    RequestFacts,
    count_redirects,
    is_address,
    is_document,
)
from claimsmith.authentication.handshake import Handshake, Sought, count_cookie, make_handshake, parse_query
from claimsmith.authentication.organization_sync import find_target
from claimsmith.verification.keys import KeySet
from claimsmith.verification.tokens import TokenCache, verify_token


class SignedIn(msgspec.Struct, frozen=True):
    """Someone is signed in; send the headers along when a handshake or a refresh brought them.

    Example:
        ```python
        outcome = authenticate(facts, keys, options, now=now)
        if isinstance(outcome, SignedIn):
            outcome.auth.user_id
        ```
    """

    auth: Auth[Any]
    set_cookies: tuple[str, ...] = ()
    location: str | None = None
    """Where to send the browser (307) before anything else: the same page without handshake keys."""

    def __repr__(self) -> str:
        """Who it is and where to, never a cookie: those hold tokens."""
        return f"SignedIn(auth={self.auth!r}, location={self.location!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("auth", self.auth), ("location", self.location)]


Outcome = SignedIn | SignedOut | Handshake


class RequestState:
    """One request in the light of the application's keys and options; its cookies are read when they are asked for."""

    def __init__(
        self, facts: RequestFacts, keys: KeySet, options: Options, now: float, cache: TokenCache | None
    ) -> None:
        self.facts: RequestFacts = facts
        self.keys: KeySet = keys
        self.options: Options = options
        self.now: float = now
        self._cache = cache

    @cached_property
    def cookies(self) -> Cookies:
        """All cookies."""
        return parse_cookies(self.facts.values("cookie"))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's first value by name."""
        return parse_query(self.facts.url)

    @cached_property
    def twins(self) -> tuple[SessionCookies, SessionCookies]:
        """The session cookies that count, and those of the other names."""
        options = self.options
        return read_session_cookies(
            self.cookies, options.publishable_key, now=self.now, frontend_api=options.frontend_api
        )

    @property
    def session(self) -> SessionCookies:
        """The session cookies that count."""
        return self.twins[0]

    @property
    def dev_browser(self) -> str | None:
        """The id of the development browser: the query's, else the cookie's."""
        return self.query.get(wire.DEV_BROWSER_COOKIE) or self.session.dev_browser

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a session token; raises TokenError."""
        options = self.options
        return verify_token(
            token,
            self.keys,
            now=self.now,
            authorized_parties=options.authorized_parties,
            audience=options.audience,
            leeway=options.leeway,
            cache=self._cache,
        )


def sign_in(claims: dict[str, Any], token: str, state: RequestState) -> SignedIn | SignedOut:
    """The caller whom verified claims tell of; no one while their session has tasks to finish, unless that counts."""
    if claims.get("sts") == "pending" and not state.options.accept_pending:
        return SignedOut("session-token-missing", "The session has unfinished tasks.")
    return SignedIn(make_auth(claims, token))


def settle(
    reason: wire.Reason,
    state: RequestState,
    *,
    token: str | None = None,
    message: str = "",
    location: str | None = None,
) -> Handshake | SignedOut:
    """The handshake for a request that may have one, signed out for any other, with the same reason.

    Args:
        reason: why the state is not settled.
        state: of the request.
        token: the old one, when it is no cookie.
        message: for people.
        location: where to send the browser instead of the Frontend API.
    """
    facts, options = state.facts, state.options
    redirects = count_redirects(facts)
    is_possible = options.publishable_key is not None and options.handshakes and redirects < MAX_REDIRECTS
    if not is_possible or not is_document(facts) or not is_address(facts.url):
        return SignedOut(reason, message)
    if location is not None:
        return Handshake(reason, location, (count_cookie(redirects + 1),))
    target = find_target(facts.url, options)
    sought = Sought(
        session_token=next(iter(state.session.tokens), token),
        dev_browser=state.dev_browser,
        suffixed=state.session.suffixed,
        organization=None if target is None else target.wanted,
    )
    return make_handshake(reason, facts.url, options, sought, redirects=redirects)
