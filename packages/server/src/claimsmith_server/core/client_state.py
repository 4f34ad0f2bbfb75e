"""The life of a client, which is one browser: a table of what may happen to it, and what each event does.

What a browser remembers of itself is its token and the moment of its last sign-in or sign-out; both are changed by
the events of this table and by nothing else.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

ClientState = Literal["absent", "signed_out", "signed_in"]
ClientEvent = Literal[
    "create",
    "start_session",
    "switch_session",
    "end_session",
    "end_last_session",
    "lose_session",
    "lose_last_session",
    "end_all_sessions",
    "destroy",
]
"""`lose_…`: somebody else ended it, from another browser or through the Backend API."""


class ClientChange(NamedTuple):
    """What an event does."""

    state: ClientState
    renews_token: bool = False
    """The old client token is dead: what an attacker planted or kept is of no use (cases S-001, S-002)."""
    moves_uat: bool = False
    """`updated_at`, of which browsers make `__client_uat`, becomes the present."""


TRANSITIONS: Mapping[tuple[ClientState, ClientEvent], ClientChange] = MappingProxyType(
    {
        ("absent", "create"): ClientChange("signed_out", renews_token=True, moves_uat=True),
        ("signed_out", "start_session"): ClientChange("signed_in", renews_token=True, moves_uat=True),
        ("signed_in", "start_session"): ClientChange("signed_in", renews_token=True, moves_uat=True),
        ("signed_in", "switch_session"): ClientChange("signed_in"),
        ("signed_in", "end_session"): ClientChange("signed_in", renews_token=True, moves_uat=True),
        ("signed_in", "end_last_session"): ClientChange("signed_out", renews_token=True, moves_uat=True),
        # The browser is not there to be told of another token, so it keeps its own.
        ("signed_in", "lose_session"): ClientChange("signed_in", moves_uat=True),
        ("signed_in", "lose_last_session"): ClientChange("signed_out", moves_uat=True),
        ("signed_in", "end_all_sessions"): ClientChange("signed_out", renews_token=True, moves_uat=True),
        ("signed_out", "end_all_sessions"): ClientChange("signed_out", renews_token=True),
        ("signed_out", "destroy"): ClientChange("absent"),
        ("signed_in", "destroy"): ClientChange("absent"),
    }
)
"""What may happen; a pair that is not here can't."""


def next_change(state: ClientState, event: ClientEvent) -> ClientChange | None:
    """What an event does to a client in this state; `None` when it can't happen."""
    return TRANSITIONS.get((state, event))
