"""The pure parts of the editor: places in a text, sources, cookie parts, tests of templates, metadata paths, census."""

import ast
import json
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from claimsmith_server.core import jose, size, tokens
from claimsmith_server.core.census import Census, OverUser, draw_histogram, find_percentile
from claimsmith_server.core.claims import DIAGNOSTICS, DiagnosticKind, Template, compile_template, render
from claimsmith_server.core.claims.fixtures import (
    FixtureContext,
    FixtureOrganization,
    FixtureUser,
    build_context,
    describe_context,
    run_fixture,
)
from claimsmith_server.core.claims.metadata_paths import MetadataPaths, walk_paths
from claimsmith_server.core.claims.positions import Positions
from claimsmith_server.core.claims.provenance import list_sources
from claimsmith_server.core.cookie_parts import split_cookie
from claimsmith_server.core.default_claims import list_default_claims
from claimsmith_server.core.how_to_read import FRAMEWORKS, write_how_to_read
from claimsmith_server.wire.claims_preview import cut_value, diagnostics_out

NAMES = [
    "fullName",
    "https://hasura.io/jwt/claims",
    "a b",
    "class",
    "auth",
    "🙂",
    '"; evil(); "',
    "it's",
    "{x}",
    "",
    "1",
]


def compiled(text: str) -> Template:
    template = compile_template(text, audience="session").template
    assert template is not None
    return template


def apply_in_javascript(text: str, start: int, end: int, replacement: str) -> str:
    """As JavaScript's `slice` counts."""
    units = text.encode("utf-16-le")
    return (units[: 2 * start] + replacement.encode("utf-16-le") + units[2 * end :]).decode("utf-16-le")


def with_emoji(kind: DiagnosticKind) -> str | None:
    """The example with characters of two UTF-16 units before it, where it is an object."""
    text = kind.example
    return '{"🙂": "👩‍👧",' + text[1:] if text.startswith("{") and kind.code != "template_too_large" else None


@pytest.mark.parametrize("kind", DIAGNOSTICS, ids=lambda kind: kind.code)
def test_each_fix_applied_as_javascript_counts_removes_its_finding(kind: DiagnosticKind) -> None:
    for text in filter(None, (kind.example, with_emoji(kind))):
        compilation = compile_template(text, audience="session")
        told = [one for one in diagnostics_out(text, compilation.diagnostics) if one.code == kind.code]
        assert told, text
        for one, plain in zip(told, [d for d in compilation.diagnostics if d.code == kind.code], strict=True):
            marked = text.encode("utf-16-le")[2 * one.from_ : 2 * one.to].decode("utf-16-le", "surrogatepass")
            assert len(marked) == plain.length or one.to == len(text.encode("utf-16-le")) // 2
            assert (one.fix is None) == (plain.fix is None)
            if one.fix is not None and plain.fix is not None:
                fixed = apply_in_javascript(text, one.fix.from_, one.fix.to, one.fix.replacement)
                assert fixed == plain.fix.apply(text)
                again = compile_template(fixed, audience="session").diagnostics
                assert kind.code not in [other.code for other in again]


def test_which_diagnostics_have_a_fix_is_known() -> None:
    fixable = {
        kind.code
        for kind in DIAGNOSTICS
        if any(one.fix for one in compile_template(kind.example, audience="session").diagnostics)
    }

    assert fixable >= {
        *("invalid_json", "duplicate_key", "number_out_of_range", "unclosed_shortcode", "missing_operand"),
        *("double_quoted_literal", "null_literal", "unknown_root", "secret_field", "reserved_claim", "unknown_path"),
        *("interpolated_null", "unsafe_role", "padded_shortcode", "unreachable_operand"),
    }


def test_positions_agree_with_each_other_on_any_text() -> None:
    chance = random.Random(2)  # noqa: S311 - the same texts in each run
    for _ in range(300):
        text = "".join(chance.choices("ab\r\n🙂é\u2028", k=chance.randrange(30)))
        positions = Positions(text)
        for offset in range(len(text) + 1):
            assert positions.offset(*positions.locate(offset)) == offset
            assert positions.utf16(offset) == len(text[:offset].encode("utf-16-le")) // 2


# ------------------------------------------------------------------------------------------------------------- sources


def test_sources_are_those_of_every_depth_and_say_what_was_read() -> None:
    text = '{"a": {"b": ["{{user.username || user.id}}", "{{user.first_name}}-{{false || 0}}"]}, "c": 1}'
    context = build_context(FixtureContext(user=FixtureUser(id="user_1", first_name="Ada")))
    sources = list_sources(compiled(text), text, context)

    assert [(one.text, one.value, one.used) for one in sources["a"]] == [
        ("user.username", None, False),
        ("user.id", "user_1", True),
        ("user.first_name", "Ada", True),
        ("false", False, False),
        ("0", 0, True),
    ]
    assert sources["c"] == ()
    assert all(text[slice(*one.span)] == one.text for one in sources["a"])


