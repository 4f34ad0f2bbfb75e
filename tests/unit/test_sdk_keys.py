"""Keys: what is taken from PEM and key sets, and how remote ones are kept (J-002, J-035, J-036, K-012)."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sdk_signing import KID, NOW, b64, ec_key, ed_key, jwk, jwks, make_token, number, pem, rsa_key

from claimsmith import ConfigurationError, RemoteKeys, StaticKeys, TokenError, verify_token
from claimsmith.keys import parse_jwk, parse_jwks, parse_pem

URL = "http://localhost:4000/v1/jwks"


def reason_of(call: Callable[[], Any]) -> str:
    with pytest.raises(TokenError) as caught:
        call()
    return caught.value.reason


def private_pem() -> str:
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def small_pem() -> str:
    return pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 - what is to be refused


def pem_of_numbers(exponent: int) -> str:
    public = rsa.RSAPublicNumbers(exponent, rsa_key().public_key().public_numbers().n).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "make",
    [
        private_pem,
        small_pem,
        lambda: pem_of_numbers(3),
        lambda: pem(ec.generate_private_key(ec.SECP384R1())),
        lambda: rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
        lambda: "",
        lambda: "not a key",
        lambda: "-----BEGIN PUBLIC KEY-----\n####\n-----END PUBLIC KEY-----",
        lambda: pem().replace("MII", "MIJ"),
    ],
)
def test_a_pem_text_that_is_no_fit_public_key_is_refused(make: Callable[[], str]) -> None:
    text = make()
    with pytest.raises(TokenError) as caught:
        parse_pem(text)
    assert caught.value.reason == "jwk-local-missing"
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"d": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"e": "AQ"},
        {"e": "Aw"},
        {"e": ""},
        {"n": None},
        {"n": "not base64!"},
        {"n": number((1 << 1023) | 1)},
        {"kid": ""},
        {"kid": 7},
        {"kid": "x" * 300},
        {"alg": "ES256"},
    ],
)
def test_J_002_a_key_set_with_a_weak_secret_or_malformed_key_is_refused_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_jwks(jwks(jwk(rsa_key("good"), "good"), {**jwk(), **changes}))


@pytest.mark.parametrize(
    "changes", [{"use": "enc"}, {"alg": "RS512"}, {"alg": 1}, {"kty": "AKP"}, {"key_ops": ["sign"]}]
)
def test_keys_for_other_uses_are_passed_over(changes: dict[str, Any]) -> None:
    assert parse_jwk({**jwk(), **changes}) is None
    assert [key.kid for key in parse_jwks(jwks({**jwk(), **changes}, jwk(rsa_key("good"), "good")))] == ["good"]


def test_P_256_and_ed25519_keys_come_from_key_sets_too() -> None:
    numbers = ec_key().public_key().public_numbers()
    p256 = {"kty": "EC", "crv": "P-256", "kid": "p", "x": number(numbers.x), "y": number(numbers.y)}
    raw = ed_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ed25519 = {"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": b64(raw)}
    keys = StaticKeys.from_jwks({"keys": [p256, ed25519, jwk()]})
    assert keys.kids == ("p", "e", KID)
    for kid, algorithm, key in (("p", "ES256", ec_key()), ("e", "EdDSA", ed_key()), (KID, "RS256", rsa_key())):
        assert verify_token(make_token({"kid": kid, "alg": algorithm}, key), keys, now=NOW)["sub"] == "user_1"
    assert reason_of(lambda: verify_token(make_token({"kid": "p"}), keys, now=NOW)) == "token-invalid-algorithm"
    with pytest.raises(ValueError, match="Point"):
        parse_jwk({**p256, "y": number(numbers.y ^ 1)})


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[1]}', b'{"keys":[],"keys":[]}', b"\xff", b"<html>"],
)
def test_a_document_that_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_jwks(document)


def test_K_012_key_sets_have_limits_and_names_are_there_once() -> None:
    with pytest.raises(ValueError, match="64"):
        parse_jwks(jwks(*[jwk(kid=str(index)) for index in range(65)]))
    with pytest.raises(ValueError, match="262144"):
        parse_jwks(b" " * (256 * 1024 + 1))
    with pytest.raises(ValueError, match="twice"):
        parse_jwks(jwks(jwk(), jwk(rsa_key("other"))))


class Server:
    """A Backend API as httpx sees it: counts what it is asked and answers as told."""

    def __init__(self) -> None:
        self.now = 1000.0
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
        return RemoteKeys(URL, clock=lambda: self.now, transport=httpx.MockTransport(self.handle), **options)


@pytest.fixture
def server() -> Iterator[Server]:
    return Server()


def verifies(keys: RemoteKeys) -> bool:
    return verify_token(make_token(), keys, now=NOW)["sub"] == "user_1"


def test_nothing_is_fetched_before_the_first_token_and_then_once_in_five_minutes(server: Server) -> None:
    keys = server.keys(secret_key="sk_test_1")
    assert server.requests == []
    for _ in range(3):
        assert verifies(keys)
    assert len(server.requests) == 1
    assert server.requests[0].headers["authorization"] == "Bearer sk_test_1"
    server.now += 301
    assert verifies(keys)
    assert len(server.requests) == 2


def test_J_035_ten_thousand_unknown_kids_in_ten_seconds_cost_one_fetch(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.now += 31
    for index in range(10_000):
        server.now += 0.001
        assert reason_of(lambda kid=f"k{index}": keys.find(kid)) == "jwk-kid-mismatch"  # type: ignore[misc]
    assert len(server.requests) == 2
    assert verifies(keys)


def test_a_key_that_was_added_is_found_at_once_when_the_cooldown_is_over(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = lambda _: httpx.Response(200, content=jwks(jwk(), jwk(rsa_key("next"), "next")))
    server.now += 31
    token = make_token({"kid": "next"}, rsa_key("next"))
    assert verify_token(token, keys, now=NOW)["sub"] == "user_1"


@pytest.mark.parametrize("status", [500, 429, 404, 401])
def test_J_036_an_outage_never_takes_away_keys_that_are_there(server: Server, status: int) -> None:
    keys = server.keys()
    assert verifies(keys)
    for answer in (lambda _: httpx.Response(status, content=b"{}"), server.fail, lambda _: httpx.Response(200)):
        server.answer = answer
        for _ in range(50):
            server.now += 100
            assert reason_of(lambda: keys.find("unknown")) == "jwk-kid-mismatch"
            assert verifies(keys)


def test_keys_are_kept_for_a_day_of_outage_and_asked_for_twice_a_minute_at_most(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    server.answer = server.fail
    for _ in range(600):
        server.now += 1
        assert verifies(keys)
    assert len(server.requests) <= 1 + 11
    server.now = 1000.0 + 86_399
    assert verifies(keys)
    server.now += 2
    assert reason_of(lambda: verifies(keys)) == "jwk-remote-failed-to-load"
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 31
    assert verifies(keys)


def test_a_server_that_starts_late_is_found_within_seconds(server: Server) -> None:
    keys = server.keys()
    server.answer = server.fail
    assert reason_of(lambda: verifies(keys)) == "jwk-remote-failed-to-load"
    server.answer = lambda _: httpx.Response(200, content=jwks())
    server.now += 1
    assert verifies(keys)


ERROR = b'{"errors":[{"code":"clerk_key_invalid","message":"x"}]}'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(401, content=ERROR), "secret-key-invalid"),
        (httpx.Response(403, content=ERROR), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b"<html>"), "jwk-remote-failed-to-load"),
        (httpx.Response(401, content=b'{"errors":{"code":"clerk_key_invalid"}}'), "jwk-remote-failed-to-load"),
        (httpx.Response(500, content=b"no"), "jwk-remote-failed-to-load"),
        (httpx.Response(200, content=b'{"keys":[]}'), "jwk-remote-missing"),
        (httpx.Response(200, content=b"<html>"), "jwk-remote-invalid"),
        (httpx.Response(200, content=jwks({**jwk(), "d": "AQAB"})), "jwk-remote-invalid"),
        (httpx.Response(200, content=jwks(*[jwk(kid=str(n)) for n in range(1000)])), "jwk-remote-invalid"),
        (httpx.Response(200, content=b" " * 5_000_000), "jwk-remote-invalid"),
        (
            httpx.Response(200, content=gzip.compress(b" " * 5_000_000), headers={"content-encoding": "gzip"}),
            "jwk-remote-invalid",
        ),
    ],
)
def test_K_012_the_reason_tells_why_the_keys_cannot_be_had(server: Server, answer: httpx.Response, reason: str) -> None:
    server.answer = lambda _: answer
    assert reason_of(lambda: server.keys().find(KID)) == reason


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:4001/v1/jwks",
        "http://127.0.0.1:4000/v1/jwks",
        "https://localhost:4000/v1/jwks",
        "http://evil.test/",
    ],
)
def test_K_012_redirects_to_another_origin_are_not_followed(server: Server, target: str) -> None:
    server.answer = lambda _: httpx.Response(307, headers={"location": target})
    keys = server.keys(secret_key="sk_test_1")
    assert reason_of(lambda: keys.find(KID)) == "jwk-remote-failed-to-load"
    assert len(server.requests) == 1


def test_redirects_inside_the_origin_are_followed_three_times(server: Server) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/jwks":
            return httpx.Response(307, headers={"location": "/keys"})
        return httpx.Response(200, content=jwks())

    server.answer = answer
    assert verifies(server.keys())
    server.answer = lambda _: httpx.Response(307, headers={"location": "/again"})
    assert reason_of(lambda: server.keys().find(KID)) == "jwk-remote-failed-to-load"
    assert len(server.requests) == 2 + 4


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/jwks",
        "http://10.0.0.1/jwks",
        "http://169.254.169.254/jwks",
        "http://localhost.evil.test/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "https://user:pass@example.com/",
        "/v1/jwks",
        "",
    ],
)
def test_K_012_keys_come_over_https_or_from_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError):
        RemoteKeys(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1/jwks",
        "http://localhost:1/",
        "http://127.8.0.1/",
        "http://[::1]:4000/",
        "http://a.localhost/",
    ],
)
def test_https_and_loopback_addresses_are_fine(url: str) -> None:
    assert "sk_test_secret" not in repr(RemoteKeys(url, secret_key="sk_test_secret"))


def test_one_fetch_is_in_flight_while_others_use_the_keys_of_before(server: Server) -> None:
    keys = server.keys()
    assert verifies(keys)
    entered, release = threading.Event(), threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        entered.set()
        release.wait(5)
        return httpx.Response(200, content=jwks())

    server.answer = slow
    server.now += 301
    fetching = threading.Thread(target=verifies, args=[keys])
    fetching.start()
    assert entered.wait(5)
    started = time.perf_counter()
    assert verifies(keys)
    assert time.perf_counter() - started < 1
    release.set()
    fetching.join(5)
    assert len(server.requests) == 2


def test_the_first_callers_wait_for_one_fetch_together(server: Server) -> None:
    keys = server.keys()
    server.answer = lambda _: (time.sleep(0.05), httpx.Response(200, content=jwks()))[1]
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(verifies(keys))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert found == [True] * 8
    assert len(server.requests) == 1


def test_a_fetch_never_blocks_the_event_loop(server: Server) -> None:
    keys = server.keys()
    server.answer = lambda _: (time.sleep(0.2), httpx.Response(200, content=jwks()))[1]

    async def measure() -> tuple[float, str]:
        worst, finding = 0.0, asyncio.ensure_future(keys.find_async(KID))
        while not finding.done():
            started = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, time.perf_counter() - started)
        return worst, (await finding).algorithm

    worst, algorithm = asyncio.run(measure())
    assert algorithm == "RS256"
    assert worst < 0.15


def test_a_snapshot_has_the_keys_or_the_reason(server: Server) -> None:
    keys = server.keys()
    assert asyncio.run(keys.snapshot_async(KID, "unknown")).find(KID).kid == KID
    assert keys.snapshot("unknown").kids == (KID,)
    server.answer = server.fail
    assert reason_of(lambda: server.keys().snapshot(KID).find(KID)) == "jwk-remote-failed-to-load"


@pytest.mark.parametrize("name", ["kty", "crv", "key_ops"])
@pytest.mark.parametrize("value", [[], {}, 5, True])
def test_K_012_a_key_whose_members_are_of_another_type_is_refused_not_an_accident(name: str, value: Any) -> None:
    if (name, value) == ("key_ops", []):
        assert parse_jwks({"keys": [{**jwk(), "key_ops": []}]}) == ()
        return
    with pytest.raises(ValueError, match="kty and crv are texts"):
        parse_jwks({"keys": [{**jwk(), name: value}]})


def test_K_012_a_malformed_key_set_is_asked_for_once_and_never_raises_anything_else() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(jwks({**jwk(), "kty": ["RSA"]})))

    keys = RemoteKeys("https://api.example.com/v1/jwks", clock=lambda: 1000.0, transport=httpx.MockTransport(answer))
    for _ in range(3):
        with pytest.raises(TokenError, match="jwk-remote-invalid"):
            keys.find("ins_2abc")
    assert len(asked) == 1


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
            keys.find("ins_2abc")
        with pytest.raises(TimeoutError):
            proxy.accept()
