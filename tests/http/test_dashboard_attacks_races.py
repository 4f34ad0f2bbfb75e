"""Administrators who do the same at the same moment, on both engines; and scans that others must not feel."""

import asyncio
import time
from typing import Any

import msgspec
import pytest
from dashboard import Visitor, sign_in
from faces import CONFIG, Api, Open

from claimsmith_server.core.models import ClaimsDraft
from claimsmith_server.services import signing_keys
from claimsmith_server.services.claims_population import AskPopulation, measure_population
from claimsmith_server.store import claims_drafts

FORM = "application/x-www-form-urlencoded"
Pair = tuple[Api, Api]


@pytest.fixture
def pair(open_on_engine: Open) -> Pair:
    """Two services over one database."""
    return open_on_engine(), open_on_engine()


async def send(visitor: Visitor, method: str, path: str, body: Any = None) -> int:
    """The status of a request that is sent while others are; a text is a form, anything else JSON."""
    headers = {
        "Content-Type": FORM if isinstance(body, str) else "application/json",
        "Cookie": f"{visitor.cookie}={visitor.token}",
        "Origin": visitor.origin,
        "X-CSRF-Token": visitor.csrf_token,
    }
    content = body if isinstance(body, str) else msgspec.json.encode(body)
    answer = await visitor.api._client.request(method, path, content=content, headers=headers)
    return int(answer.status_code)


def list_statuses(api: Api) -> list[str]:
    lives = api.run(signing_keys.list_key_lives(api.service, api.tenants[0].instance))
    return sorted(life.key.status for life in lives)


def test_K_004_of_many_who_publish_a_signing_key_at_once_one_does(pair: Pair) -> None:
    visitors = [sign_in(api) for api in pair]
    codes = pair[0].together(*[send(one, "POST", "/dashboard/signing-keys", "algorithm=ES256") for one in visitors * 3])
    assert sorted(codes) == [303, 422, 422, 422, 422, 422]
    assert list_statuses(pair[0]) == ["active", "pending"]


def test_K_009_of_two_who_activate_two_keys_at_once_each_is_told_and_one_key_signs(pair: Pair) -> None:
    first, second = pair
    instance = first.tenants[0].instance
    for _ in range(3):
        kids = [first.run(signing_keys.publish_pending(first.service, instance, "ES256")) for _ in pair]
        for api in pair:
            api.now += signing_keys.PUBLISH_BEFORE_USE_MILLISECONDS
        told = first.together(
            *[
                signing_keys.activate_pending(api.service, instance, kid=kid)
                for api, kid in zip(pair, kids, strict=True)
            ]
        )
        assert told == kids
        assert list_statuses(first).count("active") == 1
        first.run(signing_keys.sign_and_verify(second.service, instance))


def test_of_many_who_publish_and_revert_at_once_each_version_is_made_once(pair: Pair) -> None:
    editors = [sign_in(api, "editor") for api in pair]
    claims = "/dashboard/api/claims/session"
    for base in range(2):
        assert pair[0].run(send(editors[0], "POST", claims, {"text": f'{{"n": {base}}}', "base_version": base})) == 200
    codes = pair[0].together(
        *[
            send(one, "POST", claims, {"text": f'{{"n": {10 + n}}}', "base_version": 2})
            for n, one in enumerate(editors * 3)
        ],
        *[send(one, "POST", "/dashboard/sessions/history/revert", "version=1&base_version=2") for one in editors],
    )
    assert min(codes) in {200, 303}
    assert sorted(codes)[1:] == [409] * 7
    versions = [pair[0].run(send(editors[0], "GET", f"/dashboard/api/history/session/{n}")) for n in (1, 2, 3, 4)]
    assert versions == [200, 200, 200, 404]


def test_a_change_of_other_settings_at_the_same_moment_is_no_conflict_for_who_publishes(pair: Pair) -> None:
    editors = [sign_in(api, "editor") for api in pair]
    change = {"session": {"token_lifetime_seconds": 100}}
    for base in range(3):
        codes = pair[0].together(
            *[
                send(one, "POST", "/dashboard/api/claims/session", {"text": f'{{"n": {base}}}', "base_version": base})
                for one in editors
            ],
            *[pair[0].ask("PATCH", f"/v1{CONFIG}", json=change) for _ in range(2)],
        )
        change["session"]["token_lifetime_seconds"] += 1
        assert 200 in codes[:2], codes


