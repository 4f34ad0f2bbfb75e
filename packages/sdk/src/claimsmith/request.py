"""Who is calling: the decision of `authenticate`, from a request's facts and keys, without any I/O (contract 2.4b)."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from claimsmith import wire
from claimsmith.auth import Auth, SignedOut, make_auth
from claimsmith.cookies import SessionCookies, parse_cookies, read_session_cookies
from claimsmith.errors import TokenError
from claimsmith.facts import Options, RequestFacts, count_redirects, is_address, is_document
from claimsmith.handshake import (
    MAX_REDIRECTS,
    Handshake,
    clean_url,
    make_handshake,
    parse_directives,
    parse_handshake_token,
    parse_query,
)
from claimsmith.jws import parse_jws
from claimsmith.keys import KeySet
from claimsmith.tokens import verify_token

_FAR = float("inf")
_NO_COOKIES = SessionCookies((), None, None, suffixed=False)
_UNSETTLED: dict[str, wire.StateReason] = {
    "token-not-active-yet": "session-token-nbf",
    "token-iat-in-the-future": "session-token-iat-in-the-future",
}


class SignedIn(msgspec.Struct, frozen=True):
    """Someone is signed in; send the headers along when a handshake brought them."""

    auth: Auth[Any]
    set_cookies: tuple[str, ...] = ()
    location: str | None = None
    """Where to send the browser (307) before anything else: the same page without handshake keys."""


Outcome = SignedIn | SignedOut | Handshake


def authenticate(facts: RequestFacts, keys: KeySet, options: Options, *, now: float) -> Outcome:
    """Who is calling, by the `Authorization` header if there is one, else by the cookies. Pure but for `keys`.

    Args:
        facts: of the request.
        keys: `StaticKeys`; for `RemoteKeys` pass a `snapshot` made with `candidate_kids(facts, options)`.
        options: of the application.
        now: unix seconds.

    Never raises for anything that a request may hold; the reason of each refusal is the wire's.

    Example:
        ```python
        match authenticate(facts, keys, options, now=time.time()):
            case SignedIn(auth): ...
            case SignedOut(reason): ...
            case Handshake(reason, location): ...
        ```
    """
    try:
        tokens = _bearer_tokens(facts)
        if tokens:
            return _authenticate_header(tokens, _State(facts, keys, options, now))
        if not is_address(facts.url):
            return SignedOut("unexpected-error", "The request's address cannot be read.")
        return _authenticate_cookies(_State(facts, keys, options, now))
    except TokenError as error:
        return _refuse(error)


def candidate_kids(facts: RequestFacts, options: Options) -> tuple[str, ...]:
    """The `kid` of each token in the request, for fetching keys beforehand; nothing is proved."""
    cookies = parse_cookies(facts.values("cookie"))
    tokens = [*_bearer_tokens(facts), *read_session_cookies(cookies, options.publishable_key).tokens]
    kids = []
    for token in tokens:
        try:
            kids.append(parse_jws(token).header.kid)
        except TokenError:
            continue
    return tuple(dict.fromkeys(kid for kid in kids if kid is not None))


class _State(msgspec.Struct, frozen=True):
    """What every step of the decision needs."""

    facts: RequestFacts
    keys: KeySet
    options: Options
    now: float

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
        )


def _bearer_tokens(facts: RequestFacts) -> list[str]:
    """What the `Authorization` headers offer: `Bearer x` gives x, a lone word itself, other schemes nothing."""
    tokens = []
    for value in facts.values("authorization"):
        scheme, space, rest = value.strip(" ").partition(" ")
        if not space:
            tokens.append(scheme)
        elif scheme.lower() == "bearer":
            tokens.append(rest)
    return [token for token in tokens if token]


def _authenticate_header(tokens: list[str], state: _State) -> Outcome:
    if len(tokens) > 1:
        return SignedOut("token-invalid", "The request has more than one Authorization header.")
    try:
        return _sign_in(state.verify(tokens[0]), tokens[0], state)
    except TokenError as error:
        if tokens[0].startswith(wire.MACHINE_TOKEN_PREFIXES):
            return _refuse(TokenError("token-type-mismatch"))
        if error.reason == "token-expired":
            return _settle("session-token-expired", state, _NO_COOKIES) or _refuse(error)
        return _refuse(error)


def _authenticate_cookies(state: _State) -> Outcome:
    """The decision table of contract 2.4b, in its order; satellites and organization sync are not part of it."""
    cookies = parse_cookies(state.facts.values("cookie"))
    query = parse_query(state.facts.url)
    session = read_session_cookies(cookies, state.options.publishable_key)
    resolved = _resolve_handshake(state, query, {name: values[0] for name, values in cookies.items()})
    if resolved is not None:
        return resolved
    unsettled = _unsettled_reason(state, session, query)
    if unsettled is not None:
        return _settle(unsettled, state, session) or SignedOut(unsettled)
    if not session.tokens:
        return SignedOut("session-token-and-uat-missing")
    return _authenticate_session(session, state)


def _unsettled_reason(state: _State, session: SessionCookies, query: dict[str, str]) -> wire.StateReason | None:
    """Why the cookies alone do not settle the state, before any token is read."""
    key = state.options.publishable_key
    if key is None:
        return None  # Only the plain session cookie is known of; there is nothing to compare it with.
    if key.environment == "development" and state.options.handshakes:
        if wire.DEV_BROWSER_COOKIE in query:
            return "dev-browser-sync"
        if session.dev_browser is None:
            return "dev-browser-missing"
    if session.tokens and not session.client_uat and (state.options.handshakes or session.client_uat == 0):
        return "session-token-but-no-client-uat"
    if session.client_uat and not session.tokens:
        return "client-uat-but-no-session-token"
    return None


def _authenticate_session(session: SessionCookies, state: _State) -> Outcome:
    try:
        token, claims = _pick_token(session, state)
    except TokenError as error:
        if error.reason == "token-expired":
            return _settle(_expired_reason(state), state, session) or _refuse(error)
        unsettled = _UNSETTLED.get(error.reason)
        return (unsettled and _settle(unsettled, state, session)) or _refuse(error)
    if claims.get("iat", _FAR) < (session.client_uat or 0):
        reason: wire.StateReason = "session-token-iat-before-client-uat"
        return _settle(reason, state, session) or SignedOut(reason)
    if _is_from_elsewhere(state):
        synced = _settle("primary-domain-cross-origin-sync", state, session)
        if synced is not None:
            return synced
    return _sign_in(claims, token, state)


def _pick_token(session: SessionCookies, state: _State) -> tuple[str, dict[str, Any]]:
    """The candidate that verifies: one that does not never hides one that does.

    Raises:
        TokenError: none does, or two do for different sessions, which nothing here can settle.
    """
    good: list[tuple[str, dict[str, Any]]] = []
    failure = TokenError("token-invalid")
    for token in reversed(session.tokens):
        try:
            good.append((token, state.verify(token)))
        except TokenError as error:
            failure = error
    if not good:
        raise failure
    if any(claims.get("sid") != good[0][1].get("sid") for _, claims in good):
        raise TokenError("token-invalid", "The request has session cookies of two sessions.")
    return good[-1]


def _resolve_handshake(state: _State, query: dict[str, str], cookies: dict[str, str]) -> Outcome | None:
    """The outcome that a finished handshake brings, `None` when there is none in the request."""
    carried = query.get(wire.HANDSHAKE) or cookies.get(wire.HANDSHAKE)
    directives = state.facts.directives
    if directives is None and carried:
        directives = parse_handshake_token(carried, state.keys)
    key = state.options.publishable_key
    if directives is None or key is None:
        return None
    token = parse_directives(directives, urlsplit(state.facts.url).hostname or "")
    location = clean_url(state.facts.url) if key.environment == "development" else None
    if token is None:
        return SignedOut("session-token-missing", set_cookies=directives, location=location)
    outcome = _sign_in(state.verify(token), token, state)
    return msgspec.structs.replace(outcome, set_cookies=directives, location=location)


def _settle(reason: wire.StateReason, state: _State, session: SessionCookies) -> Handshake | None:
    """The handshake for a request that may have one, `None` for any other."""
    facts, options = state.facts, state.options
    redirects = count_redirects(facts)
    if options.publishable_key is None or not options.handshakes or redirects >= MAX_REDIRECTS:
        return None
    if not is_document(facts) or not is_address(facts.url):
        return None
    return make_handshake(
        reason,
        facts.url,
        options.publishable_key,
        proxy_url=options.proxy_url,
        session_token=next(iter(session.tokens), None),
        dev_browser=parse_query(facts.url).get(wire.DEV_BROWSER_COOKIE) or session.dev_browser,
        suffixed=session.suffixed,
        redirects=redirects,
    )


def _is_from_elsewhere(state: _State) -> bool:
    """Whether a page was come to from another site that is neither the Frontend API nor its account pages."""
    referer, key = state.facts.first("referer"), state.options.publishable_key
    if not referer or key is None or state.facts.first("sec-fetch-dest") != "document" or count_redirects(state.facts):
        return False
    if not is_address(referer):
        return True
    here, there = urlsplit(state.facts.url), urlsplit(referer)
    frontend_api = key.frontend_api.partition(":")[0]
    known = {frontend_api, frontend_api.replace("clerk.", "accounts.", 1)}
    is_dev_accounts = key.environment == "development" and (there.hostname or "").endswith(".accounts.dev")
    return here.netloc != there.netloc and there.hostname not in known and not is_dev_accounts


def _expired_reason(state: _State) -> wire.StateReason:
    if state.facts.method != "GET":
        return "session-token-expired-refresh-non-eligible-non-get"
    return "session-token-expired-refresh-non-eligible-no-refresh-cookie"


def _sign_in(claims: dict[str, Any], token: str, state: _State) -> SignedIn | SignedOut:
    if claims.get("sts") == "pending" and not state.options.accept_pending:
        return SignedOut("session-token-missing", "The session has unfinished tasks.")
    return SignedIn(make_auth(claims, token))


def _refuse(error: TokenError) -> SignedOut:
    return SignedOut(error.reason, error.message)
