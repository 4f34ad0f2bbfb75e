"""Testing tokens: what test suites send so that no protection against bots stands in their way (contract 4.10).

A token is its expiry and a keyed hash of it and its instance; nothing is stored.
"""

from typing import NamedTuple

from claimsmith_server.core.codes import is_same_mac
from claimsmith_server.core.models import Instance
from claimsmith_server.services.context import Service

LIFETIME_SECONDS = 3600
_PURPOSE = "testing_token"
_MAX_DIGITS = 12


class TestingToken(NamedTuple):
    """A token and the unix second from which it is refused."""

    token: str
    expires_at: int


def make_testing_token(service: Service, instance: Instance) -> TestingToken:
    """A new token, good for an hour."""
    expires_at = service.clock.now() // 1000 + LIFETIME_SECONDS
    mac = service.keys.mac(_PURPOSE, f"{instance.id}:{expires_at}").hex()
    return TestingToken(f"{expires_at}-{mac}", expires_at)


def is_testing_token(service: Service, instance: Instance, token: str | None) -> bool:
    """Whether this is a token of the instance that has not expired."""
    expires_at, _, mac = (token or "").partition("-")
    if not (expires_at.isascii() and expires_at.isdigit() and len(expires_at) <= _MAX_DIGITS):
        return False
    expected = service.keys.mac(_PURPOSE, f"{instance.id}:{expires_at}").hex()
    is_ours = is_same_mac(expected.encode(), mac.encode("utf-8", "surrogatepass"))
    return is_ours and service.clock.now() // 1000 < int(expires_at)
