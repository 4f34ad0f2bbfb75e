"""Session tokens verified: the signature first, then the claims in the wire's order (contract 2.4).

All of it is pure when it is told the time and the keys are `StaticKeys`.
"""

import functools
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature

from claimsmith.clock import present
from claimsmith.errors import TokenError
from claimsmith.verification.jws import Header, TokenKind, decode_pair, is_foreign, parse_header
from claimsmith.verification.keys import Key, KeySet
from claimsmith.verification.strict_json import decode_json_object, encode_json, parse_json_object
from claimsmith.wire import DEFAULT_LEEWAY_SECONDS, MACHINE_SUBJECT_PREFIX, TokenReason

_LATEST_DATE = 253_402_300_800
"""The year 10000 in unix seconds: a date beyond is in milliseconds or a mistake."""
_NUMBERS = frozenset({int, float})


class TokenCache:
    """Tokens whose signature was proved, remembered whole: for a service that sees the same token again and again.

    A remembered token costs a tenth of a verification. Its dates and parties are checked each time, its claims are read
    anew, and it counts only as long as the key set gives the very key that proved it: a key that is removed or
    replaced ends it. It may be shared between threads, and between key sets.

    Example:
        ```python
        cache = TokenCache(10_000)
        claims = verify_token(token, keys, cache=cache)
        assert verify_token(token, keys, cache=cache) == claims
        ```
    """

    def __init__(self, size: int) -> None:
        """Remember at most `size` tokens, each of up to 16 KiB; those seen longest ago are forgotten first."""
        self._open = functools.lru_cache(maxsize=size)(_open_payload)

    def load_claims(self, token: str, key: Key) -> dict[str, Any]:
        """The members of the token's payload, a new object each time. Raises as `prove_claims`."""
        return decode_json_object(self._open(token, key))  # proved to be one when it was remembered

    def clear(self) -> None:
        """Forget all tokens."""
        self._open.cache_clear()


def verify_token(  # noqa: PLR0913 - each is an expectation of its own, by name
    token: str,
    keys: KeySet,
    *,
    now: float | None = None,
    authorized_parties: Collection[str] = (),
    audience: Collection[str] = (),
    issuer: str | None = None,
    leeway: float = DEFAULT_LEEWAY_SECONDS,
    kind: TokenKind = "session",
    cache: TokenCache | None = None,
) -> dict[str, Any]:
    """The claims of a token that is genuine and current, e.g. `{"sub": "user_1", "sid": "sess_1", "exp": 1700000060}`.

    Args:
        token: the compact token, without `Bearer`.
        keys: `StaticKeys`, or `RemoteKeys` (which may fetch, and block, on the first call and every five minutes).
        now: unix seconds; the machine's clock when `None`.
        authorized_parties: origins, e.g. `https://app.example.com`; when given, `azp` must be one of them.
        audience: when given, a token that has an `aud` must share one of them.
        issuer: when given, `iss` must be exactly this, e.g. `https://demo.clerk.accounts.dev`.
        leeway: seconds that clocks may differ.
        kind: `session`, or `jwt_template` for the tokens of JWT templates; one is never taken for the other.
        cache: of tokens proved before; without one each is proved anew.

    Raises:
        TokenError: with the wire's `reason`; nothing else, whatever the token.

    Example:
        ```python
        keys = StaticKeys.from_pem(os.environ["CLERK_JWT_KEY"])
        claims = verify_token(token, keys, authorized_parties=["http://localhost:3000"])
        claims["fullName"]
        ```
    """
    claims = prove_claims(token, keys, kind=kind, cache=cache)
    subject = claims.get("sub")
    if type(subject) is not str or not subject:
        raise TokenError("token-verification-failed", "The token's sub is not a text.")
    if subject[:4] == MACHINE_SUBJECT_PREFIX:
        raise TokenError("token-type-mismatch")
    if audience or authorized_parties or issuer is not None:
        _check_parties(claims, audience, authorized_parties, issuer)
    _check_dates(claims, present() if now is None else now, leeway)
    return claims


