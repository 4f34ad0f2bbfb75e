"""The dashboard's pages about organizations: members, invitations, metadata, roles, permissions, as forms."""

import html
import re
from typing import Any

import pytest
from dashboard import Visitor, sign_in
from faces import Api

PATH = "/dashboard/organizations"
HOSTILE = "<script>alert('x')</script>"
SECRET = "only-the-back-end-reads-this"
ADMIN = {"role": "org:admin"}


@pytest.fixture
def editor(api: Api) -> Visitor:
    """An editor's browser."""
    return sign_in(api, "editor")


@pytest.fixture
def viewer(api: Api) -> Visitor:
    """A viewer's browser."""
    return sign_in(api, "viewer")


def new_organization(api: Api, **fields: Any) -> Any:
    """An organization: Acme unless told otherwise."""
    return api.post("/organizations", {"name": "Acme", **fields})


def add_member(api: Api, organization: Any, email: str = "ada@example.com", role: str = "org:admin") -> Any:
    """A new user who is a member."""
    user = api.new_user(email)
    api.now += 1000
    api.post(f"/organizations/{organization['id']}/memberships", {"user_id": user["id"], "role": role})
    return user


def path_of(organization: Any, *rest: str) -> str:
    """The address of an organization's page."""
    return "/".join((PATH, organization["id"], *rest))


def told(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def field_of(page: str, name: str) -> str:
    """The value of an input."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])


def actions(api: Api) -> list[tuple[str, str]]:
    """Actor and action of the audit log's events."""
    return sorted(api.sql("SELECT actor, action FROM audit_log"))


# ------------------------------------------------------------------------------------------------- the list
def test_without_organizations_the_list_teaches_what_they_are(viewer: Visitor) -> None:
    page = viewer.page(PATH)
    assert "No organizations yet" in page
    assert "New organization" not in page


def test_the_list_counts_members_and_open_invitations(api: Api, viewer: Visitor) -> None:
    organization = new_organization(api, max_allowed_memberships=5)
    add_member(api, organization)
    invited = {"email_address": "new@example.com", "role": "org:member"}
    api.post(f"/organizations/{organization['id']}/invitations", invited)
    text = told(viewer.page(PATH))
    assert "Acme acme" in text
    assert re.search(r" 1 of 5 1 just now", text), text


def test_the_list_finds_orders_and_turns_pages(api: Api, viewer: Visitor) -> None:
    for index in range(30):
        new_organization(api, name=f"Team {index:02}")
    assert "1 to 25 of 30" in viewer.page(PATH)
    first = viewer.page(f"{PATH}?order_by=name")
    assert "Team 00" in first
    assert "Team 29" not in first
    assert 'aria-sort="ascending"' in first
    second = viewer.page(f"{PATH}?order_by=name&page=2")
    assert "26 to 30 of 30" in second
    assert "Team 29" in second
    found = viewer.page(f"{PATH}?query=team+07")
    assert "Team 07" in found
    assert "Team 08" not in found
    assert "Nothing found" in viewer.page(f"{PATH}?query=none")
    assert "Nothing found" in viewer.page(f"{PATH}?page=9")
    assert viewer.get(f"{PATH}?order_by=private_metadata").status_code == 422


def test_with_organizations_off_the_list_says_so(api: Api, viewer: Visitor) -> None:
    api.send("PATCH", "/v1/instance/organization_settings", json={"enabled": False})
    assert "Organizations are off" in viewer.page(PATH)


# -------------------------------------------------------------------------------------------------- creation
def test_a_new_organization_has_its_creator_as_first_member(api: Api, editor: Visitor) -> None:
    user = api.new_user("ada@example.com")
    to = editor.done(
        PATH, {"name": "Acme & Söhne", "slug": "", "user": "ADA@example.com", "max_allowed_memberships": ""}
    )
    made = api.get("/organizations")["data"][0]
    assert to == f"{PATH}/{made['id']}?done=created"
    assert made["slug"] == "acme-sohne"
    assert made["created_by"] == user["id"]
    page = editor.page(to)
    assert "The organization is created." in page
    assert "Ada Lovelace" in page
    assert (editor.administrator.id, "organization.created") in actions(api)


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"name": " "}, "name", "Fill this in."),
        ({"name": "see www.example.com"}, "name", "plain text"),
        ({"name": "A", "slug": "UPPER"}, "slug", "lower case letters"),
        ({"name": "A", "slug": "acme"}, "slug", "Another organization has this slug."),
        ({"name": "A", "user": "nobody@example.com"}, "user", "nobody@example.com"),
        ({"name": "A", "max_allowed_memberships": "-1"}, "max_allowed_memberships", "whole number"),
        ({"name": "A", "max_allowed_memberships": "9" * 40}, "max_allowed_memberships", "whole number"),
    ],
)
def test_what_is_wrong_with_a_new_organization_stands_at_its_field(
    api: Api, editor: Visitor, form: dict[str, str], field: str, sentence: str
) -> None:
    new_organization(api)
    answer = editor.post(PATH, form)
    assert answer.status_code == 422
    below = re.search(rf'<p class="problem" id="{field}-below">(.*?)</p>', answer.text)
    assert below, answer.text
    assert sentence in told(below[1])
    for name, value in form.items():
        assert field_of(answer.text, name) == value
    assert api.get("/organizations")["total_count"] == 1


