"""Sign-up attempts as they stand: found by their own client, with what they lack and the codes that were sent."""

import msgspec

from claimsmith_server.core.attempts import SignUp
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND, ServiceError
from claimsmith_server.core.models import Client, Instance
from claimsmith_server.core.sign_up import (
    Contact,
    ContactVerification,
    SignUpView,
    find_requirements,
    status_at,
    view_verification,
)
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.store import sign_ups, users
from claimsmith_server.store.verifications import load_latest_verification


async def load_current(service: Service, instance: Instance, client: Client) -> SignUpView | None:
    """The client's attempt that is under way; `None` when there is none."""
    if client.sign_up_id is None:
        return None
    found = await sign_ups.load_sign_up(service.database, instance.id, client.id, client.sign_up_id)
    sign_up = None if found is None else as_it_stands(service, found)
    if sign_up is None or sign_up.status != "missing_requirements":
        return None
    return await view_sign_up(service, instance, sign_up)


async def require_sign_up(service: Service, caller: Caller, sign_up_id: str) -> SignUp:
    """The caller's attempt, its status the one that holds now.

    Raises:
        ServiceError: `resource_not_found`, also for another client's (case A-006).
    """
    client, database = caller.client, service.database
    found = None
    if client is not None:
        found = await sign_ups.load_sign_up(database, caller.instance.id, client.id, sign_up_id)
    if found is None:
        raise sign_up_not_found(sign_up_id)
    return as_it_stands(service, found)


async def load_sign_up(service: Service, caller: Caller, sign_up_id: str) -> SignUpView:
    """The caller's attempt as it goes out.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return await view_sign_up(service, caller.instance, await require_sign_up(service, caller, sign_up_id))


async def view_sign_up(service: Service, instance: Instance, sign_up: SignUp) -> SignUpView:
    """An attempt with all that goes out with it."""
    requirements = find_requirements(instance.settings.authentication, sign_up)
    if sign_up.status == "complete":
        requirements = msgspec.structs.replace(requirements, missing=(), unverified=())
    return SignUpView(
        sign_up=sign_up,
        has_password=await _has_password(service, sign_up),
        requirements=requirements,
        email_verification=await _view_contact(service, sign_up, "email_address"),
        phone_verification=await _view_contact(service, sign_up, "phone_number"),
    )


def as_it_stands(service: Service, sign_up: SignUp) -> SignUp:
    """The attempt with the status that holds now."""
    status = status_at(sign_up.status, sign_up.abandon_at, service.clock.now())
    return msgspec.structs.replace(sign_up, status=status)


def sign_up_not_found(sign_up_id: str) -> ServiceError:
    """The refusal for an attempt that this browser may not know of."""
    return RESOURCE_NOT_FOUND(resource="sign-up", by="id", id=sign_up_id[:64])


async def _has_password(service: Service, sign_up: SignUp) -> bool:
    """A completed attempt has no digest any more: its user has."""
    if sign_up.created_user_id is None:
        return sign_up.password_digest is not None
    user = await users.load_user(service.database, sign_up.instance_id, sign_up.created_user_id)
    return user is not None and user.password_digest is not None


async def _view_contact(service: Service, sign_up: SignUp, contact: Contact) -> ContactVerification | None:
    if getattr(sign_up, contact) is None:
        return None
    latest = await load_latest_verification(service.database, sign_up.instance_id, sign_up.id, contact)
    return view_verification(sign_up, contact, latest, service.clock.now())
