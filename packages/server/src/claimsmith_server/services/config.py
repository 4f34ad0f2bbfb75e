"""An instance's config document: session claims and session settings, under compare-and-set (contract 3.3).

The document has one section, `session`: its `claims` are the template of the session token, its other members are
`SessionSettings`. PATCH changes the members that it names, PUT the whole section; `claims` are always replaced as a
whole, since a template is one text.
"""

from typing import Any

import msgspec

from claimsmith_server.core.claims import Compilation
from claimsmith_server.core.errors import (
    CONFIG_INCOMPLETE,
    CONFIG_VERSION_MISMATCH,
    PARAM_FORMAT_INVALID,
    PARAM_TYPE_INVALID,
    PARAM_UNKNOWN,
    PARAM_VALUE_INVALID,
)
from claimsmith_server.core.models import Instance, JsonObject, SessionSettings
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.claims_text import require_compiled, require_fitting, warnings_out, write_claims
from claimsmith_server.services.context import Service
from claimsmith_server.store import instances, session_claims
from claimsmith_server.store.database import Tx

SECTION = "session"
CLAIMS = "claims"


class ConfigQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of the config routes."""

    keys: tuple[str, ...] = ()
    dry_run: bool = False
    destructive: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change that a caller asks for."""

    document: JsonObject
    if_match: str | None = None
    """The `config_version` that the caller read; `None`: whichever there is."""
    replace: bool = False
    destructive: bool = False
    dry_run: bool = False
    keys: tuple[str, ...] = ()
    reason: str | None = None
    author: str = SECRET_KEY_ACTOR


async def load_config(service: Service, instance: Instance, keys: tuple[str, ...]) -> JsonObject:
    """`{"config_version", "session": {...}}`, or the sections that `keys` names."""
    _require_known(keys)
    document = {SECTION: await _load_section(service, instance)}
    return {"config_version": str(instance.config_version)} | _only(document, keys)


async def change_config(service: Service, instance: Instance, change: Change) -> JsonObject:
    """The outcome: `{"config_version", "dry_run"?, "before", "after", "warnings", "session"}`.

    Nothing is written when anything is refused, and nothing at all by a dry run, whose `config_version` stays.

    Raises:
        ServiceError: `config_version_mismatch`, a problem of the claims, a refused value.
        VersionConflict: somebody else's change came between.
    """
    _require_known(change.keys)
    _require_version(instance, change.if_match)
    before = await _load_section(service, instance)
    after = _merge(before, change)
    settings = convert_object({name: after[name] for name in after if name != CLAIMS}, SessionSettings, SECTION)
    text = write_claims(after[CLAIMS])
    compilation = require_compiled(text, "session", settings.claims_version)
    require_fitting(compilation, settings.size_policy)
    after = _section(settings, after[CLAIMS])
    version = instance.config_version
    if not change.dry_run and not _is_same(after, before):
        claims = None if _is_same(after[CLAIMS], before[CLAIMS]) else text
        version = await _write(service, instance, settings, claims, change)
    return _outcome(change, version, before, after, compilation)


def config_schema(keys: tuple[str, ...]) -> JsonObject:
    """The JSON Schema of the document, or of the sections that `keys` names."""
    _require_known(keys)
    section = msgspec.json.schema(SessionSettings)
    fields = section["$defs"]["SessionSettings"]
    claims = {"type": "object", "description": "The template of the session token's custom claims."}
    fields["properties"] = {CLAIMS: claims} | fields["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "claimsmith:instance-config",
        "type": "object",
        "properties": _only({SECTION: fields}, keys),
    }


async def _load_section(service: Service, instance: Instance) -> JsonObject:
    published = await session_claims.load_live_session_claims(service.database, instance.id)
    return _section(instance.settings.session, msgspec.json.decode(published.claims) if published else {})


def _section(settings: SessionSettings, claims: JsonObject) -> JsonObject:
    told: JsonObject = msgspec.to_builtins(settings)
    return {CLAIMS: claims} | told


