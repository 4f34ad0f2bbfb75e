"""The tables of sessions and clients, every pair of state and event."""

from itertools import product
from typing import get_args

import pytest

from claimsmith_server.core import client_state, session_status
from claimsmith_server.core.client_state import ClientEvent, ClientState, next_change
from claimsmith_server.core.models import SessionStatus
from claimsmith_server.core.session_status import LIVE_STATUSES, SessionEvent, is_live, next_status

SESSION_TABLE = {
    ("active", "touch"): "active",
    ("active", "end"): "ended",
    ("active", "remove"): "removed",
    ("active", "revoke"): "revoked",
    ("active", "replace"): "replaced",
    ("active", "expire"): "expired",
    ("active", "abandon"): "abandoned",
    ("pending", "touch"): "pending",
    ("pending", "complete_tasks"): "active",
    ("pending", "end"): "ended",
    ("pending", "remove"): "removed",
    ("pending", "revoke"): "revoked",
    ("pending", "replace"): "replaced",
    ("pending", "expire"): "expired",
    ("pending", "abandon"): "abandoned",
}
CLIENT_TABLE = {
    # state, event: state after it, new token, new moment of `__client_uat`
    ("absent", "create"): ("signed_out", True, True),
    ("signed_out", "start_session"): ("signed_in", True, True),
    ("signed_in", "start_session"): ("signed_in", True, True),
    ("signed_in", "switch_session"): ("signed_in", False, False),
    ("signed_in", "end_session"): ("signed_in", True, True),
    ("signed_in", "end_last_session"): ("signed_out", True, True),
    ("signed_in", "lose_session"): ("signed_in", False, True),
    ("signed_in", "lose_last_session"): ("signed_out", False, True),
    ("signed_in", "end_all_sessions"): ("signed_out", True, True),
    ("signed_out", "end_all_sessions"): ("signed_out", True, False),
    ("signed_out", "destroy"): ("absent", False, False),
    ("signed_in", "destroy"): ("absent", False, False),
}


@pytest.mark.parametrize(("status", "event"), list(product(get_args(SessionStatus), get_args(SessionEvent))))
def test_a_session_goes_where_its_table_says_and_nowhere_else(status: SessionStatus, event: SessionEvent) -> None:
    assert next_status(status, event) == SESSION_TABLE.get((status, event))


def test_what_has_ended_never_comes_back() -> None:
    assert set(LIVE_STATUSES) == {"active", "pending"}
    for (before, _), after in session_status.TRANSITIONS.items():
        assert is_live(before), "an ended session has no way on"
        assert after in get_args(SessionStatus)


@pytest.mark.parametrize(("state", "event"), list(product(get_args(ClientState), get_args(ClientEvent))))
def test_a_client_goes_where_its_table_says_and_nowhere_else(state: ClientState, event: ClientEvent) -> None:
    change = next_change(state, event)
    assert (None if change is None else tuple(change)) == CLIENT_TABLE.get((state, event))


def test_S_001_S_002_whoever_signs_in_or_out_by_itself_has_another_token() -> None:
    for (before, event), change in client_state.TRANSITIONS.items():
        signs_itself_out = event.startswith("end_") and before == "signed_in"
        if event == "start_session" or signs_itself_out:
            assert change.renews_token, (before, event)
