"""What is answered in place of a script that was never fetched: a 404 that says what to run.

Browsers don't run the body of a 404; it is read in their network panel, and as a page when the address is opened.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_PAGE_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


class Missing(NamedTuple):
    """What was asked for in vain."""

    package: str
    version: str
    """As it was asked for."""
    command: str
    """What fetches it."""
    is_damaged: bool
    """Whether it is there, but not as it was fetched."""


class Told(NamedTuple):
    """The answer's body with the headers that depend on it."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def tell_missing(missing: Missing, headers: Mapping[bytes, bytes]) -> Told:
    """A page for who opened the address, a script for everybody else."""
    if not _is_opened(headers):
        return Told(_write_script(missing), ((b"content-type", b"text/javascript; charset=utf-8"),))
    page = _PAGES.get_template("missing_bundle.html").render(missing=missing)
    return Told(page.encode(), ((b"content-type", b"text/html; charset=utf-8"), *_PAGE_HEADERS))


def _is_opened(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser shows the answer as a document (Fetch Metadata; before it, by what is accepted)."""
    destination = headers.get(b"sec-fetch-dest")
    return destination == b"document" if destination else b"text/html" in headers.get(b"accept", b"")


def _write_script(missing: Missing) -> bytes:
    state = "is not as it was fetched" if missing.is_damaged else "has not been fetched"
    told = (
        f"Claimsmith: {missing.package}@{missing.version} {state}, so nothing of it can load. "
        f"On the server's machine run: {missing.command}"
    )
    return b"console.error(" + msgspec.json.encode(told) + b");\n"
