"""Session tokens and template tokens, claim by claim, as contract 2.1 to 2.3 and 3.2 write them."""

import json
from typing import Any

import pytest
from token_parts import (
    ISSUER,
    KID,
    NOW,
    SECONDS,
    SESSION_DEFAULTS,
    TOKEN_ID,
    a_context,
    a_membership,
    a_session,
    a_signer,
    a_template,
    a_user,
    an_issue,
    an_organization,
    decode_part,
    decode_token,
    expand_like_javascript,
)

from claimsmith.claims.session_claims import parse_organization
from claimsmith_server.core import tokens
from claimsmith_server.core.claims import reserved_claims
from claimsmith_server.core.claims.compiler import Template
from claimsmith_server.core.claims.expressions import Constant, ObjectExpression
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import ClaimsContext

SESSION, TEMPLATE = "cl_B7d4PD111AAA", "cl_B7d4PD222AAA"


def compose(claims: dict[str, Any] | None = None, context: ClaimsContext | None = None, **more: Any) -> dict[str, Any]:
    """The claims of a session token as its payload's bytes say them."""
    issue = more.pop("issue", an_issue())
    template = a_template(claims) if claims is not None else None
    composition = tokens.compose_session_token(template, context or a_context(), issue, a_signer(), **more)
    told: dict[str, Any] = json.loads(composition.payload)
    assert told == composition.claims
    return told


def hand_made(claims: dict[str, Any]) -> Template:
    """A template that no compiler let through: every claim is what `claims` says, whatever its name."""
    members = tuple((name, Constant((0, 0), value)) for name, value in claims.items())
    return Template((), frozenset(), ObjectExpression((0, 0), members), dict(claims), ())


def test_version_2_has_exactly_the_claims_of_the_contract() -> None:
    assert compose() == {
        "exp": SECONDS + 60,
        "iat": SECONDS,
        "iss": ISSUER,
        "jti": TOKEN_ID,
        "nbf": SECONDS - 10,
        "sub": "user_1",
        "sid": "sess_1",
        "fva": [3, -1],
        "sts": "active",
        "v": 2,
    }


def test_version_1_has_no_v_and_no_sts() -> None:
    told = compose(claims_version=1)
    assert set(told) == SESSION_DEFAULTS - {"v", "sts"}


def test_the_header_is_alg_cat_kid_oiat_typ() -> None:
    composition = tokens.compose_session_token(None, a_context(), an_issue(), a_signer())
    assert decode_part(composition.header) == {
        "alg": "RS256",
        "cat": SESSION,
        "kid": KID,
        "oiat": SECONDS,
        "typ": "JWT",
    }


def test_azp_is_the_party_that_asked_and_absent_when_nobody_did() -> None:
    assert "azp" not in compose()
    assert compose(issue=an_issue(authorized_party="http://localhost:3000"))["azp"] == "http://localhost:3000"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, None, [-1, -1]),
        (NOW, NOW, [0, 0]),
        (NOW - 59_999, NOW - 60_000, [0, 1]),
        (NOW - 7 * 24 * 3_600_000, None, [10_080, -1]),
        (NOW + 5_000, None, [0, -1]),  # another node's clock is ahead
    ],
)
def test_fva_is_whole_minutes_since_each_factor(first: int | None, second: int | None, expected: list[int]) -> None:
    context = a_context(first_factor_verified_at=first, second_factor_verified_at=second)
    assert compose(context=context)["fva"] == expected


def test_sts_is_the_sessions_status() -> None:
    assert compose(context=a_context(status="pending"))["sts"] == "pending"


def test_act_is_there_while_impersonating_and_only_then() -> None:
    actor = {"sub": "user_support", "iss": "https://dashboard.example.com"}
    assert compose(context=a_context(actor=actor))["act"] == actor
    assert compose(context=a_context(actor=actor), claims_version=1)["act"] == actor
    assert "act" not in compose()


