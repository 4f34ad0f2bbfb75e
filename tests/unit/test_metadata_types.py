"""What is known of metadata: schemas that owners declare, types that are in use, types at a path."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.claims import ClaimType, accepts
from claimsmith_server.core.claims.metadata_observed import LEAST_COVERAGE, observe_type
from claimsmith_server.core.claims.metadata_paths import MetadataPath, MetadataPaths
from claimsmith_server.core.claims.types import (
    BOOLEAN,
    INTEGER,
    JSON,
    NULL,
    NUMBER,
    STRING,
    ArrayType,
    LiteralType,
    Member,
    ObjectType,
    type_at,
    union,
)
from claimsmith_server.core.metadata_schema import MetadataSchemaError, parse_metadata_schema

OBJECT = {"type": "object"}


def member(schema: Any) -> ClaimType:
    """The type of a member that a schema declares."""
    found = parse_metadata_schema({"type": "object", "properties": {"a": schema}, "required": ["a"]})
    return found.members[0].type


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, JSON),
        (True, JSON),
        ({"title": "A", "description": "b", "$comment": "c", "$schema": "d"}, JSON),
        ({"type": "null"}, NULL),
        ({"type": "boolean"}, BOOLEAN),
        ({"type": "integer"}, INTEGER),
        ({"type": "number"}, NUMBER),
        ({"type": ["string", "null"]}, union(STRING, NULL)),
        ({"type": "array"}, ArrayType(JSON)),
        ({"type": "array", "items": {"type": "string"}}, ArrayType(STRING)),
        ({"enum": ["a", 1, None]}, union(LiteralType("a"), LiteralType(1), NULL)),
        ({"type": "string", "enum": ["a"]}, LiteralType("a")),
        ({"const": True}, LiteralType(True)),
        ({"anyOf": [{"type": "string"}, {"const": 1}]}, union(STRING, LiteralType(1))),
        (OBJECT, ObjectType((), JSON)),
        (OBJECT | {"additionalProperties": False}, ObjectType(())),
        (OBJECT | {"additionalProperties": {"type": "string"}}, ObjectType((), STRING)),
        (OBJECT | {"properties": {"b": {"type": "string"}}}, ObjectType((Member("b", STRING, True),), JSON)),
        (OBJECT | {"required": ["b"]}, ObjectType((Member("b", JSON),), JSON)),
    ],
    ids=str,
)
def test_types_that_schemas_say(schema: Any, expected: ClaimType) -> None:
    assert member(schema) == expected


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string", "pattern": "^a"}, "at `properties.a`, `pattern` is not read"),
        ({"$ref": "#/a"}, "`\\$ref` is not read"),
        ({"oneOf": []}, "`oneOf` is not read"),
        ({"type": "date"}, "`type` is one or several of"),
        ({"type": [1]}, "`type` is one or several of"),
        ({"type": {}}, "`type` is one or several of"),
        ({"properties": {}}, '`properties` needs `"type": "object"` beside it'),
        ({"type": "string", "items": {}}, '`items` needs `"type": "array"` beside it'),
        ({"type": "array", "items": False}, "at `properties.a.items`, a schema is an object"),
        ({"type": "array", "items": [{}]}, "a schema is an object"),
        (OBJECT | {"properties": []}, "`properties` is an object of schemas"),
        (OBJECT | {"required": "b"}, "`required` is an array of names"),
        (OBJECT | {"required": [1]}, "`required` is an array of names"),
        ({"enum": []}, "1 to 50 values"),
        ({"enum": list(range(51))}, "1 to 50 values"),
        ({"enum": "a"}, "1 to 50 values"),
        ({"enum": [["a"]]}, "hold strings, numbers, booleans and null"),
        ({"const": {}}, "hold strings, numbers, booleans and null"),
        ({"type": "string", "enum": [1]}, "values of the `type` beside them"),
        ({"type": "integer", "enum": [True]}, "values of the `type` beside them"),
        ({"enum": [1], "const": 1}, "can't be together"),
        ({"type": "string", "anyOf": [{}]}, "can't be together"),
        ({"anyOf": []}, "1 to 50 schemas"),
        ({"anyOf": {}}, "1 to 50 schemas"),
        ({"anyOf": [{"type": "string"}, {"minimum": 1}]}, "at `properties.a.anyOf.1`, `minimum` is not read"),
        (1, "a schema is an object"),
    ],
    ids=str,
)
def test_what_no_type_is_read_of_is_refused_with_a_sentence(schema: Any, told: str) -> None:
    with pytest.raises(MetadataSchemaError, match=told):
        member(schema)


@pytest.mark.parametrize("schema", [{}, {"type": "array"}, {"type": ["object", "null"]}, {"anyOf": [OBJECT, {}]}])
def test_metadata_are_an_object(schema: Any) -> None:
    with pytest.raises(MetadataSchemaError, match='of `"type": "object"`'):
        parse_metadata_schema(schema)


def test_schemas_have_limits() -> None:
    deep: Any = {"type": "string"}
    for _ in range(11):
        deep = {"type": "array", "items": deep}
    with pytest.raises(MetadataSchemaError, match="10 levels"):
        member(deep)
    member(deep["items"]["items"])
    wide: dict[str, Any] = {str(number): {} for number in range(201)}
    with pytest.raises(MetadataSchemaError, match="200 members"):
        parse_metadata_schema(OBJECT | {"properties": wide})
    with pytest.raises(MetadataSchemaError, match="8,192 bytes"):
        parse_metadata_schema(OBJECT | {"description": "x" * 8_192})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "required", "items", "enum", "const", "anyOf", "additionalProperties"]
            ),
            inner | st.sampled_from(["object", "array", "string", ["object", "null"]]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_reading_a_schema_ends_in_a_type_or_a_refusal(schema: Any) -> None:
    with contextlib.suppress(MetadataSchemaError):
        assert isinstance(parse_metadata_schema(schema), ObjectType)


@pytest.mark.parametrize(
    ("one", "path", "expected"),
    [
        (JSON, ("a", "b"), JSON),
        (STRING, ("a",), NULL),
        (ArrayType(STRING), ("0",), NULL),
        (ObjectType((Member("a", STRING),)), ("a",), STRING),
        (ObjectType((Member("a", STRING, True),)), ("a",), union(STRING, NULL)),
        (ObjectType((Member("a", STRING),)), ("b",), NULL),
        (ObjectType((Member("a", STRING),), INTEGER), ("b",), union(INTEGER, NULL)),
        (union(ObjectType((Member("a", STRING),)), NULL), ("a",), union(STRING, NULL)),
        (ObjectType((Member("a", ObjectType((Member("b", BOOLEAN),))),)), ("a", "b"), BOOLEAN),
        (ObjectType((Member("a", ObjectType((Member("b", BOOLEAN),)), True),)), ("a", "b"), union(BOOLEAN, NULL)),
    ],
    ids=str,
)
def test_the_type_at_a_path_is_what_a_shortcode_finds_there(
    one: ClaimType, path: tuple[str, ...], expected: ClaimType
) -> None:
    assert type_at(one, path) == expected


def path(name: str, kind: str, coverage: float = 1.0) -> MetadataPath:
    return MetadataPath(name, kind, coverage, 1)


def test_what_is_in_use_is_evidence_so_that_every_member_may_be_absent() -> None:
    paths = [path("plan", "string"), path("limits", "object or null"), path("limits.seats", "number", 0.5)]
    limits = ObjectType((Member("seats", NUMBER, True),), JSON)
    assert observe_type(paths) == ObjectType(
        (Member("limits", union(NULL, limits), True), Member("plan", STRING, True)), JSON
    )


def test_rare_names_are_not_told_since_they_may_be_ids() -> None:
    found = observe_type([path("often", "array", LEAST_COVERAGE), path("usr_123", "string", LEAST_COVERAGE / 2)])
    assert found == ObjectType((Member("often", ArrayType(JSON), True),), JSON)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), json_values, max_size=3), min_size=1, max_size=8))
def test_the_observed_type_accepts_what_was_observed_and_tells_no_value(metadata: list[dict[str, Any]]) -> None:
    paths = MetadataPaths()
    for one in metadata:
        paths.add(one)
    found = observe_type(paths.list_most_used(5_000))
    assert all(accepts(found, one) for one in metadata)
    assert "LiteralType" not in repr(found)
