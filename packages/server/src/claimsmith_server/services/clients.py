"""Clients: made when a browser first needs one, given a new token at each sign-in, destroyed on request."""

from typing import Any, NamedTuple

from claimsmith_server.core.client_state import ClientEvent, next_change
from claimsmith_server.core.errors import DEV_BROWSER_UNAUTHENTICATED
from claimsmith_server.core.models import Client, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.limits import count_address, count_request
from claimsmith_server.store import clients, sessions
from claimsmith_server.store.database import Tx


class NewClient(NamedTuple):
    """A client, and the token for its cookie when it was given a new one."""

    client: Client
    token: str | None


async def create_dev_browser(service: Service, instance: Instance, address: str) -> str:
    """The id of a new development browser; it has no client yet (contract 4.8).

    Raises:
        ServiceError: `too_many_requests`: this address had too many (case D-013).
    """
    await count_address(service, instance, address, "browsers")
    token = service.make_secret()
    now = service.clock.now()
    await clients.insert_dev_browser(service.database, instance.id, hash_secret(token), now=now)
    return token


async def require_client(service: Service, tx: Tx, caller: Caller) -> NewClient:
    """The caller's client, made in this transaction when there is none, and bound to its development browser."""
    if caller.client is not None:
        return NewClient(caller.client, None)
    if caller.dev_browser_hash is not None:
        _, bound = await clients.load_dev_browser(tx, caller.instance.id, caller.dev_browser_hash)
        if bound is not None:  # another request of this browser was first
            return NewClient(bound, None)
    made = await insert_client(service, tx, caller.instance)
    dev_browser = caller.dev_browser_hash
    if dev_browser is None or await clients.bind_dev_browser(tx, caller.instance.id, dev_browser, made.client.id):
        return made
    _, bound = await clients.load_dev_browser(tx, caller.instance.id, dev_browser)
    if bound is None:  # it was forgotten meanwhile
        raise DEV_BROWSER_UNAUTHENTICATED()
    await clients.delete_client(tx, caller.instance.id, made.client.id)
    return NewClient(bound, None)  # another request of this browser was first, at this moment


async def insert_client(service: Service, tx: Tx, instance: Instance) -> NewClient:
    """A new client with its token."""
    now = service.clock.now()
    token = service.make_secret()
    client = Client(
        id=service.make_id("client"),
        instance_id=instance.id,
        last_active_session_id=None,
        created_at=now,
        updated_at=now,
        token_hash=hash_secret(token),
    )
    await clients.insert_client(tx, client)
    return NewClient(client, token)


async def change_client(
    service: Service, tx: Tx, client: Client, event: ClientEvent, *, was_signed_in: bool, **fields: Any
) -> NewClient:
    """The client after an event: its token and the moment of its last change follow `core.client_state`.

    Args:
        service: the services.
        tx: the transaction of what happens.
        client: as it was.
        event: what happens.
        was_signed_in: whether it had a live session before.
        fields: other fields of the client to change.

    Raises:
        LookupError: that can't happen to a client in its state.
    """
    change = next_change("signed_in" if was_signed_in else "signed_out", event)
    if change is None:
        raise LookupError(f"{event} can't happen to client {client.id}")
    token = service.make_secret() if change.renews_token else None
    if token is not None:
        fields["token_hash"] = hash_secret(token)
    if change.moves_uat:
        fields["updated_at"] = service.clock.now()
    changed = await clients.update_client(tx, client.instance_id, client.id, **fields)
    return NewClient(changed or client, token)


async def create_client(service: Service, caller: Caller) -> NewClient:
    """The caller's client; a new one when there is none (`PUT` and `POST /v1/client`).

    Raises:
        ServiceError: `too_many_requests`: this address had too many new ones (case D-013).
    """
    if caller.client is None:
        await count_request(service, caller, "browsers")
    return await service.database.transact(lambda tx: require_client(service, tx, caller))


async def destroy_client(service: Service, caller: Caller) -> None:
    """Ends the client with all its sessions; its development browser stays known (`DELETE /v1/client`)."""
    client = caller.client
    if client is None:
        return

    async def work(tx: Tx) -> None:
        await clients.release_dev_browsers(tx, client.instance_id, client.id)
        await clients.delete_client(tx, client.instance_id, client.id)
        await record(service, tx, client.instance_id, "client.deleted", client.id, {}, actor="client")

    await service.database.transact(work)


async def end_all_sessions(service: Service, caller: Caller) -> NewClient | None:
    """The client without sessions and with a new token (`DELETE /v1/client/sessions`, the usual sign-out)."""
    client = caller.client
    if client is None:
        return None
    now = service.clock.now()

    async def work(tx: Tx) -> NewClient:
        ended = await sessions.end_sessions_of_client(tx, client.instance_id, client.id, "removed", now=now)
        for session_id in ended:
            await record(service, tx, client.instance_id, "session.removed", session_id, {}, actor="client")
        return await change_client(
            service,
            tx,
            client,
            "end_all_sessions",
            was_signed_in=bool(ended),
            last_active_session_id=None,
            sign_in_id=None,
            sign_up_id=None,
        )

    return await service.database.transact(work)
