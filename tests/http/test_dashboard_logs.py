"""The logs: found by who, what, whom and when; page after page; names of claims and never a value."""

import html
import re

import msgspec
import pytest
from dashboard import sign_in
from faces import Api, Open

from claimsmith_server.core.models import AuditEvent
from claimsmith_server.services import logs as services_logs
from claimsmith_server.services.token_metrics import TokenMetrics
from claimsmith_server.store.audit import insert_audit_event
from claimsmith_server.store.errors import Busy

HOUR = 3_600_000
DAY = 24 * HOUR
EVIL = '"><img src=x onerror=alert(1)>'
CANARY = "canary-7391"


def add(api: Api, number: int, **more: object) -> None:
    """An event that somebody else's code wrote."""
    known: dict[str, object] = {
        "id": f"audit_x{number:03}",
        "instance_id": api.tenants[0].instance.id,
        "actor": "secret_key",
        "action": "thing.made",
        "target": None,
        "details": {"number": number},
        "created_at": api.now + number,
    }
    api.run(insert_audit_event(api.service.database, AuditEvent(**{**known, **more})))  # type: ignore[arg-type]


def actions(page: str) -> list[str]:
    return re.findall(r'<td data-label="Action"><code class="wrap">([^<]+)</code>', page)


def link(page: str, words: str) -> str:
    """Where the link with these words leads."""
    found = re.search(rf'<a class="button plain"[^>]*href="([^"]+)"[^>]*>(?:<span>)?{words}', page)
    return html.unescape(found[1]) if found else ""


def lack(api: Api, name: str = "wide", email: str = "ada@example.com") -> tuple[str, str]:
    """A user whose token goes without a claim, and the session."""
    api.set_claims({name: "{{user.public_metadata.wide}}"})
    user_id = api.new_user(email, public_metadata={"wide": CANARY + "x" * 4000})["id"]
    session_id = api.new_session(user_id)
    api.mint(session_id)
    api.run(TokenMetrics(api.service).flush())
    return user_id, session_id


def test_the_audit_log_tells_who_did_what_to_whom(open_on_engine: Open) -> None:
    api = open_on_engine()
    visitor = sign_in(api, email_address="owner@example.com")
    user_id = api.new_user()["id"]
    add(api, 1, actor=visitor.administrator.id, target=user_id, details={"names": ["a", "b"], "nested": {"x": 1}})
    page = visitor.page("/dashboard/logs")
    assert {"user.created", "thing.made"} <= set(actions(page))
    assert "owner@example.com</bdi>" in page
    assert f'href="/dashboard/users/{user_id}"' in page
    assert "A secret key" in page
    assert "<bdi>a, b</bdi>" in page
    assert "{&#34;x&#34;:1}" in page


