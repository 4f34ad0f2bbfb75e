"""The list of organizations, and a new one."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import get, post

from claimsmith_server.core.models import Organization
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.organization_frame import (
    NOTICES,
    PATH,
    ROWS,
    acting,
    attempt,
    page_of,
    path_of,
)
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import organizations
from claimsmith_server.services.organizations import NewOrganization, memberships
from claimsmith_server.services.organizations import input as organization_input

Order = Literal["name", "-name", "created_at", "-created_at", "members_count", "-members_count"]
PageNumber = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
MOST_MEMBERS: Final = 2**31 - 1
_HEADS: Final = (
    ("name", "Organization", "name"),
    ("members_count", "Members", "-members_count"),
    ("created_at", "Created", "-created_at"),
)
"""Columns that sort: name, label, and the order that a first click asks for."""


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be asked."""

    query: Annotated[str, msgspec.Meta(max_length=256)] = ""
    order_by: Order = "-created_at"
    page: PageNumber = 1


class NewForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new organization, as typed."""

    name: str = ""
    slug: str = ""
    user: str = ""
    max_allowed_memberships: str = ""


class Head(msgspec.Struct, frozen=True):
    """A column's head that sorts."""

    label: str
    href: str
    order: str
    """`ascending`, `descending`, or `""`."""


@get(PATH)
async def get_organizations(visit: GivenVisit) -> Page:
    """A page of organizations."""
    query = read_query(visit.request, ListQuery)
    found: list[Organization] = []
    total = 0
    if visit.instance.settings.organizations.enabled:
        asked = organization_input.OrganizationQuery(
            query=query.query.strip() or None, order_by=query.order_by, limit=ROWS, offset=(query.page - 1) * ROWS
        )
        found, total = await organizations.list_organizations(
            visit.service,
            visit.instance,
            organization_input.organization_filter(asked),
            order=organization_input.organization_order(asked),
            limit=asked.limit,
            offset=asked.offset,
        )
    kept = {"query": query.query, "order_by": "" if query.order_by == "-created_at" else query.order_by}
    return show(
        visit,
        "organizations.html",
        title="Organizations",
        section="organizations",
        notices=NOTICES,
        found=found,
        query=query,
        heads={name: _head(query, name, label, first) for name, label, first in _HEADS},
        paging=page_of(PATH, kept, query.page, total),
    )


@get(f"{PATH}/new", access="editor")
async def get_new(visit: GivenVisit) -> Page:
    """The form of a new organization."""
    return _show_new(visit, NewForm())


@post(PATH)
async def post_organization(visit: GivenVisit) -> Page:
    """The new organization's page."""
    typed = await read_form(visit.request, NewForm)
    fields = ("name", "slug", "user", "max_allowed_memberships")
    sentences = {"form_name_exists": "Another organization has this slug. Choose another one."}
    made = await attempt(_create(visit, typed), fields, rename={"created_by": "user"}, sentences=sentences)
    if isinstance(made, Problem):
        return _show_new(visit, typed, made)
    return leave(path_of(made.id), done="created")


def parse_limit(text: str, field: str = "max_allowed_memberships") -> int | Problem:
    """The number of members that a form allows; 0 is without a limit."""
    digits = text.strip().replace(",", "")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MOST_MEMBERS))
    if not is_number or int(digits) > MOST_MEMBERS:
        return Problem("This must be a whole number. 0 is without a limit.", field, "form_param_format_invalid")
    return int(digits)


async def _create(visit: Visit, typed: NewForm) -> Organization | Problem:
    limit = parse_limit(typed.max_allowed_memberships) if typed.max_allowed_memberships.strip() else None
    if isinstance(limit, Problem):
        return limit
    creator = await memberships.find_person(visit.service, visit.instance, typed.user) if typed.user.strip() else None
    asked = NewOrganization(
        name=typed.name,
        slug=typed.slug.strip() or None,
        created_by=None if creator is None else creator.id,
        max_allowed_memberships=limit,
    )
    return await organizations.create_organization(visit.service, visit.instance, asked, acting(visit))


def _show_new(visit: Visit, typed: NewForm, problem: Problem | None = None) -> Page:
    settings = visit.instance.settings.organizations
    return show(
        visit,
        "organization_new.html",
        title="New organization",
        section="organizations",
        problem=problem,
        typed=typed,
        settings=settings,
    )


def _head(query: ListQuery, name: str, label: str, first: str) -> Head:
    current = query.order_by.removeprefix("-") == name
    is_descending = query.order_by.startswith("-")
    wanted = (name if is_descending else f"-{name}") if current else first
    told = {"query": query.query, "order_by": wanted} if query.query else {"order_by": wanted}
    order = ("descending" if is_descending else "ascending") if current else ""
    return Head(label, f"{PATH}?{urlencode(told)}", order)


ROUTES = (get_organizations, get_new, post_organization)
