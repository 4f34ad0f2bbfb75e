"""The hosted sign-in page without JavaScript: passwords, codes, resets, and the way back (contract 4.13)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest
from browser import APP_ORIGIN, LIVE_ORIGIN, Browser, open_live, read_code
from faces import CONFIG, Api, Tenant
from page_visitor import PageVisitor
from signing_in import EMAIL, PASSWORD, change_user, give_ticket, stored_user
from signing_up import invite

from claimsmith_server.clock import system_clock
from claimsmith_server.services.passwords import PasswordPool

NAUGHTY = Path(__file__).parents[3] / "shared" / "security" / "data" / "blns" / "blns.json"
APP_PAGE = f"{APP_ORIGIN}/account?tab=1"
ASKED = f"?redirect_url={quote(APP_PAGE, safe='')}"


@pytest.fixture(scope="session")
def digest(runner: asyncio.Runner) -> str:
    """The password's digest, made once: hashing costs these tests more than all else."""
    pool = PasswordPool(system_clock())
    made = runner.run(pool.hash(PASSWORD))
    pool.close()
    return made.partition("}")[2]


@pytest.fixture
def visitor(api: Api, digest: str) -> PageVisitor:
    """A browser at the pages of an instance with one user."""
    api.new_user(EMAIL, password_digest=digest, password_hasher="argon2id")
    return PageVisitor(api)


def dev_browser_of(url: str) -> str:
    (found,) = parse_qs(urlsplit(url).query)["__clerk_db_jwt"]
    return found


def open_application(api: Api, url: str) -> Browser:
    """The application's own browser, by the id that it was handed."""
    browser = Browser(api, cookies_only=True)
    browser.dev_browser = dev_browser_of(url)
    browser.get("/client")
    return browser


def sign_in(visitor: PageVisitor, query: str = "", email: str = EMAIL, password: str = PASSWORD) -> None:
    visitor.open(f"/sign-in{query}")
    visitor.press("Sign in", identifier=email, password=password)


# ---------------------------------------------------------------------------------------------------- the way back


def test_a_password_signs_in_and_the_application_is_handed_the_browser(visitor: PageVisitor) -> None:
    sign_in(visitor, ASKED)
    assert visitor.at.startswith(f"{APP_ORIGIN}/account?tab=1&__clerk_db_jwt=")
    application = open_application(visitor.api, visitor.at)
    assert application.session["user"]["email_addresses"][0]["email_address"] == EMAIL
    assert application.token()


def test_without_an_address_the_account_page_follows(visitor: PageVisitor) -> None:
    sign_in(visitor)
    assert urlsplit(visitor.at).path == "/user"
    assert "__clerk_db_jwt" not in visitor.at


def test_settings_say_where_to_go_when_the_application_does_not(visitor: PageVisitor) -> None:
    visitor.api.patch(CONFIG, {"display": {"home_url": f"{APP_ORIGIN}/home"}})
    sign_in(visitor)
    assert visitor.at.startswith(f"{APP_ORIGIN}/home?")
    visitor.api.patch(CONFIG, {"display": {"after_sign_in_url": f"{APP_ORIGIN}/inside"}})
    visitor.open("/sign-in")
    assert visitor.leave("Continue").startswith(f"{APP_ORIGIN}/inside?")


@pytest.mark.parametrize("name", ["sign_in_force_redirect_url", "sign_in_fallback_redirect_url"])
def test_the_addresses_of_clerk_js_are_known(visitor: PageVisitor, name: str) -> None:
    sign_in(visitor, f"?{name}={quote(APP_PAGE, safe='')}")
    assert visitor.at.startswith(f"{APP_ORIGIN}/account")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost@evil.example/",
    ],
)
def test_S_008_X_002_an_address_of_somebody_else_is_told_and_never_followed(visitor: PageVisitor, target: str) -> None:
    page = visitor.open(f"/sign-in?redirect_url={quote(target, safe='')}")
    assert "not one of this application's" in page.text("note")
    assert "evil" not in page.source
    assert "javascript:" not in page.source
    visitor.press("Sign in", identifier=EMAIL, password=PASSWORD)
    assert urlsplit(visitor.at).path == "/user"


