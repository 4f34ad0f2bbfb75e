"""What the editor is told of a template: diagnostics, the token it gives, where each claim comes from, its size.

Offsets are UTF-16 units here, since an editor in a browser counts so.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from claimsmith_server.core import jose, size
from claimsmith_server.core.claims import Diagnostic, Fix, Template
from claimsmith_server.core.claims.fixtures import Difference
from claimsmith_server.core.claims.positions import Positions
from claimsmith_server.core.claims.provenance import Source
from claimsmith_server.core.cookie_parts import ClaimKind, split_cookie
from claimsmith_server.core.tokens import Composition

_LONGEST_VALUE = 4096
"""Bytes of a source's value that are told; the token itself is always told whole."""


class FixtureResult(msgspec.Struct, frozen=True):
    """How a test of a template went."""

    id: str
    name: str
    passed: bool
    diff: tuple[Difference, ...]


class ToldFix(msgspec.Struct, frozen=True):
    """A fix; offsets in UTF-16 units."""

    title: str
    from_: int = msgspec.field(name="from")
    to: int
    replacement: str


class ToldDiagnostic(msgspec.Struct, frozen=True):
    """A diagnostic; `from` and `to` in UTF-16 units, line and column in characters."""

    code: str
    severity: str
    line: int
    column: int
    length: int
    from_: int = msgspec.field(name="from")
    to: int
    message: str
    hint: str
    claim: str | None
    path: str
    fix: ToldFix | None


class ToldSource(msgspec.Struct, frozen=True):
    """An operand of a shortcode; offsets in UTF-16 units."""

    text: str
    from_: int = msgspec.field(name="from")
    to: int
    value: Any
    used: bool
    doc: str
    cut: bool
    """Whether `value` is the beginning of a longer one, as text."""


class ToldClaim(msgspec.Struct, frozen=True):
    """A claim of the token."""

    name: str
    value: Any
    kind: ClaimKind
    bytes: int
    doc: str
    line: int | None
    column: int | None
    sources: list[ToldSource]


class ToldBytes(msgspec.Struct, frozen=True):
    """A claim's characters of the cookie."""

    name: str
    kind: ClaimKind
    bytes: int


class ToldSize(msgspec.Struct, frozen=True):
    """`name + header + default + custom + signature` is `cookie_bytes`, and so is the sum with `per_claim`."""

    limit: int | None
    """`None`: a JWT template's token is for no cookie; its name counts nothing."""
    name: int
    header: int
    default: int
    custom: int
    signature: int
    per_claim: list[ToldBytes]
    custom_payload_bytes: int
    """What is advised to be below 1,229: custom claims as JSON."""
    uncut_cookie_bytes: int
    """What the cookie would take if nothing had been left out."""


class ToldToken(msgspec.Struct, frozen=True):
    """A token but for its signature."""

    header: dict[str, Any]
    header_text: str
    payload_text: str
    signature_characters: int
    claims: list[ToldClaim]
    omitted: tuple[str, ...]
    failed: tuple[str, ...]
    cookie_bytes: int
    size: ToldSize


class ToldSubject(msgspec.Struct, frozen=True):
    """Whom the token is for."""

    user_id: str
    session_id: str
    organization_id: str | None
    impersonated: bool
    origin: str | None


class Preview(msgspec.Struct, frozen=True):
    """What the preview route answers."""

    diagnostics: list[ToldDiagnostic]
    token: ToldToken | None
    types: dict[str, str] | None
    how_to_read: dict[str, str] | None
    fixtures: list[FixtureResult]
    claims_version: int
    subject: ToldSubject | None = None
    problem: str | None = None
    """Why there is no token although the text compiles."""


def diagnostics_out(text: str, diagnostics: Sequence[Diagnostic]) -> list[ToldDiagnostic]:
    """Diagnostics of a text."""
    positions = Positions(text)
    return [_diagnostic_out(one, positions, len(text)) for one in diagnostics]


def _diagnostic_out(one: Diagnostic, positions: Positions, end: int) -> ToldDiagnostic:
    start = min(positions.offset(one.line, one.column), end)
    fix = one.fix
    return ToldDiagnostic(
        one.code,
        one.severity,
        one.line,
        one.column,
        one.length,
        positions.utf16(start),
        positions.utf16(min(start + one.length, end)),
        one.message,
        one.hint,
        one.claim,
        one.path,
        None if fix is None else _fix_out(fix, positions),
    )


def _fix_out(fix: Fix, positions: Positions) -> ToldFix:
    return ToldFix(fix.title, positions.utf16(fix.start), positions.utf16(fix.end), fix.replacement)


def token_out(  # noqa: PLR0913 - a token and what explains it
    composition: Composition,
    *,
    text: str,
    template: Template,
    custom: Collection[str],
    sources: Mapping[str, Sequence[Source]],
    docs: Mapping[str, str],
    is_cookie: bool,
) -> ToldToken:
    """A token; `custom` names the claims that the template may set, `docs` explains the others."""
    unnamed = 0 if is_cookie else size.COOKIE_NAME_BYTES
    parts = split_cookie(composition, custom)
    places = {one.name: (one.line, one.column) for one in template.claims if one.name in custom}
    positions = Positions(text)
    claims = []
    for part in parts.claims:
        told = [_source_out(one, positions) for one in sources.get(part.name, ())] if part.kind == "custom" else []
        doc = docs.get(part.name, "") if part.kind == "default" else next((one.doc for one in told if one.used), "")
        line, column = places.get(part.name, (None, None))
        value = composition.claims[part.name]
        claims.append(ToldClaim(part.name, value, part.kind, part.payload_bytes, doc, line, column, told))
    return ToldToken(
        header=msgspec.json.decode(base64.urlsafe_b64decode(composition.header + b"==")),
        header_text=composition.header.decode(),
        payload_text=jose.base64url(composition.payload).decode(),
        signature_characters=size.base64url_length(composition.signature_size),
        claims=claims,
        omitted=composition.omitted,
        failed=composition.failed,
        cookie_bytes=composition.cookie_bytes - unnamed,
        size=ToldSize(
            limit=size.MAX_COOKIE_BYTES if is_cookie else None,
            name=parts.name - unnamed,
            header=parts.header,
            default=parts.count("default"),
            custom=parts.count("custom"),
            signature=parts.signature,
            per_claim=[ToldBytes(one.name, one.kind, one.characters) for one in parts.claims],
            custom_payload_bytes=parts.custom_bytes,
            uncut_cookie_bytes=composition.uncut_cookie_bytes - unnamed,
        ),
    )


def _source_out(one: Source, positions: Positions) -> ToldSource:
    start, end = positions.utf16(one.span[0]), positions.utf16(one.span[1])
    value, is_cut = cut_value(one.value)
    return ToldSource(one.text, start, end, value, one.used, one.doc, is_cut)


def cut_value(value: Any) -> tuple[Any, bool]:
    """A stored value that can be told, and whether it is only the beginning of a long one; no JSON: null."""
    try:
        octets = msgspec.json.encode(value)
    except Exception:  # noqa: BLE001 - whatever is stored: a value that is no JSON is told as null
        return None, False
    if len(octets) <= _LONGEST_VALUE:
        return msgspec.Raw(octets), False
    return octets[:_LONGEST_VALUE].decode(errors="ignore") + "…", True
