"""`GET /v1/session_claims/types`, and the metadata schemas that an instance declares in its config document."""

from typing import Any

import pytest
from dashboard import sign_in
from faces import CONFIG, Api, Open

PATH = "/v1/session_claims/types"
CLAIMS = {
    "plan": "{{user.public_metadata.plan}}",
    "seats": "{{org.public_metadata.seats}}",
    "theme": "{{user.unsafe_metadata.theme}}",
    "all": "{{user.public_metadata}}",
}
SCHEMA = {"type": "object", "properties": {"plan": {"enum": ["free", "pro"]}}, "required": ["plan"]}


def types(api: Api, **query: Any) -> str:
    answer = api.send("GET", PATH, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


def declare(api: Api, **schemas: Any) -> Any:
    return api.patch(CONFIG, {"metadata": schemas})


def test_types_of_an_instance_without_claims_are_an_empty_declaration(api: Api) -> None:
    assert "interface CustomJwtSessionClaims {\n  }" in types(api)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({}, "    plan?: unknown\n"),
        ({"language": "typescript", "style": "msgspec"}, "    plan?: unknown\n"),
        ({"language": "python"}, "    plan: Any\n"),
        ({"language": "python", "style": "msgspec"}, "    plan: Any = None\n"),
        ({"language": "python", "style": "pydantic"}, "class CustomSessionClaims(BaseModel):\n"),
        ({"language": "python", "style": "dataclass"}, "@dataclass(frozen=True, kw_only=True)\n"),
        ({"language": "json-schema"}, '"plan": {},\n'),
    ],
)
def test_a_language_and_a_style_are_asked_for(api: Api, query: dict[str, str], line: str) -> None:
    api.set_claims(CLAIMS)
    assert line in types(api, **query)


@pytest.mark.parametrize("query", [{"language": "rust"}, {"style": "attrs"}, {"observe": "maybe"}])
def test_what_is_not_written_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api.refused("GET", "/session_claims/types", params=query).status == 422


def test_declared_metadata_have_their_types_in_declarations_and_in_the_editor(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.set_claims(CLAIMS)
    told = declare(api, user_public_metadata=SCHEMA)

    assert told["metadata"]["user_public_metadata"] == SCHEMA
    assert api.get(CONFIG)["metadata"]["user_public_metadata"] == SCHEMA
    text = types(api)
    assert '    plan?: "free" | "pro"\n' in text
    assert "    seats?: unknown\n" in text
    body = {"target": "session", "text": '{"plan": "{{user.public_metadata.plan}}"}', "subject": {}}
    told = sign_in(api, "viewer").json("POST", "/dashboard/api/preview", body).json()["types"]
    assert '    plan?: "free" | "pro"\n' in told["typescript"]
    assert '    plan: Literal["free", "pro"]\n' in told["python"]
    assert '"free"' in told["json_schema"]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "array"}, "an object"),
        ({"type": "object", "properties": {"plan": {"type": "string", "minLength": 1}}}, "`minLength` is not read"),
        ({"type": "object", "description": "x" * 9_000}, "8,192 bytes"),
        ({"type": "object", "properties": {str(number): {} for number in range(300)}}, "200 members"),
    ],
)
def test_a_schema_that_no_type_is_read_of_is_refused_at_save(api: Api, schema: Any, told: str) -> None:
    answer = api.send("PATCH", f"/v1{CONFIG}", json={"metadata": {"org_public_metadata": schema}})

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "form_param_value_invalid")
    assert error["meta"] == {"param_name": "metadata.org_public_metadata"}
    assert told in error["long_message"]
    assert api.get(CONFIG)["metadata"]["org_public_metadata"] is None


@pytest.mark.parametrize("name", ["user_private_metadata", "org_private_metadata", "client_public_metadata"])
def test_nothing_is_declared_of_private_metadata(api: Api, name: str) -> None:
    assert api.refused("PATCH", CONFIG, {"metadata": {name: SCHEMA}}).code == "form_param_unknown"


def test_a_declaration_is_taken_back_with_null(api: Api) -> None:
    declare(api, user_public_metadata=SCHEMA)
    declare(api, user_public_metadata=None)
    api.set_claims(CLAIMS)
    assert "    plan?: unknown\n" in types(api)


def test_metadata_in_use_are_observed_when_that_is_asked_for(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.set_claims(CLAIMS)
    secrets = {"note": "a secret value"}
    for number in range(4):
        metadata = {"plan": "a plan's value", "seats": number, "deep": {"list": [1], "key": None if number else "x"}}
        user = api.new_user(
            f"ada{number}@example.com",
            public_metadata=metadata,
            unsafe_metadata={"theme": "dark"} if number else {},
            private_metadata=secrets,
        )
        api.post("/organizations", {"name": "Acme", "created_by": user["id"], "public_metadata": {"seats": 3}})
    plain, observed = types(api), types(api, observe="true")

    assert "    plan?: unknown\n" in plain
    assert "    plan?: string | null\n" in observed
    assert "    seats?: number | null\n" in observed
    assert "    theme?: string | null\n" in observed
    assert "        list?: Array<unknown>\n" in observed
    for language in ("typescript", "python", "json-schema"):
        text = types(api, observe="1", language=language)
        assert not [word for word in ("a plan's value", "dark", "note", "secret") if word in text]


def test_a_declared_schema_wins_over_what_is_in_use(api: Api) -> None:
    api.set_claims(CLAIMS)
    api.new_user(public_metadata={"plan": 1, "more": True}, unsafe_metadata={"theme": "dark"})
    declare(api, user_public_metadata=SCHEMA)
    text = types(api, observe="true")

    assert '    plan?: "free" | "pro"\n' in text
    assert "more" not in text
    assert "    theme?: string | null\n" in text


def test_types_of_one_instance_know_nothing_of_anothers_metadata(api: Api) -> None:
    api.new_user(public_metadata={"plan": "x"})
    other = api.tenants[1].secret_key
    body = {"session": {"claims": CLAIMS}}
    answer = api.send("PATCH", f"/v1{CONFIG}", json=body, key=other)
    assert answer.status_code == 200, answer.text
    answer = api.send("GET", PATH, params={"observe": "true"}, key=other)
    assert "    plan?: unknown\n" in answer.text
