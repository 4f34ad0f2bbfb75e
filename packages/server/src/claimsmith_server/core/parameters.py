"""Parameters: bodies and queries into structs, every problem a refusal with a code and `param_name`.

One decoder for all routes: size first, then JSON, then types; a struct's unknown members are refused, as the
published description says (`additionalProperties: false`).
"""

import re
from collections.abc import Iterable
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from claimsmith_server.core.errors import (
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    PARAM_TYPE_INVALID,
    PARAM_UNKNOWN,
    PARAM_VALUE_INVALID,
    REQUEST_BODY_INVALID,
    REQUEST_BODY_TOO_LARGE,
    ServiceError,
)

MAX_BODY_BYTES = 262_144
"""CASES (c): a JSON body has at most 256 KiB."""
MAX_DEPTH = 32
_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"
INT64 = range(-(2**63), 2**63)

S = TypeVar("S", bound=msgspec.Struct)

_PATH = re.compile(r"^(?P<problem>.*?)(?: - at `\$?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


def decode_body(body: bytes, kind: type[S]) -> S:
    """The struct that a JSON body holds; an empty body is an empty object."""
    if len(body) > MAX_BODY_BYTES:
        raise REQUEST_BODY_TOO_LARGE(limit=MAX_BODY_BYTES)
    if not body.strip():
        body = b"{}"
    return convert_object(parse_json_object(body), kind)


def convert_object(parsed: dict[str, Any], kind: type[S], within: str = "") -> S:
    """The struct that an object holds; `within` names the member that the object is, for `param_name`."""
    try:
        return msgspec.convert(parsed, kind)
    except msgspec.ValidationError as error:
        raise refuse_value(str(error), within) from error


def convert_known(parsed: dict[str, Any], kind: type[S]) -> S:
    """The struct that an object's known members make; the others are ignored (contract 4.0)."""
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    return convert_object({name: value for name, value in parsed.items() if name in names}, kind)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds.

    Refuses what is not JSON, not an object, deeper than 32, or repeats a member (cases D-002, D-003): two layers that
    disagree on which of two members counts are how requests are smuggled.
    """
    try:
        parsed = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise REQUEST_BODY_INVALID(problem=str(error).removeprefix("JSON is malformed: ")) from error
    except RecursionError as error:
        raise REQUEST_BODY_INVALID(problem=_TOO_DEEP) from error
    if not isinstance(parsed, dict):
        raise REQUEST_BODY_INVALID(problem="it is not an object")
    _refuse_odd_values(parsed, "", MAX_DEPTH)
    _refuse_repeated_members(body)
    return parsed


def refuse_value(told: str, within: str = "") -> ServiceError:
    """The refusal for what msgspec says of a value, such as ``Expected `int`, got `str` - at `$.lifetime` ``."""
    found = _PATH.match(told)
    problem, path = (found["problem"], found["path"] or "") if found else (told, "")
    where = ".".join(filter(None, (within, path.lstrip("."))))
    for pattern, kind in ((_UNKNOWN, PARAM_UNKNOWN), (_MISSING, PARAM_MISSING)):
        named = pattern.match(problem)
        if named:
            name = f"{where}.{named[1]}" if where else named[1]
            return kind(param_name=name[:128])
    name = (where or "body")[:128]
    if problem.startswith("Expected `str` matching regex"):
        return PARAM_FORMAT_INVALID(param_name=name, expected="of the right form")
    if problem.startswith(("Invalid enum value", "Expected `int` ", "Expected `str` of", "Expected `array` of")):
        return PARAM_VALUE_INVALID(param_name=name, expected=problem.replace("Expected ", "", 1))
    return PARAM_TYPE_INVALID(param_name=name, problem=problem)


def decode_query(pairs: Iterable[tuple[str, str]], kind: type[S]) -> S:
    """The struct that a query holds.

    Repeated keys fill a field whose type is a tuple (`email_address=a&email_address=b`, also `email_address[]=a`);
    of another field the first value counts. Unknown keys are ignored (contract 4.0).
    """
    hints = get_type_hints(kind)
    gathered: dict[str, list[str]] = {}
    for key, value in pairs:
        name = key.removesuffix("[]")
        if name in hints:
            gathered.setdefault(name, []).append(value)
    values = {name: given if _is_tuple(hints[name]) else given[0] for name, given in gathered.items()}
    for name, given in gathered.items():
        if any("\x00" in value for value in given):
            raise PARAM_FORMAT_INVALID(param_name=name, expected="text without NUL characters")
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise refuse_value(str(error)) from error


def _is_tuple(hint: Any) -> bool:
    return get_origin(hint) is tuple or any(_is_tuple(option) for option in get_args(hint))


def _refuse_odd_values(value: Any, path: str, levels: int) -> None:
    """Text that PostgreSQL can't keep and numbers beyond 64 bits are refused alike on every engine (I-007, I-010)."""
    if isinstance(value, str):
        _refuse_odd_text(value, path)
    elif isinstance(value, int) and value not in INT64:
        raise PARAM_VALUE_INVALID(param_name=path or "body", expected="a number of at most 64 bits")
    elif isinstance(value, (dict, list)):
        if levels == 0:
            raise REQUEST_BODY_INVALID(problem=_TOO_DEEP)
        members = value.items() if isinstance(value, dict) else (("", member) for member in value)
        for name, member in members:
            _refuse_odd_text(name, path)
            if not _is_plain(member):
                _refuse_odd_values(member, ".".join(filter(None, (path, name)))[:128], levels - 1)


def _is_plain(value: Any) -> bool:
    """Whether a value can't be odd: most members are such, and a body may have 100,000 of them."""
    return value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and value in INT64)


def _refuse_odd_text(text: str, path: str) -> None:
    if not text or (text.isascii() and "\x00" not in text):
        return
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise PARAM_FORMAT_INVALID(
            param_name=(path or "body")[:128], expected="text without NUL characters or lone surrogates"
        )


def _refuse_repeated_members(body: bytes) -> None:
    import json  # noqa: PLC0415, TID251 - the only JSON reader here that shows members before they merge

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise REQUEST_BODY_INVALID(problem=f"the member `{name[:64]}` is given more than once")
            seen.add(name)

    json.loads(body, object_pairs_hook=check)
