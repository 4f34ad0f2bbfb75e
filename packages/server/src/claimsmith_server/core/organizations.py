"""Organizations: names and slugs, what members may do, and the life of an invitation. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from claimsmith_server.core.models import InvitationStatus

MANAGE_PROFILE = "org:sys_profile:manage"
DELETE_ORGANIZATION = "org:sys_profile:delete"
READ_MEMBERS = "org:sys_memberships:read"
MANAGE_MEMBERS = "org:sys_memberships:manage"
READ_DOMAINS = "org:sys_domains:read"
MANAGE_DOMAINS = "org:sys_domains:manage"
SYSTEM_PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        MANAGE_PROFILE: "Manage organization",
        DELETE_ORGANIZATION: "Delete organization",
        READ_MEMBERS: "Read members",
        MANAGE_MEMBERS: "Manage members",
        READ_DOMAINS: "Read domains",
        MANAGE_DOMAINS: "Manage domains",
    }
)
"""Keys and names of the permissions that this service itself asks for."""
MINIMUM_PERMISSIONS = frozenset({DELETE_ORGANIZATION, READ_MEMBERS, MANAGE_MEMBERS})
"""What at least one member's role must hold: without it nobody could invite anybody (case Z-006)."""

INVITATION_LIFETIME_MS = 30 * 24 * 3600 * 1000
LONGEST_NAME = 256
LONGEST_SLUG = 64

InvitationEvent = Literal["accept", "revoke", "expire"]
INVITATION_TRANSITIONS: Mapping[tuple[InvitationStatus, InvitationEvent], InvitationStatus] = MappingProxyType(
    {
        ("pending", "accept"): "accepted",
        ("pending", "revoke"): "revoked",
        ("pending", "expire"): "expired",
    }
)
"""What may happen to an invitation; a pair that is not here can't."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
"""What mail programs make a link of: a name stands in invitations, which would then advertise (case I-012)."""
_SUFFIX_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def next_invitation_status(status: InvitationStatus, event: InvitationEvent) -> InvitationStatus | None:
    """The status after an event; `None` when it can't happen."""
    return INVITATION_TRANSITIONS.get((status, event))


def invitation_status_at(status: InvitationStatus, expire_at: int, now: int) -> InvitationStatus:
    """The status that holds at `now`: a pending invitation is `expired` from the exact millisecond on."""
    return "expired" if status == "pending" and now >= expire_at else status


def holds_minimum(permissions: tuple[str, ...]) -> bool:
    """Whether a role with these permissions can keep an organization alive by itself."""
    return MINIMUM_PERMISSIONS.issubset(permissions)


def parse_name(text: str) -> str | None:
    """The name without blanks around it: 1 to 256 characters of plain text; `None` when it is none.

    No control characters, no HTML, no web address.
    """
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or _ADDRESS.search(name) or any(mark in name for mark in "<>"):
        return None
    return None if any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in name) else name


def is_slug(text: str) -> bool:
    """Whether it has 1 to 64 lower case letters and digits, in words with a `-` between them."""
    return len(text) <= LONGEST_SLUG and _SLUG.fullmatch(text) is not None


def make_slug(name: str, suffix: bytes = b"") -> str:
    """A slug of a name: `Śląsk & Co` gives `slask-co`; with a suffix `slask-co-7f2k`, for when that is taken.

    A name without one ASCII letter or digit gives `organization`.
    """
    # Letters such as Ł have no decomposition, so they are lost; what is left is enough for an address.
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    tail = "".join("-" * (index == 0) + _SUFFIX_CHARACTERS[octet % 36] for index, octet in enumerate(suffix))
    base = _NO_SLUG.sub("-", ascii_only).strip("-") or "organization"
    return base[: LONGEST_SLUG - len(tail)].strip("-") + tail
