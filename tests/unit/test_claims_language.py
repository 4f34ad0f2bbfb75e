"""What templates render to, and the security cases of section T that concern the language."""

import json
import time
from typing import Any

import pytest

from claimsmith_server.core.claims import (
    Audience,
    Template,
    compile_template,
    leave_out_unencodable,
    render,
    reserved_claims,
)
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.core.models import ClaimsContext, TokenMembership, TokenOrganization, TokenSession, TokenUser

SEED = '{"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}'


def user(**changes: Any) -> TokenUser:
    values: dict[str, Any] = {
        "id": "user_1",
        "external_id": "ext-7",
        "username": None,
        "first_name": "John",
        "last_name": "Smith",
        "primary_email_address": "john@example.com",
        "email_verified": True,
        "primary_phone_number": "+15555550100",
        "phone_number_verified": False,
        "primary_web3_wallet": None,
        "image_url": "https://img.example.com/1",
        "has_image": False,
        "two_factor_enabled": True,
        "created_at": 1_700_000_000_999,
        "updated_at": 1_700_000_001_000,
        "last_sign_in_at": None,
        "public_metadata": {},
        "unsafe_metadata": {},
    }
    return TokenUser(**(values | changes))


def context(
    organization: TokenOrganization | None = None,
    membership: TokenMembership | None = None,
    actor: dict[str, Any] | None = None,
    **changes: Any,
) -> ClaimsContext:
    session = TokenSession("sess_1", "active", actor, None, None, 1_700_000_000_000)
    return ClaimsContext(user(**changes), session, organization, membership)


ORGANIZATION = TokenOrganization("org_1", "Acme", "acme", "https://img.example.com/o", True, {"tier": {"name": "gold"}})
MEMBERSHIP = TokenMembership("org:admin", ("org:sys_memberships:manage",), {"team": "blue"})


def compiled(text: str, audience: Audience = "session", claims_version: ClaimsVersion = 2) -> Template:
    compilation = compile_template(text, audience=audience, claims_version=claims_version)
    assert compilation.template is not None, compilation.diagnostics
    return compilation.template


def codes(text: str, audience: Audience = "session", claims_version: ClaimsVersion = 2) -> list[str]:
    return [one.code for one in compile_template(text, audience=audience, claims_version=claims_version).diagnostics]


def value(expression: str, in_context: ClaimsContext | None = None) -> Any:
    """What the claim `a` renders to when its string is `expression`."""
    rendered = render(compiled(json.dumps({"a": expression})), in_context or context())
    assert rendered.failed == ()
    return rendered.claims["a"]


def refusal(expression: str) -> list[str]:
    """The codes of the errors when the claim `a` is `expression`."""
    compilation = compile_template(json.dumps({"a": expression}), audience="session")
    assert compilation.has_errors == (compilation.template is None)
    return [one.code for one in compilation.diagnostics if one.severity == "error"]


# ------------------------------------------------------------------------------------- the contract, section 3.2


def test_the_seeds_template_gives_the_seeds_claims() -> None:
    assert render(compiled(SEED), context()).claims == {"fullName": "John Smith", "primaryEmail": "john@example.com"}


