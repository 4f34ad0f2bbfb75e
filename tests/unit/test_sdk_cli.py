# ruff: noqa: E501 - cases are named by their ids, and a table's row stays on its line
"""The `claimsmith` command, its picture of a token, the settings from the environment, and what importing costs."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from sdk_signing import NOW, PUBLISHABLE_KEY, jwks, make_token, pem

import claimsmith
from claimsmith import ConfigurationError, RemoteKeys, Settings, StaticKeys, cli, load_settings
from claimsmith.cli.terminal import draw_bar, draw_token, measure_token
from claimsmith.settings import make_keys

LATER = 4_000_000_000


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    file = tmp_path / "key.pem"
    file.write_text(pem())
    return str(file)


def run(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    names = ("JWT_KEY", "API_URL", "SECRET_KEY", "PUBLISHABLE_KEY", "PROXY_URL", "SIGN_IN_URL", "AUTHORIZED_PARTIES")
    clean: dict[str, str | None] = {f"{prefix}{name}": None for prefix in ("CLERK_", "CLAIMSMITH_") for name in names}
    return CliRunner().invoke(cli.main, arguments, input=stdin, env={**clean, "COLUMNS": "100", **environment})


def current(**claims: Any) -> str:
    return make_token(exp=LATER, **claims)


def test_verify_prints_the_token_and_leaves_with_0(key_file: str) -> None:
    result = run("verify", current(), "--pem", key_file)
    assert result.exit_code == 0
    assert result.stdout.startswith("The token is genuine and current.")
    for piece in ("default claims", "custom claims", '"Ada Lovelace"', "of 4,096 B", "\x1b"):
        assert (piece in result.stdout) is (piece != "\x1b")


def test_verify_reads_the_token_from_standard_input_and_the_key_from_the_environment() -> None:
    result = run("verify", "--json", stdin=f"Bearer {current()}\n", CLAIMSMITH_JWT_KEY=pem())
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["verified"] is True
    assert answer["claims"]["fullName"] == "Ada Lovelace"


def test_verify_says_why_not_and_leaves_with_1(key_file: str, tmp_path: Path) -> None:
    result = run("verify", make_token(), "--pem", key_file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("token-expired: The token has expired.\n")
    result = run("verify", make_token(), "--pem", key_file, "--json")
    assert json.loads(result.stdout)["reason"] == "token-expired"
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks())
    assert run("verify", current(), "--jwks", str(file)).exit_code == 0
    assert run("verify", current(), "--jwks", str(file), "--authorized-party", "https://a").exit_code == 1
    assert run("verify", current(), "--jwks", str(file), "--template").stderr.startswith("token-type-mismatch")
    assert run("verify", current(), "--jwks", "/nowhere").exit_code == 1
    assert run("verify", current()).stderr.startswith("configuration: No key")
    assert run("verify", "--nonsense").exit_code == 2


@pytest.fixture
def api() -> Iterator[str]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/v1/jwks" and self.headers["authorization"] == "Bearer sk_test_secret"
            self.send_response(200 if good else 404)
            self.end_headers()
            self.wfile.write(jwks())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_whoami_tells_the_instance_and_its_keys_but_no_secret(api: str) -> None:
    variables = {"CLERK_API_URL": api, "CLERK_SECRET_KEY": "sk_test_secret", "CLERK_PUBLISHABLE_KEY": PUBLISHABLE_KEY}
    result = run("whoami", **variables)
    assert result.exit_code == 0
    for piece in ("demo.clerk.accounts.dev (development)", "https://demo.clerk.accounts.dev", "ins_2abc", "sk_test_…"):
        assert piece in result.stdout
    assert "sk_test_secret" not in result.stdout
    assert json.loads(run("whoami", "--json", **variables).stdout)["keys"] == ["ins_2abc"]
    assert run("verify", current(), **variables).exit_code == 0


def test_whoami_says_what_is_missing_and_leaves_with_1(api: str) -> None:
    assert run("whoami").stderr.startswith("configuration: No key")
    assert run("whoami", CLERK_API_URL=f"{api}/nothing").stderr.startswith("jwk-remote-failed-to-load")
    assert run("whoami", CLERK_PUBLISHABLE_KEY="pk_test_", CLERK_JWT_KEY=pem()).exit_code == 1


def test_whoami_tells_where_browsers_and_people_are_sent(api: str) -> None:
    variables = {"CLERK_API_URL": api, "CLERK_SECRET_KEY": "sk_test_secret", "CLERK_PROXY_URL": "https://fapi.test"}
    told = json.loads(
        run(
            "whoami",
            "--json",
            **variables,
            CLERK_SIGN_IN_URL="https://a.test/in",
            CLERK_AUTHORIZED_PARTIES="https://a.test",
        ).stdout
    )
    assert (told["frontend_api"], told["sign_in_url"]) == ("https://fapi.test", "https://a.test/in")
    assert told["authorized_parties"] == ["https://a.test"]
    assert "authorized_parties  not set" in run("whoami", **variables).stdout
    told = json.loads(run("whoami", "--json", CLERK_PUBLISHABLE_KEY=PUBLISHABLE_KEY, CLERK_JWT_KEY=pem()).stdout)
    assert told["frontend_api"] == "https://demo.clerk.accounts.dev", "without a proxy, the host in the publishable key"


def test_an_address_that_cannot_be_right_names_its_variable() -> None:
    assert "CLERK_API_URL: " in run("whoami", CLERK_API_URL="localhost:4000", CLERK_SECRET_KEY="sk_test_1").stderr
    proxy = {"CLERK_PUBLISHABLE_KEY": PUBLISHABLE_KEY, "CLERK_PROXY_URL": "http://fapi.test"}
    assert "CLERK_PROXY_URL: " in run("whoami", **proxy).stderr


def test_a_command_of_the_server_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    told = entry_points(group=cli.COMMANDS_GROUP)
    assert {entry.name for entry in told if entry.value.startswith("claimsmith_server.")} == cli.SERVER_COMMANDS
    monkeypatch.setattr(cli, "_load_entry_points", dict)
    result = run("dev", "--demo")
    assert result.exit_code == 2
    assert "`claimsmith dev` comes with claimsmith-server" in result.stderr
    assert "No such command 'devv'" in run("devv").stderr


def test_a_broken_plugin_is_a_warning_and_the_rest_works(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "broken": EntryPoint("broken", "claimsmith_nowhere:command", cli.COMMANDS_GROUP),
        "odd": EntryPoint("odd", "math:pi", cli.COMMANDS_GROUP),
        "again": EntryPoint("again", "claimsmith.cli:whoami", cli.COMMANDS_GROUP),
    }
    monkeypatch.setattr(cli, "_load_entry_points", lambda: entries)
    result = run("--help")
    assert result.exit_code == 0
    assert "verify" in result.stdout
    assert "again" in result.stdout
    assert "warning: the command broken" in result.stderr
    assert "it is not a click command" in result.stderr
    assert run("broken").exit_code == 2
    assert run("again", CLERK_JWT_KEY=pem()).exit_code == 0


def draw(token: str, width: int = 100) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"), force_terminal=True)  # noqa: PTH123, SIM115
    with console.file:
        console.print(draw_token(token))
    return console.export_text()


def test_the_picture_counts_the_cookie_as_a_browser_does() -> None:
    token = make_token()
    size = measure_token(token)
    assert size.cookie == len("__session_12345678") + len(token)
    assert size.custom == len('"fullName":"Ada Lovelace","primaryEmail":"ada@example.com"')
    assert f"{size.cookie:,} of 4,096 B · custom {size.custom} B of about 1.2 KB" in draw(token)


def test_the_bar_says_in_words_when_there_is_too_much() -> None:
    assert "left: tight" in draw_bar(measure_token(make_token(big="x" * 1400))).plain
    assert "over: browsers drop this cookie" in draw_bar(measure_token(make_token(big="x" * 4000))).plain
    assert "tight" not in draw_bar(measure_token(make_token())).plain


def test_no_claim_can_draw_over_the_terminal() -> None:
    picture = draw(make_token(**{"evil\x1b[2J": "\x1b]0;x\x07[red]\u202e[/red]"}))
    assert not set("\x1b\x07\u202e") & set(picture)
    assert "[red]" in picture


def test_settings_come_from_either_spelling_and_empty_is_unset() -> None:
    settings = load_settings(
        {"CLAIMSMITH_API_URL": "http://localhost:4000/", "CLERK_SECRET_KEY": " sk_test_1 ", "CLERK_JWT_KEY": ""}
    )
    assert (settings.jwks_url, settings.secret_key, settings.jwt_key) == (
        "http://localhost:4000/v1/jwks",
        "sk_test_1",
        None,
    )
    assert "sk_test_1" not in repr(settings)
    assert isinstance(make_keys(settings), RemoteKeys)
    assert isinstance(make_keys(Settings(jwt_key=pem(), api_url="http://localhost:4000")), StaticKeys)
    assert load_settings({"CLERK_AUTHORIZED_PARTIES": "https://a, https://b,"}).authorized_parties == (
        "https://a",
        "https://b",
    )


@pytest.mark.parametrize(
    "environment",
    [{"CLERK_API_URL": "http://a", "CLAIMSMITH_API_URL": "http://b"}, {"CLERK_PUBLISHABLE_KEY": "pk_test_!"}],
)
def test_settings_that_cannot_be_right_name_the_variable(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(environment))):
        load_settings(environment)


def test_keys_that_cannot_be_right_are_told_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="CLERK_JWT_KEY"):
        make_keys(Settings(jwt_key="-----BEGIN PRIVATE KEY-----"))


def test_every_public_name_is_there_and_documented() -> None:
    for name in claimsmith.__all__:
        assert getattr(claimsmith, name).__doc__
    assert sorted(claimsmith.__all__) == dir(claimsmith)
    with pytest.raises(AttributeError):
        claimsmith.nothing  # noqa: B018 - the access is the test


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, claimsmith; print(*(n for n in ('cryptography', 'msgspec', 'httpx', 'fastapi') if n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
    code = (
        "import sys; from claimsmith import RemoteKeys, authenticate, verify_token;"
        "RemoteKeys('http://localhost/'); print(*(n for n in ('httpx', 'fastapi', 'click', 'rich', 'anyio') if n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
    assert NOW < LATER
