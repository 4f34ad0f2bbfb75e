"""The dashboard's front page: where things are until its pages are built. It shows nothing secret."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.response import Redirect

from claimsmith.instance import make_publishable_key
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.services import instances

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every page (cases C-014, C-015, X-004, X-005)."""
_STYLESHEET = (Path(__file__).parent / "static" / "claimsmith.css").read_text(encoding="utf-8")


@get("/")
async def get_root() -> Redirect:
    """The dashboard is what a person looks for here."""
    return Redirect("/dashboard")


@get("/dashboard")
async def get_home(service: GivenService, base_url: GivenUrl) -> Response[str]:
    """The instance, its public addresses, and the next steps."""
    instance = await instances.load_public_instance(service)
    page = _PAGES.get_template("home.html").render(
        instance=instance,
        base_url=base_url,
        publishable_key=make_publishable_key(instance.frontend_api, instance.environment),
    )
    return Response(page, media_type=MediaType.HTML, headers=SECURITY_HEADERS)


@get("/dashboard/static/claimsmith.css")
async def get_stylesheet() -> Response[str]:
    """The one stylesheet."""
    return Response(
        _STYLESHEET, media_type=MediaType.CSS, headers=SECURITY_HEADERS | {"Cache-Control": "public, max-age=300"}
    )


ROUTES = (get_root, get_home, get_stylesheet)
