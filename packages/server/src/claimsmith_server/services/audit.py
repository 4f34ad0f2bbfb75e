"""The audit log: what was done, by whom, when; written in the transaction of the change itself (case L-006)."""

from collections.abc import Mapping
from typing import Any

from claimsmith_server.core.models import AuditEvent
from claimsmith_server.services.context import Service
from claimsmith_server.store import audit
from claimsmith_server.store.database import Tx

SECRET_KEY_ACTOR = "secret_key"  # noqa: S105 - the name of a kind of caller


async def record(  # noqa: PLR0913, PLR0917 - an event has that many parts
    service: Service,
    tx: Tx,
    instance_id: str,
    action: str,
    target: str,
    told: Mapping[str, Any],
    *,
    actor: str = SECRET_KEY_ACTOR,
) -> None:
    """Write one event; `told` never holds a secret, a token or a claim's value."""
    event = AuditEvent(
        id=service.make_id("audit"),
        instance_id=instance_id,
        actor=actor,
        action=action,
        target=target,
        details=dict(told),
        created_at=service.clock.now(),
    )
    await audit.insert_audit_event(tx, event)
