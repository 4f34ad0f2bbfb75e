"""Links that make one administrator each, spent by one conditional DELETE."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select

from claimsmith_server.core.models import AdministratorInvitation
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import administrator_invitations

_SHAPE = Shape(AdministratorInvitation, administrator_invitations)
_INSERT = insert(administrator_invitations)
_BY_TOKEN = select(*_SHAPE.columns).where(
    administrator_invitations.c.instance_id == bindparam("instance", required=False),
    administrator_invitations.c.token_hash == bindparam("hash", required=False),
    administrator_invitations.c.expire_at > bindparam("now", required=False),
)
_LIST = (
    select(*_SHAPE.columns)
    .where(
        administrator_invitations.c.instance_id == bindparam("instance", required=False),
        administrator_invitations.c.expire_at > bindparam("now", required=False),
    )
    .order_by(administrator_invitations.c.created_at.desc(), administrator_invitations.c.id.desc())
)


async def insert_administrator_invitation(tx: Tx, invitation: AdministratorInvitation) -> None:
    """Nothing; the invitation is stored."""
    await tx.run(_INSERT, _SHAPE.values(invitation))


async def load_administrator_invitation(
    tx: Tx, instance_id: str, token_hash: bytes, *, now: int
) -> AdministratorInvitation | None:
    """The invitation whose token has this SHA-256, unless it has expired."""
    row = await tx.one(_BY_TOKEN, {"instance": instance_id, "hash": token_hash, "now": now})
    return None if row is None else _SHAPE.build(row)


async def list_administrator_invitations(tx: Tx, instance_id: str, *, now: int) -> Sequence[AdministratorInvitation]:
    """Those that may still be spent, newest first."""
    return [_SHAPE.build(row) for row in await tx.all(_LIST, {"instance": instance_id, "now": now})]


async def spend_administrator_invitation(
    tx: Tx, instance_id: str, token_hash: bytes, *, now: int
) -> AdministratorInvitation | None:
    """The invitation, gone now: of all that race, one gets it."""
    statement = (
        delete(administrator_invitations)
        .where(
            administrator_invitations.c.instance_id == instance_id,
            administrator_invitations.c.token_hash == token_hash,
            administrator_invitations.c.expire_at > now,
        )
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def delete_administrator_invitation(tx: Tx, instance_id: str, invitation_id: str) -> bool:
    """Whether there was such an invitation; its link is of no use any more."""
    statement = delete(administrator_invitations).where(
        administrator_invitations.c.instance_id == instance_id, administrator_invitations.c.id == invitation_id
    )
    return await tx.run(statement) > 0


async def delete_invitations_by(tx: Tx, instance_id: str, created_by: str | None) -> int:
    """How many invitations of an administrator are gone now; `None`: the set-up links that the server printed."""
    column = administrator_invitations.c.created_by
    is_theirs = column.is_(None) if created_by is None else column == created_by
    statement = delete(administrator_invitations).where(
        administrator_invitations.c.instance_id == instance_id, is_theirs
    )
    return await tx.run(statement)
