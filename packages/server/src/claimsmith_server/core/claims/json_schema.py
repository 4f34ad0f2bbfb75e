"""Claim types as JSON Schema (draft 2020-12)."""

from typing import Any, assert_never

from claimsmith_server.core.claims.types import (
    ArrayType,
    BooleanType,
    ClaimType,
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

JsonSchema = dict[str, Any]


def json_schema(one: ClaimType) -> JsonSchema:  # noqa: C901 - one case for each type
    """The JSON Schema that accepts exactly the values of the type; without `$schema`, so it can be nested.

    An inferred object allows no other members; whoever describes a whole token adds the default claims.
    """
    match one:
        case NullType():
            return {"type": "null"}
        case BooleanType():
            return {"type": "boolean"}
        case IntegerType():
            return {"type": "integer"}
        case NumberType():
            return {"type": "number"}
        case StringType():
            return {"type": "string"}
        case JsonType(nullable=nullable):
            return {} if nullable else {"not": {"type": "null"}}
        case LiteralType(value=value):
            return {"const": value}
        case ArrayType(items=items):
            return {"type": "array", "items": json_schema(items)}
        case TupleType(items=places):
            return _tuple_schema(places)
        case ObjectType():
            return _object_schema(one)
        case UnionType(options=options):
            return _union_schema(options)
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(one)


def _tuple_schema(places: tuple[ClaimType, ...]) -> JsonSchema:
    prefix = {"prefixItems": [json_schema(place) for place in places]} if places else {}
    return {"type": "array", **prefix, "items": False, "minItems": len(places)}


def _object_schema(one: ObjectType) -> JsonSchema:
    schema: JsonSchema = {"type": "object"}
    if one.members:
        schema["properties"] = {member.name: json_schema(member.type) for member in one.members}
    required = [member.name for member in one.members if not member.is_optional]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False if one.additional is None else json_schema(one.additional)
    return schema


def _union_schema(options: tuple[ClaimType, ...]) -> JsonSchema:
    if not options:
        return {"not": {}}
    schemas = [json_schema(option) for option in options]
    if all(schema.keys() == {"type"} for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    if all(schema.keys() == {"const"} for schema in schemas):
        return {"enum": [schema["const"] for schema in schemas]}
    return {"anyOf": schemas}
