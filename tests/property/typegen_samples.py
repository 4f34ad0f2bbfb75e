"""Fifty templates, what is known of their metadata, and tokens that the real composition makes of them."""

import functools
import json
from typing import Any, NamedTuple, TypeVar

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from test_claims_properties import (
    json_values,
    memberships,
    metadata,
    organizations,
    scalars,
    templates,
    texts,
    users,
)
from token_parts import a_signer, an_issue

from claimsmith_server.core import tokens
from claimsmith_server.core.claims import ClaimType, Template, compile_template
from claimsmith_server.core.claims.metadata_observed import observe_type
from claimsmith_server.core.claims.metadata_paths import MetadataPaths
from claimsmith_server.core.claims.types import (
    ArrayType,
    BooleanType,
    IntegerType,
    JsonType,
    LiteralType,
    NullType,
    NumberType,
    ObjectType,
    StringType,
    TupleType,
    UnionType,
)
from claimsmith_server.core.metadata_schema import parse_metadata_schema
from claimsmith_server.core.models import ClaimsContext, TokenSession

T = TypeVar("T")
COUNT = 50
PAYLOADS = 20
DECLARED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "plan": {"enum": ["free", "pro", None]},
        "seats": {"type": "integer"},
        "ratio": {"type": "number"},
        "is-admin": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "limits": {
            "type": "object",
            "properties": {"a b": {"type": ["string", "integer", "null"]}, "class": {"const": 1}, "_x": {}},
            "required": ["class"],
            "additionalProperties": False,
        },
        "either": {"anyOf": [{"type": "array"}, {"type": "array", "items": {"type": "integer"}}, {"type": "object"}]},
        "by_team": {"type": "object", "additionalProperties": {"enum": ["r", "w", 1, True]}},
    },
    "required": ["seats", "limits", "unnamed"],
}
PATHS = ("plan", "seats", "ratio", "is-admin", "tags", "limits", "limits.class", "limits.none", "either", "by_team.x")
ROOTS = ("user.public_metadata", "user.unsafe_metadata", "org.public_metadata", "org_membership.public_metadata")
WORDS = [
    "new",
    "get",
    "set",
    "readonly",
    "static",
    "async",
    "in",
    "out",
    "default",
    "delete",
    "typeof",
    "declare",
    "type",
    "interface",
    "enum",
]
PYTHON_WORDS = [
    "class",
    "def",
    "None",
    "True",
    "match",
    "case",
    "type",
    "self",
    "json",
    "copy",
    "schema",
    "model_config",
    "dict",
    "list",
    "str",
    "int",
    "float",
]

