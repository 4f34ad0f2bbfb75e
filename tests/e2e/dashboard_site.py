"""A development instance as its owner sees it in the dashboard, full of people whose names are hostile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx
import msgspec
from chromium import Driver, Tab, Visitor
from next_example import Instance
from places import PASSWORD, Site, new_email, open_backend
from servers import Server, running_server

OWNER = "owner@example.com"
SEED_CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
Theme = Literal["light", "dark"]
WIDTHS = {"wide": 1440, "phone": 360}
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Hubert Blaine the Second"
STRANGE_NAMES = (
    ("Ada", LONG_NAME),
    ("\u05d9\u05e2\u05dc", "\u05db\u05d4\u05df"),
    ("\u0645\u0631\u064a\u0645", "\u0627\u0644\u0623\u0633\u0637\u0631\u0644\u0627\u0628\u064a"),
    ("\U0001f469\u200d\U0001f680", "\U0001f980\U0001f980"),
    ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'),
    ("{{user.id}}", "${7*7}"),
    ("\u202eEvil", "Override"),
)


class Owner(NamedTuple):
    """The owner of an instance: where the dashboard is, and the cookie that they are signed in by."""

    server: Server
    backend: httpx.Client
    cookies: list[dict[str, Any]]

    @property
    def url(self) -> str:
        """The service's address."""
        return self.server.url

    @property
    def site(self) -> Site:
        """The instance as the tests of applications know it; there is no application."""
        return Site(self.url, Instance.of(self.server), self.backend, [])


class DashboardVisitor(Visitor):
    """The owner's browser, in a theme and of a width."""

    def __init__(
        self, driver: Driver, owner: Owner | None, *, theme: Theme = "light", width: int = 1280, **options: Any
    ) -> None:
        self._driver = driver
        view = {"viewport": {"width": width, "height": 900 if width > 500 else 740}, "colorScheme": theme, **options}
        self._context = driver.call("browser", "newContext", view)
        self.tabs: list[Tab] = []
        if owner is not None:
            self.add_cookies(owner.cookies)


@contextmanager
def running_dashboard(
    folder: Path, driver: Driver, *arguments: str, claims: dict[str, Any] | None = None
) -> Iterator[Owner]:
    """A development instance whose dashboard was set up by its printed link, as people do it."""
    with running_server(folder, *arguments) as server:
        assert server.set_up_url
        visitor = DashboardVisitor(driver, None)
        tab = visitor.open_tab(server.set_up_url)
        tab.fill("#email_address", OWNER)
        tab.fill("#password", PASSWORD)
        tab.click("button.primary")
        tab.wait_for_url(f"{server.url}/dashboard**")
        cookies = [cookie for name, cookie in visitor.cookies().items() if "claimsmith" in name]
        assert cookies, "the browser keeps the dashboard's cookie"
        visitor.close()
        with open_backend(
            Instance.of(server), server.instance_id, SEED_CLAIMS if claims is None else claims
        ) as backend:
            yield Owner(server, backend, cookies)


def make_strange_people(owner: Owner) -> list[str]:
    """Ids of users whose names and metadata try what they can."""
    found = []
    for first_name, last_name in STRANGE_NAMES:
        body = {
            "first_name": first_name,
            "last_name": last_name,
            "email_address": [new_email()],
            "public_metadata": {"note": first_name, last_name: "</script><script>alert(2)</script>"},
            "private_metadata": {"secret": last_name},
            "unsafe_metadata": {"theme": "</textarea><script>alert(3)</script>"},
        }
        found.append(post(owner, "/users", body)["id"])
    return found


def load_naughty_strings() -> list[str] | None:
    """The Big List of Naughty Strings; `None` in a clone without the shared data."""
    file = Path(__file__).parents[3] / "shared" / "security" / "data" / "blns" / "blns.json"
    return msgspec.json.decode(file.read_bytes(), type=list[str]) if file.exists() else None


def post(owner: Owner, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The Backend API's answer."""
    answer = owner.backend.post(path, json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def fill_path(path: str, ids: dict[str, str]) -> str:
    """A route's path with its parameters filled in.

    Raises:
        KeyError: a page has a parameter that no test gives a value to.
    """
    return re.sub(r"\{(\w+):\w+\}", lambda found: ids[found[1]], path)
