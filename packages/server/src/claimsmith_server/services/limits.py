"""Limits of what one address may do, counted by all processes together (CASES (c), case A-014)."""

from typing import Literal

from claimsmith_server.core.addresses import limit_key
from claimsmith_server.core.errors import TOO_MANY_ATTEMPTS
from claimsmith_server.core.models import Instance
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.store.rate_windows import count_in_window

WINDOW_MS = 10_000
Kind = Literal["sign_ins", "attempts", "browsers"]


async def count_request(service: Service, caller: Caller, kind: Kind) -> None:
    """As `count_address`, for the address that a caller has."""
    await count_address(service, caller.instance, caller.credentials.address, kind)


async def count_address(service: Service, instance: Instance, address: str, kind: Kind) -> None:
    """Nothing; the request is counted in its address' present window of ten seconds.

    Raises:
        ServiceError: `too_many_requests`, with Retry-After in seconds.
    """
    limit: int = getattr(service.limits, kind)
    if not limit:
        return
    now = service.clock.now()
    started_at = now - now % WINDOW_MS
    key = f"{kind}:{limit_key(address)}"
    count = await count_in_window(service.database, instance.id, key, started_at=started_at)
    if count > limit:
        wait = max(1, -(-(started_at + WINDOW_MS - now) // 1000))
        raise TOO_MANY_ATTEMPTS(limit=limit, seconds=WINDOW_MS // 1000, headers={"Retry-After": str(wait)})
