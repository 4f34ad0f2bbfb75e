"""Several instances in one process: the keys of one never prove a token of another (J-037)."""

import asyncio
from typing import Any

import pytest
from key_server import running_key_server
from sdk_signing import CLAIMS, ISSUER, KID, NOW, jwk, jwks, make_token, own_keys, pem, rsa_key

from claimsmith import (
    ConfigurationError,
    Options,
    RemoteKeys,
    RequestFacts,
    SignedOut,
    StaticKeys,
    TokenError,
    authenticate,
    verify_token,
)
from claimsmith.authentication.request import SignedIn
from claimsmith.verification.issuer_keys import IssuerKeys
from claimsmith.verification.tokens import TokenCache

OTHER_ISSUER = "https://other.clerk.accounts.dev"
OTHER = rsa_key("instance b")


def other_keys(kid: str = KID) -> StaticKeys:
    return StaticKeys.from_jwks(jwks(jwk(OTHER, kid)))


def both() -> IssuerKeys:
    return IssuerKeys({ISSUER: own_keys(), OTHER_ISSUER: other_keys()})


def refusal(keys: IssuerKeys, token: Any, **expectations: Any) -> str:
    with pytest.raises(TokenError) as caught:
        keys.verify(token, now=NOW, **expectations)
    return caught.value.reason


def test_each_issuer_s_tokens_are_proved_with_its_own_keys() -> None:
    keys = both()
    assert keys.verify(make_token(), now=NOW) == CLAIMS
    assert keys.verify(make_token(key=OTHER, iss=OTHER_ISSUER), now=NOW)["iss"] == OTHER_ISSUER
    assert keys.issuers == (ISSUER, OTHER_ISSUER)
    assert repr(keys) == f"IssuerKeys({ISSUER}, {OTHER_ISSUER})"


@pytest.mark.parametrize("kid", [KID, "ins_b"])
def test_J_037_a_token_of_b_is_refused_as_one_of_a_also_under_the_same_kid(kid: str) -> None:
    keys = IssuerKeys({ISSUER: own_keys(), OTHER_ISSUER: other_keys(kid)})
    # B's token that says it is A's, and A's that says it is B's: the signature tells.
    expected = "token-invalid-signature" if kid == KID else "jwk-kid-mismatch"
    assert refusal(keys, make_token({"kid": kid}, OTHER, iss=ISSUER)) == expected
    assert refusal(keys, make_token(iss=OTHER_ISSUER)) == expected
    # Pinned keys have no kid; the same issuer twice over is one instance.
    pinned = IssuerKeys({ISSUER: StaticKeys.from_pem(pem()), OTHER_ISSUER: StaticKeys.from_pem(pem(OTHER))})
    assert refusal(pinned, make_token(key=OTHER, iss=ISSUER)) == "token-invalid-signature"


def test_J_037_a_shared_key_does_not_make_two_issuers_one() -> None:
    keys = IssuerKeys({ISSUER: own_keys()})
    with pytest.raises(TokenError, match="token-verification-failed"):
        verify_token(make_token(iss=OTHER_ISSUER), keys.choose(make_token())[1], issuer=ISSUER, now=NOW)


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", ISSUER + "/", ISSUER.upper(), "", ..., None, 1, [ISSUER], {}]
)
def test_J_037_an_issuer_that_is_not_known_has_no_keys(issuer: Any) -> None:
    assert refusal(both(), make_token(iss=issuer)) == "jwk-failed-to-resolve"


def test_J_037_one_process_keeps_the_key_sets_of_two_instances_apart() -> None:
    with running_key_server() as one, running_key_server() as two:
        two.answer = lambda: (200, jwks(jwk(OTHER)))
        keys = IssuerKeys({ISSUER: RemoteKeys(one.url), OTHER_ISSUER: RemoteKeys(two.url)})
        for _ in range(2):
            assert keys.verify(make_token(), now=NOW)["iss"] == ISSUER
            assert keys.verify(make_token(key=OTHER, iss=OTHER_ISSUER), now=NOW)["iss"] == OTHER_ISSUER
            assert refusal(keys, make_token(key=OTHER)) == "token-invalid-signature"
        assert (len(one.asked), len(two.asked)) == (1, 1)


@pytest.mark.parametrize("carrier", ["authorization", "cookie"])
def test_J_037_a_request_with_the_token_of_another_instance_is_signed_out(carrier: str) -> None:
    prefix = "Bearer " if carrier == "authorization" else "__session="
    for key, expected in ((OTHER, SignedOut), (rsa_key(), SignedIn)):
        facts = RequestFacts(
            method="GET", url="http://localhost:3000/", headers=((carrier, prefix + make_token(key=key)),)
        )
        outcome = authenticate(facts, own_keys(), Options(), now=NOW)
        assert isinstance(outcome, expected)
        assert isinstance(outcome, SignedIn) or outcome.reason == "token-invalid-signature"


def test_what_is_expected_of_a_token_is_passed_on() -> None:
    keys, token = both(), make_token(aud="api")
    assert keys.verify(token, now=NOW, authorized_parties=[CLAIMS["azp"]], audience=["api"])
    assert refusal(keys, token, authorized_parties=["https://other"]) == "token-invalid-authorized-parties"
    assert refusal(keys, token, audience=["web"]) == "token-verification-failed"
    assert refusal(keys, make_token(exp=NOW - 7)) == "token-expired"
    assert keys.verify(make_token(exp=NOW - 7), now=NOW, leeway=10)
    with pytest.raises(TokenError, match="token-expired"):
        keys.verify(make_token())
    cache = TokenCache(10)
    assert keys.verify(token, now=NOW, cache=cache) == keys.verify(token, now=NOW, cache=cache)
    assert cache._open.cache_info().hits == 1


@pytest.mark.parametrize("token", ["", "a.b.c", None, b"a.b.c"])
def test_what_is_no_token_is_refused(token: Any) -> None:
    assert refusal(both(), token) == "token-invalid"


def test_there_is_at_least_one_issuer() -> None:
    with pytest.raises(ConfigurationError):
        IssuerKeys({})


def test_preloading_fetches_every_key_set_or_tells_why_not() -> None:
    with running_key_server() as one, running_key_server() as two:
        keys = IssuerKeys({"a": RemoteKeys(one.url), "b": own_keys(), "c": RemoteKeys(two.url)})
        keys.preload()
        asyncio.run(keys.preload_async())
        assert (len(one.asked), len(two.asked)) == (1, 1)
        two.answer = lambda: (500, b"")
        for preload in (IssuerKeys.preload, lambda keys: asyncio.run(keys.preload_async())):
            with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
                preload(IssuerKeys({"a": RemoteKeys(one.url), "c": RemoteKeys(two.url)}))
