"""The Backend API, blocking or not: what a server may do with its instance's secret key."""

from typing import TYPE_CHECKING, Self

from claimsmith.backend.async_resources import AsyncResources
from claimsmith.backend.resources import Resources
from claimsmith.errors import ConfigurationError
from claimsmith.network.retries import Retries
from claimsmith.network.transport import AsyncTransport, Transport
from claimsmith.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx

_RETRIES = Retries()


class BackendClient(Resources):
    """A client of one instance's Backend API; make one per process and share it between threads.

    Calls that may be repeated without harm are: see `Retries`. Every method raises `ApiError` for an answer that is a
    refusal, and `ConnectionFailed` when nobody answers.

    Example:
        ```python
        with BackendClient() as backend:  # CLERK_API_URL and CLERK_SECRET_KEY of the environment
            for user in backend.users.iterate(query="ada"):
                print(user.id, user.full_name)
        ```
    """

    def __init__(  # noqa: PLR0913 - each may stand alone
        self,
        settings: Settings | None = None,
        *,
        api_url: str | None = None,
        secret_key: str | None = None,
        retries: Retries = _RETRIES,
        http: "httpx.Client | None" = None,
        transport: Transport | None = None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            settings: of the instance; read from the environment when `None`.
            api_url: the Backend API without `/v1`, instead of the settings'; https, or http to this machine.
            secret_key: instead of the settings'.
            retries: how often, how soon and how long a call is tried.
            http: of applications with a client of their own, who close it themselves.
            transport: instead of all of these.

        Raises:
            ConfigurationError: no address or no secret key, or an address that a secret must not travel to.
        """
        if transport is None:
            transport = Transport(*_find_instance(settings, api_url, secret_key), retries=retries, http=http)
        self._transport = transport
        super().__init__(transport)

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"BackendClient({self._transport.api_url!r})"

    def close(self) -> None:
        """Nothing: its connections are closed.

        Example: `backend.close()`.
        """
        self._transport.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()


class AsyncBackendClient(AsyncResources):
    """As `BackendClient`, for one event loop; make one per process and share it between tasks.

    Example:
        ```python
        async with AsyncBackendClient() as backend:
            async for user in backend.users.iterate(query="ada"):
                print(user.id, user.full_name)
        ```
    """

    def __init__(  # noqa: PLR0913 - each may stand alone
        self,
        settings: Settings | None = None,
        *,
        api_url: str | None = None,
        secret_key: str | None = None,
        retries: Retries = _RETRIES,
        http: "httpx.AsyncClient | None" = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        """As `BackendClient`."""
        if transport is None:
            transport = AsyncTransport(*_find_instance(settings, api_url, secret_key), retries=retries, http=http)
        self._transport = transport
        super().__init__(transport)

    def __repr__(self) -> str:
        """The address, never the secret key."""
        return f"AsyncBackendClient({self._transport.api_url!r})"

    async def close(self) -> None:
        """Nothing: its connections are closed.

        Example: `await backend.close()`.
        """
        await self._transport.close()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.close()


def _find_instance(settings: Settings | None, api_url: str | None, secret_key: str | None) -> tuple[str, str]:
    """The address and the secret key; the environment is read only when one of them is missing."""
    if settings is None and (api_url is None or secret_key is None):
        settings = load_settings()
    api_url = api_url or (settings.api_url if settings else None)
    secret_key = secret_key or (settings.secret_key if settings else None)
    if not api_url or not secret_key:
        raise ConfigurationError(
            "Set CLERK_API_URL and CLERK_SECRET_KEY, which `claimsmith dev` prints, or pass api_url and secret_key."
        )
    return api_url, secret_key
