"""The Python examples, each by its one command: they start an instance of their own, and people sign in there."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from chromium import Tab, Visitor
from next_example import find_free_port, running_application

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMMANDS = {
    "fastapi": ("main.py",),
    "litestar": ("main.py",),
    "flask": ("main.py",),
    "django": ("manage.py",),
}
"""What `python` is given, in the example's folder."""
TOLD = re.compile(r"Claimsmith serves (\S+); sign in as (\S+) with (\S+)")
CLAIMS = {"firstName": "Ada Lovelace", "primaryEmail": "ada+clerk_test@example.com"}


class Example(NamedTuple):
    """A running example, and what it told whoever started it."""

    url: str
    instance_url: str
    email: str
    password: str


@pytest.fixture(scope="module", params=COMMANDS)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """An example, started as its README says, in a copy of its folder."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    shutil.copy(EXAMPLES / "claimsmith_dev.py", folder)
    shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns(".claimsmith", "__pycache__"))
    command = [sys.executable, *(str(folder / name / argument) for argument in COMMANDS[name])]
    port = find_free_port()
    with running_application(command, folder, port, {"PORT": str(port)}) as url:
        told = TOLD.search((folder / "application.log").read_text())
        assert told
        yield Example(url, *told.groups())


def sign_in(tab: Tab, example: Example) -> None:
    """Fills in the hosted page, as the person whom the example told of."""
    tab.wait_for_url(f"{example.instance_url}/sign-in**")
    tab.fill("#identifier", example.email)
    tab.fill("#password", example.password)
    tab.call("press", "#password", "Enter")


def test_a_person_signs_in_and_out_and_both_claims_are_read(visitor: Visitor, example: Example) -> None:
    tab = visitor.open_tab(example.url)
    assert tab.text("h1") == "You are signed out"
    tab.click('role=link[name="Sign in"]')
    sign_in(tab, example)
    tab.wait_for("text=Ada Lovelace")
    assert tab.url == f"{example.url}/account"
    assert tab.fetch_json("/api/example") == (200, CLAIMS)
    tab.goto(example.url)
    assert tab.text("h1") == "Welcome, Ada Lovelace"

    tab.goto(f"{example.url}/account")
    tab.click('role=link[name="Sign out"]')
    tab.wait_for_url(f"{example.instance_url}/sign-out**")
    tab.click('role=button[name="Sign out"]')
    tab.wait_until(f"location.href.startsWith({example.url!r}) || !location.pathname.startsWith('/sign-out')")
    tab.goto(example.url)
    assert tab.text("h1") == "You are signed out"


def test_an_organizations_page_makes_it_the_active_one(visitor: Visitor, example: Example) -> None:
    tab = visitor.open_tab(f"{example.url}/teams/acme")
    sign_in(tab, example)
    tab.wait_for_url(f"{example.url}/teams/acme")
    assert tab.text("dl") == "organization\nacme\nrole\norg:admin\nadministrator\nyes"
    assert tab.fetch_json("/api/team") == (200, {"organization": "acme", "role": "org:admin"})
    tab.goto(f"{example.url}/teams/elsewhere")
    assert "not a member" in tab.text("main")


def test_nobody_is_let_in_without_a_session(visitor: Visitor, example: Example) -> None:
    answer = httpx.get(f"{example.url}/api/example", trust_env=False)
    assert (answer.status_code, answer.headers["x-clerk-auth-status"]) == (401, "signed-out")
    tab = visitor.open_tab(f"{example.url}/account?a=1")
    tab.wait_for_url(f"{example.instance_url}/sign-in**")
    assert parse_qs(urlsplit(tab.url).query)["redirect_url"] == [f"{example.url}/account?a=1"]
