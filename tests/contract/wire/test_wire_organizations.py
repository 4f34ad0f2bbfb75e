"""Organizations, members and invitations through both SDKs and plain HTTP, each answer as published (contract 5.1)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from clerk_backend_api import Clerk, models
from node_sdk import NodeSdk

Call = Callable[..., Any]


@pytest.fixture
def call(http: httpx.Client) -> Call:
    """The JSON of a request that is answered with a status; the answer was compared with the published file."""

    def send(method: str, path: str, expected: int, body: Any = None, **query: Any) -> Any:
        answer = http.request(method, path, json=body, params=query)
        assert answer.status_code == expected, (method, path, answer.text)
        return answer.json()

    return send


@pytest.fixture
def founder(new_user: Callable[..., Any]) -> Any:
    """A user who created an organization."""
    return new_user()


@pytest.fixture
def path(call: Call, founder: Any) -> str:
    """The path of a new organization."""
    body = {"name": "Wire & Co", "created_by": founder["id"], "private_metadata": {"a": 1}}
    made = call("POST", "/organizations", 200, body)
    return f"/organizations/{made['id']}"


def test_organizations_are_as_published(call: Call, founder: Any, path: str) -> None:
    found = call("GET", path, 200, include_members_count="true")
    assert (found["members_count"], found["private_metadata"], found["created_by"]) == (1, {"a": 1}, founder["id"])
    assert call("GET", f"/organizations/{found['slug']}", 200)["id"] == found["id"]
    assert "members_count" not in call("GET", path, 200)
    call("POST", "/organizations", 422, {"name": "Other", "slug": found["slug"]})
    call("POST", "/organizations", 422, {"name": "<b>"})
    call("POST", "/organizations", 404, {"name": "Nobody's", "created_by": "user_x"})
    query = {"query": found["id"], "include_members_count": "true", "order_by": "-members_count"}
    listed = call("GET", "/organizations", 200, **query)
    assert [(one["id"], one["members_count"]) for one in listed["data"]] == [(found["id"], 1)]
    call("GET", "/organizations", 422, order_by="private_metadata")
    assert call("PATCH", path, 200, {"name": "Wired", "admin_delete_enabled": False})["name"] == "Wired"
    call("PATCH", path, 422, {"slug": "No Slug"})
    merged = call("PATCH", f"{path}/metadata", 200, {"private_metadata": {"a": None, "b": {"c": 2}}})
    assert merged["private_metadata"] == {"b": {"c": 2}}
    assert call("PUT", f"{path}/metadata", 200, {"private_metadata": {"x": 1}})["private_metadata"] == {"x": 1}
    call("PUT", f"{path}/metadata", 422, {"public_metadata": {"x": "y" * 9000}})
    assert call("DELETE", path, 200) == {
        "object": "organization",
        "id": found["id"],
        "slug": found["slug"],
        "deleted": True,
    }
    for method, below in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/memberships"), ("GET", "/invitations")):
        call(method, f"{path}{below}", 404, {} if method == "PATCH" else None)


def test_members_are_as_published(call: Call, founder: Any, path: str, new_user: Callable[..., Any]) -> None:
    member = new_user()
    made = call("POST", f"{path}/memberships", 200, {"user_id": member["id"], "role": "org:member"})
    assert made["public_user_data"]["user_id"] == member["id"]
    call("POST", f"{path}/memberships", 400, {"user_id": member["id"], "role": "org:member"})
    call("POST", f"{path}/memberships", 404, {"user_id": "user_x", "role": "org:member"})
    members = call("GET", f"{path}/memberships", 200, role="org:member", order_by="+first_name")
    assert members["total_count"] == 1
    call("GET", f"{path}/memberships", 422, order_by="banned")
    assert call("GET", f"/users/{member['id']}/organization_memberships", 200)["total_count"] == 1
    call("GET", "/users/user_x/organization_memberships", 404)
    one = f"{path}/memberships/{member['id']}"
    assert call("PATCH", one, 200, {"role": "org:admin"})["role"] == "org:admin"
    call("PATCH", one, 422, {"role": "org:x"})
    told = call("PATCH", f"{one}/metadata", 200, {"public_metadata": {"seat": 1}, "private_metadata": {"p": 1}})
    assert (told["public_metadata"], told["private_metadata"]) == ({"seat": 1}, {"p": 1})
    call("DELETE", one, 200)
    call("DELETE", one, 404)
    call("PATCH", f"{path}/memberships/{founder['id']}", 400, {"role": "org:member"})


def test_invitations_are_as_published(call: Call, founder: Any, path: str, new_user: Callable[..., Any]) -> None:
    body = {
        "email_address": "wire@example.com",
        "role": "org:member",
        "inviter_user_id": founder["id"],
        "expires_in_days": 2,
        "redirect_url": "http://localhost:3000/join",
        "private_metadata": {"p": 1},
    }
    invited = call("POST", f"{path}/invitations", 200, body)
    assert (invited["status"], invited["inviter_id"]) == ("pending", founder["id"])
    assert invited["expires_at"] - invited["created_at"] == 2 * 24 * 3600 * 1000
    assert "/v1/tickets/accept?ticket=" in invited["url"]
    call("POST", f"{path}/invitations", 400, body)
    call("POST", f"{path}/invitations", 400, body | {"redirect_url": "https://evil.example"})
    listed = call("GET", f"{path}/invitations", 200, status="pending", email_address="WIRE@example.com")
    assert (listed["total_count"], listed["data"][0]["url"]) == (1, None)
    one = f"{path}/invitations/{invited['id']}"
    assert call("GET", one, 200)["public_inviter_data"]["user_id"] == founder["id"]
    call("POST", f"{one}/revoke", 404, {"requesting_user_id": new_user()["id"]})
    assert call("POST", f"{one}/revoke", 200, {"requesting_user_id": founder["id"]})["status"] == "revoked"
    call("POST", f"{one}/revoke", 400)


def test_the_python_sdk_reads_every_answer(clerk: Clerk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    made = clerk.organizations.create(request={"name": "Python & Co", "created_by": user["id"]})
    assert clerk.organizations.get(organization_id=made.id, include_members_count=True).members_count == 1
    members = clerk.organization_memberships.list(organization_id=made.id)
    assert members.data[0].role == "org:admin"
    assert clerk.users.get_organization_memberships(user_id=user["id"]).total_count == 1
    invited = clerk.organization_invitations.create(
        organization_id=made.id, email_address="python@example.com", role="org:member"
    )
    assert clerk.organization_invitations.list(organization_id=made.id).data[0].id == invited.id
    revoked = clerk.organization_invitations.revoke(organization_id=made.id, invitation_id=invited.id)
    assert revoked.status == "revoked"
    assert clerk.organizations.delete(organization_id=made.id).deleted
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.organizations.get(organization_id=made.id)
    assert refused.value.data.errors[0].code == "resource_not_found"


@pytest.mark.node
def test_the_node_sdk_reads_every_answer(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    made = node("organizations.createOrganization", {"name": "Node & Co", "createdBy": user["id"]})
    organization_id = made["id"]
    updated = node("organizations.updateOrganization", organization_id, {"name": "N", "publicMetadata": {"a": 1}})
    assert (updated["name"], updated["publicMetadata"]) == ("N", {"a": 1})
    members = node("organizations.getOrganizationMembershipList", {"organizationId": organization_id})
    assert (members["totalCount"], members["data"][0]["publicUserData"]["userId"]) == (1, user["id"])
    invitation = {"organizationId": organization_id, "emailAddress": "node@example.com", "role": "org:member"}
    invited = node("organizations.createOrganizationInvitation", invitation)
    asked = {"organizationId": organization_id, "status": ["pending"]}
    assert node("organizations.getOrganizationInvitationList", asked)["data"][0]["id"] == invited["id"]
    assert node("organizations.getOrganizationList", {"includeMembersCount": True})["totalCount"] >= 1
    assert node("users.getOrganizationMembershipList", {"userId": user["id"]})["totalCount"] == 1
