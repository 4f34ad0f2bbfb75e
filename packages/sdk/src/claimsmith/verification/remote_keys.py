"""A key set on the network, kept so that neither an outage of the server nor a flood of bad tokens is felt.

A key that is there is given at once, and never waits for the network: after five minutes the set is fetched again
behind the caller's back. Only the very first key and a `kid` that nobody knows wait, for one fetch that all callers
share, and an unknown `kid` asks again at most every 30 seconds. While the server fails, keys are kept for a day
(cases J-035, J-036, K-007, K-012).
"""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from claimsmith.clock import draw, elapsed
from claimsmith.errors import TokenError
from claimsmith.network.flights import Flight
from claimsmith.verification.key_sets import TIMEOUT_SECONDS, KeySetSource
from claimsmith.verification.keys import Key, StaticKeys, parse_jwks
from claimsmith.wire import TokenReason

if TYPE_CHECKING:
    import httpx

FRESH_SECONDS = 300.0
STALE_SECONDS = 86_400.0
COOLDOWN_SECONDS = 30.0
PATIENCE_SECONDS = TIMEOUT_SECONDS + 1.0
"""How long a caller waits for a fetch. The fetch ends before, unless the network hangs where no timeout reaches."""

_NEVER = float("-inf")


class RemoteKeys:
    """The keys that an instance publishes; make one per process and share it between threads and tasks.

    It survives `os.fork`: a child keeps the keys of its parent and waits for none of the parent's fetches.

    Example:
        ```python
        keys = RemoteKeys("http://localhost:4000/v1/jwks", secret_key="sk_test_1")


        async def find_key(kid: str) -> Key:
            return await keys.find_async(kid)  # or keys.find(kid) in a thread
        ```
    """

    def __init__(
        self,
        url: str,
        *,
        secret_key: str | None = None,
        clock: Callable[[], float] = elapsed,
        entropy: Callable[[], float] = draw,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """Nothing is fetched yet.

        Args:
            url: of the key set: `/v1/jwks` of the Backend API, which wants the secret key, or
                `/.well-known/jwks.json` of the Frontend API, which wants none; https, or http to this machine.
            secret_key: sent as `Authorization: Bearer`, only to this origin.
            clock: seconds that only move forward.
            entropy: numbers from 0 up to 1, for pauses that differ between processes.
            transport: of httpx, for applications with their own.

        Raises:
            ConfigurationError: an address that a key set must not come from.
        """
        self._source = KeySetSource(url, secret_key=secret_key, transport=transport)
        self._clock = clock
        self._entropy = entropy
        self._by_kid: dict[str | None, Key] = {}
        self._keys = StaticKeys(missing="jwk-remote-failed-to-load")
        self._document: bytes | None = None
        self._fresh_until = self._stale_until = self._next_at = _NEVER
        self._failures = 0
        # By process: a child must not wait for a thread that only its parent has. `setdefault` and `pop` of a dict
        # are one step each, so that nobody holds a lock while the process forks.
        self._flights: dict[int, Flight] = {}

    @property
    def url(self) -> str:
        """The address of the key set."""
        return self._source.url

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"RemoteKeys({self.url!r})"

    def find(self, kid: str | None) -> Key:
        """The key with this `kid`: at once when it is known, else after a fetch, for which it blocks at most 4 s.

        Raises:
            TokenError: `jwk-kid-mismatch`, or why the key set could not be had: `jwk-remote-...`, `secret-key-invalid`.
        """
        key = self._by_kid.get(kid)
        if key is not None and self._clock() < self._fresh_until:
            return key
        flight = self._refresh_for(kid)
        if flight is not None and not flight.wait(PATIENCE_SECONDS):
            self._give_up(flight)
        return self._current().find(kid)

    async def find_async(self, kid: str | None) -> Key:
        """As `find`, in an event loop that is never blocked."""
        key = self._by_kid.get(kid)
        if key is not None and self._clock() < self._fresh_until:
            return key
        flight = self._refresh_for(kid)
        if flight is not None and not await flight.wait_async(PATIENCE_SECONDS):
            self._give_up(flight)
        return self._current().find(kid)

    def preload(self) -> None:
        """Fetch now what the first token would fetch, so that a mistake shows when an application starts.

        Raises:
            TokenError: there are no keys, and why.
        """
        self._expect_keys(self.snapshot(None))

    async def preload_async(self) -> None:
        """As `preload`, in an event loop that is never blocked."""
        self._expect_keys(await self.snapshot_async(None))

    def snapshot(self, *kids: str | None) -> StaticKeys:
        """The keys of now, after asking for each of `kids`; for `authenticate`, which does no I/O."""
        for kid in kids:
            try:
                self.find(kid)
            except TokenError:
                continue  # The snapshot gives the same reason.
        return self._current()

    async def snapshot_async(self, *kids: str | None) -> StaticKeys:
        """As `snapshot`, in an event loop that is never blocked."""
        for kid in kids:
            try:
                await self.find_async(kid)
            except TokenError:
                continue  # The snapshot gives the same reason.
        return self._current()

    @staticmethod
    def _expect_keys(keys: StaticKeys) -> None:
        if not keys.kids:
            keys.find(None)

    def _current(self) -> StaticKeys:
        if self._by_kid and self._clock() >= self._stale_until:
            return StaticKeys(missing="jwk-remote-failed-to-load")
        return self._keys

    def _refresh_for(self, kid: str | None) -> Flight | None:
        """Start what is due; the fetch that the caller has to wait for, `None` when it need not wait."""
        now = self._clock()
        if now < self._next_at:
            return None
        flight = self._take_off(now)
        return None if kid in self._by_kid and now < self._stale_until else flight

    def _take_off(self, now: float) -> Flight:
        """The fetch in flight, which is a new one when there was none."""
        process = os.getpid()
        own = Flight(process=process, late_at=now + PATIENCE_SECONDS)
        flight = self._flights.setdefault(process, own)
        if flight is not own:
            if now >= flight.late_at:
                self._give_up(flight)
        elif self._clock() < self._next_at:
            # Another one landed between the look at the clock and the take-off.
            self._leave(flight)
        else:
            self._start(flight)
        return flight

    def _start(self, flight: Flight) -> None:
        thread = threading.Thread(target=self._fly, args=(flight,), name="claimsmith-keys", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # No thread can be had, e.g. because the interpreter is ending.
            self._give_up(flight)

    def _fly(self, flight: Flight) -> None:
        """Fetch; whatever comes of it, nobody waits for this flight afterwards."""
        try:
            document = self._source.load(self._clock)
            # The same text again keeps the very same keys, which caches of verified tokens compare.
            keys = tuple(self._by_kid.values()) if document == self._document else parse_jwks(document)
            if flight.end():
                self._accept(document, keys)
                self._leave(flight)
        except TokenError as error:
            self._give_up(flight, error.reason)
        except ValueError:
            self._give_up(flight, "jwk-remote-invalid")
        finally:
            self._give_up(flight)

    def _accept(self, document: bytes, keys: tuple[Key, ...]) -> None:
        """Take the keys of a fetch; an empty set is taken too, but asked for again as after a failure."""
        now = self._clock()
        self._document = document
        self._by_kid = {key.kid: key for key in keys}
        self._keys = StaticKeys(keys, missing="jwk-kid-mismatch" if keys else "jwk-remote-missing")
        self._fresh_until, self._stale_until = now + FRESH_SECONDS, now + STALE_SECONDS
        self._failures = 0 if keys else self._failures + 1
        self._next_at = now + (COOLDOWN_SECONDS if keys else self._pause())

    def _give_up(self, flight: Flight, reason: TokenReason = "jwk-remote-failed-to-load") -> None:
        """Keep the keys of before and note the failure, unless the flight has ended."""
        if flight.end():
            self._failures += 1
            if not self._by_kid:
                self._keys = StaticKeys(missing=reason)
            self._next_at = self._clock() + self._pause()
            self._leave(flight)

    def _leave(self, flight: Flight) -> None:
        """Make room for the next fetch, then wake who waits."""
        self._flights.pop(flight.process)
        flight.tell()

    def _pause(self) -> float:
        """Seconds until the next try after a failure: short while there are no keys, since a server may be starting."""
        if self._by_kid:
            return COOLDOWN_SECONDS * (1 + self._entropy() / 2)
        return min(COOLDOWN_SECONDS, 2.0 ** min(self._failures, 5) - 1) * (1 + self._entropy()) / 2
