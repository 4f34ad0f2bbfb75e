"""Diagnostics as values: what is wrong in a template, where, and how to put it right; and the table of their codes."""

from typing import Literal

import msgspec

from claimsmith_server.core.claims.positions import Positions

Severity = Literal["error", "warning"]
Span = tuple[int, int]
"""Start and end offset in the template's text, in characters; the end is exclusive."""

MAX_DIAGNOSTICS = 100
"""More than these help nobody; one error is always kept."""


class Fix(msgspec.Struct, frozen=True):
    """An edit that resolves a diagnostic: replace the characters from `start` to `end` (exclusive) of the text.

    Offsets count Unicode characters (code points), not UTF-16 units and not bytes.
    """

    title: str
    start: int
    end: int
    replacement: str

    def apply(self, text: str) -> str:
        """The text with this edit made."""
        return text[: self.start] + self.replacement + text[self.end :]


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding in a template. An error refuses the save; a warning does not."""

    code: str
    """A row of `DIAGNOSTICS`; codes never change their meaning."""
    severity: Severity
    line: int
    """From 1; CR, LF and CRLF each end a line."""
    column: int
    """From 1, in characters."""
    length: int
    """In characters; 0 where something is missing."""
    message: str
    hint: str = ""
    fix: Fix | None = None
    path: str = ""
    """JSON Pointer (RFC 6901) of the value, e.g. `/https:~1~1hasura.io~1jwt~1claims/x-hasura-role`."""
    claim: str | None = None
    """Name of the top-level claim, when the finding lies in one."""


class DiagnosticKind(msgspec.Struct, frozen=True):
    """A row of the table of codes."""

    code: str
    severity: Severity
    meaning: str
    example: str
    """A template that has this finding (for session tokens, version 2)."""


_EXAMPLE_TOO_DEEP = '{"a":[[[[[[[[[[1]]]]]]]]]]}'
_EXAMPLE_MANY_OPERANDS = '{"a": "{{' + "user.username || " * 20 + "'x'}}\"}"
_EXAMPLE_MANY_SHORTCODES = '{"a": "' + "{{user.id}}" * 101 + '"}'
_EXAMPLE_TOO_LARGE = '{"a": "' + "x" * 16_384 + '"}'

DIAGNOSTICS: tuple[DiagnosticKind, ...] = (
    DiagnosticKind("template_too_large", "error", "The text is longer than 16 KiB of UTF-8.", _EXAMPLE_TOO_LARGE),
    DiagnosticKind("invalid_json", "error", "The text is not JSON (RFC 8259).", '{"a": 1,}'),
    DiagnosticKind("not_an_object", "error", "The text is JSON, but not an object.", '["{{user.id}}"]'),
    DiagnosticKind("duplicate_key", "error", "An object names a member twice.", '{"a": 1, "\\u0061": 2}'),
    DiagnosticKind("lone_surrogate", "error", "Half a surrogate pair is not a character.", '{"a": "\\ud83d"}'),
    DiagnosticKind("number_out_of_range", "error", "A number does not fit 64 bits.", '{"a": 1e999}'),
    DiagnosticKind("nesting_too_deep", "error", "Objects and arrays nest deeper than 10.", _EXAMPLE_TOO_DEEP),
    DiagnosticKind(
        "too_many_shortcodes", "error", "The template has more than 100 shortcodes.", _EXAMPLE_MANY_SHORTCODES
    ),
    DiagnosticKind("too_many_operands", "error", "A shortcode has more than 20 operands.", _EXAMPLE_MANY_OPERANDS),
    DiagnosticKind("unclosed_shortcode", "error", "`{{` has no `}}`.", '{"a": "{{user.id"}'),
    DiagnosticKind("empty_shortcode", "error", "Nothing is between the braces.", '{"a": "{{ }}"}'),
    DiagnosticKind(
        "invalid_shortcode", "error", "What is between the braces is not an expression.", '{"a": "{{user.id | upper}}"}'
    ),
    DiagnosticKind("missing_operand", "error", "`||` has nothing on one side.", '{"a": "{{user.id || }}"}'),
    DiagnosticKind("unclosed_literal", "error", "A literal has no closing quote.", '{"a": "{{user.username || \'x}}"}'),
    DiagnosticKind(
        "double_quoted_literal",
        "error",
        "Literals are written in single quotes.",
        '{"a": "{{user.username || \\"x\\"}}"}',
    ),
    DiagnosticKind("array_literal", "error", "An array is no operand.", '{"a": "{{user.username || []}}"}'),
    DiagnosticKind("null_literal", "error", "`null` is no operand.", '{"a": "{{user.username || null}}"}'),
    DiagnosticKind(
        "invalid_number", "error", "A number is not written as in JSON.", '{"a": "{{user.username || 007}}"}'
    ),
    DiagnosticKind("unknown_root", "error", "The first name is none of the roots.", '{"a": "{{organization.id}}"}'),
    DiagnosticKind("incomplete_shortcode", "error", "A root alone has no value.", '{"a": "{{user}}"}'),
    DiagnosticKind(
        "secret_field",
        "error",
        "Private metadata and secrets can not be reached from a template.",
        '{"a": "{{user.private_metadata.x}}"}',
    ),
    DiagnosticKind("reserved_claim", "error", "The server sets this claim itself.", '{"sub": "{{user.external_id}}"}'),
    DiagnosticKind(
        "unknown_path", "warning", "The root has no such field: it renders null.", '{"a": "{{user.frist_name}}"}'
    ),
    DiagnosticKind(
        "interpolated_null",
        "warning",
        "A value that may be null prints as `null` inside a longer string.",
        '{"a": "{{user.first_name}} {{user.id}}"}',
    ),
    DiagnosticKind("whole_object", "warning", "All metadata go into the token.", '{"a": "{{user.public_metadata}}"}'),
    DiagnosticKind(
        "unsafe_role",
        "warning",
        "A claim that reads like an authorization comes from metadata that the user can write.",
        '{"role": "{{user.unsafe_metadata.role || \'member\'}}"}',
    ),
    DiagnosticKind("custom_audience", "warning", "Verifiers must be told the audience.", '{"aud": "https://api.test"}'),
    DiagnosticKind("stray_braces", "warning", "`}}` without `{{` is plain text.", '{"a": "{user.id}}"}'),
    DiagnosticKind(
        "padded_shortcode",
        "warning",
        "Spaces around a shortcode make the claim a string.",
        '{"a": " {{user.has_image}}"}',
    ),
    DiagnosticKind(
        "unreachable_operand", "warning", "An operand before it always wins.", '{"a": "{{user.id || \'nobody\'}}"}'
    ),
    DiagnosticKind("shortcode_in_key", "warning", "Keys are not expanded.", '{"{{user.id}}": true}'),
)

_SEVERITIES: dict[str, Severity] = {kind.code: kind.severity for kind in DIAGNOSTICS}


class Place(msgspec.Struct, frozen=True):
    """Where in the template's value a finding lies: the names and indexes from the top."""

    names: tuple[str, ...] = ()

    @property
    def pointer(self) -> str:
        """The JSON Pointer (RFC 6901)."""
        return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in self.names)

    def child(self, name: str) -> "Place":
        """The place of a member or an element."""
        return Place((*self.names, name))


