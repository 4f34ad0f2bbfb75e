"""Diagnostics: each code can happen, stands where it belongs, and its fix fixes it."""

import json
from typing import Any

import pytest

from claimsmith_server.core.claims import DIAGNOSTICS, Audience, Diagnostic, DiagnosticKind, compile_template
from claimsmith_server.core.claims.review import is_role_like
from claimsmith_server.core.claims.shortcodes import ROOTS, SHORTCODES
from claimsmith_server.core.claims.suggestions import MISTAKEN_NAMES, MISTAKEN_ROOTS


def diagnose(text: str, audience: Audience = "session") -> tuple[Diagnostic, ...]:
    return compile_template(text, audience=audience).diagnostics


def only(text: str) -> Diagnostic:
    (one,) = diagnose(text)
    return one


def marked(text: str) -> str:
    """The characters that the only diagnostic underlines (texts of one line)."""
    one = only(text)
    assert one.line == 1
    return text[one.column - 1 : one.column - 1 + one.length]


def fixed(text: str) -> str:
    one = only(text)
    assert one.fix is not None, one
    return one.fix.apply(text)


@pytest.mark.parametrize("kind", DIAGNOSTICS, ids=lambda kind: kind.code)
def test_every_example_of_the_table_has_just_its_finding(kind: DiagnosticKind) -> None:
    compilation = compile_template(kind.example, audience="session")

    assert [(one.code, one.severity) for one in compilation.diagnostics] == [(kind.code, kind.severity)]
    assert compilation.has_errors == (kind.severity == "error")
    assert (compilation.template is None) == (kind.severity == "error")


@pytest.mark.parametrize("kind", DIAGNOSTICS, ids=lambda kind: kind.code)
def test_every_fix_removes_its_finding_and_brings_no_other(kind: DiagnosticKind) -> None:
    one = only(kind.example)
    if one.fix is not None:
        assert diagnose(one.fix.apply(kind.example)) == () or kind.code == "secret_field"


def test_codes_are_unique_and_snake_case() -> None:
    codes = [kind.code for kind in DIAGNOSTICS]

    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not code.replace("_", "").isalpha() or code != code.lower()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "x {{organization.id}}"}', "organization"),
        ('{"a": "\\n\\u0041{{organization.id}}"}', "organization"),
        ('{"\\u0061": "\U0001f600{{user.frist_name}}"}', "user.frist_name"),
        ('{"a": "{{user.username || \\"x\\"}}"}', '\\"x\\"'),
        ('{"a": 1, "a": 2}', '"a"'),
        ('{"s\\u0075b": 1}', '"s\\u0075b"'),
        ('{"a": "\\ud800"}', "\\ud800"),
        ('{"a": tru}', "t"),
        ('{"a": 1', ""),
    ],
)
def test_the_finding_stands_where_the_text_is_wrong(text: str, expected: str) -> None:
    assert marked(text) == expected


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_end_with_any_line_end(end: str) -> None:
    one = only(f'{{{end}  "a": 1,{end}  "b": {{{end}    "c/~": ["{{{{nobody.x}}}}"]}}}}')

    assert (one.line, one.column) == (4, 16)
    assert (one.path, one.claim) == ("/b/c~1~0/0", "b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "{{organization.id}}"}', '{"a": "{{org.id}}"}'),
        ('{"a": "{{Organization.name || \'x\'}}"}', '{"a": "{{org.name || \'x\'}}"}'),
        ('{"a": "{{usr.id}}"}', '{"a": "{{user.id}}"}'),
        ('{"a": "{{User.id}}"}', '{"a": "{{user.id}}"}'),
        ('{"a": "{{user.firstName}}"}', '{"a": "{{user.first_name}}"}'),
        ('{"a": "{{user.email}}"}', '{"a": "{{user.primary_email_address}}"}'),
        ('{"a": "{{user.id.x}}"}', '{"a": "{{user.id}}"}'),
        ('{"a": "{{user.public_metadta.plan}}"}', '{"a": "{{user.public_metadata.plan}}"}'),
        ('{"a": "{{user.private_metadata.plan}}"}', '{"a": "{{user.public_metadata.plan}}"}'),
        ('{"a": "{{user.username || \\"it\'s\\"}}"}', "{\"a\": \"{{user.username || 'it''s'}}\"}"),
        ('{"a": "{{user.username ?? \'x\'}}"}', '{"a": "{{user.username || \'x\'}}"}'),
        ('{"a": "{{user.username or \'x\'}}"}', '{"a": "{{user.username || \'x\'}}"}'),
        ('{"a": "{{user.username | \'x\'}}"}', '{"a": "{{user.username || \'x\'}}"}'),
        ('{"a": "{{user.username || null}}"}', '{"a": "{{user.username}}"}'),
        ('{"a": "{{user.id}"}', '{"a": "{{user.id}}"}'),
        ('{"a": "{{user.id"}', '{"a": "{{user.id}}"}'),
        ('{"a": "{{user.id\\u00a0}}"}', '{"a": "{{user.id }}"}'),
        ('{"a": "\\t{{user.last_name}} {{user.id}}"}', '{"a": "\\t{{user.last_name || \'\'}} {{user.id}}"}'),
        ('{"a": "  {{user.id}} "}', '{"a": "{{user.id}}"}'),
        ('{"role": "x{{user.unsafe_metadata.r || \'\'}}"}', '{"role": "x{{user.public_metadata.r || \'\'}}"}'),
        ('{"a": 1, "a": 2, "b": 3}', '{"a": 1, "b": 3}'),
        ('{"sub": 1, "b": 3}', '{"b": 3}'),
        ('{"b": 3, "sub": 1}', '{"b": 3}'),
        ('{"b": 3, "sub": {"x": [1]}, "c": 4}', '{"b": 3, "c": 4}'),
        ('{"a": 1,}', '{"a": 1}'),
        ('{"a": [1, ]}', '{"a": [1 ]}'),
        ('{"a": 1 "b": 2}', '{"a": 1, "b": 2}'),
        ('{"a": ["x" "y"]}', '{"a": ["x", "y"]}'),
        ('{"a": None}', '{"a": null}'),
        ('{"a": True}', '{"a": true}'),
        ("{a: 1}", '{"a": 1}'),
        ('{"a": "x\ty"}', '{"a": "x\\u0009y"}'),
        ('{"a": "C:\\dir"}', '{"a": "C:\\\\dir"}'),
        ('{"a": 99999999999999999999}', '{"a": "99999999999999999999"}'),
        ("", "{}"),
        (" \n", "{}"),
    ],
)
def test_a_fix_gives_the_text_that_was_meant(text: str, expected: str) -> None:
    assert fixed(text) == expected
    assert not compile_template(expected, audience="session").has_errors


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"a": "{{user.username || "x"}}"}', "single quotes"),
        ("{'a': 1}", "double quotes"),
        ('{"a": 1 // one\n}', "comments"),
        ('{"a": "{{user.public_metadata.list[0]}}"}', "arrays"),
        ('{"a": "{{user.id | upper}}"}', "no filters"),
    ],
)
def test_a_hint_tells_what_to_write(text: str, hint: str) -> None:
    assert hint in only(text).hint