# --------------------------------------------------------------------------------------------------- members
def test_members_are_added_by_address_or_id(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    for index, by in enumerate(("email", "id")):
        user = api.new_user(f"user{index}@example.com")
        who = user["id"] if by == "id" else f"user{index}@example.com"
        to = editor.done(path_of(organization, "members"), {"user": who, "role": "org:member"})
        assert to == f"{path_of(organization)}?done=added"
    assert api.get(f"/organizations/{organization['id']}/memberships")["total_count"] == 2
    assert (editor.administrator.id, "organization_membership.created") in actions(api)


def test_nobody_becomes_a_member_twice_or_beyond_the_limit(api: Api, editor: Visitor) -> None:
    organization = new_organization(api, max_allowed_memberships=1)
    add_member(api, organization)
    again = editor.post(path_of(organization, "members"), {"user": "ada@example.com", "role": "org:member"})
    assert again.status_code == 422
    assert "already a member" in again.text
    api.new_user("eve@example.com")
    over = editor.post(path_of(organization, "members"), {"user": "eve@example.com", "role": "org:member"})
    assert over.status_code == 422
    assert "may have 1 members" in over.text
    assert field_of(over.text, "user") == "eve@example.com"
    unknown = editor.post(path_of(organization, "members"), {"user": "no@example.com", "role": "org:member"})
    assert "No user has this id" in unknown.text
    assert "This organization is full" in editor.page(path_of(organization))


def test_z_006_the_last_manager_keeps_the_role_and_the_membership(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    ada = add_member(api, organization)
    at = path_of(organization, "members", ada["id"])
    for action, form in (("role", {"role": "org:member"}), ("remove", {})):
        answer = editor.post(f"{at}/{action}", form)
        assert answer.status_code == 422
        assert "Nobody else in this organization may manage" in answer.text
    eve = add_member(api, organization, "eve@example.com", "org:member")
    assert editor.done(path_of(organization, "members", eve["id"], "role"), ADMIN).endswith("?done=role")
    assert editor.done(f"{at}/remove").endswith("?done=removed")
    members = api.get(f"/organizations/{organization['id']}/memberships")["data"]
    assert [(one["public_user_data"]["user_id"], one["role"]) for one in members] == [(eve["id"], "org:admin")]


def test_members_are_searched_narrowed_and_paged(api: Api, viewer: Visitor) -> None:
    organization = new_organization(api, max_allowed_memberships=0)
    add_member(api, organization, "boss@example.com")
    for index in range(26):
        add_member(api, organization, f"member{index:02}@example.com", "org:member")
    path = path_of(organization)
    assert "1 to 25 of 27" in viewer.page(path)
    assert "boss@example.com" in viewer.page(f"{path}?page=2")
    admins = viewer.page(f"{path}?role=org:admin")
    assert "boss@example.com" in admins
    assert "member01@example.com" not in admins
    assert "member01@example.com" in viewer.page(f"{path}?query=member01")
    assert "Nobody found" in viewer.page(f"{path}?query=zzz")


# ----------------------------------------------------------------------------------------------- invitations
def test_invitations_go_out_together_and_are_revoked_one_by_one(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    path = path_of(organization, "invitations")
    form = {"email_address": "one@example.com, two@example.com\nthree@example.com", "role": "org:member", "days": "7"}
    assert editor.done(path, form) == f"{path}?done=invited"
    found = api.get(f"/organizations/{organization['id']}/invitations")["data"]
    assert {one["email_address"] for one in found} == {"one@example.com", "two@example.com", "three@example.com"}
    assert {one["expires_at"] for one in found} == {api.now + 7 * 24 * 3600 * 1000}
    page = editor.page(path)
    assert "in 7 d" in page
    assert "ticket" not in page.lower()
    editor.done(f"{path}/{found[0]['id']}/revoke")
    assert found[0]["email_address"] not in editor.page(path)
    assert found[0]["email_address"] in editor.page(f"{path}?status=revoked")
    again = editor.post(f"{path}/{found[0]['id']}/revoke")
    assert again.status_code == 422
    assert "The invitation is revoked" in again.text
    assert (editor.administrator.id, "organization_invitation.revoked") in actions(api)


@pytest.mark.parametrize(
    ("addresses", "sentence"),
    [
        ("", "Fill this in."),
        ("not-an-address", "a valid e-mail address"),
        (" ".join(f"u{index}@example.com" for index in range(11)), "at most 10"),
        ("ada@example.com new@example.com", "already a member"),
    ],
)
def test_what_is_wrong_with_invitations_stands_at_the_addresses(
    api: Api, editor: Visitor, addresses: str, sentence: str
) -> None:
    organization = new_organization(api)
    add_member(api, organization)
    answer = editor.post(path_of(organization, "invitations"), {"email_address": addresses, "role": "org:member"})
    assert answer.status_code == 422
    assert sentence in told(answer.text)
    assert html.escape(addresses) in answer.text
    assert api.get(f"/organizations/{organization['id']}/invitations")["total_count"] == 0


# --------------------------------------------------------------------------------------- profile and deletion
def test_the_profile_is_changed_whole(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    path = path_of(organization, "profile")
    assert "checked" in editor.page(path)
    form = {"name": "Beta", "slug": "beta", "max_allowed_memberships": "1,000"}
    assert editor.done(path, form) == f"{path}?done=saved"
    changed = api.get(f"/organizations/{organization['id']}")
    wanted = {"name": "Beta", "slug": "beta", "max_allowed_memberships": 1000, "admin_delete_enabled": False}
    assert {name: changed[name] for name in wanted} == wanted
    answer = editor.post(path, form | {"max_allowed_memberships": "many"})
    assert answer.status_code == 422
    assert field_of(answer.text, "max_allowed_memberships") == "many"


def test_a_deleted_organization_is_gone_from_sessions_too(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    add_member(api, organization)
    assert editor.done(path_of(organization, "delete")) == f"{PATH}?done=deleted"
    assert editor.get(path_of(organization)).status_code == 404
    assert (editor.administrator.id, "organization.deleted") in actions(api)


# -------------------------------------------------------------------------------------------------- metadata
def test_metadata_are_replaced_as_typed(api: Api, editor: Visitor) -> None:
    organization = new_organization(api, public_metadata={"plan": "pro", "old": 1})
    path = path_of(organization, "metadata")
    form = {
        "public_metadata": '{"plan": "free", "seats": 9007199254740993}',
        "private_metadata": '{\r\n  "invoice": "a"\r\n}',
        "version": field_of(editor.page(path), "version"),
    }
    assert editor.done(path, form) == f"{path}?done=metadata"
    stored = api.get(f"/organizations/{organization['id']}")
    assert stored["public_metadata"] == {"plan": "free", "seats": 9007199254740993}
    assert stored["private_metadata"] == {"invoice": "a"}
    assert (editor.administrator.id, "organization.updated") in actions(api)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{\r\n  "plan": "pro",\r\n}', "Line 3, column 1: Expected a key in double quotes, found `}`."),
        ('{"é": }', "Line 1, column 7: Expected a value, found `}`."),
        ('{"a": 1', "Line 1, column 8: Expected `,` or `}`, found the end of the text."),
        ('{"a": 1, "a": 2}', "Line 1, column 10: The object already has a member named `a`."),
        ("[]", "This must be a JSON object, in braces."),
        ("{" * 40 + "}" * 40, "Line 1, column 2"),
        ('{"a":' * 40 + "1" + "}" * 40, "deeper than 32 levels"),
        ('{"a": "' + "x" * 9000 + '"}', "8,192 bytes"),
        ('{"a": "\\u0000"}', "NUL"),
    ],
)
def test_what_is_wrong_with_metadata_is_told_with_its_place_and_nothing_is_lost(
    api: Api, editor: Visitor, text: str, sentence: str
) -> None:
    organization = new_organization(api, private_metadata={"kept": True})
    path = path_of(organization, "metadata")
    version = field_of(editor.page(path), "version")
    answer = editor.post(path, {"public_metadata": "{}", "private_metadata": text, "version": version})
    assert answer.status_code == 422
    assert sentence in told(answer.text)
    assert html.escape(text, quote=False).replace("\r\n", "\n") in html.unescape(answer.text).replace("\r\n", "\n") or (
        text.replace("\r\n", "\n") in html.unescape(answer.text).replace("\r\n", "\n")
    )
    assert field_of(answer.text, "version") == version
    assert api.get(f"/organizations/{organization['id']}")["private_metadata"] == {"kept": True}


def test_metadata_that_the_application_changed_meanwhile_are_not_lost(api: Api, editor: Visitor) -> None:
    organization = new_organization(api, public_metadata={"plan": "free"})
    path = path_of(organization, "metadata")
    version = field_of(editor.page(path), "version")
    api.patch(f"/organizations/{organization['id']}/metadata", {"public_metadata": {"plan": "pro"}})
    form = {"public_metadata": '{"plan": "mine"}', "private_metadata": "", "version": version}
    answer = editor.post(path, form)
    assert answer.status_code == 409
    text = html.unescape(answer.text)
    assert '"plan": "pro"' in text
    assert '"plan": "mine"' in text
    assert api.get(f"/organizations/{organization['id']}")["public_metadata"] == {"plan": "pro"}
    editor.done(path, form | {"version": field_of(answer.text, "version")})
    assert api.get(f"/organizations/{organization['id']}")["public_metadata"] == {"plan": "mine"}


def test_metadata_of_a_member_are_edited_in_the_same_way(api: Api, editor: Visitor) -> None:
    organization = new_organization(api)
    ada = add_member(api, organization)
    at = path_of(organization, "members", ada["id"])
    version = field_of(editor.page(at), "version")
    form = {"public_metadata": '{"team": "a"}', "private_metadata": '{"pay": 1}', "version": version}
    assert editor.done(f"{at}/metadata", form) == f"{at}?done=metadata"
    stored = api.get(f"/organizations/{organization['id']}/memberships")["data"][0]
    assert (stored["public_metadata"], stored["private_metadata"]) == ({"team": "a"}, {"pay": 1})
    assert editor.post(f"{at}/metadata", form).status_code == 409
    refused = editor.post(f"{at}/metadata", form | {"public_metadata": "{"})
    assert refused.status_code == 422
    assert "Line 1, column 2" in refused.text


def test_z_005_viewers_are_told_no_private_metadata(api: Api, editor: Visitor, viewer: Visitor) -> None:
    organization = new_organization(api, private_metadata={"note": SECRET}, public_metadata={"shown": "yes"})
    ada = add_member(api, organization)
    metadata = {"private_metadata": {"note": SECRET}}
    api.patch(f"/organizations/{organization['id']}/memberships/{ada['id']}/metadata", metadata)
    pages = (
        path_of(organization, "metadata"),
        path_of(organization, "members", ada["id"]),
        path_of(organization),
        path_of(organization, "claim"),
        path_of(organization, "profile"),
    )
    for path in pages:
        page = viewer.page(path)
        assert SECRET not in page
        assert "private_metadata" not in page
        assert "version" not in re.findall(r'name="([a-z_]+)"', page)
    assert all(SECRET in editor.page(path) for path in pages[:2])
    assert "yes" in viewer.page(pages[0])


# ---------------------------------------------------------------------------------------------------- claim
def test_the_claim_page_tells_what_a_minted_token_tells(api: Api, viewer: Visitor, editor: Visitor) -> None:
    editor.done(f"{PATH}/permissions", {"key": "invoices:create", "name": "Create invoices"})
    admin = ["org:sys_profile:delete", "org:sys_memberships:read", "org:sys_memberships:manage"]
    form = {"name": "Admin", "permissions": [*admin, "org:invoices:create"]}
    editor.done(f"{PATH}/roles/org:admin", form)
    organization = new_organization(api, public_metadata={"region": "eu"})
    ada = add_member(api, organization)
    session_id = api.new_session(ada["id"], active_organization_id=organization["id"])
    claims = api.mint(session_id)
    page = html.unescape(viewer.page(f"{path_of(organization, 'claim')}?user_id={ada['id']}"))
    for text in (f'"fpm": "{claims["o"]["fpm"]}"', f'"per": "{claims["o"]["per"]}"', f'"fea": "{claims["fea"]}"'):
        assert text in page
    assert "{{org.public_metadata}}" in page
    assert '{"region":"eu"}' in page
    editor_link = f"/dashboard/sessions/claims?user_id={ada['id']}&organization_id={organization['id']}"
    assert editor_link in page
    assert viewer.get(f"{path_of(organization, 'claim')}?user_id=user_nobody").status_code == 404


def test_without_members_there_is_no_claim_to_show(api: Api, viewer: Visitor) -> None:
    assert "No member, no claim" in viewer.page(path_of(new_organization(api), "claim"))


# ------------------------------------------------------------------------------------- roles and permissions
def test_the_matrix_shows_who_may_do_what(viewer: Visitor) -> None:
    text = told(viewer.page(f"{PATH}/roles"))
    assert "Manage members org:sys_memberships:manage Yes No" in text
    assert "Read members org:sys_memberships:read Yes Yes" in text
    assert "No permissions of your own yet" in text
    assert "New role" not in text


def test_a_role_is_made_changed_and_deleted(api: Api, editor: Visitor) -> None:
    editor.done(f"{PATH}/permissions", {"key": "org:invoices:create", "name": "Create invoices", "description": "New"})
    editor.done(f"{PATH}/permissions", {"key": "invoices:read", "name": "Read invoices"})
    made = {"name": "Billing team", "key": "", "permissions": ["org:invoices:read", "org:invoices:create"]}
    assert editor.done(f"{PATH}/roles", made) == f"{PATH}/roles?done=role"
    matrix = told(editor.page(f"{PATH}/roles"))
    assert "Create invoices org:invoices:create New No No Yes" in matrix
    assert "org:billing_team" in matrix
    page = editor.page(f"{PATH}/roles/org:billing_team")
    assert page.count(" checked") == 2
    editor.done(f"{PATH}/roles/org:billing_team", {"name": "Billing", "permissions": "org:invoices:read"})
    assert editor.page(f"{PATH}/roles/org:billing_team").count(" checked") == 1
    assert editor.done(f"{PATH}/roles/org:billing_team/delete") == f"{PATH}/roles?done=role_deleted"
    assert editor.get(f"{PATH}/roles/org:billing_team").status_code == 404
    done = [action for actor, action in actions(api) if actor == editor.administrator.id]
    wanted = ["created", "deleted", "updated"]
    assert [one for one in done if one.startswith("organization_role.")] == [f"organization_role.{x}" for x in wanted]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "", "key": "org:x"}, "name"),
        ({"name": "x" * 101, "key": "org:x"}, "name"),
        ({"name": "X", "key": "org:X"}, "key"),
        ({"name": "X", "key": "org:a:b"}, "key"),
        ({"name": "X", "key": "org:admin"}, "key"),
        ({"name": "X", "key": "org:" + "x" * 61}, "key"),
        ({"name": "日本"}, "key"),
        ({"name": "X", "key": "org:x", "permissions": "org:nobody:knows"}, "permissions"),
        ({"name": "X", "key": "org:x", "permissions": "org:sys_made:up"}, "permissions"),
    ],
)
def test_what_is_wrong_with_a_role_stands_at_its_field(editor: Visitor, form: dict[str, str], field: str) -> None:
    answer = editor.post(f"{PATH}/roles", form)
    assert answer.status_code == 422
    assert f'id="{field}-below"' in answer.text
    assert field_of(answer.text, "name") == form["name"]
    assert "org:x" not in told(editor.page(f"{PATH}/roles"))


