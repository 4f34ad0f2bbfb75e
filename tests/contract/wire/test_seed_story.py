"""The seed document's story, from the template to the application, through plain HTTP and unmodified SDKs only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jwt
import pytest
from node_sdk import install_packages, running_node
from servers import Server, running_server

SEED = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
MAX_COOKIE_BYTES = 4096


ARGUMENTS = ("--ephemeral", "--no-demo")
"""A fresh instance: nobody has customised its session token, nobody has signed up."""


@contextmanager
def open_http(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.secret_key}"}
    with httpx.Client(base_url=f"{server.bapi_url}/v1", headers=headers, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("seed"), *ARGUMENTS) as fresh:
        yield fresh


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with open_http(server) as client:
        yield client


def set_claims(http: httpx.Client, server: Server, claims: dict[str, Any]) -> httpx.Response:
    path = f"/platform/applications/app_mine/instances/{server.instance_id}/config"
    return http.patch(path, json={"session": {"claims": claims}})


def sign_in(http: httpx.Client, **user: Any) -> str:
    """The id of a session of a new user."""
    created = http.post("/users", json=user)
    assert created.status_code == 200, created.text
    session_id: str = http.post("/sessions", json={"user_id": created.json()["id"]}).json()["id"]
    return session_id


def mint(http: httpx.Client, session_id: str) -> str:
    minted = http.post(f"/sessions/{session_id}/tokens")
    assert minted.status_code == 200, minted.text
    token: str = minted.json()["jwt"]
    return token


def read_verified(server: Server, token: str) -> dict[str, Any]:
    """The claims of a token, verified as a third party would: with the published keys and nothing else."""
    keys = httpx.get(f"{server.fapi_url}/.well-known/jwks.json", trust_env=False).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options={"verify_iat": False}, leeway=5)
    return claims


def test_the_story(start_server: Callable[..., Server]) -> None:
    server = start_server(*ARGUMENTS)
    with open_http(server) as http:
        tell_story(http, server)


def tell_story(http: httpx.Client, server: Server) -> None:
    session_id = sign_in(http, first_name="Grace", last_name="Hopper", email_address=["grace@example.com"])

    # By default, a session token has the claims that are needed to function, and no others.
    before = read_verified(server, mint(http, session_id))
    assert before.keys() <= {"exp", "iat", "nbf", "iss", "jti", "sid", "sub", "sts", "fva", "v"}

    # The owner adds two claims; the next token has them, without a new sign-in.
    assert set_claims(http, server, SEED).status_code == 200
    after = read_verified(server, mint(http, session_id))
    assert {"firstName": after["fullName"], "primaryEmail": after["primaryEmail"]} == {
        "firstName": "Grace Hopper",
        "primaryEmail": "grace@example.com",
    }
    assert before.keys() <= after.keys(), "default claims stay"
    assert after["sid"] == before["sid"] == session_id


def test_a_missing_value_is_null_and_blocks_nobody(http: httpx.Client, server: Server) -> None:
    assert set_claims(http, server, SEED).status_code == 200
    claims = read_verified(server, mint(http, sign_in(http, username="nobody", password="correct horse battery")))
    assert claims["primaryEmail"] is None


def test_the_whole_cookie_never_exceeds_4_kilobytes(http: httpx.Client, server: Server) -> None:
    assert set_claims(http, server, SEED | {"bio": "{{user.public_metadata.bio}}"}).status_code == 200
    session_id = sign_in(http, email_address=["long@example.com"], public_metadata={"bio": "x" * 6000})
    token = mint(http, session_id)
    assert len(f"__session_12345678{token}") <= MAX_COOKIE_BYTES
    claims = read_verified(server, token)
    assert "bio" not in claims
    assert claims["_omitted"] == ["bio"]
    assert claims["primaryEmail"] == "long@example.com", "what fits stays"


def test_default_claims_cannot_be_overridden(http: httpx.Client, server: Server) -> None:
    refused = set_claims(http, server, SEED | {"sub": "user_somebody_else"})
    assert refused.status_code == 422
    assert "sub" in refused.json()["errors"][0]["long_message"]


@pytest.mark.node
def test_the_application_of_the_document_reads_the_claims_with_an_unmodified_sdk(
    http: httpx.Client, server: Server
) -> None:
    install_packages()
    assert set_claims(http, server, SEED).status_code == 200
    session_id = sign_in(http, first_name="Joan", last_name="Clarke", email_address=["joan@example.com"])
    facts = {"url": "http://localhost:3000/api/example", "method": "GET"}
    with running_node(server) as node:
        headers = {"Authorization": f"Bearer {mint(http, session_id)}"}
        claims = node("authenticateRequest", facts | {"headers": headers}, {})["auth"]["sessionClaims"]
    assert (claims["fullName"], claims["primaryEmail"]) == ("Joan Clarke", "joan@example.com")
