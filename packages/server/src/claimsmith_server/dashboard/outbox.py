"""The outbox: mails of a development instance, to be read in the browser instead of a mailbox.

They hold codes that sign in, so only a browser on this machine is answered, and only under this machine's own names:
a name of somebody else that resolves to loopback (DNS rebinding), or a proxy or tunnel in front, gets a 404.
"""

import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException

from claimsmith_server.core.models import Instance
from claimsmith_server.dashboard.home import SECURITY_HEADERS
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services import instances
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import KEPT_MAILS, Mail, list_kept_mails, load_kept_mail
from claimsmith_server.services.mail.message import render_html, render_text

_FOLDER = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
_STYLESHEET = (_FOLDER / "static" / "outbox.css").read_text(encoding="utf-8")
_SCRIPT = (_FOLDER / "static" / "outbox.js").read_text(encoding="utf-8")
_PAGE_HEADERS = SECURITY_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_MAIL_HEADERS = SECURITY_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""Of a mail as its reader sees it: styles stand in it, nothing runs, and it has an origin of its own."""
_STATIC_HEADERS = SECURITY_HEADERS | {"Cache-Control": "public, max-age=300"}
_SIGNS_OF_A_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class OutboxQuery(msgspec.Struct, frozen=True):
    """What the list may be asked."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=KEPT_MAILS)] = KEPT_MAILS


class ToldMail(msgspec.Struct, frozen=True):
    """A mail as tests read it."""

    id: str
    to: str
    subject: str
    text: str
    code: str | None
    created_at: int


class MailList(msgspec.Struct, frozen=True):
    """The newest mails, newest first."""

    mails: list[ToldMail]


class Row(msgspec.Struct, frozen=True):
    """A line of the page's table."""

    mail: Mail
    age: str
    """Such as `3 min ago`."""
    at: str
    """The time in RFC 3339."""


@get("/dashboard/outbox")
async def get_outbox(service: GivenService, request: ApiRequest) -> Response[str]:
    """The page that lists the mails."""
    instance = await _admit(service, request)
    now = service.clock.now()
    rows = [_row(mail, now) for mail in await list_kept_mails(service, instance)]
    return _page("outbox.html", instance=instance, rows=rows)


@get("/dashboard/outbox.json")
async def get_outbox_json(service: GivenService, request: ApiRequest) -> Json:
    """The mails for tests: `{"mails": [{id, to, subject, text, code, created_at}]}`, newest first."""
    instance = await _admit(service, request)
    mails = await list_kept_mails(service, instance, limit=read_query(request, OutboxQuery).limit)
    return Json(MailList([_told(mail) for mail in mails]))


@get("/dashboard/outbox/{mail_id:str}")
async def get_mail(service: GivenService, request: ApiRequest, mail_id: PathText) -> Response[str]:
    """The page of one mail."""
    instance = await _admit(service, request)
    mail = await _find(service, instance, mail_id)
    row = _row(mail, service.clock.now())
    return _page("outbox_mail.html", instance=instance, row=row, text=render_text(mail.content))


@get("/dashboard/outbox/{mail_id:str}/html")
async def get_mail_html(service: GivenService, request: ApiRequest, mail_id: PathText) -> Response[str]:
    """The HTML part as it is sent, for the page's frame."""
    instance = await _admit(service, request)
    mail = await _find(service, instance, mail_id)
    return Response(render_html(mail.content), media_type=MediaType.HTML, headers=_MAIL_HEADERS)


@get("/dashboard/static/outbox.css")
async def get_outbox_stylesheet() -> Response[str]:
    """What these pages have beside the common stylesheet."""
    return Response(_STYLESHEET, media_type=MediaType.CSS, headers=_STATIC_HEADERS)


@get("/dashboard/static/outbox.js")
async def get_outbox_script() -> Response[str]:
    """Shows new mails as they come."""
    return Response(_SCRIPT, media_type="text/javascript", headers=_STATIC_HEADERS)


async def _admit(service: Service, request: ApiRequest) -> Instance:
    """The development instance, when a browser on this machine asks.

    Raises:
        NotFoundException: another kind of instance, or somebody else asks.
    """
    instance = await instances.load_public_instance(service)
    if instance.environment != "development" or not _is_local(request):
        raise NotFoundException
    return instance


def _is_local(request: ApiRequest) -> bool:
    client = request.client
    if client is None or not _is_loopback_address(client.host):
        return False
    return _is_loopback_name(request.headers.get("host", "")) and not any(
        name in request.headers for name in _SIGNS_OF_A_PROXY
    )


def _is_loopback_name(host: str) -> bool:
    """Whether a Host header names this machine: `localhost:4000`, `127.0.0.1`, `[::1]:4000`, `app.localhost`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or _is_loopback_address(name)


def _is_loopback_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


async def _find(service: Service, instance: Instance, mail_id: str) -> Mail:
    mail = await load_kept_mail(service, instance, mail_id)
    if mail is None:
        raise NotFoundException
    return mail


def _page(template: str, **values: object) -> Response[str]:
    page = _PAGES.get_template(template).render(**values)
    return Response(page, media_type=MediaType.HTML, headers=_PAGE_HEADERS)


def _told(mail: Mail) -> ToldMail:
    content = mail.content
    return ToldMail(mail.id, mail.to, content.subject, render_text(content), content.code, mail.created_at)


def _row(mail: Mail, now: int) -> Row:
    at = datetime.fromtimestamp(mail.created_at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Row(mail, _age((now - mail.created_at) // 1000), at)


def _age(seconds: int) -> str:
    if seconds < 60:  # noqa: PLR2004 - a clock's face
        return f"{max(seconds, 0)} s ago"
    return f"{seconds // 60} min ago" if seconds < 3600 else f"{seconds // 3600} h ago"  # noqa: PLR2004 - as above


ROUTES = (get_outbox, get_outbox_json, get_mail, get_mail_html, get_outbox_stylesheet, get_outbox_script)
