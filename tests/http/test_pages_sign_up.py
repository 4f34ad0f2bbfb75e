"""The hosted sign-up page without JavaScript (contract 4.13)."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from browser import APP_ORIGIN, Browser, read_code
from faces import CONFIG, Api
from page_visitor import PageVisitor
from signing_up import EMAIL, PASSWORD, TEST_CODE, TEST_EMAIL, invite, list_users

ASKED = f"?redirect_url={quote(f'{APP_ORIGIN}/start', safe='')}"


@pytest.fixture
def visitor(api: Api) -> PageVisitor:
    """A browser at the pages of an instance without users."""
    return PageVisitor(api)


def fill(visitor: PageVisitor, email: str = EMAIL, **more: str) -> dict[str, str]:
    visitor.open(f"/sign-up{ASKED}")
    return {"email_address": email, "password": PASSWORD, **more}


def test_an_address_a_password_and_a_code_make_a_user(visitor: PageVisitor) -> None:
    page = visitor.go("Sign up", **fill(visitor, first_name="Mary", last_name="Somerville"))
    assert urlsplit(visitor.at).path == "/sign-up/verify"
    assert EMAIL in page.text("all")
    assert list_users(visitor.api, EMAIL) == []
    target = visitor.leave("Sign up", code=read_code(visitor.api, EMAIL))
    assert target.startswith(f"{APP_ORIGIN}/start?__clerk_db_jwt=")
    (user,) = list_users(visitor.api, EMAIL)
    assert (user["first_name"], user["last_name"]) == ("Mary", "Somerville")
    application = Browser(visitor.api, cookies_only=True)
    application.dev_browser = target.partition("__clerk_db_jwt=")[2]
    application.get("/client")
    assert application.session["user"]["id"] == user["id"]


def test_a_test_address_is_told_its_code(visitor: PageVisitor) -> None:
    assert TEST_CODE in visitor.go("Sign up", **fill(visitor, TEST_EMAIL)).text("code-note")


def test_a_wrong_code_is_told_and_a_new_one_can_be_sent(visitor: PageVisitor) -> None:
    visitor.go("Sign up", **fill(visitor))
    wrong = "000000" if read_code(visitor.api, EMAIL) != "000000" else "000001"
    assert "not the code" in visitor.go("Sign up", code=wrong).problem("code")
    visitor.api.now += 31_000
    assert "was sent" in visitor.go("Send a new code").text("status")
    visitor.leave("Sign up", code=read_code(visitor.api, EMAIL))


def test_a_taken_address_is_told_on_its_field_and_the_rest_is_kept(visitor: PageVisitor) -> None:
    visitor.api.new_user(EMAIL)
    page = visitor.go("Sign up", **fill(visitor, first_name="Mary"))
    assert "Another account has this e-mail address" in page.problem("email_address")
    assert page.forms[0].values["first_name"] == "Mary"
    assert PASSWORD not in page.source


@pytest.mark.parametrize(
    ("fields", "wrong", "told"),
    [
        ({"password": "short"}, "password", "at least 8"),
        ({"email_address": "no address"}, "email_address", "whole e-mail address"),
        ({"email_address": ""}, "email_address", "Enter your e-mail address"),
        ({"password": ""}, "password", "Enter your password"),
    ],
)
def test_each_problem_is_told_on_its_field(visitor: PageVisitor, fields: dict[str, str], wrong: str, told: str) -> None:
    assert told in visitor.go("Sign up", **(fill(visitor) | fields)).problem(wrong)


def test_fields_follow_the_settings(visitor: PageVisitor) -> None:
    shown = {"username": "required", "first_name": "off", "last_name": "required"}
    visitor.api.patch(CONFIG, {"authentication": shown})
    page = visitor.open("/sign-up")
    assert list(page.inputs) == ["last_name", "username", "email_address", "password"]
    assert all("required" in entry for entry in page.inputs.values())


def test_no_code_is_asked_for_where_none_is_needed(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    assert visitor.leave("Sign up", **fill(visitor)).startswith(APP_ORIGIN)


def test_A_032_by_invitation_only_the_page_says_so(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"sign_up_mode": "restricted"}})
    page = visitor.open("/sign-up")
    assert not page.forms
    assert "Only who was invited" in page.text("all")
    assert "Sign up" not in visitor.open("/sign-in").links


def test_A_032_a_ticket_opens_the_page_and_names_the_address(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"sign_up_mode": "restricted"}})
    organization_id, ticket = invite(visitor.api, EMAIL)
    page = visitor.open(f"/sign-up{ASKED}&__clerk_ticket={ticket}")
    assert page.heading == "Sign up to join Royal Society"
    assert EMAIL in page.text("all")
    assert "email_address" not in page.inputs
    visitor.leave("Sign up", password=PASSWORD)
    (user,) = list_users(visitor.api, EMAIL)
    members = visitor.api.get(f"/organizations/{organization_id}/memberships")["data"]
    assert [one["public_user_data"]["user_id"] for one in members] == [user["id"]]


def test_a_ticket_of_nobody_is_told(visitor: PageVisitor) -> None:
    assert "link" in visitor.open("/sign-up?__clerk_ticket=nothing").text("alert")


def test_the_code_page_without_an_attempt_starts_again(visitor: PageVisitor) -> None:
    assert visitor.open("/sign-up/verify").heading == "Sign up"


def test_who_is_signed_in_is_asked(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    visitor.press("Sign up", **fill(visitor))
    assert visitor.open("/sign-up").heading == "You are signed in"


def test_X_001_names_are_text(visitor: PageVisitor) -> None:
    name = "<img src=x onerror=alert(1)>{{7*7}}"
    page = visitor.go("Sign up", **(fill(visitor, first_name=name) | {"password": "short"}))
    assert page.forms[0].values["first_name"] == name
    assert "<img" not in page.source


def test_live_instances_show_no_sign_of_development(open_another: Callable[..., Api], visitor: PageVisitor) -> None:
    from browser import open_live

    assert "development" in visitor.open("/sign-up").text("all")
    live = PageVisitor(open_live(open_another))
    assert "development" not in live.open("/sign-up").text("all")
