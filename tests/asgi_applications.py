"""One application in each ASGI framework, with the same routes, and calls to it as a server makes them.

| route | what it answers |
|---|---|
| `/page`, `/protected` | `describe_caller(auth())`, for GET and POST; the second under `require_auth()` |
| `/admin`, `/fresh`, `/typed` | the user's id under `role`, `fresh`, `claims`; the last one the claim `fullName`, too |
| `/async`, `/sync` | who `auth()` and `get_auth` say it is, after a wait; the second in a thread |
| `/stream` | who `auth()` says it is, three times |
| `/background` | the user's id; later a task notes who `auth()` says it is |
| `/socket`, `/guarded` | websockets that tell who it is; the second under `require_auth()` |
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

import anyio
import httpx
import msgspec
from decision_table import Seen, describe_caller

from claimsmith.auth import Auth
from claimsmith.settings import Settings

WAIT = 0.005


class Names(msgspec.Struct):
    """The claims of `/typed`."""

    fullName: str  # noqa: N815 - as in the token


class Application(NamedTuple):
    """An ASGI application, and whom its background tasks saw."""

    asgi: Any
    noted: list[str | None]


MakeApplication = Callable[..., Application]


def make_fastapi(settings: Settings, **options: Any) -> Application:  # noqa: C901 - a list of routes
    from typing import Annotated

    from fastapi import BackgroundTasks, Depends, FastAPI, Request, WebSocket
    from fastapi.responses import StreamingResponse

    from claimsmith.fastapi import Claimsmith, auth, get_auth, require_auth

    app, noted = FastAPI(), []
    Claimsmith(app, settings, **options)

    @app.api_route("/page", methods=["GET", "POST"])
    async def page() -> dict[str, Any]:
        return describe_caller(auth())

    @app.api_route("/protected", methods=["GET", "POST"])
    async def protected(caller: Annotated[Auth, Depends(require_auth())]) -> dict[str, Any]:
        return describe_caller(caller)

    @app.get("/admin")
    async def admin(caller: Annotated[Auth, Depends(require_auth(role="org:admin"))]) -> list[str]:
        return [caller.user_id]

    @app.get("/fresh")
    async def fresh(caller: Annotated[Auth, Depends(require_auth(fresh="strict"))]) -> list[str]:
        return [caller.user_id]

    @app.get("/typed")
    async def typed(caller: Annotated[Auth[Names], Depends(require_auth(claims=Names))]) -> list[str]:
        return [caller.user_id, caller.session_claims.fullName]

    @app.get("/async")
    async def waiting(caller: Annotated[Any, Depends(get_auth)]) -> list[str | None]:
        await anyio.sleep(WAIT)
        return [auth().user_id, caller.user_id]

    @app.get("/sync")
    def blocking(request: Request, caller: Annotated[Any, Depends(get_auth)]) -> list[str | None]:
        time.sleep(WAIT)
        return [auth().user_id, caller.user_id]

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def write() -> AsyncIterator[str]:
            for _ in range(3):
                await anyio.sleep(WAIT)
                yield f"{auth().user_id} "

        return StreamingResponse(write())

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> list[str | None]:
        tasks.add_task(lambda: noted.append(auth().user_id))
        return [auth().user_id]

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, caller: Annotated[Any, Depends(get_auth)]) -> None:
        await websocket.accept()
        await websocket.send_json([auth().user_id, caller.user_id])
        await websocket.close()

    @app.websocket("/guarded")
    async def guarded(websocket: WebSocket, caller: Annotated[Auth, Depends(require_auth())]) -> None:
        await websocket.accept()
        await websocket.send_json([auth().user_id, caller.user_id])
        await websocket.close()

    return Application(app, noted)


def make_starlette(settings: Settings, **options: Any) -> Application:  # noqa: C901 - a list of routes
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket

    from claimsmith.starlette import Claimsmith, auth, get_auth, require_auth

    noted: list[str | None] = []

    async def page(_: Request) -> JSONResponse:
        return JSONResponse(describe_caller(auth()))

    @require_auth()
    async def protected(_: Request) -> JSONResponse:
        return JSONResponse(describe_caller(auth()))

    @require_auth(role="org:admin")
    async def admin(_: Request, auth: Auth) -> JSONResponse:
        return JSONResponse([auth.user_id])

    @require_auth(fresh="strict")
    def fresh(_: Request, auth: Auth) -> JSONResponse:
        return JSONResponse([auth.user_id])

    @require_auth(claims=Names)
    async def typed(_: Request, auth: Auth[Names]) -> JSONResponse:
        return JSONResponse([auth.user_id, auth.session_claims.fullName])

    async def waiting(request: Request) -> JSONResponse:
        await anyio.sleep(WAIT)
        return JSONResponse([auth().user_id, get_auth(request).user_id])

    def blocking(request: Request) -> JSONResponse:
        time.sleep(WAIT)
        return JSONResponse([auth().user_id, get_auth(request).user_id])

    async def stream(_: Request) -> StreamingResponse:
        async def write() -> AsyncIterator[str]:
            for _ in range(3):
                await anyio.sleep(WAIT)
                yield f"{auth().user_id} "

        return StreamingResponse(write())

    async def background(_: Request) -> JSONResponse:
        task = BackgroundTask(lambda: noted.append(auth().user_id))
        return JSONResponse([auth().user_id], background=task)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json([auth().user_id, get_auth(websocket).user_id])
        await websocket.close()

    both = ["GET", "POST"]
    routes = [Route("/page", page, methods=both), Route("/protected", protected, methods=both)]
    routes += [Route("/admin", admin), Route("/fresh", fresh), Route("/typed", typed), Route("/async", waiting)]
    routes += [Route("/sync", blocking), Route("/stream", stream), Route("/background", background)]
    sockets = [WebSocketRoute("/socket", socket), WebSocketRoute("/guarded", require_auth()(socket))]
    app = Starlette(routes=[*routes, *sockets])
    Claimsmith(app, settings, **options)
    return Application(app, noted)


def make_litestar(settings: Settings, **options: Any) -> Application:  # noqa: C901 - a list of routes
    from litestar import Litestar, Request, WebSocket, get, route, websocket
    from litestar.background_tasks import BackgroundTask
    from litestar.di import NamedDependency
    from litestar.response import Response, Stream

    from claimsmith.auth import SignedOut
    from claimsmith.litestar import Claimsmith, auth, get_auth, require_auth

    noted: list[str | None] = []
    current = auth  # the parameters below have its name

    @route("/page", http_method=["GET", "POST"], status_code=200)
    async def page() -> dict[str, Any]:
        return describe_caller(current())

    @route("/protected", http_method=["GET", "POST"], status_code=200, guards=[require_auth()])
    async def protected(auth: NamedDependency[Auth]) -> dict[str, Any]:
        return describe_caller(auth)

    @get("/admin", guards=[require_auth(role="org:admin")])
    async def admin(auth: NamedDependency[Auth]) -> list[str]:
        return [auth.user_id]

    @get("/fresh", guards=[require_auth(fresh="strict")])
    async def fresh(auth: NamedDependency[Auth]) -> list[str]:
        return [auth.user_id]

    @get("/typed", guards=[require_auth(claims=Names)])
    async def typed(auth: NamedDependency[Auth[Names]]) -> list[str]:
        return [auth.user_id, auth.session_claims.fullName]

    @get("/async")
    async def waiting(auth: NamedDependency[Auth | SignedOut]) -> list[str | None]:
        await anyio.sleep(WAIT)
        return [current().user_id, auth.user_id]

    @get("/sync", sync_to_thread=True)
    def blocking(request: Request[Any, Any, Any]) -> list[str | None]:
        time.sleep(WAIT)
        return [current().user_id, get_auth(request).user_id]

    @get("/stream")
    async def stream() -> Stream:
        async def write() -> AsyncIterator[str]:
            for _ in range(3):
                await anyio.sleep(WAIT)
                yield f"{current().user_id} "

        return Stream(write())

    async def note() -> None:
        noted.append(current().user_id)

    @get("/background")
    async def background() -> Response[list[str | None]]:
        return Response([current().user_id], background=BackgroundTask(note))

    @websocket("/socket")
    async def socket(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_json([current().user_id, get_auth(socket).user_id])
        await socket.close()

    @websocket("/guarded", guards=[require_auth()])
    async def guarded(socket: WebSocket[Any, Any, Any], auth: NamedDependency[Auth]) -> None:
        await socket.accept()
        await socket.send_json([current().user_id, auth.user_id])
        await socket.close()

    handlers = [page, protected, admin, fresh, typed, waiting, blocking, stream, background, socket, guarded]
    return Application(Litestar(handlers, plugins=[Claimsmith(settings, **options)]), noted)


FRAMEWORKS: dict[str, MakeApplication] = {
    "fastapi": make_fastapi,
    "starlette": make_starlette,
    "litestar": make_litestar,
}


async def send(app: Any, method: str, url: str, headers: Sequence[tuple[Any, Any]] = ()) -> Seen:
    """What an application answers to exactly these headers and `host`."""
    transport = httpx.ASGITransport(app=app)
    answer = await transport.handle_async_request(httpx.Request(method, url, headers=list(headers)))
    body = await answer.aread()
    return Seen(answer.status_code, answer.headers.multi_items(), body)


async def talk(app: Any, path: str, headers: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """All events that an application sends to a websocket that only listens."""
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("localhost", 3000),
        "client": ("127.0.0.1", 50_000),
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost:3000"), *((name.encode(), value.encode()) for name, value in headers)],
        "subprotocols": [],
        "extensions": {},
    }
    incoming = [{"type": "websocket.connect"}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "websocket.disconnect", "code": 1000}

    async def note(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, note)
    return sent
