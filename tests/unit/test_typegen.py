"""Types come from the template."""

from typing import Any, get_type_hints

import msgspec
import pytest

from claimsmith_server.core.claims import Template, compile_template
from claimsmith_server.core.typegen import write_types

SEED = '{"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}'
ODD_NAMES = """{
  "org.id": "{{org.id || 'none'}}",
  "https://hasura.io/jwt/claims": {"x-role": "{{user.public_metadata.role || 'user'}}", "x-list": ["a", 1, null]},
  "class": "{{user.two_factor_enabled}}",
  "nested": {"a": {"b": "{{user.created_at}}"}}
}"""


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
