"""Who may call what on the Frontend API: every route with nobody, a stranger, another's session, an ended one (Z-002).

The routes come from the table that the application is built from, so that a new one is asked as well.
"""

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from faces import Api
from litestar.handlers import BaseRouteHandler

from claimsmith_server.faces import FRONTEND_ROUTES

TOKEN_ROUTES = [
    ("POST", "/v1/client/sessions/{session_id:str}/tokens"),
    ("POST", "/v1/client/sessions/{session_id:str}/tokens/{template_name:str}"),
]
PUBLIC = {
    "/v1/client", "/v1/client/sessions", "/v1/client/touch", "/v1/client/handshake", "/v1/client/sign_ins",
    "/v1/client/sign_ups", "/v1/dev_browser", "/v1/environment", "/v1/health", "/v1/tickets/accept",
}  # fmt: skip
"""What any browser may ask, signed in or not; it is told of itself alone."""
SECRET = "Lovelace"


def every_route() -> list[tuple[str, str]]:
    listed = [
        (str(method), path)
        for handler in FRONTEND_ROUTES
        if isinstance(handler, BaseRouteHandler)  # the hosted pages, a router, have tests of their own
        for path in handler.paths
        for method in handler.http_methods
        if method not in {"HEAD", "OPTIONS"} and path.startswith("/v1/")
    ]
    return sorted({*listed, *TOKEN_ROUTES})


ROUTES = every_route()
GUARDED = [route for route in ROUTES if route[1] not in PUBLIC]
WITH_IDS = [route for route in GUARDED if "{" in route[1]]
ACTING = [route for route in GUARDED if not route[1].startswith("/v1/client/")]


def test_the_route_table_is_read() -> None:
    assert {path for _, path in ROUTES} >= PUBLIC - {"/v1/health"}
    assert len(GUARDED) >= 20
    assert {path.split("/")[2] for _, path in GUARDED} >= {"client", "me"}


class Story:
    """Ada, signed in with an attempt, an organization and an invitation; and somebody else in another browser."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.user_id = api.new_user(phone_number=["+15555550100"])["id"]
        self.ada = Browser(api)
        self.session_id = self.ada.start_session(self.user_id)
        other_id = api.post("/users", {"email_address": ["eve@example.com"], "first_name": "Eve"})["id"]
        self.eve = Browser(api)
        self.eve.start_session(other_id)
        self.ids = self._find_ids()

    def _find_ids(self) -> dict[str, str]:
        user = self.ada.session["user"]
        guest = Browser(self.api)
        guest.post("/client/sign_ups", {"email_address": "bob@example.com"})
        sign_up = guest.get("/client")["sign_up"]
        guest.post("/client/sign_ins", {"identifier": "ada@example.com"})
        sign_in = guest.get("/client")["sign_in"]
        email, phone = user["email_addresses"][0]["id"], user["phone_numbers"][0]["id"]
        found = {
            "session_id": self.session_id, "user_id": self.user_id, "sign_in_id": sign_in["id"],
            "sign_up_id": sign_up["id"], "email_id": email, "email_address_id": email, "phone_number_id": phone,
        }  # fmt: skip
        return found | self._organize()

    def _organize(self) -> dict[str, str]:
        if not any(path == "/v1/organizations" for _, path in ROUTES):
            return {}
        made = self.ada.post("/organizations", {"name": f"{SECRET} & Co"})
        form = {"email_address": "cy@example.com", "role": "org:member"}
        path = f"/organizations/{made['id']}/invitations"
        invitation = self.ada.post(path, form)
        return {"organization_id": made["id"], "invitation_id": invitation["id"]}

    def fill(self, path: str) -> str:
        """A route's path below `/v1` with Ada's ids; what she has none of is `x`."""
        parts = [
            self.ids.get(part.strip("{}").partition(":")[0], "x") if part.startswith("{") else part
            for part in path.removeprefix("/v1").split("/")
        ]
        return "/".join(parts)

    def everything(self) -> list[Any]:
        """All that is stored, but for what every request may count."""
        tables = [row[0] for row in self.api.sql("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        left = set(tables) - {"rate_windows", "secret_keys", "sqlite_sequence", "sqlite_stat1"}
        return [self.api.sql(f'SELECT * FROM "{name}"') for name in sorted(left)]  # noqa: S608 - names of ours


def nobody(story: Story) -> Browser:
    """A browser that never signed in and has no cookie."""
    return Browser(story.api, cookies_only=True)


def stranger(story: Story) -> Browser:
    """Somebody else, in their own browser, with their own session."""
    return story.eve


def thief(story: Story) -> Browser:
    """Somebody else who names Ada's session as theirs."""
    browser = story.eve.twin()
    browser.client = {"last_active_session_id": story.session_id}
    return browser


