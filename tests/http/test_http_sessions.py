"""Sessions and their tokens over the Backend API: minted while live, never after."""

import asyncio
from typing import Any

import msgspec
import pytest
from faces import CONFIG, START, Api, Open
from token_parts import decode_token

from claimsmith_server.core.models import Membership, Organization, Role
from claimsmith_server.store import organizations, roles, sessions, users

SECOND = 1000
WEEK = 604_800 * SECOND
UNKNOWN = "sess_0000000000000000000000000000"


def join(api: Api, user_id: str, *permissions: str, role: str = "org:editor") -> Organization:
    """An organization that the user is a member of, with a role of these permissions."""
    known = {"instance_id": api.tenants[0].instance.id, "created_at": START, "updated_at": START}
    organization = Organization(
        id="org_1", name="Acme", slug="acme", image_url="", has_image=False, public_metadata={"region": "eu"},
        private_metadata={"canary": "ORG-PRIVATE"}, max_allowed_memberships=5, admin_delete_enabled=True,
        created_by=None, **known,
    )  # fmt: skip
    api.run(organizations.insert_organization(api.service.database, organization))
    api.run(
        roles.insert_role(api.service.database, Role(id="role_1", key=role, name="x", permissions=permissions, **known))
    )
    membership = Membership(
        id="orgmem_1", organization_id="org_1", user_id=user_id, role=role, public_metadata={},
        private_metadata={"canary": "MEMBERSHIP-PRIVATE"}, **known,
    )  # fmt: skip
    api.run(organizations.insert_membership(api.service.database, membership))
    return organization


def change_user(api: Api, user_id: str, **changes: Any) -> None:
    """A change that no route of this version makes."""
    api.run(users.update_user(api.service.database, api.tenants[0].instance.id, user_id, changes, now=api.now))


def set_status(api: Api, session_id: str, status: str) -> None:
    api.sql("UPDATE sessions SET status = ? WHERE id = ?", status, session_id)


def test_a_session_is_created_read_listed_and_revoked(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user()["id"]
    session = api.post("/sessions", {"user_id": user_id})
    assert session == {
        "object": "session", "id": session["id"], "user_id": user_id, "client_id": session["client_id"], "actor": None,
        "status": "active", "last_active_organization_id": None, "last_active_at": START, "expire_at": START + WEEK,
        "abandon_at": session["abandon_at"], "created_at": START, "updated_at": START, "tasks": None,
    }  # fmt: skip
    assert api.get(f"/sessions/{session['id']}") == session
    assert api.get("/sessions", params={"user_id": user_id}) == [session]
    assert api.get("/sessions", params={"paginated": "true"}) == {"data": [session], "total_count": 1}
    assert api.get("/sessions", params={"status": "revoked"}) == []
    assert api.get("/sessions", params={"client_id": "client_x"}) == []
    api.now += SECOND
    revoked = api.post(f"/sessions/{session['id']}/revoke")
    assert revoked == session | {"status": "revoked", "updated_at": START + SECOND}
    assert api.get("/sessions", params={"status": "revoked"}) == [revoked]
    assert api.post(f"/sessions/{session['id']}/revoke") == revoked  # a second time changes nothing


@pytest.mark.parametrize(
    ("body", "status", "code", "name"),
    [
        ({}, 422, "form_param_missing", "user_id"),
        ({"user_id": 7}, 422, "form_param_type_invalid", "user_id"),
        ({"user_id": ""}, 422, "form_param_value_invalid", "user_id"),
        ({"user_id": "user_none"}, 404, "resource_not_found", "user_id"),
        ({"user_id": "x\x00"}, 422, "form_param_format_invalid", "user_id"),
        ({"user_id": "{}", "status": "active"}, 422, "form_param_unknown", "status"),
    ],
)
def test_a_session_that_cannot_be_is_refused_and_nothing_is_written(
    api: Api, body: Any, status: int, code: str, name: str
) -> None:
    assert api.refused("POST", "/sessions", body) == (status, code, {"param_name": name})
    assert api.sql("SELECT count(*) FROM clients") == api.sql("SELECT count(*) FROM sessions") == [(0,)]


def test_a_session_in_an_organization_needs_a_membership(api: Api) -> None:
    user = api.new_user()
    body = {"user_id": user["id"], "active_organization_id": "org_1"}
    expected = (404, "resource_not_found", {"param_name": "active_organization_id"})
    assert api.refused("POST", "/sessions", body) == expected
    join(api, api.new_user("eve@example.com")["id"])
    assert api.refused("POST", "/sessions", body) == expected


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/revoke"), ("POST", "/tokens"), ("POST", "/tokens/hasura")]
)
def test_an_unknown_session_is_not_found(api: Api, method: str, path: str) -> None:
    assert api.refused(method, f"/sessions/{UNKNOWN}{path}")[:2] == (404, "resource_not_found")


