"""What authentication costs a whole FastAPI request, in process: this SDK beside none, and beside two others' ways.

Each application has one route that gives back the user's id. All answer the same requests in interleaved rounds,
straight through their ASGI interface; a figure is the median over the rounds. Exit code 1 when this SDK's way is not
the cheapest.

    python -m benchmarks.requests [--rounds 15] [--json]
"""

import argparse
import asyncio
import gc
import statistics
import sys
import threading
import time
from collections.abc import Callable, MutableMapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import Depends, FastAPI, HTTPException, Request

from benchmarks.verify import encode, make_tokens
from claimsmith import Auth, Settings
from claimsmith.fastapi import Claimsmith, require_auth

REQUESTS = 200
KID = "ins_2abcdefghijklmnopqrstuvwxyz"


def make_plain_app() -> FastAPI:
    """Nobody is asked who they are."""
    app = FastAPI()

    @app.get("/me")
    async def me() -> dict[str, str]:
        return {"user": "user_2abc"}

    return app


def make_own_app(pem: str, cached_tokens: int) -> FastAPI:
    """`require_auth` of this SDK."""
    app = FastAPI()
    Claimsmith(app, Settings(jwt_key=pem), cached_tokens=cached_tokens)

    @app.get("/me")
    async def me(auth: Annotated[Auth[Any], Depends(require_auth())]) -> dict[str, str]:
        return {"user": auth.user_id}

    return app


def make_backend_api_app(pem: str) -> FastAPI:
    """`authenticate_request` of clerk-backend-api in a dependency."""
    from clerk_backend_api import Clerk
    from clerk_backend_api.security.types import AuthenticateRequestOptions

    app, clerk, options = FastAPI(), Clerk(bearer_auth="sk_test_x"), AuthenticateRequestOptions(jwt_key=pem)

    async def require_user(request: Request) -> str:
        state = clerk.authenticate_request(request, options)
        if not state.is_signed_in or state.payload is None:
            raise HTTPException(401)
        return str(state.payload["sub"])

    @app.get("/me")
    async def me(user: Annotated[str, Depends(require_user)]) -> dict[str, str]:
        return {"user": user}

    return app


def make_clerk_auth_app(jwks_url: str) -> FastAPI:
    """The dependency of fastapi-clerk-auth, which has its key set in its cache."""
    from fastapi_clerk_auth import ClerkConfig, ClerkHTTPBearer, HTTPAuthorizationCredentials

    app = FastAPI()
    guard = ClerkHTTPBearer(config=ClerkConfig(jwks_url=jwks_url))

    @app.get("/me")
    async def me(credentials: Annotated[HTTPAuthorizationCredentials, Depends(guard)]) -> dict[str, str]:
        return {"user": (credentials.decoded or {})["sub"]}

    return app


async def ask(app: FastAPI, token: str) -> int:
    """The status of one request with a token, sent without a socket."""
    status = 0
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/me",
        "raw_path": b"/me",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "headers": [
            *((b"host", b"127.0.0.1:8000"), (b"accept", b"application/json"), (b"user-agent", b"benchmark")),
            (b"authorization", b"Bearer " + token.encode()),
        ],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


async def measure(apps: Sequence[FastAPI], tokens: Sequence[str], rounds: int) -> list[list[float]]:
    """CPU seconds per request, for each application in each round; the order turns from round to round."""
    times: list[list[float]] = [[] for _ in apps]
    for app in apps:
        assert await ask(app, tokens[0]) == 200, f"{app} refuses the token"
    gc.disable()
    for turn in range(rounds):
        gc.collect()
        for place in range(len(apps)):
            index = (turn + place) % len(apps)
            arrived = [token.encode().decode() for token in tokens]
            started = time.thread_time()
            for token in arrived:
                await ask(apps[index], token)
            times[index].append((time.thread_time() - started) / len(tokens))
    gc.enable()
    return times


def serve_key_set(key: rsa.RSAPublicKey) -> tuple[ThreadingHTTPServer, str]:
    """A server of the key set on a free port of this machine, and its address."""
    numbers = key.public_numbers()
    modulus, exponent = encode(numbers.n.to_bytes(256)), encode(numbers.e.to_bytes(3))
    jwk = {"use": "sig", "kty": "RSA", "kid": KID, "alg": "RS256", "n": modulus, "e": exponent}
    body = msgspec.json.encode({"keys": [jwk]})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/v1/jwks"


def report(names: Sequence[str], times: list[list[float]]) -> list[dict[str, Any]]:
    """The rows of the table, printed and given back."""
    print(f"\nA FastAPI request with a Bearer token\n  {'':<32}{'us':>8}{'for auth':>10}{'per second':>12}")
    plain = statistics.median(times[0])
    rows = []
    for name, seconds in zip(names, times, strict=True):
        median = statistics.median(seconds)
        print(f"  {name:<32}{median * 1e6:8.1f}{(median - plain) * 1e6:10.1f}{1 / median:12,.0f}")
        rows.append({"name": name, "us": median * 1e6, "auth_us": (median - plain) * 1e6})
    return rows


def compare(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether this SDK's way is the cheapest; prints by how much."""
    own = rows[1]
    print()
    for other in rows[3:]:
        whole, part = other["us"] / own["us"], other["auth_us"] / own["auth_us"]
        print(f"  {other['name']}: {whole:.2f}x the request, {part:.2f}x what authentication adds to it")
    return all(other["us"] > own["us"] for other in rows[3:])


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="also print the figures as one line of JSON")
    arguments = parser.parse_args()
    key = rsa.generate_private_key(65537, 2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    tokens = make_tokens(key, organization=False)[:REQUESTS]
    server, jwks_url = serve_key_set(key.public_key())
    apps: dict[str, Callable[[], FastAPI]] = {
        "no authentication": make_plain_app,
        "claimsmith require_auth": lambda: make_own_app(pem, 0),
        "claimsmith, tokens remembered": lambda: make_own_app(pem, len(tokens)),
        "clerk-backend-api, jwt_key": lambda: make_backend_api_app(pem),
        "fastapi-clerk-auth, cached JWKS": lambda: make_clerk_auth_app(jwks_url),
    }
    rows = report(list(apps), asyncio.run(measure([make() for make in apps.values()], tokens, arguments.rounds)))
    server.shutdown()
    is_cheapest = compare(rows)
    if arguments.json:
        print(msgspec.json.encode(rows).decode())
    return int(not is_cheapest)


if __name__ == "__main__":
    sys.exit(main())
