"""Types come from the template."""

from typing import Any, get_type_hints

import msgspec
import pytest

from claimsmith_server.core.claims import ClaimType, Template, compile_template
from claimsmith_server.core.metadata_schema import parse_metadata_schema
from claimsmith_server.core.typegen import Style, write_types

SEED = '{"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}'
ODD_NAMES = """{
  "org.id": "{{org.id || 'none'}}",
  "https://hasura.io/jwt/claims": {"x-role": "{{user.public_metadata.role || 'user'}}", "x-list": ["a", 1, null]},
  "class": "{{user.two_factor_enabled}}",
  "nested": {"a": {"b": "{{user.created_at}}"}}
}"""

PLAN = {
    "type": "object",
    "properties": {
        "plan": {"enum": ["free", "pro"]},
        "limits": {"type": "object", "properties": {"seats": {"type": "integer"}}, "required": ["seats"]},
    },
    "required": ["plan"],
}
PATHS = """{
  "plan": "{{user.public_metadata.plan}}",
  "seats": "{{user.public_metadata.limits.seats}}",
  "other": "{{user.public_metadata.other}}",
  "orgPlan": "{{org.public_metadata.plan}}",
  "anyPlan": "{{org.public_metadata.plan || user.public_metadata.plan || 'none'}}",
  "all": "{{user.public_metadata}}"
}"""


def declared(schema: Any = PLAN) -> dict[str, ClaimType]:
    return dict.fromkeys(("user.public_metadata", "org.public_metadata"), parse_metadata_schema(schema))


def compiled(text: str) -> Template:
    template = compile_template(text, audience="session").template
    assert template is not None
    return template


def run_module(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(source, "generated.py", "exec"), names)  # noqa: S102 - it is what the test is about
    return names


def test_typescript_of_the_seeds_claims_is_the_seeds_declaration() -> None:
    assert write_types(compiled(SEED), "typescript") == (
        "// Written by `claimsmith types`; a change of the session claims writes it again.\n"
        "export {}\n"
        "\n"
        "declare global {\n"
        "  interface CustomJwtSessionClaims {\n"
        "    fullName?: string | null\n"
        "    primaryEmail?: string | null\n"
        "  }\n"
        "}\n"
    )


def test_typescript_quotes_names_that_are_no_identifiers_and_keeps_nesting() -> None:
    text = write_types(compiled(ODD_NAMES), "typescript")

    assert '    "org.id"?: string\n' in text
    assert '      "x-list": ["a", 1, null]\n' in text
    assert "      a: {\n        b: number\n      }\n" in text


def test_python_of_the_seeds_claims_is_a_typed_dict_with_the_default_claims() -> None:
    claims = run_module(write_types(compiled(SEED), "python"))["CustomSessionClaims"]

    hints = get_type_hints(claims)
    assert hints["fullName"] == str | None
    assert hints["sub"] is str
    assert {"fullName", "primaryEmail"} <= claims.__optional_keys__


def test_python_keeps_names_that_are_no_identifiers() -> None:
    claims = run_module(write_types(compiled(ODD_NAMES), "python"))["CustomSessionClaims"]

    assert {"org.id", "https://hasura.io/jwt/claims", "class", "nested"} <= claims.__optional_keys__


@pytest.mark.parametrize("text", [SEED, ODD_NAMES, "{}"])
def test_json_schema_asks_for_no_claim_since_a_token_may_leave_any_out(text: str) -> None:
    schema = msgspec.json.decode(write_types(compiled(text), "json-schema"))

    assert "required" not in schema
    assert schema["additionalProperties"] is True
    assert set(schema.get("properties", {})) == set(msgspec.json.decode(text))


@pytest.mark.parametrize("language", ["typescript", "python", "json-schema"])
def test_the_same_template_gives_the_same_text(language: Any) -> None:
    assert write_types(compiled(ODD_NAMES), language) == write_types(compiled(ODD_NAMES), language)


def test_declared_metadata_have_their_types_null_unless_required_all_the_way() -> None:
    text = write_types(compiled(PATHS), "typescript", metadata=declared())

    assert '    plan?: "free" | "pro"\n' in text
    assert "    seats?: number | null\n" in text
    assert "    other?: unknown\n" in text
    assert '    orgPlan?: "free" | "pro" | null\n' in text
    assert '    anyPlan?: "free" | "pro"\n' in text, "`none` is never reached"
    assert (
        '    all?: {\n      plan: "free" | "pro"\n      limits?: {\n        seats: number\n'
        "        [name: string]: unknown\n      }\n      [name: string]: unknown\n    }\n" in text
    )