def test_a_draft_that_somebody_writes_during_a_publication_is_not_lost(pair: Pair) -> None:
    first = pair[0]
    editor, other = sign_in(first, "editor"), sign_in(first, "editor")
    instance = first.tenants[0].instance
    first.run(send(editor, "PUT", "/dashboard/api/drafts/session", {"text": "{}", "base_version": 0}))
    mine = first.run(claims_drafts.load_draft(first.service.database, instance.id, "session"))
    assert mine is not None
    first.run(send(other, "PUT", "/dashboard/api/drafts/session", {"text": '{"a": 1}', "base_version": 0}))
    assert not first.run(claims_drafts.delete_draft(first.service.database, instance.id, "session", seen=mine))
    theirs = first.run(claims_drafts.load_draft(first.service.database, instance.id, "session"))
    assert isinstance(theirs, ClaimsDraft)
    assert theirs.claims == '{"a": 1}'


def test_two_who_write_a_first_draft_at_once_both_succeed(pair: Pair) -> None:
    editors = [sign_in(api, "editor") for api in pair]
    body = {"text": "{}", "base_version": 0}
    codes = pair[0].together(*[send(one, "PUT", "/dashboard/api/drafts/session", body) for one in editors * 4])
    assert codes == [200] * 8


def test_of_two_tests_with_one_name_at_once_one_is_made(pair: Pair) -> None:
    editors = [sign_in(api, "editor") for api in pair]
    body = {"name": "of both", "context": {}, "expected": {}}
    codes = pair[0].together(*[send(one, "POST", "/dashboard/api/fixtures/session", body) for one in editors * 2])
    assert sorted(codes) == [200, 422, 422, 422]


def test_Z_006_an_owner_who_is_demoted_meanwhile_invites_nobody(pair: Pair) -> None:
    first, second = pair
    owner, other = sign_in(first), sign_in(second)
    path = f"/dashboard/team/{other.administrator.id}/role"
    for _ in range(3):
        codes = first.together(
            send(owner, "POST", path, "role=viewer"), send(other, "POST", "/dashboard/team/invitations", "role=owner")
        )
        assert codes[0] == 303
        assert codes[1] in {200, 401, 403}
        assert first.run(send(other, "POST", "/dashboard/team/invitations", "role=owner")) in {401, 403}
    page = owner.page("/dashboard/team")
    assert page.count("/revoke") == 0


@pytest.mark.parametrize(
    "text",
    [
        "{" + ",".join(f'"k{number}":1' for number in range(1_300)) + "}",
        "{" + ",".join(f'"c{number}":"{{{{user.public_metadata}}}}"' for number in range(100)) + "}",
        '{"c": "' + "{{user.public_metadata}}" * 100 + '"}',
    ],
    ids=["many claims", "whole objects", "one long text"],
)
def test_D_002_the_heaviest_templates_do_not_hold_up_other_requests(api: Api, text: str) -> None:
    for number in range(60):
        api.new_user(f"u{number}@example.com", public_metadata={f"k{n}": "v" * 70 for n in range(95)})
    gaps = [0.0]

    async def watch() -> None:
        while True:
            before = time.thread_time()  # what this thread computed: other programs do not count
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - before)

    async def scan() -> None:
        watching = asyncio.create_task(watch())
        asked = AskPopulation(target="session", text=text)
        assert [one async for one in await measure_population(api.service, api.tenants[0].instance, asked)]
        watching.cancel()

    api.run(scan())
    assert len(gaps) > 20
    assert max(gaps) < 0.1


def test_D_010_a_test_of_a_template_has_a_size(api: Api) -> None:
    editor = sign_in(api, "editor")
    large = {"user": {"public_metadata": {"large": "x" * 70_000}}}
    body = {"name": "large", "text": "{}", "expected": {}, "context": large}
    answer = editor.json("POST", "/dashboard/api/fixtures/session", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "form_param_exceeds_allowed_size"
    assert editor.get("/dashboard/api/editor/session").json()["fixtures"] == []


def test_D_010_a_test_can_be_made_of_the_largest_user(api: Api) -> None:
    metadata = {"large": "é" * 4_050}
    user = api.new_user(public_metadata=metadata, unsafe_metadata=metadata)
    made = api.post("/organizations", {"name": "Acme", "created_by": user["id"], "public_metadata": metadata})
    api.patch(f"/organizations/{made['id']}/memberships/{user['id']}/metadata", {"public_metadata": metadata})
    subject = {"user_id": user["id"], "organization_id": made["id"]}
    body = {"name": "largest", "text": '{"u": "{{user.public_metadata}}"}', "subject": subject}
    answer = sign_in(api, "editor").json("POST", "/dashboard/api/fixtures/session", body)
    assert answer.status_code == 200, answer.text[:500]
