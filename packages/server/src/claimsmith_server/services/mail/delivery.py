"""The task that empties the outbox of mails: sends them by SMTP, or keeps them where a development instance has none.

At least once: a mail is done only when the server has taken it. Several workers share one outbox by leases, so that a
mail is sent twice only if its worker died between the server's answer and its own note of it; `Message-ID` is the same
then. While the mail server is away nothing else notices (R-26). Log lines name a mail by its id and its domain.
"""

import asyncio
import ssl
from collections.abc import Sequence

from claimsmith_server.core.models import OutboxMessage
from claimsmith_server.services import mail
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import KIND_PREFIX, MailUnreadable, open_mail
from claimsmith_server.services.mail.message import compose_message
from claimsmith_server.services.mail.smtp import (
    FAILURES,
    SEND_SECONDS,
    PostOffice,
    SmtpConnection,
    connect,
    is_hang_up,
    is_hopeless,
    load_post_office,
    make_tls_context,
    tell_failure,
)
from claimsmith_server.settings import Settings
from claimsmith_server.store import instances, outbox
from claimsmith_server.store.errors import StoreError

BACKOFF_SECONDS = (30, 120, 600, 3600, 21_600)
"""How long a mail waits after its first, second, ... failure; after one more it is given up."""
LEASE_SECONDS = 60
"""How long a claimed mail is its worker's alone."""
BATCH = 10
"""How many mails one connection takes before the next look."""
CODE_HOURS = 24
"""A waiting code that is older says nothing any more and is given up."""
OTHER_HOURS = 7 * 24
"""As `CODE_HOURS`, for all other mails."""
HOUSEKEEPING_SECONDS = 3600
POLL_SECONDS = 1.0
"""How often an idle worker looks for what other processes queued."""
_FIRST_PAUSE_SECONDS = 0.02
_CLOSE_SECONDS = 5.0
_SECOND = 1000
_HOUR = 3600 * _SECOND


