"""The type of every claim, from the table of shortcodes and the rules of `||`."""

from typing import assert_never

from claimsmith_server.core.claims.expressions import (
    ArrayExpression,
    Choice,
    Constant,
    Expression,
    Mixed,
    ObjectExpression,
    Reference,
)
from claimsmith_server.core.claims.types import (
    JSON,
    NULL,
    STRING,
    ClaimType,
    LiteralType,
    Member,
    ObjectType,
    TupleType,
    is_nullable,
    may_be_false,
    union,
    without_null_and_false,
)


def infer_expression(expression: Expression) -> ClaimType:
    """The type that every rendering of the expression has."""
    match expression:
        case Constant():
            return infer_operand(expression)
        case Choice(operands=operands):
            return infer_choice(operands)
        case Mixed():
            return STRING
        case ArrayExpression(items=items):
            return TupleType(tuple(map(infer_expression, items)))
        case ObjectExpression():
            return infer_object(expression)
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(expression)


def infer_object(expression: ObjectExpression) -> ObjectType:
    """The type of an object: every member is always there."""
    return ObjectType(tuple(Member(name, infer_expression(value)) for name, value in expression.members))


def infer_operand(operand: Constant | Reference) -> ClaimType:
    """The type of one operand; anything may stand at a path below metadata."""
    if isinstance(operand, Constant):
        return NULL if operand.value is None else LiteralType(operand.value)
    if operand.shortcode is None:
        return NULL
    return JSON if operand.path else operand.shortcode.type


def infer_choice(operands: tuple[Constant | Reference, ...]) -> ClaimType:
    """The type of `a || b || c`.

    An operand but the last gives what of it is neither null nor false; the last gives whatever it is, unless one
    before it always wins.
    """
    reached = operands[: count_reachable(operands)]
    types = [infer_operand(operand) for operand in reached]
    return union(*map(without_null_and_false, types[:-1]), types[-1])


def count_reachable(operands: tuple[Constant | Reference, ...]) -> int:
    """How many operands can be looked at: up to the first that is never null and never false."""
    for index, operand in enumerate(operands, 1):
        one = infer_operand(operand)
        if not is_nullable(one) and not may_be_false(one):
            return index
    return len(operands)
