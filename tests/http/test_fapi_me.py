"""`/v1/me`: what users change about themselves, what they can't, and their end (contract 4.7)."""

from typing import Any

import msgspec
import pytest
from browser import Browser, read_code
from faces import CONFIG, START, Api
from token_parts import decode_token

from claimsmith_server.core.models import Membership, Organization
from claimsmith_server.store.organizations import insert_membership, insert_organization
from claimsmith_server.store.users import load_user

PASSWORD = "correct horse battery"
EMAIL = "ada@example.com"
CANARY = "canary-of-private-metadata"


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser in which Ada is signed in."""
    user = api.new_user(EMAIL, password=PASSWORD, private_metadata={"secret": CANARY})
    browser = Browser(api)
    browser.start_session(user["id"])
    return browser


def user_in_session(browser: Browser) -> Any:
    return browser.session["user"]


def impersonate(browser: Browser, **more: Any) -> Browser:
    """Another browser, in which somebody acts for the user of this one."""
    other = Browser(browser.api)
    actor = {"sub": "user_support"}
    other.start_session(user_in_session(browser)["id"], actor=actor, strategy="ticket", **more)
    return other


def events_of(api: Api, action: str) -> list[tuple[str, str]]:
    """Who did something, and to what."""
    rows = api.sql("SELECT actor, target FROM audit_log WHERE action = ? ORDER BY created_at, id", action)
    return [(row[0], row[1]) for row in rows]


# -------------------------------------------------------------------------------------------------- reading, changing


def test_a_user_reads_itself_as_its_session_shows_it(browser: Browser) -> None:
    me = browser.get("/me")
    browser.get("/client")
    assert me == user_in_session(browser)
    assert (me["object"], me["first_name"], me["password_enabled"]) == ("user", "Ada", True)


def test_names_change_empty_ones_go_and_absent_ones_stay(browser: Browser) -> None:
    browser.api.now += 5000
    changed = browser.patch("/me", {"first_name": "Grace", "last_name": None})
    assert (changed["first_name"], changed["last_name"]) == ("Grace", None)
    assert changed["updated_at"] == START + 5000
    assert user_in_session(browser) == changed
    assert browser.patch("/me", {"last_name": "Hopper"})["first_name"] == "Grace"


def test_a_required_name_does_not_go(browser: Browser) -> None:
    browser.api.patch(CONFIG, {"authentication": {"first_name": "required", "last_name": "off"}})
    refused = browser.refused("PATCH", "/me", {"first_name": " "})
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, "form_param_missing", "first_name")
    refused = browser.refused("PATCH", "/me", {"last_name": "Hopper"})
    assert (refused.status, refused.code) == (422, "form_param_unknown")


def test_a_username_is_unique_whatever_its_case(browser: Browser) -> None:
    api = browser.api
    assert browser.refused("PATCH", "/me", {"username": "ada_l"}).code == "form_param_unknown"
    api.patch(CONFIG, {"authentication": {"username": "optional"}})
    api.new_user("eve@example.com", username="Eve_1")
    refused = browser.refused("PATCH", "/me", {"username": "EVE_1"})
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, "form_identifier_exists", "username")
    assert browser.refused("PATCH", "/me", {"username": "é"}).code == "form_param_format_invalid"
    assert browser.patch("/me", {"username": "Ada_L"})["username"] == "Ada_L"
    assert browser.patch("/me", {"username": ""})["username"] is None


def test_a_username_that_the_user_signs_in_with_does_not_go(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"email_address": "optional", "username": "optional"}})
    user = api.post("/users", {"username": "only_me", "password": PASSWORD})
    browser = Browser(api)
    browser.start_session(user["id"])
    refused = browser.refused("PATCH", "/me", {"username": ""})
    assert (refused.status, refused.code) == (400, "last_identification_deletion_failed")
    assert browser.get("/me")["username"] == "only_me"


FOREIGN: dict[str, Any] = {
    "public_metadata": {"role": "admin"},
    "private_metadata": {"role": "admin"},
    "role": "admin",
    "banned": "true",
    "locked": "true",
    "external_id": "x",
    "created_at": "1",
    "updated_at": "1",
    "totp_enabled": "true",
    "two_factor_enabled": "true",
    "two_factor": "true",
    "id": "user_x",
    "instance_id": "ins_x",
    "password_digest": "x",
    "email_addresses": "eve@example.com",
    "delete_self_enabled": "false",
    "create_organizations_limit": "100",
    "legal_accepted_at": "1",
    "primary_web3_wallet_id": "x",
}
"""What is not the user's own to change."""