@pytest.mark.parametrize(
    ("shortcode", "expected"),
    [
        ("user.id", "user_1"),
        ("user.external_id", "ext-7"),
        ("user.username", None),
        ("user.first_name", "John"),
        ("user.last_name", "Smith"),
        ("user.full_name", "John Smith"),
        ("user.primary_email_address", "john@example.com"),
        ("user.email_verified", True),
        ("user.primary_phone_number", "+15555550100"),
        ("user.primary_phone_address", "+15555550100"),
        ("user.phone_number_verified", False),
        ("user.primary_web3_wallet", None),
        ("user.image_url", "https://img.example.com/1"),
        ("user.has_image", False),
        ("user.two_factor_enabled", True),
        ("user.created_at", 1_700_000_000),
        ("user.updated_at", 1_700_000_001),
        ("user.last_sign_in_at", None),
        ("user.public_metadata", {"plan": "pro", "n": {"deep": [1]}}),
        ("user.public_metadata.plan", "pro"),
        ("user.public_metadata.n.deep", [1]),
        ("user.unsafe_metadata", {"seen": True}),
        ("user.unsafe_metadata.seen", True),
        ("user.organizations", {"org_1": "org:admin"}),
        ("org.id", "org_1"),
        ("org.name", "Acme"),
        ("org.slug", "acme"),
        ("org.role", "org:admin"),
        ("org.image_url", "https://img.example.com/o"),
        ("org.has_image", True),
        ("org.public_metadata", {"tier": {"name": "gold"}}),
        ("org.public_metadata.tier.name", "gold"),
        ("org_membership.role", "org:admin"),
        ("org_membership.permissions", ["org:sys_memberships:manage"]),
        ("org_membership.public_metadata", {"team": "blue"}),
        ("org_membership.public_metadata.team", "blue"),
        ("session.id", "sess_1"),
        ("session.actor", {"sub": "user_9"}),
        ("session.actor.sub", "user_9"),
    ],
)
def test_a_lone_shortcode_keeps_the_type_of_its_value(shortcode: str, expected: object) -> None:
    full = context(
        ORGANIZATION,
        MEMBERSHIP,
        {"sub": "user_9"},
        public_metadata={"plan": "pro", "n": {"deep": [1]}},
        unsafe_metadata={"seen": True},
        organizations={"org_1": "org:admin"},
    )

    found = value("{{" + shortcode + "}}", full)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("membership", [None, MEMBERSHIP])
def test_without_an_organization_all_of_it_is_null(membership: TokenMembership | None) -> None:
    names = ["org.id", "org.name", "org.has_image", "org.role", "org.public_metadata", "org.public_metadata.a"]
    names += ["org_membership.role", "org_membership.permissions", "org_membership.public_metadata.a"]

    assert [value("{{" + name + "}}", context(None, membership)) for name in names] == [None] * len(names)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [("A", "B", "A B"), ("A", None, "A"), (None, "B", "B"), (None, None, None), ("", "", None)],
)
def test_full_name_is_null_when_there_is_neither(first: str | None, last: str | None, expected: str | None) -> None:
    assert value("{{user.full_name}}", context(first_name=first, last_name=last)) == expected


def test_an_unknown_path_under_a_known_root_warns_and_renders_null() -> None:
    assert value("{{user.frist_name}}") is None
    assert codes('{"a": "{{user.frist_name}}"}') == ["unknown_path"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{user.username || 'x'}}", "x"),
        ("{{user.username || user.first_name}}", "John"),
        ("{{user.username || 30}}", 30),
        ("{{user.username || -1.5e1}}", -15.0),
        ("{{user.username || true}}", True),
        ("{{user.has_image || 'no picture'}}", "no picture"),
        ("{{user.has_image || false}}", False),
        ("{{user.username || user.has_image}}", False),
        ("{{user.has_image || user.username}}", None),
        ("{{user.username||user.has_image||'x'||30||true}}", "x"),
        ("{{ \t\n user.username \n || 'x' }}", "x"),
        ("{{user.username || ''}}", ""),
        ("{{false || 0}}", 0),
        ("{{user.username || 'it''s || }} {{'}}", "it's || }} {{"),
        ("{{user.username || 'C:\\dir\\'}}", "C:\\dir\\"),
        ("{{user.username || ''''}}", "'"),
        ("{{'x'}}", "x"),
        ("{{7}}", 7),
    ],
)
def test_fallbacks(expression: str, expected: object) -> None:
    found = value(expression)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("falsy_elsewhere", [0, "", 0.0, [], {}])
