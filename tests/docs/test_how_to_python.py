"""The how-tos for FastAPI, Starlette and Litestar: their code runs as one program, and does what they say.

Those for Django and Flask are in `test_how_to_django_and_flask.py`.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest
from asgi_applications import send, talk
from decision_table import Seen

from claimsmith import testing
from claimsmith.application import ApplicationOptions

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = ("fastapi", "starlette", "litestar")
ADMIN = testing.Organization(id="org_1", slug="acme", role="org:admin", permissions=("org:posts:manage",))
DOCUMENT = (("sec-fetch-dest", "document"), ("accept", "text/html"))

pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")
"""Starlette asks for a newer httpx for its test client; what the application does is the same."""

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a page's program in an application's environment; gives what it has defined."""
    for name, value in testing.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLERK_SIGN_IN_URL", "https://accounts.example.com/sign-in")

    def run_page(name: str) -> dict[str, Any]:
        module = ModuleType(f"how_to_{name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)  # Litestar looks up what annotations name.
        code = "\n".join(BLOCK.findall(read(name)))
        exec(compile(code, f"{name}.md", "exec"), module.__dict__)  # noqa: S102 - our own page
        return module.__dict__

    return run_page


def read(name: str) -> str:
    return (REPOSITORY / "docs/how-to" / f"{name}.md").read_text(encoding="utf-8")


def headers(**more: Any) -> list[tuple[str, str]]:
    claims = {"fullName": "Ada Lovelace", "primaryEmail": "ada@example.com"}
    return list(testing.auth_headers(claims, user="user_1", **more).items())


def ask(app: Any, path: str, sent: Any = (), method: str = "GET") -> Seen:
    return anyio.run(send, app, method, f"http://localhost:3000{path}", sent)


@pytest.mark.parametrize("name", PAGES)
def test_what_the_pages_have_in_common(name: str, run: Run) -> None:
    page = run(name)
    app = page["app"]
    assert json.loads(ask(app, "/me", headers()).body) == {"user": "user_1", "organization": None}
    assert ask(app, "/me").status == 401
    assert ask(app, "/greeting", headers()).body.strip(b'"') == b"Hello user_1"
    assert ask(app, "/greeting").body.strip(b'"') == b"Hello stranger"
    assert json.loads(ask(app, "/api/example", headers()).body)["firstName"] == "Ada Lovelace"
    unlike = testing.auth_headers({"fullName": 7, "primaryEmail": None}, user="user_1")
    assert "fullName" in ask(app, "/api/example", list(unlike.items())).body.decode()
    (event,) = anyio.run(talk, app, "/chat")
    assert (event["type"], event["code"]) == ("websocket.close", 1008)
    assert anyio.run(talk, app, "/chat", headers())[0]["type"] == "websocket.accept"
    page["test_me"]()


@pytest.mark.parametrize("name", ["starlette", "litestar"])
def test_rights_of_methods(name: str, run: Run) -> None:
    app = run(name)["app"]
    assert ask(app, "/posts", headers()).body == b"Posts for user_1"
    assert ask(app, "/posts").status == 401
    assert ask(app, "/posts", headers(), "DELETE").status == 403
    assert ask(app, "/posts", headers(organization=ADMIN), "DELETE").body == b"Gone"


def test_rights_and_documents_of_fastapi(run: Run) -> None:
    app = run("fastapi")["app"]
    assert ask(app, "/notes", headers(), "POST").body == b'"by user_1"'
    assert ask(app, "/reports/monthly", headers(organization=ADMIN)).body == b'"Reports for user_1"'
    assert ask(app, "/reports/monthly", headers()).status == 403
    assert ask(app, "/account", headers(verified=(0, -1)), "DELETE").status == 200
    assert ask(app, "/account", headers(verified=(60, -1)), "DELETE").status == 403
    assert set(json.loads(ask(app, "/openapi.json").body)["components"]["securitySchemes"]) == {
        "SessionToken",
        "SessionCookie",
    }


def test_pages_of_fastapi_send_people_to_sign_in(run: Run) -> None:
    pages = run("fastapi")["pages"]
    unsettled = ask(pages, "/teams/acme", DOCUMENT)
    assert (unsettled.status, unsettled.values("x-clerk-auth-status")) == (307, ["handshake"])
    nobody = ask(pages, "/teams/acme", (*DOCUMENT, ("cookie", "__clerk_db_jwt=dvb_1")))
    assert nobody.status == 302
    assert nobody.values("location")[0].startswith("https://accounts.example.com/sign-in?")
    assert ask(pages, "/teams/acme").status == 401


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_a_page_names_is_there(name: str) -> None:
    text = read(name)
    for option in re.findall(r"`(audience|cached_tokens|organization_patterns|handshakes)`", text):
        assert option in ApplicationOptions.__annotations__
    for target in re.findall(r"\]\(((?:\.\./)*[\w./-]+)\)", text):
        assert (REPOSITORY / "docs/how-to" / target).exists(), target
