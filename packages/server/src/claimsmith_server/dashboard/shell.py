"""Pages rendered and left: the frame with its navigation, security headers, notices, refusals as pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.response import Redirect

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import AdministratorRole
from claimsmith_server.dashboard.access import DashboardRequest, SignInNeeded, Visit
from claimsmith_server.dashboard.assets import asset_path
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.words import FILTERS
from claimsmith_server.http.answers import error_answer
from claimsmith_server.http.errors import explain_exception
from claimsmith_server.http.page_headers import page_headers
from claimsmith_server.services.context import Service

Page = Response[Any]


class Section(NamedTuple):
    """A line of the navigation."""

    key: str
    label: str
    path: str
    icon: str
    needs: AdministratorRole = "viewer"
    is_for_development: bool = False
    on_phone: bool = False
    """Whether the bar at the bottom of a phone has it; the rest is behind `More`."""


SECTIONS: Final = (
    Section("overview", "Overview", "/dashboard", "layout-dashboard", on_phone=True),
    Section("users", "Users", "/dashboard/users", "users", on_phone=True),
    Section("organizations", "Organizations", "/dashboard/organizations", "building-2"),
    Section("sessions", "Sessions", "/dashboard/sessions", "braces", on_phone=True),
    Section("jwt_templates", "JWT templates", "/dashboard/jwt-templates", "file-json-2"),
    Section("api_keys", "API keys", "/dashboard/api-keys", "key-round", on_phone=True),
    Section("signing_keys", "Signing keys", "/dashboard/signing-keys", "shield-check"),
    Section("settings", "Settings", "/dashboard/settings", "settings"),
    Section("logs", "Logs", "/dashboard/logs", "scroll-text"),
    Section("team", "Team", "/dashboard/team", "lock", needs="owner"),
    Section("outbox", "Outbox", "/dashboard/outbox", "mail", is_for_development=True),
)


def show(  # noqa: PLR0913 - the parts of a page
    visit: Visit,
    template: str,
    *,
    title: str,
    section: str = "",
    problem: Problem | None = None,
    notices: Mapping[str, str] | None = None,
    status: int = 200,
    **values: Any,
) -> Page:
    """A page; with a problem, its status says that nothing was done.

    Args:
        visit: the request.
        template: a file of `templates/`, which extends `layout.html`.
        title: of the window and, unless the template says otherwise, of the page.
        section: the `key` of the navigation's current line.
        problem: what was refused.
        notices: what `?done=CODE` tells, by code.
        status: of the answer.
        values: what the template reads besides.
    """
    done = visit.request.query_params.get("done", "")
    page = _PAGES.get_template(template).render(
        visit=visit,
        title=title,
        section=section,
        sections=[one for one in SECTIONS if _has(visit, one)],
        problem=problem,
        notice=(notices or {}).get(done),
        now=visit.now,
        **values,
    )
    if problem is not None and status == 200:  # noqa: PLR2004 - nothing else was said
        status = problem.status
    return _answer(page, status, visit.base_url, visit.nonce)


def leave(path: str, *, done: str = "", **query: str) -> Page:
    """On to another page after a form; `done` is the code of what that page is to tell."""
    told = {"done": done, **query} if done else query
    separator = "&" if "?" in path else "?"
    target = f"{path}{separator}{urlencode(told)}" if told else path
    return Redirect(target, status_code=303, headers={"Cache-Control": "no-store"})


def answer_exception(request: DashboardRequest, error: Exception) -> Page:
    """Every failure as a page; of the editor's own routes as the wire's error body."""
    if isinstance(error, SignInNeeded):
        return Redirect(error.location, status_code=303, headers={"Cache-Control": "no-store"})
    refusal, trace_id = explain_exception(request, error)
    if request.scope["path"].startswith("/dashboard/api/"):
        return error_answer(refusal, trace_id)
    return show_refusal(request.app.state.service, request.app.state.base_url, refusal, trace_id)


def show_refusal(service: Service, base_url: str, refusal: ServiceError, trace_id: str) -> Page:
    """A page without the frame: what failed may be what the frame needs."""
    nonce = service.clock.entropy(16).hex()
    page = _PAGES.get_template("failure.html").render(
        title=refusal.items[0].message, item=refusal.items[0], status=refusal.status, trace_id=trace_id, nonce=nonce
    )
    return _answer(page, refusal.status, base_url, nonce, refusal.headers)


def _has(visit: Visit, section: Section) -> bool:
    return visit.can(section.needs) and (not section.is_for_development or visit.instance.environment == "development")


def _answer(page: str, status: int, base_url: str, nonce: str, extra: Mapping[str, str] | None = None) -> Page:
    headers = page_headers(
        base_url,
        script_src="'self'",
        style_src=f"'self' 'nonce-{nonce}'",
        img_src="'self' data:",
        connect_src="'self'",
        form_action="'self'",
    )
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=headers | dict(extra or {}))


def _open_templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.globals |= {"asset": asset_path}
    return environment


_PAGES = _open_templates()
