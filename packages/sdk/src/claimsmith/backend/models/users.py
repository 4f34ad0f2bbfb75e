"""Users and their identifications."""

import msgspec

from claimsmith.backend.models.lists import JsonObject


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How an address or a number was verified, or is being.

    Example: `backend.users.get(user_id).email_addresses[0].verification.status` is `verified`.
    """

    status: str = "unverified"
    """`unverified`, `verified`, `transferable`, `failed` or `expired`."""
    strategy: str | None = None
    """For example `email_code`, or `admin` when the Backend API said so."""
    attempts: int | None = None
    expire_at: int | None = None
    """Unix milliseconds."""


class EmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address of a user.

    Example: `[one.email_address for one in backend.users.get(user_id).email_addresses]`.
    """

    email_address: str
    id: str | None = None
    """For example `idn_2abc`."""
    reserved: bool = False
    verification: Verification | None = None
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class PhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A phone number of a user.

    Example: `[one.phone_number for one in backend.users.get(user_id).phone_numbers]`.
    """

    phone_number: str
    """E.164, e.g. `+15555550100`."""
    id: str | None = None
    reserved_for_second_factor: bool = False
    default_second_factor: bool = False
    reserved: bool = False
    verification: Verification | None = None
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user, with what only the secret key may see.

    Example:
        ```python
        user = backend.users.get(user_id)
        print(user.full_name, user.primary_email_address, user.public_metadata)
        ```
    """

    id: str
    """For example `user_2abc`."""
    external_id: str | None = None
    """Your own id of the user."""
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    image_url: str = ""
    has_image: bool = False
    """Whether `image_url` is a picture that somebody chose."""
    primary_email_address_id: str | None = None
    primary_phone_number_id: str | None = None
    primary_web3_wallet_id: str | None = None
    email_addresses: tuple[EmailAddress, ...] = ()
    phone_numbers: tuple[PhoneNumber, ...] = ()
    web3_wallets: tuple[JsonObject, ...] = ()
    passkeys: tuple[JsonObject, ...] = ()
    external_accounts: tuple[JsonObject, ...] = ()
    enterprise_accounts: tuple[JsonObject, ...] = ()
    saml_accounts: tuple[JsonObject, ...] = ()
    public_metadata: JsonObject = {}
    """Readable in browsers, written by servers only."""
    private_metadata: JsonObject | None = None
    """Readable by servers only."""
    unsafe_metadata: JsonObject = {}
    """Written by browsers too."""
    password_enabled: bool = False
    password_last_updated_at: int | None = None
    """Unix milliseconds."""
    two_factor_enabled: bool = False
    totp_enabled: bool = False
    backup_code_enabled: bool = False
    mfa_enabled_at: int | None = None
    """Unix milliseconds."""
    mfa_disabled_at: int | None = None
    """Unix milliseconds."""
    banned: bool = False
    locked: bool = False
    lockout_expires_in_seconds: int | None = None
    verification_attempts_remaining: int | None = None
    delete_self_enabled: bool = True
    create_organization_enabled: bool = True
    create_organizations_limit: int | None = None
    """`None`: as many as they like."""
    legal_accepted_at: int | None = None
    """Unix milliseconds."""
    last_sign_in_at: int | None = None
    """Unix milliseconds."""
    last_active_at: int | None = None
    """Unix milliseconds, of a day's beginning."""
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""

    @property
    def full_name(self) -> str | None:
        """First and last name, as far as they are known.

        Example: `backend.users.get(user_id).full_name` is `Ada Lovelace`.
        """
        return " ".join(filter(None, (self.first_name, self.last_name))) or None

    @property
    def primary_email_address(self) -> str | None:
        """The text of the primary e-mail address.

        Example: `backend.users.get(user_id).primary_email_address` is `ada@example.com`.
        """
        found = (one.email_address for one in self.email_addresses if one.id == self.primary_email_address_id)
        return next(found, None)

    @property
    def primary_phone_number(self) -> str | None:
        """The text of the primary phone number.

        Example: `backend.users.get(user_id).primary_phone_number` is `+15555550100`.
        """
        found = (one.phone_number for one in self.phone_numbers if one.id == self.primary_phone_number_id)
        return next(found, None)


class PasswordVerification(msgspec.Struct, frozen=True, kw_only=True):
    """That a password is right; a wrong one is an `ApiError`.

    Example: `backend.users.verify_password(user_id, password=password).verified` is `True`.
    """

    verified: bool = False
