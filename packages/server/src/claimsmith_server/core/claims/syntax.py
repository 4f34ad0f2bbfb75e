"""What to tell about a character that JSON does not allow where it stands: message, hint and fix."""

import re

import msgspec

from claimsmith_server.core.claims.diagnostics import Fix, Span
from claimsmith_server.core.claims.nodes import Node, TextNode

_WORD = re.compile(r"[A-Za-z_]{1,20}")
_JSON_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NULL": "null",
    "Null": "null",
    "nil": "null",
    "undefined": "null",
    "NaN": "null",
}
"""Words of other languages, and JSON's."""


class Unexpected(msgspec.Struct, frozen=True):
    """The parts of an `invalid_json` diagnostic."""

    span: Span
    message: str
    hint: str = ""
    fix: Fix | None = None


def describe_unexpected(text: str, pos: int, expected: str, last: Node | None) -> Unexpected:
    """What to say when `expected` should stand at `pos`; `last` is the key or value before it."""
    found = _name_character(text, pos)
    message = f"Expected {expected}, found {found}."
    span = (pos, min(pos + 1, len(text)))
    hint, fix = _advise(text, pos, expected, last)
    return Unexpected(span, message, hint, fix)


def _name_character(text: str, pos: int) -> str:
    if pos >= len(text):
        return "the end of the text"
    character = text[pos]
    return f"`{character}`" if character.isprintable() and character != "`" else f"U+{ord(character):04X}"


def _advise(text: str, pos: int, expected: str, last: Node | None) -> tuple[str, Fix | None]:
    if not text.strip(" \t\n\r"):
        return "A template without claims is `{}`.", Fix("Start with `{}`", 0, len(text), "{}")
    character = text[pos : pos + 1]
    if isinstance(last, TextNode) and last.value.rfind("{{") > last.value.rfind("}}"):
        return "The string before it ends inside a shortcode; literals are written in single quotes there.", None
    if character and character in "}]" and "," not in expected:
        return _advise_trailing_comma(text, pos)
    if last is not None and character == '"' and expected.startswith("`,`"):
        end = last.span[1]
        return "A comma is missing.", Fix("Insert a comma", end, end, ",")
    if text.startswith(("//", "/*", "#"), pos):
        return "JSON has no comments.", None
    if character == "'":
        return "JSON strings are written in double quotes.", None
    return _advise_word(text, pos, expected)


def _advise_trailing_comma(text: str, pos: int) -> tuple[str, Fix | None]:
    before = len(text[:pos].rstrip(" \t\n\r")) - 1
    if before < 0 or text[before] != ",":
        return "", None
    return "No comma stands after the last one.", Fix("Remove the comma", before, before + 1, "")


def _advise_word(text: str, pos: int, expected: str) -> tuple[str, Fix | None]:
    word = _WORD.match(text, pos)
    if word is None:
        return "", None
    if expected.startswith("a key") and text[word.end() : word.end() + 1] in {":", " "}:
        return "Keys are written in double quotes.", Fix("Quote the key", pos, word.end(), f'"{word[0]}"')
    meant = _JSON_WORDS.get(word[0])
    if meant is None or not expected.startswith("a value"):
        return "", None
    return f"In JSON this is `{meant}`.", Fix(f"Write `{meant}`", pos, word.end(), meant)
