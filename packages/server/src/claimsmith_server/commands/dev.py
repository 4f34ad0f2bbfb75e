"""`claimsmith dev`: a development instance on one port, ready in under two seconds."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from claimsmith.instance import make_publishable_key
from claimsmith_server.app import close_service, open_service
from claimsmith_server.clock import Clock, system_clock
from claimsmith_server.commands.bundles import tell_bundles
from claimsmith_server.commands.dev_directory import (
    DevDirectory,
    DirectoryUnusable,
    open_directory,
    write_private,
)
from claimsmith_server.core.application_setup import Addresses, write_setup
from claimsmith_server.core.models import Instance
from claimsmith_server.server import open_sockets, run
from claimsmith_server.services import administrators
from claimsmith_server.services import instances as instance_services
from claimsmith_server.services.bundles import locate_directory
from claimsmith_server.services.context import Service
from claimsmith_server.services.demo import DemoUser, seed_demo
from claimsmith_server.settings import Settings, load_settings
from claimsmith_server.store import instances, migration

_FRAMEWORKS = ("nextjs", "express", "python")
"""Those whose lines are printed; the dashboard has more."""
_SLUG_ENTROPY_BYTES = 3
_RATE_LIMIT = 100
"""Sign-ins begun and attempts made in ten seconds: all of a developer's browsers and tests have one address. An account
is locked all the same after too many wrong passwords."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    path: Path
    ephemeral: bool
    host: str
    port: int
    ready_file: Path | None
    token_lifetime: int | None
    demo: bool
    workers: int
    bundles: Path | None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What the ready file says, for scripts and tests."""

    url: str
    fapi_url: str
    bapi_url: str
    publishable_key: str
    secret_key: str
    jwt_key: str
    dashboard_url: str
    instance_id: str
    demo_users: list[DemoUser]
    set_up_url: str | None = None
    """A link that makes the dashboard's first owner; None once there is one."""


def serve(options: Options) -> None:
    """Serve until Ctrl-C.

    Raises:
        DirectoryUnusable, CannotListen, SchemaTooNew, SealedKeyError: nothing was started.
    """
    clock = system_clock()
    if options.ready_file:
        _forget_ready(options.ready_file)
    sockets = open_sockets(options.host, options.port)
    directory = open_directory(options.path, clock)
    settings = _settings(options, directory, sockets)
    ready = asyncio.run(_prepare(options, directory, settings, clock))

    def tell() -> None:
        if options.ready_file:
            _write_ready(options.ready_file, ready)
        _print_ready(ready, options)

    run(settings, sockets, tell)
    Console(stderr=True).print("Stopped.")


def environment_lines(ready: Ready) -> dict[str, list[str]]:
    """The environment of an application, by framework, ready to paste (contract 0)."""
    addresses = Addresses(url=ready.url, publishable_key=ready.publishable_key, secret_key=ready.secret_key)
    return {one.name: list(one.lines) for one in write_setup(addresses) if one.key in _FRAMEWORKS}


def _settings(options: Options, directory: DevDirectory, sockets: list[socket.socket]) -> Settings:
    return load_settings(
        None,
        {},
        host=options.host,
        port=sockets[0].getsockname()[1],
        database_url=directory.database_url,
        master_key_file=str(directory.master_key_file),
        workers=options.workers,
        bundles_directory=str(options.bundles or ""),
        log_format="console" if sys.stderr.isatty() else "json",
        log_level="warning",
        sign_in_rate_limit=_RATE_LIMIT,
        attempt_rate_limit=_RATE_LIMIT,
        browser_rate_limit=10 * _RATE_LIMIT,
        set_up_locally=True,
    )