def test_the_last_operand_wins_when_none_has_a_value() -> None:
    text = '{"a": "{{user.username || user.has_image || user.last_name}}"}'
    sources = list_sources(compiled(text), text, build_context(FixtureContext()))["a"]

    assert [one.used for one in sources] == [False, False, True]


def test_long_and_impossible_values_are_told_shortly() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    assert cut_value({"a": 1})[0] == msgspec.Raw(b'{"a":1}')
    text, is_cut = cut_value("é" * 5000)
    assert is_cut
    assert len(text) < 2100
    assert cut_value("\ud800") == (None, False)
    assert cut_value(deep) == (None, False)


# --------------------------------------------------------------------------------------------------------- the cookie


def test_the_parts_of_a_cookie_add_up_for_payloads_of_every_length() -> None:
    signer = jose.make_secret_signer(b"k" * 32, "HS256")
    for length in range(64):
        claims: dict[str, Any] = {"a": "x" * length, "🙂": [1], "sub": "user_1"}
        payload = msgspec.json.encode(claims)
        header = jose.encode_header("HS256", None, category=None, issued_at=None)
        composition = tokens.Composition(header, payload, claims, (), (), signer.signature_size, len(payload))
        parts = split_cookie(composition, {"a", "🙂"})
        total = parts.name + parts.header + parts.signature + sum(one.characters for one in parts.claims)

        assert total == composition.cookie_bytes
        assert total == size.COOKIE_NAME_BYTES + len(tokens.sign(composition, signer))
        assert parts.count("custom") + parts.count("default") == sum(one.characters for one in parts.claims)
        assert parts.custom_bytes == len(msgspec.json.encode({"a": claims["a"], "🙂": [1]})) - 2
        assert sum(one.payload_bytes for one in parts.claims) + 1 == len(payload)


def test_every_reserved_claim_that_tokens_have_is_documented() -> None:
    assert {one.name for one in list_default_claims("jwt_template")} == {
        "azp",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "sub",
    }
    for version in (1, 2):
        assert all(one.doc for one in list_default_claims("session", version))  # type: ignore[arg-type]
    assert {one.name for one in list_default_claims("session", 1)} >= {"org_id", "_omitted"}


# ----------------------------------------------------------------------------------------------------------- fixtures


def test_a_fixture_passes_or_says_where_it_differs() -> None:
    template = compiled('{"plan": "{{user.public_metadata.plan}}", "in": {"slug": "{{org.slug}}"}, "n": [1, true]}')
    context = FixtureContext(user=FixtureUser(public_metadata={"plan": "free"}), org=FixtureOrganization(slug="acme"))

    assert run_fixture(template, context, {"plan": "free", "in": {"slug": "acme"}, "n": [1.0, True]}) == ()
    wrong = run_fixture(template, context, {"plan": "pro", "in": {"slug": "x"}, "n": [True, 1], "more": 1})
    assert [(one.path, one.message) for one in wrong] == [
        ("/plan", 'expected "pro", got "free"'),
        ("/in/slug", 'expected "x", got "acme"'),
        ("/n/0", "expected true, got 1"),
        ("/n/1", "expected 1, got true"),
        ("/more", "expected 1, got no such claim"),
    ]
    (surplus,) = run_fixture(template, context, {"plan": "free", "in": {"slug": "acme"}})
    assert surplus.message == "expected no such claim, got [1,true]"


def test_a_context_written_as_a_fixture_gives_the_same_claims() -> None:
    context = build_context(
        FixtureContext(
            user=FixtureUser(created_at=5, last_sign_in_at=7, organizations={"org_1": "org:admin"}),
            org=FixtureOrganization(role="org:admin", public_metadata={"a": {"b": 1}}),
        )
    )
    template = compiled(
        '{"a": "{{user.created_at}}", "b": "{{user.last_sign_in_at}}", "c": "{{user.organizations}}", '
        '"d": "{{org.role}}", "e": "{{org_membership.permissions}}", "f": "{{org.public_metadata.a.b}}"}'
    )
    written = msgspec.convert(msgspec.to_builtins(describe_context(context)), FixtureContext)

    assert render(template, build_context(written)) == render(template, context)
    assert render(template, context).claims["a"] == 5


# ------------------------------------------------------------------------------------------------------ metadata paths


