"""The keyword arguments of the Backend API's operations. What is absent is not sent; in a body, `None` clears.

Filters that take several values take one, a list or a tuple. Times in filters are unix milliseconds, times in bodies
are texts as in RFC 3339, e.g. `2026-11-23T10:00:00Z`.
"""

from typing import Literal, Required, TypedDict

from claimsmith.backend.models.lists import JsonObject

Values = str | list[str] | tuple[str, ...]
Texts = list[str] | tuple[str, ...]


class Paging(TypedDict, total=False):
    """Which part of a list; see `iterate` for all of it.

    Example: `backend.clients.list(limit=100, offset=200)`.
    """

    limit: int
    """1 to 500, 10 unless given."""
    offset: int


class Unfiltered(TypedDict):
    """Nothing: all rows there are.

    Example: `backend.jwt_templates.iterate()`.
    """


class UserFilters(TypedDict, total=False):
    """Which users; all that are given must be met.

    Example: `backend.users.count(query="ada", banned=False)`.
    """

    email_address: Values
    phone_number: Values
    username: Values
    web3_wallet: Values
    external_id: Values
    """A value may begin with `-`: all but this one."""
    user_id: Values
    """As `external_id`."""
    organization_id: Values
    """As `external_id`."""
    query: str
    """Part of an id, address, number, username or name."""
    email_address_query: str
    phone_number_query: str
    username_query: str
    name_query: str
    banned: bool
    last_active_at_since: int
    last_active_at_before: int
    last_active_at_after: int
    created_at_before: int
    created_at_after: int
    last_sign_in_at_before: int
    last_sign_in_at_after: int


class UserOrder(UserFilters, total=False):
    """Which users, in which order.

    Example: `backend.users.iterate(order_by="+created_at")`.
    """

    order_by: str
    """For example `-created_at`, which it is unless given, or `+last_name`."""


class UserQuery(UserOrder, Paging, total=False):
    """Which part of the list of users.

    Example: `backend.users.list(query="ada", order_by="-last_active_at", limit=50)`.
    """

    starting_after: str
    """The id of the last user of the page before; only in the order of `created_at`, and without `offset`."""


class _Metadata(TypedDict, total=False):
    public_metadata: JsonObject
    private_metadata: JsonObject


class Metadata(_Metadata, total=False):
    """Metadata of an organization or a membership; each kind has at most 8 KB as JSON.

    Example: `backend.organizations.update_metadata(organization_id, public_metadata={"plan": "pro"})`.
    """


class UserMetadata(_Metadata, total=False):
    """Metadata of a user; each kind has at most 8 KB as JSON.

    Example: `backend.users.update_metadata(user_id, public_metadata={"theme": "dark"})`.
    """

    unsafe_metadata: JsonObject


class _Profile(TypedDict, total=False):
    external_id: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    locale: str | None
    password: str | None
    password_digest: str
    password_hasher: str
    """Of `password_digest`, e.g. `bcrypt`."""
    skip_password_checks: bool
    skip_legal_checks: bool
    delete_self_enabled: bool
    create_organization_enabled: bool
    create_organizations_limit: int | None
    legal_accepted_at: str
    created_at: str


class NewUser(_Profile, UserMetadata, total=False):
    """A user to be made.

    Example: `backend.users.create(first_name="Ada", username="ada_lovelace", password=password)`.
    """

    email_address: Texts
    """Verified at once, unless `email_address_identification_status` says otherwise."""
    email_address_identification_status: Texts
    """`verified` or `reserved`, one for each address."""
    phone_number: Texts
    """E.164, e.g. `+15555550100`."""
    phone_number_identification_status: Texts
    skip_password_requirement: bool
    skip_user_requirement: bool
    banned: bool
    locked: bool


class UserChanges(_Profile, total=False):
    """What to change of a user; for metadata see `update_metadata`.

    Example: `backend.users.update(user_id, first_name="Augusta", last_name=None)`.
    """

    primary_email_address_id: str
    primary_phone_number_id: str
    notify_primary_email_address_changed: bool
    sign_out_of_other_sessions: bool


class UserIds(TypedDict):
    """Several users.

    Example: `backend.users.ban_several(user_ids=[user_id])`.
    """

    user_ids: Texts


class Password(TypedDict):
    """A password to be compared.

    Example: `backend.users.verify_password(user_id, password=password)`.
    """

    password: str


