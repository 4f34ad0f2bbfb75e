"""The composition root: services opened, faces built, requests sent to the right one.

One port serves three faces. `/bapi` and `/fapi` name a face outright; else `Authorization: Bearer sk_…` is the Backend
API, `/dashboard` the dashboard, and the rest the Frontend API (contract 1.6).
"""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from claimsmith_server.bapi import instance, jwks, jwt_templates, session_claims, sessions, tokens, users
from claimsmith_server.bapi.access import provide_instance, provide_service, require_secret_key
from claimsmith_server.clock import Clock, system_clock
from claimsmith_server.core.sealing import MASTER_KEY_BYTES
from claimsmith_server.dashboard import home
from claimsmith_server.fapi import health, well_known
from claimsmith_server.http.asgi import AsgiApp, Receive, Scope, Send
from claimsmith_server.http.errors import answer_exception
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.observability import Logger, configure_logging
from claimsmith_server.platform import config
from claimsmith_server.services.compiled import CompiledTemplates
from claimsmith_server.services.context import Service
from claimsmith_server.services.key_ring import KeyRing
from claimsmith_server.services.passwords import PasswordPool
from claimsmith_server.settings import Settings, SettingsError
from claimsmith_server.store.database import open_database

BACKEND_ROUTES = (
    *jwks.ROUTES,
    *instance.ROUTES,
    *users.ROUTES,
    *sessions.ROUTES,
    *jwt_templates.ROUTES,
    *session_claims.ROUTES,
    *config.ROUTES,
)
FRONTEND_ROUTES = (*well_known.ROUTES, *health.ROUTES)
DASHBOARD_ROUTES = home.ROUTES

_BACKEND_FAMILIES = ("jwks", "instance", "users", "sessions", "session_claims", "jwt_templates", "platform")
"""First segments, after `/v1/`, that only the Backend API has: without a key they are a 401, not a 404."""
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
        except Exception as error:  # noqa: BLE001 - told to the server, which ends with it
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await close_service(self._service)
        await send({"type": "lifespan.shutdown.complete"})


def build_faces(service: Service, settings: Settings) -> AsgiApp:
    """The three faces behind one dispatcher."""
    rate_limit = RateLimit(settings.backend_rate_limit)
    backend = _build_face(
        BACKEND_ROUTES,
        service,
        {"rate_limit": rate_limit},
        guards=[require_secret_key],
        dependencies={"instance": Provide(provide_instance)},
    )
    base_url = settings.base_url

    async def provide_base_url() -> str:
        return base_url

    addressed = {"base_url": Provide(provide_base_url)}
    frontend = _build_face(FRONTEND_ROUTES, service, {}, dependencies=addressed)
    dashboard = _build_face(DASHBOARD_ROUTES, service, {}, dependencies=addressed)
    return Faces(backend, frontend, dashboard, tokens.TokenRoutes(service, rate_limit))


def _build_face(
    routes: Sequence[Any],
    service: Service,
    state: dict[str, Any],
    *,
    dependencies: dict[str, Provide],
    guards: Sequence[Any] = (),
) -> AsgiApp:
    return Litestar(
        route_handlers=routes,
        state=State({"service": service, **state}),
        guards=guards,
        dependencies={"service": Provide(provide_service)} | dependencies,
        exception_handlers={Exception: answer_exception},
        openapi_config=None,
        logging_config=None,
    )


class Faces:
    """Sends each request to the face that it is for."""

    def __init__(self, backend: AsgiApp, frontend: AsgiApp, dashboard: AsgiApp, token_routes: AsgiApp) -> None:
        """The faces, and the Backend API's token routes beside the framework."""
        self._backend = backend
        self._frontend = frontend
        self._dashboard = dashboard
        self._token_routes = token_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        path: str = scope["path"]
        face = path[1:5]
        if face in {"bapi", "fapi"} and (len(path) == 5 or path[5] == "/"):  # noqa: PLR2004 - "/bapi"
            path = path[5:] or "/"
            scope = _at_path(scope, path)
            is_backend = face == "bapi"
        else:
            is_backend = _is_for_backend(path, scope["headers"])
        if is_backend:
            serve = self._token_routes if tokens.PATH.fullmatch(path) else self._backend
        elif path == "/" or path.startswith("/dashboard"):
            serve = self._dashboard
        else:
            serve = self._frontend
        await serve(scope, receive, send)


def _at_path(scope: Scope, path: str) -> Scope:
    return {**scope, "path": path, "raw_path": path.encode()}


def _is_for_backend(path: str, headers: Any) -> bool:
    for name, value in headers:
        if name == b"authorization":
            return bool(value[:10].lower() == b"bearer sk_") or _is_backend_family(path)
    return _is_backend_family(path)


def _is_backend_family(path: str) -> bool:
    return path.startswith("/v1/") and path[4:].partition("/")[0] in _BACKEND_FAMILIES