def test_metadata_that_may_have_no_other_members_have_none() -> None:
    closed = PLAN | {"additionalProperties": False}
    text = write_types(compiled(PATHS), "typescript", metadata=declared(closed))

    assert "    other?: null\n" in text
    assert text.count("[name: string]: unknown") == 1, "of `limits` alone"


def test_the_json_schema_asks_for_required_members_of_metadata_only() -> None:
    schema = msgspec.json.decode(write_types(compiled(PATHS), "json-schema", metadata=declared()))

    assert schema["properties"]["plan"] == {"enum": ["free", "pro"]}
    assert schema["properties"]["seats"] == {"type": ["integer", "null"]}
    assert schema["properties"]["all"]["required"] == ["plan"]
    assert schema["properties"]["all"]["properties"]["limits"]["additionalProperties"] == {}


def test_python_tells_members_that_may_be_absent() -> None:
    names = run_module(write_types(compiled(PATHS), "python", metadata=declared()))

    assert names["CustomSessionClaimsAll"].__required_keys__ == {"plan"}
    assert names["CustomSessionClaimsAll"].__optional_keys__ == {"limits"}


@pytest.mark.parametrize(
    ("style", "line"),
    [
        ("typeddict", '        "org.id": str,\n'),
        ("msgspec", '        "org_id": "org.id",\n'),
        ("pydantic", '    org_id: str | None = Field(default=None, alias="org.id")\n'),
        ("dataclass", '    # "org.id" is no name of an attribute here'),
    ],
)
def test_each_style_has_its_way_with_names_that_are_no_identifiers(style: Style, line: str) -> None:
    source = write_types(compiled(ODD_NAMES), "python", style=style)

    assert line in source
    assert "CustomSessionClaims" in run_module(source)


@pytest.mark.parametrize("style", ["msgspec", "pydantic", "dataclass"])
def test_a_model_has_the_custom_claims_and_none_for_those_that_are_left_out(style: Style) -> None:
    model = run_module(write_types(compiled(SEED), "python", style=style))["CustomSessionClaims"]

    assert model().fullName is None
    assert model(fullName="Ada").fullName == "Ada"
    assert not hasattr(model(), "sub")


def test_a_claim_named_as_a_default_claim_of_the_other_version_replaces_it() -> None:
    text = '{"org_id": "{{user.created_at}}", "x y": 1}'
    hints = get_type_hints(run_module(write_types(compiled(text), "python"))["CustomSessionClaims"])

    assert hints["org_id"] is int
    assert hints["sub"] is str
    assert hints["act"].__name__ == "ActorClaim"


@pytest.mark.parametrize("style", ["msgspec", "pydantic", "dataclass", "typeddict"])
def test_names_that_a_module_uses_itself_do_not_break_it(style: Style) -> None:
    text = '{"str": "{{user.id}}", "list": [1], "Any": 1, "CustomSessionClaimsA": {"b": 1}, "a": {"b": "{{user.id}}"}}'
    names = run_module(write_types(compiled(text), "python", style=style))

    assert get_type_hints(names["CustomSessionClaimsA"])["b"] is str


def test_two_names_never_become_one_attribute() -> None:
    source = write_types(compiled('{"a-b": 1, "a.b": 2, "a_b": 3, "": 4, "!": 5}'), "python", style="pydantic")
    model = run_module(source)["CustomSessionClaims"].model_validate({"a-b": 1, "a.b": 2, "a_b": 3, "": 4, "!": 5})

    assert (model.a_b2, model.a_b3, model.a_b, model.claim, model.claim2) == (1, 2, 3, 4, 5)


@pytest.mark.parametrize("language", ["typescript", "python", "json-schema"])
def test_no_claim_hides_characters_in_what_is_written(language: Any) -> None:
    hidden = "\u202e\u2066\u0085\u2028\u200b\x1b[2J\U000e0041"
    text = msgspec.json.encode({f"n{hidden}": hidden, "list": {hidden: [hidden]}}).decode()
    source = write_types(compiled(text), language)

    assert all(character == "\n" or character.isprintable() for character in source)
    if language == "json-schema":
        assert msgspec.json.decode(source)["properties"][f"n{hidden}"] == {"const": hidden}