def test_C_008_hosts_that_a_request_names_change_no_link(visitor: PageVisitor) -> None:
    answer = visitor.send("GET", f"/sign-in{ASKED}", **{"X-Forwarded-Host": "evil.example", "Host": "evil.example"})
    assert "evil" not in answer.text


def test_the_id_of_the_application_is_handed_back_when_it_is_this_browser(visitor: PageVisitor) -> None:
    sign_in(visitor, ASKED)
    own = dev_browser_of(visitor.at)
    visitor.open(f"/sign-in{ASKED}&__clerk_db_jwt={own}")
    assert dev_browser_of(visitor.leave("Continue")) == own


def test_S_001_an_id_that_somebody_else_made_is_not_signed_in(visitor: PageVisitor) -> None:
    """Idle ids and ids with a client alike: who wrote the link would have the session."""
    idle, bound = Browser(visitor.api), Browser(visitor.api)
    bound.post("/client")
    for brought in (idle, bound):
        person = PageVisitor(visitor.api)
        sign_in(person, f"{ASKED}&__clerk_db_jwt={brought.dev_browser}")
        assert dev_browser_of(person.at) != brought.dev_browser
        client = brought.get("/client")
        assert client is None or client["sessions"] == []


def test_an_unknown_id_does_no_harm(visitor: PageVisitor) -> None:
    sign_in(visitor, f"{ASKED}&__clerk_db_jwt=nobody")
    assert open_application(visitor.api, visitor.at).session


def test_live_keys_need_no_id_and_tell_the_browser_by_cookie(open_another: Callable[..., Api]) -> None:
    live = open_live(open_another)
    live.new_user(EMAIL, password=PASSWORD)
    visitor = PageVisitor(live)
    sign_in(visitor, f"?redirect_url={quote(LIVE_ORIGIN, safe='')}%2Fx&__clerk_db_jwt=abc")
    assert visitor.at == f"{LIVE_ORIGIN}/x"
    assert "__client" in visitor.cookies
    assert int(visitor.cookies["__client_uat"]) > 0


# -------------------------------------------------------------------------------------------------------- passwords


def test_a_wrong_password_is_told_on_its_field_and_not_kept(visitor: PageVisitor) -> None:
    visitor.open(f"/sign-in{ASKED}")
    page = visitor.go("Sign in", identifier=EMAIL, password="not-the-password")
    assert page.status == 422
    assert "not the account's password" in page.problem("password")
    assert page.title.startswith("Error: ")
    assert page.forms[0].values == {"identifier": EMAIL, "password": ""}
    assert "not-the-password" not in page.source
    assert visitor.leave("Sign in", password=PASSWORD).startswith(APP_ORIGIN)


