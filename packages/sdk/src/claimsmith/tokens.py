"""Session tokens verified: the signature first, then the claims in the wire's order (contract 2.4).

All of it is pure when it is told the time and the keys are `StaticKeys`.
"""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature

from claimsmith.clock import present
from claimsmith.errors import TokenError
from claimsmith.jws import Header, Jws, TokenKind, parse_jws
from claimsmith.keys import Key, KeySet
from claimsmith.strict_json import parse_json_object
from claimsmith.wire import DEFAULT_LEEWAY_SECONDS, MACHINE_SUBJECT_PREFIX, TokenReason

_LATEST_DATE = 253_402_300_800
"""The year 10000 in unix seconds: a date beyond is in milliseconds or a mistake."""
_NUMBERS = frozenset({int, float})


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

    Raises:
        TokenError: with the wire's `reason`; nothing else, whatever the token.

    Example:
        ```python
        keys = StaticKeys.from_pem(os.environ["CLERK_JWT_KEY"])
        claims = verify_token(token, keys, authorized_parties=["https://app.example.com"])
        claims["fullName"]
        ```
    """
    jws = parse_jws(token)
    if jws.header.kind != kind:
        refuse_header(jws.header)
    claims = parse_claims(jws, keys.find(jws.header.kid))
    subject = claims.get("sub")
    if type(subject) is not str or not subject:
        raise TokenError("token-verification-failed", "The token's sub is not a text.")
    if subject[:4] == MACHINE_SUBJECT_PREFIX:
        raise TokenError("token-type-mismatch")
    if audience or authorized_parties or issuer is not None:
        _check_parties(claims, audience, authorized_parties, issuer)
    _check_dates(claims, present() if now is None else now, leeway)
    return claims


def refuse_header(header: Header) -> NoReturn:
    """Say why a header is not one of the kind of token that was asked for.

    Raises:
        TokenError: `token-type-mismatch` for another category, `token-invalid` for another `typ`.
    """
    if header.kind is None and header.typ not in {None, "JWT"}:
        raise TokenError("token-invalid")
    raise TokenError("token-type-mismatch")


def parse_claims(jws: Jws, key: Key) -> dict[str, Any]:
    """The members of a token's payload once its signature is proved; no claim is looked at.

    Raises:
        TokenError: `token-invalid-algorithm` when the key is for another algorithm, `token-invalid-signature`, or
            `token-invalid` when the signed payload is not a strict JSON object.
    """
    if jws.header.algorithm != key.algorithm:
        raise TokenError("token-invalid-algorithm")
    try:
        key.check(jws.signature, jws.signed)
    except InvalidSignature:
        raise TokenError("token-invalid-signature") from None
    try:
        return parse_json_object(jws.payload)
    except ValueError:
        raise TokenError("token-invalid") from None


def decode_claims(token: str) -> dict[str, Any]:
    """The claims of a token **without any proof**: to show or to route, never to decide.

    Raises:
        TokenError: `token-invalid` or `token-invalid-algorithm`.
    """
    try:
        return parse_json_object(parse_jws(token).payload)
    except ValueError:
        raise TokenError("token-invalid") from None


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
