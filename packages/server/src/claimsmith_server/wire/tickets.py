"""Sign-in tokens, actor tokens and testing tokens on the Backend API (contract 4.10, 5.4).

`token` and `url` are told when a token is made, and never again.
"""

from typing import Literal

import msgspec

from claimsmith_server.core.attempts import Ticket, TicketStatus
from claimsmith_server.core.models import JsonObject


class _Ticket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What both kinds of ticket are told as."""

    id: str
    status: TicketStatus
    user_id: str
    token: str | None = None
    url: str | None = None
    created_at: int
    updated_at: int


class SignInToken(_Ticket, frozen=True, kw_only=True, tag_field="object", tag="sign_in_token"):
    """A sign-in token."""


class ActorToken(_Ticket, frozen=True, kw_only=True, tag_field="object", tag="actor_token"):
    """An actor token."""

    actor: JsonObject


class TestingToken(msgspec.Struct, frozen=True, kw_only=True):
    """A testing token; `expires_at` is in unix seconds, as nowhere else."""

    object: Literal["testing_token"] = "testing_token"
    token: str
    expires_at: int


def sign_in_token_out(ticket: Ticket, text: str | None = None, url: str | None = None) -> SignInToken:
    """A sign-in token; `text` and `url` when it was made just now."""
    return SignInToken(
        id=ticket.id,
        status=ticket.status,
        user_id=ticket.user_id,
        token=text,
        url=url,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
    )


def actor_token_out(ticket: Ticket, text: str | None = None, url: str | None = None) -> ActorToken:
    """An actor token; `text` and `url` when it was made just now."""
    return ActorToken(
        id=ticket.id,
        status=ticket.status,
        user_id=ticket.user_id,
        actor=ticket.actor or {},
        token=text,
        url=url,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
    )
