"""What both SDKs make of a refusal (contract 5.3): one shape, stable codes, the parameter's name."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from clerk_backend_api import Clerk, models
from clerk_backend_api.security.types import TokenVerificationError, TokenVerificationErrorReason, VerifyTokenOptions
from clerk_backend_api.security.verifytoken import verify_token
from node_sdk import NodeError, NodeSdk
from servers import Server

WRONG_KEY = "sk_test_" + "0" * 40


def read_error(response: httpx.Response) -> dict[str, Any]:
    """The only error of an answer, its envelope checked."""
    body = response.json()
    assert set(body) == {"errors", "clerk_trace_id"}
    assert body["clerk_trace_id"]
    (error,) = body["errors"]
    assert {"code", "message", "long_message"} <= set(error) <= {"code", "message", "long_message", "meta"}
    return dict(error)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users"),
        ("GET", "/jwks"),
        ("GET", "/instance"),
        ("GET", "/sessions"),
        ("POST", "/sessions/sess_x/tokens"),
    ],
)
def test_an_unknown_secret_key_is_clerk_key_invalid_everywhere(http: httpx.Client, method: str, path: str) -> None:
    refused = http.request(method, path, headers={"Authorization": f"Bearer {WRONG_KEY}"})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/json"
    assert read_error(refused)["code"] == "clerk_key_invalid"


def test_no_secret_key_is_authentication_invalid(claimsmith_server: Server) -> None:
    refused = httpx.get(f"{claimsmith_server.bapi_url}/v1/jwt_templates", trust_env=False)
    assert refused.status_code == 401
    assert read_error(refused)["code"] == "authentication_invalid"


@pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")
def test_the_python_sdk_parses_a_wrong_key(open_clerk: Callable[[str], Clerk]) -> None:
    with pytest.raises(models.ClerkErrors) as refused:
        open_clerk(WRONG_KEY).users.list(request={})
    assert refused.value.status_code == 401
    assert refused.value.data.errors[0].code == "clerk_key_invalid"


@pytest.mark.node
def test_the_node_sdk_parses_a_wrong_key(node: NodeSdk) -> None:
    with pytest.raises(NodeError) as refused:
        node("users.getUserList", {}, options={"secretKey": WRONG_KEY})
    assert (refused.value.name, refused.value.status) == ("ClerkAPIResponseError", 401)
    assert refused.value.errors[0]["code"] == "clerk_key_invalid"
    assert refused.value.trace_id


@pytest.mark.node
def test_verifying_with_a_wrong_key_has_the_reason_secret_key_invalid(
    node: NodeSdk, claimsmith_server: Server, http: httpx.Client, new_session: Callable[..., Any]
) -> None:
    token = http.post(f"/sessions/{new_session()['id']}/tokens").json()["jwt"]
    with pytest.raises(NodeError) as refused:
        node("verifyToken", token, {"secretKey": WRONG_KEY, "apiUrl": claimsmith_server.bapi_url})
    assert refused.value.reason == "secret-key-invalid"
    with pytest.raises(TokenVerificationError) as failed:
        verify_token(token, VerifyTokenOptions(secret_key=WRONG_KEY, api_url=claimsmith_server.bapi_url))
    assert failed.value.reason is TokenVerificationErrorReason.JWK_FAILED_TO_LOAD


def test_the_python_sdk_parses_the_name_of_a_wrong_parameter(clerk: Clerk) -> None:
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.users.create(email_address=["not an address"])
    assert refused.value.status_code == 422
    problem = refused.value.data.errors[0]
    assert problem.code == "form_param_format_invalid"
    assert problem.meta == {"param_name": "email_address"}


@pytest.mark.node
def test_the_node_sdk_parses_the_name_of_a_wrong_parameter(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    taken = new_user()["email_addresses"][0]["email_address"]
    with pytest.raises(NodeError) as refused:
        node("users.createUser", {"emailAddress": [taken]})
    assert refused.value.status == 422
    problem = refused.value.errors[0]
    assert problem["code"] == "form_identifier_exists"
    assert problem["meta"]["paramName"] == "email_address"
    assert problem["longMessage"]


def test_a_taken_address_is_not_half_written(http: httpx.Client, new_user: Callable[..., Any]) -> None:
    taken = new_user()["email_addresses"][0]["email_address"]
    before = http.get("/users/count").json()["total_count"]
    refused = http.post("/users", json={"email_address": ["fresh-address@example.com", taken]})
    assert read_error(refused)["code"] == "form_identifier_exists"
    assert http.get("/users/count").json()["total_count"] == before
    assert http.get("/users", params={"email_address": "fresh-address@example.com"}).json() == []


def test_a_session_needs_a_user(http: httpx.Client) -> None:
    missing = http.post("/sessions", json={})
    assert (missing.status_code, read_error(missing)["meta"]) == (422, {"param_name": "user_id"})
    unknown = http.post("/sessions", json={"user_id": "user_0000000000000000000000000000"})
    assert (unknown.status_code, read_error(unknown)["code"]) == (404, "resource_not_found")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"user_id": 7}', b"[" * 100_000])
def test_a_body_that_is_no_object_is_a_4xx_in_the_wires_shape(http: httpx.Client, body: bytes) -> None:
    refused = http.post("/sessions", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code in {400, 413, 422}
    assert read_error(refused)["code"]


@pytest.mark.parametrize("path", ["/users/user_none", "/sessions/sess_none", "/jwt_templates/jtmp_none"])
def test_an_unknown_id_is_resource_not_found(http: httpx.Client, path: str) -> None:
    refused = http.get(path)
    assert (refused.status_code, read_error(refused)["code"]) == (404, "resource_not_found")


def test_an_unknown_route_is_json_too(http: httpx.Client) -> None:
    refused = http.get("/no_such_route")
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/json"
    assert read_error(refused)["code"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "many"}, {"offset": -1}])
def test_a_page_out_of_bounds_names_its_parameter(http: httpx.Client, query: dict[str, Any]) -> None:
    refused = http.get("/users", params=query)
    assert refused.status_code == 422
    assert read_error(refused)["meta"]["param_name"] in query


@pytest.mark.parametrize("version", ["2026-08-20", "2026-05-12", "2025-11-10", "2021-02-05"])
def test_every_api_version_is_accepted(http: httpx.Client, version: str) -> None:
    # clerk-backend-api says 2025-11-10, @clerk/backend 2026-05-12, clerk-js a later one than is published.
    assert http.get("/users", headers={"Clerk-API-Version": version}).status_code == 200
