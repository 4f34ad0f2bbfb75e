"""Remembered tokens: as fast as a look-up, and as strict as a verification."""

import threading
from typing import Any

import pytest
from sdk_signing import CLAIMS, KID, NOW, jwk, jwks, make_token, own_keys, rsa_key

from claimsmith import StaticKeys, TokenCache, TokenError, verify_token
from claimsmith.verification.keys import Key


class CountingKeys:
    """The keys of the tests, which count how often a signature is checked; `keys` may be changed."""

    def __init__(self) -> None:
        self.checks = 0
        self.key = self.count(own_keys().find(KID))

    def count(self, key: Key) -> Key:
        def check(signature: bytes, signed: bytes) -> None:
            self.checks += 1
            key.check(signature, signed)

        return Key(key.kid, key.algorithm, check)

    def find(self, kid: str | None) -> Key:  # noqa: ARG002 - the protocol's
        return self.key


def refusal(*arguments: Any, **expectations: Any) -> str:
    with pytest.raises(TokenError) as caught:
        verify_token(*arguments, **expectations)
    return caught.value.reason


def test_a_remembered_token_is_not_proved_again_and_gives_the_same_claims() -> None:
    keys, cache = CountingKeys(), TokenCache(8)
    for _ in range(5):
        assert verify_token(make_token(), keys, now=NOW, cache=cache) == CLAIMS
    assert keys.checks == 1


def test_every_reader_gets_claims_of_its_own_down_to_nested_ones() -> None:
    cache, keys, token = TokenCache(8), own_keys(), make_token(o={"id": "org_1", "rol": "member"})
    for _ in range(3):
        claims = verify_token(token, keys, now=NOW, cache=cache)
        assert claims["o"]["rol"] == "member"
        claims["o"]["rol"] = "admin"
        claims["sub"] = "user_2"


def test_dates_are_checked_each_time() -> None:
    cache, keys, token = TokenCache(8), own_keys(), make_token()
    verify_token(token, keys, now=NOW, cache=cache)
    assert refusal(token, keys, now=NOW + 66, cache=cache) == "token-expired"
    assert refusal(token, keys, now=NOW - 6, cache=cache) == "token-iat-in-the-future"
    assert verify_token(token, keys, now=NOW, cache=cache) == CLAIMS


def test_parties_audience_and_issuer_are_checked_each_time() -> None:
    cache, keys, token = TokenCache(8), own_keys(), make_token(aud="a")
    verify_token(token, keys, now=NOW, cache=cache)
    expected = "token-invalid-authorized-parties"
    assert refusal(token, keys, now=NOW, cache=cache, authorized_parties=["https://b"]) == expected
    assert refusal(token, keys, now=NOW, cache=cache, audience=["b"]) == "token-verification-failed"
    assert refusal(token, keys, now=NOW, cache=cache, issuer="https://b") == "token-verification-failed"
    assert refusal(token, keys, now=NOW, cache=cache, kind="jwt_template") == "token-type-mismatch"


def test_a_removed_key_ends_what_it_proved() -> None:
    cache, token = TokenCache(8), make_token()
    verify_token(token, own_keys(), now=NOW, cache=cache)
    without = StaticKeys.from_jwks(jwks(jwk(rsa_key("other"), kid="ins_other")))
    assert refusal(token, without, now=NOW, cache=cache) == "jwk-kid-mismatch"


def test_J_037_a_replaced_key_of_the_same_kid_proves_the_token_anew() -> None:
    cache, token = TokenCache(8), make_token()
    verify_token(token, own_keys(), now=NOW, cache=cache)
    others = StaticKeys.from_jwks(jwks(jwk(rsa_key("other"))))
    assert refusal(token, others, now=NOW, cache=cache) == "token-invalid-signature"


def test_a_refused_token_is_never_remembered() -> None:
    keys, cache, token = CountingKeys(), TokenCache(8), make_token()
    forged = token[:-8] + "AAAAAAAA"
    verify_token(token, keys, now=NOW, cache=cache)
    for _ in range(2):
        assert refusal(forged, keys, now=NOW, cache=cache) == "token-invalid-signature"
    assert keys.checks == 3


def test_a_signed_payload_that_is_not_strict_is_refused_with_a_cache_too() -> None:
    from sdk_signing import HEADER, compact, sign_text

    token = sign_text(compact(HEADER), compact(CLAIMS)[:-1] + ',"sub":"user_2"}')
    for _ in range(2):
        assert refusal(token, own_keys(), now=NOW, cache=TokenCache(8)) == "token-invalid"


def test_no_more_tokens_are_remembered_than_asked_for() -> None:
    keys, cache = CountingKeys(), TokenCache(2)
    first, second, third = (make_token(jti=name) for name in "abc")
    for token in (first, second, third, third, second, first):
        verify_token(token, keys, now=NOW, cache=cache)
    assert keys.checks == 4
    cache.clear()
    verify_token(first, keys, now=NOW, cache=cache)
    assert keys.checks == 5


def test_threads_share_a_cache() -> None:
    cache, keys, tokens = TokenCache(4), own_keys(), [make_token(sub=f"user_{n}") for n in range(8)]
    wrong: list[str] = []

    def read(start: int) -> None:
        for n in range(start, start + 200):
            subject = verify_token(tokens[n % 8], keys, now=NOW, cache=cache)["sub"]
            wrong.extend([subject] if subject != f"user_{n % 8}" else [])

    threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
