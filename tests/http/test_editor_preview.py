"""What is previewed is what is minted: for random users, organizations and templates, byte for byte."""

import json
import random
from typing import Any, NamedTuple

import httpx
import pytest
from browser import Browser
from dashboard import Visitor, sign_in
from faces import Api
from token_parts import decode_token

from claimsmith_server.core.claims import SHORTCODES

API = "/dashboard/api"
TEMPLATES = 100
USERS = 100
PAIRS_OF_A_TEMPLATE = 10
MOMENTARY = {"iat", "exp", "nbf", "jti"}
TEXTS = (
    *("Ada", "", "مرحبا", "👩\u200d👩\u200d👧 O'Brien", "{{user.id}}", '"}}'),
    *("\u202eabc", "x" * 60, "<script>alert(1)</script>", "0"),
)
KEYS = ("plan", "role", "a", "b", "x-y", "0", "__proto__", "tags", "nested", "日本")


class Someone(NamedTuple):
    """A user with a session."""

    user_id: str
    session_id: str
    organization_id: str | None


def make_value(chance: random.Random, depth: int = 0) -> Any:
    kinds = ["text", "number", "float", "flag", "null", "long"] + (["object", "array"] if depth < 3 else [])
    match chance.choice(kinds):
        case "text":
            return chance.choice(TEXTS)
        case "number":
            return chance.choice([0, 1, -7, 2**53, 2**63 - 1])
        case "float":
            return chance.choice([0.5, -1e-9, 1e22, 3.0])
        case "flag":
            return chance.random() < 0.5
        case "null":
            return None
        case "long":
            return chance.choice(["é", "z", "🙂"]) * chance.choice([40, 900, 1500])
        case "object":
            return {chance.choice(KEYS): make_value(chance, depth + 1) for _ in range(chance.randrange(4))}
        case _:
            return [make_value(chance, depth + 1) for _ in range(chance.randrange(4))]


def make_metadata(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.2:
        return {"big": "z" * 4000, "plan": make_value(chance, 3)}
    while True:
        made = {chance.choice(KEYS): make_value(chance, 1) for _ in range(chance.randrange(8))}
        if len(json.dumps(made, ensure_ascii=False).encode()) < 8192:
            return made


def make_operand(chance: random.Random) -> str:
    shortcode = chance.choice([*SHORTCODES, *(one for one in SHORTCODES if one.is_metadata)])
    if shortcode.is_path and chance.random() < 0.6:
        return ".".join([shortcode.name, *chance.choices(KEYS[:-1], k=chance.randint(1, 2))])
    return chance.choice([shortcode.name, "'it''s'", "30", "-1.5", "true", "false", "user.frist_name", "''"])


def make_text(chance: random.Random) -> str:
    one, other = ("{{" + " || ".join(make_operand(chance) for _ in range(chance.randint(1, 4))) + "}}" for _ in "ab")
    return chance.choice([one, one, f"x {one} 🙂 {other}", "plain", " " + one])


def make_claim(chance: random.Random, depth: int = 0) -> Any:
    if depth < 2 and chance.random() < 0.25:
        return {name: make_claim(chance, depth + 1) for name in chance.sample(KEYS, 2)}
    if depth < 2 and chance.random() < 0.15:
        return [make_claim(chance, depth + 1) for _ in range(2)]
    return make_text(chance) if chance.random() < 0.8 else chance.choice([1, 0.25, True, None, "s", [], {}])


def make_template(chance: random.Random) -> dict[str, Any]:
    names = ["fullName", "role", "🙂", "https://hasura.io/jwt/claims", "Sub", "aud", *KEYS]
    claims = {name: make_claim(chance) for name in chance.sample(names, chance.randint(0, 6))}
    return claims | ({"all": "{{user.public_metadata}}"} if chance.random() < 0.2 else {})


@pytest.fixture
def people(api: Api) -> list[Someone]:
    """Users with any metadata; every other one a member of an organization."""
    chance = random.Random(4)  # noqa: S311 - the same users in each run
    founder = api.new_user("founder@example.com")["id"]
    places = [api.post("/organizations", {"name": f"Org {n}", "created_by": founder}) for n in range(3)]
    made = []
    for number in range(USERS):
        fields = {
            "first_name": chance.choice(TEXTS[:4]) or None,
            "last_name": chance.choice(TEXTS[:4]) or None,
            "public_metadata": make_metadata(chance),
            "unsafe_metadata": make_metadata(chance),
        }
        user_id = api.new_user(f"user{number}@example.com", **{k: v for k, v in fields.items() if v is not None})["id"]
        place = None
        if number % 2:
            place = chance.choice(places)["id"]
            body = {"user_id": user_id, "role": chance.choice(["org:admin", "org:member"])}
            api.post(f"/organizations/{place}/memberships", body)
        active = {"active_organization_id": place} if place else {}
        made.append(Someone(user_id, api.new_session(user_id, **active), place))
    return made


def preview(visitor: Visitor, text: str, subject: dict[str, Any], **more: Any) -> Any:
    answer = visitor.json("POST", f"{API}/preview", {"target": "session", "text": text, "subject": subject, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def without_moment(claims: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in claims.items() if name not in MOMENTARY})


def test_a_thousand_previews_are_what_the_backend_api_mints(api: Api, people: list[Someone]) -> None:
    chance = random.Random(44)  # noqa: S311 - the same templates in each run
    visitor = sign_in(api, "viewer")
    shed = 0
    for number in range(TEMPLATES):
        version = 1 if number % 5 == 0 else 2
        claims = make_template(chance)
        api.set_claims(claims, claims_version=version)
        text = json.dumps(claims, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 2]))
        for one in chance.sample(people, PAIRS_OF_A_TEMPLATE):
            api.now += 7
            told = preview(visitor, text, {"user_id": one.user_id, "session_id": one.session_id, "origin": ""})
            jwt = api.post(f"/sessions/{one.session_id}/tokens")["jwt"]
            token = told["token"]
            previewed = {claim["name"]: claim["value"] for claim in token["claims"]}

            assert without_moment(previewed) == without_moment(decode_token(jwt)[1])
            assert token["cookie_bytes"] == len("__session_") + 8 + len(jwt)
            assert token["header_text"] == jwt.split(".")[0]
            assert len(token["payload_text"]) == len(jwt.split(".")[1])
            assert token["signature_characters"] == len(jwt.split(".")[2])
            size = token["size"]
            parts = [size[name] for name in ("name", "header", "default", "custom", "signature")]
            assert sum(parts) == token["cookie_bytes"]
            assert sum(claim["bytes"] for claim in size["per_claim"]) == size["default"] + size["custom"]
            assert [claim["kind"] == "custom" for claim in token["claims"]] == [
                claim["name"] in claims for claim in token["claims"]
            ]
            shed += bool(token["omitted"])
            assert (size["uncut_cookie_bytes"] > 4096) == bool(token["omitted"])
    assert shed > 10


