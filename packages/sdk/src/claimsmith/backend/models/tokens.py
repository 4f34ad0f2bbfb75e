"""Tokens, tickets and cookies that are told once: what signs somebody in is in no repr."""

from typing import Any, ClassVar

import msgspec

from claimsmith.backend.models.lists import JsonObject


class _Secretive(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose secrets are shown as `...`."""

    secrets: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Its fields, secrets hidden, where `rich` prints."""
        names = self.__struct_fields__
        return [(name, ... if name in self.secrets else getattr(self, name)) for name in names]

    def __repr__(self) -> str:
        """The same as one line."""
        told = (f"{name}=..." if value is ... else f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(told)})"


class Token(_Secretive, frozen=True, kw_only=True):
    """A token that was minted just now.

    Example: `verify_token(backend.sessions.create_token(session_id).jwt, keys)`.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"jwt"})
    jwt: str


class SessionRefresh(_Secretive, frozen=True, kw_only=True):
    """A renewed session: `jwt` when a token was asked for, `cookies` when they were.

    Example: `backend.sessions.refresh(session_id, **refresh).jwt`.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"jwt", "cookies"})
    object: str
    """`token` or `cookies`."""
    jwt: str | None = None
    cookies: tuple[str, ...] = ()
    """Values of `Set-Cookie`."""


class HandshakePayload(_Secretive, frozen=True, kw_only=True):
    """The `Set-Cookie` values that a handshake's nonce stands for.

    Example: `len(backend.clients.get_handshake_payload(nonce=nonce).directives)`.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"directives"})
    directives: tuple[str, ...]


class _Ticket(_Secretive, frozen=True, kw_only=True):
    secrets: ClassVar[frozenset[str]] = frozenset({"token", "url"})
    id: str
    status: str
    """`pending`, `accepted` or `revoked`."""
    user_id: str
    token: str | None = None
    """Told when it is made, and never again."""
    url: str | None = None
    """A page that takes the token; told when it is made, and never again."""
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class SignInToken(_Ticket, frozen=True, kw_only=True):
    """A ticket that signs a user in once.

    Example: `backend.sign_in_tokens.create(user_id=user_id).url`.
    """


class ActorToken(_Ticket, frozen=True, kw_only=True):
    """A ticket with which an actor is a user for a while.

    Example: `backend.actor_tokens.create(user_id=user_id, actor={"sub": "user_support"}).url`.
    """

    actor: JsonObject


class TestingToken(_Secretive, frozen=True, kw_only=True):
    """What test suites get past protection against bots with.

    Example: `backend.testing_tokens.create().token`.
    """

    __test__: ClassVar[bool] = False
    """It is no test, whatever its name: for pytest."""
    secrets: ClassVar[frozenset[str]] = frozenset({"token"})
    token: str
    expires_at: int
    """Unix seconds, as nowhere else."""
