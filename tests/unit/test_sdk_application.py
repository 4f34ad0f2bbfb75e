"""`Application`: the decision table end to end, what it asks the Backend API, and what it survives."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from decision_table import (
    CARRIED_IN,
    DEV,
    EXPIRED,
    GOOD,
    KNOWN_REASONS,
    ORIGIN,
    PATHS,
    ROWS,
    SECRET_KEY,
    SUFFIX,
    Row,
    Seen,
    check_answer,
    check_location,
    describe_caller,
    jar,
    running_backend_api,
)
from sdk_signing import NOW, jwk, jwks, make_token, own_keys, rsa_key

from claimsmith import ConfigurationError, Settings, SignedOut, StaticKeys, load_settings
from claimsmith.answers import Answer
from claimsmith.application import Application, ApplicationOptions
from claimsmith.auth import Auth
from claimsmith.authentication.facts import RequestFacts
from claimsmith.decisions import Decision
from claimsmith.requirements import parse_demands

ROW = pytest.mark.parametrize("row", ROWS, ids=str)


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with running_backend_api() as url:
        yield url


def facts_of(row: Row, path: str = "/page") -> RequestFacts:
    return RequestFacts(method=row.method, url=row.url(path) if row.over_http else "http://[", headers=row.headers)


def check_decision(row: Row, decision: Decision, path: str) -> None:
    expected, caller = row.expected, decision.caller
    if expected.status == "signed-in":
        assert isinstance(caller, Auth)
        assert caller.user_id == expected.user_id
    else:
        assert isinstance(caller, SignedOut)
        assert caller.reason == expected.reason
    headers = () if decision.answer is None else decision.answer.headers
    assert (decision.answer is None) is (expected.location is None)
    cookies = [*decision.set_cookies, *(value for name, value in headers if name == "set-cookie")]
    assert cookies == list(expected.set_cookies)
    if decision.answer is not None:
        assert decision.answer.status == 307
        check_location(expected, path, dict(headers)["location"])
        assert dict(headers)["cache-control"] == "no-store"


@ROW
def test_the_table_decides(row: Row, api_url: str) -> None:
    settings, options = row.arguments(api_url)
    for path in PATHS:
        check_decision(row, Application(settings, **options).decide(facts_of(row, path)), path)


@ROW
def test_the_table_answers_routes_that_need_a_caller(row: Row, api_url: str) -> None:
    settings, options = row.arguments(api_url)
    application = Application(settings, **options)
    decision = application.decide(facts_of(row, "/protected"))
    checked = decision.answer or application.check(decision, parse_demands({}))
    if isinstance(checked, Auth):
        checked = Answer(200, (), msgspec.json.encode(describe_caller(checked)))
    cookies = tuple(("set-cookie", cookie) for cookie in decision.set_cookies)
    check_answer(row, "/protected", Seen(checked.status, (*checked.headers, *cookies), checked.body))


@ROW
def test_the_table_decides_in_an_event_loop(row: Row, api_url: str) -> None:
    settings, options = row.arguments(api_url)
    decision = asyncio.run(Application(settings, **options).decide_async(facts_of(row)))
    check_decision(row, decision, "/page")


def test_the_table_has_a_row_for_every_reason_that_a_request_can_bring() -> None:
    told = {row.expected.reason for row in ROWS if row.expected.reason}
    assert KNOWN_REASONS - told == set()
    other = {reason for reason in told - KNOWN_REASONS if not reason.startswith("session-token-expired-refresh-")}
    assert other == set()


def test_the_rows_have_names_of_their_own() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)


# What it asks ---------------------------------------------------------------------------------------------------------


def ask_for_page(cookies: str | None = None, url: str = f"{ORIGIN}/page", **headers: str) -> RequestFacts:
    sent = {"sec-fetch-dest": "document", **headers} | ({"cookie": cookies} if cookies else {})
    return RequestFacts(method="GET", url=url, headers=tuple(sent.items()))


def make_application(api_url: str | None, **options: Any) -> Application:
    backend: dict[str, Any] = {} if api_url is None else {"api_url": api_url, "secret_key": SECRET_KEY}
    chosen: Any = {"keys": own_keys(), "clock": lambda: NOW, "handshakes": True, **options}
    return Application(Settings(publishable_key=DEV, **backend), **ApplicationOptions(**chosen))  # type: ignore[typeddict-item]


def read_request(connection: socket.socket) -> bytes:
    """One whole request, its body included."""
    read = b""
    while part := connection.recv(65536):
        read += part
        head, end, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if end and len(body) >= (int(length[1]) if length else 0):
            break
    return read


@contextmanager
def listening(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """An address that answers every connection with these bytes, or never; and what came in."""
    heard: list[bytes] = []
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.settimeout(5)
                heard.append(read_request(connection))
                kept.append(connection)
                if answer is not None:
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            is_over.set()
            thread.join()
            for connection in kept:
                connection.close()


GARBAGE = (
    b"",
    b'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n{"a":',
    b'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 20\r\n\r\n{"directives":[1,2]}',
    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nnull",
    b"HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]",
    b"\x00\xff\r\n\r\n",
)


@pytest.mark.parametrize("answer", GARBAGE)
def test_whatever_the_backend_api_answers_a_good_session_stays_and_nothing_is_raised(
    answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(answer) as (url, heard):
        application = make_application(url)
        kept = application.decide(ask_for_page(jar(GOOD, __clerk_handshake_nonce="n_secret")))
        expired = application.decide(ask_for_page(jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_secret"})))
    assert kept.caller.user_id == "user_1"
    assert isinstance(expired.caller, SignedOut)
    assert expired.caller.reason.startswith("session-token-expired-refresh-")
    assert len(heard) == 2
    # httpx tells of requests at INFO where an application asks for that; these are our own.
    told = [record.getMessage() for record in caplog.records if record.name == "claimsmith"]
    assert len(told) == 2
    for secret in (SECRET_KEY, "n_secret", "r_secret", EXPIRED):
        assert secret not in "\n".join(told)


def test_a_backend_api_that_is_gone_or_hangs_ends_nothing_and_takes_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("claimsmith.authentication.backend_questions.TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = f"http://127.0.0.1:{server.getsockname()[1]}"
    with listening(None) as (hanging, _):
        for url in (gone, hanging):
            began = time.monotonic()
            decision = make_application(url).decide(ask_for_page(jar(GOOD, __clerk_handshake_nonce="n")))
            assert decision.caller.user_id == "user_1"
            facts = ask_for_page(jar(EXPIRED, **{f"__refresh{SUFFIX}": "r"}), **{"sec-fetch-dest": "empty"})
            refused = make_application(url).decide(facts).caller
            assert isinstance(refused, SignedOut)
            assert refused.reason == "session-token-expired-refresh-fetch-error"
            assert time.monotonic() - began < 3


def test_an_event_loop_goes_on_while_the_backend_api_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimsmith.authentication.backend_questions.TIMEOUT_SECONDS", 0.4)

    async def count(decided: asyncio.Event) -> int:
        ticks = 0
        while not decided.is_set():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    async def decide_and_count(application: Application, facts: RequestFacts) -> int:
        decided = asyncio.Event()
        counting = asyncio.create_task(count(decided))
        await application.decide_async(facts)
        decided.set()
        return await counting

    with listening(None) as (url, heard):
        application = make_application(url)
        for cookies in (jar(GOOD, __clerk_handshake_nonce="n"), jar(EXPIRED, **{f"__refresh{SUFFIX}": "r"})):
            assert asyncio.run(decide_and_count(application, ask_for_page(cookies))) > 10
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("cookies", "headers"),
    [
        (jar(GOOD), {}),
        (jar(GOOD, __clerk_handshake_nonce="n"), {"authorization": f"Bearer {GOOD}"}),
        (jar(GOOD, __clerk_handshake_nonce="a b"), {}),
        (jar(GOOD, __clerk_handshake_nonce="n" * 513), {}),
        (jar(GOOD, __clerk_handshake_nonce=""), {}),
        (jar(GOOD, **{f"__refresh{SUFFIX}": "r_good"}), {}),
        (jar(EXPIRED, __refresh="r_good"), {}),
        (jar(EXPIRED), {}),
    ],
)
def test_nothing_is_asked_that_need_not_be(cookies: str, headers: dict[str, str]) -> None:
    with listening(b"") as (url, heard):
        make_application(url).decide(ask_for_page(cookies, **headers))
        asyncio.run(make_application(url).decide_async(ask_for_page(cookies, **headers)))
    assert heard == []


def test_a_refresh_tells_the_backend_api_no_cookie_and_no_other_credential() -> None:
    headers = {"user-agent": "Test", "x-api-key": "other", "proxy-authorization": "Basic x"}
    cookies = jar(EXPIRED, other="secret", **{f"__refresh{SUFFIX}": "r_good"})
    with listening(b"") as (url, heard):
        make_application(url).decide(ask_for_page(cookies, **headers))
    (sent,) = heard
    assert sent.startswith(b"POST /v1/sessions/sess_1/refresh HTTP/1.1")
    body = msgspec.json.decode(sent.partition(b"\r\n\r\n")[2])
    assert body.keys() == {"format", "expired_token", "refresh_token", "request_origin", "request_headers"}
    assert body["request_headers"] == {"user-agent": ["Test"]}
    assert body["request_origin"] == ORIGIN


def test_a_strange_session_id_in_a_signed_token_cannot_reach_another_route() -> None:
    token = make_token(exp=NOW - 10, sid="../../users?x#y")
    with listening(b"") as (url, heard):
        make_application(url).decide(ask_for_page(jar(token, **{f"__refresh{SUFFIX}": "r"})))
    assert heard[0].startswith(b"POST /v1/sessions/..%2F..%2Fusers%3Fx%23y/refresh HTTP/1.1")


def test_the_first_request_of_a_process_may_be_the_end_of_a_handshake_or_need_a_refresh(api_url: str) -> None:
    settings = Settings(publishable_key=DEV, api_url=api_url, secret_key=SECRET_KEY)
    brought = (f"{ORIGIN}/page?__clerk_handshake={CARRIED_IN}", f"{ORIGIN}/page?__clerk_handshake_nonce=n_in")
    refreshable = jar(EXPIRED, **{f"__refresh{SUFFIX}": "r_good"})
    for facts in (*(ask_for_page(url=url) for url in brought), ask_for_page(refreshable), ask_for_page(jar(GOOD))):
        for decide in (Application.decide, lambda *given: asyncio.run(Application.decide_async(*given))):
            application = Application(settings, handshakes=True, clock=lambda: NOW)
            assert decide(application, facts).caller.user_id == "user_1"


# Cases ----------------------------------------------------------------------------------------------------------------


def test_J_037_two_instances_in_one_process_never_take_each_others_tokens() -> None:
    other_key = rsa_key("instance b")
    theirs = make_token(key=other_key, iss="https://other.clerk.accounts.dev")
    own = make_application(None, cached_tokens=10)
    other = make_application(None, cached_tokens=10, keys=StaticKeys.from_jwks(jwks(jwk(other_key))))
    for _ in range(2):
        for application, good, bad in ((own, GOOD, theirs), (other, theirs, GOOD)):
            assert application.decide(ask_for_page(authorization=f"Bearer {good}")).caller.user_id == "user_1"
            refused = application.decide(ask_for_page(authorization=f"Bearer {bad}", accept="*/*")).caller
            assert isinstance(refused, SignedOut)
            assert refused.reason == "token-invalid-signature"


def test_S_012_a_handshake_is_worth_nothing_once_its_session_token_has_expired() -> None:
    clock = [float(NOW)]
    application = make_application(None, clock=lambda: clock[0])
    facts = ask_for_page(url=f"{ORIGIN}/page?__clerk_handshake={CARRIED_IN}")
    assert application.decide(facts).caller.user_id == "user_1"
    clock[0] += 66
    replayed = application.decide(facts)
    assert isinstance(replayed.caller, SignedOut)
    assert not any(name == "set-cookie" and "__session" in value for name, value in replayed.answer.headers)  # type: ignore[union-attr]


def test_S_011_a_browser_without_cookies_of_its_own_goes_round_three_times() -> None:
    application, count, reasons = make_application(None), None, []
    for _ in range(5):
        more: dict[str, str] = {} if count is None else {"__clerk_redirect_count": count}
        decision = application.decide(ask_for_page(jar(None, **more)))
        assert isinstance(decision.caller, SignedOut)
        reasons.append((decision.caller.reason, decision.answer is not None))
        if decision.answer is not None:
            count = dict(decision.answer.headers)["set-cookie"].partition(";")[0].partition("=")[2]
    reason = "client-uat-but-no-session-token"
    assert reasons == [(reason, True)] * 3 + [(reason, False)] * 2


# Settings -------------------------------------------------------------------------------------------------------------


def test_satellites_are_told_by_the_environment() -> None:
    told = {
        "CLERK_IS_SATELLITE": "true",
        "CLERK_DOMAIN": "satellite.example",
        "CLERK_SIGN_IN_URL": "https://a.example/",
    }
    settings = load_settings(told)
    assert (settings.is_satellite, settings.domain) == (True, "satellite.example")
    assert settings.sign_in_url == "https://a.example/"
    assert load_settings({name.replace("CLERK", "CLAIMSMITH"): value for name, value in told.items()}) == settings
    assert load_settings({}).is_satellite is False
    for value, meant in (("1", True), ("TRUE", True), ("0", False), ("false", False), ("", False)):
        assert load_settings({"CLERK_IS_SATELLITE": value}).is_satellite is meant
    with pytest.raises(ConfigurationError, match="CLERK_IS_SATELLITE is true or false"):
        load_settings({"CLERK_IS_SATELLITE": "maybe"})


@pytest.mark.parametrize(
    ("settings", "options", "told"),
    [
        ({"is_satellite": True}, {}, "CLERK_DOMAIN"),
        ({"is_satellite": True, "domain": "a.example"}, {}, "CLERK_SIGN_IN_URL"),
        ({"is_satellite": True, "domain": "a.example", "sign_in_url": "/sign-in"}, {}, "CLERK_SIGN_IN_URL"),
        ({}, {"organization_patterns": ("/orgs/[slug]*",)}, "organization's path"),
        ({}, {"personal_account_patterns": ("me",)}, "organization's path"),
        ({"api_url": "http://api.example.com", "secret_key": "sk_test_x"}, {}, "plain http"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(
    settings: dict[str, Any], options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Application(Settings(publishable_key=DEV, **settings), keys=own_keys(), **options)


def test_a_secret_key_is_in_no_representation() -> None:
    settings = Settings(publishable_key=DEV, api_url="http://localhost:4000", secret_key=SECRET_KEY)
    application = Application(settings, keys=own_keys())
    assert SECRET_KEY not in repr((settings, application.options, application.decide(ask_for_page(jar(GOOD)))))


def test_a_nonce_is_found_however_the_query_spells_its_name(api_url: str) -> None:
    for name in ("__clerk_handshake_nonce", "%5F_clerk_handshake_nonce", "__clerk%5Fhandshake%5Fnonce"):
        decision = make_application(api_url).decide(ask_for_page(url=f"{ORIGIN}/page?a=1&{name}=n_in"))
        assert decision.caller.user_id == "user_1"
        assert decision.answer is not None
        assert dict(decision.answer.headers)["location"] == f"{ORIGIN}/page?a=1"
