"""The Platform routes of an instance's config: compare-and-set, dry runs, claims kept as written (contract 3.3)."""

from typing import Any

import pytest
from faces import CONFIG, Api, Open, check_headers, read_refusal
from jsonschema import Draft202012Validator

SEED = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
DEFAULTS = {
    "claims": {}, "token_lifetime_seconds": 60, "claims_version": 2, "size_policy": "shed", "claims_priority": [],
    "maximum_lifetime_seconds": 604_800, "inactivity_timeout_seconds": None, "single_session_mode": True,
}  # fmt: skip
SECTIONS: dict[str, dict[str, Any]] = {
    "session": DEFAULTS,
    "authentication": {
        "email_address": "required", "phone_number": "off", "username": "off", "first_name": "optional",
        "last_name": "optional", "password": "required", "verify_email_address": True, "verify_phone_number": True,
        "email_code": True, "phone_code": True, "preferred_sign_in_strategy": "password", "sign_up_mode": "public",
        "delete_self": True, "reverification": False,
    },
    "organizations": {
        "enabled": True, "max_allowed_memberships": 50, "admin_delete": True, "create_organization": True,
        "creator_role": "org:admin", "default_role": "org:member",
    },
    "display": dict.fromkeys((
        "application_name", "support_email", "home_url", "sign_in_url", "sign_up_url", "user_profile_url",
        "after_sign_in_url", "after_sign_up_url", "after_sign_out_url", "terms_url", "privacy_policy_url",
    ), ""),
    "metadata": dict.fromkeys((
        "user_public_metadata", "user_unsafe_metadata", "org_public_metadata", "org_membership_public_metadata",
    )),
}  # fmt: skip


def stored(api: Api) -> list[Any]:
    """All that a change of config could write."""
    tables = ("instances", "session_claims", "audit_log")
    return [api.sql(f"SELECT * FROM {table}") for table in tables]  # noqa: S608 - names of the three tables above


def test_the_config_of_a_new_instance_is_the_defaults(open_on_engine: Open) -> None:
    assert open_on_engine().get(CONFIG) == {"config_version": "1"} | SECTIONS


def test_a_patch_tells_what_was_and_what_is(open_on_engine: Open) -> None:
    api = open_on_engine()
    told = api.patch(CONFIG, {"session": {"claims": SEED, "token_lifetime_seconds": 120}})
    after = DEFAULTS | {"claims": SEED, "token_lifetime_seconds": 120}
    version = told.pop("config_version")
    assert told == {
        "before": {"session": DEFAULTS}, "after": {"session": after}, "warnings": [], "session": after,
    }  # fmt: skip
    assert api.get(CONFIG) == {"config_version": version} | SECTIONS | {"session": after}
    assert int(version) > 1


@pytest.mark.parametrize("name", ["development", "the id"])
def test_the_path_names_the_instance_by_id_or_environment_and_any_application(api: Api, name: str) -> None:
    name = api.tenants[0].instance.id if name == "the id" else name
    api.get(f"/platform/applications/anything/instances/{name}/config")
    assert api.refused("GET", "/platform/applications/anything/instances/production/config").status == 404


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_dry_run_writes_nothing(api: Api, method: str) -> None:
    before = stored(api)
    for _ in range(2):
        body = (SECTIONS if method == "PUT" else {}) | {"session": {"claims": SEED}}
        told = api.ok(method, CONFIG, params={"dry_run": "true"}, json=body)
        assert told["dry_run"] is True
        assert (told["config_version"], told["after"]["session"]["claims"]) == ("1", SEED)
    assert stored(api) == before
    assert api.get(CONFIG)["session"] == DEFAULTS