def test_the_seeds_claims_are_in_the_next_token(open_on_engine: Open) -> None:
    api = open_on_engine()
    session_id = api.new_session()
    assert not {"fullName", "primaryEmail"} & set(api.mint(session_id))
    api.set_claims({"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"})
    claims = api.mint(session_id)
    assert (claims["fullName"], claims["primaryEmail"]) == ("Ada Lovelace", "ada@example.com")


def test_a_tokens_times_follow_the_clock_and_its_settings(api: Api) -> None:
    session_id = api.new_session()
    api.now = START + 5 * 60 * SECOND
    claims = api.mint(session_id)
    seconds = api.now // SECOND
    assert (claims["iat"], claims["exp"], claims["nbf"]) == (seconds, seconds + 60, seconds - 10)
    assert claims["fva"] == [5, -1]
    assert claims["iss"] == "https://a.clerk.accounts.dev"
    api.patch(CONFIG, {"session": {"token_lifetime_seconds": 300}})
    assert api.mint(session_id)["exp"] == seconds + 300
    assert api.mint(session_id, expires_in_seconds=31)["exp"] == seconds + 31


def test_every_token_has_a_jti_of_its_own(api: Api) -> None:
    session_id = api.new_session()
    made = {api.mint(session_id)["jti"] for _ in range(20)}
    assert len(made) == 20
    assert all(len(one) == 20 for one in made)


@pytest.mark.parametrize("path", ["/v1/sessions/{}/tokens", "/bapi/v1/sessions/{}/tokens", "/v1/sessions/{}/tokens/"])
def test_the_mint_route_answers_under_each_prefix(api: Api, path: str) -> None:
    answer = api.send("POST", path.format(api.new_session()))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert list(answer.json()) == ["object", "jwt"]
    assert answer.json()["object"] == "token"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b" \n", b'{"expires_in_seconds": null}', b'{"expires_in_seconds": 60, "x": 1}']
)
def test_the_mint_routes_body_may_be_absent(api: Api, content: bytes) -> None:
    answer = api.send("POST", f"/v1/sessions/{api.new_session()}/tokens", content=content)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"expires_in_seconds": 29}', 422),
        (b'{"expires_in_seconds": 315360001}', 422),
        (b'{"expires_in_seconds": 60.5}', 422),
        (b'{"expires_in_seconds": "60"}', 422),
        (b'{"expires_in_seconds": true}', 422),
        (b'{"expires_in_seconds": 1e30}', 422),
        (b"[]", 400),
        (b"{", 400),
        (b'{"expires_in_seconds": 60, "expires_in_seconds": 61}', 400),
        (b"[" * 100_000, 400),
        (b" " * 262_145, 413),
    ],
)
def test_the_mint_route_refuses_what_it_cannot_read(api: Api, content: bytes, status: int) -> None:
    refused = api.refused("POST", f"/sessions/{api.new_session()}/tokens", content=content)
    assert refused.status == status


