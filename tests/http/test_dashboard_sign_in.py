"""Signing in to the dashboard and out of it: the cookie, its two ends, lockout, what strangers learn."""

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from dashboard import PASSWORD, Visitor, make_administrator, public_instance, sign_in
from faces import Api

from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.dashboard.cookies import dashboard_cookie, plain_cookie
from claimsmith_server.services import administrators
from claimsmith_server.services.janitor import Janitor

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
ADDRESS = "ada@example.com"
ELSEWHERE = {"Host": "auth.example.com", "Origin": "https://auth.example.com", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    """Without a limit of attempts; what it does has a test of its own."""
    return open_another(attempt_rate_limit=0)


NOT_OF_THE_DASHBOARD = (
    *("https://evil.example", "//evil.example/dashboard", "/dashboard\\@evil.example", "javascript:alert(1)"),
    *("/dashboard/../v1/users", "/dashboard/%2e%2e/user", "/dashboard//evil.example", "/dashboard/sign-out"),
    *("/user", "", "/dashboardx", "\t//evil.example", "/dashboard\n", "/dashboard#x", "/dashboard/api/claims"),
)


def attempt(visitor: Visitor, password: str = PASSWORD, address: str = ADDRESS, **more: Any) -> httpx.Response:
    """The answer to the sign-in form."""
    form = {"email_address": address, "password": password, "next": more.pop("next", "")}
    return visitor.post("/dashboard/sign-in", form, **more)


def cookies(answer: httpx.Response) -> SimpleCookie:
    """What an answer sets."""
    jar = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        jar.load(line)
    return jar


def signed_in(api: Api, answer: httpx.Response) -> Visitor:
    """The browser after an answer that signs in."""
    assert answer.status_code == 303, answer.text[:1000]
    return Visitor(api, cookies(answer)[dashboard_cookie(public_instance(api))].value)


def is_signed_in(visitor: Visitor) -> bool:
    answer = visitor.get("/dashboard/account")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def problem(answer: httpx.Response) -> str:
    """What a page says is wrong."""
    found = re.search(r'class="(?:notice bad|problem)".*?<(?:span|div><p)>(.*?)</', answer.text, re.DOTALL)
    assert found, answer.text[:3000]
    return found[1]


def audited(api: Api) -> list[tuple[str, str, str]]:
    """Action, actor and target of what was noted, oldest first."""
    rows = api.sql("SELECT action, actor, target FROM audit_log WHERE action LIKE 'administrator%' ORDER BY created_at")
    return [(str(one[0]), str(one[1]), str(one[2])) for one in rows]


def test_X_006_the_cookie_is_for_this_host_alone_and_for_no_script(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    answer = attempt(Visitor(api), headers=ELSEWHERE)
    (line,) = answer.headers.get_list("set-cookie")
    name, _, rest = line.partition("=")
    value, *attributes = rest.split("; ")
    assert name.startswith("__Host-claimsmith_")
    assert len(value) == 43
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=strict", "Secure"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == "/dashboard"


def test_X_006_the_twin_without_prefix_is_set_and_read_on_loopback_alone(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    twin = plain_cookie(public_instance(api))
    jar = cookies(attempt(Visitor(api)))
    assert jar[twin].value == jar[f"__Host-{twin}"].value
    assert jar[twin]["httponly"]
    assert jar[twin]["samesite"] == "strict"
    assert not jar[twin]["secure"]
    header = {"Cookie": f"{twin}={jar[twin].value}"}
    assert Visitor(api).get("/dashboard/account", headers=header).status_code == 200
    assert Visitor(api).get("/dashboard/account", headers=header | ELSEWHERE).status_code == 303
    proxied = header | {"X-Forwarded-For": "203.0.113.7"}
    assert Visitor(api).get("/dashboard/account", headers=proxied).status_code == 303


def test_the_cookie_is_stored_as_a_hash_only(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    visitor = signed_in(api, attempt(Visitor(api)))
    (row,) = api.sql("SELECT token_hash FROM administrator_sessions")
    assert row[0] == hash_secret(visitor.token)


def test_X_008_half_an_hour_without_a_request_ends_a_session(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    api.now += 30 * MINUTE - 1
    assert is_signed_in(visitor)
    api.now += 30 * MINUTE - 1
    assert is_signed_in(visitor)
    api.now += 30 * MINUTE
    assert not is_signed_in(visitor)


def test_X_008_twelve_hours_end_a_session_that_is_in_use(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    for _ in range(12 * 3 - 1):
        api.now += 20 * MINUTE
        assert is_signed_in(visitor)
    api.now += 20 * MINUTE - 1
    assert is_signed_in(visitor)
    api.now += 1
    assert not is_signed_in(visitor)


def test_activity_is_noted_at_most_once_a_minute(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    noted = []
    for _ in range(4):
        api.now += 25_000
        assert is_signed_in(visitor)
        noted += [row[0] - api.now for row in api.sql("SELECT last_active_at FROM administrator_sessions")]
    assert noted == [-25_000, -50_000, 0, -25_000]


def test_X_008_signing_out_kills_the_session_on_the_server(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    answer = visitor.post("/dashboard/sign-out")
    assert answer.headers["location"] == "/dashboard/sign-in?done=signed_out"
    assert {one["max-age"] for one in cookies(answer).values()} == {"0"}
    assert not is_signed_in(visitor)
    assert api.sql("SELECT * FROM administrator_sessions") == []
    assert "You are signed out." in Visitor(api).page("/dashboard/sign-in?done=signed_out")


def test_links_sign_nobody_out(api: Api) -> None:
    visitor = sign_in(api, "viewer")
    assert visitor.get("/dashboard/sign-out").status_code == 405
    assert is_signed_in(visitor)


def test_S_001_a_cookie_that_was_there_before_is_never_signed_in_with(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    planted = sign_in(api, "viewer")
    visitor = signed_in(api, attempt(planted))
    assert visitor.token != planted.token
    assert not is_signed_in(planted)
    assert is_signed_in(visitor)
    unknown = Visitor(api, "x" * 43)
    assert signed_in(api, attempt(unknown)).token != unknown.token


def test_A_016_an_unknown_address_a_wrong_password_and_a_locked_address_are_answered_alike(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    unknown = attempt(Visitor(api), "wrong password", "eve@example.com")
    wrong = attempt(Visitor(api), "wrong password")
    for _ in range(9):
        attempt(Visitor(api), "wrong password")
    locked = attempt(Visitor(api))
    nonce = re.compile(r"nonce-[0-9a-f]+")
    said = {one.text.replace("eve@example.com", ADDRESS) for one in (unknown, wrong, locked)}
    assert len(said) == 1
    assert [one.status_code for one in (unknown, wrong, locked)] == [422] * 3
    headers = {
        nonce.sub("", str(sorted(one.headers.items()))).replace("eve", "ada") for one in (unknown, wrong, locked)
    }
    assert len(headers) == 1
    assert "don&#39;t belong together" in problem(locked)


def test_A_017_every_refusal_hashes_once_and_writes_alike(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    hashed: list[str] = []
    pool = type(api.service.passwords)
    original = pool.verify

    async def count(self: Any, stored: str, password: str) -> bool:
        hashed.append(stored[:10])
        return await original(self, stored, password)

    monkeypatch.setattr(pool, "verify", count)
    before = len(audited(api))
    attempt(Visitor(api), "wrong password", "eve@example.com")
    attempt(Visitor(api), "wrong password")
    api.sql("UPDATE administrators SET lockout_expires_at = ?", api.now + HOUR)
    attempt(Visitor(api))
    assert hashed == ["{argon2id}"] * 3
    assert len(audited(api)) - before == 3


def test_A_009_A_011_ten_wrong_passwords_lock_an_address_for_an_hour(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    for _ in range(10):
        assert attempt(Visitor(api), "wrong password").status_code == 422
    assert attempt(Visitor(api)).status_code == 422
    api.now += HOUR - 1
    assert attempt(Visitor(api)).status_code == 422
    api.now += 1
    assert attempt(Visitor(api)).status_code == 303


def test_A_011_a_right_password_forgives_the_wrong_ones_before_it(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    for _ in range(3):
        for _ in range(9):
            attempt(Visitor(api), "wrong password")
        assert attempt(Visitor(api)).status_code == 303


def test_a_lockout_ends_no_session(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    visitor = signed_in(api, attempt(Visitor(api)))
    for _ in range(10):
        attempt(Visitor(api), "wrong password")
    assert is_signed_in(visitor)


def test_A_014_an_address_may_try_as_often_as_the_setting_says(open_another: Callable[..., Api]) -> None:
    api = open_another(attempt_rate_limit=3)
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    tried = [attempt(Visitor(api), "wrong password", f"{index}@example.com") for index in range(3)]
    assert {one.status_code for one in tried} == {422}
    limited = attempt(Visitor(api))
    assert limited.status_code == 429
    assert "Wait ten seconds" in problem(limited)
    assert "set-cookie" not in limited.headers


def test_what_was_typed_is_kept_but_for_the_password(api: Api) -> None:
    answer = attempt(Visitor(api), "hunter2hunter2", "Eve <eve@example.com>", next="/dashboard/users")
    assert 'value="Eve &lt;eve@example.com&gt;"' in answer.text
    assert 'value="/dashboard/users"' in answer.text
    assert "hunter2" not in answer.text
    empty = attempt(Visitor(api), "", "eve@example.com")
    assert empty.status_code == 422
    assert "password" in problem(empty)


def test_case_of_the_address_and_blanks_around_it_do_not_matter(api: Api) -> None:
    make_administrator(api, "owner", "Ada@Example.com", password=PASSWORD)
    assert attempt(Visitor(api), address="  ADA@example.COM ").status_code == 303


def test_a_password_with_blanks_around_it_is_another_one(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    assert attempt(Visitor(api), f" {PASSWORD}").status_code == 422


def test_sign_ins_are_audited_without_what_was_typed(api: Api) -> None:
    ada = make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    attempt(Visitor(api), "wrong password", "my-password-in-the-wrong-field")
    api.now += 1
    attempt(Visitor(api), "wrong password")
    api.now += 1
    visitor = signed_in(api, attempt(Visitor(api)))
    api.now += 1
    visitor.post("/dashboard/sign-out")
    assert audited(api) == [
        ("administrator.sign_in_failed", "nobody", "nobody"),
        ("administrator.sign_in_failed", "nobody", ada.id),
        ("administrator.signed_in", ada.id, ada.id),
        ("administrator.signed_out", ada.id, ada.id),
    ]
    told = str(api.sql("SELECT details FROM audit_log")) + api.log.getvalue()
    assert "wrong" not in told
    assert PASSWORD not in told


def test_L_001_neither_password_nor_cookie_is_in_log_or_database(api: Api) -> None:
    make_administrator(api, "owner", ADDRESS, password=PASSWORD)
    visitor = signed_in(api, attempt(Visitor(api)))
    visitor.page("/dashboard/account")
    dump = "".join(str(row) for table in ("administrators", "administrator_sessions", "audit_log", "rate_windows")
                   for row in api.sql(f"SELECT * FROM {table}"))  # noqa: S608 - names of ours  # fmt: skip
    for canary in (PASSWORD, visitor.token, visitor.csrf_token):
        assert canary not in api.log.getvalue()
        assert canary not in dump


def test_a_page_without_a_sign_in_leads_to_the_form_and_back(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    stranger = Visitor(api)
    answer = stranger.get("/dashboard/account?done=%22%3E&x=a%26b")
    location = answer.headers["location"]
    assert answer.status_code == 303
    assert location.startswith("/dashboard/sign-in?next=")
    page = stranger.page(location)
    kept = re.search(r'name="next" value="([^"]*)"', page)
    assert kept
    target = kept[1].replace("&amp;", "&")
    assert target == "/dashboard/account?done=%22%3E&x=a%26b"
    assert attempt(stranger, next=target).headers["location"] == target


def test_a_target_that_is_no_page_of_the_dashboard_is_not_gone_to(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    visitor = sign_in(api, "viewer")
    for target in NOT_OF_THE_DASHBOARD:
        assert visitor.get("/dashboard/sign-in", params={"next": target}).headers["location"] == "/dashboard", target
        assert attempt(Visitor(api), next=target).headers["location"] == "/dashboard", target


def test_X_003_what_an_address_holds_is_escaped_on_the_page(api: Api) -> None:
    stranger = Visitor(api)
    page = stranger.get("/dashboard/sign-in", params={"next": "/dashboard/x?a='\"><script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    answer = attempt(stranger, "x", '"><img src=x onerror=alert(1)>', next='"><script>alert(1)</script>')
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text


def test_a_link_on_another_site_is_followed_by_a_request_that_carries_the_cookie(api: Api) -> None:
    visitor, stranger = sign_in(api, "viewer"), Visitor(api)
    crossing = {"Sec-Fetch-Site": "cross-site"}
    first = stranger.get("/dashboard/sign-in?next=/dashboard/account", headers=crossing)
    assert first.status_code == 200
    again = "/dashboard/sign-in?next=%2Fdashboard%2Faccount"
    assert first.headers["refresh"] == f"0; url={again}"
    assert visitor.get(again).headers["location"] == "/dashboard/account"
    assert 'name="password"' in stranger.page(again)


def test_C_001_login_csrf_a_form_of_another_site_signs_nobody_in(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    origins: tuple[dict[str, str | None], ...] = (
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
        {"Origin": "null"},
        {"Origin": "http://localhost:4001", "Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": None},
        {"Origin": None, "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site"},
    )
    for headers in origins:
        answer = attempt(Visitor(api), headers=headers)
        assert answer.status_code == 403, headers
        assert "set-cookie" not in answer.headers
    assert attempt(Visitor(api), headers={"Origin": None}).status_code == 303
    assert attempt(Visitor(api), headers={"Sec-Fetch-Site": None}).status_code == 303


def test_over_plain_http_a_password_is_refused_before_it_is_looked_at(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    answer = attempt(Visitor(api), headers={"Host": "10.0.0.5:4000", "Origin": "http://10.0.0.5:4000"})
    assert answer.status_code == 422
    assert "Open it over https://" in problem(answer)


def test_D_013_sessions_and_links_that_have_expired_are_deleted_and_others_are_left(
    open_on_engine: Callable[[], Api],
) -> None:
    api = open_on_engine()
    instance = public_instance(api)
    invite = administrators.invite_administrator
    sign_in(api)
    api.run(invite(api.service, instance, "viewer", author=administrators.OPERATOR))
    api.now += 12 * HOUR + 1
    live = sign_in(api)
    gone = api.run(Janitor(api.service).tidy())
    assert gone["administrator_sessions"] == 1
    assert gone["administrator_invitations"] == 0
    assert is_signed_in(live)
    api.now += 12 * HOUR
    api.run(invite(api.service, instance, "viewer", author=administrators.OPERATOR))
    assert api.run(Janitor(api.service).tidy())["administrator_invitations"] == 1
    assert len(api.run(administrators.list_invitations(api.service, instance))) == 1


def test_X_004_X_005_the_pages_carry_the_security_headers(open_another: Callable[..., Api]) -> None:
    api = open_another(public_url="https://auth.example.com")
    visitor = sign_in(api, "owner")
    pages = [Visitor(api).get("/dashboard/sign-in"), visitor.get("/dashboard/team"), visitor.get("/dashboard/account"),
             visitor.get("/dashboard/team/none"), attempt(Visitor(api), headers=ELSEWHERE)]  # fmt: skip
    for answer in pages:
        headers = answer.headers
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["permissions-policy"]
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        for part in ("script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]* src=)|<[^>]+ (?:style|on\w+)=|src=\"(?:https?:)?//", answer.text)