def test_zero_and_the_empty_string_are_values(falsy_elsewhere: object) -> None:
    assert (
        value("{{user.public_metadata.n || 'x'}}", context(public_metadata={"n": falsy_elsewhere})) == falsy_elsewhere
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{user.last_name}} {{user.username}}", "Smith null"),
        ("{{user.last_name}}{{user.first_name}}", "SmithJohn"),
        ("id:{{user.id}}", "id:user_1"),
        (" {{user.has_image}} ", " false "),
        ("{{user.created_at}}s", "1700000000s"),
        ("m={{user.public_metadata}}", 'm={"a":[1,null,"é"]}'),
        ("{{'{{'}} name {{'}}'}}", "{{ name }}"),
        ("{user.id} ${user.id} #{user.id} {% x %}", "{user.id} ${user.id} #{user.id} {% x %}"),
    ],
)
def test_a_mixed_string_is_a_string(expression: str, expected: str) -> None:
    assert value(expression, context(public_metadata={"a": [1, None, "é"]})) == expected


def test_shortcodes_stand_at_any_depth_and_keys_are_kept() -> None:
    inner = '{"roles": ["user", "{{user.id}}"], "{{user.id}}": {"x": "{{user.has_image}}"}}'
    text = '{"org.id": 1, "https://hasura.io/jwt/claims": ' + inner + "}"

    claims = render(compiled(text), context()).claims

    assert claims == {
        "org.id": 1,
        "https://hasura.io/jwt/claims": {"roles": ["user", "user_1"], "{{user.id}}": {"x": False}},
    }
    assert list(claims["https://hasura.io/jwt/claims"]) == ["roles", "{{user.id}}"]


def test_shortcodes_written_with_json_escapes_are_shortcodes() -> None:
    assert render(compiled(r'{"a": "\u007b\u007buser\u002eid}}"}'), context()).claims == {"a": "user_1"}


def test_claims_keep_the_order_of_the_text() -> None:
    text = '{"z": 1, "b": "{{user.id}}", "a": [], "y": null, "c": "{{user.id}}"}'

    assert list(render(compiled(text), context()).claims) == ["z", "b", "a", "y", "c"]


# ------------------------------------------------------------------------------------------- rendering, provenance


def test_a_caller_can_not_change_a_template_through_what_it_renders() -> None:
    template = compiled('{"a": {"b": [1, {"c": 2}]}, "d": ["x"], "e": 1}')
    first = render(template, context()).claims
    first["a"]["b"][1]["c"] = "changed"
    first["d"].append("changed")
    first["e"] = "changed"

    assert render(template, context()).claims == {"a": {"b": [1, {"c": 2}]}, "d": ["x"], "e": 1}


def test_a_claim_that_can_not_be_rendered_is_left_out_and_named() -> None:
    hostile = context(public_metadata={"x": object()}, first_name="A")
    template = compiled('{"a": 1, "b": {"in": "x{{user.public_metadata.x}}"}, "c": "{{user.first_name}}"}')

    rendered = render(template, hostile)

    assert rendered.claims == {"a": 1, "c": "A"}
    assert rendered.failed == ("b",)


def test_claims_that_json_can_not_carry_can_be_left_out() -> None:
    endless: dict[str, Any] = {}
    endless["x"] = endless
    hostile = context(first_name="\ud800", public_metadata=endless, last_name="B")
    template = compiled('{"a": "{{user.first_name}}", "b": "{{user.public_metadata.x}}", "c": "{{user.last_name}}"}')

    rendered = leave_out_unencodable(render(template, hostile))

    assert (rendered.claims, rendered.failed) == ({"c": "B"}, ("a", "b"))


def test_organizations_that_were_not_loaded_are_a_failure_and_no_empty_object() -> None:
    template = compiled('{"orgs": "{{user.organizations}}"}')

    assert template.requires == {"organizations"}
    assert render(template, context()).failed == ("orgs",)
    assert compiled(SEED).requires == frozenset()


