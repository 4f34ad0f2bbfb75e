"""Key sets fetched over HTTP: one request, within limits of size, time and place (case K-012)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from claimsmith.errors import TokenError
from claimsmith.network.addresses import check_https, has_same_origin, is_loopback
from claimsmith.verification.keys import MAX_KEY_SET_BYTES
from claimsmith.verification.strict_json import parse_json_object
from claimsmith.wire import TokenReason

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 3.0
MAX_REDIRECTS = 3


class KeySetSource:
    """Where a key set is published, and how to ask for it.

    Example:
        ```python
        source = KeySetSource("https://api.example.com/v1/jwks", secret_key="sk_test_1")
        assert "sk_test_1" not in repr(source)
        ```
    """

    def __init__(
        self, url: str, *, secret_key: str | None = None, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        """Nothing is fetched yet.

        Args:
            url: of the key set, e.g. `https://api.example.com/v1/jwks`; https, or http to this machine.
            secret_key: sent as `Authorization: Bearer`, only to this origin.
            transport: of httpx, for applications with their own.

        Raises:
            ConfigurationError: an address that a key set must not come from.
        """
        # A proxy of the environment is for addresses elsewhere: http to this machine must not leave it.
        self._trusts_environment = not is_loopback(check_https(url).hostname or "")
        self.url = url
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if secret_key:
            self._headers["Authorization"] = f"Bearer {secret_key}"
        self._transport = transport

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"KeySetSource({self.url!r})"

    def load(self, clock: Callable[[], float]) -> bytes:
        """The body behind the address; `clock` counts seconds.

        Raises:
            TokenError: `jwk-remote-failed-to-load`, `jwk-remote-invalid` or `secret-key-invalid`.
        """
        import httpx  # noqa: PLC0415 - 50 ms that only those who fetch pay for

        deadline = clock() + TIMEOUT_SECONDS
        try:
            with httpx.Client(
                transport=self._transport, timeout=TIMEOUT_SECONDS, trust_env=self._trusts_environment
            ) as client:
                return self._load_following(client, lambda: clock() > deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            raise TokenError("jwk-remote-failed-to-load") from None

    def _load_following(self, client: "httpx.Client", is_late: Callable[[], bool]) -> bytes:
        """The body behind the address, after redirects inside its own origin only."""
        url = self.url
        for _ in range(MAX_REDIRECTS + 1):
            with client.stream("GET", url, headers=self._headers, follow_redirects=False) as response:
                if response.next_request is None:
                    return _load_body(response, is_late)
                url = str(response.next_request.url)
                if not has_same_origin(url, self.url):
                    raise TokenError("jwk-remote-failed-to-load", "The key set redirects to another host.")
        raise TokenError("jwk-remote-failed-to-load", "The key set redirects too often.")


def _load_body(response: "httpx.Response", is_late: Callable[[], bool]) -> bytes:
    """The body as sent, within the limits of size and time; a compressed one is refused: small may become big."""
    if "content-encoding" in response.headers:
        raise TokenError("jwk-remote-invalid", "The key set is compressed, which was not asked for.")
    body = bytearray()
    for chunk in response.iter_bytes():  # Which decodes nothing then, and also gives what a transport has read.
        body += chunk
        if len(body) > MAX_KEY_SET_BYTES:
            raise TokenError("jwk-remote-invalid", f"The key set is larger than {MAX_KEY_SET_BYTES} bytes.")
        if is_late():
            raise TokenError("jwk-remote-failed-to-load", "The key set came too slowly.")
    if not response.is_success:
        raise TokenError(_refusal(response.status_code, bytes(body)))
    return bytes(body)


def _refusal(status: int, body: bytes) -> TokenReason:
    """The reason behind an error answer: only the server's word `clerk_key_invalid` blames the secret key."""
    try:
        errors = parse_json_object(body).get("errors")
    except ValueError:
        return "jwk-remote-failed-to-load"
    codes = [entry.get("code") for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    # 401 is Unauthorized (RFC 9110 section 15.5.2).
    return "secret-key-invalid" if status == 401 and "clerk_key_invalid" in codes else "jwk-remote-failed-to-load"  # noqa: PLR2004