@pytest.mark.parametrize("path", ["/me", "/me/metadata"])
def test_Z_004_nothing_else_of_a_user_is_its_own_to_change(browser: Browser, path: str) -> None:
    before = stored(browser)
    browser.patch(path, {**FOREIGN, "unsafe_metadata": '{"a":1}'})
    assert stored(browser) == msgspec.structs.replace(before, unsafe_metadata={"a": 1})


def stored(browser: Browser) -> Any:
    api = browser.api
    return api.run(load_user(api.service.database, api.tenants[0].instance.id, user_in_session(browser)["id"]))


def test_Z_005_private_metadata_are_in_no_answer(browser: Browser) -> None:
    session = f"/client/sessions/{browser.session_id}"
    answers = [
        browser.send("GET", "/me"),
        browser.send("GET", "/client"),
        browser.send("PATCH", "/me", {"first_name": "Grace"}),
        browser.send("PATCH", "/me/metadata", {"unsafe_metadata": "{}"}),
        browser.send("POST", f"{session}/verify", {"level": "first_factor"}),
        browser.send("POST", f"{session}/verify/attempt_first_factor", {"strategy": "password", "password": PASSWORD}),
        browser.send("POST", "/me/change_password", {"current_password": PASSWORD, "new_password": PASSWORD + "!"}),
        browser.send("POST", "/me/email_addresses/", {"email_address": "b@example.com"}),
        browser.send("DELETE", "/me"),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert not [answer.url for answer in answers if CANARY in answer.text or "private_metadata" in answer.text]
    assert CANARY not in browser.api.log.getvalue()


ROUTES = [
    ("GET", "/me"),
    ("PATCH", "/me"),
    ("DELETE", "/me"),
    ("PATCH", "/me/metadata"),
    ("POST", "/me/change_password"),
    ("POST", "/me/remove_password"),
    ("POST", "/me/profile_image"),
    ("DELETE", "/me/profile_image"),
    ("GET", "/me/email_addresses"),
    ("POST", "/me/email_addresses/"),
    ("GET", "/me/email_addresses/idn_x"),
    ("DELETE", "/me/email_addresses/idn_x"),
    ("POST", "/me/email_addresses/idn_x/prepare_verification"),
    ("POST", "/me/email_addresses/idn_x/attempt_verification"),
    ("GET", "/me/phone_numbers"),
    ("POST", "/me/phone_numbers/"),
    ("PATCH", "/me/phone_numbers/idn_x"),
    ("POST", "/client/sessions/sess_x/verify"),
    ("POST", "/client/sessions/sess_x/verify/prepare_first_factor"),
    ("POST", "/client/sessions/sess_x/verify/attempt_first_factor"),
    ("POST", "/client/sessions/sess_x/verify/prepare_second_factor"),
    ("POST", "/client/sessions/sess_x/verify/attempt_second_factor"),
]
"""Every route of this part."""


def test_Z_002_who_is_signed_out_gets_nothing(api: Api, browser: Browser) -> None:
    stranger = Browser(api)
    ended = str(browser.session_id)
    signed_out = browser.twin()
    browser.post(f"/client/sessions/{ended}/end")
    signed_out.cookies = dict(browser.cookies)
    for method, path in ROUTES:
        form = None if method == "GET" else {}
        assert stranger.refused(method, path, form)[:2] == (401, "authentication_invalid"), path
        theirs = path.replace("sess_x", ended)
        assert signed_out.refused(method, theirs, form)[:2] == (401, "authentication_invalid"), path


def test_S_025_a_session_of_another_browser_is_not_acted_with(browser: Browser) -> None:
    other = Browser(browser.api)
    other.start_session(browser.api.new_user("eve@example.com")["id"])
    query = {"_clerk_session_id": str(browser.session_id)}
    assert other.refused("GET", "/me", query=query)[:2] == (401, "authentication_invalid")


# ------------------------------------------------------------------------------------------------------------ metadata


def test_unsafe_metadata_are_merged_deeply_and_null_deletes(browser: Browser) -> None:
    assert merge(browser, {"a": {"b": 1, "c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert merge(browser, {"a": {"b": None, "d": 3}, "e": []}) == {"a": {"c": 2, "d": 3}, "e": []}
    assert user_in_session(browser)["unsafe_metadata"] == {"a": {"c": 2, "d": 3}, "e": []}
    assert merge(browser, {"a": None, "e": None}) == {}


def merge(browser: Browser, patch: Any) -> Any:
    return browser.patch("/me/metadata", {"unsafe_metadata": patch})["unsafe_metadata"]


def test_older_sdks_replace_unsafe_metadata_with_the_profile(browser: Browser) -> None:
    merge(browser, {"a": 1})
    assert browser.patch("/me", {"unsafe_metadata": {"b": 2}})["unsafe_metadata"] == {"b": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "form_param_missing"),
        ("[]", "form_param_format_invalid"),
        ("{", "form_param_format_invalid"),
        ('{"a":1,"a":2}', "form_param_format_invalid"),
        ('{"a":' * 40 + "1" + "}" * 40, "form_param_format_invalid"),
        ('{"a":"\\u0000"}', "form_param_format_invalid"),
        ('{"a":"' + "x" * 8192 + '"}', "form_param_exceeds_allowed_size"),
    ],
)
def test_unsafe_metadata_that_are_no_object_or_too_large_are_refused(browser: Browser, text: str, code: str) -> None:
    refused = browser.refused("PATCH", "/me/metadata", {"unsafe_metadata": text})
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, "unsafe_metadata")
    assert browser.get("/me")["unsafe_metadata"] == {}


def test_unsafe_metadata_stay_within_their_limit_however_they_grow(browser: Browser) -> None:
    merge(browser, {"a": "x" * 5000})
    refused = browser.refused("PATCH", "/me/metadata", {"unsafe_metadata": {"b": "x" * 5000}})
    assert (refused.status, refused.code) == (422, "form_param_exceeds_allowed_size")


# ------------------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_profile_images_are_refused_by_a_code(browser: Browser, method: str) -> None:
    assert browser.refused(method, "/me/profile_image")[:2] == (403, "feature_not_enabled")


# ------------------------------------------------------------------------------------------------------------- the end


def test_who_deletes_itself_is_gone_everywhere(browser: Browser) -> None:
    api, user_id = browser.api, user_in_session(browser)["id"]
    elsewhere = Browser(api)
    elsewhere.start_session(user_id)
    before = set(browser.cookies.values())
    gone = browser.delete("/me")
    assert gone == {"object": "user", "id": user_id, "deleted": True}
    assert browser.client["sessions"] == []
    assert browser.client["last_active_session_id"] is None
    assert before.isdisjoint(browser.cookies.values())  # the client's token is a new one (case S-002)
    assert browser.refused("GET", "/me").status == 401
    assert elsewhere.refused("POST", f"/client/sessions/{elsewhere.session_id}/tokens").status == 401
    assert elsewhere.get("/client")["sessions"] == []
    assert api.refused("GET", f"/users/{user_id}").status == 404
    assert events_of(api, "user.deleted") == [(user_id, user_id)]


def test_in_a_browser_of_several_users_the_others_stay(browser: Browser) -> None:
    api = browser.api
    api.patch(CONFIG, {"session": {"single_session_mode": False}})
    eve = api.new_user("eve@example.com")["id"]
    browser.start_session(eve)
    browser.delete("/me")
    assert user_in_session(browser)["first_name"] == "Ada"
    assert len(browser.client["sessions"]) == 1
    assert browser.session_id == browser.client["sessions"][0]["id"]


def test_deleting_oneself_can_be_switched_off(browser: Browser) -> None:
    api = browser.api
    api.patch(f"/users/{user_in_session(browser)['id']}", {"delete_self_enabled": False})
    assert browser.refused("DELETE", "/me")[:2] == (403, "user_delete_self_not_enabled")
    api.patch(f"/users/{user_in_session(browser)['id']}", {"delete_self_enabled": True})
    api.patch(CONFIG, {"authentication": {"delete_self": False}})
    assert browser.refused("DELETE", "/me")[:2] == (403, "user_delete_self_not_enabled")
    assert browser.get("/me")["first_name"] == "Ada"


# ------------------------------------------------------------------------------------------------------- impersonation


def test_S_027_who_acts_for_a_user_changes_nothing_that_guards_the_account(browser: Browser) -> None:
    api = browser.api
    api.patch(CONFIG, {"authentication": {"username": "optional", "phone_number": "optional", "password": "optional"}})
    claimed = browser.post("/me/email_addresses/", {"email_address": "b@example.com"})["id"]
    browser.post(f"/me/email_addresses/{claimed}/prepare_verification", {"strategy": "email_code"})
    primary = user_in_session(browser)["primary_email_address_id"]
    other = impersonate(browser)
    session = f"/client/sessions/{other.session_id}/verify"
    code = {"code": read_code(api, "b@example.com")}
    password = {"current_password": PASSWORD, "new_password": "another long one"}
    tried: list[tuple[str, str, dict[str, str]]] = [
        ("POST", "/me/change_password", password),
        ("POST", "/me/remove_password", {"current_password": PASSWORD}),
        ("POST", "/me/email_addresses/", {"email_address": "eve@example.com"}),
        ("POST", f"/me/email_addresses/{claimed}/prepare_verification", {"strategy": "email_code"}),
        ("POST", f"/me/email_addresses/{claimed}/attempt_verification", code),
        ("DELETE", f"/me/email_addresses/{primary}", {}),
        ("POST", "/me/phone_numbers/", {"phone_number": "+15555550100"}),
        ("PATCH", "/me", {"username": "support"}),
        ("PATCH", "/me", {"primary_email_address_id": claimed}),
        ("DELETE", "/me", {}),
        ("POST", session, {"level": "first_factor"}),
        ("POST", f"{session}/prepare_first_factor", {"strategy": "email_code"}),
        ("POST", f"{session}/attempt_first_factor", {"strategy": "password", "password": PASSWORD}),
    ]
    before = stored(browser)
    for method, path, form in tried:
        assert other.refused(method, path, form)[:2] == (403, "impersonation_not_allowed"), path
    assert stored(browser) == before


def test_S_027_the_rest_is_told_as_done_by_the_actor(browser: Browser) -> None:
    other = impersonate(browser)
    assert decode_token(other.token())[1]["act"] == {"sub": "user_support"}
    assert decode_token(other.token())[1]["fva"] == [-1, -1]
    other.patch("/me", {"first_name": "Grace"})
    other.patch("/me/metadata", {"unsafe_metadata": {"a": 1}})
    user_id = user_in_session(browser)["id"]
    assert events_of(browser.api, "user.updated") == [("user_support", user_id)] * 2
    assert ("user_support", other.session_id) in events_of(browser.api, "session.created")


# ------------------------------------------------------------------------------------------------------- organizations


def test_S_026_a_token_has_the_organization_that_was_asked_for_while_another_tab_switches(browser: Browser) -> None:
    api = browser.api
    first, second = (join_organization(browser, slug) for slug in ("first", "second"))
    touch, tokens = (f"/client/sessions/{browser.session_id}/{verb}" for verb in ("touch", "tokens"))
    asked = [first, second, ""] * 4
    switches = [browser.ask("POST", touch, {"active_organization_id": one}) for one in (second, first) * 6]
    answers = api.together(*(browser.ask("POST", tokens, {"organization_id": one}) for one in asked), *switches)
    assert [answer.status_code for answer in answers] == [200] * 24
    claims = [decode_token(answer.json()["jwt"])[1] for answer in answers[: len(asked)]]
    assert [one.get("o", {}).get("id", "") for one in claims] == asked
    slugs = {first: "first", second: "second"}
    assert [one["o"]["slg"] for one in claims if "o" in one] == [slugs[one] for one in asked if one]


def join_organization(browser: Browser, slug: str) -> str:
    """The id of a new organization with the browser's user as its admin."""
    api, instance_id = browser.api, browser.api.tenants[0].instance.id
    made = Organization(
        id=api.service.make_id("org"),
        instance_id=instance_id,
        name=slug.title(),
        slug=slug,
        image_url="",
        has_image=False,
        public_metadata={},
        private_metadata={},
        max_allowed_memberships=5,
        admin_delete_enabled=True,
        created_by=None,
        created_at=api.now,
        updated_at=api.now,
    )
    membership = Membership(
        id=api.service.make_id("orgmem"),
        instance_id=instance_id,
        organization_id=made.id,
        user_id=user_in_session(browser)["id"],
        role="org:admin",
        public_metadata={},
        private_metadata={},
        created_at=api.now,
        updated_at=api.now,
    )
    api.run(insert_organization(api.service.database, made))
    api.run(insert_membership(api.service.database, membership))
    return made.id
