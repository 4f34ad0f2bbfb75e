"""`/v1/instance` and its organization settings: what SDKs may change, what is refused, what is kept (contract 5.4)."""

from typing import Any

import httpx
import pytest
from faces import CONFIG, Api, Open, read_refusal

from claimsmith_server.core.models import Environment
from claimsmith_server.services.instances import create_instance

ORGANIZATIONS = {
    "object": "organization_settings", "enabled": True, "max_allowed_memberships": 50, "max_allowed_roles": 0,
    "max_role_sets_allowed": 0, "max_allowed_domains": 0, "creator_role": "org:admin", "admin_delete_enabled": True,
    "domains_enabled": False, "slug_disabled": False, "domains_enrollment_modes": [],
    "domains_default_role": "org:member", "initial_role_set_key": None,
}  # fmt: skip
SETTINGS = "/instance/organization_settings"


def patch(api: Api, body: Any, **more: Any) -> httpx.Response:
    """The answer to `PATCH /v1/instance`."""
    return api.send("PATCH", "/v1/instance", json=body, **more)


def stored(api: Api) -> list[Any]:
    """All that a change of settings could write."""
    return [api.sql("SELECT * FROM instances"), api.sql("SELECT * FROM audit_log")]


def settings_of(api: Api, slug: str = "a") -> str:
    """The stored text of an instance's settings."""
    text: str = api.sql("SELECT settings FROM instances WHERE slug = ?", slug)[0][0]
    return text.replace(" ", "")


def test_a_patch_answers_nothing_and_is_in_effect_at_once(open_on_engine: Open) -> None:
    api = open_on_engine()
    answer = patch(
        api,
        {
            "allowed_origins": ["https://app.example.com", "HTTP://LOCALHOST:3000/", "https://app.example.com:443"],
            "support_email": "help@Example.com",
            "preferred_sign_in_strategy_when_password_required": "otp",
        },
    )
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")
    assert api.get("/instance")["allowed_origins"] == ["https://app.example.com", "http://localhost:3000"]
    document = api.get(CONFIG)
    assert document["display"]["support_email"] == "help@example.com"
    assert document["authentication"]["preferred_sign_in_strategy"] == "otp"
    assert document["config_version"] == "2"


def test_an_empty_value_clears_and_null_stays(api: Api) -> None:
    strategy = "preferred_sign_in_strategy_when_password_required"
    patch(api, {"allowed_origins": ["https://a.example"], "support_email": "help@example.com", strategy: "otp"})
    version = api.get(CONFIG)["config_version"]
    assert patch(api, {"allowed_origins": None, "support_email": None, strategy: None}).status_code == 204
    assert patch(api, {}).status_code == 204
    assert api.get(CONFIG)["config_version"] == version
    assert patch(api, {"allowed_origins": [], "support_email": "", strategy: ""}).status_code == 204
    assert api.get("/instance")["allowed_origins"] is None
    assert api.get(CONFIG)["display"]["support_email"] == ""
    assert api.get(CONFIG)["authentication"]["preferred_sign_in_strategy"] == "password"


def test_what_this_service_decides_otherwise_is_taken_and_changes_nothing(api: Api) -> None:
    before = stored(api)
    body = {
        "clerk_js_version": "5",
        "development_origin": "http://localhost:3000",
        "url_based_session_syncing": False,
        "cookieless_dev": True,
        "hibp": False,
    }
    assert patch(api, body).status_code == 204
    assert stored(api) == before


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"hibp": True}, "form_param_value_invalid", "hibp"),
        ({"test_mode": "yes"}, "form_param_type_invalid", "test_mode"),
        ({"support_email": "nobody"}, "form_param_format_invalid", "support_email"),
        ({"support_email": "a@b.example\r\nBcc: c@d.example"}, "form_param_format_invalid", "support_email"),
        ({"allowed_origins": "https://a.example"}, "form_param_type_invalid", "allowed_origins"),
        ({"allowed_origins": ["https://a.example"] * 101}, "form_param_value_invalid", "allowed_origins"),
        (
            {"preferred_sign_in_strategy_when_password_required": "magic"},
            "form_param_value_invalid",
            "preferred_sign_in_strategy_when_password_required",
        ),
        ({"private_metadata": {}}, "form_param_unknown", "private_metadata"),
        ({"environment_type": "production"}, "form_param_unknown", "environment_type"),
    ],
)
def test_a_refused_patch_names_its_member_and_writes_nothing(api: Api, body: Any, code: str, name: str) -> None:
    before = stored(api)
    refused = api.refused("PATCH", "/instance", {"support_email": "help@example.com"} | body)
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, name)
    assert stored(api) == before


