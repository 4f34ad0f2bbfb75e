"""From the text of a template to a function of the context: scan, parse, review, build."""

from typing import Any

import msgspec

from claimsmith_server.core.claims.closures import Reader, split_members
from claimsmith_server.core.claims.diagnostics import TOP, Diagnostic, Findings, Place
from claimsmith_server.core.claims.expressions import (
    ArrayExpression,
    Constant,
    Expression,
    ObjectExpression,
    list_references,
)
from claimsmith_server.core.claims.inference import NOTHING_KNOWN, MetadataTypes, infer_object
from claimsmith_server.core.claims.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TextNode
from claimsmith_server.core.claims.parser import ShortcodeCounter, parse_text
from claimsmith_server.core.claims.review import Audience, review_claim_names, review_value
from claimsmith_server.core.claims.scanner import scan
from claimsmith_server.core.claims.shortcodes import Requirement
from claimsmith_server.core.claims.types import ObjectType
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.core.models import ClaimsContext

MAX_TEMPLATE_BYTES = 16_384


class ShortcodeUse(msgspec.Struct, frozen=True):
    """One shortcode operand of a claim and where it stands."""

    text: str
    """As written, e.g. `user.public_metadata.plan`."""
    line: int
    column: int
    length: int


class ClaimSource(msgspec.Struct, frozen=True):
    """Where a top-level claim comes from: the position of its key, and its shortcodes in order."""

    name: str
    line: int
    column: int
    shortcodes: tuple[ShortcodeUse, ...]


class Template(msgspec.Struct, frozen=True, eq=False):
    """A compiled template: immutable, usable from any thread, for as many renderings as wanted."""

    claims: tuple[ClaimSource, ...]
    """Top-level claims in the order of the text."""
    requires: frozenset[Requirement]
    """What must be loaded into the context beyond the one read of a mint."""
    expression: ObjectExpression
    """What the text means; `infer` reads it."""
    skeleton: dict[str, Any]
    """The claims with scalar constants in place; copied, never handed out."""
    readers: tuple[tuple[str, Reader], ...]
    """What fills the other claims."""


class Compilation(msgspec.Struct, frozen=True, eq=False):
    """What `compile_template` gives: the template, unless there is an error, and all diagnostics in text order."""

    template: Template | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether the text must not be saved."""
        return self.template is None


class Rendered(msgspec.Struct, frozen=True):
    """The claims of one rendering, and the names of those that could not be rendered and were left out."""

    claims: dict[str, Any]
    failed: tuple[str, ...] = ()


def compile_template(text: str, *, audience: Audience, claims_version: ClaimsVersion = 2) -> Compilation:
    """The template that a JSON text stands for, with everything there is to say about the text.

    Never raises, whatever the text; takes time proportional to its length, and looks at no text over 16 KiB.
    `audience` and `claims_version` decide which claims are reserved.
    """
    if _is_too_large(text):
        return _refuse_too_large(text)
    findings = Findings(text)
    node = scan(text, findings) if _is_unicode(text, findings) else None
    if node is None:
        return Compilation(None, findings.sorted())
    review_claim_names(node, findings, audience, claims_version)
    expression = _Translator(text, findings).translate_object(node, TOP)
    template = None if findings.has_errors else _build(node, expression, findings)
    return Compilation(template, findings.sorted())


def render(template: Template, context: ClaimsContext) -> Rendered:
    """The claims of a template for one user, session and organization, in the template's order.

    Never raises: a claim that can't be rendered is left out and named. The returned object is the caller's, with its
    arrays and objects that the template writes; metadata in it are the context's own and must not be changed.
    """
    claims = template.skeleton.copy()
    failed: tuple[str, ...] = ()
    for name, read in template.readers:
        try:
            claims[name] = read(context)
        except Exception:  # noqa: BLE001 - whatever is stored, a template never blocks a sign-in
            del claims[name]
            failed = (*failed, name)
    return Rendered(claims, failed)


def leave_out_unencodable(rendered: Rendered) -> Rendered:
    """The rendering without the claims that can't be written as JSON, named as failed.

    For the rare case that encoding all of them failed: a stored string holds half a surrogate pair, or a stored value
    nests without end.
    """
    failed = tuple(name for name, value in rendered.claims.items() if not _is_encodable({name: value}))
    kept = {name: value for name, value in rendered.claims.items() if name not in failed}
    return Rendered(kept, (*rendered.failed, *failed))


def _is_encodable(value: object) -> bool:
    try:
        msgspec.json.encode(value)
    except Exception:  # noqa: BLE001 - whatever is stored, a template never blocks a sign-in
        return False
    return True


def infer(template: Template, metadata: MetadataTypes = NOTHING_KNOWN) -> ObjectType:
    """The type of the object that `render` gives, when no claim fails and metadata are what they are known to be."""
    return infer_object(template.expression, metadata)


def _is_too_large(text: str) -> bool:
    # A character takes at least one byte, so most texts that are too long need not be encoded.
    return len(text) > MAX_TEMPLATE_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_TEMPLATE_BYTES


def _refuse_too_large(text: str) -> Compilation:
    findings = Findings("")
    message = f"A template has at most {MAX_TEMPLATE_BYTES} bytes of UTF-8."
    findings.report("template_too_large", (0, len(text)), message, hint="Move large values into metadata.")
    return Compilation(None, findings.sorted())


def _is_unicode(text: str, findings: Findings) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        findings.report("lone_surrogate", (error.start, error.start + 1), "Half a surrogate pair is not a character.")
        return False
    return True


class _Translator:
    """From nodes to expressions, with the findings that strings give on the way."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._counter = ShortcodeCounter()

    def translate_object(self, node: ObjectNode, place: Place) -> ObjectExpression:
        members: list[tuple[str, Expression]] = []
        for member in node.members:
            inner = place.child(member.key.value)
            self._review_key(member.key, inner)
            members.append((member.key.value, self._translate(member.value, inner)))
        return ObjectExpression(node.span, tuple(members))

    def _translate(self, node: Node, place: Place) -> Expression:
        match node:
            case ScalarNode(span=span, value=value):
                return Constant(span, value)
            case TextNode():
                return self._translate_text(node, place)
            case ArrayNode(span=span, items=items):
                return ArrayExpression(
                    span, tuple(self._translate(item, place.child(str(index))) for index, item in enumerate(items))
                )
            case ObjectNode():
                return self.translate_object(node, place)

    def _translate_text(self, node: TextNode, place: Place) -> Expression:
        expression = parse_text(node, place, self._findings, self._counter)
        review_value(self._text, expression, place, self._findings)
        return expression

    def _review_key(self, key: TextNode, place: Place) -> None:
        if "{{" in key.value:
            message = "Keys are not expanded: this one stays as it is written."
            self._findings.report("shortcode_in_key", key.span, message, place=place)


def _build(node: ObjectNode, expression: ObjectExpression, findings: Findings) -> Template:
    skeleton, readers = split_members(expression.members)
    sources = tuple(
        ClaimSource(member.key.value, *findings.locate(member.key.span[0]), _list_uses(value, findings))
        for member, (_, value) in zip(node.members, expression.members, strict=True)
    )
    shortcodes = [reference.shortcode for reference in list_references(expression) if reference.shortcode]
    requires = frozenset[Requirement]().union(*(shortcode.requires for shortcode in shortcodes))
    return Template(sources, requires, expression, skeleton, readers)


def _list_uses(expression: Expression, findings: Findings) -> tuple[ShortcodeUse, ...]:
    return tuple(
        ShortcodeUse(one.text, *findings.locate(one.span[0]), one.span[1] - one.span[0])
        for one in list_references(expression)
    )
