"""Fetching bundles: npm downloads a tarball, what browsers need of it is unpacked and put in place by one rename."""

import base64
import errno
import gzip
import hashlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from claimsmith_server.core.bundles import (
    MAX_BUNDLE_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    File,
    Manifest,
    Package,
    is_exact,
    is_kept,
    is_satisfied,
)
from claimsmith_server.services.bundles import MANIFEST_NAME, Bundle, find_damage, hash_octets, load_bundle, npm

_PREFIX = "package/"
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class BundleRefused(Exception):  # noqa: N818 - reads as the state it is
    """What npm brought is not what was asked for; the message says why and what to do."""


class BundlesUnusable(Exception):  # noqa: N818 - reads as the state it is
    """The bundle directory can't be written; the message says why and what to do."""


class Errand(NamedTuple):
    """What to fetch, and where to."""

    package: Package
    asked: str
    """A version as `core.bundles.is_version` allows."""
    directory: Path
    """Made when it is missing."""
    now: int
    """Unix milliseconds."""


class Fetched(NamedTuple):
    """A bundle, and whether it had to be downloaded."""

    bundle: Bundle
    is_new: bool


STEPS = ("downloading", "checking", "unpacking")
Tell = Callable[[str], None]
"""Is told which of the steps begins."""


def fetch_bundle(client: str, errand: Errand, tell: Tell) -> Fetched:
    """The bundle, downloaded by the npm `client` unless it is there and sound; ranges are given it from now on.

    Raises:
        npm.NpmFailedError, BundleRefused, BundlesUnusable: nothing was changed.
    """
    try:
        errand.directory.mkdir(parents=True, exist_ok=True)
        directory = errand.directory.resolve()
        kept = load_bundle(directory / f"{errand.package.short_name}@{errand.asked}")
        if kept and not find_damage(kept):
            return Fetched(_renew(kept, errand.now), is_new=False)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=directory, ignore_cleanup_errors=True) as work:
            return Fetched(_download(client, errand, Path(work), tell), is_new=True)
    except OSError as error:
        why = "the disk is full" if error.errno in _DISK_FULL else error.strerror or str(error)
        raise BundlesUnusable(
            f"{errand.directory} can't be filled: {why}. Make room, or name another folder with --dir."
        ) from error


def _download(client: str, errand: Errand, work: Path, tell: Tell) -> Bundle:
    package, asked = errand.package, errand.asked
    tell("downloading")
    packed = npm.pack(client, f"{package.name}@{asked}", work)
    if packed.name != package.name or not is_exact(packed.version) or not is_satisfied(asked, packed.version):
        raise BundleRefused(
            f"npm brought {packed.name} {packed.version} for {package.name}@{asked}. Look at npm's settings."
        )
    tell("checking")
    tarball = next(work.glob("*.tgz"))
    _check_integrity(package, packed, tarball)
    tell("unpacking")
    folder = work / f"{package.short_name}@{packed.version}"
    files = _unpack(tarball, folder)
    if package.entry not in files:
        raise BundleRefused(f"{package.name} {packed.version} has no {package.entry}. Ask for another version.")
    manifest = Manifest(
        package=package.name, version=packed.version, integrity=packed.integrity, fetched_at=errand.now, files=files
    )
    _write_manifest(folder, manifest)
    return _put_in_place(Bundle(folder, manifest), work.parent)


def _check_integrity(package: Package, packed: npm.Packed, tarball: Path) -> None:
    """Compare the tarball itself with what npm says of it, and with the table when the table knows the version."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    expected = package.integrity if packed.version == package.version else packed.integrity
    if not found == expected == packed.integrity:
        raise BundleRefused(
            f"{package.name} {packed.version} hashes to {found}, and {expected} was expected: it is not what was "
            "published. Run `npm cache verify`, then try again; if it stays, don't trust the registry."
        )


def _unpack(tarball: Path, folder: Path) -> dict[str, File]:
    """The files that a bundle keeps, written below `folder`."""
    (folder / "dist").mkdir(parents=True)
    files: dict[str, File] = {}
    room = MAX_BUNDLE_BYTES
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            for path, octets in _read_kept(archive):
                room -= len(octets)
                if room < 0 or len(files) >= MAX_FILES:
                    raise BundleRefused("The package is far larger than a bundle is. Ask for another version.")
                (folder / path).write_bytes(octets)
                files[path] = File(hash_octets(octets), len(octets))
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BundleRefused(f"What npm brought can't be unpacked: {error}. Try again.") from error
    return files


def _read_kept(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """The path and bytes of each plain file whose whole name is of a bundle's grammar: nothing else is ever written."""
    for member in archive:
        path = member.name.removeprefix(_PREFIX)
        if not member.isreg() or not member.name.startswith(_PREFIX) or not is_kept(path):
            continue
        if member.size > MAX_FILE_BYTES:
            raise BundleRefused(f"{path} is larger than {MAX_FILE_BYTES:,} bytes. Ask for another version.")
        opened = archive.extractfile(member)
        if opened is not None:
            yield path, opened.read()


def _put_in_place(made: Bundle, directory: Path) -> Bundle:
    """The bundle, moved into the bundle directory; the one of another process that was faster, when it is sound."""
    place = directory / made.folder.name
    there = load_bundle(place)
    if there and not find_damage(there):
        return _renew(there, made.manifest.fetched_at)
    with suppress(FileNotFoundError):
        place.rename(made.folder.with_name("damaged"))
    try:
        return Bundle(made.folder.rename(place), made.manifest)
    except OSError:
        there = load_bundle(place)  # put there since we looked
        if there is None:
            raise
        return there


def _renew(bundle: Bundle, now: int) -> Bundle:
    """The bundle, fetched last from now on."""
    manifest = msgspec.structs.replace(bundle.manifest, fetched_at=now)
    _write_manifest(bundle.folder, manifest)
    os.utime(bundle.folder.parent)  # what serves it looks again when the directory's time changes
    return Bundle(bundle.folder, manifest)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    unfinished = folder / f".{MANIFEST_NAME}"
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    unfinished.replace(folder / MANIFEST_NAME)
