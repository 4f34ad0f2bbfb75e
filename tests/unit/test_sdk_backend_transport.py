"""How calls travel, blocking and in an event loop: real sockets, a server that answers as it is told."""

import asyncio
import logging
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from claimsmith.backend import AsyncBackendClient, BackendClient
from claimsmith.errors import ApiError, ConfigurationError, ConnectionFailed
from claimsmith.network.exchanges import MAX_ANSWER_BYTES
from claimsmith.network.retries import Retries
from claimsmith.network.transport import AsyncTransport, Call, Transport

SECRET = "sk_test_do_not_tell_anybody"
FAST = Retries(attempts=4, total_seconds=5.0)


class Answer(NamedTuple):
    """One answer of the server; without a status it hangs up."""

    status: int | None = 200
    body: bytes = b'{"ok":true}'
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    drip: float = 0.0
    """Seconds between two bytes."""


class Scripted:
    """A server on the loopback that gives its answers in turn, the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def take(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(*answers: Answer) -> Iterator[Scripted]:
    script = Scripted(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.requests.append((self.command, self.path, headers, body))
            self.give(script.take())

        def give(self, answer: Answer) -> None:
            self.close_connection = True
            if answer.status is None:
                return
            self.send_response(answer.status)
            for name, value in (*answer.headers, ("Content-Length", str(len(answer.body))), ("Connection", "close")):
                self.send_header(name, value)
            self.end_headers()
            try:
                for start in range(0, len(answer.body), 1 if answer.drip else 1 << 20):
                    self.wfile.write(answer.body[start : start + (1 if answer.drip else 1 << 20)])
                    self.wfile.flush()
                    time.sleep(answer.drip)
            except OSError:
                pass  # whoever asked has heard enough

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Send = Callable[..., Any]


@pytest.fixture(params=["blocking", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Sends one call by either transport; `pauses` is what would have been slept."""

    def blocking(url: str, call: Call[Any], pauses: list[float] | None = None, **options: Any) -> Any:
        asleep = [] if pauses is None else pauses
        with Transport(url, SECRET, **({"retries": FAST, "sleep": asleep.append, "entropy": half} | options)) as one:
            return one.send(call)

    def looping(url: str, call: Call[Any], pauses: list[float] | None = None, **options: Any) -> Any:
        asleep = [] if pauses is None else pauses

        async def sleep(seconds: float) -> None:
            asleep.append(seconds)

        async def run() -> Any:
            given = {"retries": FAST, "sleep": sleep, "entropy": half} | options
            async with AsyncTransport(url, SECRET, **given) as one:
                return await one.send(call)

        return asyncio.run(run())

    return blocking if request.param == "blocking" else looping


def half() -> float:
    return 0.5


def get(path: str = "/v1/thing", **fields: Any) -> Call[Any]:
    return Call(method="GET", path=path, returns=dict[str, Any], **fields)


def post(**fields: Any) -> Call[Any]:
    return Call(method="POST", path="/v1/things", returns=dict[str, Any], **({"body": {"a": None}} | fields))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_a_call_arrives_as_it_is_described(send: Send) -> None:
    with serving(Answer()) as script:
        query = {"name": ["a b", "c&d"], "limit": 5, "banned": False, "absent": None}
        assert send(script.url, get(query=query, headers={"If-Match": "7"})) == {"ok": True}
        assert send(script.url + "/", post()) == {"ok": True}
    (method, target, headers, body), (_, other_target, other_headers, other_body) = script.requests
    assert (method, target, body) == ("GET", "/v1/thing?name=a+b&name=c%26d&limit=5&banned=false", b"")
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["clerk-api-version"] == "2026-05-12"
    assert headers["if-match"] == "7"
    assert (other_target, other_body) == ("/v1/things", b'{"a":null}')
    assert other_headers["content-type"] == "application/json"


def test_a_get_is_tried_again_with_full_jitter_until_it_is_answered(send: Send) -> None:
    pauses: list[float] = []
    with serving(Answer(503), Answer(None), Answer(500, b"oops"), Answer()) as script:
        assert send(script.url, get(), pauses) == {"ok": True}
    assert pauses == [0.125, 0.25, 0.5]
    assert len(script.requests) == 4


def test_no_more_tries_than_are_allowed(send: Send) -> None:
    with serving(Answer(503)) as script, pytest.raises(ApiError) as caught:
        send(script.url, get())
    assert caught.value.status == 503
    assert len(script.requests) == 4


@pytest.mark.parametrize("answer", [Answer(500), Answer(503), Answer(429), Answer(None)])
def test_a_post_that_may_have_arrived_is_never_made_again(send: Send, answer: Answer) -> None:
    with serving(answer) as script, pytest.raises((ApiError, ConnectionFailed)):
        send(script.url, post())
    assert len(script.requests) == 1


