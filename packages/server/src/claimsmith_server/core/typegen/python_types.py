"""Types of claims as Python annotations that msgspec and pydantic can check, nested objects as classes of their own."""

from collections.abc import Callable
from typing import Any, assert_never

from claimsmith_server.core.claims import ClaimType, ObjectType
from claimsmith_server.core.claims.types import (
    JSON,
    ArrayType,
    BooleanType,
    IntegerType,
    JsonType,
    LiteralType,
    NullType,
    NumberType,
    StringType,
    TupleType,
    UnionType,
    union,
)
from claimsmith_server.core.typegen.python_names import ROOT, camel, is_tellable, quote

_INT64 = range(-(2**63) + 1, 2**63)
"""Integers that msgspec and type checkers take in a Literal."""
WriteClass = Callable[[str, ObjectType], str]
"""The source of the class of an object, by the class's name."""


class Annotations:
    """Annotations of one module; `classes` are those that they need, each before those that use it."""

    def __init__(self, write_class: WriteClass, *, takes_any_name: bool = True) -> None:
        """Nothing was written yet; without `takes_any_name` an object with a name that can't be told stays a dict."""
        self.classes: list[str] = []
        self._write_class = write_class
        self._takes_any_name = takes_any_name
        self._names = {ROOT}

    def write(self, one: ClaimType, name: str) -> str:  # noqa: C901 - one case for each type
        """The annotation of a type; `name` is for the class of an object in it."""
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
                return _write_literal(value)
            case ArrayType(items=items):
                return self._write_list((items,), name)
            case TupleType(items=places):
                return self._write_list(places, name)  # JSON arrays become lists, which have one type of items
            case ObjectType():
                return self._write_object(one, name)
            case UnionType():
                return self._write_union(one, name)
            case _:  # pragma: no cover - the type checker proves that nothing is left
                assert_never(one)

    def name_class(self, parent: str, member: str) -> str:
        """The name for the class of a member, should it need one."""
        return parent + camel(member)

    def _write_union(self, one: UnionType, name: str) -> str:
        literals, written = [], []
        for option in _merge(one.options):
            if isinstance(option, LiteralType) and _is_literal(option.value):
                literals.append(_spell(option.value))
            else:
                written.append(self.write(option, name))
        if literals:
            written.insert(0, f"Literal[{', '.join(literals)}]")
        written.sort(key="None".__eq__)
        return "Any" if "Any" in written or not written else " | ".join(dict.fromkeys(written))

    def _write_list(self, places: tuple[ClaimType, ...], name: str) -> str:
        return f"list[{self.write(union(*places), f'{name}Item')}]"

    def _write_object(self, one: ObjectType, name: str) -> str:
        if not one.members:
            return f"dict[str, {'Any' if one.additional is None else self.write(one.additional, name)}]"
        if not (self._takes_any_name or all(is_tellable(member.name) for member in one.members)):
            return "dict[str, Any]"
        chosen, number = name, 2
        while chosen in self._names:
            chosen, number = f"{name}{number}", number + 1
        self._names.add(chosen)
        self.classes.append(self._write_class(chosen, one))
        return chosen


def _write_literal(value: Any) -> str:
    return f"Literal[{_spell(value)}]" if _is_literal(value) else type(value).__name__


def _is_literal(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and value in _INT64)


def _spell(value: Any) -> str:
    return quote(value) if isinstance(value, str) else repr(value)


def _merge(options: tuple[ClaimType, ...]) -> list[ClaimType]:
    """The options with one object and one array at most: a decoder could not tell two apart."""
    objects = [one for one in options if isinstance(one, ObjectType)]
    arrays = [one for one in options if isinstance(one, ArrayType | TupleType)]
    merged: list[ClaimType] = [one for one in options if not isinstance(one, ObjectType | ArrayType | TupleType)]
    if objects:
        merged.append(objects[0] if len(objects) == 1 else ObjectType((), JSON))
    if arrays:
        merged.append(arrays[0] if len(arrays) == 1 else ArrayType(union(*map(_item_type, arrays))))
    return merged


def _item_type(one: ArrayType | TupleType) -> ClaimType:
    return one.items if isinstance(one, ArrayType) else union(*one.items)
