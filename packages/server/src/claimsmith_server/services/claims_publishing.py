"""Claims on their way from a draft to live: checked, tested, and published unless somebody else was first."""

from typing import Annotated

import msgspec

from claimsmith_server.core.claims import Template
from claimsmith_server.core.errors import (
    CLAIMS_CONFLICT,
    CONFIG_VERSION_MISMATCH,
    FIXTURES_FAILED,
    RESOURCE_NOT_FOUND,
    ServiceError,
)
from claimsmith_server.core.models import Instance
from claimsmith_server.services.claims_drafts import load_draft
from claimsmith_server.services.claims_fixtures import run_fixtures
from claimsmith_server.services.claims_targets import SESSION, Target, load_target
from claimsmith_server.services.claims_text import require_compiled
from claimsmith_server.services.config import Change, change_config
from claimsmith_server.services.context import Service
from claimsmith_server.services.jwt_templates import WriteJwtTemplate, update_jwt_template
from claimsmith_server.store import claims_drafts, instances, session_claims
from claimsmith_server.store.errors import VersionConflict

_ATTEMPTS = 8
_MOST_NAMES = 5


class PublishClaims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the publish route."""

    text: Annotated[str, msgspec.Meta(max_length=131_072)]
    base_version: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    """The live version that the text was made from."""
    reason: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class Published(msgspec.Struct, frozen=True):
    """What is live now."""

    version: int
    config_version: int


async def publish_claims(
    service: Service, instance: Instance, target_id: str, asked: PublishClaims, *, author: str
) -> Published:
    """The version that is live now; claims that are live already make no new one. The author's draft is done with.

    A change of other settings meanwhile is no conflict: the write is tried again on top of it.

    Raises:
        ServiceError: the text's errors, `fixtures_failed`, or `claims_conflict` with what is live in `meta`.
    """
    target = await load_target(service, instance, target_id)
    compilation = require_compiled(asked.text, target.audience, target.claims_version)
    assert compilation.template is not None  # noqa: S101 - it has no errors
    await _require_green(service, instance, target, compilation.template)
    if target.template is None:
        published = await _publish_session_claims(service, instance, asked, author)
    else:
        published = await _publish_template(service, instance, target, asked, author)
    await _forget_draft(service, instance, target.id, asked.text, author)
    return published


async def _require_green(service: Service, instance: Instance, target: Target, template: Template) -> None:
    red = [one for one in await run_fixtures(service, instance, target.id, template) if not one.passed]
    if red:
        names = ", ".join(f"`{one.name[:60]}`" for one in red[:_MOST_NAMES])
        raise FIXTURES_FAILED(count=len(red), names=names, meta={"fixtures": msgspec.to_builtins(red)})


async def _publish_session_claims(service: Service, instance: Instance, asked: PublishClaims, author: str) -> Published:
    change = Change(
        document={SESSION: {"claims": msgspec.json.decode(asked.text)}},
        reason=(asked.reason or "").strip() or None,
        author=author,
    )
    for _ in range(_ATTEMPTS):
        current = await instances.load_instance(service.database, instance.id)
        if current is None:
            raise RESOURCE_NOT_FOUND(resource="instance", by="id", id=instance.id)
        if current.session_claims_version != asked.base_version:
            raise await _conflict_of_session_claims(service, current, asked)
        try:
            await change_config(service, current, change)
        except ServiceError as refusal:
            if refusal.items[0].code != CONFIG_VERSION_MISMATCH.code:
                raise
            continue  # either other settings were changed, or these claims: the next look tells
        now = await instances.load_instance(service.database, instance.id)
        live = now or current
        return Published(live.session_claims_version, live.config_version)
    raise VersionConflict(instance.config_version, None)


async def _conflict_of_session_claims(service: Service, current: Instance, asked: PublishClaims) -> ServiceError:
    live = await session_claims.load_live_session_claims(service.database, current.id)
    return CLAIMS_CONFLICT(
        expected=asked.base_version,
        current=current.session_claims_version,
        meta={
            "live_text": live.claims if live else "{}",
            "live_version": live.version if live else 0,
            "author": live.created_by if live else None,
            "reason": live.reason if live else None,
            "created_at": live.created_at if live else None,
        },
    )


async def _publish_template(
    service: Service, instance: Instance, target: Target, asked: PublishClaims, author: str
) -> Published:
    change = WriteJwtTemplate(name=target.title, claims=msgspec.json.decode(asked.text))
    try:
        changed = await update_jwt_template(
            service, instance, target.id, change, expected_version=asked.base_version, author=author
        )
    except VersionConflict as conflict:
        live = await load_target(service, instance, target.id)
        raise CLAIMS_CONFLICT(
            expected=asked.base_version,
            current=live.version,
            meta={
                "live_text": live.text,
                "live_version": live.version,
                "author": None,
                "reason": None,
                "created_at": live.template.updated_at if live.template else None,
            },
        ) from conflict
    return Published(changed.version, instance.config_version)


async def _forget_draft(service: Service, instance: Instance, target: str, text: str, author: str) -> None:
    """Somebody else's draft with another text stays: it is work that was not published."""
    draft = await load_draft(service, instance, target)
    if draft is not None and (draft.created_by == author or draft.claims == text):
        await claims_drafts.delete_draft(service.database, instance.id, target, seen=draft)
