"""`POST /v1/sessions/{id}/refresh` (contract 5.5), and clients on the Backend API (5.4)."""

# ruff: noqa: ANN001, ANN003, ANN201 - fixtures are told apart by name

import pytest
from browser import APP_ORIGIN, LIVE_ORIGIN, Browser, open_live
from faces import read_refusal
from token_parts import decode_token

from claimsmith_server.services.session_refresh import make_refresh_token


@pytest.fixture
def session_id(api):
    return api.new_session()


def body_of(api, session_id, **more):
    """A right body: the session's refresh token and an expired token of it."""
    token = api.post(f"/sessions/{session_id}/tokens")["jwt"]
    refresh = make_refresh_token(api.service, api.tenants[0].instance, session_id)
    body = {"expired_token": token, "refresh_token": refresh, "request_origin": APP_ORIGIN, **more}
    return {name: value for name, value in body.items() if value is not None}


def refuse(api, session_id, body):
    """Status and code of a refusal."""
    return read_refusal(api.send("POST", f"/v1/sessions/{session_id}/refresh", json=body))[:2]


def test_an_expired_token_becomes_a_new_one_for_the_origin_that_asked(api, session_id):
    body = body_of(api, session_id)
    api.now += 3_600_000
    answer = api.post(f"/sessions/{session_id}/refresh", body)
    assert set(answer) == {"object", "jwt"}
    claims = decode_token(answer["jwt"])[1]
    assert (claims["sid"], claims["azp"], claims["iat"]) == (session_id, APP_ORIGIN, api.now // 1000)


def test_as_cookies_the_token_has_both_names_and_the_attributes_of_a_handshake(api, session_id):
    body = body_of(
        api, session_id, format="cookie", request_headers={"user-agent": ["x"]}, request_originating_ip="::1"
    )
    answer = api.post(f"/sessions/{session_id}/refresh?suffixed_cookies=false", body)
    assert answer["object"] == "cookies"
    plain, suffixed = answer["cookies"]
    name, _, rest = plain.partition("=")
    assert name == "__session"
    token, _, attributes = rest.partition("; ")
    assert decode_token(token)[1]["sid"] == session_id
    assert attributes == "Path=/; Max-Age=31536000; SameSite=Lax"
    assert suffixed.startswith("__session_")
    assert suffixed.partition("=")[2] == rest


def test_it_is_no_activity(api, session_id):
    before = api.get(f"/sessions/{session_id}")
    body = body_of(api, session_id)
    api.now += 5000
    api.post(f"/sessions/{session_id}/refresh", body)
    assert api.get(f"/sessions/{session_id}") == before


def test_a_revoked_session_is_not_refreshed(api, session_id):
    body = body_of(api, session_id)
    api.post(f"/sessions/{session_id}/revoke")
    assert refuse(api, session_id, body) == (401, "session_not_active")


def test_a_deleted_users_session_is_not_refreshed(api):
    user = api.new_user()
    session_id = api.new_session(user["id"])
    body = body_of(api, session_id)
    api.ok("DELETE", f"/users/{user['id']}")
    assert refuse(api, session_id, body) == (401, "authentication_invalid")


def test_S_024_another_refresh_token_is_refused(api, session_id):
    body = body_of(api, session_id)
    right = body["refresh_token"]
    for token in ("", right[:-1], right + "A", right + "\u0100", right.swapcase()):
        assert refuse(api, session_id, body | {"refresh_token": token}) == (401, "refresh_token_invalid")


def test_the_refresh_token_of_another_session_or_instance_is_refused(api, session_id):
    other = api.new_session(api.new_user("eve@example.com")["id"])
    body = body_of(api, session_id)
    assert refuse(api, other, body) == (401, "refresh_token_invalid")
    mixed = body | {"refresh_token": body_of(api, other)["refresh_token"]}
    assert refuse(api, other, mixed) == (401, "expired_token_invalid")
    foreign = api.tenants[1].secret_key
    refused = read_refusal(api.send("POST", f"/v1/sessions/{session_id}/refresh", json=body, key=foreign))
    assert refused[:2] == (401, "refresh_token_invalid")


def test_the_expired_token_must_be_a_session_token_that_was_signed_here(api, session_id):
    body = body_of(api, session_id)
    api.post("/jwt_templates", {"name": "hasura", "claims": {"sid": session_id}})
    template = api.post(f"/sessions/{session_id}/tokens/hasura")["jwt"]
    header, payload, signature = body["expired_token"].split(".")
    forged = f"{header}.{payload}.{signature[:-8]}AAAAAAAA"
    for token in ("", "x", template, forged, f"{header}.{payload}.", body["refresh_token"], "a." * 20_000):
        assert refuse(api, session_id, body | {"expired_token": token}) == (401, "expired_token_invalid")


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "javascript:1", "//localhost:3000"])
def test_the_origin_must_be_an_applications(api, session_id, origin):
    assert refuse(api, session_id, body_of(api, session_id, request_origin=origin)) == (401, "request_origin_invalid")


