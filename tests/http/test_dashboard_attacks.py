"""The dashboard attacked by somebody who knows the code: roles, tenants, forgery, private data, markup, secrets."""

import re
from urllib.parse import quote

import pytest
from dashboard import Visitor, sign_in
from dashboard_estate import PRIVATE, Estate, Markup, crawl, dump_rows, furnish, list_routes, run_sql
from faces import Api

from claimsmith_server.dashboard.targets import parse_target

VIEWERS_WRITES = {"/dashboard/account/password", "/dashboard/api/preview", "/dashboard/api/population"}
OWNERS_ONLY = ("/dashboard/team", "/dashboard/api-keys/", "/dashboard/signing-keys")
HOSTILE = "\"'><img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}{% raw %}javascript:alert(3)"


@pytest.fixture
def owner(api: Api) -> Visitor:
    return sign_in(api, "owner")


@pytest.fixture
def estate(api: Api, owner: Visitor) -> Estate:
    return furnish(api, owner=owner)


# ----------------------------------------------------------------------------------------------------------- roles


def test_Z_010_a_viewer_changes_nothing_by_any_route(api: Api, estate: Estate) -> None:
    viewer = sign_in(api, "viewer")
    before = dump_rows(api)
    for route in list_routes():
        if route.is_read or route.access == "public" or route.path in VIEWERS_WRITES:
            continue
        path = estate.fill(route.path)
        assert viewer.send(route.method, path, headers={"X-CSRF-Token": viewer.csrf_token}).status_code == 403, path
        assert viewer.send(route.method, path, data={"csrf_token": viewer.csrf_token}).status_code == 403, path
    assert dump_rows(api) == before


def test_Z_010_keys_and_administrators_are_for_owners_alone(api: Api, estate: Estate) -> None:
    editor = sign_in(api, "editor")
    before = dump_rows(api)
    walked = 0
    for route in list_routes():
        is_kept = route.path.startswith(OWNERS_ONLY) and not (route.is_read and "signing-keys" in route.path)
        assert (route.access == "owner") == is_kept, route
        if is_kept:
            answer = editor.send(route.method, estate.fill(route.path), headers={"X-CSRF-Token": editor.csrf_token})
            assert answer.status_code == 403, route
            walked += 1
    assert walked >= 12
    assert dump_rows(api) == before


def test_reads_change_nothing(api: Api, owner: Visitor, estate: Estate) -> None:
    api.now += 61_000
    owner.page("/dashboard")  # activity is noted once a minute
    before = dump_rows(api)
    for path, answer in crawl(owner, estate).items():
        assert answer.status_code in {200, 303, 404, 410}, (path, answer.status_code)
    assert dump_rows(api) == before


# --------------------------------------------------------------------------------------------------------- tenants


def test_Z_001_nothing_of_another_instance_is_reached_by_any_route(api: Api, owner: Visitor, estate: Estate) -> None:
    secret = "canary-of-the-other-instance"
    other = furnish(api, api.tenants[1].secret_key, secret)
    theirs = ("user_id", "organization_id", "session_id", "invitation_id", "template_id", "target")
    mixed = Estate({**estate.ids, **{name: other.ids[name] for name in theirs}})
    before = dump_rows(api)
    for route in list_routes():
        if not any(f"{{{name}:" in route.path for name in theirs) or "outbox" in route.path:
            continue
        path = mixed.fill(route.path)
        answer = owner.send(route.method, path, headers={"X-CSRF-Token": owner.csrf_token})
        assert answer.status_code in {400, 404, 415, 422} or answer.json() == {"deleted": False}, route
        assert secret not in answer.text, path
        if route.is_read:
            assert answer.status_code == 404, path
    for name in ("user_id", "organization_id", "session_id"):
        for place in ("values", "subjects"):
            assert (
                secret not in owner.get(f"/dashboard/api/{place}?{name}={other.ids[name]}&query={other.ids[name]}").text
            )
        assert secret not in owner.get(f"/dashboard/sessions/claims?{name}={other.ids[name]}").text
        assert secret not in owner.get(f"/dashboard/sessions/active?state=all&{name}={other.ids[name]}").text
        assert secret not in owner.get(f"/dashboard/users?{name}={other.ids[name]}").text
    assert dump_rows(api) == before


