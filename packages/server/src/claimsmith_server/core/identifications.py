"""What a user is known by and signs in with, and what is left when something of it goes. Pure."""

from collections.abc import Callable

from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import EmailAddress, PhoneNumber, User
from claimsmith_server.core.reverification import filter_factors
from claimsmith_server.core.sign_in import find_first_factors

Identification = EmailAddress | PhoneNumber


def is_known_by(user: User, owned: Identification) -> bool:
    """Whether the user is found by this address or number: it is verified, or the primary one that sign-up took so."""
    primaries = (user.primary_email_address_id, user.primary_phone_number_id)
    return owned.verification_status == "verified" or owned.id in primaries


def can_sign_in(user: User, settings: AuthenticationSettings, can_text: Callable[[str], bool]) -> bool:
    """Whether the user can come back after signing out: there is a name to be found by, and a factor to prove.

    `can_text` says whether a number can be reached.
    """
    owned: list[Identification] = [*user.email_addresses, *user.phone_numbers]
    has_name = any(is_known_by(user, one) for one in owned) or (
        user.username is not None and settings.username != "off"
    )
    return has_name and bool(find_first_factors(user, settings, None, can_text))


def has_code_factor(user: User, settings: AuthenticationSettings, can_text: Callable[[str], bool]) -> bool:
    """Whether the user has a first factor beside the password; codes that reset the password are none."""
    factors = filter_factors(find_first_factors(user, settings, None, can_text))
    return any(factor.strategy != "password" for factor in factors)