# ------------------------------------------------------------------------------------------------------------ the end
@pytest.mark.parametrize("template", [None, "hasura"])
@pytest.mark.parametrize("status", ["ended", "removed", "revoked", "expired", "abandoned", "replaced"])
def test_T_013_a_session_that_is_over_mints_nothing(api: Api, status: str, template: str | None) -> None:
    api.post("/jwt_templates", {"name": "hasura", "claims": {}})
    session_id = api.new_session()
    set_status(api, session_id, status)
    refused = api.refused("POST", f"/sessions/{session_id}/tokens" + (f"/{template}" if template else ""))
    assert refused == (401, "session_not_active", {"session_id": session_id})


def test_T_013_a_pending_session_gets_no_template_token(api: Api) -> None:
    # A template token has no `sts`: whoever reads it can't see that a task (a second factor, say) is still open.
    api.post("/jwt_templates", {"name": "hasura", "claims": {}})
    session_id = api.new_session()
    set_status(api, session_id, "pending")
    assert api.mint(session_id)["sts"] == "pending"
    assert api.refused("POST", f"/sessions/{session_id}/tokens/hasura").status in {401, 404}


def test_S_020_a_session_expires_at_the_exact_millisecond(api: Api) -> None:
    session_id = api.new_session()
    api.now = START + WEEK - 1
    assert api.mint(session_id)["sid"] == session_id
    api.now += 1
    refused = api.refused("POST", f"/sessions/{session_id}/tokens")
    assert refused == (401, "session_not_active", {"session_id": session_id})
    assert api.get(f"/sessions/{session_id}")["status"] == "expired"
    assert [one["id"] for one in api.get("/sessions", params={"status": "expired"})] == [session_id]
    assert api.get("/sessions", params={"status": "active"}) == []
    assert api.sql("SELECT status FROM sessions") == [("active",)]  # S-021: no clean-up job had to run


def test_S_020_a_session_is_abandoned_at_the_exact_millisecond(api: Api) -> None:
    api.patch(CONFIG, {"session": {"inactivity_timeout_seconds": 600}})
    session_id = api.new_session()
    api.now = START + 600 * SECOND - 1
    api.mint(session_id)
    api.now += 1
    assert api.refused("POST", f"/sessions/{session_id}/tokens").status == 401
    assert api.get(f"/sessions/{session_id}")["status"] == "abandoned"
    api.post(f"/sessions/{session_id}/revoke")
    assert api.get(f"/sessions/{session_id}")["status"] == "abandoned"


