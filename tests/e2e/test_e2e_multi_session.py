"""Several accounts in one browser, and which of them is active."""

from collections.abc import Iterator

import pytest
from chromium import Tab, Visitor
from places import CONTINUE, IDENTIFIER, PASSWORD_FIELD, Person, Site, give_identifier, read_claims, sign_in

CARD = ".cl-userButtonPopoverCard"


@pytest.fixture
def shared_site(other_site: Site) -> Iterator[Site]:
    """The second application, whose browsers hold several sessions."""
    with other_site.changed_settings("session", single_session_mode=False):
        yield other_site


def open_accounts(tab: Tab) -> None:
    tab.click(".cl-userButtonTrigger")
    tab.wait_for(CARD)


def wait_for_user(tab: Tab, person: Person) -> None:
    tab.wait_until(f"window.Clerk?.user?.id === '{person.id}'")


def test_accounts_are_added_switched_and_signed_out_one_by_one(visitor: Visitor, shared_site: Site) -> None:
    ada, mary = shared_site.new_person(), shared_site.new_person(first_name="Mary", last_name="Somerville")
    tab = sign_in(visitor, shared_site, ada)

    open_accounts(tab)
    tab.click("text=Add account")
    tab.wait_for(IDENTIFIER)
    give_identifier(tab, mary.email)
    tab.wait_for_url("**/factor-one**")
    tab.fill(PASSWORD_FIELD, mary.password)
    tab.click(CONTINUE)
    wait_for_user(tab, mary)
    tab.wait_for("text=Welcome, Mary Somerville")
    assert read_claims(tab)["sub"] == mary.id

    open_accounts(tab)
    tab.click(f"{CARD} >> text=Ada Lovelace")
    wait_for_user(tab, ada)
    tab.wait_for("text=Welcome, Ada Lovelace")
    assert tab.fetch_json("/api/auth")[1]["userId"] == ada.id

    open_accounts(tab)
    tab.click(f'{CARD} >> text="Sign out"')
    tab.wait_for_url("**/sign-in/choose")
    tab.click("text=Mary Somerville")
    wait_for_user(tab, mary)
    assert tab.evaluate("Clerk.client.signedInSessions.length") == 1
    assert read_claims(tab)["sub"] == mary.id


def test_an_account_that_is_there_is_switched_to_instead_of_signed_in_twice(
    visitor: Visitor, shared_site: Site
) -> None:
    ada, mary = shared_site.new_person(), shared_site.new_person(first_name="Mary", last_name="Somerville")
    sign_in(visitor, shared_site, ada)
    tab = sign_in(visitor, shared_site, mary)
    tab.goto(f"{shared_site.url}/sign-in")
    tab.wait_for(IDENTIFIER)
    give_identifier(tab, ada.email)
    wait_for_user(tab, ada)
    assert tab.evaluate("Clerk.client.signedInSessions.length") == 2