def test_paths_are_counted_with_type_coverage_and_size() -> None:
    paths = MetadataPaths()
    for metadata in ({"plan": "pro", "n": {"x": 1}}, {"plan": None}, {"plan": "free"}, {}, "no object"):
        paths.add(metadata)
    found = {one.path: one for one in paths.list_most_used(10)}

    assert list(found) == ["plan", "n", "n.x"]
    assert (found["plan"].type, found["plan"].coverage, found["plan"].median_bytes) == ("string or null", 0.6, 5)
    assert (found["n"].type, found["n.x"].type) == ("object", "number")


@pytest.mark.parametrize("name", ["a.b", "", "a b", "a|b", "x}", 'q"', "back\\slash", "tab\t", "it's", "a,b", "\u202e"])
def test_names_that_no_shortcode_can_reach_are_left_out(name: str) -> None:
    assert list(walk_paths({name: {"x": 1}})) == []


def test_every_path_that_is_told_can_be_used() -> None:
    metadata = {"plan": 1, "x-y": {"0": 2}, "__proto__": 3, "日本": {"é": 4}, "a:b": 5, "$": 6}
    for path, value in walk_paths(metadata):
        text = msgspec.json.encode({"c": f"{{{{user.public_metadata.{path}}}}}"}).decode()
        context = build_context(FixtureContext(user=FixtureUser(public_metadata=metadata)))

        assert render(compiled(text), context).claims["c"] == value


def test_metadata_of_any_size_and_depth_are_walked_within_bounds() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"d": deep}

    assert len(list(walk_paths(deep))) < 20
    assert len(list(walk_paths({str(n): n for n in range(100_000)}))) <= 500


# -------------------------------------------------------------------------------------------------------------- census


def test_percentiles_are_those_of_the_sorted_sizes() -> None:
    chance = random.Random(3)  # noqa: S311 - the same sizes in each run
    for count in (1, 2, 19, 20, 21, 100, 333):
        sizes = sorted(chance.choices(range(500, 5000), k=count))
        ordered = [(one, sizes.count(one)) for one in sorted(set(sizes))]
        for percent in (50, 95):
            assert find_percentile(ordered, percent) == sizes[-(-count * percent // 100) - 1]
        bars = draw_histogram(ordered)
        assert sum(bar.count for bar in bars) == count
        assert len(bars) <= 40
        assert all(before.to == after.from_ for before, after in pairwise(bars))
        assert all((bar.to - bar.from_) % 64 == 0 for bar in bars)
        assert bars[0].from_ <= sizes[0] < bars[0].to
        assert bars[-1].from_ <= sizes[-1] < bars[-1].to


def test_the_census_keeps_the_largest_hundred_of_those_over() -> None:
    census = Census(4096)
    chance = random.Random(5)  # noqa: S311 - the same order in each run
    for number in chance.sample(range(1000), 1000):
        user_id = f"user_{number:04}"
        told = OverUser(user_id, "Ada", 4000 + number, "x")
        census.add(user_id, 4000 + number, lambda told=told: told, ((), ("bad",)))  # type: ignore[misc]
    found = census.conclude(1000)

    assert found.over.count == 1000 - 97
    assert [one.cookie_bytes for one in found.over.users] == list(range(4999, 4899, -1))
    assert (found.max, found.largest_user_id, found.failed) == (4999, "user_0999", {"bad": 1000})


def test_without_a_limit_nobody_is_over() -> None:
    census = Census(None)
    census.add("user_1", 10_000, lambda: OverUser("", "", 0, None), ((), ()))

    assert census.conclude(1).over.count == 0


# --------------------------------------------------------------------------------------------------------- how to read


def test_code_in_every_framework_reads_the_templates_own_names() -> None:
    told = write_how_to_read(compiled('{"fullName": "{{user.full_name}}", "metadata": {"role": "x"}}'))

    assert tuple(told) == FRAMEWORKS
    assert "sessionClaims?.fullName" in told["Next.js"]
    assert "const role = sessionClaims?.metadata?.role" in told["Express"]
    for name in FRAMEWORKS[2:]:
        assert 'full_name = claims.get("fullName")' in told[name]
        assert 'role = (claims.get("metadata") or {}).get("role")' in told[name]


@pytest.mark.parametrize("template_name", [None, "supabase", "it's `${x}`"])
def test_names_of_claims_never_become_code(template_name: str | None) -> None:
    for names in ([name] for name in NAMES), [NAMES[:8], NAMES[8:], []]:
        for chosen in names:
            claims = {name: {name: 1} if name.startswith("a") else 1 for name in chosen}
            told = write_how_to_read(compiled(json.dumps(claims)), template_name=template_name)
            for framework in FRAMEWORKS[2:]:
                module = ast.parse(told[framework])
                calls = [
                    node.func.id
                    for node in ast.walk(module)
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                ]
                assert "evil" not in calls
                read = {node.value for node in ast.walk(module) if isinstance(node, ast.Constant)}
                assert {name for name in chosen[:8] if name} <= read
