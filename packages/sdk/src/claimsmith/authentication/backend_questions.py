"""What an application asks the Backend API while it decides on a request: what a nonce stands for, and a refresh.

Both may fail at any time: then the request is decided as if nothing had been asked, and the log says that it was so.
"""

import logging
import re
from typing import Any

import msgspec

from claimsmith import wire
from claimsmith.authentication.cookies import parse_cookies
from claimsmith.authentication.facts import Options, Refreshed, RequestFacts, is_address, read_bearer_tokens
from claimsmith.authentication.refresh import make_refresh_call, parse_failure, parse_refreshed
from claimsmith.authentication.resolution import find_nonce
from claimsmith.errors import ApiError
from claimsmith.network.retries import Retries
from claimsmith.network.transport import Call, Transport
from claimsmith.settings import Settings

TIMEOUT_SECONDS = 3.0
"""A person waits for the page meanwhile."""

_LOG = logging.getLogger("claimsmith")
_NAME = wire.HANDSHAKE_NONCE
_NONCE = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")


class HandshakePayload(msgspec.Struct, frozen=True):
    """What a nonce stands for: whole `Set-Cookie` values."""

    directives: tuple[str, ...]

    def __repr__(self) -> str:
        """How many, never one of them: they hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("directives", len(self.directives))]


def open_backend(settings: Settings) -> Transport | None:
    """The Backend API that the settings lead to, `None` when they lack its address or the secret key.

    Raises:
        ConfigurationError: an address that a secret must not travel to.
    """
    if not settings.api_url or not settings.secret_key:
        return None
    once = Retries(attempts=1, attempt_seconds=TIMEOUT_SECONDS, total_seconds=TIMEOUT_SECONDS)
    return Transport(settings.api_url, settings.secret_key, retries=once)


def find_asked_nonce(facts: RequestFacts, options: Options) -> str | None:
    """The nonce that has to be asked about; a request with an `Authorization` header is decided without."""
    cookies = facts.values("cookie")
    # Nearly every request has none, and is not taken apart for that; in a query its name may be written with escapes.
    if not any(_NAME in text for text in (facts.url, *cookies)) and "%" not in facts.url:
        return None
    if options.publishable_key is None or read_bearer_tokens(facts) or not is_address(facts.url):
        return None
    nonce = find_nonce(facts, parse_cookies(cookies))
    return nonce if nonce and _NONCE.fullmatch(nonce) else None


def load_directives(backend: Transport, nonce: str) -> tuple[str, ...] | None:
    """What a handshake's nonce stands for, `None` when that cannot be had."""
    call = Call(method="GET", path="/v1/clients/handshake_payload", returns=HandshakePayload, query={"nonce": nonce})
    try:
        return backend.send(call).directives
    except Exception as error:  # noqa: BLE001 - whatever fails there must not fail the request (a log line, no raise)
        _warn("A handshake's nonce was not resolved", error)
        return None


def load_refreshed(backend: Transport, facts: RequestFacts, options: Options, *, now: float) -> Refreshed:
    """A new token for the request's expired one, or why there is none."""
    call = make_refresh_call(facts, options, now=now)
    if isinstance(call, Refreshed):
        return call
    try:
        return parse_refreshed(backend.send(call))
    except Exception as error:  # noqa: BLE001 - as above
        refreshed = parse_failure(error)
        _warn(f"A session token was not refreshed ({refreshed.failure})", error)
        return refreshed


def _warn(what: str, error: Exception) -> None:
    """One line: an answer's status and codes, never its sentences, which may repeat what was sent."""
    told: Any = f"HTTP {error.status}" if isinstance(error, ApiError) else type(error).__name__
    _LOG.warning("%s: %s", what, told)
