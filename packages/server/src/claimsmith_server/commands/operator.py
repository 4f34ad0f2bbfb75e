"""What an operator does: `claimsmith keys …`, `claimsmith administrators …`, `claimsmith doctor`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from claimsmith.instance import make_publishable_key
from claimsmith_server.app import close_service, load_master_key, open_service
from claimsmith_server.clock import system_clock
from claimsmith_server.commands.dev_directory import write_master_key
from claimsmith_server.commands.refusals import explain_refusal
from claimsmith_server.core.models import AdministratorRole, Environment, Instance, SigningAlgorithm
from claimsmith_server.services import administrators
from claimsmith_server.services import instances as instance_services
from claimsmith_server.services import signing_keys as signing_key_services
from claimsmith_server.services.context import Service
from claimsmith_server.settings import Settings, SettingsError, load_settings
from claimsmith_server.store import instances, migration, secret_keys, signing_keys


class MadeInstance(msgspec.Struct, frozen=True):
    """A new instance with the keys that applications need."""

    instance: Instance
    publishable_key: str
    secret_key: str


class KeyRow(msgspec.Struct, frozen=True):
    """One key as `claimsmith keys list` tells it; never the key itself."""

    kind: str
    id: str
    status: str
    about: str


class AdministratorRow(msgspec.Struct, frozen=True):
    """One administrator as `claimsmith administrators list` tells it. Times are unix milliseconds."""

    id: str
    email_address: str
    role: AdministratorRole
    last_sign_in_at: int | None
    created_at: int


class MadeLink(msgspec.Struct, frozen=True):
    """A link that makes an administrator, shown this once."""

    url: str
    role: AdministratorRole
    expire_at: int
    """Unix milliseconds."""


class Finding(msgspec.Struct, frozen=True):
    """One check of `claimsmith doctor`."""

    what: str
    ok: bool
    told: str


@asynccontextmanager
async def opened(settings: Settings, slug: str) -> AsyncIterator[tuple[Service, Instance]]:
    """The services and an instance: the one named, else the settings' one, else the first."""
    service = await open_service(settings)
    try:
        named = service._replace(instance_slug=slug or service.instance_slug)
        yield named, await instance_services.load_public_instance(named)
    finally:
        await close_service(service)


async def init_instance(
    settings: Settings,
    slug: str,
    *,
    frontend_api: str,
    environment: Environment,
    algorithm: SigningAlgorithm,
) -> MadeInstance:
    """A new instance; the master key file is made too when the database has no instance yet.

    Raises:
        SettingsError: the host is none that SDKs accept.
    """
    try:
        publishable_key = make_publishable_key(frontend_api, environment)
    except ValueError as error:
        raise SettingsError(f"--frontend-api: {error}. Give a host name with a dot, e.g. clerk.example.com.") from error
    await migration.migrate(settings.database_url)
    await _require_master_key(settings)
    service = await open_service(settings)
    try:
        made = await instance_services.create_instance(service, slug, environment, frontend_api, algorithm=algorithm)
    finally:
        await close_service(service)
    return MadeInstance(made.instance, publishable_key, made.secret_key)


async def list_keys(settings: Settings, slug: str) -> list[KeyRow]:
    """Signing keys, then secret keys, of an instance."""
    async with opened(settings, slug) as (service, instance):
        signing = await signing_keys.list_signing_keys(service.database, instance.id)
        secret = await secret_keys.list_secret_keys(service.database, instance.id)
    rows = [KeyRow("signing key", key.kid, key.status, key.algorithm) for key in signing]
    return rows + [
        KeyRow("secret key", key.id, "revoked" if key.revoked_at else "live", f"…{key.last_characters}")
        for key in secret
    ]


