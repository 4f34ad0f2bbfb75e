"""Two applications of two instances on one host name: a browser's cookies are shared, its sessions are not."""

from chromium import Visitor
from places import Site, read_claims, read_fresh_claims, sign_in, wait_for_session


def test_two_instances_do_not_disturb_each_other(visitor: Visitor, site: Site, other_site: Site) -> None:
    ada = site.new_person()
    mary = other_site.new_person(first_name="Mary", last_name="Somerville")
    first = sign_in(visitor, site, ada)
    second = sign_in(visitor, other_site, mary)
    assert read_claims(second)["fullName"] == "Mary Somerville"

    assert read_fresh_claims(first)["sub"] == ada.id
    first.goto(f"{site.url}/token")
    assert "Ada Lovelace" in first.text('[data-claim="fullName"]')
    assert first.fetch_json("/api/claims")[1]["firstName"] == "Ada Lovelace"
    assert second.fetch_json("/api/claims")[1]["firstName"] == "Mary Somerville"

    first.goto(f"{site.url}/client")
    wait_for_session(first)
    first.wait_for("#session")
    first.click('role=button[name="Sign out"]')
    first.wait_until("!window.Clerk.session")
    second.goto(f"{other_site.url}/token")
    assert "Mary Somerville" in second.text('[data-claim="fullName"]')
