"""Calls to a Backend API: what is asked as a value, and the one place that sends it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from claimsmith.errors import ApiError, ApiErrorItem, ConfigurationError

if TYPE_CHECKING:
    import httpx

Result = TypeVar("Result")
TIMEOUT_SECONDS = 10.0


class Call(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """One call to the Backend API."""

    method: str
    path: str
    """From `/v1` on, its segments already quoted."""
    returns: type[Result]
    query: Mapping[str, Any] = {}
    body: object = None
    """Sent as JSON; `None` sends nothing."""


class _ErrorBody(msgspec.Struct):
    errors: tuple[ApiErrorItem, ...] = ()
    clerk_trace_id: str | None = None


class Transport:
    """Sends calls to one Backend API with its secret key; safe to share between threads."""

    def __init__(self, api_url: str, secret_key: str, *, http: "httpx.Client | None" = None) -> None:
        """Nothing is sent yet; `http` is for applications with a client of their own."""
        self.api_url = api_url.rstrip("/")
        self._secret_key = secret_key
        self._http = http

    def send(self, call: Call[Result]) -> Result:
        """The answer's body.

        Raises:
            ApiError: an answer that is not 2xx.
            ConfigurationError: nobody answers at the address.
        """
        import httpx  # noqa: PLC0415 - 50 ms that only those who call pay for

        if self._http is None:
            self._http = httpx.Client(timeout=TIMEOUT_SECONDS)
        try:
            answer = self._http.request(
                call.method,
                self.api_url + call.path,
                params={name: value for name, value in call.query.items() if value is not None},
                content=None if call.body is None else msgspec.json.encode(call.body),
                headers={"Authorization": f"Bearer {self._secret_key}", "Content-Type": "application/json"},
            )
        except httpx.HTTPError as error:
            raise ConfigurationError(f"{self.api_url} does not answer: {error}. Is the instance running?") from error
        return read_answer(answer.status_code, answer.content, call)


def read_answer(status: int, body: bytes, call: Call[Result]) -> Result:
    """What an answer holds. Raises as `Transport.send`."""
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        return msgspec.json.decode(body, type=call.returns)
    try:
        told = msgspec.json.decode(body, type=_ErrorBody)
    except msgspec.MsgspecError:
        told = _ErrorBody()
    raise ApiError(status, told.errors, told.clerk_trace_id)
