"""Templates to begin a JWT template with: what services that take a customer's JWT ask of it.

What each asks is in its own documentation: Supabase's of JWT secrets and row level security (`role`, `aud`, HS256 with
the project's secret), Hasura's of JWT authentication (claims below `https://hasura.io/jwt/claims`, all strings),
Convex' of custom JWT providers (`aud` is the `applicationID` of `auth.config.ts`, issuer and keys are discovered).
"""

from typing import Final

import msgspec

from claimsmith_server.core.jose import TemplateAlgorithm


class JwtPreset(msgspec.Struct, frozen=True, kw_only=True):
    """A JWT template that is ready to be made."""

    key: str
    label: str
    sentence: str
    name: str
    """What the service's own guides call the template."""
    claims: str
    lifetime: int = 60
    """Seconds."""
    algorithm: TemplateAlgorithm | None = None
    """`None`: signed with the instance's key, which the service finds by its JWKS."""
    key_hint: str = ""
    """Where the key of `algorithm` is found."""
    steps: tuple[str, ...] = ()
    """What to do at the service."""


PRESETS: Final = (
    JwtPreset(
        key="blank",
        label="Blank",
        sentence="No claims but the default ones.",
        name="",
        claims="{}",
    ),
    JwtPreset(
        key="supabase",
        label="Supabase",
        sentence="For row level security, signed with the project's legacy JWT secret.",
        name="supabase",
        claims="""{
  "aud": "authenticated",
  "role": "authenticated",
  "email": "{{user.primary_email_address}}",
  "app_metadata": {},
  "user_metadata": {}
}""",
        algorithm="HS256",
        key_hint="In Supabase: Project settings, JWT keys, legacy JWT secret.",
        steps=(
            "Paste the project's legacy JWT secret as the signing key.",
            "Send the token to Supabase as Authorization: Bearer …; policies read it with auth.jwt().",
        ),
    ),
    JwtPreset(
        key="hasura",
        label="Hasura",
        sentence="Role and user id in the namespace that Hasura's permissions read.",
        name="hasura",
        claims="""{
  "https://hasura.io/jwt/claims": {
    "x-hasura-allowed-roles": ["user"],
    "x-hasura-default-role": "user",
    "x-hasura-user-id": "{{user.id}}"
  }
}""",
        steps=(
            'Set HASURA_GRAPHQL_JWT_SECRET to {"jwk_url": "<this instance>/.well-known/jwks.json"}.',
            "Permissions read the claim as X-Hasura-User-Id.",
            "Hasura DDN (version 3) reads the same members below claims.jwt.hasura.io: rename the claim for it.",
        ),
    ),
    JwtPreset(
        key="convex",
        label="Convex",
        sentence="For ConvexProviderWithClerk, which asks for a template of this name.",
        name="convex",
        claims="""{
  "aud": "convex",
  "name": "{{user.full_name}}",
  "email": "{{user.primary_email_address}}",
  "picture": "{{user.image_url}}",
  "nickname": "{{user.username}}",
  "given_name": "{{user.first_name}}",
  "family_name": "{{user.last_name}}",
  "updated_at": "{{user.updated_at}}",
  "email_verified": "{{user.email_verified}}",
  "phone_number": "{{user.primary_phone_number}}",
  "phone_number_verified": "{{user.phone_number_verified}}"
}""",
        steps=(
            'In convex/auth.config.ts: domain is this instance\'s Frontend API, applicationID is "convex".',
            "Keep the name convex: ConvexProviderWithClerk asks for it.",
        ),
    ),
)
"""In the order in which people choose."""


def find_preset(key: str) -> JwtPreset:
    """The preset with this key; the blank one when there is none."""
    return next((preset for preset in PRESETS if preset.key == key), PRESETS[0])
