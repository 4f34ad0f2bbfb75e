"""`claimsmith bundles fetch` and `list` with the real npm, from a registry of ours; once from the real registry."""

import base64
import contextlib
import hashlib
import json
import os
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from bundle_folders import CLERK_JS, ENTRIES, UI, Registry, make_files, running_registry, write_bundle
from click.testing import CliRunner
from servers import Server

from claimsmith.cli import main
from claimsmith_server.core import bundles as table
from claimsmith_server.services.bundles import find_damage, load_bundles
from claimsmith_server.services.bundles.fetch import Errand, fetch_bundle
from claimsmith_server.services.bundles.npm import find_npm

VERSIONS = {CLERK_JS: "6.50.0", UI: "1.50.0"}
NEWEST = ("--clerk-js", "6", "--ui", "1")


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry with a version of each package."""
    with running_registry() as running:
        for package, version in VERSIONS.items():
            running.publish(package, version, make_files(package, version))
        yield running


@pytest.fixture
def command(tmp_path: Path, registry: Registry) -> Command:
    """`claimsmith bundles …` whose npm knows the registry of the test only, and whose cache directory is the test's."""
    without = {name: None for name in os.environ if name.upper().startswith(("CLAIMSMITH_", "CLERK_", "NPM_CONFIG_"))}
    variables = {
        **without, "NO_COLOR": "1", "COLUMNS": "400", "NO_PROXY": "127.0.0.1", "XDG_CACHE_HOME": str(tmp_path),
        "npm_config_registry": registry.url, "npm_config_cache": str(tmp_path / "npm"),
        "npm_config_userconfig": str(tmp_path / "npmrc"), "npm_config_fetch_retries": "0",
        "npm_config_update_notifier": "false",
    }  # fmt: skip

    def run(*arguments: str, **more: str) -> Done:
        with contextlib.chdir(tmp_path):
            done = CliRunner().invoke(main, ["bundles", *arguments], env={**variables, **more})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


def usual(tmp_path: Path) -> Path:
    return tmp_path / "claimsmith" / "bundles"


def refuse(done: Done, code: str) -> str:
    assert done.code == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"error {code}: ")
    return line


def left_over(directory: Path) -> list[str]:
    return sorted(one.name for one in directory.iterdir())


@pytest.mark.node
def test_fetch_brings_what_browsers_need_and_nothing_else(tmp_path: Path, registry: Registry, command: Command) -> None:
    useless = {"dist/ui.browser.js.map": b"{}", "dist/index.d.ts": b"", "dist/deep/x.js": b"", "README.md": b""}
    tarball = registry.publish(UI, "1.51.0", make_files(UI, "1.51.0") | useless)
    done = command("fetch", *NEWEST)
    assert done.code == 0
    directory = usual(tmp_path)
    assert done.stdout.splitlines()[0] == (
        f"Fetched @clerk/clerk-js 6.50.0 and @clerk/ui 1.51.0 into {directory} (0.0 MB)."
    )
    assert done.stdout.splitlines()[-1] == "Next: claimsmith dev"
    assert "@clerk/ui@1: downloading" in done.stderr.splitlines()
    assert left_over(directory) == ["clerk-js@6.50.0", "ui@1.51.0"]
    found = {bundle.manifest.package: bundle for bundle in load_bundles(directory)}
    assert find_damage(found[UI]) == find_damage(found[CLERK_JS]) == []
    files = {str(file.relative_to(found[UI].folder)) for file in found[UI].folder.rglob("*") if file.is_file()}
    assert files == {*make_files(UI, "1.51.0"), "bundle.json"}
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    assert found[UI].manifest.integrity == f"sha512-{digest}"


@pytest.mark.node
def test_what_is_there_and_sound_is_not_downloaded_again(tmp_path: Path, registry: Registry, command: Command) -> None:
    exact = ("--clerk-js", "6.50.0", "--ui", "1.50.0")
    assert command("fetch", *exact).code == 0
    asked = len(registry.asked)
    done = command("fetch", *exact, npm_config_registry="http://127.0.0.1:9")
    assert done.code == 0
    assert done.stdout.startswith("Nothing to download: @clerk/clerk-js 6.50.0 and @clerk/ui 1.50.0 are in ")
    assert len(registry.asked) == asked
    script = usual(tmp_path) / "ui@1.50.0" / ENTRIES[UI]
    script.write_text("alert(1)")
    assert "ui.browser.js is not what was fetched" in command("list").stdout
    line = refuse(command("list"), "bundle_damaged")
    assert line.endswith("Run: claimsmith bundles fetch --ui 1.50.0")
    assert command("fetch", *exact).stdout.startswith("Fetched @clerk/ui 1.50.0 into ")
    assert script.read_bytes() == make_files(UI, "1.50.0")[ENTRIES[UI]]
    assert left_over(usual(tmp_path)) == ["clerk-js@6.50.0", "ui@1.50.0"]