def test_a_post_is_made_again_when_no_connection_was_made(send: Send) -> None:
    pauses: list[float] = []
    with pytest.raises(ConnectionFailed) as caught:
        send(f"http://127.0.0.1:{free_port()}", post(), pauses)
    assert pauses == [0.125, 0.25, 0.5]
    assert caught.value.was_sent is False


def test_a_post_that_broke_says_that_it_may_have_arrived(send: Send) -> None:
    with serving(Answer(None)) as script, pytest.raises(ConnectionFailed) as caught:
        send(script.url, post())
    assert caught.value.was_sent is True
    assert caught.value.address == script.url


def test_retry_after_is_waited_for(send: Send) -> None:
    pauses: list[float] = []
    with serving(Answer(429, headers=(("Retry-After", "2"),)), Answer()) as script:
        assert send(script.url, get(), pauses) == {"ok": True}
    assert pauses == [2.125]


def test_a_retry_after_that_is_too_long_is_told(send: Send) -> None:
    body = b'{"errors":[{"code":"too_many_requests","message":"Slow down."}],"clerk_trace_id":"abc"}'
    with serving(Answer(429, body, (("Retry-After", "3600"),))) as script, pytest.raises(ApiError) as caught:
        send(script.url, get())
    assert len(script.requests) == 1
    error = caught.value
    assert (error.status, error.codes, error.trace_id) == (429, ("too_many_requests",), "abc")
    assert error.retry_after == 3600
    assert str(error) == "HTTP 429; too_many_requests: Slow down."
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made just now
    assert (copy.codes, copy.trace_id, copy.retry_after) == (error.codes, error.trace_id, error.retry_after)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"errors":7}', b"\xff\xfe", b"[" * 100_000])