def test_a_role_that_members_have_or_settings_name_is_not_deleted(api: Api, editor: Visitor) -> None:
    for key, setting in (("org:admin", "creator_role"), ("org:member", "default_role")):
        answer = editor.post(f"{PATH}/roles/{key}/delete")
        assert answer.status_code == 422
        assert f"organizations.{setting}" in answer.text
    editor.done(f"{PATH}/roles", {"name": "Billing", "key": "billing"})
    organization = new_organization(api)
    ada = add_member(api, organization, role="org:billing")
    answer = editor.post(f"{PATH}/roles/org:billing/delete")
    assert answer.status_code == 422
    assert "1 member and 0 open invitations have this role" in answer.text
    api.send("DELETE", f"/v1/organizations/{organization['id']}/memberships/{ada['id']}")
    invited = {"email_address": "new@example.com", "role": "org:billing"}
    invitation = api.post(f"/organizations/{organization['id']}/invitations", invited)
    assert "0 members and 1 open invitation have this role" in editor.post(f"{PATH}/roles/org:billing/delete").text
    api.post(f"/organizations/{organization['id']}/invitations/{invitation['id']}/revoke", {})
    editor.done(f"{PATH}/roles/org:billing/delete")


def test_z_006_a_role_keeps_what_an_organization_is_managed_with(api: Api, editor: Visitor) -> None:
    answer = editor.post(f"{PATH}/roles/org:admin", {"name": "Admin", "permissions": "org:sys_memberships:read"})
    assert answer.status_code == 422
    assert "Whoever creates an organization gets this role" in answer.text
    minimum = ["org:sys_profile:delete", "org:sys_memberships:read", "org:sys_memberships:manage"]
    editor.done(f"{PATH}/roles", {"name": "Lead", "key": "lead", "permissions": minimum})
    organization = new_organization(api)
    add_member(api, organization, role="org:lead")
    less = {"name": "Lead", "permissions": minimum[:2]}
    answer = editor.post(f"{PATH}/roles/org:lead", less)
    assert answer.status_code == 422
    assert "nobody who may manage it" in answer.text
    add_member(api, organization, "eve@example.com", "org:admin")
    editor.done(f"{PATH}/roles/org:lead", less)


