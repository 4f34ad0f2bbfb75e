"""Sign-in tokens and actor tokens: made and revoked through the Backend API, spent once by signing in (contract 5.4).

A ticket is 256 random bits, told once; its SHA-256 is stored. Spending is in `services.sign_ins.ticket_sign_ins`.
"""

from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

import msgspec

from claimsmith_server.core.attempts import Ticket, TicketKind
from claimsmith_server.core.errors import (
    ACTOR_TOKEN_NOT_PENDING,
    PARAM_FORMAT_INVALID,
    PARAM_TOO_LARGE,
    RESOURCE_NOT_FOUND,
    SIGN_IN_TOKEN_NOT_PENDING,
    USER_BANNED,
    ServiceError,
)
from claimsmith_server.core.models import Instance, JsonObject
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.invitation_tickets import find_invitation, find_invited_user
from claimsmith_server.store import tickets, users
from claimsmith_server.store.database import Tx

SIGN_IN_TOKEN_SECONDS = 30 * 24 * 3600
ACTOR_TOKEN_SECONDS = 3600
ACTOR_SESSION_SECONDS = 1800
ACTOR_BYTES = 512
"""The most that an actor takes as JSON: it stands in every token of its session, whose cookie is limited."""
LONGEST_TICKET = 256
_MOST_SECONDS = 315_360_000
_LONGEST_SUBJECT = 128

Seconds = Annotated[int, msgspec.Meta(ge=1, le=_MOST_SECONDS)]
"""At least one, at most ten years (case A-026)."""
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
TicketUse = Literal["sign_in", "sign_up"]

_PREFIXES: dict[TicketKind, str] = {"sign_in": "sit", "actor": "act"}
_RESOURCES: dict[TicketKind, str] = {"sign_in": "sign_in_token", "actor": "actor_token"}
_NOT_PENDING = {"sign_in": SIGN_IN_TOKEN_NOT_PENDING, "actor": ACTOR_TOKEN_NOT_PENDING}


class CreateSignInToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/sign_in_tokens`."""

    user_id: Id
    expires_in_seconds: Seconds | None = None


class CreateActorToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/actor_tokens`."""

    user_id: Id
    """Whom the actor impersonates."""
    actor: JsonObject
    """`{"sub": …}` and whatever else; the claim `act` of the session's tokens."""
    expires_in_seconds: Seconds | None = None
    session_max_duration_in_seconds: Seconds | None = None


class NewTicket(NamedTuple):
    """A ticket, and the only sight there ever is of its text."""

    ticket: Ticket
    text: str


async def create_sign_in_token(service: Service, instance: Instance, asked: CreateSignInToken) -> NewTicket:
    """A ticket that signs its user in once.

    Raises:
        ServiceError: `resource_not_found` for the user, `user_banned`.
    """
    lifetime = asked.expires_in_seconds or SIGN_IN_TOKEN_SECONDS
    return await _create(service, instance, _new_ticket(service, instance, "sign_in", asked.user_id, lifetime))


async def create_actor_token(
    service: Service, instance: Instance, asked: CreateActorToken, *, author: str = SECRET_KEY_ACTOR
) -> NewTicket:
    """A ticket that lets an actor be its user once, for a limited time (case S-027); the audit log names `author`.

    Raises:
        ServiceError: `form_param_format_invalid` for an actor without `sub`, `form_param_too_large`,
            `resource_not_found` for the user, `user_banned`.
    """
    _check_actor(asked.actor)
    made = _new_ticket(service, instance, "actor", asked.user_id, asked.expires_in_seconds or ACTOR_TOKEN_SECONDS)
    ticket = msgspec.structs.replace(
        made.ticket,
        actor=asked.actor,
        session_max_duration_seconds=asked.session_max_duration_in_seconds or ACTOR_SESSION_SECONDS,
    )
    return await _create(service, instance, made._replace(ticket=ticket), author)


