"""The hosted pages' routes: what each request is given, and what is shown when one fails."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from claimsmith_server.fapi.pages import account, codes, leaving, sign_in, sign_up, static
from claimsmith_server.fapi.pages.problems import explain_refusal
from claimsmith_server.fapi.pages.shell import Page, show_plain
from claimsmith_server.fapi.pages.visit import open_visit
from claimsmith_server.http.errors import explain
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services.context import Service


def show_failure(request: Request[Any, Any, Any], error: Exception) -> Page:
    """Litestar's handler for every exception of a page: one that a person can read."""
    service: Service = request.app.state.service
    trace_id = make_trace_id(service.clock.entropy(TRACE_ID_BYTES))
    refusal = explain(error, service.log, trace_id, method=request.method, path=request.scope["path"])
    problem = explain_refusal(refusal, ())
    return show_plain(
        request.app.state.base_url,
        "failure.html",
        refusal.status,
        problem=problem,
        trace_id=trace_id,
        is_ours=refusal.status >= 500,  # noqa: PLR2004 - a failure of ours
    )


PAGES = Router(
    path="/",
    route_handlers=[*sign_in.ROUTES, *codes.ROUTES, *sign_up.ROUTES, *account.ROUTES, *leaving.ROUTES],
    dependencies={"visit": Provide(open_visit)},
    exception_handlers={Exception: show_failure},
)
ROUTES = (PAGES, *static.ROUTES)
