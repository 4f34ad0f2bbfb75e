"""Who may call what: keys, tenants, faces, headers, limits."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from faces import CONFIG, ORIGIN, START, Api, Open, Refused, check_headers, read_refusal
from fapi_routes import list_routes
from token_parts import decode_part

from claimsmith_server.faces import BACKEND_ROUTES, DASHBOARD_ROUTES, FRONTEND_ROUTES
from claimsmith_server.services.instances import add_secret_key, revoke_secret_key

KIB_256 = 262_144
TOKEN_ROUTES = [
    ("POST", "/v1/sessions/{session_id:str}/tokens"),
    ("POST", "/v1/sessions/{session_id:str}/tokens/{name:str}"),
]


def every_route() -> list[tuple[str, str]]:
    """Method and path of every operation of the Backend API, from the table that the application is built from."""
    listed = [
        (str(method), path) for handler in BACKEND_ROUTES for path in handler.paths for method in handler.http_methods
    ]
    return sorted({*listed, *TOKEN_ROUTES})


ROUTES = every_route()


def fill(path: str, **values: str) -> str:
    """A route's path with its parameters filled in; what is not named is `x`."""
    parts = []
    for part in path.split("/"):
        name = part.strip("{}").partition(":")[0]
        parts.append(values.get(name, "x") if part.startswith("{") else part)
    return "/".join(parts)


BODIES: dict[str, Any] = {
    "/v1/sessions/{session_id:str}/refresh": {"expired_token": "x", "refresh_token": "x", "request_origin": "x"},
    "/v1/users": {"email_address": ["a@example.com"]},
    "/v1/users/{user_id:str}/verify_password": {"password": "correct horse battery"},
    "/v1/organizations/{organization_id:str}/memberships": {"user_id": "x", "role": "org:member"},
    "/v1/organizations/{organization_id:str}/memberships/{user_id:str}": {"role": "org:member"},
    "/v1/organizations/{organization_id:str}/invitations": {"email_address": "b@example.com", "role": "org:member"},
    "/v1/jwt_templates": {"name": "t", "claims": {}},
    "/v1/jwt_templates/{template_id:str}": {"name": "renamed", "claims": {}},
}


WITHOUT_A_BODY = ("/revoke", "/v1/testing_tokens", "}/ban", "}/unban", "}/lock", "}/unlock")


def test_the_route_table_is_not_empty() -> None:
    assert len(ROUTES) >= 24
    assert {path.split("/")[2] for _, path in ROUTES} >= {
        "users",
        "sessions",
        "jwt_templates",
        "jwks",
        "instance",
        "platform",
    }


# --------------------------------------------------------------------------------------------------------------- keys
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_Z_003_no_route_answers_without_a_secret_key(api: Api, method: str, path: str) -> None:
    answer = api.send(method, f"/bapi{fill(path)}", key=None)
    assert read_refusal(answer) == (401, "authentication_invalid", {})
    bare = api.send(method, fill(path), key=None)
    if path.startswith("/v1/organizations"):  # browsers have these, too: without a key it is theirs
        assert bare.status_code in {401, 404, 405}
    else:
        assert read_refusal(bare) == (401, "authentication_invalid", {})


def wrong_keys(api: Api) -> Iterator[str]:
    right = api.tenants[0].secret_key
    jwt = api.post(f"/sessions/{api.new_session()}/tokens")["jwt"]
    yield from (f"Bearer {right[:-1]}", f"Bearer {right}x", f"Bearer {right}\x00", f"Bearer {right.swapcase()}")
    yield from (f"Bearer sk_live_{right[8:]}", "Bearer sk_test_", "Bearer pk_test_YS5jbGVyay5hY2NvdW50cy5kZXYk")
    yield from (f"Bearer {jwt}", f"Basic {right}", right, "Bearer", "Bearer ", f"Bearer  {right}", f"Bearer {right} ")
    yield from (
        f"Bearer\t{right}",
        f"Token {right}",
        "",
        "Bearer sk_" + "x" * 10_000,
        "Bearer sk_ä",
        "Bearer sk_' OR 1=1",
    )


def test_Z_003_nothing_but_one_live_secret_key_opens_a_route(api: Api) -> None:
    for value in wrong_keys(api):
        for method, path in [("GET", "/v1/users"), ("POST", "/v1/sessions/x/tokens"), ("GET", "/bapi/v1/jwks")]:
            answer = api.send(method, path, key=None, headers={"Authorization": value.encode("latin-1", "replace")})
            assert read_refusal(answer) == (401, "clerk_key_invalid", {}), value