HAND_PICKED: tuple[dict[str, Any], ...] = (
    {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"},
    {},
    {"org.id": "{{org.id || 'none'}}", "class": "{{user.has_image}}", "nested": {"a": {"b": "{{user.created_at}}"}}},
    {"https://hasura.io/jwt/claims": {"x-role": "{{user.public_metadata.role || 'user'}}", "x-list": ["a", 1, None]}},
    dict.fromkeys(WORDS, "{{user.first_name}}"),
    dict.fromkeys(PYTHON_WORDS, "{{user.last_sign_in_at}}"),
    {"": 1, " ": 2, "0": 3, "-1": 4, "é": 5, "名": 6, "a\u202eb": "\u202e", "a\nb": "\n\t\x7f", "\U0001f600": "\u2028"},
    {"a-b": 1, "a_b": 2, "a.b": {"c d": 1, "c-d": 2}, "a b": {"c d": "{{user.id}}"}, "claim": 1, "__x": 1, "_y": 2},
    {"quote": "'", "double": '"', "back": "\\", "braces": "}", "comment": "*/ //", "triple": '"""', "dollar": "${x}"},
    {"one": 1, "true": True, "float": 1.0, "big": 2**64 - 1, "small": -(2**63), "null": None, "huge": 1e300},
    {"list": [1, True, 1.0, "1", None, [], {}], "empty": [], "nothing": {}, "deep": [[[{"a": [1, {"b": 2}]}]]]},
    {"a": "{{user.has_image || 'x'}}", "b": "{{user.first_name || 1 || 2.5}}", "c": "{{false || 0}}"},
    {"a": "{{user.organizations || session.actor}}", "b": "{{session.actor || user.organizations}}"},
    {"a": "{{org_membership.permissions || user.organizations || 1}}", "b": "{{org.has_image || true}}"},
    {"a": ["{{user.organizations}}", "{{session.actor}}", {"x": 1}, ["{{user.id}}"], ["{{user.created_at}}"]]},
    {"org_id": "{{org.id}}", "org_role": 1, "org_permissions": "{{org_membership.permissions}}"},
    {"org_slug": "{{org.slug}}", "odd name": "{{user.public_metadata}}", "SessionClaims": 1, "CustomSessionClaims": 2},
    {"CustomSessionClaimsA": {"a": 1}, "a": {"b": 1}, "A": {"b": "{{user.id}}"}, "Any": None, "Literal": "x"},
    {
        "msgspec": 1,
        "BaseModel": 2,
        "Field": 3,
        "dataclass": 4,
        "TypedDict": 5,
        "NotRequired": 6,
        "alias": 7,
        "default": 8,
    },
    {f"u{index}": "{{" + name + "}}" for index, name in enumerate(ROOTS)},
    {path: "{{user.public_metadata." + path + "}}" for path in PATHS},
    {path: "{{org.public_metadata." + path + "}}" for path in PATHS},
    {path: "{{user.unsafe_metadata." + path + " || 'fallback'}}" for path in PATHS},
    {"first": "{{user.public_metadata.limits || user.public_metadata.by_team || org.public_metadata.either}}"},
    {"all": "{{user.public_metadata}} {{org.public_metadata.plan}}", "in": ["{{user.public_metadata.limits}}"]},
    {"mixed": {"of.all": {"kinds of": ["{{user.public_metadata.tags}}", "{{user.public_metadata.either || 0}}"]}}},
)


class Sample(NamedTuple):
    """A template, what is known of metadata, and payloads of tokens."""

    template: Template
    metadata: dict[str, ClaimType]
    payloads: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        """Of the custom claims."""
        return [claim.name for claim in self.template.claims]

    def customs(self) -> list[dict[str, Any]]:
        """The custom claims of each payload."""
        return [{name: one[name] for name in self.names if name in one} for one in self.payloads]


@functools.cache
def load_samples() -> tuple[Sample, ...]:
    """The fifty, the same ones each time."""
    declared: ClaimType = parse_metadata_schema(DECLARED)
    drawn = draw(contexts_of(metadata), 300, 1)
    knowing = draw(contexts_of(values_of(declared)), 300, 2)
    generated = sorted(draw(templates, 120, 3), key=lambda one: len(json.dumps(one)))[-(COUNT - len(HAND_PICKED)) :]
    samples = []
    for index, text in enumerate([*HAND_PICKED, *generated]):
        known = choose_metadata(index, declared, drawn)
        among = knowing if index % 3 == 0 else drawn
        start = index * 7
        chosen = [among[(start + step) % len(among)] for step in range(PAYLOADS)]
        samples.append(make_sample(text, known, chosen))
    return tuple(samples)


def choose_metadata(index: int, declared: ClaimType, drawn: list[ClaimsContext]) -> dict[str, ClaimType]:
    """Of a third of the templates metadata are declared, of a third observed, of a third nothing is known."""
    if index % 3 == 0:
        return dict.fromkeys(ROOTS, declared)
    return observe(drawn) if index % 3 == 1 else {}


def observe(drawn: list[ClaimsContext]) -> dict[str, ClaimType]:
    """The types of the contexts' metadata; none is so rare that its type is not seen."""
    found: dict[str, ClaimType] = {}
    for name in ROOTS:
        root, _, field = name.partition(".")
        paths = MetadataPaths()
        for context in drawn:
            owner = {"user": context.user, "org": context.organization, "org_membership": context.membership}[root]
            if owner is not None:
                paths.add(getattr(owner, field))
        found[name] = observe_type(paths.list_most_used(5_000))
    return found


def make_sample(text: dict[str, Any], known: dict[str, ClaimType], chosen: list[ClaimsContext]) -> Sample:
    compilation = compile_template(json.dumps(text), audience="session")
    assert compilation.template is not None, compilation.diagnostics
    composed = [
        tokens.compose_session_token(compilation.template, one, an_issue(authorized_party="http://a"), a_signer())
        for one in chosen
    ]
    return Sample(compilation.template, known, [msgspec.json.decode(one.payload) for one in composed])


def contexts_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[ClaimsContext]:
    """Contexts whose metadata are all of `values`, and whose actor is one."""
    more_of_actor = st.fixed_dictionaries({}, optional={"iss": texts, "sid": texts, "type": texts})
    actors = st.none() | more_of_actor.map(lambda more: {"sub": "user_support"} | more)
    sessions = st.builds(TokenSession, texts, st.just("active"), actors, st.none(), st.none(), st.integers(0, 2**42))
    structs = msgspec.structs.replace
    return st.builds(
        ClaimsContext,
        st.builds(lambda one, a, b: structs(one, public_metadata=a, unsafe_metadata=b), users, values, values),
        sessions,
        st.none() | st.builds(lambda one, a: structs(one, public_metadata=a), organizations, values),
        st.none() | st.builds(lambda one, a: structs(one, public_metadata=a), memberships, values),
    )


def values_of(one: ClaimType) -> st.SearchStrategy[Any]:  # noqa: C901 - one case for each type
    """Values that have the type."""
    match one:
        case NullType():
            return st.none()
        case BooleanType():
            return st.booleans()
        case IntegerType():
            return st.integers(-(2**63), 2**64 - 1)
        case NumberType():
            return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-100, 100)
        case StringType():
            return texts
        case JsonType(nullable=nullable):
            return json_values if nullable else scalars.filter(lambda value: value is not None)
        case LiteralType(value=value):
            return st.just(value)
        case ArrayType(items=items):
            return st.lists(values_of(items), max_size=3)
        case TupleType(items=places):
            return st.tuples(*map(values_of, places)).map(list)
        case ObjectType():
            return objects_of(one)
        case UnionType(options=options):
            return st.one_of(*map(values_of, options))


def objects_of(one: ObjectType) -> st.SearchStrategy[dict[str, Any]]:
    def split(*, is_optional: bool) -> dict[str, st.SearchStrategy[Any]]:
        return {member.name: values_of(member.type) for member in one.members if member.is_optional is is_optional}

    fixed = st.fixed_dictionaries(split(is_optional=False), optional=split(is_optional=True))
    if one.additional is None:
        return fixed
    known = {member.name for member in one.members}
    others = st.dictionaries(texts.filter(lambda name: name not in known), values_of(one.additional), max_size=2)
    return st.builds(lambda more, told: {**told, **more}, others, fixed)


def draw(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    """So many examples, the same ones each time."""
    found: list[T] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(one: T) -> None:
        found.append(one)

    collect()
    return (found * (count // len(found) + 1))[:count]