@pytest.mark.node
def test_several_may_fetch_at_once(tmp_path: Path, registry: Registry) -> None:
    directory = tmp_path / "shared"
    client, errand = find_npm(), Errand(table.UI, "1.50.0", directory, now=1)
    environment = {"npm_config_registry": registry.url, "npm_config_cache": str(tmp_path / "npm")}
    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(4) as pool:
        for name, value in environment.items():
            patched.setenv(name, value)
        fetched = list(pool.map(lambda _: fetch_bundle(client, errand, lambda _: None), range(4)))
    assert {one.bundle.folder for one in fetched} == {directory / "ui@1.50.0"}
    assert left_over(directory) == ["ui@1.50.0"]
    (bundle,) = load_bundles(directory)
    assert find_damage(bundle) == []


@pytest.mark.node
def test_the_version_fetched_last_answers(registry: Registry, command: Command) -> None:
    registry.publish(UI, "1.51.0", make_files(UI, "1.51.0"))

    def answering() -> dict[str, list[str]]:
        rows: list[dict[str, Any]] = json.loads(command("list", "--json").stdout)
        return {row["version"]: row["answers"] for row in rows if row["package"] == UI}

    command("fetch", "--clerk-js", "6.50.0", "--ui", "1.51.0")
    assert answering() == {"1.51.0": ["1", "latest", "1.51.0"]}
    command("fetch", "--clerk-js", "6.50.0", "--ui", "1.50.0")
    assert answering() == {"1.51.0": ["1.51.0"], "1.50.0": ["1", "latest", "1.50.0"]}
    command("fetch", "--clerk-js", "6.50.0", "--ui", "1.51.0")
    assert answering() == {"1.51.0": ["1", "latest", "1.51.0"], "1.50.0": ["1.50.0"]}


@pytest.mark.node
def test_a_package_that_is_not_what_was_published_is_refused(
    tmp_path: Path, registry: Registry, command: Command
) -> None:
    wrong = "sha512-" + base64.b64encode(bytes(64)).decode()
    registry.publish(CLERK_JS, "6.51.0", make_files(CLERK_JS, "6.51.0"), integrity=wrong)
    line = refuse(command("fetch", "--clerk-js", "6.51.0"), "npm_failed")
    assert "EINTEGRITY" in line
    assert "don't trust the registry" in line
    # The registry vouches for it, but the table of this release knows another hash.
    registry.publish(CLERK_JS, table.CLERK_JS.version, make_files(CLERK_JS, table.CLERK_JS.version))
    line = refuse(command("fetch"), "bundle_refused")
    assert table.CLERK_JS.integrity in line
    assert left_over(usual(tmp_path)) == []


@pytest.mark.node
def test_nothing_of_an_archive_is_written_outside(tmp_path: Path, registry: Registry, command: Command) -> None:
    def member(kind: bytes, name: str, target: str) -> tarfile.TarInfo:
        made = tarfile.TarInfo(name)
        made.type, made.linkname = kind, target
        return made

    odd = [
        member(tarfile.SYMTYPE, "package/dist/link.js", "/etc/passwd"),
        member(tarfile.LNKTYPE, "package/dist/hard.js", "package/dist/ui.browser.js"),
        member(tarfile.FIFOTYPE, "package/dist/pipe.js", ""),
        member(tarfile.DIRTYPE, "package/dist/folder.js", ""),
    ]
    outside = {"../outside.js": b"x", "dist/../../outside.js": b"x", f"{tmp_path}/outside.js": b"x", "dist/..js": b"x"}
    registry.publish(UI, "1.52.0", make_files(UI, "1.52.0") | outside, *odd)
    assert command("fetch", *NEWEST).code == 0
    folder = usual(tmp_path) / "ui@1.52.0"
    assert sorted(one.name for one in folder.rglob("*") if not one.is_dir()) == sorted(
        ["LICENSE", "bundle.json", "ui.browser.js", "321_ui_a68c22_1.52.0.js"]
    )
    assert not list(tmp_path.rglob("outside.js"))


