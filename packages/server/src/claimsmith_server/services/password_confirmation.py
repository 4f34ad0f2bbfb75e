"""An administrator's password, asked again before a secret is shown or a protection is left out (case X-007)."""

from claimsmith_server.core.errors import PARAM_MISSING, PASSWORD_INCORRECT
from claimsmith_server.core.models import Administrator, Instance
from claimsmith_server.services import limits
from claimsmith_server.services.administrators.sign_in import check_password
from claimsmith_server.services.context import Service
from claimsmith_server.store import administrators


async def require_password(
    service: Service, instance: Instance, administrator: Administrator, password: str, *, address: str
) -> None:
    """Nothing, once the password is the administrator's; it counts as an attempt, with those at sign-in.

    Raises:
        ServiceError: `form_param_missing`, `form_password_incorrect` about `password`, `too_many_requests`,
            `hashing_busy`.
    """
    await limits.count_address(service, instance, address, "attempts")
    if not password:
        raise PARAM_MISSING(param_name="password")
    if await check_password(service, instance, administrator, password) is not None:
        raise PASSWORD_INCORRECT(param_name="password")
    forgiven = {"failed_attempts": 0, "lockout_expires_at": None}
    await administrators.update_administrator(
        service.database, instance.id, administrator.id, forgiven, now=service.clock.now()
    )
