"""The pages of JWT templates: presets, create, settings under compare-and-set, delete."""

import html
import re
from typing import Any

import pytest
from dashboard import Visitor, sign_in
from faces import Api

from claimsmith_server.core.jwt_presets import PRESETS

TEMPLATES = "/dashboard/jwt-templates"
SECRET = "a secret of more than thirty-two bytes, as HS256 asks"
HOSTILE = '<script>alert(1)</script>"\u202e\U0001f980'


@pytest.fixture
def editor(api: Api) -> Visitor:
    return sign_in(api, "editor")


def read_fields(page: str) -> dict[str, str]:
    """What a browser would send of the form as it is shown."""
    start = page.index('<form method="post" action="/dashboard/jwt-templates')
    form = page[start : page.index("</form>", start)]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        values = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        fields[values["name"]] = html.unescape(values.get("value", ""))
    for name, body in re.findall(r'<select id="\w+" name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', body) or re.findall(r'value="([^"]*)"', body)
        fields[name] = chosen[0]
    for name, body in re.findall(r'<textarea id="\w+" name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        fields[name] = html.unescape(body)
    return fields


def make(api: Api, **fields: Any) -> str:
    """The id of a new template."""
    made: str = api.post("/jwt_templates", {"name": "mine", "claims": {"plan": "free"}, **fields})["id"]
    return made


def load(api: Api, template_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/jwt_templates/{template_id}")
    return found


def test_without_templates_the_page_offers_every_preset(editor: Visitor) -> None:
    page = editor.page(TEMPLATES)
    assert "No JWT templates yet" in page
    for preset in PRESETS:
        assert f'href="{TEMPLATES}/new?preset={preset.key}"' in page


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_preset_makes_a_template_that_mints(api: Api, editor: Visitor, preset: Any) -> None:
    fields = read_fields(editor.page(f"{TEMPLATES}/new?preset={preset.key}"))
    fields |= {"signing_key": SECRET} if preset.algorithm else {}
    fields["name"] = fields["name"] or "blank"
    location = editor.done(TEMPLATES, fields)
    template_id = location.removeprefix(f"{TEMPLATES}/").removesuffix("?done=created")
    assert "The JWT template is made" in editor.page(location)
    assert load(api, template_id)["signing_algorithm"] == (preset.algorithm or "RS256")
    claims = api.mint(api.new_session(), fields["name"])
    expected: dict[str, dict[str, Any]] = {
        "blank": {},
        "supabase": {"aud": "authenticated", "role": "authenticated", "email": "ada@example.com"},
        "hasura": {
            "https://hasura.io/jwt/claims": {
                "x-hasura-allowed-roles": ["user"],
                "x-hasura-default-role": "user",
                "x-hasura-user-id": claims["sub"],
            }
        },
        "convex": {"aud": "convex", "name": "Ada Lovelace", "given_name": "Ada", "email_verified": True},
    }
    assert expected[preset.key].items() <= claims.items()


def test_the_list_tells_name_lifetime_algorithm_and_claims(api: Api, editor: Visitor) -> None:
    make(api, name="own", lifetime=3600, claims={"a": 1, "b": 2}, signing_algorithm="HS256", signing_key=SECRET)
    page = editor.page(TEMPLATES)
    for told in ("<bdi>own</bdi>", '<td class="num" data-label="Custom claims">2</td>', "1 h", "HS256"):
        assert told in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"claims": '{"a": 1,}'}, "claims"),
        ({"claims": '{"sub": "x"}'}, "claims"),
        ({"claims": "[]"}, "claims"),
        ({"claims": f'{{"a": "{HOSTILE}"'}, "claims"),
        ({"name": HOSTILE}, "name"),
        ({"name": ""}, "name"),
        ({"name": "taken"}, "name"),
        ({"lifetime": "29"}, "lifetime"),
        ({"lifetime": "soon"}, "lifetime"),
        ({"allowed_clock_skew": "301"}, "allowed_clock_skew"),
        ({"signing_algorithm": "none"}, "signing_algorithm"),
        ({"signing_algorithm": "HS256"}, "signing_key"),
        ({"signing_algorithm": "RS256", "signing_key": "no key at all"}, "signing_key"),
    ],
)
def test_a_refused_template_is_told_on_its_field_and_what_was_typed_stays(
    api: Api, editor: Visitor, fields: dict[str, str], told: str
) -> None:
    make(api, name="taken")
    sent = read_fields(editor.page(f"{TEMPLATES}/new")) | {"name": "new", "lifetime": "77"} | fields
    answer = editor.post(TEMPLATES, sent)
    assert answer.status_code in {409, 422}, answer.text
    assert f'id="{told}-below"' in answer.text
    assert re.search(rf'name="{told}"[^>]*aria-invalid="true"', answer.text)
    shown = read_fields(answer.text)
    kept = ("name", "lifetime", "allowed_clock_skew", "claims")
    assert [shown[name] for name in kept] == [sent[name] for name in kept]
    assert shown["signing_key"] == ""
    assert "<script>alert(1)" not in answer.text
    assert len(api.get("/jwt_templates")) == 1


def test_settings_are_saved_and_audited_and_the_claims_stay(api: Api, editor: Visitor) -> None:
    template_id = make(api)
    fields = read_fields(editor.page(f"{TEMPLATES}/{template_id}"))
    api.now += 1000
    told = editor.done(f"{TEMPLATES}/{template_id}", fields | {"name": "renamed", "lifetime": "120"})
    assert told == f"{TEMPLATES}/{template_id}?done=saved"
    after = load(api, template_id)
    assert (after["name"], after["lifetime"], after["claims"]) == ("renamed", 120, {"plan": "free"})
    statement = "select actor from audit_log where action = 'jwt_template.updated'"
    assert api.sql(statement) == [(editor.administrator.id,)]


