"""What the pages about organizations share: their addresses, who acts, refusals on the form, pages of lists."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import Organization
from claimsmith_server.dashboard.access import Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, show
from claimsmith_server.http.refusals import refusing
from claimsmith_server.services import organizations
from claimsmith_server.services.organizations.access import By

T = TypeVar("T")

PATH: Final = "/dashboard/organizations"
ROWS: Final = 25
"""Of one page of a list."""
_CONFLICT: Final = 409
_FORM_STATUSES: Final = frozenset({400, 403, 404, 422})
_SENTENCES: Final = {"form_param_missing": "Fill this in."}
NOTICES: Final = {
    "created": "The organization is created.",
    "saved": "Saved.",
    "deleted": "The organization is deleted.",
    "added": "The member is added.",
    "role": "The role is changed. Tokens minted from now on say so.",
    "removed": "The member is removed. Sessions keep running, without this organization.",
    "invited": "Sent. An invitation is good for as long as you chose, and works once.",
    "revoked": "The invitation is revoked. Its link is of no use any more.",
    "metadata": "Metadata are saved. Tokens minted from now on have them.",
}


class Paging(msgspec.Struct, frozen=True):
    """Where a page of a list is, and what is beside it."""

    previous: str
    next: str
    told: str
    """Such as `1 to 25 of 3,412`."""


def path_of(organization_id: str, *rest: str) -> str:
    """The address of an organization's page."""
    return "/".join((PATH, *(quote(part, safe="") for part in (organization_id, *rest))))


def acting(visit: Visit) -> By:
    """The administrator, who needs no permission in the organization, as the audit log is to name them."""
    return By(named=visit.author)


async def load_organization(visit: Visit, organization_id: str) -> Organization:
    """The organization, counted.

    Raises:
        ServiceError: `resource_not_found`, `organization_not_enabled_in_instance`.
    """
    return await organizations.load_organization(visit.service, visit.instance, organization_id, acting(visit))


async def attempt(
    work: Awaitable[T],
    fields: tuple[str, ...] = (),
    *,
    rename: Mapping[str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
) -> T | Problem:
    """What the work gives, or the problem to show the form again with.

    Raises:
        ServiceError: what is no fault of the form: the page's own subject is gone, or the service failed.
    """
    try:
        with refusing():
            return await work
    except ServiceError as refusal:
        item = refusal.items[0]
        is_gone = refusal.status == 404 and "param_name" not in (item.meta or {})  # noqa: PLR2004 - not found
        if is_gone or refusal.status >= 500:  # noqa: PLR2004 - a failure of ours
            raise
        told = _SENTENCES | dict(sentences or {})
        problem = explain_refusal(refusal, fields, rename=rename, sentences=told)
        named = str((item.meta or {}).get("param_name", ""))
        text = problem.text.replace(f"`{named}` must be", "This must be")
        status = 422 if refusal.status in _FORM_STATUSES else refusal.status
        return msgspec.structs.replace(problem, text=text, status=status)


def show_organization(
    visit: Visit, organization: Organization, tab: str, template: str, *, problem: Problem | None = None, **values: Any
) -> Page:
    """A page of one organization, below its header and tabs; `tab` names the current one."""
    return show(
        visit,
        template,
        title=organization.name,
        section="organizations",
        notices=NOTICES,
        problem=problem,
        organization=organization,
        path=path_of(organization.id),
        tab=tab,
        is_conflict=problem is not None and problem.status == _CONFLICT,
        **values,
    )


def page_of(path: str, query: Mapping[str, str], page: int, total: int) -> Paging:
    """The links of a page of a list; `query` is what narrows and orders it."""
    last = max(1, -(-total // ROWS))
    first_row, last_row = (page - 1) * ROWS + 1, min(page * ROWS, total)
    told = f"{first_row:,} to {last_row:,} of {total:,}" if first_row <= last_row else f"{total:,} in all"
    return Paging(
        previous=_address(path, query, min(page - 1, last)) if page > 1 else "",
        next=_address(path, query, page + 1) if page < last else "",
        told=told if total else "",
    )


def _address(path: str, query: Mapping[str, str], page: int) -> str:
    told = {name: value for name, value in query.items() if value} | ({"page": str(page)} if page > 1 else {})
    return f"{path}?{urlencode(told)}" if told else path
