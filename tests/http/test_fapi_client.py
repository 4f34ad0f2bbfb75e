"""The client and its sessions, as a browser uses them (contract 4.2, 4.5, 4.8)."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name

import pytest
from browser import APP_ORIGIN, LIVE_ORIGIN, Browser, open_live
from token_parts import decode_token

from claimsmith_server.core.secrets import hash_secret


@pytest.fixture
def browser(api):
    return Browser(api)


def cookie_of(browser):
    return next(name for name in browser.cookies if name.startswith("__client") and "uat" not in name)


def test_a_browser_without_a_past_has_no_client(browser):
    assert browser.get("/client") is None


def test_a_client_is_made_once_and_found_by_its_development_browser(browser, api):
    made = browser.post("/client")
    assert made["object"] == "client"
    assert made["sessions"] == []
    assert browser.put("/client")["id"] == made["id"]
    assert browser.get("/client")["id"] == made["id"]
    assert Browser(api).get("/client") is None


def test_a_signed_in_client_has_its_session_with_user_and_token(browser, api):
    user = api.new_user()
    session_id = browser.start_session(user["id"])
    client = browser.get("/client")
    (session,) = client["sessions"]
    assert client["last_active_session_id"] == session["id"] == session_id
    assert client["last_authentication_strategy"] == "password"
    assert session["status"] == "active"
    assert session["factor_verification_age"] == [0, -1]
    assert session["user"]["id"] == user["id"]
    assert "private_metadata" not in session["user"]
    assert session["public_user_data"]["identifier"] == "ada@example.com"
    claims = decode_token(session["last_active_token"]["jwt"])[1]
    assert claims["sid"] == session_id
    assert claims["azp"] == APP_ORIGIN
    assert client["updated_at"] // 1000 <= claims["iat"], "else the application asks for handshakes without end"


def test_a_token_says_the_origin_that_asked_and_the_organization_that_was_asked_for(browser, api):
    browser.start_session(api.new_user()["id"])
    claims = decode_token(browser.token())[1]
    assert claims["azp"] == APP_ORIGIN
    assert "o" not in claims
    refused = browser.refused("POST", f"/client/sessions/{browser.session_id}/tokens", {"organization_id": "org_x"})
    assert (refused.status, refused.code) == (404, "resource_not_found")
    assert refused.meta == {"param_name": "organization_id"}


def test_touch_changes_neither_token_nor_uat_but_keeps_the_session_in_use(browser, api):
    browser.start_session(api.new_user()["id"])
    before = browser.get("/client")
    api.now += 5000
    touched = browser.post(
        f"/client/sessions/{browser.session_id}/touch", {"active_organization_id": "", "intent": "focus"}
    )
    assert touched["last_active_at"] == api.now
    assert browser.client["updated_at"] == before["updated_at"]
    assert decode_token(touched["last_active_token"]["jwt"])[1]["iat"] == api.now // 1000
    assert browser.set_cookies == {}


@pytest.mark.parametrize("how", ["end", "remove"])
def test_an_ended_session_mints_no_more_and_the_client_forgets_it(browser, api, how):
    session_id = browser.start_session(api.new_user()["id"])
    api.now += 2000
    ended = browser.post(f"/client/sessions/{session_id}/{how}")
    assert ended["status"] == {"end": "ended", "remove": "removed"}[how]
    assert ended["last_active_token"] is None
    assert browser.client["sessions"] == []
    assert browser.client["last_active_session_id"] is None
    for path in (f"/client/sessions/{session_id}/tokens", f"/client/sessions/{session_id}/touch"):
        refused = browser.refused("POST", path)
        assert (refused.status, refused.code) == (401, "authentication_invalid")
    assert api.refused("POST", f"/sessions/{session_id}/tokens").code == "session_not_active"


def test_sign_out_ends_every_session_of_this_browser_and_of_no_other(browser, api):
    user = api.new_user()
    other = Browser(api)
    other.start_session(user["id"])
    browser.start_session(user["id"])
    browser.delete("/client/sessions")
    assert browser.client["sessions"] == []
    assert other.token()


def test_a_destroyed_client_takes_its_sessions_with_it_and_leaves_a_known_browser(browser, api):
    session_id = browser.start_session(api.new_user()["id"])
    browser.delete("/client")
    assert browser.get("/client") is None
    assert api.refused("GET", f"/sessions/{session_id}").status == 404


def test_pitfall_15_a_deleted_users_browser_is_signed_out_by_a_401(browser, api):
    user = api.new_user()
    session_id = browser.start_session(user["id"])
    api.ok("DELETE", f"/users/{user['id']}")
    for path in (f"/client/sessions/{session_id}/tokens", f"/client/sessions/{session_id}/touch"):
        refused = browser.refused("POST", path)
        assert (refused.status, refused.code) == (401, "authentication_invalid")
    assert browser.get("/client")["sessions"] == []


def test_S_001_a_planted_client_cookie_is_worth_nothing_after_the_sign_in(open_another):
    live = open_live(open_another)
    attacker = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    attacker.post("/client")
    victim = attacker.twin()
    planted = attacker.cookies["__client"]
    victim.start_session(live.new_user()["id"])
    assert victim.cookies["__client"] != planted
    assert victim.token()
    assert attacker.get("/client") is None
    assert live.sql("SELECT count(*) FROM clients WHERE token_hash = ?", hash_secret(planted)) == [(0,)]


def test_S_002_the_token_of_before_a_sign_out_is_refused(open_another):
    live = open_live(open_another)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    session_id = browser.start_session(live.new_user()["id"])
    stale = browser.twin()
    browser.post(f"/client/sessions/{session_id}/end")
    assert browser.cookies["__client"] != stale.cookies["__client"]
    assert stale.get("/client") is None


def test_S_003_the_client_cookie_of_production_is_out_of_reach(open_another):
    live = open_live(open_another, public_url="https://clerk.example.com")
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    browser.post("/client")
    cookie = browser.set_cookies["__client"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"].lower()) == ("/", "", "lax")
    assert int(cookie["max-age"]) == 400 * 24 * 3600


def test_live_keys_tell_the_applications_host_when_somebody_signed_in_and_out(open_another):
    live = open_live(open_another, public_url="https://clerk.example.com")
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    session_id = browser.start_session(live.new_user()["id"])
    uat = {name: morsel for name, morsel in browser.set_cookies.items() if name.startswith("__client_uat")}
    assert len(uat) == 2
    for morsel in uat.values():
        assert morsel.value == str(live.now // 1000)
        assert morsel["domain"] == "example.com"
        assert not morsel["httponly"]
    browser.post(f"/client/sessions/{session_id}/end")
    assert {morsel.value for name, morsel in browser.set_cookies.items() if "uat" in name} == {"0"}


def test_S_005_a_client_cookie_that_a_sibling_host_tossed_in_does_not_hide_the_real_one(open_another):
    live = open_live(open_another)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    browser.start_session(live.new_user()["id"])
    real = browser.cookies["__client"]
    own = f"__client={real}"
    for tossed in (f"__client=tossed; {own}", f"{own}; __client=tossed", f"__client=; {own}"):
        answer = live.run(browser.ask("GET", "/client", headers={"Cookie": tossed}))
        assert len(answer.json()["response"]["sessions"]) == 1


def test_S_014_a_development_browser_is_nobody_in_production(open_another):
    live = open_live(open_another)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    refused = browser.refused("GET", "/client", query={"__clerk_db_jwt": "a" * 43})
    assert (refused.status, refused.code) == (400, "dev_browser_not_allowed")
    assert browser.refused("POST", "/dev_browser").code == "dev_browser_not_allowed"


def test_S_024_a_development_browser_id_that_is_not_exact_is_unknown(browser, api):
    browser.post("/client")
    exact = browser.dev_browser
    for wrong in (exact[:-1], f"{exact}a", exact.swapcase(), f"{exact}%00", "a" * 10_000, "x"):
        browser.dev_browser = wrong
        refused = browser.refused("GET", "/client")
        assert (refused.status, refused.code) == (401, "dev_browser_unauthenticated")


def test_S_025_a_session_of_another_browser_is_not_found(browser, api):
    user = api.new_user()
    other = Browser(api)
    theirs = other.start_session(user["id"])
    browser.start_session(user["id"])
    assert browser.refused("GET", f"/client/sessions/{theirs}").status == 404
    for how in ("touch", "end", "remove", "tokens"):
        assert browser.refused("POST", f"/client/sessions/{theirs}/{how}").status == 404
    browser.client["last_active_session_id"] = theirs
    assert browser.refused("GET", "/me/sessions/active").status == 401
    assert other.token()


def test_S_029_a_user_sees_every_device_and_revokes_one(browser, api):
    user = api.new_user()
    phone = Browser(api, address="203.0.113.7")
    theirs = phone.start_session(user["id"])
    browser.start_session(user["id"])
    listed = browser.ok("GET", "/me/sessions/active")
    assert {one["id"] for one in listed} == {theirs, browser.session_id}
    activity = next(one for one in listed if one["id"] == theirs)["latest_activity"]
    assert activity["ip_address"] == "203.0.113.7"
    assert activity["browser_name"]
    browser.post(f"/me/sessions/{theirs}/revoke")
    assert [one["id"] for one in browser.ok("GET", "/me/sessions/active")] == [browser.session_id]
    assert phone.refused("POST", f"/client/sessions/{theirs}/tokens").status == 401
    assert {one["status"] for one in browser.ok("GET", "/me/sessions")} == {"active", "revoked"}
    stranger = Browser(api)
    stranger.start_session(api.new_user("eve@example.com")["id"])
    assert stranger.refused("POST", f"/me/sessions/{browser.session_id}/revoke").status == 404


def test_several_sessions_live_beside_each_other_where_an_instance_allows_it(browser, api):
    api.set_claims({}, single_session_mode=False)
    ada, eve = api.new_user()["id"], api.new_user("eve@example.com")["id"]
    first = browser.start_session(ada)
    api.now += 1000
    second = browser.start_session(eve)
    assert [one["id"] for one in browser.client["sessions"]] == [first, second]
    browser.post(f"/client/sessions/{first}/touch", {"intent": "select_session"})
    assert browser.client["last_active_session_id"] == first
    browser.post(f"/client/sessions/{first}/end")
    assert browser.client["last_active_session_id"] == second
    assert decode_token(browser.token())[1]["sub"] == eve


def test_one_session_at_a_time_replaces_the_one_before(browser, api):
    first = browser.start_session(api.new_user()["id"])
    second = browser.start_session(api.new_user("eve@example.com")["id"])
    assert [one["id"] for one in browser.client["sessions"]] == [second]
    assert api.get(f"/sessions/{first}")["status"] == "replaced"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://evil-localhost:3000",
        "localhost:3000",
        "",
    ],
)
def test_C_001_C_002_C_005_a_write_from_a_foreign_page_is_refused_before_anything_else(browser, api, origin):
    browser.start_session(api.new_user()["id"])
    session_id = browser.session_id
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        answer = api.run(
            browser.ask(
                "DELETE", "/client/sessions", {}, headers={"Origin": origin or " ", "Content-Type": content_type}
            )
        )
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["code"] == "origin_invalid"
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"
    assert browser.token(session_id)


def test_C_001_a_write_without_an_origin_is_not_identified_by_its_cookie(open_another):
    live = open_live(open_another)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    session_id = browser.start_session(live.new_user()["id"])
    answer = live.run(browser.twin().ask("POST", f"/client/sessions/{session_id}/end", headers={"Origin": LIVE_ORIGIN}))
    assert answer.status_code == 200
    second = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    session_id = second.start_session(live.new_user("eve@example.com")["id"])
    blind = second.twin()
    blind.origin = None
    assert live.run(blind.ask("POST", f"/client/sessions/{session_id}/end")).status_code == 401
    assert second.token()


def test_C_005_a_foreign_page_may_not_read(browser, api):
    browser.start_session(api.new_user()["id"])
    answer = api.run(browser.ask("GET", "/client", headers={"Origin": "https://evil.example"}))
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_preflights_are_answered_for_own_applications_alone(browser, api):
    allowed = api.run(browser.ask("OPTIONS", "/client", headers={"Access-Control-Request-Headers": "authorization"}))
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == APP_ORIGIN
    assert "PATCH" in allowed.headers["access-control-allow-methods"]
    assert allowed.headers["access-control-allow-headers"] == "authorization"
    foreign = api.run(browser.ask("OPTIONS", "/client", headers={"Origin": "https://evil.example"}))
    assert "access-control-allow-methods" not in foreign.headers


def test_C_007_the_backend_api_never_answers_a_page(api):
    for method in ("GET", "OPTIONS"):
        answer = api.send(method, "/v1/users", headers={"Origin": APP_ORIGIN})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_native_application_carries_its_token_in_a_header(open_another):
    live = open_live(open_another)
    native = Browser(live, cookies_only=True, origin=None)
    answer = native.send("POST", "/client", query={"_is_native": "1"})
    token = answer.headers["authorization"]
    assert "set-cookie" not in answer.headers
    assert "__client" not in native.cookies
    again = native.send("GET", "/client", query={"_is_native": "1"}, headers={"Authorization": token})
    assert again.json()["response"]["id"] == answer.json()["response"]["id"]


def test_S_008_touch_leads_back_to_own_applications_alone(browser, api):
    good = browser.send("GET", "/client/touch", query={"redirect_url": "http://localhost:3000/x?y=1"})
    assert (good.status_code, good.headers["location"]) == (307, "http://localhost:3000/x?y=1")
    assert good.headers["referrer-policy"] == "no-referrer"
    for bad in ("https://evil.example", "//evil.example", "javascript:alert(1)", "", "/relative"):
        refused = browser.refused("GET", "/client/touch", query={"redirect_url": bad})
        assert (refused.status, refused.code) == (400, "redirect_url_invalid")
        assert refused.meta == {"param_name": "redirect_url"}


def test_A_014_begun_sign_ins_are_limited_by_address_over_all_workers(open_another):
    from claimsmith_server.core.errors import ServiceError
    from claimsmith_server.services.callers import Caller, Credentials
    from claimsmith_server.services.limits import count_request

    first, second = open_another(), open_another()
    instance = first.tenants[0].instance

    def begin(api, address):
        caller = Caller(instance=instance, client=None, dev_browser_hash=None, credentials=Credentials(address=address))
        api.run(count_request(api.service, caller, "sign_ins"))

    for api in (first, second, first, second, first):
        begin(api, "203.0.113.7")
    with pytest.raises(ServiceError) as refused:
        begin(second, "203.0.113.7")
    assert refused.value.status == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 10
    begin(second, "203.0.113.8")
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5"):
        begin(first, address)
    with pytest.raises(ServiceError):
        begin(first, "2001:db8::6")
    second.now += 10_000
    begin(second, "203.0.113.7")


def test_A_036_a_sign_in_from_a_device_that_was_never_seen_is_told_by_mail(browser, api):
    from claimsmith_server.services.mail import open_mail
    from claimsmith_server.store.outbox import load_due_messages

    def mails():
        due = api.run(load_due_messages(api.service.database, now=api.now))
        return [open_mail(api.service, one) for one in due if one.kind.endswith("new_device_sign_in")]

    user = api.new_user()
    browser.start_session(user["id"])
    assert mails() == [], "the first sign-in is no news"
    api.now += 60_000
    browser.start_session(user["id"])
    assert mails() == [], "this browser is known"
    stranger = Browser(api, address="203.0.113.9")
    stranger.start_session(user["id"])
    (mail,) = mails()
    assert mail.to == "ada@example.com"
    assert "203.0.113.9" in str(mail.content)
    assert "Chrome 140" in str(mail.content)
    test_user = api.new_user("eve+clerk_test@example.com")
    for one in (Browser(api), Browser(api)):
        one.start_session(test_user["id"])
    assert len(mails()) == 1
