"""The users' pages: lists, forms, conflicts, roles, what is never shown."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import Visitor, sign_in
from faces import Api

PATH = "/dashboard/users"
HOSTILE = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)> \u202eevil {{ 7*7 }}"


@pytest.fixture
def editor(api: Api) -> Visitor:
    return sign_in(api, "editor")


def seen_of(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


def profile_form(page: str, **changes: Any) -> dict[str, Any]:
    """The profile's form as a browser would send it."""
    names = ("first_name", "last_name", "username", "external_id", "locale", "image_url", "create_organizations_limit")
    values = {name: field_value(page, name) for name in names}
    return {
        **values,
        "create_organization_enabled": "true",
        "delete_self_enabled": "true",
        "seen": seen_of(page),
        **changes,
    }


def field_value(page: str, name: str) -> str:
    found = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def text_value(page: str, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found, name
    return unescape(found[1])


def audit(api: Api, action: str) -> list[tuple[str, str]]:
    """Who did it to what."""
    return [tuple(row) for row in api.sql("SELECT actor, target FROM audit_log WHERE action = ?", action)]


# ---------------------------------------------------------------------------------------------------------- the list


def test_an_empty_list_teaches_and_an_empty_search_says_so(editor: Visitor, api: Api) -> None:
    assert "No users yet" in editor.page(PATH)
    api.new_user()
    page = editor.page(f"{PATH}?query=nobody")
    assert "No user found" in page
    assert 'value="nobody"' in page


def test_search_looks_into_names_addresses_and_ids(editor: Visitor, api: Api) -> None:
    ada = api.new_user("ada@example.com")
    api.new_user("grace@example.com", first_name="Grace", last_name="Hopper")
    for query in ("lovel", "ADA@example", ada["id"]):
        page = editor.page(f"{PATH}?query={query}")
        assert "Ada Lovelace" in page
        assert "Grace" not in page


def test_states_narrow_and_a_lockout_counts_as_locked(editor: Visitor, api: Api) -> None:
    api.new_user("banned@example.com", first_name="Banned", last_name="One", banned=True)
    api.new_user("locked@example.com", first_name="Locked", last_name="Two", locked=True)
    out = api.new_user("out@example.com", first_name="Lockedout", last_name="Three")
    api.new_user("free@example.com", first_name="Free", last_name="Four")
    api.sql("UPDATE users SET lockout_expires_at = ? WHERE id = ?", api.now + 1000, out["id"])
    shown = {
        state: {name for name in ("Banned One", "Locked Two", "Lockedout Three", "Free Four") if f">{name}<" in page}
        for state in ("banned", "locked", "allowed")
        for page in [editor.page(f"{PATH}?state={state}")]
    }
    assert shown == {
        "banned": {"Banned One"},
        "locked": {"Locked Two", "Lockedout Three"},
        "allowed": {"Free Four"},
    }
    api.now += 2000
    assert "Lockedout" not in editor.page(f"{PATH}?state=locked")


def test_an_organization_narrows(editor: Visitor, api: Api) -> None:
    ada = api.new_user()
    api.new_user("grace@example.com", first_name="Grace", last_name="Hopper")
    made = api.post("/organizations", {"name": "'Quoted' & {{ 7*7 }}", "created_by": ada["id"]})
    page = editor.page(f"{PATH}?organization_id={made['id']}")
    assert "Ada Lovelace" in page
    assert "Grace" not in page
    assert "&#39;Quoted&#39; &amp; {{ 7*7 }}" in page


def test_pages_hold_fifty_and_links_keep_the_filters(editor: Visitor, api: Api) -> None:
    for number in range(51):
        api.new_user(f"u{number}@example.com", first_name=f"User{number:03}")
    first = editor.page(f"{PATH}?query=example.com&order_by=email_address")
    assert "1 to 50 of 51" in first
    found = re.search(r'rel="next" href="([^"]*)"', first)
    assert found
    following = unescape(found[1])
    assert parse_qs(urlsplit(following).query) == {
        "query": ["example.com"],
        "order_by": ["email_address"],
        "page": ["2"],
    }
    assert "51 to 51 of 51" in editor.page(following)
    assert "past the last user" in editor.page(f"{PATH}?page=9")


@pytest.mark.parametrize("query", ["order_by=password_digest", "page=0", "state=x", "query=%00"])
def test_a_query_that_is_none_is_a_page_that_says_so(editor: Visitor, query: str) -> None:
    assert editor.get(f"{PATH}?{query}").status_code == 422


# ------------------------------------------------------------------------------------------------------------ create


def test_a_user_is_created_and_the_audit_log_names_who(editor: Visitor, api: Api) -> None:
    to = editor.done(
        PATH,
        {"email_address": "new@example.com", "first_name": "New", "public_metadata": '{"plan": "pro"}', "password": ""},
    )
    user = api.get(f"/users/{to.removeprefix(PATH + '/').partition('?')[0]}")
    assert user["email_addresses"][0]["verification"]["status"] == "verified"
    assert user["public_metadata"] == {"plan": "pro"}
    assert user["password_enabled"] is False
    assert audit(api, "user.created") == [(editor.administrator.id, user["id"])]
    assert "The user is created." in editor.page(to)


def test_a_refused_user_keeps_what_was_typed_but_never_the_password(editor: Visitor, api: Api) -> None:
    api.new_user("taken@example.com")
    form = {"email_address": "taken@example.com", "first_name": "Kept", "password": "a-long-secret-password"}
    answer = editor.post(PATH, form)
    assert answer.status_code == 422
    assert "Another user has this already" in answer.text
    assert 'value="Kept"' in answer.text
    assert "a-long-secret-password" not in answer.text


def test_checks_of_a_password_are_skipped_when_asked(editor: Visitor) -> None:
    form = {"email_address": "weak@example.com", "password": "password1"}
    assert editor.post(PATH, form).status_code == 422
    assert editor.post(PATH, {**form, "skip_password_checks": "true"}).status_code == 303


# ------------------------------------------------------------------------------------------------------------ profile


def test_only_what_was_changed_is_written(editor: Visitor, api: Api) -> None:
    user = api.new_user(external_id="one")
    page = editor.page(f"{PATH}/{user['id']}")
    api.patch(f"/users/{user['id']}", {"last_name": "Byron"})
    editor.done(f"{PATH}/{user['id']}", profile_form(page, first_name="Augusta"))
    after = api.get(f"/users/{user['id']}")
    assert (after["first_name"], after["last_name"], after["external_id"]) == ("Augusta", "Byron", "one")


def test_a_field_that_both_changed_is_a_conflict_that_shows_both(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    page = editor.page(f"{PATH}/{user['id']}")
    api.patch(f"/users/{user['id']}", {"first_name": "Theirs", "last_name": "Other"})
    answer = editor.post(f"{PATH}/{user['id']}", profile_form(page, first_name="Mine"))
    assert answer.status_code == 409
    assert ">Theirs<" in answer.text
    assert field_value(answer.text, "first_name") == "Mine"
    assert field_value(answer.text, "last_name") == "Other"
    assert api.get(f"/users/{user['id']}")["first_name"] == "Theirs"
    editor.done(f"{PATH}/{user['id']}", profile_form(answer.text))
    after = api.get(f"/users/{user['id']}")
    assert (after["first_name"], after["last_name"]) == ("Mine", "Other")


def test_a_form_without_what_was_seen_overwrites_nothing(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    page = editor.page(f"{PATH}/{user['id']}")
    assert editor.post(f"{PATH}/{user['id']}", profile_form(page, first_name="X", seen="")).status_code == 409
    assert api.get(f"/users/{user['id']}")["first_name"] == "Ada"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_url", "javascript:alert(1)"),
        ("image_url", "//evil.example"),
        ("username", "no spaces here"),
        ("create_organizations_limit", "many"),
        ("create_organizations_limit", "99999999999"),
        ("first_name", "x" * 257),
    ],
)
def test_a_value_that_is_refused_stays_on_the_page(editor: Visitor, api: Api, field: str, value: str) -> None:
    user = api.new_user()
    page = editor.page(f"{PATH}/{user['id']}")
    answer = editor.post(f"{PATH}/{user['id']}", profile_form(page, **{field: value}))
    assert answer.status_code == 422
    assert field_value(answer.text, field) == value
    assert f'id="{field}-below"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_addresses_are_added_verified_made_primary_and_removed(editor: Visitor, api: Api) -> None:
    user = api.new_user("first@example.com")
    path = f"{PATH}/{user['id']}"
    editor.done(f"{path}/emails/add", {"email_address": "second@example.com"})
    second = api.get(f"/users/{user['id']}")["email_addresses"][1]
    assert second["verification"] is None
    refused = editor.post(f"{path}/emails/change", {"identification_id": second["id"], "act": "primary"})
    assert refused.status_code == 422
    editor.done(f"{path}/emails/change", {"identification_id": second["id"], "act": "verify"})
    editor.done(f"{path}/emails/change", {"identification_id": second["id"], "act": "primary"})
    assert api.get(f"/users/{user['id']}")["primary_email_address_id"] == second["id"]
    editor.done(f"{path}/emails/change", {"identification_id": second["id"], "act": "remove"})
    after = api.get(f"/users/{user['id']}")
    assert after["primary_email_address_id"] == user["email_addresses"][0]["id"]
    assert [one["email_address"] for one in after["email_addresses"]] == ["first@example.com"]
    assert {actor for actor, _ in audit(api, "email_address.deleted")} == {editor.administrator.id}


def test_an_address_that_somebody_proved_is_not_taken(editor: Visitor, api: Api) -> None:
    api.new_user("theirs@example.com")
    other = api.new_user("other@example.com")
    for form in ({"verified": "true"}, {}):
        answer = editor.post(f"{PATH}/{other['id']}/emails/add", {"email_address": "Theirs@example.com", **form})
        assert answer.status_code == 422
        assert "Another user has this already" in answer.text
    assert len(api.get(f"/users/{other['id']}")["email_addresses"]) == 1


def test_a_verified_address_is_taken_from_those_who_merely_claim_it(editor: Visitor, api: Api) -> None:
    one, other = api.new_user("one@example.com"), api.new_user("other@example.com")
    for user in (one, other):
        editor.done(f"{PATH}/{user['id']}/emails/add", {"email_address": "claimed@example.com"})
    claimed = api.get(f"/users/{one['id']}")["email_addresses"][1]
    editor.done(f"{PATH}/{one['id']}/emails/change", {"identification_id": claimed["id"], "act": "verify"})
    late = api.get(f"/users/{other['id']}")["email_addresses"][1]
    answer = editor.post(f"{PATH}/{other['id']}/emails/change", {"identification_id": late["id"], "act": "verify"})
    assert answer.status_code == 422


def test_numbers_have_one_owner(editor: Visitor, api: Api) -> None:
    one, other = api.new_user("one@example.com"), api.new_user("other@example.com")
    editor.done(f"{PATH}/{one['id']}/phones/add", {"phone_number": "+1 555 555 0100", "verified": "true"})
    assert api.get(f"/users/{one['id']}")["primary_phone_number_id"]
    answer = editor.post(f"{PATH}/{other['id']}/phones/add", {"phone_number": "+15555550100"})
    assert answer.status_code == 422
    assert editor.post(f"{PATH}/{other['id']}/phones/add", {"phone_number": "0100"}).status_code == 422


# ----------------------------------------------------------------------------------------------------------- metadata


def metadata_form(page: str, **changes: str) -> dict[str, str]:
    names = ("public_metadata", "private_metadata", "unsafe_metadata")
    return {**{name: text_value(page, name) for name in names}, "seen": seen_of(page), **changes}


def test_metadata_are_replaced_whole(editor: Visitor, api: Api) -> None:
    user = api.new_user(public_metadata={"plan": "free", "old": 1}, private_metadata={"note": "x"})
    path = f"{PATH}/{user['id']}/metadata"
    editor.done(path, metadata_form(editor.page(path), public_metadata='{"plan": "pro"}'))
    after = api.get(f"/users/{user['id']}")
    assert after["public_metadata"] == {"plan": "pro"}
    assert after["private_metadata"] == {"note": "x"}


def test_what_the_application_wrote_meanwhile_is_not_lost(editor: Visitor, api: Api) -> None:
    user = api.new_user(public_metadata={"plan": "free"}, unsafe_metadata={"theme": "light"})
    path = f"{PATH}/{user['id']}/metadata"
    page = editor.page(path)
    api.patch(f"/users/{user['id']}/metadata", {"public_metadata": {"plan": "team"}, "unsafe_metadata": {"seen": 1}})
    answer = editor.post(path, metadata_form(page, public_metadata='{"plan": "pro"}'))
    assert answer.status_code == 409
    assert "Stored now" in answer.text
    assert '"plan": "team"' in unescape(answer.text)
    assert text_value(answer.text, "public_metadata") == '{"plan": "pro"}'
    assert '"seen": 1' in text_value(answer.text, "unsafe_metadata")
    assert api.get(f"/users/{user['id']}")["public_metadata"] == {"plan": "team"}
    editor.done(path, metadata_form(answer.text))
    after = api.get(f"/users/{user['id']}")
    assert (after["public_metadata"], after["unsafe_metadata"]) == ({"plan": "pro"}, {"theme": "light", "seen": 1})


def test_another_kind_that_changed_meanwhile_is_no_conflict(editor: Visitor, api: Api) -> None:
    user = api.new_user(public_metadata={"plan": "free"})
    path = f"{PATH}/{user['id']}/metadata"
    page = editor.page(path)
    api.patch(f"/users/{user['id']}/metadata", {"private_metadata": {"note": "theirs"}})
    editor.done(path, metadata_form(page, public_metadata='{"plan": "pro"}'))
    assert api.get(f"/users/{user['id']}")["private_metadata"] == {"note": "theirs"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n  "plan" "pro"\n}', "Line 2, column 10"),
        ('{"a": 1,}', "Line 1, column 9"),
        ('{"a": 1, "a": 2}', "Line 1, column 10"),
        ("[1]", "This must be a JSON object"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "deeper than 32"),
        ('{"a": "' + "x" * 9000 + '"}', "8,192"),
    ],
)
def test_a_text_that_is_refused_says_where_and_is_kept(editor: Visitor, api: Api, text: str, told: str) -> None:
    user = api.new_user()
    path = f"{PATH}/{user['id']}/metadata"
    answer = editor.post(path, metadata_form(editor.page(path), unsafe_metadata=text))
    assert answer.status_code == 422
    assert told in unescape(answer.text)
    assert text_value(answer.text, "unsafe_metadata") == text
    assert 'id="unsafe_metadata-below"' in answer.text


