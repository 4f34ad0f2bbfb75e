"""The instance: itself, its config document, its JWT templates, its key set."""

import msgspec

from claimsmith.backend.models.lists import JsonObject


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """The secret key's instance.

    Example: `backend.instance.get().environment_type` is `development`.
    """

    id: str
    """For example `ins_2abc`."""
    environment_type: str
    """`development` or `production`."""
    allowed_origins: tuple[str, ...] | None = None
    workspace_id: str | None = None


class InstanceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The config document: the sections that were asked for or changed.

    `session["claims"]` is the template of the session token.

    Example: `backend.config.get(instance_id).session["claims"]`.
    """

    config_version: str
    """Pass it as `if_match`, so that nobody's change in between is lost."""
    dry_run: bool = False
    """Whether nothing was written."""
    session: JsonObject = {}
    authentication: JsonObject = {}
    organizations: JsonObject = {}
    display: JsonObject = {}
    before: JsonObject = {}
    """The sections before a change."""
    after: JsonObject = {}
    """The sections after a change, or after it would be made."""
    warnings: tuple[JsonObject, ...] = ()
    """Diagnostics of the claims that stop nothing."""


class JwtTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A JWT template.

    Example: `[one.name for one in backend.jwt_templates.iterate()]`.
    """

    id: str
    """For example `jtmp_2abc`."""
    name: str
    claims: JsonObject
    """Claims with shortcodes, e.g. `{"email": "{{user.primary_email_address}}"}`."""
    lifetime: int
    """Seconds."""
    allowed_clock_skew: int = 0
    """Seconds."""
    custom_signing_key: bool = False
    signing_algorithm: str = "RS256"
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class JsonWebKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 7517). For verifying tokens use `RemoteKeys`, which checks and caches.

    Example: `[key.kid for key in backend.jwks.get().keys]`.
    """

    kty: str
    kid: str = ""
    alg: str = ""
    use: str = ""
    n: str | None = None
    e: str | None = None
    crv: str | None = None
    x: str | None = None
    y: str | None = None


class JsonWebKeySet(msgspec.Struct, frozen=True, kw_only=True):
    """The instance's public keys (RFC 7517).

    Example: `len(backend.jwks.get().keys)`.
    """

    keys: tuple[JsonWebKey, ...] = ()
