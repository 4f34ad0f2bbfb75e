"""The handshake end to end without sockets: Frontend API, Backend API and our own SDK as the application (4.9)."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name

import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest
from applications import Application, signed_in, signed_out
from browser import APP_ORIGIN, LIVE_ORIGIN, Browser, open_live
from faces import CONFIG, read_refusal
from fapi_conformance import check_fapi
from token_parts import decode_token

from claimsmith.authentication.handshake import parse_directives, parse_handshake_token
from claimsmith.errors import TokenError
from claimsmith.verification.keys import StaticKeys
from claimsmith.verification.tokens import verify_token
from claimsmith_server.core.models import Membership, Organization
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.store import organizations

FORMATS = pytest.mark.parametrize("fmt", ["nonce", "token"])


@pytest.fixture
def browser(api):
    return Browser(api, cookies_only=True, origin=None)


@pytest.fixture
def signed_in_browser(api):
    """One with a development browser id whose client has a session."""
    browser = Browser(api, origin=None)
    browser.start_session(api.new_user()["id"])
    return browser


@pytest.fixture
def live(open_another):
    return open_live(open_another, public_url="https://clerk.example.com")


@pytest.fixture
def live_browser(live):
    return Browser(live, cookies_only=True, origin=None)


def ask(browser, redirect_url=f"{APP_ORIGIN}/", *, accept=None, dest="document", **query):
    """The answer to one handshake request."""
    headers = {"Accept": accept or "text/html", "Sec-Fetch-Dest": dest}
    query = {"redirect_url": redirect_url, "format": "nonce", **query}
    answer = browser.api.run(browser.ask("GET", "/client/handshake", query=query, headers=headers))
    browser._keep_cookies(answer)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        check_fapi(answer)
    return answer


def carried(answer):
    """The query of the address that a handshake leads back to."""
    assert answer.status_code == 307, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def fetch(api, nonce, **more):
    return api.send("GET", "/v1/clients/handshake_payload", params={"nonce": nonce}, **more)


def directives_of(browser, **query):
    """What a handshake in development tells its application."""
    nonce = carried(ask(browser, **query))["__clerk_handshake_nonce"]
    answer = fetch(browser.api, nonce)
    assert answer.status_code == 200, answer.text
    return answer.json()["directives"]


def cookies_of(directives):
    """Values by name; a deletion is `None`."""
    pairs = [line.split("; ") for line in directives]
    return {
        pair.partition("=")[0]: None if "Max-Age=0" in attributes else pair.partition("=")[2]
        for pair, *attributes in pairs
    }


def sign_in(application, user_id):
    """A session on the browser's client, as a sign-in with clerk-js would begin it: not known to the application."""
    browser = application.browser
    browser.dev_browser = application.cookies.get("__clerk_db_jwt")
    session_id = browser.start_session(user_id)
    # clerk-js writes this one; the session cookie is left out, so that the next page needs a handshake.
    application.cookies["__client_uat"] = application.cookies[f"__client_uat_{application.suffix}"] = str(
        browser.client["updated_at"] // 1000
    )
    browser.dev_browser = None
    return session_id


def ban(api, user_id):
    """The user may not sign in from now on."""
    with sqlite3.connect(api.settings.database_url.removeprefix("sqlite:///"), timeout=5) as connection:
        assert connection.execute("UPDATE users SET banned = 1 WHERE id = ?", (user_id,)).rowcount == 1
    connection.close()


def new_organization(api, user_id, slug="acme"):
    """The id of an organization that the user is a member of."""
    instance_id, now = api.tenants[0].instance.id, api.now
    made = Organization(
        id=f"org_{slug}",
        instance_id=instance_id,
        name=slug,
        slug=slug,
        image_url="",
        has_image=False,
        public_metadata={},
        private_metadata={},
        max_allowed_memberships=5,
        admin_delete_enabled=True,
        created_by=user_id,
        created_at=now,
        updated_at=now,
    )
    api.run(organizations.insert_organization(api.service.database, made))
    membership = Membership(
        id=f"orgmem_{slug}",
        instance_id=instance_id,
        organization_id=made.id,
        user_id=user_id,
        role="org:admin",
        public_metadata={},
        private_metadata={},
        created_at=now,
        updated_at=now,
    )
    api.run(organizations.insert_membership(api.service.database, membership))
    return made.id


