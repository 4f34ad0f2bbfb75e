"""Types of metadata as they are in use: what was seen, which is evidence and no promise."""

from collections.abc import Iterable, Mapping

from claimsmith_server.core.claims.metadata_paths import MetadataPath
from claimsmith_server.core.claims.types import (
    BOOLEAN,
    JSON,
    NULL,
    NUMBER,
    STRING,
    ArrayType,
    ClaimType,
    Member,
    ObjectType,
    union,
)

LEAST_COVERAGE = 0.05
"""Share of objects that must have a member for it to be named: rarer names may be ids, which are values."""
_SCALARS: Mapping[str, ClaimType] = {"null": NULL, "boolean": BOOLEAN, "number": NUMBER, "string": STRING}


def observe_type(paths: Iterable[MetadataPath]) -> ObjectType:
    """The type of metadata objects with these paths: every member may be absent, and there may be others.

    Members are in the order of their names, so that the same paths give the same type.
    """
    children: dict[tuple[str, ...], dict[str, str]] = {}
    for one in paths:
        if one.coverage >= LEAST_COVERAGE:
            *parents, name = one.path.split(".")
            children.setdefault(tuple(parents), {})[name] = one.type
    return _build((), children)


def _build(place: tuple[str, ...], children: Mapping[tuple[str, ...], Mapping[str, str]]) -> ObjectType:
    found = sorted(children.get(place, {}).items())
    members = (
        Member(name, union(*(_read((*place, name), word, children) for word in sorted(told.split(" or ")))), True)
        for name, told in found
    )
    return ObjectType(tuple(members), JSON)


def _read(place: tuple[str, ...], word: str, children: Mapping[tuple[str, ...], Mapping[str, str]]) -> ClaimType:
    if word == "object":
        return _build(place, children)
    return ArrayType(JSON) if word == "array" else _SCALARS[word]