@pytest.mark.parametrize("query", [{}, {"dry_run": "true"}])
@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"session": {"claims": {"sub": "x"}}}, "reserved_claim", "claims"),
        ({"session": {"claims": {"a": "{{nope.x}}"}}}, "unknown_root", "claims"),
        ({"session": {"claims": []}}, "form_param_type_invalid", "session.claims"),
        ({"session": {"claims": "{}"}}, "form_param_type_invalid", "session.claims"),
        ({"session": []}, "form_param_type_invalid", "session"),
        ({"session": {"token_lifetime_seconds": 19}}, "form_param_value_invalid", "session.token_lifetime_seconds"),
        ({"session": {"token_lifetime_seconds": 3601}}, "form_param_value_invalid", "session.token_lifetime_seconds"),
        ({"session": {"token_lifetime_seconds": True}}, "form_param_type_invalid", "session.token_lifetime_seconds"),
        ({"session": {"claims_version": 3}}, "form_param_value_invalid", "session.claims_version"),
        ({"session": {"size_policy": "drop"}}, "form_param_value_invalid", "session.size_policy"),
        ({"session": {"claims_priority": ["a"] * 101}}, "form_param_value_invalid", "session.claims_priority"),
        (
            {"session": {"maximum_lifetime_seconds": 299}},
            "form_param_value_invalid",
            "session.maximum_lifetime_seconds",
        ),
        ({"session": {"nothing": 1}}, "form_param_unknown", "session.nothing"),
        ({"session": {"nothing": None}}, "form_param_unknown", "session.nothing"),
        ({"sessions": {}}, "form_param_unknown", "sessions"),
        ({"session": {"claims": None}}, "form_param_value_invalid", "session.claims"),
        ({"session": {"token_lifetime_seconds": None}}, "form_param_value_invalid", "session.token_lifetime_seconds"),
        ({"session": None}, "form_param_value_invalid", "session.claims"),
        ({"authentication": {"password": "maybe"}}, "form_param_value_invalid", "authentication.password"),
        ({"authentication": {"password": None}}, "form_param_value_invalid", "authentication.password"),
        ({"authentication": {"email_code": "yes"}}, "form_param_type_invalid", "authentication.email_code"),
        ({"authentication": {"saml": True}}, "form_param_unknown", "authentication.saml"),
        ({"authentication": {"sign_up_mode": "waitlist"}}, "form_param_value_invalid", "authentication.sign_up_mode"),
        ({"authentication": {"email_address": "off"}}, "form_param_value_invalid", "authentication.email_address"),
        (
            {"authentication": {"password": "off", "email_code": False}},
            "form_param_value_invalid",
            "authentication.password",
        ),
        (
            {"authentication": {"email_address": "off", "username": "required", "password": "off"}},
            "form_param_value_invalid",
            "authentication.password",
        ),
        ({"organizations": {"claims": {}}}, "form_param_unknown", "organizations.claims"),
        (
            {"organizations": {"max_allowed_memberships": -1}},
            "form_param_value_invalid",
            "organizations.max_allowed_memberships",
        ),
        ({"organizations": {"creator_role": "org:king"}}, "form_param_value_invalid", "organizations.creator_role"),
        ({"organizations": {"default_role": "org:king"}}, "form_param_value_invalid", "organizations.default_role"),
        ({"organizations": {"default_role": "king"}}, "form_param_format_invalid", "organizations.default_role"),
        (
            {"organizations": {"default_role": "org:member\n"}},
            "form_param_format_invalid",
            "organizations.default_role",
        ),
        ({"display": {"home_url": "javascript:alert(1)"}}, "form_param_format_invalid", "display.home_url"),
        ({"display": {"home_url": "//evil.example"}}, "form_param_format_invalid", "display.home_url"),
        ({"display": {"home_url": "https://a.example\n"}}, "form_param_format_invalid", "display.home_url"),
        ({"display": {"application_name": "A\r\nBcc: x"}}, "form_param_format_invalid", "display.application_name"),
        ({"display": {"application_name": "a" * 201}}, "form_param_value_invalid", "display.application_name"),
        ({"display": {"support_email": "nobody"}}, "form_param_format_invalid", "display.support_email"),
        ({"display": "dark"}, "form_param_type_invalid", "display"),
        ({"session": {"claims": SEED | {"x": 1}}, "display": {"x": 1}}, "form_param_unknown", "display.x"),
    ],
)
def test_a_refused_change_writes_nothing(api: Api, query: dict[str, str], body: Any, code: str, name: str) -> None:
    api.set_claims(SEED)
    before = stored(api)
    refused = api.refused("PATCH", CONFIG, body, params=query)
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, name)
    assert stored(api) == before


def test_every_problem_of_a_template_is_told_at_once_with_its_place(api: Api) -> None:
    claims = {"sub": "x", "ok": 1, "a": "{{user.private_metadata}}", "b": "{{nope}}"}
    answer = api.send("PATCH", f"/v1{CONFIG}", json={"session": {"claims": claims}})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert {error["meta"]["claim"] for error in errors} == {"sub", "a", "b"}
    for error in errors:
        assert error["meta"]["param_name"] == "claims"
        assert error["meta"]["line"] >= 1
        assert error["meta"]["column"] >= 1
        assert error["message"]
        assert error["long_message"]


