# ruff: noqa: N815 - claims keep the names that they have in the token
"""What is FastAPI's own: dependencies, the OpenAPI document, routers and mounted applications."""

from typing import Annotated, Any

import anyio
import httpx
import pytest
from asgi_applications import send
from decision_table import Seen
from fastapi import APIRouter, Depends, FastAPI
from sdk_signing import KID, NOW, jwks, make_token, own_keys, pem, rsa_key

from claimsmith import Auth, ConfigurationError, RemoteKeys, SessionClaims, Settings, SignedOut
from claimsmith.fastapi import Claimsmith, auth, get_auth, require_auth

ADMIN = {"id": "org_1", "slg": "acme", "rol": "admin"}


class MyClaims(SessionClaims):
    fullName: str


def make_app(**options: Any) -> FastAPI:
    app = FastAPI()
    Claimsmith(app, options.pop("settings", Settings()), **{"keys": own_keys(), "clock": lambda: NOW, **options})

    @app.get("/me")
    async def me(auth: Annotated[Auth[MyClaims], Depends(require_auth(claims=MyClaims))]) -> dict[str, Any]:
        return {"user": auth.user_id, "name": auth.session_claims["fullName"]}

    @app.get("/anyone")
    def anyone(caller: Annotated[Auth | SignedOut, Depends(get_auth)]) -> dict[str, Any]:
        return {"known": caller.is_authenticated}

    @app.get("/admin", dependencies=[Depends(require_auth(role="org:admin", fresh="strict"))])
    def admin() -> str | None:
        return auth().user_id

    return app


def get(app: FastAPI, path: str = "/me", token: str | None = None) -> Seen:
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return anyio.run(send, app, "GET", f"http://localhost:3000{path}", headers)


def test_a_signed_in_caller_reaches_the_route_with_typed_claims() -> None:
    assert get(make_app(), token=make_token()).body == b'{"user":"user_1","name":"Ada Lovelace"}'


def test_anyone_else_gets_401_in_the_wires_shape_with_the_reason() -> None:
    answer = get(make_app(), token=make_token(key=rsa_key("attacker")))
    assert answer.status == 401
    assert answer.values("content-type") == ["application/json"]
    assert answer.values("x-clerk-auth-reason") == ["token-invalid-signature"]
    assert len(answer.values("x-clerk-auth-message")) == 1


def test_a_route_may_serve_both() -> None:
    assert get(make_app(), "/anyone").body == b'{"known":false}'
    assert get(make_app(), "/anyone", make_token()).body == b'{"known":true}'


def test_everything_that_is_asked_for_must_be_had() -> None:
    app = make_app()
    assert get(app, "/admin", make_token(o=ADMIN)).body == b'"user_1"'
    assert get(app, "/admin", make_token()).status == 403
    assert get(app, "/admin", make_token(o=ADMIN, fva=[11, -1])).status == 403
    assert get(app, "/admin").status == 401


def test_a_router_is_guarded_as_a_whole() -> None:
    app = make_app()
    router = APIRouter(prefix="/inner", dependencies=[Depends(require_auth())])
    router.get("/route")(lambda: auth().user_id)
    app.include_router(router)
    assert get(app, "/inner/route").status == 401
    assert get(app, "/inner/route", make_token()).body == b'"user_1"'
    assert app.openapi()["paths"]["/inner/route"]["get"]["security"] == [{"SessionToken": []}, {"SessionCookie": []}]


def test_a_mounted_application_has_the_callers_of_the_outer_one() -> None:
    outer, inner = make_app(), FastAPI()
    inner.get("/route", dependencies=[Depends(require_auth())])(lambda: auth().user_id)
    outer.mount("/mounted", inner)
    assert get(outer, "/mounted/route", make_token()).body == b'"user_1"'
    assert get(outer, "/mounted/route").status == 401


def test_an_override_of_a_dependency_stands_in_for_a_caller() -> None:
    required = require_auth()
    app = FastAPI()
    Claimsmith(app, Settings(jwt_key=pem()))
    app.get("/me", dependencies=[Depends(required)])(lambda: "in")
    app.dependency_overrides[required] = lambda: None
    assert get(app).body == b'"in"'


def test_remote_keys_are_fetched_in_the_first_request_and_kept() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(jwks()))

    keys = RemoteKeys("http://localhost:4000/v1/jwks", transport=httpx.MockTransport(handle))
    app = make_app(keys=keys)
    for _ in range(3):
        assert get(app, token=make_token()).status == 200
    assert asked == ["http://localhost:4000/v1/jwks"]
    assert get(app, token=make_token({"kid": "x"}, rsa_key("x"))).status == 401
    assert KID in keys.snapshot(KID).kids


def test_an_outage_before_the_first_key_set_is_401_with_that_reason() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(500, stream=httpx.ByteStream(b"")))
    app = make_app(keys=RemoteKeys("http://localhost:4000/v1/jwks", transport=transport))
    assert get(app, token=make_token()).values("x-clerk-auth-reason") == ["jwk-remote-failed-to-load"]


def test_the_openapi_document_tells_both_ways_to_sign_in_and_the_rights() -> None:
    document = make_app().openapi()
    assert document["components"]["securitySchemes"] == {
        "SessionToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "SessionCookie": {"type": "apiKey", "in": "cookie", "name": "__session"},
    }
    admin = document["paths"]["/admin"]["get"]
    rights = ["role:org:admin", "fresh:second_factor:10"]
    assert admin["security"] == [{"SessionToken": rights}, {"SessionCookie": rights}]
    assert sorted(admin["responses"]) == ["200", "401", "403"]
    assert not admin.get("parameters")


def test_the_openapi_document_tells_of_403_only_where_there_is_one() -> None:
    app = make_app()
    app.get("/plain", dependencies=[Depends(require_auth())])(lambda: None)
    paths = app.openapi()["paths"]
    assert sorted(paths["/plain"]["get"]["responses"]) == ["200", "401"]
    schema = paths["/plain"]["get"]["responses"]["401"]["content"]["application/json"]["schema"]
    assert schema["properties"]["errors"]["items"]["required"] == ["code"]
    assert sorted(paths["/anyone"]["get"]["responses"]) == ["200"]
    assert "security" not in paths["/anyone"]["get"]


def test_a_response_that_the_route_documents_itself_is_kept() -> None:
    app = make_app()
    app.get("/own", dependencies=[Depends(require_auth())], responses={401: {"description": "Mine."}})(lambda: None)
    assert app.openapi()["paths"]["/own"]["get"]["responses"]["401"] == {"description": "Mine."}
    assert get(app, "/openapi.json").status == 200


def test_an_application_without_claimsmith_says_what_to_do() -> None:
    for dependency in (require_auth(), get_auth):
        app = FastAPI()
        app.get("/me", dependencies=[Depends(dependency)])(lambda: None)
        with pytest.raises(ConfigurationError, match="Claimsmith"):
            get(app)


def test_no_key_at_all_is_told_when_the_application_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_KEY", "API_URL", "SECRET_KEY", "PUBLISHABLE_KEY"):
        monkeypatch.delenv(f"CLERK_{name}", raising=False)
        monkeypatch.delenv(f"CLAIMSMITH_{name}", raising=False)
    with pytest.raises(ConfigurationError, match="CLERK_JWT_KEY"):
        Claimsmith(FastAPI())


def test_a_freshness_that_is_none_is_told_when_the_route_is_made() -> None:
    with pytest.raises(ValueError, match="fresh"):
        require_auth(fresh="daily")  # type: ignore[arg-type]
