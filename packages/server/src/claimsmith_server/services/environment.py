"""The environment: an instance's settings as clerk-js and its components read them (contract 4.12)."""

from claimsmith_server.core import passwords
from claimsmith_server.core.instance_settings import (
    AuthenticationSettings,
    OrganizationSettings,
    Presence,
    identifier_presences,
)
from claimsmith_server.core.models import Instance
from claimsmith_server.services.context import Service
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.services.lockouts import LOCKOUT_MS, MAX_FAILED_ATTEMPTS
from claimsmith_server.wire import environment as wire
from claimsmith_server.wire import user_settings as users

HOME = "/"
"""Relative on purpose: each application's own home, wherever its components run."""
MIN_USERNAME_LENGTH = 4
MAX_USERNAME_LENGTH = 64
"""As `core.contacts.is_username` has it."""
_MINUTE_MS = 60 * 1000
_IN_OLDER_WORDS: dict[Presence, wire.Attribute] = {"off": "off", "optional": "on", "required": "required"}


async def load_environment(service: Service, base_url: str) -> wire.WireEnvironment:
    """The environment of the instance that the Frontend API serves.

    Raises:
        ServiceError: `resource_not_found` when there is no instance.
    """
    return environment_out(await load_public_instance(service), base_url)


def environment_out(instance: Instance, base_url: str) -> wire.WireEnvironment:
    """The environment of an instance; `base_url` is where its hosted pages are."""
    settings = instance.settings
    return wire.WireEnvironment(
        id=instance.id,
        auth_config=_auth_config(instance),
        display_config=_display_config(instance, base_url.rstrip("/")),
        user_settings=users.UserSettings(
            attributes=_attributes(settings.authentication),
            sign_up=users.SignUp(mode=settings.authentication.sign_up_mode),
            password_settings=users.PasswordSettings(min_length=passwords.MIN_LENGTH, max_length=passwords.MAX_LENGTH),
            username_settings=users.UsernameSettings(min_length=MIN_USERNAME_LENGTH, max_length=MAX_USERNAME_LENGTH),
            actions=users.Actions(
                delete_self=settings.authentication.delete_self,
                create_organization=settings.organizations.enabled and settings.organizations.create_organization,
            ),
            attack_protection=users.AttackProtection(
                user_lockout=users.UserLockout(
                    max_attempts=MAX_FAILED_ATTEMPTS, duration_in_minutes=LOCKOUT_MS // _MINUTE_MS
                )
            ),
        ),
        organization_settings=_organization_settings(settings.organizations),
    )


def list_first_factors(settings: AuthenticationSettings) -> tuple[str, ...]:
    """The strategies that sign in, e.g. `("password", "email_code", "reset_password_email_code", "ticket")`."""
    has_email, has_phone = settings.email_address != "off", settings.phone_number != "off"
    has_password = settings.password != "off"  # noqa: S105 - a presence, no password
    table = {
        "password": has_password,
        "email_code": has_email and settings.email_code,
        "phone_code": has_phone and settings.phone_code,
        "reset_password_email_code": has_email and has_password,
        "reset_password_phone_code": has_phone and has_password,
        "ticket": True,
    }
    return tuple(strategy for strategy, is_on in table.items() if is_on)


def _auth_config(instance: Instance) -> wire.AuthConfig:
    settings = instance.settings.authentication
    presences = identifier_presences(settings)
    identifiers = tuple(name for name, presence in presences.items() if presence != "off")
    required = tuple((name,) for name in identifiers if presences[name] == "required")
    return wire.AuthConfig(
        id=instance.id,
        first_name=_IN_OLDER_WORDS[settings.first_name],
        last_name=_IN_OLDER_WORDS[settings.last_name],
        email_address=_IN_OLDER_WORDS[presences["email_address"]],
        phone_number=_IN_OLDER_WORDS[presences["phone_number"]],
        username=_IN_OLDER_WORDS[presences["username"]],
        password=_IN_OLDER_WORDS[settings.password],
        identification_requirements=required or (identifiers,),
        identification_strategies=identifiers,
        first_factors=list_first_factors(settings),
        email_address_verification_strategies=("email_code",) if "email_address" in identifiers else (),
        single_session_mode=instance.settings.session.single_session_mode,
        test_mode=instance.settings.test_mode and instance.environment == "development",
        url_based_session_syncing=instance.environment == "development",
        reverification=settings.reverification,
    )


def _display_config(instance: Instance, base_url: str) -> wire.DisplayConfig:
    display = instance.settings.display
    home = display.home_url or HOME
    sign_in = display.sign_in_url or f"{base_url}/sign-in"
    sign_up = display.sign_up_url or f"{base_url}/sign-up"
    profile = display.user_profile_url or f"{base_url}/user"
    after_sign_out = display.after_sign_out_url or home
    return wire.DisplayConfig(
        id=instance.id,
        instance_environment_type=instance.environment,
        application_name=display.application_name or instance.slug,
        preferred_sign_in_strategy=instance.settings.authentication.preferred_sign_in_strategy,
        home_url=home,
        sign_in_url=sign_in,
        sign_up_url=sign_up,
        user_profile_url=profile,
        waitlist_url=sign_up,
        after_sign_in_url=display.after_sign_in_url or home,
        after_sign_up_url=display.after_sign_up_url or home,
        after_sign_out_one_url=display.after_sign_out_url or sign_in,
        after_sign_out_all_url=after_sign_out,
        after_switch_session_url=home,
        after_join_waitlist_url=home,
        organization_profile_url=profile,
        create_organization_url=profile,
        after_leave_organization_url=home,
        after_create_organization_url=home,
        logo_link_url=home,
        support_email=display.support_email or None,
        show_devmode_warning=instance.environment == "development",
        privacy_policy_url=display.privacy_policy_url or None,
        terms_url=display.terms_url or None,
    )


def _attributes(settings: AuthenticationSettings) -> users.Attributes:
    presences = identifier_presences(settings)
    email, phone = presences["email_address"], presences["phone_number"]
    return users.Attributes(
        email_address=_contact(email, "email_code", settings.email_code, settings.verify_email_address),
        phone_number=_contact(phone, "phone_code", settings.phone_code, settings.verify_phone_number),
        username=_attribute(presences["username"], is_identifier=True),
        first_name=_attribute(settings.first_name),
        last_name=_attribute(settings.last_name),
        password=_attribute(settings.password),
    )


def _attribute(presence: Presence, *, is_identifier: bool = False) -> users.AttributeSettings:
    is_on = presence != "off"
    return users.AttributeSettings(
        enabled=is_on, required=presence == "required", used_for_first_factor=is_on and is_identifier
    )


def _contact(presence: Presence, strategy: str, signs_in: bool, is_verified: bool) -> users.AttributeSettings:  # noqa: FBT001 - settings as they stand
    """An address or a number; one that is added to an account later is verified by a code in any case."""
    if presence == "off":
        return users.AttributeSettings()
    return users.AttributeSettings(
        enabled=True,
        required=presence == "required",
        used_for_first_factor=True,
        first_factors=(strategy,) if signs_in else (),
        verifications=(strategy,),
        verify_at_sign_up=is_verified,
    )


def _organization_settings(settings: OrganizationSettings) -> wire.WireOrganizationSettings:
    return wire.WireOrganizationSettings(
        enabled=settings.enabled,
        max_allowed_memberships=settings.max_allowed_memberships,
        actions=wire.OrganizationActions(admin_delete=settings.admin_delete),
        domains=wire.OrganizationDomains(default_role=settings.default_role),
        creator_role=settings.creator_role,
    )
