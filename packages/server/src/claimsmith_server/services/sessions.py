"""Sessions through the Backend API: create, find, revoke."""

from typing import Annotated

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.instance_settings import SessionSettings
from claimsmith_server.core.models import Client, Instance, Session, SessionStatus
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.store import clients, organizations, sessions, users
from claimsmith_server.store.database import Tx

_ABANDONED_NEVER_MS = 10 * 365 * 24 * 3600 * 1000

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class CreateSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/sessions`."""

    user_id: Id
    active_organization_id: Id | None = None


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of `GET /v1/sessions`."""

    client_id: str | None = None
    user_id: str | None = None
    status: SessionStatus | None = None
    paginated: bool = False
    limit: Limit = 10
    offset: Offset = 0


async def create_session(service: Service, instance: Instance, asked: CreateSession) -> Session:
    """A new active session on a new client.

    Raises:
        ServiceError: `resource_not_found` for the user, or for a membership in the organization.
    """
    now = service.clock.now()
    client = Client(
        id=service.make_id("client"),
        instance_id=instance.id,
        last_active_session_id=None,
        created_at=now,
        updated_at=now,
    )
    session = _new_session(service, instance, asked, client.id, now)

    async def work(tx: Tx) -> None:
        if await users.load_user(tx, instance.id, asked.user_id) is None:
            raise RESOURCE_NOT_FOUND(param_name="user_id", resource="user", by="id", id=asked.user_id)
        organization_id = asked.active_organization_id
        if organization_id is not None:
            membership = await organizations.load_membership(tx, instance.id, organization_id, asked.user_id)
            if membership is None:
                raise RESOURCE_NOT_FOUND(
                    param_name="active_organization_id",
                    resource="organization with this user as a member",
                    by="id",
                    id=organization_id,
                )
        await clients.insert_client(tx, client)
        await sessions.insert_session(tx, session)
        await clients.update_client(tx, instance.id, client.id, last_active_session_id=session.id)
        await record(service, tx, instance.id, "session.created", session.id, {"user_id": asked.user_id})

    await service.database.transact(work)
    return session


async def list_sessions(service: Service, instance: Instance, query: SessionQuery) -> tuple[list[Session], int]:
    """A page of sessions, newest first, each with its status at this moment; and how many there are in all."""
    now = service.clock.now()
    filters = sessions.SessionFilter(client_id=query.client_id, user_id=query.user_id, status=query.status)
    found = await sessions.list_sessions(
        service.database, instance.id, filters, now=now, limit=query.limit, offset=query.offset
    )
    total_count = await sessions.count_sessions(service.database, instance.id, filters, now=now)
    return list(found), total_count


async def load_session(service: Service, instance: Instance, session_id: str) -> Session:
    """One session, with its status at this moment.

    Raises:
        ServiceError: `resource_not_found`.
    """
    session = await sessions.load_session(service.database, instance.id, session_id, now=service.clock.now())
    if session is None:
        raise RESOURCE_NOT_FOUND(resource="session", by="id", id=session_id[:64])
    return session


def _new_session(service: Service, instance: Instance, asked: CreateSession, client_id: str, now: int) -> Session:
    settings = instance.settings.session
    return Session(
        id=service.make_id("sess"),
        instance_id=instance.id,
        client_id=client_id,
        user_id=asked.user_id,
        status="active",
        actor=None,
        last_active_organization_id=asked.active_organization_id,
        first_factor_verified_at=now,
        second_factor_verified_at=None,
        last_active_at=now,
        expire_at=now + settings.maximum_lifetime_seconds * 1000,
        abandon_at=now + abandoned_after(settings),
        created_at=now,
        updated_at=now,
    )


def abandoned_after(settings: SessionSettings) -> int:
    """Milliseconds without activity after which a session is abandoned; ten years when that is switched off."""
    timeout = settings.inactivity_timeout_seconds
    return _ABANDONED_NEVER_MS if timeout is None else timeout * 1000
