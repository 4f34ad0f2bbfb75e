"""The bundle directory: which bundles it holds, and their files, each checked against its manifest.

A bundle is a folder `clerk-js@6.40.0` with a `bundle.json`. It comes into being whole, by one rename, so that whoever
looks sees all of it or nothing.
"""

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from claimsmith_server.core.bundles import (
    PACKAGES,
    Manifest,
    Package,
    is_hashed,
    is_satisfied,
    is_sound,
)

MANIFEST_NAME = "bundle.json"
_MAX_MANIFEST_BYTES = 1024 * 1024
_DEFAULT = Path("claimsmith", "bundles")
_WITHOUT_A_HOME = Path("/var/cache")


class BundleDamagedError(Exception):
    """A file is gone, or is not what was fetched."""


class Place(NamedTuple):
    """A bundle directory."""

    path: Path
    is_usual: bool
    """Whether commands look there without being told."""


class Bundle(NamedTuple):
    """A bundle as fetched."""

    folder: Path
    """Absolute, without links."""
    manifest: Manifest

    @property
    def size(self) -> int:
        """Bytes of its files together."""
        return sum(file.size for file in self.manifest.files.values())


def locate_directory(configured: str | Path, environ: Mapping[str, str]) -> Place:
    """The bundle directory: the one that is set, else this user's own, which every project shares.

    That is `claimsmith/bundles` in `XDG_CACHE_HOME`, in `~/.cache`, or for a user without a home in `/var/cache`.
    """
    if str(configured):
        return Place(Path(configured).expanduser().absolute(), is_usual=False)
    cache = Path(environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():
        home = Path(environ.get("HOME", "") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home() may raise
        cache = home / ".cache" if home.is_absolute() else _WITHOUT_A_HOME
    return Place(cache / _DEFAULT, is_usual=True)


def load_bundles(directory: Path) -> tuple[Bundle, ...]:
    """The bundles of a directory, the one fetched last first; what is no bundle is passed over."""
    try:
        folders = [one for one in directory.resolve().iterdir() if not one.name.startswith(".")]
    except OSError:
        return ()
    found = [bundle for bundle in map(load_bundle, folders) if bundle is not None]
    return tuple(sorted(found, key=lambda one: (one.manifest.fetched_at, one.folder.name), reverse=True))


def load_bundle(folder: Path) -> Bundle | None:
    """The bundle of a folder; `None` when its manifest is missing, unreadable, or none that a fetch writes."""
    try:
        octets = _read(folder / MANIFEST_NAME, _MAX_MANIFEST_BYTES)
        manifest = msgspec.json.decode(octets, type=Manifest)
    except (OSError, BundleDamagedError, msgspec.DecodeError):
        return None
    return Bundle(folder, manifest) if is_sound(manifest) else None


def select_bundle(bundles: Sequence[Bundle], package: str, asked: str, path: str = "") -> Bundle | None:
    """The bundle for a version that a URL asks for: of those that satisfy it, the one fetched last.

    A page that was open when another version was fetched still asks for chunks of before by the same range. Their
    names carry the version: with `path`, an older bundle answers for its own chunks.
    """
    fitting = [one for one in bundles if one.manifest.package == package and is_satisfied(asked, one.manifest.version)]
    own = (one for one in fitting if path in one.manifest.files and is_hashed(path, one.manifest.version))
    return next(own, fitting[0] if fitting else None)


def find_missing(bundles: Sequence[Bundle]) -> tuple[Package, ...]:
    """The packages that SDKs will ask for in vain."""
    return tuple(one for one in PACKAGES if select_bundle(bundles, one.name, one.major) is None)


def read_file(bundle: Bundle, path: str) -> bytes:
    """A file's bytes, which are those that were fetched.

    Raises:
        BundleDamagedError: it is gone, is no plain file of the folder, or has changed.
        KeyError: the manifest does not name it.
    """
    expected = bundle.manifest.files[path]
    try:
        octets = _read(bundle.folder / path, expected.size)
    except OSError as error:
        raise BundleDamagedError(f"{path} can't be read: {error.strerror}") from error
    if hash_octets(octets) != expected.sha256:
        raise BundleDamagedError(f"{path} is not what was fetched")
    return octets


def find_damage(bundle: Bundle) -> list[str]:
    """What is wrong with a bundle's files, each read and compared; empty when nothing is."""
    return [told for told in (_examine(bundle, path) for path in bundle.manifest.files) if told]


def hash_octets(octets: bytes) -> str:
    """The SHA-256 by which a manifest knows a file."""
    return hashlib.sha256(octets).hexdigest()


def spell_fetch(place: Place, asked: Mapping[str, str] | None = None) -> str:
    """The command that fills a bundle directory; `asked` are versions by package, named where they aren't the usual."""
    named = [
        f"--{package.short_name} {version}"
        for package in PACKAGES
        if (version := (asked or {}).get(package.name, package.major)) not in {package.major, package.version, "latest"}
    ]
    placed = [] if place.is_usual else ["--dir", shlex.quote(str(place.path))]
    return " ".join(["claimsmith bundles fetch", *named, *placed])


def _examine(bundle: Bundle, path: str) -> str | None:
    try:
        read_file(bundle, path)
    except BundleDamagedError as error:
        return str(error)
    return None


def _read(file: Path, most: int) -> bytes:
    # A link could lead anywhere, and reading a pipe would never end.
    if file.resolve() != file or not file.is_file():
        raise BundleDamagedError(f"{file.name} is missing, or is no plain file")
    with file.open("rb") as opened:
        octets = opened.read(most + 1)
    if len(octets) > most:
        raise BundleDamagedError(f"{file.name} is larger than {most:,} bytes")
    return octets
