"""A person at the dashboard, in-process and without JavaScript: signed in, with the CSRF token in every form.

`visitor = sign_in(api, "editor")`, then `visitor.get(path)`, `visitor.post(path, {…})` or `visitor.json(…)`.
"""

from collections.abc import Mapping
from typing import Any

import httpx
from faces import ORIGIN, Api

from claimsmith_server.core.models import Administrator, AdministratorRole, Instance
from claimsmith_server.dashboard.cookies import csrf_token, dashboard_cookie
from claimsmith_server.services.administrators.sessions import start_session
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.services.passwords import needs_rehash
from claimsmith_server.store.administrators import insert_administrator
from claimsmith_server.store.database import Tx

PASSWORD = "correct horse battery"
NO_PASSWORD = "{argon2id}none"
"""A digest that no password has: hashing one would take every test a while."""


class Visitor:
    """A browser at the dashboard; `token` is its cookie's value, and none when it is not signed in."""

    def __init__(
        self, api: Api, token: str = "", administrator: Administrator | None = None, *, origin: str = ORIGIN
    ) -> None:
        self.api = api
        self.token = token
        self.origin = origin
        self.cookie = dashboard_cookie(public_instance(api))
        self._administrator = administrator

    @property
    def administrator(self) -> Administrator:
        """Who is signed in."""
        assert self._administrator is not None
        return self._administrator

    @property
    def csrf_token(self) -> str:
        """What the pages of this browser's sign-in carry."""
        return csrf_token(self.token)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A page as it was answered; redirects are not followed."""
        return self.send("GET", path, **more)

    def page(self, path: str) -> str:
        """The HTML of a page that is shown."""
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("location"), answer.text[:2000])
        return answer.text

    def post(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """The answer to a form; a list gives a field several times. `form` may hold a `csrf_token` of its own."""
        fields = {"csrf_token": self.csrf_token, **(form or {})}
        return self.send("POST", path, data=fields, **more)

    def done(self, path: str, form: Mapping[str, Any] | None = None) -> str:
        """Where a form that succeeds leads to."""
        answer = self.post(path, form)
        assert answer.status_code == 303, (answer.status_code, answer.text[:2000])
        return str(answer.headers["location"])

    def json(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """The answer to a request that a script of a page sends."""
        if body is not None:
            more["json"] = body
        headers = {} if method == "GET" else {"X-CSRF-Token": self.csrf_token}
        return self.send(method, path, headers=headers | dict(more.pop("headers", {})), **more)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any request of this browser; a header of `headers` that is None is left out."""
        headers: dict[str, Any] = {"Sec-Fetch-Site": "same-origin"}
        headers |= {} if method == "GET" else {"Origin": self.origin}
        headers |= {"Cookie": f"{self.cookie}={self.token}"} if self.token else {}
        headers |= dict(more.pop("headers", {}))
        sent = {name: value for name, value in headers.items() if value is not None}
        answer = self.api.send(method, path, key=None, headers=sent, follow_redirects=False, **more)
        self.api.forget_cookies()
        return answer


def sign_in(api: Api, role: AdministratorRole = "owner", email_address: str = "") -> Visitor:
    """A visitor who is signed in as a new administrator of this role."""
    instance = public_instance(api)
    administrator = make_administrator(api, role, email_address)

    async def work(tx: Tx) -> str:
        return await start_session(api.service, tx, administrator)

    assert administrator.instance_id == instance.id
    return Visitor(api, api.run(api.service.database.transact(work)), administrator)


def make_administrator(
    api: Api, role: AdministratorRole = "owner", email_address: str = "", *, password: str = ""
) -> Administrator:
    """A new administrator; without a password nobody can sign in as them but `sign_in`."""
    service, now = api.service, api.service.clock.now()
    made = service.make_id("admin")
    administrator = Administrator(
        id=made,
        instance_id=public_instance(api).id,
        email_address=email_address or f"{role}-{made[-8:].lower()}@example.com",
        role=role,
        password_digest=api.run(service.passwords.hash(password)) if password else NO_PASSWORD,
        created_at=now,
        updated_at=now,
    )
    api.run(insert_administrator(service.database, administrator))
    return administrator


def public_instance(api: Api) -> Instance:
    """The instance whose dashboard this is."""
    return api.run(load_public_instance(api.service))


assert needs_rehash(NO_PASSWORD)  # it is none that argon2 could read
