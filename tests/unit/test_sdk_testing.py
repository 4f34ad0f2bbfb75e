"""`claimsmith.testing` without pytest's fixtures and without a server: keys, tokens, callers, the clock."""

import contextvars
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimsmith import testing
from claimsmith.application import Application
from claimsmith.auth import SignedOut, make_auth
from claimsmith.authentication.facts import RequestFacts
from claimsmith.claims.session_claims import parse_organization
from claimsmith.errors import TokenError
from claimsmith.instance import cookie_suffix
from claimsmith.settings import load_settings
from claimsmith.stand_ins import find_stand_in
from claimsmith.verification.keys import StaticKeys
from claimsmith.verification.tokens import decode_claims, verify_token
from claimsmith.wire import DEFAULT_CLAIMS

NOW = 1_700_000_000
SLUGS = st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True)
PERMISSIONS = st.lists(st.tuples(SLUGS, SLUGS).map(lambda pair: f"org:{pair[0]}:{pair[1]}"), unique=True, max_size=12)
ACME = testing.Organization(id="org_acme", slug="acme", role="org:admin", permissions=("org:posts:edit",))


class User:
    """As the Backend API gives one: it has an id."""

    id = "user_from_api"


def decide(headers: dict[str, str] | None = None, **options: Any) -> Any:
    """The caller of one request to an application whose keys are those of the testing module."""
    application = Application(testing.settings, **options)
    given_headers = tuple((name.lower(), value) for name, value in (headers or {}).items())
    return application.decide(RequestFacts(method="GET", url="http://localhost/", headers=given_headers)).caller


def test_a_token_has_the_claims_of_the_wire_and_ours() -> None:
    token = testing.make_token({"fullName": "Ada"}, user="user_1", session_id="sess_1", issued_at=NOW)
    claims = verify_token(token, testing.keys, now=NOW)
    assert claims == {
        "exp": NOW + 60,
        "fva": [0, -1],
        "iat": NOW,
        "iss": "https://test.clerk.accounts.dev",
        "jti": claims["jti"],
        "nbf": NOW - 10,
        "sid": "sess_1",
        "sts": "active",
        "sub": "user_1",
        "v": 2,
        "fullName": "Ada",
    }
    assert set(claims) - {"fullName"} <= DEFAULT_CLAIMS
    assert len(bytes.fromhex(claims["jti"])) == 10


def test_a_token_is_current_when_no_time_is_told() -> None:
    assert verify_token(testing.make_token(), testing.keys)["sub"] == "user_test"


def test_the_same_arguments_give_the_same_token_and_others_another() -> None:
    first = testing.make_token({"a": 1}, issued_at=NOW)
    assert first == testing.make_token({"a": 1}, issued_at=NOW)
    assert decode_claims(first)["jti"] != decode_claims(testing.make_token({"a": 2}, issued_at=NOW))["jti"]


def test_every_option_is_in_its_claim() -> None:
    claims = testing.make_claims(
        user=User(),
        actor="user_support",
        authorized_party="https://app.example.com",
        features=("u:export",),
        plans=("u:pro",),
        verified=(3, 5),
        status="pending",
        lifetime=10,
        issued_at=NOW + 0.9,
    )
    told = ("sub", "act", "azp", "fea", "pla", "fva", "sts", "exp", "iat")
    assert [claims[name] for name in told] == [
        "user_from_api",
        {"sub": "user_support"},
        "https://app.example.com",
        "u:export",
        "u:pro",
        [3, 5],
        "pending",
        NOW + 10,
        NOW,
    ]
    assert testing.make_claims(actor={"sub": "user_2", "type": "agent"})["act"] == {"sub": "user_2", "type": "agent"}


def test_claims_may_replace_default_ones() -> None:
    assert testing.make_claims({"fva": "broken"})["fva"] == "broken"


@pytest.mark.parametrize("version", [1, 2])
def test_an_organization_is_read_back_from_either_version(version: Any) -> None:
    caller = make_auth(testing.make_claims(organization=ACME, version=version), "")
    assert (caller.org_id, caller.org_slug, caller.claims_version) == ("org_acme", "acme", version)
    assert caller.has(role="org:admin", permission="org:posts:edit")
    assert not caller.has(permission="org:posts:read")


def test_version_1_has_the_names_of_version_1_alone() -> None:
    claims = testing.make_claims(organization=ACME, version=1, features=("o:posts",), plans=("o:pro",))
    assert {"v", "o", "fea", "pla", "sts"}.isdisjoint(claims)
    assert claims["org_role"] == "org:admin"