def former(story: Story) -> Browser:
    """Ada's browser, her session revoked, still naming it."""
    browser = story.ada.twin()
    story.api.post(f"/sessions/{story.session_id}/revoke")
    return browser


def banned(story: Story) -> Browser:
    """Ada's browser, its user banned without a word to it."""
    browser = story.ada.twin()
    story.api.post(f"/users/{story.user_id}/ban")
    return browser


Who = Callable[[Story], Browser]


def ask(browser: Browser, story: Story, method: str, path: str) -> int:
    """The status of a refusal: one that tells nothing, and after which all is as it was."""
    before = story.everything()
    form = None if method == "GET" else FORMS.get(path, {})
    answer = browser.send(method, story.fill(path), form)
    assert SECRET not in answer.text
    assert "set-cookie" not in answer.headers
    assert story.everything() == before
    assert answer.json()["errors"], answer.text
    return answer.status_code


_ORGANIZATION = "/v1/organizations/{organization_id:str}"
FORMS: dict[str, dict[str, str]] = {
    "/v1/client/sessions/{session_id:str}/touch": {"intent": "focus"},
    "/v1/me": {"first_name": "Mallory"},
    "/v1/me/email_addresses": {"email_address": "mallory@example.com"},
    "/v1/organizations": {"name": "Mallory & Co"},
    "/v1/client/sign_ups/{sign_up_id:str}/prepare_verification": {"strategy": "email_code"},
    "/v1/client/sign_ups/{sign_up_id:str}/attempt_verification": {"strategy": "email_code", "code": "424242"},
    f"{_ORGANIZATION}/memberships": {"user_id": "user_x", "role": "org:admin"},
    f"{_ORGANIZATION}/memberships/{{user_id:str}}": {"role": "org:member"},
    f"{_ORGANIZATION}/invitations": {"email_address": "mallory@example.com", "role": "org:admin"},
    f"{_ORGANIZATION}/invitations/bulk": {"email_address": "mallory@example.com", "role": "org:admin"},
}


@pytest.mark.parametrize("who", [nobody, former, banned])
def test_Z_002_nobody_without_a_live_session_gets_past_any_guarded_route(api: Api, who: Who) -> None:
    story = Story(api)
    browser = who(story)
    told = {(method, path): ask(browser, story, method, path) for method, path in ACTING}
    assert {route: status for route, status in told.items() if status != 401} == {}


@pytest.mark.parametrize("who", [nobody, stranger])
def test_Z_002_what_is_of_one_client_is_of_no_other(api: Api, who: Who) -> None:
    story = Story(api)
    browser = who(story)
    of_clients = [route for route in WITH_IDS if route[1].startswith("/v1/client/")]
    assert len(of_clients) >= 10
    told = {(method, path): ask(browser, story, method, path) for method, path in of_clients}
    assert {route: status for route, status in told.items() if status not in {401, 403, 404}} == {}


def test_Z_002_a_session_that_is_another_clients_opens_nothing(api: Api) -> None:
    story = Story(api)
    browser = thief(story)
    told = {(method, path): ask(browser, story, method, path) for method, path in ACTING}
    assert {route: status for route, status in told.items() if status not in {401, 404}} == {}


def test_Z_002_ids_of_another_user_are_not_found(api: Api) -> None:
    story = Story(api)
    ids = [route for route in WITH_IDS if not route[1].startswith("/v1/client/")]
    told = {(method, path): ask(story.eve, story, method, path) for method, path in ids}
    assert {route: status for route, status in told.items() if status not in {401, 403, 404}} == {}


@pytest.mark.parametrize("how", ["revoke", "ban", "delete"])
def test_Z_002_an_ended_session_is_of_no_use_to_its_own_browser(api: Api, how: str) -> None:
    story = Story(api)
    browser = story.ada.twin()
    if how == "revoke":
        api.post(f"/sessions/{story.session_id}/revoke")
    elif how == "ban":
        api.post(f"/users/{story.user_id}/ban")
    else:
        api.ok("DELETE", f"/users/{story.user_id}")
    for method, path in (*TOKEN_ROUTES, ("POST", "/v1/client/sessions/{session_id:str}/touch")):
        assert ask(browser, story, method, path) == 401


def test_what_any_browser_may_ask_tells_it_of_itself_alone(api: Api) -> None:
    story = Story(api)
    for method, path in ROUTES:
        if path in PUBLIC - {"/v1/tickets/accept", "/v1/client/touch", "/v1/client/handshake", "/v1/health"}:
            for browser in (nobody(story), Browser(api)):
                answer = browser.send(method, path.removeprefix("/v1"), None if method == "GET" else {})
                assert answer.status_code < 500
                assert SECRET not in answer.text
                assert not [value for value in story.ids.values() if value in answer.text]
