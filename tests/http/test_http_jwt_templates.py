"""JWT templates: five operations, tokens of them, and keys that are never told."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from faces import START, Api, Open, Refused
from token_parts import decode_part, private_key

from claimsmith.verification.keys import parse_jwk
from claimsmith_server.core import jose

SECRET = "CANARY-secret-of-at-least-32-bytes!"
UNKNOWN = "jtmp_0000000000000000000000000000"


def pem(algorithm: str) -> str:
    key = private_key(algorithm)
    octets: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return octets.decode()


def refuse(api: Api, **fields: Any) -> Refused:
    return api.refused("POST", "/jwt_templates", {"name": "t", "claims": {}, **fields})


def test_a_template_is_created_read_listed_updated_and_deleted(open_on_engine: Open) -> None:
    api = open_on_engine()
    made = api.post("/jwt_templates", {"name": "hasura", "claims": {"z": "{{user.id}}", "a": 1}})
    assert made == {
        "object": "jwt_template", "id": made["id"], "name": "hasura", "claims": {"z": "{{user.id}}", "a": 1},
        "lifetime": 60, "allowed_clock_skew": 5, "custom_signing_key": False, "signing_algorithm": "RS256",
        "created_at": START, "updated_at": START,
    }  # fmt: skip
    assert list(made["claims"]) == ["z", "a"]
    assert api.get(f"/jwt_templates/{made['id']}") == made
    assert api.get("/jwt_templates") == [made]
    assert api.get("/jwt_templates", params={"paginated": "true", "limit": 1}) == {"data": [made], "total_count": 1}
    api.now += 1000
    changed = api.patch(f"/jwt_templates/{made['id']}", {"name": "h2", "claims": {"b": 2}, "lifetime": 300})
    assert changed == made | {"name": "h2", "claims": {"b": 2}, "lifetime": 300, "updated_at": START + 1000}
    kept = api.patch(f"/jwt_templates/{made['id']}", {"name": "h2", "claims": {}, "allowed_clock_skew": 0})
    assert (kept["lifetime"], kept["allowed_clock_skew"]) == (300, 0)
    gone = api.ok("DELETE", f"/jwt_templates/{made['id']}")
    assert gone == {"object": "jwt_template", "id": made["id"], "deleted": True}
    assert api.get("/jwt_templates") == []


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"name": "t", "claims": {}}), ("DELETE", None)])
def test_an_unknown_template_is_not_found(api: Api, method: str, body: Any) -> None:
    assert api.refused(method, f"/jwt_templates/{UNKNOWN}", body)[:2] == (404, "resource_not_found")
    assert api.refused("POST", f"/sessions/{api.new_session()}/tokens/nothing")[:2] == (404, "resource_not_found")


@pytest.mark.parametrize(
    ("fields", "code", "name"),
    [
        ({"name": ...}, "form_param_missing", "name"),
        ({"claims": ...}, "form_param_missing", "claims"),
        ({"name": ""}, "form_param_value_invalid", "name"),
        ({"name": "a/b"}, "form_param_format_invalid", "name"),
        ({"name": "x" * 129}, "form_param_value_invalid", "name"),
        ({"name": "ä"}, "form_param_format_invalid", "name"),
        ({"claims": []}, "form_param_type_invalid", "claims"),
        ({"claims": {"sub": "x"}}, "reserved_claim", "claims"),
        ({"claims": {"a": "{{nope}}"}}, "unknown_root", "claims"),
        (
            {"signing_algorithm": "none", "custom_signing_key": True, "signing_key": "x"},
            "form_param_value_invalid",
            "signing_algorithm",
        ),
        ({"custom_signing_key": True}, "form_param_missing", "signing_key"),
        ({"signing_key": "short", "signing_algorithm": "HS256"}, "form_param_value_invalid", "signing_key"),
        ({"signing_key": "not a pem" * 9, "signing_algorithm": "RS256"}, "form_param_value_invalid", "signing_key"),
        ({"signing_key": "x" * 16_385, "signing_algorithm": "HS256"}, "form_param_value_invalid", "signing_key"),
        ({"id": "jtmp_x"}, "form_param_unknown", "id"),
    ],
)
def test_a_refused_value_is_named_and_nothing_is_written(api: Api, fields: Any, code: str, name: str) -> None:
    body = {key: value for key, value in {"name": "t", "claims": {}, **fields}.items() if value is not ...}
    refused = api.refused("POST", "/jwt_templates", body)
    assert (refused.status, refused.code, refused.meta["param_name"]) == (422, code, name)
    assert api.get("/jwt_templates") == []


@pytest.mark.parametrize("value", [0, -1, 29, 315_360_001, 10**12, 60.5, "60"])
def test_T_012_a_lifetime_is_30_to_315360000_seconds(api: Api, value: Any) -> None:
    assert refuse(api, lifetime=value)[::2] == (422, {"param_name": "lifetime"})


@pytest.mark.parametrize("value", [-1, 301, 1.5, "5"])
def test_T_012_a_skew_is_0_to_300_seconds(api: Api, value: Any) -> None:
    assert refuse(api, allowed_clock_skew=value)[::2] == (422, {"param_name": "allowed_clock_skew"})


def test_T_012_the_bounds_themselves_are_taken(api: Api) -> None:
    session_id = api.new_session()
    for name, lifetime, skew in [("low", 30, 0), ("high", 315_360_000, 300)]:
        api.post("/jwt_templates", {"name": name, "claims": {}, "lifetime": lifetime, "allowed_clock_skew": skew})
        told = api.mint(session_id, name)
        assert (told["exp"] - told["iat"], told["iat"] - told["nbf"]) == (lifetime, skew)
        assert api.mint(session_id, name, expires_in_seconds=77)["exp"] - told["iat"] == 77


def test_a_name_belongs_to_one_template_of_an_instance(open_on_engine: Open) -> None:
    api = open_on_engine()
    first = api.post("/jwt_templates", {"name": "one", "claims": {}})["id"]
    api.post("/jwt_templates", {"name": "two", "claims": {}})
    expected = (422, "form_name_exists", {"param_name": "name"})
    assert refuse(api, name="one") == expected
    assert api.refused("PATCH", f"/jwt_templates/{first}", {"name": "two", "claims": {}}) == expected


@pytest.mark.parametrize("name", ["hasura", "with space", "a.b-c_d", "9"])
def test_a_templates_name_is_the_path_of_its_tokens(api: Api, name: str) -> None:
    api.post("/jwt_templates", {"name": name, "claims": {"email": "{{user.primary_email_address}}"}})
    told = api.mint(api.new_session(), name)
    assert set(told) == {"email", "exp", "iat", "iss", "jti", "nbf", "sub"}
    assert told["email"] == "ada@example.com"


def test_a_template_token_is_signed_by_the_instance_and_is_no_session_token(api: Api) -> None:
    api.post("/jwt_templates", {"name": "t", "claims": {}})
    header, payload, signature = api.post(f"/sessions/{api.new_session()}/tokens/t")["jwt"].split(".")
    told = decode_part(header)
    (jwk,) = api.get("/jwks")["keys"]
    assert told == {"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": jwk["kid"], "typ": "JWT"}
    key = parse_jwk(jwk)
    assert key is not None
    key.check(base64.urlsafe_b64decode(signature + "=="), f"{header}.{payload}".encode())


def test_an_edit_is_in_the_next_token_of_every_service(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    template_id = first.post("/jwt_templates", {"name": "t", "claims": {"a": 1}})["id"]
    session_id = first.new_session()
    assert (first.mint(session_id, "t")["a"], second.mint(session_id, "t")["a"]) == (1, 1)
    first.patch(f"/jwt_templates/{template_id}", {"name": "t", "claims": {"a": 2}})
    assert (first.mint(session_id, "t")["a"], second.mint(session_id, "t")["a"]) == (2, 2)
    second.ok("DELETE", f"/jwt_templates/{template_id}")
    second.post("/jwt_templates", {"name": "t", "claims": {"a": 3}})
    assert (first.mint(session_id, "t")["a"], second.mint(session_id, "t")["a"]) == (3, 3)


# ----------------------------------------------------------------------------------------------------- keys of its own
def test_K_014_a_shared_secret_signs_without_a_kid_and_is_in_no_jwks(api: Api) -> None:
    api.post("/jwt_templates", {"name": "t", "claims": {}, "signing_algorithm": "HS256", "signing_key": SECRET})
    jwt = api.post(f"/sessions/{api.new_session()}/tokens/t")["jwt"]
    header, payload, signature = jwt.split(".")
    assert decode_part(header) == {"alg": "HS256", "cat": "cl_B7d4PD222AAA", "typ": "JWT"}
    expected = hmac.new(SECRET.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected
    assert [key["kty"] for key in api.get("/jwks")["keys"]] == ["RSA"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_K_014_a_private_key_of_its_own_signs_the_templates_tokens(api: Api, algorithm: str) -> None:
    fields = {"signing_algorithm": algorithm, "signing_key": pem(algorithm), "custom_signing_key": True}
    made = api.post("/jwt_templates", {"name": "t", "claims": {}, **fields})
    assert (made["custom_signing_key"], made["signing_algorithm"]) == (True, algorithm)
    header, payload, signature = api.post(f"/sessions/{api.new_session()}/tokens/t")["jwt"].split(".")
    assert decode_part(header) == {"alg": algorithm, "cat": "cl_B7d4PD222AAA", "typ": "JWT"}
    key = parse_jwk(jose.public_jwk(private_key(algorithm).public_key(), algorithm, "own"))
    assert key is not None
    key.check(base64.urlsafe_b64decode(signature + "=="), f"{header}.{payload}".encode())
    assert len(api.get("/jwks")["keys"]) == 1


def test_a_key_of_its_own_stays_until_it_is_replaced_or_given_up(api: Api) -> None:
    fields = {"signing_algorithm": "HS256", "signing_key": SECRET}
    template_id = api.post("/jwt_templates", {"name": "t", "claims": {}, **fields})["id"]
    session_id = api.new_session()

    def algorithm() -> Any:
        return decode_part(api.post(f"/sessions/{session_id}/tokens/t")["jwt"].split(".")[0])["alg"]

    api.patch(f"/jwt_templates/{template_id}", {"name": "t", "claims": {"a": 1}})
    assert algorithm() == "HS256"
    body = {"name": "t", "claims": {}, "signing_algorithm": "HS512"}
    refused = api.refused("PATCH", f"/jwt_templates/{template_id}", body)
    assert refused == (422, "form_param_missing", {"param_name": "signing_key"})
    api.patch(f"/jwt_templates/{template_id}", body | {"signing_key": SECRET * 2})
    assert algorithm() == "HS512"
    api.patch(f"/jwt_templates/{template_id}", {"name": "t", "claims": {}, "custom_signing_key": False})
    assert algorithm() == "RS256"
    assert api.sql("SELECT sealed_signing_key FROM jwt_templates") == [(None,)]


def test_T_015_a_templates_key_is_written_only(api: Api) -> None:
    fields = {"signing_algorithm": "HS256", "signing_key": SECRET}
    made = api.post("/jwt_templates", {"name": "t", "claims": {}, **fields})
    path = f"/v1/jwt_templates/{made['id']}"
    told = [api.send("GET", path), api.send("GET", "/v1/jwt_templates"), api.send("GET", "/v1/jwks")]
    told.append(api.send("PATCH", path, json={"name": "t", "claims": {}, **fields}))
    told.append(
        api.send("PATCH", path, json={"name": "t", "claims": {}, "signing_key": SECRET, "signing_algorithm": "RS256"})
    )
    told.append(api.send("PATCH", path, json={"name": "t", "claims": {}, "signing_key": {"k": SECRET}}))
    told.append(api.send("POST", "/v1/jwt_templates", json={"name": "t", "claims": {}, **fields}))
    told.append(api.send("DELETE", path))
    assert [answer.status_code for answer in told] == [200, 200, 200, 200, 422, 422, 422, 200]
    dump = repr(api.sql("SELECT * FROM jwt_templates")) + repr(api.sql("SELECT * FROM audit_log"))
    for text in (*[answer.text for answer in told], api.log.getvalue(), dump):
        assert "CANARY" not in text
