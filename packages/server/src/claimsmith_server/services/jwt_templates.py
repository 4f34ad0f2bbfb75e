"""JWT templates: five operations; a template that can't be compiled is never stored."""

import re
from typing import Annotated, Any, NoReturn

import msgspec

from claimsmith_server.core import jose
from claimsmith_server.core.errors import (
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
)
from claimsmith_server.core.models import Instance, JsonObject, JwtTemplate
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.claims_text import require_compiled, write_claims
from claimsmith_server.services.context import Service
from claimsmith_server.services.paging import Limit, Offset
from claimsmith_server.store import jwt_templates
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import VersionConflict

DEFAULT_LIFETIME_SECONDS = 60
DEFAULT_CLOCK_SKEW_SECONDS = 5

INSTANCE_ALGORITHM = "RS256"
"""What a template without a key of its own says; the instance's key is RSA unless its owner chose otherwise."""

_NAME = re.compile(r"[A-Za-z0-9 ._-]+")
TemplateName = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class WriteJwtTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of POST and PATCH (contract 3.1)."""

    name: TemplateName
    claims: JsonObject
    lifetime: Annotated[int, msgspec.Meta(ge=30, le=315_360_000)] | None = None
    allowed_clock_skew: Annotated[int, msgspec.Meta(ge=0, le=300)] | None = None
    custom_signing_key: bool | None = None
    signing_algorithm: str | None = None
    signing_key: Annotated[str, msgspec.Meta(max_length=16_384)] | None = None


class JwtTemplateQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of `GET /v1/jwt_templates`."""

    paginated: bool = False
    limit: Limit = 10
    offset: Offset = 0


async def list_jwt_templates(
    service: Service, instance: Instance, query: JwtTemplateQuery
) -> tuple[list[JwtTemplate], int]:
    """A page of templates, newest first, and how many there are."""
    found = await jwt_templates.list_jwt_templates(
        service.database, instance.id, limit=query.limit, offset=query.offset
    )
    return list(found), await jwt_templates.count_jwt_templates(service.database, instance.id)


async def load_jwt_template(service: Service, instance: Instance, template_id: str) -> JwtTemplate:
    """One template.

    Raises:
        ServiceError: `resource_not_found`.
    """
    template = await jwt_templates.load_jwt_template(service.database, instance.id, template_id)
    if template is None:
        raise RESOURCE_NOT_FOUND(resource="JWT template", by="id", id=template_id[:64])
    return template


async def create_jwt_template(
    service: Service, instance: Instance, asked: WriteJwtTemplate, *, author: str = SECRET_KEY_ACTOR
) -> JwtTemplate:
    """A new template.

    Raises:
        ServiceError: the claims have errors, a value is refused, or the name is taken.
    """
    now = service.clock.now()
    template_id = service.make_id("jtmp")
    template = JwtTemplate(
        id=template_id,
        instance_id=instance.id,
        created_at=now,
        updated_at=now,
        **_columns(service, instance, template_id, asked, None),
    )

    async def work(tx: Tx) -> None:
        await jwt_templates.insert_jwt_template(tx, template)
        told = {"name": template.name}
        await record(service, tx, instance.id, "jwt_template.created", template.id, told, actor=author)

    await service.database.transact(work)
    return template


async def update_jwt_template(  # noqa: PLR0913 - a change, and by whom upon what
    service: Service,
    instance: Instance,
    template_id: str,
    asked: WriteJwtTemplate,
    *,
    expected_version: int | None = None,
    author: str = SECRET_KEY_ACTOR,
) -> JwtTemplate:
    """The template as the body says; lifetime, skew and signing stay when absent.

    Raises:
        ServiceError: the claims have errors, a value is refused, the name is taken, or there is no such template.
        VersionConflict: the template is not at `expected_version` (any more); nothing is written.
    """
    now = service.clock.now()
    before = await load_jwt_template(service, instance, template_id)
    columns = _columns(service, instance, template_id, asked, before)

    async def work(tx: Tx) -> None:
        changed = await jwt_templates.update_jwt_template(
            tx, instance.id, template_id, columns, now=now, expected_version=expected_version
        )
        if changed is None:
            await _refuse_change(tx, instance, template_id, expected_version)
        told = {"name": asked.name}
        await record(service, tx, instance.id, "jwt_template.updated", template_id, told, actor=author)

    await service.database.transact(work)
    return await load_jwt_template(service, instance, template_id)


