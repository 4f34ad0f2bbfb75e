"""What a finished handshake or a refresh brings: a session token to prove and cookies to replay (contract 4.9, 5.5).

What proves nothing changes nothing: the request is then decided as if it had come without (cases J-029, S-012, S-013).
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from claimsmith import wire
from claimsmith.auth import SignedOut
from claimsmith.authentication.facts import Options, RequestFacts, is_address
from claimsmith.authentication.handshake import clean_url, parse_directives, parse_handshake_token, parse_query
from claimsmith.authentication.refresh import UNASKED, find_refresh_token
from claimsmith.authentication.request_state import RequestState, SignedIn, sign_in
from claimsmith.errors import TokenError
from claimsmith.verification.tokens import decode_claims


def find_nonce(facts: RequestFacts, cookies: dict[str, tuple[str, ...]]) -> str | None:
    """The handshake nonce of a request, of its query or of a cookie."""
    return parse_query(facts.url).get(wire.HANDSHAKE_NONCE) or next(iter(cookies.get(wire.HANDSHAKE_NONCE, ())), None)


def find_carriers(query: dict[str, str], cookies: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The handshake tokens of a request, its query's first; one that was tossed in does not hide a good one."""
    return tuple(token for token in (query.get(wire.HANDSHAKE), *cookies.get(wire.HANDSHAKE, ())) if token)


def resolve_handshake(state: RequestState) -> SignedIn | SignedOut | None:
    """The outcome that a finished handshake brings, `None` when there is none in the request that can be proved."""
    if state.options.publishable_key is None:
        return None
    for directives in _proved_directives(state):
        try:
            return _accept(directives, state)
        except TokenError:
            continue
    return None


def _proved_directives(state: RequestState) -> Iterator[tuple[str, ...]]:
    if state.facts.directives:
        yield state.facts.directives
    for carried in find_carriers(state.query, state.cookies):
        try:
            yield parse_handshake_token(carried, state.keys, now=state.now - state.options.leeway)
        except TokenError:
            continue


def _accept(directives: tuple[str, ...], state: RequestState) -> SignedIn | SignedOut:
    token = parse_directives(directives, _host(state.facts))
    # The query of development keys is taken out of the address; live keys travel in cookies, which are deleted.
    location = clean_url(state.facts.url) if state.options.is_development else None
    if token is None:
        return SignedOut("session-token-missing", set_cookies=directives, location=location)
    outcome = sign_in(state.verify(token), token, state)
    return msgspec.structs.replace(outcome, set_cookies=directives, location=location)


def resolve_refresh(expired: str, state: RequestState) -> SignedIn | SignedOut | None:
    """The outcome that a refresh brings, `None` when there was none or when it is not of the same session."""
    refreshed = state.facts.refreshed
    if refreshed is None:
        return None
    try:
        token = parse_directives(refreshed.directives, _host(state.facts))
        if token is None:
            return None
        claims = state.verify(token)
        if claims.get("sid") != decode_claims(expired).get("sid"):
            return None
    except TokenError:
        return None
    return msgspec.structs.replace(sign_in(claims, token, state), set_cookies=refreshed.directives)


def explain_expiry(facts: RequestFacts, options: Options) -> str:
    """Why an expired token was not refreshed: the end of the reason `session-token-expired-refresh-<why>`."""
    if facts.method != "GET":
        return "non-eligible-non-get"
    if find_refresh_token(facts, options) is None:
        return "non-eligible-no-refresh-cookie"
    if facts.refreshed is None:
        return UNASKED
    return facts.refreshed.failure or "invalid-session-token"


def list_brought_tokens(facts: RequestFacts, cookies: dict[str, tuple[str, ...]]) -> list[str]:
    """Every token that a handshake or a refresh may have brought, carriers among them; nothing is proved."""
    carriers = find_carriers(parse_query(facts.url), cookies)
    lines = [*(facts.directives or ()), *(facts.refreshed.directives if facts.refreshed else ())]
    for carrier in carriers:
        try:
            carried = decode_claims(carrier).get("handshake")
        except TokenError:
            continue
        lines += [line for line in carried if isinstance(line, str)] if isinstance(carried, list) else []
    named = (line.partition(";")[0].strip().partition("=") for line in lines)
    return [*carriers, *(value for name, _, value in named if name.startswith(wire.SESSION_COOKIE) and value)]


def _host(facts: RequestFacts) -> str:
    return (urlsplit(facts.url).hostname or "") if is_address(facts.url) else ""
