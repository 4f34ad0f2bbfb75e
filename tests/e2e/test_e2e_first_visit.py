"""Whoever comes for the first time: one handshake, the forms, and no request off this machine."""

from chromium import Visitor
from places import IDENTIFIER, Site, wait_for_clerk

HANDSHAKE = "/v1/client/handshake"
GIVEN_UP = "net::ERR_ABORTED"
"""Next.js gives up a prefetch that leads to a redirect."""


def test_a_first_visit_takes_exactly_one_handshake(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/")
    wait_for_clerk(tab)
    assert len(visitor.requests(HANDSHAKE)) == 1
    assert tab.url == f"{site.url}/", "the handshake left something in the address"
    assert tab.text("h1") == "You are signed out"


def test_what_comes_after_the_first_visit_takes_no_handshake(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/")
    wait_for_clerk(tab)
    tab.goto(f"{site.url}/")
    wait_for_clerk(visitor.open_tab(f"{site.url}/sign-in"))
    assert len(visitor.requests(HANDSHAKE)) == 1


def test_bundles_come_from_the_instance(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/")
    wait_for_clerk(tab)
    scripts = [sent for sent in visitor.log().requests if sent.kind == "script" and "/npm/@clerk/" in sent.url]
    assert {"clerk.browser.js", "ui.browser.js"} <= {sent.path.rpartition("/")[2] for sent in scripts}
    assert all(sent.url.startswith(site.instance.url) for sent in scripts), scripts
    assert {sent.status for sent in scripts} <= {200, None}, "None: on its way"


def test_the_sign_in_form_is_drawn(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/sign-in")
    tab.wait_for(IDENTIFIER)
    assert "Sign in" in tab.text(".cl-headerTitle")


def test_the_sign_up_form_is_drawn(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/sign-up")
    tab.wait_for('input[name="emailAddress"]')
    tab.wait_for('input[name="password"]')


def test_a_protected_page_leads_to_the_sign_in_form(visitor: Visitor, site: Site) -> None:
    tab = visitor.open_tab(f"{site.url}/token")
    tab.wait_for(IDENTIFIER)
    assert tab.url.startswith(f"{site.url}/sign-in?redirect_url=")


def test_pages_throw_nothing_and_miss_nothing(visitor: Visitor, site: Site) -> None:
    for path in ("/", "/sign-in", "/sign-up"):
        wait_for_clerk(visitor.open_tab(site.url + path))
    log = visitor.log()
    assert [said for said in log.messages if said.startswith(("thrown:", "error:"))] == []
    failed = [sent for sent in log.requests if sent.failure or (sent.status or 0) >= 400]
    assert [sent for sent in failed if sent.failure != GIVEN_UP] == []
