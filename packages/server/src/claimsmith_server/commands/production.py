"""`claimsmith serve`: the production entry. It migrates nothing; it says what is missing.

All it makes is the link that sets the dashboard up, while nobody has done so.
"""

import asyncio

from rich.console import Console

from claimsmith_server.app import close_service, open_service
from claimsmith_server.observability import configure_logging
from claimsmith_server.server import open_sockets, run
from claimsmith_server.services import administrators
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.settings import Settings, SettingsError
from claimsmith_server.store import instances


def serve(settings: Settings) -> None:
    """Serve until a signal ends it.

    Raises:
        SettingsError, SealedKeyError, SchemaTooOld, SchemaTooNew, CannotListen: nothing was started.
    """
    set_up_url = asyncio.run(_prepare(settings))
    log = configure_logging(settings)
    sockets = open_sockets(settings.host, settings.port)
    log.info("starting", url=settings.base_url, workers=settings.workers)

    def tell() -> None:
        log.info("ready", url=settings.base_url)
        if set_up_url:
            _print_link(set_up_url)

    run(settings, sockets, tell)
    log.info("stopped")


def _print_link(url: str) -> None:
    """Past the log, where a secret has no place: whoever reads this terminal may have the dashboard."""
    console = Console(stderr=True, soft_wrap=True)
    console.print("The dashboard has no administrator yet. Within a day, and once, this link makes its owner:")
    console.print(f"  {url}", highlight=False, markup=False)


async def _prepare(settings: Settings) -> str | None:
    """The link that sets the dashboard up, made once for all workers; None when that was done.

    Raises:
        SettingsError: there is no instance to serve.
    """
    service = await open_service(settings)
    try:
        if await instances.load_first_instance(service.database) is None:
            raise SettingsError(
                "this database has no instance yet. Run: claimsmith keys init --slug NAME --frontend-api HOST"
            )
        instance = await load_public_instance(service)
        link = await administrators.make_set_up_link(service, instance)
        return link.url(settings.base_url) if link else None
    finally:
        await close_service(service)
