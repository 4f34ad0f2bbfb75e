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
    """The whole decision on the request that is being answered. Raises as `auth`.

    Example:
        ```python
        entered = enter_request(Decision(SignedOut("session-token-and-uat-missing"), facts))
        assert current_decision().facts == facts
        leave_request(entered)
        ```
    """
    decision = _DECISION.get(None)
    if decision is None:
        raise ConfigurationError(
            "There is no request here whose caller is known. Call auth() while a request is answered, and add "
            "Claimsmith to the application: its middleware asks who is calling."
        )
    return decision


def enter_request(decision: Decision) -> Token[Decision]:
    """What to give `leave_request`: from here on `auth()` knows the decision, in this task or thread.

    Example:
        ```python
        entered = enter_request(Decision(SignedOut("session-token-and-uat-missing"), facts))
        assert not auth().is_authenticated
        leave_request(entered)
        ```
    """
    return _DECISION.set(decision)


def leave_request(token: Token[Decision]) -> None:
    """Nothing; `auth()` knows what it knew before `enter_request`.

    Example: `leave_request(enter_request(decision))`
    """
    _DECISION.reset(token)
