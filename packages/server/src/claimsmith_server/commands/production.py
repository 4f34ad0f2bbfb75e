"""`claimsmith serve`: the production entry. It migrates nothing and makes nothing; it says what is missing."""

import asyncio

from claimsmith_server.app import close_service, open_service
from claimsmith_server.observability import configure_logging
from claimsmith_server.server import open_sockets, run
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.settings import Settings, SettingsError
from claimsmith_server.store import instances


def serve(settings: Settings) -> None:
    """Serve until a signal ends it.

    Raises:
        SettingsError, SealedKeyError, SchemaTooOld, SchemaTooNew, CannotListen: nothing was started.
    """
    asyncio.run(_check(settings))
    log = configure_logging(settings)
    sockets = open_sockets(settings.host, settings.port)
    log.info("starting", url=settings.base_url, workers=settings.workers)
    run(settings, sockets, lambda: log.info("ready", url=settings.base_url))
    log.info("stopped")


async def _check(settings: Settings) -> None:
    service = await open_service(settings)
    try:
        if await instances.load_first_instance(service.database) is None:
            raise SettingsError(
                "this database has no instance yet. Run: claimsmith keys init --slug NAME --frontend-api HOST"
            )
        await load_public_instance(service)
    finally:
        await close_service(service)
