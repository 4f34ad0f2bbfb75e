"""Settings in the dashboard: forms over the config document, refusals on their field, nobody's change lost."""

import re
from typing import Any

import pytest
from dashboard import Visitor, public_instance, sign_in
from faces import Api

from claimsmith_server.core.instance_settings import SECTIONS
from claimsmith_server.core.models import Instance
from claimsmith_server.dashboard.settings_controls import GROUPS, list_controls

SETTINGS = "/dashboard/settings"
INSTANCE = f"{SETTINGS}/instance"
PATHS = {"authentication": SETTINGS, "organizations": f"{SETTINGS}/organizations", "display": f"{SETTINGS}/display"}


def form_of(visitor: Visitor, section: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends for a tab: what is stored, with some controls changed; None is a box that is not ticked."""
    instance = public_instance(visitor.api)
    stored = getattr(instance.settings, section)
    fields: dict[str, Any] = {"config_version": instance.config_version}
    for control in list_controls(section):
        value = getattr(stored, control.name)
        fields[control.name] = ("true" if value else None) if control.kind == "check" else value
    return {name: value for name, value in (fields | changes).items() if value is not None}


def instance_form(instance: Instance, **changes: Any) -> dict[str, Any]:
    fields = {"config_version": instance.config_version, "test_mode": "true", "allowed_origins": ""} | changes
    return {name: value for name, value in fields.items() if value is not None}


def field_value(page: str, name: str) -> str:
    found = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


@pytest.mark.parametrize("section", sorted(GROUPS))
def test_each_member_of_a_section_has_one_control_with_a_label(section: str) -> None:
    controls = list_controls(section)
    assert sorted(control.name for control in controls) == sorted(SECTIONS[section].__struct_fields__)
    assert all(control.label for control in controls)


@pytest.mark.parametrize("section", sorted(GROUPS))
def test_a_tab_that_is_saved_as_it_is_changes_nothing(api: Api, section: str) -> None:
    visitor, before = sign_in(api, "editor"), public_instance(api)
    assert visitor.done(PATHS[section], form_of(visitor, section)) == f"{PATHS[section]}?done=saved"
    assert public_instance(api) == before
    assert "The settings are saved." in visitor.page(f"{PATHS[section]}?done=saved")


def test_what_is_typed_is_stored_and_audited_under_the_administrator(api: Api) -> None:
    visitor = sign_in(api, "editor")
    visitor.done(
        PATHS["organizations"], form_of(visitor, "organizations", max_allowed_memberships="7", admin_delete=None)
    )
    visitor.done(SETTINGS, form_of(visitor, "authentication", username="optional", reverification="true"))
    visitor.done(PATHS["display"], form_of(visitor, "display", application_name="  محمد <b>  "))
    settings = public_instance(api).settings
    assert (settings.organizations.max_allowed_memberships, settings.organizations.admin_delete) == (7, False)
    assert settings.organizations.enabled is True
    assert (settings.authentication.username, settings.authentication.reverification) == ("optional", True)
    assert settings.display.application_name == "محمد <b>"
    assert "<b>" not in visitor.page(PATHS["display"])
    rows = api.sql("SELECT DISTINCT actor FROM audit_log WHERE action = 'instance.updated'")
    assert [actor for (actor,) in rows] == [visitor.administrator.id]


@pytest.mark.parametrize(
    ("section", "name", "value", "sentence"),
    [
        ("organizations", "max_allowed_memberships", "-1", "a whole number from 0 to 100,000"),
        ("organizations", "max_allowed_memberships", "100001", "a whole number from 0 to 100,000"),
        ("organizations", "max_allowed_memberships", "9" * 30, "a whole number from 0 to 100,000"),
        ("organizations", "max_allowed_memberships", "", "a whole number from 0 to 100,000"),
        ("organizations", "creator_role", "org:nobody", "the key of a role of this instance"),
        ("display", "support_email", "ada at example", "an e-mail address, or empty"),
        ("display", "home_url", "javascript:alert(1)", "an absolute address that starts with https://"),
        ("display", "terms_url", "data:text/html,x", "an absolute address that starts with https://"),
        ("authentication", "email_address", "off", "This must be <code>optional</code> or <code>required</code>"),
        ("authentication", "password", "sometimes", "This must be one of the choices."),
    ],
)
def test_a_refused_value_is_told_on_its_field_and_kept(
    api: Api, section: str, name: str, value: str, sentence: str
) -> None:
    visitor, before = sign_in(api, "editor"), public_instance(api)
    answer = visitor.post(PATHS[section], form_of(visitor, section, **{name: value}))
    assert answer.status_code == 422
    below = re.search(rf'<p class="problem" id="{name}-below">.*?</p>', answer.text, re.DOTALL)
    assert below, "no problem on the field"
    assert sentence in below[0]
    if section != "authentication" and name != "creator_role":  # those are no texts
        assert field_value(answer.text, name) == value
    assert public_instance(api) == before


def test_settings_that_would_leave_nobody_a_factor_are_refused_on_the_password(api: Api) -> None:
    visitor = sign_in(api, "editor")
    answer = visitor.post(SETTINGS, form_of(visitor, "authentication", password="off", email_code=None))
    assert answer.status_code == 422
    assert 'id="password-below"' in answer.text
    assert "users need a first factor" in answer.text


def test_of_two_editors_the_second_is_told_what_differs_and_loses_nothing(api: Api) -> None:
    first, second = sign_in(api, "editor"), sign_in(api, "owner")
    theirs = form_of(first, "display", application_name="Theirs", home_url="https://theirs.example")
    mine = form_of(second, "display", application_name="Mine", terms_url="https://mine.example/terms")
    first.done(PATHS["display"], theirs)
    answer = second.post(PATHS["display"], mine)
    assert answer.status_code == 409
    assert "Somebody changed the settings while you did" in answer.text
    for told in ("Theirs", "Mine", "https://theirs.example", "https://mine.example/terms"):
        assert told in answer.text
    assert public_instance(api).settings.display.application_name == "Theirs"
    assert field_value(answer.text, "application_name") == "Mine"
    again = {**mine, "config_version": field_value_hidden(answer.text, "config_version")}
    second.done(PATHS["display"], again)
    assert public_instance(api).settings.display.application_name == "Mine"


def field_value_hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("version", ["", "x", "-1", "1; DROP TABLE", "9" * 40])
def test_a_version_that_is_none_changes_nothing(api: Api, version: str) -> None:
    visitor, before = sign_in(api, "editor"), public_instance(api)
    fields = form_of(visitor, "display", application_name="Changed", config_version=version)
    assert visitor.post(PATHS["display"], fields).status_code in {409, 422}
    assert public_instance(api) == before


# ------------------------------------------------------------------------------------------------------------ instance
def test_origins_are_stored_one_a_line_in_their_one_spelling(api: Api) -> None:
    visitor = sign_in(api, "editor")
    typed = "https://APP.example.com\n\n  http://localhost:3000/ \r\nhttps://app.example.com"
    visitor.done(INSTANCE, instance_form(public_instance(api), allowed_origins=typed, test_mode=None))
    settings = public_instance(api).settings
    assert settings.allowed_origins == ("https://app.example.com", "http://localhost:3000")
    assert settings.test_mode is False
    rows = api.sql("SELECT actor FROM audit_log WHERE action = 'instance.updated'")
    assert rows == [(visitor.administrator.id,)]


@pytest.mark.parametrize(
    "typed", ["*", "https://*.example.com", "javascript:alert(1)", "https://a.example/path", "null"]
)
def test_C_005_what_is_no_origin_is_refused_on_its_field_and_kept(api: Api, typed: str) -> None:
    visitor = sign_in(api, "editor")
    answer = visitor.post(INSTANCE, instance_form(public_instance(api), allowed_origins=typed))
    assert answer.status_code == 422
    assert 'id="allowed_origins-below"' in answer.text
    assert f">\n{typed}</textarea>" in answer.text
    assert public_instance(api).settings.allowed_origins == ()


def test_too_many_or_too_long_origins_are_refused_on_their_field(api: Api) -> None:
    visitor = sign_in(api, "editor")
    for typed in ("\n".join(f"https://a{n}.example" for n in range(101)), "https://" + "a" * 2048):
        answer = visitor.post(INSTANCE, instance_form(public_instance(api), allowed_origins=typed))
        assert answer.status_code == 422
        assert 'id="allowed_origins-below"' in answer.text


def test_of_two_who_change_the_instance_the_second_is_told(api: Api) -> None:
    first, second = sign_in(api, "editor"), sign_in(api, "owner")
    stale = instance_form(public_instance(api), allowed_origins="https://mine.example")
    first.done(INSTANCE, instance_form(public_instance(api), allowed_origins="https://theirs.example"))
    answer = second.post(INSTANCE, stale)
    assert answer.status_code == 409
    assert "https://theirs.example" in answer.text
    assert ">\nhttps://mine.example</textarea>" in answer.text
    assert public_instance(api).settings.allowed_origins == ("https://theirs.example",)


# -------------------------------------------------------------------------------------------------------------- access
def test_Z_010_a_viewer_reads_settings_and_changes_none(api: Api) -> None:
    visitor, before = sign_in(api, "viewer"), public_instance(api)
    for path, section in ((path, section) for section, path in PATHS.items()):
        page = visitor.page(path)
        assert "Save settings</span>" not in page
        assert " disabled" in page
        assert visitor.post(path, form_of(visitor, section)).status_code == 403
    assert "Save settings</span>" not in visitor.page(INSTANCE)
    assert visitor.post(INSTANCE, instance_form(before, test_mode=None)).status_code == 403
    assert public_instance(api) == before


def test_a_section_that_there_is_not_is_not_found(api: Api) -> None:
    visitor = sign_in(api, "owner")
    for section in ("session", "none", "authentication"):
        assert visitor.get(f"{SETTINGS}/{section}").status_code == 404
        assert visitor.post(f"{SETTINGS}/{section}").status_code == 404


# ------------------------------------------------------------------------------------------------------------- gallery
def test_the_gallery_shows_hostile_names_as_text(api: Api) -> None:
    page = sign_in(api, "viewer").page("/dashboard/_parts")
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    assert " style=" not in page
    assert not re.search(r"\son[a-z]+=", page)
