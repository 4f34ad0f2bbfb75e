"""Composition of tokens: default claims, custom claims, the size policy; one path for preview and mint.

A session token holds its custom claims first and the server's claims last, so that a stored template can never
override them (case T-001). The result of `compose_*` is everything but the signature: what a preview shows is what a
mint signs, byte for byte.
"""

from typing import Any, Final

import msgspec

from claimsmith import wire
from claimsmith_server.core import jose, org_claim, size
from claimsmith_server.core.claims import Rendered, Template, leave_out_unencodable, render, reserved_claims
from claimsmith_server.core.errors import TOKEN_TOO_LARGE
from claimsmith_server.core.instance_settings import ClaimsVersion, SizePolicy
from claimsmith_server.core.models import ClaimsContext

SESSION_TOKEN_SKEW_SECONDS: Final = 10
"""How long before `iat` a session token is already valid (contract 2.2)."""
_SESSION_RESERVED: Final = {version: reserved_claims("session", version) for version in (1, 2)}
_TEMPLATE_RESERVED: Final = reserved_claims("jwt_template")
_NEVER_VERIFIED: Final = -1
_MILLISECONDS_A_MINUTE: Final = 60_000


class Composition(msgspec.Struct, frozen=True):
    """A token but for its signature."""

    header: bytes
    """Encoded JOSE header."""
    payload: bytes
    """JSON bytes of the claims."""
    claims: dict[str, Any]
    omitted: tuple[str, ...]
    """Custom claims left out for size; `("*",)` when even their names would not fit."""
    failed: tuple[str, ...]
    """Custom claims left out because they could not be rendered."""
    signature_size: int
    uncut_payload_size: int
    """Bytes that the payload would have if nothing had to be left out for size."""
    custom: dict[str, Any] = {}
    """All custom claims, those that were left out for size too."""

    @property
    def cookie_bytes(self) -> int:
        """Bytes of the cookie, name and value, that the signed token makes."""
        return size.cookie_bytes(size.token_length(len(self.header), len(self.payload), self.signature_size))

    @property
    def uncut_cookie_bytes(self) -> int:
        """Bytes of the cookie that the token would make if nothing had to be left out for size."""
        return size.cookie_bytes(size.token_length(len(self.header), self.uncut_payload_size, self.signature_size))


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of one token: who issues it, when, for whom."""

    issuer: str
    now: int
    """Unix milliseconds."""
    token_id: str
    lifetime_seconds: int
    authorized_party: str | None = None
    """`azp`: the origin that asked, when there is one."""


def compose_session_token(  # noqa: PLR0913 - each argument is one part of a token
    template: Template | None,
    context: ClaimsContext,
    issue: Issue,
    signer: jose.Signer,
    *,
    claims_version: ClaimsVersion = 2,
    size_policy: SizePolicy = "shed",
    claims_priority: tuple[str, ...] = (),
) -> Composition:
    """The session token of a session: custom claims, then default claims (contract 2.2, 2.3), within the budget.

    Raises:
        ServiceError: `token_too_large` when the server's own claims alone exceed a cookie.
    """
    defaults = _session_defaults(context, issue, claims_version)
    custom, failed, claims, payload = _render(template, context, _SESSION_RESERVED[claims_version], defaults)
    seconds = issue.now // 1000
    header = jose.encode_header(signer.algorithm, signer.kid, category=wire.CATEGORY_SESSION, issued_at=seconds)
    if size.payload_room(len(header), signer.signature_size, len(payload)) >= 0:
        return Composition(header, payload, claims, (), failed, signer.signature_size, len(payload), custom)
    claims, omitted = _within_budget(
        custom, defaults, size_policy, claims_priority, size.payload_room(len(header), signer.signature_size, 0)
    )
    shortened = msgspec.json.encode(claims)
    return Composition(header, shortened, claims, omitted, failed, signer.signature_size, len(payload), custom)


def compose_template_token(
    template: Template,
    context: ClaimsContext,
    issue: Issue,
    signer: jose.Signer,
    *,
    allowed_clock_skew: int,
) -> Composition:
    """The token of a JWT template: its claims, then `azp exp iat iss jti nbf sub` (contract 3.2).

    It is not for a cookie, so it has no budget; its header's `cat` keeps it from passing as a session token.
    """
    defaults = _issue_claims(context, issue, issue.now // 1000 - allowed_clock_skew)
    custom, failed, claims, payload = _render(template, context, _TEMPLATE_RESERVED, defaults)
    header = jose.encode_header(signer.algorithm, signer.kid, category=wire.CATEGORY_JWT_TEMPLATE, issued_at=None)
    return Composition(header, payload, claims, (), failed, signer.signature_size, len(payload), custom)


def sign(composition: Composition, signer: jose.Signer) -> str:
    """The compact token."""
    return jose.sign_compact(composition.header, composition.payload, signer)


def _render(
    template: Template | None, context: ClaimsContext, reserved: frozenset[str], defaults: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...], dict[str, Any], bytes]:
    """The custom claims, the names of those that failed, all claims with the server's last, and these as JSON.

    The compiler refuses reserved names; one that is stored all the same is dropped here. A stored value that is no JSON
    costs its claim, never the token.
    """
    if template is None:
        return {}, (), defaults, msgspec.json.encode(defaults)
    rendered = render(template, context)
    custom = rendered.claims
    if not reserved.isdisjoint(custom):
        custom = {name: value for name, value in custom.items() if name not in reserved}
    claims = custom | defaults
    try:
        return custom, rendered.failed, claims, msgspec.json.encode(claims)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        sound = leave_out_unencodable(Rendered(custom, rendered.failed))
        claims = sound.claims | defaults
        return sound.claims, sound.failed, claims, msgspec.json.encode(claims)


def _issue_claims(context: ClaimsContext, issue: Issue, not_before: int) -> dict[str, Any]:
    seconds = issue.now // 1000
    claims: dict[str, Any] = {"azp": issue.authorized_party} if issue.authorized_party else {}
    claims["exp"] = seconds + issue.lifetime_seconds
    claims["iat"] = seconds
    claims["iss"] = issue.issuer
    claims["jti"] = issue.token_id
    claims["nbf"] = not_before
    claims["sub"] = context.user.id
    return claims


def _session_defaults(context: ClaimsContext, issue: Issue, version: ClaimsVersion) -> dict[str, Any]:
    session = context.session
    claims = _issue_claims(context, issue, issue.now // 1000 - SESSION_TOKEN_SKEW_SECONDS)
    claims["sid"] = session.id
    claims["fva"] = [
        _minutes_since(session.first_factor_verified_at, issue.now),
        _minutes_since(session.second_factor_verified_at, issue.now),
    ]
    if session.actor is not None:
        claims["act"] = session.actor
    if version == 2:  # noqa: PLR2004 - the claims' version
        claims["sts"] = session.status
        claims["v"] = 2
    if context.organization is None or context.membership is None:
        return claims
    tell = org_claim.expanded_claims if version == 1 else org_claim.compact_claims
    return claims | tell(context.organization, context.membership)


def _minutes_since(verified_at: int | None, now: int) -> int:
    return _NEVER_VERIFIED if verified_at is None else max(0, (now - verified_at) // _MILLISECONDS_A_MINUTE)


def _within_budget(
    custom: dict[str, Any],
    defaults: dict[str, Any],
    policy: SizePolicy,
    priority: tuple[str, ...],
    room: int,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Custom claims go first; then the organization's permissions, which `has` then denies; else it is an error."""
    fitted = size.fit(custom, policy=policy, priority=priority, payload_room=room - len(msgspec.json.encode(defaults)))
    if fitted is not None:
        return {**fitted.claims, size.OMITTED_CLAIM: list(fitted.omitted), **defaults}, fitted.omitted
    omitted = (*size.EVERY_CLAIM, "o.per")
    lean = {size.OMITTED_CLAIM: list(omitted), **_without_permissions(defaults)}
    needed = len(msgspec.json.encode(lean))
    if needed <= room:
        return lean, omitted
    raise TOKEN_TOO_LARGE(actual=size.MAX_COOKIE_BYTES + (needed - room) * 4 // 3 + 1, limit=size.MAX_COOKIE_BYTES)


def _without_permissions(defaults: dict[str, Any]) -> dict[str, Any]:
    lean = {name: value for name, value in defaults.items() if name not in {"fea", "org_permissions"}}
    if "o" in lean:
        lean["o"] = {name: value for name, value in lean["o"].items() if name not in {"per", "fpm"}}
    return lean
