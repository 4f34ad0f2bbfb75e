"""`claimsmith.testing.storage_state`: Chromium opens the Express example for the first time, and is signed in."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chromium import Driver, Log, Tab
from next_example import find_free_port, running_application
from packages import install_packages

from claimsmith import testing
from claimsmith.errors import ApiError

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "express"


@pytest.fixture(scope="module")
def server(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.RunningServer]:
    """An instance whose tokens carry the claims that the example shows."""
    folder = tmp_path_factory.mktemp("storage-state")
    with testing.running_server(folder, f"--bundles={bundles}", "--token-lifetime=25") as server:
        server.customize_session_token(
            {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
        )
        yield server


@pytest.fixture(scope="module")
def application(server: testing.RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the Express example, told of the instance by its variables."""
    install_packages(FOLDER)
    folder, port = tmp_path_factory.mktemp("express-storage-state"), find_free_port()
    for name in ("server.mjs", "page.mjs", "package.json"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    environment = server.environment | {
        "CLERK_JS_URL": f"{server.url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
        "CLERK_UI_URL": f"{server.url}/npm/@clerk/ui@1/dist/ui.browser.js",
        "CLERK_TELEMETRY_DISABLED": "1",
        "PORT": str(port),
    }
    with running_application(["node", "server.mjs"], folder, port, environment) as url:
        yield url


def open_context(browser: Driver, state: dict[str, Any]) -> str:
    """A browser context that starts with the state, as `browser.new_context(storage_state=…)` makes it."""
    return str(browser.call("browser", "newContext", {"storageState": state}))


def read_log(browser: Driver, context: str) -> Log:
    return msgspec.convert(browser.call(context, "log"), Log)


def test_a_context_starts_signed_in_without_a_single_redirect(
    browser: Driver, server: testing.RunningServer, application: str
) -> None:
    user = server.create_user(first_name="Ada", last_name="Lovelace")
    context = open_context(browser, testing.storage_state(server, user, application))
    tab = Tab(browser, browser.call(context, "newPage"))
    tab.goto(application)
    tab.wait_for("text=Welcome, Ada Lovelace")
    pages = [(request.path, request.status) for request in read_log(browser, context).requests if request.is_navigation]
    assert pages == [("/", 200)]
    tab.wait_until("window.Clerk?.loaded && window.Clerk.session")
    assert tab.evaluate("Clerk.user.id") == user.id
    assert tab.fetch_json("/api/auth")[1]["userId"] == user.id
    assert tab.evaluate("Clerk.session.getToken({skipCache: true}).then(Boolean)") is True
    browser.call(context, "close")


def test_a_state_outlives_its_token(browser: Driver, server: testing.RunningServer, application: str) -> None:
    user = server.create_user(first_name="Grace", last_name="Hopper")
    state = testing.storage_state(server, user, application)
    # As a state does that waited for longer than a token lives.
    state["cookies"] = [
        cookie for cookie in state["cookies"] if not cookie["name"].startswith(("__session", "__refresh"))
    ]
    context = open_context(browser, state)
    tab = Tab(browser, browser.call(context, "newPage"))
    tab.goto(application)
    tab.wait_for("text=Welcome, Grace Hopper")
    handshakes = [one for one in read_log(browser, context).requests if one.path.endswith("/v1/client/handshake")]
    assert len(handshakes) == 1
    browser.call(context, "close")


def test_two_states_are_two_people(browser: Driver, server: testing.RunningServer, application: str) -> None:
    for first_name in ("Ada", "Grace"):
        user = server.create_user(first_name=first_name, last_name="Test")
        context = open_context(browser, testing.storage_state(server, user, application))
        tab = Tab(browser, browser.call(context, "newPage"))
        tab.goto(application)
        tab.wait_for(f"text=Welcome, {first_name} Test")
        browser.call(context, "close")


def test_who_does_not_exist_or_may_not_gets_no_state(server: testing.RunningServer) -> None:
    with pytest.raises(ApiError) as refusal:
        testing.storage_state(server, "user_of_nobody", "http://localhost:3000")
    assert refusal.value.status in {404, 422}
    banned = server.create_user(first_name="Eve")
    server.backend.users.ban(banned.id)
    with pytest.raises(ApiError):
        testing.storage_state(server, banned, "http://localhost:3000")


def test_an_address_elsewhere_gets_no_state(server: testing.RunningServer) -> None:
    user = server.create_user(first_name="Ada")
    with pytest.raises(ApiError, match="origin_invalid"):
        testing.storage_state(server, user, "ftp://elsewhere.example")
