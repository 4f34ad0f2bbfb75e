"""What a request comes to, ready for a framework: who is calling, what to answer instead, which cookies to set."""

from typing import Any

import msgspec

from claimsmith.answers import Answer, answer_clean_url, answer_handshake
from claimsmith.auth import Auth, SignedOut
from claimsmith.facts import RequestFacts
from claimsmith.handshake import Handshake
from claimsmith.request import Outcome, SignedIn


class Decision(msgspec.Struct, frozen=True):
    """The decision on one request; adapters keep it with the request until its answer is sent."""

    caller: Auth[Any] | SignedOut
    facts: RequestFacts
    answer: Answer | None = None
    """To be sent at once, before any view: a redirect to the Frontend API, or back from it."""
    set_cookies: tuple[str, ...] = ()
    """`Set-Cookie` values to add to whatever is answered."""


def make_decision(outcome: Outcome, facts: RequestFacts) -> Decision:
    """What the outcome of `authenticate` means for the framework."""
    match outcome:
        case Handshake(reason=reason):
            return Decision(SignedOut(reason), facts, answer_handshake(outcome))
        case SignedIn(auth, set_cookies, location):
            caller: Auth[Any] | SignedOut = auth
        case SignedOut(set_cookies=set_cookies, location=location):
            caller = outcome
    answer = None if location is None else answer_clean_url(location, set_cookies)
    return Decision(caller, facts, answer, set_cookies)
