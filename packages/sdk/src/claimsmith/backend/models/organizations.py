"""Organizations, their members and invitations."""

import msgspec

from claimsmith.backend.models.lists import JsonObject


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """An organization, with what only the secret key may see.

    Example: `backend.organizations.get(organization_id).name`.
    """

    id: str
    """For example `org_2abc`."""
    name: str
    slug: str = ""
    image_url: str = ""
    has_image: bool = False
    members_count: int | None = None
    """Only where it was asked for."""
    pending_invitations_count: int | None = None
    """Only where it was asked for."""
    max_allowed_memberships: int = 0
    """0: no limit."""
    admin_delete_enabled: bool = False
    public_metadata: JsonObject = {}
    private_metadata: JsonObject | None = None
    created_by: str | None = None
    """A user's id."""
    role_set_key: str | None = None
    last_active_at: int | None = None
    """Unix milliseconds."""
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class MemberData(msgspec.Struct, frozen=True, kw_only=True):
    """Who a member or an inviter is.

    Example: `backend.organization_memberships.list(organization_id).data[0].public_user_data.identifier`.
    """

    user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    image_url: str = ""
    has_image: bool = False
    identifier: str | None = None
    """E-mail address, phone number or username."""
    username: str | None = None


class OrganizationMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A user's membership in an organization.

    Example: `[one.role for one in backend.users.list_organization_memberships(user_id).data]`.
    """

    id: str
    """For example `orgmem_2abc`."""
    role: str
    """For example `org:admin`."""
    role_name: str | None = None
    permissions: tuple[str, ...] = ()
    """For example `org:posts:manage`."""
    public_metadata: JsonObject = {}
    private_metadata: JsonObject | None = None
    organization: Organization
    public_user_data: MemberData | None = None
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class OrganizationInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation to an organization.

    Example: `backend.organization_invitations.list(organization_id, status="pending").data`.
    """

    id: str
    """For example `orginv_2abc`."""
    email_address: str
    role: str
    role_name: str = ""
    organization_id: str | None = None
    inviter_id: str | None = None
    public_inviter_data: MemberData | None = None
    status: str | None = None
    """`pending`, `accepted`, `revoked` or `expired`."""
    public_metadata: JsonObject = {}
    private_metadata: JsonObject | None = None
    url: str | None = None
    """The link of the mail, while it is pending: whoever has it can accept."""
    expires_at: int | None = None
    """Unix milliseconds."""
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class OrganizationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The instance's settings of organizations.

    Example: `backend.instance.get_organization_settings().enabled`.
    """

    enabled: bool
    max_allowed_memberships: int = 0
    """0: no limit."""
    max_allowed_roles: int = 0
    max_allowed_domains: int = 0
    creator_role: str = ""
    """The role of who creates one, e.g. `org:admin`."""
    admin_delete_enabled: bool = False
    domains_enabled: bool = False
    slug_disabled: bool = False
    domains_enrollment_modes: tuple[str, ...] = ()
    domains_default_role: str = ""
