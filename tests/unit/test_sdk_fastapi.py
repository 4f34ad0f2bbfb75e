"""The FastAPI adapter, and the example's endpoint, over the application's own ASGI interface."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import Depends, FastAPI
from sdk_signing import KID, NOW, PUBLISHABLE_KEY, jwks, make_token, own_keys, pem, rsa_key

from claimsmith import Auth, ConfigurationError, RemoteKeys, Settings, SignedOut
from claimsmith.fastapi import Claimsmith, get_auth, require, require_auth
from claimsmith.instance import parse_publishable_key

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/fastapi/main.py"


def make_app(**options: Any) -> FastAPI:
    app = FastAPI()
    settings = options.pop("settings", Settings(publishable_key=parse_publishable_key(PUBLISHABLE_KEY)))
    Claimsmith(app, settings, **{"keys": own_keys(), "clock": lambda: NOW, **options})

    @app.get("/me")
    async def me(auth: Annotated[Auth, Depends(require_auth)]) -> dict[str, Any]:
        return {"user": auth.user_id, "name": auth.session_claims["fullName"]}  # type: ignore[typeddict-item]

    @app.get("/anyone")
    def anyone(auth: Annotated[Auth | SignedOut, Depends(get_auth)]) -> dict[str, Any]:
        return {"known": auth.is_authenticated}

    @app.get("/admin")
    def admin(auth: Annotated[Auth, Depends(require(role="org:admin"))]) -> str:
        return auth.user_id

    return app


def get(app: FastAPI, path: str = "/me", headers: Any = None, cookies: str | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        sent = list(headers or []) + ([("cookie", cookies)] if cookies else [])
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.get(path, headers=sent)

    return anyio.run(ask)


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def test_a_signed_in_caller_reaches_the_route_by_header_and_by_cookie() -> None:
    app = make_app()
    expected = {"user": "user_1", "name": "Ada Lovelace"}
    assert get(app, headers=bearer(make_token())).json() == expected
    assert get(app, cookies=f"__session={make_token()}").json() == expected


def test_anyone_else_gets_401_in_the_wires_shape_with_the_reason() -> None:
    answer = get(make_app(), headers=bearer(make_token(exp=NOW - 10)))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-clerk-auth-status"] == "signed-out"
    assert answer.headers["x-clerk-auth-reason"] == "token-expired"
    assert answer.headers["x-clerk-auth-message"] == "The token has expired."
    assert answer.headers["www-authenticate"] == "Bearer"
    [error] = answer.json()["errors"]
    assert set(error) == {"code", "message", "long_message", "meta"}


def test_nobody_at_all_gets_401_too() -> None:
    answer = get(make_app())
    assert (answer.status_code, answer.headers["x-clerk-auth-reason"]) == (401, "session-token-and-uat-missing")


def test_a_route_may_serve_both() -> None:
    assert get(make_app(), "/anyone").json() == {"known": False}
    assert get(make_app(), "/anyone", bearer(make_token())).json() == {"known": True}


def test_a_missing_right_is_403_and_a_missing_sign_in_is_401() -> None:
    organization = {"id": "org_1", "rol": "admin"}
    assert get(make_app(), "/admin", bearer(make_token(o=organization))).json() == "user_1"
    answer = get(make_app(), "/admin", bearer(make_token()))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "forbidden")
    assert get(make_app(), "/admin").status_code == 401


@pytest.mark.parametrize("value", ["Bearer", "Bearer  x", "Bearer é", "Basic é", "x" * 100_000, "Bearer " + "." * 9999])
def test_J_039_no_authorization_value_is_ever_an_error_of_ours(value: str) -> None:
    assert get(make_app(), headers=[(b"authorization", value.encode())]).status_code == 401


@pytest.mark.parametrize("host", ["[", "a b", "x:y:z", "]", "http://["])
def test_an_unreadable_host_header_is_no_error_of_ours(host: str) -> None:
    answer = get(make_app(), headers=[("host", host)], cookies=f"__session={make_token()}")
    assert answer.status_code in {200, 401}


def test_J_039_two_authorization_headers_are_401() -> None:
    assert get(make_app(), headers=bearer(make_token()) + bearer(make_token())).status_code == 401


def test_authorized_parties_of_the_settings_are_required() -> None:
    settings = Settings(authorized_parties=("https://app.example.com",))
    answer = get(make_app(settings=settings), headers=bearer(make_token()))
    assert answer.headers["x-clerk-auth-reason"] == "token-invalid-authorized-parties"


def test_remote_keys_are_fetched_in_the_first_request_and_kept() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(jwks()))

    keys = RemoteKeys("http://localhost:4000/v1/jwks", transport=httpx.MockTransport(handle))
    app = make_app(keys=keys)
    for _ in range(3):
        assert get(app, headers=bearer(make_token())).status_code == 200
    assert asked == ["http://localhost:4000/v1/jwks"]
    assert get(app, headers=bearer(make_token({"kid": "x"}, rsa_key("x")))).status_code == 401
    assert KID in keys.snapshot(KID).kids


def test_an_outage_before_the_first_key_set_is_401_with_that_reason() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(500, stream=httpx.ByteStream(b"")))
    app = make_app(keys=RemoteKeys("http://localhost:4000/v1/jwks", transport=transport))
    answer = get(app, headers=bearer(make_token()))
    assert answer.headers["x-clerk-auth-reason"] == "jwk-remote-failed-to-load"


def test_the_openapi_document_tells_both_ways_to_sign_in() -> None:
    document = make_app().openapi()
    assert document["components"]["securitySchemes"] == {
        "SessionToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "SessionCookie": {"type": "apiKey", "in": "cookie", "name": "__session"},
    }
    assert document["paths"]["/me"]["get"]["security"]
    assert not document["paths"]["/me"]["get"].get("parameters")


def test_an_application_without_claimsmith_says_what_to_do() -> None:
    app = FastAPI()
    app.get("/me", dependencies=[Depends(require_auth)])(lambda: None)
    with pytest.raises(ConfigurationError, match="Claimsmith"):
        get(app)


def test_no_key_at_all_is_told_when_the_application_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_KEY", "API_URL", "SECRET_KEY", "PUBLISHABLE_KEY"):
        monkeypatch.delenv(f"CLERK_{name}", raising=False)
        monkeypatch.delenv(f"CLAIMSMITH_{name}", raising=False)
    with pytest.raises(ConfigurationError, match="CLERK_JWT_KEY"):
        Claimsmith(FastAPI())


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("CLERK_JWT_KEY", pem().replace("\n", "\\n"))
    spec = importlib.util.spec_from_file_location("claimsmith_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["claimsmith_example"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["claimsmith_example"]


def test_the_example_answers_as_the_guide_does(example: Any) -> None:
    Claimsmith(example.app, Settings(jwt_key=pem()), clock=lambda: NOW)
    answer = get(example.app, "/api/example", bearer(make_token()))
    assert answer.json() == {"firstName": "Ada Lovelace", "primaryEmail": "ada@example.com"}
    assert get(example.app, "/api/example").status_code == 401
