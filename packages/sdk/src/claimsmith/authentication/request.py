"""Who is calling: the decision of `authenticate`, from a request's facts and keys, without any I/O (contract 2.4b)."""

from typing import Any, cast

from claimsmith import wire
from claimsmith.auth import SignedOut
from claimsmith.authentication.cookies import SessionCookies, parse_cookies, read_session_cookies
from claimsmith.authentication.facts import Options, RequestFacts, is_address, read_bearer_tokens
from claimsmith.authentication.handshake import Handshake
from claimsmith.authentication.organization_sync import find_target
from claimsmith.authentication.refresh import UNASKED
from claimsmith.authentication.request_state import Outcome, RequestState, SignedIn, settle, sign_in
from claimsmith.authentication.resolution import explain_expiry, list_brought_tokens, resolve_handshake, resolve_refresh
from claimsmith.authentication.satellites import (
    SYNCED_QUERY,
    answer_satellite,
    ask_primary,
    find_satellite,
    is_from_elsewhere,
)
from claimsmith.authentication.satellites import is_to_sync as is_satellite_to_sync
from claimsmith.errors import TokenError
from claimsmith.verification.jws import parse_header
from claimsmith.verification.keys import KeySet
from claimsmith.verification.tokens import TokenCache, decode_claims

__all__ = ["Outcome", "SignedIn", "authenticate", "candidate_kids", "is_refreshable"]

_REFRESH = "session-token-expired-refresh-"
_UNTIMELY: dict[str, wire.StateReason] = {
    "token-not-active-yet": "session-token-nbf",
    "token-iat-in-the-future": "session-token-iat-in-the-future",
}
_UNREAD = frozenset({"token-invalid", "token-type-mismatch"})
"""Reasons for which not even the date of a token counts."""


def authenticate(
    facts: RequestFacts, keys: KeySet, options: Options, *, now: float, cache: TokenCache | None = None
) -> Outcome:
    """Who is calling, by the `Authorization` header if there is one, else by the cookies. Pure but for `keys`.

    Args:
        facts: of the request.
        keys: `StaticKeys`; for `RemoteKeys` pass a `snapshot` made with `candidate_kids(facts, options, now=now)`.
        options: of the application.
        now: unix seconds.
        cache: of tokens proved before; without one each is proved anew.

    Never raises for anything that a request may hold; the reason of each refusal is the wire's.

    Example:
        ```python
        match authenticate(facts, keys, options, now=now):
            case SignedIn(auth):
                auth.user_id
            case SignedOut(reason):
                reason
            case Handshake(reason, location):
                location
        ```
    """
    state = RequestState(facts, keys, options, now, cache)
    try:
        tokens = read_bearer_tokens(facts)
        if tokens:
            return _authenticate_header(tokens, state)
        if not is_address(facts.url):
            return SignedOut("unexpected-error", "The request's address cannot be read.")
        return _authenticate_cookies(state)
    except TokenError as error:
        return SignedOut(error.reason, error.message)


def candidate_kids(facts: RequestFacts, options: Options, *, now: float) -> tuple[str, ...]:
    """The `kid` of each token that decides on the request, for fetching keys beforehand; nothing is proved.

    Example:
        ```python
        snapshot = remote_keys.snapshot(*candidate_kids(facts, options, now=now))
        ```
    """
    tokens = read_bearer_tokens(facts)
    cookies = parse_cookies(facts.values("cookie"))
    if not tokens:
        session, _ = read_session_cookies(cookies, options.publishable_key, now=now, frontend_api=options.frontend_api)
        tokens = list(session.tokens)
    if is_address(facts.url):
        tokens += list_brought_tokens(facts, cookies)
    kids = []
    for token in tokens:
        try:
            kids.append(parse_header(token).kid)
        except TokenError:
            continue
    return tuple(dict.fromkeys(kid for kid in kids if kid is not None))


def is_refreshable(outcome: Outcome) -> bool:
    """Whether the Backend API might give a new token for the expired one: ask it, and authenticate again."""
    return not isinstance(outcome, SignedIn) and outcome.reason == f"{_REFRESH}{UNASKED}"


def _authenticate_header(tokens: list[str], state: RequestState) -> Outcome:
    if len(tokens) > 1:
        return SignedOut("token-invalid", "The request has more than one Authorization header.")
    (token,) = tokens
    try:
        return sign_in(state.verify(token), token, state)
    except TokenError as error:
        if token.startswith(wire.MACHINE_TOKEN_PREFIXES):
            raise TokenError("token-type-mismatch") from None
        return _refuse(error, token, state)


def _authenticate_cookies(state: RequestState) -> Outcome:
    """The decision table of contract 2.4b, in its order."""
    decided = resolve_handshake(state) or _sync_domains(state)
    if decided is not None:
        return decided
    unsettled = _unsettled_reason(state)
    if unsettled is not None:
        return settle(unsettled, state)
    session, other = state.twins
    if not session.tokens:
        return SignedOut("session-token-and-uat-missing")
    outcome = _authenticate_session(session, state)
    if isinstance(outcome, SignedOut) and outcome.reason in _REFUSED and other.tokens and other.client_uat:
        # A forged cookie with a late date is chosen before a good one, but never hides it (case S-005).
        second = _authenticate_session(other, state)
        return second if isinstance(second, SignedIn) else outcome
    return outcome