async def rotate_key(settings: Settings, slug: str, algorithm: SigningAlgorithm, *, activate: bool) -> str:
    """What was done, and what to do next.

    Raises:
        SettingsError: there is no pending key to activate, or it was published less than ten minutes ago.
    """
    async with opened(settings, slug) as (service, instance):
        if activate:
            kid = await signing_key_services.activate_pending(service, instance)
            return f"The instance signs with {kid} from now on; the older key stays published for verification."
        kid = await signing_key_services.publish_pending(service, instance, algorithm)
        return f"Published {kid}. In ten minutes, when every verifier has it: claimsmith keys rotate --activate"


async def add_secret_key(settings: Settings, slug: str) -> str:
    """A further secret key, told this once."""
    async with opened(settings, slug) as (service, instance):
        return await instance_services.add_secret_key(service, instance)


async def revoke_secret_key(settings: Settings, slug: str, key_id: str) -> None:
    """The key is refused from now on.

    Raises:
        SettingsError: no live key has this id.
    """
    async with opened(settings, slug) as (service, instance):
        if not await instance_services.revoke_secret_key(service, instance, key_id):
            raise SettingsError(f"no live secret key has the id {key_id}. `claimsmith keys list` shows them.")


async def list_administrators(settings: Settings, slug: str) -> list[AdministratorRow]:
    """The administrators of an instance's dashboard, oldest first."""
    async with opened(settings, slug) as (service, instance):
        found = await administrators.list_administrators(service, instance)
    return [AdministratorRow(one.id, one.email_address, one.role, one.last_sign_in_at, one.created_at) for one in found]


async def invite_administrator(settings: Settings, slug: str, role: AdministratorRole) -> MadeLink:
    """A link to the dashboard that makes one administrator of this role within a day."""
    async with opened(settings, slug) as (service, instance):
        author = administrators.OPERATOR
        made = await administrators.invite_administrator(service, instance, role, author=author)
    return MadeLink(made.url(settings.base_url), role, made.invitation.expire_at)


async def remove_administrator(settings: Settings, slug: str, email_address: str) -> None:
    """The administrator with this address is gone, and signed out everywhere.

    Raises:
        SettingsError: nobody has this address.
        ServiceError: `last_owner`.
    """
    async with opened(settings, slug) as (service, instance):
        found = await administrators.list_administrators(service, instance)
        known = next((one for one in found if one.email_address.lower() == email_address.strip().lower()), None)
        if known is None:
            raise SettingsError(
                f"no administrator has the address {email_address}. `claimsmith administrators list` shows them."
            )
        author = administrators.OPERATOR
        await administrators.remove_administrator(service, instance, known.id, author=author)


async def examine(config_file: Path | None, environ: Mapping[str, str]) -> list[Finding]:
    """The checks in the order in which one needs the other; the first that fails is the last."""
    findings: list[Finding] = []
    try:
        settings = load_settings(config_file, environ)
        findings.append(Finding("settings", ok=True, told="every value is in bounds"))
        load_master_key(Path(settings.master_key_file))
        findings.append(Finding("master key", ok=True, told=f"{settings.master_key_file} holds 32 bytes, private"))
        version = await migration.schema_version(settings.database_url)
        findings.append(Finding("database", ok=True, told=f"reached, schema {version or 'none'}"))
        async with opened(settings, "") as (service, instance):
            findings.append(Finding("signing keys", ok=True, told="every one opens with the master key"))
            await signing_key_services.sign_and_verify(service, instance)
            findings.append(Finding("minting", ok=True, told=f"a signature of {instance.slug} verifies"))
    except Exception as error:
        refusal = explain_refusal(error)
        if refusal is None:
            raise
        findings.append(Finding(refusal.code, ok=False, told=refusal.message))
    return findings


async def _require_master_key(settings: Settings) -> None:
    """Make the master key file only where nothing was ever sealed."""
    file = Path(settings.master_key_file)
    if file.exists():  # noqa: ASYNC240 - a command has nothing else to do
        return
    from claimsmith_server.store.database import open_database  # noqa: PLC0415 - only here, before keys are opened

    database = await open_database(settings.database_url)
    try:
        is_new = await instances.load_first_instance(database) is None
    finally:
        await database.close()
    if is_new:
        write_master_key(file, system_clock())
