"""What a request comes to, ready for a framework: who is calling, what to answer instead, which cookies to set."""

from typing import Any

import msgspec

from claimsmith.answers import Answer, answer_clean_url, answer_handshake
from claimsmith.auth import Auth, SignedOut, attach_omitted
from claimsmith.authentication.facts import RequestFacts
from claimsmith.authentication.handshake import Handshake
from claimsmith.authentication.request import Outcome, SignedIn
from claimsmith.claims.omitted import OmittedClaims


class Decision(msgspec.Struct, frozen=True):
    """The decision on one request; adapters keep it with the request until its answer is sent.

    Example:
        ```python
        decision = make_decision(authenticate(facts, keys, options, now=now), facts)
        decision.caller.user_id
        ```
    """

    caller: Auth[Any] | SignedOut
    facts: RequestFacts
    answer: Answer | None = None
    """To be sent at once, before any view: a redirect to the Frontend API, or back from it."""
    set_cookies: tuple[str, ...] = ()
    """`Set-Cookie` values to add to whatever the application answers; `answer` carries its own."""

    def __repr__(self) -> str:
        """Who is calling and what to answer, never a cookie: those hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [(name, getattr(self, name)) for name in ("caller", "facts", "answer")]


def make_decision(outcome: Outcome, facts: RequestFacts, omitted: OmittedClaims | None = None) -> Decision:
    """What the outcome of `authenticate` means for the framework; `omitted` fetches what tokens leave out for size.

    Example:
        ```python
        decision = make_decision(Handshake("dev-browser-missing", "https://demo.clerk.accounts.dev/"), facts)
        assert decision.answer.status == 307
        ```
    """
    match outcome:
        case Handshake(reason=reason):
            return Decision(SignedOut(reason), facts, answer_handshake(outcome))
        case SignedIn(auth, set_cookies, location):
            caller: Auth[Any] | SignedOut = attach_omitted(auth, omitted)
        case SignedOut(set_cookies=set_cookies, location=location):
            caller = outcome
    if location is None:
        return Decision(caller, facts, None, set_cookies)
    return Decision(caller, facts, answer_clean_url(location, set_cookies))