@pytest.mark.parametrize(
    "name",
    ["azp", "exp", "iat", "iss", "jti", "nbf", "sub", "sid", "v", "fva", "sts", "o", "act", "fea", "pla", "_omitted"],
)
def test_T_001_a_reserved_claim_is_refused_at_save(api: Api, name: str) -> None:
    refused = api.refused("PATCH", CONFIG, {"session": {"claims": {name: "x"}}})
    assert (refused.status, refused.code, refused.meta["claim"]) == (422, "reserved_claim", name)


def test_T_001_version_1s_claims_are_reserved_when_it_is_on_or_switched_on(api: Api) -> None:
    api.set_claims({"org_role": "mine"})
    refused = api.refused("PATCH", CONFIG, {"session": {"claims_version": 1}})
    assert (refused.code, refused.meta["claim"]) == ("reserved_claim", "org_role")
    api.set_claims({}, claims_version=1)
    assert api.refused("PATCH", CONFIG, {"session": {"claims": {"org_id": "x"}}}).code == "reserved_claim"


def test_T_002_look_alikes_of_reserved_names_are_plain_claims_that_shadow_nothing(api: Api) -> None:
    claims = {"Sub": "a", " sub": "b", "\u0455ub": "c", "sub ": "d", "__proto__": "e"}
    api.set_claims(claims)
    told = api.mint(api.new_session())
    assert {name: told[name] for name in claims} == claims
    assert told["sub"].startswith("user_")
    escaped = b'{"session": {"claims": {"\\u0073ub": "x"}}}'
    answer = api.send("PATCH", f"/v1{CONFIG}", content=escaped, headers={"Content-Type": "application/json"})
    assert read_refusal(answer).code == "reserved_claim"


# ------------------------------------------------------------------------------------------------ compare-and-set
def test_if_match_takes_the_version_that_was_read_and_no_other(open_on_engine: Open) -> None:
    api = open_on_engine()
    version = api.get(CONFIG)["config_version"]
    changed = api.patch(CONFIG, {"session": {"claims": {"a": 1}}}, headers={"If-Match": version})
    for stale in (version, f'"{version}"', f'W/"{version}"', "999"):
        refused = api.refused("PATCH", CONFIG, {"session": {"claims": {"b": 1}}}, headers={"If-Match": stale})
        assert refused == (409, "config_version_mismatch", {"param_name": "If-Match"})
    assert api.get(CONFIG)["session"]["claims"] == {"a": 1}
    for fresh in (f'"{changed["config_version"]}"', "*"):
        api.patch(CONFIG, {"session": {}}, headers={"If-Match": fresh})


@pytest.mark.parametrize("value", ["", "x", "1;", "-1", "1.0", '"1", "2"', "9" * 40, "²"])
def test_an_if_match_that_is_no_version_is_refused(api: Api, value: str) -> None:
    headers = {"If-Match": value.encode("latin-1")}
    refused = api.refused("PATCH", CONFIG, {"session": {"claims": {"a": 1}}}, headers=headers)
    assert refused == (422, "form_param_format_invalid", {"param_name": "If-Match"})


def test_of_changes_at_once_from_one_version_exactly_one_is_made(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    asks = [
        (first, second)[index % 2].ask("PATCH", f"/v1{CONFIG}", json={"session": {"claims": {"n": index}}}, params={})
        for index in range(8)
    ]
    answers = first.together(*asks)
    made = [index for index, answer in enumerate(answers) if answer.status_code == 200]
    assert made
    assert {answer.status_code for answer in answers} <= {200, 409}
    live = first.get(CONFIG)
    assert live["session"]["claims"] in [{"n": index} for index in made]
    assert int(live["config_version"]) == 1 + len(made)
    assert second.mint(second.new_session())["n"] == live["session"]["claims"]["n"]


def test_nothing_new_is_no_new_version(api: Api) -> None:
    version = api.set_claims(SEED)["config_version"]
    before = stored(api)
    assert api.set_claims(SEED)["config_version"] == version
    assert api.patch(CONFIG, {})["config_version"] == version
    assert api.patch(CONFIG, {"session": {}})["config_version"] == version
    assert stored(api) == before


# -------------------------------------------------------------------------------------------------- kept as written
def test_the_order_of_claims_is_kept_and_a_new_order_is_a_change(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.set_claims({"z": 1, "a": {"y": 1, "b": 2}, "m": 3})
    assert list(api.get(CONFIG)["session"]["claims"]) == ["z", "a", "m"]
    told = api.set_claims({"m": 3, "a": {"b": 2, "y": 1}, "z": 1})
    assert int(told["config_version"]) == 3
    assert list(api.get(CONFIG)["session"]["claims"]) == ["m", "a", "z"]
    assert list(api.get(CONFIG)["session"]["claims"]["a"]) == ["b", "y"]
    assert list(api.mint(api.new_session()))[:3] == ["m", "a", "z"]


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0), (True, 1), ([1], [True])])
def test_a_value_that_python_finds_equal_is_still_a_change(api: Api, one: Any, other: Any) -> None:
    api.set_claims({"a": one})
    api.set_claims({"a": other})
    told = api.mint(api.new_session())["a"]
    assert (told, type(told)) == (other, type(other))


