"""`GET /v1/sessions/{id}/claims` and `GET /v1/me/claims`: all custom claims, from the path of a mint."""

import random
from typing import Any

import msgspec
import pytest
from browser import Browser
from faces import CONFIG, START, Api, Open
from people import Person, enlist, found_organization
from token_parts import decode_token

from claimsmith.wire import DEFAULT_CLAIMS
from claimsmith_server.core.claims import compile_template

SECOND = 1000
BIG = {"bio": "{{user.public_metadata.bio}}", "plan": "{{user.public_metadata.plan}}", "name": "{{user.full_name}}"}
SIGNED_OUT = (401, "authentication_invalid")


def custom(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in DEFAULT_CLAIMS}


def with_a_big_claim(api: Api, **fields: Any) -> str:
    """The id of a user whose claim `bio` never fits."""
    api.set_claims(BIG)
    metadata = {"bio": "x" * 5000, "plan": "pro"}
    user_id: str = api.new_user(public_metadata=metadata, private_metadata={"canary": "PRIVATE"}, **fields)["id"]
    return user_id


# --------------------------------------------------------------------------------------------------- what is answered
def test_claims_in_and_out_of_the_token_are_told(open_on_engine: Open) -> None:
    api = open_on_engine()
    session_id = api.new_session(with_a_big_claim(api))
    assert api.get(f"/sessions/{session_id}/claims") == {
        "object": "session_claims",
        "session_id": session_id,
        "organization_id": None,
        "claims": {"bio": "x" * 5000, "plan": "pro", "name": "Ada Lovelace"},
        "omitted": ["bio"],
        "failed": [],
    }
    minted = api.mint(session_id)
    assert (custom(minted), minted["_omitted"]) == ({"plan": "pro", "name": "Ada Lovelace"}, ["bio"])


def test_without_a_template_there_are_no_custom_claims(api: Api) -> None:
    told = api.get(f"/sessions/{api.new_session()}/claims")
    assert (told["claims"], told["omitted"], told["failed"]) == ({}, [], [])


def test_with_the_policy_refuse_every_claim_is_out_of_the_token_and_told_all_the_same(api: Api) -> None:
    session_id = api.new_session(with_a_big_claim(api))
    api.patch(CONFIG, {"session": {"size_policy": "refuse"}})
    told = api.get(f"/sessions/{session_id}/claims")
    assert sorted(told["claims"]) == sorted(told["omitted"]) == ["bio", "name", "plan"]
    assert custom(api.mint(session_id)) == {}


def test_a_claim_that_cannot_be_rendered_is_named_and_not_told(api: Api) -> None:
    session_id = api.new_session()
    api.set_claims({"roles": "{{user.organizations}}", "plan": "pro"})
    instance_id = api.tenants[0].instance.id
    compiled = api.service.templates.session_claims
    whole = compile_template('{"roles": "{{user.organizations}}", "plan": "pro"}', audience="session").template
    assert whole is not None
    (version,) = {row[0] for row in api.sql("SELECT max(version) FROM session_claims")}
    compiled.keep(
        instance_id, version, msgspec.structs.replace(whole, requires=frozenset())
    )  # nothing is loaded for it
    told = api.get(f"/sessions/{session_id}/claims")
    assert (told["claims"], told["failed"]) == ({"plan": "pro"}, ["roles"])
    assert custom(api.mint(session_id)) == {"plan": "pro"}


def test_Z_005_private_metadata_and_the_servers_own_claims_are_not_told(api: Api) -> None:
    user_id = with_a_big_claim(api)
    browser = Browser(api)
    browser.start_session(user_id)
    for answer in (
        api.send("GET", f"/v1/sessions/{browser.session_id}/claims"),
        browser.send("GET", "/me/claims"),
    ):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "PRIVATE" not in answer.text
        body = answer.json()
        assert not DEFAULT_CLAIMS & set(body.get("response", body)["claims"])
        assert "eyJ" not in answer.text, "no token is made"


def test_reading_counts_as_no_mint_and_writes_nothing(api: Api) -> None:
    session_id = api.new_session(with_a_big_claim(api))
    tables = [row[0] for row in api.sql("SELECT name FROM sqlite_schema WHERE type = 'table'")]

    def everything() -> list[Any]:
        return [api.sql(f'SELECT * FROM "{name}"') for name in tables if name != "secret_keys"]  # noqa: S608 - ours

    before = everything()
    api.get(f"/sessions/{session_id}/claims")
    assert everything() == before
    assert not [event for event in api.events() if event["event"] == "claims left out of a token"]
    api.mint(session_id)
    assert [event for event in api.events() if event["event"] == "claims left out of a token"]


