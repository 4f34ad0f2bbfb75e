"""Drafts of templates: what is being written, kept for whoever goes on with it, live for nobody."""

from typing import Annotated

import msgspec

from claimsmith_server.core.claims.compiler import MAX_TEMPLATE_BYTES
from claimsmith_server.core.errors import PARAM_TOO_LARGE
from claimsmith_server.core.models import ClaimsDraft, Instance
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import claims_drafts
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import UniqueViolation

_MOST_BYTES = 4 * MAX_TEMPLATE_BYTES
"""A draft may be over the limit of a template, so that it can be cut down later."""


class WriteDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft as its author gives it."""

    text: str
    base_version: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    """The version that was live when writing began."""


async def load_draft(service: Service, instance: Instance, target: str) -> ClaimsDraft | None:
    """The draft of a target."""
    return await claims_drafts.load_draft(service.database, instance.id, target)


async def save_draft(
    service: Service, instance: Instance, target: str, asked: WriteDraft, *, author: str
) -> ClaimsDraft:
    """The draft, saved over the one before; it need not compile. Saving again and again writes no audit records.

    Raises:
        ServiceError: it is larger than 64 KiB.
    """
    size = len(asked.text.encode())
    if size > _MOST_BYTES:
        raise PARAM_TOO_LARGE(param_name="text", actual=f"{size:,} bytes", limit=f"{_MOST_BYTES:,} bytes")
    draft = ClaimsDraft(
        instance_id=instance.id,
        target=target,
        claims=asked.text,
        base_version=asked.base_version,
        created_by=author,
        updated_at=service.clock.now(),
    )
    try:
        await claims_drafts.save_draft(service.database, draft)
    except UniqueViolation:  # another first draft came between
        await claims_drafts.save_draft(service.database, draft)
    return draft


async def delete_draft(service: Service, instance: Instance, target: str, *, author: str) -> bool:
    """Whether there was a draft; it is gone."""

    async def work(tx: Tx) -> bool:
        is_gone = await claims_drafts.delete_draft(tx, instance.id, target)
        if is_gone:
            await record(service, tx, instance.id, "claims_draft.deleted", target, {}, actor=author)
        return is_gone

    return await service.database.transact(work)