def test_a_patch_of_a_setting_leaves_the_claims_and_their_version(api: Api) -> None:
    api.set_claims(SEED)
    api.patch(CONFIG, {"session": {"token_lifetime_seconds": 90}})
    assert api.get(CONFIG)["session"] == DEFAULTS | {"claims": SEED, "token_lifetime_seconds": 90}
    assert api.sql("SELECT count(*) FROM session_claims") == [(1,)]


def test_claims_are_replaced_as_a_whole(api: Api) -> None:
    api.set_claims({"a": 1, "b": 2})
    api.set_claims({"b": 3})
    assert api.get(CONFIG)["session"]["claims"] == {"b": 3}


def test_a_put_sets_every_member_those_absent_to_their_defaults(api: Api) -> None:
    api.set_claims(SEED, token_lifetime_seconds=90)
    api.patch(CONFIG, {"display": {"application_name": "Forge"}})
    told = api.ok("PUT", CONFIG, json={name: {} for name in SECTIONS} | {"session": {"claims": {"a": 1}}})
    assert {name: told[name] for name in SECTIONS} == SECTIONS | {"session": DEFAULTS | {"claims": {"a": 1}}}
    assert api.get(CONFIG) == {"config_version": told["config_version"]} | {name: told[name] for name in SECTIONS}


@pytest.mark.parametrize("given", [(), ("session",), ("session", "organizations", "display")])
def test_a_put_that_lacks_sections_is_refused_and_told_all_of_them(api: Api, given: tuple[str, ...]) -> None:
    before = stored(api)
    answer = api.send("PUT", f"/v1{CONFIG}", json={name: {} for name in given})
    assert answer.status_code == 400
    check_headers(answer)
    errors = answer.json()["errors"]
    assert {error["code"] for error in errors} == {"config_incomplete"}
    assert [error["meta"]["param_name"] for error in errors] == [name for name in SECTIONS if name not in given]
    assert stored(api) == before


def test_what_get_answers_can_be_put_back(api: Api) -> None:
    api.set_claims(SEED)
    document = api.get(CONFIG)
    assert api.ok("PUT", CONFIG, json=document)["config_version"] == document["config_version"]


def test_null_clears_with_destructive_only(api: Api) -> None:
    api.set_claims(SEED, token_lifetime_seconds=90)
    body = {"session": {"token_lifetime_seconds": None, "claims": None}}
    assert api.refused("PATCH", CONFIG, body).status == 422
    assert api.patch(CONFIG, body, params={"destructive": "true"})["session"] == DEFAULTS
    api.patch(CONFIG, {"session": {"inactivity_timeout_seconds": 600}})
    assert api.patch(CONFIG, {"session": {"inactivity_timeout_seconds": None}})["session"] == DEFAULTS


def test_warnings_are_told_and_do_not_stop_a_change(api: Api) -> None:
    told = api.set_claims({"role": "{{user.unsafe_metadata.role}}", "x": "{{user.frist_name}}"})
    codes = {one["code"] for one in told["warnings"]}
    assert len(told["warnings"]) >= 2
    assert len(codes) >= 2
    for one in told["warnings"]:
        assert set(one) == {"code", "message", "hint", "line", "column"}
    assert api.get(CONFIG)["session"]["claims"]["x"] == "{{user.frist_name}}"


def test_keys_choose_sections(api: Api) -> None:
    assert set(api.get(CONFIG, params={"keys": "session"})) == {"config_version", "session"}
    refused = api.refused("GET", CONFIG, params={"keys": ["session", "nothing"]})
    assert refused == (422, "form_param_value_invalid", {"param_name": "keys"})
    assert api.refused("PATCH", CONFIG, {"session": {"claims": SEED}}, params={"keys": "nothing"}).status == 422
    assert api.get(CONFIG)["session"] == DEFAULTS
    told = api.patch(CONFIG, {"session": {"claims": SEED}}, params={"keys": ["display", "organizations"]})
    assert set(told) == {"config_version", "before", "after", "warnings", "display", "organizations"}
    assert set(told["after"]) == {"display", "organizations"}


