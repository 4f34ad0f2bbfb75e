"""Every page of the dashboard: accessible, inert, inside its window, in both themes, wide and on a phone.

`CLAIMSMITH_PICTURES=folder` keeps a picture of each.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from chromium import FOLDER, Driver, Tab
from dashboard_site import (
    WIDTHS,
    DashboardVisitor,
    Owner,
    Theme,
    fill_path,
    load_naughty_strings,
    make_strange_people,
    post,
    running_dashboard,
)
from places import new_email

from claimsmith_server.faces import DASHBOARD_ROUTES

PICTURES = os.environ.get("CLAIMSMITH_PICTURES")
NO_PAGES = ("/dashboard/api/", "/dashboard/static/", "/dashboard/outbox.json")
NEED_NO_SIGN_IN = ("/dashboard/sign-in", "/dashboard/set-up")
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def list_pages() -> list[str]:
    """The paths of all pages, from the routes themselves, so that no page is forgotten."""
    paths = {path for route in DASHBOARD_ROUTES if "GET" in route.http_methods for path in route.paths}
    pages = [path for path in paths if not path.startswith(NO_PAGES) and path != "/" and not path.endswith("/html")]
    return sorted(path for path in pages if path not in NEED_NO_SIGN_IN)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory, browser: Driver) -> Iterator[Owner]:
    """An instance with people of all kinds."""
    with running_dashboard(tmp_path_factory.mktemp("dashboard"), browser) as owner:
        make_strange_people(owner)
        yield owner


def find_id(browser: Driver, owner: Owner, page: str, path: str) -> str:
    """The part of an address that stands for something which no API tells: the first link of a page that fits."""
    visitor = DashboardVisitor(browser, owner)
    links = visitor.open_tab(owner.url + page).evaluate("[...document.links].map(link => link.pathname)")
    visitor.close()
    return next(found[1] for link in links if (found := re.fullmatch(path, link)))


@pytest.fixture(scope="module")
def ids(browser: Driver, owner: Owner) -> dict[str, str]:
    """A value for each parameter of a page's path."""
    user = owner.server.demo_users[0].id
    organization = owner.backend.get("/organizations").json()["data"][0]["id"]
    session = post(owner, "/sessions", {"user_id": user})["id"]
    owner.backend.post(f"/sessions/{session}/tokens", json={})
    template = post(owner, "/jwt_templates", {"name": "supabase", "claims": {"role": "authenticated"}})["id"]
    sent = owner.backend.post(
        f"/organizations/{organization}/invitations", json={"email_address": "new@example.com", "role": "org:member"}
    )
    assert sent.status_code == 200, sent.text
    mails = httpx.get(f"{owner.url}/dashboard/outbox.json", trust_env=False).json()["mails"]
    return {
        "administrator_id": find_id(browser, owner, "/dashboard/team", "/dashboard/team/(.+)"),
        "key_id": find_id(browser, owner, "/dashboard/api-keys", "/dashboard/api-keys/(.+)/revoke"),
        "kid": find_id(browser, owner, "/dashboard/signing-keys", "/dashboard/signing-keys/(.+)"),
        "section": "display",
        "user_id": user,
        "organization_id": organization,
        "session_id": session,
        "template_id": template,
        "role_key": "org:admin",
        "permission_key": "org:posts:edit",
        "mail_id": mails[0]["id"],
        "version": "1",
    }


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's source; it runs by the debugger's hand, so that the page's own policy stays as it is."""
    return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def find_violations(tab: Tab, axe: str) -> list[str]:
    """What axe-core has to say about a page."""
    tab.call("evaluate", axe)
    found: dict[str, Any] = tab.evaluate("options => axe.run(document, options)", RULES)
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]


