"""Tests of templates."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, select

from claimsmith_server.core.models import ClaimsFixture
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import claims_fixtures

_SHAPE = Shape(ClaimsFixture, claims_fixtures)
_INSERT = insert(claims_fixtures)
_OF_TARGET = (
    claims_fixtures.c.instance_id == bindparam("instance", required=False),
    claims_fixtures.c.target == bindparam("of", required=False),
)
_ALL = select(*_SHAPE.columns).where(*_OF_TARGET).order_by(claims_fixtures.c.created_at, claims_fixtures.c.id)
_COUNT = select(func.count()).select_from(claims_fixtures).where(*_OF_TARGET)


async def insert_fixture(tx: Tx, fixture: ClaimsFixture) -> None:
    """Nothing; the fixture is stored.

    Raises:
        UniqueViolation: another fixture of the target has its name.
        InvalidValue: a context or claims that can't be stored.
    """
    await tx.run(_INSERT, _SHAPE.values(fixture))


async def list_fixtures(tx: Tx, instance_id: str, target: str) -> Sequence[ClaimsFixture]:
    """All fixtures of a target, oldest first."""
    return [_SHAPE.build(row) for row in await tx.all(_ALL, {"instance": instance_id, "of": target})]


async def count_fixtures(tx: Tx, instance_id: str, target: str) -> int:
    """How many fixtures a target has."""
    row = await tx.one(_COUNT, {"instance": instance_id, "of": target})
    return 0 if row is None else int(row[0])


async def delete_fixture(tx: Tx, instance_id: str, target: str, fixture_id: str) -> bool:
    """Whether there was such a fixture of this target."""
    key = (
        claims_fixtures.c.instance_id == instance_id,
        claims_fixtures.c.target == target,
        claims_fixtures.c.id == fixture_id,
    )
    return await tx.run(delete(claims_fixtures).where(*key)) > 0