def test_without_keys_a_change_answers_the_sections_that_it_names(api: Api) -> None:
    told = api.patch(CONFIG, {"display": {"application_name": "Forge"}, "authentication": {"username": "optional"}})
    assert set(told) == {"config_version", "before", "after", "warnings", "display", "authentication"}
    assert (told["before"]["display"]["application_name"], told["display"]["application_name"]) == ("", "Forge")
    assert told["authentication"] == SECTIONS["authentication"] | {"username": "optional"}


def test_one_change_of_several_sections_is_stored_whole_and_audited(open_on_engine: Open) -> None:
    api = open_on_engine()
    change = {
        "session": {"claims": SEED, "token_lifetime_seconds": 90},
        "authentication": {"email_address": "off", "phone_number": "required", "password": "off"},
        "organizations": {"enabled": False, "default_role": "org:admin"},
        "display": {"application_name": "Forge \u2692", "home_url": "https://app.example.com/start?a=1#b"},
    }
    told = api.patch(CONFIG, change)
    document = api.get(CONFIG)
    for name, members in change.items():
        assert document[name] == told[name] == SECTIONS[name] | members
    assert document["config_version"] == told["config_version"] == "3"


def test_settings_that_no_section_holds_stay(api: Api) -> None:
    body = {"test_mode": False, "allowed_origins": ["https://app.example.com"]}
    assert api.send("PATCH", "/v1/instance", json=body).status_code == 204
    api.ok("PUT", CONFIG, json={name: {} for name in SECTIONS})
    ((settings,),) = api.sql("SELECT settings FROM instances WHERE slug = 'a'")
    assert '"test_mode":false' in settings.replace(" ", "")
    assert api.get("/instance")["allowed_origins"] == ["https://app.example.com"]


def test_a_code_is_enough_of_a_first_factor(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"password": "off"}})
    api.patch(CONFIG, {"authentication": {"email_address": "off", "phone_number": "required"}})
    refused = api.refused("PATCH", CONFIG, {"authentication": {"phone_code": False}})
    assert (refused.code, refused.meta["param_name"]) == ("form_param_value_invalid", "authentication.password")


@pytest.mark.parametrize("query", [{"dry_run": "maybe"}, {"dry_run": ""}, {"destructive": "2"}])
def test_a_switch_that_is_none_is_refused_rather_than_ignored(api: Api, query: dict[str, str]) -> None:
    assert api.refused("PATCH", CONFIG, {"session": {"claims": SEED}}, params=query).status == 422
    assert api.get(CONFIG)["session"] == DEFAULTS


def test_the_schema_names_every_member(api: Api) -> None:
    schema = api.get(f"{CONFIG}/schema")
    assert {name: set(section["properties"]) for name, section in schema["properties"].items()} == {
        name: set(members) for name, members in SECTIONS.items()
    }
    validator = Draft202012Validator(schema)
    validator.validate(api.get(CONFIG))
    assert not validator.is_valid({"authentication": {"password": "maybe"}})
    assert set(api.get(f"{CONFIG}/schema", params={"keys": "display"})["properties"]) == {"display"}
    assert schema["properties"]["session"]["properties"]["token_lifetime_seconds"]["minimum"] == 20


@pytest.mark.parametrize("claims", [{"a": "x" * 17_000}, {str(index): "{{user.id}}" for index in range(101)}])
def test_T_011_a_template_over_its_limits_is_refused(api: Api, claims: Any) -> None:
    assert api.refused("PATCH", CONFIG, {"session": {"claims": claims}}).status == 422


def test_constants_that_fit_no_cookie_are_refused_at_save_under_the_policy_refuse(api: Api) -> None:
    claims = {"a": "x" * 3000}
    refused = api.refused("PATCH", CONFIG, {"session": {"claims": claims, "size_policy": "refuse"}})
    assert refused == (422, "form_param_exceeds_allowed_size", {"param_name": "session.claims"})
    api.set_claims(claims)  # `shed` leaves them out at mint
    assert api.mint(api.new_session())["_omitted"] == ["a"]
    assert api.refused("PATCH", CONFIG, {"session": {"size_policy": "refuse"}}).status == 422
