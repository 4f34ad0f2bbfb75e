"""The editor's routes: what they answer and to whom; drafts, tests, publishing, and the race of two who publish."""

import asyncio
import json
import time
from typing import Any

import httpx
import msgspec
import pytest
from dashboard import Visitor, sign_in
from faces import CONFIG, Api, read_refusal

from claimsmith_server.services.claims_population import AskPopulation, Progress, measure_population

API = "/dashboard/api"
PLAN = '{"plan": "{{user.public_metadata.plan}}"}'


def ok(visitor: Visitor, method: str, path: str, body: Any = None) -> Any:
    answer = visitor.json(method, f"{API}{path}", body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.json()


def publish(visitor: Visitor, text: str, base: int, target: str = "session", **more: Any) -> httpx.Response:
    return visitor.json("POST", f"{API}/claims/{target}", {"text": text, "base_version": base, **more})


def measure(visitor: Visitor, text: str, **more: Any) -> tuple[list[Any], Any]:
    answer = visitor.json("POST", f"{API}/population", {"target": "session", "text": text, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    *progress, last = [json.loads(line) for line in answer.text.splitlines()]
    return progress, last["result"]


def events(api: Api) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in api.sql("SELECT actor, action, target FROM audit_log ORDER BY created_at, id")]


# ------------------------------------------------------------------------------------------------------------- reading


def test_a_viewer_reads_everything_the_editor_begins_with(api: Api) -> None:
    api.new_user(public_metadata={"plan": "pro", "billing": {"seats": 3}, "no way": 1, "a.b": 1})
    told = ok(sign_in(api, "viewer"), "GET", "/editor/session")

    assert (told["target"], told["text"], told["live_version"], told["can_write"]) == ("session", "{}", 0, False)
    assert told["cookie_name"].startswith("__session_")
    assert len(told["cookie_name"]) == 18
    assert {one["name"] for one in told["shortcodes"]} >= {"user.id", "org.role", "session.actor"}
    assert [one["cookie_bytes"] > 0 for one in told["recipes"]] == [True] * 3
    assert [one["name"] for one in told["metadata_keys"]] == [
        "user.public_metadata.billing",
        "user.public_metadata.billing.seats",
        "user.public_metadata.plan",
    ]
    assert set(told["reserved"]) >= {"sub", "exp", "o"}
    assert told["limits"] == {"cookie": 4096, "custom": 1229, "template_bytes": 16384}


def test_private_metadata_are_in_no_answer_of_the_editor(api: Api) -> None:
    user_id = api.new_user(private_metadata={"hush": "secret-value"})["id"]
    owner = sign_in(api, "owner")
    body = {"target": "session", "text": '{"m": "{{user.public_metadata}}"}', "subject": {"user_id": user_id}}
    answers = [
        owner.get(f"{API}/editor/session"),
        owner.get(f"{API}/subjects?pick=largest"),
        owner.get(f"{API}/values?user_id={user_id}"),
        owner.json("POST", f"{API}/preview", body),
    ]

    assert [one.status_code for one in answers] == [200] * 4
    assert [one.text for one in answers if "hush" in one.text or "secret-value" in one.text] == []


def test_a_jwt_template_is_a_target_as_well(api: Api) -> None:
    template = api.post("/jwt_templates", {"name": "supabase", "claims": {"aud": "authenticated"}})
    told = ok(sign_in(api, "editor"), "GET", f"/editor/{template['id']}")

    assert (told["title"], told["live_version"], told["can_write"]) == ("supabase", 1, True)
    assert json.loads(told["text"]) == {"aud": "authenticated"}
    assert told["history"] == []
    assert sign_in(api).get(f"{API}/editor/jtmp_none").status_code == 404


def test_subjects_are_found_by_name_by_id_at_random_and_by_size(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    assert ok(viewer, "GET", "/subjects?pick=random")["users"] == []
    ada = api.new_user()["id"]
    big = api.new_user("grace@example.com", first_name="Grace", public_metadata={"x": "y" * 500})["id"]
    place = api.post("/organizations", {"name": "Acme", "created_by": ada})["id"]
    session_id = api.new_session(ada, active_organization_id=place)

    def find(query: str) -> list[str]:
        return [one["id"] for one in ok(viewer, "GET", f"/subjects?{query}")["users"]]

    assert set(find("")) == {ada, big}
    assert find("query=grace") == [big]
    assert find(f"query={ada}") == [ada]
    assert find("query=nobody") == []
    assert find("pick=largest")[0] == big
    assert find("pick=random")[0] in {ada, big}
    (found,) = ok(viewer, "GET", "/subjects?query=ada")["users"]
    assert (found["name"], found["email"]) == ("Ada Lovelace", "ada@example.com")
    assert [(one["id"], one["status"], one["organization_id"]) for one in found["sessions"]] == [
        (session_id, "active", place)
    ]
    assert found["organizations"] == [{"id": place, "name": "Acme", "role": "org:admin"}]


def test_values_are_those_of_the_subject(api: Api) -> None:
    user_id = api.new_user(public_metadata={"plan": "pro", "deep": {"er": [1]}})["id"]
    values = ok(sign_in(api, "viewer"), "GET", f"/values?user_id={user_id}")["values"]

    assert values["user.full_name"] == "Ada Lovelace"
    assert values["user.public_metadata.plan"] == "pro"
    assert values["user.public_metadata.deep.er"] == [1]
    assert values["org.name"] is None
    assert ok(sign_in(api, "viewer"), "GET", "/values")["values"]["user.username"] == "ada"


# --------------------------------------------------------------------------------------------------------- population


def test_the_population_is_everyone_and_names_who_is_over(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    for number in range(7):
        api.new_user(f"u{number}@example.com", public_metadata={"x": "y" * (number * 700)})
    progress, found = measure(viewer, '{"x": "{{user.public_metadata.x}}", "id": "{{user.id}}"}')

    assert progress[-1] == {"done": 7, "of": 7}
    assert (found["of"], found["total"]) == (7, 7)
    assert found["p50"] < found["p95"] == found["max"]
    assert sum(bar["count"] for bar in found["histogram"]) == 7
    assert len(found["histogram"]) <= 40
    assert found["over"]["count"] == len(found["over"]["users"]) == found["omitted"]["x"] > 0
    assert {one["largest_claim"] for one in found["over"]["users"]} == {"x"}
    assert found["over"]["users"][0]["cookie_bytes"] == found["max"] > 4096
    assert found["over"]["users"][0]["id"] == found["largest_user_id"]


def test_a_users_size_in_the_population_is_the_previews(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    user_id = api.new_user()["id"]
    place = api.post("/organizations", {"name": "Acme", "created_by": user_id})["id"]
    text = '{"in": "{{org.name}}", "roles": "{{user.organizations}}"}'
    for active in (None, place):
        api.now += 1000
        api.new_session(user_id, **({"active_organization_id": active} if active else {}))
        body = {"target": "session", "text": text, "subject": {"user_id": user_id, "session_id": ""}}
        previewed = ok(viewer, "POST", "/preview", body)["token"]["cookie_bytes"]

        assert measure(viewer, text)[1]["max"] == previewed


def test_a_sample_is_evenly_spread_and_smaller(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    for number in range(20):
        api.now += 1000
        api.new_user(f"u{number}@example.com")
    _, found = measure(viewer, PLAN, sample=5)

    assert (found["of"], found["total"]) == (5, 20)
    assert measure(viewer, PLAN, sample=100)[1]["of"] == 20
    assert measure(viewer, "{}")[1]["over"] == {"count": 0, "users": []}


def test_a_population_of_nobody_and_a_text_with_errors(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    found = measure(viewer, PLAN)[1]
    refused = viewer.json("POST", f"{API}/population", {"target": "session", "text": '{"sub": 1}'})

    assert (found["of"], found["max"], found["histogram"], found["largest_user_id"]) == (0, 0, [], None)
    assert read_refusal(refused)[:2] == (422, "reserved_claim")


# --------------------------------------------------------------------------------------------------------- publishing


def test_what_is_published_is_live_and_in_the_history(api: Api) -> None:
    editor = sign_in(api, "editor")
    session_id = api.new_session(api.new_user(public_metadata={"plan": "pro"})["id"])
    first = publish(editor, PLAN, 0, reason="  Plans at last ")
    second = publish(editor, '{"plan": "x"}', 1)

    assert first.json() == {"version": 1, "config_version": first.json()["config_version"]}
    assert second.json()["version"] == 2
    assert api.mint(session_id)["plan"] == "x"
    told = ok(editor, "GET", "/editor/session")
    author = editor.administrator.id
    assert [(one["version"], one["author"], one["reason"]) for one in told["history"]] == [
        (2, author, None),
        (1, author, "Plans at last"),
    ]
    old = ok(editor, "GET", "/history/session/1")
    assert json.loads(old["text"]) == json.loads(PLAN)
    assert publish(editor, old["text"], 2).json()["version"] == 3
    assert api.mint(session_id)["plan"] == "pro"
    assert (author, "session_claims.published", api.tenants[0].instance.id) in events(api)
    assert editor.get(f"{API}/history/session/9").status_code == 404


def test_publishing_what_is_live_makes_no_version(api: Api) -> None:
    editor = sign_in(api, "editor")
    publish(editor, PLAN, 0)

    assert publish(editor, PLAN.replace(" ", "\n"), 1).json()["version"] == 1


def test_a_text_with_errors_is_refused_with_its_diagnostics(api: Api) -> None:
    answer = publish(sign_in(api, "editor"), '{"sub": 1,\n "a": "{{nobody.x}}"}', 0)
    told = [(one["code"], one["meta"]["line"]) for one in answer.json()["errors"]]

    assert answer.status_code == 422
    assert told == [("reserved_claim", 1), ("unknown_root", 2)]


def test_of_two_who_publish_the_second_is_told_what_is_live(api: Api) -> None:
    one, other = sign_in(api, "editor"), sign_in(api, "editor")
    assert publish(one, '{"mine": 1}', 0, reason="First").status_code == 200
    refused = read_refusal(publish(other, '{"theirs": 2}', 0))

    assert refused[:2] == (409, "claims_conflict")
    assert json.loads(refused.meta["live_text"]) == {"mine": 1}
    assert (refused.meta["live_version"], refused.meta["author"]) == (1, one.administrator.id)
    assert refused.meta["reason"] == "First"
    assert publish(other, '{"theirs": 2}', refused.meta["live_version"]).json()["version"] == 2


def test_a_change_of_other_settings_is_no_conflict(api: Api) -> None:
    editor = sign_in(api, "editor")
    publish(editor, PLAN, 0)
    api.patch(CONFIG, {"session": {"token_lifetime_seconds": 90}})

    assert publish(editor, '{"b": 1}', 1).json()["version"] == 2
    assert api.get(f"{CONFIG}?keys=session")["session"]["token_lifetime_seconds"] == 90


def test_of_many_who_publish_at_once_one_succeeds(open_on_engine: Any) -> None:
    api = open_on_engine()
    visitors = [sign_in(api, "editor") for _ in range(8)]
    body = [{"text": f'{{"n": {number}}}', "base_version": 0} for number in range(8)]
    lifetimes = [{"session": {"token_lifetime_seconds": 100 + number}} for number in range(3)]
    answers = api.together(
        *[ask(api, visitor, "/claims/session", one) for visitor, one in zip(visitors, body, strict=True)],
        *[api.ask("PATCH", f"/v1{CONFIG}", json=one) for one in lifetimes],
    )
    codes = [answer.status_code for answer in answers[:8]]

    assert sorted(codes) == [200] + [409] * 7, [answer.text for answer in answers]
    winner = codes.index(200)
    assert api.get(f"{CONFIG}?keys=session")["session"]["claims"] == {"n": winner}
    assert answers[winner].json()["version"] == 1


async def ask(api: Api, visitor: Visitor, path: str, body: Any) -> httpx.Response:
    headers = {
        "X-CSRF-Token": visitor.csrf_token,
        "Origin": visitor.origin,
        "Sec-Fetch-Site": "same-origin",
        "Cookie": f"{visitor.cookie}={visitor.token}",
    }
    return await api._client.request("POST", f"{API}{path}", json=body, headers=headers)


def test_a_jwt_template_is_published_by_compare_and_set_too(api: Api) -> None:
    editor = sign_in(api, "editor")
    made = api.post("/jwt_templates", {"name": "t", "claims": {"a": 1}, "lifetime": 300})
    assert publish(editor, '{"a": 2}', 1, made["id"]).json()["version"] == 2
    refused = read_refusal(publish(editor, '{"a": 3}', 1, made["id"]))
    kept = api.get(f"/jwt_templates/{made['id']}")

    assert refused[:2] == (409, "claims_conflict")
    assert json.loads(refused.meta["live_text"]) == {"a": 2}
    assert (kept["claims"], kept["name"], kept["lifetime"]) == ({"a": 2}, "t", 300)
    assert (editor.administrator.id, "jwt_template.updated", made["id"]) in events(api)


# ----------------------------------------------------------------------------------------------------- drafts and tests


def test_a_draft_is_kept_for_everybody_and_gone_once_published(api: Api) -> None:
    one, other = sign_in(api, "editor"), sign_in(api, "editor")
    for text in ('{"half', PLAN):
        assert ok(one, "PUT", "/drafts/session", {"text": text, "base_version": 0})["author"] == one.administrator.id
    draft = ok(other, "GET", "/editor/session")["draft"]
    assert (draft["text"], draft["author"], draft["base_version"]) == (PLAN, one.administrator.id, 0)

    publish(other, '{"b": 1}', 0)
    assert ok(other, "GET", "/editor/session")["draft"] is not None
    publish(one, PLAN, 1)
    assert ok(other, "GET", "/editor/session")["draft"] is None
    assert ok(one, "DELETE", "/drafts/session") == {"deleted": False}


def test_a_draft_is_never_minted(api: Api) -> None:
    session_id = api.new_session()
    ok(sign_in(api, "editor"), "PUT", "/drafts/session", {"text": '{"draft": 1}', "base_version": 0})

    assert "draft" not in api.mint(session_id)


def test_a_draft_has_a_limit_and_a_target(api: Api) -> None:
    editor = sign_in(api, "editor")
    large = editor.json("PUT", f"{API}/drafts/session", {"text": "x" * 70_000, "base_version": 0})
    lost = editor.json("PUT", f"{API}/drafts/jtmp_none", {"text": "{}", "base_version": 0})

    assert read_refusal(large)[:2] == (422, "form_param_exceeds_allowed_size")
    assert lost.status_code == 404


def test_red_tests_keep_claims_from_being_published(api: Api) -> None:
    editor = sign_in(api, "editor")
    fixture = {
        "name": "free users",
        "context": {"user": {"public_metadata": {}}},
        "expected": {"plan": "free"},
    }
    made = ok(editor, "POST", "/fixtures/session", fixture)
    refused = read_refusal(publish(editor, PLAN, 0))

    assert refused[:2] == (422, "fixtures_failed")
    assert refused.meta["fixtures"][0]["diff"] == [{"path": "/plan", "message": 'expected "free", got null'}]
    told = ok(editor, "POST", "/preview", {"target": "session", "text": PLAN})["fixtures"]
    assert [(one["name"], one["passed"]) for one in told] == [("free users", False)]
    assert publish(editor, '{"plan": "{{user.public_metadata.plan || \'free\'}}"}', 0).status_code == 200
    assert ok(editor, "DELETE", f"/fixtures/session/{made['id']}") == {"deleted": True}
    assert editor.json("DELETE", f"{API}/fixtures/session/{made['id']}").status_code == 404


def test_a_test_can_be_made_of_a_preview(api: Api) -> None:
    editor = sign_in(api, "editor")
    user_id = api.new_user(public_metadata={"plan": "pro"})["id"]
    api.post("/organizations", {"name": "Acme", "created_by": user_id})
    text = '{"plan": "{{user.public_metadata.plan}}", "at": "{{user.created_at}}", "in": "{{user.organizations}}"}'
    made = ok(editor, "POST", "/fixtures/session", {"name": "n", "subject": {"user_id": user_id}, "text": text})

    assert made["expected"]["plan"] == "pro"
    assert made["context"]["user"]["public_metadata"] == {"plan": "pro"}
    told = ok(editor, "POST", "/preview", {"target": "session", "text": text})["fixtures"]
    assert [one["passed"] for one in told] == [True]


@pytest.mark.parametrize(
    "context", [{"user": {"private_metadata": {}}}, {"nobody": {}}, {"user": {"created_at": "x"}}, {"user": 1}]
)
def test_a_context_names_only_what_shortcodes_read(api: Api, context: Any) -> None:
    body = {"name": "n", "context": context, "expected": {}}

    assert sign_in(api, "editor").json("POST", f"{API}/fixtures/session", body).status_code == 422


def test_a_tests_name_is_its_own(api: Api) -> None:
    editor = sign_in(api, "editor")
    body = {"name": "n", "context": {}, "expected": {}}
    ok(editor, "POST", "/fixtures/session", body)

    assert read_refusal(editor.json("POST", f"{API}/fixtures/session", body)).status == 422


# ------------------------------------------------------------------------------------------------------- who may what

READS: list[tuple[str, str, Any]] = [
    ("POST", "/preview", {"target": "session", "text": "{}"}),
    ("POST", "/population", {"target": "session", "text": "{}"}),
]
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/claims/session", {"text": "{}", "base_version": 0}),
    ("PUT", "/drafts/session", {"text": "{}", "base_version": 0}),
    ("DELETE", "/drafts/session", None),
    ("POST", "/fixtures/session", {"name": "n", "context": {}, "expected": {}}),
    ("DELETE", "/fixtures/session/fix_1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_Z_010_a_viewer_writes_nothing(api: Api, method: str, path: str, body: Any) -> None:
    answer = sign_in(api, "viewer").json(method, f"{API}{path}", body)

    assert read_refusal(answer).status == 403
    assert api.sql("SELECT count(*) FROM session_claims, claims_drafts") == [(0,)]


@pytest.mark.parametrize(("method", "path", "body"), READS + WRITES)
def test_C_001_a_write_without_the_token_of_the_page_is_refused(api: Api, method: str, path: str, body: Any) -> None:
    answer = sign_in(api, "owner").json(method, f"{API}{path}", body, headers={"X-CSRF-Token": "0" * 64})

    assert read_refusal(answer).status == 403


@pytest.mark.parametrize(("method", "path", "body"), [("GET", "/editor/session", None), *READS, *WRITES])
def test_nobody_reads_or_writes_without_a_sign_in(api: Api, method: str, path: str, body: Any) -> None:
    assert Visitor(api).json(method, f"{API}{path}", body).status_code in {401, 403}


def test_hostile_metadata_break_nothing(api: Api) -> None:
    deep: Any = 1
    for _ in range(25):
        deep = {"d": deep}
    hostile = {
        "__proto__": {"x": 1},
        "constructor": None,
        "{{user.id}}": 1,
        "": {"": 1},
        "\u202e": [deep],
        "k" * 300: 1,
    }
    user_id = api.new_user(public_metadata=hostile, unsafe_metadata={str(n): n for n in range(700)})["id"]
    viewer = sign_in(api, "viewer")
    keys = ok(viewer, "GET", "/editor/session")["metadata_keys"]
    values = ok(viewer, "GET", f"/values?user_id={user_id}")["values"]

    assert len(keys) <= 200
    assert "user.public_metadata.__proto__.x" in values
    for key in keys:
        text = msgspec.json.encode({"a": "{{" + key["name"] + "}}"}).decode()
        assert ok(viewer, "POST", "/preview", {"target": "session", "text": text})["token"] is not None


# --------------------------------------------------------------------------------------------------- both engines, load


def test_everything_that_scans_works_on_both_engines(open_on_engine: Any) -> None:
    api = open_on_engine()
    viewer = sign_in(api, "viewer")
    users = []
    for number in range(12):
        api.now += 1000
        users.append(api.new_user(f"u{number}@example.com", public_metadata={"n": "x" * number})["id"])
    place = api.post("/organizations", {"name": "Acme", "created_by": users[3], "public_metadata": {"region": "eu"}})
    api.new_session(users[3], active_organization_id=place["id"])
    keys = {one["name"]: one for one in ok(viewer, "GET", "/editor/session")["metadata_keys"]}
    text = '{"n": "{{user.public_metadata.n}}", "in": "{{org.slug}}", "of": "{{user.organizations}}"}'
    _, found = measure(viewer, text)

    assert (keys["user.public_metadata.n"]["of"], keys["user.public_metadata.n"]["coverage"]) == (12, 1.0)
    assert keys["org.public_metadata.region"]["type"] == "string"
    assert (found["of"], found["failed"], found["largest_user_id"]) == (12, {}, users[3])
    assert 2 <= measure(viewer, text, sample=3)[1]["of"] <= 4
    assert ok(viewer, "GET", "/subjects?pick=largest")["users"][0]["id"] == users[11]
    assert ok(viewer, "GET", "/subjects?pick=random")["users"][0]["id"] in users
    assert [one["id"] for one in ok(viewer, "GET", "/subjects?query=u7@ex")["users"]] == [users[7]]
    body = {"target": "session", "text": text, "subject": {"user_id": users[3]}}
    claims = {one["name"]: one["value"] for one in ok(viewer, "POST", "/preview", body)["token"]["claims"]}
    assert (claims["in"], claims["of"]) == (place["slug"], {place["id"]: "org:admin"})
    ok(sign_in(api, "editor"), "PUT", "/drafts/session", {"text": text, "base_version": 0})
    fixture = {"name": "n", "subject": {"user_id": users[3]}, "text": text}
    ok(sign_in(api, "editor"), "POST", "/fixtures/session", fixture)
    assert publish(sign_in(api, "editor"), text, 0).json()["version"] == 1


def fill(api: Api, count: int) -> None:
    """More users, each with metadata, in one statement."""
    api.new_user("first@example.com")
    columns = [row[1] for row in api.sql("PRAGMA table_info(users)")]
    changed = {
        "id": "id || printf('%06d', n.i)",
        "created_at": "created_at + n.i",
        "public_metadata": """'{"plan":"' || hex(n.i) || '"}'""",
        "primary_email_address_id": "NULL",
    }
    chosen = ", ".join(changed.get(name, name) for name in columns)
    numbered = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    api.sql(f"{numbered} INSERT INTO users SELECT {chosen} FROM users, n", count)  # noqa: S608 - names of the schema


def test_a_scan_never_holds_up_the_event_loop(api: Api) -> None:
    fill(api, 5_000)
    asked = AskPopulation(target="session", text='{"plan": "{{user.public_metadata.plan}}", "u": "{{user.id}}"}')
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()  # what this thread computed: other programs do not count
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - before)

    async def scan() -> Any:
        watching = asyncio.create_task(watch())
        found = await measure_population(api.service, api.tenants[0].instance, asked)
        last = [one async for one in found][-1]
        watching.cancel()
        return last

    told = api.run(scan())

    assert told.result.of == 5_001
    assert max(gaps) < 0.02


def test_a_scan_that_nobody_reads_any_more_ends(api: Api) -> None:
    fill(api, 3_000)
    asked = AskPopulation(target="session", text="{}")

    async def leave() -> list[Any]:
        found = await measure_population(api.service, api.tenants[0].instance, asked)
        first = [await anext(found)]
        await found.aclose()
        return first + [one async for one in found]

    (first,) = api.run(leave())

    assert first == Progress(500, 3_001)


def test_previews_are_fast_among_many_users(api: Api) -> None:
    fill(api, 20_000)
    viewer = sign_in(api, "viewer")
    chosen = [row[0] for row in api.sql("SELECT id FROM users ORDER BY id LIMIT 40 OFFSET 9000")]
    times = []
    for number, user_id in enumerate(chosen):
        text = f'{{"plan": "{{{{user.public_metadata.plan}}}}", "typed": {number}}}'
        before = time.perf_counter()
        ok(viewer, "POST", "/preview", {"target": "session", "text": text, "subject": {"user_id": user_id}})
        times.append(time.perf_counter() - before)

    assert sorted(times)[37] < 0.15
    before = time.perf_counter()
    assert len(ok(viewer, "GET", "/editor/session")["metadata_keys"]) == 1
    assert time.perf_counter() - before < 2


def test_a_scan_ends_when_the_browser_goes_away(api: Api) -> None:
    fill(api, 5_000)
    viewer = sign_in(api, "viewer")
    body = json.dumps({"target": "session", "text": "{}"}).encode()
    headers = {
        "host": "localhost:4000",
        "origin": viewer.origin,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        "x-csrf-token": viewer.csrf_token,
        "cookie": f"{viewer.cookie}={viewer.token}",
    }
    told: list[bytes] = []

    async def leave() -> None:
        asked, gone = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not asked.is_set():
                asked.set()
                return {"type": "http.request", "body": body, "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message.get("body", b""))
            if len([one for one in told if one]) == 2:
                gone.set()
            await asyncio.sleep(0)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": f"{API}/population",
            "raw_path": f"{API}/population".encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 4000),
            "state": {},
        }
        await asyncio.wait_for(api.faces(scope, receive, send), 20)

    api.run(leave())
    lines = [json.loads(line) for line in b"".join(told).splitlines()]

    assert lines[0] == {"done": 500, "of": 5_001}
    assert len(lines) < 6
    assert not [line for line in lines if "result" in line]