def test_every_shortcode_that_is_wrong_is_reported() -> None:
    found = diagnose('{"a": "{{x.y}} {{user.id}} {{z.w}} {{", "b": ["{{}}"]}')

    assert [one.code for one in found] == ["unknown_root", "unknown_root", "unclosed_shortcode", "empty_shortcode"]


@pytest.mark.parametrize(
    "template",
    [
        {"role": "{{user.unsafe_metadata.x}}"},
        {"isAdmin": "{{user.unsafe_metadata.x}}"},
        {"a": "{{user.unsafe_metadata.role}}"},
        {"a": "{{user.unsafe_metadata.acl.permissions}}"},
        {"plan": "{{user.public_metadata.plan || user.unsafe_metadata.x}}"},
        {"plan": "plan-{{user.unsafe_metadata.x || 'free'}}"},
        {"https://hasura.io/jwt/claims": {"x-hasura-default-role": "{{user.unsafe_metadata.x}}"}},
        {"scopes": ["{{user.unsafe_metadata.x}}"]},
    ],
)
def test_a_role_that_the_user_can_write_warns(template: dict[str, Any]) -> None:
    assert [one.code for one in diagnose(json.dumps(template))] == ["unsafe_role"]


@pytest.mark.parametrize(
    "template",
    [
        {"role": "{{user.public_metadata.role}}"},
        {"theme": "{{user.unsafe_metadata.theme}}"},
        {"planet": "{{user.unsafe_metadata.planet}}"},
    ],
)
def test_other_claims_do_not_warn(template: dict[str, Any]) -> None:
    assert diagnose(json.dumps(template)) == ()


def test_a_names_words_decide_whether_it_is_role_like() -> None:
    like = [
        "role",
        "Roles",
        "isAdmin",
        "is_admin",
        "ADMIN",
        "userPlan",
        "x-scope",
        "https://a.example/tier",
        "hasAccess",
    ]

    assert [name for name in like if not is_role_like(name)] == []
    assert [name for name in ("controller", "planet", "administrivia", "frontier", "") if is_role_like(name)] == []


def test_an_audience_warns_in_session_templates_only() -> None:
    assert only('{"aud": "x"}').code == "custom_audience"
    assert diagnose('{"aud": "x"}', audience="jwt_template") == ()
    assert diagnose('{"a": {"aud": "x"}}') == ()


def test_a_flood_of_findings_is_cut_but_an_error_stays() -> None:
    warnings = ",".join(f'"{n}}}}}": "}}}}"' for n in range(300))
    found = diagnose("{" + warnings + ',"sub": 1, "x": "{{y}}"}')

    assert len(found) <= 102
    assert {one.code for one in found if one.severity == "error"} >= {"reserved_claim"}


def test_the_tables_of_mistakes_name_shortcodes_that_exist_for_ones_that_do_not() -> None:
    names = {one.name for one in SHORTCODES}

    assert set(MISTAKEN_NAMES.values()) <= names
    assert not names & MISTAKEN_NAMES.keys()
    assert set(MISTAKEN_ROOTS.values()) <= set(ROOTS)
    assert not set(ROOTS) & MISTAKEN_ROOTS.keys()
