"""An instance's config document: every setting of its owner, under compare-and-set (contract 3.3).

A section of the document is a struct of `core.instance_settings.SECTIONS`; `session` has one member more, `claims`, the
template of the session token. PATCH changes the members that it names, PUT needs every section and sets those that it
leaves out of one to their defaults; `claims` are always replaced as a whole, since a template is one text.
"""

from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.errors import (
    CONFIG_INCOMPLETE,
    CONFIG_VERSION_MISMATCH,
    PARAM_FORMAT_INVALID,
    PARAM_TYPE_INVALID,
    PARAM_UNKNOWN,
    PARAM_VALUE_INVALID,
    ServiceError,
)
from claimsmith_server.core.instance_settings import SECTIONS, InstanceSettings
from claimsmith_server.core.models import Instance, JsonObject
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.claims_text import require_compiled, require_fitting, warnings_out, write_claims
from claimsmith_server.services.context import Service
from claimsmith_server.services.instance_settings import require_consistent, store_settings
from claimsmith_server.store import session_claims
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import VersionConflict

SESSION = "session"
CLAIMS = "claims"
Document = dict[str, JsonObject]


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
    """The sections to answer; none: those that the document names."""
    reason: str | None = None
    author: str = SECRET_KEY_ACTOR


class _Checked(NamedTuple):
    """A document that may be stored."""

    document: Document
    settings: InstanceSettings
    claims: str
    warnings: list[dict[str, Any]]


async def load_config(service: Service, instance: Instance, keys: tuple[str, ...]) -> JsonObject:
    """`{"config_version", "session": {...}, "authentication": {...}, ...}`, or the sections that `keys` names."""
    _require_known(keys)
    document = await _load_document(service, instance)
    return {"config_version": str(instance.config_version)} | _only(document, keys or tuple(SECTIONS))


async def change_config(service: Service, instance: Instance, change: Change) -> JsonObject:
    """The outcome: `{"config_version", "dry_run"?, "before", "after", "warnings", "session"?, ...}`.

    Nothing is written when anything is refused, and nothing at all by a dry run, whose `config_version` stays.

    Raises:
        ServiceError: `config_version_mismatch`, `config_incomplete`, a problem of the claims, a refused value.
    """
    _require_known(change.keys)
    _require_version(instance, change.if_match)
    before = await _load_document(service, instance)
    checked = _check(_merge(before, change), instance.settings)
    await require_consistent(service.database, instance, checked.settings)
    version = instance.config_version
    if not change.dry_run:
        is_new = not _is_same(checked.document[SESSION][CLAIMS], before[SESSION][CLAIMS])
        version = await _write(service, instance, checked, change, claims=checked.claims if is_new else None)
    return _outcome(change, version, before, checked)


def config_schema(keys: tuple[str, ...]) -> JsonObject:
    """The JSON Schema of the document, or of the sections that `keys` names."""
    _require_known(keys)
    sections = {name: _section_schema(kind) for name, kind in SECTIONS.items()}
    claims = {"type": "object", "description": "The template of the session token's custom claims."}
    sections[SESSION]["properties"] = {CLAIMS: claims} | sections[SESSION]["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "claimsmith:instance-config",
        "type": "object",
        "properties": _only(sections, keys or tuple(SECTIONS)),
    }


def _section_schema(kind: type[msgspec.Struct]) -> JsonObject:
    schema: JsonObject = msgspec.json.schema(kind)["$defs"][kind.__name__]
    return schema


async def _load_document(service: Service, instance: Instance) -> Document:
    published = await session_claims.load_live_session_claims(service.database, instance.id)
    return _document(instance.settings, msgspec.json.decode(published.claims) if published else {})


def _document(settings: InstanceSettings, claims: JsonObject) -> Document:
    document: Document = {name: msgspec.to_builtins(getattr(settings, name)) for name in SECTIONS}
    document[SESSION] = {CLAIMS: claims} | document[SESSION]
    return document