class PasswordRemoval(TypedDict, total=False):
    """How a password is taken away.

    Example: `backend.users.remove_password(user_id, sign_out_of_other_sessions=True)`.
    """

    sign_out_of_other_sessions: bool


class SessionFilters(TypedDict, total=False):
    """Which sessions.

    Example: `backend.sessions.iterate(user_id=user_id, status="active")`.
    """

    client_id: str
    user_id: str
    status: Literal["active", "pending", "ended", "expired", "removed", "abandoned", "replaced", "revoked"]


class SessionQuery(SessionFilters, Paging, total=False):
    """Which part of the list of sessions.

    Example: `backend.sessions.list(user_id=user_id, limit=50)`.
    """


class NewSession(TypedDict, total=False):
    """A session to be made.

    Example: `backend.sessions.create(user_id=user_id)`.
    """

    user_id: Required[str]
    active_organization_id: str


class NewToken(TypedDict, total=False):
    """A token to be minted.

    Example: `backend.sessions.create_token(session_id, expires_in_seconds=300)`.
    """

    expires_in_seconds: int
    """30 to 315360000; the instance's or the template's lifetime unless given."""


class ClaimsQuery(TypedDict, total=False):
    """Whose claims.

    Example: `backend.sessions.get_claims(session_id, organization_id=organization_id)`.
    """

    organization_id: str
    """Of this organization; the session's active one unless given, none when empty."""


class Refresh(TypedDict, total=False):
    """What a browser sent with a token that has expired.

    Example: `backend.sessions.refresh(session_id, **refresh)`.
    """

    expired_token: Required[str]
    refresh_token: Required[str]
    """The cookie `__refresh_...`."""
    request_origin: Required[str]
    """The application's own origin; it becomes `azp`."""
    request_headers: JsonObject
    """Each name with a list of values."""
    request_originating_ip: str
    format: Literal["token", "cookie"]


class OrganizationFilters(TypedDict, total=False):
    """Which organizations, in which order.

    Example: `backend.organizations.iterate(query="acme")`.
    """

    query: str
    """Part of an id, name or slug."""
    user_id: Values
    """Of which these are members."""
    organization_id: Values
    include_members_count: bool
    order_by: str
    """For example `-created_at`, which it is unless given, or `+name`."""


class OrganizationQuery(OrganizationFilters, Paging, total=False):
    """Which part of the list of organizations.

    Example: `backend.organizations.list(user_id=user_id, limit=50)`.
    """


class OrganizationView(TypedDict, total=False):
    """What to tell of one organization.

    Example: `backend.organizations.get(organization_id, include_members_count=True)`.
    """

    include_members_count: bool


class NewOrganization(Metadata, total=False):
    """An organization to be made.

    Example: `backend.organizations.create(name="Acme", created_by=user_id)`.
    """

    name: Required[str]
    slug: str
    created_by: str
    """A user's id, who becomes its first member."""
    max_allowed_memberships: int
    created_at: str


class OrganizationChanges(TypedDict, total=False):
    """What to change of an organization; for metadata see `update_metadata`.

    Example: `backend.organizations.update(organization_id, name="Acme Ltd")`.
    """

    name: str
    slug: str
    max_allowed_memberships: int
    admin_delete_enabled: bool
    created_at: str


class MemberFilters(TypedDict, total=False):
    """Which members, in which order.

    Example: `backend.organization_memberships.iterate(organization_id, role="org:admin")`.
    """

    user_id: Values
    email_address: Values
    phone_number: Values
    username: Values
    role: Values
    query: str
    email_address_query: str
    phone_number_query: str
    username_query: str
    name_query: str
    last_active_at_before: int
    last_active_at_after: int
    created_at_before: int
    created_at_after: int
    order_by: str
    """For example `-created_at`, which it is unless given."""


class MemberQuery(MemberFilters, Paging, total=False):
    """Which part of the list of members.

    Example: `backend.organization_memberships.list(organization_id, role="org:admin", limit=50)`.
    """


class NewMembership(Metadata, total=False):
    """A membership to be made.

    Example: `backend.organization_memberships.create(organization_id, user_id=other_user_id, role="org:member")`.
    """

    user_id: Required[str]
    role: Required[str]
    """For example `org:member`."""


class RoleChange(TypedDict):
    """Another role of a member.

    Example: `backend.organization_memberships.update(organization_id, user_id, role="org:admin")`.
    """

    role: str


