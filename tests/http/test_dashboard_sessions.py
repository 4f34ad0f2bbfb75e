"""The Sessions pages: the card of the session token, settings under compare-and-set, active sessions, history."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from dashboard import Visitor, sign_in
from faces import Api

SETTINGS = "/dashboard/sessions/settings"
ACTIVE = "/dashboard/sessions/active"
HISTORY = "/dashboard/sessions/history"
CLAIMS = {"fullName": "{{user.full_name}}"}
HOSTILE = '<script>alert(1)</script>"\u202e\U0001f980'


@pytest.fixture
def editor(api: Api) -> Visitor:
    return sign_in(api, "editor")


def read_fields(page: str) -> dict[str, str]:
    """What a browser would send of the settings form as it is shown."""
    form = page[page.index('action="/dashboard/sessions/settings"') :]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        values = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        is_off = values.get("type") in {"radio", "checkbox"} and " checked" not in tag
        if "name" in values and not is_off:
            fields[values["name"]] = html.unescape(values.get("value", ""))
    for name, body in re.findall(r'<select name="([a-z_]+)".*?>(.*?)</select>', form, re.DOTALL):
        (fields[name],) = re.findall(r'value="([^"]*)" selected', body)
    for name, body in re.findall(r'<textarea id="[a-z_]+" name="([a-z_]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        fields[name] = html.unescape(body)
    return fields


def load_settings(api: Api) -> dict[str, Any]:
    row = api.sql("select settings from instances where slug = 'a'")[0][0]
    settings: dict[str, Any] = msgspec.json.decode(row).get("session", {})
    return settings


def last_event(api: Api, action: str) -> tuple[str, str]:
    """Actor and target."""
    statement = "select actor, target from audit_log where action = ? order by created_at desc, id desc"
    actor, target = api.sql(statement, action)[0]
    return actor, target


def test_without_claims_the_card_teaches_what_a_custom_claim_is(editor: Visitor) -> None:
    page = editor.page("/dashboard/sessions")
    assert "No custom claims yet" in page
    assert 'href="/dashboard/sessions/claims" data-editor-dialog' in page
    assert "primaryEmail" in page


def test_the_card_tells_who_published_what_and_why(api: Api, editor: Visitor) -> None:
    api.new_user(first_name=HOSTILE, last_name="")
    api.set_claims(CLAIMS)
    page = editor.page("/dashboard/sessions")
    assert "<code>__session</code>" in page
    assert "A secret key" in page
    assert '<li class="claim custom"><code><bdi class="claim-name">fullName</bdi>' in page
    assert '<li class="claim default"><code><bdi class="claim-name">sub</bdi>' in page
    assert "<script>alert(1)" not in page


def test_the_bytes_of_the_card_are_those_of_the_cookie(api: Api, editor: Visitor) -> None:
    user = api.new_user()
    api.set_claims(CLAIMS)
    session_id = api.new_session(user["id"])
    page = editor.page("/dashboard/sessions")
    (told,) = re.findall(r'newest user&#39;s token</span><span class="num">([\d,]+) B', page) or re.findall(
        r"newest user's token</span><span class=\"num\">([\d,]+) B", page
    )
    jwt = api.post(f"/sessions/{session_id}/tokens")["jwt"]
    azp = '"azp":"http://localhost:3000",'
    assert 0 <= int(told.replace(",", "")) - (len("__session_12345678") + len(jwt)) - len(azp) * 4 // 3 <= 2


def test_settings_are_shown_in_words_and_saved_as_they_are_shown(api: Api, editor: Visitor) -> None:
    fields = read_fields(editor.page(SETTINGS))
    assert (fields["maximum_lifetime_seconds"], fields["maximum_lifetime_unit"]) == ("7", "86400")
    before = load_settings(api)
    assert editor.done(SETTINGS, fields) == f"{SETTINGS}?done=settings"
    assert load_settings(api) == before
    assert "Session settings are saved" in editor.page(f"{SETTINGS}?done=settings")


def test_every_setting_of_the_form_is_saved_and_audited(api: Api, editor: Visitor) -> None:
    fields = read_fields(editor.page(SETTINGS))
    wanted = {
        "maximum_lifetime_seconds": "1.5",
        "maximum_lifetime_unit": "3600",
        "inactivity": "true",
        "inactivity_timeout_seconds": "30",
        "inactivity_timeout_unit": "60",
        "token_lifetime_seconds": "90",
        "claims_version": "1",
        "size_policy": "refuse",
        "claims_priority": "plan\r\n role \r\n\r\n",
        "browser_mode": "multi",
    }
    editor.done(SETTINGS, fields | wanted)
    assert load_settings(api) == {
        "token_lifetime_seconds": 90,
        "claims_version": 1,
        "size_policy": "refuse",
        "claims_priority": ["plan", "role"],
        "maximum_lifetime_seconds": 5400,
        "inactivity_timeout_seconds": 1800,
        "single_session_mode": False,
    }
    assert editor.administrator.id in {row[0] for row in api.sql("select actor from audit_log")}
    again = read_fields(editor.page(SETTINGS))
    again.pop("inactivity")
    editor.done(SETTINGS, again)
    assert load_settings(api)["inactivity_timeout_seconds"] is None


def test_claims_stay_when_settings_are_saved(api: Api, editor: Visitor) -> None:
    api.set_claims(CLAIMS)
    editor.done(SETTINGS, read_fields(editor.page(SETTINGS)) | {"token_lifetime_seconds": "75"})
    assert api.mint(api.new_session())["fullName"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_lifetime_seconds", "5"),
        ("token_lifetime_seconds", "soon"),
        ("maximum_lifetime_seconds", "-1"),
        ("maximum_lifetime_seconds", "1e9"),
        ("maximum_lifetime_seconds", "0"),
        ("maximum_lifetime_unit", "7"),
        ("claims_version", "3"),
        ("size_policy", "<b>"),
    ],
)
def test_a_refused_setting_is_told_on_its_field_and_what_was_typed_stays(
    api: Api, editor: Visitor, name: str, value: str
) -> None:
    before = load_settings(api)
    sent = read_fields(editor.page(SETTINGS)) | {"claims_priority": HOSTILE, name: value}
    answer = editor.post(SETTINGS, sent)
    assert answer.status_code == 422
    assert html.escape(HOSTILE, quote=False).split("&quot;")[0][:20] in answer.text
    assert 'class="problem"' in answer.text
    assert "<script>alert(1)" not in answer.text
    assert load_settings(api) == before


def test_two_editors_the_second_sees_both_values_and_nothing_is_lost(api: Api, editor: Visitor) -> None:
    other = sign_in(api, "owner")
    mine, theirs = read_fields(editor.page(SETTINGS)), read_fields(other.page(SETTINGS))
    other.done(SETTINGS, theirs | {"token_lifetime_seconds": "120"})
    answer = editor.post(SETTINGS, mine | {"token_lifetime_seconds": "45"})
    assert answer.status_code == 409
    assert load_settings(api)["token_lifetime_seconds"] == 120
    row = answer.text[answer.text.index('<th scope="row">Token lifetime</th>') :]
    assert row.index("2 min") < row.index("45 s")
    again = read_fields(answer.text)
    assert again["token_lifetime_seconds"] == "45"
    editor.done(SETTINGS, again)
    assert load_settings(api)["token_lifetime_seconds"] == 45


def test_what_only_the_first_editor_changed_is_not_undone_by_the_second(api: Api, editor: Visitor) -> None:
    other = sign_in(api, "owner")
    mine, theirs = read_fields(editor.page(SETTINGS)), read_fields(other.page(SETTINGS))
    other.done(SETTINGS, theirs | {"size_policy": "refuse", "token_lifetime_seconds": "120"})
    answer = editor.post(SETTINGS, mine | {"token_lifetime_seconds": "45"})
    assert answer.status_code == 409
    assert answer.text.count('<th scope="row">') == 1
    editor.done(SETTINGS, read_fields(answer.text))
    after = load_settings(api)
    assert (after["size_policy"], after["token_lifetime_seconds"]) == ("refuse", 45)


@pytest.mark.parametrize("seen", ["", "null", "{", HOSTILE])
def test_a_form_that_lost_what_it_saw_is_a_conflict_and_no_failure(api: Api, editor: Visitor, seen: str) -> None:
    fields = read_fields(editor.page(SETTINGS)) | {"seen": seen, "config_version": "0"}
    answer = editor.post(SETTINGS, fields | {"token_lifetime_seconds": "45"})
    assert answer.status_code == 409
    refused = editor.post(SETTINGS, fields | {"token_lifetime_seconds": "5"})
    assert refused.status_code == 422
    assert load_settings(api).get("token_lifetime_seconds", 60) == 60


def test_claims_published_meanwhile_are_no_conflict_of_the_settings(api: Api, editor: Visitor) -> None:
    fields = read_fields(editor.page(SETTINGS))
    api.set_claims(CLAIMS)
    editor.done(SETTINGS, fields | {"token_lifetime_seconds": "75"})
    assert api.mint(api.new_session())["fullName"] == "Ada Lovelace"


def test_Z_010_a_viewer_reads_all_of_it_and_changes_nothing(api: Api, editor: Visitor) -> None:
    viewer = sign_in(api, "viewer")
    session_id = api.new_session()
    api.set_claims(CLAIMS)
    for path in ("/dashboard/sessions", SETTINGS, ACTIVE, HISTORY):
        page = viewer.page(path)
        assert "Revoke<" not in page
        assert "Save session settings" not in page
    fields = read_fields(editor.page(SETTINGS))
    assert viewer.post(SETTINGS, fields).status_code == 403
    assert viewer.post(f"{ACTIVE}/{session_id}/revoke").status_code == 403
    assert viewer.post(f"{HISTORY}/revert", {"version": "1", "base_version": "1"}).status_code == 403
    assert api.mint(session_id)["sid"] == session_id


def test_S_016_a_session_that_is_revoked_here_is_minted_for_no_more(api: Api, editor: Visitor) -> None:
    session_id = api.new_session()
    page = editor.page(ACTIVE)
    assert f'action="{ACTIVE}/{session_id}/revoke"' in page
    assert editor.done(f"{ACTIVE}/{session_id}/revoke", {"back": ACTIVE}) == f"{ACTIVE}?done=revoked"
    assert api.send("POST", f"/v1/sessions/{session_id}/tokens").status_code != 200
    assert last_event(api, "session.revoked") == (editor.administrator.id, session_id)
    assert "Nobody is signed in" in editor.page(ACTIVE)
    assert "Revoked" in editor.page(f"{ACTIVE}?state=ended")


def test_a_revoke_leads_back_into_the_dashboard_only(api: Api, editor: Visitor) -> None:
    for back in ("https://evil.test", "//evil.test", "/dashboard/sessions/../../x", "javascript:alert(1)"):
        session_id = api.new_session(api.new_user(f"{abs(hash(back))}@example.com")["id"])
        assert editor.done(f"{ACTIVE}/{session_id}/revoke", {"back": back}) == f"{ACTIVE}?done=revoked"


def test_sessions_are_found_by_user_and_id_on_either_engine(open_on_engine: Callable[[], Api]) -> None:
    api = open_on_engine()
    editor = sign_in(api, "editor")
    ada = api.new_user("ada@example.com")
    grace = api.new_user("grace@example.com", first_name="Grace", last_name="100%_real")
    of_ada, of_grace = api.new_session(ada["id"]), api.new_session(grace["id"])
    found = {
        text: [one for one in (of_ada, of_grace) if f"{ACTIVE}/{one}/revoke" in page]
        for text in ("ada", "LOVELACE", "grace@", of_grace, "100%_", "_%_", "nobody", grace["id"])
        for page in [editor.page(f"{ACTIVE}?{urlencode({'query': text})}")]
    }
    assert found == {
        "ada": [of_ada],
        "LOVELACE": [of_ada],
        "grace@": [of_grace],
        of_grace: [of_grace],
        "100%_": [of_grace],
        "_%_": [],
        "nobody": [],
        grace["id"]: [of_grace],
    }


def test_a_device_is_found_by_its_value_and_by_no_key_of_its_json(api: Api, editor: Visitor) -> None:
    session_id = api.new_session()
    activity = '{"device_type":"Macintosh","is_mobile":false,"browser_name":"Chrome","browser_version":"141.0.0.0",'
    told = f'{activity}"ip_address":"203.0.113.7"}}'
    api.sql("update sessions set activity = ? where id = ?", told, session_id)
    page = editor.page(ACTIVE)
    assert "Chrome 141 on Macintosh" in page
    assert "203.0.113.7" in page
    shown = f"{ACTIVE}/{session_id}/revoke"
    texts = ("chrome", "MACINTOSH", "intosh", "browser", "mobile", "device", "141")
    found = [text for text in texts if shown in editor.page(f"{ACTIVE}?query={text}")]
    assert found == ["chrome", "MACINTOSH", "intosh"]


def test_sessions_come_in_pages_newest_first(api: Api, editor: Visitor) -> None:
    user = api.new_user()
    made = []
    for _ in range(27):
        api.now += 1000
        made.append(api.new_session(user["id"]))
    first = editor.page(ACTIVE)
    assert re.findall(rf"{ACTIVE}/(\w+)/revoke", first) == made[:1:-1]
    assert "1 to 25" in first
    second = editor.page(f"{ACTIVE}?offset=25")
    assert re.findall(rf"{ACTIVE}/(\w+)/revoke", second) == made[1::-1]
    assert 'rel="next"' not in second


def test_history_shows_each_version_with_its_difference(api: Api, editor: Visitor) -> None:
    api.set_claims({"plan": "free"})
    api.set_claims({"plan": "free", "role": HOSTILE})
    page = editor.page(HISTORY)
    assert page.index("Version 2 ") < page.index("Version 1 ")
    assert page.count('class="badge good"') == 1
    assert '<div class="side-row new">' in page
    assert "<script>alert(1)" not in page


def test_one_click_reverts_to_an_earlier_version(api: Api, editor: Visitor) -> None:
    api.set_claims({"plan": "free"})
    api.set_claims({"plan": "pro"})
    api.now += 1000
    assert editor.done(f"{HISTORY}/revert", {"version": "1", "base_version": "2"}) == f"{HISTORY}?done=reverted"
    assert api.mint(api.new_session())["plan"] == "free"
    page = editor.page(HISTORY)
    assert "Revert to version 1" in page
    assert html.escape(editor.administrator.email_address) in page
    assert last_event(api, "session_claims.published")[0] == editor.administrator.id


def test_a_revert_upon_a_version_that_is_live_no_more_is_refused(api: Api, editor: Visitor) -> None:
    api.set_claims({"plan": "free"})
    api.set_claims({"plan": "pro"})
    api.set_claims({"plan": "team"})
    answer = editor.post(f"{HISTORY}/revert", {"version": "1", "base_version": "2"})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert api.mint(api.new_session())["plan"] == "team"


@pytest.mark.parametrize("version", ["0", "9", "-1", "x", ""])
def test_a_revert_to_no_version_is_refused(api: Api, editor: Visitor, version: str) -> None:
    api.set_claims({"plan": "free"})
    answer = editor.post(f"{HISTORY}/revert", {"version": version, "base_version": "1"})
    assert answer.status_code in {404, 422}
    assert len(api.sql("select version from session_claims")) == 1