def test_without_an_active_organization_there_is_no_trace_of_one() -> None:
    assert set(compose()) == SESSION_DEFAULTS
    context = ClaimsContext(a_user(), a_session(), an_organization(), None)  # no member of it any more
    assert set(compose(context=context)) == SESSION_DEFAULTS
    assert not set(compose(context=context, claims_version=1)) & {"org_id", "org_role", "org_slug", "org_permissions"}


def test_the_compact_organization_of_the_contract() -> None:
    told = compose(context=a_context("org:posts:edit", "org:posts:read", "org:billing:read"))
    assert told["fea"] == "o:posts,o:billing"
    assert told["o"] == {"id": "org_1", "slg": "acme", "rol": "admin", "per": "edit,read", "fpm": "3,2"}


def test_an_organization_without_permissions_has_no_fea_per_fpm() -> None:
    told = compose(context=a_context(member=True))
    assert told["o"] == {"id": "org_1", "slg": "acme", "rol": "admin"}
    assert "fea" not in told


def test_system_permissions_are_not_told() -> None:
    told = compose(context=a_context("org:sys_memberships:read", "org:sys_profile:manage"))
    assert (told["o"].keys(), "fea" in told) == ({"id", "slg", "rol"}, False)
    told = compose(context=a_context("org:sys_memberships:read", "org:a:b"), claims_version=1)
    assert told["org_permissions"] == ["org:a:b"]


def test_version_1_tells_the_organization_in_plain_claims() -> None:
    told = compose(context=a_context("org:posts:edit"), claims_version=1)
    assert {name: told[name] for name in told if name.startswith("org_")} == {
        "org_id": "org_1",
        "org_slug": "acme",
        "org_role": "org:admin",
        "org_permissions": ["org:posts:edit"],
    }
    assert not set(told) & {"o", "fea", "v"}


@pytest.mark.parametrize(
    "permissions",
    [
        ("org:posts:edit", "org:posts:read", "org:billing:read"),
        ("org:a:x", "org:b:y", "org:c:z"),
        tuple(f"org:f{i % 3}:p{i}" for i in range(53)),
        ("org:sys_domains:manage", "org:x:y"),
        (),
    ],
)
def test_both_sdks_read_the_same_organization_back(permissions: tuple[str, ...]) -> None:
    context = ClaimsContext(a_user(), a_session(), an_organization(), a_membership(*permissions))
    told = compose(context=context)
    expected = sorted(key for key in permissions if ":sys_" not in key)
    seen = expand_like_javascript(told)
    assert (seen["org_id"], seen["org_slug"], seen["org_role"]) == ("org_1", "acme", "org:admin")
    assert sorted(seen["org_permissions"]) == expected
    own = parse_organization(told)
    assert own is not None
    assert (own.id, own.slug, own.role, sorted(own.permissions)) == ("org_1", "acme", "org:admin", expected)


def test_a_54th_permission_is_denied_rather_than_read_as_another_one() -> None:
    permissions = tuple(f"org:f:p{i}" for i in range(60))
    seen = expand_like_javascript(compose(context=a_context(*permissions)))
    assert seen["org_permissions"] == list(permissions[:53])


def test_custom_claims_come_first_and_keep_their_order() -> None:
    told = compose({"z": 1, "a": "{{user.first_name}}", "m": {"y": 1, "b": 2}})
    assert list(told)[:3] == ["z", "a", "m"]
    assert told["a"] == "Ada"
    assert list(told["m"]) == ["y", "b"]


@pytest.mark.parametrize("version", [1, 2])
def test_T_001_a_stored_template_never_overrides_the_servers_claims(version: Any) -> None:
    forged = dict.fromkeys(sorted(reserved_claims("session", version)), "forged") | {"plan": "pro"}
    for context in (a_context(), a_context("org:a:b", actor={"sub": "user_2"})):
        composition = tokens.compose_session_token(
            hand_made(forged), context, an_issue(authorized_party="http://app"), a_signer(), claims_version=version
        )
        told = json.loads(composition.payload)
        assert "forged" not in told.values()
        assert told["plan"] == "pro"
        assert told["sub"] == "user_1"