async def _prepare(options: Options, directory: DevDirectory, settings: Settings, clock: Clock) -> Ready:
    """The instance, made and seeded when the folder is new."""
    await migration.migrate(settings.database_url)
    service = await open_service(settings, clock)
    try:
        instance = await instances.load_first_instance(service.database) or await _create(service, directory)
        instance = await _set_lifetime(service, instance, options.token_lifetime)
        secret_key = directory.read_secret_key() or await _renew_secret_key(service, instance, directory)
        people = await seed_demo(service, instance) if options.demo else []
        link = await administrators.make_set_up_link(service, instance)
        return Ready(
            url=settings.base_url,
            fapi_url=f"{settings.base_url}/fapi",
            bapi_url=f"{settings.base_url}/bapi",
            publishable_key=make_publishable_key(instance.frontend_api, instance.environment),
            secret_key=secret_key,
            jwt_key=await service.keys.load_public_pem(instance.id),
            dashboard_url=f"{settings.base_url}/dashboard",
            instance_id=instance.id,
            demo_users=people,
            set_up_url=link.url(settings.base_url) if link else None,
        )
    finally:
        await close_service(service)


async def _create(service: Service, directory: DevDirectory) -> Instance:
    """A development instance whose slug, and so whose cookies' suffix, differs from that of any other folder."""
    slug = f"dev-{service.clock.entropy(_SLUG_ENTROPY_BYTES).hex()}"
    kept = directory.read_secret_key()  # of a database that was deleted: applications may still be set to it
    made = await instance_services.create_instance(
        service, slug, "development", f"{slug}.clerk.accounts.dev", secret_key=kept
    )
    if kept is None:
        directory.write_secret_key(made.secret_key)
    return made.instance


async def _renew_secret_key(service: Service, instance: Instance, directory: DevDirectory) -> str:
    secret_key = await instance_services.add_secret_key(service, instance)
    directory.write_secret_key(secret_key)
    return secret_key


async def _set_lifetime(service: Service, instance: Instance, seconds: int | None) -> Instance:
    session = instance.settings.session
    if seconds is None or seconds == session.token_lifetime_seconds:
        return instance
    changed = msgspec.structs.replace(
        instance.settings, session=msgspec.structs.replace(session, token_lifetime_seconds=seconds)
    )
    now = service.clock.now()
    return await instances.update_settings(
        service.database, instance.id, changed, expected_version=instance.config_version, now=now
    )


def _forget_ready(file: Path) -> None:
    """Remove what an earlier run wrote, before anybody can take it for this one's."""
    if not file.absolute().parent.is_dir():
        raise DirectoryUnusable(f"{file} can't be written: its folder does not exist. Name another --ready-file.")
    file.unlink(missing_ok=True)
    _unfinished(file).unlink(missing_ok=True)


def _write_ready(file: Path, ready: Ready) -> None:
    # Written whole under another name first: who waits for the file never reads half of it.
    text = msgspec.json.format(msgspec.json.encode(ready), indent=2).decode()
    write_private(_unfinished(file), text)
    _unfinished(file).replace(file)


def _unfinished(file: Path) -> Path:
    return file.with_name(f"{file.name}.tmp")


def _print_ready(ready: Ready, options: Options) -> None:
    console = Console(soft_wrap=True)
    console.print(Text.assemble(("Claimsmith serves ", "bold"), (ready.url, "bold cyan")))
    facts = {"dashboard": ready.dashboard_url, "instance": ready.instance_id}
    if ready.set_up_url:
        facts["set it up"] = f"{ready.set_up_url} (once, within a day)"
    facts["data"] = "a temporary folder, deleted at the end" if options.ephemeral else str(options.path)
    for person in ready.demo_users[:1]:
        facts["sign in as"] = f"{person.email} with {person.password}"
    for name, value in facts.items():  # no table: it would pad its lines
        console.print(f"  {name:<12}{value}", highlight=False, markup=False)
    console.print(tell_bundles(locate_directory(options.bundles or "", os.environ)), highlight=False)
    for framework, lines in environment_lines(ready).items():
        if framework == "Python" or not options.ready_file:
            console.print(f"\n  [dim]# {framework}[/dim]")
            for line in lines:
                console.print(f"  {line}", highlight=False)
    console.print("\n  Ctrl-C stops it.", style="dim")