def test_an_organization_by_its_id_is_one_of_a_plain_member() -> None:
    caller = make_auth(testing.make_claims(organization="org_1"), "")
    assert (caller.org_id, caller.org_role, caller.org_permissions) == ("org_1", "org:member", ())


@settings(max_examples=100, deadline=None)
@given(PERMISSIONS, st.lists(SLUGS.map(lambda slug: f"o:{slug}"), max_size=3), st.sampled_from([1, 2]))
def test_any_permissions_survive_their_encoding(permissions: list[str], features: list[str], version: Any) -> None:
    organization = testing.Organization(permissions=tuple(permissions))
    claims = testing.make_claims(organization=organization, features=features, version=version)
    parsed = parse_organization(claims)
    assert parsed is not None
    assert sorted(parsed.permissions) == sorted(permissions)


@settings(max_examples=100, deadline=None)
@given(PERMISSIONS)
def test_permissions_are_encoded_as_the_server_does(permissions: list[str]) -> None:
    org_claim = pytest.importorskip("claimsmith_server.core.org_claim")
    models = pytest.importorskip("claimsmith_server.core.models")
    msgspec = pytest.importorskip("msgspec")
    usual = [permission for permission in permissions if not permission.startswith(("org:sys", "org:org"))]
    ours = testing.make_claims(organization=testing.Organization(role="org:admin", permissions=tuple(usual)))
    organization = msgspec.convert(
        {"id": "org_test", "slug": "test-organization", "name": "", "image_url": "", "has_image": False}
        | {"public_metadata": {}, "private_metadata": {}},
        models.TokenOrganization,
    )
    membership = msgspec.convert(
        {"role": "org:admin", "permissions": usual, "public_metadata": {}, "private_metadata": {}},
        models.TokenMembership,
    )
    theirs = org_claim.compact_claims(organization, membership)
    assert {name: ours[name] for name in ("o", "fea") if name in ours} == theirs


@pytest.mark.parametrize("permission", ["posts", "org:posts", "org:posts:edit:all", "org::edit", "org:a,b:edit", ""])
def test_a_permission_that_no_token_could_say_is_refused(permission: str) -> None:
    with pytest.raises(ValueError, match="a permission is org:<feature>:<permission>"):
        testing.Organization(permissions=(permission,))


def test_a_template_token_is_none_of_a_session() -> None:
    token = testing.make_template_token({"aud": "billing"}, user="user_1", authorized_party="https://a.example")
    claims = verify_token(token, testing.keys, kind="jwt_template")
    assert set(claims) == {"aud", "azp", "exp", "iat", "iss", "jti", "nbf", "sub"}
    assert claims["nbf"] == claims["iat"] - 5
    with pytest.raises(TokenError, match="token-type-mismatch"):
        verify_token(token, testing.keys)


@pytest.mark.parametrize("flaw", testing.FLAWS)
def test_a_flawed_token_is_refused_for_its_flaw_alone(flaw: testing.Flaw) -> None:
    token = testing.make_flawed_token(flaw, {"fullName": "Ada"}, user="user_1", issued_at=NOW)
    with pytest.raises(TokenError) as refusal:
        verify_token(token, testing.keys, now=NOW)
    assert refusal.value.reason == testing.FLAWS[flaw]
    refused = decide({"Authorization": f"Bearer {token}"}, clock=lambda: NOW)
    assert isinstance(refused, SignedOut)
    assert decide(testing.auth_headers({"fullName": "Ada"}, issued_at=NOW), clock=lambda: NOW).is_authenticated


def test_every_flaw_has_its_own_token() -> None:
    tokens = {testing.make_flawed_token(flaw, issued_at=NOW) for flaw in testing.FLAWS}
    assert len(tokens) == len(testing.FLAWS)
    assert testing.make_token(issued_at=NOW) not in tokens


def test_all_forms_of_the_key_verify_and_another_key_does_not() -> None:
    token, stranger = testing.make_token(), testing.make_signing_key("ins_stranger")
    for keys in (testing.keys, StaticKeys.from_pem(testing.pem), StaticKeys.from_jwks(testing.jwks)):
        assert verify_token(token, keys)["sub"] == "user_test"
        with pytest.raises(TokenError):
            verify_token(testing.make_token(key=stranger), keys)
    assert testing.make_signing_key("ins_stranger") is stranger
    assert testing.make_signing_key().pem == testing.pem


def test_variables_say_what_the_settings_say() -> None:
    assert load_settings(testing.environment) == testing.settings