TOP = Place()


class Findings:
    """The diagnostics of one text while it is read."""

    def __init__(self, text: str) -> None:
        self._positions = Positions(text)
        self._found: list[Diagnostic] = []
        self.has_errors = False

    @property
    def is_full(self) -> bool:
        """Whether a further warning would be dropped; who looks for a costly hint asks first."""
        return len(self._found) >= MAX_DIAGNOSTICS

    def locate(self, offset: int) -> tuple[int, int]:
        """Line and column, each from 1, of an offset."""
        return self._positions.locate(offset)

    def report(  # noqa: PLR0913 - the parts of a diagnostic
        self, code: str, span: Span, message: str, *, hint: str = "", fix: Fix | None = None, place: Place = TOP
    ) -> None:
        """Keep a finding, with the severity that the table gives its code."""
        severity = _SEVERITIES[code]
        if self.is_full and (severity == "warning" or self.has_errors):
            return
        self.has_errors = self.has_errors or severity == "error"
        line, column = self.locate(span[0])
        claim = place.names[0] if place.names else None
        length = span[1] - span[0]
        self._found.append(Diagnostic(code, severity, line, column, length, message, hint, fix, place.pointer, claim))

    def sorted(self) -> tuple[Diagnostic, ...]:
        """The findings in the order of the text."""
        return tuple(sorted(self._found, key=lambda one: (one.line, one.column)))
