"""Keys of roles and permissions, their one order, and what they cost a token."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.models import TokenMembership, TokenOrganization
from claimsmith_server.core.org_claim import compact_claims, expanded_claims
from claimsmith_server.core.organizations import SYSTEM_PERMISSIONS
from claimsmith_server.core.permissions import (
    MOST_NAMES,
    feature_of,
    is_permission_key,
    is_role_key,
    make_role_key,
    measure_permissions,
    order_permissions,
)

ORGANIZATION = TokenOrganization("org_1", "Acme", "acme", "", has_image=False, public_metadata={})
WORDS = st.sampled_from(["posts", "billing", "a", "read", "edit_all", "x1"])
KEYS = st.builds("org:{}:{}".format, WORDS, WORDS) | st.sampled_from(sorted(SYSTEM_PERMISSIONS))


@pytest.mark.parametrize("key", ["org:a", "org:billing_team", "org:" + "x" * 60])
def test_roles_have_keys_of_one_word(key: str) -> None:
    assert is_role_key(key)


@pytest.mark.parametrize("key", ["", "org:", "admin", "org:a:b", "org:A", "org:a\n", "org:é", "org:" + "x" * 61])
def test_what_is_no_role_key(key: str) -> None:
    assert not is_role_key(key)


@pytest.mark.parametrize("key", ["org:a", "org:sys_x:y", "org:a:b:c", "org::a", "org:a:", "org:a:b\n", "org:A:b"])
def test_what_is_no_permission_key(key: str) -> None:
    assert not is_permission_key(key)
    assert feature_of(key) == ""


@given(st.text())
def test_a_key_made_of_a_name_is_a_key_or_nothing(name: str) -> None:
    key = make_role_key(name)
    assert not key or is_role_key(key)


@given(st.lists(KEYS), st.lists(KEYS, unique=True))
def test_permissions_have_one_order_whatever_order_they_come_in(keys: list[str], known: list[str]) -> None:
    ordered = order_permissions(keys, known)
    assert sorted(ordered) == sorted(set(keys))
    assert order_permissions(reversed(keys), known) == ordered
    assert order_permissions(ordered, known) == ordered


@given(st.lists(KEYS, unique=True), st.sampled_from([1, 2]))
def test_the_cost_is_the_difference_that_permissions_make_to_the_claims(keys: list[str], version: int) -> None:
    def size(permissions: tuple[str, ...]) -> int:
        compose = expanded_claims if version == 1 else compact_claims
        claims = compose(ORGANIZATION, TokenMembership("org:x", permissions, {}))
        if claims.get("org_permissions") == []:
            claims = {name: value for name, value in claims.items() if name != "org_permissions"}
        return len(msgspec.json.encode(claims))

    assert measure_permissions("org:x", tuple(keys), version).payload == size(tuple(keys)) - size(())


def test_names_beyond_what_a_mask_can_tell_are_counted() -> None:
    keys = tuple(f"org:f:n{index}" for index in range(MOST_NAMES + 2))
    assert measure_permissions("org:x", keys, 2).untold == 2
    assert measure_permissions("org:x", keys[:MOST_NAMES], 2).untold == 0
    assert measure_permissions("org:x", keys, 1).untold == 0
