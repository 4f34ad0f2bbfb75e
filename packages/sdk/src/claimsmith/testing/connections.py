"""What a browser sends to a Frontend API, without a browser; what is wrong with an answer is said at once."""

from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from claimsmith.errors import ApiError, ApiErrorItem, ConfigurationError

if TYPE_CHECKING:
    import httpx

Result = TypeVar("Result")
_TIMEOUT_SECONDS: Final = 20.0


class _Errors(msgspec.Struct):
    errors: tuple[ApiErrorItem, ...] = ()
    clerk_trace_id: str | None = None


class Connection:
    """A connection to one server, with a cookie jar as a browser has; close it, or use it in a `with`.

    Example:
        ```python
        from claimsmith.testing.connections import Connection

        with Connection("http://127.0.0.1:4000") as connection:
            assert connection.url == "http://127.0.0.1:4000"
        ```
    """

    def __init__(self, url: str) -> None:
        """Nothing is sent yet."""
        import httpx  # noqa: PLC0415 - 50 ms that only those who need a server pay for

        self.url = url
        # A proxy in the environment is for other places than a server on this machine.
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)

    def ask(self, method: str, path: str, **more: Any) -> "httpx.Response":
        """The answer to one request; redirects are not followed. `more` is as for `httpx.Client.request`.

        Raises:
            ApiError: the answer is an error.
            ConfigurationError: nobody answers.
        """
        import httpx  # noqa: PLC0415 - as above

        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise ConfigurationError(f"{self.url} does not answer: {error}. Is the instance running?") from error
        if not answer.is_error:
            return answer
        try:
            told = msgspec.json.decode(answer.content, type=_Errors)
        except msgspec.MsgspecError:
            told = _Errors()
        raise ApiError(answer.status_code, told.errors, told.clerk_trace_id)

    def read(self, returns: type[Result], method: str, path: str, **more: Any) -> Result:
        """What the answer's JSON holds. Raises as `ask`."""
        return msgspec.json.decode(self.ask(method, path, **more).content, type=returns)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """See `close`."""
        self.close()