class InvitationFilters(TypedDict, total=False):
    """Which invitations, in which order.

    Example: `backend.organization_invitations.iterate(organization_id, status="pending")`.
    """

    status: Values
    """`pending`, `accepted`, `revoked` or `expired`."""
    email_address: str
    order_by: Literal["created_at", "-created_at", "+created_at"]


class InvitationQuery(InvitationFilters, Paging, total=False):
    """Which part of the list of invitations.

    Example: `backend.organization_invitations.list(organization_id, limit=50)`.
    """


class NewInvitation(Metadata, total=False):
    """An invitation to be sent.

    Example: `backend.organization_invitations.create(organization_id, email_address=email, role="org:member")`.
    """

    email_address: Required[str]
    role: Required[str]
    inviter_user_id: str
    redirect_url: str
    """Where its link leads in the end."""
    expires_in_days: int
    """1 to 365."""
    notify: bool
    """Whether a mail is sent; it is unless given."""


class InvitationRevocation(TypedDict, total=False):
    """In whose name an invitation is revoked.

    Example: `backend.organization_invitations.revoke(organization_id, invitation_id)`.
    """

    requesting_user_id: str
    """A member who must be allowed to; the secret key itself unless given."""


class JwtTemplateDefinition(TypedDict, total=False):
    """A JWT template as it shall be.

    Example: `backend.jwt_templates.update(template_id, name="database", claims={"role": "authenticated"})`.
    """

    name: Required[str]
    """What tokens are asked for by."""
    claims: Required[JsonObject]
    lifetime: int
    """Seconds, 30 to 315360000; 60 unless given."""
    allowed_clock_skew: int
    """Seconds, 0 to 300; 5 unless given."""
    custom_signing_key: bool
    signing_algorithm: str
    signing_key: str
    """A PEM private key, or a secret of HMAC; it is never told again."""


class InstanceChanges(TypedDict, total=False):
    """What to change of the instance.

    Example: `backend.instance.update(allowed_origins=["https://app.example.com"])`.
    """

    test_mode: bool
    hibp: bool
    support_email: str
    allowed_origins: Texts
    preferred_sign_in_strategy_when_password_required: Literal["password", "otp", ""]


class OrganizationSettingsChanges(TypedDict, total=False):
    """What to change of the settings of organizations.

    Example: `backend.instance.update_organization_settings(max_allowed_memberships=50)`.
    """

    enabled: bool
    max_allowed_memberships: int
    """0: no limit."""
    admin_delete_enabled: bool
    domains_enabled: bool
    slug_disabled: bool
    domains_enrollment_modes: Texts
    creator_role_id: str
    domains_default_role_id: str


class ConfigQuery(TypedDict, total=False):
    """Which sections of the config document.

    Example: `backend.config.get(instance_id, keys="session")`.
    """

    keys: Values
    """Names of sections; all of them unless given."""
    application_id: str
    """The application that the instance is of; Claimsmith takes any."""


class ConfigChanges(ConfigQuery, total=False):
    """What to change of the config document.

    Example: `backend.config.update(instance_id, document={"session": {"claims": {"plan": "pro"}}}, dry_run=True)`.
    """

    document: Required[JsonObject]
    """Sections with the members to change; `session.claims` is replaced as a whole."""
    if_match: str
    """The `config_version` that was read: another one now is a refusal. Without it, whatever is there is changed."""
    dry_run: bool
    """Whether only to tell what would be."""
    destructive: bool
    """Whether `None` may clear a member."""


class ClientToken(TypedDict):
    """What the client cookie of a browser holds.

    Example: `backend.clients.verify(token=client_token).id`.
    """

    token: str


class HandshakeNonce(TypedDict):
    """What a handshake brought.

    Example: `backend.clients.get_handshake_payload(nonce=nonce)`.
    """

    nonce: str


class NewSignInToken(TypedDict, total=False):
    """A sign-in token to be made.

    Example: `backend.sign_in_tokens.create(user_id=user_id, expires_in_seconds=600)`.
    """

    user_id: Required[str]
    expires_in_seconds: int
    """30 days unless given."""


class NewActorToken(TypedDict, total=False):
    """An actor token to be made.

    Example: `backend.actor_tokens.create(user_id=user_id, actor={"sub": "user_support"})`.
    """

    user_id: Required[str]
    """Whom the actor will be."""
    actor: Required[JsonObject]
    """`{"sub": ...}` and whatever else: the claim `act`."""
    expires_in_seconds: int
    """1 hour unless given."""
    session_max_duration_in_seconds: int
    """30 minutes unless given."""
