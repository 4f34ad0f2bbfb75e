"""Tickets: sign-in tokens and actor tokens, each spent at most once."""

from sqlalchemy import bindparam, insert, select, update

from claimsmith_server.core.attempts import Ticket, TicketKind
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import tickets

_SHAPE = Shape(Ticket, tickets)
_INSERT = insert(tickets)
_BY_TOKEN = select(*_SHAPE.columns).where(
    tickets.c.instance_id == bindparam("instance", required=False),
    tickets.c.token_hash == bindparam("hash", required=False),
)
_BY_ID = select(*_SHAPE.columns).where(
    tickets.c.instance_id == bindparam("instance", required=False), tickets.c.id == bindparam("id", required=False)
)


async def insert_ticket(tx: Tx, ticket: Ticket) -> None:
    """Nothing; the ticket is stored.

    Raises:
        ForeignKeyViolation: its user is not of its instance.
    """
    await tx.run(_INSERT, _SHAPE.values(ticket))


async def load_ticket(tx: Tx, instance_id: str, ticket_id: str) -> Ticket | None:
    """The ticket with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": ticket_id})
    return None if row is None else _SHAPE.build(row)


async def load_ticket_by_token(tx: Tx, instance_id: str, token_hash: bytes) -> Ticket | None:
    """The ticket whose token has this SHA-256."""
    row = await tx.one(_BY_TOKEN, {"instance": instance_id, "hash": token_hash})
    return None if row is None else _SHAPE.build(row)


async def spend_ticket(tx: Tx, instance_id: str, ticket_id: str, *, now: int) -> bool:
    """Whether this call spent it: it was pending and not expired, and one of all that race gets it (A-002, A-026)."""
    statement = (
        update(tickets)
        .where(
            tickets.c.instance_id == instance_id,
            tickets.c.id == ticket_id,
            tickets.c.status == "pending",
            tickets.c.expire_at > now,
        )
        .values(status="accepted", updated_at=now)
    )
    return await tx.run(statement) > 0


async def revoke_tickets_of_user(tx: Tx, instance_id: str, user_id: str, *, now: int) -> int:
    """How many pending tickets of a user are revoked now."""
    pending = (tickets.c.instance_id == instance_id, tickets.c.user_id == user_id, tickets.c.status == "pending")
    return await tx.run(update(tickets).where(*pending).values(status="revoked", updated_at=now))


async def revoke_ticket(tx: Tx, instance_id: str, ticket_id: str, kind: TicketKind, *, now: int) -> Ticket | None:
    """The ticket, revoked by this call; None when it was not pending (any more), or is none of this kind."""
    statement = (
        update(tickets)
        .where(
            tickets.c.instance_id == instance_id,
            tickets.c.id == ticket_id,
            tickets.c.kind == kind,
            tickets.c.status == "pending",
            tickets.c.expire_at > now,
        )
        .values(status="revoked", updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)
