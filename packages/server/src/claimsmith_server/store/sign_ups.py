"""Sign-up attempts: changed by one conditional update, so that of two that race, one moves the attempt on."""

from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from claimsmith_server.core.attempts import SignUp, SignUpStatus
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import sign_ups

_SHAPE = Shape(SignUp, sign_ups)
_INSERT = insert(sign_ups)
_BY_ID = select(*_SHAPE.columns).where(
    sign_ups.c.instance_id == bindparam("instance", required=False),
    sign_ups.c.client_id == bindparam("client", required=False),
    sign_ups.c.id == bindparam("id", required=False),
)
_HOLD_BY_ID = _BY_ID.with_for_update()
_CHANGEABLE: Final = frozenset(_SHAPE.names) - {"id", "instance_id", "client_id", "created_at"}


async def insert_sign_up(tx: Tx, sign_up: SignUp) -> None:
    """Nothing; the attempt is stored."""
    await tx.run(_INSERT, _SHAPE.values(sign_up))


async def load_sign_up(tx: Tx, instance_id: str, client_id: str, sign_up_id: str) -> SignUp | None:
    """The attempt with this id, when it is this client's (case A-006)."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "client": client_id, "id": sign_up_id})
    return None if row is None else _SHAPE.build(row)


async def hold_sign_up(tx: Tx, instance_id: str, client_id: str, sign_up_id: str) -> SignUp | None:
    """As `load_sign_up`, and nobody else changes the attempt until this transaction ends."""
    row = await tx.one(_HOLD_BY_ID, {"instance": instance_id, "client": client_id, "id": sign_up_id})
    return None if row is None else _SHAPE.build(row)


async def advance_sign_up(tx: Tx, sign_up: SignUp, *, expected: SignUpStatus) -> bool:
    """Whether the attempt still had the status `expected`; it is as `sign_up` says now."""
    changes = {name: value for name, value in _SHAPE.values(sign_up).items() if name in _CHANGEABLE}
    return await tx.run(_of(sign_up, expected).values(**changes)) > 0


def _of(sign_up: SignUp, expected: SignUpStatus) -> Any:
    return update(sign_ups).where(
        sign_ups.c.instance_id == sign_up.instance_id,
        sign_ups.c.client_id == sign_up.client_id,
        sign_ups.c.id == sign_up.id,
        sign_ups.c.status == expected,
    )
