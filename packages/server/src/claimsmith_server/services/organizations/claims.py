"""What a session token tells of an organization, for one of its members: the claims, the shortcodes, the bytes."""

from typing import Any, Final

import msgspec

from claimsmith_server.core.claims.shortcodes import SHORTCODES
from claimsmith_server.core.models import Instance, TokenMembership, TokenOrganization
from claimsmith_server.core.org_claim import compact_claims, expanded_claims
from claimsmith_server.core.permissions import PermissionCost, measure_permissions
from claimsmith_server.core.size import base64url_length, claim_bytes
from claimsmith_server.services.organizations.memberships import Member

_ROOTS: Final = ("org.", "org_membership.")
_DOCS: Final = {one.name: one.doc for one in SHORTCODES if one.name.startswith(_ROOTS)}


class ShortcodeValue(msgspec.Struct, frozen=True):
    """A shortcode, and what it gives for a member."""

    name: str
    doc: str
    value: Any


class OrganizationClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What a member's token tells while the organization is the active one."""

    version: int
    """Of the claims, as the settings say."""
    claims: dict[str, Any]
    payload_bytes: int
    permissions: PermissionCost
    """The share of the role's permissions."""
    shortcodes: tuple[ShortcodeValue, ...]

    @property
    def cookie_bytes(self) -> int:
        """Characters that the claims take in the cookie, at most."""
        return base64url_length(self.payload_bytes)


def tell_claim(instance: Instance, member: Member) -> OrganizationClaim:
    """The organization's claims for a member, in the version that the settings say."""
    version = instance.settings.session.claims_version
    organization, membership = _token_organization(member), _token_membership(member)
    compose = expanded_claims if version == 1 else compact_claims
    claims = compose(organization, membership)
    return OrganizationClaim(
        version=version,
        claims=claims,
        payload_bytes=sum(claim_bytes(name, value) for name, value in claims.items()),
        permissions=measure_permissions(member.role.key, member.role.permissions, version),
        shortcodes=_shortcodes(organization, membership),
    )


def _shortcodes(organization: TokenOrganization, membership: TokenMembership) -> tuple[ShortcodeValue, ...]:
    values: dict[str, Any] = {
        "org.id": organization.id,
        "org.name": organization.name,
        "org.slug": organization.slug,
        "org.role": membership.role,
        "org.image_url": organization.image_url,
        "org.has_image": organization.has_image,
        "org.public_metadata": organization.public_metadata,
        "org_membership.role": membership.role,
        "org_membership.permissions": list(membership.permissions),
        "org_membership.public_metadata": membership.public_metadata,
    }
    return tuple(ShortcodeValue(name, doc, values[name]) for name, doc in _DOCS.items())


def _token_organization(member: Member) -> TokenOrganization:
    one = member.organization
    return TokenOrganization(one.id, one.name, one.slug, one.image_url, one.has_image, one.public_metadata)


def _token_membership(member: Member) -> TokenMembership:
    return TokenMembership(member.role.key, member.role.permissions, member.membership.public_metadata)
