"""The stylesheet and the script of hosted pages, from this origin."""

from pathlib import Path

from litestar import MediaType, Response, get

_FOLDER = Path(__file__).parent / "static"
_STYLESHEET = (_FOLDER / "pages.css").read_text(encoding="utf-8")
_SCRIPT = (_FOLDER / "pages.js").read_text(encoding="utf-8")
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@get("/hosted/pages.css")
async def get_stylesheet() -> Response[str]:
    """What hosted pages have beside the common stylesheet."""
    return Response(_STYLESHEET, media_type=MediaType.CSS, headers=_HEADERS)


@get("/hosted/pages.js")
async def get_script() -> Response[str]:
    """Reads what clerk-js puts behind the `#`, which no server sees."""
    return Response(_SCRIPT, media_type="text/javascript", headers=_HEADERS)


ROUTES = (get_stylesheet, get_script)
