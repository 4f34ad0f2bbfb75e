"""The page for whom a handshake can't send back: what is wrong, and what to change."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response

from claimsmith_server.core.errors import REDIRECT_URL_INVALID, ServiceError
from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import is_loopback_origin, parse_origin

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def show_refusal(refusal: ServiceError, instance: Instance, redirect_url: str) -> Response[Any]:
    """A page for a refusal; it leads nowhere, since the address that was asked for may be anybody's (case X-003)."""
    item = refusal.items[0]
    is_address = item.code == REDIRECT_URL_INVALID.code
    origin = parse_origin(redirect_url) if is_address else None
    page = _PAGES.get_template("handshake_refused.html").render(
        code=item.code,
        is_address=is_address,
        message=item.message,
        explanation=item.long_message,
        origin=origin,
        is_loopback=origin is not None and is_loopback_origin(origin),
        instance=instance,
    )
    return Response(page, status_code=refusal.status, media_type=MediaType.HTML, headers=_HEADERS | refusal.headers)