# ------------------------------------------------------------------------------------------------------- development
@FORMATS
def test_a_first_visit_takes_one_handshake_and_then_none(browser, fmt):
    application = Application(browser, APP_ORIGIN, fmt=fmt)
    assert signed_out(application.visit("/page?a=1&b=%20#top")) == "session-token-and-uat-missing"
    assert len(application.handshakes) == 1
    assert urlsplit(application.urls[-1]).query == "a=1&b=%20", "the carrier is gone from the address"
    assert set(application.cookies) - {"__clerk_redirect_count"} == {
        "__client_uat", f"__client_uat_{application.suffix}", "__clerk_db_jwt", f"__clerk_db_jwt_{application.suffix}",
    }  # fmt: skip
    application.visit("/other")
    assert len(application.handshakes) == 1


@FORMATS
def test_after_a_sign_in_a_page_is_signed_in_by_one_handshake(browser, api, fmt):
    application = Application(browser, APP_ORIGIN, fmt=fmt)
    application.visit()
    user = api.new_user()
    api.now += 3000
    session_id = sign_in(application, user["id"])
    claims = signed_in(application.visit("/secret"))
    assert (claims["sub"], claims["sid"], claims["azp"]) == (user["id"], session_id, APP_ORIGIN)
    assert len(application.handshakes) == 2
    assert application.cookies["__session"] == application.cookies[f"__session_{application.suffix}"]
    assert int(application.cookies["__client_uat"]) <= claims["iat"]
    assert f"__refresh_{application.suffix}" in application.cookies
    signed_in(application.visit("/more"))
    assert len(application.handshakes) == 2


def test_an_expired_token_heals_by_one_handshake_on_a_document_and_none_on_a_fetch(browser, api):
    application = Application(browser, APP_ORIGIN)
    application.visit()
    sign_in(application, api.new_user()["id"])
    before = signed_in(application.visit())
    api.now += 70_000
    assert signed_out(application.visit("/data", {"Sec-Fetch-Dest": "empty"})).startswith(
        "session-token-expired-refresh-"
    )
    after = signed_in(application.visit())
    assert after["sid"] == before["sid"]
    assert after["jti"] != before["jti"]
    assert len(application.handshakes) == 3


def test_a_revoked_session_is_signed_out_by_the_next_handshake_and_its_cookies_are_gone(browser, api):
    application = Application(browser, APP_ORIGIN)
    application.visit()
    session_id = sign_in(application, api.new_user()["id"])
    signed_in(application.visit())
    api.post(f"/sessions/{session_id}/revoke")
    api.now += 70_000
    signed_out(application.visit())
    assert not [name for name in application.cookies if name.startswith(("__session", "__refresh"))]
    assert application.cookies["__client_uat"] == "0"


@pytest.mark.parametrize("change", ["ban", "delete"])
def test_S_018_a_banned_or_deleted_user_is_signed_out_by_the_next_handshake(browser, api, change):
    application = Application(browser, APP_ORIGIN)
    application.visit()
    user = api.new_user()
    sign_in(application, user["id"])
    signed_in(application.visit())
    if change == "ban":
        ban(api, user["id"])
    else:
        api.ok("DELETE", f"/users/{user['id']}")
    api.now += 70_000
    signed_out(application.visit())


def test_an_unknown_development_browser_is_replaced(browser, api):
    told = cookies_of(directives_of(browser, __clerk_db_jwt="of-another-instance"))
    assert told["__clerk_db_jwt"] != "of-another-instance"
    assert Browser(api).get("/client") is None
    browser.dev_browser = told["__clerk_db_jwt"]
    assert browser.get("/client")["sessions"] == []


