"""The server's commands as an operator meets them: clear errors, exit codes, nothing half made."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from click.testing import CliRunner
from servers import Server, await_ready, own_environment

from claimsmith.cli import main

CLAIMSMITH = str(Path(sys.executable).with_name("claimsmith"))
ANSWERS = {
    "url",
    "fapi_url",
    "bapi_url",
    "publishable_key",
    "secret_key",
    "jwt_key",
    "dashboard_url",
    "instance_id",
    "demo_users",
    "set_up_url",
}


class Done(NamedTuple):
    """What a command said before it ended."""

    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, code: int = 0, **variables: str) -> Done:
    """A command that ends by itself, run in `folder` and in this process; its exit code is checked."""
    without = {name: None for name in os.environ if name.startswith(("CLAIMSMITH_", "CLERK_"))}
    with contextlib.chdir(folder):
        done = CliRunner().invoke(main, arguments, env={**without, "NO_COLOR": "1", "COLUMNS": "400", **variables})
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.stdout, done.stderr)


def refuse(folder: Path, *arguments: str, **variables: str) -> str:
    """The one line on standard error of a command that is refused, `error CODE: …`."""
    return _read_refusal(run(folder, *arguments, code=1, **variables).stderr)


def refuse_dev(folder: Path, *arguments: str) -> str:
    """As `refuse`, of `claimsmith dev` in a process of its own."""
    command = [CLAIMSMITH, "dev", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, timeout=30, env=own_environment()
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return _read_refusal(done.stderr)


def _read_refusal(stderr: str) -> str:
    (line,) = stderr.splitlines()
    assert line.startswith("error ")
    return line.removeprefix("error ")


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that serves until the test ends it; and its log."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [CLAIMSMITH, *arguments], stdout=output, stderr=subprocess.STDOUT, cwd=folder,
            env=own_environment() | variables, start_new_session=True,
        )  # fmt: skip
        try:
            yield process, log
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def dev(folder: Path, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    """A `claimsmith dev` that is ready."""
    ready_file = folder / "ready.json"
    command = ("dev", "--port", "0", "--ready-file", str(ready_file), *arguments)
    with serving(folder, *command, **variables) as (process, log):
        yield process, await_ready(process, ready_file, log)


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGINT) -> float:
    """Seconds that the process took to end cleanly after a signal."""
    started = time.monotonic()
    process.send_signal(number)
    assert process.wait(15) == 0
    return time.monotonic() - started


def call(server: Server, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.secret_key}"}
    return httpx.request(method, f"{server.bapi_url}/v1{path}", headers=headers, trust_env=False, timeout=10, **more)


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


# ---------------------------------------------------------------------------------------------------------------- dev
def test_dev_refuses_a_busy_port_and_makes_nothing(tmp_path: Path, busy_port: int) -> None:
    told = refuse_dev(tmp_path, "--port", str(busy_port), "--data", "d", "--ready-file", "r.json")
    assert told.startswith(f"cannot_listen: Port {busy_port} is taken")
    assert "--port" in told
    assert list(tmp_path.iterdir()) == []


def test_dev_refuses_a_folder_that_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("file/below", "/proc/claimsmith"):
        told = refuse_dev(tmp_path, "--port", "0", "--data", folder)
        assert told.startswith(f"directory_unusable: {folder} can't be written: ")
        assert "--data" in told
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_dev_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o500)
    assert refuse_dev(tmp_path, "--port", "0", "--data", "d").startswith("directory_unusable: ")


def test_dev_refuses_a_ready_file_in_no_folder(tmp_path: Path) -> None:
    told = refuse_dev(tmp_path, "--port", "0", "--data", "d", "--ready-file", "no/ready.json")
    assert told.startswith("directory_unusable: no/ready.json can't be written")
    assert list(tmp_path.iterdir()) == []


def test_dev_refuses_options_that_exclude_each_other_or_are_out_of_bounds(tmp_path: Path) -> None:
    for arguments in (
        ("--data", "d", "--ephemeral"),
        ("--port", "70000"),
        ("--token-lifetime", "19"),
        ("--workers", "0"),
        ("--nope",),
    ):
        run(tmp_path, "dev", *arguments, code=2)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Server]:
    """A folder that a development server served from once, with claims, an instance and a user."""
    folder = tmp_path_factory.mktemp("served")
    with dev(folder, "--data", "d", "--no-demo") as (process, server):
        assert call(server, "POST", "/users", json={"email_address": ["ada@example.com"]}).status_code == 200
        end(process)
    return folder, server


@pytest.fixture
def data(served: tuple[Path, Server], tmp_path: Path) -> Path:
    """A copy of what that server stored."""
    import shutil

    return Path(shutil.copytree(served[0] / "d", tmp_path / "d"))


def test_L_004_devs_files_are_private(served: tuple[Path, Server]) -> None:
    folder = served[0]
    assert stat.S_IMODE((folder / "d").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (folder / "d").iterdir()} == {0o600}
    assert stat.S_IMODE((folder / "ready.json").stat().st_mode) == 0o600
    assert {file.name for file in (folder / "d").iterdir()} >= {"claimsmith.db", "master.key", "secret_key"}


def test_the_ready_file_is_complete(served: tuple[Path, Server]) -> None:
    told = json.loads((served[0] / "ready.json").read_bytes())
    assert set(told) == ANSWERS
    assert told["url"].startswith("http://localhost:")
    assert (told["fapi_url"], told["bapi_url"]) == (f"{told['url']}/fapi", f"{told['url']}/bapi")
    assert told["publishable_key"].startswith("pk_test_")
    assert told["secret_key"].startswith("sk_test_")
    assert told["jwt_key"].startswith("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA")
    assert told["instance_id"].startswith("ins_")
    assert told["demo_users"] == []


def test_dev_goes_on_with_the_same_keys_and_people_whatever_ready_file_was_there(
    data: Path, served: tuple[Path, Server]
) -> None:
    (data.parent / "ready.json").write_text("what an earlier run left")
    with dev(data.parent, "--data", "d", "--no-demo", "--token-lifetime", "33") as (process, server):
        assert (server.secret_key, server.jwt_key, server.instance_id) == (
            served[1].secret_key, served[1].jwt_key, served[1].instance_id,
        )  # fmt: skip
        (user,) = call(server, "GET", "/users").json()
        session = call(server, "POST", "/sessions", json={"user_id": user["id"]}).json()
        assert call(server, "POST", f"/sessions/{session['id']}/tokens").status_code == 200
        assert end(process) < 2


def test_K_011_dev_refuses_a_database_whose_master_key_is_gone_or_another(data: Path) -> None:
    key = (data / "master.key").read_text()
    (data / "master.key").unlink()
    before = sorted(file.name for file in data.iterdir())
    told = refuse_dev(data.parent, "--port", "0", "--data", "d")
    assert told.startswith("directory_unusable: d holds a database, but its master.key is gone")
    assert sorted(file.name for file in data.iterdir()) == before
    (data / "master.key").write_text(key.swapcase())
    (data / "master.key").chmod(0o600)
    assert refuse_dev(data.parent, "--port", "0", "--data", "d").startswith("master_key_wrong: ")
    (data / "master.key").write_text(key)
    (data / "master.key").chmod(0o644)
    assert "chmod 600" in refuse_dev(data.parent, "--port", "0", "--data", "d")


def test_dev_refuses_a_newer_schema_and_leaves_it_alone(data: Path) -> None:
    with sqlite3.connect(data / "claimsmith.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    told = refuse_dev(data.parent, "--port", "0", "--data", "d")
    assert told.startswith("schema_too_new: ")
    assert "9999" in told
    with sqlite3.connect(data / "claimsmith.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_dev_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    run(
        tmp_path,
        "keys",
        "init",
        "--slug",
        "x",
        "--frontend-api",
        "x.example.com",
        CLAIMSMITH_DATABASE_URL="sqlite:///d/x.db",
    )
    (tmp_path / "master.key").rename(tmp_path / "d/master.key")
    (tmp_path / "d/claimsmith.db").write_bytes(b"this is no database" * 1000)
    told = refuse_dev(tmp_path, "--port", "0", "--data", "d")
    assert told.startswith("database_unavailable: ")
    assert (tmp_path / "d/claimsmith.db").read_bytes() == b"this is no database" * 1000


def test_a_deleted_database_is_made_again_for_the_same_secret_key(data: Path) -> None:
    for file in data.glob("claimsmith.db*"):
        file.unlink()
    kept = (data / "secret_key").read_text().strip()
    with dev(data.parent, "--data", "d", "--no-demo") as (process, server):
        assert server.secret_key == kept
        assert call(server, "GET", "/users").json() == []
        end(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_dev_within_two_seconds_and_an_ephemeral_folder_with_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with dev(tmp_path, "--ephemeral", TMPDIR=str(temporary)) as (process, server):
        assert [file.name.startswith("claimsmith-") for file in temporary.iterdir()] == [True]
        assert len(server.demo_users) == 3
        with httpx.Client(trust_env=False) as client:  # a connection that is kept open must not hold it up
            assert client.get(f"{server.url}/v1/health").status_code == 200
            assert end(process, number) < 2
    assert list(temporary.iterdir()) == []


def test_two_workers_serve_and_both_see_a_revoke(tmp_path: Path) -> None:
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}  # nobody listens there
    with dev(tmp_path, "--ephemeral", "--workers", "2", **proxy) as (process, server):
        for _ in range(5):
            body = {"user_id": server.demo_users[0].id}
            path = f"/sessions/{call(server, 'POST', '/sessions', json=body).json()['id']}"
            assert {call(server, "POST", f"{path}/tokens").status_code for _ in range(6)} == {200}
            assert call(server, "POST", f"{path}/revoke").status_code == 200
            assert {call(server, "POST", f"{path}/tokens").status_code for _ in range(12)} == {401}
        assert end(process) < 5
    assert b"Traceback" not in (tmp_path / "output.log").read_bytes()


# ------------------------------------------------------------------------------------------------- an operator's tools
def test_an_operator_sets_up_rotates_serves_and_is_told_what_is_wrong(tmp_path: Path) -> None:
    assert refuse(tmp_path, "serve").startswith("settings_invalid: the master key file master.key can't be read")
    assert run(tmp_path, "doctor", code=1).stdout.splitlines()[-1].startswith("FAIL")
    made = run(tmp_path, "keys", "init", "--slug", "acme", "--frontend-api", "clerk.example.com").stdout
    facts = dict(line.split("=", 1) for line in made.splitlines() if line.startswith("CLERK_"))
    assert facts["CLERK_PUBLISHABLE_KEY"].startswith("pk_live_")
    assert facts["CLERK_SECRET_KEY"].startswith("sk_live_")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("master.key", "claimsmith.db")} == {0o600}
    assert refuse(tmp_path, "keys", "init", "--slug", "acme", "--frontend-api", "x.example.com").startswith(
        "name_taken: "
    )
    assert "--frontend-api" in refuse(tmp_path, "keys", "init", "--slug", "b", "--frontend-api", "localhost:4000")

    listed = json.loads(run(tmp_path, "keys", "list", "--json").stdout)
    assert [(row["kind"], row["status"]) for row in listed] == [("signing key", "active"), ("secret key", "live")]
    assert facts["CLERK_SECRET_KEY"] not in run(tmp_path, "keys", "list").stdout

    added = run(tmp_path, "keys", "add-secret").stdout.strip().removeprefix("CLERK_SECRET_KEY=")
    assert added.startswith("sk_live_")
    assert added != facts["CLERK_SECRET_KEY"]
    assert run(tmp_path, "keys", "revoke-secret", listed[1]["id"]).stdout.startswith("Revoked")
    assert refuse(tmp_path, "keys", "revoke-secret", listed[1]["id"]).startswith("settings_invalid: no live secret key")
    assert refuse(tmp_path, "keys", "list", "--instance", "nobody").startswith("resource_not_found: ")

    assert run(tmp_path, "keys", "rotate", code=1).stdout.startswith("Applications that pin CLERK_JWT_KEY")  # no answer
    assert run(tmp_path, "keys", "rotate", "--yes").stdout.startswith("Published ins_")
    told = refuse(tmp_path, "keys", "rotate", "--activate", "--yes")
    assert " s from now" in told
    statuses = [row["status"] for row in json.loads(run(tmp_path, "keys", "list", "--json").stdout)]
    assert sorted(statuses) == ["active", "live", "pending", "revoked"]

    assert run(tmp_path, "migrate").stdout.startswith("Nothing to do")
    findings = json.loads(run(tmp_path, "doctor", "--json").stdout)
    assert [one["ok"] for one in findings] == [True] * len(findings)
    assert len(findings) == 5
    _serve_with(tmp_path, added, facts["CLERK_SECRET_KEY"])


def _serve_with(folder: Path, live: str, revoked: str) -> None:
    (folder / "claimsmith.toml").write_text('port = 0\nlog_format = "json"\npublic_url = "https://auth.example.com"\n')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("serve", "--config", "claimsmith.toml", "--port", str(port))
    with serving(folder, *arguments) as (process, log):
        _await_event(process, log, "ready")
        for key, status in [(live, 200), (revoked, 401)]:
            url = f"http://127.0.0.1:{port}/v1/jwks"
            answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/json"
            assert "server" not in answer.headers
        discovery = httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", trust_env=False).json()
        assert discovery["jwks_uri"] == "https://auth.example.com/.well-known/jwks.json"
        assert end(process, signal.SIGTERM) < 2
        events = [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith("{")]
    assert events == ["starting", "no mail is sent: smtp_url is not set", "ready", "stopped"]


def _await_event(process: subprocess.Popen[bytes], log: Path, event: str) -> None:
    deadline = time.monotonic() + 20
    while f'"event":"{event}"' not in log.read_text().replace(": ", ":"):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_migrate_makes_the_schema_and_says_so(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate", "--database-url", "sqlite:///new.db").stdout.startswith(
        "Migrated the schema from nothing to"
    )
    assert run(tmp_path, "migrate", "--database-url", "sqlite:///new.db").stdout.startswith("Nothing to do")


@pytest.mark.parametrize("command", ["serve", "migrate", "doctor"])
@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"CLAIMSMITH_PORT": "eighty"}, "`port` (CLAIMSMITH_PORT)"),
        ({"CLAIMSMITH_WORKERS": "0"}, "`workers` (CLAIMSMITH_WORKERS)"),
        ({"CLAIMSMITH_DATABASE_URL": "mysql://u:hunter2@h/d"}, "`database_url` (CLAIMSMITH_DATABASE_URL)"),
        ({"CLAIMSMITH_DATABASE_URL": "sqlite:///:memory:"}, "`database_url` (CLAIMSMITH_DATABASE_URL)"),
        ({"CLAIMSMITH_PUBLIC_URL": "auth.example.com"}, "`public_url` (CLAIMSMITH_PUBLIC_URL)"),
        ({"CLAIMSMITH_LOG_LEVEL": "loud"}, "`log_level` (CLAIMSMITH_LOG_LEVEL)"),
    ],
)
def test_settings_out_of_bounds_are_named(tmp_path: Path, command: str, variables: dict[str, str], told: str) -> None:
    done = run(tmp_path, command, code=1, **variables)
    output = done.stdout + done.stderr
    assert told in output
    assert "hunter2" not in output
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path, busy_port: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"postgresql://claimsmith:hunter2@127.0.0.1:{port}/claimsmith"
    told = refuse(tmp_path, "migrate", CLAIMSMITH_DATABASE_URL=url)
    assert told.startswith("database_unavailable: ")
    assert "hunter2" not in told
