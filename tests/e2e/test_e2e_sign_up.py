"""Signing up with an address, a password and the code that was sent."""

from chromium import Tab, Visitor
from places import CODE_FIELD, CONTINUE, PASSWORD, TEST_CODE, Person, Site, new_email, read_claims, wait_for_session

ADDRESS = 'input[name="emailAddress"]'


def fill_form(visitor: Visitor, site: Site, email: str) -> Tab:
    tab = visitor.open_tab(f"{site.url}/sign-up")
    tab.wait_for(ADDRESS)
    tab.fill(ADDRESS, email)
    tab.fill('input[name="password"]', PASSWORD)
    tab.click(CONTINUE)
    return tab


def test_a_sign_up_with_a_code_makes_a_user_and_signs_in(visitor: Visitor, site: Site) -> None:
    email = new_email()
    tab = fill_form(visitor, site, email)
    tab.wait_for_url("**/verify-email-address**")
    tab.type_code(CODE_FIELD, TEST_CODE)
    tab.wait_for_url(f"{site.url}/")
    wait_for_session(tab)
    claims = read_claims(tab)
    assert claims["primaryEmail"] == email
    assert claims["fullName"] is None, "the form asks for no name unless one is required"
    user = site.backend.get(f"/users/{claims['sub']}").json()
    assert user["email_addresses"][0]["verification"]["status"] == "verified"
    assert tab.fetch_json("/api/claims")[1] == {"firstName": None, "primaryEmail": email}


def test_a_wrong_code_makes_no_user(visitor: Visitor, site: Site) -> None:
    email = new_email()
    tab = fill_form(visitor, site, email)
    tab.wait_for_url("**/verify-email-address**")
    tab.type_code(CODE_FIELD, "000000")
    tab.wait_for(".cl-otpCodeFieldErrorText")
    assert site.backend.get("/users", params={"email_address": email}).json() == []


def test_a_taken_address_is_shown_on_its_field(visitor: Visitor, site: Site, person: Person) -> None:
    tab = fill_form(visitor, site, person.email)
    tab.wait_for(".cl-formFieldErrorText__emailAddress")
