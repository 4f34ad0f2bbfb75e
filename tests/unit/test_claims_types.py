"""Types of claims: what `infer` finds, what a type accepts, and its JSON Schema."""

import json
from typing import Any

import pytest

from claimsmith_server.core.claims import ClaimType, accepts, compile_template, infer, json_schema
from claimsmith_server.core.claims.types import (
    BOOLEAN,
    INTEGER,
    JSON,
    JSON_OBJECT,
    NEVER,
    NULL,
    NUMBER,
    STRING,
    ArrayType,
    JsonType,
    LiteralType,
    Member,
    ObjectType,
    TupleType,
    UnionType,
    union,
)

SOMETHING = JsonType(nullable=False)


def type_of(value: Any) -> ClaimType:
    template = compile_template(json.dumps({"a": value}), audience="session").template
    assert template is not None
    return infer(template).members[0].type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{user.id}}", STRING),
        ("{{user.first_name}}", union(STRING, NULL)),
        ("{{user.created_at}}", INTEGER),
        ("{{user.last_sign_in_at}}", union(INTEGER, NULL)),
        ("{{user.has_image}}", BOOLEAN),
        ("{{org.has_image}}", union(BOOLEAN, NULL)),
        ("{{user.public_metadata}}", JSON_OBJECT),
        ("{{org.public_metadata}}", union(JSON_OBJECT, NULL)),
        ("{{user.public_metadata.x}}", JSON),
        ("{{org_membership.permissions}}", union(ArrayType(STRING), NULL)),
        ("{{user.organizations}}", ObjectType((), STRING)),
        ("{{session.actor}}", union(JSON_OBJECT, NULL)),
        ("{{user.frist_name}}", NULL),
        ("{{user.first_name || 'x'}}", STRING),
        ("{{user.first_name || user.last_name}}", union(STRING, NULL)),
        ("{{user.first_name || user.id}}", STRING),
        ("{{user.first_name || 1}}", union(STRING, LiteralType(1))),
        ("{{user.first_name || true}}", union(STRING, LiteralType(True))),
        ("{{user.has_image || 'x'}}", union(LiteralType(True), LiteralType("x"))),
        ("{{user.has_image || false}}", BOOLEAN),
        ("{{user.first_name || user.has_image}}", union(STRING, BOOLEAN)),
        ("{{user.has_image || user.first_name}}", union(LiteralType(True), STRING, NULL)),
        ("{{user.public_metadata.x || 'x'}}", SOMETHING),
        ("{{user.public_metadata.x || user.first_name}}", JSON),
        ("{{user.id || user.first_name}}", STRING),
        ("{{false || 0}}", LiteralType(0)),
        ("{{false || false}}", LiteralType(False)),
        ("{{true || 'x'}}", LiteralType(True)),
        ("{{user.frist_name || 'x'}}", LiteralType("x")),
        ("{{user.id}} {{user.first_name}}", STRING),
        (" {{user.has_image}}", STRING),
        ("text", LiteralType("text")),
        (1, LiteralType(1)),
        (1.5, LiteralType(1.5)),
        (True, LiteralType(True)),
        (None, NULL),
        ([], TupleType(())),
        (["{{user.id}}", 1], TupleType((STRING, LiteralType(1)))),
        ({"b": "{{user.id}}"}, ObjectType((Member("b", STRING),))),
    ],
    ids=lambda one: repr(one)[:40],
)
def test_inferred_types(value: Any, expected: ClaimType) -> None:
    found = type_of(value)

    assert found == expected
    assert type(getattr(found, "value", None)) is type(getattr(expected, "value", None))  # 1 == True in Python


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), NEVER),
        ((STRING,), STRING),
        ((STRING, STRING), STRING),
        ((STRING, LiteralType("x")), STRING),
        ((LiteralType(1), INTEGER), INTEGER),
        ((INTEGER, NUMBER), NUMBER),
        ((LiteralType(1.5), INTEGER), UnionType((LiteralType(1.5), INTEGER))),
        ((LiteralType(True), LiteralType(False)), BOOLEAN),
        ((union(STRING, NULL), union(NULL, INTEGER)), UnionType((STRING, NULL, INTEGER))),
        ((STRING, JSON), JSON),
        ((SOMETHING, STRING), SOMETHING),
        ((SOMETHING, NULL), JSON),
        ((SOMETHING, JSON), JSON),
    ],
)
def test_unions_are_flat_and_without_repetition(options: tuple[ClaimType, ...], expected: ClaimType) -> None:
    assert union(*options) == expected


def test_a_union_tells_one_from_true() -> None:
    assert union(LiteralType(1), LiteralType(True), LiteralType(1.0)) != union(LiteralType(1))
    assert accepts(union(LiteralType(1), LiteralType(True)), True)
    assert not accepts(LiteralType(1), True)
    assert not accepts(LiteralType(True), 1)


@pytest.mark.parametrize(
    ("one", "good", "bad"),
    [
        (NULL, [None], [0, False, ""]),
        (BOOLEAN, [True, False], [0, 1, None]),
        (INTEGER, [0, -1, 2**70], [True, 1.0, "1"]),
        (NUMBER, [0, 1.5], [True, "1", None]),
        (STRING, ["", "x"], [1, None, ["x"]]),
        (JSON, [None, 1, {}], []),
        (SOMETHING, [False, 0, {}], [None]),
        (ArrayType(STRING), [[], ["x"]], [["x", 1], "x", {}]),
        (TupleType((STRING, INTEGER)), [["x", 1]], [["x"], ["x", 1, 2], [1, "x"], []]),
        (ObjectType((Member("a", STRING),)), [{"a": "x"}], [{}, {"a": 1}, {"a": "x", "b": 1}, [], None]),
        (ObjectType((Member("a", STRING),), INTEGER), [{"a": "x"}, {"a": "x", "b": 1}], [{"a": "x", "b": "y"}]),
        (NEVER, [], [None, 1]),
    ],
    ids=repr,
)
def test_a_type_accepts_its_values_and_no_other(one: ClaimType, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(one, value)] == []
    assert [value for value in bad if accepts(one, value)] == []


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (union(STRING, NULL), {"type": ["string", "null"]}),
        (union(LiteralType("a"), LiteralType(1)), {"enum": ["a", 1]}),
        (union(STRING, LiteralType(1)), {"anyOf": [{"type": "string"}, {"const": 1}]}),
        (JSON, {}),
        (SOMETHING, {"not": {"type": "null"}}),
        (NEVER, {"not": {}}),
        (JSON_OBJECT, {"type": "object", "additionalProperties": {}}),
        (ArrayType(NUMBER), {"type": "array", "items": {"type": "number"}}),
        (TupleType(()), {"type": "array", "items": False, "minItems": 0}),
        (
            TupleType((BOOLEAN,)),
            {"type": "array", "prefixItems": [{"type": "boolean"}], "items": False, "minItems": 1},
        ),
        (
            ObjectType((Member("a", INTEGER),)),
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
    ],
    ids=repr,
)
def test_json_schema(one: ClaimType, expected: dict[str, Any]) -> None:
    assert json_schema(one) == expected