def _merge(before: Document, change: Change) -> Document:
    """The document as the change wants it."""
    asked = {name: value for name, value in change.document.items() if name != "config_version"}
    unknown = sorted(set(asked) - set(SECTIONS))
    if unknown:
        raise PARAM_UNKNOWN(param_name=unknown[0][:128])
    missing = [name for name in SECTIONS if name not in asked]
    if change.replace and missing:
        problems = (CONFIG_INCOMPLETE(param_name=name) for name in missing)
        raise ServiceError(CONFIG_INCOMPLETE.status, tuple(item for problem in problems for item in problem.items))
    defaults = _document(InstanceSettings(), {})
    merged = {name: _merge_section(name, value, before[name], defaults[name], change) for name, value in asked.items()}
    return before | merged


def _merge_section(name: str, asked: Any, before: JsonObject, defaults: JsonObject, change: Change) -> JsonObject:
    """One section as the change wants it; `null` clears a member, with `destructive`."""
    if asked is None:
        asked = dict.fromkeys(defaults)
    if not isinstance(asked, dict):
        raise PARAM_TYPE_INVALID(param_name=name, problem="Expected `object`")
    after = dict(defaults if change.replace else before)
    for member, value in asked.items():
        after[member] = value if value is not None else _cleared(f"{name}.{member}", defaults.get(member), change)
    return after


def _cleared(name: str, default: Any, change: Change) -> Any:
    if default is not None and not change.destructive:
        expected = "a value; to clear it, send the query `destructive=true`"
        raise PARAM_VALUE_INVALID(param_name=name[:128], expected=expected)
    return default


def _check(document: Document, settings: InstanceSettings) -> _Checked:
    """The document with each member's type and the claims checked; `settings` has what no section holds."""
    claims = document[SESSION][CLAIMS]
    if not isinstance(claims, dict):
        raise PARAM_TYPE_INVALID(param_name=f"{SESSION}.{CLAIMS}", problem="Expected `object`")
    plain = document | {SESSION: {name: value for name, value in document[SESSION].items() if name != CLAIMS}}
    sections = {name: convert_object(plain[name], kind, name) for name, kind in SECTIONS.items()}
    settings = msgspec.structs.replace(settings, **sections)
    text = write_claims(claims)
    compilation = require_compiled(text, "session", settings.session.claims_version)
    require_fitting(compilation, settings.session.size_policy)
    return _Checked(_document(settings, claims), settings, text, warnings_out(compilation))


def _is_same(one: JsonObject, other: JsonObject) -> bool:
    """Whether two objects are the same text: Python's `==` takes `1` for `true` and does not see the order."""
    return msgspec.json.encode(one) == msgspec.json.encode(other)


async def _write(service: Service, instance: Instance, checked: _Checked, change: Change, *, claims: str | None) -> int:
    """The new config version; settings and claims are stored together or not at all."""

    async def work(tx: Tx) -> int:
        version = await store_settings(service, tx, instance, checked.settings, actor=change.author)
        return version if claims is None else await _publish(service, tx, instance, claims, version, change)

    if claims is None and checked.settings == instance.settings:
        return instance.config_version
    try:
        return await service.database.transact(work)
    except VersionConflict as conflict:  # it came between: the same for the caller as if it had come before
        raise CONFIG_VERSION_MISMATCH(expected=conflict.expected, current=conflict.actual) from conflict


async def _publish(service: Service, tx: Tx, instance: Instance, claims: str, version: int, change: Change) -> int:  # noqa: PLR0913, PLR0917 - what is published, where and by whom
    published = await session_claims.publish_session_claims(
        tx,
        instance.id,
        claims,
        reason=change.reason,
        created_by=change.author,
        expected_version=version,
        now=service.clock.now(),
    )
    told = {"version": published.version, "claims": sorted(msgspec.json.decode(claims))}
    await record(service, tx, instance.id, "session_claims.published", instance.id, told, actor=change.author)
    return version + 1


def _outcome(change: Change, version: int, before: Document, checked: _Checked) -> JsonObject:
    outcome: JsonObject = {"config_version": str(version)}
    if change.dry_run:
        outcome["dry_run"] = True
    keys = change.keys or tuple(name for name in SECTIONS if name in change.document)
    was, after = _only(before, keys), _only(checked.document, keys)
    return outcome | {"before": was, "after": after, "warnings": checked.warnings} | after


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
        if key not in SECTIONS:
            raise PARAM_VALUE_INVALID(param_name="keys", expected="one of " + ", ".join(SECTIONS))


def _only(document: Document, keys: tuple[str, ...]) -> Document:
    return {name: value for name, value in document.items() if name in keys}
