"""The list of users, and a new one."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import get, post

from claimsmith_server.core.models import Instance, User
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.dashboard import (
    user_access,
    user_contacts,
    user_metadata,
    user_organizations,
    user_profile,
    user_sessions,
)
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.json_fields import read_texts
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.dashboard.user_frame import NOTICES, PATH, attempt, is_locked, path_of
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import organizations, users
from claimsmith_server.services.organizations.input import OrganizationQuery, organization_filter, organization_order
from claimsmith_server.services.user_input import METADATA_FIELDS, CreateUser, UserQuery

ROWS: Final = 50
_MOST_ORGANIZATIONS: Final = 50
"""In the list to filter by; any other is reached from its own page."""
Order = Literal[
    "-created_at", "created_at", "-last_sign_in_at", "last_sign_in_at", "email_address", "-email_address",
    "first_name", "-first_name",
]  # fmt: skip
State = Literal["", "banned", "locked", "allowed"]
_HEADS: Final = (
    ("first_name", "User", "first_name"),
    ("email_address", "E-mail address", "email_address"),
    ("last_sign_in_at", "Last sign-in", "-last_sign_in_at"),
    ("created_at", "Created", "-created_at"),
)
"""Columns that sort: name, label, and the order that a first click asks for."""
_STATES: Final = (("", "Any state"), ("allowed", "Allowed"), ("banned", "Banned"), ("locked", "Locked"))
_NEW_FIELDS: Final = (
    "email_address", "phone_number", "username", "first_name", "last_name", "external_id", "password",
    "public_metadata", "private_metadata", "unsafe_metadata",
)  # fmt: skip


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be asked."""

    query: Annotated[str, msgspec.Meta(max_length=256)] = ""
    state: State = ""
    organization_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    order_by: Order = "-created_at"
    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class NewForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new user, as typed; a password is never shown again."""

    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    phone_number: str = ""
    username: str = ""
    external_id: str = ""
    password: str = ""
    skip_password_checks: bool = False
    unverified: bool = False
    public_metadata: str = "{}"
    private_metadata: str = "{}"
    unsafe_metadata: str = "{}"


class Head(msgspec.Struct, frozen=True):
    """A column's head that sorts."""

    label: str
    href: str
    order: str
    """`ascending`, `descending`, or `""`."""


@get(PATH)
async def get_users(visit: GivenVisit) -> Page:
    """A page of users."""
    asked = read_query(visit.request, ListQuery)
    query, locked = _narrow(asked)
    found = await users.list_users(visit.service, visit.instance, query, locked=locked)
    total = await users.count_users(visit.service, visit.instance, query, locked=locked)
    last = max(1, -(-total // ROWS))
    first_row = (asked.page - 1) * ROWS + 1
    return show(
        visit,
        "users.html",
        title="Users",
        section="users",
        notices=NOTICES,
        found=[(user, is_locked(user, visit.now)) for user in found],
        asked=asked,
        states=_STATES,
        organizations=await _list_organizations(visit, asked.organization_id),
        heads=[_head(asked, *head) for head in _HEADS],
        total=total,
        is_narrowed=bool(asked.query.strip() or asked.state or asked.organization_id),
        previous=_address(asked, page=min(asked.page - 1, last)) if asked.page > 1 else "",
        next=_address(asked, page=asked.page + 1) if asked.page < last else "",
        told=f"{first_row:,} to {first_row + len(found) - 1:,} of {total:,}" if found else "",
    )


@get(f"{PATH}/new", access="editor")
async def get_new(visit: GivenVisit) -> Page:
    """The form of a new user."""
    return _show_new(visit, NewForm())


@post(PATH)
async def post_user(visit: GivenVisit) -> Page:
    """The new user's page."""
    typed = await read_form(visit.request, NewForm)
    made = await attempt(_create(visit, typed), _NEW_FIELDS)
    if isinstance(made, Problem):
        return _show_new(visit, typed, made)
    return leave(path_of(made.id), done="created")


async def _create(visit: Visit, typed: NewForm) -> User | Problem:
    metadata = read_texts({name: getattr(typed, name) for name in METADATA_FIELDS})
    if isinstance(metadata, Problem):
        return metadata
    status = "reserved" if typed.unverified else "verified"
    plain = {name: getattr(typed, name).strip() for name in ("first_name", "last_name", "username", "external_id")}
    contacts = {name: getattr(typed, name).strip() for name in ("email_address", "phone_number")}
    given = {name: value for name, value in plain.items() if value} | {
        name: [value] for name, value in contacts.items() if value
    }
    given |= {f"{name}_identification_status": [status] for name, value in contacts.items() if value}
    given |= {"password": typed.password} if typed.password else {}
    asked = convert_object({**given, **metadata, "skip_password_checks": typed.skip_password_checks}, CreateUser)
    return await users.create_user(visit.service, visit.instance, asked, actor=visit.author)


def _show_new(visit: Visit, typed: NewForm, problem: Problem | None = None) -> Page:
    return show(
        visit,
        "user_new.html",
        title="New user",
        section="users",
        problem=problem,
        typed=typed,
        asks=visit.instance.settings.authentication,
    )


def _narrow(asked: ListQuery) -> tuple[UserQuery, bool | None]:
    query = UserQuery(
        query=asked.query.strip() or None,
        organization_id=(f"+{asked.organization_id}",) if asked.organization_id else (),
        banned={"banned": True, "allowed": False}.get(asked.state),
        limit=ROWS,
        offset=(asked.page - 1) * ROWS,
        order_by=asked.order_by,
    )
    return query, {"locked": True, "allowed": False}.get(asked.state)


async def _list_organizations(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """Ids and names to filter by; the one that is chosen is always among them."""
    if not visit.instance.settings.organizations.enabled:
        return []
    found = await _find_organizations(visit.instance, visit, OrganizationQuery(order_by="name"))
    if chosen and all(key != chosen for key, _ in found):
        wanted = OrganizationQuery(organization_id=(f"+{chosen}",))
        found = [*await _find_organizations(visit.instance, visit, wanted), *found]
        found = found if found and found[0][0] == chosen else [(chosen, chosen), *found]
    return [("", "Any organization"), *found] if found else []


async def _find_organizations(instance: Instance, visit: Visit, query: OrganizationQuery) -> list[tuple[str, str]]:
    found, _ = await organizations.list_organizations(
        visit.service,
        instance,
        organization_filter(query),
        order=organization_order(query),
        limit=_MOST_ORGANIZATIONS,
        offset=0,
    )
    return [(one.id, one.name) for one in found]


def _head(asked: ListQuery, name: str, label: str, first: str) -> Head:
    current = asked.order_by.removeprefix("-") == name
    is_descending = asked.order_by.startswith("-")
    wanted = (name if is_descending else f"-{name}") if current else first
    order = ("descending" if is_descending else "ascending") if current else ""
    return Head(label, _address(asked, order_by=wanted), order)


def _address(asked: ListQuery, *, page: int = 1, order_by: str = "") -> str:
    """The list with the same filters, on another page or in another order."""
    order = order_by or asked.order_by
    told = {"query": asked.query, "state": asked.state, "organization_id": asked.organization_id}
    told |= {"order_by": "" if order == "-created_at" else order, "page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in told.items() if value})
    return f"{PATH}?{query}" if query else PATH


ROUTES = (
    get_users,
    get_new,
    post_user,
    *user_profile.ROUTES,
    *user_contacts.ROUTES,
    *user_metadata.ROUTES,
    *user_sessions.ROUTES,
    *user_organizations.ROUTES,
    *user_access.ROUTES,
)
