"""Bundles and npm packages of tests: made here, small, with the names that the published ones have."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from claimsmith_server.core.bundles import File, Manifest
from claimsmith_server.services.bundles import MANIFEST_NAME

CLERK_JS, UI = "@clerk/clerk-js", "@clerk/ui"
ENTRIES = {CLERK_JS: "dist/clerk.browser.js", UI: "dist/ui.browser.js"}


def make_files(package: str, version: str) -> dict[str, bytes]:
    """The files of a small bundle: the script, a chunk, the licence."""
    name = "clerk.browser" if package == CLERK_JS else "ui"
    return {
        "LICENSE": b"MIT\n",
        ENTRIES[package]: f'console.log("{package} {version}");\n'.encode() * 100,
        f"dist/321_{name}_a68c22_{version}.js": f'"chunk of {version}";\n'.encode(),
    }


def write_bundle(
    directory: Path, package: str, version: str, files: Mapping[str, bytes] | None = None, *, fetched_at: int = 1
) -> Path:
    """A bundle's folder as a fetch leaves it."""
    files = make_files(package, version) if files is None else files
    folder = directory / f"{package.partition('/')[2]}@{version}"
    (folder / "dist").mkdir(parents=True)
    for path, octets in files.items():
        (folder / path).write_bytes(octets)
    listed = {path: File(hashlib.sha256(octets).hexdigest(), len(octets)) for path, octets in files.items()}
    manifest = Manifest(package=package, version=version, integrity="sha512-x", fetched_at=fetched_at, files=listed)
    (folder / MANIFEST_NAME).write_bytes(msgspec.json.encode(manifest))
    return folder


def make_tarball(files: Mapping[str, bytes], *odd: tarfile.TarInfo) -> bytes:
    """A package as npm packs it, its files below `package/`; `odd` are further members, without content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, octets in files.items():
            member = tarfile.TarInfo(path if path.startswith(("/", "..")) else f"package/{path}")
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
        for member in odd:
            archive.addfile(member)
    return packed.getvalue()


def hash_tarball(octets: bytes) -> str:
    """The integrity of a tarball as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(octets).digest()).decode()


class Registry:
    """A registry of npm packages on the loopback interface; it keeps what was asked of it."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._packages: dict[str, dict[str, Any]] = {}
        self._tarballs: dict[str, bytes] = {}

    def publish(
        self,
        package: str,
        version: str,
        files: Mapping[str, bytes],
        *odd: tarfile.TarInfo,
        integrity: str = "",
        **more: Any,
    ) -> bytes:
        """Offers a version, with its own integrity unless told otherwise; gives the tarball."""
        tarball = make_tarball(
            {**files, "package.json": json.dumps({"name": package, "version": version, **more}).encode()}, *odd
        )
        path = f"/{package}/-/{version}.tgz"
        self._tarballs[path] = tarball
        about = self._packages.setdefault(package, {"name": package, "dist-tags": {}, "versions": {}})
        about["dist-tags"]["latest"] = version
        dist = {"tarball": self.url + path, "integrity": integrity or hash_tarball(tarball)}
        about["versions"][version] = {"name": package, "version": version, "dist": dist, **more}
        return tarball

    def answer(self, path: str) -> bytes | None:
        """What a path holds."""
        path = path.replace("%2f", "/")
        self.asked.append(path)
        if path in self._tarballs:
            return self._tarballs[path]
        about = self._packages.get(path.strip("/"))
        return json.dumps(about).encode() if about else None


@contextmanager
def running_registry() -> Iterator[Registry]:
    """A registry that answers until the end."""
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = registry.answer(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(found or b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's signature
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()
