"""Stylesheets, scripts and icons, from this origin alone; their addresses change with their content."""

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from claimsmith_server.http.arguments import PathText

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_BRIEF_HEADERS: Final = _HEADERS | {"Cache-Control": "public, max-age=300"}


class Asset(NamedTuple):
    """A file as it is sent."""

    content: bytes
    media_type: str
    version: str


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(content, _MEDIA_TYPES[file.suffix], hashlib.sha256(content).hexdigest()[:12])


_ASSETS: Final = {file.name: _read(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _MEDIA_TYPES}


def asset_path(name: str) -> str:
    """The address of a file of `static/`, with its version.

    Raises:
        KeyError: there is no such file.
    """
    return f"/dashboard/static/{name}?v={_ASSETS[name].version}"


@get("/dashboard/static/{name:str}", access="public")
async def get_asset(name: PathText, v: FromQuery[str] = "") -> Response[bytes]:
    """A file; one that is asked for by its version never changes."""
    asset = _ASSETS.get(name)
    if asset is None:
        raise NotFoundException
    headers = _HEADERS if v == asset.version else _BRIEF_HEADERS
    return Response(asset.content, media_type=asset.media_type, headers=headers)


ROUTES = (get_asset,)
