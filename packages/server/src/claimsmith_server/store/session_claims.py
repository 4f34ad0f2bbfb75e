"""Session claims: versions, of which the highest is live."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, insert, literal, select

from claimsmith_server.core.models import SessionClaims
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.instances import raise_version
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import instances, session_claims

_SHAPE = Shape(SessionClaims, session_claims)
_INSERT = insert(session_claims)
_BY_VERSION = select(*_SHAPE.columns).where(
    session_claims.c.instance_id == bindparam("instance", required=False),
    session_claims.c.version == bindparam("version", required=False),
)
_LIVE = (
    select(*_SHAPE.columns)
    .join(instances, instances.c.id == session_claims.c.instance_id)
    .where(
        instances.c.id == bindparam("instance", required=False),
        session_claims.c.version == instances.c.session_claims_version,
    )
)
_VERSION = select(instances.c.session_claims_version).where(instances.c.id == bindparam("instance", required=False))


async def load_session_claims(tx: Tx, instance_id: str, version: int) -> SessionClaims | None:
    """One version; versions never change, so it may be kept."""
    row = await tx.one(_BY_VERSION, {"instance": instance_id, "version": version})
    return None if row is None else _SHAPE.build(row)


async def load_live_session_claims(tx: Tx, instance_id: str) -> SessionClaims | None:
    """The live version; None when none was published."""
    row = await tx.one(_LIVE, {"instance": instance_id})
    return None if row is None else _SHAPE.build(row)


async def publish_session_claims(  # noqa: PLR0913 - the fields of one row
    tx: Tx, instance_id: str, claims: str, *, reason: str | None, created_by: str, expected_version: int, now: int
) -> SessionClaims:
    """The next version, live from now on; `config_version` goes from `expected_version` to the next in the same step.

    Raises:
        VersionConflict: the configuration was changed since; nothing is written.
    """

    async def work(inner: Tx) -> SessionClaims:
        row = await inner.one(_VERSION, {"instance": instance_id})
        version = 1 if row is None else int(row[0]) + 1
        await raise_version(
            inner,
            instance_id,
            expected_version=expected_version,
            now=now,
            changes={"session_claims_version": version},
        )
        published = SessionClaims(
            instance_id=instance_id,
            version=version,
            claims=claims,
            reason=reason,
            created_by=created_by,
            created_at=now,
        )
        await inner.run(_INSERT, _SHAPE.values(published))
        return published

    return await within(tx, work)


async def list_session_claims(tx: Tx, instance_id: str, *, limit: int = 10, offset: int = 0) -> Sequence[SessionClaims]:
    """A page of versions, newest first."""
    statement = (
        select(*_SHAPE.columns)
        .where(session_claims.c.instance_id == instance_id)
        .order_by(session_claims.c.version.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]
