"""The session that a browser acts with: the one that its request names, else the client's last active one."""

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND, SIGNED_OUT, ServiceError
from claimsmith_server.core.models import Client, Instance, Session, User
from claimsmith_server.core.session_status import is_live
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.store import sessions, users


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser: its caller, client, live session and user."""

    caller: Caller
    client: Client
    session: Session
    user: User

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.caller.instance


async def require_acting(service: Service, caller: Caller) -> Acting:
    """Who acts.

    Raises:
        ServiceError: `authentication_invalid` (401): no such live session in this browser, or its user is gone, banned
            or locked.
    """
    client = caller.client
    session_id = caller.credentials.session_id or (client.last_active_session_id if client else None)
    if client is None or session_id is None:
        raise SIGNED_OUT()
    now = service.clock.now()
    session = await sessions.load_session(service.database, caller.instance.id, session_id, now=now)
    if session is None or session.client_id != client.id or not is_live(session.status):
        raise SIGNED_OUT()
    user = await users.load_user(service.database, caller.instance.id, session.user_id)
    if user is None or user.banned or user.locked:
        raise SIGNED_OUT()
    return Acting(caller=caller, client=client, session=session, user=user)


async def load_own_session(service: Service, caller: Caller, session_id: str) -> Session:
    """A session of the caller's client, live or not.

    Raises:
        ServiceError: `authentication_invalid` without a client or such a session; `resource_not_found` for a session
            that is not this client's (case S-025).
    """
    if caller.client is None:
        raise SIGNED_OUT()
    now = service.clock.now()
    session = await sessions.load_session(service.database, caller.instance.id, session_id, now=now)
    if session is None:  # deleted with its user: the browser is to forget it (contract pitfall 15)
        raise SIGNED_OUT()
    if session.client_id != caller.client.id:
        raise session_not_found(session_id)
    return session


def session_not_found(session_id: str) -> ServiceError:
    """The refusal for a session that this browser may not know of."""
    return RESOURCE_NOT_FOUND(resource="session", by="id", id=session_id[:64])