def test_Z_003_two_authorization_headers_are_refused(api: Api) -> None:
    right = f"Bearer {api.tenants[0].secret_key}".encode()
    for pair in (
        [right, right],
        [right, b"Bearer sk_test_other"],
        [b"Bearer sk_test_other", right],
        [right, b"Basic eA=="],
    ):
        headers = [(b"authorization", value) for value in pair]
        for method, path in [("GET", "/v1/users"), ("POST", "/v1/sessions/x/tokens")]:
            request = httpx.Request(method, ORIGIN + path, headers=headers)
            answer = api.run(api._client.send(request))
            assert read_refusal(answer) == (401, "clerk_key_invalid", {})


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    for scheme in ("bearer", "BEARER", "BeArEr"):
        headers = {"Authorization": f"{scheme} {api.tenants[0].secret_key}"}
        assert api.send("GET", "/v1/users", key=None, headers=headers).status_code == 200


def test_Z_011_a_revoked_key_opens_nothing_in_any_service_and_others_stay(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    instance = first.tenants[0].instance
    added = first.run(add_secret_key(first.service, instance))
    session_id = second.new_session(second.post("/users", {"skip_user_requirement": True}, key=added)["id"])
    second.post(f"/sessions/{session_id}/tokens", key=added)
    (key_id,) = [row.id for row in first.run(_list_keys(first)) if row.last_characters == added[-4:]]
    assert first.run(revoke_secret_key(first.service, instance, key_id)) is True
    assert first.run(revoke_secret_key(first.service, instance, key_id)) is False
    for api in (first, second):
        for method, path in [("GET", "/users"), ("POST", f"/sessions/{session_id}/tokens"), ("GET", "/jwks")]:
            assert api.refused(method, path, key=added) == (401, "clerk_key_invalid", {})
        api.mint(session_id)


async def _list_keys(api: Api) -> Any:
    from claimsmith_server.store import secret_keys

    return await secret_keys.list_secret_keys(api.service.database, api.tenants[0].instance.id)


def test_Z_011_a_deleted_template_mints_nothing(api: Api) -> None:
    session_id = api.new_session()
    template_id = api.post("/jwt_templates", {"name": "t", "claims": {}})["id"]
    api.mint(session_id, "t")
    api.ok("DELETE", f"/jwt_templates/{template_id}")
    assert api.refused("POST", f"/sessions/{session_id}/tokens/t")[:2] == (404, "resource_not_found")


def test_L_003_a_secret_key_is_256_random_bits_and_only_its_hash_is_stored(api: Api) -> None:
    made = {api.run(add_secret_key(api.service, api.tenants[0].instance)) for _ in range(50)}
    assert len(made) == 50
    for key in made:
        assert key.startswith("sk_test_")
        assert len(decode_bytes(key.removeprefix("sk_test_"))) == 32
    stored = repr(api.sql("SELECT * FROM secret_keys")) + repr(api.sql("SELECT * FROM audit_log"))
    assert not [key for key in made if key in stored or key[8:20] in stored]


def decode_bytes(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=")


def test_a_keys_last_use_is_noted_a_minute_late_at_most(api: Api) -> None:
    for later in (0, 59_000, 61_000):
        api.now = START + later
        api.get("/users")
    ((last_used_at,),) = api.sql("SELECT max(last_used_at) FROM secret_keys")
    assert last_used_at == START + 61_000


# ------------------------------------------------------------------------------------------------------------ tenants
def ids_of(api: Api) -> dict[str, str]:
    """One of everything in the first instance."""
    user_id = api.new_user(username="ada_l", external_id="ext_1", phone_number=["+15555550100"])["id"]
    template_id = api.post("/jwt_templates", {"name": "hasura", "claims": {}})["id"]
    instance_id = api.tenants[0].instance.id
    ticket = {"user_id": user_id}
    actor_token_id = api.post("/actor_tokens", ticket | {"actor": {"sub": "admin"}})["id"]
    organization_id = api.post("/organizations", {"name": "Lovelace", "created_by": user_id})["id"]
    invited = {"email_address": "ada2@example.com", "role": "org:member"}
    invitation_id = api.post(f"/organizations/{organization_id}/invitations", invited)["id"]
    return {
        "sign_in_token_id": api.post("/sign_in_tokens", ticket)["id"], "actor_token_id": actor_token_id,
        "organization_id": organization_id, "invitation_id": invitation_id,
        "user_id": user_id, "session_id": api.new_session(user_id), "template_id": template_id, "name": "hasura",
        "instance_name": instance_id, "application_id": "app_1",
    }  # fmt: skip


def everything(api: Api, key: str) -> list[Any]:
    """All that a tenant can read."""
    paths = ["/users", "/users/count", "/sessions?paginated=true", "/jwt_templates?paginated=true", CONFIG, "/instance"]
    return [api.get(path, key=key) for path in paths]


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{" in route[1]])
def test_Z_001_ids_of_another_instance_are_not_found(api: Api, method: str, path: str) -> None:
    ours, theirs = api.tenants[0].secret_key, api.tenants[1].secret_key
    ids = ids_of(api)
    before = everything(api, ours)
    body = {"json": BODIES.get(path, {})} if method in {"POST", "PATCH", "PUT"} else {}
    answer = api.send(method, fill(path, **ids), key=theirs, **body)
    # A refresh answers 401 whatever is wrong: SDKs fall back to a handshake then (contract 5.5).
    expected = (401, "refresh_token_invalid") if path.endswith("/refresh") else (404, "resource_not_found")
    assert read_refusal(answer)[:2] == expected
    assert everything(api, ours) == before
    assert api.sql("SELECT count(*) FROM audit_log WHERE instance_id = ?", api.tenants[1].instance.id) == [(1,)]


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{" not in route[1] and route[0] == "GET"])
def test_Z_001_lists_tell_nothing_of_another_instance(api: Api, method: str, path: str) -> None:
    ids = ids_of(api)
    told = api.send(method, path, key=api.tenants[1].secret_key).text
    for value in (*ids.values(), "Lovelace", "ada@example.com", "ext_1"):
        assert value not in told


def test_Z_001_each_filter_finds_only_the_own_instance(api: Api) -> None:
    ids = ids_of(api)
    theirs = api.tenants[1].secret_key
    queries = [("email_address", "ada@example.com"), ("username", "ada_l"), ("external_id", "ext_1"), ("query", "ada")]
    queries += [
        ("user_id", ids["user_id"]),
        ("phone_number", "+15555550100"),
        ("external_id", "-x"),
        ("organization_id", "-x"),
    ]
    for name, value in queries:
        assert api.get("/users", params={name: value}, key=theirs) == []
        assert api.get("/users/count", params={name: value}, key=theirs)["total_count"] == 0
    assert api.get("/sessions", params={"user_id": ids["user_id"]}, key=theirs) == []


def test_Z_001_a_session_for_another_instances_user_is_not_made(api: Api) -> None:
    ids = ids_of(api)
    refused = api.refused("POST", "/sessions", {"user_id": ids["user_id"]}, key=api.tenants[1].secret_key)
    assert refused == (404, "resource_not_found", {"param_name": "user_id"})


def test_two_instances_may_have_the_same_people_and_names(api: Api) -> None:
    ids_of(api)
    body = {"email_address": ["ada@example.com"], "username": "ada_l", "external_id": "ext_1"}
    theirs = api.tenants[1].secret_key
    api.post("/users", body, key=theirs)
    api.post("/jwt_templates", {"name": "hasura", "claims": {"b": 1}}, key=theirs)


def test_each_instance_signs_and_publishes_its_own_key(api: Api) -> None:
    first, second = (api.get("/jwks", key=tenant.secret_key)["keys"] for tenant in api.tenants)
    assert first[0]["kid"] != second[0]["kid"]
    assert first[0]["n"] != second[0]["n"]
    jwt = api.post(f"/sessions/{api.new_session()}/tokens")["jwt"]
    assert decode_part(jwt.split(".")[0])["kid"] == first[0]["kid"]


# -------------------------------------------------------------------------------------------------------------- faces
@pytest.mark.parametrize(
    ("method", "path", "key", "expected"),
    [
        ("GET", "/v1/users", "", 200),
        ("GET", "/bapi/v1/users", "", 200),
        ("GET", "/fapi/v1/users", "", "route_not_found"),
        ("GET", "/v1/users", None, "authentication_invalid"),
        ("GET", "/v1/jwks", None, "authentication_invalid"),
        ("GET", "/v1/nothing", "", "route_not_found"),
        ("GET", "/v1/nothing", None, "route_not_found"),
        ("GET", "/bapi/v1/nothing", "", "route_not_found"),
        ("GET", "/bapi/v1/nothing", None, "route_not_found"),
        ("GET", "/bapi", "", "route_not_found"),
        ("GET", "/bapi/", "", "route_not_found"),
        ("GET", "/bapix/v1/users", "", "route_not_found"),
        ("GET", "/v1/usersx", None, "route_not_found"),
        ("GET", "/v1", None, "route_not_found"),
        ("GET", "/nothing", None, "route_not_found"),
        ("GET", "/v1/sessions/x/tokens/a/b", "", "route_not_found"),
        ("GET", "/.well-known/jwks.json", None, 200),
        ("GET", "/fapi/.well-known/jwks.json", None, 200),
        ("GET", "/v1/health", None, 200),
        ("GET", "/health/live", None, 200),
        ("GET", "/health/ready", None, 200),
        ("GET", "/.well-known/openid-configuration", None, 200),
        ("DELETE", "/v1/users", "", "method_not_allowed"),
        ("PUT", "/v1/users/x", "", "method_not_allowed"),
        ("GET", "/v1/sessions/x/tokens", "", "method_not_allowed"),
        ("DELETE", "/v1/sessions/x/tokens/t", "", "method_not_allowed"),
        ("POST", "/v1/instance", "", "method_not_allowed"),
        ("DELETE", "/v1/users/count", "", "method_not_allowed"),
        ("POST", "/.well-known/jwks.json", None, "method_not_allowed"),
    ],
)  # fmt: skip
def test_each_request_finds_its_face(api: Api, method: str, path: str, key: str | None, expected: int | str) -> None:
    answer = api.send(method, path, key=key)
    if isinstance(expected, int):
        assert answer.status_code == expected
        check_headers(answer)
        return
    refused = read_refusal(answer)
    assert (refused.code, refused.status) == (
        expected,
        {"route_not_found": 404, "authentication_invalid": 401}.get(expected, 405),
    )
    if refused.status == 405:
        allowed = {name.strip() for name in answer.headers["allow"].split(",")}
        assert allowed <= {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"}
        assert allowed
        assert method not in allowed


def test_a_hostile_path_is_told_back_as_json_and_cut(api: Api) -> None:
    for path in ("/v1/<script>alert(1)</script>", "/v1/%22%7D%0d%0aSet-Cookie:x", "/" + "x" * 9000, "/v1/%F0%9F%98%80"):
        answer = api.send("GET", path)
        refused = read_refusal(answer)
        assert refused[:2] == (404, "route_not_found")
        assert len(answer.content) < 4096
        assert "set-cookie" not in answer.headers


def test_the_root_leads_to_the_dashboard_which_shows_nothing_secret(api: Api) -> None:
    assert api.send("GET", "/", key=None).headers["location"] == "/dashboard"
    assert api.send("GET", "/dashboard", key=None).headers["location"].startswith("/dashboard/sign-in")
    page = api.send("GET", "/dashboard/sign-in", key=None)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert api.tenants[0].secret_key not in page.text
    for name, value in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
    ]:
        assert page.headers[name] == value
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


def test_every_handler_is_in_a_table_that_is_served() -> None:
    for served in (*BACKEND_ROUTES, *FRONTEND_ROUTES, *DASHBOARD_ROUTES):
        assert list(list_routes([served]))


# ------------------------------------------------------------------------------------------------------------ headers
def test_C_007_no_origin_is_told_that_it_may_read(api: Api) -> None:
    for origin in ("https://evil.example", "null", ORIGIN):
        for method in ("GET", "OPTIONS", "POST"):
            answer = api.send(method, "/v1/users", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
            assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_C_008_no_header_changes_an_address(open_another: Open) -> None:
    api = open_another(public_url="https://auth.example.com/")
    for headers in (
        {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Proto": "javascript"},
        {"Forwarded": "host=evil.example;proto=http"}, {"X_Forwarded_Host": "evil.example"}, {"Origin": "https://evil.example"},
    ):  # fmt: skip
        told = api.send("GET", "/.well-known/openid-configuration", key=None, headers=headers).json()
        assert told["jwks_uri"] == "https://auth.example.com/.well-known/jwks.json"
        assert told["issuer"] == "https://a.clerk.accounts.dev"
        assert "evil" not in api.send("GET", "/dashboard", key=None, headers=headers).text
        assert "evil" not in str(api.mint(api.new_session(api.post("/users", {"skip_user_requirement": True})["id"])))


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
        {"Content-Type": "application/json", "Content-Encoding": "identity, deflate"},
        {"Content-Type": ""},
        {"Content-Type": "application/jsonx"},
    ],
)
@pytest.mark.parametrize("path", ["/users", "/sessions/x/tokens", "/jwt_templates"])
def test_D_005_only_plain_json_is_read(api: Api, path: str, headers: dict[str, str]) -> None:
    refused = api.refused("POST", path, content=b'{"a":1}', headers=headers)
    assert refused[:2] == (415, "content_type_unsupported")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_by_its_type_whatever_follows(api: Api, content_type: str) -> None:
    answer = api.send(
        "POST", "/v1/users", content=b'{"skip_user_requirement":true}', headers={"Content-Type": content_type}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/v1/users", "/v1/sessions/x/tokens", "/v1/jwt_templates", f"/v1{CONFIG}"])
def test_D_001_an_endless_or_lying_body_is_refused(api: Api, path: str) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65_536

    method = "PATCH" if path.endswith("config") else "POST"
    refused = read_refusal(api.send(method, path, content=endless(), headers={"Content-Type": "application/json"}))
    assert refused[:2] == (413, "request_body_too_large")
    assert sent <= 6
    for length in (str(KIB_256 + 1), "9" * 30, "9" * 5000):
        headers = {"Content-Type": "application/json", "Content-Length": length}
        assert api.send(method, path, content=b"{}", headers=headers).status_code in {413, 404}
    for length in ("-1", "x", "²", "1e9", "1" * 10 + "²"):
        headers = {"Content-Type": "application/json", "Content-Length": length.encode("latin-1", "ignore")}
        assert api.send(method, path, content=b"{}", headers=headers).status_code < 500


def test_D_003_repeated_members_are_refused_by_every_route_that_reads(api: Api) -> None:
    body = b'{"name": "t", "name": "t", "claims": {}, "user_id": "x", "user_id": "y", "session": {}, "session": {}}'
    for method, path in ROUTES:
        if method in {"POST", "PATCH", "PUT"} and not path.endswith(WITHOUT_A_BODY):
            path_filled = fill(path, instance_name="development")
            answer = api.send(method, path_filled, content=body, headers={"Content-Type": "application/json"})
            assert read_refusal(answer)[:2] == (400, "request_body_invalid"), path


# ------------------------------------------------------------------------------------------------------------- limits
def test_a_secret_key_over_its_limit_is_told_when_to_come_back(open_another: Open) -> None:
    api = open_another(backend_rate_limit=3)
    session_id = api.new_session(api.post("/users", {"skip_user_requirement": True})["id"])
    api.now += 4000
    api.mint(session_id)
    for path in ("/v1/users", "/bapi/v1/users", "/v1/jwks"):
        answer = api.send("GET", path)
        assert read_refusal(answer)[:2] == (429, "too_many_requests")
        assert answer.headers["retry-after"] == "6"
    answer = api.send("POST", f"/v1/sessions/{session_id}/tokens/")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "6")
    assert api.send("GET", "/v1/users", key=api.tenants[1].secret_key).status_code == 200
    assert api.send("GET", "/.well-known/jwks.json", key=None).status_code == 200
    api.now += 5999
    assert api.send("GET", "/v1/users").status_code == 429
    api.now += 1
    assert [api.send("GET", "/v1/users").status_code for _ in range(3)] == [200, 200, 429]


def test_without_a_limit_nothing_is_counted(api: Api) -> None:
    assert {api.send("GET", "/v1/instance").status_code for _ in range(50)} == {200}


def test_I_011_a_log_line_is_one_line_whatever_the_request_says(api: Api) -> None:
    api.sql("ALTER TABLE users RENAME TO gone")
    for path in ('user_x%0d%0a{"event":"forged"}', "user_%1b%5b31m", "user_%E2%80%A8"):
        refused: Refused = api.refused("GET", f"/users/{path}")
        assert refused.status in {500, 503}
    lines = api.log.getvalue().splitlines()
    assert len(lines) == 3
    assert "forged" not in {event["event"] for event in api.events()}
    assert not [line for line in lines if "\x1b" in line or "\u2028" in line]