def test_an_incomplete_or_unknown_body_is_told_by_name(api, session_id):
    for name in ("expired_token", "refresh_token", "request_origin"):
        refused = api.refused("POST", f"/sessions/{session_id}/refresh", body_of(api, session_id, **{name: None}))
        assert (refused.code, refused.meta) == ("form_param_missing", {"param_name": name})
    assert (
        api.refused("POST", f"/sessions/{session_id}/refresh", body_of(api, session_id, x=1)).code
        == "form_param_unknown"
    )
    assert api.refused("POST", f"/sessions/{session_id}/refresh", body_of(api, session_id, format="xml")).status == 422


def test_with_live_keys_the_cookies_are_secure(open_another):
    live = open_live(open_another)
    session_id = live.new_session()
    body = body_of(live, session_id, request_origin=LIVE_ORIGIN, format="cookie")
    cookies = live.post(f"/sessions/{session_id}/refresh", body)["cookies"]
    assert all(cookie.endswith("; Secure") for cookie in cookies)
    assert refuse(live, session_id, body | {"request_origin": "http://localhost:3000"}) == (
        401,
        "request_origin_invalid",
    )


# -------------------------------------------------------------------------------------------------------------- clients
def test_a_client_is_told_with_its_live_sessions(api):
    browser = Browser(api)
    session_id = browser.start_session(api.new_user()["id"])
    client = api.get(f"/clients/{browser.client['id']}")
    assert client["session_ids"] == [session_id] == [session["id"] for session in client["sessions"]]
    assert client["last_active_session_id"] == session_id
    assert client["last_authentication_strategy"] == "password"
    api.post(f"/sessions/{session_id}/revoke")
    assert api.get(f"/clients/{client['id']}")["sessions"] == []


def test_clients_are_listed_newest_first_bare_or_paginated(api):
    ids = []
    for _ in range(3):
        api.now += 1
        browser = Browser(api)
        ids.append(browser.post("/client")["id"])
    assert [client["id"] for client in api.get("/clients")] == ids[::-1]
    page = api.get("/clients", params={"paginated": "true", "limit": 1, "offset": 1})
    assert ([client["id"] for client in page["data"]], page["total_count"]) == ([ids[1]], 3)
    assert api.get("/clients", key=api.tenants[1].secret_key) == []


def test_a_client_is_verified_by_its_present_token_alone(api):
    browser = Browser(api, cookies_only=True)
    made = browser.post("/client")
    (token,) = [value for name, value in browser.cookies.items() if name.startswith("__client_")]
    assert api.post("/clients/verify", {"token": token})["id"] == made["id"]
    assert api.refused("POST", "/clients/verify", {"token": token + "x"}).code == "resource_not_found"
    refused = api.refused("POST", "/clients/verify", {"token": token}, key=api.tenants[1].secret_key)
    assert refused.code == "resource_not_found"
    browser.delete("/client/sessions")
    assert api.refused("POST", "/clients/verify", {"token": token}).code == "resource_not_found"


def test_a_client_of_another_instance_is_not_there(api):
    client_id = Browser(api).post("/client")["id"]
    assert api.refused("GET", f"/clients/{client_id}", key=api.tenants[1].secret_key).status == 404
    assert api.refused("GET", "/clients/client_x").code == "resource_not_found"
    assert api.refused("GET", f"/clients/{client_id}", key=None).code == "authentication_invalid"
