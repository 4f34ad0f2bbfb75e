"""Where a claim's value comes from: each operand of each shortcode, what it read, and which one of `||` won."""

from typing import Any

import msgspec

from claimsmith_server.core.claims.closures import build_reader
from claimsmith_server.core.claims.compiler import Template
from claimsmith_server.core.claims.diagnostics import Span
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


class Source(msgspec.Struct, frozen=True):
    """One operand of a shortcode in a claim."""

    text: str
    """As written, e.g. `user.public_metadata.plan` or `'free'`."""
    span: Span
    value: Any
    """What it reads; `None` also when it can't be read."""
    used: bool
    """Whether this operand is the one whose value the shortcode has."""
    doc: str
    """What the table says of the shortcode; empty for literals and unknown paths."""


def list_sources(template: Template, text: str, context: ClaimsContext) -> dict[str, tuple[Source, ...]]:
    """The sources of each top-level claim, in the order of the text from which the template was compiled.

    Operands are read by the same closures as at a mint.
    """
    return {
        name: tuple(source for choice in _list_choices(value) for source in _trace(choice, text, context))
        for name, value in template.expression.members
    }


def _list_choices(expression: Expression) -> list[Choice]:
    match expression:
        case Choice():
            return [expression]
        case Mixed(parts=parts):
            return [part for part in parts if isinstance(part, Choice)]
        case ArrayExpression(items=items):
            return [choice for item in items for choice in _list_choices(item)]
        case ObjectExpression(members=members):
            return [choice for _, value in members for choice in _list_choices(value)]
        case Constant():
            return []


def _trace(choice: Choice, text: str, context: ClaimsContext) -> list[Source]:
    values = [_read(choice, operand, context) for operand in choice.operands]
    winners = (index for index, value in enumerate(values) if value is not None and value is not False)
    winner = next(winners, len(values) - 1)
    return [
        Source(text[slice(*operand.span)], operand.span, value, index == winner, _document(operand))
        for index, (operand, value) in enumerate(zip(choice.operands, values, strict=True))
    ]


def _read(choice: Choice, operand: Constant | Reference, context: ClaimsContext) -> Any:
    try:
        return build_reader(Choice(choice.span, (operand,)))(context)
    except Exception:  # noqa: BLE001 - as `render`: whatever is stored, nothing fails for it
        return None


def _document(operand: Constant | Reference) -> str:
    return operand.shortcode.doc if isinstance(operand, Reference) and operand.shortcode else ""
