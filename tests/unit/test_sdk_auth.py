# ruff: noqa: FBT001 - cases are named by their ids, and a table's row stays on its line
"""`Auth` from both versions of the claims, and `has` (case S-031)."""

import copy
import io
import json
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith import SignedOut, make_auth
from claimsmith.auth import Auth
from claimsmith.claims.mapping import ClaimsMapping, MissingClaimError, OmittedClaimError, is_omitted
from claimsmith.claims.session_claims import parse_factor_ages, parse_organization, split_scopes
from claimsmith.wire import DEFAULT_CLAIMS

V2: dict[str, Any] = {
    "sub": "user_1",
    "sid": "sess_1",
    "v": 2,
    "o": {"id": "org_1", "slg": "acme", "rol": "admin", "per": "read,manage", "fpm": "3,1"},
    "fea": "u:drafts,o:posts,ou:billing",
    "pla": "u:free,o:team",
}
V1: dict[str, Any] = {
    "sub": "user_1",
    "sid": "sess_1",
    "org_id": "org_1",
    "org_slug": "acme",
    "org_role": "org:admin",
    "org_permissions": ["org:posts:read", "org:posts:manage", "org:billing:read"],
}


def auth_of(claims: dict[str, Any], **changes: Any) -> Auth[Any]:
    merged = {name: value for name, value in {**claims, **changes}.items() if value is not ...}
    return make_auth(merged, "token")


@pytest.mark.parametrize(("claims", "version"), [(V1, 1), (V2, 2)])
def test_both_versions_tell_the_same_of_user_session_and_organization(claims: dict[str, Any], version: int) -> None:
    auth = auth_of(claims)
    assert auth.is_authenticated
    assert (auth.user_id, auth.session_id, auth.token, auth.claims_version) == ("user_1", "sess_1", "token", version)
    assert (auth.org_id, auth.org_slug, auth.org_role) == ("org_1", "acme", "org:admin")
    assert auth.org_permissions == ("org:posts:read", "org:posts:manage", "org:billing:read")
    assert auth.session_claims is not None
    assert auth.session_claims["sub"] == "user_1"


def test_without_an_organization_there_is_nothing_to_have_in_it() -> None:
    for claims in (auth_of(V2, o=...), auth_of(V1, org_id=...)):
        assert (claims.org_id, claims.org_slug, claims.org_role, claims.org_permissions) == (None, None, None, ())
        assert not claims.has(role="org:admin")
        assert not claims.has(permission="org:posts:read")
        assert not claims.has(feature="o:posts")


def test_the_actor_is_the_claim_act_when_it_is_an_object() -> None:
    assert auth_of(V2, act={"sub": "user_support"}).actor == {"sub": "user_support"}
    assert auth_of(V2).actor is None
    assert auth_of(V2, act="user_support").actor is None


@pytest.mark.parametrize("claims", [V1, V2])
@pytest.mark.parametrize(
    ("asked", "had"),
    [
        ({"role": "org:admin"}, True),
        ({"role": "admin"}, True),
        ({"role": "org:member"}, False),
        ({"role": "org:admi"}, False),
        ({"role": ""}, False),
        ({"permission": "org:posts:read"}, True),
        ({"permission": "posts:read"}, True),
        ({"permission": "org:billing:manage"}, False),
        ({"permission": "org:posts"}, False),
        ({"permission": ""}, False),
        ({"role": "org:admin", "permission": "org:posts:read"}, True),
        ({"role": "org:admin", "permission": "org:none:read"}, False),
        ({"role": "org:member", "permission": "org:posts:read"}, False),
        ({}, False),
    ],
)
def test_S_031_roles_and_permissions_must_all_be_had(claims: dict[str, Any], asked: dict[str, str], had: bool) -> None:
    assert auth_of(claims).has(**asked) is had


