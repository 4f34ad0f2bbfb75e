"""`examples/express` against the same instance as the Next.js example."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chromium import Visitor
from next_example import Instance, find_free_port, running_application
from packages import install_packages
from places import (
    IDENTIFIER,
    Person,
    Site,
    give_identifier,
    give_password,
    read_claims,
    wait_for_clerk,
    wait_for_session,
)

HOSTED_IDENTIFIER, HOSTED_PASSWORD = "#identifier", "#password"
FOLDER = Path(__file__).resolve().parents[2] / "examples" / "express"


@pytest.fixture(scope="module")
def express(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the Express example."""
    install_packages(FOLDER)
    folder, port = tmp_path_factory.mktemp("express"), find_free_port()
    for name in ("server.mjs", "page.mjs", "package.json"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    environment = name_variables(site.instance) | {"PORT": str(port)}
    with running_application(["node", "server.mjs"], folder, port, environment) as url:
        yield url


def name_variables(instance: Instance) -> dict[str, str]:
    """The variables that `claimsmith dev` prints for Express."""
    return {
        "CLERK_PUBLISHABLE_KEY": instance.publishable_key,
        "CLERK_SECRET_KEY": instance.secret_key,
        "CLERK_API_URL": instance.url,
        "CLERK_PROXY_URL": instance.url,
        "CLERK_JS_URL": f"{instance.url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
        "CLERK_UI_URL": f"{instance.url}/npm/@clerk/ui@1/dist/ui.browser.js",
        "CLERK_TELEMETRY_DISABLED": "1",
    }


def test_express_signed_out_is_a_401(express: str) -> None:
    answer = httpx.get(f"{express}/api/example", trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["x-clerk-auth-status"] == "signed-out"


def test_express_reads_the_claims_of_a_bearer_token(express: str, site: Site, person: Person) -> None:
    session = site.backend.post("/sessions", json={"user_id": person.id}).json()
    token = site.backend.post(f"/sessions/{session['id']}/tokens").json()["jwt"]
    answer = httpx.get(f"{express}/api/example", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.json() == {"firstName": "Ada Lovelace", "primaryEmail": person.email}


def test_express_signs_in_on_its_page_and_reads_the_claims(visitor: Visitor, express: str, person: Person) -> None:
    tab = visitor.open_tab(express)
    assert len(visitor.requests("/v1/client/handshake")) == 1
    tab.wait_for(IDENTIFIER)
    give_identifier(tab, person.email)
    give_password(tab, person.password)
    tab.wait_for("text=Welcome, Ada Lovelace")
    wait_for_session(tab)
    assert read_claims(tab)["sub"] == person.id
    assert tab.fetch_json("/api/example") == (200, {"firstName": "Ada Lovelace", "primaryEmail": person.email})


def test_an_application_without_a_sign_in_page_gets_the_hosted_one(
    visitor: Visitor, express: str, site: Site, person: Person
) -> None:
    tab = visitor.open_tab(express)
    wait_for_clerk(tab)
    tab.evaluate("void Clerk.redirectToSignIn()")
    tab.wait_for_url(f"{site.instance.url}/sign-in**")
    tab.fill(HOSTED_IDENTIFIER, person.email)
    tab.fill(HOSTED_PASSWORD, person.password)
    tab.call("press", HOSTED_PASSWORD, "Enter")
    tab.wait_for("text=Welcome, Ada Lovelace")
    assert tab.url == f"{express}/"
    wait_for_session(tab)
    assert read_claims(tab)["sub"] == person.id
