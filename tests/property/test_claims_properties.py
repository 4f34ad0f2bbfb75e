"""What holds of the claims language for every text, template and context."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimsmith_server.core.claims import (
    SHORTCODES,
    Compilation,
    accepts,
    compile_template,
    infer,
    render,
    reserved_claims,
)
from claimsmith_server.core.models import ClaimsContext, TokenMembership, TokenOrganization, TokenSession, TokenUser

EXAMPLES = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=12)
integers = st.integers(-(2**63), 2**64 - 1)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
names = st.sampled_from(["a", "b", "plan", "0", "x-y", "role", "{{user.id}}", "__class__"])
metadata = st.dictionaries(names, json_values, max_size=4)
values_with_braces = texts | st.sampled_from(["{{user.id}}", "{{", "}}", "'", '"', "\u2028", "{{user.first_name}}"])
nullable_texts = st.none() | values_with_braces

users = st.builds(
    TokenUser,
    id=texts,
    external_id=nullable_texts,
    username=nullable_texts,
    first_name=nullable_texts,
    last_name=nullable_texts,
    primary_email_address=nullable_texts,
    email_verified=st.booleans(),
    primary_phone_number=nullable_texts,
    phone_number_verified=st.booleans(),
    primary_web3_wallet=nullable_texts,
    image_url=texts,
    has_image=st.booleans(),
    two_factor_enabled=st.booleans(),
    created_at=st.integers(0, 2**42),
    updated_at=st.integers(0, 2**42),
    last_sign_in_at=st.none() | st.integers(0, 2**42),
    public_metadata=metadata,
    unsafe_metadata=metadata,
    organizations=st.dictionaries(texts, texts, max_size=2),
)
sessions = st.builds(
    TokenSession, texts, st.just("active"), st.none() | metadata, st.none(), st.none(), st.integers(0, 2**42)
)
organizations = st.builds(TokenOrganization, texts, texts, texts, texts, st.booleans(), metadata)
memberships = st.builds(TokenMembership, texts, st.lists(texts, max_size=2).map(tuple), metadata)
contexts = st.builds(ClaimsContext, users, sessions, st.none() | organizations, st.none() | memberships)

path_names = st.sampled_from(["a", "b", "plan", "0", "x-y", "__class__", "keys"])
known = st.sampled_from([one.name for one in SHORTCODES])
paths = st.tuples(
    st.sampled_from([one.name for one in SHORTCODES if one.is_path]), st.lists(path_names, max_size=3)
).map(lambda pair: ".".join((pair[0], *pair[1])))
literals = texts.map(lambda text: "'" + text.replace("'", "''") + "'")
numbers = integers.map(str) | st.sampled_from(["-0", "1.5", "2e3", "true", "false"])
operands = known | paths | literals | numbers | st.sampled_from(["user.frist_name", "org.id.x"])
spaces = st.sampled_from(["", " ", "\n ", "\t"])
shortcodes = st.tuples(st.lists(operands, min_size=1, max_size=4), spaces).map(
    lambda pair: "{{" + pair[1] + (pair[1] + "||" + pair[1]).join(pair[0]) + pair[1] + "}}"
)
plain = texts.filter(lambda text: "{" not in text)
mixed = st.lists(shortcodes | plain, max_size=4).map("".join)
strings = shortcodes | mixed | plain
claim_values = st.recursive(
    strings | scalars.filter(lambda one: not isinstance(one, str)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | names, inner, max_size=3),
    max_leaves=8,
)
RESERVED = reserved_claims("session", 1)
claim_names = texts | names | st.sampled_from(["Sub", " sub", "aud", "org"])
templates = st.dictionaries(claim_names.filter(lambda name: name not in RESERVED), claim_values, max_size=5)
encodings = st.sampled_from([{}, {"ensure_ascii": False}, {"indent": 1}, {"separators": (",", ":")}])

pieces = st.sampled_from(
    [
        *("{{", "}}", "{", "}", "[", "]", '"', "'", "\\", "\\u007b", "\\ud800", ",", ":", "||", "|", ".", " "),
        *("\n", "\r", "user", "org", "user.first_name", "user.private_metadata", "organization.id", "null", "true"),
        *('"a"', '"sub"', '{"a": "{{user.id}}"}', '{"a": "', '"}', "\ud800", "\u2028", "\x00", "9" * 30, "0"),
        *("-1", "1e999", "'x'", "user.public_metadata.a", "??", "or", "\u00a0", '\\"'),
    ]
)
fragments = st.lists(pieces, max_size=25).map("".join)


def write(template: dict[str, Any], encoding: dict[str, Any]) -> str:
    return json.dumps(template, **encoding)


def compile_both(text: str) -> list[Compilation]:
    return [
        compile_template(text, audience="session"),
        compile_template(text, audience="session", claims_version=1),
        compile_template(text, audience="jwt_template"),
    ]


def check_diagnostics(text: str, compilation: Compilation) -> None:
    """Each diagnostic stands within the text, and its fix edits a part of it."""
    has_error = any(one.severity == "error" for one in compilation.diagnostics)
    assert compilation.has_errors == has_error == (compilation.template is None)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for one in compilation.diagnostics:
        assert 1 <= one.line <= len(lines)
        assert 1 <= one.column <= len(lines[one.line - 1]) + 2
        assert one.length >= 0
        assert one.message
        if one.fix is not None:
            assert 0 <= one.fix.start <= one.fix.end <= len(text)
            compile_template(one.fix.apply(text), audience="session")


@EXAMPLES
@given(st.text(max_size=60) | fragments | fragments.map(lambda inner: '{"a": "' + inner + '"}'))
def test_compiling_is_total(text: str) -> None:
    for compilation in compile_both(text):
        check_diagnostics(text, compilation)


@EXAMPLES
@given(templates, encodings, st.data())
def test_compiling_is_total_on_templates_with_a_mistake(
    template: dict[str, Any], encoding: dict[str, Any], data: st.DataObject
) -> None:
    text = write(template, encoding)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    broken = text[:start] + data.draw(pieces | st.just("")) + text[end:]

    for compilation in compile_both(broken):
        check_diagnostics(broken, compilation)


@EXAMPLES
@given(templates, encodings, contexts)
def test_the_inferred_type_accepts_what_is_rendered(
    template: dict[str, Any], encoding: dict[str, Any], context: ClaimsContext
) -> None:
    compilation = compile_template(write(template, encoding), audience="session")
    assert compilation.template is not None, compilation.diagnostics
    rendered = render(compilation.template, context)

    assert rendered.failed == ()
    assert list(rendered.claims) == list(template)
    assert accepts(infer(compilation.template), rendered.claims)
    assert msgspec.json.decode(msgspec.json.encode(rendered.claims)) == rendered.claims


@EXAMPLES
@given(templates, encodings, contexts)
def test_rendering_is_deterministic_and_leaves_template_and_context_alone(
    template: dict[str, Any], encoding: dict[str, Any], context: ClaimsContext
) -> None:
    text = write(template, encoding)
    compilation, again = (compile_template(text, audience="session") for _ in range(2))
    assert compilation.template is not None
    assert again.template is not None
    before = msgspec.json.encode(context)

    first = msgspec.json.encode(render(compilation.template, context))

    assert msgspec.json.encode(render(compilation.template, context)) == first
    assert msgspec.json.encode(render(again.template, context)) == first
    assert msgspec.json.encode(context) == before
    assert compilation.diagnostics == again.diagnostics


@EXAMPLES
@given(st.dictionaries(texts.filter(lambda name: name not in RESERVED), json_values, max_size=5), encodings, contexts)
def test_a_template_without_shortcodes_renders_to_itself(
    template: dict[str, Any], encoding: dict[str, Any], context: ClaimsContext
) -> None:
    text = write(template, encoding)
    if "{{" in text:
        return
    compilation = compile_template(text, audience="session")
    assert compilation.template is not None, compilation.diagnostics

    assert render(compilation.template, context).claims == msgspec.json.decode(text)


@EXAMPLES
@given(fragments.filter(lambda text: "{{" not in text) | templates.map(json.dumps))
def test_what_compiles_is_json_and_means_the_same(text: str) -> None:
    """The other way round: nothing is accepted that msgspec refuses."""
    if not compile_template(text, audience="jwt_template").has_errors:
        assert isinstance(msgspec.json.decode(text), dict)


@EXAMPLES
@given(
    st.dictionaries(claim_names | st.sampled_from(sorted(RESERVED)), strings, max_size=6),
    encodings,
    st.sampled_from([1, 2]),
)
def test_a_compiled_session_template_has_no_reserved_claim(
    template: dict[str, Any], encoding: dict[str, Any], claims_version: Any
) -> None:
    compilation = compile_template(write(template, encoding), audience="session", claims_version=claims_version)
    reserved = reserved_claims("session", claims_version)

    assert compilation.has_errors == bool(reserved & template.keys())
    if compilation.template is not None:
        assert not reserved & {claim.name for claim in compilation.template.claims}


@EXAMPLES
@given(contexts, values_with_braces)
def test_there_is_one_pass(context: ClaimsContext, value: str) -> None:
    template = compile_template(
        '{"a": "{{user.first_name}}", "b": "<{{user.first_name || \'\'}}>"}', audience="session"
    ).template
    assert template is not None
    user = msgspec.structs.replace(context.user, first_name=value)

    claims = render(template, msgspec.structs.replace(context, user=user)).claims

    assert claims == {"a": value, "b": f"<{value}>"}


@EXAMPLES
@given(st.lists(values_with_braces, min_size=1, max_size=4).map("".join))
def test_any_string_can_be_written_as_a_literal(text: str) -> None:
    literal = "{{'" + text.replace("'", "''") + "'}}"
    template = compile_template(json.dumps({"a": literal, "b": f"{literal}{literal}"}), audience="session").template
    assert template is not None

    assert template.expression.members[0][1] != template.expression.members[1][1]
    assert render(template, None).claims == {"a": text, "b": text + text}  # type: ignore[arg-type] # no shortcode reads it
