"""The way into the dashboard from the command line: the link that servers print, `claimsmith administrators`."""

import json
import re
import socket
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from dashboard import PASSWORD
from test_cli import dev, end, refuse, run, serving

LINK = re.compile(r"(http://localhost:\d+)/dashboard/set-up\?token=([\w-]{43})\b")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with an instance, as `claimsmith keys init` makes it."""
    run(tmp_path, "keys", "init", "--slug", "acme", "--frontend-api", "clerk.example.com")
    return tmp_path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def accept(link: str, address: str) -> httpx.Response:
    """The answer to the set-up form, sent from the page that the link leads to."""
    base, token = LINK.fullmatch(link).groups()  # type: ignore[union-attr]
    form = {"token": token, "email_address": address, "password": PASSWORD}
    headers = {"Origin": base, "Sec-Fetch-Site": "same-origin"}
    return httpx.post(f"{base}/dashboard/set-up", data=form, headers=headers, trust_env=False)


def await_text(log: Path, text: str) -> str:
    """What a log says once it says `text`."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if text in (told := log.read_text()):
            return told
        time.sleep(0.05)
    return pytest.fail(log.read_text()[-3000:], pytrace=False)


def test_dev_prints_a_new_link_at_each_start_until_the_dashboard_is_set_up(tmp_path: Path) -> None:
    data, ready_file = str(tmp_path / "data"), tmp_path / "ready.json"
    with dev(tmp_path, "--data", data) as (process, server):
        first = server.set_up_url
        assert first
        assert first in await_text(tmp_path / "output.log", "set it up")
        end(process)
    ready_file.unlink()
    with dev(tmp_path, "--data", data, "--workers", "2") as (process, server):
        assert server.set_up_url
        assert server.set_up_url != first
        token = LINK.fullmatch(first)[2]  # type: ignore[index]
        assert accept(f"{server.url}/dashboard/set-up?token={token}", "eve@example.com").status_code == 410
        assert accept(server.set_up_url, "ada@example.com").status_code == 303
        end(process)
    ready_file.unlink()
    with dev(tmp_path, "--data", data) as (_, server):
        assert server.set_up_url is None
        assert "set it up" not in await_text(tmp_path / "output.log", "dashboard")


def test_serve_prints_the_link_once_for_all_workers_and_past_its_log(installed: Path) -> None:
    with serving(installed, "serve", "--port", "0", "--workers", "2") as (process, log):
        told = await_text(log, "/dashboard/set-up?token=")
        end(process)
        told = log.read_text()
    (link,) = LINK.finditer(told)
    (line,) = [one for one in told.splitlines() if link[0] in one]
    assert line.strip() == link[0], "a line of its own, and none of the log"
    dump = sqlite3.connect(installed / "claimsmith.db").execute("SELECT * FROM administrator_invitations").fetchall()
    assert len(dump) == 1
    assert link[2] not in str(dump)


def test_an_operator_invites_lists_and_removes(installed: Path) -> None:
    assert run(installed, "administrators", "list").stdout == "Nobody yet. Next: claimsmith administrators invite\n"
    assert json.loads(run(installed, "administrators", "list", "--json").stdout) == []
    with serving(installed, "serve", "--port", str(free_port())) as (process, log):
        url = LINK.search(await_text(log, "/dashboard/set-up?token="))
        assert url
        made = run(installed, "administrators", "invite", CLAIMSMITH_PUBLIC_URL=url[1])
        assert LINK.fullmatch(made.stdout.strip()), "nothing but the link is on standard output"
        assert accept(made.stdout.strip(), "ada@example.com").status_code == 303
        asked = ("administrators", "invite", "--role", "viewer", "--json")
        viewer = json.loads(run(installed, *asked, CLAIMSMITH_PUBLIC_URL=url[1]).stdout)
        assert viewer["role"] == "viewer"
        assert accept(viewer["url"], "bob@example.com").status_code == 303
        end(process)
    listed = json.loads(run(installed, "administrators", "list", "--json").stdout)
    assert [(one["email_address"], one["role"]) for one in listed] == [
        ("ada@example.com", "owner"),
        ("bob@example.com", "viewer"),
    ]
    assert run(installed, "administrators", "list").stdout.splitlines()[0].split()[:2] == ["owner", "ada@example.com"]
    assert refuse(installed, "administrators", "remove", "ada@example.com").startswith("last_owner: ")
    assert refuse(installed, "administrators", "remove", "eve@example.com").startswith("settings_invalid: no admin")
    assert run(installed, "administrators", "remove", "BOB@example.com").stdout == "Removed BOB@example.com.\n"
    assert len(json.loads(run(installed, "administrators", "list", "--json").stdout)) == 1


def test_a_role_that_is_none_is_wrong_use(installed: Path) -> None:
    run(installed, "administrators", "invite", "--role", "root", code=2)
