"""What users change about themselves: names, username, primary identifications, unsafe metadata; and their end."""

from typing import Any

import msgspec

from claimsmith_server.core.errors import DELETE_SELF_FORBIDDEN, PARAM_MISSING, PARAM_UNKNOWN
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import Session, User
from claimsmith_server.services.account.access import hold_account, require_guardian, who_acts
from claimsmith_server.services.account.identifications import require_way_in
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.audit import record
from claimsmith_server.services.client_sessions import leave_session
from claimsmith_server.services.context import Service
from claimsmith_server.services.sign_ups.input import parse_metadata
from claimsmith_server.services.user_input import (
    METADATA_BYTES,
    Name,
    UpdateUser,
    primary_columns,
    profile_columns,
)
from claimsmith_server.store import sessions, users
from claimsmith_server.store.database import Tx

_NAMES = ("first_name", "last_name", "username")
_PRIMARIES = ("primary_email_address_id", "primary_phone_number_id")
_MANY = 1000


class UpdateProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `PATCH /v1/me`. Nothing else of a user is its own to change (case Z-004)."""

    first_name: Name | None = None
    """Absent: stays. Empty: none. So are the next two."""
    last_name: Name | None = None
    username: Name | None = None
    primary_email_address_id: str = ""
    primary_phone_number_id: str = ""
    unsafe_metadata: str = ""
    """A JSON object that replaces the old one, from SDKs before 2026-05-12."""


class MergeMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `PATCH /v1/me/metadata`."""

    unsafe_metadata: str = ""


async def update_profile(service: Service, acting: Acting, asked: UpdateProfile) -> User:
    """The user with what the form gives changed.

    Raises:
        ServiceError: `form_param_unknown` for a name that the instance does not have, `form_param_missing` for one that
            it asks everybody for, `form_param_value_invalid` for a primary identification that is not verified (case
            A-030), `last_identification_deletion_failed`, `impersonation_not_allowed`,
            `session_reverification_required`, `form_param_format_invalid`.
        UniqueViolation: the username is taken.
    """
    if _is_guarded(acting.user, asked):
        require_guardian(service, acting)
    columns = _read_names(acting.instance.settings.authentication, asked)
    if asked.unsafe_metadata:
        columns["unsafe_metadata"] = parse_metadata("unsafe_metadata", asked.unsafe_metadata)

    async def work(tx: Tx) -> User:
        before = await hold_account(service, tx, acting)
        changes = columns | primary_columns(_read_primaries(asked), before)
        after = msgspec.structs.replace(before, **changes)
        require_way_in(acting.instance, before, after, "username")
        await users.update_user(tx, before.instance_id, before.id, changes, now=service.clock.now())
        await _record(service, tx, acting, sorted(changes))
        return await hold_account(service, tx, acting)

    return await service.database.transact(work)


async def merge_metadata(service: Service, acting: Acting, asked: MergeMetadata) -> User:
    """The user with a patch merged into its unsafe metadata (RFC 7396), which is the only one that is its own.

    Raises:
        ServiceError: `form_param_missing`, `form_param_format_invalid`.
        TooLarge: the result is over 8 KB.
    """
    if not asked.unsafe_metadata:
        raise PARAM_MISSING(param_name="unsafe_metadata")
    patch = parse_metadata("unsafe_metadata", asked.unsafe_metadata)

    async def work(tx: Tx) -> User:
        user = await hold_account(service, tx, acting)
        patches: Any = {"unsafe_metadata": patch}
        now = service.clock.now()
        await users.merge_user_metadata(tx, user.instance_id, user.id, patches, now=now, limit=METADATA_BYTES)
        await _record(service, tx, acting, ["unsafe_metadata"])
        return await hold_account(service, tx, acting)

    return await service.database.transact(work)


async def delete_account(service: Service, acting: Acting) -> str | None:
    """The client's new token; the user is gone with all sessions, memberships and identifications.

    Raises:
        ServiceError: `user_delete_self_not_enabled`, `impersonation_not_allowed`, `session_reverification_required`.
    """
    require_guardian(service, acting)
    if not (acting.instance.settings.authentication.delete_self and acting.user.delete_self_enabled):
        raise DELETE_SELF_FORBIDDEN()

    async def work(tx: Tx) -> str | None:
        user = await hold_account(service, tx, acting)
        now = service.clock.now()
        elsewhere = await sessions.list_live_sessions(tx, user.instance_id, now=now, user_id=user.id, limit=_MANY)
        await users.delete_user(tx, user.instance_id, user.id)
        await record(service, tx, user.instance_id, "user.deleted", user.id, {}, actor=user.id)
        await _leave_elsewhere(service, tx, acting.session, list(elsewhere))
        return await leave_session(service, tx, acting.session, by_itself=True)

    return await service.database.transact(work)


def _is_guarded(user: User, asked: UpdateProfile) -> bool:
    """Whether the form changes what the user is found by: not for others, nor without a recent factor (A-031)."""
    changes_username = asked.username is not None and asked.username != (user.username or "")
    return changes_username or any(getattr(asked, name) not in {"", getattr(user, name)} for name in _PRIMARIES)


async def _leave_elsewhere(service: Service, tx: Tx, own: Session, ended: list[Session]) -> None:
    """Every other browser that had a session of the user; one that had several leaves once."""
    for session in {one.client_id: one for one in ended if one.client_id != own.client_id}.values():
        await leave_session(service, tx, session, by_itself=False)


async def _record(service: Service, tx: Tx, acting: Acting, changed: list[str]) -> None:
    told = {"changed": changed}
    await record(service, tx, acting.instance.id, "user.updated", acting.user.id, told, actor=who_acts(acting))


def _read_names(settings: AuthenticationSettings, asked: UpdateProfile) -> dict[str, Any]:
    given = {name: getattr(asked, name) for name in _NAMES if getattr(asked, name) is not None}
    for name, text in given.items():
        presence = getattr(settings, name)
        if presence == "off" and text:
            raise PARAM_UNKNOWN(param_name=name)
        if presence == "required" and not text.strip():
            raise PARAM_MISSING(param_name=name)
    return profile_columns(UpdateUser(**{name: text or None for name, text in given.items()}))


def _read_primaries(asked: UpdateProfile) -> UpdateUser:
    return UpdateUser(
        primary_email_address_id=asked.primary_email_address_id or None,
        primary_phone_number_id=asked.primary_phone_number_id or None,
    )