async def delete_jwt_template(
    service: Service, instance: Instance, template_id: str, *, author: str = SECRET_KEY_ACTOR
) -> None:
    """The template is gone.

    Raises:
        ServiceError: `resource_not_found`.
    """

    async def work(tx: Tx) -> None:
        if not await jwt_templates.delete_jwt_template(tx, instance.id, template_id):
            raise RESOURCE_NOT_FOUND(resource="JWT template", by="id", id=template_id[:64])
        await record(service, tx, instance.id, "jwt_template.deleted", template_id, {}, actor=author)

    await service.database.transact(work)


async def _refuse_change(tx: Tx, instance: Instance, template_id: str, expected_version: int | None) -> NoReturn:
    found = await jwt_templates.load_jwt_template(tx, instance.id, template_id)
    if found is None or expected_version is None:
        raise RESOURCE_NOT_FOUND(resource="JWT template", by="id", id=template_id[:64])
    raise VersionConflict(expected_version, found.version)


def open_template_signer(service: Service, template: JwtTemplate) -> jose.Signer | None:
    """The signer of a template's own key; `None` when it signs with the instance's."""
    if template.sealed_signing_key is None:
        return None
    secret = service.keys.unseal(template.sealed_signing_key, _associated(template.instance_id, template.id))
    return jose.load_template_signer(secret.decode(), template.signing_algorithm)


def _columns(
    service: Service, instance: Instance, template_id: str, asked: WriteJwtTemplate, before: JwtTemplate | None
) -> dict[str, Any]:
    if not _NAME.fullmatch(asked.name):
        raise PARAM_FORMAT_INVALID(param_name="name", expected="letters, digits, spaces, `.`, `_` or `-`")
    text = write_claims(asked.claims)
    require_compiled(text, "jwt_template")
    skew = asked.allowed_clock_skew
    return {
        "name": asked.name,
        "claims": text,
        "lifetime": asked.lifetime or (before.lifetime if before else DEFAULT_LIFETIME_SECONDS),
        "allowed_clock_skew": skew if skew is not None else _kept_skew(before),
        **_signing_columns(service, instance, template_id, asked, before),
    }


def _kept_skew(before: JwtTemplate | None) -> int:
    return before.allowed_clock_skew if before else DEFAULT_CLOCK_SKEW_SECONDS


def _signing_columns(
    service: Service, instance: Instance, template_id: str, asked: WriteJwtTemplate, before: JwtTemplate | None
) -> dict[str, Any]:
    """A template signs with the instance's key, or with one of its own, which is sealed and never told."""
    custom = asked.custom_signing_key
    if custom is None:
        custom = asked.signing_key is not None or bool(before and before.custom_signing_key)
    if not custom:
        return {"custom_signing_key": False, "signing_algorithm": INSTANCE_ALGORITHM, "sealed_signing_key": None}
    algorithm = asked.signing_algorithm or (before.signing_algorithm if before else INSTANCE_ALGORITHM)
    if algorithm not in jose.TEMPLATE_ALGORITHMS:
        raise PARAM_VALUE_INVALID(
            param_name="signing_algorithm", expected="one of " + ", ".join(jose.TEMPLATE_ALGORITHMS)
        )
    sealed = _seal_key(service, instance, template_id, asked.signing_key, algorithm)
    if sealed is None and before is not None and before.signing_algorithm == algorithm:
        sealed = before.sealed_signing_key
    if sealed is None:
        raise PARAM_MISSING(param_name="signing_key")
    return {"custom_signing_key": True, "signing_algorithm": algorithm, "sealed_signing_key": sealed}


def _seal_key(service: Service, instance: Instance, template_id: str, key: str | None, algorithm: str) -> bytes | None:
    if key is None:
        return None
    try:
        jose.load_template_signer(key, algorithm)
    except jose.KeyRefused as refused:
        raise PARAM_VALUE_INVALID(param_name="signing_key", expected=f"a key for {algorithm}: {refused}") from refused
    return service.keys.seal(key.encode(), _associated(instance.id, template_id))


def _associated(instance_id: str, template_id: str) -> str:
    return f"jwt_template:{instance_id}:{template_id}"
