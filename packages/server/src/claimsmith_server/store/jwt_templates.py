"""JWT templates: five operations, and the load by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, func, insert, literal, select, update

from claimsmith_server.core.models import JwtTemplate
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import jwt_templates

_SHAPE = Shape(JwtTemplate, jwt_templates)
_INSERT = insert(jwt_templates)
_OF_INSTANCE = select(*_SHAPE.columns).where(jwt_templates.c.instance_id == bindparam("instance", required=False))
_BY_ID = _OF_INSTANCE.where(jwt_templates.c.id == bindparam("id", required=False))
_BY_NAME = _OF_INSTANCE.where(jwt_templates.c.name == bindparam("name", required=False))
_CHANGEABLE = frozenset(_SHAPE.names) - {"id", "instance_id", "created_at", "updated_at", "version"}


async def insert_jwt_template(tx: Tx, template: JwtTemplate) -> None:
    """Nothing; the template is stored.

    Raises:
        UniqueViolation: its name is taken.
    """
    await tx.run(_INSERT, _SHAPE.values(template))


async def load_jwt_template(tx: Tx, instance_id: str, template_id: str) -> JwtTemplate | None:
    """The template with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": template_id})
    return None if row is None else _SHAPE.build(row)


async def load_jwt_template_by_name(tx: Tx, instance_id: str, name: str) -> JwtTemplate | None:
    """The template with this name."""
    row = await tx.one(_BY_NAME, {"instance": instance_id, "name": name})
    return None if row is None else _SHAPE.build(row)


async def list_jwt_templates(
    tx: Tx, instance_id: str, *, limit: int | None = None, offset: int = 0
) -> Sequence[JwtTemplate]:
    """Templates, newest first; all of them without a limit."""
    statement = (
        select(*_SHAPE.columns)
        .where(jwt_templates.c.instance_id == instance_id)
        .order_by(jwt_templates.c.created_at.desc(), jwt_templates.c.id.desc())
        .limit(literal(2**31 - 1 if limit is None else limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]


async def count_jwt_templates(tx: Tx, instance_id: str) -> int:
    """How many templates the instance has."""
    row = await tx.one(
        select(func.count()).select_from(jwt_templates).where(jwt_templates.c.instance_id == instance_id)
    )
    return 0 if row is None else int(row[0])


async def update_jwt_template(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    template_id: str,
    changes: Mapping[str, Any],
    *,
    now: int,
    expected_version: int | None = None,
) -> JwtTemplate | None:
    """The template with fields changed and the next `version`; None also when it is not at `expected_version`.

    Raises:
        KeyError: a field that can't be changed.
        UniqueViolation: its new name is taken.
    """
    if not _CHANGEABLE.issuperset(changes):
        raise KeyError(*sorted(set(changes) - _CHANGEABLE))
    statement = (
        update(jwt_templates)
        .where(jwt_templates.c.instance_id == instance_id, jwt_templates.c.id == template_id)
        .values(**_SHAPE.encode(changes), updated_at=now, version=jwt_templates.c.version + 1)
        .returning(*_SHAPE.columns)
    )
    if expected_version is not None:
        statement = statement.where(jwt_templates.c.version == expected_version)
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def delete_jwt_template(tx: Tx, instance_id: str, template_id: str) -> bool:
    """Whether there was such a template."""
    key = (jwt_templates.c.instance_id == instance_id, jwt_templates.c.id == template_id)
    return await tx.run(delete(jwt_templates).where(*key)) > 0
