"""Verify session tokens and read their claims, typed, in every Python framework.

Importing this package loads nothing else: each name is fetched from its module when it is first used, so that a program
pays only for what it calls.

Example:
    ```python
    from claimsmith import StaticKeys, verify_token

    claims = verify_token(token, StaticKeys.from_pem(pem))
    ```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claimsmith.auth import Auth, SignedOut, make_auth
    from claimsmith.claims import SessionClaims
    from claimsmith.errors import ApiError, ConfigurationError, TokenError
    from claimsmith.facts import Options, RequestFacts
    from claimsmith.handshake import Handshake
    from claimsmith.instance import PublishableKey, parse_publishable_key
    from claimsmith.keys import Key, KeySet, StaticKeys
    from claimsmith.remote_keys import RemoteKeys
    from claimsmith.request import SignedIn, authenticate
    from claimsmith.settings import Settings, load_settings
    from claimsmith.tokens import decode_claims, verify_token

__all__ = [
    "ApiError",
    "Auth",
    "ConfigurationError",
    "Handshake",
    "Key",
    "KeySet",
    "Options",
    "PublishableKey",
    "RemoteKeys",
    "RequestFacts",
    "SessionClaims",
    "Settings",
    "SignedIn",
    "SignedOut",
    "StaticKeys",
    "TokenError",
    "authenticate",
    "decode_claims",
    "load_settings",
    "make_auth",
    "parse_publishable_key",
    "verify_token",
]

_MODULES = {
    "auth": ("Auth", "SignedOut", "make_auth"),
    "claims": ("SessionClaims",),
    "errors": ("ApiError", "ConfigurationError", "TokenError"),
    "instance": ("PublishableKey", "parse_publishable_key"),
    "keys": ("Key", "KeySet", "StaticKeys"),
    "remote_keys": ("RemoteKeys",),
    "handshake": ("Handshake",),
    "facts": ("Options", "RequestFacts"),
    "request": ("SignedIn", "authenticate"),
    "settings": ("Settings", "load_settings"),
    "tokens": ("decode_claims", "verify_token"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"claimsmith.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
