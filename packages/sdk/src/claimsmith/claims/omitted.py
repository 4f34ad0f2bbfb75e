"""Claims that an instance left out of tokens for their size: fetched when they are read, once a session and token."""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from claimsmith.clock import elapsed
from claimsmith.network.flights import Flight
from claimsmith.network.transport import Call, Transport

CAPACITY = 512
"""Tokens whose omitted claims are kept; the least recently read go first."""
WAIT_SECONDS = 60.0
"""How long a reader waits for a fetch that another one began; the transport gives up long before."""


class TokenHolder(Protocol):
    """Whose claims they are: what counts of an `Auth`."""

    @property
    def token(self) -> str:
        """The verified token."""

    @property
    def session_id(self) -> str | None:
        """The session that it belongs to."""

    @property
    def org_id(self) -> str | None:
        """The organization that it names."""


class ClaimsUnavailableError(Exception):
    """Claims that were left out of a token and could not be fetched; the cause says why. Nothing of it is kept.

    Example:
        ```python
        error = ClaimsUnavailableError("the Backend API refused: HTTP 503")
        assert str(error).startswith("The claims that this token leaves out for size could not be fetched")
        ```
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)

    def __str__(self) -> str:
        """One sentence; it holds no token and no key."""
        return f"The claims that this token leaves out for size could not be fetched: {self.why}"


class _Told(msgspec.Struct, frozen=True):
    """What of the answer counts."""

    session_id: str
    claims: dict[str, Any]


class _Errand:
    """One fetch and what came of it: claims, or an error, or neither when its task was cancelled before it began."""

    def __init__(self, now: float) -> None:
        self.flight = Flight(process=os.getpid(), late_at=now + WAIT_SECONDS)
        self.has_begun = False
        self.claims: Mapping[str, Any] | None = None
        self.error: Exception | None = None


class OmittedClaims:
    """Omitted claims by token; make one per application and share it between threads and event loops.

    However many read at once, one request is sent for a token. What came is kept until it is pushed out by claims of
    other tokens; a new token of the session is asked for anew. A failure is told to those who waited, and is not kept.

    Example:
        ```python
        omitted = OmittedClaims(Transport("http://localhost:4000", "sk_test_example"))
        auth = make_auth(verify_token(token, keys), token, omitted=omitted)
        ```
    """

    def __init__(self, transport: Transport, *, capacity: int = CAPACITY) -> None:
        """Nothing is fetched yet.

        Args:
            transport: to the Backend API of the instance whose tokens these are.
            capacity: tokens to keep claims of.
        """
        self._transport = transport
        self._capacity = capacity
        self._kept: OrderedDict[str, _Errand] = OrderedDict()
        self._errands: dict[str, _Errand] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """`None` once pickled: a secret key and an open connection must not travel with an `Auth`."""
        return type(None), ()

    def load(self, auth: TokenHolder) -> Mapping[str, Any]:
        """All custom claims of the session that a verified token belongs to; blocks while they are fetched.

        They are the caller's own: what is changed in them, no other reader sees.

        Raises:
            ClaimsUnavailableError: the Backend API did not give them.
        """
        claims = None
        while claims is None:
            errand, is_own = self._join(auth.token)
            if is_own:
                claims = self._fetch(auth, errand)
            else:
                claims = errand.claims or _take(errand, ended=errand.flight.wait(WAIT_SECONDS))
        return deepcopy(claims)

    async def load_async(self, auth: TokenHolder) -> Mapping[str, Any]:
        """As `load`, in an event loop that is never blocked: the fetch runs in a thread. Raises as `load`."""
        claims = None
        while claims is None:
            errand, is_own = self._join(auth.token)
            if is_own:
                claims = await self._fetch_in_thread(auth, errand)
            else:
                claims = errand.claims or _take(errand, ended=await errand.flight.wait_async(WAIT_SECONDS))
        return deepcopy(claims)

    def _join(self, token: str) -> tuple[_Errand, bool]:
        """The errand for a token, ended well or under way; and whether it is new, and so the caller's to run."""
        with self._lock:
            errand = self._kept.get(token)
            if errand is not None:
                self._kept.move_to_end(token)
                return errand, False
            errand = self._errands.get(token)
            if errand is not None and errand.flight.process == os.getpid():
                return errand, False
            # A fetch that was in flight when this process was forked has no thread here.
            errand = self._errands[token] = _Errand(elapsed())
            return errand, True

    async def _fetch_in_thread(self, auth: TokenHolder, errand: _Errand) -> Mapping[str, Any]:
        from anyio import to_thread  # noqa: PLC0415 - only needed when something is fetched

        try:
            return await to_thread.run_sync(self._fetch, auth, errand)
        finally:
            if not errand.has_begun:  # The task was cancelled before its thread began: others try then.
                self._end(auth.token, errand)

    def _fetch(self, auth: TokenHolder, errand: _Errand) -> Mapping[str, Any]:
        errand.has_begun = True
        try:
            errand.claims = self._load(auth)
        except Exception as error:
            errand.error = error
            raise _explain(error) from error
        finally:
            self._end(auth.token, errand)
        return errand.claims

    def _load(self, auth: TokenHolder) -> dict[str, Any]:
        if auth.session_id is None:
            raise ValueError("the token belongs to no session.")
        told = self._transport.send(
            Call(
                method="GET",
                path=f"/v1/sessions/{quote(auth.session_id, safe='')}/claims",
                returns=_Told,
                # Of the token: the session may have changed its organization since.
                query={"organization_id": auth.org_id or ""},
            )
        )
        if told.session_id != auth.session_id:
            raise ValueError("the Backend API told of another session.")
        return told.claims

    def _end(self, token: str, errand: _Errand) -> None:
        """Keep what came, and wake all who wait; once only."""
        if not errand.flight.end():
            return
        with self._lock:
            if self._errands.get(token) is errand:
                del self._errands[token]
            if errand.claims is not None:
                self._kept[token] = errand
                while len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
        errand.flight.tell()


def _take(errand: _Errand, *, ended: bool) -> Mapping[str, Any] | None:
    """What another reader's fetch brought; `None` when it was cancelled, so that it has to be tried again."""
    if errand.error is not None:
        raise _explain(errand.error) from errand.error
    if not ended:
        raise ClaimsUnavailableError(f"no answer came within {WAIT_SECONDS:.0f} s.")
    return errand.claims


def _explain(error: Exception) -> ClaimsUnavailableError:
    return ClaimsUnavailableError(str(error) or type(error).__name__)
