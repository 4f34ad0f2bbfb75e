"""Wycheproof's JSON web signature and key vectors against our verifier (security cases J-001, J-002)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from claimsmith.errors import TokenError
from claimsmith.verification.jws import decode_base64url, parse_header
from claimsmith.verification.keys import StaticKeys, parse_jwk, parse_jwks

VECTORS = Path(__file__).resolve().parents[2].parent / "shared/security/data/wycheproof"

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="Wycheproof's vectors are not beside this checkout")


def load_cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of a group's public (or only) key and a test case."""
    groups = json.loads((VECTORS / name).read_text())["testGroups"]
    return [(group.get("public") or group.get("private") or {}, case) for group in groups for case in group["tests"]]


def is_accepted(keys: StaticKeys, token: str) -> bool:
    try:
        header = parse_header(token)
        key = keys.find(header.kid)
        if key.algorithm != header.algorithm:
            return False
        signed, _, signature = token.rpartition(".")
        decode_base64url(signed.partition(".")[2])
        key.check(decode_base64url(signature), signed.encode())
    except (TokenError, InvalidSignature):
        return False
    return True


def is_accepted_by_jwk(jwk: dict[str, Any], token: str) -> bool:
    try:
        key = parse_jwk(jwk)
    except ValueError:
        return False
    return key is not None and is_accepted(StaticKeys([key]), token)


def judge(algorithm: str) -> tuple[int, int, list[int]]:
    """How many cases are valid, how many invalid, and which were judged otherwise than the vectors say."""
    cases = [(jwk, case) for jwk, case in load_cases("json_web_signature_test.json") if jwk.get("alg") == algorithm]
    wrong = [case["tcId"] for jwk, case in cases if is_accepted_by_jwk(jwk, case["jws"]) != (case["result"] == "valid")]
    valid = sum(case["result"] == "valid" for _, case in cases)
    return valid, len(cases) - valid, wrong


def test_J_001_all_233_rs256_signatures_are_judged_as_wycheproof_says() -> None:
    assert judge("RS256") == (8, 225, [])


def test_J_001_all_es256_signatures_are_judged_as_wycheproof_says() -> None:
    assert judge("ES256") == (2, 37, [])


@pytest.mark.parametrize("algorithm", ["HS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES521"])
def test_J_007_no_signature_of_another_algorithm_is_accepted(algorithm: str) -> None:
    cases = [case for jwk, case in load_cases("json_web_signature_test.json") if jwk.get("alg") == algorithm]

    accepted = [
        case["tcId"]
        for jwk, case in load_cases("json_web_signature_test.json")
        if jwk.get("alg") == algorithm and is_accepted_by_jwk(jwk, case["jws"])
    ]

    assert cases
    assert accepted == []


def test_J_002_no_invalid_key_of_wycheproof_verifies_anything() -> None:
    accepted = []
    for jwks, case in load_cases("json_web_key_test.json"):
        try:
            keys = StaticKeys(parse_jwks(jwks))
        except ValueError:
            continue
        if is_accepted(keys, case["jws"]):
            accepted.append((case["tcId"], case["comment"]))

    # The one valid case with a public key; the other valid ones are secrets, which no key set of ours may hold.
    assert accepted == [(5, "acceptsValid")]


def test_J_002_no_invalid_case_of_json_web_crypto_is_accepted() -> None:
    cases = [(jwk, case) for jwk, case in load_cases("json_web_crypto_test.json") if "jws" in case]

    accepted = {case["tcId"] for jwk, case in cases if "keys" not in jwk and is_accepted_by_jwk(jwk, case["jws"])}

    assert accepted == {
        case["tcId"] for jwk, case in cases if case["result"] == "valid" and jwk.get("kty") in {"RSA", "EC"}
    }
