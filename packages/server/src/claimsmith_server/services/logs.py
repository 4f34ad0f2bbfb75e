"""The two logs, page by page: what was done by whom, and which claims tokens went without."""

from collections.abc import Sequence
from typing import Final

import msgspec

from claimsmith_server.core.models import AuditEvent, Instance, TokenLogEntry, User
from claimsmith_server.services.context import Service
from claimsmith_server.store import administrators, audit, jwt_templates, token_log, users
from claimsmith_server.store.audit import AuditFilter
from claimsmith_server.store.errors import Busy
from claimsmith_server.store.token_log import LogPlace, TokenLogFilter

__all__ = [
    "PAGE",
    "AuditFilter",
    "AuditPage",
    "LogPlace",
    "TokenLogFilter",
    "TokenLogPage",
    "load_audit_page",
    "load_token_log_page",
]

PAGE: Final = 50
"""Lines of a page."""
_MOST_TEMPLATES: Final = 500


class AuditPage(msgspec.Struct, frozen=True):
    """Some events, newest first."""

    events: Sequence[AuditEvent]
    next: LogPlace | None
    """From where older ones go on; `None` at the end."""
    administrators: dict[str, str]
    """E-mail address by id, of those that there are still."""
    took_too_long: bool = False
    """Whether the search was given up: so many events had to be looked at that it should name a shorter time."""


class TokenLogPage(msgspec.Struct, frozen=True):
    """Some entries, the last one that happened first."""

    entries: Sequence[TokenLogEntry]
    next: LogPlace | None
    users: dict[str, User]
    """By id, of those that there are still."""
    templates: dict[str, str]
    """Name by id, of those that there are still."""
    took_too_long: bool = False


async def load_audit_page(
    service: Service, instance: Instance, which: AuditFilter, *, limit: int = PAGE, after: LogPlace | None = None
) -> AuditPage:
    """A page of the audit log, from the newest event on, or after a place."""
    db = service.database
    people = await administrators.list_administrators(db, instance.id)
    names = {one.id: one.email_address for one in people}
    try:
        found = await audit.list_audit_events(db, instance.id, which, limit=limit + 1, after=after)
    except Busy:
        return AuditPage((), None, names, took_too_long=True)
    events = found[:limit]
    return AuditPage(events, LogPlace(events[-1].created_at, events[-1].id) if len(found) > limit else None, names)


async def load_token_log_page(
    service: Service, instance: Instance, which: TokenLogFilter, *, limit: int = PAGE, after: LogPlace | None = None
) -> TokenLogPage:
    """A page of the token log, from the last entry on, or after a place."""
    db = service.database
    try:
        found = await token_log.list_token_log(db, instance.id, which, limit=limit + 1, after=after)
    except Busy:
        return TokenLogPage((), None, {}, {}, took_too_long=True)
    entries = found[:limit]
    known = await jwt_templates.list_jwt_templates(db, instance.id, limit=_MOST_TEMPLATES)
    return TokenLogPage(
        entries,
        LogPlace(entries[-1].updated_at, entries[-1].id) if len(found) > limit else None,
        await users.load_users(db, instance.id, {entry.user_id for entry in entries}),
        {template.id: template.name for template in known},
    )
