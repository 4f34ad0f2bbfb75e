"""Templates on their way into storage: one text form, and no text that does not compile."""

from typing import Any

import msgspec

from claimsmith_server.core import size
from claimsmith_server.core.claims import Audience, Compilation, Diagnostic, Template, compile_template, render
from claimsmith_server.core.errors import PARAM_TOO_LARGE, ErrorItem, claims_rejected
from claimsmith_server.core.instance_settings import ClaimsVersion, SizePolicy
from claimsmith_server.core.models import ClaimsContext, JsonObject, TokenSession, TokenUser

_LEAST_HEADER_CHARACTERS = 150
_LEAST_DEFAULT_CLAIMS_BYTES = 280
_SIGNATURE_BYTES = 256
LEAST_DEFAULTS_ROOM = size.payload_room(_LEAST_HEADER_CHARACTERS, _SIGNATURE_BYTES, _LEAST_DEFAULT_CLAIMS_BYTES)
"""Payload bytes that even the smallest session token leaves for custom claims."""
_NOBODY = ClaimsContext(
    TokenUser("", None, None, None, None, None, False, None, False, None, "", False, False, 0, 0, None, {}, {}, {}),
    TokenSession("", "active", None, None, None, 0),
)


def write_claims(claims: JsonObject) -> str:
    """The text that is stored of a template that came as an object: indented, in the order given."""
    return msgspec.json.format(msgspec.json.encode(claims), indent=2).decode()


def require_compiled(text: str, audience: Audience, claims_version: ClaimsVersion = 2) -> Compilation:
    """The compilation of a template without errors; warnings are in it.

    Raises:
        ServiceError: 422 with one item for each error, its code, place and fix in `meta`.
    """
    compilation = compile_template(text, audience=audience, claims_version=claims_version)
    problems = tuple(_item(one) for one in compilation.diagnostics if one.severity == "error")
    if problems:
        raise claims_rejected(problems)
    return compilation


def require_fitting(compilation: Compilation, size_policy: SizePolicy) -> None:
    """Refuse claims whose constant part alone can't fit into a cookie, when the instance's policy is `refuse`.

    What shortcodes add is known at mint only; the blast radius estimates it.

    Raises:
        ServiceError: `form_param_exceeds_allowed_size`.
    """
    if size_policy != "refuse" or compilation.template is None:
        return
    constant = constant_bytes(compilation.template)
    if constant > LEAST_DEFAULTS_ROOM:
        limit = f"{LEAST_DEFAULTS_ROOM:,} bytes beside the default claims"
        raise PARAM_TOO_LARGE(param_name="session.claims", actual=f"{constant:,} bytes", limit=limit)


def constant_bytes(template: Template) -> int:
    """Payload bytes of the claims that hold no shortcode: they are in every token."""
    constants = {one.name for one in template.claims if not one.shortcodes}
    rendered = render(template, _NOBODY).claims
    return sum(size.claim_bytes(name, value) for name, value in rendered.items() if name in constants)


def warnings_out(compilation: Compilation) -> list[dict[str, Any]]:
    """The warnings of a compilation as the config routes answer them."""
    return [
        {"code": one.code, "message": one.message, "hint": one.hint, "line": one.line, "column": one.column}
        for one in compilation.diagnostics
        if one.severity == "warning"
    ]


def _item(one: Diagnostic) -> ErrorItem:
    meta: dict[str, Any] = {"param_name": "claims", "line": one.line, "column": one.column}
    if one.claim is not None:
        meta["claim"] = one.claim
    if one.fix is not None:
        meta["fix"] = one.fix.title
    sentence = f"{one.message} {one.hint}".strip()
    return ErrorItem(one.code, one.message, sentence, meta)
