"""Pages rendered and left: security headers (cases C-014, C-015, X-004), cookies, the way back to the application."""

from typing import Any

from litestar import MediaType, Response
from litestar.response import Redirect

from claimsmith.authentication.cookies import parse_cookies
from claimsmith_server.core.origins import parse_origin
from claimsmith_server.fapi.answers import set_cookies
from claimsmith_server.fapi.pages.problems import Problem
from claimsmith_server.fapi.pages.rendering import ago, render
from claimsmith_server.fapi.pages.targets import Way, allow_url
from claimsmith_server.fapi.pages.visit import TICKET, Visit
from claimsmith_server.http.page_headers import page_headers
from claimsmith_server.services.callers import client_cookie
from claimsmith_server.services.client_view import load_client_view
from claimsmith_server.services.hosted_browsers import hand_back

Page = Response[Any]


def security_headers(base_url: str) -> dict[str, str]:
    """The headers of every hosted page."""
    return page_headers(base_url, style_src="'self'", script_src="'self'", img_src="data:", form_action="'self'")


async def show(
    visit: Visit, template: str, *, problem: Problem | None = None, status: int = 200, **values: Any
) -> Page:
    """A page; with a problem its status says that nothing was done."""
    page = render(template, **_common(visit), problem=problem, **values)
    if problem is not None and status == 200:  # noqa: PLR2004 - nothing else was said
        status = 422
    headers = security_headers(visit.base_url)
    answer = Response(page, status_code=status, media_type=MediaType.HTML, headers=headers)
    await _settle_cookies(visit, answer, visit.caller.client.id if visit.caller.client else None, None)
    return answer


def show_plain(base_url: str, template: str, status: int, **values: Any) -> Page:
    """A page for when not even the visit is known."""
    page = render(template, **values)
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=security_headers(base_url))


async def go(visit: Visit, path: str, client_id: str | None = None, client_token: str | None = None) -> Page:
    """On to another page of this visit; a client that was made or changed goes into the cookie."""
    known = client_id or (visit.caller.client.id if visit.caller.client else None)
    return await _redirect(visit, path, known, client_token)


async def finish(visit: Visit, way: Way, client_id: str, client_token: str | None = None) -> Page:
    """Back to the application, signed in."""
    return await _lead_away(visit, visit.targets.after[way], client_id, client_token, title="You are signed in")


async def leave(visit: Visit, client_id: str | None, client_token: str | None) -> Page:
    """Away after a sign-out; the application is told, too, and forgets its own cookies."""
    target = None if visit.told("stay") else visit.targets.signed_out
    if target is None:
        return await go(visit, visit.path("/sign-in", **{TICKET: "", "done": "signed_out"}), client_id, client_token)
    return await _lead_away(visit, target, client_id, client_token, title="You are signed out")


async def _lead_away(visit: Visit, target: str, client_id: str | None, client_token: str | None, *, title: str) -> Page:
    """On to an address of this origin by a redirect, to any other by a page that leads there at once.

    Browsers check every redirect after a form against `form-action`, also those that the application itself answers:
    to its own `www.` host, say. What a page leads to is not the form's any more.
    """
    if parse_origin(target) == parse_origin(visit.base_url):
        return await _redirect(visit, target, client_id, client_token)
    told = target if client_id is None else await _carry_browser(visit, target, client_id)
    page = render("leaving.html", **_common(visit), problem=None, title=title, target=told, origin=parse_origin(target))
    answer = Response(page, media_type=MediaType.HTML, headers=security_headers(visit.base_url))
    await _settle_cookies(visit, answer, client_id, client_token)
    return answer


async def _carry_browser(visit: Visit, target: str, client_id: str) -> str:
    """The address, with the browser's development id where the application needs it."""
    instance = visit.instance
    allowed = allow_url(instance, visit.base_url, target)
    if instance.environment == "production" or allowed is None:
        return target
    return await hand_back(visit.service, instance, client_id, visit.dev_browser, allowed)


def _common(visit: Visit) -> dict[str, Any]:
    """What every template is given."""
    now = visit.service.clock.now()
    return {
        "visit": visit,
        "instance": visit.instance,
        "display": visit.instance.settings.display,
        "ago": lambda moment: ago(now - moment),
    }


async def _redirect(visit: Visit, target: str, client_id: str | None, client_token: str | None) -> Page:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}  # addresses carry ids and tickets
    answer: Page = Redirect(target, status_code=303, headers=headers)
    await _settle_cookies(visit, answer, client_id, client_token)
    return answer


async def _settle_cookies(visit: Visit, answer: Page, client_id: str | None, client_token: str | None) -> None:
    """Cookies as they are to be after this; one that stands for no client any more is deleted (case S-028)."""
    view = None if client_id is None else await load_client_view(visit.service, visit.caller, client_id)
    set_cookies(visit.request, answer, visit.caller, view, client_token)
    name = client_cookie(visit.instance)
    sent = parse_cookies([visit.request.headers.get("cookie", "")])
    if visit.request.method == "GET" and client_id is None and name in sent:
        answer.delete_cookie(name, path="/")
