"""The how-tos for Django, Django REST framework and Flask: their code runs as one program, and does what they say."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django_project import project
from rest_framework.test import APIClient

from claimsmith import testing
from claimsmith.django.application import load_application

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
CLAIMS = {"fullName": "Ada Lovelace", "primaryEmail": "ada@example.com"}
ADMIN = testing.Organization(id="org_1", slug="acme", role="org:admin", permissions=("org:posts:manage",))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in testing.environment.items():
        monkeypatch.setenv(name, value)


def run_page(repository: Path, name: str) -> dict[str, Any]:
    """What the page's program has defined."""
    code = "\n".join(BLOCK.findall((repository / "docs" / "how-to" / name).read_text()))
    module = ModuleType(f"how_to_{Path(name).stem.replace('-', '_')}")
    exec(compile(code, name, "exec"), module.__dict__)  # noqa: S102 - our own page
    return module.__dict__


def headers(**more: Any) -> dict[str, str]:
    return testing.auth_headers(CLAIMS, user="user_1", authorized_party="https://app.example.com", **more)


def test_the_django_page(repository: Path) -> None:
    page = run_page(repository, "django.md")
    views = {name: page[name] for name in ("home", "me", "me_async", "example", "delete_posts")}
    views["reports"] = page["Reports"].as_view()
    with project(views, MIDDLEWARE=page["MIDDLEWARE"], CLAIMSMITH=page["CLAIMSMITH"]):
        client = Client(HTTP_HOST="localhost")
        assert client.get("/home").content == b"Hello stranger"
        assert client.get("/home", headers=headers()).content == b"Hello user_1"
        assert client.get("/me", headers=headers()).json() == {"user": "user_1", "organization": None}
        assert client.get("/me_async", headers=headers()).json() == {"user": "user_1"}
        assert client.get("/example", headers=headers()).json()["primaryEmail"] == "ada@example.com"
        assert client.get("/reports", headers=headers()).status_code == 403
        assert client.get("/reports", headers=headers(organization=ADMIN)).status_code == 200
        assert client.get("/delete_posts", headers=headers(organization=ADMIN)).status_code == 200
        assert client.get("/me").status_code == 401
        sent = client.get("/me", headers={"Accept": "text/html", "Cookie": "__clerk_db_jwt=dvb_1"})
        assert (sent.status_code, sent["location"].partition("?")[0]) == (302, "https://clerk.example.com/sign-in")
    with project({"me": page["me"]}):
        page["test_me"]()


def test_every_member_of_the_django_pages_table_is_known(repository: Path) -> None:
    text = (repository / "docs" / "how-to" / "django.md").read_text()
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, | and )?)+) \|", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"[A-Z_]+", row)}
    with override_settings(CLAIMSMITH=dict.fromkeys(sorted(named))), pytest.raises(Exception, match="Expected") as told:
        load_application()
    assert "is not known" not in str(told.value)
    assert len(named) > 10


def test_the_django_rest_framework_page(repository: Path) -> None:
    page = run_page(repository, "django-rest-framework.md")
    with project({"me": page["Me"].as_view(), "posts": page["Posts"].as_view()}, MIDDLEWARE=()):
        with override_settings(CLAIMSMITH=page["CLAIMSMITH"], REST_FRAMEWORK=page["REST_FRAMEWORK"]):
            client = APIClient(HTTP_HOST="localhost")
            assert client.get("/me", headers=headers()).json() == {"user": "user_1", "organization": None}
            assert client.get("/me").status_code == 401
            assert client.get("/posts").status_code == 200
            assert client.post("/posts").status_code == 401
            assert client.post("/posts", headers=headers()).status_code == 403
            assert client.post("/posts", headers=headers(organization=ADMIN)).json() == {"by": "user_1"}
        assert not hasattr(settings, "REST_FRAMEWORK")


def test_the_flask_page(repository: Path) -> None:
    page = run_page(repository, "flask.md")
    client = page["app"].test_client()
    assert client.get("/").text == "Hello stranger"
    assert client.get("/", headers=headers()).text == "Hello user_1"
    assert client.get("/api/example", headers=headers()).json["firstName"] == "Ada Lovelace"
    assert client.get("/reports/monthly", headers=headers()).status_code == 403
    assert client.get("/reports/monthly", headers=headers(organization=ADMIN)).text == "Reports for user_1"
    assert client.delete("/posts").status_code == 401
    assert client.delete("/posts", headers=headers(organization=ADMIN)).text == "Gone"
    assert not page["create_app"]().extensions["claimsmith"].options.handshakes
    page["test_me"]()
