"""Which browser bundles there are, which versions satisfy what a script's URL asks for, and what a bundle may hold.

SDKs load clerk-js and its components from `/npm/<package>@<version>/dist/<file>` of the Frontend API, with the version
as a major, `latest`, or exact (contract 4.11).
"""

import re
from typing import NamedTuple

import msgspec


class Package(NamedTuple):
    """A package of npm that SDKs load in the browser."""

    name: str
    entry: str
    """The script that SDKs ask for first."""
    major: str
    """The version that SDKs ask for unless they are told otherwise."""
    version: str
    """The version that is known to work here with the other package's."""
    integrity: str
    """What that version's tarball must hash to, as npm writes it."""

    @property
    def short_name(self) -> str:
        """The name without its scope: `clerk-js`, `ui`."""
        return self.name.partition("/")[2]


CLERK_JS = Package(
    "@clerk/clerk-js",
    "dist/clerk.browser.js",
    "6",
    "6.40.0",
    "sha512-2MnZ/ygvuCmeuqfXQmsxfQaLN/SSJvQbtT2cLXbgr5VKr3KmZFZBVvX977fG3eZ6pprl4J9pO+I2bbe6BvColg==",
)
# 1.36.0 can be fetched, too, but it was not among what the contract's browser checks ran.
UI = Package(
    "@clerk/ui",
    "dist/ui.browser.js",
    "1",
    "1.34.0",
    "sha512-EP6Wcf+iqV5hJRMjfmVSOb7wWEgt2DuUOnR3Yv/ULPdmGgGWa64oc4tB4VfD66z8nXgtXqHEXNNnGURAOfQ7vQ==",
)
PACKAGES = (CLERK_JS, UI)
"""Every package, with the versions that ran together against a service like this one (contract 4.11)."""

LICENSE = "LICENSE"
MAX_FILES = 1000
MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_BUNDLE_BYTES = 64 * 1024 * 1024

_NUMBER = r"(?:0|[1-9]\d{0,8})"
_PRERELEASE = r"-[0-9A-Za-z-]{1,32}(?:\.[0-9A-Za-z-]{1,32}){0,4}"
_EXACT = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:{_PRERELEASE})?", re.ASCII)
_RANGE = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})?", re.ASCII)
_TAG = re.compile(r"[a-z]{1,32}")
_SCRIPT = re.compile(r"dist/[A-Za-z0-9_][A-Za-z0-9_.@~-]{0,199}\.js")
_HASHED = re.compile(r"_[0-9a-f]{6,32}_(?P<version>.+)\.js")


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a bundle."""

    sha256: str
    """In hexadecimal digits."""
    size: int
    """Bytes."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was fetched, and how to tell whether it still is what was fetched."""

    package: str
    version: str
    integrity: str
    """Of the tarball, as npm writes it: `sha512-…`."""
    fetched_at: int
    """Unix milliseconds."""
    files: dict[str, File]
    """By path: `LICENSE`, `dist/clerk.browser.js`, …"""


def find_package(name: str) -> Package | None:
    """The package of that name; `None` when it is none that SDKs load."""
    return next((package for package in PACKAGES if package.name == name), None)


def is_version(text: str) -> bool:
    """Whether a URL or the command line may ask for it: `6`, `6.40`, `6.40.0`, `7.0.0-canary.v2`, `latest`."""
    return any(form.fullmatch(text) for form in (_EXACT, _RANGE, _TAG))


def is_exact(text: str) -> bool:
    """Whether it names one version and no other."""
    return _EXACT.fullmatch(text) is not None


def is_satisfied(asked: str, version: str) -> bool:
    """Whether a version is one that was asked for.

    A range and `latest` take no prereleases; another tag takes the prereleases of its name, as `canary` takes
    `7.0.0-canary.v2`.
    """
    if is_exact(asked):
        return asked == version
    prerelease = version.partition("-")[2]
    if _RANGE.fullmatch(asked):
        return not prerelease and version.startswith(f"{asked}.")
    return not prerelease if asked == "latest" else prerelease.partition(".")[0] == asked


def is_kept(path: str) -> bool:
    """Whether a package's file belongs to its bundle: scripts at the top of `dist`, and the licence.

    What lies deeper is for bundlers: it imports packages by name, which no browser resolves.
    """
    return path == LICENSE or _SCRIPT.fullmatch(path) is not None


def is_hashed(path: str, version: str) -> bool:
    """Whether a script's name changes with its content, as in `321_clerk.browser_a68c22_6.40.0.js`."""
    found = _HASHED.search(path)
    return found is not None and found["version"] == version


def is_sound(manifest: Manifest) -> bool:
    """Whether a manifest is one that a fetch could have written; another one is not served from."""
    package = find_package(manifest.package)
    return (
        package is not None
        and is_exact(manifest.version)
        and package.entry in manifest.files
        and all(is_kept(path) for path in manifest.files)
        and all(0 <= file.size <= MAX_FILE_BYTES for file in manifest.files.values())
    )
