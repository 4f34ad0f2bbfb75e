"""The logs: what was done by whom, and which claims tokens went without; names, never values."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from litestar import get

from claimsmith_server.core.json_text import write_text
from claimsmith_server.core.models import AuditEvent, TokenLogEntry
from claimsmith_server.dashboard.access import GivenVisit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, show
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.logs import (
    AuditFilter,
    LogPlace,
    TokenLogFilter,
    load_audit_page,
    load_token_log_page,
)

Q = TypeVar("Q", "AuditQuery", "TokenLogQuery")
_PATH: Final = "/dashboard/logs"
_TOKENS_PATH: Final = "/dashboard/logs/tokens"
_PAGES: Final[Mapping[str, str]] = {
    "user": "/dashboard/users/",
    "org": "/dashboard/organizations/",
    "jtmp": "/dashboard/jwt-templates/",
}
"""Pages of what an id stands for, by its prefix."""
_ACTORS: Final[Mapping[str, str]] = {
    "secret_key": "A secret key",
    "operator": "The command line",
    "demo": "The demo",
    "server": "The server",
}
_ID: Final = re.compile(r"([a-z]+)_[0-9A-Za-z]{1,64}")
_PLACE: Final = re.compile(r"([0-9]{1,16})\.([0-9A-Za-z_]{1,80})")
_TOO_LONG: Final = "This search took more than five seconds, so it was ended. Name a shorter time."
_WORDS: Final[Mapping[str, str]] = {
    "*": "every custom claim",
    "o.per": "o.per, the permissions in the organization",
}
"""What the names in a token's `_omitted` stand for that are no names of claims."""


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log may be asked."""

    actor: str = ""
    action: str = ""
    target: str = ""
    since: str = ""
    until: str = ""
    after: str = ""


class TokenLogQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the token log may be asked."""

    kind: str = ""
    user: str = ""
    session: str = ""
    since: str = ""
    until: str = ""
    after: str = ""


class Reference(NamedTuple):
    """An actor, a target or a detail: how it is called, its id or text, its page; `""` where there is none."""

    name: str
    id: str
    href: str


class AuditLine(NamedTuple):
    """An event as the table shows it."""

    event: AuditEvent
    actor: Reference
    target: Reference | None
    details: list[tuple[str, Reference]]


class TokenLine(NamedTuple):
    """An entry as the table shows it."""

    entry: TokenLogEntry
    omitted: list[str]
    failed: list[str]
    template: str
    """Name of the JWT template, its id when it is gone, `""` for the session token."""
    editor: str
    """The editor, this user and session chosen."""


@get(_PATH)
async def get_audit_log(visit: GivenVisit) -> Page:
    """What was done by whom, newest first."""
    query = read_query(visit.request, AuditQuery)
    problem, since, until = _read_days(query.since, query.until)
    which = AuditFilter(
        actor=_words(query.actor),
        action=_words(query.action),
        target=_words(query.target),
        since=since,
        until=until,
    )
    found = await load_audit_page(visit.service, visit.instance, which, after=_read_place(query.after))
    return show(
        visit,
        "logs_audit.html",
        title="Logs",
        section="logs",
        problem=problem or (Problem(_TOO_LONG, "since") if found.took_too_long else None),
        query=_without(query, problem),
        tabs=_tabs(_PATH),
        lines=[_audit_line(event, found.administrators) for event in found.events],
        older=_next_page(_PATH, query, found.next) if found.next else "",
        newest=_next_page(_PATH, query, None) if query.after else "",
        is_narrowed=which != AuditFilter(),
    )