def test_L_004_a_signing_key_is_never_in_a_page_and_stays_when_none_is_sent(api: Api, editor: Visitor) -> None:
    template_id = make(api, signing_algorithm="HS256", signing_key=SECRET)
    page = editor.page(f"{TEMPLATES}/{template_id}")
    assert SECRET not in page
    editor.done(f"{TEMPLATES}/{template_id}", read_fields(page) | {"lifetime": "90"})
    after = load(api, template_id)
    assert (after["signing_algorithm"], after["custom_signing_key"]) == ("HS256", True)
    refused = editor.post(f"{TEMPLATES}/{template_id}", read_fields(page) | {"signing_key": SECRET, "lifetime": "1"})
    assert refused.status_code in {409, 422}
    assert SECRET not in refused.text


def test_a_template_goes_back_to_the_key_of_the_instance(api: Api, editor: Visitor) -> None:
    template_id = make(api, signing_algorithm="HS256", signing_key=SECRET)
    fields = read_fields(editor.page(f"{TEMPLATES}/{template_id}"))
    editor.done(f"{TEMPLATES}/{template_id}", fields | {"signing_algorithm": "instance"})
    assert load(api, template_id)["custom_signing_key"] is False
    assert api.sql("select sealed_signing_key from jwt_templates") == [(None,)]


def test_two_editors_the_second_sees_both_values_and_nothing_is_lost(api: Api, editor: Visitor) -> None:
    template_id = make(api)
    other = sign_in(api, "owner")
    path = f"{TEMPLATES}/{template_id}"
    mine, theirs = read_fields(editor.page(path)), read_fields(other.page(path))
    other.done(path, theirs | {"lifetime": "120"})
    answer = editor.post(path, mine | {"lifetime": "45"})
    assert answer.status_code == 409
    assert load(api, template_id)["lifetime"] == 120
    row = answer.text[answer.text.index('<th scope="row">Lifetime</th>') :]
    assert row.index("2 min") < row.index("45 s")
    again = read_fields(answer.text)
    assert again["lifetime"] == "45"
    editor.done(path, again)
    assert load(api, template_id)["lifetime"] == 45


def test_claims_published_meanwhile_are_kept_by_a_save_of_the_settings(api: Api, editor: Visitor) -> None:
    template_id = make(api)
    fields = read_fields(editor.page(f"{TEMPLATES}/{template_id}"))
    api.patch(f"/jwt_templates/{template_id}", {"name": "mine", "claims": {"plan": "pro"}})
    editor.done(f"{TEMPLATES}/{template_id}", fields | {"lifetime": "120"})
    after = load(api, template_id)
    assert (after["claims"], after["lifetime"]) == ({"plan": "pro"}, 120)


def test_a_name_that_another_template_has_is_refused_on_its_field(api: Api, editor: Visitor) -> None:
    make(api, name="taken")
    template_id = make(api)
    fields = read_fields(editor.page(f"{TEMPLATES}/{template_id}"))
    answer = editor.post(f"{TEMPLATES}/{template_id}", fields | {"name": "taken"})
    assert answer.status_code == 422
    assert re.search(r'name="name"[^>]*value="taken"[^>]*aria-invalid="true"', answer.text)


def test_an_error_of_new_claims_is_told_with_its_line(api: Api, editor: Visitor) -> None:
    sent = read_fields(editor.page(f"{TEMPLATES}/new")) | {"name": "new", "claims": '{\r\n  "sub": "x"\r\n}'}
    assert "Line 2, column 3: " in editor.post(TEMPLATES, sent).text
    assert api.get("/jwt_templates") == []


def test_a_template_is_deleted_and_mints_no_more(api: Api, editor: Visitor) -> None:
    template_id, session_id = make(api), api.new_session()
    assert f'action="{TEMPLATES}/{template_id}/delete"' in editor.page(f"{TEMPLATES}/{template_id}")
    assert editor.done(f"{TEMPLATES}/{template_id}/delete") == f"{TEMPLATES}?done=deleted"
    assert api.send("POST", f"/v1/sessions/{session_id}/tokens/mine").status_code == 404
    assert editor.get(f"{TEMPLATES}/{template_id}").status_code == 404
    assert editor.post(f"{TEMPLATES}/{template_id}/delete").status_code == 404


def test_Z_010_a_viewer_sees_templates_and_changes_none(api: Api, editor: Visitor) -> None:
    viewer, template_id = sign_in(api, "viewer"), make(api)
    page = viewer.page(f"{TEMPLATES}/{template_id}")
    assert "Save settings" not in page
    assert "Delete JWT template" not in page
    assert "New JWT template" not in viewer.page(TEMPLATES)
    assert viewer.get(f"{TEMPLATES}/new").status_code == 403
    fields = read_fields(editor.page(f"{TEMPLATES}/{template_id}"))
    for path in (TEMPLATES, f"{TEMPLATES}/{template_id}", f"{TEMPLATES}/{template_id}/delete"):
        assert viewer.post(path, fields).status_code == 403
    assert load(api, template_id)["name"] == "mine"


def test_Z_001_a_template_of_another_instance_is_none_here(api: Api, editor: Visitor) -> None:
    body = {"name": "theirs", "claims": {}}
    other = api.post("/jwt_templates", body, key=api.tenants[1].secret_key)["id"]
    assert editor.get(f"{TEMPLATES}/{other}").status_code == 404
    assert editor.post(f"{TEMPLATES}/{other}/delete").status_code == 404
    assert "theirs" not in editor.page(TEMPLATES)
