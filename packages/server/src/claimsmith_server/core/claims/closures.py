"""Expressions as functions of the context: what a mint runs.

A closure holds what it needs, looks nothing up by name but members of JSON objects, and never changes the context.
"""

from collections.abc import Callable
from typing import Any, assert_never

import msgspec

from claimsmith_server.core.claims.expressions import (
    ArrayExpression,
    Choice,
    Constant,
    Expression,
    Mixed,
    ObjectExpression,
    Reference,
)
from claimsmith_server.core.models import ClaimsContext

Reader = Callable[[ClaimsContext], Any]


def build_reader(expression: Expression) -> Reader:
    """The function that renders the expression. Arrays and objects of the template are new ones each time."""
    match expression:
        case Constant():
            return _read_constant(expression.value)
        case Choice(operands=operands):
            return _read_choice([_read_operand(operand) for operand in operands])
        case Mixed(parts=parts):
            return _read_mixed([part if isinstance(part, str) else build_reader(part) for part in parts])
        case ArrayExpression(items=items):
            return _read_array([build_reader(item) for item in items])
        case ObjectExpression(members=members):
            return _read_object(members)
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(expression)


def print_json(value: Any) -> str:
    """A value as it stands inside a longer string: strings as they are, everything else as compact JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read_constant(value: Any) -> Reader:
    return lambda _context: value


def _read_operand(operand: Constant | Reference) -> Reader:
    if isinstance(operand, Constant):
        return _read_constant(operand.value)
    if operand.shortcode is None:
        return _read_constant(None)
    return _read_path(operand.shortcode.read, operand.path)


def _read_path(read: Reader, path: tuple[str, ...]) -> Reader:
    """Follow members of JSON objects; null when there is no such member, or no object on the way."""
    if not path:
        return read

    def read_member(context: ClaimsContext) -> Any:
        value = read(context)
        for name in path:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return read_member


def _read_choice(readers: list[Reader]) -> Reader:
    *firsts, last = readers
    if not firsts:
        return last

    def read_first_value(context: ClaimsContext) -> Any:
        for read in firsts:
            value = read(context)
            if value is not None and value is not False:
                return value
        return last(context)

    return read_first_value


def _read_mixed(parts: list[str | Reader]) -> Reader:
    def read_string(context: ClaimsContext) -> str:
        return "".join([part if isinstance(part, str) else print_json(part(context)) for part in parts])

    return read_string


def _read_array(readers: list[Reader]) -> Reader:
    return lambda context: [read(context) for read in readers]


def _read_object(members: tuple[tuple[str, Expression], ...]) -> Reader:
    skeleton, readers = split_members(members)

    def read_object(context: ClaimsContext) -> dict[str, Any]:
        value = skeleton.copy()
        for name, read in readers:
            value[name] = read(context)
        return value

    return read_object


def split_members(
    members: tuple[tuple[str, Expression], ...],
) -> tuple[dict[str, Any], tuple[tuple[str, Reader], ...]]:
    """An object with its scalar constants in place, null for the rest, and what fills the rest.

    A copy of the object, filled, has the members in the template's order.
    """
    skeleton = {name: value.value if isinstance(value, Constant) else None for name, value in members}
    readers = tuple((name, build_reader(value)) for name, value in members if not isinstance(value, Constant))
    return skeleton, readers
