"""The environment resource as it goes out: all that clerk-js and its components know of an instance (contract 4.12).

A member with a default is the same for every instance: what this service does not have is told as off, since the SDKs
replace an absent member by their own idea of it. docs/compatibility/environment.md says who reads what.
"""

from typing import Literal

import msgspec

from claimsmith_server.core.models import Environment
from claimsmith_server.wire.user_settings import Enabled, UserSettings

Nothing = tuple[()]
Attribute = Literal["on", "off", "required"]


class NativeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What native applications may do."""

    object: Literal["native_settings"] = "native_settings"
    api_enabled: bool = False
    trusted_device_sign_in_enabled: bool = False
    trusted_device_enrollment_prompt_after_sign_in_enabled: bool = False
    trusted_device_enrollment_prompt_after_sign_up_enabled: bool = False


class AuthConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How sessions live in a browser, and attributes in the words of older SDKs."""

    object: Literal["auth_config"] = "auth_config"
    id: str
    first_name: Attribute
    last_name: Attribute
    email_address: Attribute
    phone_number: Attribute
    username: Attribute
    password: Attribute
    identification_requirements: tuple[tuple[str, ...], ...]
    identification_strategies: tuple[str, ...]
    first_factors: tuple[str, ...]
    second_factors: Nothing = ()
    email_address_verification_strategies: tuple[str, ...]
    single_session_mode: bool
    enhanced_email_deliverability: bool = False
    test_mode: bool
    url_based_session_syncing: bool
    claimed_at: None = None
    reverification: bool
    native_settings: NativeSettings = NativeSettings()
    preferred_channels: None = None
    session_minter: bool = False
    """With it the browser would send its token along when it asks for the next one (contract 4.5)."""


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """Colours and shapes of hosted components; nothing is said of them."""

    general: dict[str, str] = {}
    buttons: dict[str, str] = {}
    accounts: dict[str, str] = {}


class DisplayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What components show, and where they lead."""

    object: Literal["display_config"] = "display_config"
    id: str
    instance_environment_type: Environment
    application_name: str
    theme: Theme = Theme()
    preferred_sign_in_strategy: Literal["password", "otp"]
    logo_image_url: None = None
    favicon_image_url: None = None
    home_url: str
    sign_in_url: str
    sign_up_url: str
    user_profile_url: str
    waitlist_url: str
    oauth_consent_url: str = ""
    after_sign_in_url: str
    after_sign_up_url: str
    after_sign_out_one_url: str
    after_sign_out_all_url: str
    after_switch_session_url: str
    after_join_waitlist_url: str
    organization_profile_url: str
    create_organization_url: str
    after_leave_organization_url: str
    after_create_organization_url: str
    logo_link_url: str
    support_email: str | None
    branded: bool = False
    experimental_force_oauth_first: bool = False
    clerk_js_version: None = None
    show_devmode_warning: bool
    google_one_tap_client_id: None = None
    help_url: None = None
    privacy_policy_url: str | None
    terms_url: str | None
    logo_url: None = None
    favicon_url: None = None
    logo_image: None = None
    favicon_image: None = None
    captcha_public_key: None = None
    captcha_widget_type: None = None
    captcha_public_key_invisible: None = None
    captcha_provider: None = None
    captcha_oauth_bypass: Nothing = ()
    captcha_heartbeat: bool = False


class OrganizationActions(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with organizations."""

    admin_delete: bool


class OrganizationDomains(msgspec.Struct, frozen=True, kw_only=True):
    """Verified domains, which this service does not have."""

    enabled: bool = False
    enrollment_modes: Nothing = ()
    default_role: str


class OrganizationSlug(msgspec.Struct, frozen=True, kw_only=True):
    """Whether organizations go without slugs."""

    disabled: bool = False


class WireOrganizationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Organizations."""

    enabled: bool
    max_allowed_memberships: int
    actions: OrganizationActions
    domains: OrganizationDomains
    slug: OrganizationSlug = OrganizationSlug()
    creator_role: str
    force_organization_selection: bool = False
    organization_creation_defaults: Enabled = Enabled()


class NativeFraudSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Attestation of native devices."""

    device_attestation_mode: Literal["disabled"] = "disabled"


class FraudSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Fraud protection."""

    object: Literal["fraud_settings"] = "fraud_settings"
    native: NativeFraudSettings = NativeFraudSettings()


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether users, or organizations, can be billed."""

    enabled: bool = False
    has_paid_plans: bool = False


class Billing(msgspec.Struct, frozen=True, kw_only=True):
    """Billing; clerk-js reads no further, and says nothing, when `user` or `organization` is missing."""

    stripe_publishable_key: None = None
    free_trial_requires_payment_method: bool = False
    user: Payer = Payer()
    organization: Payer = Payer()


class CommerceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Commerce."""

    billing: Billing = Billing()


class ApiKeysSettings(msgspec.Struct, frozen=True, kw_only=True):
    """API keys that users or organizations would make."""

    enabled: bool = False
    user_api_keys_enabled: bool = False
    orgs_api_keys_enabled: bool = False


class ProtectConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Scripts of fraud detection that browsers would load."""

    loaders: Nothing = ()


class WireEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """The environment."""

    object: Literal["environment"] = "environment"
    id: str
    auth_config: AuthConfig
    display_config: DisplayConfig
    user_settings: UserSettings
    organization_settings: WireOrganizationSettings
    fraud_settings: FraudSettings = FraudSettings()
    commerce_settings: CommerceSettings = CommerceSettings()
    api_keys_settings: ApiKeysSettings = ApiKeysSettings()
    protect_config: ProtectConfig = ProtectConfig()
    client_debug_mode: bool = False
    partitioned_cookies: bool = False
    maintenance_mode: bool = False