@pytest.mark.parametrize(
    ("asked", "had"),
    [
        ({"feature": "posts"}, True),
        ({"feature": "o:posts"}, True),
        ({"feature": "org:posts"}, True),
        ({"feature": "u:posts"}, False),
        ({"feature": "drafts"}, True),
        ({"feature": "o:drafts"}, False),
        ({"feature": "user:billing"}, True),
        ({"feature": "o:billing"}, True),
        ({"feature": "x:posts"}, False),
        ({"feature": "o:"}, False),
        ({"feature": ""}, False),
        ({"feature": "post"}, False),
        ({"plan": "team"}, True),
        ({"plan": "u:team"}, False),
        ({"plan": "u:free"}, True),
        ({"feature": "posts", "plan": "team", "role": "admin", "permission": "posts:read"}, True),
        ({"feature": "posts", "plan": "pro"}, False),
        ({"feature": "none", "plan": "team"}, False),
        ({"permission": "posts:read", "feature": "none"}, False),
    ],
)
def test_S_031_features_and_plans_must_all_be_had_in_their_scope(asked: dict[str, str], had: bool) -> None:
    assert auth_of(V2).has(**asked) is had


@pytest.mark.parametrize(
    "changes",
    [
        {"o": "org_1"},
        {"o": []},
        {"o": {}},
        {"o": {"id": 1, "rol": "admin"}},
        {"o": {"id": "org_1", "rol": ["admin"], "per": ["read"], "fpm": 3}},
        {"o": {"id": "org_1", "per": "read", "fpm": "x"}},
        {"o": {"id": "org_1", "per": "read", "fpm": "1" * 5000}},
        {"o": {"id": "org_1", "per": "read", "fpm": "-1"}},
        {"o": {"id": "org_1", "per": "read", "fpm": "٣"}},
        {"o": {"id": "org_1", "per": "", "fpm": "7"}},
        {"fea": ["o:posts"], "pla": {"o": "team"}},
        {"v": "2"},
    ],
)
def test_claims_of_another_shape_grant_nothing(changes: dict[str, Any]) -> None:
    auth = auth_of({"sub": "user_1", "v": 2}, **changes)
    assert not auth.has(role="org:admin")
    assert not auth.has(permission="org:posts:read")
    assert not auth.has(feature="posts")
    assert not auth.has(plan="team")


def test_masks_count_only_the_features_of_the_organization() -> None:
    claims = {"v": 2, "o": {"id": "o", "per": "a,b,c", "fpm": "5,2"}, "fea": "u:x,o:one,u:y,ou:two,o:three"}
    organization = parse_organization(claims)
    assert organization is not None
    assert organization.permissions == ("org:one:a", "org:one:c", "org:two:b")


def test_scopes_are_split_without_empty_slugs() -> None:
    assert split_scopes("o:a, u:b ,ou:c,o:,x:d,e,,") == ({"a", "c"}, {"b", "c"})
    assert split_scopes(None) == (frozenset(), frozenset())


def test_signed_out_answers_every_question_with_nothing() -> None:
    nobody = SignedOut("token-expired", "The token has expired.")
    assert not nobody.is_authenticated
    assert nobody.user_id is None
    assert nobody.session_claims is None
    assert not nobody.has(role="org:admin")
    for name in ("session_id", "token", "actor", "org_id", "org_slug", "org_role", "factor_verification_age"):
        assert getattr(nobody, name) is None
    assert nobody.org_permissions == ()


@pytest.mark.parametrize(
    ("claim", "ages"),
    [
        ([3, -1], (3, -1)),
        ([0, 0], (0, 0)),
        ([-1, -1], (-1, -1)),
        ([3], None),
        ([3, 4, 5], None),
        ([3, -2], None),
        ([3, True], None),
        ([3, 1.0], None),
        (["3", "4"], None),
        ("34", None),
        (None, None),
    ],
)
def test_the_ages_of_factors_are_two_whole_minutes_or_nothing(claim: Any, ages: tuple[int, int] | None) -> None:
    assert parse_factor_ages(claim) == ages
    assert auth_of(V2, fva=claim).factor_verification_age == ages
    assert auth_of(V2).factor_verification_age is None


# -------------------------------------------------------------------------------------------------------------- value
SECRET = "eyJ.the-token.itself"


def test_no_way_to_print_a_caller_shows_the_token_or_a_claims_value() -> None:
    from rich.console import Console

    auth = make_auth({**V2, "fullName": "Ada", "o": {"id": "org_1", "rol": "admin"}}, SECRET)
    nobody = SignedOut("token-expired", "Expired.", set_cookies=(f"__session={SECRET}",), location=f"/?x={SECRET}")
    out = io.StringIO()
    Console(file=out, width=400).print(auth, nobody)
    for text in (repr(auth), str(auth), f"{auth}", out.getvalue(), repr(nobody), str(nobody)):
        assert "the-token" not in text
        assert "Ada" not in text
    assert repr(auth) == (
        "Auth(user_id='user_1', session_id='sess_1', org_id='org_1', org_role='org:admin', custom_claims=['fullName'])"
    )
    assert repr(nobody) == "SignedOut(reason='token-expired', message='Expired.')"


