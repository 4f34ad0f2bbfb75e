"""Whether a browser on this very machine asks, under one of this machine's own names.

A name of somebody else that resolves to loopback (DNS rebinding), or a proxy or tunnel in front, is somebody else.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from claimsmith_server.http.asgi import Scope

_SIGNS_OF_A_PROXY: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine, straight, and names it in its one Host header."""
    client = scope.get("client")
    if client is None or not is_loopback_address(client[0]):
        return False
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not is_loopback_host(hosts[0]):
        return False
    return not any(name in _SIGNS_OF_A_PROXY for name, _ in scope["headers"])


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine: `localhost:4000`, `127.0.0.1`, `[::1]:4000`, `app.localhost`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback_address(name)


def is_loopback_address(text: str) -> bool:
    """Whether an address is one of this machine's own, `127.0.0.0/8` or `::1`, as IPv4 mapped into IPv6 too."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
