"""Users on their way in: the bodies and queries of the routes, and the values that they stand for.

Everything here is a value or a refusal; nothing is read or written.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

import msgspec

from claimsmith_server.core import contacts
from claimsmith_server.core.errors import (
    PARAM_FORMAT_INVALID,
    PARAM_TOO_LARGE,
    PARAM_VALUE_INVALID,
    VERIFIED_IDENTIFICATION_NEEDED,
)
from claimsmith_server.core.models import EmailAddress, JsonObject, PhoneNumber, User
from claimsmith_server.core.origins import parse_origin
from claimsmith_server.services.context import Service
from claimsmith_server.services.paging import Limit, Milliseconds, Offset
from claimsmith_server.store.user_filters import UserFilter, UserOrder, parse_among, parse_order

METADATA_BYTES = 8192
"""The most that each kind of metadata takes as JSON (CASES (c))."""

Name = Annotated[str, msgspec.Meta(max_length=256)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Contacts = Annotated[tuple[str, ...], msgspec.Meta(max_length=25)]
Values = Annotated[tuple[str, ...], msgspec.Meta(max_length=100)]
"""At most 100 values of one filter (case I-006)."""
Text = Annotated[str, msgspec.Meta(max_length=512)]
IdentificationStatus = Literal["verified", "reserved"]
MetadataField = Literal["public_metadata", "private_metadata", "unsafe_metadata"]
METADATA_FIELDS: tuple[MetadataField, ...] = get_args(MetadataField)


class Metadata(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the metadata routes; what is absent stays."""

    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None
    unsafe_metadata: JsonObject | None = None


class _Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What creating and updating a user share."""

    external_id: ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    first_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    last_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    locale: Name | msgspec.UnsetType | None = msgspec.UNSET
    username: Name | msgspec.UnsetType | None = msgspec.UNSET
    password: str | None = None
    password_digest: str | None = None
    password_hasher: str | None = None
    skip_password_checks: bool | None = None
    skip_legal_checks: bool | None = None
    bypass_client_trust: bool | None = None
    delete_self_enabled: bool | None = None
    create_organization_enabled: bool | None = None
    create_organizations_limit: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | msgspec.UnsetType | None = (
        msgspec.UNSET
    )
    legal_accepted_at: str | None = None
    created_at: str | None = None
    public_metadata: JsonObject | None = None
    private_metadata: JsonObject | None = None
    unsafe_metadata: JsonObject | None = None


class CreateUser(_Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/users`."""

    email_address: Contacts = ()
    email_address_identification_status: tuple[IdentificationStatus, ...] = ()
    phone_number: Contacts = ()
    phone_number_identification_status: tuple[IdentificationStatus, ...] = ()
    skip_password_requirement: bool | None = None
    skip_user_requirement: bool | None = None
    banned: bool | None = None
    locked: bool | None = None