def test_a_caller_is_a_frozen_value_of_its_token() -> None:
    auth = auth_of(V2)
    with pytest.raises(AttributeError):
        auth.user_id = "user_2"  # type: ignore[misc]
    assert auth == auth_of(V2)
    assert {auth, auth_of(V2)} == {auth}
    assert auth != make_auth(V2, "another")
    assert auth != auth_of(V2, plan="pro")
    assert auth != "token"
    for again in (copy.copy(auth), copy.deepcopy(auth), pickle.loads(pickle.dumps(auth))):  # noqa: S301 - our own bytes
        assert again == auth
        assert type(again.session_claims) is ClaimsMapping


def test_a_caller_keeps_claims_of_its_own() -> None:
    claims = dict(V2)
    auth = make_auth(claims, "token")
    claims["sub"] = "user_2"
    assert auth.session_claims["sub"] == "user_1"


# ------------------------------------------------------------------------------------------------------------ mapping
def test_a_missing_claim_says_which_there_are_the_custom_ones_first() -> None:
    claims = make_auth({**V1, "fullName": "Ada", "primaryEmail": "a@example.com"}, "token").session_claims
    with pytest.raises(KeyError) as caught:
        claims["fulName"]
    error = caught.value
    assert isinstance(error, MissingClaimError)
    assert str(error) == (
        "This token has no claim `fulName`. Did you mean `fullName`? It has `fullName`, `primaryEmail`, and by default "
        "`sub`, `sid`, `org_id`, `org_slug`, `org_role`, `org_permissions`."
    )
    assert (error.name, "fullName" in error.names) == ("fulName", True)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes


def test_an_error_is_short_whatever_the_claims() -> None:
    claims = ClaimsMapping({f"claim_{number}" * 30: "v" * 999 for number in range(500)})
    with pytest.raises(MissingClaimError) as caught:
        claims["x" * 5000]
    assert len(str(caught.value)) < 3500
    assert "and 470 more" in str(caught.value)
    assert str(MissingClaimError("x")) == "This token has no claim `x`. It has no custom claims, and by default none."


def test_a_claim_left_out_for_size_is_never_taken_for_absent() -> None:
    claims = ClaimsMapping({"sub": "user_1", "plan": None, "_omitted": ["bio", 7]})
    for read in (claims.__getitem__, claims.get, lambda name: claims.get(name, "x")):
        with pytest.raises(
            OmittedClaimError, match=r'`await auth.claim\("bio"\)`.*`auth.claim_sync\("bio"\)`'
        ) as caught:
            read("bio")
        assert not isinstance(caught.value, KeyError)
    assert "bio" not in claims
    assert (claims.get("plan", "x"), claims.get("none"), claims.get("none", "x")) == (None, None, "x")
    with pytest.raises(MissingClaimError):
        claims["none"]


@pytest.mark.parametrize("strange", ["bio", {"bio": 1}, None, 7, [["bio"]], [None]])
def test_an_omitted_of_another_shape_names_nothing(strange: Any) -> None:
    assert ClaimsMapping({"_omitted": strange}).get("bio") is None
    assert auth_of(V2, _omitted=strange).omitted_claims == ()


@given(
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=4), st.lists(st.text(max_size=4)), st.text(max_size=4)
)
def test_a_mapping_reads_as_a_dictionary_but_for_what_was_left_out(
    custom: dict[str, int], omitted: list[str], name: str
) -> None:
    plain = {**custom, "_omitted": omitted}
    claims = ClaimsMapping(plain)
    assert claims == plain
    assert json.loads(json.dumps(claims)) == msgspec.json.decode(msgspec.json.encode(claims)) == plain
    assert (list(claims), len(claims), name in claims) == (list(plain), len(plain), name in plain)
    if name not in plain and (name in omitted or "*" in omitted) and name not in DEFAULT_CLAIMS:
        assert is_omitted(claims, name)
        with pytest.raises(OmittedClaimError):
            claims.get(name)
    else:
        assert not is_omitted(claims, name)
        assert claims.get(name, 0.5) == plain.get(name, 0.5)
