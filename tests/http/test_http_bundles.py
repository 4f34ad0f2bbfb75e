"""`/npm/…`: scripts of bundles, and what is answered where there is none."""

import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from bundle_folders import CLERK_JS, UI, make_files, write_bundle

from claimsmith_server.fapi.bundles import Bundles, accepts_gzip, is_known, parse_path
from claimsmith_server.fapi.script_cache import ScriptCache
from claimsmith_server.observability import configure_logging
from claimsmith_server.services.bundles import Place, load_bundles
from claimsmith_server.settings import Settings

ENTRY = "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
CHUNK = "dist/321_clerk.browser_a68c22_6.40.0.js"
IMMUTABLE = "public, max-age=31536000, immutable"
SECRET = b"what lies beside a bundle"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    """Bundles over a directory, asked with raw paths."""

    def __init__(self, directory: Path, *, is_usual: bool = True) -> None:
        self.directory = directory
        self.log = io.StringIO()
        self.bundles = Bundles(Place(directory, is_usual=is_usual), configure_logging(Settings(), self.log))

    def ask(self, raw: str, method: str = "GET", **headers: str) -> Answer:
        return asyncio.run(self.answer(raw, method, **headers))

    async def answer(self, raw: str, method: str = "GET", **headers: str) -> Answer:
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        octets = raw.encode("utf-8", "surrogateescape")
        scope = {
            "type": "http", "method": method, "path": raw, "raw_path": octets, "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await self.bundles(scope, receive, send)
        start, body = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}  # type: ignore[attr-defined]
        assert len(told) == len(start["headers"]), "a header is sent twice"  # type: ignore[arg-type]
        return Answer(int(str(start["status"])), told, bytes(body["body"]))  # type: ignore[call-overload]

    def events(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Both packages; a secret beside each folder."""
    directory = tmp_path / "bundles"
    for package, version in ((CLERK_JS, "6.40.0"), (UI, "1.34.0")):
        folder = write_bundle(directory, package, version)
        (folder / "dist" / "unlisted.js").write_bytes(SECRET)
        (folder / "package.json").write_bytes(SECRET)
    for place in (tmp_path, directory):
        (place / "secret.js").write_bytes(SECRET)
    return Site(directory)


@pytest.mark.parametrize("version", ["6", "6.40", "6.40.0", "latest"])
def test_a_script_is_served_for_every_spelling_of_its_version(site: Site, version: str) -> None:
    files = make_files(CLERK_JS, "6.40.0")
    answer = site.ask(ENTRY.replace("@6/", f"@{version}/"))
    assert (answer.status, answer.body) == (200, files["dist/clerk.browser.js"])
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == (IMMUTABLE if version == "6.40.0" else "public, max-age=300")
    assert site.ask(f"/npm/@clerk/clerk-js@{version}/{CHUNK}").headers["cache-control"] == IMMUTABLE


def test_an_escaped_at_sign_is_an_at_sign(site: Site) -> None:
    assert site.ask(ENTRY.replace("@", "%40")).status == 200
    assert site.ask(ENTRY + "?cache=1").status == 200


def test_the_other_package_is_served_too(site: Site) -> None:
    answer = site.ask("/npm/@clerk/ui@1/dist/ui.browser.js")
    assert answer.body == make_files(UI, "1.34.0")["dist/ui.browser.js"]
    assert site.events() == []


def test_gzip_is_sent_to_who_takes_it(site: Site) -> None:
    plain = site.ask(ENTRY)
    packed = site.ask(ENTRY, accept_encoding="br, gzip;q=0.8")
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 10
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str(len(packed.body))
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True), ("GZip", True), ("deflate, gzip", True), ("gzip; q=1.0", True), ("gzip;q=0.001", True),
        ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q = 0.000", False), ("xgzip", False), ("*", False),
    ],
)  # fmt: skip
def test_accept_encoding_is_read_with_its_weights(header: str, accepted: bool) -> None:  # noqa: FBT001 - a table
    assert accepts_gzip(header.encode()) is accepted


@pytest.mark.parametrize("accept", ["", "gzip"])
def test_what_a_browser_has_is_not_sent_again(site: Site, accept: str) -> None:
    first = site.ask(ENTRY, accept_encoding=accept)
    for given in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = site.ask(ENTRY, accept_encoding=accept, if_none_match=given)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert again.headers["access-control-allow-origin"] == "*"
        assert "content-length" not in again.headers
    other = site.ask(ENTRY, accept_encoding=accept, if_none_match='"x"')
    assert (other.status, other.body) == (200, first.body)


def test_an_etag_is_compared_whole() -> None:
    assert is_known(b'"a", "b"', b'"b"')
    assert not is_known(b'"ab"', b'"b"')
    assert not is_known(b"", b'"b"')


def test_head_answers_as_get_without_a_body(site: Site) -> None:
    for path in (ENTRY, ENTRY.replace("@6/", "@5/"), "/npm/x"):
        get, head = site.ask(path), site.ask(path, "HEAD")
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


def test_a_preflight_is_answered_for_everybody(site: Site) -> None:
    answer = site.ask(ENTRY, "OPTIONS", origin="http://localhost:3000", access_control_request_method="GET")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    answer = site.ask(ENTRY, method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


B = "/npm/@clerk/clerk-js@6/"
TRAVERSALS = [
    B + "dist/../package.json", B + "dist/../../secret.js", B + "../secret.js", B + "dist/%2e%2e/package.json",
    B + "dist/..%2fpackage.json", B + "dist%2fclerk.browser.js", B + "dist/%2E%2E%2F%2E%2E%2Fsecret.js",
    B + "dist/..%5c..%5csecret.js", B + "dist/..\\..\\secret.js", B + "dist\\clerk.browser.js",
    B + "dist/%252e%252e/x.js", B + "dist/clerk.browser.js%00", B + "dist/clerk.browser.js\0.js",
    B + "dist/clerk.browser.js/", B + "dist//clerk.browser.js", B + "dist/./clerk.browser.js",
    B + "/dist/clerk.browser.js", B + "dist/clerk.browser.js;x", B + "dist/clerk%2ebrowser.js",
    B + "dist/unlisted.js", B + "package.json", B + "bundle.json", B + "LICENSE", B + "dist/LICENSE",
    B + "dist/", B + "dist", B, "/npm/", "/npm", "/npm/@clerk/clerk-js/dist/clerk.browser.js",
    "/npm/@clerk/clerk-js@/dist/clerk.browser.js", "/npm/@clerk/clerk-js@../dist/clerk.browser.js",
    "/npm/@clerk/clerk-js@6%2f../dist/clerk.browser.js",
    "/npm/@clerk/clerk-js@6.40.0/../clerk-js@6.40.0/dist/clerk.browser.js",
    "/npm/@clerk/backend@3/dist/index.js", "/npm/@clerk/ui@6/../../secret.js",
    "/npm/@CLERK/clerk-js@6/dist/clerk.browser.js", "/npm//etc/passwd", B + "dist/\uff0fclerk.browser.js",
    B + "dist/clerk.browser.js\n", B + "dist/" + "a" * 60_000 + ".js", B + "dist/\udcff.js",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS, ids=lambda path: ascii(path)[:60])
def test_no_path_leads_out_of_a_bundle(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 404
    assert SECRET not in answer.body
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.body) < 200, "what was asked for is not repeated"


def test_a_link_in_a_bundle_leads_nowhere(site: Site) -> None:
    script = site.directory / "clerk-js@6.40.0" / "dist" / "clerk.browser.js"
    script.unlink()
    script.symlink_to(site.directory / "secret.js")
    answer = site.ask(ENTRY)
    assert answer.status == 404
    assert SECRET not in answer.body
    (event,) = site.events()
    assert event["event"] == "bundle damaged"
    assert event["remedy"] == "claimsmith bundles fetch"


def test_a_file_that_changed_is_not_served(site: Site) -> None:
    script = site.directory / "ui@1.34.0" / "dist" / "ui.browser.js"
    script.write_bytes(script.read_bytes().replace(b"log", b"bad"))
    answer = site.ask("/npm/@clerk/ui@1/dist/ui.browser.js")
    assert answer.status == 404
    assert b"is not as it was fetched" in answer.body
    assert b"bad" not in answer.body
    assert b"damaged" in site.ask("/npm/@clerk/ui@1/dist/ui.browser.js", accept="text/html").body


def test_a_missing_bundle_is_told_as_a_script_that_names_the_command(tmp_path: Path) -> None:
    answer = Site(tmp_path).ask(ENTRY, accept="*/*", sec_fetch_dest="script")
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.startswith(b'console.error("Claimsmith: @clerk/clerk-js@6 has not been fetched')
    assert answer.body.endswith(b'run: claimsmith bundles fetch");\n')


@pytest.mark.parametrize(
    "headers",
    [{"accept": "text/html,*/*"}, {"sec_fetch_dest": "document", "accept": "*/*"}],
    ids=["accept", "fetch metadata"],
)
def test_a_missing_bundle_that_is_opened_is_a_page(tmp_path: Path, headers: dict[str, str]) -> None:
    answer = Site(tmp_path).ask(ENTRY.replace("@6/", "@5/"), **headers)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = answer.body.decode()
    assert "<h1>@clerk/clerk-js" in page
    assert "<code>claimsmith bundles fetch --clerk-js 5</code>" in page


def test_a_script_tag_that_accepts_html_is_no_page(tmp_path: Path) -> None:
    answer = Site(tmp_path).ask(ENTRY, accept="text/html", sec_fetch_dest="script")
    assert answer.headers["content-type"].startswith("text/javascript")


def test_L_005_the_operators_directory_is_for_the_log_only(tmp_path: Path) -> None:
    site = Site(tmp_path / "private place", is_usual=False)
    for headers in ({}, {"accept": "text/html"}):
        answer = site.ask(ENTRY, **headers)
        assert b"private" not in answer.body
        assert b"claimsmith bundles fetch --dir DIRECTORY" in answer.body
    (event,) = site.events()
    assert event["remedy"] == f"claimsmith bundles fetch --dir '{tmp_path}/private place'"


def test_one_line_of_log_a_missing_package(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for _ in range(3):
        site.ask(ENTRY)
        site.ask(ENTRY.replace("@6/", "@5/"))
        site.ask("/npm/@clerk/ui@1/dist/ui.browser.js")
    first, second = site.events()
    assert [first["package"], second["package"]] == [CLERK_JS, UI]
    assert {one["event"] for one in site.events()} == {"bundle missing"}
    assert {one["level"] for one in site.events()} == {"warning"}
    assert first["remedy"] == "claimsmith bundles fetch"


def test_what_is_fetched_while_it_serves_is_found_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.ask(ENTRY).status == 404
    write_bundle(tmp_path, CLERK_JS, "6.0.0", fetched_at=1)
    assert b"6.0.0" in site.ask(ENTRY).body
    write_bundle(tmp_path, CLERK_JS, "6.1.0", fetched_at=2)
    assert b"6.1.0" in site.ask(ENTRY).body
    assert site.ask("/npm/@clerk/clerk-js@6/dist/321_clerk.browser_a68c22_6.0.0.js").status == 200


def test_a_burst_is_answered_and_what_was_read_stays_in_memory(site: Site) -> None:
    async def burst() -> list[Answer]:
        return await asyncio.gather(*(site.answer(ENTRY) for _ in range(20)))

    answers = asyncio.run(burst())
    expected = make_files(CLERK_JS, "6.40.0")["dist/clerk.browser.js"]
    assert {(one.status, one.body) for one in answers} == {(200, expected)}
    script = site.directory / "clerk-js@6.40.0" / "dist" / "clerk.browser.js"
    script.unlink()
    assert site.ask(ENTRY).body == expected


def test_the_memory_of_scripts_is_bounded(tmp_path: Path) -> None:
    files = {f"dist/{n}_ui_abcdef_1.0.0.js": bytes([65 + n]) * 10_000 for n in range(20)} | make_files(UI, "1.0.0")
    write_bundle(tmp_path, UI, "1.0.0", files)
    (bundle,) = load_bundles(tmp_path)
    cache = ScriptCache(max_bytes=50_000)

    async def load_all() -> None:
        for _ in range(2):
            for path, octets in files.items():
                assert (await cache.load(bundle, path)).octets == octets
                assert cache.size <= 50_000

    asyncio.run(load_all())
    assert cache.size > 30_000


def test_a_path_is_taken_apart_only_whole() -> None:
    assert parse_path(b"/npm/@clerk/ui@1/dist/ui.browser.js") == (UI, "1", "dist/ui.browser.js")
    assert parse_path(b"/fapi/npm/@clerk/ui@1/dist/ui.browser.js") is None
    assert parse_path(b"/npm/@clerk/ui@1/dist/ui.browser.js?a=%2e") == (UI, "1", "dist/ui.browser.js")
    for odd in ("%2e%2e", "..", "a%5cb.js", "a\\b.js", "a.js%00", "a.js\0", "%61.js", "a.js.map", ""):
        assert parse_path(f"/npm/@clerk/ui@1/dist/{odd}".encode()) is None, odd
