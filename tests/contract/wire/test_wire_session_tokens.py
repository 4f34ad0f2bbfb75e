"""Session tokens minted here, verified and read by both SDKs (contract 2)."""

from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from clerk_backend_api import Clerk
from clerk_backend_api.security import authenticate_request
from clerk_backend_api.security.types import (
    AuthenticateRequestOptions,
    TokenVerificationError,
    TokenVerificationErrorReason,
    VerifyTokenOptions,
)
from clerk_backend_api.security.verifytoken import verify_token
from cryptography.hazmat.primitives.asymmetric import rsa
from node_sdk import NodeError, NodeSdk
from servers import Server

from claimsmith import wire
from claimsmith.instance import parse_publishable_key

APPLICATION = "http://localhost:3000"


@pytest.fixture(scope="module")
def token(clerk: Clerk, seed_claims: dict[str, str], new_session: Callable[..., Any]) -> str:
    """A session token of Ada's, with the seed's two claims."""
    assert seed_claims
    minted = clerk.sessions.create_token(session_id=new_session()["id"]).jwt
    assert minted
    return minted


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def forge(token: str, **header: Any) -> str:
    """The same claims under a key that nobody here published."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(read_claims(token), stranger, "RS256", headers=jwt.get_unverified_header(token) | header)


def assert_seed_claims(claims: dict[str, Any]) -> None:
    assert claims["fullName"] == "Ada Lovelace"
    assert claims["primaryEmail"].endswith("@example.com")


def test_a_session_token_has_the_header_and_the_default_claims_of_version_2(
    token: str, claimsmith_server: Server
) -> None:
    header, claims = jwt.get_unverified_header(token), read_claims(token)
    assert (header["alg"], header["typ"], header["cat"]) == ("RS256", "JWT", wire.CATEGORY_SESSION)
    assert claims["iss"] == parse_publishable_key(claimsmith_server.publishable_key).issuer
    assert (claims["v"], claims["sts"]) == (2, "active")
    assert claims["exp"] - claims["iat"] == 60
    assert claims["nbf"] <= claims["iat"]
    assert claims["sub"].startswith("user_")
    assert claims["sid"].startswith("sess_")
    assert len(claims["fva"]) == 2
    assert "azp" not in claims, "a token minted for a back end has no Origin"
    assert "o" not in claims, "no organization is active"


def test_the_key_id_of_the_token_is_published(token: str, http: httpx.Client, claimsmith_server: Server) -> None:
    kid = jwt.get_unverified_header(token)["kid"]
    published = http.get("/jwks").json()["keys"]
    assert kid in [key["kid"] for key in published]
    assert all({"use", "kty", "kid", "alg", "n", "e"} <= set(key) for key in published if key["kty"] == "RSA")
    public = httpx.get(f"{claimsmith_server.fapi_url}/.well-known/jwks.json", trust_env=False)
    assert public.json()["keys"] == published, "third parties read the same keys without a secret key"


def test_the_python_sdk_verifies_by_jwks_and_reads_both_custom_claims(token: str, claimsmith_server: Server) -> None:
    options = VerifyTokenOptions(secret_key=claimsmith_server.secret_key, api_url=claimsmith_server.bapi_url)
    assert_seed_claims(verify_token(token, options))


def test_the_python_sdk_verifies_by_jwt_key_and_reads_both_custom_claims(token: str, claimsmith_server: Server) -> None:
    assert_seed_claims(verify_token(token, VerifyTokenOptions(jwt_key=claimsmith_server.jwt_key)))


@pytest.mark.node
def test_the_node_sdk_verifies_by_jwks_and_reads_both_custom_claims(
    node: NodeSdk, token: str, claimsmith_server: Server
) -> None:
    options = {"secretKey": claimsmith_server.secret_key, "apiUrl": claimsmith_server.bapi_url}
    assert_seed_claims(node("verifyToken", token, options))


@pytest.mark.node
def test_the_node_sdk_verifies_by_jwt_key_and_reads_both_custom_claims(
    node: NodeSdk, token: str, claimsmith_server: Server
) -> None:
    assert_seed_claims(node("verifyToken", token, {"jwtKey": claimsmith_server.jwt_key}))


@pytest.mark.node
def test_the_node_sdk_mints_and_honours_a_lifetime(node: NodeSdk, new_session: Callable[..., Any]) -> None:
    claims = read_claims(node("sessions.getToken", new_session()["id"], None, 300)["jwt"])
    assert claims["exp"] - claims["iat"] == 300


def test_a_strangers_signature_is_refused_by_the_python_sdk(token: str, claimsmith_server: Server) -> None:
    with pytest.raises(TokenVerificationError) as refused:
        verify_token(forge(token), VerifyTokenOptions(jwt_key=claimsmith_server.jwt_key))
    assert refused.value.reason is TokenVerificationErrorReason.TOKEN_INVALID_SIGNATURE
    by_jwks = VerifyTokenOptions(secret_key=claimsmith_server.secret_key, api_url=claimsmith_server.bapi_url)
    with pytest.raises(TokenVerificationError) as refused:
        verify_token(forge(token, kid="ins_stranger"), by_jwks)
    assert refused.value.reason is TokenVerificationErrorReason.JWK_KID_MISMATCH


@pytest.mark.node
def test_a_strangers_signature_is_refused_by_the_node_sdk(node: NodeSdk, token: str, claimsmith_server: Server) -> None:
    with pytest.raises(NodeError) as refused:
        node("verifyToken", forge(token), {"jwtKey": claimsmith_server.jwt_key})
    assert refused.value.reason == "token-invalid-signature"
    by_jwks = {"secretKey": claimsmith_server.secret_key, "apiUrl": claimsmith_server.bapi_url}
    with pytest.raises(NodeError) as refused:
        node("verifyToken", forge(token, kid="ins_stranger"), by_jwks)
    assert refused.value.reason == "jwk-kid-mismatch"


def test_the_python_sdk_authenticates_a_bearer_token_and_a_cookie(token: str, claimsmith_server: Server) -> None:
    options = AuthenticateRequestOptions(jwt_key=claimsmith_server.jwt_key)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"{wire.SESSION_COOKIE}={token}"}):
        state = authenticate_request(httpx.Request("GET", APPLICATION, headers=headers), options)
        assert state.is_signed_in, state.reason
        assert state.payload
        assert_seed_claims(state.payload)


@pytest.mark.node
def test_the_node_sdk_authenticates_a_bearer_token(node: NodeSdk, token: str) -> None:
    facts = {"url": APPLICATION, "method": "GET", "headers": {"Authorization": f"Bearer {token}"}}
    state = node("authenticateRequest", facts, {})
    assert (state["status"], state["reason"]) == ("signed-in", None)
    assert state["auth"]["userId"] == read_claims(token)["sub"]
    assert state["auth"]["token"] == token
    assert_seed_claims(state["auth"]["sessionClaims"])


@pytest.mark.node
@pytest.mark.parametrize("form", ["plain", "suffixed"])
def test_the_node_sdk_authenticates_a_session_cookie(
    node: NodeSdk, token: str, claimsmith_server: Server, form: str
) -> None:
    claims = read_claims(token)
    suffix = "_" + parse_publishable_key(claimsmith_server.publishable_key).cookie_suffix if form == "suffixed" else ""
    cookies = {wire.SESSION_COOKIE: token, wire.CLIENT_UAT_COOKIE: claims["iat"], wire.DEV_BROWSER_COOKIE: "dvb_1"}
    header = "; ".join(f"{name}{suffix}={value}" for name, value in cookies.items())
    facts = {"url": APPLICATION, "method": "GET", "headers": {"Cookie": header, "Sec-Fetch-Dest": "document"}}
    state = node("authenticateRequest", facts, {})
    assert (state["status"], state["reason"]) == ("signed-in", None)
    assert_seed_claims(state["auth"]["sessionClaims"])


@pytest.mark.node
def test_the_node_sdk_sees_through_a_tampered_cookie(node: NodeSdk, token: str) -> None:
    cookies = f"{wire.SESSION_COOKIE}={forge(token)}; {wire.CLIENT_UAT_COOKIE}={read_claims(token)['iat']}; "
    facts = {"url": APPLICATION, "method": "GET", "headers": {"Cookie": f"{cookies}{wire.DEV_BROWSER_COOKIE}=dvb_1"}}
    state = node("authenticateRequest", facts, {})
    assert state["status"] == "signed-out"
    assert state["reason"] == "token-invalid-signature"


def test_each_token_has_an_id_of_its_own(clerk: Clerk, new_session: Callable[..., Any]) -> None:
    session = new_session()
    minted = [clerk.sessions.create_token(session_id=session["id"]).jwt or "" for _ in range(3)]
    assert len({read_claims(token)["jti"] for token in minted}) == 3


def test_a_changed_user_is_in_the_next_token(
    clerk: Clerk, seed_claims: dict[str, str], new_user: Callable[..., Any], new_session: Callable[..., Any]
) -> None:
    assert seed_claims
    user = new_user()
    session = new_session(user["id"])
    clerk.users.update(user_id=user["id"], first_name="Augusta")
    claims = read_claims(clerk.sessions.create_token(session_id=session["id"]).jwt or "")
    assert claims["fullName"] == "Augusta Lovelace"
