"""Shortcodes inside strings: `{{ operand || operand }}`, read once from left to right.

An operand is a shortcode (`user.first_name`, `user.public_metadata.plan`), a literal in single quotes (a quote within
is doubled: `'it''s'`), a number or a boolean. Spaces are free. `{{'{{'}}` writes two braces.
"""

import re

from claimsmith_server.core.claims import complaints
from claimsmith_server.core.claims.complaints import Complaint, RefusedError
from claimsmith_server.core.claims.diagnostics import Findings, Fix, Place, Span
from claimsmith_server.core.claims.expressions import Choice, Constant, Mixed, Reference
from claimsmith_server.core.claims.nodes import TextNode
from claimsmith_server.core.claims.numerals import NUMBER, parse_number
from claimsmith_server.core.claims.references import resolve

MAX_SHORTCODES = 100
MAX_OPERANDS = 20

_SPACE = re.compile(r"[ \t\r\n]*")
_LITERAL = re.compile(r"'((?:[^']|'')*+)'")
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][^ \t\r\n|}]*")
_WORD = re.compile(r"""[^\s|'"`{}\[\]()<>,;]+""")
_BOOLEANS = {"true": True, "false": False}


Value = Constant | Choice | Mixed


class ShortcodeCounter:
    """How many shortcodes a template has had so far."""

    def __init__(self) -> None:
        self.count = 0


def parse_text(node: TextNode, place: Place, findings: Findings, counter: ShortcodeCounter) -> Value:
    """What a string of the template means; what can't be read is reported and left out."""
    if "{{" not in node.value and "}}" not in node.value:
        return Constant(node.span, node.value)
    return _TextParser(node, place, findings, counter).parse()


def is_reachable_name(name: str) -> bool:
    """Whether a member of metadata can be named in a shortcode: as one of the names between dots."""
    return "." not in name and "\\" not in name and name.isprintable() and _WORD.fullmatch(name) is not None


