"""The same application with live keys: the handshake's carrier is a cookie, and the client is one, too."""

from chromium import Visitor
from places import Site, read_claims, sign_in, sign_out, wait_for_clerk, wait_for_session

HANDSHAKE = "/v1/client/handshake"


def test_live_keys_a_first_visit_takes_no_handshake(visitor: Visitor, live_site: Site) -> None:
    wait_for_clerk(visitor.open_tab(live_site.url))
    assert visitor.requests(HANDSHAKE) == []


def test_live_keys_sign_in_seed_endpoints_and_sign_out(visitor: Visitor, live_site: Site) -> None:
    person = live_site.new_person()
    tab = sign_in(visitor, live_site, person)
    expected = {"firstName": "Ada Lovelace", "primaryEmail": person.email}
    assert tab.fetch_json("/api/claims") == (200, expected)
    assert tab.fetch_json("/api/example") == (200, expected)
    sign_out(visitor, tab)
    assert visitor.cookies()["__client_uat"]["value"] == "0"


def test_live_keys_the_client_is_a_cookie_that_pages_cannot_read(visitor: Visitor, live_site: Site) -> None:
    tab = sign_in(visitor, live_site, live_site.new_person())
    client = visitor.cookies()["__client"]
    assert (client["httpOnly"], client["path"], client["domain"], client["sameSite"]) == (True, "/", "localhost", "Lax")
    assert "__client=" not in tab.evaluate("document.cookie")


def test_live_keys_a_lost_token_heals_by_one_handshake_that_leaves_nothing(visitor: Visitor, live_site: Site) -> None:
    person = live_site.new_person()
    sign_in(visitor, live_site, person).goto("about:blank")
    visitor.lose_cookies("__session")
    visitor.lose_cookies("__refresh")
    tab = visitor.open_tab(f"{live_site.url}/token")
    assert "Ada Lovelace" in tab.text('[data-claim="fullName"]')
    assert len(visitor.requests(HANDSHAKE)) == 1
    assert [name for name in visitor.cookies() if name.startswith("__clerk_handshake")] == []
    tab.goto(f"{live_site.url}/client")
    wait_for_session(tab)
    assert read_claims(tab)["sub"] == person.id
    assert len(visitor.requests(HANDSHAKE)) == 1