_REFUSED = frozenset(
    {
        *("token-invalid", "token-invalid-signature", "token-invalid-algorithm", "token-type-mismatch"),
        *("token-verification-failed", "jwk-kid-mismatch"),
    },
)
"""Reasons that say that a token was never this instance's session token."""


def _sync_domains(state: RequestState) -> Outcome | None:
    """The outcome for a satellite that has to ask its primary, and for a primary that is asked; `None` for others."""
    facts, options, query = state.facts, state.options, state.query
    if not options.handshakes:
        return None
    if is_satellite_to_sync(facts, query, options):
        has_cookies, is_asked = state.session.tokens or state.session.client_uat, query.get(SYNCED_QUERY) == "false"
        if not has_cookies and not is_asked and not options.satellite_auto_sync:
            return SignedOut("session-token-and-uat-missing")
        if not has_cookies or is_asked:
            primary = options.sign_in_url if options.is_development else None
            location = ask_primary(primary, facts.url) if primary else None
            return settle("satellite-needs-syncing", state, location=location)
    satellite = find_satellite(query, options)
    if satellite is None:
        return None
    return settle("primary-responds-to-syncing", state, location=answer_satellite(satellite, state.dev_browser))


def _unsettled_reason(state: RequestState) -> wire.StateReason | None:
    """Why the cookies alone do not settle the state, before any token is read."""
    options, session = state.options, state.session
    if options.publishable_key is None:
        return None  # Only the plain session cookie is known of; there is nothing to compare it with.
    if options.is_development and options.handshakes:
        if wire.DEV_BROWSER_COOKIE in state.query:
            return "dev-browser-sync"
        if session.dev_browser is None:
            return "dev-browser-missing"
    if session.tokens and not session.client_uat and (options.handshakes or session.client_uat == 0):
        return "session-token-but-no-client-uat"
    if session.client_uat and not session.tokens:
        return "client-uat-but-no-session-token"
    return None


def _authenticate_session(session: SessionCookies, state: RequestState) -> Outcome:
    try:
        token, claims = _pick_token(session, state)
    except TokenError as error:
        return _refuse_session(error, session, state)
    if _is_older(claims, session):
        return settle("session-token-iat-before-client-uat", state)
    outcome = sign_in(claims, token, state)
    unsynced = _unsynced_reason(outcome, state)
    synced = None if unsynced is None else settle(unsynced, state)
    return synced if isinstance(synced, Handshake) else outcome


def _unsynced_reason(outcome: SignedIn | SignedOut, state: RequestState) -> wire.StateReason | None:
    """Why a good token is not all there is to know: a satellite may know better, the address another organization."""
    if is_from_elsewhere(state.facts, state.options):
        return "primary-domain-cross-origin-sync"
    target = find_target(state.facts.url, state.options)
    if target is None or isinstance(outcome, SignedOut) or target.is_active(outcome.auth):
        return None
    return "active-organization-mismatch"


def _pick_token(session: SessionCookies, state: RequestState) -> tuple[str, dict[str, Any]]:
    """The candidate that verifies: one that does not never hides one that does.

    Raises:
        TokenError: none does (the first one's reason), or two do for different sessions, which nothing can settle.
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
    token, claims = good[-1]
    if any(other.get("sid") != claims.get("sid") for _, other in good):
        raise TokenError("token-invalid", "The request has session cookies of two sessions.")
    return token, claims


def _refuse_session(error: TokenError, session: SessionCookies, state: RequestState) -> Outcome:
    """The outcome for a cookie that does not verify: if it is older than the last sign-in, a new one settles it."""
    token = session.tokens[0]
    if error.reason not in _UNREAD and _is_older(decode_claims(token), session):
        return settle("session-token-iat-before-client-uat", state, message=error.message)
    return _refuse(error, token, state)


def _is_older(claims: dict[str, Any], session: SessionCookies) -> bool:
    issued_at, signed_in_at = claims.get("iat"), session.client_uat
    return isinstance(issued_at, int | float) and signed_in_at is not None and issued_at < signed_in_at


def _refuse(error: TokenError, token: str, state: RequestState) -> Outcome:
    """The outcome for a token that does not verify: expired ones may be refreshed, untimely ones settled."""
    if error.reason == "token-expired":
        why = f"{_REFRESH}{explain_expiry(state.facts, state.options)}"
        # The Backend API's own code may end the reason, so not all of them can be written down.
        return resolve_refresh(token, state) or settle(
            cast("wire.Reason", why), state, token=token, message=error.message
        )
    untimely = _UNTIMELY.get(error.reason)
    if untimely is not None:
        return settle(untimely, state, token=token, message=error.message)
    return SignedOut(error.reason, error.message)
