"""Whatever a path is made of, it gives a file that the manifest names, or a 404."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundle_folders import CLERK_JS, make_files, write_bundle
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.bundles import is_exact, is_kept, is_satisfied, is_version
from claimsmith_server.fapi.bundles import Bundles, accepts_gzip, is_known, parse_path
from claimsmith_server.observability import configure_logging
from claimsmith_server.services.bundles import Place
from claimsmith_server.settings import Settings

PIECES = [
    "/npm/", "@clerk/clerk-js", "@", "%40", "6", "6.40", "6.40.0", "latest", "/", "//", "dist", "/dist/",
    "clerk.browser.js", "321_clerk.browser_a68c22_6.40.0.js", "..", ".", "%2e", "%2f", "%2F", "%5c", "\\", "%00", "\0",
    "%", "?", "#", ";", "\n", "bundle.json", "LICENSE", "secret.js", "package.json", "é",
]  # fmt: skip
NEARLY = ["/npm/", "@clerk/clerk-js", "@", "6", "/dist/", "clerk.browser.js"]


@st.composite
def paths(draw: st.DrawFn) -> bytes:
    """Mostly a good path with a few pieces put in, taken out or changed; sometimes any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return b"/npm/" + draw(st.binary(max_size=60))
    pieces = list(NEARLY)
    for _ in range(draw(st.integers(0, 4))):
        at, piece = draw(st.integers(0, len(pieces))), draw(st.sampled_from(PIECES))
        pieces[at : at + draw(st.integers(0, 1))] = [piece]
    return "".join(pieces).encode()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """One bundle, with files beside and above it that nobody may read."""
    directory = tmp_path_factory.mktemp("bundles")
    folder = write_bundle(directory, CLERK_JS, "6.40.0")
    for place in (directory, folder, folder / "dist"):
        (place / "secret.js").write_bytes(b"secret")
    return Bundles(Place(Path(directory), is_usual=True), configure_logging(Settings(), io.StringIO()))


@given(raw=paths())
def test_a_path_gives_a_file_of_the_manifest_or_a_404(bundles: Bundles, runner: asyncio.Runner, raw: bytes) -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": raw.decode("latin-1"), "raw_path": raw, "headers": []}
    runner.run(bundles(scope, receive, send))
    start, body = sent
    assert start["status"] in {200, 404}
    is_served = start["status"] == 200
    files = make_files(CLERK_JS, "6.40.0")
    asked = parse_path(raw)
    expected = files.get(asked.path) if asked and is_satisfied(asked.version, "6.40.0") else None
    assert is_served == (expected is not None)
    if is_served:
        assert body["body"] == expected
        assert b".." not in raw.partition(b"?")[0]
    assert b"secret" not in bytes(body["body"])  # type: ignore[call-overload]


def test_the_paths_reach_files_often_enough() -> None:
    assert parse_path("".join(NEARLY).encode()) is not None


@given(asked=st.text(max_size=12) | st.from_regex(r"[0-9.]{1,8}(-[a-z.0-9]{1,6})?", fullmatch=True))
def test_what_is_exact_satisfies_itself_only(asked: str) -> None:
    if is_exact(asked):
        assert is_version(asked)
        assert is_satisfied(asked, asked)
        assert not is_satisfied(asked, f"{asked}.1")
    if is_version(asked):
        assert asked.isascii()
        assert not set(asked) & set("/\\% \n\0@")


@given(path=st.text(max_size=30) | st.from_regex(r"dist/[./\\a-z]{0,12}\.js", fullmatch=True))
def test_what_is_kept_lies_where_bundles_keep_it(path: str) -> None:
    if is_kept(path):
        parts = path.split("/")
        assert parts == ["LICENSE"] or (len(parts) == 2 and parts[0] == "dist")
        assert not set(parts) & {"", ".", ".."}
        assert "\\" not in path


@given(header=st.binary(max_size=80))
def test_any_header_is_read(header: bytes) -> None:
    assert accepts_gzip(header) in {True, False}
    assert is_known(header, b'"a"') == any(one.strip() in {b'"a"', b'W/"a"', b"*"} for one in header.split(b","))