def test_a_template_tells_where_each_claim_comes_from() -> None:
    template = compiled(
        '{\n  "a": 1,\n  "b": ["{{user.id}}", {"c": "x {{user.username || user.public_metadata.n}}"}]\n}'
    )
    first, second = template.claims

    assert (first.name, first.line, first.column, first.shortcodes) == ("a", 2, 3, ())
    assert (second.name, second.line, second.column) == ("b", 3, 3)
    assert [(one.text, one.line, one.column, one.length) for one in second.shortcodes] == [
        ("user.id", 3, 12, 7),
        ("user.username", 3, 35, 13),
        ("user.public_metadata.n", 3, 52, 22),
    ]


# ------------------------------------------------------------------------------------------------- security cases


@pytest.mark.parametrize(
    "name",
    ["azp", "exp", "fva", "iat", "iss", "jti", "nbf", "sid", "sub", "v", "pla", "fea", "sts", "o", "act", "_omitted"],
)
def test_T_001_reserved_claims_are_refused_in_session_templates(name: str) -> None:
    assert codes(json.dumps({name: "x"})) == ["reserved_claim"]


@pytest.mark.parametrize("name", ["org_id", "org_role", "org_slug", "org_permissions"])
def test_T_001_the_names_of_version_1_are_reserved_when_it_is_on(name: str) -> None:
    assert codes(json.dumps({name: "x"}), claims_version=1) == ["reserved_claim"]
    assert codes(json.dumps({name: "x"}), claims_version=2) == []


def test_J_029_a_session_token_can_not_carry_directives_of_a_handshake() -> None:
    assert codes('{"handshake": "{{user.unsafe_metadata.h}}"}') == ["reserved_claim"]
    assert codes('{"handshake": 1}', audience="jwt_template") == []


def test_T_001_jwt_templates_reserve_less() -> None:
    assert reserved_claims("jwt_template") == {"azp", "exp", "iat", "iss", "jti", "nbf", "sub"}
    assert codes('{"sid": 1, "o": 2, "aud": "x"}', audience="jwt_template") == []
    assert codes('{"sub": 1}', audience="jwt_template") == ["reserved_claim"]


@pytest.mark.parametrize(
    "text", ['{"a": 1, "\\u0061": 2}', '{"x": {"b": 1, "b": 2}}', '{"s\\u0075b": 1, "\\u0073ub": 2}']
)
def test_T_002_a_member_named_twice_is_refused_however_it_is_escaped(text: str) -> None:
    assert "duplicate_key" in codes(text)


def test_T_002_an_escape_does_not_hide_a_reserved_claim() -> None:
    assert codes('{"\\u0073ub": 1}') == ["reserved_claim"]


@pytest.mark.parametrize("name", [" sub", "sub ", "SUB", "Sub", "\u0455ub", "s\u200bub", "sub\u0000", ""])
def test_T_002_variants_and_look_alikes_are_plain_claims(name: str) -> None:
    assert render(compiled(json.dumps({name: 1, "in": {"sub": 2}})), context()).claims == {name: 1, "in": {"sub": 2}}


@pytest.mark.parametrize(
    "name",
    [
        "user.private_metadata",
        "user.private_metadata.x",
        "user.privateMetadata",
        "org.private_metadata",
        "org_membership.private_metadata.a.b",
        "user.password_digest",
        "user.totp_secret",
        "user.backup_codes",
        "session.token",
    ],
)
def test_T_003_private_and_secret_fields_are_refused(name: str) -> None:
    assert refusal("{{" + name + "}}") == ["secret_field"]
    assert refusal("x {{user.id || " + name + "}}") == ["secret_field"]


@pytest.mark.parametrize(
    "expression",
    [
        "{{7*7}}",
        "{{''.__class__}}",
        "{{config}}",
        "{{self}}",
        "{{self.__init__}}",
        "{{user.__class__}}",
        "{{user.id.__class__}}",
        "{{user.__class__.__mro__}}",
        "{{user['id']}}",
        "{{user.id()}}",
        "{{user.id|upper}}",
        "{{user.id + user.id}}",
        "{{{user.id}}}",
        "${{7*7}}",
        "#{{7*7}}",
        "{{ cycler.__init__.__globals__ }}",
        "{{user.public_metadata.a[0]}}",
        "{{user.public_metadata.a()}}",
        "{{lipsum}}",
    ],
)
def test_T_004_template_injection_is_refused(expression: str) -> None:
    assert len(refusal(expression)) == 1


