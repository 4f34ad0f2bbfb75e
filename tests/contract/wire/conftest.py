"""A running server, and three ways to talk to it: plain HTTP, `clerk-backend-api`, `@clerk/backend`."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from clerk_backend_api import Clerk
from node_sdk import NodeSdk, install_packages, running_node
from openapi import Specification, load_specification
from servers import Server

BAPI_FILE = "contract/openapi/bapi-2026-05-12.yml"
SEED_CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
"""The template of the seed document."""

SPECIFICATION = pytest.StashKey[Specification]()

NewUser = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def specification(shared: Path, claimsmith_server: Server, pytestconfig: pytest.Config) -> Specification:
    """The published OpenAPI file of the Backend API."""
    prefix = urlsplit(claimsmith_server.bapi_url).path.rstrip("/") + "/v1"
    pytestconfig.stash[SPECIFICATION] = load_specification(shared / BAPI_FILE, prefix)
    return pytestconfig.stash[SPECIFICATION]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the conformance figure: operations x statuses."""
    specification = config.stash.get(SPECIFICATION, None)
    if specification and specification.tally:
        pairs = sum(map(len, specification.tally.values()))
        operations = len(specification.tally)
        terminalreporter.write_line(f"OpenAPI conformance: {operations} operations, {pairs} statuses as published")


@pytest.fixture(scope="session")
def check_response(request: pytest.FixtureRequest) -> Callable[[httpx.Response], None]:
    """Compares every response with the published file, or does nothing where the file isn't."""
    try:
        specification: Specification = request.getfixturevalue("specification")
    except pytest.skip.Exception:
        return lambda _: None
    return specification.check_response


@pytest.fixture(scope="session")
def http(claimsmith_server: Server, check_response: Callable[[httpx.Response], None]) -> Iterator[httpx.Client]:
    """Plain HTTP with the secret key; every response is compared with the published file."""
    with httpx.Client(
        base_url=claimsmith_server.bapi_url.rstrip("/") + "/v1",
        headers={"Authorization": f"Bearer {claimsmith_server.secret_key}"},
        event_hooks={"response": [check_response]},
        trust_env=False,
        timeout=20,
    ) as client:
        yield client


@pytest.fixture(scope="session")
def open_clerk(
    claimsmith_server: Server, check_response: Callable[[httpx.Response], None]
) -> Iterator[Callable[[str], Clerk]]:
    """Makes a `clerk-backend-api` client with a secret key of choice; its traffic is compared with the file too."""
    with httpx.Client(event_hooks={"response": [check_response]}, trust_env=False, timeout=20) as client:
        # Without `retry_config=None` the SDK repeats a 5xx for up to an hour.
        yield lambda secret_key: Clerk(
            bearer_auth=secret_key, server_url=f"{claimsmith_server.bapi_url}/v1", client=client, retry_config=None
        )


@pytest.fixture(scope="session")
def clerk(claimsmith_server: Server, open_clerk: Callable[[str], Clerk]) -> Clerk:
    """`clerk-backend-api` with the server's own key."""
    return open_clerk(claimsmith_server.secret_key)


@pytest.fixture(scope="session")
def node(claimsmith_server: Server) -> Iterator[NodeSdk]:
    """`@clerk/backend` with the server's own keys. Tests that use it are marked `node`."""
    install_packages()
    with running_node(claimsmith_server) as sdk:
        yield sdk


@pytest.fixture(scope="session")
def new_email() -> Callable[[], str]:
    """E-mail addresses that no user has yet."""
    counter = itertools.count(1)
    return lambda: f"ada{next(counter)}@example.com"


@pytest.fixture(scope="session")
def new_user(http: httpx.Client, new_email: Callable[[], str]) -> NewUser:
    """Creates users over HTTP, Ada Lovelace unless told otherwise; gives the wire's user."""

    def create_user(**fields: Any) -> dict[str, Any]:
        body = {"first_name": "Ada", "last_name": "Lovelace", "email_address": [new_email()], **fields}
        response = http.post("/users", json=body)
        assert response.status_code == 200, response.text
        user: dict[str, Any] = response.json()
        return user

    return create_user


@pytest.fixture(scope="session")
def new_session(http: httpx.Client, new_user: NewUser) -> Callable[..., dict[str, Any]]:
    """Creates sessions over HTTP, of a new user unless told otherwise; gives the wire's session."""

    def create_session(user_id: str | None = None) -> dict[str, Any]:
        response = http.post("/sessions", json={"user_id": user_id or new_user()["id"]})
        assert response.status_code == 200, response.text
        session: dict[str, Any] = response.json()
        return session

    return create_session


@pytest.fixture(scope="session")
def seed_claims(claimsmith_server: Server, http: httpx.Client) -> dict[str, str]:
    """Sets the seed document's two custom claims through the Platform route, as its owner would in the dashboard."""
    path = f"/platform/applications/app_any/instances/{claimsmith_server.instance_id}/config"
    response = http.patch(path, json={"session": {"claims": SEED_CLAIMS}})
    assert response.status_code == 200, response.text
    return SEED_CLAIMS
