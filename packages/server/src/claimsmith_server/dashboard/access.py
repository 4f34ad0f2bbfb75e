"""Who uses the dashboard, and what that role may do.

A handler says in its `opt` who may call it: `access="public"`, `"viewer"`, `"editor"` or `"owner"`. One that says
nothing is a viewer's when it reads and an editor's when it writes, so that nothing is open by forgetting (case Z-010).
"""

from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from claimsmith_server.core.addresses import peer_address
from claimsmith_server.core.errors import DASHBOARD_SIGNED_OUT, ROLE_INSUFFICIENT
from claimsmith_server.core.models import Administrator, AdministratorRole, Instance
from claimsmith_server.dashboard.cookies import csrf_token
from claimsmith_server.services import administrators
from claimsmith_server.services.context import Service

Access = Literal["public", "viewer", "editor", "owner"]
SIGN_IN_PATH = "/dashboard/sign-in"
_RANKS: Final[dict[str, int]] = {"viewer": 0, "editor": 1, "owner": 2}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NONCE_BYTES = 16
DashboardRequest = Request[Any, Any, Any]


class SignInNeeded(Exception):  # noqa: N818 - not an error: a way to go
    """A page was asked for by a browser that is not signed in."""

    def __init__(self, target: str) -> None:
        """`target` is the path and query to come back to."""
        super().__init__(target)
        self.target = target

    @property
    def location(self) -> str:
        """The sign-in page that leads back."""
        return f"{SIGN_IN_PATH}?next={quote(self.target, safe='/')}"


class Visit(msgspec.Struct, frozen=True):
    """One request to the dashboard."""

    request: DashboardRequest
    service: Service
    instance: Instance
    base_url: str
    administrator: Administrator | None
    """`None` on public pages alone."""
    csrf_token: str
    nonce: str
    """Of this answer's styles."""

    @property
    def now(self) -> int:
        """The time in unix milliseconds."""
        return self.service.clock.now()

    @property
    def token(self) -> str:
        """The cookie's value; `""` without one."""
        cookie: str = self.request.scope["state"]["cookie"]
        return cookie

    @property
    def address(self) -> str:
        """Where in the network the request comes from, as limits count it (case C-009)."""
        client = self.request.scope.get("client")
        forwarded = self.request.headers.getall("x-forwarded-for", [])
        return peer_address(client[0] if client else None, forwarded, self.request.app.state.trusted_proxies)

    @property
    def author(self) -> str:
        """Who acts, as audit records and `created_by` name it.

        Raises:
            ServiceError: `dashboard_signed_out`, on a public page.
        """
        return self.require_administrator().id

    def require_administrator(self) -> Administrator:
        """Who is signed in.

        Raises:
            ServiceError: `dashboard_signed_out`, on a public page.
        """
        if self.administrator is None:
            raise DASHBOARD_SIGNED_OUT()
        return self.administrator

    def can(self, role: AdministratorRole) -> bool:
        """Whether the administrator's role reaches this one."""
        return self.administrator is not None and _RANKS[self.administrator.role] >= _RANKS[role]


GivenVisit: TypeAlias = NamedDependency[Visit]


async def provide_visit(
    request: DashboardRequest, service: NamedDependency[Service], base_url: NamedDependency[str]
) -> Visit:
    """The request, as handlers see it."""
    state = request.scope["state"]
    return Visit(
        request=request,
        service=service,
        instance=state["instance"],
        base_url=base_url,
        administrator=state.get("administrator"),
        csrf_token=csrf_token(state["cookie"]),
        nonce=service.clock.entropy(_NONCE_BYTES).hex(),
    )


async def require_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through to a handler that its sender may call.

    Raises:
        SignInNeeded: a page was asked for without a sign-in.
        ServiceError: `dashboard_signed_out`, `role_insufficient`.
    """
    method: str = connection.scope["method"]  # type: ignore[typeddict-item]
    needed: Access = handler.opt.get("access", "viewer" if method in _SAFE_METHODS else "editor")
    state = connection.scope["state"]
    service: Service = connection.app.state.service
    cookie: str = state["cookie"]
    found = await administrators.load_signed_in(service, state["instance"], cookie) if cookie else None
    state["administrator"] = found
    if needed == "public":
        return
    if found is None:
        path = connection.scope["path"]
        if method == "GET" and not path.startswith("/dashboard/api/"):
            query = connection.scope["query_string"].decode("latin-1")
            raise SignInNeeded(f"{path}?{query}" if query else path)
        raise DASHBOARD_SIGNED_OUT()
    if _RANKS[found.role] < _RANKS[needed]:
        raise ROLE_INSUFFICIENT(needed=needed, role=found.role)
