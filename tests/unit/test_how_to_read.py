"""The code that the editor offers: what stands there is run, in each Python framework, on a token with those claims."""

import asyncio
import json
import sys
import time
from types import ModuleType
from typing import Any

import httpx
import pytest
from django_project import project, wsgi
from sdk_signing import make_token, pem
from wsgi_calls import call_wsgi

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.how_to_read import FRAMEWORKS, write_how_to_read

CLAIMS = {"fullName": "{{user.full_name}}", "metadata": {"role": "member"}, "it's {odd}": 1}
PYTHON = FRAMEWORKS[2:]
SEEN = {"full_name": "Ada Lovelace", "role": "member", "it_s_odd": 1}


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the code of one framework defines, in an environment that tells it the key."""
    template = compile_template(json.dumps(CLAIMS), audience="session").template
    assert template is not None
    for name in ("API_URL", "SECRET_KEY", "PUBLISHABLE_KEY", "AUTHORIZED_PARTIES", "SIGN_IN_URL"):
        monkeypatch.delenv(f"CLERK_{name}", raising=False)
    monkeypatch.setenv("CLERK_JWT_KEY", pem())
    module = ModuleType("shown")
    monkeypatch.setitem(sys.modules, "shown", module)  # Litestar looks annotations up there.
    exec(compile(write_how_to_read(template)[request.param], "shown", "exec"), module.__dict__)  # noqa: S102
    return {"framework": request.param, **module.__dict__}


def ask(program: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON of `/me`."""
    if program["framework"] == "Django":
        with project({"me": program["me"]}, CLAIMSMITH={}):
            answer = call_wsgi(wsgi(), "GET", "http://localhost/me", headers.items())
            return answer.status, answer.json
    if program["framework"] == "Flask":
        answer = call_wsgi(program["app"], "GET", "http://localhost/me", headers.items())
        return answer.status, answer.json

    async def ask_asgi() -> tuple[int, Any]:
        transport = httpx.ASGITransport(app=program["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            told = await client.get("/me", headers=headers)
            return told.status_code, told.json()

    return asyncio.run(ask_asgi())


@pytest.mark.parametrize("program", PYTHON, indirect=True)
def test_the_code_reads_the_claims_of_a_token(program: dict[str, Any]) -> None:
    now = int(time.time())
    token = make_token(metadata={"role": "member"}, iat=now, nbf=now, exp=now + 60, **{"it's {odd}": 1})
    assert ask(program, {"authorization": f"Bearer {token}"}) == (200, SEEN)
    status, body = ask(program, {})
    assert (status, body["errors"][0]["code"]) == (401, "authentication_invalid")
