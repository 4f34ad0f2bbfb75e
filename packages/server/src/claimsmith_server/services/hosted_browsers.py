"""Browsers at the hosted pages: known by their cookie, handed back to applications on other origins (contract 4.13).

With development keys the address of the application carries the browser. As in a handshake
(`core.handshake.IDENTITIES`), an id that was brought is never given a client: who wrote the link may know it, and would
have the sign-in, too (case S-001).
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from claimsmith.wire import DEV_BROWSER_COOKIE
from claimsmith_server.core.models import Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.store import clients
from claimsmith_server.store.database import Tx

_LONGEST_ID = 256


async def follow_client(service: Service, caller: Caller, client_id: str) -> Caller:
    """The caller with the client that a step of the same request made for it, or gave another state."""
    client = await clients.load_client(service.database, caller.instance.id, client_id)
    return msgspec.structs.replace(caller, client=client)


async def hand_back(service: Service, instance: Instance, client_id: str, brought: str | None, target: str) -> str:
    """The address with the id of a development browser that has this client; the one that was brought if it has it.

    Args:
        service: the services.
        instance: a development instance.
        client_id: of the browser, as its cookie knows it.
        brought: the id that the application sent along.
        target: an allowed address, as `core.origins.parse_redirect_url` gives it.
    """
    dev_browser = brought if brought and await _has_client(service, instance, brought, client_id) else None
    if dev_browser is None:
        dev_browser = await _make_dev_browser(service, instance, client_id)
    return with_query(target, {DEV_BROWSER_COOKIE: dev_browser})


def with_query(url: str, told: dict[str, str]) -> str:
    """The address with more in its query; what it had of the same names is replaced."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in told]
    return urlunsplit(parts._replace(query=urlencode([*kept, *told.items()])))


async def _has_client(service: Service, instance: Instance, dev_browser: str, client_id: str) -> bool:
    if len(dev_browser) > _LONGEST_ID:
        return False
    _, client = await clients.load_dev_browser(service.database, instance.id, hash_secret(dev_browser))
    return client is not None and client.id == client_id


async def _make_dev_browser(service: Service, instance: Instance, client_id: str) -> str:
    dev_browser, now = service.make_secret(), service.clock.now()

    async def work(tx: Tx) -> None:
        await clients.insert_dev_browser(tx, instance.id, hash_secret(dev_browser), client_id=client_id, now=now)

    await service.database.transact(work)
    return dev_browser