def test_a_permission_is_named_and_taken_from_every_role_when_deleted(api: Api, editor: Visitor) -> None:
    editor.done(f"{PATH}/permissions", {"key": "posts:edit", "name": "Edit posts"})
    editor.done(f"{PATH}/roles", {"name": "Writer", "permissions": "org:posts:edit"})
    editor.done(f"{PATH}/permissions/org:posts:edit", {"name": "Write posts", "description": "All of them"})
    page = told(editor.page(f"{PATH}/roles"))
    assert "Write posts org:posts:edit All of them No No Yes" in page
    assert "Held by 1 role." in editor.page(f"{PATH}/permissions/org:posts:edit")
    editor.done(f"{PATH}/permissions/org:posts:edit/delete")
    assert "posts" not in told(editor.page(f"{PATH}/roles"))
    assert editor.get(f"{PATH}/permissions/org:posts:edit").status_code == 404
    assert (editor.administrator.id, "organization_permission.deleted") in actions(api)


def test_a_permission_that_only_roles_know_is_shown_and_can_be_named(api: Api, editor: Visitor) -> None:
    api.sql("UPDATE roles SET permissions = '[\"org:sys_memberships:read\",\"org:old:use\"]' WHERE key = 'org:member'")
    assert "org:old:use No name yet No Yes" in told(editor.page(f"{PATH}/roles"))
    editor.done(f"{PATH}/permissions/org:old:use", {"name": "Use old"})
    assert "Use old org:old:use No Yes" in told(editor.page(f"{PATH}/roles"))


