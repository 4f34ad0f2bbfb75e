"""Applications under test, the people who use them, and what people do there."""

import base64
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import msgspec
from chromium import Tab, Visitor
from next_example import Instance

PASSWORD = "a-long-and-quiet-password"
TEST_CODE = "424242"
"""What verifies every address with `+clerk_test` in test mode (contract 4.10)."""

TOKEN_LIFETIME = 25
"""Seconds. A browser refreshes 17 s before the end (contract 2.7), so there is something to see within 8 s."""

CONTINUE = ".cl-formButtonPrimary"
IDENTIFIER = 'input[name="identifier"]'
PASSWORD_FIELD = 'input[name="password"]'
CODE_FIELD = 'input[autocomplete="one-time-code"]'

_NUMBERS = itertools.count(1)

OpenVisitor = Callable[[], Visitor]
"""The fixture that makes visitors."""


class Person(NamedTuple):
    """A user, and what they sign in with."""

    id: str
    email: str
    password: str


class Site(NamedTuple):
    """An application, the instance that it belongs to, and that instance's Backend API."""

    url: str
    instance: Instance
    backend: httpx.Client
    demo: list[Person]
    """Ada administers the organization Acme Corporation, Grace edits there, Alan is no member of any."""

    def new_person(self, **fields: Any) -> Person:
        """A new user, Ada Lovelace unless told otherwise."""
        email = new_email()
        body = {"first_name": "Ada", "last_name": "Lovelace", "email_address": [email], "password": PASSWORD, **fields}
        response = self.backend.post("/users", json=body)
        assert response.status_code == 200, response.text
        return Person(response.json()["id"], email, PASSWORD)

    def make_ticket(self, kind: str, **fields: Any) -> str:
        """The text of a new ticket: of a `sign_in_token` or of an `actor_token`."""
        response = self.backend.post(f"/{kind}s", json=fields)
        assert response.status_code == 200, response.text
        return str(response.json()["token"])

    @contextmanager
    def changed_settings(self, section: str, **members: Any) -> Iterator[None]:
        """The instance with other settings in one section of its config, until the block ends."""
        path = "/platform/applications/app_e2e/instances/development/config"
        old = self.backend.get(path).json()[section]
        changed = self.backend.patch(path, json={section: members})
        assert changed.status_code == 200, changed.text
        try:
            yield
        finally:
            restored = self.backend.patch(path, json={section: {name: old[name] for name in members}})
            assert restored.status_code == 200, restored.text

    def rename(self, person: Person, first_name: str) -> None:
        """What the owner of the instance does in the dashboard, or the application with its secret key."""
        response = self.backend.patch(f"/users/{person.id}", json={"first_name": first_name})
        assert response.status_code == 200, response.text


def new_email() -> str:
    """An address that no user has yet, and that no mail is ever sent to."""
    return f"ada{next(_NUMBERS)}+clerk_test@example.com"


@contextmanager
def open_backend(instance: Instance, instance_id: str, claims: Mapping[str, Any]) -> Iterator[httpx.Client]:
    """The Backend API of an instance, after it was told to put `claims` into its session tokens."""
    headers = {"Authorization": f"Bearer {instance.secret_key}"}
    with httpx.Client(base_url=f"{instance.url}/v1", headers=headers, trust_env=False, timeout=20) as client:
        path = f"/platform/applications/app_e2e/instances/{instance_id}/config"
        response = client.patch(path, json={"session": {"claims": claims}})
        assert response.status_code == 200, response.text
        yield client


def sign_in(visitor: Visitor, site: Site, person: Person, path: str = "/client") -> Tab:
    """A tab at `path`, after the person signed in with their password as people do."""
    tab = open_sign_in(visitor, site, path)
    give_identifier(tab, person.email)
    give_password(tab, person.password)
    tab.wait_for_url(site.url + path)
    wait_for_session(tab)
    return tab


def sign_in_by_ticket(visitor: Visitor, site: Site, ticket: str, path: str = "/client") -> Tab:
    """A tab at `path`, after a ticket signed in: no form is filled, so it is quicker than a password."""
    query = f"__clerk_ticket={ticket}&redirect_url={quote(site.url + path, safe='')}"
    tab = visitor.open_tab(f"{site.url}/sign-in?{query}")
    tab.wait_for_url(site.url + path)
    wait_for_session(tab)
    return tab


def come_back(visitor: Visitor, site: Site, person: Person, path: str = "/client") -> Tab:
    """A tab at `path` of a person who is signed in, however that came."""
    return sign_in_by_ticket(visitor, site, site.make_ticket("sign_in_token", user_id=person.id), path)


def open_sign_in(visitor: Visitor, site: Site, path: str = "/client") -> Tab:
    """A tab with the sign-in form, which leads to `path`."""
    tab = visitor.open_tab(f"{site.url}/sign-in?redirect_url={quote(site.url + path, safe='')}")
    tab.wait_for(IDENTIFIER)
    return tab


def give_identifier(tab: Tab, identifier: str) -> None:
    tab.fill(IDENTIFIER, identifier)
    tab.click(CONTINUE)


def give_password(tab: Tab, password: str) -> None:
    # The form's first step holds a password field, too, for password managers; it is of no size.
    tab.wait_for_url("**/factor-one**")
    tab.fill(PASSWORD_FIELD, password)
    tab.click(CONTINUE)


def wait_for_clerk(tab: Tab) -> None:
    """Returns when clerk-js knows who is signed in."""
    tab.wait_until("window.Clerk?.loaded")


def wait_for_session(tab: Tab) -> None:
    """Returns when clerk-js knows a session."""
    tab.wait_until("window.Clerk?.loaded && window.Clerk.session")


def sign_out(visitor: Visitor, tab: Tab) -> None:
    """Signs out by the page's own button; returns when clerk-js has let go of the session and of its cookies."""
    tab.wait_for("#session")
    tab.click('role=button[name="Sign out"]')
    tab.wait_until("!window.Clerk.session")
    tab.wait_for('role=button[name="Sign in"]')
    visitor.wait_until_gone("__session", "__refresh")


def read_claims(tab: Tab) -> dict[str, Any]:
    """The claims of the token that clerk-js holds, minted anew only when it has none."""
    token: str = tab.evaluate("window.Clerk.session.getToken()")
    return decode_claims(token)


def read_fresh_claims(tab: Tab) -> dict[str, Any]:
    """The claims of a token that is minted now."""
    return decode_claims(tab.evaluate("window.Clerk.session.getToken({skipCache: true})"))


def decode_claims(token: str) -> dict[str, Any]:
    """What a token says; the application verifies it, not we."""
    payload = token.split(".")[1]
    decoded: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded
