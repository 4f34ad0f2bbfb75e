"""Calls to a Backend API: what is asked as a value, and the places that send it, blocking or not.

The secret key goes to one origin only: https, or http to this machine; a redirect is never followed, and a proxy of the
environment is never used for this machine. What is never told: the secret key, and bodies.
"""

import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import msgspec

from claimsmith.clock import draw, elapsed
from claimsmith.errors import ApiError, ApiErrorItem, ConfigurationError, ConnectionFailed
from claimsmith.network.addresses import check_https, is_loopback
from claimsmith.network.exchanges import Exchange, Received, describe_failure, hidden_query
from claimsmith.network.retries import ONCE, Retries

if TYPE_CHECKING:
    import httpx

Result = TypeVar("Result")
API_VERSION = "2026-05-12"
"""`Clerk-API-Version` of every call: the published description that the client is compared with."""


class Call(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """One call to the Backend API.

    Example:
        ```python
        call = Call(method="GET", path="/v1/users/count", returns=dict[str, Any])
        ```
    """

    method: str
    path: str
    """From `/v1` on, its segments already quoted."""
    returns: type[Result]
    """What the JSON of the answer is read as; `bytes` gives the answer as it came, `NoneType` expects none."""
    query: Mapping[str, Any] = {}
    """`None` is left out; a list or tuple is sent as one pair for each of its values."""
    body: object = None
    """Sent as JSON; `None` sends nothing."""
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        """The method and the path: a body may hold a password, a query a nonce."""
        return f"Call({self.method} {self.path})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The same where `rich` prints."""
        return [("method", self.method), ("path", self.path)]


class _ErrorBody(msgspec.Struct):
    errors: tuple[ApiErrorItem, ...] = ()
    clerk_trace_id: str | None = None


class _Connection:
    """What both transports are made of: an address, a secret key that it never tells, bounds, a clock, lots."""

    def __init__(
        self, api_url: str, secret_key: str, retries: Retries, clock: Callable[[], float], entropy: Callable[[], float]
    ) -> None:
        parts = check_https(api_url)
        if parts.query or parts.fragment:
            raise ConfigurationError("CLERK_API_URL is an address without a query, such as https://api.example.com.")
        if not secret_key.isascii() or not secret_key.isprintable() or not secret_key or " " in secret_key:
            raise ConfigurationError("CLERK_SECRET_KEY is empty, or holds a character that no secret key has.")
        self.api_url: str = api_url.rstrip("/")
        self.retries: Retries = retries
        self._address = f"{parts.scheme}://{parts.netloc}"
        self._secret_key = secret_key
        self._clock = clock
        self._entropy = entropy
        # A proxy of the environment is for addresses elsewhere: http to this machine must not leave it.
        self._trust_env = not is_loopback(parts.hostname or "")

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"{type(self).__name__}({self.api_url!r})"

    def _begin(self, call: Call[Any]) -> Exchange:
        return Exchange(call.method, self._address, self.retries, self._clock, self._entropy)

    def _request(self, call: Call[Any], exchange: Exchange) -> dict[str, Any]:
        """The keyword arguments of `httpx.Client.stream`."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Clerk-API-Version": API_VERSION,
            "User-Agent": "claimsmith-python",
            **call.headers,
            "Authorization": f"Bearer {self._secret_key}",
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return {
            "method": call.method,
            "url": self.api_url + call.path,
            "params": {name: value for name, value in call.query.items() if value is not None},
            "content": None if call.body is None else msgspec.json.encode(call.body),
            "headers": headers,
            "timeout": exchange.seconds_for_attempt(),
            "follow_redirects": False,
        }


class Transport(_Connection):
    """Sends calls to one Backend API with its secret key, blocking; safe to share between threads.

    Example:
        ```python
        with Transport(api_url, secret_key) as transport:
            count = transport.send(Call(method="GET", path="/v1/users/count", returns=dict[str, Any]))
        ```
    """

    def __init__(  # noqa: PLR0913 - bounds, clock, sleep and entropy are for tests
        self,
        api_url: str,
        secret_key: str,
        *,
        http: "httpx.Client | None" = None,
        retries: Retries = ONCE,
        clock: Callable[[], float] = elapsed,
        sleep: Callable[[float], None] = time.sleep,
        entropy: Callable[[], float] = draw,
    ) -> None:
        """Nothing is sent yet.

        Args:
            api_url: the Backend API without `/v1`; https, or http to this machine.
            secret_key: sent as `Authorization: Bearer`, only to this origin.
            http: of applications with a client of their own, who close it themselves.
            retries: how often and how long a call is tried; once unless told otherwise.
            clock: seconds that only move forward.
            sleep: waits for so many seconds.
            entropy: gives numbers from 0 up to 1.

        Raises:
            ConfigurationError: an address that a secret must not travel to, or a secret key that cannot be one.
        """
        super().__init__(api_url, secret_key, retries, clock, entropy)
        self._http = http
        self._is_own = http is None
        self._opening = threading.Lock()
        self._sleep = sleep

    def send(self, call: Call[Result]) -> Result:
        """The answer's body.

        Raises:
            ApiError: an answer that is not 2xx, or that is not of the expected shape.
            ConnectionFailed: nobody answers at the address in time.
        """
        exchange = self._begin(call)
        while (pause := exchange.pause_after(self._try(call, exchange))) is not None:
            self._sleep(pause)
        return read_answer(exchange.received(), call)

    def _try(self, call: Call[Any], exchange: Exchange) -> Received | ConnectionFailed:
        import httpx  # noqa: PLC0415 - 50 ms that only those who call pay for

        http = self._open()
        try:
            with hidden_query(), http.stream(**self._request(call, exchange)) as response:
                received = Received(response.status_code, response.headers)
                if not received.is_compressed:
                    body = exchange.begin_body(received)
                    # Raw as it is: but hooks of an application's own client may have read it already.
                    for chunk in response.iter_bytes():
                        body.add(chunk)
                    received = msgspec.structs.replace(received, body=bytes(body.octets))
                return received
        except httpx.HTTPError as error:
            return describe_failure(error, self._address)
        except httpx.InvalidURL:
            raise ConfigurationError("CLERK_API_URL is an address that cannot be called.") from None
        except ConnectionFailed as error:
            return error

    def _open(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - see _try

        with self._opening:
            if self._http is None:
                self._http = httpx.Client(trust_env=self._trust_env)
            return self._http

    def close(self) -> None:
        """Nothing: connections are closed, but for those of a client that was passed in. Using it again opens anew."""
        with self._opening:
            if self._http is not None and self._is_own:
                self._http.close()
                self._http = None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()


class AsyncTransport(_Connection):
    """As `Transport`, for one event loop: connections belong to the loop that made them.

    Example:
        ```python
        async with AsyncTransport(api_url, secret_key) as transport:
            count = await transport.send(Call(method="GET", path="/v1/users/count", returns=dict[str, Any]))
        ```
    """

    def __init__(  # noqa: PLR0913 - as Transport
        self,
        api_url: str,
        secret_key: str,
        *,
        http: "httpx.AsyncClient | None" = None,
        retries: Retries = ONCE,
        clock: Callable[[], float] = elapsed,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        entropy: Callable[[], float] = draw,
    ) -> None:
        """As `Transport`; `sleep` is anyio's unless told otherwise."""
        super().__init__(api_url, secret_key, retries, clock, entropy)
        self._http = http
        self._is_own = http is None
        self._sleep = _sleep if sleep is None else sleep

    async def send(self, call: Call[Result]) -> Result:
        """The answer's body. Raises as `Transport.send`."""
        exchange = self._begin(call)
        while (pause := exchange.pause_after(await self._try(call, exchange))) is not None:
            await self._sleep(pause)
        return read_answer(exchange.received(), call)

    async def _try(self, call: Call[Any], exchange: Exchange) -> Received | ConnectionFailed:
        import httpx  # noqa: PLC0415 - see Transport

        http = self._open()
        try:
            with hidden_query():
                async with http.stream(**self._request(call, exchange)) as response:
                    received = Received(response.status_code, response.headers)
                    if not received.is_compressed:
                        body = exchange.begin_body(received)
                        async for chunk in response.aiter_bytes():
                            body.add(chunk)
                        received = msgspec.structs.replace(received, body=bytes(body.octets))
                    return received
        except httpx.HTTPError as error:
            return describe_failure(error, self._address)
        except httpx.InvalidURL:
            raise ConfigurationError("CLERK_API_URL is an address that cannot be called.") from None
        except ConnectionFailed as error:
            return error

    def _open(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415 - see Transport

        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=self._trust_env)
        return self._http

    async def close(self) -> None:
        """Nothing: as `Transport.close`."""
        http, self._http = self._http, None if self._is_own else self._http
        if http is not None and self._is_own:
            await http.aclose()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.close()


def read_answer(received: Received, call: Call[Result]) -> Result:
    """What an answer holds.

    Raises:
        ApiError: it is not 2xx, or compressed, or not of the shape that the call expects.

    Example:
        ```python
        call = Call(method="GET", path="/v1/users/count", returns=dict[str, int])
        assert read_answer(Received(200, {}, b'{"total_count": 3}'), call) == {"total_count": 3}
        ```
    """
    if not 200 <= received.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        raise _refusal(received)
    if call.returns is NoneType:
        return None  # type: ignore[return-value]  # Result is None here
    if received.is_compressed:
        raise _misfit(received, call, "it is compressed, which was not asked for")
    if call.returns is bytes:
        return received.body  # type: ignore[return-value]  # Result is bytes here
    try:
        return msgspec.json.decode(received.body, type=call.returns)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # A decoder tells places and types, never what stood there.
        raise _misfit(received, call, str(error)) from None


def _misfit(received: Received, call: Call[Any], problem: str) -> ApiError:
    item = ApiErrorItem("unexpected_answer", f"The answer is not what {call.method} {call.path} gives: {problem}")
    return ApiError(received.status, (item,), received.trace_id)


def _refusal(received: Received) -> ApiError:
    try:
        told = msgspec.json.decode(received.body, type=_ErrorBody)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        told = _ErrorBody()
    errors = told.errors
    if not errors and 300 <= received.status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
        errors = (ApiErrorItem("unexpected_redirect", "The secret key does not follow redirects. Set CLERK_API_URL."),)
    return ApiError(received.status, errors, told.clerk_trace_id or received.trace_id, received.retry_after)


async def _sleep(seconds: float) -> None:
    from anyio import sleep  # noqa: PLC0415 - only those who wait pay for it

    await sleep(seconds)
