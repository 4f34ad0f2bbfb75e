"""The composition root: services opened, faces built over them, tasks started; all of it ended in order."""

import base64
import binascii
from pathlib import Path

from claimsmith_server.clock import Clock, system_clock
from claimsmith_server.core.sealing import MASTER_KEY_BYTES
from claimsmith_server.faces import build_faces
from claimsmith_server.http.asgi import AsgiApp, Receive, Scope, Send
from claimsmith_server.observability import Logger, configure_logging
from claimsmith_server.services.compiled import CompiledTemplates
from claimsmith_server.services.context import Limits, Service
from claimsmith_server.services.janitor import Janitor
from claimsmith_server.services.key_ring import KeyRing
from claimsmith_server.services.mail.delivery import MailWorker
from claimsmith_server.services.mail_signal import MailSignal
from claimsmith_server.services.passwords import PasswordPool
from claimsmith_server.services.token_metrics import TokenMetrics
from claimsmith_server.services.token_tally import TokenTally
from claimsmith_server.settings import Settings, SettingsError
from claimsmith_server.store.database import open_database

_OWNER_ONLY = 0o077


async def open_service(settings: Settings, clock: Clock | None = None, log: Logger | None = None) -> Service:
    """The services over an open database; every signing key was opened once, so a wrong master key ends here.

    Raises:
        SettingsError: the master key file is missing, readable by others, or not 32 bytes of base64.
        SealedKeyError: the master key does not open the database's keys (case K-011).
        SchemaTooOld, SchemaTooNew, Unavailable: see `store.errors`.
    """
    clock = clock or system_clock()
    master_key = load_master_key(Path(settings.master_key_file))
    database = await open_database(settings.database_url, pool_size=settings.database_pool_size)
    keys = KeyRing(database, clock, master_key)
    try:
        await keys.check()
    except BaseException:
        await database.close()
        raise
    return Service(
        database=database,
        clock=clock,
        keys=keys,
        passwords=PasswordPool(clock),
        templates=CompiledTemplates(),
        log=log or configure_logging(settings),
        instance_slug=settings.instance,
        limits=Limits(settings.sign_in_rate_limit, settings.attempt_rate_limit, settings.browser_rate_limit),
        mail_signal=MailSignal(),
        tally=TokenTally(),
    )


async def close_service(service: Service) -> None:
    """Ends what `open_service` opened."""
    service.passwords.close()
    await service.database.close()


def load_master_key(file: Path) -> bytes:
    """The 32 bytes of a master key file.

    Raises:
        SettingsError: it can't be read, others may read it (case L-004), or it is not 32 bytes of base64.
    """
    try:
        if file.stat().st_mode & _OWNER_ONLY:
            raise SettingsError(f"{file} may be read by others. Run: chmod 600 {file}")
        key = base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)
    except OSError as error:
        raise SettingsError(
            f"the master key file {file} can't be read: {error.strerror}. Restore it from where you keep it; "
            "for a new installation `claimsmith keys init` makes one."
        ) from error
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not base64; it should hold the master key.") from error
    if len(key) != MASTER_KEY_BYTES:
        raise SettingsError(f"{file} holds {len(key)} bytes; a master key has {MASTER_KEY_BYTES}.")
    return key


class Application:
    """The ASGI application: opens its services when the server starts, closes them when it ends."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._clock = clock
        self._service: Service | None = None
        self._faces: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or follows the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._faces is not None and scope["type"] == "http":
            await self._faces(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._service = await open_service(self._settings, self._clock)
            self._faces = build_faces(self._service, self._settings)
            mails = MailWorker(self._service, self._settings)
            janitor = Janitor(self._service)
            metrics = TokenMetrics(self._service)
        except Exception as error:  # noqa: BLE001 - told to the server, which ends with it
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        mails.start()
        janitor.start()
        metrics.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await mails.close()
        await janitor.close()
        await metrics.close()
        await close_service(self._service)
        await send({"type": "lifespan.shutdown.complete"})
