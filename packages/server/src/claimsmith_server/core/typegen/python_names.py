"""Names of claims as names in Python."""

import keyword
import re
from collections.abc import Iterable

ROOT = "CustomSessionClaims"
"""The class of the claims; classes of nested objects begin with it."""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset({
    *("str", "int", "float", "bool", "list", "dict", "Any", "Literal", "NotRequired", "TypedDict"),
    *("SessionClaims", "OrganizationClaim", "ActorClaim", "msgspec", "dataclass", "BaseModel", "Field"),
})  # fmt: skip
"""Names that generated modules use themselves; a field of the same name would hide them in its class."""
PYDANTIC_TAKEN = frozenset({
    *("construct", "copy", "dict", "from_orm", "json", "mro", "parse_file", "parse_obj", "parse_raw", "schema"),
    *("schema_json", "update_forward_refs", "validate"),
})  # fmt: skip
"""Attributes of a pydantic model; its others begin with `model_` or an underscore."""


def is_plain(name: str) -> bool:
    """Whether a claim's name may stand in a class as it is."""
    return (
        _IDENTIFIER.fullmatch(name) is not None
        and not keyword.iskeyword(name)
        and not name.startswith(("__", ROOT, f"_{ROOT}"))
        and name not in _TAKEN
    )


def is_tellable(name: str) -> bool:
    """Whether msgspec finds a member by this name and type checkers take it: not empty, nothing that JSON escapes."""
    return bool(name) and not any(character in '"\\' or character < " " for character in name)


def is_attribute(name: str, taken: frozenset[str] = frozenset()) -> bool:
    """Whether a claim's name may be a public attribute of an object; `taken` are those that its class has."""
    return is_plain(name) and not name.startswith(("_", "model_")) and name not in taken


def choose_attributes(names: Iterable[str], taken: frozenset[str]) -> dict[str, str]:
    """An attribute for each claim: its own name where that may be, else one like it; no two are the same."""
    names = tuple(names)
    chosen = {name: name for name in names if is_attribute(name, taken)}
    for name in names:
        if name not in chosen:
            chosen[name] = _find_free(_sanitize(name, taken), set(chosen.values()))
    return {name: chosen[name] for name in names}


def camel(name: str) -> str:
    """A claim's name as a part of a class's name."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words) or "Member"


def quote(text: str) -> str:
    """A Python string literal; characters that nobody sees are escaped."""
    return f'"{text}"' if text.isprintable() and not set('"\\') & set(text) else repr(text)


def _sanitize(name: str, taken: frozenset[str]) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "_".join(words) or "claim"
    if joined[0].isdigit() or joined.startswith("model_"):
        joined = f"claim_{joined}"
    return joined if is_attribute(joined, taken) else f"{joined}_"


def _find_free(name: str, used: set[str]) -> str:
    chosen, number = name, 2
    while chosen in used:
        chosen, number = f"{name}{number}", number + 1
    return chosen
