"""The administrators of an instance: listed, given another role, removed. There is always an owner."""

from claimsmith_server.core.errors import LAST_OWNER, OWNER_REQUIRED, RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Administrator, AdministratorRole, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.administrators.invitations import OPERATOR
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import administrator_invitations, administrator_sessions, administrators
from claimsmith_server.store.database import Tx


async def has_administrators(service: Service, instance: Instance) -> bool:
    """Whether the dashboard has been set up."""
    return await administrators.has_administrators(service.database, instance.id)


async def list_administrators(service: Service, instance: Instance) -> list[Administrator]:
    """All of them, oldest first."""
    return list(await administrators.list_administrators(service.database, instance.id))


async def load_administrator(service: Service, instance: Instance, administrator_id: str) -> Administrator:
    """One administrator.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return _require(
        await administrators.load_administrator(service.database, instance.id, administrator_id), administrator_id
    )


async def change_role(  # noqa: PLR0913 - a row and what to make of it
    service: Service,
    instance: Instance,
    administrator_id: str,
    role: AdministratorRole,
    *,
    author: str,
    keeping: str = "",
) -> Administrator:
    """The administrator with the new role; their sessions end at once, but for the one with the token `keeping`.

    Who is an owner no more loses the links that they made, too: these make administrators.

    Raises:
        ServiceError: `resource_not_found`; `last_owner`; `owner_required` when the author is no owner any more.
    """

    async def work(tx: Tx) -> Administrator:
        await _require_owner(tx, instance, author)
        found = _require(await administrators.load_administrator(tx, instance.id, administrator_id), administrator_id)
        if found.role == role:
            return found
        if not await administrators.change_role(tx, instance.id, found.id, role, now=service.clock.now()):
            raise LAST_OWNER()
        if role != "owner":
            await administrator_invitations.delete_invitations_by(tx, instance.id, found.id)
        kept = hash_secret(keeping) if keeping else None
        await administrator_sessions.delete_sessions_of_administrator(tx, instance.id, found.id, but=kept)
        told = {"from": found.role, "to": role}
        await record(service, tx, instance.id, "administrator.role_changed", found.id, told, actor=author)
        return _require(await administrators.load_administrator(tx, instance.id, found.id), found.id)

    return await service.database.transact(work)


async def remove_administrator(service: Service, instance: Instance, administrator_id: str, *, author: str) -> None:
    """Nothing; the administrator is gone, with all sessions and with the links that they made.

    Raises:
        ServiceError: as `change_role`.
    """

    async def work(tx: Tx) -> None:
        await _require_owner(tx, instance, author)
        found = _require(await administrators.load_administrator(tx, instance.id, administrator_id), administrator_id)
        if not await administrators.delete_administrator(tx, instance.id, found.id):
            raise LAST_OWNER()
        await administrator_invitations.delete_invitations_by(tx, instance.id, found.id)
        told = {"role": found.role}
        await record(service, tx, instance.id, "administrator.removed", found.id, told, actor=author)

    await service.database.transact(work)


async def _require_owner(tx: Tx, instance: Instance, author: str) -> None:
    """Hold all owners, and refuse an author who is none any more: of two who remove each other, one succeeds."""
    owners = await administrators.hold_owners(tx, instance.id)
    if author != OPERATOR and author not in owners:
        raise OWNER_REQUIRED()


def _require(found: Administrator | None, administrator_id: str) -> Administrator:
    if found is None:
        raise RESOURCE_NOT_FOUND(resource="administrator", by="id", id=administrator_id[:64])
    return found
