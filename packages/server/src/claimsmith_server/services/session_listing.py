"""Sessions as a page lists them: found by user or device, each with its user and its organization's name."""

from typing import Annotated

import msgspec

from claimsmith_server.core.models import Instance, Session, User
from claimsmith_server.services.context import Service
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.store import session_search, users
from claimsmith_server.store.session_search import SessionSearch, SessionState

PAGE = 25


class SessionListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of sessions may be asked."""

    query: Annotated[str, msgspec.Meta(max_length=200)] = ""
    state: SessionState = "live"
    user_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    organization_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    limit: Limit = PAGE
    offset: Offset = 0


class ListedSession(msgspec.Struct, frozen=True):
    """A session, whose it is, and for which organization."""

    session: Session
    user: User | None
    organization_name: str | None


class SessionPage(msgspec.Struct, frozen=True):
    """A page, newest first."""

    sessions: list[ListedSession]
    has_more: bool


async def search_sessions(service: Service, instance: Instance, query: SessionListQuery) -> SessionPage:
    """The sessions that the query finds. They are not counted: that would read all of them.

    Raises:
        InvalidValue: a text that can't be searched for.
    """
    which = SessionSearch(
        query=query.query, state=query.state, user_id=query.user_id, organization_id=query.organization_id
    )
    found = await session_search.search_sessions(
        service.database,
        instance.id,
        which,
        now=service.clock.now(),
        limit=query.limit + 1,
        offset=query.offset,
    )
    page = found[: query.limit]
    people = await users.load_users(service.database, instance.id, {one.user_id for one in page})
    names = await session_search.load_organization_names(
        service.database, instance.id, [one.last_active_organization_id or "" for one in page]
    )
    return SessionPage(
        [ListedSession(one, people.get(one.user_id), names.get(one.last_active_organization_id or "")) for one in page],
        len(found) > query.limit,
    )
