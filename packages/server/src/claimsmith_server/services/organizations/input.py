"""Organizations on their way in through the Backend API: bodies and queries, and the values that they stand for."""

from typing import Annotated, Any, Literal

import msgspec

from claimsmith_server.core.contacts import parse_rfc3339
from claimsmith_server.core.errors import PARAM_FORMAT_INVALID, PARAM_TOO_LARGE, PARAM_VALUE_INVALID
from claimsmith_server.core.models import JsonObject
from claimsmith_server.services.organizations import NewOrganization
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.services.user_input import METADATA_BYTES, Id, Text, Values
from claimsmith_server.store.organization_filters import ORDER_COLUMNS, OrganizationFilter
from claimsmith_server.store.organization_members import MemberFilter
from claimsmith_server.store.organizations import MetadataField
from claimsmith_server.store.user_filters import ORDER_COLUMNS as USER_COLUMNS
from claimsmith_server.store.user_filters import UserFilter, UserOrder, parse_among

Name = Annotated[str, msgspec.Meta(max_length=512)]
Most = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]
InvitationStatus = Literal["pending", "accepted", "revoked", "expired"]


class Metadata(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the metadata routes; what is absent stays."""

    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None


class CreateOrganization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/organizations`."""

    name: Name
    created_by: Id | None = None
    slug: Name | None = None
    max_allowed_memberships: Most | None = None
    created_at: str | None = None
    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None
    role_set_key: str | None = None
    """Taken and not used: every organization has all roles."""


class UpdateOrganization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/organizations/{id}`; metadata are taken as older API versions do, and merged."""

    name: Name | None = None
    slug: Name | None = None
    max_allowed_memberships: Most | None = None
    admin_delete_enabled: bool | None = None
    created_at: str | None = None
    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None
    role_set_key: str | None = None


class OrganizationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of `GET /v1/organizations`."""

    query: Text | None = None
    user_id: Values = ()
    organization_id: Values = ()
    include_members_count: bool = False
    order_by: Text = "-created_at"
    limit: Limit = 10
    offset: Offset = 0


class MemberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of lists of members."""

    user_id: Values = ()
    email_address: Values = ()
    phone_number: Values = ()
    username: Values = ()
    web3_wallet: Values = ()
    role: Values = ()
    query: Text | None = None
    email_address_query: Text | None = None
    phone_number_query: Text | None = None
    username_query: Text | None = None
    name_query: Text | None = None
    last_active_at_before: int | None = None
    last_active_at_after: int | None = None
    created_at_before: int | None = None
    created_at_after: int | None = None
    order_by: Text = "-created_at"
    limit: Limit = 10
    offset: Offset = 0


class CreateMembership(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST …/memberships`."""

    user_id: Id
    role: Id
    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None


class UpdateMembership(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH …/memberships/{user_id}`."""

    role: Id


class CreateInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST …/invitations`, and each member of its bulk form."""

    email_address: Text
    role: Id
    inviter_user_id: Id | None = None
    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None
    redirect_url: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    expires_in_days: Days | None = None
    notify: bool | None = None


class RevokeInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST …/revoke`."""

    requesting_user_id: Id | None = None


class InvitationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of lists of invitations."""

    status: Annotated[tuple[InvitationStatus, ...], msgspec.Meta(max_length=4)] = ()
    email_address: Text | None = None
    order_by: Literal["created_at", "-created_at", "+created_at", " created_at"] = "-created_at"
    limit: Limit = 10
    offset: Offset = 0


def given_metadata(body: Any) -> dict[MetadataField, JsonObject]:
    """The kinds of metadata that a body gives.

    Raises:
        ServiceError: `form_param_exceeds_allowed_size` when one alone is over its limit.
    """
    fields: tuple[MetadataField, ...] = ("public_metadata", "private_metadata")
    given = {name: value for name in fields if (value := getattr(body, name)) is not None}
    for name, value in given.items():
        size = len(msgspec.json.encode(value))
        if size > METADATA_BYTES:
            raise PARAM_TOO_LARGE(param_name=name, actual=f"{size:,} bytes", limit=f"{METADATA_BYTES:,}")
    return given


def new_organization(body: CreateOrganization) -> NewOrganization:
    """What the body asks for.

    Raises:
        ServiceError: a value is refused.
    """
    metadata = given_metadata(body)
    return NewOrganization(
        name=body.name,
        slug=body.slug or None,
        created_by=body.created_by,
        max_allowed_memberships=body.max_allowed_memberships,
        created_at=_parse_time(body.created_at) if body.created_at else None,
        public_metadata=metadata.get("public_metadata", {}),
        private_metadata=metadata.get("private_metadata", {}),
    )


def organization_changes(body: UpdateOrganization) -> dict[str, Any]:
    """The fields that the body sets, metadata left out.

    Raises:
        ServiceError: a value is refused.
    """
    names = ("name", "slug", "max_allowed_memberships", "admin_delete_enabled")
    changes = {name: value for name in names if (value := getattr(body, name)) is not None}
    return changes | ({"created_at": _parse_time(body.created_at)} if body.created_at else {})


def organization_filter(query: OrganizationQuery) -> OrganizationFilter:
    """The filters of a query."""
    return OrganizationFilter(
        query=query.query or None,
        user_id=parse_among(query.user_id),
        organization_id=parse_among(query.organization_id),
    )


def member_filter(query: MemberQuery) -> MemberFilter:
    """The filters of a query."""
    plain = set(UserFilter.__struct_fields__) & set(MemberQuery.__struct_fields__) - {"user_id"}
    values = {name: getattr(query, name) for name in plain}
    return MemberFilter(role=query.role, user=UserFilter(**values, user_id=parse_among(query.user_id)))


def organization_order(query: OrganizationQuery) -> UserOrder:
    """The order of a query.

    Raises:
        ServiceError: `form_param_value_invalid` (case I-001).
    """
    return _order(query.order_by, set(ORDER_COLUMNS))


def member_order(query: MemberQuery) -> UserOrder:
    """The order of a query.

    Raises:
        ServiceError: `form_param_value_invalid` (case I-001).
    """
    wanted = {"phone_number", "email_address", "created_at", "first_name", "last_name", "username"}
    return _order(query.order_by, wanted & set(USER_COLUMNS))


def _order(text: str, columns: set[str]) -> UserOrder:
    """A `+` that arrives as a space is one too."""
    name = text.removeprefix("-").removeprefix("+").removeprefix(" ")
    if name not in columns:
        told = ", ".join(sorted(columns))
        raise PARAM_VALUE_INVALID(
            param_name="order_by", expected=f"one of {told}, with `-` before it to turn it around"
        )
    return UserOrder(name, text.startswith("-"))


def _parse_time(text: str) -> int:
    milliseconds = parse_rfc3339(text)
    if milliseconds is None:
        expected = "a time such as 2026-11-23T10:00:00Z (RFC 3339)"
        raise PARAM_FORMAT_INVALID(param_name="created_at", expected=expected)
    return milliseconds
