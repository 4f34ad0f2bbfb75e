# ruff: noqa: FBT001 - cases are named by their ids, and a table's row stays on its line
"""`Auth` from both versions of the claims, and `has` (case S-031)."""

from typing import Any

import pytest

from claimsmith import SignedOut, make_auth
from claimsmith.auth import Auth
from claimsmith.claims import parse_organization, split_scopes

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
