"""What a template that can be read does wrong or dangerously: reserved names, and the warnings."""

import re
from typing import Literal

from claimsmith_server.core.claims.diagnostics import Findings, Fix, Place
from claimsmith_server.core.claims.expressions import Choice, Expression, Mixed, Reference, list_references
from claimsmith_server.core.claims.inference import count_reachable, infer_choice
from claimsmith_server.core.claims.nodes import ObjectNode
from claimsmith_server.core.claims.parser import MAX_OPERANDS
from claimsmith_server.core.claims.types import is_nullable
from claimsmith_server.core.instance_settings import ClaimsVersion

Audience = Literal["session", "jwt_template"]

_RESERVED_EVERYWHERE = frozenset({"azp", "exp", "iat", "iss", "jti", "nbf", "sub"})
_RESERVED_IN_SESSIONS = frozenset({"fva", "sid", "v", "pla", "fea", "sts", "o", "act", "_omitted", "handshake"})
_RESERVED_IN_VERSION_1 = frozenset({"org_id", "org_role", "org_slug", "org_permissions"})

_ROLE_WORDS = frozenset(
    {
        "role",
        "roles",
        "admin",
        "admins",
        "permission",
        "permissions",
        "plan",
        "plans",
        "scope",
        "scopes",
        "tier",
        "access",
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def reserved_claims(audience: Audience, claims_version: ClaimsVersion = 2) -> frozenset[str]:
    """The top-level names that a template can't set: the server asserts them.

    Names are compared exactly, after JSON's escapes: `Sub` and ` sub` are plain claims.
    """
    if audience == "jwt_template":
        return _RESERVED_EVERYWHERE
    names = _RESERVED_EVERYWHERE | _RESERVED_IN_SESSIONS
    return names | _RESERVED_IN_VERSION_1 if claims_version == 1 else names


def review_claim_names(node: ObjectNode, findings: Findings, audience: Audience, claims_version: ClaimsVersion) -> None:
    """Report reserved names, and an audience that verifiers have to be told of."""
    reserved = reserved_claims(audience, claims_version)
    for index, member in enumerate(node.members):
        name = member.key.value
        place = Place((name,))
        if name in reserved:
            message = f"`{name}` is set by the server and can not be a custom claim."
            fix = Fix("Remove the claim", *_removal(node, index), "")
            findings.report("reserved_claim", member.key.span, message, fix=fix, place=place)
        elif name == "aud" and audience == "session":
            hint = "Pass `audience` wherever tokens are verified; verifiers that get none may refuse the token."
            message = "Session tokens have no audience by default."
            findings.report("custom_audience", member.key.span, message, hint=hint, place=place)


def _removal(node: ObjectNode, index: int) -> tuple[int, int]:
    """What to cut out so that the object without this member is JSON."""
    members = node.members
    start, end = members[index].span
    if index + 1 < len(members):
        return start, members[index + 1].span[0]
    return (members[index - 1].span[1], end) if index else (start, end)


def review_value(text: str, expression: Expression, place: Place, findings: Findings) -> None:
    """Report what a string with shortcodes does that its author hardly wants."""
    if isinstance(expression, Choice):
        _review_choice(text, expression, place, findings)
    elif isinstance(expression, Mixed):
        for part in expression.parts:
            if isinstance(part, Choice):
                _review_choice(text, part, place, findings)
                _review_interpolation(part, place, findings)
    for reference in list_references(expression):
        _review_reference(reference, place, findings)


def _review_choice(text: str, choice: Choice, place: Place, findings: Findings) -> None:
    reachable = count_reachable(choice.operands)
    if reachable == len(choice.operands):
        return
    start = choice.operands[reachable].span[0]
    last, end = choice.operands[reachable - 1].span[1], choice.operands[-1].span[1]
    winner = text[choice.operands[reachable - 1].span[0] : last]
    message = f"`{winner[:60]}` is never null and never false: this is never reached."
    fix = Fix("Remove what is never reached", last, end, "")
    findings.report("unreachable_operand", (start, end), message, fix=fix, place=place)


def _review_interpolation(choice: Choice, place: Place, findings: Findings) -> None:
    is_known = all(not isinstance(one, Reference) or one.shortcode for one in choice.operands)
    if not is_known or not is_nullable(infer_choice(choice.operands)):
        return
    end = choice.operands[-1].span[1]
    fix = Fix("Print nothing instead", end, end, " || ''") if len(choice.operands) < MAX_OPERANDS else None
    hint = "Give it a fallback: `|| ''`."
    findings.report(
        "interpolated_null", choice.span, "A missing value prints as `null` here.", hint=hint, fix=fix, place=place
    )


def _review_reference(reference: Reference, place: Place, findings: Findings) -> None:
    shortcode = reference.shortcode
    if shortcode is None:
        return
    if shortcode.is_metadata and not reference.path:
        message = f"All of `{reference.text}` goes into every token."
        hint = f"Name what is needed: `{reference.text}.name`. A cookie holds 4096 bytes."
        findings.report("whole_object", reference.span, message, hint=hint, place=place)
    if shortcode.name == "user.unsafe_metadata" and any(map(is_role_like, (*place.names, *reference.path))):
        start = reference.span[0] + len("user.")
        findings.report(
            "unsafe_role",
            reference.span,
            "The user can write this value, and the claim reads like an authorization.",
            hint="Keep it in public metadata, which only the back end writes.",
            fix=Fix("Use public metadata", start, start + len("unsafe"), "public"),
            place=place,
        )


def is_role_like(name: str) -> bool:
    """Whether one of a name's words speaks of authorization: `role`, `isAdmin`, `x-hasura-default-role`."""
    return any(word.lower() in _ROLE_WORDS for word in _WORD.findall(name))
