"""Signing in and out, as people do it: by the form."""

from chromium import Visitor
from places import (
    CODE_FIELD,
    CONTINUE,
    IDENTIFIER,
    PASSWORD_FIELD,
    TEST_CODE,
    OpenVisitor,
    Person,
    Site,
    give_identifier,
    give_password,
    open_sign_in,
    read_claims,
    sign_in,
    sign_out,
    wait_for_session,
)

NEW_PASSWORD = "another-long-and-quiet-password"


def test_a_wrong_password_is_shown_on_its_field(visitor: Visitor, site: Site, person: Person) -> None:
    tab = open_sign_in(visitor, site)
    give_identifier(tab, person.email)
    give_password(tab, "not-the-password")
    tab.wait_for(".cl-formFieldErrorText__password")
    assert "assword" in tab.text(".cl-formFieldErrorText__password")
    assert visitor.requests("/attempt_first_factor")[-1].status == 422
    give_password(tab, person.password)
    tab.wait_for_url(f"{site.url}/client")


def test_an_unknown_address_is_shown_on_its_field(visitor: Visitor, site: Site) -> None:
    tab = open_sign_in(visitor, site)
    give_identifier(tab, "nobody+clerk_test@example.com")
    tab.wait_for(".cl-formFieldErrorText__identifier")


def test_signing_in_shows_the_name_in_the_browser_and_on_the_server(
    visitor: Visitor, site: Site, person: Person
) -> None:
    tab = sign_in(visitor, site, person)
    tab.wait_for("#name")
    assert tab.text("#name") == "Ada Lovelace"
    tab.goto(f"{site.url}/token")
    assert "Ada Lovelace" in tab.text('[data-claim="fullName"]')
    tab.goto(site.url)
    assert tab.text("h1") == "Welcome, Ada Lovelace"


def test_both_endpoints_of_the_seed_return_the_claims(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    expected = {"firstName": "Ada Lovelace", "primaryEmail": person.email}
    assert tab.fetch_json("/api/claims") == (200, expected), "the App Router's route handler"
    assert tab.fetch_json("/api/example") == (200, expected), "the Pages Router's handler"


def test_the_application_sees_the_session_that_the_browser_has(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    _, told = tab.fetch_json("/api/auth")
    claims = read_claims(tab)
    assert (told["userId"], told["sessionId"]) == (person.id, claims["sid"])
    assert claims["azp"] == site.url
    assert claims["iss"].endswith(".clerk.accounts.dev")


def test_a_second_tab_is_signed_in(visitor: Visitor, site: Site, person: Person) -> None:
    first = sign_in(visitor, site, person)
    second = visitor.open_tab(f"{site.url}/client")
    second.wait_for("#session")
    first.wait_for("#session")
    assert second.text("#session") == first.text("#session")


def test_a_sign_out_in_one_tab_reaches_the_other(visitor: Visitor, site: Site, person: Person) -> None:
    first = sign_in(visitor, site, person)
    second = visitor.open_tab(f"{site.url}/client")
    second.wait_for("#session")
    sign_out(visitor, first)
    second.wait_until("!window.Clerk.session")


def test_another_browser_is_not_signed_in(
    visitor: Visitor, open_visitor: OpenVisitor, site: Site, person: Person
) -> None:
    sign_in(visitor, site, person)
    stranger = open_visitor().open_tab(site.url)
    assert stranger.fetch_json("/api/auth")[1]["isAuthenticated"] is False


def test_signing_out_clears_every_cookie_of_the_session(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    assert [name for name in visitor.cookies() if name.startswith("__session")] != []
    sign_out(visitor, tab)
    left = {cookie["value"] for name, cookie in visitor.cookies().items() if name.startswith("__client_uat")}
    assert left == {"0"}
    assert tab.fetch_json("/api/auth")[1]["isAuthenticated"] is False


def test_a_session_that_was_signed_out_never_mints_again(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    session_id = read_claims(tab)["sid"]
    sign_out(visitor, tab)
    refused = site.backend.post(f"/sessions/{session_id}/tokens")
    assert 400 <= refused.status_code < 500
    assert "jwt" not in refused.json()


def test_a_revoked_session_signs_the_browser_out(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    session_id = read_claims(tab)["sid"]
    assert site.backend.post(f"/sessions/{session_id}/revoke").status_code == 200
    tab.evaluate("window.Clerk.session.getToken({skipCache: true}).catch(() => null)")
    tab.wait_until("!window.Clerk.session")


def test_a_forgotten_password_is_reset_by_a_code(visitor: Visitor, site: Site, person: Person) -> None:
    tab = open_sign_in(visitor, site)
    give_identifier(tab, person.email)
    tab.wait_for_url("**/factor-one**")
    tab.click("text=Forgot password?")
    tab.click("text=Reset your password")
    tab.type_code(CODE_FIELD, TEST_CODE)
    tab.wait_for('input[name="confirmPassword"]')
    tab.fill(PASSWORD_FIELD, NEW_PASSWORD)
    tab.fill('input[name="confirmPassword"]', NEW_PASSWORD)
    tab.wait_for("text=Passwords match")  # what the form says of them moves its button
    tab.click(CONTINUE)
    tab.wait_for_url(f"{site.url}/client")
    wait_for_session(tab)
    sign_out(visitor, tab)
    with_new = person._replace(password=NEW_PASSWORD)
    assert read_claims(sign_in(visitor, site, with_new))["sub"] == person.id


def test_a_code_by_mail_signs_in(visitor: Visitor, site: Site, person: Person) -> None:
    tab = open_sign_in(visitor, site)
    give_identifier(tab, person.email)
    tab.wait_for_url("**/factor-one**")
    tab.click("text=Use another method")
    tab.click("text=Email code to")
    tab.type_code(CODE_FIELD, TEST_CODE)
    tab.wait_for_url(f"{site.url}/client")
    wait_for_session(tab)
    assert read_claims(tab)["sub"] == person.id


def test_a_wrong_code_is_refused(visitor: Visitor, site: Site, person: Person) -> None:
    tab = open_sign_in(visitor, site)
    give_identifier(tab, person.email)
    tab.wait_for_url("**/factor-one**")
    tab.click("text=Use another method")
    tab.click("text=Email code to")
    tab.type_code(CODE_FIELD, "000000")
    tab.wait_for(".cl-otpCodeFieldErrorText")
    assert visitor.requests("/attempt_first_factor")[-1].status == 422
    assert tab.evaluate("window.Clerk.session") is None


def test_the_form_is_not_shown_to_who_is_signed_in(visitor: Visitor, site: Site, person: Person) -> None:
    sign_in(visitor, site, person)
    again = visitor.open_tab(f"{site.url}/sign-in")
    again.wait_until(f"location.pathname !== '/sign-in' || !document.querySelector('{IDENTIFIER}')")
