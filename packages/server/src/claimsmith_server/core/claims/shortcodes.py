"""The one table of shortcodes. Compiler, completion, documentation, preview and type generation all read it.

A shortcode is `root.field`; where `is_path` is set, the names of members may follow. The readers are written out:
no attribute is ever looked up by a name that a template gives.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from claimsmith_server.core.claims.types import (
    BOOLEAN,
    INTEGER,
    JSON_OBJECT,
    NULL,
    STRING,
    ArrayType,
    ClaimType,
    ObjectType,
    union,
)
from claimsmith_server.core.models import ClaimsContext, TokenMembership, TokenOrganization

Requirement = Literal["organizations"]
"""What must be loaded beyond the one read of a mint."""


class Shortcode(msgspec.Struct, frozen=True):
    """A row of the table."""

    name: str
    type: ClaimType
    doc: str
    read: Callable[[ClaimsContext], Any]
    is_path: bool = False
    """Whether names of members may follow."""
    is_metadata: bool = False
    """Whether the value alone, without a path, is a whole metadata object."""
    requires: frozenset[Requirement] = frozenset()

    @property
    def root(self) -> str:
        """The name before the dot."""
        return self.name.partition(".")[0]

    @property
    def field(self) -> str:
        """The name after the dot."""
        return self.name.partition(".")[2]


def _read_full_name(context: ClaimsContext) -> str | None:
    user = context.user
    first, last = user.first_name, user.last_name
    return f"{first} {last}" if first and last else first or last or None


def _read_last_sign_in_at(context: ClaimsContext) -> int | None:
    milliseconds = context.user.last_sign_in_at
    return None if milliseconds is None else milliseconds // 1000


def _read_organizations(context: ClaimsContext) -> dict[str, str]:
    organizations = context.user.organizations
    if organizations is None:
        # An empty object would be a lie about somebody's rights: leave the claim out instead, named and counted.
        raise LookupError("user.organizations is in the template but was not loaded")
    return dict(organizations)


def _organization(
    name: str, one: ClaimType, doc: str, read: Callable[[TokenOrganization], Any], *, is_metadata: bool = False
) -> Shortcode:
    """A row of the root `org`: null without an active organization."""

    def read_organization(context: ClaimsContext) -> Any:
        organization = context.organization
        return None if organization is None else read(organization)

    return Shortcode(name, union(one, NULL), doc, read_organization, is_metadata, is_metadata)


def _membership(
    name: str, one: ClaimType, doc: str, read: Callable[[TokenMembership], Any], *, is_metadata: bool = False
) -> Shortcode:
    """A row that reads the membership: null without an active organization."""

    def read_membership(context: ClaimsContext) -> Any:
        membership = context.membership
        return None if membership is None or context.organization is None else read(membership)

    return Shortcode(name, union(one, NULL), doc, read_membership, is_metadata, is_metadata)


_NULLABLE_STRING = union(STRING, NULL)
_NULLABLE_INTEGER = union(INTEGER, NULL)
_ROLES = ObjectType((), STRING)

SHORTCODES: tuple[Shortcode, ...] = (
    Shortcode("user.id", STRING, "Id of the user.", lambda c: c.user.id),
    Shortcode(
        "user.external_id", _NULLABLE_STRING, "Id of the user in the owner's own system.", lambda c: c.user.external_id
    ),
    Shortcode("user.username", _NULLABLE_STRING, "Username.", lambda c: c.user.username),
    Shortcode("user.first_name", _NULLABLE_STRING, "First name.", lambda c: c.user.first_name),
    Shortcode("user.last_name", _NULLABLE_STRING, "Last name.", lambda c: c.user.last_name),
    Shortcode(
        "user.full_name",
        _NULLABLE_STRING,
        "First and last name, joined by a space; null when both are missing.",
        _read_full_name,
    ),
    Shortcode(
        "user.primary_email_address",
        _NULLABLE_STRING,
        "Primary e-mail address.",
        lambda c: c.user.primary_email_address,
    ),
    Shortcode(
        "user.email_verified",
        BOOLEAN,
        "Whether the primary e-mail address is verified.",
        lambda c: c.user.email_verified,
    ),
    Shortcode(
        "user.primary_phone_number",
        _NULLABLE_STRING,
        "Primary phone number (E.164).",
        lambda c: c.user.primary_phone_number,
    ),
    Shortcode(
        "user.primary_phone_address",
        _NULLABLE_STRING,
        "The same as `user.primary_phone_number`.",
        lambda c: c.user.primary_phone_number,
    ),
    Shortcode(
        "user.phone_number_verified",
        BOOLEAN,
        "Whether the primary phone number is verified.",
        lambda c: c.user.phone_number_verified,
    ),
    Shortcode(
        "user.primary_web3_wallet",
        _NULLABLE_STRING,
        "Address of the primary Web3 wallet.",
        lambda c: c.user.primary_web3_wallet,
    ),
    Shortcode("user.image_url", STRING, "Address of the user's picture.", lambda c: c.user.image_url),
    Shortcode("user.has_image", BOOLEAN, "Whether the user has set a picture.", lambda c: c.user.has_image),
    Shortcode(
        "user.two_factor_enabled", BOOLEAN, "Whether a second factor is set up.", lambda c: c.user.two_factor_enabled
    ),
    Shortcode("user.created_at", INTEGER, "Creation, unix seconds.", lambda c: c.user.created_at // 1000),
    Shortcode("user.updated_at", INTEGER, "Last change, unix seconds.", lambda c: c.user.updated_at // 1000),
    Shortcode("user.last_sign_in_at", _NULLABLE_INTEGER, "Last sign-in, unix seconds.", _read_last_sign_in_at),
    Shortcode(
        "user.public_metadata",
        JSON_OBJECT,
        "Public metadata: the back end writes, everybody reads.",
        lambda c: c.user.public_metadata,
        is_path=True,
        is_metadata=True,
    ),
    Shortcode(
        "user.unsafe_metadata",
        JSON_OBJECT,
        "Unsafe metadata: **the user can write them**.",
        lambda c: c.user.unsafe_metadata,
        is_path=True,
        is_metadata=True,
    ),
    Shortcode(
        "user.organizations",
        _ROLES,
        "Object of organization id to the key of the user's role in it.",
        _read_organizations,
        requires=frozenset({"organizations"}),
    ),
    _organization("org.id", STRING, "Id of the active organization.", lambda o: o.id),
    _organization("org.name", STRING, "Name of the active organization.", lambda o: o.name),
    _organization("org.slug", STRING, "Slug of the active organization.", lambda o: o.slug),
    _membership("org.role", STRING, "Key of the user's role in it, e.g. `org:admin`.", lambda m: m.role),
    _organization("org.image_url", STRING, "Address of its logo.", lambda o: o.image_url),
    _organization("org.has_image", BOOLEAN, "Whether it has a logo.", lambda o: o.has_image),
    _organization(
        "org.public_metadata", JSON_OBJECT, "Its public metadata.", lambda o: o.public_metadata, is_metadata=True
    ),
    _membership("org_membership.role", STRING, "The same as `org.role`.", lambda m: m.role),
    _membership(
        "org_membership.permissions",
        ArrayType(STRING),
        "Keys of the role's permissions.",
        lambda m: list(m.permissions),
    ),
    _membership(
        "org_membership.public_metadata",
        JSON_OBJECT,
        "Public metadata of the membership.",
        lambda m: m.public_metadata,
        is_metadata=True,
    ),
    Shortcode("session.id", STRING, "Id of the session.", lambda c: c.session.id),
    Shortcode(
        "session.actor",
        union(JSON_OBJECT, NULL),
        "Who acts as the user (impersonation), or null.",
        lambda c: c.session.actor,
        is_path=True,
    ),
)

ROOTS: tuple[str, ...] = tuple(dict.fromkeys(shortcode.root for shortcode in SHORTCODES))

_BY_NAME = {shortcode.name: shortcode for shortcode in SHORTCODES}


def find_shortcode(root: str, field: str) -> Shortcode | None:
    """The row of the table, or `None`."""
    return _BY_NAME.get(f"{root}.{field}")
