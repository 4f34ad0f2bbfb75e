"""Clients, handshake payloads and refreshes as they go out on the Backend API (contract 4.9, 5.4, 5.5)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from claimsmith_server.core.models import Client, Session
from claimsmith_server.wire.session import BackendSession, session_out


class BackendClient(msgspec.Struct, frozen=True, kw_only=True):
    """A browser with its live sessions."""

    object: Literal["client"] = "client"
    id: str
    session_ids: list[str]
    sessions: list[BackendSession]
    sign_in_id: str | None
    sign_up_id: str | None
    last_active_session_id: str | None
    last_authentication_strategy: str | None
    updated_at: int
    created_at: int


class HandshakePayload(msgspec.Struct, frozen=True):
    """The `Set-Cookie` values that an application replays."""

    directives: Sequence[str]


class Cookies(msgspec.Struct, frozen=True, kw_only=True):
    """The `Set-Cookie` values of a refresh."""

    object: Literal["cookies"] = "cookies"
    cookies: Sequence[str]


def backend_client_out(client: Client, live: Sequence[Session]) -> BackendClient:
    """A client for the Backend API; `live` are its sessions, active or pending."""
    return BackendClient(
        id=client.id,
        session_ids=[session.id for session in live],
        sessions=[session_out(session) for session in live],
        sign_in_id=client.sign_in_id,
        sign_up_id=client.sign_up_id,
        last_active_session_id=client.last_active_session_id,
        last_authentication_strategy=client.last_authentication_strategy,
        updated_at=client.updated_at,
        created_at=client.created_at,
    )
