"""What users are told of their accounts without having asked (case A-036)."""

from datetime import UTC, datetime

from claimsmith_server.core.models import Activity, Instance, Session, User
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.store import sessions
from claimsmith_server.store.database import Tx


async def tell_of_new_device(service: Service, tx: Tx, instance: Instance, user: User, session: Session) -> None:
    """Nothing; who signed in before, and never from this browser, is told by mail, in the sign-in's transaction."""
    primary = next((one for one in user.email_addresses if one.id == user.primary_email_address_id), None)
    if primary is None or user.last_sign_in_at is None or is_test_target(instance, primary.email_address):
        return
    which = sessions.SessionFilter(user_id=user.id, client_id=session.client_id)
    if await sessions.count_sessions(tx, instance.id, which, now=session.created_at) > 1:
        return
    activity = session.activity or Activity()
    told = {
        "device": describe_device(activity),
        "address": activity.ip_address or "unknown",
        "time": datetime.fromtimestamp(session.created_at // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    await queue_mail(service, tx, instance, to=primary.email_address, kind="new_device_sign_in", values=told)


def describe_device(activity: Activity) -> str:
    """A device in words, e.g. `Chrome 140 on Linux`; `an unknown device` when nothing is known of it."""
    version = (activity.browser_version or "").partition(".")[0]
    browser = " ".join(filter(None, (activity.browser_name, version)))
    return " on ".join(filter(None, (browser, activity.device_type))) or "an unknown device"
