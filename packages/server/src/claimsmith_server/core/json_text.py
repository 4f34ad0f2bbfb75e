"""JSON objects as people type them: the value, or what is wrong and where. Pure."""

import re

import msgspec

from claimsmith_server.core.claims.diagnostics import Findings
from claimsmith_server.core.claims.positions import Positions
from claimsmith_server.core.claims.scanner import scan
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import JsonObject
from claimsmith_server.core.parameters import parse_json_object

_OFFSET = re.compile(r"byte (\d+)")
_SYNTAX = frozenset({"invalid_json", "duplicate_key", "lone_surrogate", "number_out_of_range"})
"""Of a template's diagnostics those that any JSON may have."""


_UNSEEN = re.compile("[\u0080-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What is not seen, or turns round what is beside it. Joiners stay: emoji and some scripts need them."""


class JsonProblem(msgspec.Struct, frozen=True):
    """Why a text is no JSON object; line and column count from 1, and are 0 where there is no one place."""

    message: str
    line: int = 0
    column: int = 0

    @property
    def sentence(self) -> str:
        """With its place, e.g. ``Line 2, column 5: Expected `:`, found `}`.``."""
        return f"Line {self.line:,}, column {self.column:,}: {self.message}" if self.line else self.message


def write_text(value: object, *, indent: int = 0) -> str:
    """A value as people read and edit it: JSON, in which no character hides or reverses another (case X-001).

    `indent` is in spaces; 0 puts all on one line.
    """
    octets = msgspec.json.encode(value)
    text = (msgspec.json.format(octets, indent=indent) if indent else octets).decode()
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def parse_object(text: str) -> JsonObject | JsonProblem:
    """The object that a text holds, nothing but spaces being an empty one; or the first problem.

    As strict as bodies of the Backend API: 32 levels, no member twice, numbers of 64 bits, no NUL.
    """
    try:
        return parse_json_object(text.encode() if text.strip() else b"{}")
    except UnicodeEncodeError as error:
        return JsonProblem("Half a surrogate pair is not a character.", *Positions(text).locate(error.start))
    except ServiceError as refusal:
        return _find_place(text) or _describe(text, refusal.items[0].long_message)


def _find_place(text: str) -> JsonProblem | None:
    findings = Findings(text)
    scan(text, findings)
    found = next((one for one in findings.sorted() if one.code in _SYNTAX), None)
    if found is None:
        return None
    hint = "" if "template" in found.hint or "shortcode" in found.hint else found.hint
    return JsonProblem(f"{found.message} {hint}".strip(), found.line, found.column)


def _describe(text: str, sentence: str) -> JsonProblem:
    """What the scanner of templates does not judge: deep nesting, and what stands inside it."""
    message = sentence.rpartition(": ")[2]
    message = f"{message[:1].upper()}{message[1:].rstrip('.')}."
    found = _OFFSET.search(sentence)
    if found is None:
        return JsonProblem("This must be a JSON object, in braces." if "object" in message else message)
    offset = len(text.encode()[: int(found[1])].decode(errors="ignore"))
    return JsonProblem("This is not JSON.", *Positions(text).locate(min(offset, len(text))))