def test_filters_narrow_and_stay_in_the_form(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.now += 3 * DAY
    visitor = sign_in(api)
    add(api, 1, action="thing.made", actor="operator")
    add(api, 2, action="thing.broken", target="user_zz")
    add(api, 3, action="things.counted")
    for query, found in (
        ("action=thing", ["thing.broken", "thing.made"]),
        ("action=thing.made", ["thing.made"]),
        ("actor=operator&action=thing", ["thing.made"]),
        ("target=user_zz", ["thing.broken"]),
        ("action=thing&since=2027-01-18&until=2027-01-18", ["thing.broken", "thing.made"]),
        ("action=thing&since=2027-01-19", []),
        ("action=thing&until=2027-01-17", []),
        ("action=%25", []),
    ):
        assert actions(visitor.page(f"/dashboard/logs?{query}")) == found, query
    page = visitor.page("/dashboard/logs?action=thing&since=2027-01-18")
    assert 'name="action" type="text" value="thing"' in page
    assert 'name="since" type="date" value="2027-01-18"' in page


def test_pages_go_on_where_one_ended_and_keep_the_filter(open_on_engine: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    api = open_on_engine()
    visitor = sign_in(api)
    for number in range(13):
        add(api, number, details={"number": f"n{number}"}, created_at=api.now + number // 3)
    monkeypatch.setitem(services_logs.load_audit_page.__kwdefaults__, "limit", 5)
    path, seen = "/dashboard/logs?action=thing", []
    while path:
        page = visitor.page(path)
        seen += re.findall(r"<bdi>n(\d+)</bdi>", page)
        assert bool(link(page, "Newest")) == ("after=" in path)
        path = link(page, "Older")
    assert [int(number) for number in seen] == list(reversed(range(13)))
    assert link(page, "Newest") == "/dashboard/logs?action=thing"


@pytest.mark.parametrize("query", ["since=tomorrow", "until=2027-02-30", "until=9999-12-31", "since=2027-1-1x"])
@pytest.mark.parametrize("path", ["/dashboard/logs", "/dashboard/logs/tokens"])
def test_a_day_that_is_none_is_told_on_its_field(api: Api, path: str, query: str) -> None:
    answer = sign_in(api).get(f"{path}?{query}")
    assert answer.status_code == 422
    assert "Write a day as year, month and day" in answer.text
    assert f'id="{query.partition("=")[0]}-below"' in answer.text


@pytest.mark.parametrize("after", ["", "1", "x.y", "1.a/b", "9" * 30 + ".a", "1800000000000." + "a" * 90])
@pytest.mark.parametrize("path", ["/dashboard/logs", "/dashboard/logs/tokens"])
def test_a_place_that_is_none_is_the_beginning(api: Api, path: str, after: str) -> None:
    assert sign_in(api).get(path, params={"after": after}).status_code == 200


def test_a_search_that_takes_too_long_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = sign_in(api)

    async def give_up(*_: object) -> None:
        raise Busy("the read took too long")

    monkeypatch.setattr(api.service.database, "scan", give_up)
    for path in ("/dashboard/logs?action=thing", "/dashboard/logs/tokens?user=user_x"):
        assert "This search took more than five seconds" in visitor.get(path).text


def test_the_token_log_names_claim_user_and_reason_and_leads_to_the_editor(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id, session_id = lack(api)
    page = sign_in(api, "viewer").page("/dashboard/logs/tokens")
    assert '<code class="wrap">wide</code>' in page
    assert "Too large" in page
    assert "Ada Lovelace" in page
    assert f'href="/dashboard/users/{user_id}"' in page
    assert f'href="/dashboard/sessions/claims?user_id={user_id}&amp;session_id={session_id}"' in page
    assert CANARY not in page


def test_a_template_that_is_gone_and_a_user_who_is_gone_leave_their_ids(api: Api) -> None:
    user_id, _ = lack(api)
    api.ok("DELETE", f"/users/{user_id}")
    page = sign_in(api).page("/dashboard/logs/tokens")
    assert f'title="{user_id}"' in page
    assert f'href="/dashboard/users/{user_id}"' not in page


def test_the_token_log_is_filtered(api: Api) -> None:
    first, _ = lack(api)
    second, session_id = lack(api, email="bob@example.com")
    visitor = sign_in(api)
    for query, users in (
        ("", {first, second}),
        (f"user={first}", {first}),
        (f"session={session_id}", {second}),
        ("kind=jwt_template", set()),
        ("kind=session", {first, second}),
        ("kind=anything", {first, second}),
        ("since=2027-01-16", set()),
    ):
        page = visitor.page(f"/dashboard/logs/tokens?{query}")
        assert {user for user in (first, second) if f"user_id={user}" in page} == users, query


def test_what_is_logged_is_inert(api: Api) -> None:
    lack(api, EVIL)
    add(api, 1, actor=EVIL, action=EVIL, target="user_javascript:alert(1)", details={EVIL: EVIL, "x": "javascript:y"})
    visitor = sign_in(api)
    query = {"actor": EVIL, "action": EVIL, "target": EVIL, "user": EVIL, "session": EVIL, "since": EVIL}
    for path in ("/dashboard/logs", "/dashboard/logs/tokens"):
        for page in (visitor.page(path), visitor.get(path, params=query).text):
            assert "<img" not in page
            assert 'href="javascript:' not in page
            assert " style=" not in page
        assert html.escape(EVIL) in visitor.page(path) or "&#34;&gt;&lt;img" in visitor.page(path)


def test_X_001_naughty_strings_stay_text_in_both_logs(api: Api) -> None:
    strings = ["\u202eevil", "{{7*7}}", "<svg/onload=alert(1)>", "\U0001f469\u200d\U0001f680", "%0d%0aSet-Cookie: a=b"]
    for number, text in enumerate(strings):
        add(api, number, actor=text, target=text, details={text: text})
    page = sign_in(api).page("/dashboard/logs")
    for text in strings:
        assert html.escape(text, quote=False) in html.unescape(page) or text in html.unescape(page)
        assert "<svg/onload" not in page
    assert "49" not in re.findall(r"<bdi>([^<]*)</bdi>", page)


def test_logs_are_of_one_instance(api: Api) -> None:
    api.post("/users", {"email_address": ["eve@example.com"]}, key=api.tenants[1].secret_key)
    assert "user.created" not in actions(sign_in(api).page("/dashboard/logs"))


def test_L_006_nothing_of_the_logs_can_be_changed_from_the_dashboard(api: Api) -> None:
    visitor = sign_in(api)
    before = api.sql("SELECT count(*) FROM audit_log")
    for path in ("/dashboard/logs", "/dashboard/logs/tokens"):
        assert visitor.post(path, {}).status_code == 405
        assert visitor.json("DELETE", path).status_code == 405
    assert api.sql("SELECT count(*) FROM audit_log") == before


def test_no_value_of_a_claim_is_in_the_log_lines_of_a_flush(api: Api) -> None:
    lack(api)
    assert CANARY not in msgspec.json.encode(api.events()).decode()
