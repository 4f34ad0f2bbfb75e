"""Mails, from the transaction that decides them to what is read of them.

A mail is a message of the outbox. Its payload holds codes and tickets, so it is sealed, bound to its row (case L-002),
and blanked once delivered. `services.mail.delivery` sends it; in a development instance without SMTP it is kept for the
outbox page instead.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence

import msgspec

from claimsmith_server.core.mail_content import (
    CODE_KINDS,
    MAIL_KINDS,
    MailContent,
    MailKind,
    check_values,
    compose_content,
)
from claimsmith_server.core.models import Instance, OutboxMessage
from claimsmith_server.services.context import Service
from claimsmith_server.services.key_ring import SealedKeyError
from claimsmith_server.store import outbox
from claimsmith_server.store.database import Tx

KIND_PREFIX = "mail."
"""Starts the kind of every mail's message: `mail.verification_code`."""
KEPT_MILLISECONDS = 24 * 3_600_000
"""How long a development instance's mails can be read."""
KEPT_MAILS = 200
_SEALED = "sealed"


class MailUnreadable(Exception):  # noqa: N818 - reads as the state it is
    """The message's payload was changed, belongs to another row, or is none of a mail."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, opened."""

    id: str
    instance_id: str
    kind: MailKind
    to: str
    content: MailContent
    created_at: int


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed."""

    to: str
    app_name: str
    support_email: str
    values: dict[str, str]


async def queue_mail(  # noqa: PLR0913 - a mail has that many parts
    service: Service, tx: Tx, instance: Instance, *, to: str, kind: MailKind, values: Mapping[str, str]
) -> str:
    """The id of a mail that is sent once `tx` is committed, and never if it is not.

    Args:
        service: the services.
        tx: the transaction of what the mail follows from.
        instance: whose mail it is; its settings name the application.
        to: an address that `core.contacts.parse_email_address` gave. Test identities are the caller's to leave out.
        kind: which mail.
        values: by kind (`core.mail_content`): `code` and `purpose`; `code`; `organization`, `inviter` and `url`;
            nothing; `device`, `address` and `time`; `email_address`. `app_name` wins over the instance's.

    Raises:
        ValueError: a value is missing, or `url` is no http(s) address.
    """
    check_values(kind, values)
    display, now = instance.settings.display, service.clock.now()
    message_id, row_kind = service.make_id("mail"), KIND_PREFIX + kind
    payload = _Payload(
        to=to,
        app_name=values.get("app_name") or display.application_name or instance.slug,
        support_email=display.support_email,
        values=dict(values),
    )
    sealed = service.keys.seal(msgspec.json.encode(payload), _bound_to(instance.id, message_id, row_kind))
    message = OutboxMessage(
        id=message_id,
        instance_id=instance.id,
        kind=row_kind,
        payload={_SEALED: base64.b64encode(sealed).decode()},
        attempts=0,
        available_at=now,
        done_at=None,
        created_at=now,
    )
    await outbox.insert_outbox_message(tx, message)
    nudge(service)
    return message_id


def open_mail(service: Service, message: OutboxMessage) -> Mail:
    """The mail that a message holds.

    Raises:
        MailUnreadable: it can't be opened.
    """
    kind = _kind(message)
    try:
        sealed = base64.b64decode(message.payload[_SEALED], validate=True)
        opened = service.keys.unseal(sealed, _bound_to(message.instance_id, message.id, message.kind))
        payload = msgspec.json.decode(opened, type=_Payload)
        check_values(kind, payload.values)
    except (KeyError, TypeError, binascii.Error, SealedKeyError, ValueError) as error:
        raise MailUnreadable(f"{message.id}: {type(error).__name__}") from error
    content = compose_content(kind, payload.values, app_name=payload.app_name, support_email=payload.support_email)
    return Mail(
        id=message.id,
        instance_id=message.instance_id,
        kind=kind,
        to=payload.to,
        content=content,
        created_at=message.created_at,
    )


async def list_kept_mails(service: Service, instance: Instance, *, limit: int = KEPT_MAILS) -> list[Mail]:
    """The instance's mails of the last 24 hours that still say something, newest first, at most 200."""
    since = service.clock.now() - KEPT_MILLISECONDS
    most = min(limit, KEPT_MAILS)
    found = await outbox.list_messages(service.database, instance.id, kinds=KIND_PREFIX, since=since, limit=most)
    return _open_all(service, found)


async def load_kept_mail(service: Service, instance: Instance, mail_id: str) -> Mail | None:
    """One mail of the last 24 hours, if it still says something."""
    message = await outbox.load_message(service.database, instance.id, mail_id)
    if message is None or message.created_at < service.clock.now() - KEPT_MILLISECONDS:
        return None
    return next(iter(_open_all(service, [message])), None)


def code_row_kinds() -> list[str]:
    """The kinds of messages that hold a code."""
    return [KIND_PREFIX + kind for kind in CODE_KINDS]


def other_row_kinds() -> list[str]:
    """The kinds of messages that hold none."""
    return [KIND_PREFIX + kind for kind in MAIL_KINDS if kind not in CODE_KINDS]


def nudge(service: Service) -> None:
    """Nothing; this process' mail worker, if it has one, looks for what is due."""
    service.mail_signal.nudge()


def _open_all(service: Service, messages: Sequence[OutboxMessage]) -> list[Mail]:
    """The mails that can be opened."""
    opened = []
    for message in messages:
        try:
            opened.append(open_mail(service, message))
        except MailUnreadable:
            service.log.warning("mail can't be opened", mail=message.id)
    return opened


def _kind(message: OutboxMessage) -> MailKind:
    name = message.kind.removeprefix(KIND_PREFIX)
    for kind in MAIL_KINDS:
        if name == kind:
            return kind
    raise MailUnreadable(f"{message.id}: no mail of kind {message.kind}")


def _bound_to(instance_id: str, message_id: str, kind: str) -> str:
    return f"outbox:{instance_id}:{message_id}:{kind}"
