"""The domain's structs: the same field names in table, struct and wire.

Times are unix milliseconds, except inside tokens (seconds). Metadata are JSON objects. `None` is "absent".
The structs at the end, `Token*` and `MintContext`, are what one read brings for one mint; they hold no private
metadata, no password and no secret, so that no template can reach them.
"""

from typing import Any, Literal

import msgspec

from claimsmith_server.core.instance_settings import InstanceSettings

Environment = Literal["development", "production"]
SessionStatus = Literal["active", "pending", "ended", "removed", "revoked", "expired", "abandoned", "replaced"]
SigningAlgorithm = Literal["RS256", "ES256", "EdDSA"]
KeyStatus = Literal["pending", "active", "retiring", "removed"]
VerificationStatus = Literal["unverified", "verified"]
InvitationStatus = Literal["pending", "accepted", "revoked", "expired"]
AdministratorRole = Literal["owner", "editor", "viewer"]
"""Of the dashboard: a viewer reads, an editor changes, an owner also has keys and other administrators in hand."""
TokenKind = Literal["session", "jwt_template"]
JsonObject = dict[str, Any]


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant: its own users, keys and claims."""

    id: str
    slug: str
    environment: Environment
    frontend_api: str
    """Host that the publishable key encodes, e.g. `demo.clerk.accounts.dev`; `iss` is `https://` and this."""
    settings: InstanceSettings
    config_version: int
    """Counts every change of settings or session claims; the `If-Match` of the config routes."""
    created_at: int
    updated_at: int
    session_claims_version: int = 0
    """The live version of the session claims; 0 when none was published."""


class SecretKey(msgspec.Struct, frozen=True, kw_only=True):
    """A secret key as stored: its SHA-256 (32 bytes), never itself."""

    id: str
    instance_id: str
    hash: bytes
    last_characters: str
    """The last four characters, so that people can tell keys apart."""
    created_at: int
    revoked_at: int | None = None
    last_used_at: int | None = None
    """Coarse: up to a minute late."""


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key as stored; `sealed_private_key` opens only with the master key."""

    instance_id: str
    kid: str
    algorithm: SigningAlgorithm
    status: KeyStatus
    public_jwk: JsonObject
    sealed_private_key: bytes
    created_at: int
    updated_at: int


class EmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address of a user."""

    id: str
    user_id: str
    email_address: str
    reserved: bool
    verification_status: VerificationStatus
    verification_strategy: str | None
    """`admin` when set through the Backend API, else the strategy that verified it."""
    created_at: int
    updated_at: int


class PhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A phone number of a user, E.164."""

    id: str
    user_id: str
    phone_number: str
    reserved: bool
    verification_status: VerificationStatus
    verification_strategy: str | None
    created_at: int
    updated_at: int


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user with all identifications; `password_digest` stays in the server."""

    id: str
    instance_id: str
    external_id: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    locale: str | None
    image_url: str
    has_image: bool
    primary_email_address_id: str | None
    primary_phone_number_id: str | None
    primary_web3_wallet: str | None
    password_digest: str | None
    password_last_updated_at: int | None
    two_factor_enabled: bool
    public_metadata: JsonObject
    private_metadata: JsonObject
    unsafe_metadata: JsonObject
    banned: bool
    locked: bool
    delete_self_enabled: bool
    create_organization_enabled: bool
    create_organizations_limit: int | None
    legal_accepted_at: int | None
    last_sign_in_at: int | None
    last_active_at: int | None
    created_at: int
    updated_at: int
    failed_attempts: int = 0
    """Wrong passwords and codes in a row, over all factors (cases A-009 to A-012)."""
    lockout_expires_at: int | None = None
    """Until then no attempt is evaluated. Unlike `locked`, which an operator sets, it ends no session (A-013)."""
    email_addresses: tuple[EmailAddress, ...] = ()
    phone_numbers: tuple[PhoneNumber, ...] = ()


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A browser: it holds sessions."""

    id: str
    instance_id: str
    last_active_session_id: str | None
    created_at: int
    updated_at: int
    """Changes when a sign-in starts or ends, and at nothing else: browsers make `__client_uat` of it (contract 4.2)."""
    token_hash: bytes | None = None
    """SHA-256 of the client token that the browser's `__client` cookie holds; rotated at each sign-in (case S-001)."""
    last_authentication_strategy: str | None = None
    sign_in_id: str | None = None
    """The attempt that is under way."""
    sign_up_id: str | None = None


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session was last used (contract 4.5, `session_activity`)."""

    device_type: str | None = None
    is_mobile: bool = False
    browser_name: str | None = None
    browser_version: str | None = None
    ip_address: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A user's sign-in on a client."""

    id: str
    instance_id: str
    client_id: str
    user_id: str
    status: SessionStatus
    actor: JsonObject | None
    last_active_organization_id: str | None
    first_factor_verified_at: int | None
    second_factor_verified_at: int | None
    last_active_at: int
    expire_at: int
    abandon_at: int
    created_at: int
    updated_at: int
    activity: Activity | None = None


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """An organization."""

    id: str
    instance_id: str
    name: str
    slug: str
    image_url: str
    has_image: bool
    public_metadata: JsonObject
    private_metadata: JsonObject
    max_allowed_memberships: int
    admin_delete_enabled: bool
    created_by: str | None
    created_at: int
    updated_at: int
    members_count: int = 0
    """Counted by those reads that say so, as is the next one."""
    pending_invitations_count: int = 0


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role in organizations; `permissions` are keys such as `org:sys_memberships:manage`."""

    id: str
    instance_id: str
    key: str
    name: str
    permissions: tuple[str, ...]
    created_at: int
    updated_at: int


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """A permission that roles may hold; `key` is e.g. `org:invoices:create`."""

    id: str
    instance_id: str
    key: str
    name: str
    description: str
    created_at: int
    updated_at: int


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A user's place in an organization; `role` is a role's key, e.g. `org:admin`."""

    id: str
    instance_id: str
    organization_id: str
    user_id: str
    role: str
    public_metadata: JsonObject
    private_metadata: JsonObject
    created_at: int
    updated_at: int


class OrganizationInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation to an organization, sent to an e-mail address; its ticket is stored as a hash."""

    id: str
    instance_id: str
    organization_id: str
    email_address: str
    role: str
    status: InvitationStatus
    inviter_id: str | None
    token_hash: bytes
    public_metadata: JsonObject
    private_metadata: JsonObject
    expire_at: int
    created_at: int
    updated_at: int


class JwtTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A JWT template; `claims` is the JSON text as its author wrote it."""

    id: str
    instance_id: str
    name: str
    claims: str
    lifetime: int
    allowed_clock_skew: int
    custom_signing_key: bool
    signing_algorithm: str
    sealed_signing_key: bytes | None
    created_at: int
    updated_at: int
    version: int = 1
    """Counts the edits: with `id` a key for compiled templates."""


class SessionClaims(msgspec.Struct, frozen=True, kw_only=True):
    """One published version of an instance's session claims; the highest version is live."""

    instance_id: str
    version: int
    claims: str
    """The template's JSON text as its author wrote it; `{}` when there are no custom claims."""
    reason: str | None
    created_by: str
    """Who published: `secret_key`, `demo` or an operator's id."""
    created_at: int


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did: `actor` did `action` to `target`. Append-only."""

    id: str
    instance_id: str
    actor: str
    action: str
    target: str | None
    details: JsonObject
    created_at: int


class Administrator(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may use the dashboard of an instance."""

    id: str
    instance_id: str
    email_address: str
    role: AdministratorRole
    password_digest: str
    created_at: int
    updated_at: int
    failed_attempts: int = 0
    lockout_expires_at: int | None = None
    last_sign_in_at: int | None = None


class AdministratorSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that an administrator signed in with."""

    instance_id: str
    token_hash: bytes
    """SHA-256 of the cookie's value."""
    administrator_id: str
    last_active_at: int
    expire_at: int
    """The absolute end, whatever the activity."""
    created_at: int


class AdministratorInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """A link that makes one administrator, once."""

    id: str
    instance_id: str
    token_hash: bytes
    role: AdministratorRole
    created_by: str | None
    """An administrator's id; `None`: the set-up link that the server printed."""
    expire_at: int
    created_at: int


class ClaimsDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A template that is being written: kept, shared by all administrators, and live for nobody."""

    instance_id: str
    target: str
    """`session`, or the id of a JWT template."""
    claims: str
    """The text as written; it need not compile."""
    base_version: int
    """The version that was live when the draft was begun."""
    created_by: str
    updated_at: int


class ClaimsFixture(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a template: what it must give for one context."""

    id: str
    instance_id: str
    target: str
    """`session`, or the id of a JWT template."""
    name: str
    context: JsonObject
    """What shortcodes read: `{"user": {...}, "org": {...}, "org_membership": {...}, "session": {...}}`; what is left
    out is absent."""
    expected: JsonObject
    """The custom claims, all of them."""
    created_by: str
    created_at: int
    updated_at: int


class TokenLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of token that went without some of its custom claims: their names, never their values."""

    id: str
    instance_id: str
    kind: TokenKind
    template_id: str | None
    version: int
    """Of the session claims, or of the JWT template."""
    session_id: str
    user_id: str
    omitted: tuple[str, ...]
    failed: tuple[str, ...]
    cookie_bytes: int
    count: int
    """How many such tokens there were from `created_at` to `updated_at`."""
    created_at: int
    updated_at: int


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An effect to carry out after its transaction: a mail, a webhook. Delivered at least once."""

    id: str
    instance_id: str
    kind: str
    payload: JsonObject
    attempts: int
    available_at: int
    """Not before this."""
    done_at: int | None
    created_at: int


# ---------------------------------------------------------------------------------------------- what one mint reads


class TokenUser(msgspec.Struct, frozen=True):
    """What shortcodes may know of a user. Times are milliseconds here; shortcodes give seconds."""

    id: str
    external_id: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    primary_email_address: str | None
    email_verified: bool
    primary_phone_number: str | None
    phone_number_verified: bool
    primary_web3_wallet: str | None
    image_url: str
    has_image: bool
    two_factor_enabled: bool
    created_at: int
    updated_at: int
    last_sign_in_at: int | None
    public_metadata: JsonObject
    unsafe_metadata: JsonObject
    organizations: dict[str, str] | None = None
    """Organization id to role key; loaded only when the template asks for it."""


class TokenOrganization(msgspec.Struct, frozen=True):
    """What shortcodes and the claim `o` may know of the active organization."""

    id: str
    name: str
    slug: str
    image_url: str
    has_image: bool
    public_metadata: JsonObject


class TokenMembership(msgspec.Struct, frozen=True):
    """What shortcodes and the claim `o` may know of the membership in the active organization."""

    role: str
    permissions: tuple[str, ...]
    public_metadata: JsonObject


class TokenSession(msgspec.Struct, frozen=True):
    """What a token tells of its session."""

    id: str
    status: SessionStatus
    actor: JsonObject | None
    first_factor_verified_at: int | None
    second_factor_verified_at: int | None
    created_at: int


class ClaimsContext(msgspec.Struct, frozen=True):
    """The values that a template is rendered with."""

    user: TokenUser
    session: TokenSession
    organization: TokenOrganization | None = None
    membership: TokenMembership | None = None
