"""An administrator's own password."""

import msgspec

from claimsmith_server.core.errors import PARAM_MISSING, PASSWORD_INCORRECT, ServiceError
from claimsmith_server.core.models import Administrator, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services import limits, passwords
from claimsmith_server.services.administrators.sign_in import check_password
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import administrator_sessions, administrators
from claimsmith_server.store.database import Tx


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the account page."""

    current_password: str = ""
    new_password: str = ""


async def change_password(  # noqa: PLR0913 - who asks for what, from where
    service: Service,
    instance: Instance,
    administrator: Administrator,
    asked: ChangePassword,
    *,
    address: str,
    keeping: str,
) -> None:
    """Nothing; the administrator has the new password, and no session but the one with the token `keeping`.

    The current password counts as an attempt before it is compared, with those at sign-in.

    Raises:
        ServiceError: `form_param_missing`, `form_password_…` with the parameter's name, `too_many_requests`,
            `hashing_busy`.
    """
    await limits.count_address(service, instance, address, "attempts")
    for name in ("current_password", "new_password"):
        if not getattr(asked, name):
            raise PARAM_MISSING(param_name=name)
    try:
        passwords.check_password(asked.new_password, (administrator.email_address,))
    except ServiceError as refusal:
        raise refusal.about("new_password") from refusal
    if await check_password(service, instance, administrator, asked.current_password) is not None:
        raise PASSWORD_INCORRECT(param_name="current_password")
    digest = await service.passwords.hash(asked.new_password)

    async def work(tx: Tx) -> None:
        held = await administrators.hold_administrator(tx, instance.id, administrator.id)
        if held is None or held.password_digest != administrator.password_digest:  # changed since it was checked
            raise PASSWORD_INCORRECT(param_name="current_password")
        now = service.clock.now()
        changes = {"password_digest": digest, "failed_attempts": 0, "lockout_expires_at": None}
        await administrators.update_administrator(tx, instance.id, held.id, changes, now=now)
        await administrator_sessions.delete_sessions_of_administrator(
            tx, instance.id, held.id, but=hash_secret(keeping)
        )
        await record(service, tx, instance.id, "administrator.password_changed", held.id, {}, actor=held.id)

    await service.database.transact(work)
