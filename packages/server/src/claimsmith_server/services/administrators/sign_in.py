"""Signing in to the dashboard with e-mail address and password.

Whoever is not an administrator learns nothing: an unknown address, a wrong password and an address that is locked out
are answered alike, after the same work (cases A-016, A-017). Attempts are counted as users' are (A-009 to A-014).
"""

import msgspec

from claimsmith_server.core.errors import ADMINISTRATOR_SIGN_IN_REFUSED, PARAM_MISSING, ServiceError
from claimsmith_server.core.models import Administrator, Instance
from claimsmith_server.services import limits
from claimsmith_server.services.administrators.sessions import SignedIn, start_session
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.lockouts import LOCKOUT_MS, MAX_FAILED_ATTEMPTS
from claimsmith_server.services.passwords import needs_rehash
from claimsmith_server.store import administrators, lockouts
from claimsmith_server.store.database import Tx

NOBODY = "nobody"
"""Actor and target of attempts with an address that no administrator has; the address itself is not written down,
since people type passwords there."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the sign-in page."""

    email_address: str = ""
    password: str = ""


async def sign_in(
    service: Service, instance: Instance, asked: SignIn, *, address: str, replacing: str = ""
) -> SignedIn:
    """The administrator, and the value for their browser's cookie.

    Args:
        service: the services.
        instance: the instance.
        asked: the form.
        address: of the network, for the limit.
        replacing: the cookie's value so far.

    Raises:
        ServiceError: `form_param_missing`, `administrator_sign_in_refused`, `too_many_requests`, `hashing_busy`.
    """
    await limits.count_address(service, instance, address, "attempts")
    for name in ("email_address", "password"):
        if not getattr(asked, name).strip():
            raise PARAM_MISSING(param_name=name)
    found = await administrators.load_administrator_by_address(
        service.database, instance.id, asked.email_address.strip()
    )
    reason = await check_password(service, instance, found, asked.password)
    if found is None or reason is not None:
        target = NOBODY if found is None else found.id
        await _note_failure(service, instance, target, reason or "unknown")
        raise ADMINISTRATOR_SIGN_IN_REFUSED()
    new_digest = await service.passwords.hash(asked.password) if needs_rehash(found.password_digest) else None

    async def work(tx: Tx) -> SignedIn:
        return await _complete(service, tx, found, new_digest, replacing)

    return await service.database.transact(work)


async def check_password(
    service: Service, instance: Instance, administrator: Administrator | None, password: str
) -> str | None:
    """Why a password is not the administrator's: `unknown`, `password` or `locked`; None when it is.

    The attempt is counted before anything is compared; a right one is forgiven by whoever goes on. Each outcome takes
    the same writes and the same hashing.

    Raises:
        ServiceError: `hashing_busy`; the attempt is taken back.
    """
    count = await lockouts.count_attempt(
        service.database,
        instance.id,
        administrator.id if administrator else NOBODY,
        now=service.clock.now(),
        limit=MAX_FAILED_ATTEMPTS,
        lockout_ms=LOCKOUT_MS,
        of="administrators",
    )
    if administrator is None or count is None:
        await service.passwords.verify_nobody(password)
        return "unknown" if administrator is None else "locked"
    try:
        is_right = await service.passwords.verify(administrator.password_digest, password)
    except ServiceError:  # the queue is full: nothing was compared
        await lockouts.uncount_attempt(service.database, instance.id, administrator.id, of="administrators")
        raise
    return None if is_right else "password"


async def _complete(
    service: Service, tx: Tx, checked: Administrator, new_digest: str | None, replacing: str
) -> SignedIn:
    held = await administrators.hold_administrator(tx, checked.instance_id, checked.id)
    if held is None or held.password_digest != checked.password_digest:  # removed or changed since it was checked
        raise ADMINISTRATOR_SIGN_IN_REFUSED()
    now = service.clock.now()
    changes: dict[str, object] = {"failed_attempts": 0, "lockout_expires_at": None, "last_sign_in_at": now}
    changes |= {} if new_digest is None else {"password_digest": new_digest}
    await administrators.update_administrator(tx, held.instance_id, held.id, changes, now=now)
    token = await start_session(service, tx, held, replacing=replacing)
    await record(service, tx, held.instance_id, "administrator.signed_in", held.id, {}, actor=held.id)
    return SignedIn(held, token)


async def _note_failure(service: Service, instance: Instance, target: str, reason: str) -> None:
    async def work(tx: Tx) -> None:
        told = {"reason": reason}
        await record(service, tx, instance.id, "administrator.sign_in_failed", target, told, actor=NOBODY)

    await service.database.transact(work)
