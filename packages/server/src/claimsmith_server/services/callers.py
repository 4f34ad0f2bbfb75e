"""Who calls the Frontend API: which browser, by which means (contract 4.1).

With development keys a browser is known by its development browser id, which applications carry in the query; with
production keys by the `__client` cookie alone. The hosted pages use the cookie with either.
"""

import msgspec

from claimsmith.instance import cookie_suffix, make_publishable_key
from claimsmith.wire import CLIENT_COOKIE
from claimsmith_server.core.errors import DEV_BROWSER_NOT_ALLOWED, DEV_BROWSER_UNAUTHENTICATED
from claimsmith_server.core.models import Client, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.context import Service
from claimsmith_server.store import clients

_LONGEST_SECRET = 256


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of its browser."""

    dev_browser: str | None = None
    client_tokens: tuple[str, ...] = ()
    """Values of the client cookie, mostly one: a sibling host may toss others in, which find nobody (case S-005)."""
    origin: str | None = None
    address: str = ""
    user_agent: str = ""
    session_id: str | None = None
    """The acting session, query `_clerk_session_id`."""
    is_native: bool = False
    testing_token: str | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A browser, and what it asks with."""

    instance: Instance
    client: Client | None
    """`None`: it has never begun a sign-in or sign-up."""
    dev_browser_hash: bytes | None
    """Of a known development browser."""
    credentials: Credentials

    @property
    def authorized_party(self) -> str | None:
        """`azp` of the tokens that it is given."""
        return self.credentials.origin


def client_cookie(instance: Instance) -> str:
    """The name of the cookie that holds the client token.

    A development instance's has the suffix of its publishable key: cookies of `localhost` are shared by all ports, so
    two instances on one machine would sign each other's browsers out.
    """
    if instance.environment == "production":
        return CLIENT_COOKIE
    return f"{CLIENT_COOKIE}_{instance_suffix(instance)}"


def instance_suffix(instance: Instance) -> str:
    """The eight characters that name the instance's cookies (contract 1.1)."""
    return cookie_suffix(make_publishable_key(instance.frontend_api, instance.environment))


async def load_caller(service: Service, instance: Instance, credentials: Credentials) -> Caller:
    """The browser that these credentials are of; an unknown or rotated client token is nobody's (case S-002).

    Raises:
        ServiceError: `dev_browser_unauthenticated` for an id that this instance did not give out,
            `dev_browser_not_allowed` for any id with production keys (case S-014).
    """
    dev_browser = credentials.dev_browser
    if dev_browser is None:
        return Caller(
            instance=instance,
            client=await find_client(service, instance, credentials.client_tokens),
            dev_browser_hash=None,
            credentials=credentials,
        )
    if instance.environment == "production":
        raise DEV_BROWSER_NOT_ALLOWED()
    token_hash = hash_secret(dev_browser[:_LONGEST_SECRET])
    is_known, client = await clients.load_dev_browser(service.database, instance.id, token_hash)
    if not is_known:
        raise DEV_BROWSER_UNAUTHENTICATED()
    return Caller(instance=instance, client=client, dev_browser_hash=token_hash, credentials=credentials)


async def find_client(service: Service, instance: Instance, tokens: tuple[str, ...]) -> Client | None:
    """The client of the first of these tokens that is anybody's."""
    for token in tokens:
        if token and len(token) <= _LONGEST_SECRET:
            found = await clients.load_client_by_token(service.database, instance.id, hash_secret(token))
            if found is not None:
                return found
    return None