@pytest.mark.parametrize(
    "origin",
    [
        "", "*", "null", "https://*", "https://*.example.com", "app.example.com", "//app.example.com", "https://",
        "https://a.example/path", "https://a.example?q=1", "https://a.example#f", "https://user@a.example",
        "https://a.example\\@b.example", "https:a.example", " https://a.example", "https://a.example\n",
        "https://a b.example", "ftp://a.example", "file:///etc", "javascript:alert(1)", "https://a.example:99999",
        "http://[::1", "https://a%2eb%00.example", "https://a.example,https://b.example",
    ],
)  # fmt: skip
def test_C_005_what_is_no_origin_is_no_allowed_origin(api: Api, origin: str) -> None:
    refused = api.refused("PATCH", "/instance", {"allowed_origins": ["https://ok.example", origin]})
    assert (refused.code, refused.meta["param_name"]) == ("form_param_format_invalid", "allowed_origins")
    assert api.get("/instance")["allowed_origins"] is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://A.Example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80/", "http://a.example"),
        ("http://a.example:8080", "http://a.example:8080"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("http://0x7f.1:3000", "http://127.0.0.1:3000"),
        ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
    ],
)
def test_C_005_an_origin_is_kept_in_the_spelling_that_browsers_send(api: Api, given: str, kept: str) -> None:
    assert patch(api, {"allowed_origins": [given, kept]}).status_code == 204
    assert api.get("/instance")["allowed_origins"] == [kept]


def add_instance(api: Api, environment: Environment) -> str:
    """The secret key of one more instance."""
    return api.run(create_instance(api.service, "c", environment, "clerk.c.example")).secret_key


def test_A_034_test_mode_is_for_development_instances_only(api: Api) -> None:
    key = add_instance(api, "production")
    assert '"test_mode":false' in settings_of(api, "c")
    refused = read_refusal(patch(api, {"test_mode": True}, key=key))
    assert refused == (422, "form_param_value_invalid", {"param_name": "test_mode"})
    assert patch(api, {"test_mode": False}, key=key).status_code == 204
    assert '"test_mode":false' in settings_of(api, "c")
    assert patch(api, {"test_mode": False}).status_code == 204
    assert '"test_mode":false' in settings_of(api)
    assert patch(api, {"test_mode": True}).status_code == 204
    assert '"test_mode":true' in settings_of(api)


def test_Z_001_a_patch_changes_the_keys_own_instance_only(api: Api) -> None:
    other = api.tenants[1].secret_key
    assert patch(api, {"allowed_origins": ["https://b.example"]}, key=other).status_code == 204
    api.patch(SETTINGS, {"enabled": False}, key=other)
    assert api.get("/instance")["allowed_origins"] is None
    assert api.get(SETTINGS) == ORGANIZATIONS
    assert api.get("/instance", key=other)["allowed_origins"] == ["https://b.example"]