async def revoke_ticket(service: Service, instance: Instance, kind: TicketKind, ticket_id: str) -> Ticket:
    """The ticket, revoked: once this returns, nobody signs in with it.

    Raises:
        ServiceError: `resource_not_found`, `…_cannot_be_revoked_code` unless it is pending.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> Ticket:
        revoked = await tickets.revoke_ticket(tx, instance.id, ticket_id, kind, now=now)
        if revoked is None:
            raise await _explain_refusal(tx, instance, kind, ticket_id)
        await record(service, tx, instance.id, f"{_RESOURCES[kind]}.revoked", ticket_id, {"user_id": revoked.user_id})
        return revoked

    return await service.database.transact(work)


def make_ticket_url(base_url: str, text: str) -> str:
    """The link that a ticket is sent as (`fapi.tickets`)."""
    return f"{base_url}/v1/tickets/accept?{urlencode({'ticket': text})}"


async def find_use(service: Service, instance: Instance, text: str) -> TicketUse:
    """What a browser does with a ticket; nothing is spent.

    A ticket that is of no use any more is for signing in: there its owner is told what is wrong with it.
    """
    if await tickets.load_ticket_by_token(service.database, instance.id, hash_secret(text)) is not None:
        return "sign_in"
    try:
        invitation = await find_invitation(service, instance, text)
    except ServiceError:
        return "sign_in"
    return "sign_up" if await find_invited_user(service, instance, invitation) is None else "sign_in"


def _new_ticket(service: Service, instance: Instance, kind: TicketKind, user_id: str, lifetime: int) -> NewTicket:
    now = service.clock.now()
    text = service.make_secret()
    ticket = Ticket(
        id=service.make_id(_PREFIXES[kind]),
        instance_id=instance.id,
        kind=kind,
        user_id=user_id,
        token_hash=hash_secret(text),
        status="pending",
        actor=None,
        session_max_duration_seconds=None,
        expire_at=now + lifetime * 1000,
        created_at=now,
        updated_at=now,
    )
    return NewTicket(ticket, text)


async def _create(service: Service, instance: Instance, made: NewTicket, author: str = SECRET_KEY_ACTOR) -> NewTicket:
    ticket = made.ticket
    told = {"user_id": ticket.user_id, **({"actor": ticket.actor} if ticket.actor else {})}

    async def work(tx: Tx) -> None:
        # Held, so that of a ban at the same time one sees the other: a ban revokes what is pending.
        user = await users.hold_user(tx, instance.id, ticket.user_id)
        if user is None:
            raise RESOURCE_NOT_FOUND(param_name="user_id", resource="user", by="id", id=ticket.user_id)
        if user.banned:
            raise USER_BANNED()
        await tickets.insert_ticket(tx, ticket)
        action = f"{_RESOURCES[ticket.kind]}.created"
        await record(service, tx, instance.id, action, ticket.id, told, actor=author)

    await service.database.transact(work)
    return made


def _check_actor(actor: JsonObject) -> None:
    subject = actor.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT:
        expected = f"an object whose `sub`, of 1 to {_LONGEST_SUBJECT} characters, names the actor"
        raise PARAM_FORMAT_INVALID(param_name="actor", expected=expected)
    size = len(msgspec.json.encode(actor))
    if size > ACTOR_BYTES:
        raise PARAM_TOO_LARGE(param_name="actor", actual=f"{size:,} bytes", limit=f"{ACTOR_BYTES:,}")


async def _explain_refusal(tx: Tx, instance: Instance, kind: TicketKind, ticket_id: str) -> ServiceError:
    found = await tickets.load_ticket(tx, instance.id, ticket_id)
    if found is None or found.kind != kind:
        return RESOURCE_NOT_FOUND(resource=_RESOURCES[kind].replace("_", " "), by="id", id=ticket_id[:64])
    return _NOT_PENDING[kind](status="expired" if found.status == "pending" else found.status)
