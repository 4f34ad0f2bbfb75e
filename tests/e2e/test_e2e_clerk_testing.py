"""The unmodified `@clerk/testing` in Playwright's own runner, as an application's tests use it (contract 4.10)."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chromium import FOLDER
from packages import install_packages, run_to_end
from places import Site

CLAIMS = {
    "a password signs in, and signOut signs out",
    "a code signs in",
    "a ticket signs in, once",
    "a wrong password is an error",
    "the testing token lifts the bot protection of a client",
}
"""The titles of `node/clerk_testing.spec.mjs`."""


@pytest.fixture(scope="module")
def outcomes(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each of the runner's tests, by title."""
    install_packages(FOLDER)
    folder = tmp_path_factory.mktemp("clerk-testing")
    report = folder / "report.json"
    environment = name_variables(site, folder) | {"PLAYWRIGHT_JSON_OUTPUT_FILE": str(report)}
    command = ["node", "node_modules/@playwright/test/cli.js", "test", "--reporter=json"]
    try:
        run_to_end(command, FOLDER, environment)
    except AssertionError:
        if not report.exists():
            raise  # the runner itself failed: its own words are in the error
    specs = msgspec.json.decode(report.read_bytes())["suites"][0]["specs"]
    return {spec["title"]: spec["tests"][0]["results"][0] for spec in specs}


def name_variables(site: Site, folder: Path) -> dict[str, str]:
    """What Clerk's guide has in the environment, and someone to sign in as."""
    chromium, person = shutil.which("chromium"), site.new_person()
    assert chromium
    ticket = site.backend.post("/sign_in_tokens", json={"user_id": person.id})
    assert ticket.status_code == 200, ticket.text
    return {
        "CLERK_PUBLISHABLE_KEY": site.instance.publishable_key,
        "CLERK_SECRET_KEY": site.instance.secret_key,
        "CLERK_API_URL": site.instance.url,
        "APPLICATION_URL": site.url,
        "CHROMIUM": chromium,
        "OUTPUT": str(folder / "output"),
        "PERSON_EMAIL": person.email,
        "PERSON_PASSWORD": person.password,
        "PERSON_TICKET": ticket.json()["token"],
    }


@pytest.mark.parametrize("title", sorted(CLAIMS))
def test_clerk_testing(outcomes: dict[str, Any], title: str) -> None:
    outcome = outcomes[title]
    assert outcome["status"] == "passed", "\n".join(error["message"] for error in outcome["errors"])


def test_every_claim_of_clerk_testing_is_asked_for(outcomes: dict[str, Any]) -> None:
    assert set(outcomes) == CLAIMS
