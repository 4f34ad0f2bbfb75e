"""JWT templates as they go out."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import JsonObject, JwtTemplate


class BackendJwtTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A JWT template on the Backend API (contract 3.1); its own signing key is never told (case T-015)."""

    object: Literal["jwt_template"] = "jwt_template"
    id: str
    name: str
    claims: JsonObject
    lifetime: int
    allowed_clock_skew: int
    custom_signing_key: bool
    signing_algorithm: str
    created_at: int
    updated_at: int


def jwt_template_out(template: JwtTemplate) -> BackendJwtTemplate:
    """A JWT template for the Backend API."""
    return BackendJwtTemplate(
        id=template.id,
        name=template.name,
        claims=msgspec.json.decode(template.claims),
        lifetime=template.lifetime,
        allowed_clock_skew=template.allowed_clock_skew,
        custom_signing_key=template.custom_signing_key,
        signing_algorithm=template.signing_algorithm,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )
