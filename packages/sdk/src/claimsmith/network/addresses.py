"""Addresses that keys and secrets may travel to: https, or plain http that never leaves this machine (case K-012)."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from claimsmith.errors import ConfigurationError

_PORTS = {"http": 80, "https": 443}


def check_https(url: str) -> SplitResult:
    """The parts of an address that may carry secrets: `https`, or `http` to this machine, and no user name.

    Args:
        url: absolute, e.g. `https://api.example.com/v1/jwks` or `http://localhost:4000`.

    Raises:
        ConfigurationError: any other address; the sentence never repeats a user name or a password.

    Example:
        ```python
        assert check_https("https://api.example.com/v1").hostname == "api.example.com"
        assert check_https("http://localhost:4000").port == 4000
        ```
    """
    parts = _split(url)
    if parts is None or parts.username is not None or not parts.hostname:
        raise ConfigurationError("An address for keys and secrets is a plain URL, such as https://api.example.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ConfigurationError(
            f"Keys and secrets must not travel over {parts.scheme or 'no scheme'} to {parts.hostname}. Use https; "
            "plain http is for localhost only.",
        )
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host's name can only mean this machine: `localhost`, a name under it, 127.0.0.0/8 or `::1`.

    Args:
        host: without brackets and port, e.g. `urlsplit(url).hostname`.

    Example:
        ```python
        assert is_loopback("127.0.0.1") and is_loopback("a.localhost") and is_loopback("::1")
        assert not is_loopback("localhost.example.com")
        ```
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def has_same_origin(url: str, other: str) -> bool:
    """Whether two addresses share scheme, host and port, so that one may be told what the other may (RFC 6454).

    Example:
        ```python
        assert has_same_origin("https://api.example.com/a", "https://api.example.com:443/b")
        assert not has_same_origin("https://api.example.com/a", "http://api.example.com/a")
        ```
    """
    origin = _origin(url)
    return origin is not None and origin == _origin(other)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    parts = _split(url)
    if parts is None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _split(url: str) -> SplitResult | None:
    """The parts of a URL, `None` for a text that has none, such as a port that is no number."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
