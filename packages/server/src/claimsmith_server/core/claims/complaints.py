"""What to tell about a shortcode that can't be read. Positions here are indexes of the decoded string."""

import re

import msgspec

from claimsmith_server.core.claims.diagnostics import Span

_OTHER_OPERATOR = re.compile(r"\?\?|or\b|\|(?=\s*(?:'|[0-9]|true\b|false\b|user\.|org\.|session\.))")
"""What other languages write for `||`; a lone `|` only where no filter can be meant."""


class Edit(msgspec.Struct, frozen=True):
    """A `Fix` in indexes of the decoded string."""

    title: str
    span: Span
    replacement: str


class Complaint(msgspec.Struct, frozen=True):
    """A `Diagnostic` in indexes of the decoded string."""

    code: str
    span: Span
    message: str
    hint: str = ""
    edit: Edit | None = None


class RefusedError(Exception):
    """A shortcode that can't be read any further; holds the complaint."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


def refuse_unclosed(start: int, after: int, *, has_one: bool) -> RefusedError:
    """`{{` at `start` has no `}}`; `after` is where the braces belong, behind the one brace there may be."""
    edit = Edit("Close the shortcode", (after, after), "}" if has_one else "}}") if after > start + 2 else None
    return RefusedError(Complaint("unclosed_shortcode", (start, start + 2), "This `{{` has no `}}`.", "", edit))


def refuse_character(value: str, pos: int, expected: str) -> RefusedError:
    """Something else stands where `expected` should."""
    character = value[pos]
    is_shown = character.isprintable() and character != "`"
    shown = f"`{character}`" if is_shown else f"U+{ord(character):04X}"
    hint, edit = _advise(value, pos)
    message = f"Expected {expected}, found {shown}."
    return RefusedError(Complaint("invalid_shortcode", (pos, pos + 1), message, hint, edit))


def _advise(value: str, pos: int) -> tuple[str, Edit | None]:
    operator = _OTHER_OPERATOR.match(value, pos)
    if operator is not None:
        return "The only operator is `||`.", Edit("Write `||`", operator.span(), "||")
    if value[pos] == "|":
        return "There are no filters; the only operator is `||`.", None
    if value[pos] == "[":
        return "Elements of arrays can not be picked.", None
    if value[pos].isspace():
        return "Only plain spaces may stand here.", Edit("Write a plain space", (pos, pos + 1), " ")
    return "", None


def refuse_operand(value: str, pos: int) -> RefusedError:
    """What stands at `pos` begins no operand."""
    if value[pos] == '"':
        return _refuse_double_quotes(value, pos)
    if value[pos] == "[":
        hint = "Put the array into metadata and name it."
        return RefusedError(Complaint("array_literal", (pos, pos + 1), "An array is no operand.", hint))
    if value.startswith("||", pos):
        return RefusedError(Complaint("missing_operand", (pos, pos + 2), "Nothing is on the left of `||`."))
    return refuse_character(value, pos, "an operand")


def _refuse_double_quotes(value: str, pos: int) -> RefusedError:
    end = value.find('"', pos + 1) + 1
    inner = value[pos + 1 : end - 1]
    # A backslash or a control character would have to be escaped again in JSON: no fix then.
    is_plain = end > 0 and inner.isprintable() and "\\" not in inner
    edit = Edit("Use single quotes", (pos, end), "'" + inner.replace("'", "''") + "'") if is_plain else None
    message = "Literals are written in single quotes."
    return RefusedError(Complaint("double_quoted_literal", (pos, end or pos + 1), message, "", edit))


def refuse_null(value: str, pos: int) -> RefusedError:
    """`null` stands at `pos`."""
    bar = value.rfind("||", 0, pos)
    end = pos + len("null")
    edit = None
    if bar >= 0 and not value[bar + 2 : pos].strip():
        edit = Edit("Remove it", (len(value[:bar].rstrip()), end), "")
    hint = "When no operand has a value, the last one's null is the result already."
    return RefusedError(Complaint("null_literal", (pos, end), "`null` is no operand.", hint, edit))


def refuse_literal(value: str, pos: int) -> RefusedError:
    """The single quote at `pos` is never closed."""
    hint = "A single quote within a literal is doubled: `'it''s'`."
    end = len(value)
    return RefusedError(Complaint("unclosed_literal", (pos, end), "This literal has no closing quote.", hint))


def refuse_dangling(bar: int, end: int) -> RefusedError:
    """Nothing follows the `||` at `bar`."""
    edit = Edit("Remove `||`", (bar, end), "")
    return RefusedError(Complaint("missing_operand", (bar, bar + 2), "Nothing is on the right of `||`.", "", edit))


def refuse_number(pos: int, end: int) -> RefusedError:
    """A number that JSON would not allow."""
    message = "Numbers are written as in JSON: `30`, `-1.5`, `2e3`."
    return RefusedError(Complaint("invalid_number", (pos, end), message))
