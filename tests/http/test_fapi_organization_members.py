"""Members of organizations as browsers see and change them (contract 4.6; cases Z-006, Z-014)."""

# ruff: noqa: ANN001, ANN201 - fixtures are told apart by name; ids of cases are upper case

import pytest
from people import Person, enlist, found_organization
from token_parts import decode_token


@pytest.fixture
def ada(api):
    return Person(api, "ada@example.com")


@pytest.fixture
def grace(api):
    return Person(api, "grace@example.com", first_name="Grace", last_name="Hopper")


@pytest.fixture
def path(ada):
    return f"/organizations/{found_organization(ada)}"


def test_members_are_listed_by_page_role_and_text(api, ada, grace, path):
    enlist(ada, path.rpartition("/")[2], grace)
    ada.browser.get(f"{path}/memberships")
    page = ada.browser.get(f"{path}/memberships", query={"paginated": "true", "limit": "1", "offset": "1"})
    assert (len(page["data"]), page["total_count"]) == (1, 2)
    assert set(page["data"][0]["public_user_data"]) >= {"user_id", "first_name", "last_name", "identifier"}
    for query, wanted in (
        ({"query": "hopp"}, [grace.id]),
        ({"query": "ada@"}, [ada.id]),
        ({"query": "nobody"}, []),
        ({"query": ""}, [grace.id, ada.id]),
        ({"role": "org:admin"}, [ada.id]),
        ({"role[]": "org:member"}, [grace.id]),
    ):
        found = ada.browser.get(f"{path}/memberships", query={"paginated": "true", **query})
        assert {one["public_user_data"]["user_id"] for one in found["data"]} == set(wanted), query
        assert found["total_count"] == len(wanted)
    assert isinstance(ada.browser.get(f"{path}/memberships"), list)


def test_private_metadata_of_members_and_organizations_never_reaches_a_browser(api, ada, grace, path):
    canary = {"private_metadata": {"canary": "c4n4ry"}}
    organization_id = path.rpartition("/")[2]
    api.patch(f"{path}/metadata", {**canary, "public_metadata": {"tier": 2}})
    api.post(f"{path}/memberships", {"user_id": grace.id, "role": "org:admin", **canary})
    for answer in (
        grace.browser.send("GET", "/client"),
        grace.browser.send("GET", path),
        grace.browser.send("GET", f"{path}/memberships"),
        grace.browser.send("GET", "/me/organization_memberships"),
        grace.browser.send("PATCH", path, {"name": "New"}),
        grace.browser.send("DELETE", f"/me/organization_memberships/{organization_id}"),
    ):
        assert answer.status_code == 200
        assert "c4n4ry" not in answer.text


def test_a_member_is_added_promoted_and_removed_and_tokens_follow(ada, grace, path):
    organization_id = path.rpartition("/")[2]
    made = ada.browser.post(f"{path}/memberships", {"user_id": grace.id, "role": "org:member"})
    assert (made["role"], made["organization"]["members_count"]) == ("org:member", 2)
    touch = f"/client/sessions/{grace.browser.session_id}/touch"
    grace.browser.post(touch, {"active_organization_id": organization_id})
    assert grace.organizations() == {organization_id: "org:member"}
    assert decode_token(grace.browser.token())[1]["o"]["rol"] == "member"
    changed = ada.browser.patch(f"{path}/memberships/{grace.id}", {"role": "org:admin"})
    assert "org:sys_memberships:manage" in changed["permissions"]
    assert decode_token(grace.browser.token())[1]["o"]["rol"] == "admin"
    removed = ada.browser.delete(f"{path}/memberships/{grace.id}")
    assert removed["public_user_data"]["user_id"] == grace.id
    assert "o" not in decode_token(grace.browser.token())[1]
    grace.browser.post(touch)
    assert grace.organizations() == {}


