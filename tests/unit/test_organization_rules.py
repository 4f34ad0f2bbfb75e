"""Names, slugs and the life of an invitation: every pair of status and event."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.models import InvitationStatus
from claimsmith_server.core.organizations import (
    INVITATION_TRANSITIONS,
    LONGEST_SLUG,
    MINIMUM_PERMISSIONS,
    SYSTEM_PERMISSIONS,
    InvitationEvent,
    holds_minimum,
    invitation_status_at,
    is_slug,
    make_slug,
    next_invitation_status,
    parse_name,
)
from claimsmith_server.services.instances import DEFAULT_ROLES

INVITATION_TABLE = {
    ("pending", "accept"): "accepted",
    ("pending", "revoke"): "revoked",
    ("pending", "expire"): "expired",
}


@pytest.mark.parametrize(("status", "event"), list(product(get_args(InvitationStatus), get_args(InvitationEvent))))
def test_what_may_happen_to_an_invitation(status: InvitationStatus, event: InvitationEvent) -> None:
    assert next_invitation_status(status, event) == INVITATION_TABLE.get((status, event))
    assert len(INVITATION_TRANSITIONS) == len(INVITATION_TABLE)


@pytest.mark.parametrize("status", get_args(InvitationStatus))
def test_a_pending_invitation_alone_runs_out_of_time(status: InvitationStatus) -> None:
    assert invitation_status_at(status, 10, 9) == status
    assert invitation_status_at(status, 10, 10) == ("expired" if status == "pending" else status)


@given(st.text(max_size=300), st.binary(max_size=8))
def test_every_name_makes_a_slug(name: str, suffix: bytes) -> None:
    slug = make_slug(name, suffix)
    assert is_slug(slug)
    assert len(slug) <= LONGEST_SLUG


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme"),
        ("  Été & Fils, S.A. ", "ete-fils-s-a"),
        ("株式会社", "organization"),
        ("", "organization"),
        ("a" * 300, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_slugs_of_names(name: str, slug: str) -> None:
    assert make_slug(name) == slug


def test_a_suffix_makes_another_slug() -> None:
    assert make_slug("Acme", b"\x00\x01\x23\xff") == "acme-01z3"


@pytest.mark.parametrize("text", ["", "-", "a-", "-a", "a--b", "A", "a_b", "é", "a" * 65, "a\n", "a.b"])
def test_what_is_no_slug(text: str) -> None:
    assert not is_slug(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Acme ", "Acme"),
        ("O'Reilly & Sons (Śląsk)", "O'Reilly & Sons (Śląsk)"),
        ("a" * 256, "a" * 256),
        ("a" * 257, None),
        (" ", None),
        ("see https://evil.example", None),
        ("ftp://x", None),
        ("www.evil.example", None),
        ("<script>", None),
        ("a\x00b", None),
        ("a\r\nBcc: eve@example.com", None),
        ("a\u2028b", None),
        ("a\ud800", None),
    ],
)
def test_I_012_what_is_a_name(text: str, name: str | None) -> None:
    assert parse_name(text) == name


def test_the_default_admin_alone_can_keep_an_organization_alive() -> None:
    assert set(SYSTEM_PERMISSIONS) >= MINIMUM_PERMISSIONS
    assert {key: holds_minimum(permissions) for key, _, permissions in DEFAULT_ROLES} == {
        "org:admin": True,
        "org:member": False,
    }