def test_Z_001_own_objects_do_not_join_those_of_another_instance(api: Api, owner: Visitor, estate: Estate) -> None:
    other = furnish(api, api.tenants[1].secret_key, "Bob")
    before = dump_rows(api)
    mine, theirs = estate.ids, other.ids
    tries = [
        (
            f"/dashboard/organizations/{mine['organization_id']}/members",
            {"user": theirs["user_id"], "role": "org:admin"},
        ),
        (
            f"/dashboard/organizations/{mine['organization_id']}/members/{theirs['user_id']}/role",
            {"role": "org:member"},
        ),
        (f"/dashboard/organizations/{mine['organization_id']}/members/{theirs['user_id']}/remove", {}),
        (f"/dashboard/organizations/{mine['organization_id']}/invitations/{theirs['invitation_id']}/revoke", {}),
        (f"/dashboard/users/{mine['user_id']}/sessions/revoke", {"session_id": theirs["session_id"]}),
        (f"/dashboard/users/{theirs['user_id']}/mark", {"mark": "ban"}),
        (f"/dashboard/users/{theirs['user_id']}/impersonate", {}),
        ("/dashboard/organizations", {"name": "New", "user": theirs["user_id"]}),
    ]
    for path, form in tries:
        assert owner.post(path, form).status_code in {404, 422}, path
    body = {"text": "{}", "subject": {"user_id": theirs["user_id"]}}
    assert owner.json("POST", "/dashboard/api/preview", {**body, "target": "session"}).status_code == 404
    assert (
        owner.json("POST", "/dashboard/api/preview", {"text": "{}", "target": theirs["template_id"]}).status_code == 404
    )
    assert (
        owner.json("POST", "/dashboard/api/population", {"text": "{}", "target": theirs["target"]}).status_code == 404
    )
    assert owner.json("POST", "/dashboard/api/fixtures/session", {"name": "x", **body}).status_code == 404
    assert dump_rows(api) == before


# --------------------------------------------------------------------------------------------------------- forgery


