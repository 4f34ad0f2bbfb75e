"""Sessions through both SDKs and plain HTTP (contract 5.3, 5.4)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from clerk_backend_api import Clerk, models
from node_sdk import NodeError, NodeSdk


def test_the_python_sdk_creates_gets_lists_and_revokes_a_session(clerk: Clerk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    session = clerk.sessions.create(request={"user_id": user["id"]})
    assert session.id.startswith("sess_")
    assert (session.user_id, session.status) == (user["id"], models.Status.ACTIVE)
    assert session.expire_at > session.created_at
    assert clerk.sessions.get(session_id=session.id).id == session.id
    assert [listed.id for listed in clerk.sessions.list(user_id=user["id"])] == [session.id]
    assert clerk.sessions.revoke(session_id=session.id).status is models.Status.REVOKED
    assert clerk.sessions.list(user_id=user["id"], status=models.QueryParamStatus.ACTIVE) == []
    assert clerk.sessions.get(session_id=session.id).status is models.Status.REVOKED


@pytest.mark.node
def test_the_node_sdk_creates_gets_lists_and_revokes_a_session(node: NodeSdk, new_user: Callable[..., Any]) -> None:
    user = new_user()
    session = node("sessions.createSession", {"userId": user["id"]})
    assert (session["userId"], session["status"]) == (user["id"], "active")
    assert node("sessions.getSession", session["id"])["id"] == session["id"]
    page = node("sessions.getSessionList", {"userId": user["id"]})
    assert ([listed["id"] for listed in page["data"]], page["totalCount"]) == ([session["id"]], 1)
    assert node("sessions.revokeSession", session["id"])["status"] == "revoked"
    assert node("sessions.getSessionList", {"userId": user["id"], "status": "active"}) == {"data": [], "totalCount": 0}


def test_a_list_of_sessions_is_bare_or_paginated_as_asked(
    http: httpx.Client, new_user: Callable[..., Any], new_session: Callable[..., Any]
) -> None:
    user = new_user()
    ids = [new_session(user["id"])["id"] for _ in range(2)]
    bare = http.get("/sessions", params={"user_id": user["id"]}).json()
    assert [session["id"] for session in bare] == ids[::-1], "newest first"
    page = http.get("/sessions", params={"user_id": user["id"], "paginated": "true", "limit": 1, "offset": 1}).json()
    assert ([session["id"] for session in page["data"]], page["total_count"]) == (ids[:1], 2)


def test_a_revoked_session_mints_nothing_for_the_python_sdk(clerk: Clerk, new_session: Callable[..., Any]) -> None:
    session = new_session()
    assert clerk.sessions.create_token(session_id=session["id"]).jwt
    clerk.sessions.revoke(session_id=session["id"])
    with pytest.raises(models.ClerkErrors) as refused:
        clerk.sessions.create_token(session_id=session["id"])
    assert refused.value.status_code in {401, 404}
    problem = refused.value.data.errors[0]
    assert problem.code
    assert problem.message
    assert problem.long_message


@pytest.mark.node
def test_a_revoked_session_mints_nothing_for_the_node_sdk(node: NodeSdk, new_session: Callable[..., Any]) -> None:
    session = new_session()
    assert node("sessions.getToken", session["id"])["jwt"]
    node("sessions.revokeSession", session["id"])
    with pytest.raises(NodeError) as refused:
        node("sessions.getToken", session["id"])
    assert refused.value.name == "ClerkAPIResponseError"
    assert refused.value.status in {401, 404}
    assert refused.value.errors[0]["code"]
    assert refused.value.trace_id


def test_revoking_twice_is_not_an_error_of_the_server(http: httpx.Client, new_session: Callable[..., Any]) -> None:
    path = f"/sessions/{new_session()['id']}/revoke"
    assert http.post(path).status_code == 200
    assert http.post(path).status_code in {200, 400, 404}


@pytest.mark.parametrize("body", [None, b"", b"{}"])
def test_a_mint_reads_no_body_an_empty_one_and_an_empty_object_alike(
    http: httpx.Client, new_session: Callable[..., Any], body: bytes | None
) -> None:
    # @clerk/backend says `Content-Type: application/json` and sends nothing; clerk-backend-api sends `{}`.
    headers = {"Content-Type": "application/json"}
    minted = http.post(f"/sessions/{new_session()['id']}/tokens", content=body, headers=headers)
    assert minted.status_code == 200
    assert minted.json()["object"] == "token"
