"""Users through both SDKs and plain HTTP (contract 4.2, 5.3)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from clerk_backend_api import Clerk, models
from node_sdk import NodeSdk

# `users.list` reads deprecated fields of its own request model, which warns.
pytestmark = pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")


def test_the_python_sdk_creates_a_user_and_reads_it_back(clerk: Clerk, new_email: Callable[[], str]) -> None:
    email = new_email()
    created = clerk.users.create(
        first_name="Ada", last_name="Lovelace", email_address=[email], external_id=f"ext-{email}"
    )
    assert created.id.startswith("user_")
    assert created.email_addresses[0].email_address == email
    assert created.primary_email_address_id == created.email_addresses[0].id
    assert created.external_id == f"ext-{email}"
    assert clerk.users.get(user_id=created.id) == created


@pytest.mark.node
def test_the_node_sdk_creates_a_user_and_reads_it_back(node: NodeSdk, new_email: Callable[[], str]) -> None:
    email = new_email()
    fields = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "emailAddress": [email],
        "publicMetadata": {"planTier": "pro"},
    }
    created = node("users.createUser", fields)
    assert created["id"].startswith("user_")
    assert created["emailAddresses"][0]["emailAddress"] == email
    assert created["emailAddresses"][0]["verification"]["status"] == "verified"
    assert created["publicMetadata"] == {"planTier": "pro"}
    assert node("users.getUser", created["id"]) == created


@pytest.mark.node
def test_a_user_of_one_sdk_is_the_same_user_to_the_other(
    clerk: Clerk, node: NodeSdk, new_user: Callable[..., Any]
) -> None:
    user = new_user(username=None)
    seen_by_node = node("users.getUser", user["id"])
    seen_by_python = clerk.users.get(user_id=user["id"])
    assert seen_by_node["firstName"] == seen_by_python.first_name == "Ada"
    assert seen_by_node["createdAt"] == seen_by_python.created_at == user["created_at"]


def test_the_python_sdk_updates_a_user(clerk: Clerk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    updated = clerk.users.update(user_id=user["id"], first_name="Augusta", last_name=None)
    assert (updated.first_name, updated.last_name) == ("Augusta", None)
    assert clerk.users.get(user_id=user["id"]).first_name == "Augusta"
    assert updated.updated_at >= user["updated_at"]


@pytest.mark.node
def test_the_node_sdk_updates_a_user(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    updated = node("users.updateUser", user["id"], {"firstName": "Augusta"})
    assert (updated["firstName"], updated["lastName"]) == ("Augusta", "Lovelace")


@pytest.mark.node
def test_the_node_sdk_updates_a_user_and_replaces_its_metadata_in_one_call(
    node: NodeSdk, new_user: Callable[..., Any]
) -> None:
    user = new_user(public_metadata={"old": 1}, private_metadata={"kept": True})
    updated = node("users.updateUser", user["id"], {"firstName": "Augusta", "publicMetadata": {"new": 2}})
    assert updated["firstName"] == "Augusta"
    assert updated["publicMetadata"] == {"new": 2}
    assert updated["privateMetadata"] == {"kept": True}


def test_the_python_sdk_merges_metadata_at_any_depth_and_null_removes(
    clerk: Clerk, new_user: Callable[..., Any]
) -> None:
    user = new_user(public_metadata={"plan": {"name": "pro", "seats": 3}, "kept": True})
    merged = clerk.users.update_metadata(user_id=user["id"], public_metadata={"plan": {"seats": None, "trial": False}})
    assert merged.public_metadata == {"plan": {"name": "pro", "trial": False}, "kept": True}


def test_the_python_sdk_replaces_metadata_and_leaves_the_others(clerk: Clerk, new_user: Callable[..., Any]) -> None:
    user = new_user(public_metadata={"plan": "pro"}, unsafe_metadata={"theme": "dark"})
    replaced = clerk.users.replace_metadata(user_id=user["id"], public_metadata={"role": "admin"})
    assert replaced.public_metadata == {"role": "admin"}
    assert replaced.unsafe_metadata == {"theme": "dark"}


@pytest.mark.node
def test_the_node_sdk_merges_and_replaces_metadata(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    user = new_user(private_metadata={"stripe": {"id": "cus_1"}})
    merged = node("users.updateUserMetadata", user["id"], {"privateMetadata": {"stripe": {"plan": "pro"}}})
    assert merged["privateMetadata"] == {"stripe": {"id": "cus_1", "plan": "pro"}}
    replaced = node("users.replaceUserMetadata", user["id"], {"privateMetadata": {"camelKey": 1}})
    assert replaced["privateMetadata"] == {"camelKey": 1}


def test_the_python_sdk_lists_and_counts_with_filters(clerk: Clerk, new_user: Callable[..., Any]) -> None:
    users = [new_user(first_name="Grace") for _ in range(3)]
    ids = [user["id"] for user in users]
    listed = clerk.users.list(request={"user_id": ids, "order_by": "created_at"})
    assert [user.id for user in listed] == ids
    emails = [users[0]["email_addresses"][0]["email_address"]]
    assert [user.id for user in clerk.users.list(request={"email_address": emails})] == ids[:1]
    assert clerk.users.count(request={"user_id": ids}).total_count == 3
    assert [user.id for user in clerk.users.list(request={"user_id": ids, "limit": 1, "offset": 1})] == ids[1:2]


@pytest.mark.node
def test_the_node_sdk_lists_with_a_total_of_its_own_count(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    ids = [new_user()["id"] for _ in range(3)]
    page = node("users.getUserList", {"userId": ids, "limit": 2, "orderBy": "-created_at"})
    assert [user["id"] for user in page["data"]] == ids[:0:-1]
    assert page["totalCount"] == 3
    assert node("users.getCount", {"userId": ids[:2]}) == 2


def test_users_are_a_bare_array_and_the_count_an_object(http: httpx.Client, new_user: Callable[..., Any]) -> None:
    user = new_user()
    listed = http.get("/users", params={"user_id": user["id"]})
    assert [item["id"] for item in listed.json()] == [user["id"]]
    counted = http.get("/users/count", params={"user_id": user["id"]})
    assert counted.json() == {"object": "total_count", "total_count": 1}


def test_the_python_sdk_deletes_a_user_and_its_sessions(
    clerk: Clerk, new_user: Callable[..., Any], new_session: Callable[..., Any]
) -> None:
    user = new_user()
    session = new_session(user["id"])
    deleted = clerk.users.delete(user_id=user["id"])
    assert (deleted.object, deleted.id, deleted.deleted) == ("user", user["id"], True)
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.users.get(user_id=user["id"])
    assert refused.value.status_code == 404
    assert refused.value.data.errors[0].code == "resource_not_found"
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.sessions.create_token(session_id=session["id"])
    assert refused.value.status_code in {401, 404}


@pytest.mark.node
def test_the_node_sdk_deletes_a_user(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    deleted = node("users.deleteUser", user["id"])
    assert deleted["deleted"] is True
    assert deleted["id"] == user["id"]
    assert node("users.getCount", {"userId": [user["id"]]}) == 0


def test_private_metadata_is_told_to_the_backend(http: httpx.Client, new_user: Callable[..., Any]) -> None:
    user = new_user(private_metadata={"note": "for us"})
    assert http.get(f"/users/{user['id']}").json()["private_metadata"] == {"note": "for us"}