@pytest.mark.parametrize("key", ["", "org:one", "org:sys_x:read", "org:A:b", "org:a:b:c", "admin", "org::x"])
def test_a_permission_key_has_two_words_and_is_not_the_systems(editor: Visitor, key: str) -> None:
    answer = editor.post(f"{PATH}/permissions", {"key": key, "name": "X"})
    assert answer.status_code == 422
    assert 'id="key-below"' in answer.text
    assert field_of(answer.text, "key") == key


@pytest.mark.parametrize("key", ["org:sys_memberships:manage", "org:no:body"])
def test_a_system_permission_has_no_page(editor: Visitor, key: str) -> None:
    assert editor.get(f"{PATH}/permissions/{key}").status_code == 404
    assert editor.post(f"{PATH}/permissions/{key}/delete").status_code == 404


# --------------------------------------------------------------------------------------------------- security
def test_z_010_viewers_write_nothing(api: Api, viewer: Visitor) -> None:
    organization = new_organization(api)
    ada = add_member(api, organization)
    before = actions(api)
    writes = [
        PATH,
        path_of(organization, "members"),
        path_of(organization, "members", ada["id"], "role"),
        path_of(organization, "members", ada["id"], "remove"),
        path_of(organization, "members", ada["id"], "metadata"),
        path_of(organization, "invitations"),
        path_of(organization, "invitations", "orginv_1", "revoke"),
        path_of(organization, "profile"),
        path_of(organization, "metadata"),
        path_of(organization, "delete"),
        f"{PATH}/roles",
        f"{PATH}/roles/org:admin",
        f"{PATH}/roles/org:admin/delete",
        f"{PATH}/permissions",
        f"{PATH}/permissions/org:a:b",
        f"{PATH}/permissions/org:a:b/delete",
    ]
    for path in writes:
        assert viewer.post(path, {"name": "x", "role": "org:member"}).status_code == 403, path
    assert actions(api) == before
    for path in (f"{PATH}/new", path_of(organization, "members", "new"), f"{PATH}/roles/new"):
        assert viewer.get(path).status_code == 403, path


