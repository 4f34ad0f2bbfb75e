"""`<UserProfile/>`: what people change about themselves, and what becomes of their claims and sessions."""

import pytest
from chromium import Tab, Visitor
from places import (
    CODE_FIELD,
    CONTINUE,
    TEST_CODE,
    OpenVisitor,
    Person,
    Site,
    come_back,
    new_email,
    read_fresh_claims,
    sign_in,
    sign_out,
)

NEW_PASSWORD = "another-long-and-quiet-password"
DEVICES = ".cl-profileSectionItemList__activeDevices"


@pytest.fixture
def profile(visitor: Visitor, site: Site, person: Person) -> Tab:
    """The person's own page."""
    return come_back(visitor, site, person, "/user")


def open_security(tab: Tab) -> None:
    tab.click('role=button[name="Security"]')
    tab.wait_for(f"{DEVICES} >> text=This device")


def test_a_new_name_is_in_the_next_token_and_on_the_server(profile: Tab, site: Site) -> None:
    profile.click("text=Update profile")
    profile.fill('input[name="firstName"]', "Augusta")
    profile.click(CONTINUE)
    profile.wait_for("text=Augusta Lovelace")
    assert read_fresh_claims(profile)["fullName"] == "Augusta Lovelace"
    assert profile.fetch_json("/api/claims")[1]["firstName"] == "Augusta Lovelace"


def test_an_added_address_is_verified_and_made_the_primary_one(profile: Tab, site: Site, person: Person) -> None:
    email = new_email()
    profile.click("text=Add email address")
    profile.fill('input[name="emailAddress"]', email)
    profile.click(CONTINUE)
    profile.type_code(CODE_FIELD, TEST_CODE)
    row = f'.cl-profileSectionItem__emailAddresses:has-text("{email}")'
    profile.wait_for(row)
    assert read_fresh_claims(profile)["primaryEmail"] == person.email
    profile.click(f"{row} >> .cl-menuButtonEllipsis")
    profile.click("text=Set as primary")
    profile.wait_for(f"{row} >> text=Primary")
    assert read_fresh_claims(profile)["primaryEmail"] == email


def test_a_wrong_code_adds_no_address(profile: Tab, site: Site, person: Person) -> None:
    profile.click("text=Add email address")
    profile.fill('input[name="emailAddress"]', new_email())
    profile.click(CONTINUE)
    profile.type_code(CODE_FIELD, "000000")
    profile.wait_for(".cl-otpCodeFieldErrorText")
    statuses = profile.evaluate("Clerk.user.emailAddresses.map(({verification}) => verification.status)")
    assert statuses.count("verified") == 1


def test_a_changed_password_signs_in_and_the_old_one_no_more(
    visitor: Visitor, profile: Tab, site: Site, person: Person
) -> None:
    open_security(profile)
    profile.click("text=Update password")
    profile.fill('input[name="currentPassword"]', "not-the-password")
    profile.fill('input[name="newPassword"]', NEW_PASSWORD)
    profile.fill('input[name="confirmPassword"]', NEW_PASSWORD)
    profile.wait_for("text=Passwords match")  # what the form says of them moves its button
    profile.click(CONTINUE)
    profile.wait_for(".cl-formFieldErrorText__currentPassword")
    profile.fill('input[name="currentPassword"]', person.password)
    profile.click(CONTINUE)
    profile.wait_for('input[name="currentPassword"]', "detached")
    old = site.backend.post(f"/users/{person.id}/verify_password", json={"password": person.password})
    assert old.status_code == 422, old.text
    profile.goto(f"{site.url}/client")
    sign_out(visitor, profile)
    sign_in(visitor, site, person._replace(password=NEW_PASSWORD))


def test_another_device_is_listed_and_signed_out(
    profile: Tab, open_visitor: OpenVisitor, site: Site, person: Person
) -> None:
    other = come_back(open_visitor(), site, person)
    open_security(profile)
    profile.click(f"{DEVICES} >> .cl-menuButtonEllipsis")
    profile.click("text=Sign out of device")
    profile.wait_for(f"{DEVICES} >> .cl-menuButtonEllipsis", "detached")
    other.evaluate("Clerk.session.getToken({skipCache: true}).catch(() => null)")
    other.wait_until("!window.Clerk.session")
    assert profile.evaluate("Clerk.session.status") == "active"


def test_a_deleted_account_is_signed_out_and_gone(profile: Tab, site: Site, person: Person) -> None:
    open_security(profile)
    profile.click('role=button[name="Delete account"]')
    profile.fill('input[name="deleteConfirmation"]', "Delete account")
    profile.click(CONTINUE)
    profile.wait_until("!window.Clerk.session")
    assert site.backend.get(f"/users/{person.id}").status_code == 404
    profile.wait_until("location.pathname === '/'")
    assert profile.fetch_json("/api/auth")[1]["isAuthenticated"] is False
