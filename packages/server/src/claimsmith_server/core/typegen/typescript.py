"""Session claims as TypeScript: the seed's `types/globals.d.ts`."""

import re
from typing import assert_never

import msgspec

from claimsmith_server.core.claims import ClaimType, ObjectType
from claimsmith_server.core.claims.types import (
    ArrayType,
    BooleanType,
    IntegerType,
    JsonType,
    LiteralType,
    Member,
    NullType,
    NumberType,
    StringType,
    TupleType,
    UnionType,
)
from claimsmith_server.core.typegen.escapes import escape_unprintable

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def write_typescript(claims: ObjectType) -> str:
    """A declaration file that types `sessionClaims` in every SDK: the global interface `CustomJwtSessionClaims`."""
    members = "".join(f"    {_name(one.name)}?: {_write(one.type, 2)}\n" for one in claims.members)
    return escape_unprintable(
        "// Written by `claimsmith types`; a change of the session claims writes it again.\n"
        "export {}\n\ndeclare global {\n  interface CustomJwtSessionClaims {\n"
        f"{members}  }}\n}}\n"
    )


def _write(one: ClaimType, depth: int) -> str:  # noqa: C901 - one case for each type
    match one:
        case NullType():
            return "null"
        case BooleanType():
            return "boolean"
        case IntegerType() | NumberType():
            return "number"
        case StringType():
            return "string"
        case JsonType(nullable=nullable):
            return "unknown" if nullable else "NonNullable<unknown>"
        case LiteralType(value=value):
            return msgspec.json.encode(value).decode()
        case ArrayType(items=items):
            return f"Array<{_write(items, depth)}>"
        case TupleType(items=places):
            return f"[{', '.join(_write(place, depth) for place in places)}]"
        case ObjectType():
            return _write_object(one, depth)
        case UnionType(options=options):
            return " | ".join(_write(option, depth) for option in options) or "never"
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(one)


def _write_object(one: ObjectType, depth: int) -> str:
    if not one.members:
        return "Record<string, never>" if one.additional is None else f"Record<string, {_write(one.additional, depth)}>"
    indent = "  " * (depth + 1)
    lines = [_write_member(member, depth + 1) for member in one.members]
    if one.additional is not None:  # `unknown`, since an index signature holds of the named members too
        lines.append("[name: string]: unknown")
    return "{\n" + "".join(f"{indent}{line}\n" for line in lines) + "  " * depth + "}"


def _write_member(member: Member, depth: int) -> str:
    return f"{_name(member.name)}{'?' if member.is_optional else ''}: {_write(member.type, depth)}"


def _name(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else msgspec.json.encode(name).decode()
