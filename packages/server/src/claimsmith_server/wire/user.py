"""Users as they go out. `private_metadata` is in the Backend API's struct alone (case Z-005)."""

from typing import Any, Literal

import msgspec

from claimsmith_server.core.models import EmailAddress, JsonObject, PhoneNumber, User, VerificationStatus

Nothing = tuple[()]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How an identification was verified; Python's SDK needs `object` to tell the kinds apart (contract 4.2)."""

    object: str
    status: VerificationStatus
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


def user_out(user: User) -> BackendUser:
    """A user for the Backend API."""
    shared: dict[str, Any] = {name: getattr(user, name) for name in _SHARED_FIELDS}
    return BackendUser(
        **shared,
        password_enabled=user.password_digest is not None,
        email_addresses=tuple(_email_out(email) for email in user.email_addresses),
        phone_numbers=tuple(_phone_out(phone) for phone in user.phone_numbers),
    )


_COMPUTED_FIELDS = {"object", "password_enabled", "email_addresses", "phone_numbers"}
_SHARED_FIELDS = tuple(
    name for name in BackendUser.__struct_fields__ if name in User.__struct_fields__ and name not in _COMPUTED_FIELDS
)


def _email_out(email: EmailAddress) -> WireEmailAddress:
    return WireEmailAddress(
        id=email.id,
        email_address=email.email_address,
        reserved=email.reserved,
        verification=_verification_out(email.verification_status, email.verification_strategy),
        created_at=email.created_at,
        updated_at=email.updated_at,
    )


def _phone_out(phone: PhoneNumber) -> WirePhoneNumber:
    return WirePhoneNumber(
        id=phone.id,
        phone_number=phone.phone_number,
        reserved=phone.reserved,
        verification=_verification_out(phone.verification_status, phone.verification_strategy),
        created_at=phone.created_at,
        updated_at=phone.updated_at,
    )


def _verification_out(status: VerificationStatus, strategy: str | None) -> Verification | None:
    if strategy is None:
        return None
    return Verification(
        object="verification_admin" if strategy == "admin" else "verification_otp", status=status, strategy=strategy
    )