def test_patches_of_different_members_at_once_lose_none(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    bodies: list[tuple[str, Any]] = [
        ("/v1/instance", {"support_email": "help@example.com"}),
        ("/v1/instance", {"allowed_origins": ["https://a.example"]}),
        (f"/v1{SETTINGS}", {"max_allowed_memberships": 7}),
        (f"/v1{SETTINGS}", {"admin_delete_enabled": False}),
    ]
    asks = [(first, second)[index % 2].ask("PATCH", path, json=body) for index, (path, body) in enumerate(bodies)]
    statuses = [answer.status_code for answer in first.together(*asks)]
    assert set(statuses) <= {200, 204, 409}
    assert set(statuses) & {200, 204}
    document, told = first.get(CONFIG), first.get("/instance")
    kept = [
        document["display"]["support_email"] == "help@example.com",
        told["allowed_origins"] == ["https://a.example"],
        document["organizations"]["max_allowed_memberships"] == 7,
        document["organizations"]["admin_delete"] is False,
    ]
    assert kept == [status != 409 for status in statuses]
    assert int(document["config_version"]) == 1 + sum(kept)


# ------------------------------------------------------------------------------------------------------ organizations
def test_organization_settings_are_read_and_changed(open_on_engine: Open) -> None:
    api = open_on_engine()
    assert api.get(SETTINGS) == ORGANIZATIONS
    body = {"enabled": False, "max_allowed_memberships": 0, "admin_delete_enabled": False, "slug_disabled": False}
    expected = ORGANIZATIONS | {"enabled": False, "max_allowed_memberships": 0, "admin_delete_enabled": False}
    assert api.patch(SETTINGS, body) == expected
    assert api.get(SETTINGS) == expected
    assert api.patch(SETTINGS, dict.fromkeys(body)) == expected
    assert api.get(CONFIG)["organizations"]["max_allowed_memberships"] == 0


def test_roles_are_named_by_their_ids(api: Api) -> None:
    ids = dict(api.sql("SELECT key, id FROM roles WHERE instance_id = ?", api.tenants[0].instance.id))
    told = api.patch(SETTINGS, {"creator_role_id": ids["org:member"], "domains_default_role_id": ids["org:admin"]})
    assert (told["creator_role"], told["domains_default_role"]) == ("org:member", "org:admin")
    assert api.patch(SETTINGS, {"creator_role_id": "org:admin"})["creator_role"] == "org:admin"


def test_Z_001_a_role_of_another_instance_is_not_found(api: Api) -> None:
    ((theirs,),) = api.sql(
        "SELECT id FROM roles WHERE key = 'org:admin' AND instance_id = ?", api.tenants[1].instance.id
    )
    for role_id in (theirs, "role_nothing", ""):
        assert api.refused("PATCH", SETTINGS, {"creator_role_id": role_id})[:2] == (404, "resource_not_found")
    assert api.get(SETTINGS) == ORGANIZATIONS


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"max_allowed_memberships": -1}, "form_param_value_invalid", "max_allowed_memberships"),
        ({"max_allowed_memberships": "many"}, "form_param_type_invalid", "max_allowed_memberships"),
        ({"enabled": 1}, "form_param_type_invalid", "enabled"),
        ({"domains_enabled": True}, "form_param_value_invalid", "domains_enabled"),
        ({"slug_disabled": True}, "form_param_value_invalid", "slug_disabled"),
        (
            {"domains_enrollment_modes": ["automatic_invitation"]},
            "form_param_value_invalid",
            "domains_enrollment_modes",
        ),
        ({"creator_role": "org:admin"}, "form_param_unknown", "creator_role"),
    ],
)
def test_refused_organization_settings_name_their_member(api: Api, body: Any, code: str, name: str) -> None:
    before = stored(api)
    refused = api.refused("PATCH", SETTINGS, {"admin_delete_enabled": False} | body)
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, name)
    assert stored(api) == before


def test_every_change_is_audited_with_the_names_of_what_changed(api: Api) -> None:
    patch(api, {"allowed_origins": ["https://a.example"], "support_email": "help@example.com"})
    api.patch(SETTINGS, {"enabled": False})
    api.patch(SETTINGS, {"enabled": False})
    rows = api.sql("SELECT details FROM audit_log WHERE action = 'instance.updated' ORDER BY created_at, id")
    told = [row[0].replace(" ", "") for row in rows]
    assert sorted(told) == ['{"settings":["display","allowed_origins"]}', '{"settings":["organizations"]}']
