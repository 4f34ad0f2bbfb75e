"""Claims that were left out of tokens for their size: explained, fetched once, kept while the token stays."""

import asyncio
import contextlib
import copy
import json
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest
from sdk_signing import make_token
from servers import Server

from claimsmith.application import Application
from claimsmith.auth import Auth, make_auth
from claimsmith.authentication.facts import RequestFacts
from claimsmith.claims.mapping import MissingClaimError, OmittedClaimError
from claimsmith.claims.omitted import ClaimsUnavailableError, OmittedClaims
from claimsmith.errors import ApiError, ConfigurationError
from claimsmith.instance import parse_publishable_key
from claimsmith.network.transport import Transport
from claimsmith.settings import Settings
from claimsmith.typed_claims import convert_claims

TOKEN = "token-1"
SECRET_KEY = "sk_test_of_a_test"
CLAIMS: dict[str, Any] = {"sub": "user_1", "sid": "sess_1", "plan": "pro", "_omitted": ["bio", "cv"]}
WHOLE = {"plan": "team", "bio": "B" * 9000, "cv": None}


class Backend:
    """A Backend API of its own: counts what it is asked, and answers as told."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.transports: list[Transport] = []
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.answer: Callable[[], tuple[int, Any]] = lambda: (200, {"session_id": "sess_1", "claims": WHOLE})

    def open(self, **more: Any) -> OmittedClaims:
        self.transports.append(Transport(self.url, SECRET_KEY))
        return OmittedClaims(self.transports[-1], **more)


@pytest.fixture
def backend() -> Iterator[Backend]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query, keep_blank_values=True)
            told.asked.append((parts.path, query, self.headers["Authorization"]))
            status, body = told.answer()
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):  # a caller may be gone
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Nothing: what was asked is in `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told = Backend(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield told
        for transport in told.transports:
            transport.close()
        server.shutdown()
        thread.join()


def auth_of(omitted: OmittedClaims | None, token: str = TOKEN, **changes: Any) -> Auth[Any]:
    return make_auth({**CLAIMS, **changes}, token, omitted=omitted)


# ------------------------------------------------------------------------------------------------------------ reading
def test_a_claim_of_the_token_is_given_at_once(backend: Backend) -> None:
    auth = auth_of(backend.open())
    assert auth.claim_sync("plan") == "pro"
    assert asyncio.run(auth.claim("plan")) == "pro"
    assert auth_of(None).claim_sync("sub") == "user_1"
    assert backend.asked == []


@pytest.mark.parametrize("backend_name", ["asyncio", "trio"])
def test_a_claim_that_was_left_out_is_fetched_once_a_token(backend: Backend, backend_name: str) -> None:
    if backend_name == "trio":
        pytest.importorskip("trio")
    auth = auth_of(backend.open(), v=2, o={"id": "org_1"})

    async def read() -> list[Any]:
        return [await auth.claim("bio"), await auth.claim("cv"), await auth.claim("bio")]

    assert anyio.run(read, backend=backend_name) == ["B" * 9000, None, "B" * 9000]
    assert auth.claim_sync("bio") == "B" * 9000
    assert backend.asked == [("/v1/sessions/sess_1/claims", {"organization_id": ["org_1"]}, f"Bearer {SECRET_KEY}")]


def test_the_organization_asked_for_is_the_tokens_and_none_without_one(backend: Backend) -> None:
    auth_of(backend.open()).claim_sync("bio")
    assert backend.asked[0][1] == {"organization_id": [""]}


def test_another_token_of_the_session_is_asked_for_anew_and_each_keeps_its_own(backend: Backend) -> None:
    omitted = backend.open()
    first, second = auth_of(omitted), auth_of(omitted, "token-2")
    assert first.claim_sync("cv") is None
    backend.answer = lambda: (200, {"session_id": "sess_1", "claims": {"cv": "new"}})
    assert (second.claim_sync("cv"), first.claim_sync("cv"), second.claim_sync("cv")) == ("new", None, "new")
    assert len(backend.asked) == 2


def test_a_typed_caller_fetches_the_same(backend: Backend) -> None:
    import msgspec

    class Model(msgspec.Struct):
        plan: str

    auth = auth_of(backend.open())
    assert convert_claims(auth, Model).claim_sync("bio") == auth.claim_sync("bio")
    assert len(backend.asked) == 1


def test_a_claim_that_is_in_neither_is_missing_and_nothing_is_asked(backend: Backend) -> None:
    auth = auth_of(backend.open())
    with pytest.raises(MissingClaimError, match="Did you mean `plan`"):
        auth.claim_sync("plam")
    with pytest.raises(MissingClaimError):
        asyncio.run(auth.claim("plam"))
    for default in ("act", "org_id", "o"):
        with pytest.raises(MissingClaimError):
            auth_of(backend.open(), _omitted=["*"]).claim_sync(default)
    assert backend.asked == []


def test_a_claim_that_the_session_has_no_more_is_missing_and_names_those_that_were_fetched(backend: Backend) -> None:
    backend.answer = lambda: (200, {"session_id": "sess_1", "claims": {"bio_2": 1}})
    for omitted in (["bio"], ["*"]):
        with pytest.raises(MissingClaimError, match="Did you mean `bio_2`"):
            auth_of(backend.open(), _omitted=omitted).claim_sync("bio")


def test_every_claim_may_be_left_out(backend: Backend) -> None:
    auth = auth_of(backend.open(), _omitted=["*", "o.per"])
    assert auth.omitted_claims == ("*", "o.per")
    assert auth.claim_sync("cv") is None
    with pytest.raises(OmittedClaimError):
        auth.session_claims.get("anything")
    assert auth.session_claims.get("act") is None


def test_a_session_id_cannot_lead_to_another_path(backend: Backend) -> None:
    with pytest.raises(ClaimsUnavailableError, match="another session"):
        auth_of(backend.open(), sid="../users?x=1#").claim_sync("bio")
    assert backend.asked[0][0] == "/v1/sessions/..%2Fusers%3Fx%3D1%23/claims"


# ----------------------------------------------------------------------------------------------------- at the same time
class Held:
    """An answer that waits until it is let go."""

    def __init__(self, backend: Backend, answer: tuple[int, Any]) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self._answer = answer
        backend.answer = self._give

    def _give(self) -> tuple[int, Any]:
        self.begun.set()
        assert self.go.wait(10)
        return self._answer


GOOD = (200, {"session_id": "sess_1", "claims": WHOLE})


def test_50_tasks_and_50_threads_make_one_request(backend: Backend) -> None:
    omitted, held = backend.open(), Held(backend, GOOD)

    async def read_all() -> set[str]:
        threads_before = threading.active_count()
        reading = [asyncio.create_task(auth_of(omitted).claim("bio")) for _ in range(50)]
        await asyncio.to_thread(held.begun.wait, 10)
        await asyncio.sleep(0.05)
        own = 3  # this test's own wait, the fetch, and the server's answer
        assert threading.active_count() <= threads_before + own, "those who wait hold no threads"
        with ThreadPoolExecutor(50) as pool:
            threads = [pool.submit(auth_of(omitted).claim_sync, "bio") for _ in range(50)]
            await asyncio.sleep(0.05)
            held.go.set()
            return {*await asyncio.gather(*reading), *(done.result(10) for done in threads)}

    assert asyncio.run(read_all()) == {"B" * 9000}
    assert len(backend.asked) == 1


def test_a_failure_is_told_to_all_who_wait_and_is_not_kept(backend: Backend) -> None:
    omitted, held = backend.open(), Held(backend, (503, {"errors": [{"code": "unavailable", "message": "Later."}]}))

    async def read_all() -> list[Any]:
        reading = [asyncio.create_task(auth_of(omitted).claim("bio")) for _ in range(20)]
        await asyncio.to_thread(held.begun.wait, 10)
        await asyncio.sleep(0.05)
        held.go.set()
        return await asyncio.gather(*reading, return_exceptions=True)

    failures = asyncio.run(read_all())
    assert len(backend.asked) == 1
    assert {type(error) for error in failures} == {ClaimsUnavailableError}
    assert {str(error) for error in failures} == {str(failures[0])}
    assert "503" in str(failures[0])
    assert isinstance(failures[0].__cause__, ApiError)
    assert SECRET_KEY not in str(failures[0])
    backend.answer = lambda: GOOD
    assert auth_of(omitted).claim_sync("cv") is None
    assert len(backend.asked) == 2


def test_a_task_that_gives_up_takes_nothing_from_the_others(backend: Backend) -> None:
    omitted, held = backend.open(), Held(backend, GOOD)

    async def read_all() -> Any:
        first = asyncio.create_task(auth_of(omitted).claim("bio"))
        await asyncio.to_thread(held.begun.wait, 10)
        second, third = (asyncio.create_task(auth_of(omitted).claim("bio")) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        third.cancel()
        await asyncio.sleep(0.02)
        held.go.set()
        return await asyncio.wait_for(second, 10)

    assert asyncio.run(read_all()) == "B" * 9000
    assert len(backend.asked) == 1


def test_a_task_that_is_cancelled_before_its_thread_begins_leaves_the_fetch_to_another(backend: Backend) -> None:
    omitted = backend.open()

    async def read_all() -> Any:
        from anyio.to_thread import current_default_thread_limiter

        limiter = current_default_thread_limiter()
        free, limiter.total_tokens = limiter.total_tokens, 1
        await limiter.acquire_on_behalf_of("nobody")
        first, second = (asyncio.create_task(auth_of(omitted).claim("bio")) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.sleep(0.02)
        limiter.release_on_behalf_of("nobody")
        limiter.total_tokens = free
        return await asyncio.wait_for(second, 10)

    assert asyncio.run(read_all()) == "B" * 9000
    assert len(backend.asked) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_process_that_was_forked_while_a_fetch_was_in_flight_fetches_itself(backend: Backend) -> None:
    omitted, held = backend.open(), Held(backend, GOOD)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(auth_of(omitted).claim_sync, "bio")
        assert held.begun.wait(10)
        child = os.fork()
        if child == 0:
            errand, is_own = omitted._join("token-1")
            os._exit(0 if is_own and errand.claims is None else 1)
        _, status = os.waitpid(child, 0)
        held.go.set()
        reading.result(10)
    assert os.waitstatus_to_exitcode(status) == 0


# ------------------------------------------------------------------------------------------------------------- bounds
def test_claims_of_the_tokens_read_last_are_kept_and_no_more(backend: Backend) -> None:
    omitted = backend.open(capacity=3)
    for token in ("a", "b", "c", "a", "d", "a"):
        auth_of(omitted, token).claim_sync("bio")
    assert len(backend.asked) == 4
    assert list(omitted._kept) == ["c", "d", "a"]
    assert omitted._errands == {}
    auth_of(omitted, "b").claim_sync("bio")
    assert len(backend.asked) == 5


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {"errors": [{"code": "session_not_active", "message": "The session ended."}]}), "session_not_active"),
        ((404, {"errors": []}), "404"),
        ((200, {"session_id": "sess_2", "claims": {"bio": "another's"}}), "another session"),
        ((200, {"session_id": "sess_1", "claims": []}), "claims"),
        ((200, "x"), "200"),
    ],
)
def test_an_answer_that_gives_no_claims_is_told_by_its_reason(backend: Backend, answer: Any, told: str) -> None:
    backend.answer = lambda: answer
    auth = auth_of(backend.open())
    with pytest.raises(ClaimsUnavailableError) as sync:
        auth.claim_sync("bio")
    with pytest.raises(ClaimsUnavailableError) as awaited:
        asyncio.run(auth.claim("bio"))
    assert len(backend.asked) == 2
    for caught in (sync, awaited):
        assert told in str(caught.value)
        assert "could not be fetched" in str(caught.value)
        assert "token-1" not in str(caught.value)
        assert caught.value.__cause__ is not None


def test_nobody_at_the_address_is_told(backend: Backend) -> None:
    omitted = OmittedClaims(Transport("http://127.0.0.1:9", SECRET_KEY))
    with pytest.raises(ClaimsUnavailableError, match=r"127\.0\.0\.1"):
        auth_of(omitted).claim_sync("bio")


def test_a_token_without_a_session_has_nothing_to_fetch(backend: Backend) -> None:
    with pytest.raises(ClaimsUnavailableError, match="no session"):
        auth_of(backend.open(), sid=None).claim_sync("bio")
    assert backend.asked == []


def test_without_a_secret_key_the_error_says_what_to_set() -> None:
    told = "'bio' was left out .* Set CLERK_SECRET_KEY and CLERK_API_URL"
    with pytest.raises(ConfigurationError, match=told):
        auth_of(None).claim_sync("bio")
    with pytest.raises(ConfigurationError, match=told):
        asyncio.run(auth_of(None).claim("bio"))


# --------------------------------------------------------------------------------------------------- Auth stays a value
def test_what_fetches_is_neither_shown_nor_compared_nor_pickled(backend: Backend) -> None:
    with_it, without = auth_of(backend.open()), auth_of(None)
    assert with_it == without
    assert hash(with_it) == hash(without)
    assert repr(with_it) == repr(without)
    again = pickle.loads(pickle.dumps(with_it))  # noqa: S301 - our own bytes
    assert (again, again._omitted) == (with_it, None)
    assert SECRET_KEY.encode() not in pickle.dumps(with_it)
    assert copy.copy(with_it) == with_it
    for text in (repr(with_it), str(with_it), f"{with_it.__rich_repr__()}"):
        assert "token-1" not in text
        assert SECRET_KEY not in text


# ----------------------------------------------------------------------------------------------- against a real server
def test_an_oversize_claim_is_read_from_a_real_server(start_server: Callable[..., Server]) -> None:
    server = start_server()
    with httpx.Client(base_url=server.bapi_url, headers={"Authorization": f"Bearer {server.secret_key}"}) as http:
        path = f"/v1/platform/applications/app_1/instances/{server.instance_id}/config"
        template = {"bio": "{{user.public_metadata.bio}}", "plan": "{{user.public_metadata.plan}}"}
        assert http.patch(path, json={"session": {"claims": template}}).status_code == 200, "claims are set"
        body = {"email_address": ["big@example.com"], "public_metadata": {"bio": "é" * 3000, "plan": "pro"}}
        user_id = http.post("/v1/users", json=body).json()["id"]
        session_id = http.post("/v1/sessions", json={"user_id": user_id}).json()["id"]
        jwt = http.post(f"/v1/sessions/{session_id}/tokens").json()["jwt"]
        application = Application(
            Settings(
                publishable_key=parse_publishable_key(server.publishable_key),
                secret_key=server.secret_key,
                jwt_key=server.jwt_key,
                api_url=server.bapi_url,
            )
        )
        facts = RequestFacts(
            method="GET", url="https://app.example.com/", headers=(("authorization", f"Bearer {jwt}"),)
        )
        auth = application.decide(facts).caller
        assert isinstance(auth, Auth)
        assert (auth.session_claims["plan"], auth.omitted_claims) == ("pro", ("bio",))
        with pytest.raises(OmittedClaimError, match=r'await auth.claim\("bio"\)'):
            auth.session_claims["bio"]
        http.patch(f"/v1/users/{user_id}/metadata", json={"public_metadata": {"plan": "team"}})

        async def read() -> Any:
            decision = await application.decide_async(facts)
            assert isinstance(decision.caller, Auth)
            return await decision.caller.claim("bio"), await decision.caller.claim("plan")

        assert asyncio.run(read()) == ("é" * 3000, "pro"), "what the token has is the token's"
        assert auth.claim_sync("bio") == "é" * 3000
        http.post(f"/v1/sessions/{session_id}/revoke")
        assert auth.claim_sync("bio") == "é" * 3000, "kept until the token changes"
        fresh = Application(application.settings).decide(facts).caller
        assert isinstance(fresh, Auth)
        with pytest.raises(ClaimsUnavailableError, match="session_not_active"):
            fresh.claim_sync("bio")
        for one in (auth, fresh):
            assert one._omitted is not None
            one._omitted._transport.close()


def test_a_token_that_lacks_nothing_is_given_no_way_to_fetch() -> None:
    settings = Settings(secret_key=SECRET_KEY, api_url="http://127.0.0.1:9", jwt_key=_pem())
    facts = RequestFacts(
        method="GET", url="https://app.example.com/", headers=(("authorization", f"Bearer {make_token()}"),)
    )
    caller = Application(settings, clock=lambda: 1_700_000_000).decide(facts).caller
    assert isinstance(caller, Auth)
    assert caller._omitted is None


def _pem() -> str:
    from sdk_signing import pem

    return pem()


def test_a_kept_claim_costs_no_switch(backend: Backend) -> None:
    auth = auth_of(backend.open())
    auth.claim_sync("bio")

    async def read() -> float:
        began = time.perf_counter()
        for _ in range(200):
            await auth.claim("bio")
        return time.perf_counter() - began

    with pytest.raises(StopIteration) as done:
        auth.claim("bio").send(None)  # never suspends
    assert done.value.value == "B" * 9000
    assert asyncio.run(read()) < 0.5
