"""A key set on the network, kept so that neither an outage of the server nor a flood of bad tokens is felt.

Fetched at most once at a time; fresh for five minutes; kept for a day while the server fails; an unknown `kid` asks
again at most every 30 seconds (security cases J-035, J-036, K-012).
"""

import ipaddress
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from claimsmith.clock import elapsed
from claimsmith.errors import ConfigurationError, TokenError
from claimsmith.keys import MAX_KEY_SET_BYTES, Key, StaticKeys, parse_jwks
from claimsmith.strict_json import parse_json_object
from claimsmith.wire import TokenReason

if TYPE_CHECKING:
    import httpx

FRESH_SECONDS = 300.0
STALE_SECONDS = 86_400.0
COOLDOWN_SECONDS = 30.0
TIMEOUT_SECONDS = 3.0
MAX_REDIRECTS = 3


class RemoteKeys:
    """The keys that a Backend API publishes; make one per process and share it between threads and tasks.

    Example:
        ```python
        keys = RemoteKeys("http://localhost:4000/v1/jwks", secret_key=os.environ["CLERK_SECRET_KEY"])
        claims = verify_token(token, keys)  # in a thread
        key = await keys.find_async(kid)  # in an event loop, never blocking it
        ```
    """

    def __init__(
        self,
        url: str,
        *,
        secret_key: str | None = None,
        clock: Callable[[], float] = elapsed,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """Nothing is fetched yet.

        Args:
            url: of the key set, e.g. `https://api.example.com/v1/jwks`; https, or http to this machine.
            secret_key: sent as `Authorization: Bearer`, only to this origin.
            clock: seconds that only move forward.
            transport: of httpx, for applications with their own.

        Raises:
            ConfigurationError: an address that a key set must not come from.
        """
        _check_url(url)
        self.url = url
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if secret_key:
            self._headers["Authorization"] = f"Bearer {secret_key}"
        self._clock = clock
        self._transport = transport
        self._fetching = threading.Lock()
        self._keys = StaticKeys(missing="jwk-remote-failed-to-load")
        self._loaded_at = self._tried_at = float("-inf")
        self._failures = 0

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"RemoteKeys({self.url!r})"

    def find(self, kid: str | None) -> Key:
        """The key with this `kid`; fetches when there is reason to, and then blocks for at most about 3 s.

        Raises:
            TokenError: `jwk-kid-mismatch`, or why the key set could not be had: `jwk-remote-...`, `secret-key-invalid`.
        """
        if self._is_due(kid):
            # While one caller fetches, those who can do without the answer go on with the keys of before.
            with _Turn(self._fetching, wait=not self._is_known(kid)) as turn:
                if turn.taken and self._is_due(kid):
                    self._refresh()
        return self._current().find(kid)

    async def find_async(self, kid: str | None) -> Key:
        """As `find`, in an event loop: a fetch runs in a thread, and a key from the cache costs no switch."""
        if not self._is_due(kid):
            return self._current().find(kid)
        from anyio import to_thread  # noqa: PLC0415 - only needed when something is fetched

        return await to_thread.run_sync(self.find, kid)

    async def snapshot_async(self, *kids: str | None) -> StaticKeys:
        """The keys of now, after asking for each of `kids`; for `authenticate`, which does no I/O."""
        for kid in kids:
            try:
                await self.find_async(kid)
            except TokenError:
                continue  # The snapshot gives the same reason.
        return self._current()

    def snapshot(self, *kids: str | None) -> StaticKeys:
        """As `snapshot_async`, blocking."""
        for kid in kids:
            try:
                self.find(kid)
            except TokenError:
                continue  # The snapshot gives the same reason.
        return self._current()

    def _current(self) -> StaticKeys:
        if self._clock() - self._loaded_at > STALE_SECONDS and self._keys.kids:
            return StaticKeys(missing="jwk-remote-failed-to-load")
        return self._keys

    def _is_known(self, kid: str | None) -> bool:
        return kid in self._current().kids

    def _is_due(self, kid: str | None) -> bool:
        """Whether the cache cannot answer, or should be asked again, and the server was not asked too recently."""
        now = self._clock()
        if now - self._loaded_at < FRESH_SECONDS and kid in self._keys.kids:
            return False
        return now - self._tried_at >= self._pause()

    def _pause(self) -> float:
        """Seconds between two fetches: short while there are no keys at all, since a server may just be starting."""
        return COOLDOWN_SECONDS if self._keys.kids else min(COOLDOWN_SECONDS, 2.0**self._failures - 1)

    def _refresh(self) -> None:
        """Replace the keys, or keep them and note the failure; never raises for what a server may do."""
        try:
            keys = parse_jwks(self._load_document())
        except TokenError as error:
            self._note_failure(error.reason)
        except ValueError:
            self._note_failure("jwk-remote-invalid")
        else:
            self._keys = StaticKeys(keys, missing="jwk-kid-mismatch" if keys else "jwk-remote-missing")
            self._loaded_at, self._failures = self._clock(), 0
        self._tried_at = self._clock()

    def _note_failure(self, reason: TokenReason) -> None:
        self._failures = min(self._failures + 1, 6)
        if not self._keys.kids:
            self._keys = StaticKeys(missing=reason)

    def _load_document(self) -> bytes:
        import httpx  # noqa: PLC0415 - 50 ms that only those who fetch pay for

        deadline = self._clock() + TIMEOUT_SECONDS
        try:
            # A proxy of the environment is for addresses elsewhere: http to this machine must not leave it.
            is_elsewhere = not _is_loopback(urlsplit(self.url).hostname or "")
            with httpx.Client(transport=self._transport, timeout=TIMEOUT_SECONDS, trust_env=is_elsewhere) as client:
                return self._load_following(client, deadline)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError):
            raise TokenError("jwk-remote-failed-to-load") from None

    def _load_following(self, client: "httpx.Client", deadline: float) -> bytes:
        """The body behind the address, after redirects inside its own origin only."""
        url = self.url
        for _ in range(MAX_REDIRECTS + 1):
            with client.stream("GET", url, headers=self._headers, follow_redirects=False) as response:
                if response.next_request is None:
                    return self._load_body(response, deadline)
                url = str(response.next_request.url)
                if _origin(url) != _origin(self.url):
                    raise TokenError("jwk-remote-failed-to-load", "The key set redirects to another host.")
        raise TokenError("jwk-remote-failed-to-load", "The key set redirects too often.")

    def _load_body(self, response: "httpx.Response", deadline: float) -> bytes:
        """The body as sent, within the limits of size and time; a compressed one is refused: small may become big."""
        if "content-encoding" in response.headers:
            raise TokenError("jwk-remote-invalid", "The key set is compressed, which was not asked for.")
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_KEY_SET_BYTES:
                raise TokenError("jwk-remote-invalid", f"The key set is larger than {MAX_KEY_SET_BYTES} bytes.")
            if self._clock() > deadline:
                raise TokenError("jwk-remote-failed-to-load", "The key set came too slowly.")
        if not response.is_success:
            raise TokenError(_refusal(response.status_code, bytes(body)))
        return bytes(body)


class _Turn:
    """A lock that is waited for or not; `taken` says whether it was got."""

    def __init__(self, lock: threading.Lock, *, wait: bool) -> None:
        self._lock = lock
        self._wait = wait
        self.taken = False

    def __enter__(self) -> Self:
        self.taken = self._lock.acquire(blocking=self._wait)
        return self

    def __exit__(self, *_: object) -> None:
        if self.taken:
            self._lock.release()


def _refusal(status: int, body: bytes) -> TokenReason:
    """The reason behind an error answer: only the server's word `clerk_key_invalid` blames the secret key."""
    try:
        errors = parse_json_object(body).get("errors")
    except ValueError:
        return "jwk-remote-failed-to-load"
    codes = [entry.get("code") for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    # 401 is Unauthorized (RFC 9110 section 15.5.2).
    return "secret-key-invalid" if status == 401 and "clerk_key_invalid" in codes else "jwk-remote-failed-to-load"  # noqa: PLR2004


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        raise ConfigurationError(f"A key set's address is a plain URL without user names, not {parts.scheme}://...")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ConfigurationError(
            f"Keys must not travel over {parts.scheme or 'no scheme'} to {parts.hostname}. Use https; plain http is "
            "for localhost only.",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
