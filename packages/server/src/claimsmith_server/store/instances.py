"""Instances: one tenant each, with its settings and their version."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.core.models import Instance
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.errors import VersionConflict
from claimsmith_server.store.rows import Shape, encode_json
from claimsmith_server.store.schema import instances

_SHAPE = Shape(Instance, instances)
_INSERT = insert(instances)
_ALL = select(*_SHAPE.columns).order_by(instances.c.created_at, instances.c.id)
_BY_ID = select(*_SHAPE.columns).where(instances.c.id == bindparam("id", required=False))
_BY_SLUG = select(*_SHAPE.columns).where(instances.c.slug == bindparam("slug", required=False))
_FIRST = _ALL.limit(1)
_DELETE = delete(instances).where(instances.c.id == bindparam("id", required=False))


async def insert_instance(tx: Tx, instance: Instance) -> None:
    """Nothing; the instance is stored.

    Raises:
        UniqueViolation: its slug (or id) is taken.
    """
    await tx.run(_INSERT, _SHAPE.values(instance))


async def load_instance(tx: Tx, instance_id: str) -> Instance | None:
    """The instance with this id."""
    row = await tx.one(_BY_ID, {"id": instance_id})
    return None if row is None else _SHAPE.build(row)


async def load_instance_by_slug(tx: Tx, slug: str) -> Instance | None:
    """The instance with this slug."""
    row = await tx.one(_BY_SLUG, {"slug": slug})
    return None if row is None else _SHAPE.build(row)


async def load_first_instance(tx: Tx) -> Instance | None:
    """The oldest instance: the only one of a development server."""
    row = await tx.one(_FIRST)
    return None if row is None else _SHAPE.build(row)


async def list_instances(tx: Tx) -> Sequence[Instance]:
    """All instances, oldest first."""
    return [_SHAPE.build(row) for row in await tx.all(_ALL)]


async def update_settings(
    tx: Tx, instance_id: str, settings: InstanceSettings, *, expected_version: int, now: int
) -> Instance:
    """The instance with new settings and the next `config_version`.

    Raises:
        VersionConflict: its version is not `expected_version` (or it does not exist); nothing is written.
    """
    return await raise_version(
        tx,
        instance_id,
        expected_version=expected_version,
        now=now,
        changes={"settings": encode_json(settings, "settings")},
    )


async def raise_version(
    tx: Tx, instance_id: str, *, expected_version: int, now: int, changes: dict[str, object]
) -> Instance:
    """The instance with columns changed and the next `config_version`: the compare-and-set of all configuration.

    Raises:
        VersionConflict: as in `update_settings`.
    """

    async def work(inner: Tx) -> Instance:
        statement = (
            update(instances)
            .where(instances.c.id == instance_id, instances.c.config_version == expected_version)
            .values(
                config_version=expected_version + 1,
                updated_at=now,
                **changes,
            )
            .returning(*_SHAPE.columns)
        )
        row = await inner.one(statement)
        if row is None:
            found = await load_instance(inner, instance_id)
            raise VersionConflict(expected_version, None if found is None else found.config_version)
        return _SHAPE.build(row)

    return await within(tx, work)


async def delete_instance(tx: Tx, instance_id: str) -> bool:
    """Whether there was such an instance; all that belonged to it is gone, but for its audit log."""
    return await tx.run(_DELETE, {"id": instance_id}) > 0