# --------------------------------------------------------------------------------------------------- equal to the mint
TEMPLATES: list[dict[str, Any]] = [
    {"name": "{{user.full_name}}", "mail": "{{user.primary_email_address}}"},
    BIG,
    {"all": "{{user.public_metadata}}", "plan": "{{user.public_metadata.plan || 'free'}}"},
    {"greeting": "Hello {{user.first_name}} {{user.public_metadata.plan}}", "n": 7, "none": None, "flag": True},
    {"deep": {"er": ["{{user.public_metadata.tags}}", {"who": "{{user.id}}"}]}, "bio": "{{user.unsafe_metadata.bio}}"},
    {"https://hasura.io/jwt/claims": {"x-hasura-user-id": "{{user.id}}"}, "tags": "{{user.public_metadata.tags}}"},
    {"roles": "{{user.organizations}}", "org": "{{org.name}}", "session": "{{session.id}}"},
    {**{f"c{number}": "{{user.public_metadata.bio}}" for number in range(6)}, "plan": "{{user.public_metadata.plan}}"},
]  # fmt: skip


def generated_user(random_: random.Random, number: int) -> dict[str, Any]:
    """Fields of a user whose claims take anything from nothing to twice a cookie."""
    filling = random_.choice(["x", "é", "€", "😀", '"', "\\", "\u2028"])
    size = len(msgspec.json.encode(filling)) - 2
    public = {
        "bio": filling * (random_.choice([0, 300, 900, 2100, 4200, 5000, 5400]) // size),
        "plan": random_.choice([None, "free", "pro", 0, False, ["a"], {"b": 1.5}]),
        "tags": [filling * random_.randrange(30) for _ in range(random_.randrange(9))],
    }
    chosen = {name: value for name, value in public.items() if random_.random() < 0.8}
    return {
        "email_address": [f"user{number}@example.com"],
        "first_name": random_.choice([None, "Ada", "Ω" * 60]),
        "public_metadata": chosen,
        "unsafe_metadata": {"bio": filling * (random_.randrange(5000) // size)},
    }


def test_the_route_tells_what_200_mints_are_made_of(open_on_engine: Open) -> None:
    api = open_on_engine()
    random_ = random.Random(5)  # noqa: S311 - the same users in each run
    sessions = [api.new_session(api.post("/users", generated_user(random_, number))["id"]) for number in range(25)]
    shed = 0
    for number, template in enumerate(TEMPLATES):
        api.set_claims(template)
        api.post("/jwt_templates", {"name": f"whole{number}", "claims": template})
        for session_id in sessions:
            shed += _compare(api, session_id, f"whole{number}", set(template))
    assert 30 < shed < 170, "some tokens lack claims, and some don't"


def _compare(api: Api, session_id: str, whole: str, names: set[str]) -> bool:
    """Whether the token lacks claims, once route, token and a token without a budget agreed."""
    told = api.get(f"/sessions/{session_id}/claims")
    minted = api.mint(session_id)
    assert set(told["claims"]) == names
    assert minted.get("_omitted", []) == told["omitted"]
    omitted = names if "*" in told["omitted"] else set(told["omitted"])
    assert custom(minted) == {name: value for name, value in told["claims"].items() if name not in omitted}
    assert told["claims"] == custom(api.mint(session_id, whole)), "a JWT template's token has no budget"
    return bool(omitted)


# ------------------------------------------------------------------------------------------------------- organizations
@pytest.fixture
def member(api: Api) -> Person:
    """Ada, in Acme and, as her active organization, in Umbrella."""
    api.set_claims({"org": "{{org.name}}", "role": "{{org.role}}"})
    person = Person(api, "ada@example.com")
    for name in ("Acme", "Umbrella"):
        organization_id = found_organization(person, name)
    person.browser.post(
        f"/client/sessions/{person.browser.session_id}/touch", {"active_organization_id": organization_id}
    )
    return person


def test_the_organization_is_the_active_one_or_the_one_asked_for_or_none(api: Api, member: Person) -> None:
    ids = {}
    for organization_id in member.organizations():
        ids[api.get(f"/organizations/{organization_id}")["name"]] = organization_id
    backend, browser = f"/sessions/{member.browser.session_id}/claims", member.browser
    for query, name in (
        ({}, "Umbrella"),
        ({"organization_id": ids["Acme"]}, "Acme"),
        ({"organization_id": ids["Umbrella"]}, "Umbrella"),
        ({"organization_id": ""}, None),
    ):
        told = browser.get("/me/claims", query=query)
        assert told == api.get(backend, params=query)
        assert (told["claims"]["org"], told["organization_id"]) == (name, ids.get(str(name)))
        assert custom(decode_token(browser.token(**query))[1]) == told["claims"]


def test_S_026_an_organization_of_others_is_not_found(api: Api, member: Person) -> None:
    other = Person(api, "eve@example.com")
    theirs = found_organization(other, "Theirs")
    query = {"organization_id": theirs}
    assert member.browser.refused("GET", "/me/claims", query=query)[:2] == (404, "resource_not_found")
    path = f"/sessions/{member.browser.session_id}/claims"
    assert api.refused("GET", path, params=query)[:2] == (404, "resource_not_found")
    assert api.refused("GET", path, params={"organization_id": "org_none"})[:2] == (404, "resource_not_found")
    enlist(other, theirs, member)
    assert member.browser.get("/me/claims", query=query)["claims"]["org"] == "Theirs"


# ------------------------------------------------------------------------------------------------------------ refusals
def test_S_018_a_banned_user_or_a_revoked_session_is_told_nothing(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = with_a_big_claim(api)
    browser = Browser(api)
    browser.start_session(user_id)
    kept, path = browser.session_id, f"/sessions/{browser.session_id}/claims"
    api.get(path)
    api.post(f"/sessions/{kept}/revoke")
    assert api.refused("GET", path)[:2] == (401, "session_not_active")
    assert browser.refused("GET", "/me/claims")[:2] == SIGNED_OUT
    browser.start_session(user_id)
    own = api.new_session(user_id)
    for what, undo in (("ban", "unban"), ("lock", "unlock")):
        session_id = api.new_session(user_id)
        api.post(f"/users/{user_id}/{what}")
        assert api.refused("GET", f"/sessions/{session_id}/claims")[0] == 401
        assert api.refused("GET", f"/sessions/{own}/claims")[0] == 401
        assert browser.refused("GET", "/me/claims")[:2] == SIGNED_OUT
        api.post(f"/users/{user_id}/{undo}")


@pytest.mark.parametrize(
    ("status", "answered"), [("pending", 200), ("ended", 401), ("removed", 401), ("replaced", 401)]
)
def test_a_session_tells_its_claims_exactly_while_it_mints(api: Api, status: str, answered: int) -> None:
    session_id = api.new_session(with_a_big_claim(api))
    api.sql("UPDATE sessions SET status = ? WHERE id = ?", status, session_id)
    assert api.send("GET", f"/v1/sessions/{session_id}/claims").status_code == answered
    assert api.send("POST", f"/v1/sessions/{session_id}/tokens").status_code == answered


def test_S_020_an_expired_session_is_told_nothing_to_the_millisecond(api: Api) -> None:
    session_id = api.new_session(with_a_big_claim(api))
    path = f"/sessions/{session_id}/claims"
    expire_at = api.get(f"/sessions/{session_id}")["expire_at"]
    api.now = expire_at - 1
    api.get(path)
    api.now = expire_at
    assert api.refused("GET", path)[:2] == (401, "session_not_active")


def test_S_025_a_browser_is_told_of_its_own_session_alone(api: Api) -> None:
    with_a_big_claim(api)
    ada, eve = Person(api, "bob@example.com"), Person(api, "eve@example.com")
    thief = eve.browser.twin()
    thief.client = {"last_active_session_id": ada.browser.session_id}
    assert thief.refused("GET", "/me/claims")[:2] == SIGNED_OUT
    assert Browser(api).refused("GET", "/me/claims")[:2] == SIGNED_OUT
    assert eve.browser.get("/me/claims")["session_id"] == eve.browser.session_id


def test_Z_001_a_session_of_another_instance_is_not_found(api: Api) -> None:
    session_id = api.new_session(with_a_big_claim(api))
    refused = api.refused("GET", f"/sessions/{session_id}/claims", key=api.tenants[1].secret_key)
    assert refused[:2] == (404, "resource_not_found")


def test_a_read_after_a_change_tells_the_change(api: Api) -> None:
    user_id = with_a_big_claim(api)
    session_id = api.new_session(user_id)
    api.patch(f"/users/{user_id}/metadata", {"public_metadata": {"plan": "team"}})
    assert api.get(f"/sessions/{session_id}/claims")["claims"]["plan"] == "team"
    api.set_claims({"only": 1})
    assert api.get(f"/sessions/{session_id}/claims")["claims"] == {"only": 1}
    api.now = START + SECOND
    assert custom(api.mint(session_id)) == {"only": 1}
