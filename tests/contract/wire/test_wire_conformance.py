"""Every implemented operation answers what the published OpenAPI file says, in success and in refusal.

The comparison itself is done by the `http` client, on each response of every test that uses it; these tests see to it
that no operation is left out.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from openapi import Specification

IMPLEMENTED = {
    "GET /jwks",
    "GET /instance",
    "PATCH /instance",
    "GET /instance/organization_settings",
    "PATCH /instance/organization_settings",
    "GET /users",
    "POST /users",
    "GET /users/count",
    "GET /users/{user_id}",
    "PATCH /users/{user_id}",
    "DELETE /users/{user_id}",
    "PATCH /users/{user_id}/metadata",
    "PUT /users/{user_id}/metadata",
    "GET /sessions",
    "POST /sessions",
    "GET /sessions/{session_id}",
    "POST /sessions/{session_id}/revoke",
    "POST /sessions/{session_id}/tokens",
    "POST /sessions/{session_id}/tokens/{template_name}",
    "GET /jwt_templates",
    "POST /jwt_templates",
    "GET /jwt_templates/{template_id}",
    "PATCH /jwt_templates/{template_id}",
    "DELETE /jwt_templates/{template_id}",
}

METADATA = {"public_metadata": {"plan": "pro"}}
TEMPLATE = {"name": "conformance", "claims": {"email": "{{user.primary_email_address}}"}}
BODIES: dict[str, Any] = {
    "POST /users": {
        "email_address": ["everything@example.com"],
        "phone_number": ["+12025550143"],
        "username": "everything",
        "password": "correct horse battery staple",
        "public_metadata": {"a": [1, {"b": None}]},
        "unsafe_metadata": {"c": "d"},
        "locale": "en-US",
    },
    "PATCH /instance": {"support_email": "help@example.com", "clerk_js_version": "6"},
    "PATCH /instance/organization_settings": {"max_allowed_memberships": 50, "domains_enabled": False},
    "PATCH /users/{user_id}": {"last_name": "King"},
    "PATCH /users/{user_id}/metadata": METADATA,
    "PUT /users/{user_id}/metadata": METADATA,
    "POST /sessions/{session_id}/tokens": {"expires_in_seconds": 30},
    "POST /jwt_templates": TEMPLATE | {"name": "conformance-2"},
    "PATCH /jwt_templates/{template_id}": TEMPLATE,
}
"""What a success sends; `POST /sessions` is filled in below."""

REFUSED: dict[str, dict[str, Any]] = {
    "GET /users": {"limit": 501},
    "GET /users/count": {"limit": -1, "banned": "perhaps"},
}
"""Queries that operations without an id in their path refuse; the others are asked with a wrong key."""


@pytest.fixture
def things(new_user: Callable[..., Any], new_session: Callable[..., Any], http: httpx.Client) -> dict[str, str]:
    """One of each thing that a path may name."""
    user = new_user()
    http.post("/jwt_templates", json=TEMPLATE)
    templates = http.get("/jwt_templates", params={"limit": 500}).json()
    template_id = next(template["id"] for template in templates if template["name"] == TEMPLATE["name"])
    session = new_session(user["id"])
    return {
        "user_id": user["id"],
        "session_id": session["id"],
        "template_id": template_id,
        "template_name": "conformance",
    }


def fill(operation: str, things: dict[str, str]) -> tuple[str, str]:
    """The method and the path of an operation, its parameters filled in."""
    method, _, path = operation.partition(" ")
    return method, path.format_map(things)


@pytest.mark.parametrize("operation", sorted(IMPLEMENTED))
def test_a_success_is_as_published(
    http: httpx.Client, specification: Specification, things: dict[str, str], operation: str
) -> None:
    body = {"user_id": things["user_id"]} if operation == "POST /sessions" else BODIES.get(operation)
    method, path = fill(operation, things)
    answer = http.request(method, path, json=body)
    if operation in {"POST /users", "POST /jwt_templates"}:
        http.delete(f"{path}/{answer.json().get('id')}")
    status = 204 if operation == "PATCH /instance" else 200
    assert answer.status_code == status, answer.text
    assert status in specification.tally[operation]


@pytest.mark.parametrize("operation", sorted(IMPLEMENTED))
def test_a_refusal_is_as_published(http: httpx.Client, specification: Specification, operation: str) -> None:
    unknown = dict.fromkeys(("user_id", "session_id", "template_id", "template_name"), "none")
    method, path = fill(operation, unknown)
    has_id = "{" in operation
    headers = {} if has_id or operation in REFUSED or method == "POST" else {"Authorization": "Bearer sk_test_wrong"}
    body = BODIES.get(operation) if has_id else {"name": 7, "user_id": 7, "email_address": 7}
    answer = http.request(
        method, path, params=REFUSED.get(operation), headers=headers, json=None if method == "GET" else body
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["errors"][0]["code"]
    assert answer.status_code in specification.tally[operation]


def test_the_published_file_has_every_implemented_operation(specification: Specification) -> None:
    assert specification.names() >= IMPLEMENTED


def test_a_wrong_response_would_be_noticed(
    specification: Specification, things: dict[str, str], http: httpx.Client
) -> None:
    good = http.get(f"/users/{things['user_id']}")
    bad = httpx.Response(200, json=good.json() | {"unpublished": 1}, request=good.request)
    with pytest.raises(AssertionError, match="unpublished"):
        specification.check_response(bad)
    textual = httpx.Response(200, text=good.text, request=good.request)
    with pytest.raises(AssertionError):
        specification.check_response(textual)


@pytest.mark.parametrize("status", [201, 302, 500])
def test_a_status_that_is_not_published_would_be_noticed(
    specification: Specification, http: httpx.Client, status: int
) -> None:
    request = http.build_request("GET", "/jwks")
    with pytest.raises(AssertionError, match="not in the file"):
        specification.check_response(httpx.Response(status, json={}, request=request))
