"""The versions of the session claims: what was published, what each changed, and the way back to one."""

from typing import NamedTuple

from claimsmith_server.core.claims.diff import DiffRow, compare_texts, count_changes
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance, SessionClaims
from claimsmith_server.services.claims_publishing import PublishClaims, Published, publish_claims
from claimsmith_server.services.claims_targets import EMPTY, SESSION
from claimsmith_server.services.context import Service
from claimsmith_server.store import session_claims


class HistoryEntry(NamedTuple):
    """A version beside the one before it."""

    published: SessionClaims
    rows: tuple[DiffRow, ...]
    came: int
    """Lines that the version has and the one before had not."""
    went: int


async def load_live_claims(service: Service, instance: Instance) -> SessionClaims | None:
    """The version that tokens are made with; `None` when none was published."""
    return await session_claims.load_live_session_claims(service.database, instance.id)


async def list_history(
    service: Service, instance: Instance, *, limit: int, offset: int = 0
) -> tuple[list[HistoryEntry], bool]:
    """A page of versions, newest first, each with its difference to the one before; and whether there are more."""
    found = await session_claims.list_session_claims(service.database, instance.id, limit=limit + 1, offset=offset)
    entries = []
    for index, version in enumerate(found[:limit]):
        before = found[index + 1].claims if index + 1 < len(found) else EMPTY
        rows = compare_texts(before, version.claims)
        entries.append(HistoryEntry(version, rows, *count_changes(rows)))
    return entries, len(found) > limit


async def revert_claims(
    service: Service, instance: Instance, version: int, *, base_version: int, author: str
) -> Published:
    """An earlier version's text, published again as the newest version.

    Raises:
        ServiceError: `resource_not_found`; `claims_conflict` when `base_version` is not live any more; the text's
            errors, by the rules of now; `fixtures_failed`.
    """
    found = await session_claims.load_session_claims(service.database, instance.id, version)
    if found is None:
        raise RESOURCE_NOT_FOUND(resource="version of the session claims", by="number", id=version)
    asked = PublishClaims(text=found.claims, base_version=base_version, reason=f"Revert to version {version}")
    return await publish_claims(service, instance, SESSION, asked, author=author)
