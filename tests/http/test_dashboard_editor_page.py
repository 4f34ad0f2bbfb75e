"""The editor's page without JavaScript: forms over the same services."""

import base64
import html
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from dashboard import Visitor, sign_in
from faces import Api
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.dashboard.session_claims import SESSION_CLAIMS, apply_fix, tint_class
from claimsmith_server.wire.claims_preview import ToldFix

NAMES = '{"fullName": "{{user.full_name}}"}'


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    return open_another(attempt_rate_limit=0)


@pytest.fixture
def visitor(api: Api) -> Visitor:
    return sign_in(api, "editor")


def make_user(api: Api, **fields: Any) -> str:
    body = {"email_address": ["ada@example.com"], "first_name": "Ada", "last_name": "Lovelace", **fields}
    answer = api.send("POST", "/v1/users", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def mint(api: Api, user_id: str) -> dict[str, Any]:
    """The claims of a fresh session token."""
    session = api.send("POST", "/v1/sessions", json={"user_id": user_id}).json()["id"]
    token = api.send("POST", f"/v1/sessions/{session}/tokens", json={}).json()["jwt"]
    claims: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def typed(page: str) -> str:
    """What stands in the text area."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def base_version(page: str) -> int:
    found = re.search(r'name="base_version" value="(\d+)"', page)
    assert found
    return int(found[1])


def test_checking_tells_findings_and_keeps_what_was_typed(visitor: Visitor) -> None:
    answer = visitor.post(SESSION_CLAIMS, {"text": '{"a": "{{organization.id}}"}', "action": "check"})
    assert answer.status_code == 200
    assert typed(answer.text) == '{"a": "{{organization.id}}"}'
    assert 'data-code="unknown_root"' in answer.text
    assert "Line 1, column" in answer.text


def test_a_fix_is_a_button_of_the_form(visitor: Visitor) -> None:
    form = {"text": '{"\U0001f980": 1, "a": "{{organization.id}}"}', "action": "fix-0"}
    assert typed(visitor.post(SESSION_CLAIMS, form).text) == '{"\U0001f980": 1, "a": "{{org.id}}"}'


@pytest.mark.parametrize("action", ["fix-7", "fix-", "fix--1", "fix-\u0663", "nonsense"])
def test_a_fix_that_is_none_changes_nothing(visitor: Visitor, action: str) -> None:
    answer = visitor.post(SESSION_CLAIMS, {"text": NAMES, "action": action})
    assert answer.status_code == 200
    assert typed(answer.text) == NAMES


def test_publishing_is_live_at_once_and_keeps_the_choice(api: Api, visitor: Visitor) -> None:
    user = make_user(api)
    form = {"text": NAMES, "action": "publish", "reason": "Greet people", "user_id": user, "version": "2"}
    target = visitor.done(SESSION_CLAIMS, form)
    assert target.startswith(f"{SESSION_CLAIMS}?done=published")
    assert user in target
    page = visitor.page(target)
    assert "These claims are live" in page
    assert "Ada Lovelace" in page
    assert mint(api, user)["fullName"] == "Ada Lovelace"


def test_errors_keep_the_text_and_publish_nothing(api: Api, visitor: Visitor) -> None:
    answer = visitor.post(SESSION_CLAIMS, {"text": '{"sub": 1, "a": "<b>"}', "action": "publish"})
    assert answer.status_code == 422
    assert typed(answer.text) == '{"sub": 1, "a": "<b>"}'
    assert "<b>" not in answer.text.replace("<bdi>", "")
    assert "a" not in mint(api, make_user(api))


def test_a_save_race_shows_theirs_beside_mine_and_loses_nothing(api: Api, visitor: Visitor) -> None:
    other = sign_in(api, "owner")
    other.done(SESSION_CLAIMS, {"text": '{"who": "theirs"}', "action": "publish"})
    answer = visitor.post(SESSION_CLAIMS, {"text": '{"who": "mine"}', "action": "publish", "base_version": 0})
    assert answer.status_code == 409
    assert typed(answer.text) == '{"who": "mine"}'
    assert "theirs" in answer.text
    assert base_version(answer.text) == 1
    form = {"text": '{"who": "mine"}', "action": "publish", "base_version": base_version(answer.text)}
    visitor.done(SESSION_CLAIMS, form)
    assert mint(api, make_user(api))["who"] == "mine"


def test_Z_010_a_viewer_reads_and_can_not_write(api: Api) -> None:
    viewer = sign_in(api, "viewer")
    page = viewer.page(SESSION_CLAIMS)
    assert "disabled" in page[page.index("<textarea") : page.index("</textarea>")]
    assert 'value="publish"' not in page
    assert viewer.post(SESSION_CLAIMS, {"text": NAMES, "action": "publish"}).status_code == 403
    assert "fullName" not in mint(api, make_user(api))


def test_the_token_shown_is_that_of_the_chosen_user_organization_and_version(api: Api, visitor: Visitor) -> None:
    user = make_user(api)
    made = api.send("POST", "/v1/organizations", json={"name": "Acme", "created_by": user}).json()
    visitor.done(SESSION_CLAIMS, {"text": '{"org": "{{org.name}}"}', "action": "publish"})
    shown = visitor.page(f"{SESSION_CLAIMS}?user_id={user}&organization={made['id']}")
    assert "&#34;Acme&#34;" in shown
    assert "&#34;Acme&#34;" not in visitor.page(f"{SESSION_CLAIMS}?user_id={user}&organization=none")
    linked = visitor.page(f"{SESSION_CLAIMS}?user_id={user}&organization_id={made['id']}&version=1")
    assert "org_role" in linked
    acting = visitor.page(f"{SESSION_CLAIMS}?user_id={user}&impersonated=true")
    assert "&#34;act&#34;" in acting


def test_hostile_names_and_claims_are_inert(api: Api, visitor: Visitor) -> None:
    hostile = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(2)>'
    make_user(api, first_name=hostile, last_name="{{user.id}}")
    text = msgspec.json.encode({hostile: "{{user.first_name}}"}).decode()
    answer = visitor.post(SESSION_CLAIMS, {"text": text, "action": "check"})
    assert typed(answer.text) == text
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text


def test_a_jwt_template_has_the_same_editor(api: Api, visitor: Visitor) -> None:
    body = {"name": "supabase", "claims": {"role": "authenticated"}}
    template = api.send("POST", "/v1/jwt_templates", json=body).json()["id"]
    path = f"/dashboard/jwt-templates/{template}/claims"
    page = visitor.page(path)
    assert f'data-editor="{template}"' in page
    form = {"text": '{"role": "admin"}', "action": "publish", "base_version": base_version(page)}
    visitor.done(path, form)
    assert api.send("GET", f"/v1/jwt_templates/{template}").json()["claims"] == {"role": "admin"}
    assert visitor.get("/dashboard/jwt-templates/jtmp_none/claims").status_code == 404


def test_a_form_that_can_not_be_read_changes_nothing(visitor: Visitor) -> None:
    assert visitor.post(SESSION_CLAIMS, {"text": NAMES, "base_version": "x"}).status_code == 422
    assert visitor.get(f"{SESSION_CLAIMS}?user_id=user_nobody").status_code == 404


@given(before=st.text(), cut=st.text(), after=st.text(), put=st.text())
def test_a_fix_counts_as_browsers_do(before: str, cut: str, after: str, put: str) -> None:
    start = len(before.encode("utf-16-le", "surrogatepass")) // 2
    end = start + len(cut.encode("utf-16-le", "surrogatepass")) // 2
    assert apply_fix(before + cut + after, ToldFix("t", start, end, put)) == before + put + after


def test_a_colour_follows_from_the_name_as_in_the_browser() -> None:
    names = ["fullName", "role", "plan", "\U0001f980"]
    assert [tint_class(name) for name in names] == ["tint-7", "tint-1", "tint-2", "tint-7"]
