"""The outbox: mails of a development instance, to be read in the browser instead of a mailbox.

They hold codes that sign in, so only a browser on this machine is answered, and only under this machine's own names:
a name of somebody else that resolves to loopback (DNS rebinding), or a proxy or tunnel in front, gets a 404.
"""

from typing import Annotated, Final

import msgspec
from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException

from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.shell import Page, show
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.loopback import is_local
from claimsmith_server.http.page_headers import page_headers
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.mail import KEPT_MAILS, Mail, list_kept_mails, load_kept_mail
from claimsmith_server.services.mail.message import render_html, render_text

_POLICY: Final = "Content-Security-Policy"
_MAIL_HEADERS: Final = {
    _POLICY: (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""Of a mail as its reader sees it: styles stand in it, nothing runs, and it has an origin of its own."""


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


@get("/dashboard/outbox", access="public")
async def get_outbox(visit: GivenVisit) -> Page:
    """The page that lists the mails."""
    _admit(visit)
    mails = await list_kept_mails(visit.service, visit.instance)
    return show(visit, "outbox.html", title="Outbox", section="outbox", mails=mails)


@get("/dashboard/outbox.json", access="public")
async def get_outbox_json(visit: GivenVisit) -> Json:
    """The mails for tests: `{"mails": [{id, to, subject, text, code, created_at}]}`, newest first."""
    _admit(visit)
    limit = read_query(visit.request, OutboxQuery).limit
    return Json(MailList([_tell(mail) for mail in await list_kept_mails(visit.service, visit.instance, limit=limit)]))


@get("/dashboard/outbox/{mail_id:str}", access="public")
async def get_mail(visit: GivenVisit, mail_id: PathText) -> Page:
    """The page of one mail."""
    mail = await _find(visit, mail_id)
    text = render_text(mail.content)
    page = show(visit, "outbox_mail.html", title=mail.content.subject, section="outbox", mail=mail, text=text)
    page.headers[_POLICY] += "; frame-src 'self'"
    return page


@get("/dashboard/outbox/{mail_id:str}/html", access="public")
async def get_mail_html(visit: GivenVisit, mail_id: PathText) -> Response[str]:
    """The HTML part as it is sent, for the page's frame."""
    mail = await _find(visit, mail_id)
    headers = page_headers(visit.base_url) | _MAIL_HEADERS
    return Response(render_html(mail.content), media_type=MediaType.HTML, headers=headers)


def _admit(visit: Visit) -> None:
    """Let a browser on this machine through to a development instance.

    Raises:
        NotFoundException: another kind of instance, or somebody else asks, signed in or not.
    """
    if visit.instance.environment != "development" or not is_local(visit.request.scope):
        raise NotFoundException


async def _find(visit: Visit, mail_id: str) -> Mail:
    _admit(visit)
    mail = await load_kept_mail(visit.service, visit.instance, mail_id)
    if mail is None:
        raise NotFoundException
    return mail


def _tell(mail: Mail) -> ToldMail:
    content = mail.content
    return ToldMail(mail.id, mail.to, content.subject, render_text(content), content.code, mail.created_at)


ROUTES = (get_outbox, get_outbox_json, get_mail, get_mail_html)
