"""`claimsmith types`: from a file, written whole, and drift that one sees."""

import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from claimsmith import cli
from claimsmith.cli import session_claims_types
from claimsmith.cli.declarations import compare_declarations, draw_drift, write_declarations

TEMPLATE = '{"fullName": "{{user.full_name}}", "org.id": "{{org.id || \'none\'}}"}'
SECRET = "sk_test_secret"
Asked = tuple[str, list[dict[str, list[str]]]]
"""An address, and the queries that came there."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run: a folder with a template."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.json").write_text(TEMPLATE)
    return tmp_path


def run(*arguments: str, **environment: str) -> Result:
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("CLERK_", "CLAIMSMITH_"))}
    return CliRunner().invoke(cli.main, ("types", *arguments), env={**clean, **environment})


@pytest.fixture
def api() -> Iterator[Asked]:
    """A Backend API that tells what it was asked; to others than the holder of the key it is another's."""
    asked: list[dict[str, list[str]]] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(parse_qs(urlsplit(self.path).query))
            knows = self.headers["authorization"] == f"Bearer {SECRET}"
            self.send_response(200 if knows else 404)
            self.end_headers()
            self.wfile.write(b"export {}\n" if knows else b"<html>not found</html>")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


# --------------------------------------------------------------------------------------------------------- from a file
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "    fullName?: string | null\n"),
        (("--lang", "python"), '        "fullName": str | None,\n'),
        (("--lang", "python", "--style", "msgspec"), "    fullName: str | None = None\n"),
        (("--lang", "python", "--style", "pydantic"), '    org_id: str | None = Field(default=None, alias="org.id")\n'),
        (("--lang", "python", "--style", "dataclass"), "@dataclass(frozen=True, kw_only=True)\n"),
        (("--lang", "json-schema"), '"title": "CustomSessionClaims",\n'),
    ],
)
def test_a_template_in_a_file_is_compiled_here(arguments: tuple[str, ...], line: str) -> None:
    result = run("--from", "claims.json", *arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    assert line in result.stdout


def test_errors_of_a_template_are_told_with_their_places(folder: Path) -> None:
    (folder / "claims.json").write_text('{\n  "a": "{{organization.id}}",\n  "sub": 1\n}')
    result = run("--from", "claims.json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "claims.json:2:11 unknown_root: There is no root `organization`. Did you mean `org`?\n" in result.stderr
    assert "claims.json:3:3 reserved_claim: " in result.stderr


@pytest.mark.parametrize(("name", "octets"), [("nothing.json", None), ("odd.json", b"\xff\xfe")])
def test_a_file_that_can_not_be_read_is_named(folder: Path, name: str, octets: bytes | None) -> None:
    if octets is not None:
        (folder / name).write_bytes(octets)
    result = run("--from", name)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"no_types: {name} ")


def test_without_the_server_package_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_claims_types, "entry_points", lambda **_: [])
    result = run("--from", "claims.json")

    assert result.exit_code == 1
    assert "install claimsmith-server" in result.stderr


def test_the_compiler_is_found_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("template", "claimsmith_server.commands.types:compile_types", "claimsmith.types")
    monkeypatch.setattr(session_claims_types, "entry_points", lambda group: [entry] if group == entry.group else [])

    assert run("--from", "claims.json").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--check",), "--check needs --out"),
        (("--style", "msgspec"), "--style needs --lang python"),
        (("--from", "claims.json", "--observe"), "--observe asks an instance"),
        (("--lang", "rust"), "Invalid value"),
    ],
)
def test_wrong_use_is_told_as_such(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert told in result.stderr


# ---------------------------------------------------------------------------------------------------- from an instance
def test_an_instance_is_asked_for_language_style_and_what_is_in_use(
    api: Asked,
) -> None:
    url, asked = api
    result = run("--from", url, "--lang", "python", "--style", "msgspec", "--observe", CLERK_SECRET_KEY=SECRET)

    assert (result.exit_code, result.stdout) == (0, "export {}\n")
    assert asked == [{"language": ["python"], "style": ["msgspec"], "observe": ["true"]}]
    assert run(CLERK_API_URL=url, CLERK_SECRET_KEY=SECRET).exit_code == 0
    assert asked[1] == {"language": ["typescript"], "style": ["typeddict"], "observe": ["false"]}


def test_a_backend_api_that_tells_no_types_is_told_apart(api: Asked) -> None:
    result = run("--from", api[0], CLERK_SECRET_KEY="sk_test_other")

    assert result.exit_code == 1
    assert "Name a file with the template instead." in result.stderr
    assert "sk_test_other" not in result.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[", "plain URL"),
        ("ftp://127.0.0.1/", "Keys and secrets must not travel over ftp"),
        ("http://api.example.com", "Keys and secrets must not travel over http to api.example.com. Use https"),
    ],
)
def test_an_address_where_nobody_answers_or_no_secret_may_travel_is_a_refusal(url: str, told: str) -> None:
    result = run("--from", url, CLERK_SECRET_KEY=SECRET)

    assert result.exit_code == 1
    assert told in result.stderr
    assert SECRET not in result.stderr
    assert run("--from", url).exit_code == 1


