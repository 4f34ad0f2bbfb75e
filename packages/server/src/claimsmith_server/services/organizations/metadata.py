"""Metadata of organizations and of members, replaced whole by an editor who saw what was there.

The Backend API merges, blindly; a page shows a text that a person edits. So the page's form carries the version of what
it showed, and when somebody else changed that, nothing is written.
"""

import hashlib

import msgspec

from claimsmith_server.core.errors import METADATA_CHANGED, PARAM_TOO_LARGE
from claimsmith_server.core.models import Instance, JsonObject, Membership, Organization
from claimsmith_server.core.organizations import MANAGE_MEMBERS, MANAGE_PROFILE
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import By, require_organization
from claimsmith_server.services.organizations.memberships import member_not_found
from claimsmith_server.services.user_input import METADATA_BYTES
from claimsmith_server.store import organization_members, organizations
from claimsmith_server.store.database import Tx
from claimsmith_server.store.organizations import MetadataField

Metadata = dict[MetadataField, JsonObject]


def metadata_version(holder: Organization | Membership) -> str:
    """What stands for both kinds of metadata as they are; 64 hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode([holder.public_metadata, holder.private_metadata])).hexdigest()


def measure_metadata(metadata: JsonObject) -> int:
    """Bytes of metadata as their limit counts them."""
    return len(msgspec.json.encode(metadata))


async def replace_organization_metadata(  # noqa: PLR0913, PLR0917 - whose metadata, which, by whom
    service: Service, instance: Instance, organization_id: str, metadata: Metadata, version: str, by: By
) -> None:
    """Nothing; the organization has these metadata in place of its own.

    Raises:
        ServiceError: as `access.require_organization`; `metadata_changed`; over 8 KB.
    """
    changed = _check(metadata)
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        before = await require_organization(tx, instance, organization_id, by, MANAGE_PROFILE, hold=True)
        _require_version(before, version)
        await organizations.update_organization(tx, instance.id, organization_id, dict(metadata.items()), now=now)
        told = {"changed": changed}
        await record(service, tx, instance.id, "organization.updated", organization_id, told, actor=by.actor)

    await service.database.transact(work)


async def replace_member_metadata(  # noqa: PLR0913, PLR0917 - whose metadata, which, by whom
    service: Service, instance: Instance, organization_id: str, user_id: str, metadata: Metadata, version: str, by: By
) -> None:
    """Nothing; the membership has these metadata in place of its own.

    Raises:
        ServiceError: as `access.require_organization`; `resource_not_found`; `metadata_changed`; over 8 KB.
    """
    changed = _check(metadata)
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS, hold=True)
        before = await organizations.load_membership(tx, instance.id, organization_id, user_id)
        if before is None:
            raise member_not_found(user_id)
        _require_version(before, version)
        await organization_members.set_membership_metadata(tx, instance.id, organization_id, user_id, metadata, now=now)
        told = {"user_id": user_id, "changed": changed}
        await record(service, tx, instance.id, "organization_membership.updated", organization_id, told, actor=by.actor)

    await service.database.transact(work)


def _check(metadata: Metadata) -> list[str]:
    for name, value in metadata.items():
        size = measure_metadata(value)
        if size > METADATA_BYTES:
            raise PARAM_TOO_LARGE(param_name=name, actual=f"{size:,} bytes", limit=f"{METADATA_BYTES:,} bytes")
    return sorted(metadata)


def _require_version(before: Organization | Membership, version: str) -> None:
    if metadata_version(before) != version:
        raise METADATA_CHANGED()
