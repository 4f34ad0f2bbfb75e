"""What a template means: JSON whose strings may hold shortcodes. The parser makes it; compiler and `infer` read it."""

import msgspec

from claimsmith_server.core.claims.diagnostics import Span
from claimsmith_server.core.claims.shortcodes import Shortcode


class Constant(msgspec.Struct, frozen=True):
    """A value without shortcodes: a scalar of the template or a literal operand."""

    span: Span
    value: str | int | float | bool | None


class Reference(msgspec.Struct, frozen=True):
    """A shortcode as operand, e.g. `user.public_metadata.plan`."""

    span: Span
    text: str
    shortcode: Shortcode | None
    """`None` for an unknown path under a known root: it renders null."""
    path: tuple[str, ...] = ()
    """Names of members below the shortcode's value."""


class Choice(msgspec.Struct, frozen=True):
    """A shortcode `{{a || b}}`: the first operand that is neither null nor false, else the last one."""

    span: Span
    """With the braces."""
    operands: tuple[Constant | Reference, ...]


class Mixed(msgspec.Struct, frozen=True):
    """A string in which shortcodes stand among other characters, or several of them: always a string."""

    span: Span
    parts: tuple[str | Choice, ...]


class ArrayExpression(msgspec.Struct, frozen=True):
    """An array."""

    span: Span
    items: "tuple[Expression, ...]"


class ObjectExpression(msgspec.Struct, frozen=True):
    """An object: names and values, in the order of the text."""

    span: Span
    members: "tuple[tuple[str, Expression], ...]"


Expression = Constant | Choice | Mixed | ArrayExpression | ObjectExpression


def list_references(expression: Expression) -> list[Reference]:
    """Every shortcode operand within, in the order of the text."""
    match expression:
        case Constant():
            return []
        case Choice(operands=operands):
            return [operand for operand in operands if isinstance(operand, Reference)]
        case Mixed(parts=parts):
            return [one for part in parts if isinstance(part, Choice) for one in list_references(part)]
        case ArrayExpression(items=items):
            return [one for item in items for one in list_references(item)]
        case ObjectExpression(members=members):
            return [one for _, value in members for one in list_references(value)]