def _merge(before: JsonObject, change: Change) -> JsonObject:
    """The section as the change wants it; `null` clears a member, with `destructive`."""
    unknown = sorted(set(change.document) - {SECTION, "config_version"})
    if unknown:
        raise PARAM_UNKNOWN(param_name=unknown[0][:128])
    if SECTION not in change.document:
        if change.replace:
            raise CONFIG_INCOMPLETE(param_name=SECTION)
        return before
    defaults = _section(SessionSettings(), {})
    asked = change.document[SECTION]
    if asked is None:
        asked = dict.fromkeys(defaults)
    if not isinstance(asked, dict):
        raise PARAM_TYPE_INVALID(param_name=SECTION, problem="Expected `object`")
    after = dict(defaults if change.replace else before)
    for name, value in asked.items():
        after[name] = value if value is not None else _cleared(name, defaults, change)
    if not isinstance(after[CLAIMS], dict):
        raise PARAM_TYPE_INVALID(param_name=f"{SECTION}.{CLAIMS}", problem="Expected `object`")
    return after


def _is_same(one: JsonObject, other: JsonObject) -> bool:
    """Whether two objects are the same text: Python's `==` takes `1` for `true` and does not see the order."""
    return msgspec.json.encode(one) == msgspec.json.encode(other)


def _cleared(name: str, defaults: JsonObject, change: Change) -> Any:
    default = defaults.get(name)
    if default is not None and not change.destructive:
        raise PARAM_VALUE_INVALID(
            param_name=f"{SECTION}.{name}"[:128], expected="a value; to clear it, send the query `destructive=true`"
        )
    return default


async def _write(
    service: Service, instance: Instance, settings: SessionSettings, claims: str | None, change: Change
) -> int:
    """The new config version; settings and claims are stored together or not at all."""
    now = service.clock.now()

    async def work(tx: Tx) -> int:
        version = instance.config_version
        if settings != instance.settings.session:
            changed = msgspec.structs.replace(instance.settings, session=settings)
            stored = await instances.update_settings(tx, instance.id, changed, expected_version=version, now=now)
            version = stored.config_version
        if claims is not None:
            published = await session_claims.publish_session_claims(
                tx,
                instance.id,
                claims,
                reason=change.reason,
                created_by=change.author,
                expected_version=version,
                now=now,
            )
            version += 1
            told = {"version": published.version, "claims": sorted(msgspec.json.decode(claims))}
            await record(service, tx, instance.id, "session_claims.published", instance.id, told, actor=change.author)
        else:
            await record(service, tx, instance.id, "instance.updated", instance.id, {}, actor=change.author)
        return version

    return await service.database.transact(work)


def _outcome(
    change: Change, version: int, before: JsonObject, after: JsonObject, compilation: Compilation
) -> JsonObject:
    outcome: JsonObject = {"config_version": str(version)}
    if change.dry_run:
        outcome["dry_run"] = True
    outcome |= {"before": {SECTION: before}, "after": {SECTION: after}, "warnings": warnings_out(compilation)}
    return outcome | _only({SECTION: after}, change.keys)


def _require_version(instance: Instance, if_match: str | None) -> None:
    if if_match is None or if_match.strip() == "*":
        return
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - digits of 64 bits
        raise PARAM_FORMAT_INVALID(param_name="If-Match", expected="the `config_version` of an earlier answer")
    if int(text) != instance.config_version:
        raise CONFIG_VERSION_MISMATCH(expected=text, current=instance.config_version, param_name="If-Match")


def _require_known(keys: tuple[str, ...]) -> None:
    for key in keys:
        if key != SECTION:
            raise PARAM_VALUE_INVALID(param_name="keys", expected=f"`{SECTION}`, the only section there is")


def _only(document: JsonObject, keys: tuple[str, ...]) -> JsonObject:
    return {name: value for name, value in document.items() if not keys or name in keys}