def test_C_001_no_write_is_forged_whatever_carries_the_token(api: Api, owner: Visitor, estate: Estate) -> None:
    stranger = sign_in(api, "owner")
    token, form = owner.csrf_token, "application/x-www-form-urlencoded"
    forgeries = [
        {},
        {"data": {"csrf_token": ""}},
        {"data": {"csrf_token": stranger.csrf_token}},
        {"headers": {"X-CSRF-Token": stranger.csrf_token}},
        {"params": {"csrf_token": token}},
        {"data": {"csrf_token": [token, stranger.csrf_token]}},
        {"data": {"csrf_token": token}, "headers": {"X-CSRF-Token": stranger.csrf_token}},
        {"json": {"csrf_token": token}},
        {"content": f"csrf_token={token}", "headers": {"Content-Type": "text/plain"}},
        {"files": {"csrf_token": (None, token)}},
        {"content": f"csrf_token={token}", "headers": {"Content-Type": f"{form}, text/plain"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": "https://evil.example"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": "null"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": None, "Sec-Fetch-Site": None}},
        {"data": {"csrf_token": token}, "headers": {"Origin": None, "Sec-Fetch-Site": "same-site"}},
        {"data": {"csrf_token": token}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": "http://localhost:4000.evil.example"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": "http://localhost:4001"}},
        {"data": {"csrf_token": token}, "headers": {"Origin": "https://localhost:4000"}},
    ]
    before = dump_rows(api)
    for route in list_routes():
        if route.is_read:
            continue
        for forgery in forgeries:
            answer = owner.send(route.method, estate.fill(route.path), **forgery)
            assert answer.status_code == 403, (route, forgery, answer.status_code)
    assert dump_rows(api) == before


def test_C_001_a_get_is_no_write_whatever_it_says_of_its_method(api: Api, owner: Visitor, estate: Estate) -> None:
    before = dump_rows(api)
    for route in list_routes():
        if route.is_read:
            continue
        path = estate.fill(route.path)
        query = {"_method": route.method, "csrf_token": owner.csrf_token}
        headers = {"X-HTTP-Method-Override": route.method, "X-Method-Override": route.method}
        for method in ("GET", "HEAD", "OPTIONS"):
            owner.send(method, path, params=query, headers=headers)
        for method in ("TRACE", "PATCH", "PUT", "DELETE"):
            if method != route.method and not any(
                one.method == method for one in list_routes() if one.path == route.path
            ):
                answer = owner.send(method, path, params=query, headers={**headers, "X-CSRF-Token": owner.csrf_token})
                assert answer.status_code in {403, 404, 405}, (method, path, answer.status_code)
    assert dump_rows(api) == before


# ---------------------------------------------------------------------------------------------------- private data


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_Z_005_private_metadata_are_shown_where_they_are_edited_and_to_viewers_nowhere(
    api: Api, owner: Visitor, estate: Estate, role: str
) -> None:
    visitor = sign_in(api, role)  # type: ignore[arg-type] - one of the roles
    found = {path for path, answer in crawl(visitor, estate).items() if PRIVATE in answer.text}
    assert found <= (
        {path for path in found if "/metadata" in path or "/members/" in path} if role == "editor" else set()
    )
    assert bool(found) == (role == "editor")
    subject = {"user_id": estate.ids["user_id"], "organization_id": estate.ids["organization_id"]}
    text = '{"a": "{{user}}", "b": "{{user.private_metadata}}", "d": "{{org.private_metadata}}"}'
    for claims in (
        text,
        '{"b": "{{user.private_metadata.note || user.public_metadata}}"}',
        '{"e": "{{user.public_metadata.__proto__}}"}',
    ):
        answer = visitor.json(
            "POST", "/dashboard/api/preview", {"target": "session", "text": claims, "subject": subject}
        )
        assert PRIVATE not in answer.text
        assert (
            PRIVATE not in visitor.json("POST", "/dashboard/api/population", {"target": "session", "text": claims}).text
        )
    for place in ("users", "organizations"):
        assert estate.ids["user_id"] not in visitor.get(f"/dashboard/{place}?query={PRIVATE}").text


def test_Z_005_what_a_viewer_sees_does_not_follow_from_private_metadata(
    api: Api, owner: Visitor, estate: Estate
) -> None:
    viewer = sign_in(api, "viewer")
    pages = [path for path in crawl(viewer, estate) if "log" not in path]
    before = {path: viewer.get(path).text for path in pages}
    before = {path: _without_nonces(text) for path, text in before.items()}
    changed = '{"note": "another, much longer and quite different value than it was before"}'
    for table in ("users", "organizations", "organization_memberships"):
        run_sql(api, f"UPDATE {table} SET private_metadata = ?", changed)  # noqa: S608 - a name of the line above
    for path in pages:
        assert _without_nonces(viewer.get(path).text) == before[path], path


# ---------------------------------------------------------------------------------------------------------- markup


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_X_001_hostile_data_are_inert_on_every_page(api: Api, owner: Visitor, role: str) -> None:
    estate = furnish(api, words=HOSTILE, owner=owner)
    visitor = sign_in(api, role)  # type: ignore[arg-type] - one of the roles
    seen = 0
    for path, answer in crawl(visitor, estate).items():
        if "text/html" not in answer.headers.get("content-type", "") or "/outbox/" in path:
            continue
        alive = [one for one in Markup(answer.text).alive if "refresh" not in one and one != "<link>: href=data:,"]
        assert not alive, (path, alive)
        seen += "alert(1)" in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
    assert seen >= 8


@pytest.mark.parametrize(
    "query",
    [
        "done",
        "next",
        "query",
        "user_id",
        "organization_id",
        "order_by",
        "page",
        "range",
        "after",
        "since",
        "framework",
        "token",
        "status",
        "role",
        "state",
        "kind",
        "offset",
        "version",
    ],
)
def test_X_003_what_an_address_says_is_never_markup(owner: Visitor, estate: Estate, query: str) -> None:
    for route in list_routes():
        if route.is_read and "/api/" not in route.path and "static" not in route.path and route.path != "/":
            answer = owner.get(estate.fill(route.path), params={query: HOSTILE})
            assert answer.status_code < 500, (route, query)
            assert "<img" not in answer.text, (route, query)
            assert "<script>" not in answer.text, (route, query)


def test_X_003_what_a_path_says_is_never_markup(owner: Visitor, estate: Estate) -> None:
    for route in list_routes():
        for value in (quote(HOSTILE, safe=""), "%3Cscript%3Ealert(1)%3C%2Fscript%3E"):
            path = estate.fill(route.path, **dict.fromkeys(estate.ids, value))
            answer = owner.send(route.method, path, headers={"X-CSRF-Token": owner.csrf_token})
            is_html = "text/html" in answer.headers.get("content-type", "")
            assert not is_html or ("<img" not in answer.text and "<script>" not in answer.text), route
            assert answer.headers.get("x-content-type-options") == "nosniff" or answer.status_code in {302, 303}, route


def test_X_001_what_was_typed_is_shown_again_as_text(owner: Visitor, estate: Estate) -> None:
    shown = 0
    for path, page in crawl(owner, estate).items():
        if "text/html" not in page.headers.get("content-type", ""):
            continue
        for form in Markup(page.text).forms:
            action = form.action or path.partition("?")[0]
            if action.endswith(("/delete", "/sign-out", "/remove")):
                continue
            for name in set(form.fields) - {"csrf_token"}:
                answer = owner.post(action, {**form.fields, "csrf_token": owner.csrf_token, name: HOSTILE})
                alive = [one for one in Markup(answer.text).alive if one != "<link>: href=data:,"]
                assert not alive, (action, name, alive)
                shown += "alert(1)" in answer.text
    assert shown > 20


def test_L_005_a_failure_tells_a_trace_id_and_nothing_else(api: Api, owner: Visitor, estate: Estate) -> None:
    run_sql(api, "ALTER TABLE users RENAME TO away")
    for path in ("/dashboard/users", estate.fill("/dashboard/users/{user_id:str}"), "/dashboard/sessions/active"):
        answer = owner.get(path)
        assert answer.status_code >= 500, path
        assert re.search(r"\b[0-9a-f]{32}\b", answer.text), path
        for told in ("users", "sqlite", "select", "traceback", "claimsmith_server", "no such table"):
            assert told not in answer.text.lower().replace("/dashboard/users", ""), (path, told)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    answer = owner.get("/dashboard/api/subjects")
    assert answer.status_code >= 500
    assert set(answer.json()) == {"errors", "clerk_trace_id"}
    assert "table" not in answer.text
    trace = answer.json()["clerk_trace_id"]
    assert [event for event in api.events() if event.get("trace_id") == trace]


@pytest.mark.parametrize("page", ["api-keys", "api-keys/new", "signing-keys", "users?query=a", "sessions/claims"])
def test_a_sign_in_leads_back_to_any_page(page: str) -> None:
    assert parse_target(f"/dashboard/{page}") == f"/dashboard/{page}"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "/dashboard/../v1", "/dashboard/%2e%2e/v1",
        "/dashboard//evil.example", "/dashboard/%5cevil.example", "/dashboard\n", "/dashboard\t/x", "/dashboardevil",
        "/dashboard@evil.example", "/dashboard/api/subjects", "/dashboard/api", "/dashboard/sign-out",
        "javascript:alert(1)",
        "/dashboard/sign-in?next=/dashboard", "/dashboard/set-up?token=x", "/dashboard#//evil", "/dashboard/%00",
        "/dashboard/%2fevil.example",
    ],
)  # fmt: skip
def test_X_002_a_sign_in_leads_nowhere_else(target: str) -> None:
    assert parse_target(target) in {"/dashboard", target if target == "/dashboard/%00" else "/dashboard"}


def _without_nonces(text: str) -> str:
    """The page without what is another at each look: nonces, ids of tokens, times."""
    return re.sub(r"[0-9a-f]{20,64}|[\w.-]{200,}|random.*", "…", text)
