"""Access to the dashboard in a real Chromium: the cookie that it keeps, set-up, the team; with scripts and without."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from chromium import BrowserError, Driver, Tab
from dashboard_site import DashboardVisitor
from places import PASSWORD
from servers import Server, running_server

OWNER = "owner@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Driver) -> Iterator[Server]:
    """A development instance whose dashboard nobody has set up."""
    with running_server(tmp_path_factory.mktemp("access")) as running:
        yield running


@pytest.fixture(scope="module")
def owner(server: Server, browser: Driver) -> Iterator[DashboardVisitor]:
    """Who used the printed link, without JavaScript."""
    assert server.set_up_url
    visitor = DashboardVisitor(browser, None, javaScriptEnabled=False)
    tab = visitor.open_tab(server.set_up_url)
    fill_and_send(tab, OWNER)
    tab.wait_for_url(f"{server.url}/dashboard**")
    yield visitor
    visitor.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def visitor(request: pytest.FixtureRequest, browser: Driver, owner: DashboardVisitor) -> Iterator[DashboardVisitor]:
    """Somebody else's browser."""
    somebody = DashboardVisitor(browser, None, javaScriptEnabled=request.param)
    yield somebody
    log = somebody.log()
    somebody.close()
    assert [sent.url for sent in log.requests if not sent.is_local] == []
    assert [text for text in log.messages if "Content Security Policy" in text or text.startswith("thrown")] == []


def fill_and_send(tab: Tab, address: str, password: str = PASSWORD) -> None:
    tab.fill("#email_address", address)
    tab.fill("#password", password)
    tab.click("button.primary")


def sign_in(tab: Tab, server: Server, path: str = "/dashboard/account") -> None:
    """Asks for a page, is sent to the form, and gets the page."""
    tab.goto(server.url + path)
    tab.wait_for_url(f"{server.url}/dashboard/sign-in?next={path}")
    fill_and_send(tab, OWNER)
    tab.wait_for_url(server.url + path)


def test_X_006_chromium_keeps_the_secure_cookie_with_its_prefix_on_localhost(
    server: Server, visitor: DashboardVisitor
) -> None:
    assert server.url.startswith("http://localhost:")
    tab = visitor.open_tab()
    sign_in(tab, server)
    kept = {name: one for name, one in visitor.cookies().items() if "claimsmith" in name}
    (prefixed,) = [one for name, one in kept.items() if name.startswith("__Host-claimsmith_")]
    assert prefixed["secure"]
    assert prefixed["httpOnly"]
    assert prefixed["sameSite"] == "Strict"
    assert prefixed["expires"] == -1, "it ends with the browser"
    visitor.lose_cookies("claimsmith_")
    tab.goto(f"{server.url}/dashboard/account")
    assert tab.text("h1") == "Your account", "the twin is not needed here"


def test_X_006_a_browser_that_keeps_no_secure_cookie_on_localhost_is_signed_in_by_the_twin(
    server: Server, visitor: DashboardVisitor
) -> None:
    tab = visitor.open_tab()
    sign_in(tab, server)
    visitor.lose_cookies("__Host-")  # as Safari has it
    tab.goto(f"{server.url}/dashboard/account")
    assert tab.text("h1") == "Your account"


def test_X_008_signing_out_leaves_no_cookie_and_the_back_button_shows_nothing(
    server: Server, visitor: DashboardVisitor
) -> None:
    tab = visitor.open_tab()
    sign_in(tab, server)
    tab.click("main button:has-text('Sign out')")
    tab.wait_for_url(f"{server.url}/dashboard/sign-in**")
    assert [name for name in visitor.cookies() if "claimsmith" in name] == []
    tab.call("goBack", {"waitUntil": "domcontentloaded"})
    assert "/dashboard/sign-in" in tab.url


def test_a_link_on_another_site_opens_the_dashboard_for_who_is_signed_in(
    server: Server, visitor: DashboardVisitor
) -> None:
    tab = visitor.open_tab()
    sign_in(tab, server)
    elsewhere = server.url.replace("localhost", "127.0.0.1")  # another site: a strict cookie is not sent along
    tab.goto(f"{elsewhere}/dashboard/sign-in")
    with suppress(BrowserError):  # the page may be gone before it can answer
        tab.evaluate(f"location.href = '{server.url}/dashboard/account'")
    tab.wait_for_url(f"{server.url}/dashboard/account")
    assert tab.text("h1") == "Your account"
    sent = [one for one in visitor.requests("/dashboard/sign-in") if one.status == 200]
    assert sent, "it went by the page in between"


def test_an_owner_invites_and_removes_with_forms_alone(
    server: Server, owner: DashboardVisitor, visitor: DashboardVisitor
) -> None:
    tab = owner.open_tab(f"{server.url}/dashboard/team")
    tab.click("#role-editor")
    tab.click("button:has-text('Make an invitation link')")
    tab.wait_for("h1:has-text('Invitation link')")
    link = tab.text("figure.code pre")
    guest = visitor.open_tab(link)
    assert "You become an editor" in guest.text("main")
    fill_and_send(guest, "bob@example.com", "short")
    guest.wait_for("#password[aria-invalid=true]")
    assert guest.evaluate("document.querySelector('#email_address').value") == "bob@example.com"
    fill_and_send(guest, "bob@example.com")
    guest.wait_for("nav[aria-label=Dashboard]")
    guest.goto(f"{server.url}/dashboard/team")
    assert guest.text("h1") == "Your role does not allow this"
    tab.goto(f"{server.url}/dashboard/team")
    tab.click("a:has-text('bob@example.com')")
    tab.click("summary:has-text('Remove this administrator')")
    tab.click("button:has-text('Remove administrator')")
    tab.wait_for_url(f"{server.url}/dashboard/team?done=removed")
    assert "bob@example.com" not in tab.text("table")
    guest.goto(f"{server.url}/dashboard/account")
    assert "/dashboard/sign-in" in guest.url
    tab.close()
