"""`/npm/@clerk/clerk-js@6/dist/…` and `/npm/@clerk/ui@1/dist/…`: scripts for browsers, plain ASGI (contract 4.11).

Script tags are `crossorigin=anonymous` and chunks load relative to their script. A path is looked up among the names of
a manifest and never made into a file's path, so nothing else can be reached.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from claimsmith_server.core.bundles import is_exact, is_hashed, is_kept, is_version
from claimsmith_server.fapi.missing_bundle import Missing, tell_missing
from claimsmith_server.fapi.script_cache import Script, ScriptCache
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.observability import Logger
from claimsmith_server.services.bundles import (
    Bundle,
    BundleDamagedError,
    Place,
    load_bundles,
    select_bundle,
    spell_fetch,
)

PREFIX = "/npm/"
"""How the path begins of a request that is for `Bundles`."""

_ASKED = re.compile(r"/npm/(?P<package>@clerk/(?:clerk-js|ui))@(?P<version>[^/]+)/(?P<path>dist/[^/]+)")
_IMMUTABLE = b"public, max-age=31536000, immutable"
_SHORT = b"public, max-age=300"
_COMMON = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
)
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_NO_STORE = (b"cache-control", b"no-store")
_PUBLIC_PLACE = Place(Path("DIRECTORY"), is_usual=False)
"""Stands for a directory of the operator's in what anybody may read (case L-005)."""

Headers = tuple[tuple[bytes, bytes], ...]


class Answer(NamedTuple):
    """What is sent."""

    status: int
    headers: Headers
    body: bytes


class Asked(NamedTuple):
    """What a path asks for."""

    package: str
    version: str
    """`6`, `6.40`, `6.40.0` or `latest`."""
    path: str


class Bundles:
    """The bundles of a directory as an ASGI application. What is fetched while it serves is found at once."""

    def __init__(self, place: Place, log: Logger) -> None:
        """Nothing is read yet."""
        self._place = place
        self._log = log
        self._cache = ScriptCache()
        self._bundles: tuple[Bundle, ...] = ()
        self._stamp = -1
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answers one request whose path starts with `PREFIX`."""
        answer = await self._answer(scope["method"], scope)
        headers = [*_COMMON, *answer.headers]
        if answer.status not in {204, 304}:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, method: str, scope: Scope) -> Answer:
        if method == "OPTIONS":
            return Answer(204, _PREFLIGHT, b"")
        if method not in {"GET", "HEAD"}:
            return _refuse(405, "A bundle is read with GET or HEAD.", (b"allow", b"GET, HEAD, OPTIONS"))
        asked = parse_path(scope.get("raw_path") or scope["path"].encode())
        if asked is None:
            return _refuse(404, "There is no such script. Paths are like /npm/@clerk/clerk-js@6/dist/clerk.browser.js.")
        headers = dict(scope["headers"])
        bundle = self._select(asked)
        if bundle is None:
            return self._tell_missing(asked, headers)
        if asked.path not in bundle.manifest.files:
            return _refuse(404, f"{asked.package} {bundle.manifest.version} has no such file.")
        try:
            script = await self._cache.load(bundle, asked.path)
        except BundleDamagedError as error:
            return self._tell_missing(asked, headers, error)
        return _serve(script, _cache_control(asked, bundle), headers)

    def _select(self, asked: Asked) -> Bundle | None:
        """The bundle that answers. Directories change their time when a bundle comes; a miss looks in any case."""
        stamp = _read_time(self._place.path)
        found = self._find(asked) if stamp == self._stamp else None
        if found is None:
            self._bundles, self._stamp = load_bundles(self._place.path), stamp
            found = self._find(asked)
        return found

    def _find(self, asked: Asked) -> Bundle | None:
        return select_bundle(self._bundles, asked.package, asked.version, asked.path)

    def _tell_missing(
        self, asked: Asked, headers: Mapping[bytes, bytes], damage: BundleDamagedError | None = None
    ) -> Answer:
        asked_versions = {asked.package: asked.version}
        self._log_once(asked, spell_fetch(self._place, asked_versions), damage)
        place = self._place if self._place.is_usual else _PUBLIC_PLACE
        missing = Missing(asked.package, asked.version, spell_fetch(place, asked_versions), damage is not None)
        told = tell_missing(missing, headers)
        return Answer(404, (_NO_STORE, (b"vary", b"accept, sec-fetch-dest"), *told.headers), told.body)

    def _log_once(self, asked: Asked, command: str, damage: BundleDamagedError | None) -> None:
        """One line a package in the life of this process: a page asks for dozens of files."""
        if asked.package in self._told:
            return
        self._told.add(asked.package)
        self._log.warning(
            "bundle damaged" if damage else "bundle missing",
            package=asked.package,
            version=asked.version,
            directory=str(self._place.path),
            cause=str(damage) if damage else "it has not been fetched",
            remedy=command,
        )


def parse_path(raw: bytes) -> Asked | None:
    """What a request's path, as it was sent, asks for; `None` when it is no script's path.

    `%40` is how some spell `@`. Nothing else may be escaped: no file's name needs it, and attacks do.
    """
    text = raw.partition(b"?")[0].replace(b"%40", b"@").decode("latin-1")
    found = _ASKED.fullmatch(text)
    if found is None or not is_kept(found["path"]) or not is_version(found["version"]):
        return None
    return Asked(found["package"], found["version"], found["path"])


def _serve(script: Script, cache_control: bytes, headers: Mapping[bytes, bytes]) -> Answer:
    is_gzipped = accepts_gzip(headers.get(b"accept-encoding", b""))
    etag = f'"{script.sha256}{"-gzip" if is_gzipped else ""}"'.encode()
    sent: Headers = ((b"etag", etag), (b"cache-control", cache_control), (b"vary", b"accept-encoding"))
    if is_known(headers.get(b"if-none-match", b""), etag):
        return Answer(304, sent, b"")
    sent += ((b"content-type", b"text/javascript; charset=utf-8"),)
    if is_gzipped:
        return Answer(200, (*sent, (b"content-encoding", b"gzip")), script.gzipped)
    return Answer(200, sent, script.octets)


def accepts_gzip(header: bytes) -> bool:
    """Whether Accept-Encoding allows gzip by its name, with a weight above 0 (RFC 9110, 12.5.3)."""
    for part in header.lower().split(b","):
        name, _, weight = part.partition(b";")
        if name.strip() == b"gzip":
            return re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", weight) is None
    return False


def is_known(header: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names the tag (RFC 9110, 13.1.2)."""
    return any(part.strip().removeprefix(b"W/") in {etag, b"*"} for part in header.split(b","))


def _cache_control(asked: Asked, bundle: Bundle) -> bytes:
    """For good when the address says what is in it, for five minutes when a fetch may change that."""
    return _IMMUTABLE if is_exact(asked.version) or is_hashed(asked.path, bundle.manifest.version) else _SHORT


def _refuse(status: int, why: str, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(status, (_TEXT, _NO_STORE, *headers), f"{why}\n".encode())


def _read_time(directory: Path) -> int:
    try:
        return os.stat(directory).st_mtime_ns  # noqa: PTH116 - half the time of Path.stat, on every request
    except OSError:
        return -1
