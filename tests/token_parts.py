"""Keys, contexts and circumstances of tokens for the server's tests, and a reading of tokens that is not its own."""

import base64
import functools
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from claimsmith_server.core import jose, tokens
from claimsmith_server.core.claims import Template, compile_template
from claimsmith_server.core.models import ClaimsContext, TokenMembership, TokenOrganization, TokenSession, TokenUser

NOW = 1_800_000_000_500
"""Unix milliseconds; not a whole second, so that rounding shows."""
SECONDS = NOW // 1000
ISSUER = "https://demo.clerk.accounts.dev"
KID = "ins_0RtYq04SB2cTzZ6bI3HbnhPgcAxK"
TOKEN_ID = "0123456789abcdef0123"
ALGORITHMS = ("RS256", "ES256", "EdDSA")
SESSION_DEFAULTS = {"exp", "iat", "iss", "jti", "nbf", "sub", "sid", "fva", "sts", "v"}


@functools.cache
def private_key(algorithm: str = "RS256") -> jose.PrivateKey:
    """A key that stays the same while the tests run."""
    if algorithm == "RS256":
        return rsa.generate_private_key(65537, 2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


@functools.cache
def a_signer(algorithm: str = "RS256") -> jose.Signer:
    return jose.make_signer(private_key(algorithm), algorithm, KID)


def a_user(**more: Any) -> TokenUser:
    known: dict[str, Any] = {
        "id": "user_1",
        "external_id": None,
        "username": None,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "primary_email_address": "ada@example.com",
        "email_verified": True,
        "primary_phone_number": None,
        "phone_number_verified": False,
        "primary_web3_wallet": None,
        "image_url": "",
        "has_image": False,
        "two_factor_enabled": False,
        "created_at": NOW - 1,
        "updated_at": NOW - 1,
        "last_sign_in_at": None,
        "public_metadata": {},
        "unsafe_metadata": {},
    }
    return TokenUser(**{**known, **more})


def a_session(**more: Any) -> TokenSession:
    known: dict[str, Any] = {
        "id": "sess_1",
        "status": "active",
        "actor": None,
        "first_factor_verified_at": NOW - 3 * 60_000,
        "second_factor_verified_at": None,
        "created_at": NOW - 3 * 60_000,
    }
    return TokenSession(**{**known, **more})


def an_organization(**more: Any) -> TokenOrganization:
    known: dict[str, Any] = {
        "id": "org_1",
        "name": "Acme",
        "slug": "acme",
        "image_url": "",
        "has_image": False,
        "public_metadata": {},
    }
    return TokenOrganization(**{**known, **more})


def a_membership(*permissions: str, role: str = "org:admin") -> TokenMembership:
    return TokenMembership(role, permissions, {})


def a_context(*permissions: str, member: bool = False, **session: Any) -> ClaimsContext:
    """Ada's session; with permissions, or as `member`, in the organization Acme."""
    if not (permissions or member):
        return ClaimsContext(a_user(), a_session(**session))
    return ClaimsContext(a_user(), a_session(**session), an_organization(), a_membership(*permissions))


def an_issue(**more: Any) -> tokens.Issue:
    known: dict[str, Any] = {"issuer": ISSUER, "now": NOW, "token_id": TOKEN_ID, "lifetime_seconds": 60}
    return tokens.Issue(**{**known, **more})


def a_template(claims: dict[str, Any] | str, audience: Any = "session") -> Template:
    """The compiled template; `audience="jwt_template"` lets through what only session tokens reserve."""
    text = claims if isinstance(claims, str) else json.dumps(claims)
    template = compile_template(text, audience=audience).template
    assert template is not None
    return template


def decode_part(part: str | bytes) -> Any:
    """A part of a compact token, as any reader would see it."""
    octets = part.encode() if isinstance(part, str) else part
    return json.loads(base64.urlsafe_b64decode(octets + b"=" * (-len(octets) % 4)))


def decode_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a compact token, nothing verified."""
    header, payload, _ = token.split(".")
    return decode_part(header), decode_part(payload)


def expand_like_javascript(claims: dict[str, Any]) -> dict[str, Any]:
    """What the JavaScript SDKs' `jwtPayloadParser.ts` makes of a token's organization, step by step (contract 2.2)."""
    told = claims.get("o")
    if not told:
        return {"org_id": None, "org_slug": None, "org_role": None, "org_permissions": []}
    features = []
    for entry in claims.get("fea", "").split(","):
        scope, _, name = entry.strip().partition(":")
        if "o" in scope:
            features.append(name)
    names = told["per"].split(",") if told.get("per") and told.get("fpm") else []
    masks = [float(mask) for mask in told["fpm"].split(",")] if names else []  # JavaScript's numbers are doubles
    permissions = []
    for feature, mask in zip(features, masks, strict=False):
        bits = format(int(mask), "b").rjust(len(names), "0")[::-1]
        permissions += [f"org:{feature}:{names[i]}" for i, bit in enumerate(bits) if bit == "1"]
    role = f"org:{told['rol']}" if told.get("rol") else None
    return {"org_id": told["id"], "org_slug": told["slg"], "org_role": role, "org_permissions": permissions}
