"""Whether tickets, bans and passwords on the Backend API are told as the published description says."""

from pathlib import Path
from typing import Any

import pytest
from faces import Api
from openapi import Specification, load_specification


@pytest.fixture(scope="module")
def specification(shared: Path) -> Specification:
    """The published description."""
    return load_specification(shared / "contract/openapi/bapi-2026-05-12.yml", "/v1")


def test_each_answer_is_what_the_published_description_says(api: Api, specification: Specification) -> None:
    password = {"password": "correct horse battery"}
    user_id = api.new_user(**password)["id"]

    def ask(path: str, body: Any = None) -> Any:
        answer = api.send("POST", f"/v1{path}", **({} if body is None else {"json": body}))
        specification.check_response(answer)
        return answer.json()

    for kind, actor in (("sign_in_tokens", {}), ("actor_tokens", {"actor": {"sub": "user_admin"}})):
        made = ask(f"/{kind}", {"user_id": user_id, **actor})
        for ticket_id in (made["id"], made["id"], "x"):
            ask(f"/{kind}/{ticket_id}/revoke")
        ask(f"/{kind}", {"user_id": "x", **actor})
        ask(f"/{kind}", {"user_id": user_id, **actor, "expires_in_seconds": 0})
    ask("/testing_tokens")
    ask(f"/users/{user_id}/verify_password", password)
    for mark in ("ban", "unban", "lock", "unlock"):
        ask(f"/users/{user_id}/{mark}")
        ask(f"/users/x/{mark}")
    for mark in ("ban", "unban"):
        ask(f"/users/{mark}", {"user_ids": [user_id]})
        ask(f"/users/{mark}", {"user_ids": []})
    ask(f"/users/{user_id}/remove_password", {"sign_out_of_other_sessions": True})
    assert len(specification.tally) == 13
    assert all(200 in statuses for statuses in specification.tally.values()), specification.tally