@pytest.mark.node
def test_no_script_of_a_package_is_run(tmp_path: Path, registry: Registry, command: Command) -> None:
    ran = tmp_path / "ran"
    hook = f"{sys.executable} -c \"open('{ran}', 'w')\""
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare", "prepack", "postpack"), hook)
    registry.publish(UI, "1.53.0", make_files(UI, "1.53.0"), scripts=scripts, dependencies={"@clerk/none": "^9"})
    assert command("fetch", *NEWEST).code == 0, "neither are its dependencies looked for"
    assert not ran.exists()
    assert not [path for path in registry.asked if "none" in path]


@pytest.mark.node
@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"dist/other.js": b""}, "has no dist/ui.browser.js"),
        ({**make_files(UI, "1.54.0"), "dist/huge.js": bytes(table.MAX_FILE_BYTES + 1)}, "dist/huge.js is larger than"),
        (
            make_files(UI, "1.54.0") | {f"dist/{n}.js": b"" for n in range(table.MAX_FILES)},
            "far larger than a bundle is",
        ),
    ],
    ids=["entry", "size", "count"],
)
def test_a_package_that_is_no_bundle_is_refused(
    tmp_path: Path, registry: Registry, command: Command, files: dict[str, bytes], told: str
) -> None:
    registry.publish(UI, "1.54.0", files)
    assert told in refuse(command("fetch", *NEWEST), "bundle_refused")
    assert left_over(usual(tmp_path)) == ["clerk-js@6.50.0"]


@pytest.mark.node
@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (("--ui", "9"), {}, "npm knows no @clerk/ui@9 (ETARGET"),
        (("--ui", "canary"), {}, "npm knows no @clerk/ui@canary (ETARGET"),
        ((), {"npm_config_registry": "http://127.0.0.1:9"}, "(ECONNREFUSED"),
    ],
    ids=["version", "tag", "network"],
)
def test_a_download_that_fails_says_why(
    command: Command, arguments: tuple[str, ...], variables: dict[str, str], told: str
) -> None:
    line = refuse(command("fetch", "--clerk-js", "6", *arguments, **variables), "npm_failed")
    assert told in line
    assert line.endswith(("Ask for another version.", "then try again."))


def test_without_npm_the_remedy_is_told(tmp_path: Path, command: Command) -> None:
    line = refuse(command("fetch", PATH=str(tmp_path)), "npm_missing")
    assert "Install Node.js" in line


def fake_npm(folder: Path, *lines: str) -> dict[str, str]:
    """The variables under which npm is a script of ours."""
    script = folder / "bin" / "npm"
    script.parent.mkdir()
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o755)
    return {"PATH": f"{script.parent}:/bin:/usr/bin"}


@pytest.mark.parametrize(
    ("lines", "code", "told"),
    [
        (["echo '{\"error\":{\"code\":\"ENOSPC\"}}'", "exit 1"], "bundles_unusable", "the disk is full. Make room"),
        (["echo 'node: bad option' >&2", "exit 9"], "npm_failed", "(node: bad option)"),
        (["exit 1"], "npm_failed", "(it gave no reason)"),
        (["echo done"], "npm_failed", "Update npm"),
        (["echo '[]'"], "npm_failed", "Update npm"),
        (
            ["echo '[{\"name\":\"@clerk/clerk-js\",\"version\":\"7.0.0\",\"integrity\":\"sha512-x\"}]'"],
            "bundle_refused",
            "npm brought @clerk/clerk-js 7.0.0 for @clerk/clerk-js@6.40.0",
        ),
    ],
    ids=["disk", "broken", "silent", "no json", "nothing", "another version"],
)  # fmt: skip
def test_an_npm_that_misbehaves_is_told(
    tmp_path: Path, command: Command, lines: list[str], code: str, told: str
) -> None:
    assert told in refuse(command("fetch", **fake_npm(tmp_path, *lines)), code)
    assert left_over(usual(tmp_path)) == []


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").write_text("")
    line = refuse(command("fetch", "--dir", "file/below", **fake_npm(tmp_path, "exit 1")), "bundles_unusable")
    assert f"{tmp_path}/file/below can't be filled: Not a directory." in line


@pytest.mark.parametrize("version", ["../x", "git+ssh://x", "--registry=x", "6 7", "^6", ""])
def test_nothing_but_a_version_reaches_npm(tmp_path: Path, command: Command, version: str) -> None:
    done = command("fetch", f"--ui={version}", **fake_npm(tmp_path, f"touch {tmp_path}/called"))
    assert done.code == 2
    assert "a version is such as" in done.stderr
    assert not (tmp_path / "called").exists()


