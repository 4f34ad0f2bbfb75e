"""What each part of a token takes of its cookie: characters that add up exactly to what a browser stores.

Three bytes of payload are four characters, so a claim's share is the distance between where it begins and where it
ends in the encoded payload; shares are whole characters and nothing is counted twice or left over.
"""

from collections.abc import Collection
from typing import Literal

import msgspec

from claimsmith_server.core import size
from claimsmith_server.core.tokens import Composition

ClaimKind = Literal["default", "custom"]


class ClaimPart(msgspec.Struct, frozen=True):
    """A claim's share."""

    name: str
    kind: ClaimKind
    characters: int
    """Of the cookie."""
    payload_bytes: int
    """Of the payload: name, value, colon and comma."""


class CookieParts(msgspec.Struct, frozen=True):
    """The whole cookie; `name + header + signature` and all claims' `characters` are its bytes."""

    name: int
    header: int
    """With the dot after it."""
    signature: int
    """With the dot before it."""
    claims: tuple[ClaimPart, ...]
    """In the payload's order."""

    def count(self, kind: ClaimKind) -> int:
        """Characters that all claims of a kind take together."""
        return sum(claim.characters for claim in self.claims if claim.kind == kind)

    @property
    def custom_bytes(self) -> int:
        """The custom claims as JSON, names and commas included: what the advice of 1.2 KB speaks of."""
        sizes = [claim.payload_bytes for claim in self.claims if claim.kind == "custom"]
        return sum(sizes) - 1 if sizes else 0


def split_cookie(composition: Composition, custom: Collection[str]) -> CookieParts:
    """The parts of the cookie that a token will be; `custom` names the claims that the template may set."""
    end = 1  # the opening brace is the first claim's; the last claim's comma is the closing brace
    claims = []
    reached = 0
    for name, value in composition.claims.items():
        took = size.claim_bytes(name, value)
        end += took
        characters = size.base64url_length(end) - reached
        reached += characters
        claims.append(ClaimPart(name, "custom" if name in custom else "default", characters, took))
    return CookieParts(
        name=size.COOKIE_NAME_BYTES,
        header=len(composition.header) + 1,
        signature=size.base64url_length(composition.signature_size) + 1,
        claims=tuple(claims),
    )
