"""Sign-in attempts: changed by one conditional update, so that of two that race, one moves the attempt on."""

from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from claimsmith_server.core.attempts import SignIn, SignInStatus
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import sign_ins

_SHAPE = Shape(SignIn, sign_ins)
_INSERT = insert(sign_ins)
_BY_ID = select(*_SHAPE.columns).where(
    sign_ins.c.instance_id == bindparam("instance", required=False),
    sign_ins.c.client_id == bindparam("client", required=False),
    sign_ins.c.id == bindparam("id", required=False),
)
_CHANGEABLE: Final = frozenset(_SHAPE.names) - {"id", "instance_id", "client_id", "created_at"}


async def insert_sign_in(tx: Tx, sign_in: SignIn) -> None:
    """Nothing; the attempt is stored."""
    await tx.run(_INSERT, _SHAPE.values(sign_in))


async def load_sign_in(tx: Tx, instance_id: str, client_id: str, sign_in_id: str) -> SignIn | None:
    """The attempt with this id, when it is this client's (case A-006)."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "client": client_id, "id": sign_in_id})
    return None if row is None else _SHAPE.build(row)


async def advance_sign_in(tx: Tx, sign_in: SignIn, *, expected: SignInStatus) -> bool:
    """Whether the attempt still had the status `expected`; it is as `sign_in` says now."""
    changes = {name: value for name, value in _SHAPE.values(sign_in).items() if name in _CHANGEABLE}
    return await tx.run(_of(sign_in, expected).values(**changes)) > 0


def _of(sign_in: SignIn, expected: SignInStatus) -> Any:
    return update(sign_ins).where(
        sign_ins.c.instance_id == sign_in.instance_id,
        sign_ins.c.client_id == sign_in.client_id,
        sign_ins.c.id == sign_in.id,
        sign_ins.c.status == expected,
    )