def test_a_known_development_browser_is_kept(api):
    browser = Browser(api, origin=None)
    browser.start_session(api.new_user()["id"])
    told = cookies_of(directives_of(browser))
    assert told["__clerk_db_jwt"] == browser.dev_browser
    assert decode_token(told["__session"])[1]["sid"] == browser.session_id


def test_pitfall_3_a_new_development_browser_has_the_client_of_the_cookie(browser, api):
    """With a key of another host clerk-js sends no id: the cookie alone says whose browser it is."""
    first = cookies_of(directives_of(browser))
    assert [name for name in browser.cookies if name.startswith("__client_")], "a new client's cookie is set"
    session_id = browser.start_session(api.new_user()["id"])
    again = cookies_of(directives_of(browser))
    assert again["__clerk_db_jwt"] != first["__clerk_db_jwt"]
    assert decode_token(again["__session"])[1]["sid"] == session_id


def test_an_id_that_was_brought_never_gets_the_client_of_a_cookie(browser, api):
    """Else a link with somebody's own id would hand them the session of whoever opens it."""
    thief = Browser(api)
    directives_of(browser)
    browser.start_session(api.new_user()["id"])
    told = cookies_of(directives_of(browser, __clerk_db_jwt=thief.dev_browser))
    assert told["__session"]
    assert told["__clerk_db_jwt"] != thief.dev_browser
    assert thief.get("/client") is None


def test_an_idle_id_that_was_brought_gets_no_client_at_all(browser, api):
    thief = Browser(api)
    told = cookies_of(directives_of(browser, __clerk_db_jwt=thief.dev_browser))
    assert told["__clerk_db_jwt"] == thief.dev_browser
    assert not [name for name in browser.cookies if name.startswith("__client")]
    assert thief.get("/client") is None


def test_S_012_a_development_nonce_is_good_for_one_fetch_within_a_minute_and_one_instance(browser, api):
    nonce = carried(ask(browser))["__clerk_handshake_nonce"]
    stranger = api.tenants[1].secret_key
    assert read_refusal(fetch(api, nonce, key=stranger))[:2] == (404, "resource_not_found")
    assert fetch(api, nonce).status_code == 200
    assert read_refusal(fetch(api, nonce))[:2] == (404, "resource_not_found")
    late = carried(ask(browser))["__clerk_handshake_nonce"]
    api.now += 60_000
    assert fetch(api, late).status_code == 404
    assert api.refused("GET", "/clients/handshake_payload").code == "form_param_missing"
    assert api.refused("GET", "/clients/handshake_payload", params={"nonce": "x" * 5000}).status == 404
    assert api.refused("GET", "/clients/handshake_payload", key=None).code == "authentication_invalid"


