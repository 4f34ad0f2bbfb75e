"""The environment that an instance's settings make, and settings that can't be together."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from claimsmith_server.core.contacts import is_username
from claimsmith_server.core.instance_settings import (
    SECTIONS,
    AuthenticationSettings,
    DisplaySettings,
    InstanceSettings,
    OrganizationSettings,
    SessionSettings,
    find_problem,
)
from claimsmith_server.core.models import Environment, Instance
from claimsmith_server.services import environment

PRESENCES = ("off", "optional", "required")


def told(base_url: str = "http://localhost:4000", kind: Environment = "development", **settings: Any) -> Any:
    """The environment of an instance with these settings, as JSON."""
    instance = Instance(
        id="ins_1",
        slug="demo",
        environment=kind,
        frontend_api="demo.clerk.accounts.dev",
        settings=InstanceSettings(**settings),
        config_version=1,
        created_at=0,
        updated_at=0,
    )
    return msgspec.to_builtins(environment.environment_out(instance, base_url))


def strings(value: Any) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)


# ------------------------------------------------------------------------------------------------------------- display
@pytest.mark.parametrize("base_url", ["http://localhost:4000", "http://localhost:4000/", "https://a.example/fapi"])
def test_pages_are_the_services_own_and_homes_the_applications(base_url: str) -> None:
    display = told(base_url)["display_config"]
    base = base_url.rstrip("/")
    assert display["sign_in_url"] == f"{base}/sign-in"
    assert display["sign_up_url"] == display["waitlist_url"] == f"{base}/sign-up"
    assert display["user_profile_url"] == f"{base}/user"
    for name in ("home_url", "after_sign_in_url", "after_switch_session_url", "after_create_organization_url"):
        assert display[name] == "/", "absolute, it would lead out of the application"


@pytest.mark.parametrize("kind", ["development", "production"])
def test_nothing_of_the_environment_leads_to_another_host(kind: Environment) -> None:
    hosts = {urlsplit(text).hostname for text in strings(told(kind=kind)) if "//" in text}
    assert hosts == {"localhost"}


def test_the_owners_urls_and_names_win() -> None:
    urls = {name: f"https://app.example.com/{name}" for name in DisplaySettings.__struct_fields__ if "url" in name}
    display = told(display=DisplaySettings(application_name="Forge", support_email="a@b.example", **urls))[
        "display_config"
    ]
    assert {name: display[name] for name in urls if name in display} == {
        name: url for name, url in urls.items() if name != "after_sign_out_url"
    }
    assert display["after_sign_out_all_url"] == display["after_sign_out_one_url"] == urls["after_sign_out_url"]
    assert display["after_leave_organization_url"] == urls["home_url"]
    assert (display["application_name"], display["support_email"]) == ("Forge", "a@b.example")


def test_an_instance_without_a_name_is_called_by_its_slug() -> None:
    display = told()["display_config"]
    assert (display["application_name"], display["support_email"], display["terms_url"]) == ("demo", None, None)


def test_A_034_a_production_instance_tells_no_test_mode_whatever_is_stored() -> None:
    assert told(test_mode=True)["auth_config"]["test_mode"] is True
    assert told(test_mode=False)["auth_config"]["test_mode"] is False
    production = told(kind="production", test_mode=True)
    assert production["auth_config"]["test_mode"] is False
    assert production["display_config"]["instance_environment_type"] == "production"
    assert production["display_config"]["show_devmode_warning"] is False


# ---------------------------------------------------------------------------------------------------------- attributes
def test_the_default_user_signs_up_with_an_address_a_code_and_a_password() -> None:
    attributes = told()["user_settings"]["attributes"]
    assert attributes["email_address"] == {
        "enabled": True, "required": True, "used_for_first_factor": True, "first_factors": ("email_code",),
        "used_for_second_factor": False, "second_factors": (), "verifications": ("email_code",),
        "verify_at_sign_up": True, "immutable": False,
    }  # fmt: skip
    assert (attributes["password"]["enabled"], attributes["password"]["required"]) == (True, True)
    assert (attributes["first_name"]["enabled"], attributes["first_name"]["required"]) == (True, False)
    for name in ("phone_number", "username", "web3_wallet", "authenticator_app", "backup_code", "passkey"):
        assert attributes[name]["enabled"] is attributes[name]["used_for_first_factor"] is False


@pytest.mark.parametrize("presence", PRESENCES)
@pytest.mark.parametrize("name", ["email_address", "phone_number", "username", "first_name", "last_name", "password"])
def test_each_presence_is_told_in_both_ways(name: str, presence: str) -> None:
    beside = {"phone_number" if name == "email_address" else "email_address": "required"}
    environment_told = told(authentication=msgspec.convert(beside | {name: presence}, AuthenticationSettings))
    attribute = environment_told["user_settings"]["attributes"][name]
    assert attribute["enabled"] is (presence != "off")
    assert attribute["required"] is (presence == "required")
    assert environment_told["auth_config"][name] == {"off": "off", "optional": "on", "required": "required"}[presence]


def test_only_identifiers_are_fields_of_the_sign_in_form() -> None:
    for presences in itertools.product(PRESENCES, repeat=3):
        given = dict(zip(("email_address", "phone_number", "username"), presences, strict=True))
        everything = told(authentication=msgspec.convert(given, AuthenticationSettings))
        attributes = everything["user_settings"]["attributes"]
        fields = {name for name, attribute in attributes.items() if attribute["used_for_first_factor"]}
        assert fields == {name for name, presence in given.items() if presence != "off"}
        assert set(everything["auth_config"]["identification_strategies"]) == fields


def test_first_factors_follow_the_settings() -> None:
    factors = told()["auth_config"]["first_factors"]
    assert factors == ("password", "email_code", "reset_password_email_code", "ticket")
    codes = AuthenticationSettings(password="off", phone_number="optional")
    assert told(authentication=codes)["auth_config"]["first_factors"] == ("email_code", "phone_code", "ticket")
    no_codes = AuthenticationSettings(email_code=False)
    everything = told(authentication=no_codes)
    assert everything["auth_config"]["first_factors"] == ("password", "reset_password_email_code", "ticket")
    assert everything["user_settings"]["attributes"]["email_address"]["first_factors"] == ()
    assert everything["user_settings"]["attributes"]["email_address"]["verifications"] == ("email_code",)


def test_other_settings_reach_the_members_that_sdks_read() -> None:
    everything = told(
        session=SessionSettings(single_session_mode=False),
        authentication=AuthenticationSettings(
            sign_up_mode="restricted",
            reverification=True,
            delete_self=False,
            verify_email_address=False,
            preferred_sign_in_strategy="otp",
        ),
        organizations=OrganizationSettings(
            max_allowed_memberships=7, admin_delete=False, creator_role="org:owner", default_role="org:guest"
        ),
    )
    assert everything["auth_config"]["single_session_mode"] is False
    assert everything["auth_config"]["reverification"] is True
    assert everything["user_settings"]["sign_up"]["mode"] == "restricted"
    assert everything["user_settings"]["actions"] == {
        "delete_self": False, "create_organization": True, "create_organizations_limit": None,
    }  # fmt: skip
    assert everything["user_settings"]["attributes"]["email_address"]["verify_at_sign_up"] is False
    assert everything["display_config"]["preferred_sign_in_strategy"] == "otp"
    organizations = everything["organization_settings"]
    assert (organizations["enabled"], organizations["max_allowed_memberships"]) == (True, 7)
    assert organizations["actions"]["admin_delete"] is False
    assert (organizations["creator_role"], organizations["domains"]["default_role"]) == ("org:owner", "org:guest")


def test_nobody_creates_organizations_where_there_are_none() -> None:
    everything = told(organizations=OrganizationSettings(enabled=False))
    assert everything["organization_settings"]["enabled"] is False
    assert everything["user_settings"]["actions"]["create_organization"] is False


def test_what_would_load_scripts_or_features_that_are_not_there_is_off() -> None:
    everything = told()
    assert everything["user_settings"]["sign_up"]["captcha_enabled"] is False
    assert everything["user_settings"]["social"] == {}
    assert everything["display_config"]["captcha_public_key"] is None
    assert everything["display_config"]["google_one_tap_client_id"] is None
    assert everything["protect_config"]["loaders"] == ()
    assert everything["auth_config"]["session_minter"] is False
    for payer in ("user", "organization"):
        assert everything["commerce_settings"]["billing"][payer] == {"enabled": False, "has_paid_plans": False}


def test_the_rules_of_usernames_are_those_that_are_checked() -> None:
    rules = told()["user_settings"]["username_settings"]
    shortest, longest = rules["min_length"], rules["max_length"]
    assert [is_username("1" * n) for n in (shortest - 1, shortest, longest, longest + 1)] == [False, True, True, False]


# --------------------------------------------------------------------------------------------------------- consistency
def may_be(presence: str, *, is_there: bool) -> bool:
    """Whether a user may have, or lack, an attribute of this presence."""
    return presence == "optional" or is_there is (presence == "required")


def is_usable(settings: AuthenticationSettings) -> bool:
    """Whether somebody can sign up, and everybody who did has a first factor: by trying every user there could be."""
    users = [
        user
        for user in itertools.product((False, True), repeat=4)
        if any(user[:3])
        and all(
            may_be(getattr(settings, name), is_there=is_there)
            for name, is_there in zip(("email_address", "phone_number", "username", "password"), user, strict=True)
        )
    ]
    return bool(users) and all(
        password or (email and settings.email_code) or (phone and settings.phone_code)
        for email, phone, _, password in users
    )


def test_a_problem_is_found_exactly_where_somebody_could_not_sign_in() -> None:
    problems = set()
    for email, phone, username, password in itertools.product(PRESENCES, repeat=4):
        for email_code, phone_code in itertools.product((True, False), repeat=2):
            settings = msgspec.convert(
                {
                    "email_address": email,
                    "phone_number": phone,
                    "username": username,
                    "password": password,
                    "email_code": email_code,
                    "phone_code": phone_code,
                },
                AuthenticationSettings,
            )
            problem = find_problem(InstanceSettings(authentication=settings))
            assert (problem is None) is is_usable(settings), settings
            problems |= {problem.param_name} if problem else set()
    assert problems == {"authentication.email_address", "authentication.password"}


@pytest.mark.parametrize("name", ["email_address", "phone_number", "username"])
def test_the_only_identifier_is_required_whatever_its_presence(name: str) -> None:
    given = dict.fromkeys(("email_address", "phone_number", "username"), "off") | {name: "optional"}
    everything = told(authentication=msgspec.convert(given, AuthenticationSettings))
    assert everything["user_settings"]["attributes"][name]["required"] is True
    assert everything["auth_config"][name] == "required"
    assert everything["auth_config"]["identification_requirements"] == ((name,),)


def test_the_defaults_have_no_problem_and_every_section_is_an_attribute() -> None:
    settings = InstanceSettings()
    assert find_problem(settings) is None
    for name, kind in SECTIONS.items():
        assert type(getattr(settings, name)) is kind
