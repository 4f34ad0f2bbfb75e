"""Drafts of templates: one for each target, shared by all administrators."""

from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.models import ClaimsDraft
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import claims_drafts

_SHAPE = Shape(ClaimsDraft, claims_drafts)
_INSERT = insert(claims_drafts)
_ONE = select(*_SHAPE.columns).where(
    claims_drafts.c.instance_id == bindparam("instance", required=False),
    claims_drafts.c.target == bindparam("of", required=False),
)


async def load_draft(tx: Tx, instance_id: str, target: str) -> ClaimsDraft | None:
    """The draft of a target."""
    row = await tx.one(_ONE, {"instance": instance_id, "of": target})
    return None if row is None else _SHAPE.build(row)


async def save_draft(tx: Tx, draft: ClaimsDraft) -> None:
    """Nothing; the draft is the target's only one.

    Raises:
        UniqueViolation: of two first drafts at once, this one came second; saving it again succeeds.
    """
    values = _SHAPE.values(draft)
    replace = (
        update(claims_drafts)
        .where(claims_drafts.c.instance_id == draft.instance_id, claims_drafts.c.target == draft.target)
        .values(**values)
    )

    async def work(inner: Tx) -> None:
        if not await inner.run(replace):
            await inner.run(_INSERT, values)

    await within(tx, work)


async def delete_draft(tx: Tx, instance_id: str, target: str, *, seen: ClaimsDraft | None = None) -> bool:
    """Whether there was one; with `seen`, this one alone: what somebody wrote after it stays."""
    key = [claims_drafts.c.instance_id == instance_id, claims_drafts.c.target == target]
    if seen is not None:
        key += [claims_drafts.c.created_by == seen.created_by, claims_drafts.c.claims == seen.claims]
    return await tx.run(delete(claims_drafts).where(*key)) > 0
