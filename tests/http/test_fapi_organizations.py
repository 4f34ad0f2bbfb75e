"""Organizations as browsers make, change and leave them (contract 4.6; case Z-006)."""

# ruff: noqa: ANN001, ANN201 - fixtures are told apart by name; ids of cases are upper case

import pytest
from browser import Browser
from faces import CONFIG
from people import Person, enlist, found_organization
from token_parts import decode_token


@pytest.fixture
def ada(api):
    return Person(api, "ada@example.com")


@pytest.fixture
def grace(api):
    return Person(api, "grace@example.com", first_name="Grace", last_name="Hopper")


def test_who_creates_an_organization_is_its_admin_and_the_client_says_so(ada):
    made = ada.browser.post("/organizations", {"name": "Śląsk & Co", "slug": ""})
    assert made["object"] == "organization"
    assert (made["name"], made["slug"]) == ("Śląsk & Co", "slask-co")
    assert (made["members_count"], made["pending_invitations_count"], made["max_allowed_memberships"]) == (1, 0, 50)
    assert "private_metadata" not in made
    assert ada.organizations() == {made["id"]: "org:admin"}
    (mine,) = ada.browser.session["user"]["organization_memberships"]
    assert mine["role_name"] == "Admin"
    assert mine["public_user_data"]["user_id"] == ada.id
    assert mine["organization"]["members_count"] == 1
    assert ada.browser.get(f"/organizations/{made['id']}") == made


def test_the_slug_that_a_name_makes_gives_way_to_one_that_is_there(ada, grace):
    ada.browser.post("/organizations", {"name": "Acme"})
    second = grace.browser.post("/organizations", {"name": "ACME!"})["slug"]
    assert second.startswith("acme-")
    assert len(second) == len("acme-") + 4
    taken = grace.browser.refused("POST", "/organizations", {"name": "Another", "slug": "acme"})
    assert (taken.status, taken.code, taken.meta) == (422, "form_name_exists", {"param_name": "slug"})


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({}, "form_param_missing", "name"),
        ({"name": " "}, "form_param_missing", "name"),
        ({"name": "a" * 257}, "form_param_format_invalid", "name"),
        ({"name": "win at https://evil.example"}, "form_param_format_invalid", "name"),
        ({"name": "<b>Acme</b>"}, "form_param_format_invalid", "name"),
        ({"name": "Ac\nme"}, "form_param_format_invalid", "name"),
        ({"name": "Acme", "slug": "Acme"}, "form_param_format_invalid", "slug"),
        ({"name": "Acme", "slug": "../x"}, "form_param_format_invalid", "slug"),
    ],
)
def test_names_and_slugs_that_are_none_are_refused(ada, form, code, param):
    refused = ada.browser.refused("POST", "/organizations", form)
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, param)


def test_an_admin_renames_and_deletes_and_the_session_forgets_it(ada):
    organization_id = found_organization(ada)
    changed = ada.browser.patch(f"/organizations/{organization_id}", {"name": "Apex", "slug": "apex"})
    assert (changed["name"], changed["slug"]) == ("Apex", "apex")
    ada.browser.post(f"/client/sessions/{ada.browser.session_id}/touch", {"active_organization_id": organization_id})
    assert decode_token(ada.browser.token())[1]["o"] == {"id": organization_id, "slg": "apex", "rol": "admin"}
    gone = ada.browser.delete(f"/organizations/{organization_id}")
    assert gone == {"object": "organization", "id": organization_id, "slug": "apex", "deleted": True}
    assert ada.organizations() == {}
    assert ada.browser.session["last_active_organization_id"] is None
    assert "o" not in decode_token(ada.browser.token())[1]
    assert ada.browser.refused("GET", f"/organizations/{organization_id}").status == 404


def test_metadata_of_a_browser_is_ignored(ada):
    form = {"name": "Acme", "public_metadata": '{"a":1}', "private_metadata": '{"a":1}', "max_allowed_memberships": "9"}
    made = ada.browser.post("/organizations", form)
    assert (made["public_metadata"], made["max_allowed_memberships"]) == ({}, 50)
    changed = ada.browser.patch(f"/organizations/{made['id']}", form)
    assert (changed["public_metadata"], changed["max_allowed_memberships"]) == ({}, 50)