def test_what_adding_a_member_refuses(api, ada, grace, path):
    foreign = api.post("/users", {"email_address": ["x@example.com"]}, key=api.tenants[1].secret_key)["id"]
    for form, status, code, param in (
        ({}, 422, "form_param_missing", "user_id"),
        ({"user_id": grace.id}, 422, "form_param_missing", "role"),
        ({"user_id": grace.id, "role": "org:king"}, 422, "form_param_value_invalid", "role"),
        ({"user_id": "user_x", "role": "org:member"}, 404, "resource_not_found", "user_id"),
        ({"user_id": foreign, "role": "org:member"}, 404, "resource_not_found", "user_id"),
        ({"user_id": ada.id, "role": "org:member"}, 400, "already_a_member_in_organization", "user_id"),
    ):
        refused = ada.browser.refused("POST", f"{path}/memberships", form)
        assert (refused.status, refused.code, refused.meta.get("param_name")) == (status, code, param), form
    assert ada.browser.refused("PATCH", f"{path}/memberships/{grace.id}", {"role": "org:member"}).status == 404
    assert ada.browser.refused("PATCH", f"{path}/memberships/{ada.id}", {}).code == "form_param_missing"
    assert ada.browser.refused("PATCH", f"{path}/memberships/{ada.id}", {"role": "org:x"}).status == 422
    assert ada.browser.refused("DELETE", f"{path}/memberships/{grace.id}").status == 404


def test_Z_006_the_last_member_who_manages_stays_and_manages(api, ada, grace, path):
    organization_id = path.rpartition("/")[2]
    enlist(ada, organization_id, grace)
    for method, asked, form in (
        ("PATCH", f"{path}/memberships/{ada.id}", {"role": "org:member"}),
        ("DELETE", f"{path}/memberships/{ada.id}", None),
        ("DELETE", f"/me/organization_memberships/{organization_id}", None),
    ):
        refused = ada.browser.refused(method, asked, form)
        assert (refused.status, refused.code) == (400, "organization_minimum_permissions_needed"), asked
    assert api.refused("DELETE", f"{path}/memberships/{ada.id}").code == "organization_minimum_permissions_needed"
    ada.browser.patch(f"{path}/memberships/{grace.id}", {"role": "org:admin"})
    left = ada.browser.delete(f"/me/organization_memberships/{organization_id}")
    assert (left["object"], left["deleted"]) == ("organization_membership", True)
    assert ada.organizations() == {}


def test_Z_006_of_two_who_manage_and_leave_at_once_one_stays(api, ada, grace, path):
    organization_id = path.rpartition("/")[2]
    enlist(ada, organization_id, grace, "org:admin")
    asked = f"/me/organization_memberships/{organization_id}"
    answers = api.together(ada.browser.ask("DELETE", asked), grace.browser.ask("DELETE", asked))
    assert sorted(one.status_code for one in answers) == [200, 400]
    assert api.sql("SELECT role FROM organization_memberships") == [("org:admin",)]


def test_an_organization_that_is_full_takes_nobody(api, ada, grace, path):
    api.patch(path, {"max_allowed_memberships": 1})
    refused = ada.browser.refused("POST", f"{path}/memberships", {"user_id": grace.id, "role": "org:member"})
    assert (refused.status, refused.code) == (403, "organization_membership_quota_exceeded")
    api.patch(path, {"max_allowed_memberships": 0})
    ada.browser.post(f"{path}/memberships", {"user_id": grace.id, "role": "org:member"})


def test_own_memberships_are_paginated_or_a_bare_array(api, ada):
    ids = []
    for name in ("One", "Two", "Three"):
        ids.append(found_organization(ada, name))
        api.now += 1
    page = ada.browser.get("/me/organization_memberships", query={"paginated": "true", "limit": "2", "offset": "1"})
    assert page["total_count"] == 3
    assert [one["organization"]["id"] for one in page["data"]] == ids[1:]
    bare = ada.browser.get("/me/organization_memberships")
    assert [one["organization"]["id"] for one in bare] == ids
    refused = ada.browser.refused("GET", "/me/organization_memberships", query={"limit": "501"})
    assert (refused.status, refused.meta["param_name"]) == (422, "limit")


def test_roles_are_told_with_their_permissions(ada, path):
    page = ada.browser.get(f"{path}/roles", query={"limit": "10", "offset": "0"})
    assert (page["total_count"], page["has_role_set_migration"]) == (2, False)
    admin, member = page["data"]
    assert (admin["key"], admin["is_creator_eligible"]) == ("org:admin", True)
    assert (member["key"], member["is_creator_eligible"]) == ("org:member", False)
    (permission,) = member["permissions"]
    assert (permission["object"], permission["key"], permission["type"]) == (
        "permission",
        "org:sys_memberships:read",
        "system",
    )
