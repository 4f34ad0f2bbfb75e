"""The active organization of a made-up session, encoded as both versions of the claims do (contract 2.2, 2.3)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from claimsmith.claims.session_claims import ORG_PREFIX, with_org_prefix

_KEY_PARTS = 3


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """The organization that a session acts for, with the user's rights in it.

    Example:
        ```python
        from claimsmith import testing

        acme = testing.Organization(id="org_acme", slug="acme", role="org:admin", permissions=("org:posts:edit",))
        with testing.signed_in(organization=acme) as caller:
            assert caller.has(role="org:admin", permission="org:posts:edit")
        ```
    """

    id: str = "org_test"
    slug: str | None = "test-organization"
    role: str = "org:member"
    """With or without `org:`."""
    permissions: tuple[str, ...] = ()
    """`org:<feature>:<permission>`, e.g. `org:posts:edit`; `org:` may be left out."""

    def __post_init__(self) -> None:
        """Refuse what no token could say.

        Raises:
            ValueError: a permission that is not `org:<feature>:<permission>`.
        """
        for permission in self.permissions:
            parts = with_org_prefix(permission).split(":")
            if len(parts) != _KEY_PARTS or not all(parts) or any(set(part) & set(", ") for part in parts):
                raise ValueError(f"a permission is org:<feature>:<permission>, and {permission!r} is not")


def expand_claims(organization: Organization) -> dict[str, Any]:
    """Version 1: `org_id`, `org_slug`, `org_role`, `org_permissions`."""
    return {
        "org_id": organization.id,
        **({} if organization.slug is None else {"org_slug": organization.slug}),
        "org_role": with_org_prefix(organization.role),
        "org_permissions": [with_org_prefix(permission) for permission in organization.permissions],
    }


def compact_claims(organization: Organization, features: Iterable[str] = ()) -> dict[str, Any]:
    """Version 2: `o` and, when there is something to list, `fea`; features of the permissions come first.

    Example: `org:posts:edit` and `org:posts:read` give `per` `edit,read`, `fpm` `3` and `fea` `o:posts`.
    """
    told: dict[str, Any] = {"id": organization.id, "rol": with_org_prefix(organization.role).removeprefix(ORG_PREFIX)}
    if organization.slug is not None:
        told["slg"] = organization.slug
    masks, names = _pack(organization.permissions)
    listed = [f"o:{slug}" for slug in masks]
    listed += [entry for entry in features if entry not in listed]
    if masks:
        # The zip of readers runs over all features of the organization, so those without permissions have a mask, too.
        bare = [entry for entry in listed[len(masks) :] if "o" in entry.partition(":")[0]]
        told |= {"per": ",".join(names), "fpm": ",".join(map(str, [*masks.values(), *(0 for _ in bare)]))}
    return {"o": told, **({"fea": ",".join(listed)} if listed else {})}


def _pack(permissions: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """A mask by feature, and the names that its bits stand for."""
    masks: dict[str, int] = {}
    names: dict[str, int] = {}
    for permission in permissions:
        _, feature, name = with_org_prefix(permission).split(":")
        masks[feature] = masks.get(feature, 0) | 1 << names.setdefault(name, len(names))
    return masks, list(names)