def test_Z_001_organizations_of_others_and_of_other_instances_are_not_found(api, ada, grace):
    theirs = found_organization(grace)
    other = api.post("/organizations", {"name": "Elsewhere"}, key=api.tenants[1].secret_key)["id"]
    for organization_id in (theirs, other, "org_x", "org_x%00", "o" * 500):
        for method, path in (
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/memberships"),
            ("POST", "/memberships"),
            ("PATCH", f"/memberships/{grace.id}"),
            ("DELETE", f"/memberships/{grace.id}"),
            ("GET", "/invitations"),
            ("GET", "/invitations/pending"),
            ("POST", "/invitations"),
            ("POST", "/invitations/bulk"),
            ("POST", "/invitations/orginv_x/revoke"),
            ("GET", "/roles"),
            ("GET", "/domains"),
            ("GET", "/membership_requests"),
            ("GET", "/enterprise_connections"),
        ):
            form = {"name": "X", "user_id": ada.id, "role": "org:member", "email_address": "x@example.com"}
            refused = ada.browser.refused(method, f"/organizations/{organization_id}{path}", form)
            assert (refused.status, refused.code) == (404, "resource_not_found"), (method, path)
    assert ada.browser.refused("DELETE", f"/me/organization_memberships/{theirs}").status == 404


def test_Z_002_nobody_is_refused_everywhere(api, ada):
    organization_id = found_organization(ada)
    stranger = Browser(api)
    for method, path in (
        ("POST", "/organizations"),
        ("GET", f"/organizations/{organization_id}"),
        ("GET", f"/organizations/{organization_id}/memberships"),
        ("GET", "/me/organization_memberships"),
        ("GET", "/me/organization_invitations"),
        ("GET", "/me/organization_suggestions"),
        ("GET", "/me/organization_creation_defaults"),
    ):
        refused = stranger.refused(method, path, None if method == "GET" else {"name": "X"})
        assert (refused.status, refused.code) == (401, "authentication_invalid"), path


def test_Z_006_a_member_may_read_members_and_nothing_more(api, ada, grace):
    organization_id = found_organization(ada)
    enlist(ada, organization_id, grace)
    path = f"/organizations/{organization_id}"
    assert grace.browser.get(path)["members_count"] == 2
    assert grace.browser.get(f"{path}/memberships", query={"paginated": "true"})["total_count"] == 2
    assert grace.browser.get(f"{path}/roles")["total_count"] == 2
    for method, below in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/memberships"),
        ("PATCH", f"/memberships/{grace.id}"),
        ("PATCH", f"/memberships/{ada.id}"),
        ("DELETE", f"/memberships/{ada.id}"),
        ("GET", "/invitations"),
        ("GET", "/invitations/pending"),
        ("POST", "/invitations"),
        ("POST", "/invitations/bulk"),
        ("POST", "/invitations/orginv_x/revoke"),
        ("GET", "/domains"),
        ("GET", "/membership_requests"),
    ):
        form = {"name": "X", "user_id": ada.id, "role": "org:admin", "email_address": "x@example.com"}
        refused = grace.browser.refused(method, f"{path}{below}", form)
        assert (refused.status, refused.code) == (403, "missing_organization_permission"), (method, below)
    assert api.sql("SELECT count(*) FROM organization_invitations") == [(0,)]
    assert api.sql("SELECT role FROM organization_memberships WHERE user_id = ?", grace.id) == [("org:member",)]


def test_Z_006_a_role_that_changes_mid_session_counts_at_once(api, ada, grace):
    organization_id = found_organization(ada)
    enlist(ada, organization_id, grace, "org:admin")
    path = f"/organizations/{organization_id}"
    assert grace.browser.patch(path, {"name": "Grace's"})["name"] == "Grace's"
    ada.browser.patch(f"{path}/memberships/{grace.id}", {"role": "org:member"})
    assert grace.browser.refused("PATCH", path, {"name": "Mine"}).code == "missing_organization_permission"
    ada.browser.delete(f"{path}/memberships/{grace.id}")
    assert grace.browser.refused("GET", path).status == 404


