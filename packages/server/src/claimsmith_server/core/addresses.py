"""Addresses of those who send requests: which one to believe behind proxies, and what a limit counts by. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_SITE_BITS = 64
"""What one customer of a provider gets at least: whoever has one address of it has all (case A-015)."""


def peer_address(peer: str | None, forwarded_for: Sequence[str], trusted_proxies: int) -> str:
    """The address of who sent a request, e.g. `203.0.113.7` or `2001:db8::7`; empty when nobody can know.

    Each of the trusted proxies adds the address of who came to it at the right of `X-Forwarded-For`, so with N of them
    the Nth from the right is believed, and nothing that stands before it (case C-009). Too few of them, or one that is
    no address: the peer of the connection.

    Args:
        peer: The other end of the connection; `None` where it has no address, as on a Unix socket.
        forwarded_for: The values of all `X-Forwarded-For` headers in their order.
        trusted_proxies: How many proxies of our own every request comes through; 0 believes no header.
    """
    address = None
    if trusted_proxies > 0:
        hops = ",".join(forwarded_for).rsplit(",", trusted_proxies)[-trusted_proxies:]
        address = _parse_hop(hops[0]) if len(hops) == trusted_proxies else None
    address = address or _parse_address(peer or "")
    return str(address) if address else peer or ""


def limit_key(address: str) -> str:
    """What requests of one sender are counted under: an IPv4 address, or the /64 of an IPv6 one (case A-015)."""
    parsed = _parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), _SITE_BITS), strict=False))
    return str(parsed) if parsed else address[:64]


def _parse_hop(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: alone, or with a port, `192.0.2.1:4711` and `[2001:db8::1]:4711`."""
    hop = text.strip(" \t")
    if hop.startswith("["):
        hop, _, port = hop[1:].partition("]")
        is_port = not port or port[0] == ":"
    else:
        is_port = True
        if hop.count(":") == 1:
            hop = hop.partition(":")[0]
    return _parse_address(hop) if is_port else None


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; one of IPv4 that is mapped into IPv6 is one of IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address
