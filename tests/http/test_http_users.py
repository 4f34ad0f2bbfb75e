"""Users over the Backend API: every route, and every way to fail."""

from typing import Any

import pytest
from faces import START, Api, Open, read_refusal

UNKNOWN = "user_0000000000000000000000000000"
KIB_8 = 8192


def test_a_user_is_created_read_listed_counted_updated_and_deleted(open_on_engine: Open) -> None:
    api = open_on_engine()
    user = api.new_user(username="ada_l", external_id="ext_1", phone_number=["+15555550100"], public_metadata={"a": 1})
    assert (user["object"], user["first_name"], user["username"]) == ("user", "Ada", "ada_l")
    assert user["email_addresses"][0]["id"] == user["primary_email_address_id"]
    assert user["phone_numbers"][0]["id"] == user["primary_phone_number_id"]
    assert user["created_at"] == user["updated_at"] == START
    assert api.get(f"/users/{user['id']}") == user
    assert api.get("/users") == [user]
    assert api.get("/users/count") == {"object": "total_count", "total_count": 1}
    api.now += 1000
    changed = api.patch(f"/users/{user['id']}", {"first_name": "Augusta", "username": None})
    assert changed == user | {"first_name": "Augusta", "username": None, "updated_at": START + 1000}
    assert api.ok("DELETE", f"/users/{user['id']}") == {"object": "user", "id": user["id"], "deleted": True}
    assert api.refused("GET", f"/users/{user['id']}")[:2] == (404, "resource_not_found")
    assert api.get("/users/count")["total_count"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"first_name": "x"}),
        ("PATCH", "", {}),
        ("PATCH", "/metadata", {"public_metadata": {"a": 1}}),
        ("PUT", "/metadata", {"public_metadata": {"a": 1}}),
        ("DELETE", "", None),
    ],
)
def test_an_unknown_user_is_not_found(api: Api, method: str, path: str, body: Any) -> None:
    assert api.refused(method, f"/users/{UNKNOWN}{path}", body) == (404, "resource_not_found", {})
    assert api.sql("SELECT count(*) FROM audit_log WHERE target = ?", UNKNOWN) == [(0,)]


@pytest.mark.parametrize(
    ("fields", "code", "name"),
    [
        ({"email_address": []}, "form_param_missing", "email_address"),
        ({"email_address": ["nonsense"]}, "form_param_format_invalid", "email_address"),
        ({"email_address": "ada@example.com"}, "form_param_type_invalid", "email_address"),
        ({"email_address": [f"a{i}@example.com" for i in range(26)]}, "form_param_value_invalid", "email_address"),
        ({"phone_number": ["123"]}, "form_param_format_invalid", "phone_number"),
        ({"username": "a b"}, "form_param_format_invalid", "username"),
        ({"first_name": 7}, "form_param_type_invalid", "first_name"),
        ({"first_name": "x" * 257}, "form_param_value_invalid", "first_name"),
        ({"first_name": "a\x00"}, "form_param_format_invalid", "first_name"),
        ({"external_id": ""}, "form_param_value_invalid", "external_id"),
        ({"password": "short"}, "form_password_length_too_short", "password"),
        ({"password": "x" * 129}, "form_password_length_too_long", "password"),
        ({"password": "password1"}, "form_password_pwned", "password"),
        ({"password": "ada@example.com"}, "form_password_pwned", "password"),
        ({"password_digest": "x"}, "form_param_missing", "password_hasher"),
        ({"password_digest": "x", "password_hasher": "md5"}, "form_password_digest_invalid", "password_digest"),
        ({"password_digest": "x", "password_hasher": "rot13"}, "form_password_digest_invalid", "password_digest"),
        ({"created_at": "yesterday"}, "form_param_format_invalid", "created_at"),
        ({"legal_accepted_at": "10000-01-01T00:00:00Z"}, "form_param_format_invalid", "legal_accepted_at"),
        ({"public_metadata": []}, "form_param_type_invalid", "public_metadata"),
        ({"is_admin": True}, "form_param_unknown", "is_admin"),
        ({"id": "user_x"}, "form_param_unknown", "id"),
        ({"create_organizations_limit": -1}, "form_param_value_invalid", "create_organizations_limit"),
        (
            {"email_address_identification_status": ["reserved"] * 2},
            "form_param_value_invalid",
            "email_address_identification_status",
        ),
        (
            {"email_address_identification_status": ["maybe"]},
            "form_param_value_invalid",
            "email_address_identification_status[0]",
        ),
    ],
)
def test_a_refused_value_is_named_and_nothing_is_written(api: Api, fields: Any, code: str, name: str) -> None:
    body = {"email_address": ["ada@example.com"], **fields}
    assert api.refused("POST", "/users", body) == (422, code, {"param_name": name})
    assert api.get("/users/count")["total_count"] == 0
    assert api.sql("SELECT count(*) FROM audit_log WHERE action LIKE 'user.%'") == [(0,)]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"email_address": ["new@example.com", "ADA@example.com"]}, "email_address"),
        ({"email_address": ["new@example.com", "New@EXAMPLE.com"]}, "email_address"),
        ({"username": "ADA_l"}, "username"),
        ({"phone_number": ["+1 555 555 0100"]}, "phone_number"),
        ({"external_id": "ext_1"}, "external_id"),
    ],
)
def test_what_another_user_has_is_taken(open_on_engine: Open, fields: Any, name: str) -> None:
    api = open_on_engine()
    api.new_user(username="ada_l", external_id="ext_1", phone_number=["+15555550100"])
    refused = api.refused("POST", "/users", {"email_address": ["bob@example.com"], **fields})
    assert refused == (422, "form_identifier_exists", {"param_name": name})
    assert api.get("/users/count")["total_count"] == 1