def test_headers_go_the_real_way() -> None:
    assert decide(testing.auth_headers({"plan": "gold"}, user="user_1")).session_claims["plan"] == "gold"
    assert decide().reason == "session-token-and-uat-missing"


def test_cookies_go_the_real_way_with_handshakes_on_and_under_both_names() -> None:
    cookies = testing.auth_cookies(user="user_1")
    suffix = cookie_suffix(testing.PUBLISHABLE_KEY)
    names = ("__session", "__client_uat", "__clerk_db_jwt")
    assert set(cookies) == {*names, *(f"{name}_{suffix}" for name in names)}
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    page = {"Cookie": header, "Sec-Fetch-Dest": "document"}
    assert decide(page, handshakes=True).user_id == "user_1"
    suffixed_alone = "; ".join(f"{name}={value}" for name, value in cookies.items() if name.endswith(suffix))
    assert decide({"Cookie": suffixed_alone}, handshakes=True).user_id == "user_1"


def test_cookies_of_a_token_that_is_there_already() -> None:
    token = testing.make_token(user="user_1", issued_at=NOW)
    cookies = testing.auth_cookies(token=token, publishable_key="pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk")
    assert cookies["__session"] == token
    assert cookies["__client_uat"] == str(NOW)
    assert f"__session_{cookie_suffix('pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk')}" in cookies


def test_nobody_stands_in_outside_a_block() -> None:
    assert find_stand_in() is None
    with testing.signed_in(user="user_1") as caller:
        assert find_stand_in() is caller
        assert decide() is caller
    assert find_stand_in() is None
    assert isinstance(decide(), SignedOut)


def test_a_block_counts_whatever_the_request_carries() -> None:
    with testing.signed_in(user="user_1"):
        for headers in (testing.auth_headers(user="user_2"), {"Authorization": "Bearer x"}, {}):
            assert decide(headers).user_id == "user_1"
    with testing.signed_out("token-expired"):
        assert decide(testing.auth_headers()).reason == "token-expired"


def test_blocks_nest_and_end_in_any_order() -> None:
    outer, inner = testing.signed_in(user="user_1"), testing.signed_in(user="user_2")
    with outer:
        with inner:
            assert decide().user_id == "user_2"
            with testing.signed_out():
                assert not decide().is_authenticated
        assert decide().user_id == "user_1"
    outer.begin()
    inner.begin()
    outer.end()
    assert decide().user_id == "user_2"
    inner.end()
    assert find_stand_in() is None


def test_beginning_and_ending_twice_is_as_good_as_once() -> None:
    block = testing.signed_in(user="user_1")
    assert block.begin() is block.begin()
    block.end()
    block.end()
    assert find_stand_in() is None


def test_a_block_ends_with_an_exception() -> None:
    with pytest.raises(RuntimeError), testing.signed_in():
        raise RuntimeError
    assert find_stand_in() is None


def test_a_block_counts_in_what_is_started_from_it_and_nowhere_else() -> None:
    found: list[object] = []

    def look() -> None:
        found.append(find_stand_in())

    with testing.signed_in(user="user_1") as caller:
        context = contextvars.copy_context()
        for target in (look, lambda: context.run(look)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert found == [None, caller]
    context.run(look)
    assert found[-1] is None


def test_a_block_that_ends_in_another_context_ends_everywhere() -> None:
    context, block = contextvars.copy_context(), testing.signed_in(user="user_1")
    context.run(block.begin)
    assert find_stand_in() is None
    block.end()
    assert context.run(find_stand_in) is None
    with testing.signed_in(user="user_2") as caller:
        assert find_stand_in() is caller


def test_a_caller_passes_on_a_token_that_verifies() -> None:
    with testing.signed_in({"plan": "gold"}, user="user_1") as caller:
        assert verify_token(caller.token, testing.keys)["plan"] == "gold"


def test_the_frozen_clock_stands_until_it_is_moved() -> None:
    clock = testing.FrozenClock(NOW)
    assert [clock(), clock.advance(60), clock(), clock.advance(-30)] == [NOW, NOW + 60, NOW + 60, NOW + 30]
    clock.move_to(NOW)
    assert repr(clock) == "FrozenClock(1700000000.0)"
    headers = testing.auth_headers(issued_at=clock())
    assert decide(headers, clock=clock).is_authenticated
    clock.advance(66)
    assert "expired" in decide(headers, clock=clock).reason


def test_every_public_name_is_there_and_no_other() -> None:
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    assert dir(testing) == sorted(testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'make_tokens'"):
        getattr(testing, "make_tokens")  # noqa: B009 - a type checker knows that it isn't there