def test_a_preview_of_a_browser_is_the_cookie_that_the_browser_gets(api: Api) -> None:
    user_id = api.new_user(public_metadata={"plan": "pro"})["id"]
    api.set_claims({"plan": "{{user.public_metadata.plan}}"})
    browser = Browser(api)
    session_id = browser.start_session(user_id)
    told = preview(sign_in(api, "viewer"), '{"plan": "{{user.public_metadata.plan}}"}', {"user_id": user_id})
    jwt = browser.token(session_id)
    origin = decode_token(jwt)[1]["azp"]

    assert told["subject"]["session_id"] == session_id
    assert told["subject"]["origin"] == "http://localhost:3000"
    asked = preview(
        sign_in(api, "viewer"),
        '{"plan": "{{user.public_metadata.plan}}"}',
        {"session_id": session_id, "origin": origin},
    )
    assert asked["token"]["cookie_bytes"] == len("__session_") + 8 + len(jwt)
    claims = {claim["name"]: claim["value"] for claim in asked["token"]["claims"]}
    assert without_moment(claims) == without_moment(decode_token(jwt)[1])


def test_a_jwt_templates_preview_is_what_is_minted(api: Api) -> None:
    user_id = api.new_user(public_metadata={"plan": "pro"})["id"]
    session_id = api.new_session(user_id)
    claims = {"aud": "x", "plan": "{{user.public_metadata.plan}}"}
    secret = {"custom_signing_key": True, "signing_algorithm": "HS256", "signing_key": "k" * 32}
    for name, more in (("plain", {}), ("own", secret)):
        template = api.post("/jwt_templates", {"name": name, "claims": claims, "lifetime": 300, **more})
        body = {"target": template["id"], "text": json.dumps(claims), "subject": {"user_id": user_id, "origin": ""}}
        token = sign_in(api, "viewer").json("POST", f"{API}/preview", body).json()["token"]
        jwt = api.post(f"/sessions/{session_id}/tokens/{name}")["jwt"]

        assert {claim["name"]: claim["value"] for claim in token["claims"]}.keys() == decode_token(jwt)[1].keys()
        assert token["cookie_bytes"] == len(jwt)
        assert token["size"]["limit"] is None


