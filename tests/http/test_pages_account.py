"""The hosted account page, sign-out and refusal page without JavaScript (contract 4.13)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from browser import APP_ORIGIN, Browser, read_code
from faces import CONFIG, ORIGIN, Api
from page_visitor import PageVisitor
from signing_in import EMAIL, PASSWORD, stored_user

from claimsmith_server.services.callers import client_cookie
from claimsmith_server.store.users import insert_user

ASKED = f"?redirect_url={quote(f'{APP_ORIGIN}/x', safe='')}"
NEW_PASSWORD = "another quiet horse"


@pytest.fixture
def user(api: Api) -> Any:
    """A user without a password: hashing costs these tests more than all else."""
    return api.new_user(EMAIL)


@pytest.fixture
def visitor(api: Api, user: Any) -> PageVisitor:
    """A browser at the account page, signed in."""
    return signed_in(api, user["id"])


def signed_in(api: Api, user_id: str) -> PageVisitor:
    browser = Browser(api, cookies_only=True)
    browser.start_session(user_id)
    visitor = PageVisitor(api)
    visitor.cookies[client_cookie(api.tenants[0].instance)] = browser.cookies["__client"]
    assert visitor.open("/user").heading == "Your account"
    return visitor


def test_who_is_signed_out_signs_in_and_comes_back(api: Api) -> None:
    api.new_user(EMAIL, password=PASSWORD)
    visitor = PageVisitor(api)
    assert visitor.open("/user").heading == "Sign in"
    assert visitor.query["redirect_url"] == [f"{ORIGIN}/user"]
    assert visitor.go("Sign in", identifier=EMAIL, password=PASSWORD).heading == "Your account"


def test_the_name_is_changed(visitor: PageVisitor, user: Any) -> None:
    page = visitor.go("Save profile", first_name="Augusta", last_name="")
    assert "saved" in page.text("status")
    stored = stored_user(visitor.api, user["id"])
    assert (stored.first_name, stored.last_name) == ("Augusta", None)


def test_a_taken_username_is_told_on_its_field(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"username": "optional"}})
    visitor.api.new_user("grace@example.com", username="grace")
    visitor.open("/user")
    assert "Another account has this username" in visitor.go("Save profile", username="grace").problem("username")
    assert "4 to 64" in visitor.go("Save profile", username="x y").problem("username")


def test_a_new_password_needs_the_old_one_and_signs_others_out(api: Api) -> None:
    user_id = api.new_user(EMAIL, password=PASSWORD)["id"]
    visitor, other = signed_in(api, user_id), signed_in(api, user_id)
    page = visitor.go("Change password", current_password="wrong", new_password=NEW_PASSWORD)
    assert "not your current password" in page.problem("current_password")
    page = visitor.go("Change password", current_password=PASSWORD, new_password="short")
    assert "at least 8" in page.problem("new_password")
    assert "short" not in page.source
    page = visitor.go("Change password", current_password=PASSWORD, new_password=NEW_PASSWORD)
    assert "Your password is set" in page.text("status")
    assert other.open("/user").heading == "Sign in"


def test_a_first_password_needs_no_old_one(visitor: PageVisitor, user: Any) -> None:
    assert "set" in visitor.go("Set password", new_password=NEW_PASSWORD).text("status")
    assert stored_user(visitor.api, user["id"]).password_digest


def test_devices_are_listed_and_signed_out(visitor: PageVisitor, user: Any) -> None:
    other = signed_in(visitor.api, user["id"])
    visitor.api.now += 5 * 60_000
    page = visitor.open("/user")
    assert "this device" in page.text("all")
    assert "5 min ago" in page.text("all")
    form = next(form for form in page.forms if form.action.startswith("/user/sessions"))
    name, value = form.buttons["Sign out"]
    answer = visitor.send("POST", form.action, {name: value})
    assert "signed out" in visitor.take(answer, form.action).text("status")
    assert other.open("/user").heading == "Sign in"
    assert visitor.open("/user").heading == "Your account"


def test_Z_007_a_session_of_somebody_else_is_not_found(visitor: PageVisitor) -> None:
    grace = visitor.api.new_user("grace@example.com")
    browser = Browser(visitor.api)
    session_id = browser.start_session(grace["id"])
    answer = visitor.send("POST", "/user/sessions", {"session_id": session_id})
    assert answer.status_code == 422
    assert browser.token()


def test_an_address_is_added_verified_made_primary_and_removed(visitor: PageVisitor, user: Any) -> None:
    page = visitor.go("Add address", email_address="second@example.com")
    assert "Enter the code" in page.text("status")
    assert "unverified" in page.text("all")
    (address,) = [one for one in stored_user(visitor.api, user["id"]).email_addresses if "second" in one.email_address]
    assert "Enter your code" in visitor.go("Verify", code="").problem(f"code-{address.id}")
    wrong = "000000" if read_code(visitor.api, "second@example.com") != "000000" else "000001"
    assert "not the code" in visitor.go("Verify", code=wrong).problem(f"code-{address.id}")
    assert "verified" in visitor.go("Verify", code=read_code(visitor.api, "second@example.com")).text("status")
    assert "primary" in visitor.go("Make primary").text("status")
    assert stored_user(visitor.api, user["id"]).primary_email_address_id == address.id
    assert "removed" in visitor.go("Remove").text("status")
    assert len(stored_user(visitor.api, user["id"]).email_addresses) == 1


def test_an_address_of_somebody_else_is_told_on_its_field(visitor: PageVisitor) -> None:
    visitor.api.new_user("grace@example.com")
    page = visitor.go("Add address", email_address="grace@example.com")
    assert "Another account" in page.problem("email_address")


def test_an_account_is_deleted_by_who_is_sure(visitor: PageVisitor) -> None:
    page = visitor.go("Delete account")
    assert "Tick the box" in page.text("is_sure-note")
    page = visitor.go("Delete account", is_sure="true")
    assert "deleted" in page.text("status")
    assert visitor.api.get("/users") == []
    assert visitor.open("/user").heading == "Sign in"


def test_where_users_may_not_delete_themselves_there_is_no_button(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"delete_self": False}})
    assert "Delete account" not in visitor.open("/user").text("all")
    answer = visitor.send("POST", "/user/delete", {"is_sure": "true"})
    assert answer.status_code == 422
    assert len(visitor.api.get("/users")) == 1


def test_a_stale_sign_in_is_told_to_be_repeated(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"reverification": True}})
    visitor.api.now += 11 * 60_000
    visitor.open("/user")
    page = visitor.go("Set password", new_password=NEW_PASSWORD)
    assert "fresh sign-in" in page.text("alert")


def test_a_user_without_anything_has_a_page(visitor: PageVisitor, user: Any) -> None:
    bare = stored_user(visitor.api, user["id"])
    nobody = type(bare)(
        **{name: getattr(bare, name) for name in bare.__struct_fields__}
        | {"id": "user_bare", "first_name": None, "last_name": None, "username": None}
        | {"primary_email_address_id": None, "email_addresses": (), "external_id": None, "password_digest": None}
    )
    visitor.api.run(insert_user(visitor.api.service.database, nobody))
    page = signed_in(visitor.api, "user_bare").open("/user")
    assert "No address yet" in page.text("all")
    assert "current_password" not in page.inputs


# --------------------------------------------------------------------------------------------- leaving and refusals


def test_a_sign_out_ends_the_session_and_leads_back(visitor: PageVisitor) -> None:
    visitor.open(f"/user{ASKED}")
    assert visitor.leave("Sign out").startswith(f"{APP_ORIGIN}/x?__clerk_db_jwt=")
    assert visitor.open("/user").heading == "Sign in"
    statuses = visitor.api.sql("SELECT DISTINCT status FROM sessions")
    assert statuses == [("removed",)]


def test_a_sign_out_without_an_address_says_so(visitor: PageVisitor) -> None:
    assert "signed out" in visitor.go("Sign out").text("status")


def test_a_sign_out_follows_the_settings(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"display": {"after_sign_out_url": "https://elsewhere.example/bye"}})
    visitor.open("/user")
    assert visitor.leave("Sign out") == "https://elsewhere.example/bye", "no id goes to an origin that isn't allowed"


def test_C_003_a_link_signs_nobody_out(visitor: PageVisitor) -> None:
    assert visitor.open("/sign-out").heading == "Sign out?"
    assert visitor.open("/user").heading == "Your account"


def test_C_001_writes_without_an_origin_are_nobody_s(visitor: PageVisitor) -> None:
    cookies = dict(visitor.cookies)
    answer = visitor.api.send(
        "POST",
        "/user/delete",
        key=None,
        content=b"is_sure=true",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        },
    )
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["location"]
    assert len(visitor.api.get("/users")) == 1


def test_the_refusal_page_names_who_is_signed_in(visitor: PageVisitor) -> None:
    page = visitor.open("/unauthorized")
    assert page.status == 403
    assert EMAIL in page.text("all")
    assert visitor.go("Use another account").heading == "Sign in"
    assert "signed out" in visitor.open("/unauthorized").text("all")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "\u202ename", "{{7*7}}", "' onfocus=alert(1) '", "{% raw %}"]
)
def test_X_001_names_are_text_everywhere(visitor: PageVisitor, user: Any, name: str) -> None:
    visitor.api.patch(f"/users/{user['id']}", {"first_name": name})
    for path in ("/user", "/sign-in", "/unauthorized", "/sign-out"):
        page = visitor.open(path)
        assert "<script>alert" not in page.source
        assert "49" not in page.text("all")
        assert name in page.text("all") or path == "/user"


def test_X_002_links_of_settings_are_http_or_mail(visitor: PageVisitor) -> None:
    for name in ("home_url", "terms_url", "privacy_policy_url"):
        answer = visitor.api.send("PATCH", f"/v1{CONFIG}", json={"display": {name: "javascript:alert(1)"}})
        assert answer.status_code == 422
    mail = visitor.api.send("PATCH", f"/v1{CONFIG}", json={"display": {"support_email": "a@b?bcc=<x>\n"}})
    assert mail.status_code == 422


def test_X_005_https_is_kept(open_another: Callable[..., Api]) -> None:
    api = open_another(public_url="https://auth.example.com")
    answer = api.send("GET", "/sign-in", key=None)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in PageVisitor(open_another()).open("/sign-in").headers


def test_the_stylesheet_and_the_script_are_there(api: Api) -> None:
    for path, kind in (("/hosted/pages.css", "text/css"), ("/hosted/pages.js", "text/javascript")):
        answer = api.send("GET", path, key=None)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "http:" not in answer.text
        assert "url(" not in answer.text
