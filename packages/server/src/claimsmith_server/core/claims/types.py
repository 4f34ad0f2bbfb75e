"""The types of claims: what `infer` gives, and what type generation prints.

A small algebra of JSON types. `UnionType(())` is the type without values ("never"); `JsonType` is "some JSON value, not
known before it is read", as metadata are. Types are values: equal types are interchangeable.
"""

from typing import Any, assert_never

import msgspec


class NullType(msgspec.Struct, frozen=True):
    """`null` alone."""


class BooleanType(msgspec.Struct, frozen=True):
    """`true` or `false`."""


class IntegerType(msgspec.Struct, frozen=True):
    """A number written without fraction and exponent."""


class NumberType(msgspec.Struct, frozen=True):
    """Any number."""


class StringType(msgspec.Struct, frozen=True):
    """Any string."""


class JsonType(msgspec.Struct, frozen=True):
    """Any JSON value; never null when `nullable` is false."""

    nullable: bool = True


class LiteralType(msgspec.Struct, frozen=True):
    """Exactly one string, number or boolean. `1`, `1.0` and `true` are three different values."""

    value: str | int | float | bool


class ArrayType(msgspec.Struct, frozen=True):
    """An array of any length."""

    items: "ClaimType"


class TupleType(msgspec.Struct, frozen=True):
    """An array of fixed length, one type for each place."""

    items: tuple["ClaimType", ...]


class Member(msgspec.Struct, frozen=True):
    """One member of an object; unless it is optional it is always there, though its value may be null."""

    name: str
    type: "ClaimType"
    is_optional: bool = False
    """Members that a template writes never are; those of metadata may be."""


class ObjectType(msgspec.Struct, frozen=True):
    """An object: its members, in order, and the type of any others (`None`: there are no others)."""

    members: tuple[Member, ...]
    additional: "ClaimType | None" = None


class UnionType(msgspec.Struct, frozen=True):
    """One of several types; made by `union`, so it is flat, without repetition, and never holds exactly one."""

    options: tuple["ClaimType", ...]


ClaimType = (
    NullType
    | BooleanType
    | IntegerType
    | NumberType
    | StringType
    | JsonType
    | LiteralType
    | ArrayType
    | TupleType
    | ObjectType
    | UnionType
)

NULL = NullType()
BOOLEAN = BooleanType()
INTEGER = IntegerType()
NUMBER = NumberType()
STRING = StringType()
JSON = JsonType()
NEVER = UnionType(())
JSON_OBJECT = ObjectType((), JSON)


def union(*types: ClaimType) -> ClaimType:
    """The type of a value that has one of `types`; flat, without options that another one contains."""
    options: dict[object, ClaimType] = {}
    for option in _flatten(types):
        options.setdefault(_identity(option), option)
    if {_identity(LiteralType(True)), _identity(LiteralType(False))} <= options.keys():
        options.setdefault(_identity(BOOLEAN), BOOLEAN)
    kept = tuple(one for one in options.values() if not any(_absorbs(other, one) for other in options.values()))
    return kept[0] if len(kept) == 1 else UnionType(kept)


def _flatten(types: tuple[ClaimType, ...]) -> list[ClaimType]:
    flat: list[ClaimType] = []
    for one in types:
        flat.extend(one.options if isinstance(one, UnionType) else (one,))
    if JsonType(nullable=False) in flat and is_nullable(UnionType(tuple(flat))):
        flat.append(JSON)
    return flat


def _identity(one: ClaimType) -> object:
    # Python holds True == 1 == 1.0, so literals are told apart by the type of their value too.
    return (type(one.value), one.value) if isinstance(one, LiteralType) else one


def _absorbs(wide: ClaimType, narrow: ClaimType) -> bool:
    """Whether `wide` holds every value of `narrow` and is another type."""
    match wide, narrow:
        case JsonType(nullable=True), _:
            return narrow != wide
        case JsonType(), _:
            return not isinstance(narrow, JsonType | NullType)
        case NumberType(), IntegerType():
            return True
        case _, LiteralType(value=value):
            return not isinstance(wide, LiteralType) and accepts(wide, value)
        case _:
            return False


def is_nullable(one: ClaimType) -> bool:
    """Whether `null` is among the values of the type."""
    return accepts(one, None)


def may_be_false(one: ClaimType) -> bool:
    """Whether `false` is among the values of the type."""
    return accepts(one, False)


def without_null_and_false(one: ClaimType) -> ClaimType:
    """The type of the values that win in `a || b`: those that are neither null nor false."""
    match one:
        case UnionType(options=options):
            return union(*map(without_null_and_false, options))
        case NullType() | LiteralType(value=False):  # patterns compare `False` by identity: 0 stays
            return NEVER
        case BooleanType():
            return LiteralType(True)
        case JsonType():
            return JsonType(nullable=False)
        case _:
            return one


def accepts(one: ClaimType, value: Any) -> bool:  # noqa: C901 - one case for each type
    """Whether a JSON value has the type. Booleans are not numbers here, as in JSON."""
    match one:
        case NullType():
            return value is None
        case BooleanType():
            return isinstance(value, bool)
        case IntegerType():
            return isinstance(value, int) and not isinstance(value, bool)
        case NumberType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case StringType():
            return isinstance(value, str)
        case JsonType(nullable=nullable):
            return nullable or value is not None
        case LiteralType(value=literal):
            return type(value) is type(literal) and value == literal
        case ArrayType(items=item):
            return isinstance(value, list) and all(accepts(item, entry) for entry in value)
        case TupleType(items=places):
            return isinstance(value, list) and len(value) == len(places) and all(map(accepts, places, value))
        case ObjectType():
            return isinstance(value, dict) and _accepts_object(one, value)
        case UnionType(options=options):
            return any(accepts(option, value) for option in options)
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(one)


def _accepts_object(one: ObjectType, value: dict[str, Any]) -> bool:
    names = {member.name for member in one.members}
    others = [entry for name, entry in value.items() if name not in names]
    return (
        all(_accepts_member(member, value) for member in one.members)
        and (one.additional is not None or not others)
        and all(one.additional is not None and accepts(one.additional, entry) for entry in others)
    )


def _accepts_member(member: Member, value: dict[str, Any]) -> bool:
    return accepts(member.type, value[member.name]) if member.name in value else member.is_optional


def type_at(one: ClaimType, path: tuple[str, ...]) -> ClaimType:
    """The type of what a shortcode's path finds below a value: null where there is no such member."""
    for name in path:
        one = _type_of_member(one, name)
    return one


def _type_of_member(one: ClaimType, name: str) -> ClaimType:
    match one:
        case JsonType():
            return JSON
        case UnionType(options=options):
            return union(*(_type_of_member(option, name) for option in options))
        case ObjectType(members=members, additional=additional):
            for member in members:
                if member.name == name:
                    return union(member.type, NULL) if member.is_optional else member.type
            return NULL if additional is None else union(additional, NULL)
        case _:
            return NULL