def test_list_says_what_is_there_and_what_is_next(tmp_path: Path, command: Command) -> None:
    assert command("list").stdout.splitlines() == [f"0 bundles in {usual(tmp_path)}", "Next: claimsmith bundles fetch"]
    directory = tmp_path / "own"
    write_bundle(directory, CLERK_JS, "6.0.0")
    one = command("list", "--dir", str(directory)).stdout.splitlines()
    assert one[0] == f"1 bundle in {directory}"
    assert one[-1] == f"Next: claimsmith bundles fetch --dir {directory}"
    write_bundle(directory, UI, "1.0.0")
    done = command("list", CLAIMSMITH_BUNDLES_DIRECTORY=str(directory))
    assert [line.split()[:3] for line in done.stdout.splitlines()[1:3]] == [
        ["ok", CLERK_JS, "6.0.0"],
        ["ok", UI, "1.0.0"],
    ]
    assert done.stdout.splitlines()[-1].startswith(f"Next: claimsmith dev --bundles {directory}")
    (tmp_path / "claimsmith.toml").write_text(f'bundles_directory = "{directory}"\n')
    assert command("list", "--config", "claimsmith.toml").stdout == done.stdout
    (row, _) = json.loads(command("list", "--dir", "own", "--json").stdout)
    assert set(row) == {
        *("package", "version", "answers", "files", "bytes", "integrity", "fetched_at", "folder", "problems")
    }


def await_line(folder: Path, text: str) -> str:
    """The line with a text in the log of a server started last; printing comes after the ready file."""
    log = max(folder.glob("server-*/server.log"), key=lambda file: file.stat().st_ctime_ns)
    for _ in range(200):
        found = [line for line in log.read_text().splitlines() if text in line]
        if found:
            return found[0]
        time.sleep(0.05)
    return pytest.fail(f"no {text!r} in {log.read_text()}")


def test_dev_names_the_bundles_or_the_command(tmp_path: Path, start_server: Callable[..., Server]) -> None:
    directory = tmp_path / "my bundles"
    start_server("--ephemeral", "--no-demo", "--bundles", directory)
    line = await_line(tmp_path, "  bundles ")
    assert line.startswith("  bundles     @clerk/clerk-js and @clerk/ui are missing")
    assert line.endswith(f"Run: claimsmith bundles fetch --dir '{directory}'")
    write_bundle(directory, CLERK_JS, "6.1.0")
    write_bundle(directory, UI, "1.1.0")
    start_server("--ephemeral", "--no-demo", "--bundles", directory)
    assert await_line(tmp_path, "  bundles ") == "  bundles     clerk-js 6.1.0, ui 1.1.0"


@pytest.fixture(scope="session")
def published_bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned versions as published, fetched by the ordinary npm."""
    directory = tmp_path_factory.mktemp("bundles")
    variables = {name: None for name in os.environ if name.startswith("CLAIMSMITH_")}
    done = CliRunner().invoke(main, ["bundles", "fetch", "--dir", str(directory)], env=variables)
    assert done.exit_code == 0, done.output
    return directory


@pytest.mark.node
def test_the_pinned_versions_are_those_that_are_published(published_bundles: Path) -> None:
    found = {one.manifest.package: one for one in load_bundles(published_bundles)}
    for package in table.PACKAGES:
        bundle = found[package.name]
        assert (bundle.manifest.version, bundle.manifest.integrity) == (package.version, package.integrity)
        assert find_damage(bundle) == []
        assert sum(table.is_hashed(path, package.version) for path in bundle.manifest.files) > 20
    size = sum(file.stat().st_size for file in published_bundles.rglob("*") if file.is_file())
    assert size < 16_000_000


@pytest.mark.node
def test_a_running_server_gives_the_published_scripts(
    published_bundles: Path, start_server: Callable[..., Server]
) -> None:
    server = start_server("--ephemeral", "--no-demo", "--bundles", published_bundles)
    for path in ("@clerk/clerk-js@6/dist/clerk.browser.js", "@clerk/ui@1/dist/ui.browser.js"):
        for base in (server.url, server.fapi_url):
            answer = httpx.get(f"{base}/npm/{path}", headers={"Origin": "http://localhost:3000"}, trust_env=False)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert len(answer.content) > 100_000