def keep_picture(tab: Tab, page: str, theme: str, size: str) -> None:
    """A picture in the folder that the environment names."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        tab.call("waitForLoadState", "networkidle")
        if page.endswith("/claims"):
            tab.call("waitForTimeout", 2500)  # the population is measured once the text has been at rest
        name = page.removeprefix("/dashboard").strip("/").replace("/", "-") or "overview"
        name = re.sub(r"\{(\w+?)(_id|_key)?:\w+\}", r"\1", name)
        size_then = tab.call("viewportSize")
        height = tab.evaluate("document.documentElement.scrollHeight")  # the bar of a phone is to stand at the end
        tab.call("setViewportSize", {**size_then, "height": max(height, size_then["height"])})
        tab.call("screenshot", {"path": f"{PICTURES}/dashboard-{name}-{theme}-{size}.png", "fullPage": True})
        tab.call("setViewportSize", size_then)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(WIDTHS))
def test_every_page_is_accessible_and_fits(  # noqa: PLR0913, PLR0917 - fixtures
    browser: Driver, owner: Owner, ids: dict[str, str], axe: str, theme: Theme, size: str
) -> None:
    problems: dict[str, list[str]] = {}
    visitor = DashboardVisitor(browser, owner, theme=theme, width=WIDTHS[size])
    tab = visitor.open_tab()
    for page in list_pages():
        tab.goto(owner.url + fill_path(page, ids))
        tab.call("waitForLoadState", "load")
        tab.wait_for("h1")
        found = find_violations(tab, axe)
        if tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            found.append("it is wider than its window")
        keep_picture(tab, page, theme, size)
        if found:
            problems[page] = found
    log = visitor.log()
    visitor.close()
    told = [text for text in log.messages if not text.startswith(("info", "log", "debug"))]
    assert problems == {}, msgspec.json.format(msgspec.json.encode(problems)).decode()
    assert told == []
    assert [sent.url for sent in log.requests if not sent.is_local] == []
    assert [sent.url for sent in log.requests if sent.status is not None and sent.status >= 400] == []


@pytest.mark.parametrize("path", NEED_NO_SIGN_IN)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_before_the_sign_in_are_accessible(
    browser: Driver, owner: Owner, axe: str, path: str, theme: Theme
) -> None:
    visitor = DashboardVisitor(browser, None, theme=theme, width=WIDTHS["phone"])
    tab = visitor.open_tab(owner.url + path)
    tab.wait_for("h1")
    found = find_violations(tab, axe)
    keep_picture(tab, path, theme, "phone")
    visitor.close()
    assert found == []


def test_X_001_naughty_strings_are_inert_on_every_page(
    browser: Driver, owner: Owner, ids: dict[str, str], subtests: Any
) -> None:
    strings = load_naughty_strings()
    if strings is None:
        pytest.skip("the shared data is not beside this clone")
    usable = [text for text in strings if text.strip() and len(text) <= 200]
    made = {}
    for number, text in enumerate(usable):
        body = {
            "first_name": text,
            "email_address": [new_email()],
            "public_metadata": {f"k{number}": text},
            "unsafe_metadata": {text[:60]: text},
        }
        answer = owner.backend.post("/users", json=body)
        if answer.status_code == 200:
            made[answer.json()["id"]] = text
    assert len(made) > 300, "most of them are names that a user may have"
    visitor = DashboardVisitor(browser, owner)
    tab = visitor.open_tab()
    for user_id in list(made)[::9]:
        tab.goto(f"{owner.url}/dashboard/users/{user_id}")
        shown = " ".join(tab.text("h1").split())
        with subtests.test(name=made[user_id]):
            expected = " ".join(made[user_id].split())
            assert expected[:20] in shown or not shown.isprintable() or not expected.isprintable()
    naughty = next(iter(made))
    organization = post(owner, "/organizations", {"name": "{{ 7*7 }} onerror=alert(9)", "created_by": naughty})["id"]
    for page in list_pages():
        tab.goto(owner.url + fill_path(page, ids | {"user_id": naughty, "organization_id": organization}))
        tab.call("waitForLoadState", "load")
    for number in range(0, len(made), 100):
        tab.goto(f"{owner.url}/dashboard/users?offset={number}&limit=100")
        tab.call("waitForLoadState", "load")
    log = visitor.log()
    visitor.close()
    assert [text for text in log.messages if not text.startswith(("info", "log", "debug"))] == []
    assert [sent.url for sent in log.requests if not sent.is_local] == []
