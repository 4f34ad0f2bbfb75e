"""The organization in a session token: the compact claim `o` with `fea` (v2), and the `org_*` claims (v1).

Permissions are keys `org:<feature>:<name>`. Version 2 packs them: `fea` lists the features as `o:<feature>`, `o.per`
the distinct names, `o.fpm` one integer a feature whose bit i says that the feature has name i of `per` (contract 2.2).
System permissions (`org:sys_…`) are not told in tokens, as on the wire's reference service.
"""

from typing import Any

from claimsmith_server.core.models import TokenMembership, TokenOrganization

_SYSTEM_FEATURE_PREFIX = "sys_"
_KEY_PARTS = 3
_MASK_BITS = 53
"""JavaScript reads a mask as a double: more names than this would lose bits."""


def compact_claims(organization: TokenOrganization, membership: TokenMembership) -> dict[str, Any]:
    """`{"o": {...}}`, and `fea` when the role has permissions.

    Example: role `org:admin` with `org:posts:edit` and `org:posts:read` gives
    `{"fea": "o:posts", "o": {"id", "slg", "rol": "admin", "per": "edit,read", "fpm": "3"}}`.
    """
    told: dict[str, Any] = {
        "id": organization.id,
        "slg": organization.slug,
        "rol": membership.role.removeprefix("org:"),
    }
    if not membership.permissions:
        return {"o": told}
    masks, names = _pack(membership.permissions)
    if not masks:
        return {"o": told}
    told["per"] = ",".join(names)
    told["fpm"] = ",".join(str(mask) for mask in masks.values())
    return {"fea": ",".join(f"o:{feature}" for feature in masks), "o": told}


def expanded_claims(organization: TokenOrganization, membership: TokenMembership) -> dict[str, Any]:
    """Version 1: `org_id`, `org_slug`, `org_role` (with `org:`), `org_permissions` (contract 2.3)."""
    return {
        "org_id": organization.id,
        "org_slug": organization.slug,
        "org_role": membership.role,
        "org_permissions": [key for key in membership.permissions if _split(key)],
    }


def _pack(permissions: tuple[str, ...]) -> tuple[dict[str, int], list[str]]:
    masks: dict[str, int] = {}
    names: dict[str, int] = {}
    for key in permissions:
        parts = _split(key)
        if parts is None:
            continue
        feature, name = parts
        bit = names.setdefault(name, len(names))
        if bit < _MASK_BITS:
            masks[feature] = masks.get(feature, 0) | 1 << bit
    return masks, list(names)[:_MASK_BITS]


def _split(key: str) -> tuple[str, str] | None:
    parts = key.split(":")
    if len(parts) != _KEY_PARTS or parts[0] != "org" or parts[1].startswith(_SYSTEM_FEATURE_PREFIX):
        return None
    return parts[1], parts[2]