class MailWorker:
    """One process' part in delivering mails; `start` it once the services are open, `close` it before they close."""

    def __init__(self, service: Service, settings: Settings) -> None:
        """Nothing runs yet.

        Raises:
            SettingsError: the mail settings can't be used.
        """
        self._service = service
        self._office: PostOffice | None = load_post_office(settings)
        self._signal = service.mail_signal
        self._context: ssl.SSLContext | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_failing = False
        self._cleaned_at: int | None = None

    def start(self) -> None:
        """Nothing; mails are delivered from now on, while the event loop runs."""
        self._task = asyncio.create_task(self._work(), name="mail worker")

    async def close(self) -> None:
        """Nothing; the mail that is being sent was given five seconds, what is left stays in the outbox."""
        self._is_closing = True
        self._signal.nudge()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def deliver_due(self) -> int:
        """How many due mails were dealt with: sent, kept, put off or given up; at most `BATCH` of those to send."""
        now = self._service.clock.now()
        await self._keep_house(now)
        if self._office is None:
            return await self._keep(now)
        if not await outbox.has_due_messages(self._service.database, now=now, kinds=KIND_PREFIX):
            return 0
        until = now + LEASE_SECONDS * _SECOND
        claimed = await outbox.claim_messages(
            self._service.database, now=now, until=until, limit=BATCH, kinds=KIND_PREFIX
        )
        if claimed:
            await self._deliver(self._office, claimed)
        return len(claimed)

    async def _work(self) -> None:
        """Look, deal with what is due, wait; until closed."""
        pause = _FIRST_PAUSE_SECONDS
        while not self._is_closing:
            is_busy = await self._attempt()
            # A nudge comes before the commit that it announces, so looks follow it at growing distances.
            pause = _FIRST_PAUSE_SECONDS if is_busy else min(pause * 2, POLL_SECONDS)
            if await self._signal.wait(0 if is_busy else pause):
                pause = _FIRST_PAUSE_SECONDS / 2

    async def _attempt(self) -> bool:
        """Whether there was something to do; a failure is logged when it begins, and the task lives on."""
        try:
            is_busy = await self.deliver_due() > 0
        except Exception as error:  # noqa: BLE001 - mail must come back by itself, whatever it was
            if not self._is_failing:
                level = self._service.log.warning if isinstance(error, StoreError) else self._service.log.error
                level("mail worker failed", error=type(error).__name__, exc_info=error)
            self._is_failing = True
            return False
        self._is_failing = False
        return is_busy

    async def _deliver(self, office: PostOffice, claimed: Sequence[OutboxMessage]) -> None:
        left = list(claimed)
        try:
            self._context = self._context or make_tls_context()
            async with connect(office, self._context) as connection:
                while left and connection.is_open and self._has_time(left[0]):
                    is_first = len(left) == len(claimed)
                    if not await self._send(office, connection, left[0], is_first=is_first):
                        break
                    left.pop(0)
        except FAILURES as error:
            for message in left:
                await self._put_off(message, error)
            return
        for message in left:  # its turn did not come; nothing is wrong with it
            at = self._service.clock.now()
            await outbox.put_off_message(self._service.database, message, available_at=at, attempts=message.attempts)

    async def _send(
        self, office: PostOffice, connection: SmtpConnection, message: OutboxMessage, *, is_first: bool
    ) -> bool:
        """Whether the mail is dealt with; it is not when the server hung up after others, as some do at a limit."""
        try:
            opened = open_mail(self._service, message)
            composed = compose_message(opened, office.sender)
        except (MailUnreadable, ValueError) as error:
            await self._give_up(message, type(error).__name__)
            return True
        domain = opened.to.rpartition("@")[2]
        try:
            await connection.send(composed)
        except FAILURES as error:
            if is_hang_up(error) and not is_first:
                return False
            if is_hopeless(error):
                await self._give_up(message, tell_failure(error), domain)
            else:
                await self._put_off(message, error, domain)
            return True
        await self._finish(message)
        self._service.log.info("mail sent", mail=message.id, kind=message.kind, domain=domain)
        return True

    async def _put_off(self, message: OutboxMessage, error: BaseException, domain: str | None = None) -> None:
        if message.attempts >= len(BACKOFF_SECONDS):
            await self._give_up(message, tell_failure(error), domain)
            return
        seconds = BACKOFF_SECONDS[message.attempts]
        at = self._service.clock.now() + seconds * _SECOND
        attempts = message.attempts + 1
        await outbox.put_off_message(self._service.database, message, available_at=at, attempts=attempts)
        self._service.log.warning(
            "mail put off",
            mail=message.id,
            kind=message.kind,
            domain=domain,
            attempts=attempts,
            again_in_seconds=seconds,
            reason=tell_failure(error),
        )

    async def _give_up(self, message: OutboxMessage, reason: str, domain: str | None = None) -> None:
        await self._finish(message)
        self._service.log.error(
            "mail given up",
            mail=message.id,
            kind=message.kind,
            domain=domain,
            attempts=message.attempts + 1,
            reason=reason,
        )

    async def _finish(self, message: OutboxMessage) -> None:
        now = self._service.clock.now()
        await outbox.finish_message(self._service.database, message.instance_id, message.id, now=now)

    async def _keep(self, now: int) -> int:
        """How many mails of development instances are to be read on the outbox page from now on."""
        database = self._service.database
        if not await outbox.has_due_messages(database, now=now, kinds=KIND_PREFIX, environment="development"):
            return 0
        kept = await outbox.keep_messages(database, now=now, kinds=KIND_PREFIX, environment="development")
        for instance in await instances.list_instances(database):
            if instance.environment == "development":
                await outbox.delete_surplus_messages(database, instance.id, kinds=KIND_PREFIX, keep=mail.KEPT_MAILS)
        return kept

    async def _keep_house(self, now: int) -> None:
        """Nothing; once an hour what is too old is gone."""
        if self._cleaned_at is not None and now - self._cleaned_at < HOUSEKEEPING_SECONDS * _SECOND:
            return
        if self._cleaned_at is None:
            await self._warn_without_server()
        database = self._service.database
        for hours, kinds in ((CODE_HOURS, mail.code_row_kinds()), (OTHER_HOURS, mail.other_row_kinds())):
            stale = await outbox.drop_stale_messages(database, now=now, before=now - hours * _HOUR, kinds=kinds)
            if stale:
                self._service.log.error("mail given up", count=stale, reason=f"not delivered within {hours} hours")
        await outbox.delete_done_messages(database, before=now - mail.KEPT_MILLISECONDS, kinds=KIND_PREFIX)
        self._cleaned_at = now

    async def _warn_without_server(self) -> None:
        """Nothing; the log says, once a process, that mails of a production instance will wait."""
        if self._office is None:
            known = await instances.list_instances(self._service.database)
            slugs = [instance.slug for instance in known if instance.environment == "production"]
            if slugs:
                self._service.log.warning("no mail is sent: smtp_url is not set", instances=slugs)

    def _has_time(self, message: OutboxMessage) -> bool:
        """Whether the lease outlasts the longest that sending may take."""
        left = message.available_at - self._service.clock.now()
        return left > (SEND_SECONDS + 1) * _SECOND
