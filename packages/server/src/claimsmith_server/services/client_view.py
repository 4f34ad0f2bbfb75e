"""A client as its browser sees it: sessions with users and fresh tokens (contract 4.2).

Tokens go out with each answer that changes something, so that a browser writes its cookie without asking again.
"""

from collections.abc import Sequence

import msgspec

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import Client, Instance, Membership, Organization, Role, Session, User
from claimsmith_server.core.session_status import is_live
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_tokens import Asked, mint_for_client
from claimsmith_server.store import clients, organizations, sessions, users

MembershipView = tuple[Membership, Organization, Role]


class SessionView(msgspec.Struct, frozen=True):
    """A session with all that goes out with it."""

    session: Session
    user: User
    memberships: tuple[MembershipView, ...]
    jwt: str | None
    """A token minted just now; `None` when the session mints none."""


class ClientView(msgspec.Struct, frozen=True):
    """A client with its live sessions, oldest first."""

    client: Client
    sessions: tuple[SessionView, ...]


async def load_client_view(service: Service, caller: Caller, client_id: str) -> ClientView | None:
    """The client as it is now; `None` when it is gone."""
    instance = caller.instance
    client = await clients.load_client(service.database, instance.id, client_id)
    if client is None:
        return None
    now = service.clock.now()
    live = await sessions.list_live_sessions(service.database, instance.id, now=now, client_id=client_id)
    return ClientView(client, await view_sessions(service, caller, live))


async def view_sessions(service: Service, caller: Caller, found: Sequence[Session]) -> tuple[SessionView, ...]:
    """Sessions with their users, memberships and tokens; a session whose user is gone is left out."""
    instance = caller.instance
    people = await users.load_users(service.database, instance.id, {session.user_id for session in found})
    members = await load_memberships(service, instance, people)
    return tuple(
        [
            SessionView(
                session,
                people[session.user_id],
                members.get(session.user_id, ()),
                await _mint(service, caller, session),
            )
            for session in found
            if session.user_id in people
        ]
    )


async def load_memberships(
    service: Service, instance: Instance, people: dict[str, User]
) -> dict[str, tuple[MembershipView, ...]]:
    """Every membership of some users, by user id."""
    now = service.clock.now()
    rows = await organizations.list_memberships_of_users(service.database, instance.id, people, now=now)
    return {user_id: tuple(row for row in rows if row[0].user_id == user_id) for user_id in people}


async def _mint(service: Service, caller: Caller, session: Session) -> str | None:
    if not is_live(session.status):
        return None
    asked = Asked(session_id=session.id, authorized_party=caller.authorized_party)
    try:
        return (await mint_for_client(service, caller.instance.id, session.client_id, asked)).jwt
    except ServiceError:  # revoked or banned since it was read: what goes out then has no token
        return None
