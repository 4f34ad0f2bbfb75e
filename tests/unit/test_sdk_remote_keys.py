"""Keys on the network: when they are fetched, and who waits (J-035, J-036, K-007, K-012)."""

import asyncio
import gzip
import itertools
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from key_server import KeyServer, running_key_server
from sdk_signing import KID, NOW, PUBLISHABLE_KEY, jwk, jwks, make_token, pem, rsa_key

from claimsmith import ConfigurationError, Key, RemoteKeys, Settings, StaticKeys, TokenError, verify_token
from claimsmith.instance import parse_publishable_key
from claimsmith.network.flights import Flight
from claimsmith.settings import make_keys
from claimsmith.verification.key_sets import KeySetSource

URL = "http://localhost:4000/v1/jwks"
TOKEN = make_token()


def reason_of(call: Callable[[], Any]) -> str:
    with pytest.raises(TokenError) as caught:
        call()
    return caught.value.reason


class Server:
    """A publisher as httpx sees it: counts what it is asked and answers as told, at a time of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.luck = 0.0
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, content=jwks())

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answer(request)
        # As from a network: the body is still to be read.
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

    def fail(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("too slow", request=request)

    def keys(self, **options: Any) -> RemoteKeys:
        transport = httpx.MockTransport(self.handle)
        return RemoteKeys(URL, clock=lambda: self.now, entropy=lambda: self.luck, transport=transport, **options)


@pytest.fixture
def server() -> Server:
    return Server()


def settle(keys: RemoteKeys) -> None:
    """Wait until nothing is in flight."""
    for flight in [*keys._flights.values()]:
        assert flight.wait(5)


def verifies(keys: RemoteKeys) -> bool:
    settle(keys)
    done = bool(verify_token(TOKEN, keys, now=NOW)["sub"] == "user_1")
    settle(keys)
    return done


def refresh(keys: RemoteKeys) -> None:
    """Ask for a known key, so that whatever is due takes place, and wait until it has."""
    keys.snapshot(KID)
    settle(keys)


def refuses(keys: RemoteKeys, kid: str | None = "unknown") -> str:
    settle(keys)
    return reason_of(lambda: keys.find(kid))


def find_in_a_loop(keys: RemoteKeys, kid: str | None) -> Key:
    return asyncio.run(keys.find_async(kid))


def snapshot_in_a_loop(keys: RemoteKeys, *kids: str | None) -> StaticKeys:
    return asyncio.run(keys.snapshot_async(*kids))


Find = Callable[[RemoteKeys, str | None], Key]


def load(server: Server, url: str = URL, **options: Any) -> bytes:
    """What one request gives, without anything around it."""
    return KeySetSource(url, transport=httpx.MockTransport(server.handle), **options).load(lambda: server.now)


def test_nothing_is_fetched_before_the_first_token_and_then_once_in_five_minutes(server: Server) -> None:
    keys = server.keys(secret_key="sk_test_1")
    assert server.requests == []
    for _ in range(3):
        assert verifies(keys)
    assert len(server.requests) == 1
    assert server.requests[0].headers["authorization"] == "Bearer sk_test_1"
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert server.requests[0].headers["accept"] == "application/json"
    server.now += 299.9
    assert verifies(keys)
    assert len(server.requests) == 1
    server.now += 0.1
    assert verifies(keys)
    assert len(server.requests) == 2
    assert verifies(keys)
    assert len(server.requests) == 2


def test_in_an_event_loop_too_a_known_key_is_fetched_again_in_five_minutes(server: Server) -> None:
    keys = server.keys()
    assert find_in_a_loop(keys, KID).kid == KID
    with pytest.raises(TokenError, match="jwk-kid-mismatch"):
        find_in_a_loop(keys, "unknown")
    server.now += 299.9
    assert find_in_a_loop(keys, KID).kid == KID
    settle(keys)
    assert len(server.requests) == 1
    server.now = 1000.0 + 300.0
    assert find_in_a_loop(keys, KID).kid == KID
    settle(keys)
    assert len(server.requests) == 2


def test_without_a_secret_key_none_is_sent(server: Server) -> None:
    assert verifies(server.keys())
    assert "authorization" not in server.requests[0].headers


def test_a_known_key_never_waits_for_the_network(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    entered, release = threading.Event(), threading.Event()

    def hang(_: httpx.Request) -> httpx.Response:
        entered.set()
        release.wait(5)
        return httpx.Response(200, content=jwks(jwk(), jwk(rsa_key("next"), "next")))

    server.answer = hang
    server.now += 86_399
    started = time.perf_counter()
    for _ in range(100):
        assert keys.find(KID).kid == KID
        assert asyncio.run(keys.find_async(KID)).kid == KID
        assert keys.snapshot(KID).find(KID).kid == KID
    assert time.perf_counter() - started < 1
    assert entered.wait(5)
    assert len(server.requests) == 2
    release.set()
    settle(keys)
    assert keys.find("next").kid == "next"
    assert len(server.requests) == 2


def test_K_007_a_key_that_is_gone_is_refused_once_the_refresh_has_landed(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = lambda _: httpx.Response(200, content=jwks(jwk(rsa_key("next"), "next")))
    server.now += 300
    refresh(keys)
    assert refuses(keys, KID) == "jwk-kid-mismatch"
    assert keys.snapshot().kids == ("next",)


def test_K_007_a_set_that_became_empty_ends_every_key_and_is_asked_for_again_soon(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = lambda _: httpx.Response(200, content=b'{"keys":[]}')
    server.now += 300
    refresh(keys)
    assert refuses(keys, KID) == "jwk-remote-missing"
    assert len(server.requests) == 2
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 0.5
    assert verifies(keys)


def test_the_same_document_again_keeps_the_very_same_keys(server: Server) -> None:
    keys = server.keys()
    before = keys.find(KID)
    server.now += 300
    assert verifies(keys)
    assert len(server.requests) == 2
    assert keys.find(KID) is before
    server.answer = lambda _: httpx.Response(200, content=jwks(jwk(), jwk(rsa_key("next"), "next")))
    server.now += 300
    assert verifies(keys)
    assert keys.find(KID) is not before


def test_J_035_ten_thousand_unknown_kids_in_ten_seconds_cost_one_fetch(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.now += 31
    for index in range(10_000):
        server.now += 0.001
        assert reason_of(lambda kid=f"k{index}": keys.find(kid)) == "jwk-kid-mismatch"  # type: ignore[misc]
    assert len(server.requests) == 2
    assert verifies(keys)


def test_J_035_an_unknown_kid_asks_again_when_the_cooldown_is_over_and_not_before(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = lambda _: httpx.Response(200, content=jwks(jwk(), jwk(rsa_key("next"), "next")))
    server.now += 29.9
    assert refuses(keys, "next") == "jwk-kid-mismatch"
    assert len(server.requests) == 1
    server.now += 0.1
    assert verify_token(make_token({"kid": "next"}, rsa_key("next")), keys, now=NOW)["sub"] == "user_1"
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [500, 429, 404, 401])
def test_J_036_an_outage_never_takes_away_keys_that_are_there(server: Server, status: int) -> None:
    keys = server.keys()
    assert verifies(keys)
    for answer in (lambda _: httpx.Response(status, content=b"{}"), server.fail, lambda _: httpx.Response(200)):
        server.answer = answer
        for _ in range(50):
            server.now += 100
            assert refuses(keys) == "jwk-kid-mismatch"
            assert verifies(keys)


def test_keys_are_kept_for_a_day_of_outage_and_asked_for_twice_a_minute_at_most(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = server.fail
    for _ in range(600):
        server.now += 1
        assert verifies(keys)
    assert len(server.requests) == 1 + 11
    server.now = 1000.0 + 86_399
    assert verifies(keys)
    server.now += 1
    assert refuses(keys, KID) == "jwk-remote-failed-to-load"
    assert keys.snapshot().kids == ()
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 30
    assert verifies(keys)


@pytest.mark.parametrize(("luck", "pause"), [(0.0, 30.0), (0.5, 37.5), (0.996, 44.94)])
def test_after_a_failure_the_pause_is_different_in_each_process(server: Server, luck: float, pause: float) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer, server.luck = server.fail, luck
    server.now += 300
    for number in (2, 3, 4):
        assert verifies(keys)
        assert len(server.requests) == number
        server.now += pause - 0.001
        assert verifies(keys)
        assert refuses(keys) == "jwk-kid-mismatch"
        assert len(server.requests) == number
        server.now += 0.002


def test_a_server_that_starts_late_is_asked_again_soon_and_then_more_and_more_seldom(server: Server) -> None:
    keys = server.keys()
    server.answer = server.fail
    pauses = (0.5, 1.5, 3.5, 7.5, 15, 15, 15)
    for number, pause in enumerate(pauses, start=1):
        assert refuses(keys, KID) == "jwk-remote-failed-to-load"
        assert len(server.requests) == number
        server.now += pause - 0.01
        assert refuses(keys, KID) == "jwk-remote-failed-to-load"
        assert len(server.requests) == number
        server.now += 0.02
    server.answer = lambda _: httpx.Response(200, content=jwks())
    assert verifies(keys)
    server.answer = lambda _: httpx.Response(200, content=b'{"keys":[]}')
    server.now += 300
    refresh(keys)
    server.now += 0.51
    assert refuses(keys, KID) == "jwk-remote-missing"
    assert len(server.requests) == len(pauses) + 3


def test_a_server_that_starts_late_is_asked_after_at_most_a_second(server: Server) -> None:
    keys = server.keys()
    server.answer, server.luck = server.fail, 0.999
    assert refuses(keys, KID) == "jwk-remote-failed-to-load"
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 0.99
    assert refuses(keys, KID) == "jwk-remote-failed-to-load"
    server.now += 0.01
    assert verifies(keys)


ERROR = b'{"errors":[{"code":"clerk_key_invalid","message":"x"}]}'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(401, content=ERROR), "secret-key-invalid"),
        (httpx.Response(403, content=ERROR), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b"<html>"), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b'{"errors":[{"code":"other"}]}'), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b'{"errors":{"code":"clerk_key_invalid"}}'), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b'{"errors":["clerk_key_invalid"]}'), "jwk-remote-failed-to-load"),
        (httpx.Response(500, content=jwks()), "jwk-remote-failed-to-load"),
        (httpx.Response(307, content=jwks()), "jwk-remote-failed-to-load"),
        (httpx.Response(200, content=b'{"keys":[]}'), "jwk-remote-missing"),
        (httpx.Response(200, content=b"<html>"), "jwk-remote-invalid"),
        (httpx.Response(200), "jwk-remote-invalid"),
        (httpx.Response(200, content=jwks({**jwk(), "d": "AQAB"})), "jwk-remote-invalid"),
        (httpx.Response(200, content=jwks(*[jwk(kid=str(n)) for n in range(1000)])), "jwk-remote-invalid"),
        (httpx.Response(200, content=b" " * 5_000_000), "jwk-remote-invalid"),
        (httpx.Response(200, content=jwks().ljust(256 * 1024 + 1)), "jwk-remote-invalid"),
        (
            httpx.Response(200, content=gzip.compress(b" " * 5_000_000), headers={"content-encoding": "gzip"}),
            "jwk-remote-invalid",
        ),
        (httpx.Response(200, content=jwks(), headers={"content-encoding": "identity"}), "jwk-remote-invalid"),
    ],
)
def test_K_012_the_reason_tells_why_the_keys_cannot_be_had(server: Server, answer: httpx.Response, reason: str) -> None:
    server.answer = lambda _: answer
    keys = server.keys()
    assert refuses(keys, KID) == reason
    assert refuses(keys, KID) == reason
    assert reason_of(keys.preload) == reason
    assert len(server.requests) == 1


def test_K_012_a_key_set_of_exactly_256_kib_is_read(server: Server) -> None:
    server.answer = lambda _: httpx.Response(200, content=jwks().ljust(256 * 1024))
    assert verifies(server.keys())


def test_K_012_a_key_set_without_an_end_is_not_read_to_the_end(server: Server) -> None:
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        while read < 1024 * 1024:
            read += 1024
            yield b" " * 1024

    server.answer = lambda _: httpx.Response(200, content=body())
    with pytest.raises(TokenError, match="jwk-remote-invalid"):
        load(server)
    assert read == 257 * 1024


@pytest.mark.parametrize("content", [b'{"errors":["clerk_key_invalid"]}', b'{"errors":[null,{}]}', b'{"errors":1}'])
def test_K_012_an_error_answer_of_another_shape_is_a_failure_to_load(server: Server, content: bytes) -> None:
    server.answer = lambda _: httpx.Response(401, content=content)
    with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
        load(server)


def test_K_012_each_step_of_a_request_has_three_seconds(server: Server) -> None:
    load(server)
    assert set(server.requests[0].extensions["timeout"].values()) == {3.0}


def test_K_012_after_exactly_three_seconds_it_is_not_too_late(server: Server) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        server.now += late
        return httpx.Response(200, content=jwks())

    server.answer = answer
    late = 3.0
    assert load(server) == jwks()
    late = 3.125
    with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
        load(server)


def test_what_cannot_be_asked_is_a_failure_to_load(server: Server) -> None:
    with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
        load(server, "http://localhost:4000/\x7f")
    # A header has no such letter.
    with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
        load(server, secret_key="sk_test_\u20ac")
    assert server.requests == []


def test_certificates_that_are_not_there_are_a_failure_to_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
        KeySetSource("https://api.example.test/").load(lambda: 0.0)


def test_an_answer_that_a_transport_has_read_before_is_taken_too() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=jwks()))
    assert RemoteKeys(URL, transport=transport).find(KID).kid == KID


def test_K_012_a_key_set_that_trickles_in_is_given_up_after_three_seconds(server: Server) -> None:
    def trickle(_: httpx.Request) -> httpx.Response:
        def body() -> Any:
            for octet in jwks():
                server.now += step
                yield bytes([octet])

        return httpx.Response(200, content=body())

    server.answer = trickle
    step = 2.9 / len(jwks())
    assert verifies(server.keys())
    step = 3.1 / len(jwks())
    assert refuses(server.keys(), KID) == "jwk-remote-failed-to-load"


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:4001/v1/jwks",
        "http://127.0.0.1:4000/v1/jwks",
        "https://localhost:4000/v1/jwks",
        "http://evil.test/",
        "http://localhost:99999/",
        "http://[::1/",
    ],
)
def test_K_012_redirects_to_another_origin_are_not_followed(server: Server, target: str) -> None:
    server.answer = lambda _: httpx.Response(307, headers={"location": target})
    keys = server.keys(secret_key="sk_test_1")
    assert reason_of(lambda: keys.find(KID)) == "jwk-remote-failed-to-load"
    assert len(server.requests) == 1


def test_redirects_inside_the_origin_are_followed_three_times(server: Server) -> None:
    hops = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal hops
        if hops == 0:
            return httpx.Response(200, content=jwks())
        hops -= 1
        return httpx.Response(307, headers={"location": f"/{hops}"})

    server.answer = answer
    hops = 3
    assert verifies(server.keys(secret_key="sk_test_1"))
    assert [request.url.path for request in server.requests] == ["/v1/jwks", "/2", "/1", "/0"]
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk_test_1"}
    hops = 4
    assert refuses(server.keys(), KID) == "jwk-remote-failed-to-load"
    assert len(server.requests) == 4 + 4
    hops = 4
    with pytest.raises(TokenError, match=r"redirects too often.*jwk-remote-failed-to-load"):
        load(server)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/jwks",
        "http://10.0.0.1/jwks",
        "http://169.254.169.254/jwks",
        "http://localhost.evil.test/",
        "http://evil-localhost/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "https://user:pass@example.com/",
        "https://user@example.com/",
        "https://:pass@example.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "/v1/jwks",
        "//localhost/v1/jwks",
        "",
    ],
)
def test_K_012_keys_come_over_https_or_from_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RemoteKeys(url)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1/jwks",
        "http://localhost:1/",
        "http://127.8.0.1/",
        "http://[::1]:4000/",
        "http://a.localhost/",
        "HTTP://LOCALHOST/",
    ],
)
def test_https_and_loopback_addresses_are_fine(url: str) -> None:
    keys = RemoteKeys(url, secret_key="sk_test_secret")
    assert repr(keys) == f"RemoteKeys('{url}')"
    assert repr(keys._source) == f"KeySetSource('{url}')"
    assert keys.url == url


def test_one_fetch_is_in_flight_however_many_wait(server: Server) -> None:
    keys = server.keys()
    entered, release = threading.Event(), threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        entered.set()
        release.wait(5)
        return httpx.Response(200, content=jwks())

    server.answer = slow
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find(KID).algorithm)) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert entered.wait(5)

    async def find_together() -> list[str]:
        asking = [asyncio.ensure_future(keys.find_async(KID)) for _ in range(20)]
        await asyncio.sleep(0.01)
        asking.pop().cancel()  # One that gives up must not take the keys away from the others.
        release.set()
        return [key.algorithm for key in await asyncio.gather(*asking)]

    assert asyncio.run(find_together()) == ["RS256"] * 19
    for thread in threads:
        thread.join(5)
    assert found == ["RS256"] * 8
    assert len(server.requests) == 1


def test_a_fetch_never_blocks_the_event_loop_and_holds_no_thread_of_it(server: Server) -> None:
    keys = server.keys()

    def slow(_: httpx.Request) -> httpx.Response:
        time.sleep(0.2)
        return httpx.Response(200, content=jwks())

    server.answer = slow

    async def measure() -> tuple[float, int]:
        worst, before = 0.0, threading.active_count()
        finding = [asyncio.ensure_future(keys.find_async(KID)) for _ in range(100)]
        await asyncio.sleep(0.01)
        most = threading.active_count() - before
        while not finding[0].done():
            started = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, time.perf_counter() - started)
        assert {key.kid for key in await asyncio.gather(*finding)} == {KID}
        return worst, most

    worst, threads = asyncio.run(measure())
    assert worst < 0.15
    assert threads <= 1


def test_whoever_waits_for_a_fetch_learns_whether_it_ended_in_time() -> None:
    flight = Flight(process=1, late_at=0)
    assert flight.wait(0.01) is False
    assert asyncio.run(flight.wait_async(0.01)) is False
    assert (flight.end(), flight.end()) == (True, False)
    flight.tell()
    assert flight.wait(0.01) is True
    assert asyncio.run(flight.wait_async(0.01)) is True


def test_event_loops_of_other_libraries_wait_in_a_thread() -> None:
    flight = Flight(process=1, late_at=0)
    timer = threading.Timer(0.05, flight.tell)
    timer.start()
    assert anyio.run(flight.wait_async, 5, backend="trio")
    assert not anyio.run(Flight(process=1, late_at=0).wait_async, 0.01, backend="trio")
    timer.join()


def test_a_fetch_that_hangs_is_waited_for_four_seconds_and_then_given_up(server: Server) -> None:
    keys = server.keys()
    release, entered = threading.Event(), threading.Event()

    def hang(_: httpx.Request) -> httpx.Response:
        entered.set()
        release.wait(10)
        return httpx.Response(200, content=jwks(jwk(kid="late")))

    server.answer = hang
    flight = keys._refresh_for(KID)
    assert flight is not None
    assert entered.wait(5)
    assert not flight.wait(0.01)
    server.now += 3.9
    assert keys._refresh_for(KID) is flight
    assert not flight.wait(0.01)
    server.now += 0.1
    assert keys._refresh_for(KID) is flight
    assert flight.wait(0)
    assert keys._refresh_for(KID) is None
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 0.5
    assert verifies(keys)
    release.set()
    for thread in threading.enumerate():
        if thread.name == "claimsmith-keys":
            thread.join(5)
    # What came too late does not replace what came in time.
    assert keys.snapshot().kids == (KID,)


@pytest.mark.parametrize("find", [find_in_a_loop, RemoteKeys.find])
def test_a_caller_waits_for_a_hanging_network_only_so_long(
    server: Server, monkeypatch: pytest.MonkeyPatch, find: Find
) -> None:
    monkeypatch.setattr("claimsmith.verification.remote_keys.PATIENCE_SECONDS", 0.05)
    release = threading.Event()
    server.answer = lambda _: (release.wait(5), httpx.Response(200, content=jwks()))[1]
    keys = server.keys()
    started = time.perf_counter()
    for _ in range(2):
        assert reason_of(lambda: find(keys, KID)) == "jwk-remote-failed-to-load"
    assert time.perf_counter() - started < 1
    assert len(server.requests) == 1
    # It was given up, so that the next try waits only for the pause.
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 0.5
    assert find(keys, KID).kid == KID
    assert len(server.requests) == 2
    release.set()


@pytest.mark.parametrize("find", [find_in_a_loop, RemoteKeys.find])
def test_a_caller_waits_until_a_slow_network_has_answered(server: Server, find: Find) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        time.sleep(0.05)
        return httpx.Response(200, content=jwks(jwk(), jwk(rsa_key("next"), "next")))

    keys = server.keys()
    assert verifies(keys)
    server.answer = slow
    server.now += 30
    assert find(keys, "next").kid == "next"
    server.now += 86_400
    # What was known a day ago is worth as much as what is not known.
    assert find(keys, KID).kid == KID
    assert len(server.requests) == 3


@pytest.mark.parametrize("luck", [0.0, 0.9])
def test_an_unknown_kid_asks_again_after_thirty_seconds_in_every_process(server: Server, luck: float) -> None:
    keys = server.keys()
    server.luck = luck
    assert verifies(keys)
    server.now += 30
    assert refuses(keys) == "jwk-kid-mismatch"
    assert len(server.requests) == 2


def test_before_the_first_fetch_the_reason_is_that_there_are_no_keys_yet(server: Server) -> None:
    assert reason_of(lambda: server.keys().snapshot().find(KID)) == "jwk-remote-failed-to-load"
    assert server.requests == []


def test_a_clock_may_begin_anywhere(server: Server) -> None:
    server.now = -1e9
    assert verifies(server.keys())


@pytest.mark.parametrize("snapshot", [RemoteKeys.snapshot, snapshot_in_a_loop])
def test_each_kid_of_a_snapshot_is_asked_for_though_one_before_was_not_found(
    server: Server, snapshot: Callable[..., StaticKeys]
) -> None:
    def fail_once(request: httpx.Request) -> httpx.Response:
        return server.fail(request) if len(server.requests) == 1 else httpx.Response(200, content=jwks())

    server.answer = fail_once
    seconds = itertools.count(1000.0)
    keys = RemoteKeys(URL, clock=lambda: next(seconds), transport=httpx.MockTransport(server.handle))
    assert snapshot(keys, KID, KID).kids == (KID,)
    assert len(server.requests) == 2


def test_a_fetch_keeps_no_program_from_ending(server: Server) -> None:
    threads: list[threading.Thread] = []

    def answer(_: httpx.Request) -> httpx.Response:
        threads.append(threading.current_thread())
        return httpx.Response(200, content=jwks())

    server.answer = answer
    assert verifies(server.keys())
    assert [(thread.name, thread.daemon) for thread in threads] == [("claimsmith-keys", True)]


def test_whatever_a_transport_raises_nobody_waits_for_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    server.answer = lambda _: httpx.Response(1 // 0)
    keys = server.keys()
    flight = keys._refresh_for(KID)
    assert flight is not None
    assert flight.wait(1)
    assert refuses(keys, KID) == "jwk-remote-failed-to-load"
    for thread in threading.enumerate():
        if thread.name == "claimsmith-keys":
            thread.join(5)
    assert [args.exc_type for args in raised] == [ZeroDivisionError]


def test_without_a_thread_to_be_had_the_keys_of_before_go_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = server.keys()
    assert verifies(keys)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server.now += 300
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert verifies(keys)
        assert reason_of(lambda: server.keys().find(KID)) == "jwk-remote-failed-to-load"
    server.now += 30
    assert verifies(keys)
    assert len(server.requests) == 2


def test_a_fetch_that_lands_between_two_looks_is_not_made_twice(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    flight = keys._take_off(server.now)
    assert flight.wait(0)
    assert keys._flights == {}
    assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_waits_for_no_fetch_of_its_parent() -> None:
    with running_key_server() as server:
        release = threading.Event()
        server.answer = lambda: (release.wait(5), (200, jwks()))[1]
        keys = RemoteKeys(server.url)
        asking = threading.Thread(target=lambda: keys.snapshot(KID))
        asking.start()
        while not server.asked:
            time.sleep(0.001)
        child = os.fork()
        if child == 0:
            # Nothing of pytest may run in the child.
            signal.alarm(10)
            try:
                os._exit(0 if keys.find(KID).kid == KID else 3)
            except BaseException:  # noqa: BLE001 - the exit code tells
                os._exit(4)
        while len(server.asked) < 2:
            time.sleep(0.001)
        release.set()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        asking.join(5)
        assert len(server.asked) == 2
        assert keys.find(KID).kid == KID


def test_a_snapshot_has_the_keys_or_the_reason(server: Server) -> None:
    keys = server.keys()
    assert asyncio.run(keys.snapshot_async(KID, "unknown")).find(KID).kid == KID
    assert keys.snapshot("unknown").kids == (KID,)
    server.answer = server.fail
    assert reason_of(lambda: server.keys().snapshot(KID).find(KID)) == "jwk-remote-failed-to-load"
    assert asyncio.run(server.keys().snapshot_async(KID, KID)).kids == ()


def test_preloading_fetches_before_the_first_token_or_tells_why_not(server: Server) -> None:
    keys = server.keys()
    keys.preload()
    keys.preload()
    asyncio.run(keys.preload_async())
    assert len(server.requests) == 1
    assert verifies(keys)
    assert len(server.requests) == 1
    server.answer = lambda _: httpx.Response(401, content=ERROR)
    assert reason_of(server.keys().preload) == "secret-key-invalid"
    assert reason_of(lambda: asyncio.run(server.keys().preload_async())) == "secret-key-invalid"


@pytest.fixture
def key_server() -> Any:
    with running_key_server() as server:
        yield server


def test_J_035_over_a_real_network_a_flood_of_random_kids_costs_one_fetch_and_no_valid_token(
    key_server: KeyServer,
) -> None:
    now = 0.0
    keys = RemoteKeys(key_server.url, secret_key="sk_test_1", clock=lambda: now)
    for second in range(40):
        for index in range(250):
            with pytest.raises(TokenError, match="jwk-kid-mismatch"):
                keys.find(f"{second}-{index}")
        assert verifies(keys)
        now += 1
    assert key_server.asked == ["Bearer sk_test_1"] * 2


@pytest.mark.parametrize("status", [500, 429])
def test_J_036_over_a_real_network_the_keys_stay_while_the_server_fails(key_server: KeyServer, status: int) -> None:
    now = 0.0
    keys = RemoteKeys(key_server.url, clock=lambda: now)
    assert verifies(keys)
    key_server.answer = lambda: (status, b'{"errors":[]}')
    for index in range(40):
        now += 30
        assert refuses(keys, f"k{index}") == "jwk-kid-mismatch"
        assert verifies(keys)
    assert 20 < len(key_server.asked) <= 41


def test_J_036_over_a_real_network_the_keys_stay_while_nobody_answers_or_the_port_is_closed() -> None:
    now = 0.0
    with running_key_server() as server:
        keys = RemoteKeys(server.url, clock=lambda: now)
        assert verifies(keys)
    for _ in range(20):
        now += 60
        assert refuses(keys) == "jwk-kid-mismatch"
        assert verifies(keys)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        deaf = RemoteKeys(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        started = time.perf_counter()
        assert reason_of(lambda: deaf.find(KID)) == "jwk-remote-failed-to-load"
        assert 2.5 < time.perf_counter() - started < 3.9


def test_A8_a_secret_key_for_this_machine_never_goes_through_a_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
        nobody.close()
        proxy.settimeout(0.2)
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        keys = RemoteKeys(f"http://localhost:{port}/v1/jwks", secret_key="sk_test_1")
        with pytest.raises(TokenError, match="jwk-remote-failed-to-load"):
            keys.find(KID)
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_a_proxy_of_the_environment_is_used_for_addresses_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        keys = RemoteKeys("https://api.example.test/v1/jwks")
        flight = keys._refresh_for(KID)
        assert flight is not None
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT api.example.test:443 ")
        assert flight.wait(5)


def url_of(**settings: Any) -> str:
    keys = make_keys(Settings(**settings))
    assert isinstance(keys, RemoteKeys)
    return keys.url


def test_the_settings_lead_to_pem_then_the_backend_api_then_the_frontend_api() -> None:
    key, api = parse_publishable_key(PUBLISHABLE_KEY), "http://localhost:4000/"
    assert isinstance(make_keys(Settings(jwt_key=pem(), api_url=api, secret_key="s", publishable_key=key)), StaticKeys)
    backend, frontend = "http://localhost:4000/v1/jwks", "https://demo.clerk.accounts.dev/.well-known/jwks.json"
    assert url_of(api_url=api) == backend
    assert url_of(api_url=api, secret_key="sk_test_1", publishable_key=key) == backend
    assert url_of(api_url=api, publishable_key=key) == frontend
    assert url_of(secret_key="sk_test_1", publishable_key=key) == frontend
    assert url_of(publishable_key=key, proxy_url="/__clerk") == frontend
    assert url_of(publishable_key=key, proxy_url="https://a.b/__clerk/") == "https://a.b/__clerk/.well-known/jwks.json"
    with pytest.raises(ConfigurationError, match="CLERK_PUBLISHABLE_KEY"):
        make_keys(Settings(secret_key="sk_test_1"))


def test_a_known_fresh_key_costs_a_third_of_a_microsecond(server: Server) -> None:
    if sys.gettrace() or sys.getprofile():
        pytest.skip("a tracer is at work")
    keys = RemoteKeys(URL, transport=httpx.MockTransport(server.handle))
    keys.preload()
    find, best = keys.find, 1.0
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(1000):
            find(KID)
        best = min(best, time.perf_counter() - started)
    assert best / 1000 < 0.3e-6 * 3  # Three times the target: the machine has other work.
