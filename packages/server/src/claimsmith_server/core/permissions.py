"""Roles and permissions: their keys, how they are grouped, and what they cost a token. Pure."""

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from claimsmith_server.core.models import TokenMembership, TokenOrganization
from claimsmith_server.core.org_claim import compact_claims, expanded_claims
from claimsmith_server.core.organizations import SYSTEM_PERMISSIONS
from claimsmith_server.core.size import base64url_length

LONGEST_WORD = 60
"""Characters of a role's key after `org:`, and of each of a permission's two words."""
MOST_NAMES = 53
"""Distinct names of permissions that one token can tell: bits of a mask that JavaScript reads exactly."""
PERMISSION_FORM = "`org:` and two words of lower case letters, digits and `_`, such as `org:invoices:create`"
ROLE_FORM = "`org:` and a word of lower case letters, digits and `_`, such as `org:billing`"

_WORD = rf"[a-z0-9_]{{1,{LONGEST_WORD}}}"
_ROLE_KEY = re.compile(rf"org:{_WORD}")
_PERMISSION_KEY = re.compile(rf"org:(?!sys_)({_WORD}):({_WORD})")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_NOBODY = TokenOrganization("org_", "", "", "", has_image=False, public_metadata={})


class PermissionCost(msgspec.Struct, frozen=True):
    """What permissions add to a token, in bytes of its payload."""

    fea: int
    """The claim that lists features; in version 1 all there is is in `per`."""
    per: int
    fpm: int
    untold: int
    """Names beyond those that a token can tell."""

    @property
    def payload(self) -> int:
        """Bytes of JSON."""
        return self.fea + self.per + self.fpm

    @property
    def cookie(self) -> int:
        """Characters of the cookie, at most."""
        return base64url_length(self.payload)


def is_role_key(key: str) -> bool:
    """Whether it has the form of a role's key, e.g. `org:billing`."""
    return _ROLE_KEY.fullmatch(key) is not None


def is_permission_key(key: str) -> bool:
    """Whether it has the form of a permission that an owner may define; `org:sys_…` are this service's own."""
    return _PERMISSION_KEY.fullmatch(key) is not None


def make_role_key(name: str) -> str:
    """A key of a name: `Billing manager` gives `org:billing_manager`; `""` when the name has nothing to make it of."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = _NO_WORD.sub("_", plain)[:LONGEST_WORD].strip("_")
    return f"org:{word}" if word else ""


def feature_of(key: str) -> str:
    """The feature that a permission belongs to: `invoices` of `org:invoices:create`; `""` of a key of another form."""
    found = _PERMISSION_KEY.fullmatch(key)
    return found[1] if found else ""


def is_system_permission(key: str) -> bool:
    """Whether this service itself asks for it; such a permission is in no token."""
    return key in SYSTEM_PERMISSIONS


def order_permissions(keys: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The keys, each once: the system's first, then in the order of `known`, then the others by name.

    One order for all roles, so that tokens of one instance name features in one order.
    """
    ranks = {key: rank for rank, key in enumerate((*SYSTEM_PERMISSIONS, *known))}
    return tuple(sorted(set(keys), key=lambda key: (ranks.get(key, len(ranks)), key)))


def measure_permissions(role: str, permissions: tuple[str, ...], claims_version: int) -> PermissionCost:
    """What a role's permissions add to each token of a member."""
    names = {key.split(":")[2] for key in permissions if is_permission_key(key)}
    membership = TokenMembership(role, permissions, {})
    if claims_version == 1:
        listed = expanded_claims(_NOBODY, membership)["org_permissions"]
        return PermissionCost(fea=0, per=_size({"org_permissions": listed}) + 1 if listed else 0, fpm=0, untold=0)
    claims = compact_claims(_NOBODY, membership)
    told = claims["o"]
    return PermissionCost(
        fea=_size({"fea": claims["fea"]}) + 1 if "fea" in claims else 0,
        per=_size({"per": told["per"]}) + 1 if "per" in told else 0,
        fpm=_size({"fpm": told["fpm"]}) + 1 if "fpm" in told else 0,
        untold=max(0, len(names) - MOST_NAMES),
    )


def _size(members: dict[str, object]) -> int:
    """Bytes of members in an object, without its braces."""
    return len(msgspec.json.encode(members)) - 2