def test_S_016_once_a_revoke_is_answered_no_service_mints(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    for _ in range(20):
        session_id = first.new_session(first.post("/users", {"skip_user_requirement": True})["id"])
        second.mint(session_id)
        first.post(f"/sessions/{session_id}/revoke")
        assert second.refused("POST", f"/sessions/{session_id}/tokens").code == "session_not_active"
        assert first.refused("POST", f"/sessions/{session_id}/tokens").code == "session_not_active"


def test_S_022_of_mints_that_race_with_a_revoke_none_comes_after_it(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    user_id = first.post("/users", {"skip_user_requirement": True})["id"]
    for _ in range(10):
        session_id = first.new_session(user_id)
        path = f"/v1/sessions/{session_id}"
        revoked = asyncio.Event()
        late: list[int] = []

        async def revoke(path: str = path, revoked: asyncio.Event = revoked) -> None:
            assert (await first.ask("POST", f"{path}/revoke")).status_code == 200
            revoked.set()

        async def mint(path: str = path, revoked: asyncio.Event = revoked, late: list[int] = late) -> None:
            for _ in range(5):
                started_late = revoked.is_set()
                status = (await second.ask("POST", f"{path}/tokens")).status_code
                assert status in {200, 401}
                if started_late:
                    late.append(status)

        outcomes = first.together(mint(), revoke(), mint(), mint())
        assert [one for one in outcomes if one is not None] == []
        assert set(late) <= {401}
        assert first.get(f"/sessions/{session_id}")["status"] == "revoked"


@pytest.mark.parametrize("state", ["banned", "locked"])
def test_S_018_a_banned_or_locked_user_gets_no_token(api: Api, state: str) -> None:
    user_id = api.new_user()["id"]
    session_id = api.new_session(user_id)
    change_user(api, user_id, **{state: True})
    refused = api.refused("POST", f"/sessions/{session_id}/tokens")
    assert refused[:2] == (401, "user_not_allowed")
    change_user(api, user_id, **{state: False})
    api.mint(session_id)


def test_S_018_a_deleted_users_sessions_are_gone(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user()["id"]
    session_id = api.new_session(user_id)
    api.ok("DELETE", f"/users/{user_id}")
    for method, path in [("POST", "/tokens"), ("GET", ""), ("POST", "/revoke")]:
        assert api.refused(method, f"/sessions/{session_id}{path}").status == 404


def test_S_018_without_the_membership_the_token_tells_no_organization(api: Api) -> None:
    user_id = api.new_user()["id"]
    join(api, user_id, "org:posts:edit")
    session_id = api.new_session(user_id, active_organization_id="org_1")
    claims = api.mint(session_id)
    assert claims["o"] == {"id": "org_1", "slg": "acme", "rol": "editor", "per": "edit", "fpm": "1"}
    assert claims["fea"] == "o:posts"
    api.sql("DELETE FROM organization_memberships")
    assert not {"o", "fea"} & set(api.mint(session_id))


def test_S_019_a_new_password_ends_sessions_when_asked_to(api: Api) -> None:
    user_id = api.new_user()["id"]
    kept = api.new_session(user_id)
    api.patch(f"/users/{user_id}", {"password": "a-long-enough-one"})
    api.mint(kept)
    body = {"password": "another-long-one", "sign_out_of_other_sessions": True}
    assert api.patch(f"/users/{user_id}", body)["password_enabled"] is True
    assert api.refused("POST", f"/sessions/{kept}/tokens").code == "session_not_active"


def test_T_014_the_next_mint_shows_what_changed(api: Api) -> None:
    user_id = api.new_user(public_metadata={"plan": "free"})["id"]
    join(api, user_id, "org:posts:edit")
    session_id = api.new_session(user_id, active_organization_id="org_1")
    api.set_claims({"plan": "{{user.public_metadata.plan}}", "role": "{{org.role}}", "name": "{{user.full_name}}"})
    assert api.mint(session_id)["plan"] == "free"
    api.patch(f"/users/{user_id}/metadata", {"public_metadata": {"plan": "pro"}})
    api.patch(f"/users/{user_id}", {"last_name": "King"})
    api.sql("UPDATE roles SET permissions = ? WHERE key = 'org:editor'", '["org:posts:read"]')
    claims = api.mint(session_id)
    assert (claims["plan"], claims["name"], claims["o"]["per"]) == ("pro", "Ada King", "read")
    api.sql("UPDATE organization_memberships SET role = 'org:member'")
    claims = api.mint(session_id)
    assert (claims["role"], claims["o"]["rol"], "fea" in claims) == ("org:member", "member", False)


def test_an_actor_is_in_the_token(api: Api) -> None:
    session_id = api.new_session()
    api.sql("UPDATE sessions SET actor = ? WHERE id = ?", '{"sub":"user_support"}', session_id)
    assert api.mint(session_id)["act"] == {"sub": "user_support"}


def test_version_1_is_a_setting(api: Api) -> None:
    session_id = api.new_session()
    api.patch(CONFIG, {"session": {"claims_version": 1}})
    assert not {"v", "sts"} & set(api.mint(session_id))


# --------------------------------------------------------------------------------------------------- privacy and size
def test_Z_005_private_metadata_reach_no_token_and_no_log(api: Api) -> None:
    canary = "CANARY-" + "7f3a9c"
    private = {"secret": canary, "nested": {"plan": canary}}
    user_id = api.new_user(private_metadata=private, public_metadata={"plan": "pro"})["id"]
    join(api, user_id, "org:posts:edit")
    session_id = api.new_session(user_id, active_organization_id="org_1")
    whole = {
        "user": "{{user.public_metadata}}", "unsafe": "{{user.unsafe_metadata}}", "org": "{{org.public_metadata}}",
        "member": "{{org_membership.public_metadata}}", "orgs": "{{user.organizations}}",
        "up": "{{user.public_metadata.private_metadata}}", "down": "{{user.public_metadata.secret}}",
    }  # fmt: skip
    api.set_claims(whole)
    api.post("/jwt_templates", {"name": "all", "claims": whole})
    told = msgspec.json.encode([api.mint(session_id), api.mint(session_id, "all")]).decode()
    api.send("GET", f"/v1/users/{user_id}/nothing", params={"secret": canary})
    for text in (told, api.log.getvalue()):
        assert canary not in text
        assert "PRIVATE" not in text
    assert api.sql("SELECT count(*) FROM audit_log WHERE details LIKE ?", f"%{canary}%") == [(0,)]


@pytest.mark.parametrize(
    "shortcode",
    ["user.private_metadata", "user.private_metadata.x", "org.private_metadata", "org_membership.private_metadata",
     "user.password_digest", "user.totp_secret", "user.public_metadata || user.private_metadata", "organization.id"],
)  # fmt: skip
def test_T_003_what_is_private_is_no_shortcode(api: Api, shortcode: str) -> None:
    claims = {"a": "{{" + shortcode + "}}"}
    for method, path, body in [
        ("PATCH", CONFIG, {"session": {"claims": claims}}),
        ("POST", "/jwt_templates", {"name": "t", "claims": claims}),
    ]:
        answer = api.send(method, f"/v1{path}", json=body)
        assert answer.status_code == 422
        assert {error["meta"]["claim"] for error in answer.json()["errors"]} == {"a"}
    assert api.sql("SELECT (SELECT count(*) FROM session_claims) + (SELECT count(*) FROM jwt_templates)") == [(0,)]


def test_T_010_a_token_over_the_cookies_size_is_never_answered(api: Api) -> None:
    user_id = api.new_user(public_metadata={"big": "x" * 4000, "small": "y" * 100})["id"]
    session_id = api.new_session(user_id)
    api.set_claims({"big": "{{user.public_metadata.big}}", "small": "{{user.public_metadata.small}}"})
    jwt = api.post(f"/sessions/{session_id}/tokens")["jwt"]
    assert len("__session_12345678") + len(jwt) <= 4096
    claims = decode_token(jwt)[1]
    assert (claims["_omitted"], claims["small"], "big" in claims) == (["big"], "y" * 100, False)
    (event,) = [one for one in api.events() if one["event"] == "claims left out of a token"]
    assert (event["omitted"], event["session_id"]) == (["big"], session_id)
    assert "xxxx" not in api.log.getvalue()
    api.patch(CONFIG, {"session": {"size_policy": "refuse"}})
    assert api.mint(session_id)["_omitted"] == ["big", "small"]


def test_Z_012_a_poisoned_row_is_a_500_that_says_nothing_and_stops_nobody_else(api: Api) -> None:
    user_id = api.new_user()["id"]
    session_id, other = api.new_session(user_id), api.new_session(api.new_user("eve@example.com")["id"])
    api.sql("UPDATE users SET public_metadata = ? WHERE id = ?", '{"secret-canary', user_id)
    for method, path in [("POST", f"/sessions/{session_id}/tokens"), ("GET", f"/users/{user_id}")]:
        refused = api.refused(method, path)
        assert refused == (500, "internal_error", {})
        answer = api.send(method, f"/v1{path}")
        for secret in ("sql", "canary", "/", "public_metadata", "Traceback", user_id):
            assert secret not in answer.json()["errors"][0]["long_message"].lower()
        trace_id = answer.json()["clerk_trace_id"]
        (event,) = [one for one in api.events() if one.get("trace_id") == trace_id]
        assert (event["level"], event["method"], event["path"]) == ("error", method, f"/v1{path}")
        assert "CorruptRow" in event["exception"]
    api.mint(other)


def test_Z_012_a_poisoned_setting_fails_closed_for_that_instance_only(api: Api) -> None:
    session_id = api.new_session()
    poison = '{"session": {"claims_version": 7}}'
    api.sql("UPDATE instances SET settings = ?, config_version = config_version + 1 WHERE slug = 'a'", poison)
    assert api.refused("POST", f"/sessions/{session_id}/tokens").status == 500
    assert api.refused("GET", "/users").status == 500
    assert api.get("/users", key=api.tenants[1].secret_key) == []


def test_a_stored_template_that_no_longer_compiles_blocks_no_sign_in(api: Api, open_another: Open) -> None:
    session_id = api.new_session()
    api.set_claims({"a": "{{user.first_name}}"})
    api.sql("UPDATE session_claims SET claims = ?", '{"a": "{{user.no_such_thing", "sub": "forged"}')
    fresh = open_another()
    claims = fresh.mint(session_id)
    assert claims["sub"].startswith("user_")
    assert "a" not in claims
    assert [one["event"] for one in fresh.events()] == ["session claims can't be compiled"]


def test_S_017_an_error_in_storage_is_no_false_success(api: Api) -> None:
    session_id = api.new_session()
    api.sql("CREATE TRIGGER t BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'disk on fire'); END")
    refused = api.refused("POST", f"/sessions/{session_id}/revoke")
    assert refused.status in {500, 503}
    assert "fire" not in str(refused)
    assert api.get(f"/sessions/{session_id}")["status"] == "active"
    assert api.sql("SELECT count(*) FROM audit_log WHERE action = 'session.revoked'") == [(0,)]


def test_L_006_every_change_leaves_an_audit_event(api: Api) -> None:
    expected = []

    def note(action: str, target: str) -> None:
        expected.append((action, target, api.now))
        api.now += SECOND

    user_id = api.new_user()["id"]
    note("user.created", user_id)
    session_id = api.new_session(user_id)
    note("session.created", session_id)
    api.post(f"/sessions/{session_id}/revoke")
    note("session.revoked", session_id)
    api.set_claims({"a": 1})
    note("session_claims.published", api.tenants[0].instance.id)
    api.patch(CONFIG, {"session": {"single_session_mode": False}})
    note("instance.updated", api.tenants[0].instance.id)
    template_id = api.post("/jwt_templates", {"name": "t", "claims": {}})["id"]
    note("jwt_template.created", template_id)
    api.patch(f"/jwt_templates/{template_id}", {"name": "t", "claims": {}})
    note("jwt_template.updated", template_id)
    api.ok("DELETE", f"/jwt_templates/{template_id}")
    note("jwt_template.deleted", template_id)
    api.patch(f"/users/{user_id}", {"first_name": "x"})
    note("user.updated", user_id)
    api.ok("DELETE", f"/users/{user_id}")
    note("user.deleted", user_id)
    statement = "SELECT action, target, created_at FROM audit_log WHERE actor = 'secret_key' ORDER BY created_at"
    assert api.sql(statement) == expected


def test_the_store_and_the_route_agree_on_what_is_live(api: Api) -> None:
    session_id = api.new_session()
    instance_id = api.tenants[0].instance.id
    ended = api.run(sessions.end_session(api.service.database, instance_id, session_id, "ended", now=api.now))
    assert ended is not None
    assert api.refused("POST", f"/sessions/{session_id}/tokens").code == "session_not_active"
