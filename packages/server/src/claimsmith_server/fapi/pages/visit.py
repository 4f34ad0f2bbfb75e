"""One request for a hosted page: the browser by its cookie, who is signed in, and where the page leads to."""

from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar.di import NamedDependency

from claimsmith.wire import DEV_BROWSER_COOKIE
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import Instance
from claimsmith_server.fapi.access import read_credentials
from claimsmith_server.fapi.pages.targets import Targets, find_targets
from claimsmith_server.http.requests import ApiRequest
from claimsmith_server.services import instances
from claimsmith_server.services.acting import Acting, require_acting
from claimsmith_server.services.callers import Caller, load_caller
from claimsmith_server.services.context import Service

TICKET = "__clerk_ticket"
_LONGEST_ID = 256


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A browser at a hosted page."""

    service: Service
    request: ApiRequest
    caller: Caller
    acting: Acting | None
    """`None`: signed out."""
    base_url: str
    targets: Targets
    dev_browser: str | None
    """The id that the application sent along. It is handed back and never believed: see `services.hosted_browsers`."""
    ticket: str

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.caller.instance

    @property
    def application(self) -> str:
        """What the application is called."""
        return self.instance.settings.display.application_name or self.instance.slug

    def told(self, name: str) -> str:
        """A value of the query; empty when there is none."""
        return str(self.request.query_params.get(name, ""))

    def path(self, path: str, **more: str) -> str:
        """The address of another hosted page of this visit: where it leads to goes along."""
        carried = {
            "redirect_url": self.targets.asked,
            DEV_BROWSER_COOKIE: self.dev_browser,
            TICKET: self.ticket,
            **more,
        }
        query = urlencode({name: value for name, value in carried.items() if value})
        return self.asset(path) + (f"?{query}" if query else "")

    def asset(self, path: str) -> str:
        """The address of what does not depend on the visit; below the public address' own path."""
        return urlsplit(self.base_url).path.rstrip("/") + path


GivenVisit: TypeAlias = NamedDependency[Visit]


async def open_visit(request: ApiRequest, service: NamedDependency[Service], base_url: NamedDependency[str]) -> Visit:
    """The browser at the page that it asks for.

    Its cookie says who it is. With development keys an application sends a development browser id along, which who
    wrote the link may have made: it identifies nobody here.
    """
    instance = await instances.load_public_instance(service)
    credentials = read_credentials(request.scope, instance, request.app.state.trusted_proxies)
    tokens = () if credentials.is_native else credentials.client_tokens
    credentials = msgspec.structs.replace(
        credentials, dev_browser=None, session_id=None, is_native=False, client_tokens=tokens
    )
    caller = await load_caller(service, instance, credentials)
    query = request.query_params
    brought = str(query.get(DEV_BROWSER_COOKIE, ""))
    is_usable = instance.environment != "production" and 0 < len(brought) <= _LONGEST_ID
    return Visit(
        service=service,
        request=request,
        caller=caller,
        acting=await _find_acting(service, caller),
        base_url=base_url,
        targets=find_targets(instance, base_url, query),
        dev_browser=brought if is_usable else None,
        ticket=str(query.get(TICKET, ""))[:_LONGEST_ID],
    )


async def _find_acting(service: Service, caller: Caller) -> Acting | None:
    try:
        return await require_acting(service, caller)
    except ServiceError:
        return None
