"""Tokens for tests, signed with a key that lives as long as the process; no server is needed."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Unpack

from claimsmith import wire
from claimsmith.clock import present
from claimsmith.testing.session_claims import ClaimsOptions, Identified, find_id, make_claims
from claimsmith.testing.signing import ISSUER, KID, SigningKey, make_signing_key

Flaw = Literal[
    "expired",
    "not-active-yet",
    "issued-in-the-future",
    "signed-by-another",
    "altered",
    "of-another-instance",
    "of-a-jwt-template",
    "without-subject",
    "not-a-token",
]
"""What is wrong with a token that must be refused."""
_LATE_SECONDS = 3600
_TEMPLATE_SKEW_SECONDS = 5

FLAWS: Mapping[Flaw, wire.TokenReason] = {
    "expired": "token-expired",
    "not-active-yet": "token-not-active-yet",
    "issued-in-the-future": "token-iat-in-the-future",
    "signed-by-another": "token-invalid-signature",
    "altered": "token-invalid-signature",
    "of-another-instance": "jwk-kid-mismatch",
    "of-a-jwt-template": "token-type-mismatch",
    "without-subject": "token-verification-failed",
    "not-a-token": "token-invalid",
}
"""The reason that `verify_token` refuses each flawed token for, with `testing.keys`. One pinned PEM key knows no `kid`:
it says `token-invalid-signature` of a token of another instance. Applications say more of tokens whose time is wrong,
e.g. `session-token-expired-…`; all of them answer 401."""


def make_token(
    claims: Mapping[str, Any] | None = None, *, key: SigningKey | None = None, **options: Unpack[ClaimsOptions]
) -> str:
    """A session token that `testing.keys` verify.

    Args:
        claims: custom claims; they may also replace default ones.
        key: signs instead of the key behind `testing.keys`.
        **options: see `ClaimsOptions`.

    Example:
        ```python
        from claimsmith import testing, verify_token

        token = testing.make_token({"fullName": "Ada"}, user="user_1", organization="org_1")
        assert verify_token(token, testing.keys)["o"]["id"] == "org_1"
        ```
    """
    return sign_session(make_claims(claims, **options), key or make_signing_key())


def make_template_token(  # noqa: PLR0913 - each is one part of a token, by name
    claims: Mapping[str, Any] | None = None,
    *,
    user: str | Identified = "user_test",
    authorized_party: str | None = None,
    issued_at: float | None = None,
    lifetime: int = 60,
    key: SigningKey | None = None,
) -> str:
    """The token of a JWT template: no session, and a category that keeps it from passing as a session token.

    Args:
        claims: of the template; they may also replace default ones.
        user: the user or their id.
        authorized_party: `azp`.
        issued_at: unix seconds; now when `None`.
        lifetime: seconds.
        key: signs instead of the key behind `testing.keys`.

    Example:
        ```python
        from claimsmith import testing, verify_token

        token = testing.make_template_token({"aud": "billing"}, user="user_1")
        assert verify_token(token, testing.keys, kind="jwt_template", audience=["billing"])["sub"] == "user_1"
        ```
    """
    key = key or make_signing_key()
    seconds = int(present() if issued_at is None else issued_at)
    session = make_claims(user=find_id(user), issued_at=seconds, lifetime=lifetime)
    told = {name: session[name] for name in ("exp", "iat", "jti", "sub")}
    told |= {"iss": ISSUER, "nbf": seconds - _TEMPLATE_SKEW_SECONDS}
    told |= {} if authorized_party is None else {"azp": authorized_party}
    header = {"alg": "RS256", "cat": wire.CATEGORY_JWT_TEMPLATE, "kid": key.kid, "typ": "JWT"}
    return key.sign(header, {**told, **(claims or {})})


def make_flawed_token(flaw: Flaw, claims: Mapping[str, Any] | None = None, **options: Unpack[ClaimsOptions]) -> str:
    """A session token that must be refused, for the reason in `FLAWS`; but for its flaw it is a good one.

    Args:
        flaw: what is wrong with it.
        claims: as for `make_token`.
        **options: see `ClaimsOptions`.

    Example:
        ```python
        from claimsmith import TokenError, testing, verify_token

        for flaw, reason in testing.FLAWS.items():
            try:
                verify_token(testing.make_flawed_token(flaw), testing.keys)
            except TokenError as error:
                assert error.reason == reason
        ```
    """
    return _FLAWED[flaw](make_claims(claims, **options))


def sign_session(claims: Mapping[str, Any], key: SigningKey) -> str:
    """The session token of exactly these claims."""
    header = {"alg": "RS256", "cat": wire.CATEGORY_SESSION, "kid": key.kid, "oiat": claims.get("iat"), "typ": "JWT"}
    return key.sign(header, claims)


def _sign(claims: Mapping[str, Any]) -> str:
    return sign_session(claims, make_signing_key())


def _shift(claims: Mapping[str, Any], seconds: int, *names: str) -> dict[str, Any]:
    return {**claims, **{name: claims[name] + seconds for name in names}}


def _alter(claims: Mapping[str, Any]) -> str:
    """The signature of these claims under those of another user."""
    _, _, signature = _sign(claims).split(".")
    return ".".join([*_sign({**claims, "sub": "user_somebody_else"}).split(".")[:2], signature])


_FLAWED: Mapping[Flaw, Callable[[Mapping[str, Any]], str]] = {
    "expired": lambda claims: _sign(_shift(claims, -_LATE_SECONDS, "exp", "iat", "nbf")),
    "not-active-yet": lambda claims: _sign(_shift(claims, _LATE_SECONDS, "exp", "iat", "nbf")),
    "issued-in-the-future": lambda claims: _sign(_shift(claims, _LATE_SECONDS, "exp", "iat")),
    "signed-by-another": lambda claims: sign_session(
        claims, SigningKey(KID, make_signing_key("ins_another").private_key)
    ),
    "altered": _alter,
    "of-another-instance": lambda claims: sign_session(claims, make_signing_key("ins_another")),
    "of-a-jwt-template": lambda claims: make_template_token(user=claims["sub"], issued_at=claims["iat"]),
    "without-subject": lambda claims: _sign({name: value for name, value in claims.items() if name != "sub"}),
    "not-a-token": lambda _: "not-a-token",
}
