"""Clients through the Backend API: found by id or by their token (contract 5.4)."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Client, Instance, Session
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.context import Service
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.store import clients, sessions

_LONGEST_TOKEN = 4096


class ClientQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of `GET /v1/clients`."""

    paginated: bool = False
    limit: Limit = 10
    offset: Offset = 0


class VerifyClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/clients/verify`."""

    token: str
    """What the browser's client cookie holds."""


class ClientSessions(NamedTuple):
    """A client with its live sessions, oldest first."""

    client: Client
    sessions: Sequence[Session]


async def list_clients(service: Service, instance: Instance, query: ClientQuery) -> tuple[list[ClientSessions], int]:
    """A page of clients, newest first; and how many there are in all."""
    found = await clients.list_clients(service.database, instance.id, limit=query.limit, offset=query.offset)
    total_count = await clients.count_clients(service.database, instance.id)
    return [await _with_sessions(service, client) for client in found], total_count


async def load_client(service: Service, instance: Instance, client_id: str) -> ClientSessions:
    """One client.

    Raises:
        ServiceError: `resource_not_found`.
    """
    client = await clients.load_client(service.database, instance.id, client_id)
    if client is None:
        raise RESOURCE_NOT_FOUND(resource="client", by="id", id=client_id[:64])
    return await _with_sessions(service, client)


async def verify_client(service: Service, instance: Instance, asked: VerifyClient) -> ClientSessions:
    """The client whose present token this is; one that was rotated away is nobody's (case S-002).

    Raises:
        ServiceError: `resource_not_found`.
    """
    token_hash = hash_secret(asked.token[:_LONGEST_TOKEN])
    client = await clients.load_client_by_token(service.database, instance.id, token_hash)
    if client is None:
        raise RESOURCE_NOT_FOUND(resource="client", by="token", id="given")
    return await _with_sessions(service, client)


async def _with_sessions(service: Service, client: Client) -> ClientSessions:
    now = service.clock.now()
    live = await sessions.list_live_sessions(service.database, client.instance_id, now=now, client_id=client.id)
    return ClientSessions(client, live)
