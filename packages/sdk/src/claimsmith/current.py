"""The decision on the request that is being answered here, in this task or thread; adapters set it."""

from contextvars import ContextVar, Token
from typing import Any

from claimsmith.auth import Auth, SignedOut
from claimsmith.decisions import Decision
from claimsmith.errors import ConfigurationError

_DECISION: ContextVar[Decision] = ContextVar("claimsmith_decision")


def auth() -> Auth[Any] | SignedOut:
    """The caller of the request that is being answered.

    Raises:
        ConfigurationError: no request is being answered here, or the application lacks the adapter's middleware.

    Example:
        ```python
        from claimsmith.flask import auth


        def greeting() -> str:
            caller = auth()
            return f"Hello {caller.user_id}" if caller.is_authenticated else "Hello stranger"
        ```
    """
    return current_decision().caller


def current_decision() -> Decision:
    """The whole decision on the request that is being answered. Raises as `auth`."""
    decision = _DECISION.get(None)
    if decision is None:
        raise ConfigurationError(
            "There is no request here whose caller is known. Call auth() while a request is answered, and add "
            "Claimsmith to the application: its middleware asks who is calling."
        )
    return decision


def enter_request(decision: Decision) -> Token[Decision]:
    """Make the decision known to what runs from here on; give the token to `leave_request`."""
    return _DECISION.set(decision)


def leave_request(token: Token[Decision]) -> None:
    """Forget the decision."""
    _DECISION.reset(token)
