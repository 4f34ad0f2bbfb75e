"""The cookie budget: what is counted, what goes first, what is told of it."""

import json
from typing import Any

import pytest
from token_parts import ALGORITHMS, a_context, a_signer, a_template, an_issue

from claimsmith.instance import cookie_suffix
from claimsmith_server.core import size, tokens

LONGEST_NAME = f"__session_{cookie_suffix('pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk')}"
LIMIT = 4096


def compose(claims: dict[str, Any], **more: Any) -> tokens.Composition:
    return tokens.compose_session_token(a_template(claims), a_context(), an_issue(), a_signer(), **more)


def free_bytes() -> int:
    """Payload bytes that a session token without custom claims leaves."""
    empty = tokens.compose_session_token(None, a_context(), an_issue(), a_signer())
    return size.payload_room(len(empty.header), 256, len(empty.payload))


def filled(length: int, name: str = "a") -> dict[str, str]:
    """One claim that takes exactly `length` bytes of payload."""
    return {name: "x" * (length - size.claim_bytes(name, ""))}


def test_the_longest_cookie_name_is_counted() -> None:
    assert len(LONGEST_NAME) == size.COOKIE_NAME_BYTES


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("length", [0, 1, 2, 3, 100])
def test_cookie_bytes_are_those_of_the_really_signed_token(algorithm: str, length: int) -> None:
    signer = a_signer(algorithm)
    composition = tokens.compose_session_token(a_template({"a": "x" * length}), a_context(), an_issue(), signer)
    token = tokens.sign(composition, signer)
    assert composition.cookie_bytes == len(LONGEST_NAME) + len(token)


def test_the_last_byte_of_the_budget_is_used() -> None:
    composition = compose(filled(free_bytes()))
    assert composition.omitted == ()
    assert LIMIT - 1 <= composition.cookie_bytes <= LIMIT  # base64url can't make every length


def test_one_byte_more_is_shed() -> None:
    composition = compose(filled(free_bytes() + 1))
    assert composition.omitted == ("a",)
    assert composition.claims["_omitted"] == ["a"]
    assert composition.cookie_bytes < LIMIT


def test_the_largest_goes_first_and_ties_go_by_name() -> None:
    room = free_bytes()
    third = room // 3
    claims = filled(third, "c") | filled(third + 1, "b") | filled(third + 1, "a")
    assert compose(claims).omitted == ("a",)
    claims = filled(room // 2, "small") | filled(room // 2 + 20, "large")
    assert compose(claims).omitted == ("large",)


def test_priority_is_kept_while_anything_else_can_go() -> None:
    room = free_bytes()
    claims = filled(room - 100, "dear") | filled(200, "other") | filled(20, "tiny")
    assert compose(claims, claims_priority=("dear",)).omitted == ("other",)


def test_of_the_priorities_the_last_goes_first() -> None:
    room = free_bytes()
    claims = filled(room // 2, "first") | filled(room // 2, "second") | filled(room // 2, "third")
    assert compose(claims, claims_priority=("first", "second", "third")).omitted == ("third", "second")


def test_a_priority_that_no_claim_has_changes_nothing() -> None:
    assert compose(filled(free_bytes() + 1) | {"b": 1}, claims_priority=("ghost",)).omitted == ("a",)


def test_refuse_mints_without_any_custom_claim() -> None:
    composition = compose(filled(free_bytes()) | {"plan": "pro"}, size_policy="refuse")
    assert set(composition.omitted) == {"a", "plan"}
    assert composition.claims["_omitted"] == list(composition.omitted)
    assert not {"a", "plan"} & set(composition.claims)


def test_names_that_do_not_fit_collapse_to_a_star() -> None:
    claims = {f"{index:03d}" + "n" * 90: True for index in range(40)}
    composition = compose(claims, size_policy="refuse")
    assert composition.omitted == ("*",)
    assert composition.claims["_omitted"] == ["*"]
    assert composition.cookie_bytes <= LIMIT


def test_permissions_go_when_nothing_else_is_left_and_access_is_denied_with_them() -> None:
    context = a_context(*(f"org:feature{index}:permission{index}" for index in range(200)))
    for version, told in ((2, "o"), (1, "org_id")):
        composition = tokens.compose_session_token(
            a_template({"plan": "pro"}), context, an_issue(), a_signer(), claims_version=version
        )
        claims = json.loads(composition.payload)
        assert composition.cookie_bytes <= LIMIT
        if version == 2:  # 53 compact names fit; only a name's own length can make them too many
            assert claims["o"]["per"].count(",") == 52
            continue
        assert told in claims
        assert composition.omitted == ("*", "o.per")
        assert "org_permissions" not in claims


def test_long_permission_names_are_left_out_and_told() -> None:
    context = a_context(*(f"org:f{index}:{'p' * 90}{index}" for index in range(50)))
    composition = tokens.compose_session_token(a_template({"plan": "pro"}), context, an_issue(), a_signer())
    assert composition.omitted == ("*", "o.per")
    assert composition.claims["o"] == {"id": "org_1", "slg": "acme", "rol": "admin"}
    assert "fea" not in composition.claims
    assert "plan" not in composition.claims


def test_multibyte_text_is_counted_in_bytes() -> None:
    assert size.claim_bytes("ä", "€") == len('"ä":"€",'.encode())
    composition = compose({"a": "€" * (free_bytes() // 3 + 1)})
    assert composition.omitted == ("a",)


@pytest.mark.parametrize("octets", range(8))
def test_base64url_length_is_that_of_unpadded_base64url(octets: int) -> None:
    assert size.base64url_length(octets) == len(jose_base64url(bytes(octets)))


def jose_base64url(octets: bytes) -> bytes:
    from claimsmith_server.core.jose import base64url

    return base64url(octets)