class _TextParser:
    """One pass over one string. Positions are indexes of the decoded string until they are reported."""

    def __init__(self, node: TextNode, place: Place, findings: Findings, counter: ShortcodeCounter) -> None:
        self._node = node
        self._value = node.value
        self._place = place
        self._findings = findings
        self._counter = counter
        self._pos = 0
        self._is_sound = True

    def parse(self) -> Value:
        parts: list[str | Choice] = []
        while (start := self._value.find("{{", self._pos)) >= 0:
            self._add_plain(parts, start)
            self._count(start)
            if self._counter.count > MAX_SHORTCODES:
                return Constant(self._node.span, None)
            self._add_shortcode(parts, start)
        self._add_plain(parts, len(self._value))
        return self._conclude(parts)

    def _conclude(self, parts: list[str | Choice]) -> Value:
        choices = [part for part in parts if isinstance(part, Choice)]
        if not choices:
            return Constant(self._node.span, self._value)
        if len(parts) == 1:
            return choices[0]
        plain = "".join(part for part in parts if isinstance(part, str))
        if self._is_sound and len(choices) == 1 and not plain.strip():
            self._warn_of_padding(choices[0])
        return Mixed(self._node.span, tuple(parts))

    def _count(self, start: int) -> None:
        self._counter.count += 1
        if self._counter.count == MAX_SHORTCODES + 1:
            message = f"A template has at most {MAX_SHORTCODES} shortcodes."
            self._report(Complaint("too_many_shortcodes", (start, start + 2), message))

    def _add_plain(self, parts: list[str | Choice], end: int) -> None:
        plain = self._value[self._pos : end]
        stray = self._pos + plain.find("}}")
        if stray >= self._pos and self._is_sound:
            message = "`}}` without `{{` before it is plain text."
            self._report(Complaint("stray_braces", (stray, stray + 2), message, "A shortcode begins with `{{`."))
        if plain:
            parts.append(plain)
        self._pos = end

    def _warn_of_padding(self, choice: Choice) -> None:
        start, end = self._node.offset(0), self._node.offset(len(self._value))
        lone = self._value.strip()
        self._findings.report(
            "padded_shortcode",
            choice.span,
            "Spaces around this shortcode make the claim a string.",
            hint="Alone in its string a shortcode keeps the type of its value.",
            fix=Fix("Remove the spaces", start, end, lone) if self._node.offsets is None else None,
            place=self._place,
        )

    # ------------------------------------------------------------------------------------------------ one shortcode

    def _add_shortcode(self, parts: list[str | Choice], start: int) -> None:
        self._pos = start + 2
        try:
            parts.append(self._parse_shortcode(start))
        except RefusedError as refused:
            self._is_sound = False
            self._report(refused.complaint)
            # Go on after the next braces, so that one mistake doesn't hide the next.
            end = self._value.find("}}", start + 2)
            self._pos = end + 2 if end >= 0 else len(self._value)

    def _parse_shortcode(self, start: int) -> Choice:
        self._skip_space()
        if self._sees("}}"):
            span = (start, self._pos + 2)
            raise RefusedError(Complaint("empty_shortcode", span, "Nothing is between the braces."))
        operands = [self._parse_operand(start)]
        while self._continues(start):
            if len(operands) == MAX_OPERANDS:
                message = f"A shortcode has at most {MAX_OPERANDS} operands."
                raise RefusedError(Complaint("too_many_operands", (start, self._pos), message))
            operands.append(self._parse_operand(start))
        return Choice(self._locate((start, self._pos)), tuple(operands))

    def _continues(self, start: int) -> bool:
        """Whether another operand follows; stands before it or behind the shortcode."""
        after = self._pos
        self._skip_space()
        bar = self._pos
        if self._sees("}}"):
            self._pos += 2
            return False
        if not self._sees("||"):
            if self._value[bar : bar + 1] in {"", "}"}:
                raise complaints.refuse_unclosed(start, bar + 1 if self._sees("}") else after, has_one=self._sees("}"))
            raise complaints.refuse_character(self._value, bar, "`||` or `}}`")
        self._pos += 2
        self._skip_space()
        if self._sees("}}"):
            raise complaints.refuse_dangling(bar, self._pos)
        return True

    def _parse_operand(self, start: int) -> Constant | Reference:
        if self._pos == len(self._value):
            raise complaints.refuse_unclosed(start, start, has_one=False)
        if self._sees("'"):
            return self._parse_literal()
        if _NUMBER_LIKE.match(self._value, self._pos):
            return self._parse_number()
        word = _WORD.match(self._value, self._pos)
        if word is None:
            raise complaints.refuse_operand(self._value, self._pos)
        return self._parse_word(word[0])

    def _parse_literal(self) -> Constant:
        literal = _LITERAL.match(self._value, self._pos)
        if literal is None:
            raise complaints.refuse_literal(self._value, self._pos)
        self._pos = literal.end()
        return Constant(self._locate(literal.span()), literal[1].replace("''", "'"))

    def _parse_number(self) -> Constant:
        like = _NUMBER_LIKE.match(self._value, self._pos)
        end = like.end() if like else self._pos
        number = NUMBER.fullmatch(self._value, self._pos, end)
        if number is None:
            raise complaints.refuse_number(self._pos, end)
        value = parse_number(number)
        if value is None:
            message = "This number does not fit 64 bits."
            raise RefusedError(Complaint("number_out_of_range", number.span(), message))
        self._pos = end
        return Constant(self._locate(number.span()), value)

    def _parse_word(self, word: str) -> Constant | Reference:
        start, self._pos = self._pos, self._pos + len(word)
        span = self._locate((start, self._pos))
        if word in _BOOLEANS:
            return Constant(span, _BOOLEANS[word])
        if word == "null":
            raise complaints.refuse_null(self._value, start)
        shortcode, path, warning = resolve(word, start)
        if warning is not None:
            self._report(warning)
        return Reference(span, word, shortcode, path)

    # ----------------------------------------------------------------------------------------------------- the string

    def _skip_space(self) -> None:
        space = _SPACE.match(self._value, self._pos)
        self._pos = space.end() if space else self._pos

    def _sees(self, text: str) -> bool:
        return self._value.startswith(text, self._pos)

    def _locate(self, span: Span) -> Span:
        return self._node.offset(span[0]), self._node.offset(span[1])

    def _report(self, complaint: Complaint) -> None:
        edit = complaint.edit
        fix = None if edit is None else Fix(edit.title, *self._locate(edit.span), edit.replacement)
        self._findings.report(
            complaint.code,
            self._locate(complaint.span),
            complaint.message,
            hint=complaint.hint,
            fix=fix,
            place=self._place,
        )
