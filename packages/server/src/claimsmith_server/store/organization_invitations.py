"""Invitations to organizations, each accepted at most once.

A pending invitation whose time is over counts as expired everywhere; the row says so from the next change on.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, insert, literal, or_, select, update

from claimsmith_server.core.models import InvitationStatus, Organization, OrganizationInvitation, Role
from claimsmith_server.core.organizations import (
    INVITATION_TRANSITIONS,
    InvitationEvent,
    invitation_status_at,
    next_invitation_status,
)
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import organization_invitations as invitations
from claimsmith_server.store.schema import organizations, roles
from claimsmith_server.store.user_filters import normalise

InvitationRow = tuple[OrganizationInvitation, Organization, Role]
"""An invitation, what it is to, and as what."""

_SHAPE = Shape(OrganizationInvitation, invitations)
_ORGANIZATION = Shape(Organization, organizations, without=("members_count", "pending_invitations_count"))
_ROLE = Shape(Role, roles)
_INSERT = insert(invitations)
_OF_INSTANCE = select(*_SHAPE.columns).where(invitations.c.instance_id == bindparam("instance", required=False))
_BY_ID = _OF_INSTANCE.where(invitations.c.id == bindparam("id", required=False))
_BY_TOKEN = _OF_INSTANCE.where(invitations.c.token_hash == bindparam("hash", required=False))
_JOINED = (
    select(*_SHAPE.columns, *_ORGANIZATION.columns, *_ROLE.columns)
    .join(
        organizations,
        and_(
            organizations.c.instance_id == invitations.c.instance_id,
            organizations.c.id == invitations.c.organization_id,
        ),
    )
    .join(roles, and_(roles.c.instance_id == invitations.c.instance_id, roles.c.key == invitations.c.role))
)
_FIRST_STATUS: InvitationStatus = "pending"


class InvitationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which invitations; what is left empty does not narrow."""

    organization_id: str | None = None
    email_address: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    """Those that no invitation has find none."""


async def insert_invitation(tx: Tx, invitation: OrganizationInvitation) -> None:
    """Nothing; the invitation is stored.

    Raises:
        UniqueViolation: one is pending for this address and organization.
        ForeignKeyViolation: organization or role are not of this instance.
    """
    normal = {"normal_email_address": normalise(invitation.email_address)}
    await tx.run(_INSERT, {**_SHAPE.values(invitation), **normal})


async def load_invitation(tx: Tx, instance_id: str, invitation_id: str, *, now: int) -> OrganizationInvitation | None:
    """The invitation with this id, its status as it is at `now`."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": invitation_id})
    return None if row is None else _build(row, now)


async def load_joined_invitation(
    tx: Tx, instance_id: str, organization_id: str, invitation_id: str, *, now: int
) -> InvitationRow | None:
    """The organization's invitation with this id, with organization and role."""
    which = InvitationFilter(organization_id=organization_id)
    statement = _narrow(_JOINED, instance_id, which, now).where(invitations.c.id == invitation_id)
    row = await tx.one(statement)
    return None if row is None else _build_joined(row, now)


async def load_invitation_by_token(
    tx: Tx, instance_id: str, token_hash: bytes, *, now: int
) -> OrganizationInvitation | None:
    """The invitation whose ticket has this SHA-256, its status as it is at `now`."""
    row = await tx.one(_BY_TOKEN, {"instance": instance_id, "hash": token_hash})
    return None if row is None else _build(row, now)


async def list_invitations(  # noqa: PLR0913 - the parameters of one page
    tx: Tx, instance_id: str, which: InvitationFilter, *, now: int, limit: int = 10, offset: int = 0
) -> Sequence[InvitationRow]:
    """A page of invitations, newest first, each with its organization and role."""
    statement = (
        _narrow(_JOINED, instance_id, which, now)
        .order_by(invitations.c.created_at.desc(), invitations.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_build_joined(row, now) for row in await tx.all(statement)]


async def count_invitations(tx: Tx, instance_id: str, which: InvitationFilter, *, now: int) -> int:
    """How many invitations there are."""
    row = await tx.one(_narrow(select(func.count()).select_from(invitations), instance_id, which, now))
    return 0 if row is None else int(row[0])


async def find_invited(
    tx: Tx, instance_id: str, organization_id: str, email_addresses: Sequence[str], *, now: int
) -> set[str]:
    """Those of the addresses, as they are compared, that have a pending invitation to the organization."""
    which = InvitationFilter(
        organization_id=organization_id, email_address=tuple(email_addresses), status=(_FIRST_STATUS,)
    )
    rows = await tx.all(_narrow(select(invitations.c.normal_email_address), instance_id, which, now))
    return {str(row[0]) for row in rows}


async def change_invitation(
    tx: Tx, instance_id: str, invitation_id: str, event: InvitationEvent, *, now: int
) -> OrganizationInvitation | None:
    """The invitation after an event; `None` when that can't happen to it (any more), so one of all that race gets it.

    An invitation is accepted and revoked only before it expires (cases A-002, A-027).
    """
    before = [status for status, happens in INVITATION_TRANSITIONS if happens == event]
    after = next_invitation_status(before[0], event)
    statement = (
        update(invitations)
        .where(
            invitations.c.instance_id == instance_id,
            invitations.c.id == invitation_id,
            invitations.c.status.in_(before),
            invitations.c.expire_at > now,
        )
        .values(status=after, updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _build(row, now)


async def expire_invitations(tx: Tx, instance_id: str, organization_id: str, *, now: int) -> int:
    """How many of the organization's invitations ran out of time since; their addresses can be invited again."""
    statement = (
        update(invitations)
        .where(
            invitations.c.instance_id == instance_id,
            invitations.c.organization_id == organization_id,
            invitations.c.status == _FIRST_STATUS,
            invitations.c.expire_at <= now,
        )
        .values(status=next_invitation_status(_FIRST_STATUS, "expire"), updated_at=now)
    )
    return await tx.run(statement)


def _narrow(statement: Select[Any], instance_id: str, which: InvitationFilter, now: int) -> Select[Any]:
    statement = statement.where(invitations.c.instance_id == instance_id)
    if which.organization_id is not None:
        statement = statement.where(invitations.c.organization_id == which.organization_id)
    if which.email_address:
        wanted = [normalise(address) for address in which.email_address]
        statement = statement.where(invitations.c.normal_email_address.in_(wanted))
    if which.status:
        statement = statement.where(or_(*(_has_status(status, now) for status in which.status)))
    return statement


def _has_status(status: str, now: int) -> ColumnElement[bool]:
    is_stored = invitations.c.status == status
    is_over = invitations.c.expire_at <= now
    if status == _FIRST_STATUS:
        return and_(is_stored, ~is_over)
    if status == next_invitation_status(_FIRST_STATUS, "expire"):
        return or_(is_stored, and_(invitations.c.status == _FIRST_STATUS, is_over))
    return is_stored


def _build(row: Sequence[Any], now: int) -> OrganizationInvitation:
    found = _SHAPE.build(row)
    status = invitation_status_at(found.status, found.expire_at, now)
    return msgspec.structs.replace(found, status=status)


def _build_joined(row: Sequence[Any], now: int) -> InvitationRow:
    second = len(_SHAPE.columns)
    third = second + len(_ORGANIZATION.columns)
    return _build(row, now), _ORGANIZATION.build(row[second:]), _ROLE.build(row[third:])