def test_a_user_without_a_session_is_previewed_with_an_example_of_one(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    user_id = api.new_user()["id"]
    text = '{"name": "{{user.full_name}}", "who": "{{session.actor.sub}}", "roles": "{{user.organizations}}"}'
    told = preview(visitor, text, {"user_id": user_id, "origin": ""})
    acted = preview(visitor, text, {"user_id": user_id, "impersonated": True})
    session_id = api.new_session(user_id)
    api.set_claims(json.loads(text))
    jwt = api.post(f"/sessions/{session_id}/tokens")["jwt"]

    claims = {claim["name"]: claim["value"] for claim in told["token"]["claims"]}
    assert (claims["name"], claims["who"], claims["roles"]) == ("Ada Lovelace", None, {})
    assert told["token"]["cookie_bytes"] == len("__session_") + 8 + len(jwt)
    claims = {claim["name"]: claim["value"] for claim in acted["token"]["claims"]}
    assert claims["act"]["sub"] == claims["who"]


def test_the_organization_is_the_sessions_or_the_one_asked_for_or_none(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    user_id = api.new_user()["id"]
    first, second = [api.post("/organizations", {"name": n, "created_by": user_id})["id"] for n in ("One", "Two")]
    api.new_session(user_id, active_organization_id=first)
    text = '{"in": "{{org.name}}"}'

    def name_organization(**subject: Any) -> Any:
        claims = preview(visitor, text, {"user_id": user_id, **subject})["token"]["claims"]
        return claims[0]["value"]

    assert name_organization() == "One"
    assert name_organization(session_id="") == "One"
    assert name_organization(organization_id=second) == "Two"
    assert name_organization(organization_id="") is None
    assert name_organization(organization_id="org_none") is None
    api.send("DELETE", f"/v1/organizations/{first}/memberships/{user_id}")


def test_sources_tell_which_operand_won(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    user_id = api.new_user(public_metadata={"a": False, "b": 0})["id"]
    text = '{"🙂": "{{user.public_metadata.a || user.public_metadata.b || \'x\'}}", "n": ["-{{user.username}}-"]}'
    told = preview(visitor, text, {"user_id": user_id})["token"]["claims"]
    units = text.encode("utf-16-le")
    sources = told[0]["sources"]

    assert [(one["value"], one["used"]) for one in sources] == [(False, False), (0, True), ("x", False)]
    assert [units[2 * one["from"] : 2 * one["to"]].decode("utf-16-le") for one in sources] == [
        "user.public_metadata.a",
        "user.public_metadata.b",
        "'x'",
    ]
    assert (told[0]["value"], told[0]["line"], told[0]["column"]) == (0, 1, 2)
    assert [(one["text"], one["value"], one["used"]) for one in told[1]["sources"]] == [("user.username", None, True)]


def test_a_text_with_errors_has_diagnostics_and_no_token(api: Api) -> None:
    told = preview(sign_in(api, "viewer"), '{"🙂": 1, "sub": 2', {})

    assert told["token"] is None
    assert told["types"] is None
    (one,) = told["diagnostics"]
    assert (one["code"], one["from"], one["to"]) == ("invalid_json", 18, 18)


def test_version_1_can_be_previewed_before_it_is_switched_on(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    old = preview(visitor, "{}", {}, claims_version=1)
    names = {claim["name"] for claim in old["token"]["claims"]}

    assert not names & {"v", "sts"}
    assert preview(visitor, '{"org_id": 1}', {}, claims_version=1)["diagnostics"][0]["code"] == "reserved_claim"
    assert preview(visitor, '{"org_id": 1}', {})["diagnostics"] == []


def test_an_unknown_subject_is_told(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    other = api.new_session(api.new_user("other@example.com")["id"])
    user_id = api.new_user()["id"]
    for subject in ({"user_id": "user_none"}, {"session_id": "sess_none"}, {"user_id": user_id, "session_id": other}):
        body = {"target": "session", "text": "{}", "subject": subject}
        assert visitor.json("POST", f"{API}/preview", body).status_code == 404
    assert visitor.json("POST", f"{API}/preview", {"target": "jtmp_none", "text": "{}"}).status_code == 404


def test_another_instances_users_are_not_there(api: Api) -> None:
    key = api.tenants[1].secret_key
    theirs = api.post("/users", {"email_address": ["x@example.com"]}, key=key)["id"]
    body = {"target": "session", "text": "{}", "subject": {"user_id": theirs}}

    assert sign_in(api, "owner").json("POST", f"{API}/preview", body).status_code == 404


def test_the_code_for_fastapi_reads_the_claims_of_a_minted_token(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = {"fullName": "{{user.full_name}}", "metadata": {"role": "{{user.public_metadata.role || 'member'}}"}}
    api.set_claims(claims)
    told = preview(sign_in(api, "viewer"), json.dumps(claims), {})["how_to_read"]["FastAPI"]
    jwt = api.post(f"/sessions/{api.new_session()}/tokens")["jwt"]
    pem = api.run(api.service.keys.load_public_pem(api.tenants[0].instance.id))
    monkeypatch.setenv("CLERK_JWT_KEY", pem)
    names: dict[str, Any] = {"clock": lambda: api.now / 1000}
    code = told.replace("Claimsmith(app)", "Claimsmith(app, clock=clock)")
    exec(compile(code, "main.py", "exec"), names)  # noqa: S102 - what the editor shows is what is run

    async def ask(**headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/me", headers=headers)

    assert api.run(ask(Authorization=f"Bearer {jwt}")).json() == {"full_name": "Ada Lovelace", "role": "member"}
    assert api.run(ask()).status_code == 401