def test_an_error_without_a_body_of_the_wire_is_an_error_all_the_same(send: Send, body: bytes) -> None:
    with serving(Answer(400, body, (("CF-Ray", "8c1"),))) as script, pytest.raises(ApiError) as caught:
        send(script.url, get())
    assert (caught.value.status, caught.value.errors, caught.value.trace_id) == (400, (), "8c1")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"ok":', b"\xff\xfe", b'{"a":' * 100_000])
def test_an_answer_of_another_shape_is_an_api_error_that_tells_no_value(send: Send, body: bytes) -> None:
    with serving(Answer(200, body)) as script, pytest.raises(ApiError) as caught:
        send(script.url, get())
    assert caught.value.codes == ("unexpected_answer",)
    assert "html" not in str(caught.value)
    assert len(script.requests) == 1


def test_no_content_is_none(send: Send) -> None:
    with serving(Answer(204, b"")) as script:
        assert send(script.url, Call(method="PATCH", path="/v1/instance", returns=type(None), body={})) is None


@pytest.mark.parametrize("location", ["/v1/other", "http://127.0.0.1:1/v1/thing", "//example.com/"])
def test_no_redirect_is_followed_so_the_secret_key_goes_nowhere_else(send: Send, location: str) -> None:
    with serving(Answer(307, b"", (("Location", location),))) as script, pytest.raises(ApiError) as caught:
        send(script.url, get())
    assert caught.value.codes == ("unexpected_redirect",)
    assert len(script.requests) == 1


def test_an_endless_answer_is_given_up(send: Send) -> None:
    huge = b'"' + b"a" * MAX_ANSWER_BYTES + b'"'
    with serving(Answer(200, huge)) as script, pytest.raises(ApiError, match="over") as caught:
        send(script.url, get())
    assert caught.value.codes == ("unexpected_answer",)
    assert len(script.requests) == 1


def test_an_answer_that_drips_is_given_up_when_the_time_is_over(send: Send) -> None:
    began = time.monotonic()
    with serving(Answer(200, b" " * 400, drip=0.01)) as script, pytest.raises(ConnectionFailed, match="too slowly"):
        send(script.url, get(), retries=Retries(total_seconds=0.3))
    assert time.monotonic() - began < 3
    assert len(script.requests) == 1


def test_a_server_that_says_nothing_is_given_up(send: Send) -> None:
    with serving(Answer(200, b"  ", drip=5.0)) as script, pytest.raises(ConnectionFailed, match="ReadTimeout"):
        send(script.url, get(), retries=Retries(attempts=1, attempt_seconds=0.1))
    assert len(script.requests) == 1


def test_a_compressed_answer_is_not_read(send: Send) -> None:
    with (
        serving(Answer(200, b"no gzip at all", (("Content-Encoding", "gzip"),))) as script,
        pytest.raises(ApiError) as caught,
    ):
        send(script.url, get())
    assert "compressed" in str(caught.value)


def test_loopback_is_never_reached_through_a_proxy(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with serving(Answer()) as script:
        assert send(script.url, get()) == {"ok": True}


def test_an_own_client_of_the_application_is_used_and_stays_open() -> None:
    with serving(Answer()) as script, httpx.Client(trust_env=False) as http:
        with Transport(script.url, SECRET, http=http) as transport:
            transport.send(get())
        assert not http.is_closed


def test_hooks_of_an_own_client_may_read_the_answer_first() -> None:
    read = httpx.Client(trust_env=False, event_hooks={"response": [lambda response: response.read()]})
    with serving(Answer()) as script, read as http, Transport(script.url, SECRET, http=http) as transport:
        assert transport.send(get()) == {"ok": True}


def test_a_closed_transport_opens_again() -> None:
    with serving(Answer()) as script, Transport(script.url, SECRET) as transport:
        transport.send(get())
        transport.close()
        assert transport.send(get()) == {"ok": True}


def test_threads_that_begin_together_share_one_transport() -> None:
    with serving(Answer()) as script, Transport(script.url, SECRET) as transport:
        threads = [threading.Thread(target=transport.send, args=(get(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(script.requests) == 8


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.example.com", "ftp://localhost", "api.example.com", "", "https://"),
        *("https://user:pass@api.example.com", "http://localhost.example.com", "http://localhost:4000/?a=1"),
    ],
)
@pytest.mark.parametrize("kind", [BackendClient, AsyncBackendClient])
def test_an_address_that_a_secret_must_not_travel_to_is_refused(kind: type[BackendClient], url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(api_url=url, secret_key=SECRET)
    assert SECRET not in str(caught.value)
    assert "pass" not in str(caught.value).replace("pass api_url", "")


@pytest.mark.parametrize("secret", [SECRET + "\n", SECRET + "\r\nX: y", "sk test", "sk_\u00fc", "\x00"])
def test_a_secret_key_that_no_header_can_carry_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BackendClient(api_url="http://localhost:4000", secret_key=secret)
    assert "sk_" not in str(caught.value)
    assert "sk test" not in str(caught.value)


def test_the_environment_says_which_instance_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLERK_API_URL", "CLERK_SECRET_KEY", "CLAIMSMITH_API_URL", "CLAIMSMITH_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="CLERK_API_URL and CLERK_SECRET_KEY"):
        BackendClient()
    monkeypatch.setenv("CLERK_API_URL", "http://localhost:4000/")
    monkeypatch.setenv("CLAIMSMITH_SECRET_KEY", SECRET)
    assert repr(BackendClient()) == "BackendClient('http://localhost:4000')"
    assert repr(AsyncBackendClient()) == "AsyncBackendClient('http://localhost:4000')"
    assert repr(BackendClient(api_url="https://api.example.com")) == "BackendClient('https://api.example.com')"


def test_the_secret_key_and_bodies_are_in_no_error_no_repr_and_no_log(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    call = post(body={"password": "correct horse"}, headers={"X-Odd": "a\nb"})
    scripts = [Answer(422, b'{"errors":[{"code":"form_password_incorrect"}]}'), Answer(None), Answer(307, b"")]
    for answer in scripts:
        with serving(answer) as script, pytest.raises((ApiError, ConnectionFailed)) as caught:
            send(script.url, post(body={"password": "correct horse"}))
        told += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    with serving(Answer()) as script, pytest.raises(ConnectionFailed) as odd:
        send(script.url, call)
    told += [str(odd.value), repr(odd.value), repr(call), repr(list(call.__rich_repr__())), caplog.text]
    told += [repr(Transport(script.url, SECRET)), repr(AsyncTransport(script.url, SECRET))]
    assert all(SECRET not in text and "correct horse" not in text for text in told)
    assert repr(call) == "Call(POST /v1/things)"


def test_a_failed_connection_survives_another_process() -> None:
    error = ConnectionFailed("http://localhost:1", "ConnectError", was_sent=False)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made just now
    assert (str(copy), copy.was_sent) == (str(error), False)
    assert str(error) == "http://localhost:1 does not answer: ConnectError. Is the instance running?"


def test_models_with_secrets_do_not_tell_them() -> None:
    from claimsmith.backend import SessionRefresh, SignInToken, Token

    token = Token(jwt="eyJ.secret.x")
    ticket = SignInToken(
        id="sit_1",
        status="pending",
        user_id="user_1",
        token="s3cret",
        url="https://a.example/?t=s3cret",
        created_at=1,
        updated_at=1,
    )
    assert repr(token) == "Token(jwt=...)"
    assert "s3cret" not in repr(ticket) + repr(list(ticket.__rich_repr__()))
    assert "sit_1" in repr(ticket)
    assert "c1" not in repr(SessionRefresh(object="cookies", cookies=("__session=c1",)))
    assert msgspec.to_builtins(token) == {"jwt": "eyJ.secret.x"}
