"""What a session token says, as types and as one shape for both versions of the claims (contract 2.2 and 2.3)."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Required, TypedDict

import msgspec

ORG_PREFIX = "org:"
_MASK_DIGITS = 64
"""A mask of `fpm` is far shorter: its bits stand for the names in `per`, and JavaScript reads at most 53 of them."""


_SCOPES: dict[str, Literal["o", "u"]] = {"o": "o", "org": "o", "organization": "o", "u": "u", "user": "u"}
_FACTORS = 2
_NEVER = -1


class OrganizationClaim(TypedDict, total=False):
    """The claim `o` of version 2: the active organization, compact.

    Example:
        ```python
        claim: OrganizationClaim = {"id": "org_1", "slg": "acme", "rol": "admin", "per": "read,manage", "fpm": "3"}
        ```
    """

    id: str
    slg: str
    rol: str
    """The role without `org:`, e.g. `admin`."""
    per: str
    """Names of permissions, comma separated."""
    fpm: str
    """One number per organization feature, comma separated: bit i stands for the i-th of `per`."""


class ActorClaim(TypedDict):
    """The claim `act`: who impersonates the user.

    Example:
        ```python
        claim: ActorClaim = {"sub": "user_support"}
        ```
    """

    sub: str
    iss: NotRequired[str]
    sid: NotRequired[str]
    type: NotRequired[str]


class SessionClaims(TypedDict, total=False):
    """The default claims of a session token; extend it with your custom claims.

    Times are unix seconds. `exp` and `sub` are in every token that verifies. The keys of version 1 (`org_*`) and of
    version 2 (`o`, `fea`, `pla`, `sts`) never meet.

    Example:
        ```python
        class MyClaims(SessionClaims):
            fullName: str | None
            primaryEmail: str | None
        ```
    """

    azp: str
    exp: Required[int]
    fva: list[int]
    iat: int
    iss: str
    jti: str
    nbf: int
    sid: str
    sub: Required[str]
    v: int
    sts: str
    o: OrganizationClaim
    fea: str
    pla: str
    act: ActorClaim
    org_id: str
    org_slug: str
    org_role: str
    org_permissions: list[str]


class ActiveOrganization(msgspec.Struct, frozen=True):
    """The organization that a session acts for, from either version of the claims.

    Example: `ActiveOrganization("org_1", "acme", "org:admin", ("org:posts:read",))`
    """

    id: str
    slug: str | None
    role: str | None
    """With prefix, e.g. `org:admin`."""
    permissions: tuple[str, ...]
    """With prefix, e.g. `org:posts:read`."""


def parse_organization(claims: Mapping[str, Any]) -> ActiveOrganization | None:
    """The active organization that the claims tell of, `None` when there is none.

    A claim of another type than the contract's counts as absent: what can't be read grants nothing.

    Example:
        ```python
        compact = {"id": "org_1", "rol": "admin", "per": "read", "fpm": "1"}
        organization = parse_organization({"v": 2, "o": compact, "fea": "o:posts"})
        assert organization == ActiveOrganization("org_1", None, "org:admin", ("org:posts:read",))
        ```
    """
    if claims.get("v") == 2:  # noqa: PLR2004 - the version
        compact = claims.get("o")
        return _expand(compact, claims.get("fea")) if isinstance(compact, Mapping) else None
    identity = _text(claims.get("org_id"))
    if identity is None:
        return None
    listed = claims.get("org_permissions")
    permissions = tuple(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else ()
    return ActiveOrganization(identity, _text(claims.get("org_slug")), _text(claims.get("org_role")), permissions)


def split_scopes(claim: object) -> tuple[frozenset[str], frozenset[str]]:
    """The organization's and the user's slugs in a `fea` or `pla` claim.

    Example:
        ```python
        assert split_scopes("o:posts,u:drafts,ou:search") == ({"posts", "search"}, {"drafts", "search"})
        ```
    """
    organization: set[str] = set()
    user: set[str] = set()
    for entry in _entries(claim):
        scopes, _, slug = entry.partition(":")
        if slug and "o" in scopes:
            organization.add(slug)
        if slug and "u" in scopes:
            user.add(slug)
    return frozenset(organization), frozenset(user)


def is_listed(wanted: str, claim: object, *, in_organization: bool) -> bool:
    """Whether a `fea` or `pla` claim lists a slug, in the scope that `wanted` names or in either.

    Args:
        wanted: a slug, or one with a scope: `o:posts`, `org:posts`, `u:posts`, `user:posts`.
        claim: of the token.
        in_organization: whether one is active; without one nothing of an organization counts.

    Example: `is_listed("u:drafts", "o:posts,u:drafts", in_organization=False)` is `True`.
    """
    organization, user = split_scopes(claim)
    if not in_organization:
        organization = frozenset()
    scope, colon, slug = wanted.partition(":")
    if not colon:
        return wanted in organization | user
    return slug in {"o": organization, "u": user, None: frozenset[str]()}[_SCOPES.get(scope)]


def parse_factor_ages(claim: object) -> tuple[int, int] | None:
    """Minutes since the first and the second factor were verified, -1 for never; `None` for another shape of `fva`.

    Example: `parse_factor_ages([3, -1])` is `(3, -1)`.
    """
    if not isinstance(claim, list) or len(claim) != _FACTORS:
        return None
    first, second = claim
    return (first, second) if all(type(age) is int and age >= _NEVER for age in claim) else None


def with_org_prefix(name: str) -> str:
    """The role or permission with exactly one `org:` in front.

    Example: `with_org_prefix("admin")` is `org:admin`.
    """
    while name.startswith(ORG_PREFIX):
        name = name.removeprefix(ORG_PREFIX)
    return ORG_PREFIX + name


def _expand(compact: Mapping[str, Any], features: object) -> ActiveOrganization | None:
    """The organization that the claim `o` stands for."""
    identity = _text(compact.get("id"))
    if identity is None:
        return None
    role = _text(compact.get("rol"))
    permissions = _expand_permissions(compact, features)
    return ActiveOrganization(identity, _text(compact.get("slg")), role and with_org_prefix(role), permissions)


def _expand_permissions(compact: Mapping[str, Any], features: object) -> tuple[str, ...]:
    """`org:<feature>:<permission>` for each bit that is set; only the organization's features count, in their order."""
    names = _entries(compact.get("per"))
    slugs = [entry.partition(":")[2] for entry in _entries(features) if "o" in entry.partition(":")[0]]
    masks = _entries(compact.get("fpm"))
    return tuple(
        f"{ORG_PREFIX}{slug}:{name}"
        for slug, mask in zip(slugs, masks, strict=False)
        if mask.isdecimal() and len(mask) <= _MASK_DIGITS
        for bit, name in enumerate(names)
        if int(mask) >> bit & 1
    )


def _entries(claim: object) -> list[str]:
    """The texts of a comma separated claim, without the spaces around them."""
    return [entry.strip() for entry in claim.split(",") if entry.strip()] if isinstance(claim, str) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
