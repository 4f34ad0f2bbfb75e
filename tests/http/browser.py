"""A browser as the Frontend API sees it: clerk-js' way of asking, a cookie jar, and a check of every answer.

`Browser(api)` has a development browser id, as applications with development keys do; `Browser(api, cookies_only=True)`
has the client cookie alone, as with production keys and on the hosted pages. Paths start below `/v1`.
"""

import itertools
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from faces import ORIGIN, Api, Refused, Tenant
from fapi_conformance import check_fapi

from claimsmith_server.core.models import Session, User
from claimsmith_server.services.callers import Credentials, load_caller
from claimsmith_server.services.clients import require_client
from claimsmith_server.services.instances import create_instance, load_public_instance
from claimsmith_server.services.mail import list_kept_mails
from claimsmith_server.services.session_start import Started, start_session
from claimsmith_server.store.database import Tx
from claimsmith_server.store.users import load_user

APP_ORIGIN = "http://localhost:3000"
LIVE_ORIGIN = "https://example.com"
LIVE_FRONTEND_API = "clerk.example.com"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_VERSIONS = {"__clerk_api_version": "2026-05-12", "_clerk_js_version": "6.40.0"}
_addresses = itertools.count(1)


class Browser:
    """One browser. Every answer is checked: headers, envelope, and the published description."""

    def __init__(
        self,
        api: Api,
        *,
        cookies_only: bool = False,
        origin: str | None = APP_ORIGIN,
        address: str | None = None,
        user_agent: str = CHROMIUM,
    ) -> None:
        """Without `address` each request comes from another one, so that no limit of an address is met by chance."""
        self.api = api
        self.origin = origin
        self.address = address
        self.user_agent = user_agent
        self.cookies: dict[str, str] = {}
        self.set_cookies: dict[str, Any] = {}
        """The cookies that the last answer set, with their attributes (`http.cookies.Morsel`) by name."""
        self.client: Any = None
        """The client as the last answer told it: clerk-js' whole state."""
        self.dev_browser: str | None = None
        if not cookies_only:
            self.dev_browser = self._new_dev_browser()

    @property
    def session_id(self) -> str | None:
        """The session that this browser acts with."""
        return None if self.client is None else self.client["last_active_session_id"]

    @property
    def session(self) -> Any:
        """The active session as the client holds it."""
        return next((one for one in self.client["sessions"] if one["id"] == self.session_id), None)

    # ------------------------------------------------------------------------------------------------------- asking

    async def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to one request, unchecked; run several at once by `api.together`."""
        address = self.address or _new_address()
        asked = {**_VERSIONS, **self._identity(path), **(query or {})}
        if method not in ("GET", "POST", "OPTIONS", "HEAD"):
            asked["_method"], method = method, "POST"
        sent = {"User-Agent": self.user_agent, "Accept": "*/*", **({"Origin": self.origin} if self.origin else {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        content = None if form is None else encode_form(form)
        transport = httpx.ASGITransport(app=self.api.faces, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as connection:
            return await connection.request(
                method, f"/v1{path}", params=asked, content=content, headers={**sent, **(headers or {})}
            )

    def send(self, method: str, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """The answer to one request; its headers were checked, its cookies kept."""
        answer = self.api.run(self.ask(method, path, form, **more))
        self.take(answer)
        return answer

    def take(self, answer: httpx.Response) -> httpx.Response:
        """The answer, once its headers and its shape were checked; its cookies are kept."""
        self._check_headers(answer)
        check_fapi(answer)
        self._keep_cookies(answer)
        return answer

    def get(self, path: str, **more: Any) -> Any:
        """The `response` of a read that succeeds."""
        body = self.ok("GET", path, **more)
        assert set(body) == {"response", "client"}
        assert body["client"] is None
        if path == "/client":
            self.client = body["response"]
        return body["response"]

    def post(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The `response` of a change that succeeds; `client` is as it says."""
        return self.change("POST", path, form, **more)

    def patch(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """As `post`; goes out as clerk-js sends it, a POST with `_method=PATCH`."""
        return self.change("PATCH", path, form, **more)

    def put(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """As `patch`, for PUT."""
        return self.change("PUT", path, form, **more)

    def delete(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """As `patch`, for DELETE."""
        return self.change("DELETE", path, form, **more)

    def change(self, method: str, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The `response` of a change that succeeds, its envelope checked; `client` is as it says."""
        body = self.ok(method, path, form, **more)
        assert set(body) == {"response", "client"}, body
        self.client = body["client"]
        return body["response"]

    def ok(self, method: str, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The whole JSON of a request that succeeds: for answers without an envelope, such as tokens."""
        answer = self.send(method, path, form, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Refused:
        """The only error of a request that fails, its shape checked; `client` is as its `meta` says, if it does."""
        return self.read_refusal(self.send(method, path, form, **more))

    def read_refusal(self, answer: httpx.Response) -> Refused:
        """The only error of an answer; `client` is as its `meta` says, if it does."""
        assert 400 <= answer.status_code < 600, answer.text
        body = answer.json()
        assert set(body) - {"meta"} == {"errors", "clerk_trace_id"}
        (error,) = body["errors"]
        assert set(error) - {"meta"} == {"code", "message", "long_message"}
        assert "{" not in error["message"] + error["long_message"]
        if "client" in body.get("meta", {}):
            self.client = body["meta"]["client"]
        return Refused(answer.status_code, error["code"], error.get("meta", {}))

    # ------------------------------------------------------------------------------------------------- usual stories

    def sign_in(self, identifier: str, password: str) -> str:
        """The id of the new session of a sign-in with a password."""
        made = self.post("/client/sign_ins", {"identifier": identifier, "password": password})
        assert made["status"] == "complete", made
        session_id: str = made["created_session_id"]
        return session_id

    def start_session(self, user_id: str, **more: Any) -> str:
        """The id of a new session that this browser has from now on, begun without asking for any factor."""
        started = self.api.run(self._start(user_id, **more))
        if self.dev_browser is None:
            self.cookies[self._cookie_name()] = started.client_token
        self.get("/client")
        return started.session.id

    def token(self, session_id: str | None = None, **form: Any) -> str:
        """A new token of the active session, or of another one of this browser."""
        jwt: str = self.ok("POST", f"/client/sessions/{session_id or self.session_id}/tokens", form)["jwt"]
        return jwt

    def twin(self) -> "Browser":
        """The same browser as it is now: the same id, cookies and client, from then on by itself."""
        copy = Browser(
            self.api, cookies_only=True, origin=self.origin, address=self.address, user_agent=self.user_agent
        )
        copy.dev_browser, copy.cookies, copy.client = self.dev_browser, dict(self.cookies), self.client
        return copy

    # ----------------------------------------------------------------------------------------------------- its parts

    def _new_dev_browser(self) -> str:
        answer = self.api.run(self.ask("POST", "/dev_browser"))
        assert answer.status_code == 200, answer.text
        assert "set-cookie" not in answer.headers
        self._check_headers(answer)
        made: str = answer.json()["id"]
        return made

    def _identity(self, path: str) -> dict[str, str]:
        """What clerk-js puts into the query of every request."""
        told = {} if self.dev_browser is None else {"__clerk_db_jwt": self.dev_browser}
        if not path.startswith(("/client", "/waitlist", "/dev_browser")) and self.session_id is not None:
            told["_clerk_session_id"] = self.session_id
        return told

    def _check_headers(self, answer: httpx.Response) -> None:
        """What a page's browser and clerk-js need of every JSON answer (contract 4.0; cases C-005, C-007, C-016)."""
        headers = answer.headers
        if 300 <= answer.status_code < 400:
            return
        assert headers["content-type"] == "application/json", (answer.status_code, answer.text[:300])
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "Origin" in headers.get("vary", "")
        if self.origin is None:
            assert "access-control-allow-origin" not in headers
        elif answer.status_code != 403 or "access-control-allow-origin" in headers:
            assert headers["access-control-allow-origin"] == self.origin
            assert headers["access-control-allow-credentials"] == "true"
            exposed = {name.strip() for name in headers["access-control-expose-headers"].split(",")}
            assert exposed >= {"Authorization", "Clerk-Db-Jwt", "Retry-After"}

    def _keep_cookies(self, answer: httpx.Response) -> None:
        self.set_cookies = {}
        for text in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(text).items():
                self.set_cookies[name] = morsel
                if morsel["max-age"] in ("0", 0):
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    async def _start(self, user_id: str, **more: Any) -> Started:
        service = self.api.service
        instance = await load_public_instance(service)
        credentials = Credentials(
            dev_browser=self.dev_browser,
            client_tokens=tuple(filter(None, [self.cookies.get(self._cookie_name())])),
            origin=self.origin,
            address=self.address or _new_address(),
            user_agent=self.user_agent,
        )
        caller = await load_caller(service, instance, credentials)
        user = await load_user(service.database, instance.id, user_id)
        assert isinstance(user, User)

        async def work(tx: Tx) -> Started:
            made = await require_client(service, tx, caller)
            return await start_session(service, tx, caller, made.client, user, **{"strategy": "password", **more})

        started = await service.database.transact(work)
        assert isinstance(started.session, Session)
        return started

    def _cookie_name(self) -> str:
        return next((name for name in self.cookies if name.startswith("__client") and "uat" not in name), "__client")


def encode_form(form: Mapping[str, Any]) -> bytes:
    """A form body as clerk-js writes it: null is empty, objects are JSON, a list repeats its key (contract 4.0)."""
    pairs: list[tuple[str, str]] = []
    for name, value in form.items():
        several = value if isinstance(value, (list, tuple)) else [value]
        pairs.extend((name, _encode_value(one)) for one in several)
    return urlencode(pairs).encode()


def read_code(api: Api, to: str) -> str:
    """The code in the newest mail to an address; nothing is waited for, since codes are queued with their answer."""
    instance = api.run(load_public_instance(api.service))
    mails = api.run(list_kept_mails(api.service, instance))
    return next(mail.content.code for mail in mails if mail.to == to and mail.content.code)


def open_live(open_another: Callable[..., Api], *, frontend_api: str = LIVE_FRONTEND_API, **settings: Any) -> Api:
    """A service whose Frontend API serves a production instance; applications are at `https://example.com`.

    Its browsers are `Browser(live, cookies_only=True, origin=LIVE_ORIGIN)`.
    """
    first = open_another()
    made = first.run(create_instance(first.service, "live", "production", frontend_api))
    live = open_another(instance="live", **settings)
    live.tenants = [Tenant(made.instance, made.secret_key)]
    return live


def _encode_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)


def _new_address() -> str:
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