def test_Z_006_a_custom_role_may_do_what_its_permissions_say(api, ada, grace):
    organization_id = found_organization(ada)
    api.sql(
        "INSERT INTO roles (instance_id, id, key, name, permissions, created_at, updated_at) "
        "VALUES (?, 'role_scribe', 'org:scribe', 'Scribe', '[\"org:sys_profile:manage\"]', 1, 1)",
        api.tenants[0].instance.id,
    )
    enlist(ada, organization_id, grace, "org:scribe")
    assert grace.browser.patch(f"/organizations/{organization_id}", {"name": "Written"})["name"] == "Written"
    for method, below in (("DELETE", ""), ("GET", "/memberships"), ("POST", "/invitations")):
        refused = grace.browser.refused(
            method, f"/organizations/{organization_id}{below}", {"role": "org:member", "email_address": "x@example.com"}
        )
        assert refused.code == "missing_organization_permission", (method, below)


def test_an_organization_that_members_may_not_delete_stays(api, ada):
    organization_id = found_organization(ada)
    api.patch(f"/organizations/{organization_id}", {"admin_delete_enabled": False})
    refused = ada.browser.refused("DELETE", f"/organizations/{organization_id}")
    assert (refused.status, refused.code) == (403, "organization_deletion_not_allowed")


def test_settings_say_whether_there_are_organizations_and_who_creates_them(api, ada):
    organization_id = found_organization(ada)
    api.patch(CONFIG, {"organizations": {"create_organization": False, "max_allowed_memberships": 3}})
    refused = ada.browser.refused("POST", "/organizations", {"name": "Two"})
    assert (refused.status, refused.code) == (403, "organization_creation_not_allowed")
    assert api.post("/organizations", {"name": "Ours"})["max_allowed_memberships"] == 3
    api.patch(CONFIG, {"organizations": {"enabled": False}})
    for method, path in (
        ("POST", "/organizations"),
        ("GET", f"/organizations/{organization_id}"),
        ("GET", f"/organizations/{organization_id}/roles"),
        ("GET", "/me/organization_memberships"),
        ("GET", "/me/organization_invitations"),
        ("GET", "/me/organization_suggestions"),
        ("DELETE", f"/me/organization_memberships/{organization_id}"),
    ):
        refused = ada.browser.refused(method, path, None if method == "GET" else {"name": "X"})
        assert (refused.status, refused.code) == (403, "organization_not_enabled_in_instance"), path


def test_a_user_of_its_own_may_create_none_or_so_many(api, ada, grace):
    api.patch(f"/users/{ada.id}", {"create_organizations_limit": 1})
    found_organization(ada)
    refused = ada.browser.refused("POST", "/organizations", {"name": "Two"})
    assert (refused.status, refused.code) == (403, "organization_quota_exceeded")
    api.patch(f"/users/{grace.id}", {"create_organization_enabled": False})
    refused = grace.browser.refused("POST", "/organizations", {"name": "One"})
    assert refused.code == "organization_creation_not_allowed"


def test_Z_012_a_creator_role_that_is_gone_lets_nobody_in(api, ada):
    api.sql("DELETE FROM roles WHERE key = 'org:admin' AND instance_id = ?", api.tenants[0].instance.id)
    answer = api.run(ada.browser.ask("POST", "/organizations", {"name": "Acme"}))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (500, "internal_error")
    assert "creator_role" not in answer.text
    assert any("organizations.creator_role is org:admin" in str(event.get("internal")) for event in api.events())
    assert api.sql("SELECT count(*) FROM organizations") == [(0,)]


def test_features_that_are_off_have_empty_lists_and_refuse_changes(ada):
    path = f"/organizations/{found_organization(ada)}"
    empty = {"data": [], "total_count": 0}
    assert ada.browser.get(f"{path}/domains") == empty
    assert ada.browser.get(f"{path}/membership_requests", query={"status": "pending"}) == empty
    assert ada.browser.get(f"{path}/enterprise_connections") == []
    assert ada.browser.get("/me/organization_suggestions") == empty
    assert ada.browser.get("/me/organization_creation_defaults")["form"]["name"] == ""
    for method, below in (
        ("POST", f"{path}/domains"),
        ("POST", f"{path}/domains/bulk"),
        ("POST", f"{path}/membership_requests/x/accept"),
        ("POST", f"{path}/membership_requests/x/reject"),
        ("POST", f"{path}/enterprise_connections"),
        ("POST", "/me/organization_suggestions/x/accept"),
        ("PUT", f"{path}/logo"),
        ("DELETE", f"{path}/logo"),
    ):
        refused = ada.browser.refused(method, below, {"name": "example.com"})
        assert (refused.status, refused.code) == (403, "feature_not_enabled"), below
