"""Session claims as Python: a TypedDict for `Auth[CustomSessionClaims]`."""

import keyword
import re
from typing import assert_never

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

CLASS_NAME = "CustomSessionClaims"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def write_python(claims: ObjectType) -> str:
    """A module with the TypedDict `CustomSessionClaims`: default claims, and custom ones, which may be absent."""
    writer = _Writer()
    body = writer.write_class(CLASS_NAME, claims.members, base="SessionClaims, total=False")
    used = sorted(name for name in ("Any", "Literal", "Never", "TypedDict") if re.search(rf"\b{name}\b", body))
    imports = f"from typing import {', '.join(used)}\n\n" if used else ""
    return (
        '"""Session claims, written by `claimsmith types`; a change of them writes it again."""\n\n'
        f"{imports}from claimsmith import SessionClaims\n\n\n{body}"
    )


class _Writer:
    """Writes nested objects as classes of their own, before the class that uses them."""

    def __init__(self) -> None:
        self._names: set[str] = {CLASS_NAME}

    def write_class(self, name: str, members: tuple[Member, ...], *, base: str) -> str:
        before: list[str] = []
        fields = [(member.name, self._write(member.type, f"{name}{_camel(member.name)}", before)) for member in members]
        if all(_is_plain(field) for field, _ in fields):
            lines = "".join(f"    {field}: {kind}\n" for field, kind in fields) or "    pass\n"
            return "".join(before) + f"class {name}({base}):\n{lines}"
        # Names that are no identifiers need the functional form, whose base is a class of its own.
        pairs = "".join(f"        {field!r}: {kind},\n" for field, kind in fields)
        own = self._reserve(f"_{name}")
        is_root = base != "TypedDict"
        form = f'{own} = TypedDict(\n    "{own}",\n    {{\n{pairs}    }},\n    total={not is_root},\n)\n\n\n'
        return "".join(before) + form + f"class {name}({own}{', SessionClaims' if is_root else ''}):\n    pass\n"

    def _write(self, one: ClaimType, name: str, before: list[str]) -> str:  # noqa: C901 - one case for each type
        match one:
            case NullType():
                return "None"
            case BooleanType():
                return "bool"
            case IntegerType():
                return "int"
            case NumberType():
                return "float"
            case StringType():
                return "str"
            case JsonType():
                return "Any"
            case LiteralType(value=value):
                return "float" if isinstance(value, float) else f"Literal[{value!r}]"
            case ArrayType(items=items):
                return f"list[{self._write(items, name + 'Item', before)}]"
            case TupleType(items=places):
                return self._write_places(places, name, before)
            case ObjectType():
                return self._write_object(one, name, before)
            case UnionType(options=options):
                return " | ".join(dict.fromkeys(self._write(option, name, before) for option in options)) or "Never"
            case _:  # pragma: no cover - the type checker proves that nothing is left
                assert_never(one)

    def _write_places(self, places: tuple[ClaimType, ...], name: str, before: list[str]) -> str:
        kinds = dict.fromkeys(self._write(place, f"{name}{index}", before) for index, place in enumerate(places))
        return f"list[{' | '.join(kinds) or 'Never'}]"  # JSON arrays become lists, which have one type of items

    def _write_object(self, one: ObjectType, name: str, before: list[str]) -> str:
        if not one.members:
            return f"dict[str, {'Never' if one.additional is None else self._write(one.additional, name, before)}]"
        chosen = self._reserve(name)
        before.append(self.write_class(chosen, one.members, base="TypedDict") + "\n\n")
        return chosen

    def _reserve(self, name: str) -> str:
        chosen, number = name, 2
        while chosen in self._names:
            chosen, number = f"{name}{number}", number + 1
        self._names.add(chosen)
        return chosen


def _camel(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words) or "Member"


def _is_plain(name: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(name)) and not keyword.iskeyword(name) and not name.startswith("__")
