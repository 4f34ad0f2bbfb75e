"""Sign-in tokens, actor tokens, testing tokens; and the link that they are sent as (cases A-002, A-026, S-027)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from browser import Browser, open_live
from faces import ORIGIN, Api, Open
from token_parts import decode_token

from claimsmith_server.services.tickets import ACTOR_BYTES

DAY = 24 * 3600 * 1000
TEN_YEARS = 315_360_000
KINDS = ["sign_in_tokens", "actor_tokens"]


def body_of(kind: str, user_id: str, **more: Any) -> dict[str, Any]:
    actor = {"actor": {"sub": "user_admin"}} if kind == "actor_tokens" else {}
    return {"user_id": user_id, **actor, **more}


def make(api: Api, kind: str, user_id: str | None = None, **more: Any) -> Any:
    return api.post(f"/{kind}", body_of(kind, user_id or api.new_user()["id"], **more))


def spend(browser: Browser, token: str) -> Any:
    return browser.post("/client/sign_ins", {"strategy": "ticket", "ticket": token})


def refuse(browser: Browser, token: str) -> tuple[int, str]:
    refused = browser.refused("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": token})
    return refused.status, refused.code


# ------------------------------------------------------------------------------------------------------------ making
def test_a_sign_in_token_is_told_once_with_a_link_and_only_its_hash_is_stored(api: Api) -> None:
    user_id = api.new_user()["id"]
    made = make(api, "sign_in_tokens", user_id)
    assert made == {
        "object": "sign_in_token", "id": made["id"], "status": "pending", "user_id": user_id, "token": made["token"],
        "url": f"{ORIGIN}/v1/tickets/accept?ticket={made['token']}", "created_at": api.now, "updated_at": api.now,
    }  # fmt: skip
    assert made["id"].startswith("sit_")
    assert len(made["token"]) == 43
    revoked = api.post(f"/sign_in_tokens/{made['id']}/revoke")
    assert "token" not in revoked
    assert "url" not in revoked
    stored = repr(api.sql("SELECT * FROM tickets")) + repr(api.sql("SELECT * FROM audit_log"))
    assert made["token"] not in stored


def test_an_actor_token_says_who_acts(api: Api) -> None:
    actor = {"sub": "user_admin", "iss": "https://admin.example.com", "more": [1, {"x": None}]}
    made = api.post("/actor_tokens", {"user_id": api.new_user()["id"], "actor": actor})
    assert made["object"] == "actor_token"
    assert made["id"].startswith("act_")
    assert made["actor"] == actor
    assert made["url"] == f"{ORIGIN}/v1/tickets/accept?ticket={made['token']}"
    assert api.post(f"/actor_tokens/{made['id']}/revoke")["actor"] == actor


def test_a_testing_token_is_good_for_an_hour(api: Api) -> None:
    made = api.post("/testing_tokens")
    assert made["object"] == "testing_token"
    assert made["expires_at"] == api.now // 1000 + 3600
    browser = Browser(api)
    query = {"__clerk_testing_token": made["token"]}
    assert browser.post("/client", query=query)["captcha_bypass"] is True
    assert browser.get("/client", query={"__clerk_testing_token": made["token"][:-1]})["captcha_bypass"] is False
    api.now += 3_600_000
    assert browser.get("/client", query=query)["captcha_bypass"] is False


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [-1, 0, 1.5, TEN_YEARS + 1, 10**30, "60", True])
def test_A_026_a_lifetime_has_bounds(api: Api, kind: str, seconds: Any) -> None:
    body = body_of(kind, api.new_user()["id"], expires_in_seconds=seconds)
    refused = api.refused("POST", f"/{kind}", body)
    assert (refused.status, refused.meta["param_name"]) == (422, "expires_in_seconds")
    assert api.sql("SELECT count(*) FROM tickets") == [(0,)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [1, TEN_YEARS, None])
def test_the_bounds_of_a_lifetime_are_allowed(api: Api, kind: str, seconds: int | None) -> None:
    assert make(api, kind, expires_in_seconds=seconds)["status"] == "pending"


@pytest.mark.parametrize(
    "actor",
    [None, "user_x", [], {}, {"sub": None}, {"sub": 1}, {"sub": ""}, {"sub": "x" * 129}, {"sub": ["x"]}],
)
def test_an_actor_without_a_subject_is_refused(api: Api, actor: Any) -> None:
    refused = api.refused("POST", "/actor_tokens", {"user_id": api.new_user()["id"], "actor": actor})
    assert refused.status == 422
    assert refused.meta["param_name"] == "actor"


def test_an_actor_that_no_cookie_could_hold_is_refused(api: Api) -> None:
    user_id = api.new_user()["id"]
    room = ACTOR_BYTES - len('{"sub":"x","note":""}')
    api.post("/actor_tokens", {"user_id": user_id, "actor": {"sub": "x", "note": "n" * room}})
    for actor in ({"sub": "x", "note": "n" * (room + 1)}, {"sub": "x", "note": "é" * (room // 2 + 1)}):
        refused = api.refused("POST", "/actor_tokens", {"user_id": user_id, "actor": actor})
        assert (refused.status, refused.code) == (422, "form_param_exceeds_allowed_size")


@pytest.mark.parametrize("kind", KINDS)
def test_a_ticket_for_nobody_is_not_made(api: Api, kind: str) -> None:
    gone = api.new_user()["id"]
    api.ok("DELETE", f"/users/{gone}")
    for user_id in ("user_x", gone, "user_\u00e9"):
        refused = api.refused("POST", f"/{kind}", body_of(kind, user_id))
        assert refused == (404, "resource_not_found", {"param_name": "user_id"})
    own = api.new_user("bob@example.com")["id"]
    theirs = api.refused("POST", f"/{kind}", body_of(kind, own), key=api.tenants[1].secret_key)
    assert theirs[:2] == (404, "resource_not_found")
    assert api.refused("POST", f"/{kind}", {"user_id": own, "actor": {"sub": "x"}, "extra": 1})[:2] == (
        422,
        "form_param_unknown",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_A_026_a_banned_user_is_given_no_ticket(api: Api, kind: str) -> None:
    user_id = api.new_user()["id"]
    api.post(f"/users/{user_id}/ban")
    assert api.refused("POST", f"/{kind}", body_of(kind, user_id))[:2] == (403, "user_banned")


# ---------------------------------------------------------------------------------------------------------- revoking
@pytest.mark.parametrize(("kind", "code"), [(kind, f"{kind[:-1]}_cannot_be_revoked_code") for kind in KINDS])
def test_only_a_pending_ticket_is_revoked_and_only_through_its_own_route(api: Api, kind: str, code: str) -> None:
    user_id = api.new_user()["id"]
    made, spent, expired = (make(api, kind, user_id, expires_in_seconds=60 if n == 2 else None) for n in range(3))
    other = KINDS[1 - KINDS.index(kind)]
    assert api.refused("POST", f"/{other}/{made['id']}/revoke")[:2] == (404, "resource_not_found")
    assert api.refused("POST", f"/{kind}/{made['token']}/revoke")[:2] == (404, "resource_not_found")
    spend(Browser(api), spent["token"])
    api.now += 60_000
    revoked = api.post(f"/{kind}/{made['id']}/revoke")
    assert (revoked["status"], revoked["updated_at"]) == ("revoked", api.now)
    for ticket in (made, spent, expired):
        assert api.refused("POST", f"/{kind}/{ticket['id']}/revoke")[:2] == (400, code)
    assert refuse(Browser(api), made["token"]) == (400, "ticket_invalid")


def test_what_became_of_a_ticket_is_in_the_audit_log(api: Api) -> None:
    user_id = api.new_user()["id"]
    for kind in KINDS:
        api.post(f"/{kind}/{make(api, kind, user_id)['id']}/revoke")
    actions = {row[0] for row in api.sql("SELECT action FROM audit_log")}
    assert actions >= {f"{kind[:-1]}.{what}" for kind in KINDS for what in ("created", "revoked")}


# ---------------------------------------------------------------------------------------------------------- spending
def test_A_026_a_sign_in_token_signs_in_once_within_thirty_days(api: Api) -> None:
    made = make(api, "sign_in_tokens")
    api.now += 30 * DAY - 1
    browser = Browser(api)
    assert spend(browser, made["token"])["status"] == "complete"
    claims = decode_token(browser.token())[1]
    assert claims["sub"] == made["user_id"]
    assert "act" not in claims
    assert refuse(Browser(api), made["token"]) == (400, "ticket_invalid")
    late = make(api, "sign_in_tokens", made["user_id"], expires_in_seconds=10)
    api.now += 10_000
    assert refuse(Browser(api), late["token"]) == (400, "ticket_expired_code")


def test_A_026_a_ticket_dies_with_a_ban_and_stays_dead_and_with_its_user(api: Api) -> None:
    made = make(api, "sign_in_tokens")
    api.post(f"/users/{made['user_id']}/ban")
    assert refuse(Browser(api), made["token"])[0] in {400, 403}
    api.post(f"/users/{made['user_id']}/unban")
    assert refuse(Browser(api), made["token"]) == (400, "ticket_invalid")
    later = make(api, "sign_in_tokens", made["user_id"])
    api.ok("DELETE", f"/users/{made['user_id']}")
    assert refuse(Browser(api), later["token"]) == (400, "ticket_invalid")


def test_A_026_a_ticket_is_of_no_use_in_another_instance(api: Api, open_another: Open) -> None:
    made = make(api, "sign_in_tokens")
    other = open_another(instance="b")
    assert refuse(Browser(other), made["token"]) == (400, "ticket_invalid")
    assert spend(Browser(api), made["token"])["status"] == "complete"


def test_S_024_nothing_like_a_ticket_is_one(api: Api) -> None:
    token = make(api, "sign_in_tokens")["token"]
    for text in (token[:-1], token + "A", token.swapcase(), f" {token}", token * 7):
        assert refuse(Browser(api), text) == (400, "ticket_invalid")
    assert refuse(Browser(api), token + "\0") == (422, "form_param_format_invalid")


def test_S_027_an_actors_session_says_who_acts_and_ends_in_half_an_hour(api: Api) -> None:
    actor = {"sub": "user_admin", "reason": "a support case"}
    made = api.post("/actor_tokens", {"user_id": api.new_user()["id"], "actor": actor})
    browser = Browser(api)
    session_id = spend(browser, made["token"])["created_session_id"]
    claims = decode_token(browser.token())[1]
    assert (claims["sub"], claims["act"]) == (made["user_id"], actor)
    assert api.mint(session_id)["act"] == actor
    session = api.get(f"/sessions/{session_id}")
    assert session["actor"] == actor
    assert session["expire_at"] == api.now + 1_800_000
    events = api.sql("SELECT actor, details FROM audit_log WHERE action = 'session.created'")
    assert [event for event in events if event[0] == "user_admin" and "a support case" in event[1]]
    api.now += 1_800_000
    assert api.refused("POST", f"/sessions/{session_id}/tokens")[:2] == (401, "session_not_active")


def test_S_027_an_actor_tokens_times_are_as_asked(api: Api) -> None:
    user_id = api.new_user()["id"]
    made = make(api, "actor_tokens", user_id, expires_in_seconds=60, session_max_duration_in_seconds=600)
    session_id = spend(Browser(api), made["token"])["created_session_id"]
    assert api.get(f"/sessions/{session_id}")["expire_at"] == api.now + 600_000
    late = make(api, "actor_tokens", user_id, expires_in_seconds=60)
    usual = make(api, "actor_tokens", user_id)
    api.now += 60_000
    assert refuse(Browser(api), late["token"]) == (400, "ticket_expired_code")
    api.now += 3_540_000
    assert refuse(Browser(api), usual["token"]) == (400, "ticket_expired_code")


def test_A_002_of_fifty_spends_at_once_in_two_services_one_signs_in(open_on_engine: Open) -> None:
    apis = open_on_engine(), open_on_engine()
    made = make(apis[0], "sign_in_tokens")
    browsers = [Browser(api) for api in apis for _ in range(25)]
    form = {"strategy": "ticket", "ticket": made["token"]}
    answers = apis[0].together(*(browser.ask("POST", "/client/sign_ins", form) for browser in browsers))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [400] * 49
    assert len(apis[0].get("/sessions", params={"user_id": made["user_id"], "limit": 100})) == 1


# ------------------------------------------------------------------------------------------------------------ its link
def follow(api: Api, url: str) -> httpx.Response:
    """What a browser that opens a link is answered."""
    parts = urlsplit(url)
    answer: httpx.Response = api.send("GET", f"{parts.path}?{parts.query}", key=None)
    return answer


def test_a_tickets_link_leads_to_the_sign_in_page_and_spends_nothing(api: Api) -> None:
    made = make(api, "sign_in_tokens")
    for _ in range(3):
        answer = follow(api, made["url"])
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{ORIGIN}/sign-in?__clerk_ticket={made['token']}&__clerk_status=sign_in"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"  # S-015
        assert "set-cookie" not in answer.headers
    assert spend(Browser(api), made["token"])["status"] == "complete"


def test_C_003_a_link_changes_nothing(api: Api) -> None:
    made = make(api, "sign_in_tokens")
    before = api.sql("SELECT * FROM tickets"), api.sql("SELECT * FROM audit_log")
    follow(api, made["url"])
    assert (api.sql("SELECT * FROM tickets"), api.sql("SELECT * FROM audit_log")) == before
    assert api.sql("SELECT count(*) FROM clients") == [(0,)]


def test_a_link_leads_to_the_applications_page_when_that_is_allowed(api: Api) -> None:
    made = make(api, "sign_in_tokens")
    url = f"{made['url']}&redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fwelcome%3Fa%3D1%23part"
    target = urlsplit(follow(api, url).headers["location"])
    assert (target.netloc, target.path, target.fragment) == ("localhost:3000", "/welcome", "part")
    told = {"a": ["1"], "__clerk_ticket": [made["token"]], "__clerk_status": ["sign_in"]}
    assert parse_qs(target.query) == told


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "/sign-in", "javascript:alert(1)", "http://localhost:3000@evil.example/",
        "https://example.com.evil.example/", "http://evil.example/?http://localhost:3000", "https:evil.example",
    ],
)  # fmt: skip
def test_S_008_a_link_leads_nowhere_else(api: Api, target: str) -> None:
    made = make(api, "sign_in_tokens")
    answer = api.send("GET", "/v1/tickets/accept", key=None, params={"ticket": made["token"], "redirect_url": target})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "redirect_url_invalid"
    assert "location" not in answer.headers


def test_the_instances_own_sign_in_page_is_where_links_lead(open_another: Open) -> None:
    live = open_live(open_another)
    live.patch("/platform/applications/app_1/instances/production/config", {
        "display": {"sign_in_url": "https://example.com/login?theme=dark"}
    })  # fmt: skip
    made = make(live, "sign_in_tokens")
    location = follow(live, made["url"]).headers["location"]
    assert location.startswith("https://example.com/login?theme=dark&__clerk_ticket=")


def test_an_unknown_ticket_leads_to_the_page_that_says_so(api: Api) -> None:
    for ticket in ("x", "a&b=c", "%", "é"):
        answer = api.send("GET", "/v1/tickets/accept", key=None, params={"ticket": ticket})
        assert answer.status_code == 303
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert told == {"__clerk_ticket": [ticket], "__clerk_status": ["sign_in"]}
        assert not answer.headers["location"].count("\n")
        assert refuse(Browser(api), ticket) == (400, "ticket_invalid")


@pytest.mark.parametrize(("ticket", "code"), [("", "form_param_missing"), ("x" * 257, "ticket_invalid")])
def test_what_can_be_no_ticket_is_refused(api: Api, ticket: str, code: str) -> None:
    answer = api.send("GET", "/v1/tickets/accept", key=None, params={"ticket": ticket})
    assert answer.json()["errors"][0]["code"] == code
    assert answer.status_code in {400, 422}
