"""Why claims are not what an application's model declares, in sentences for people who read logs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from claimsmith.claims.mapping import describe_names, is_omitted, quote_name

_TOLD = re.compile(r"(?P<problem>.*?)(?: - at (?P<key>`key` in )?`(?P<path>.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<declared>.*)`, got `(?P<got>.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")
_UNKNOWN = object()
_LONGEST_VALUE = 40
_LONGEST_PROBLEM = 200
_KINDS: dict[type, str] = {
    str: "text",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    type(None): "null",
    dict: "an object",
    list: "a list",
}


class ClaimsError(Exception):
    """Claims that are not of the shape that the application declared.

    Attributes:
        message: sentences that name the claim, what was declared and what came; never the token.
        claim: the claim's name; `None` when it is not about one claim.

    Example:
        ```python
        from claimsmith.typed_claims import convert_claims


        class MyClaims(msgspec.Struct):
            age: int


        try:
            convert_claims(make_auth({"sub": "user_1", "age": "7"}, token), MyClaims)
        except ClaimsError as error:
            assert error.claim == "age"
            assert error.message.startswith("The claim `age` is not what MyClaims declares: expected `int`, got text")
        ```
    """

    def __init__(self, message: str, claim: str | None = None) -> None:
        self.message = message
        self.claim = claim
        super().__init__(message, claim)

    def __str__(self) -> str:
        """The message."""
        return self.message


def explain_msgspec(error: msgspec.ValidationError, claims: Mapping[str, Any], model: type[Any]) -> ClaimsError:
    """The error for what msgspec says, such as ``Expected `int`, got `str` - at `$.age` ``.

    Example:
        ```python
        error = explain_msgspec(msgspec.ValidationError("Expected `int`, got `str` - at `$.age`"), {"age": "7"}, dict)
        assert error.claim == "age"
        ```
    """
    told = _TOLD.fullmatch(str(error))
    problem, path = (told["problem"], told["path"] or "$") if told else (str(error), "$")
    name = _find_claim(path.removeprefix("$").removeprefix("."), claims)
    missing = _MISSING.fullmatch(problem)
    if missing and name is None:
        return _explain_missing(missing["name"], claims, model)
    if missing:
        return _explain_shape(name, f"its member {quote_name(missing['name'])} is missing", model)
    expected = _EXPECTED.fullmatch(problem)
    if expected:
        value = _UNKNOWN if told is None or told["key"] else _follow(claims, name, path)
        got = _describe(value, expected["got"])
        problem = f"expected `{_cut(expected['declared'])}`, got {got}"
    where = "" if name is None or path == f"$.{name}" else f" at `{_cut(path)}`"
    return _explain_shape(name, problem + where, model)


def explain_pydantic(errors: Sequence[Mapping[str, Any]], claims: Mapping[str, Any], model: type[Any]) -> ClaimsError:
    """The error for the first that pydantic found.

    Example:
        ```python
        found = [{"type": "int_type", "loc": ("age",), "msg": "Input should be a valid integer", "input": "7"}]
        assert explain_pydantic(found, {"age": "7"}, dict).claim == "age"
        ```
    """
    first = errors[0]
    place = first["loc"]
    name = str(place[0]) if place else None
    is_missing = first["type"] in {"missing", "missing_argument"}
    if is_missing and name is not None and len(place) == 1:
        return _explain_missing(name, claims, model)
    problem = _cut(str(first["msg"]))
    got = "" if is_missing or name is None else f", got {_describe(first['input'])}"
    where = f" at `{_cut('.'.join(map(str, place)))}`" if len(place) > 1 else ""
    return _explain_shape(name, f"{problem}{got}{where}", model)


def name_model(model: object) -> str:
    """What to call a model in a sentence.

    Example: `name_model(dict)` is `dict`.
    """
    return str(getattr(model, "__name__", model))


def _explain_missing(name: str, claims: Mapping[str, Any], model: type[Any]) -> ClaimsError:
    declared = f"The claim {quote_name(name)}, which {name_model(model)} requires,"
    if is_omitted(claims, name):
        asked = quote_name(name)[1:-1]
        return ClaimsError(
            f"{declared} was left out of this token for its size. Let the model do without it and read it with "
            f'`await auth.claim("{asked}")`, or make the claims smaller, or put this one first in `claims_priority`.',
            name,
        )
    named = describe_names(claims, name).replace("It has", "The token has")
    return ClaimsError(f"{declared} is not in the token. {named}", name)


def _explain_shape(name: str | None, problem: str, model: type[Any]) -> ClaimsError:
    subject = "These claims are" if name is None else f"The claim {quote_name(name)} is"
    return ClaimsError(f"{subject} not what {name_model(model)} declares: {_cut(problem)}.", name)


def _find_claim(path: str, claims: Mapping[str, Any]) -> str | None:
    """The claim that a path without its `$.` begins with; names may hold dots themselves, so the longest counts."""
    if not path:
        return None
    fitting = [name for name in claims if path == name or path.startswith((f"{name}.", f"{name}["))]
    return max(fitting, key=len, default=None)


def _follow(claims: Mapping[str, Any], name: str | None, path: str) -> object:
    """The value at a path, `_UNKNOWN` where the path does not say exactly which."""
    if name is None:
        return _UNKNOWN
    value = claims[name]
    for member, index in _STEP.findall(path.removeprefix("$.").removeprefix(name)):
        if member and isinstance(value, Mapping):
            value = value.get(member, _UNKNOWN)
        elif index.isdecimal() and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return _UNKNOWN
    return value


def _describe(value: object, kind: str = "") -> str:
    """What came: its kind, and itself when it is short."""
    told = _KINDS.get(type(value), f"`{kind}`")
    if value is _UNKNOWN or value is None or isinstance(value, dict | list):
        return told
    text = msgspec.json.encode(value).decode()
    return f"{told} ({text})" if len(text) <= _LONGEST_VALUE else f"{told} of {len(text)} characters"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_PROBLEM else f"{text[:_LONGEST_PROBLEM]}…"