def test_the_page_says_which_claims_read_it(editor: Visitor, api: Api) -> None:
    api.set_claims({"plan": "{{user.public_metadata.plan || 'free'}}"})
    user = api.new_user(public_metadata={"plan": "pro"})
    page = editor.page(f"{PATH}/{user['id']}/metadata")
    assert "user.public_metadata.plan" in page
    assert f"/dashboard/sessions/claims?user_id={user['id']}" in page
    assert "14" in page  # bytes of {"plan":"pro"}


def test_Z_005_private_metadata_are_in_no_page_of_a_viewer(api: Api) -> None:
    user = api.new_user(private_metadata={"canary": "d34db33f-canary"})
    for role, is_shown in (("viewer", False), ("editor", True), ("owner", True)):
        visitor = sign_in(api, role)  # type: ignore[arg-type]
        ends = ("", "/metadata", "/sessions", "/organizations", "/access")
        pages = [visitor.page(f"{PATH}/{user['id']}{end}") for end in ends]
        assert ["d34db33f-canary" in page for page in pages] == [False, is_shown, False, False, False]
        assert "d34db33f-canary" not in visitor.page(PATH)


# -------------------------------------------------------------------------------------------- sessions, organizations


def test_sessions_are_listed_and_revoked(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    one, two, three = (api.new_session(user["id"]) for _ in range(3))
    path = f"{PATH}/{user['id']}/sessions"
    assert all(session in editor.page(path) for session in (one, two, three))
    editor.done(f"{path}/revoke", {"session_id": one})
    assert [api.get(f"/sessions/{session}")["status"] for session in (one, two)] == ["revoked", "active"]
    editor.done(f"{path}/revoke-all")
    assert [api.get(f"/sessions/{session}")["status"] for session in (two, three)] == ["revoked", "revoked"]
    assert audit(api, "session.revoked") == [(editor.administrator.id, one)]
    assert audit(api, "user.sessions_revoked") == [(editor.administrator.id, user["id"])]


def test_a_session_of_somebody_else_is_not_revoked_from_here(editor: Visitor, api: Api) -> None:
    ada, grace = api.new_user(), api.new_user("grace@example.com")
    session = api.new_session(grace["id"])
    answer = editor.post(f"{PATH}/{ada['id']}/sessions/revoke", {"session_id": session})
    assert answer.status_code == 422
    assert api.get(f"/sessions/{session}")["status"] == "active"


def test_memberships_are_listed(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    assert "In no organization" in editor.page(f"{PATH}/{user['id']}/organizations")
    made = api.post("/organizations", {"name": "Analytical Engines", "created_by": user["id"]})
    page = editor.page(f"{PATH}/{user['id']}/organizations")
    assert "Analytical Engines" in page
    assert f"/dashboard/organizations/{made['id']}" in page
    assert "org:admin" in page


# ------------------------------------------------------------------------------------------------------------- access


def test_bans_and_locks_end_sessions_and_name_who(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    path = f"{PATH}/{user['id']}/mark"
    for mark, undo, field in (("ban", "unban", "banned"), ("lock", "unlock", "locked")):
        session = api.new_session(user["id"])
        editor.done(path, {"mark": mark})
        assert api.get(f"/users/{user['id']}")[field] is True
        assert api.get(f"/sessions/{session}")["status"] == "revoked"
        editor.done(path, {"mark": undo})
        assert api.get(f"/users/{user['id']}")[field] is False
    assert audit(api, "user.banned") == [(editor.administrator.id, user["id"])]
    assert editor.post(path, {"mark": "bless"}).status_code == 422


def test_passwords_are_set_and_removed(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    path = f"{PATH}/{user['id']}/password"
    session = api.new_session(user["id"])
    for password in ("", "short", "password1"):
        answer = editor.post(path, {"password": password})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    editor.done(path, {"password": "a-long-quiet-password", "sign_out": "true"})
    assert api.get(f"/users/{user['id']}")["password_enabled"] is True
    assert api.get(f"/sessions/{session}")["status"] == "revoked"
    editor.done(f"{path}/remove")
    assert api.get(f"/users/{user['id']}")["password_enabled"] is False
    assert audit(api, "user.password_removed") == [(editor.administrator.id, user["id"])]


def test_S_027_impersonation_names_the_administrator_and_is_shown_once(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    answer = editor.post(f"{PATH}/{user['id']}/impersonate")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"(http://[^\s\"<]*/v1/tickets/accept\?ticket=[^\s\"<]+)", answer.text)
    assert found
    ticket = parse_qs(urlsplit(found[1]).query)["ticket"][0]
    assert api.sql("SELECT expire_at - created_at, user_id FROM tickets") == [(600_000, user["id"])]
    assert audit(api, "actor_token.created")[0][0] == editor.administrator.id
    assert editor.administrator.id in api.sql("SELECT actor FROM tickets")[0][0]
    for end in ("", "/access", "/sessions"):
        assert ticket not in editor.page(f"{PATH}/{user['id']}{end}")


def test_nobody_acts_as_a_banned_user(editor: Visitor, api: Api) -> None:
    user = api.new_user(banned=True)
    answer = editor.post(f"{PATH}/{user['id']}/impersonate")
    assert answer.status_code == 422
    assert "Unban them first" in answer.text


def test_a_deleted_user_is_gone_with_sessions(editor: Visitor, api: Api) -> None:
    user = api.new_user()
    api.new_session(user["id"])
    to = editor.done(f"{PATH}/{user['id']}/delete")
    assert "The user is deleted" in editor.page(to)
    assert editor.get(f"{PATH}/{user['id']}").status_code == 404
    assert audit(api, "user.deleted") == [(editor.administrator.id, user["id"])]
    assert api.sql("SELECT count(*) FROM sessions") == [(0,)]


# ---------------------------------------------------------------------------------------------------- roles, tenants


WRITES: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {"first_name": "X"}),
    ("/emails/add", {"email_address": "x@example.com"}),
    ("/emails/change", {"identification_id": "idn_x", "act": "remove"}),
    ("/phones/add", {"phone_number": "+15555550100"}),
    ("/metadata", {"public_metadata": "{}"}),
    ("/sessions/revoke", {"session_id": "sess_x"}),
    ("/sessions/revoke-all", {}),
    ("/mark", {"mark": "ban"}),
    ("/password", {"password": "a-long-quiet-password"}),
    ("/password/remove", {}),
    ("/impersonate", {}),
    ("/delete", {}),
)


def test_Z_010_a_viewer_writes_nothing_and_sees_no_form_that_would(api: Api) -> None:
    viewer, user = sign_in(api, "viewer"), api.new_user()
    before = api.get(f"/users/{user['id']}")
    for end, form in WRITES:
        assert viewer.post(f"{PATH}/{user['id']}{end}", form).status_code == 403, end
    assert viewer.post(PATH, {"email_address": "x@example.com"}).status_code == 403
    assert viewer.get(f"{PATH}/new").status_code == 403
    assert api.get(f"/users/{user['id']}") == before
    for end in ("/access", "/sessions"):
        assert viewer.page(f"{PATH}/{user['id']}{end}").count('method="post"') == 1  # the frame's own: sign out


def test_Z_001_users_of_another_instance_are_not_there(editor: Visitor, api: Api) -> None:
    made = api.post("/users", {"email_address": ["b@example.com"]}, key=api.tenants[1].secret_key)
    for end in ("", "/metadata", "/sessions", "/organizations", "/access"):
        assert editor.get(f"{PATH}/{made['id']}{end}").status_code == 404
    for end, form in WRITES:
        assert editor.post(f"{PATH}/{made['id']}{end}", form).status_code in {404, 422}, end
    assert made["id"] not in editor.page(PATH)
    after = api.get(f"/users/{made['id']}", key=api.tenants[1].secret_key)
    assert after["updated_at"] == made["updated_at"]


def test_hostile_values_are_text_on_every_page(editor: Visitor, api: Api) -> None:
    user = api.new_user(
        first_name=HOSTILE[:200],
        last_name="\u202e",
        external_id=HOSTILE[:100],
        public_metadata={HOSTILE: [HOSTILE]},
        unsafe_metadata={"x": HOSTILE},
    )
    api.new_session(user["id"])
    ends = ("", "/metadata", "/sessions", "/organizations", "/access")
    pages = [editor.page(PATH), *(editor.page(f"{PATH}/{user['id']}{end}") for end in ends)]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"evil (\S*)", page)
        assert " style=" not in page


@pytest.mark.parametrize("end", ["", "/metadata", "/sessions", "/organizations", "/access"])
def test_ids_of_elements_are_unique(editor: Visitor, api: Api, end: str) -> None:
    user = api.new_user(username="ada_l", phone_number=["+15555550100"])
    page = editor.page(f"{PATH}/{user['id']}{end}")
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    for label in re.findall(r'<label for="([^"]*)"', page):
        assert label in ids