@get(_TOKENS_PATH)
async def get_token_log(visit: GivenVisit) -> Page:
    """Which claims tokens went without and why, the last one that happened first."""
    query = read_query(visit.request, TokenLogQuery)
    problem, since, until = _read_days(query.since, query.until)
    which = TokenLogFilter(
        kind="session" if query.kind == "session" else "jwt_template" if query.kind == "jwt_template" else None,
        user_id=_words(query.user),
        session_id=_words(query.session),
        since=since,
        until=until,
    )
    found = await load_token_log_page(visit.service, visit.instance, which, after=_read_place(query.after))
    return show(
        visit,
        "logs_tokens.html",
        title="Logs",
        section="logs",
        problem=problem or (Problem(_TOO_LONG, "since") if found.took_too_long else None),
        query=_without(query, problem),
        tabs=_tabs(_TOKENS_PATH),
        lines=[_token_line(entry, found.templates) for entry in found.entries],
        users=found.users,
        older=_next_page(_TOKENS_PATH, query, found.next) if found.next else "",
        newest=_next_page(_TOKENS_PATH, query, None) if query.after else "",
        is_narrowed=which != TokenLogFilter(),
    )


def refer(text: str, names: Mapping[str, str]) -> Reference:
    """An id with its name and, where there is one, the page of what it stands for."""
    found = _ID.fullmatch(text)
    page = _PAGES.get(found[1], "") if found else ""
    name = names.get(text) or _ACTORS.get(text, "")
    return Reference(name, text, page + quote(text, safe="") if page else "")


def _audit_line(event: AuditEvent, administrators: Mapping[str, str]) -> AuditLine:
    return AuditLine(
        event,
        refer(event.actor, administrators),
        refer(event.target, administrators) if event.target else None,
        [(name, refer(_write(value), administrators)) for name, value in event.details.items()],
    )


def _token_line(entry: TokenLogEntry, templates: Mapping[str, str]) -> TokenLine:
    place = "/dashboard/sessions/claims"
    if entry.template_id is not None:
        place = f"/dashboard/jwt-templates/{quote(entry.template_id, safe='')}/claims"
    chosen = urlencode({"user_id": entry.user_id, "session_id": entry.session_id})
    return TokenLine(
        entry,
        [_WORDS.get(name, name) for name in entry.omitted],
        list(entry.failed),
        templates.get(entry.template_id, entry.template_id) if entry.template_id else "",
        f"{place}?{chosen}",
    )


def _write(value: Any) -> str:
    """A detail as one reads it: texts as they are, some of them in a row, the rest as JSON."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else write_text(value)


def _words(text: str) -> str | None:
    """What was typed into a filter; None when nothing was."""
    return text.strip()[:200] or None


def _read_days(since: str, until: str) -> tuple[Problem | None, int | None, int | None]:
    """What is wrong with two days, and the moments between which they lie; the last day counts whole (UTC)."""
    problem = None
    moments: list[int | None] = []
    for name, text, days in (("since", since, 0), ("until", until, 1)):
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
            moments.append(None if day is None else int((day + timedelta(days=days)).timestamp()) * 1000)
        except (ValueError, OverflowError):
            problem = Problem("Write a day as year, month and day, such as 2027-01-31.", name)
            moments.append(None)
    return problem, moments[0], moments[1]


def _without(query: Q, problem: Problem | None) -> Q:
    """The query but for a day that is none, which a field for days can't show."""
    return query if problem is None else msgspec.structs.replace(query, **{problem.field: ""})


def _read_place(text: str) -> LogPlace | None:
    found = _PLACE.fullmatch(text)
    return LogPlace(int(found[1]), found[2]) if found else None


def _next_page(path: str, query: AuditQuery | TokenLogQuery, after: LogPlace | None) -> str:
    """The address of the same search from another place on; without one, from the newest line on."""
    told = {name: value for name, value in msgspec.structs.asdict(query).items() if value and name != "after"}
    if after is not None:
        told["after"] = f"{after.at}.{after.id}"
    return f"{path}?{urlencode(told)}" if told else path


def _tabs(current: str) -> list[tuple[str, str, bool]]:
    return [(label, path, path == current) for label, path in (("Audit", _PATH), ("Tokens", _TOKENS_PATH))]


ROUTES = (get_audit_log, get_token_log)