def test_S_012_of_many_fetches_at_once_one_gets_a_development_nonce(open_on_engine):
    api = open_on_engine()
    nonce = carried(ask(Browser(api, cookies_only=True, origin=None)))["__clerk_handshake_nonce"]
    path = f"/v1/clients/handshake_payload?nonce={nonce}"
    answers = api.together(*[api.ask("GET", path) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7


def test_a_sign_out_deletes_the_refresh_cookie_where_hosts_are_one(signed_in_browser):
    application = Application(signed_in_browser, APP_ORIGIN)
    name = f"__refresh_{application.suffix}"
    signed_in_browser.cookies[name] = "r"
    signed_in_browser.origin = APP_ORIGIN
    signed_in_browser.get("/client")
    assert name in signed_in_browser.cookies
    signed_in_browser.delete("/client/sessions")
    assert name not in signed_in_browser.cookies


def test_L_002_neither_nonce_nor_token_is_stored_as_it_is(signed_in_browser, api):
    nonce = carried(ask(signed_in_browser))["__clerk_handshake_nonce"]
    ((stored, sealed),) = api.sql("SELECT nonce_hash, sealed_directives FROM handshake_nonces")
    assert bytes(stored) == hash_secret(nonce)
    assert b"__session" not in bytes(sealed)
    token = cookies_of(fetch(api, nonce).json()["directives"])["__session"]
    assert token.encode() not in bytes(sealed)
    log = api.log.getvalue()
    assert nonce not in log
    assert token not in log


def test_J_029_a_handshake_token_is_no_session_token_and_our_sdk_reads_it(signed_in_browser, api):
    token = carried(ask(signed_in_browser, format="token"))["__clerk_handshake"]
    keys = StaticKeys.from_jwks(api.get("/jwks"))
    directives = parse_handshake_token(token, keys)
    session_token = parse_directives(directives, "localhost")
    assert session_token == cookies_of(directives)["__session"]
    assert decode_token(session_token)[1]["sid"] == signed_in_browser.session_id
    header, claims = decode_token(token)
    assert "cat" not in header
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert set(claims) == {"handshake", "iss", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 60
    with pytest.raises(TokenError):
        verify_token(token, keys, now=api.now / 1000)
    with pytest.raises(TokenError):
        parse_handshake_token(session_token, keys)


def test_a_handshake_token_that_would_be_too_large_travels_as_a_nonce(live, live_browser):
    live_browser.start_session(live.new_user()["id"])
    ask(live_browser, f"{LIVE_ORIGIN}/", format="token")
    assert "__clerk_handshake" in live_browser.cookies
    assert len(live_browser.cookies["__clerk_handshake"]) < 4096
    live_browser.cookies.pop("__clerk_handshake")
    live.patch(CONFIG.replace("development", "production"), {"session": {"claims": {"padding": "x" * 1000}}})
    ask(live_browser, f"{LIVE_ORIGIN}/", format="token")
    assert "__clerk_handshake" not in live_browser.cookies
    nonce = live_browser.cookies["__clerk_handshake_nonce"]
    token = cookies_of(fetch(live, nonce).json()["directives"])["__session"]
    assert decode_token(token)[1]["padding"]


# ------------------------------------------------------------------------------------------------------ organizations
@pytest.mark.parametrize("by", ["id", "slug"])
def test_an_organization_is_made_active_by_id_or_slug_and_none_by_nothing(api, by):
    browser = Browser(api, origin=None)
    user = api.new_user()
    browser.start_session(user["id"])
    organization_id = new_organization(api, user["id"])
    asked = organization_id if by == "id" else "acme"
    token = cookies_of(directives_of(browser, organization_id=asked))["__session"]
    assert decode_token(token)[1]["o"]["id"] == organization_id
    assert decode_token(cookies_of(directives_of(browser))["__session"])[1]["o"]["id"] == organization_id
    assert "o" not in decode_token(cookies_of(directives_of(browser, organization_id=""))["__session"])[1]


def test_an_organization_of_others_changes_nothing(api):
    browser = Browser(api, origin=None)
    user, other = api.new_user(), api.new_user("eve@example.com")
    browser.start_session(user["id"])
    own = new_organization(api, user["id"])
    foreign = new_organization(api, other["id"], "evil")
    directives_of(browser, organization_id=own)
    for asked in (foreign, "evil", "org_nobody's", "' OR 1=1"):
        token = cookies_of(directives_of(browser, organization_id=asked))["__session"]
        assert decode_token(token)[1]["o"]["id"] == own


def test_a_handshake_is_activity_of_its_session(api):
    browser = Browser(api, origin=None)
    browser.start_session(api.new_user()["id"])
    api.now += 5000
    directives_of(browser)
    session = api.get(f"/sessions/{browser.session_id}")
    assert session["last_active_at"] == api.now


# -------------------------------------------------------------------------------------------------------- live keys
@FORMATS
def test_live_keys_a_sign_in_reaches_the_application_by_a_cookie_that_is_deleted_at_once(live, live_browser, fmt):
    application = Application(live_browser, LIVE_ORIGIN, fmt=fmt)
    assert signed_out(application.visit()) == "session-token-and-uat-missing"
    assert application.handshakes == []
    user = live.new_user()
    session_id = sign_in(application, user["id"])
    claims = signed_in(application.visit("/a?b=c"))
    assert (claims["sid"], claims["azp"]) == (session_id, LIVE_ORIGIN)
    (answer,) = application.handshakes
    assert answer.headers["location"] == f"{LIVE_ORIGIN}/a?b=c"
    assert not [name for name in application.cookies if name.startswith("__clerk_handshake")]
    name = {"nonce": "__clerk_handshake_nonce", "token": "__clerk_handshake"}[fmt]
    cookie = live_browser.set_cookies[name]
    assert (cookie["domain"], cookie["path"], cookie["max-age"]) == ("example.com", "/", "10")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert "__clerk_db_jwt" not in application.cookies


def test_pitfall_4_a_live_nonce_outlives_its_cookie_and_no_longer(live, live_browser):
    live_browser.start_session(live.new_user()["id"])
    answer = ask(live_browser, f"{LIVE_ORIGIN}/")
    assert answer.headers["location"] == f"{LIVE_ORIGIN}/"
    nonce = live_browser.cookies["__clerk_handshake_nonce"]
    live.now += 9_000
    assert fetch(live, nonce).status_code == 200
    live.now += 9_999
    assert fetch(live, nonce).status_code == 200
    live.now += 1
    assert fetch(live, nonce).status_code == 404


def test_live_directives_share_the_domain_where_the_frontend_api_does(live, live_browser):
    live_browser.start_session(live.new_user()["id"])
    ask(live_browser, f"{LIVE_ORIGIN}/")
    directives = fetch(live, live_browser.cookies["__clerk_handshake_nonce"]).json()["directives"]
    with_domain = {line.partition("=")[0].split("_zz")[0] for line in directives if "Domain=example.com" in line}
    assert {"__client_uat", "__clerk_handshake", "__clerk_handshake_nonce"} <= with_domain
    assert not [name for name in with_domain if name.startswith(("__session", "__refresh"))]
    assert all(line.endswith("Secure") for line in directives)
    deleted = [line.partition("=")[0] for line in directives if "Max-Age=0" in line]
    assert deleted == ["__clerk_handshake", "__clerk_handshake_nonce"]
    assert all("HttpOnly" in line for line in directives if line.startswith("__refresh"))


def test_a_live_application_elsewhere_gets_cookies_of_its_own_host(live, live_browser):
    api = live
    assert api.send("PATCH", "/v1/instance", json={"allowed_origins": ["https://other.test"]}).status_code == 204
    ask(live_browser, "https://other.test/")
    assert not live_browser.set_cookies["__clerk_handshake_nonce"]["domain"]


def test_S_014_a_development_browser_is_nobody_with_live_keys(live_browser):
    answer = ask(live_browser, f"{LIVE_ORIGIN}/", accept="application/json", __clerk_db_jwt="x")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "dev_browser_not_allowed"


def test_S_009_production_leads_nobody_to_localhost(live_browser):
    answer = ask(live_browser, "http://localhost:3000/")
    assert answer.status_code == 400
    assert "claimsmith dev" in answer.text
    assert "location" not in answer.headers


# ------------------------------------------------------------------------------------------------------------ refusals
@pytest.mark.parametrize(
    "redirect_url",
    [
        "", "/relative", "//evil.example", "https:evil.example", "https:/\\evil.example", "javascript:alert(1)",
        "data:text/html,x", "http://localhost:3000@evil.example/", "http://localhost:3000.evil.example/",
        "http://user:pw@localhost:3000/", "http://evil.example\\.localhost/",
        "http://localhost:3000/\r\nSet-Cookie: a=b", "java\nscript:alert(1)", "http://localhost:3000/" + "x" * 10_000,
        "https://evil.example/?u=http://localhost:3000",
    ],
)  # fmt: skip
def test_S_008_a_foreign_redirect_url_is_refused_and_leads_nowhere(browser, redirect_url):
    answer = ask(browser, redirect_url, accept="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "redirect_url_invalid"
    assert answer.json()["errors"][0]["meta"] == {"param_name": "redirect_url"}
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = ask(browser, redirect_url)
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    assert "location" not in page.headers
    assert "<a" not in page.text


def test_the_page_of_a_refused_address_names_the_origin_and_the_setting(browser):
    page = ask(browser, "https://app.example.net:8443/secret?token=1")
    assert "https://app.example.net:8443" in page.text
    assert "allowed_origins" in page.text
    assert "secret" not in page.text
    assert "token=1" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_two_redirect_urls_are_none(browser):
    query = f"redirect_url={APP_ORIGIN}/&redirect_url=https://evil.example/"
    answer = browser.api.send("GET", f"/v1/client/handshake?{query}", key=None)
    assert answer.json()["errors"][0]["code"] == "redirect_url_invalid"


@pytest.mark.parametrize("dest", ["empty", "image", "script", "style", "serviceworker"])
def test_S_010_a_handshake_answers_pages_alone(browser, dest):
    answer = ask(browser, dest=dest, accept="*/*")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "handshake_not_document")


def test_S_015_addresses_with_tokens_are_neither_kept_nor_told(browser):
    answer = ask(browser)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_S_011_blocked_cookies_end_in_a_page_that_says_so(browser):
    application = Application(browser, APP_ORIGIN, keeps_cookies=False)
    page = application.visit()
    assert page.status_code == 422
    assert len(application.handshakes) == 6
    assert "does not keep the cookies" in page.text
    assert "handshake_loop" in page.text
    browser.api.now += 1
    assert ask(browser).status_code == 307, "the page begins a new count"


def test_S_011_our_sdk_stops_after_three_handshakes(browser, api):
    application = Application(browser, APP_ORIGIN)
    application.visit()
    sign_in(application, api.new_user()["id"])
    application.cookies["__client_uat"] = application.cookies[f"__client_uat_{application.suffix}"] = "9999999999"
    original = application.keep

    def lose_uat(lines):
        original([line for line in lines if not line.startswith("__client_uat")])

    application.keep = lose_uat
    application.cookies.pop("__clerk_redirect_count", None)
    outcome = application.visit()
    assert signed_out(outcome) == "session-token-iat-before-client-uat"
    assert len(application.handshakes) == 4


def test_other_pages_and_organization_sync_do_not_count_as_a_loop(browser):
    for number in range(12):
        assert ask(browser, f"{APP_ORIGIN}/{number}").status_code == 307
    for _ in range(12):
        assert ask(browser, __clerk_hs_reason="active-organization-mismatch").status_code == 307


def test_X_003_nothing_of_the_query_is_markup_in_a_page(browser):
    page = ask(browser, "https://evil.example/<script>alert(1)</script>", __clerk_hs_reason="<script>")
    assert "<script" not in page.text


def test_satellites_have_no_routes(browser):
    for path in ("/client/sync", "/client/link"):
        assert browser.api.run(browser.ask("GET", path)).status_code == 404


def test_a_document_without_fetch_metadata_is_answered(browser):
    answer = browser.api.run(
        browser.ask(
            "GET", "/client/handshake", query={"redirect_url": f"{APP_ORIGIN}/"}, headers={"Accept": "text/html"}
        )
    )
    assert "__clerk_handshake" in carried(answer), "without a format it is a token"


def test_the_newest_session_is_taken_when_the_active_one_is_gone(api):
    api.patch(CONFIG, {"session": {"single_session_mode": False}})
    browser = Browser(api, origin=None)
    ids = []
    for number in range(3):
        api.now += 1
        ids.append(browser.start_session(api.new_user(f"u{number}@example.com")["id"]))
    assert decode_token(cookies_of(directives_of(browser))["__session"])[1]["sid"] == ids[2]
    ban(api, api.get(f"/sessions/{ids[2]}")["user_id"])
    assert decode_token(cookies_of(directives_of(browser))["__session"])[1]["sid"] == ids[1]
