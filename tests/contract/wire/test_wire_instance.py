"""The instance's settings through both SDKs, unmodified (contract 5.4)."""

from collections.abc import Iterator

import httpx
import pytest
from clerk_backend_api import Clerk
from node_sdk import NodeSdk

ORIGIN = "https://app.example.com"


@pytest.fixture(autouse=True)
def restored(http: httpx.Client) -> Iterator[None]:
    """Settings of the server that all tests share are put back."""
    yield
    assert http.patch("/instance", json={"allowed_origins": []}).status_code == 204
    defaults = {"max_allowed_memberships": 50, "admin_delete_enabled": True}
    assert http.patch("/instance/organization_settings", json=defaults).status_code == 200


def test_the_python_sdk_changes_the_instance(clerk: Clerk) -> None:
    clerk.instance_settings.update(request={"test_mode": True, "allowed_origins": [ORIGIN]})
    told = clerk.instance_settings.get()
    assert (told.allowed_origins, told.environment_type) == ([ORIGIN], "development")


def test_the_python_sdk_changes_the_organization_settings(clerk: Clerk) -> None:
    told = clerk.instance_settings.update_organization_settings(
        request={"max_allowed_memberships": 7, "admin_delete_enabled": False}
    )
    assert (told.max_allowed_memberships, told.admin_delete_enabled) == (7, False)
    assert clerk.instance_settings.get_organization_settings() == told


@pytest.mark.node
def test_the_node_sdk_changes_the_instance(node: NodeSdk, http: httpx.Client) -> None:
    node("instance.update", {"allowedOrigins": [ORIGIN], "supportEmail": "help@example.com"})
    assert node("instance.get")["allowedOrigins"] == [ORIGIN]
    assert http.get("/instance").json()["allowed_origins"] == [ORIGIN]


@pytest.mark.node
def test_the_node_sdk_changes_the_organization_settings(node: NodeSdk, http: httpx.Client) -> None:
    told = node("instance.updateOrganizationSettings", {"maxAllowedMemberships": 7, "adminDeleteEnabled": False})
    assert (told["maxAllowedMemberships"], told["adminDeleteEnabled"]) == (7, False)
    assert http.get("/instance/organization_settings").json()["max_allowed_memberships"] == 7