def test_T_001_a_reserved_claim_that_is_absent_stays_absent() -> None:
    composition = tokens.compose_session_token(
        hand_made({"o": {"id": "org_other", "rol": "admin"}, "act": {"sub": "x"}, "azp": "evil", "pla": "u:pro"}),
        a_context(),
        an_issue(),
        a_signer(),
    )
    assert set(json.loads(composition.payload)) == SESSION_DEFAULTS


def test_T_001_a_stored_jwt_template_never_overrides_its_automatic_claims() -> None:
    forged = dict.fromkeys(sorted(reserved_claims("jwt_template")), "forged") | {"sid": "own", "aud": "hasura"}
    composition = tokens.compose_template_token(
        hand_made(forged), a_context(), an_issue(), a_signer(), allowed_clock_skew=5
    )
    told = json.loads(composition.payload)
    assert "forged" not in told.values()
    assert (told["sid"], told["aud"]) == ("own", "hasura")  # not reserved in JWT templates


def test_a_payload_holds_no_member_twice() -> None:
    composition = tokens.compose_session_token(
        hand_made({"sub": 1, "exp": 2, "a": 3}), a_context(), an_issue(), a_signer()
    )
    pairs: list[Any] = json.loads(composition.payload, object_pairs_hook=list)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names))


def test_a_template_token_has_its_claims_and_the_automatic_seven() -> None:
    composition = tokens.compose_template_token(
        a_template({"name": "{{user.full_name}}"}, "jwt_template"),
        a_context("org:a:b", actor={"sub": "user_2"}),
        an_issue(authorized_party="http://localhost:3000", lifetime_seconds=300),
        a_signer(),
        allowed_clock_skew=7,
    )
    assert json.loads(composition.payload) == {
        "name": "Ada Lovelace",
        "azp": "http://localhost:3000",
        "exp": SECONDS + 300,
        "iat": SECONDS,
        "iss": ISSUER,
        "jti": TOKEN_ID,
        "nbf": SECONDS - 7,
        "sub": "user_1",
    }
    assert decode_part(composition.header) == {"alg": "RS256", "cat": TEMPLATE, "kid": KID, "typ": "JWT"}


def test_a_template_token_may_be_larger_than_a_cookie() -> None:
    template = a_template({"big": "x" * 8000}, "jwt_template")
    composition = tokens.compose_template_token(template, a_context(), an_issue(), a_signer(), allowed_clock_skew=0)
    assert len(composition.claims["big"]) == 8000
    assert composition.omitted == ()


def test_a_claim_that_fails_is_left_out_named_and_blocks_nothing() -> None:
    good = a_template({"a": "{{user.first_name}}"})

    def fail(_: ClaimsContext) -> Any:
        raise RuntimeError("as a defect would")

    broken = Template(good.claims, good.requires, good.expression, {"a": None, "b": None}, (*good.readers, ("b", fail)))
    composition = tokens.compose_session_token(broken, a_context(), an_issue(), a_signer())
    assert composition.failed == ("b",)
    assert composition.claims["a"] == "Ada"
    assert "b" not in composition.claims
    assert composition.omitted == ()


def test_the_same_arguments_make_the_same_token_byte_for_byte() -> None:
    def make() -> str:
        template = a_template({"a": "{{user.full_name}}"})
        return tokens.sign(tokens.compose_session_token(template, a_context(), an_issue(), a_signer()), a_signer())

    assert make() == make()
    assert decode_token(make())[1]["a"] == "Ada Lovelace"


def test_a_session_whose_own_claims_fill_a_cookie_is_refused_by_name() -> None:
    with pytest.raises(ServiceError) as refused:
        compose(context=a_context(actor={"sub": "x" * 4096}))
    assert refused.value.items[0].code == "token_too_large"
    assert refused.value.status == 422
