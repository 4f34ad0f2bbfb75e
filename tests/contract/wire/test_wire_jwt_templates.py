"""JWT templates and the tokens that they make (contract 3.1, 3.2)."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest
from clerk_backend_api import Clerk, models
from clerk_backend_api.security.types import VerifyTokenOptions
from clerk_backend_api.security.verifytoken import verify_token
from node_sdk import NodeError, NodeSdk
from servers import Server

from claimsmith import wire

AUDIENCE = "https://api.example.com"
CLAIMS: dict[str, Any] = {
    "aud": AUDIENCE,
    "email": "{{user.primary_email_address}}",
    "https://hasura.io/jwt/claims": {"x-hasura-user-id": "{{user.id}}", "x-hasura-roles": ["user"]},
    "plan": "{{user.public_metadata.plan || 'free'}}",
}

Template = dict[str, Any]


@pytest.fixture(scope="session")
def new_name() -> Callable[[], str]:
    counter = itertools.count(1)
    return lambda: f"template-{next(counter)}"


@pytest.fixture
def template(http: httpx.Client, new_name: Callable[[], str]) -> Iterator[Template]:
    """A template as the wire tells it; gone after the test."""
    created = http.post("/jwt_templates", json={"name": new_name(), "claims": CLAIMS, "lifetime": 120})
    assert created.status_code == 200, created.text
    yield created.json()
    http.delete(f"/jwt_templates/{created.json()['id']}")


def mint(http: httpx.Client, session_id: str, template: Template, **body: Any) -> str:
    minted = http.post(f"/sessions/{session_id}/tokens/{template['name']}", json=body)
    assert minted.status_code == 200, minted.text
    token: str = minted.json()["jwt"]
    return token


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


@pytest.mark.node
def test_the_node_sdk_creates_reads_changes_lists_and_deletes_a_template(
    node: NodeSdk, new_name: Callable[[], str]
) -> None:
    name = new_name()
    created = node("jwtTemplates.create", {"name": name, "claims": CLAIMS, "lifetime": 600, "allowedClockSkew": 10})
    assert created["id"].startswith("jtmp_")
    assert (created["claims"], created["lifetime"], created["allowedClockSkew"]) == (CLAIMS, 600, 10)
    assert (created["customSigningKey"], created["signingAlgorithm"]) == (False, "RS256")
    assert node("jwtTemplates.get", created["id"]) == created
    change = {"templateId": created["id"], "name": name, "claims": {"userId": "{{user.id}}"}}
    updated = node("jwtTemplates.update", change)
    assert updated["claims"] == {"userId": "{{user.id}}"}
    page = node("jwtTemplates.list", {"limit": 500})
    assert created["id"] in [listed["id"] for listed in page["data"]]
    assert page["totalCount"] >= 1
    assert node("jwtTemplates.delete", created["id"])["deleted"] is True
    with pytest.raises(NodeError) as refused:
        node("jwtTemplates.get", created["id"])
    assert (refused.value.status, refused.value.errors[0]["code"]) == (404, "resource_not_found")


def test_the_python_sdk_reads_lists_and_deletes_a_template(clerk: Clerk, template: Template) -> None:
    read = clerk.jwt_templates.get(template_id=template["id"])
    assert (read.name, read.lifetime, read.signing_algorithm) == (template["name"], 120, "RS256")
    assert template["id"] in [listed.id for listed in clerk.jwt_templates.list(limit=500)]
    deleted = clerk.jwt_templates.delete(template_id=template["id"])
    assert (deleted.object, deleted.deleted) == ("jwt_template", True)
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.jwt_templates.get(template_id=template["id"])
    assert refused.value.data.errors[0].code == "resource_not_found"


def test_the_python_sdk_creates_and_changes_a_template_but_its_model_drops_the_claims(
    clerk: Clerk, http: httpx.Client, new_name: Callable[[], str]
) -> None:
    # Its request model has no fields for claims (contract 3.1): whoever needs them writes them over HTTP.
    name = new_name()
    fields: Any = {"name": name, "claims": {"email": "{{user.id}}"}, "lifetime": 90}
    created = clerk.jwt_templates.create(request=fields)
    assert (created.name, created.lifetime) == (name, 90)
    assert http.get(f"/jwt_templates/{created.id}").json()["claims"] == {}
    updated = clerk.jwt_templates.update(template_id=created.id, name=f"{name}-2", claims={}, lifetime=300)
    assert (updated.name, updated.lifetime) == (f"{name}-2", 300)
    clerk.jwt_templates.delete(template_id=created.id)


def test_a_list_of_templates_is_bare_or_paginated_as_asked(http: httpx.Client, template: Template) -> None:
    bare = http.get("/jwt_templates", params={"limit": 500}).json()
    page = http.get("/jwt_templates", params={"limit": 500, "paginated": "true"}).json()
    assert template in bare
    assert (page["data"], page["total_count"]) == (bare, len(bare))


def test_a_template_token_has_its_own_category_lifetime_and_claims(
    http: httpx.Client, template: Template, new_user: Callable[..., Any], new_session: Callable[..., Any]
) -> None:
    user = new_user()
    token = mint(http, new_session(user["id"])["id"], template)
    header, claims = jwt.get_unverified_header(token), read_claims(token)
    assert header["cat"] == wire.CATEGORY_JWT_TEMPLATE
    assert claims["exp"] - claims["iat"] == 120
    assert claims["iat"] - claims["nbf"] == template["allowed_clock_skew"]
    assert claims["https://hasura.io/jwt/claims"] == {"x-hasura-user-id": user["id"], "x-hasura-roles": ["user"]}
    assert (claims["plan"], claims["email"]) == ("free", user["email_addresses"][0]["email_address"])
    assert claims.keys().isdisjoint({"sid", "v", "fva", "sts", "o", "fea", "pla"})


def test_a_template_token_may_be_asked_for_a_lifetime(
    http: httpx.Client, template: Template, new_session: Callable[..., Any]
) -> None:
    claims = read_claims(mint(http, new_session()["id"], template, expires_in_seconds=3600))
    assert claims["exp"] - claims["iat"] == 3600


def test_the_python_sdk_mints_from_a_template(
    clerk: Clerk, template: Template, new_session: Callable[..., Any]
) -> None:
    minted = clerk.sessions.create_token_from_template(session_id=new_session()["id"], template_name=template["name"])
    assert read_claims(minted.jwt or "")["plan"] == "free"


@pytest.mark.node
def test_the_node_sdk_mints_from_a_template_and_verifies_its_audience(
    node: NodeSdk, template: Template, claimsmith_server: Server, new_session: Callable[..., Any]
) -> None:
    token = node("sessions.getToken", new_session()["id"], template["name"])["jwt"]
    options = {"jwtKey": claimsmith_server.jwt_key, "audience": AUDIENCE}
    assert node("verifyToken", token, options)["plan"] == "free"
    with pytest.raises(NodeError) as refused:
        node("verifyToken", token, options | {"audience": "https://other.example.com"})
    assert refused.value.reason == "token-verification-failed"


@pytest.mark.node
@pytest.mark.parametrize("place", ["header", "cookie"])
def test_the_node_sdk_refuses_a_template_token_as_a_session_token(
    node: NodeSdk, http: httpx.Client, template: Template, new_session: Callable[..., Any], place: str
) -> None:
    token = mint(http, new_session()["id"], template)
    uat = read_claims(token)["iat"]
    cookies = f"{wire.SESSION_COOKIE}={token}; {wire.CLIENT_UAT_COOKIE}={uat}; {wire.DEV_BROWSER_COOKIE}=dvb_1"
    headers = {"Authorization": f"Bearer {token}"} if place == "header" else {"Cookie": cookies}
    state = node("authenticateRequest", {"url": "http://localhost:3000", "method": "GET", "headers": headers}, {})
    assert (state["status"], state["reason"]) == ("signed-out", "token-type-mismatch")


def test_the_python_sdk_reads_no_category_so_a_template_token_must_name_no_session(
    http: httpx.Client, template: Template, claimsmith_server: Server, new_session: Callable[..., Any]
) -> None:
    # clerk-backend-api 7.0.0 takes every RS256 JWT of the instance for a session token; all that keeps them apart
    # there is an `aud`, which it refuses unless it is asked for, and that no session is named.
    token = mint(http, new_session()["id"], template)
    claims = verify_token(token, VerifyTokenOptions(jwt_key=claimsmith_server.jwt_key, audience=AUDIENCE))
    assert "sid" not in claims
    with pytest.raises(Exception, match="audience"):
        verify_token(token, VerifyTokenOptions(jwt_key=claimsmith_server.jwt_key))


@pytest.mark.node
def test_an_unknown_template_is_not_found(node: NodeSdk, clerk: Clerk, new_session: Callable[..., Any]) -> None:
    session = new_session()
    with pytest.raises(NodeError) as refused:
        node("sessions.getToken", session["id"], "no-such-template")
    assert (refused.value.status, refused.value.errors[0]["code"]) == (404, "resource_not_found")
    with pytest.raises(models.ClerkErrors) as refused_too:
        clerk.sessions.create_token_from_template(session_id=session["id"], template_name="no-such-template")
    assert refused_too.value.data.errors[0].code == "resource_not_found"


@pytest.mark.parametrize(
    ("change", "param_name"),
    [
        ({"lifetime": 29}, "lifetime"),
        ({"lifetime": 315_360_001}, "lifetime"),
        ({"allowed_clock_skew": 301}, "allowed_clock_skew"),
        ({"claims": []}, "claims"),
        ({"name": 7}, "name"),
    ],
)
def test_a_template_out_of_bounds_is_refused_and_nothing_is_written(
    http: httpx.Client, new_name: Callable[[], str], change: dict[str, Any], param_name: str
) -> None:
    name = new_name()
    refused = http.post("/jwt_templates", json={"name": name, "claims": {}} | change)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["meta"]["param_name"] == param_name
    assert name not in [listed["name"] for listed in http.get("/jwt_templates", params={"limit": 500}).json()]


@pytest.mark.parametrize("reserved", ["azp", "exp", "iat", "iss", "jti", "nbf", "sub"])
def test_a_template_cannot_override_a_reserved_claim(
    http: httpx.Client, new_name: Callable[[], str], reserved: str
) -> None:
    refused = http.post("/jwt_templates", json={"name": new_name(), "claims": {reserved: "mine"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["meta"]["param_name"] == "claims"
