"""Who may change what guards an account: its own user, recently verified where the instance asks for that."""

from claimsmith_server.core.errors import IMPERSONATION_FORBIDDEN, REVERIFICATION_REQUIRED, SIGNED_OUT
from claimsmith_server.core.models import User
from claimsmith_server.core.reverification import is_fresh
from claimsmith_server.core.session_status import is_live
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.context import Service
from claimsmith_server.store import sessions, users
from claimsmith_server.store.database import Tx


def require_own_hand(acting: Acting) -> None:
    """Refuse somebody who acts for the user (case S-027).

    Raises:
        ServiceError: `impersonation_not_allowed`.
    """
    if acting.session.actor is not None:
        raise IMPERSONATION_FORBIDDEN()


def require_recent_factor(service: Service, acting: Acting) -> None:
    """Refuse a session without a factor of the last ten minutes, where the instance asks for one (case A-031).

    Raises:
        ServiceError: `session_reverification_required`, upon which pages reverify and ask again.
    """
    if not acting.instance.settings.authentication.reverification:
        return
    session = acting.session
    if not is_fresh(session, has_second_factor=acting.user.two_factor_enabled, now=service.clock.now()):
        raise REVERIFICATION_REQUIRED(session_id=session.id)


def require_guardian(service: Service, acting: Acting) -> None:
    """Both of the above: who changes passwords, addresses, numbers or the username, or deletes the account.

    Raises:
        ServiceError: `impersonation_not_allowed`, `session_reverification_required`.
    """
    require_own_hand(acting)
    require_recent_factor(service, acting)


async def hold_account(service: Service, tx: Tx, acting: Acting) -> User:
    """The user, held until the transaction ends; the session is live in it, so that a revoked one changes nothing.

    Raises:
        ServiceError: `authentication_invalid`.
    """
    user = await users.hold_user(tx, acting.instance.id, acting.user.id)
    session = await sessions.load_session(tx, acting.instance.id, acting.session.id, now=service.clock.now())
    if user is None or user.banned or user.locked or session is None or not is_live(session.status):
        raise SIGNED_OUT()
    return user


def who_acts(acting: Acting) -> str:
    """Whom the audit log names: the user, or who acts for it."""
    actor = acting.session.actor
    return str(actor["sub"]) if actor else acting.user.id