def prove_claims(
    token: str, keys: KeySet, *, kind: TokenKind = "session", cache: TokenCache | None = None
) -> dict[str, Any]:
    """The claims of a token that one of the keys has signed; no claim is looked at, not even its dates.

    Raises:
        TokenError: `token-invalid`, `token-type-mismatch`, `token-invalid-algorithm` for a key that is for another one,
            `token-invalid-signature`, or why there is no key.
    """
    header = parse_header(token)
    if header.kind != kind:
        _refuse_header(header)
    key = keys.find(header.kid)
    if header.algorithm != key.algorithm:
        raise TokenError("token-invalid-algorithm")
    return _open_token(token, key) if cache is None else cache.load_claims(token, key)


def _refuse_header(header: Header) -> NoReturn:
    """Say why a header is not one of the kind of token that was asked for."""
    if header.typ not in {None, "JWT"}:
        raise TokenError("token-invalid")
    raise TokenError("token-type-mismatch")


def decode_claims(token: str) -> dict[str, Any]:
    """The claims of a token **without any proof**: to show or to route, never to decide.

    Raises:
        TokenError: `token-invalid` or `token-invalid-algorithm`.

    Example:
        ```python
        assert decode_claims(token)["iss"] == "https://demo.clerk.accounts.dev"
        ```
    """
    parse_header(token)
    return _open_token(token, None)


def _open_token(token: str, key: Key | None) -> dict[str, Any]:
    """The claims of a token whose header was accepted; the key, if there is one, has to prove its signature.

    What each verification passes is written out here and not called: a call costs 60 ns, of 3 us besides the signature.
    """
    signed, _, signature = token.rpartition(".")
    _, dot, payload = signed.partition(".")
    if not dot or is_foreign(token):
        raise TokenError("token-invalid")
    octets, signature_octets = decode_pair(payload, signature)
    try:
        if key is not None:
            key.check(signature_octets, signed.encode())
        return parse_json_object(octets)
    except InvalidSignature:
        raise TokenError("token-invalid-signature") from None
    except ValueError:
        raise TokenError("token-invalid") from None


def _open_payload(token: str, key: Key) -> bytes:
    """As `_open_token`, the claims as JSON."""
    return encode_json(_open_token(token, key))


def _check_parties(
    claims: Mapping[str, Any],
    audience: Collection[str],
    authorized_parties: Collection[str],
    issuer: str | None,
) -> None:
    """Raise unless audience, authorized party and issuer are those asked for, in the wire's order."""
    if audience and "aud" in claims and not _is_for(claims["aud"], audience):
        raise TokenError("token-verification-failed", "The token is for another audience.")
    if authorized_parties and claims.get("azp") not in tuple(authorized_parties):
        raise TokenError("token-invalid-authorized-parties")
    if issuer is not None and claims.get("iss") != issuer:
        raise TokenError("token-verification-failed", "The token is from another issuer.")


def _is_for(audience: object, wanted: Collection[str]) -> bool:
    """Whether an `aud`, a text or a list of texts, names one of those wanted."""
    named = audience if isinstance(audience, list) else [audience]
    return all(isinstance(name, str) for name in named) and not set(wanted).isdisjoint(named)


def _check_dates(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    """Raise unless `exp`, `nbf` and `iat` allow the token at `now`; `exp` must be there (RFC 7519 section 4.1)."""
    expires: Any = claims.get("exp")
    # A float that is not a number fails every comparison; bool is no number here, hence `type` and not `isinstance`.
    if not (type(expires) in _NUMBERS and 0 < expires < _LATEST_DATE):
        _refuse_date("exp")
    if expires <= now - leeway:
        raise TokenError("token-expired")
    latest = now + leeway
    date = claims.get("nbf", 1)
    if not (type(date) in _NUMBERS and 0 < date <= latest):
        _refuse_start("nbf", date, "token-not-active-yet")
    date = claims.get("iat", 1)
    if not (type(date) in _NUMBERS and 0 < date <= latest):
        _refuse_start("iat", date, "token-iat-in-the-future")


def _refuse_start(name: str, date: Any, reason: TokenReason) -> NoReturn:
    if type(date) in _NUMBERS and 0 < date < _LATEST_DATE:
        raise TokenError(reason)
    _refuse_date(name)


def _refuse_date(name: str) -> NoReturn:
    raise TokenError("token-verification-failed", f"The token's {name} is not a date in unix seconds.")
