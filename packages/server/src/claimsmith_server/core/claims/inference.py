"""The type of every claim, from the table of shortcodes, the rules of `||`, and what is known of metadata."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never

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
    type_at,
    union,
    without_null_and_false,
)

MetadataTypes = Mapping[str, ClaimType]
"""What whole metadata objects hold, by their shortcodes, e.g. `user.public_metadata`; any other may hold anything."""
NOTHING_KNOWN: Final[MetadataTypes] = MappingProxyType({})


def infer_expression(expression: Expression, metadata: MetadataTypes = NOTHING_KNOWN) -> ClaimType:
    """The type that every rendering of the expression has."""
    match expression:
        case Constant():
            return infer_operand(expression)
        case Choice(operands=operands):
            return infer_choice(operands, metadata)
        case Mixed():
            return STRING
        case ArrayExpression(items=items):
            return TupleType(tuple(infer_expression(item, metadata) for item in items))
        case ObjectExpression():
            return infer_object(expression, metadata)
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(expression)


def infer_object(expression: ObjectExpression, metadata: MetadataTypes = NOTHING_KNOWN) -> ObjectType:
    """The type of an object: every member is always there."""
    return ObjectType(tuple(Member(name, infer_expression(value, metadata)) for name, value in expression.members))


def infer_operand(operand: Constant | Reference, metadata: MetadataTypes = NOTHING_KNOWN) -> ClaimType:
    """The type of one operand; anything may stand at a path below metadata of which nothing is known."""
    if isinstance(operand, Constant):
        return NULL if operand.value is None else LiteralType(operand.value)
    shortcode = operand.shortcode
    if shortcode is None:
        return NULL
    known = metadata.get(shortcode.name)
    if known is None:
        return JSON if operand.path else shortcode.type
    return type_at(union(known, NULL) if is_nullable(shortcode.type) else known, operand.path)


def infer_choice(operands: tuple[Constant | Reference, ...], metadata: MetadataTypes = NOTHING_KNOWN) -> ClaimType:
    """The type of `a || b || c`.

    An operand but the last gives what of it is neither null nor false; the last gives whatever it is, unless one
    before it always wins.
    """
    reached = operands[: count_reachable(operands, metadata)]
    types = [infer_operand(operand, metadata) for operand in reached]
    return union(*map(without_null_and_false, types[:-1]), types[-1])


def count_reachable(operands: tuple[Constant | Reference, ...], metadata: MetadataTypes = NOTHING_KNOWN) -> int:
    """How many operands can be looked at: up to the first that is never null and never false."""
    for index, operand in enumerate(operands, 1):
        one = infer_operand(operand, metadata)
        if not is_nullable(one) and not may_be_false(one):
            return index
    return len(operands)
