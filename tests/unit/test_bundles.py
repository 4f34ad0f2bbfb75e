"""Which bundle answers for which version, and what a bundle directory may hold."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from bundle_folders import CLERK_JS, ENTRIES, UI, make_files, write_bundle

from claimsmith_server.core.bundles import PACKAGES, is_hashed, is_kept, is_satisfied, is_version
from claimsmith_server.services.bundles import (
    MANIFEST_NAME,
    BundleDamagedError,
    Place,
    find_damage,
    find_missing,
    load_bundles,
    locate_directory,
    read_file,
    select_bundle,
    spell_fetch,
)


@pytest.mark.parametrize(
    ("asked", "version", "satisfied"),
    [
        ("6", "6.40.0", True),
        ("6", "60.40.0", False),
        ("6", "7.0.0", False),
        ("6", "6.41.0-canary.v1", False),
        ("6.40", "6.40.9", True),
        ("6.4", "6.40.0", False),
        ("6.40.0", "6.40.0", True),
        ("6.40.0", "6.40.1", False),
        ("6.40.0", "6.40.0-canary.1", False),
        ("6.40.0-canary.1", "6.40.0-canary.1", True),
        ("latest", "6.40.0", True),
        ("latest", "7.0.0-canary.v1", False),
        ("canary", "7.0.0-canary.v1", True),
        ("canary", "7.0.0-canaryish.v1", False),
        ("canary", "6.40.0", False),
        ("snapshot", "7.0.0-canary.v1", False),
    ],
)
def test_a_version_is_one_that_was_asked_for(asked: str, version: str, satisfied: bool) -> None:  # noqa: FBT001 - a table
    assert is_version(asked)
    assert is_satisfied(asked, version) is satisfied


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "6.",
        ".6",
        "06",
        "6.40.0.1",
        "^6",
        "~6",
        ">=6",
        "6 ",
        "6\n",
        "LATEST",
        "x/y",
        "-6",
        "6.40.0-",
        "6.40.0+x",
        "git:x",
        "\uff11",
        "1\uff11",
    ],
)
def test_nothing_else_is_a_version(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    "path",
    [
        "dist/clerk.browser.js",
        "dist/321_clerk.browser_a68c22_6.40.0.js",
        "dist/up-billing-page_ui_00a7e6_1.34.0.js",
        "LICENSE",
    ],
)
def test_what_browsers_load_is_kept(path: str) -> None:
    assert is_kept(path)


@pytest.mark.parametrize(
    "path",
    [
        "dist/clerk.browser.js.map", "dist/index.d.ts", "dist/clerk.mjs", "package.json", "README.md",
        "bundle.json", "dist/components/index.js", "dist/../LICENSE", "dist/..js/x.js", "dist/.js",
        "dist/..js", "/dist/a.js", "dist//a.js", "dist\\a.js", "dist/a\\b.js", "dist/a\0.js", "dist/a.js\n",
        "dist/a b.js", "../dist/a.js", "register/a.js", "DIST/a.js",
    ],
)  # fmt: skip
def test_nothing_else_is_kept(path: str) -> None:
    assert not is_kept(path)


def test_a_hashed_name_carries_its_bundles_version() -> None:
    assert is_hashed("dist/321_clerk.browser_a68c22_6.40.0.js", "6.40.0")
    assert not is_hashed("dist/321_clerk.browser_a68c22_6.40.0.js", "6.40.1")
    assert not is_hashed("dist/321_clerk.browser_a68c22_6x40.0.js", "6.40.0")
    assert not is_hashed("dist/clerk.browser.js", "6.40.0")


def test_the_bundle_fetched_last_answers_for_a_range(tmp_path: Path) -> None:
    write_bundle(tmp_path, UI, "1.36.0", fetched_at=1)
    write_bundle(tmp_path, UI, "1.34.0", fetched_at=2)
    write_bundle(tmp_path, UI, "2.0.0-canary.v1", fetched_at=3)
    bundles = load_bundles(tmp_path)

    def find(asked: str, path: str = "") -> str | None:
        found = select_bundle(bundles, UI, asked, path)
        return found and found.manifest.version

    assert [find(asked) for asked in ("1", "latest", "1.36", "1.36.0", "canary", "2", "1.35.0")] == [
        "1.34.0", "1.34.0", "1.36.0", "1.36.0", "2.0.0-canary.v1", None, None
    ]  # fmt: skip
    assert find("1", "dist/321_ui_a68c22_1.36.0.js") == "1.36.0", "a page that was open before still finds its chunks"
    assert find("1", "dist/ui.browser.js") == "1.34.0"
    assert [one.name for one in find_missing(bundles)] == [CLERK_JS]
    assert find_missing(()) == PACKAGES


def test_without_a_directory_there_are_no_bundles(tmp_path: Path) -> None:
    assert load_bundles(tmp_path / "none") == ()
    (tmp_path / "file").write_text("")
    assert load_bundles(tmp_path / "file") == ()


def test_what_is_no_bundle_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "stray.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    (write_bundle(tmp_path, UI, "1.0.0") / MANIFEST_NAME).write_text("{")
    write_bundle(tmp_path, CLERK_JS, "6.0.0").rename(tmp_path / ".fetch-unfinished")
    real = write_bundle(tmp_path / "elsewhere", CLERK_JS, "6.1.0")
    (tmp_path / "clerk-js@6.1.0").symlink_to(real)
    assert load_bundles(tmp_path) == ()


def edit_manifest(folder: Path, **changes: Any) -> None:
    file = folder / MANIFEST_NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"package": "@evil/ui"},
        {"version": "1"},
        {"version": "../.."},
        {"files": {}},
        {"unknown": 1},
        {"fetched_at": "x"},
        *(
            {"files": {ENTRIES[UI]: {"sha256": "", "size": 1}, path: {"sha256": "", "size": 1}}}
            for path in ("../x.js", "/etc/passwd", "dist/../x.js")
        ),
        {"files": {ENTRIES[UI]: {"sha256": "", "size": -1}}},
        {"files": {ENTRIES[UI]: {"sha256": "", "size": 10**12}}},
    ],
)
def test_a_manifest_that_no_fetch_writes_is_not_served_from(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = write_bundle(tmp_path, UI, "1.0.0")
    assert len(load_bundles(tmp_path)) == 1
    edit_manifest(folder, **changes)
    assert load_bundles(tmp_path) == ()


def test_a_file_is_given_as_it_was_fetched(tmp_path: Path) -> None:
    write_bundle(tmp_path, UI, "1.0.0")
    (bundle,) = load_bundles(tmp_path)
    assert {path: read_file(bundle, path) for path in bundle.manifest.files} == make_files(UI, "1.0.0")
    assert find_damage(bundle) == []
    assert bundle.size == sum(map(len, make_files(UI, "1.0.0").values()))


def test_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, UI, "1.0.0")
    (bundle,) = load_bundles(tmp_path)
    script, entry = folder / ENTRIES[UI], ENTRIES[UI]
    content = script.read_bytes()
    outside = tmp_path / "same.js"
    outside.write_bytes(content)

    def damage() -> str:
        (told,) = find_damage(bundle)
        with pytest.raises(BundleDamagedError):
            read_file(bundle, entry)
        return told

    script.write_bytes(content[:-1] + b"\r")
    assert "is not what was fetched" in damage()
    script.write_bytes(content + b"x")
    assert "is larger than" in damage()
    script.unlink()
    assert "is missing" in damage()
    script.symlink_to(outside)
    assert "no plain file" in damage()
    script.unlink()
    os.mkfifo(script)
    assert "no plain file" in damage()
    with pytest.raises(KeyError):
        read_file(bundle, "dist/other.js")


def test_the_usual_directory_is_the_users_cache() -> None:
    usual = Place(Path("/c/claimsmith/bundles"), is_usual=True)
    assert locate_directory("", {"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == usual
    assert locate_directory("", {"XDG_CACHE_HOME": "relative", "HOME": "/h"}).path == Path(
        "/h/.cache/claimsmith/bundles"
    )
    assert locate_directory("", {"HOME": "/h"}).path == Path("/h/.cache/claimsmith/bundles")
    assert locate_directory("", {"HOME": "h"}).path == Path("/var/cache/claimsmith/bundles")
    assert locate_directory("", {}).path.is_absolute()
    assert locate_directory("/d", {"HOME": "/h"}) == Place(Path("/d"), is_usual=False)
    assert locate_directory("d", {}).path == Path.cwd() / "d"


def test_the_command_that_fetches_names_what_is_unusual() -> None:
    usual, own = Place(Path("/c"), is_usual=True), Place(Path("/my dir"), is_usual=False)
    assert spell_fetch(usual) == "claimsmith bundles fetch"
    assert spell_fetch(usual, {CLERK_JS: "6", UI: "latest"}) == "claimsmith bundles fetch"
    assert spell_fetch(usual, {CLERK_JS: "5"}) == "claimsmith bundles fetch --clerk-js 5"
    assert spell_fetch(own, {UI: "1.36.0"}) == "claimsmith bundles fetch --ui 1.36.0 --dir '/my dir'"