# -------------------------------------------------------------------------------------------------- written and checked
def test_drift_ends_with_1_and_a_diff_and_writes_nothing(folder: Path) -> None:
    arguments = ("--from", "claims.json", "--out", "types/globals.d.ts")
    assert run(*arguments).stdout.startswith("Wrote types/globals.d.ts. Next: commit it")
    assert run(*arguments).stdout == "types/globals.d.ts is current.\n"
    assert run(*arguments, "--check").exit_code == 0

    before = (folder / "types/globals.d.ts").read_text()
    (folder / "claims.json").write_text('{"plan": "{{user.id}}"}')
    result = run(*arguments, "--check")

    assert result.exit_code == 1
    assert "--- types/globals.d.ts\n+++ claims.json\n" in result.stdout
    assert "-    fullName?: string | null\n" in result.stdout
    assert "+    plan?: string\n" in result.stdout
    assert "\x1b" not in result.stdout, "plain when it is no terminal"
    assert result.stderr.startswith("drift: types/globals.d.ts is not what the session claims are now.\n")
    assert (folder / "types/globals.d.ts").read_text() == before


def test_a_file_that_is_not_there_has_drifted(folder: Path) -> None:
    result = run("--from", "claims.json", "--out", "globals.d.ts", "--check")

    assert result.exit_code == 1
    assert "+export {}\n" in result.stdout
    assert not (folder / "globals.d.ts").exists()


def test_line_ends_of_another_system_are_no_drift(folder: Path) -> None:
    file = folder / "globals.d.ts"
    file.write_bytes(b"export {}\r\n")

    assert not compare_declarations(file, "export {}\n")


def test_a_place_that_can_not_be_written_is_a_refusal(folder: Path) -> None:
    result = run("--from", "claims.json", "--out", "claims.json/globals.d.ts")

    assert result.exit_code == 1
    assert result.stderr.startswith("cannot_write: claims.json/globals.d.ts can't be written: ")


def test_the_picture_of_drift_has_colours_and_no_character_that_draws() -> None:
    picture = draw_drift("--- a\n+++ b\n@@ -1 +1 @@\n-old \x1b[2J\n+new \u202e\n same\n")

    styles = {picture.plain[span.start : span.end][:1]: str(span.style) for span in picture.spans}
    assert picture.plain == "--- a\n+++ b\n@@ -1 +1 @@\n-old \\u001b[2J\n+new \\u202e\n same\n"
    assert styles["-"] != styles["+"] != styles[" "]


def test_a_file_is_written_whole_or_stays_as_it_was(folder: Path) -> None:
    file = folder / "deep/globals.d.ts"
    write_declarations(file, "one\n")
    file.chmod(0o640)
    with pytest.raises(UnicodeEncodeError):
        write_declarations(file, "two \ud800")

    assert file.read_text() == "one\n"
    write_declarations(file, "three\n")
    assert file.read_bytes() == b"three\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in file.parent.iterdir()] == ["globals.d.ts"], "nothing is left beside it"


def test_a_link_stays_one(folder: Path) -> None:
    (folder / "real.d.ts").write_text("old\n")
    (folder / "link.d.ts").symlink_to("real.d.ts")
    write_declarations(folder / "link.d.ts", "new\n")

    assert (folder / "link.d.ts").is_symlink()
    assert (folder / "real.d.ts").read_text() == "new\n"
