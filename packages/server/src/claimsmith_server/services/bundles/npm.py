"""The npm client of this machine, with its registry, proxy and cache, for one thing: the tarball of a package."""

import errno
import shutil
import subprocess
from pathlib import Path

import msgspec

NPM_SECONDS = 300
"""What one download may take."""
_MAX_TOLD = 300


class NpmMissingError(Exception):
    """There is no npm on this machine; the message says what to do."""


class NpmFailedError(Exception):
    """npm could not download; the message says why and what to do."""


class Packed(msgspec.Struct, frozen=True):
    """What `npm pack --json` says of a tarball."""

    name: str
    version: str
    integrity: str
    """`sha512-…`; npm has compared it with the registry's."""


class _NpmError(msgspec.Struct, frozen=True):
    code: str = ""
    summary: str = ""


class _NpmRefusal(msgspec.Struct, frozen=True):
    error: _NpmError


def find_npm() -> str:
    """The npm client on the path.

    Raises:
        NpmMissingError: there is none.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NpmMissingError(
            "npm is not on the path. Install Node.js 20 or newer, or fetch where it is and copy the folder here."
        )
    return npm


def pack(npm: str, spec: str, folder: Path) -> Packed:
    """What was downloaded into `folder`, as one `.tgz`. Nothing is installed and no script of the package is run.

    Args:
        npm: The client.
        spec: Such as `@clerk/ui@1.34.0`.
        folder: An empty folder.

    Raises:
        NpmFailedError: no such version, no network, another hash than the registry's, or no answer in time.
        OSError: the disk is full, or npm can't be started.
    """
    command = [npm, "pack", spec, "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - the spec is of our table and of a version's form
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=NPM_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NpmFailedError(
            f"npm did not bring {spec} within {NPM_SECONDS} seconds. Check the network, then try again."
        ) from error
    if done.returncode:
        raise _explain(spec, done.stdout, done.stderr)
    try:
        (packed,) = msgspec.json.decode(done.stdout, type=list[Packed])
    except ValueError as error:
        raise NpmFailedError(f"npm's answer for {spec} can't be read: {error}. Update npm, then try again.") from error
    return packed


def _explain(spec: str, stdout: bytes, stderr: bytes) -> Exception:
    """The failure that npm reports: as JSON with a code of its own, unless it could not even start."""
    try:
        told = msgspec.json.decode(stdout, type=_NpmRefusal).error
    except msgspec.DecodeError:
        told = _NpmError(summary=stderr.decode(errors="replace"))
    why = " ".join(f"{told.code}: {told.summary}".split())[:_MAX_TOLD].strip(": .") or "it gave no reason"
    match told.code:
        case "E404" | "ETARGET" | "ENOVERSIONS":
            return NpmFailedError(f"npm knows no {spec} ({why}). Ask for another version.")
        case "EINTEGRITY":
            return NpmFailedError(
                f"{spec} is not what its registry says it is ({why}). Run `npm cache verify`, then try again; "
                "if it stays, don't trust the registry."
            )
        case "ENOSPC" | "EDQUOT":
            return OSError(errno.ENOSPC, "the disk is full")
        case _:
            return NpmFailedError(
                f"npm could not bring {spec} ({why}). Check the network and npm's settings with `npm ping`, then try "
                "again."
            )