def test_an_unknown_address_is_told_on_its_field(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    page = visitor.go("Sign in", identifier="nobody@example.com", password=PASSWORD)
    assert "No account is known" in page.problem("identifier")


@pytest.mark.parametrize(("fields", "wrong"), [({}, "identifier"), ({"identifier": EMAIL}, "password")])
def test_what_is_missing_is_told_on_its_field(visitor: PageVisitor, fields: dict[str, str], wrong: str) -> None:
    visitor.open("/sign-in")
    assert "Enter " in visitor.go("Sign in", **fields).problem(wrong)


def test_a_locked_and_a_banned_user_are_told_so(visitor: PageVisitor) -> None:
    user_id = visitor.api.get("/users")[0]["id"]
    visitor.open("/sign-in")
    change_user(visitor.api, user_id, lockout_expires_at=visitor.api.now + 20 * 60_000)
    assert "Try again in 20 minutes" in visitor.go("Sign in", identifier=EMAIL, password=PASSWORD).text("alert")
    change_user(visitor.api, user_id, lockout_expires_at=None, banned=True)
    assert "may not sign in" in visitor.go("Sign in", identifier=EMAIL, password=PASSWORD).text("alert")


def test_too_many_tries_are_told(open_another: Callable[..., Api]) -> None:
    api = open_another(attempt_rate_limit=1)
    visitor = PageVisitor(api, address="10.9.9.9")
    visitor.open("/sign-in")
    visitor.go("Sign in", identifier=EMAIL, password="x")
    assert "Too many tries" in visitor.go("Sign in", identifier=EMAIL, password="x").text("alert")


def test_X_001_X_003_what_was_typed_comes_back_as_text(visitor: PageVisitor) -> None:
    typed = '"><script>alert(1)</script>@x'
    visitor.open("/sign-in")
    page = visitor.go("Sign in", identifier=typed, password=PASSWORD)
    assert page.forms[0].values["identifier"] == typed
    assert "<script>alert" not in page.source


def test_X_001_naughty_strings_come_back_as_text(visitor: PageVisitor) -> None:
    if not NAUGHTY.exists():
        pytest.skip("the list of naughty strings is not beside this repository")
    strings = [text for text in msgspec.json.decode(NAUGHTY.read_bytes(), type=list[str]) if "\x00" not in text]
    visitor.open("/sign-in")
    assert visitor.page
    assets = [line for line in visitor.page.source.splitlines() if "<script" in line]
    for start in range(0, len(strings), 40):
        typed = " ".join(strings[start : start + 40]).replace("\r", "")
        page = visitor.go("Sign in", identifier=typed, password=PASSWORD)
        assert page.forms[0].values["identifier"] == typed
        assert [line for line in page.source.splitlines() if "<script" in line] == assets
    assert len(strings) > 400


# ------------------------------------------------------------------------------------------------------------ codes


def test_a_code_signs_in(visitor: PageVisitor) -> None:
    visitor.open(f"/sign-in{ASKED}")
    page = visitor.go("Send me a code instead", identifier=EMAIL)
    assert urlsplit(visitor.at).path == "/sign-in/code"
    assert EMAIL in page.text("all")
    entry = page.inputs["code"]
    assert (entry["inputmode"], entry["autocomplete"]) == ("numeric", "one-time-code")
    code = read_code(visitor.api, EMAIL)
    assert visitor.leave("Sign in", code=f" {code[:3]} {code[3:]}").startswith(APP_ORIGIN)


def test_a_wrong_code_is_told_on_its_field_and_a_new_one_can_be_sent(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    visitor.go("Send me a code instead", identifier=EMAIL)
    first = read_code(visitor.api, EMAIL)
    wrong = "000000" if first != "000000" else "000001"
    assert "not the code" in visitor.go("Sign in", code=wrong).problem("code")
    assert "Enter your code" in visitor.go("Sign in", code="").problem("code")
    visitor.api.now += 31_000
    assert "A code was sent" in visitor.go("Send a new code").text("status")
    visitor.go("Sign in", code=read_code(visitor.api, EMAIL))
    assert urlsplit(visitor.at).path == "/user"


def test_an_expired_code_is_told(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    visitor.go("Send me a code instead", identifier=EMAIL)
    visitor.api.now += 11 * 60_000
    assert "expired" in visitor.go("Sign in", code=read_code(visitor.api, EMAIL)).text("all")


def test_a_test_address_is_told_its_code(visitor: PageVisitor) -> None:
    visitor.api.new_user("test+clerk_test@example.com")
    visitor.open("/sign-in")
    page = visitor.go("Send me a code instead", identifier="test+clerk_test@example.com")
    assert "424242" in page.text("code-note")


def test_the_code_page_without_an_attempt_starts_again(visitor: PageVisitor) -> None:
    assert visitor.open("/sign-in/code").heading == "Sign in"
    visitor.send("POST", "/sign-in/code", {"code": "1"})


def test_an_instance_without_passwords_asks_for_none(api: Api) -> None:
    api.new_user(EMAIL)
    api.patch(CONFIG, {"authentication": {"password": "off"}})
    visitor = PageVisitor(api)
    page = visitor.open("/sign-in")
    assert "password" not in page.inputs
    visitor.go("Send me a code", identifier=EMAIL)
    visitor.go("Sign in", code=read_code(api, EMAIL))
    assert urlsplit(visitor.at).path == "/user"


# ----------------------------------------------------------------------------------------------------------- resets


def test_a_forgotten_password_is_replaced(visitor: PageVisitor) -> None:
    visitor.open(f"/sign-in{ASKED}")
    assert visitor.go("Forgot your password?").heading == "Reset your password"
    visitor.go("Send me a code", identifier=EMAIL)
    page = visitor.go("Go on", code=read_code(visitor.api, EMAIL))
    assert page.heading == "Choose a new password"
    assert "at least 8" in visitor.go("Save password", password="short").problem("password")
    assert visitor.leave("Save password", password="another quiet horse").startswith(APP_ORIGIN)
    other = PageVisitor(visitor.api)
    sign_in(other, password="another quiet horse")
    assert urlsplit(other.at).path == "/user"


def test_forgot_your_password_takes_the_address_along(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    page = visitor.go("Forgot your password?", identifier=EMAIL)
    assert EMAIL in page.text("all")
    assert read_code(visitor.api, EMAIL)


def test_a_reset_for_nobody_is_told_on_its_field(visitor: PageVisitor) -> None:
    visitor.open("/sign-in/reset-password")
    assert "No account is known" in visitor.go("Send me a code", identifier="nobody@example.com").problem("identifier")


# ------------------------------------------------------------------------------------------------- signed in already


def test_who_is_signed_in_is_asked_and_led_on(visitor: PageVisitor) -> None:
    sign_in(visitor)
    page = visitor.open(f"/sign-in{ASKED}")
    assert page.heading == "You are signed in"
    assert "Ada Lovelace" in page.text("all")
    assert open_application(visitor.api, visitor.leave("Continue")).session


def test_a_sign_in_from_a_page_that_is_out_of_date_shows_who_is_signed_in(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    old = visitor.page
    sign_in(visitor)
    visitor.page = old
    assert visitor.go("Sign in", identifier=EMAIL, password=PASSWORD).heading == "You are signed in"


def test_several_accounts_where_the_instance_allows_them(visitor: PageVisitor) -> None:
    visitor.api.new_user("grace@example.com", password=PASSWORD)
    visitor.api.patch(CONFIG, {"session": {"single_session_mode": False}})
    sign_in(visitor)
    page = visitor.open("/sign-in")
    visitor.open(page.links["Add another account"])
    visitor.press("Sign in", identifier="grace@example.com", password=PASSWORD)
    assert "grace@example.com" in visitor.open("/user").text("all")


def test_S_028_a_cookie_of_nobody_is_cleared(visitor: PageVisitor) -> None:
    sign_in(visitor)
    (name,) = [name for name in visitor.cookies if name.startswith("__client_")]
    visitor.cookies[name] = "of-another-time"
    assert visitor.open("/sign-in").heading == "Sign in"
    assert name not in visitor.cookies


def test_the_client_token_is_another_one_after_a_sign_in(visitor: PageVisitor) -> None:
    visitor.open("/sign-in")
    visitor.go("Send me a code instead", identifier=EMAIL)
    before = dict(visitor.cookies)
    visitor.go("Sign in", code=read_code(visitor.api, EMAIL))
    assert before
    assert all(visitor.cookies[name] != value for name, value in before.items())


# --------------------------------------------------------------------------------------------------------- tickets


def test_a_ticket_is_spent_by_a_button_and_not_by_its_link(visitor: PageVisitor) -> None:
    user_id = visitor.api.get("/users")[0]["id"]
    ticket = give_ticket(visitor.api, user_id)
    for _ in range(3):  # mail programs open links, too
        page = visitor.open(f"/sign-in{ASKED}&__clerk_ticket={ticket}")
    assert "Ada Lovelace" in page.text("all")
    assert open_application(visitor.api, visitor.leave("Continue as Ada Lovelace")).session
    page = PageVisitor(visitor.api).open(f"/sign-in?__clerk_ticket={ticket}")
    assert page.status == 400
    assert "used already" in page.text("alert")


def test_a_ticket_of_somebody_else_signs_out_who_was_there(visitor: PageVisitor) -> None:
    other = visitor.api.new_user("grace@example.com", first_name="Grace", last_name="Hopper")
    sign_in(visitor)
    page = visitor.open(f"/sign-in?__clerk_ticket={give_ticket(visitor.api, other['id'])}")
    assert "will be signed out" in page.text("note")
    visitor.go("Continue as Grace Hopper")
    page = visitor.open("/user")
    assert "Grace Hopper" in page.text("all")
    assert len(visitor.api.sql("SELECT id FROM sessions WHERE status = 'active'")) == 1


def test_an_actor_s_ticket_says_that_it_acts(visitor: PageVisitor) -> None:
    user_id = visitor.api.get("/users")[0]["id"]
    ticket = give_ticket(visitor.api, user_id, "actor", actor={"sub": "user_support"})
    assert visitor.open(f"/sign-in?__clerk_ticket={ticket}").heading == "Act as this user"
    page = visitor.go("Continue as Ada Lovelace")
    assert "user_support" in page.text("note")
    page = visitor.go("Change password", current_password=PASSWORD, new_password="another quiet horse")
    assert "may not change what guards" in page.text("alert")


def test_an_invited_user_joins_by_one_button(visitor: PageVisitor) -> None:
    """The ticket proves the address, so that it signs in, too."""
    organization_id, ticket = invite(visitor.api, EMAIL)
    assert visitor.open(f"/sign-in{ASKED}&__clerk_ticket={ticket}").heading == "Join Royal Society"
    application = open_application(visitor.api, visitor.leave("Join as Ada Lovelace"))
    assert joined(application) == [organization_id]


def test_an_invited_user_who_is_signed_in_keeps_the_session(visitor: PageVisitor) -> None:
    organization_id, ticket = invite(visitor.api, EMAIL)
    sign_in(visitor)
    before = dict(visitor.cookies)
    visitor.open(f"/sign-in{ASKED}&__clerk_ticket={ticket}")
    application = open_application(visitor.api, visitor.leave("Join as Ada Lovelace"))
    assert joined(application) == [organization_id]
    assert visitor.cookies == before
    assert visitor.open(f"/sign-in?__clerk_ticket={ticket}").status == 400


def joined(browser: Browser) -> list[str]:
    return [one["organization"]["id"] for one in browser.session["user"]["organization_memberships"]]


# ----------------------------------------------------------------------------------------------------- other origins


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_C_001_a_form_of_another_site_does_nothing(visitor: PageVisitor, origin: str) -> None:
    evil = PageVisitor(visitor.api, origin=origin)
    answer = evil.send("POST", "/sign-in", {"identifier": EMAIL, "password": PASSWORD})
    assert answer.status_code == 403
    assert not evil.cookies
    assert not visitor.api.sql("SELECT id FROM sessions")


def test_C_003_reading_a_page_changes_nothing(visitor: PageVisitor) -> None:
    sign_in(visitor)
    rows = "SELECT id, status, updated_at FROM sessions UNION ALL SELECT id, '', updated_at FROM clients"
    before = visitor.api.sql(rows)
    visitor.api.now += 60_000
    for path in (
        "/sign-in",
        "/sign-up",
        "/user",
        "/sign-out",
        "/unauthorized",
        "/sign-in/code",
        "/sign-in/reset-password",
    ):
        visitor.open(path)
    assert visitor.api.sql(rows) == before
    assert stored_user(visitor.api, visitor.api.get("/users")[0]["id"])


def test_pages_keep_what_failed_inside_readable(visitor: PageVisitor) -> None:
    answer = visitor.send("POST", "/sign-in", {"action": "unheard-of"})
    page = visitor.take(answer, "/sign-in")
    assert 400 <= page.status < 500
    assert "form_param" in page.text("all")


def test_instances_do_not_share_browsers(visitor: PageVisitor) -> None:
    assert isinstance(visitor.api.tenants[1], Tenant)
    sign_in(visitor)
    assert all(name != "__client" for name in visitor.cookies)