def test_Z_013_of_two_at_once_one_gets_the_address(open_on_engine: Open) -> None:
    api = open_on_engine()
    body = {"email_address": ["ada@example.com"]}
    answers = api.together(*(api.ask("POST", "/v1/users", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7
    assert {answer.json()["errors"][0]["code"] for answer in answers if answer.status_code == 422} == {
        "form_identifier_exists"
    }


def test_an_update_that_fails_changes_nothing(api: Api) -> None:
    api.new_user(username="bobby")
    user = api.new_user("eve@example.com", username="evelyn")
    body = {"first_name": "Changed", "public_metadata": {"changed": True}, "username": "Bobby"}
    assert api.refused("PATCH", f"/users/{user['id']}", body)[:2] == (422, "form_identifier_exists")
    assert api.get(f"/users/{user['id']}") == user


def test_A_030_an_unverified_or_foreign_address_does_not_become_the_primary_one(api: Api) -> None:
    user = api.new_user(
        email_address=["ada@example.com", "new@example.com"],
        email_address_identification_status=["verified", "reserved"],
    )
    other = api.new_user("eve@example.com")
    unverified = user["email_addresses"][1]
    assert (unverified["reserved"], unverified["verification"]) == (True, None)
    for identification in (unverified["id"], other["primary_email_address_id"], "idn_none"):
        refused = api.refused("PATCH", f"/users/{user['id']}", {"primary_email_address_id": identification})
        assert refused == (422, "form_param_value_invalid", {"param_name": "primary_email_address_id"})


def test_a_created_at_of_choice_is_taken(api: Api) -> None:
    user = api.new_user(created_at="2012-10-20T07:15:20.902Z")
    assert user["created_at"] == 1_350_717_320_902
    changed = api.patch(f"/users/{user['id']}", {"created_at": "2013-10-20T07:15:20.902Z"})
    assert changed["created_at"] == 1_382_253_320_902


# ----------------------------------------------------------------------------------------------------------- metadata
def test_metadata_are_merged_deeply_and_null_deletes(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user(public_metadata={"a": {"b": 1, "c": 2}, "list": [1, 2]}, private_metadata={"p": 1})["id"]
    patch = {"public_metadata": {"a": {"b": None, "d": {"e": 1}}, "list": [3]}, "unsafe_metadata": {"u": True}}
    user = api.patch(f"/users/{user_id}/metadata", patch)
    assert user["public_metadata"] == {"a": {"c": 2, "d": {"e": 1}}, "list": [3]}
    assert (user["private_metadata"], user["unsafe_metadata"]) == ({"p": 1}, {"u": True})


def test_metadata_are_replaced_whole_where_given(api: Api) -> None:
    user_id = api.new_user(public_metadata={"a": 1}, private_metadata={"p": 1})["id"]
    user = api.ok("PUT", f"/users/{user_id}/metadata", json={"public_metadata": {"b": None}})
    assert (user["public_metadata"], user["private_metadata"]) == ({"b": None}, {"p": 1})


def test_I_009_odd_keys_are_data(open_on_engine: Open) -> None:
    api = open_on_engine()
    odd = {
        "$where": 1,
        "__proto__": {"x": 1},
        "": 2,
        "k" * 1024: 3,
        "10": 4,
        "a.b": 5,
        "{{user.id}}": 6,
        "é€😀\u2028": 7,
    }
    user_id = api.new_user(public_metadata=odd)["id"]
    assert api.get(f"/users/{user_id}")["public_metadata"] == odd
    merged = api.patch(f"/users/{user_id}/metadata", {"public_metadata": {"__proto__": {"y": 2}, "": None}})
    assert merged["public_metadata"]["__proto__"] == {"x": 1, "y": 2}
    assert "" not in merged["public_metadata"]


def test_numbers_keep_their_kind_and_order(open_on_engine: Open) -> None:
    api = open_on_engine()
    given = {"z": 1, "a": 1.0, "m": 2**63 - 1, "n": -(2**63), "f": 0.1, "t": True}
    user_id = api.new_user(public_metadata=given)["id"]
    told = api.get(f"/users/{user_id}")["public_metadata"]
    assert [(name, type(value), value) for name, value in told.items()] == [
        (name, type(value), value) for name, value in given.items()
    ]


@pytest.mark.parametrize("field", ["public_metadata", "private_metadata", "unsafe_metadata"])
def test_D_010_metadata_over_8_kb_are_refused_when_created_merged_and_replaced(
    open_on_engine: Open, field: str
) -> None:
    api = open_on_engine()
    full = {"a": "x" * (KIB_8 - len('{"a":""}'))}
    user_id = api.new_user(**{field: full})["id"]
    expected = (422, "form_param_exceeds_allowed_size", {"param_name": field})
    body = {"email_address": ["b@example.com"], field: {"a": full["a"] + "x"}}
    assert api.refused("POST", "/users", body) == expected
    assert api.refused("PATCH", f"/users/{user_id}/metadata", {field: {"b": 1}}) == expected
    assert api.refused("PUT", f"/users/{user_id}/metadata", {field: {"a": "€" * 2800}}) == expected
    assert api.refused("PATCH", f"/users/{user_id}", {field: {"b": 1}}) == expected
    assert api.get(f"/users/{user_id}")[field] == full


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
def test_I_010_what_postgresql_cannot_keep_is_refused_on_both(open_on_engine: Open, text: str) -> None:
    api = open_on_engine()
    body = '{"email_address":["ada@example.com"],"public_metadata":{"a":"x' + text + '"}}'
    answer = api.send("POST", "/v1/users", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert api.get("/users/count")["total_count"] == 0


def test_two_merges_at_once_lose_nothing(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user()["id"]
    path = f"/v1/users/{user_id}/metadata"
    answers = api.together(*(api.ask("PATCH", path, json={"public_metadata": {f"k{i}": i}}) for i in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(api.get(f"/users/{user_id}")["public_metadata"]) == 20


# ------------------------------------------------------------------------------------------------------------ finding
def test_users_are_found_by_each_filter(open_on_engine: Open) -> None:
    api = open_on_engine()
    ada = api.new_user(username="ada_l", external_id="ext_1", phone_number=["+15555550100"])["id"]
    api.now += 5000
    bob = api.new_user("bob@example.com", first_name="Bob", last_name=None)["id"]
    for query, expected in [
        ({"email_address": "ADA@example.com"}, [ada]),
        ({"email_address": ["ada@example.com", "bob@example.com"]}, [bob, ada]),
        ({"email_address[]": "bob@example.com"}, [bob]),
        ({"username": "ADA_L"}, [ada]),
        ({"phone_number": "+15555550100"}, [ada]),
        ({"external_id": "ext_1"}, [ada]),
        ({"external_id": "-ext_1"}, [bob]),
        ({"user_id": f"+{ada}"}, [ada]),
        ({"user_id": f"-{ada}"}, [bob]),
        ({"web3_wallet": "0x1"}, []),
        ({"query": "lovel"}, [ada]),
        ({"query": "example.com"}, [bob, ada]),
        ({"name_query": "bo"}, [bob]),
        ({"email_address_query": "bob@"}, [bob]),
        ({"created_at_after": START + 1}, [bob]),
        ({"created_at_before": START + 1}, [ada]),
        ({"banned": "false"}, [bob, ada]),
        ({"banned": "true"}, []),
        ({"limit": 1}, [bob]),
        ({"limit": 1, "offset": 1}, [ada]),
        ({"starting_after": bob}, [ada]),
        ({"order_by": "+created_at"}, [ada, bob]),
        ({"order_by": "first_name"}, [ada, bob]),
        ({"order_by": "-email_address"}, [bob, ada]),
        ({"unknown_key": "x"}, [bob, ada]),
    ]:
        assert [user["id"] for user in api.get("/users", params=query)] == expected, query


@pytest.mark.parametrize(
    "order",
    [
        "created_at;--",
        "+(select 1)",
        "nope",
        "x" * 10_240,
        "-private_metadata",
        "-password_digest",
        "--created_at",
        "created_at,id",
        "",
    ],
)
def test_I_001_users_are_ordered_by_documented_columns_only(api: Api, order: str) -> None:
    refused = api.refused("GET", "/users", params={"order_by": order})
    assert (refused.status, refused.meta) == (422, {"param_name": "order_by"})


@pytest.mark.parametrize(
    "text",
    ["'", '"', "\\", "%", "_", "(", ")", "😀", "' OR 1=1 --", "%%%%%%", "\u2028", "x" * 10_240, "\x00", "a\x00b"],
)
@pytest.mark.parametrize(
    "name",
    [
        "query",
        "email_address_query",
        "name_query",
        "username_query",
        "phone_number_query",
        "email_address",
        "user_id",
        "external_id",
    ],
)
def test_I_002_a_search_text_is_only_text(api: Api, name: str, text: str) -> None:
    api.new_user()
    answer = api.send("GET", "/v1/users", params={name: text})
    assert answer.status_code in {200, 422}
    if answer.status_code == 200 and text not in {"_", "(", ")"}:
        assert answer.json() == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "name", ["query", "email_address_query", "name_query", "email_address", "user_id", "starting_after"]
)
def test_I_002_on_postgresql_too(open_on_engine: Open, name: str) -> None:
    api = open_on_engine()
    api.new_user()
    for text in ("'", '"', "\\", "%", "_", "😀", "' OR 1=1 --", "\u2028", "\x00", "a\x00b", "\\%", "\\_"):
        answer = api.send("GET", "/v1/users", params={name: text})
        assert answer.status_code in {200, 422}
        assert answer.status_code == 422 or text == "_" or answer.json() == []  # every id has a `_`


@pytest.mark.parametrize("cursor", [UNKNOWN, "x", "'", "eyJpZCI6MX0=", "", "\x00", "x" * 300])
def test_I_004_a_forged_cursor_is_refused(api: Api, cursor: str) -> None:
    api.new_user()
    refused = api.refused("GET", "/users", params={"starting_after": cursor})
    assert (refused.status, refused.meta) == (422, {"param_name": "starting_after"})


def test_I_004_the_cursor_of_another_tenant_is_refused(api: Api) -> None:
    theirs = api.new_user()["id"]
    refused = api.refused("GET", "/users", params={"starting_after": theirs}, key=api.tenants[1].secret_key)
    assert (refused.status, refused.meta) == (422, {"param_name": "starting_after"})


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "501"}, {"limit": "1.5"}, {"limit": "10;"}, {"offset": "-1"}, {"offset": str(10**18)}],
)
@pytest.mark.parametrize("path", ["/users", "/sessions", "/jwt_templates"])
def test_I_005_pages_have_bounds_on_every_list(api: Api, path: str, query: dict[str, str]) -> None:
    refused = api.refused("GET", path, params=query)
    assert (refused.status, refused.meta) == (422, {"param_name": next(iter(query))})


def test_I_006_at_most_100_values_of_a_filter(api: Api) -> None:
    values = [f"a{i}@example.com" for i in range(101)]
    assert api.refused("GET", "/users", params={"email_address": values}).status == 422
    assert api.get("/users", params={"email_address": values[:100]}) == []
    assert api.send("GET", "/v1/users?" + "&".join(f"x{i}=1" for i in range(1001))).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "user_x%00",
        "%00",
        "..%2fx",
        "%2e%2e%2f",
        "user_x%2f..%2f",
        "x" * 5000,
        "😀",
        "sess_0000000000000000000000000000",
        "user_x%0d%0a",
        "'%20OR%201=1",
    ],
)
def test_I_008_an_odd_id_is_not_found(open_on_engine: Open, path: str) -> None:
    api = open_on_engine()
    for route in (f"/users/{path}", f"/sessions/{path}", f"/jwt_templates/{path}"):
        assert api.refused("GET", route).status == 404
    assert api.refused("POST", f"/sessions/{path}/tokens").status == 404
    assert api.refused("POST", f"/sessions/{path}/revoke").status == 404
    assert api.refused("DELETE", f"/users/{path}").status == 404


def test_Z_008_a_user_made_again_inherits_nothing(api: Api) -> None:
    first = api.new_user(username="ada_l", external_id="ext_1", private_metadata={"old": 1})
    session_id = api.new_session(first["id"])
    api.ok("DELETE", f"/users/{first['id']}")
    second = api.new_user(username="ada_l", external_id="ext_1")
    assert second["id"] != first["id"]
    assert (second["private_metadata"], api.get("/sessions", params={"user_id": second["id"]})) == ({}, [])
    assert api.refused("POST", f"/sessions/{session_id}/tokens").status == 404


def test_A_023_a_flood_of_passwords_is_turned_away_and_minting_goes_on(api: Api) -> None:
    session_id = api.new_session()
    asks = [
        api.ask("POST", "/v1/users", json={"email_address": [f"u{i}@example.com"], "password": "a-long-enough-one"})
        for i in range(60)
    ]
    *answers, minted = api.together(*asks, api.ask("POST", f"/v1/sessions/{session_id}/tokens"))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert minted.status_code == 200
    busy = answers[statuses.index(503)]
    assert (read_refusal(busy).code, busy.headers["retry-after"]) == ("hashing_busy", "1")
    assert api.get("/users/count")["total_count"] == 1 + statuses.count(200)


def test_A_022_a_password_is_stored_as_argon2id_with_a_salt_of_its_own(api: Api) -> None:
    for email in ("a@example.com", "b@example.com"):
        assert api.new_user(email, password="a-long-enough-one")["password_enabled"] is True
    digests = [row[0] for row in api.sql("SELECT password_digest FROM users")]
    assert len(set(digests)) == 2
    assert all(digest.startswith("{argon2id}$argon2id$v=19$m=19456,t=2,p=1$") for digest in digests)


def test_A_021_an_imported_digest_is_stored_and_never_told(api: Api) -> None:
    digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
    user = api.new_user(password_digest=digest, password_hasher="sha256")
    assert digest not in api.send("GET", f"/v1/users/{user['id']}").text
    assert api.sql("SELECT password_digest FROM users") == [("{sha256}" + digest,)]