class UpdateUser(_Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /v1/users/{id}`; metadata are taken as older API versions do, and merged."""

    primary_email_address_id: Id | None = None
    primary_phone_number_id: Id | None = None
    notify_primary_email_address_changed: bool | None = None
    sign_out_of_other_sessions: bool | None = None


class EditUser(UpdateUser, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator changes beside what the Backend API does."""

    image_url: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    """Absolute; empty: none."""


class UserQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of `GET /v1/users` and `GET /v1/users/count`."""

    email_address: Values = ()
    phone_number: Values = ()
    username: Values = ()
    web3_wallet: Values = ()
    external_id: Values = ()
    user_id: Values = ()
    organization_id: Values = ()
    query: Text | None = None
    email_address_query: Text | None = None
    phone_number_query: Text | None = None
    username_query: Text | None = None
    name_query: Text | None = None
    banned: bool | None = None
    last_active_at_since: Milliseconds | None = None
    last_active_at_before: Milliseconds | None = None
    last_active_at_after: Milliseconds | None = None
    created_at_before: Milliseconds | None = None
    created_at_after: Milliseconds | None = None
    last_sign_in_at_before: Milliseconds | None = None
    last_sign_in_at_after: Milliseconds | None = None
    limit: Limit = 10
    offset: Offset = 0
    starting_after: Id | None = None
    order_by: Text = "-created_at"


def given_metadata(metadata: Metadata | _Profile) -> dict[MetadataField, JsonObject]:
    """The kinds of metadata that a body gives.

    Raises:
        ServiceError: `form_param_exceeds_allowed_size` when one alone is over its limit.
    """
    given: dict[MetadataField, JsonObject] = {}
    for name in METADATA_FIELDS:
        value: JsonObject | None = getattr(metadata, name)
        if value is None:
            continue
        size = len(msgspec.json.encode(value))
        if size > METADATA_BYTES:
            raise PARAM_TOO_LARGE(param_name=name, actual=f"{size:,} bytes", limit=f"{METADATA_BYTES:,}")
        given[name] = value
    return given


def user_filter(query: UserQuery) -> UserFilter:
    """The filters of a query."""
    values: dict[str, Any] = {
        name: getattr(query, name) for name in UserFilter.__struct_fields__ if name in UserQuery.__struct_fields__
    }
    return UserFilter(**values | {name: parse_among(values[name]) for name in _SIGNED_FILTERS})


def user_order(query: UserQuery) -> UserOrder:
    """The order of a query; a `+` that arrives as a space is one too.

    Raises:
        ServiceError: `form_param_value_invalid` for a column that is not to be ordered by, or not with a cursor.
    """
    order = parse_order(query.order_by.replace(" ", "+", 1))
    if order is None:
        raise PARAM_VALUE_INVALID(param_name="order_by", expected="one of the documented columns, e.g. `-created_at`")
    if query.starting_after is not None and (order.name != "created_at" or query.offset):
        raise PARAM_VALUE_INVALID(
            param_name="starting_after", expected="used with the order `created_at` and without an offset"
        )
    return order


_SIGNED_FILTERS = ("external_id", "user_id", "organization_id")
_PLAIN = ("external_id", "first_name", "last_name", "locale", "create_organizations_limit")
_SWITCHES = ("delete_self_enabled", "create_organization_enabled")
_TIMES = ("legal_accepted_at", "created_at")


def profile_columns(asked: _Profile) -> dict[str, Any]:
    """Fields of `User` that the body sets: what is absent is not in the result, what is null clears."""
    columns = {name: getattr(asked, name) for name in _PLAIN if getattr(asked, name) is not msgspec.UNSET}
    if asked.username is not msgspec.UNSET:
        columns["username"] = parse_username(asked.username)
    if isinstance(asked, EditUser) and asked.image_url is not None:
        columns |= {"image_url": parse_image_url(asked.image_url), "has_image": bool(asked.image_url)}
    columns |= {name: getattr(asked, name) for name in _SWITCHES if getattr(asked, name) is not None}
    return columns | {name: _parse_time(name, getattr(asked, name)) for name in _TIMES if getattr(asked, name)}


def primary_columns(asked: UpdateUser, user: User) -> dict[str, Any]:
    """The primary identifications that the body sets.

    Raises:
        ServiceError: one is not verified, or not the user's (case A-030).
    """
    columns = {}
    owned_by_name: tuple[tuple[str, tuple[EmailAddress, ...] | tuple[PhoneNumber, ...]], ...] = (
        ("primary_email_address_id", user.email_addresses),
        ("primary_phone_number_id", user.phone_numbers),
    )
    for name, owned in owned_by_name:
        wanted = getattr(asked, name)
        if wanted is None:
            continue
        if not any(one.id == wanted and one.verification_status == "verified" for one in owned):
            raise VERIFIED_IDENTIFICATION_NEEDED(param_name=name)
        columns[name] = wanted
    return columns


def read_emails(service: Service, asked: CreateUser, user_id: str) -> tuple[EmailAddress, ...]:
    """The e-mail addresses of a new user."""
    addresses = _parse_each(
        "email_address", asked.email_address, contacts.parse_email_address, "a valid e-mail address"
    )
    statuses = _statuses("email_address", addresses, asked.email_address_identification_status)
    return tuple(
        EmailAddress(email_address=address, **_identification_of(service, user_id, status))
        for address, status in zip(addresses, statuses, strict=True)
    )


def read_phones(service: Service, asked: CreateUser, user_id: str) -> tuple[PhoneNumber, ...]:
    """The phone numbers of a new user."""
    form = "a number such as +15555550100 (E.164)"
    numbers = _parse_each("phone_number", asked.phone_number, contacts.parse_phone_number, form)
    statuses = _statuses("phone_number", numbers, asked.phone_number_identification_status)
    return tuple(
        PhoneNumber(phone_number=number, **_identification_of(service, user_id, status))
        for number, status in zip(numbers, statuses, strict=True)
    )


def new_identification(
    service: Service, user_id: str, *, strategy: str | None, reserved: bool = False
) -> dict[str, Any]:
    """What every new address and number of a user has; `strategy` is what verified it, `None`: nothing yet."""
    now = service.clock.now()
    return {
        "id": service.make_id("idn"),
        "user_id": user_id,
        "reserved": reserved,
        "verification_status": "unverified" if strategy is None else "verified",
        "verification_strategy": strategy,
        "created_at": now,
        "updated_at": now,
    }


def first_verified(owned: tuple[EmailAddress, ...] | tuple[PhoneNumber, ...]) -> str | None:
    """The id of the identification that becomes the primary one."""
    return next((one.id for one in owned if one.verification_status == "verified"), None)


def _parse_each(name: str, texts: tuple[str, ...], parse: Callable[[str], str | None], form: str) -> tuple[str, ...]:
    values = [parse(text) for text in texts]
    parsed = tuple(value for value in values if value is not None)
    if len(parsed) != len(texts):
        raise PARAM_FORMAT_INVALID(param_name=name, expected=form)
    return parsed


def _statuses(
    name: str, values: tuple[str, ...], statuses: tuple[IdentificationStatus, ...]
) -> tuple[IdentificationStatus, ...]:
    if not statuses:
        return tuple("verified" for _ in values)
    if len(statuses) != len(values):
        raise PARAM_VALUE_INVALID(
            param_name=f"{name}_identification_status", expected=f"one item for each item of `{name}`"
        )
    return statuses


def _identification_of(service: Service, user_id: str, status: IdentificationStatus) -> dict[str, Any]:
    if status == "reserved":
        return new_identification(service, user_id, strategy=None, reserved=True)
    return new_identification(service, user_id, strategy="admin")


def parse_username(text: str | None) -> str | None:
    """The username, `None` when there is none.

    Raises:
        ServiceError: `form_param_format_invalid`.
    """
    if not text:
        return None
    if not contacts.is_username(text):
        raise PARAM_FORMAT_INVALID(param_name="username", expected="4 to 64 letters, digits, `-` or `_`")
    return text


def parse_image_url(text: str) -> str:
    """The address of a picture, `""` when there is none.

    Raises:
        ServiceError: `form_param_format_invalid` for anything but http and https, such as `javascript:`.
    """
    if text and (parse_origin(text) is None or not text.lower().startswith(("http://", "https://"))):
        raise PARAM_FORMAT_INVALID(param_name="image_url", expected="an address that begins with https:// or http://")
    return text


def _parse_time(name: str, text: str) -> int:
    milliseconds = contacts.parse_rfc3339(text)
    if milliseconds is None:
        raise PARAM_FORMAT_INVALID(param_name=name, expected="a time such as 2026-11-23T10:00:00Z (RFC 3339)")
    return milliseconds
