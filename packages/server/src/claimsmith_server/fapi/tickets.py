"""`GET /v1/tickets/accept`: where links with tickets lead, on the way to a page that spends them (contract 4.13).

It changes nothing: whoever opens the link still has to sign in or up on that page, from there (cases C-003, C-004).
"""

from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec
from litestar import Response, get
from litestar.response import Redirect

from claimsmith_server.core.errors import PARAM_MISSING, REDIRECT_URL_INVALID, TICKET_INVALID
from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import parse_redirect_url
from claimsmith_server.http.arguments import GivenService, GivenUrl
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services import instances, tickets

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The address has a secret in it (case S-015)."""


class AcceptQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of a link with a ticket."""

    ticket: str = ""
    redirect_url: str = ""


@get("/v1/tickets/accept")
async def accept_ticket(request: ApiRequest, service: GivenService, base_url: GivenUrl) -> Response[object]:
    """A redirect to `redirect_url`, else to the sign-in or sign-up page, with `__clerk_ticket` and `__clerk_status`."""
    query = read_query(request, AcceptQuery)
    if not query.ticket:
        raise PARAM_MISSING(param_name="ticket")
    if len(query.ticket) > tickets.LONGEST_TICKET:
        raise TICKET_INVALID()
    instance = await instances.load_public_instance(service)
    use = await tickets.find_use(service, instance, query.ticket)
    target = _find_page(instance, query.redirect_url, use, base_url)
    return Redirect(_add_ticket(target, query.ticket, use), status_code=303, headers=_HEADERS)


def _find_page(instance: Instance, redirect_url: str, use: tickets.TicketUse, base_url: str) -> str:
    if not redirect_url:
        display = instance.settings.display
        own = display.sign_up_url if use == "sign_up" else display.sign_in_url
        return own or f"{base_url}/{use.replace('_', '-')}"
    target = parse_redirect_url(
        redirect_url,
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        allowed_origins=instance.settings.allowed_origins,
        base_url=base_url,
    )
    if target is None:
        raise REDIRECT_URL_INVALID(param_name="redirect_url")
    return target


def _add_ticket(target: str, ticket: str, use: tickets.TicketUse) -> str:
    parts = urlsplit(target)
    added = urlencode({"__clerk_ticket": ticket, "__clerk_status": use})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


ROUTES = (accept_ticket,)