@pytest.mark.parametrize("expression", ["{% import os %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "$(id)", "`id`"])
def test_T_004_other_languages_templates_are_plain_text(expression: str) -> None:
    assert value(expression) == expression


def test_T_004_a_dunder_below_metadata_is_a_members_name() -> None:
    assert value("{{user.public_metadata.__class__}}") is None
    assert value("{{user.public_metadata.__class__}}", context(public_metadata={"__class__": "x"})) == "x"


def test_T_005_a_value_with_shortcodes_is_data() -> None:
    hostile = context(first_name="{{user.email}}", unsafe_metadata={"x": "{{session.id}}"})

    assert value("{{user.first_name}}", hostile) == "{{user.email}}"
    assert value("Hi {{user.first_name}} {{user.unsafe_metadata.x}}", hostile) == "Hi {{user.email}} {{session.id}}"
    assert value("{{user.unsafe_metadata.x || 'y'}}", hostile) == "{{session.id}}"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b.c", 1),
        ("a.b", {"c": 1}),
        ("a.missing.c", None),
        ("list.0", None),
        ("list.length", None),
        ("text.upper", None),
        ("number.real", None),
        ("nothing.x", None),
        ("0", "zero"),
        ("007", "bond"),
        ("__proto__", None),
        ("items.x", None),
        ("keys", None),
        ("größe", "L"),
        ("a-b", 2),
        ("x.y", None),
        (".".join("a" for _ in range(100)), None),
    ],
)
def test_T_006_paths_follow_members_of_objects_and_nothing_else(path: str, expected: object) -> None:
    metadata = {
        "a": {"b": {"c": 1}},
        "list": [1, 2],
        "text": "x",
        "number": 1,
        "nothing": None,
        "0": "zero",
        "007": "bond",
        "größe": "L",
        "a-b": 2,
        "x.y": "a key with a dot can't be named",
    }

    assert value("{{user.public_metadata." + path + "}}", context(public_metadata=metadata)) == expected


def test_T_007_null_prints_as_null_in_a_mixed_string() -> None:
    assert value("{{user.last_name}} {{user.first_name}}", context(last_name=None)) == "null John"
    assert codes('{"a": "{{user.last_name}} {{user.id}}"}') == ["interpolated_null"]
    assert codes('{"a": "{{user.last_name || \'\'}} {{user.id}}"}') == []


