"""The budget of a session token: cookie bytes as a browser counts them, and what to leave out when it is over.

A browser drops a cookie whose name and value together exceed 4,096 bytes (RFC 6265bis, 5.6), and a dropped session
cookie is a redirect loop. So no session token over the budget is ever composed: see `fit`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from claimsmith import wire
from claimsmith_server.core.instance_settings import SizePolicy

MAX_COOKIE_BYTES = wire.MAX_COOKIE_BYTES
COOKIE_NAME_BYTES = len(wire.SESSION_COOKIE) + 1 + wire.COOKIE_SUFFIX_LENGTH
"""Length of the longest name that carries a session token, `__session_<suffix>`."""
CUSTOM_CLAIMS_ADVICE_BYTES = 1229
"""What the seed advises for custom claims: about 1.2 KB."""
OMITTED_CLAIM = "_omitted"
"""Names the custom claims that were left out; `["*"]` when even their names would not fit."""
EVERY_CLAIM = ("*",)


def base64url_length(size: int) -> int:
    """Characters of unpadded base64url over `size` bytes (RFC 4648, 5)."""
    return (size * 4 + 2) // 3


def token_length(header_length: int, payload_size: int, signature_size: int) -> int:
    """Characters of a compact JWS: encoded header, payload bytes, signature bytes."""
    return header_length + base64url_length(payload_size) + base64url_length(signature_size) + 2


def cookie_bytes(token_size: int) -> int:
    """Bytes of the whole cookie, name and value, for a token of `token_size` characters."""
    return COOKIE_NAME_BYTES + token_size


def claim_bytes(name: str, value: object) -> int:
    """Bytes that a claim takes in the payload: its name, its value, the colon and the comma."""
    return len(msgspec.json.encode(name)) + len(msgspec.json.encode(value)) + 2


class Fitted(msgspec.Struct, frozen=True):
    """The custom claims that stay, and the names of those that do not."""

    claims: dict[str, Any]
    omitted: tuple[str, ...]


def fit(custom: Mapping[str, Any], *, policy: SizePolicy, priority: Sequence[str], payload_room: int) -> Fitted | None:
    """The largest set of custom claims that fits into `payload_room` bytes of payload, by policy.

    With `shed` the claims outside `priority` go first, the largest of them first, then those of `priority` from its
    end; with `refuse` all go at once. What is left out is named in `_omitted`, whose own bytes count. `None` when not
    even `"_omitted": ["*"]` fits. A payload's size is the sum of its members' sizes, so nothing is encoded twice.
    """
    sizes = {name: claim_bytes(name, value) for name, value in custom.items()}
    kept_bytes = sum(sizes.values())
    if kept_bytes <= payload_room:
        return Fitted(dict(custom), ())
    if policy == "shed":
        omitted: list[str] = []
        for name in _shedding_order(sizes, priority):
            omitted.append(name)
            kept_bytes -= sizes[name]
            if kept_bytes + claim_bytes(OMITTED_CLAIM, omitted) <= payload_room:
                return Fitted({key: custom[key] for key in custom if key not in set(omitted)}, tuple(omitted))
    for names in (tuple(custom), EVERY_CLAIM):
        if claim_bytes(OMITTED_CLAIM, names) <= payload_room:
            return Fitted({}, names)
    return None


def payload_room(header_length: int, signature_size: int, payload_size: int) -> int:
    """Bytes that may still be added to a payload of `payload_size` bytes before its cookie is over the budget."""
    encoded = MAX_COOKIE_BYTES - COOKIE_NAME_BYTES - header_length - base64url_length(signature_size) - 2
    return encoded * 3 // 4 - payload_size


def _shedding_order(sizes: Mapping[str, int], priority: Sequence[str]) -> list[str]:
    ranked = {name: rank for rank, name in enumerate(priority)}
    free = sorted((name for name in sizes if name not in ranked), key=lambda name: (-sizes[name], name))
    return free + sorted((name for name in sizes if name in ranked), key=lambda name: -ranked[name])