def test_x_001_hostile_names_are_inert_on_every_page(api: Api, editor: Visitor) -> None:
    organization = new_organization(api, public_metadata={HOSTILE: HOSTILE})
    api.sql("UPDATE organizations SET name = ?", HOSTILE)
    user = add_member(api, organization)
    api.sql("UPDATE users SET first_name = ?, last_name = '\u202egnp.exe'", HOSTILE)
    api.sql("UPDATE roles SET name = ?", HOSTILE)
    member = path_of(organization, "members", user["id"])
    pages = [PATH, member, f"{PATH}/roles", f"{PATH}/roles/org:admin"]
    tabs = ("members/new", "invitations", "invitations/new", "profile", "metadata", "claim")
    for path in (*pages, path_of(organization), *(path_of(organization, tab) for tab in tabs)):
        page = editor.page(path)
        assert HOSTILE not in page, path
        assert html.escape(HOSTILE).replace("&#x27;", "&#39;") in page or "&lt;script&gt;" in page, path
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]* src=)", page)


def test_what_is_of_another_instance_or_gone_is_not_found(api: Api, editor: Visitor) -> None:
    other = api.post("/organizations", {"name": "Other"}, key=api.tenants[1].secret_key)
    for path in (path_of(other), path_of(other, "profile"), path_of(other, "metadata"), f"{PATH}/roles/org:none"):
        assert editor.get(path).status_code == 404, path
    assert editor.post(path_of(other, "delete")).status_code == 404
    mine = new_organization(api)
    assert editor.get(path_of(mine, "members", "user_none")).status_code == 404
    assert editor.post(path_of(mine, "members", "user_none", "role"), ADMIN).status_code == 404