def test_T_008_twenty_operands_are_allowed_and_no_more() -> None:
    assert value("{{" + "user.username || " * 19 + "'x'}}") == "x"
    assert refusal("{{" + "user.username || " * 20 + "'x'}}") == ["too_many_operands"]
    assert refusal("{{" + "user.username||" * 1000 + "'x'}}") == ["too_many_operands"]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("{{", "unclosed_shortcode"),
        ("{{user.id", "unclosed_shortcode"),
        ("{{user.id}", "unclosed_shortcode"),
        ("{{user.id {{user.id}}", "invalid_shortcode"),
        ("{{user.id ||", "unclosed_shortcode"),
        ("{{'x", "unclosed_literal"),
        ("{{}}", "empty_shortcode"),
        ("{{|| 'x'}}", "missing_operand"),
        ("{{'x' ||}}", "missing_operand"),
        ("{{user..id}}", "invalid_shortcode"),
        ("{{user.id.}}", "invalid_shortcode"),
        ("{{.id}}", "unknown_root"),
        ("{{user.}}", "incomplete_shortcode"),
        ("{{'a' 'b'}}", "invalid_shortcode"),
        ("{{user.id\u00a0|| 'x'}}", "invalid_shortcode"),
        ("{{01}}", "invalid_number"),
        ("{{+1}}", "invalid_number"),
        ("{{1.}}", "invalid_number"),
        ("{{1e999}}", "number_out_of_range"),
        ("{{user.username || True}}", "unknown_root"),
    ],
)
def test_T_008_what_is_not_an_expression_is_refused(expression: str, code: str) -> None:
    assert refusal(expression) == [code]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + "{{user.x||" * 1600 + '"}',
        '{"a": "' + "{{user.abcdefgh}}" * 900 + '"}',
        '{"a": "' + "{{" + "user.fisrt_nmae||" * 900 + '"}',
        '{"a": [' + '"{{user.fisrt_nmae||user.lats_nmae||orgs.x}}",' * 300 + "1]}",
        '{"a": "' + "{" * 16_000 + '"}',
        '{"a": "' + "}" * 16_000 + '"}',
        '{"a": "' + "{{'" * 5000 + '"}',
        '{"a": "{{' + "'" * 16_000 + '}}"}',
        '{"a": "' + "\\u007b" * 2600 + '"}',
        '{"a": "' + '\\"' * 8000 + '"}',
        "[" * 16_000,
        '{"a":' * 3000,
        "{" + ",".join(f'"{n}":""' for n in range(1700)) + "}",
        "{" + ",".join('"a":""' for n in range(2000)) + "}",
        '{"a": ' + "9" * 16_000 + "}",
        '{"a": 0.' + "9" * 16_000 + "}",
        '{"a": "{{user.public_metadata' + ".a" * 8000 + '}}"}',
        " " * 1_000_000,
        "{" * 1_000_000,
        '{"a": "' + "{{" * 500_000,
        "\n" * 16_000,
    ],
    ids=lambda text: f"{text[:16]}",
)
def test_T_008_hostile_texts_take_no_time(text: str) -> None:
    start = time.thread_time()
    compile_template(text, audience="session")

    assert time.thread_time() - start < 0.5  # a quadratic reading takes seconds


def test_T_009_every_character_of_a_name_arrives() -> None:
    name = 'O\'Neil "Q" \\ \n\u2028 \U0001f600 </script> {{x}}'

    assert value("{{user.first_name}}", context(first_name=name)) == name
    assert value("<{{user.first_name}}>", context(first_name=name)) == f"<{name}>"
    assert render(compiled(json.dumps({"a": name.replace("{{x}}", "")})), context()).claims["a"] == name[:-5]


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud800"}', '{"a": "\\udc00\\ud800"}', '{"\\ud83d": 1}', '{"a": "\ud800"}', '{"a": "\\ud800\\n"}']
)
def test_T_009_half_a_surrogate_pair_is_refused(text: str) -> None:
    assert codes(text) == ["lone_surrogate"]


def test_T_009_a_surrogate_pair_is_a_character() -> None:
    assert render(compiled('{"a": "\\ud83d\\ude00"}'), context()).claims == {"a": "\U0001f600"}


def test_T_011_the_limits_are_exact() -> None:
    assert codes('{"a": "' + "x" * (16_384 - 9) + '"}') == []
    assert codes('{"a": "' + "x" * (16_384 - 8) + '"}') == ["template_too_large"]
    assert codes('{"a": "' + "é" * 8188 + '"}') == ["template_too_large"]
    assert codes('{"a": [' + ",".join(['"{{user.id}}"'] * 100) + "]}") == []
    assert codes('{"a": [' + ",".join(['"{{user.id}}"'] * 101) + "]}") == ["too_many_shortcodes"]
    assert codes('{"a":' + "[" * 9 + "]" * 9 + "}") == []
    assert codes('{"a":' + "[" * 10 + "]" * 10 + "}") == ["nesting_too_deep"]
    assert codes('{"a":' + "[" * 100 + "]" * 100 + "}") == ["nesting_too_deep"]
    assert codes('{"a": "' + "x" * 1_000_000 + '"}') == ["template_too_large"]
