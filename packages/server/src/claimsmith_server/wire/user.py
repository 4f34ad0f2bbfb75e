"""Users as they go out. `private_metadata` is in the Backend API's struct alone (case Z-005)."""

from typing import Any, Literal

import msgspec

from claimsmith_server.core import attempts
from claimsmith_server.core.models import (
    EmailAddress,
    JsonObject,
    Membership,
    Organization,
    PhoneNumber,
    Role,
    User,
)
from claimsmith_server.wire.organization import ClientMembership, client_membership_out

Nothing = tuple[()]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How an identification was verified; Python's SDK needs `object` to tell the kinds apart (contract 4.2)."""

    object: str
    status: attempts.VerificationStatus
    strategy: str
    attempts: int | None = None
    expire_at: int | None = None


class WireEmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address."""

    id: str
    object: Literal["email_address"] = "email_address"
    email_address: str
    reserved: bool
    verification: Verification | None
    linked_to: Nothing = ()
    matches_sso_connection: bool = False
    created_at: int
    updated_at: int


class WirePhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A phone number."""

    id: str
    object: Literal["phone_number"] = "phone_number"
    phone_number: str
    reserved_for_second_factor: bool = False
    default_second_factor: bool = False
    reserved: bool
    verification: Verification | None
    linked_to: Nothing = ()
    backup_codes: None = None
    created_at: int
    updated_at: int


class _User(msgspec.Struct, frozen=True, kw_only=True):
    """What every audience may see of a user (contract 4.2)."""

    id: str
    object: Literal["user"] = "user"
    external_id: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    locale: str | None
    image_url: str
    has_image: bool
    primary_email_address_id: str | None
    primary_phone_number_id: str | None
    primary_web3_wallet_id: None = None
    password_enabled: bool
    password_last_updated_at: int | None
    two_factor_enabled: bool
    totp_enabled: bool = False
    backup_code_enabled: bool = False
    mfa_enabled_at: None = None
    mfa_disabled_at: None = None
    email_addresses: tuple[WireEmailAddress, ...]
    phone_numbers: tuple[WirePhoneNumber, ...]
    web3_wallets: Nothing = ()
    passkeys: Nothing = ()
    external_accounts: Nothing = ()
    saml_accounts: Nothing = ()
    enterprise_accounts: Nothing = ()
    public_metadata: JsonObject
    unsafe_metadata: JsonObject
    last_sign_in_at: int | None
    last_active_at: int | None
    banned: bool
    locked: bool
    lockout_expires_in_seconds: int | None = None
    verification_attempts_remaining: int | None = None
    delete_self_enabled: bool
    create_organization_enabled: bool
    create_organizations_limit: int | None
    legal_accepted_at: int | None
    created_at: int
    updated_at: int


class BackendUser(_User, frozen=True, kw_only=True):
    """A user on the Backend API."""

    private_metadata: JsonObject


class ClientUser(_User, frozen=True, kw_only=True):
    """A user in its own browser."""

    organization_memberships: tuple[ClientMembership, ...]


def user_out(user: User, now: int) -> BackendUser:
    """A user for the Backend API; `now` (unix milliseconds) tells whether a lockout lasts."""
    return BackendUser(**_shared(user, now), private_metadata=user.private_metadata)


def client_user_out(user: User, memberships: tuple[tuple[Membership, Organization, Role], ...], now: int) -> ClientUser:
    """A user for its own browser; there, a limit of 0 is none."""
    shared = _shared(user, now) | {"create_organizations_limit": user.create_organizations_limit or 0}
    return ClientUser(
        **shared, organization_memberships=tuple(client_membership_out(*row, user) for row in memberships)
    )


_COMPUTED_FIELDS = {"object", "password_enabled", "email_addresses", "phone_numbers", "locked"}
_SHARED_FIELDS = tuple(
    name for name in _User.__struct_fields__ if name in User.__struct_fields__ and name not in _COMPUTED_FIELDS
)


def _shared(user: User, now: int) -> dict[str, Any]:
    lockout = max(0, (user.lockout_expires_at or 0) - now)
    return {name: getattr(user, name) for name in _SHARED_FIELDS} | {
        "password_enabled": user.password_digest is not None,
        "email_addresses": tuple(email_out(email) for email in user.email_addresses),
        "phone_numbers": tuple(phone_out(phone) for phone in user.phone_numbers),
        "locked": user.locked or lockout > 0,
        "lockout_expires_in_seconds": -(-lockout // 1000) if lockout else None,
    }


def email_out(email: EmailAddress, latest: attempts.Verification | None = None) -> WireEmailAddress:
    """An e-mail address of a user; `latest` is the code that is under way for it."""
    return WireEmailAddress(
        id=email.id,
        email_address=email.email_address,
        reserved=email.reserved,
        verification=_verification_out(email, latest),
        created_at=email.created_at,
        updated_at=email.updated_at,
    )


def phone_out(phone: PhoneNumber, latest: attempts.Verification | None = None) -> WirePhoneNumber:
    """A phone number of a user; `latest` is the code that is under way for it."""
    return WirePhoneNumber(
        id=phone.id,
        phone_number=phone.phone_number,
        reserved=phone.reserved,
        verification=_verification_out(phone, latest),
        created_at=phone.created_at,
        updated_at=phone.updated_at,
    )


def _verification_out(owned: EmailAddress | PhoneNumber, latest: attempts.Verification | None) -> Verification | None:
    strategy = owned.verification_strategy
    if strategy is None:
        return None if latest is None else _code_out(latest)
    told = _VERIFICATION_OBJECTS.get(strategy, "verification_otp")
    # A code is void from the moment on in which it verified something; the published OTP has an `expire_at` always.
    expire_at = owned.updated_at if told == "verification_otp" else None
    return Verification(object=told, status=owned.verification_status, strategy=strategy, expire_at=expire_at)


def _code_out(latest: attempts.Verification) -> Verification:
    is_spent = latest.status == "unverified" and latest.attempts >= attempts.CODE_ATTEMPTS
    return Verification(
        object="verification_otp",
        status="failed" if is_spent else latest.status,
        strategy=latest.strategy,
        attempts=latest.attempts,
        expire_at=latest.expire_at,
    )


_VERIFICATION_OBJECTS = {"admin": "verification_admin", "ticket": "verification_ticket"}
