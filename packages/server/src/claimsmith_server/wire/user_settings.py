"""`user_settings` of the environment as it goes out: attributes, factors, rules of passwords (contract 4.12)."""

from typing import Literal

import msgspec

from claimsmith_server.core.instance_settings import SignUpMode

Nothing = tuple[()]


class Enabled(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that is on or off."""

    enabled: bool = False


class AttributeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of users.

    `used_for_first_factor` makes it a field of the sign-in form, so it is for identifiers alone: not for passwords.
    """

    enabled: bool = False
    required: bool = False
    used_for_first_factor: bool = False
    first_factors: tuple[str, ...] = ()
    used_for_second_factor: bool = False
    second_factors: Nothing = ()
    verifications: tuple[str, ...] = ()
    verify_at_sign_up: bool = False
    immutable: bool = False


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """All attributes; what this service does not have is there and off."""

    email_address: AttributeSettings
    phone_number: AttributeSettings
    username: AttributeSettings
    web3_wallet: AttributeSettings = AttributeSettings()
    first_name: AttributeSettings
    last_name: AttributeSettings
    password: AttributeSettings
    authenticator_app: AttributeSettings = AttributeSettings()
    ticket: AttributeSettings = AttributeSettings(enabled=True)
    backup_code: AttributeSettings = AttributeSettings()
    passkey: AttributeSettings = AttributeSettings()


class EnterpriseSso(msgspec.Struct, frozen=True, kw_only=True):
    """Single sign-on of enterprises."""

    enabled: bool = False
    self_serve_sso: bool = False


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """Second factors."""

    required: bool = False
    enabled: bool = False


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in."""

    second_factor: SecondFactor = SecondFactor()


class Required(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked for, or not."""

    required: bool = False


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-up; without a captcha, whose script would come from another host."""

    captcha_enabled: bool = False
    captcha_widget_type: Literal["smart", "invisible"] = "smart"
    custom_action_required: bool = False
    progressive: bool = True
    """Fields are required as `attributes` says, rather than the first identifier only."""
    mode: SignUpMode
    legal_consent_enabled: bool = False
    allowlist_only: bool = False
    mfa: Required = Required()


class Restrictions(msgspec.Struct, frozen=True, kw_only=True):
    """Lists of who may sign up."""

    allowlist: Enabled = Enabled()
    blocklist: Enabled = Enabled()
    allowlist_blocklist_disabled_on_sign_in: Enabled = Enabled()
    block_email_subaddresses: Enabled = Enabled()
    block_disposable_email_domains: Enabled = Enabled()


class PasswordSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of passwords. clerk-js takes no `max_length` above 72."""

    disable_hibp: bool = True
    disable_password_reverification: bool = False
    min_length: int
    max_length: int
    require_special_char: bool = False
    require_numbers: bool = False
    require_uppercase: bool = False
    require_lowercase: bool = False
    show_zxcvbn: bool = False
    min_zxcvbn_strength: int = 0
    enforce_hibp_on_sign_in: bool = False
    allowed_special_characters: str = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class UsernameSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of usernames."""

    min_length: int
    max_length: int
    allow_extended_special_characters: bool = False
    allow_numeric_usernames: bool = True


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """What users may do by themselves."""

    delete_self: bool
    create_organization: bool
    create_organizations_limit: None = None


class UserLockout(msgspec.Struct, frozen=True, kw_only=True):
    """The pause after failed attempts."""

    enabled: bool = True
    max_attempts: int
    duration_in_minutes: int


class EmailLink(msgspec.Struct, frozen=True, kw_only=True):
    """Links in mails."""

    require_same_client: bool = True


class AttackProtection(msgspec.Struct, frozen=True, kw_only=True):
    """Protection of accounts."""

    user_lockout: UserLockout
    pii: Enabled = Enabled(enabled=True)
    email_link: EmailLink = EmailLink()
    enumeration_protection: Enabled = Enabled()
    """With it the sign-in form asks for a sign-up when there is no such user, which this service does not do."""


class PasskeySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Passkeys."""

    allow_autofill: bool = False
    show_sign_in_button: bool = False
    satisfies_second_factor: bool = False


class UserSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Users: attributes, sign-in, sign-up, rules."""

    attributes: Attributes
    social: dict[str, Enabled] = {}
    saml: Enabled = Enabled()
    enterprise_sso: EnterpriseSso = EnterpriseSso()
    sign_in: SignIn = SignIn()
    sign_up: SignUp
    restrictions: Restrictions = Restrictions()
    password_settings: PasswordSettings
    username_settings: UsernameSettings
    actions: Actions
    attack_protection: AttackProtection
    passkey_settings: PasskeySettings = PasskeySettings()
