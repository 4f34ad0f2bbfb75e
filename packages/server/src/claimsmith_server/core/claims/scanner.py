"""JSON with positions: the text of a template as nodes that know where they stand (RFC 8259, strict).

Depth is bounded while scanning, so recursion is; each character is looked at once.
"""

import re
from typing import NoReturn

from claimsmith_server.core.claims.diagnostics import TOP, Findings, Fix, Place, Span
from claimsmith_server.core.claims.nodes import ArrayNode, MemberNode, Node, ObjectNode, ScalarNode, TextNode
from claimsmith_server.core.claims.numerals import NUMBER, parse_number
from claimsmith_server.core.claims.syntax import describe_unexpected

MAX_DEPTH = 10

_HIGH_SURROGATES, _LOW_SURROGATES = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_WORDS: dict[str, tuple[str, bool | None]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _ScanError(Exception):
    """The text can't be read any further; the finding is already kept."""


def scan(text: str, findings: Findings) -> ObjectNode | None:
    """The object that the text holds, or `None` when it holds none; the reason is among the findings."""
    try:
        return _Scanner(text, findings).scan_document()
    except _ScanError:
        return None


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._pos = 0
        self._depth = 0
        self._last: Node | None = None  # the key or value scanned last, for hints

    def scan_document(self) -> ObjectNode:
        self._skip_space()
        node = self._scan_value(TOP) if self._starts_value() else None
        if node is None:
            self._unexpected("`{`", TOP)
        self._skip_space()
        if self._pos < len(self._text):
            self._unexpected("the end of the text", TOP)
        if not isinstance(node, ObjectNode):
            self._fail("not_an_object", node.span, 'A template is a JSON object, such as `{"plan": "pro"}`.', TOP)
        return node

    def _scan_value(self, place: Place) -> Node:
        match self._text[self._pos : self._pos + 1]:
            case '"':
                return self._scan_text(place)
            case "{":
                return self._scan_object(place)
            case "[":
                return self._scan_array(place)
            case "t" | "f" | "n":
                return self._scan_word(place)
            case _:
                return self._scan_number(place)

    # ------------------------------------------------------------------------------------------------ containers

    def _scan_object(self, place: Place) -> ObjectNode:
        start = self._enter(place)
        members: list[MemberNode] = []
        names: set[str] = set()
        more = not self._sees("}")
        while more:
            member = self._scan_member(place)
            if member.key.value in names:
                self._report_duplicate(members[-1], member, place)
            names.add(member.key.value)
            members.append(member)
            more = self._continues("}", place)
        self._leave()
        return ObjectNode((start, self._pos), tuple(members))

    def _scan_array(self, place: Place) -> ArrayNode:
        start = self._enter(place)
        items: list[Node] = []
        more = not self._sees("]")
        while more:
            self._last = self._scan_value(place.child(str(len(items))))
            items.append(self._last)
            more = self._continues("]", place)
        self._leave()
        return ArrayNode((start, self._pos), tuple(items))

    def _scan_member(self, place: Place) -> MemberNode:
        if not self._sees('"'):
            self._unexpected("a key in double quotes", place)
        key = self._scan_text(place)
        inner = place.child(key.value)
        self._last = key
        self._skip_space()
        if not self._sees(":"):
            self._unexpected("`:`", inner)
        self._pos += 1
        self._skip_space()
        self._last = self._scan_value(inner)
        return MemberNode(key, self._last)

    def _enter(self, place: Place) -> int:
        """Step over the opening bracket; gives its offset."""
        start = self._pos
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"Objects and arrays may nest {MAX_DEPTH} deep, the template's own braces counted."
            self._fail("nesting_too_deep", (start, start + 1), message, place)
        self._last = None
        self._pos += 1
        self._skip_space()
        return start

    def _leave(self) -> None:
        self._depth -= 1
        self._pos += 1

    def _continues(self, close: str, place: Place) -> bool:
        """Whether another member or element follows; stands before it or before the closing bracket."""
        self._skip_space()
        if self._sees(close):
            return False
        if not self._sees(","):
            self._unexpected(f"`,` or `{close}`", place)
        self._pos += 1
        self._skip_space()
        return True

    def _report_duplicate(self, before: MemberNode, member: MemberNode, place: Place) -> None:
        name = member.key.value
        self._findings.report(
            "duplicate_key",
            member.key.span,
            f"The object already has a member named `{name}`.",
            hint="Readers disagree on which one counts.",
            fix=Fix("Remove this one", before.span[1], member.span[1], ""),
            place=place.child(name),
        )

    # --------------------------------------------------------------------------------------------------- scalars

    def _scan_word(self, place: Place) -> ScalarNode:
        word, value = _WORDS[self._text[self._pos]]
        if not self._text.startswith(word, self._pos):
            self._unexpected("a value", place)
        self._pos += len(word)
        return ScalarNode((self._pos - len(word), self._pos), value)

    def _scan_number(self, place: Place) -> ScalarNode:
        found = NUMBER.match(self._text, self._pos)
        if found is None:
            self._unexpected("a value", place)
        self._pos = found.end()
        value = parse_number(found)
        if value is None:
            fix = Fix("Write a string", *found.span(), f'"{found[0]}"')
            self._fail("number_out_of_range", found.span(), "This number does not fit 64 bits.", place, fix)
        return ScalarNode(found.span(), value)

    def _scan_text(self, place: Place) -> TextNode:
        start = self._pos
        plain = _PLAIN.match(self._text, start + 1)
        assert plain is not None  # noqa: S101 - the pattern matches the empty string too
        if self._text.startswith('"', plain.end()):
            self._pos = plain.end() + 1
            return TextNode((start, self._pos), plain[0], None)
        self._pos = start + 1
        return self._scan_escaped_text(start, place)

    def _scan_escaped_text(self, start: int, place: Place) -> TextNode:
        characters: list[str] = []
        offsets: list[int] = []
        while not self._sees('"'):
            offsets.append(self._pos)
            characters.append(self._scan_character(start, place))
        offsets.append(self._pos)
        self._pos += 1
        return TextNode((start, self._pos), "".join(characters), tuple(offsets))

    def _scan_character(self, start: int, place: Place) -> str:
        character = self._text[self._pos : self._pos + 1]
        if not character:
            self._fail("invalid_json", (start, self._pos), "This string has no closing quote.", place)
        if character < " ":
            message = f"U+{ord(character):04X} must be written as an escape in a string."
            fix = Fix("Write the escape", self._pos, self._pos + 1, f"\\u{ord(character):04x}")
            self._fail("invalid_json", (self._pos, self._pos + 1), message, place, fix)
        self._pos += 1
        return self._scan_escape(place) if character == "\\" else character

    def _scan_escape(self, place: Place) -> str:
        letter = self._text[self._pos : self._pos + 1]
        self._pos += 1
        if letter == "u":
            return self._scan_code_point(place)
        if letter not in _ESCAPES:
            span = (self._pos - 2, min(self._pos, len(self._text)))
            fix = Fix("Write a backslash", span[0], span[0] + 1, "\\\\")
            self._fail("invalid_json", span, "JSON does not know this escape.", place, fix)
        return _ESCAPES[letter]

    def _scan_code_point(self, place: Place) -> str:
        start = self._pos - 2
        unit = self._scan_unit(place)
        if unit in _HIGH_SURROGATES and self._text.startswith("\\u", self._pos):
            self._pos += 2
            low = self._scan_unit(place)
            if low in _LOW_SURROGATES:
                return chr(0x10000 + ((unit - _HIGH_SURROGATES.start) << 10) + (low - _LOW_SURROGATES.start))
        if unit in _HIGH_SURROGATES or unit in _LOW_SURROGATES:
            self._fail("lone_surrogate", (start, start + 6), "Half a surrogate pair is not a character.", place)
        return chr(unit)

    def _scan_unit(self, place: Place) -> int:
        digits = _HEX.match(self._text, self._pos)
        if digits is None:
            span = (self._pos - 2, min(self._pos + 4, len(self._text)))
            self._fail("invalid_json", span, "`\\u` takes four hexadecimal digits.", place)
        self._pos = digits.end()
        return int(digits[0], 16)

    # --------------------------------------------------------------------------------------------------- the text

    def _skip_space(self) -> None:
        space = _SPACE.match(self._text, self._pos)
        self._pos = space.end() if space else self._pos

    def _sees(self, character: str) -> bool:
        return self._text.startswith(character, self._pos)

    def _starts_value(self) -> bool:
        first = self._text[self._pos : self._pos + 1]
        return bool(first) and first in '{["-0123456789tfn'

    def _unexpected(self, expected: str, place: Place) -> NoReturn:
        found = describe_unexpected(self._text, self._pos, expected, self._last)
        self._fail("invalid_json", found.span, found.message, place, found.fix, hint=found.hint)

    def _fail(  # noqa: PLR0913 - the parts of a diagnostic
        self, code: str, span: Span, message: str, place: Place, fix: Fix | None = None, *, hint: str = ""
    ) -> NoReturn:
        self._findings.report(code, span, message, hint=hint, fix=fix, place=place)
        raise _ScanError
