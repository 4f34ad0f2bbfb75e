"""What an instance declares of its metadata: a JSON Schema (draft 2020-12), of which types are read.

A declaration is a promise of the owner's. It types claims and nothing else: metadata are not compared with it when they
are written. So only keywords that say a type are taken; one that says more would seem to be kept.
"""

from typing import Any

import msgspec

from claimsmith_server.core.claims.types import (
    BOOLEAN,
    INTEGER,
    JSON,
    NULL,
    NUMBER,
    STRING,
    ArrayType,
    ClaimType,
    LiteralType,
    Member,
    ObjectType,
    accepts,
    union,
)

MAX_BYTES = 8_192
MAX_DEPTH = 10
MAX_MEMBERS = 200
MAX_OPTIONS = 50
_SILENT = frozenset({"$schema", "$comment", "title", "description"})
"""Words for readers."""
_OBJECT_WORDS = ("properties", "required", "additionalProperties")
_KEYWORDS = _SILENT | {"type", "enum", "const", "anyOf", "items", *_OBJECT_WORDS}
_SCALARS: dict[str, ClaimType] = {
    "null": NULL,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "number": NUMBER,
    "string": STRING,
}
_TYPES = (*_SCALARS, "array", "object")
_READ = ", ".join(f"`{word}`" for word in sorted(_KEYWORDS - _SILENT))


class MetadataSchemaError(ValueError):
    """A schema that can't be read; its text is a clause that says what must be otherwise, and where."""


def parse_metadata_schema(schema: Any) -> ObjectType:
    """The type of a metadata object.

    Takes the keywords `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `const` and `anyOf`.

    Raises:
        MetadataSchemaError: another keyword, a keyword of the wrong form, no object, or over the limits: 8 KiB, 10
            levels, 200 members, 50 options.

    Example: `{"type": "object", "properties": {"plan": {"enum": ["free", "pro"]}}}` is an object that may have a
    `plan`.
    """
    if len(msgspec.json.encode(schema)) > MAX_BYTES:
        raise MetadataSchemaError(f"at most {MAX_BYTES:,} bytes of JSON")
    parsed = _Reader().read(schema, ())
    if not isinstance(parsed, ObjectType):
        raise MetadataSchemaError('of `"type": "object"`, since metadata are an object')
    return parsed


class _Reader:
    """One schema, with what it has used of its limits."""

    def __init__(self) -> None:
        self._members = 0

    def read(self, schema: Any, place: tuple[str, ...]) -> ClaimType:
        if schema is True:
            return JSON
        if not isinstance(schema, dict):
            raise _refuse(place, "a schema is an object")
        if len(place) > MAX_DEPTH:
            raise MetadataSchemaError(f"at most {MAX_DEPTH} levels deep")
        for word in schema:
            if word not in _KEYWORDS:
                raise _refuse(place, f"`{word[:40]}` is not read; types are told by {_READ}")
        return self._read_kind(schema, place)

    def _read_kind(self, schema: dict[str, Any], place: tuple[str, ...]) -> ClaimType:
        names = self._read_names(schema, place)
        self._require_fitting(schema, names, place)
        allowed = union(*(self._read_named(name, schema, place) for name in names)) if names else JSON
        told = [word for word in ("enum", "const", "anyOf") if word in schema]
        if not told:
            return allowed
        if len(told) > 1 or ("anyOf" in told and names):
            raise _refuse(place, f"of `type`, `enum`, `const` and `anyOf`, {_spell([*told, 'type'])} can't be together")
        if told == ["anyOf"]:
            return union(*(self.read(one, (*place, f"anyOf.{index}")) for index, one in self._list(schema, place)))
        values = schema["enum"] if told == ["enum"] else [schema["const"]]
        return _read_values(values, allowed, place)

    def _read_names(self, schema: dict[str, Any], place: tuple[str, ...]) -> tuple[str, ...]:
        given = schema.get("type", ())
        names = (given,) if isinstance(given, str) else given
        if not isinstance(names, list | tuple) or not all(name in _TYPES for name in names):
            raise _refuse(place, f"`type` is one or several of {_spell(_TYPES)}")
        return tuple(names)

    def _require_fitting(self, schema: dict[str, Any], names: tuple[str, ...], place: tuple[str, ...]) -> None:
        """Without `type` these keywords hold of objects and arrays only, which nobody who writes them means."""
        for word, kind in (*((word, "object") for word in _OBJECT_WORDS), ("items", "array")):
            if word in schema and kind not in names:
                raise _refuse(place, f'`{word}` needs `"type": "{kind}"` beside it')

    def _read_named(self, name: str, schema: dict[str, Any], place: tuple[str, ...]) -> ClaimType:
        if name == "array":
            return ArrayType(self.read(schema.get("items", True), (*place, "items")))
        return self._read_object(schema, place) if name == "object" else _SCALARS[name]

    def _read_object(self, schema: dict[str, Any], place: tuple[str, ...]) -> ObjectType:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict):
            raise _refuse(place, "`properties` is an object of schemas")
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise _refuse(place, "`required` is an array of names")
        others = schema.get("additionalProperties", True)
        additional = None if others is False else self.read(others, (*place, "additionalProperties"))
        known = {name: self.read(one, (*place, f"properties.{name}")) for name, one in properties.items()}
        known |= {name: JSON if additional is None else additional for name in required if name not in known}
        self._members += len(known)
        if self._members > MAX_MEMBERS:
            raise MetadataSchemaError(f"of at most {MAX_MEMBERS} members in all")
        return ObjectType(tuple(Member(name, one, name not in required) for name, one in known.items()), additional)

    def _list(self, schema: dict[str, Any], place: tuple[str, ...]) -> list[tuple[int, Any]]:
        options = schema["anyOf"]
        if not isinstance(options, list) or not 0 < len(options) <= MAX_OPTIONS:
            raise _refuse(place, f"`anyOf` is an array of 1 to {MAX_OPTIONS} schemas")
        return list(enumerate(options))


def _read_values(values: Any, allowed: ClaimType, place: tuple[str, ...]) -> ClaimType:
    """The type that has exactly these values."""
    if not isinstance(values, list) or not 0 < len(values) <= MAX_OPTIONS:
        raise _refuse(place, f"`enum` is an array of 1 to {MAX_OPTIONS} values")
    for value in values:
        if isinstance(value, dict | list):
            raise _refuse(place, "`enum` and `const` hold strings, numbers, booleans and null")
        if not accepts(allowed, value):
            raise _refuse(place, "`enum` and `const` hold values of the `type` beside them")
    return union(*(NULL if value is None else LiteralType(value) for value in values))


def _refuse(place: tuple[str, ...], problem: str) -> MetadataSchemaError:
    where = f"at `{'.'.join(place)[:120]}`" if place else "at its top"
    return MetadataSchemaError(f"a schema that types can be read of: {where}, {problem}")


def _spell(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
