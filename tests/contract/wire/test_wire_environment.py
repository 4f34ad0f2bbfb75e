"""The environment is what the published description says, with a few members more that clerk-js reads beside it."""

import itertools
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from openapi import Specification, load_specification

from claimsmith_server.core.instance_settings import (
    AuthenticationSettings,
    DisplaySettings,
    InstanceSettings,
    OrganizationSettings,
)
from claimsmith_server.core.models import Environment, Instance
from claimsmith_server.services.environment import environment_out

FAPI_FILE = "contract/openapi/fapi-2026-05-12.yml"
BASE_URL = "http://localhost:4000"
BEYOND = (
    "object",
    "id",
    "auth_config.preferred_channels",
    "auth_config.session_minter",
    "user_settings.sign_in.second_factor.enabled",
    "user_settings.sign_up.allowlist_only",
    "user_settings.sign_up.mfa",
    "organization_settings.force_organization_selection",
    "organization_settings.organization_creation_defaults",
)
"""What clerk-js 6.40.0 reads and the description, which allows no other members, does not have."""


@pytest.fixture(scope="session")
def frontend(shared: Path) -> Specification:
    """The published OpenAPI file of the Frontend API."""
    return load_specification(shared / FAPI_FILE, "")


def make_environment(settings: InstanceSettings, environment: Environment = "development") -> dict[str, Any]:
    """The environment of an instance as a browser decodes it."""
    instance = Instance(
        id="ins_1",
        slug="demo",
        environment=environment,
        frontend_api="demo.clerk.accounts.dev",
        settings=settings,
        config_version=1,
        created_at=0,
        updated_at=0,
    )
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(environment_out(instance, BASE_URL)))
    return told


def check(specification: Specification, told: dict[str, Any]) -> None:
    """Compares with the description, once what goes beyond it is taken away; all of it must have been there."""
    for name in BEYOND:
        *path, last = name.split(".")
        place = told
        for part in path:
            place = place[part]
        del place[last]
    for method in ("GET", "PATCH"):
        request = httpx.Request(method, f"{BASE_URL}/v1/environment")
        specification.check_response(httpx.Response(200, json=told, request=request))


def test_the_default_environment_is_as_published(frontend: Specification) -> None:
    check(frontend, make_environment(InstanceSettings()))
    assert {"GET /v1/environment", "PATCH /v1/environment"} <= set(frontend.tally)


def test_every_presence_of_every_attribute_is_as_published(frontend: Specification) -> None:
    presences = ("off", "optional", "required")
    for email, phone, username, password in itertools.product(presences, repeat=4):
        users = msgspec.convert(
            {"email_address": email, "phone_number": phone, "username": username, "password": password},
            AuthenticationSettings,
        )
        check(frontend, make_environment(InstanceSettings(authentication=users), "production"))


def test_every_member_of_the_other_sections_set_is_as_published(frontend: Specification) -> None:
    urls = {name: f"https://app.example.com/{name}" for name in DisplaySettings.__struct_fields__ if "url" in name}
    display = DisplaySettings(application_name="Forge", support_email="help@example.com", **urls)
    organizations = OrganizationSettings(
        enabled=False, max_allowed_memberships=0, admin_delete=False, create_organization=False
    )
    check(frontend, make_environment(InstanceSettings(display=display, organizations=organizations)))


def test_a_wrong_member_would_be_noticed(frontend: Specification) -> None:
    told = make_environment(InstanceSettings())
    told["display_config"]["branded"] = "no"
    with pytest.raises(AssertionError, match="branded"):
        check(frontend, told)
