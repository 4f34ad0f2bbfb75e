"""An instance's keys as an application knows them: publishable key, secret key, cookie suffix (contract 1.1)."""

import base64
import binascii
import hashlib
from typing import Literal

import msgspec

from claimsmith import wire

Environment = Literal["development", "production"]

_PREFIXES: dict[str, Environment] = {"pk_test_": "development", "pk_live_": "production"}


class PublishableKey(msgspec.Struct, frozen=True):
    """A parsed publishable key.

    Example: `pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk` is development and `demo.clerk.accounts.dev`.
    """

    text: str
    environment: Environment
    frontend_api: str
    """Host (and port) of the Frontend API, without a scheme."""

    @property
    def issuer(self) -> str:
        """The `iss` that session tokens of this instance carry."""
        return f"https://{self.frontend_api}"

    @property
    def cookie_suffix(self) -> str:
        """The eight characters after `__session_`."""
        return cookie_suffix(self.text)


def make_publishable_key(frontend_api: str, environment: Environment) -> str:
    """The publishable key of a Frontend API host; `frontend_api` must contain a dot, as SDKs demand."""
    if "." not in frontend_api or "$" in frontend_api:
        raise ValueError(f"not a Frontend API host that SDKs accept: {frontend_api!r}")
    prefix = next(key for key, value in _PREFIXES.items() if value == environment)
    return prefix + base64.b64encode(f"{frontend_api}$".encode()).decode().rstrip("=")


def parse_publishable_key(text: str) -> PublishableKey:
    """The host and the environment that a publishable key encodes.

    Raises:
        ValueError: not `pk_test_` or `pk_live_`, not base64, or not one host that ends in one `$`.

    Example:
        ```python
        key = parse_publishable_key("pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk")
        assert key.frontend_api == "demo.clerk.accounts.dev"
        ```
    """
    environment = _PREFIXES.get(text[:8])
    if environment is None:
        raise ValueError("a publishable key starts with pk_test_ or pk_live_")
    encoded = text[8:]
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("a publishable key is base64 after its prefix") from error
    host = decoded.removesuffix("$")
    if host == decoded or "$" in host or "." not in host:
        raise ValueError("a publishable key encodes a host name that ends in one $")
    return PublishableKey(text, environment, host)


def cookie_suffix(publishable_key: str) -> str:
    """The eight characters that tell two instances' cookies on one host apart."""
    # SHA-1 names a cookie here and protects nothing; the wire fixes it.
    digest = hashlib.sha1(publishable_key.encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest)[: wire.COOKIE_SUFFIX_LENGTH].decode()
