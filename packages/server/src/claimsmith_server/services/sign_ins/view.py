"""Sign-in attempts as they stand: found by their own client, with the user's factors and the code that was sent."""

import msgspec

from claimsmith_server.core.attempts import SignIn, Verification, verification_status_at
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Client, Instance, User
from claimsmith_server.core.sign_in import (
    CODE_STRATEGIES,
    FirstFactor,
    SignInView,
    find_first_factors,
    status_at,
    supported_identifiers,
)
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.store import sign_ins, users
from claimsmith_server.store.verifications import load_latest_verification

_OVER = ("complete", "abandoned")


async def load_current(service: Service, instance: Instance, client: Client) -> SignInView | None:
    """The client's attempt that is under way; `None` when there is none."""
    if client.sign_in_id is None:
        return None
    sign_in = await _load(service, instance, client, client.sign_in_id)
    return None if sign_in is None or sign_in.status in _OVER else await view_sign_in(service, instance, sign_in)


async def require_sign_in(service: Service, caller: Caller, sign_in_id: str) -> SignIn:
    """The caller's attempt, its status the one that holds now.

    Raises:
        ServiceError: `resource_not_found`, also for another client's (case A-006).
    """
    client = caller.client
    found = None if client is None else await _load(service, caller.instance, client, sign_in_id)
    if found is None:
        raise RESOURCE_NOT_FOUND(resource="sign-in", by="id", id=sign_in_id[:64])
    return found


async def load_sign_in(service: Service, caller: Caller, sign_in_id: str) -> SignInView:
    """The caller's attempt as it goes out.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return await view_sign_in(service, caller.instance, await require_sign_in(service, caller, sign_in_id))


async def view_sign_in(service: Service, instance: Instance, sign_in: SignIn) -> SignInView:
    """An attempt with all that goes out with it."""
    user = None if sign_in.user_id is None else await users.load_user(service.database, instance.id, sign_in.user_id)
    is_open = user is not None and sign_in.status not in _OVER
    settings = instance.settings.authentication
    return SignInView(
        sign_in=sign_in,
        user=user,
        factors=factors_of(instance, user, sign_in.identifier) if user is not None and is_open else None,
        identifiers=supported_identifiers(settings),
        verification=await _load_verification(service, instance, sign_in),
    )


def factors_of(instance: Instance, user: User, identifier: str | None) -> tuple[FirstFactor, ...]:
    """The ways in which the user may prove who it is here, the preferred one first."""
    settings = instance.settings.authentication
    return find_first_factors(user, settings, identifier, lambda number: is_test_target(instance, number))


async def _load(service: Service, instance: Instance, client: Client, sign_in_id: str) -> SignIn | None:
    found = await sign_ins.load_sign_in(service.database, instance.id, client.id, sign_in_id)
    if found is None:
        return None
    status = status_at(found.status, found.abandon_at, service.clock.now())
    return msgspec.structs.replace(found, status=status)


async def _load_verification(service: Service, instance: Instance, sign_in: SignIn) -> Verification | None:
    if sign_in.first_factor_strategy not in CODE_STRATEGIES:
        return None
    latest = await load_latest_verification(service.database, instance.id, sign_in.id, "first_factor")
    if latest is None:
        return None
    status = verification_status_at(latest, service.clock.now())
    return msgspec.structs.replace(latest, status=status)
