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
    from claimsmith.answers import Answer
    from claimsmith.application import Application
    from claimsmith.auth import Auth, SignedOut, make_auth
    from claimsmith.claims import SessionClaims
    from claimsmith.claims_mapping import ClaimsMapping, MissingClaimError, OmittedClaimError
    from claimsmith.claims_models import convert_claims
    from claimsmith.claims_problems import ClaimsError
    from claimsmith.decisions import Decision
    from claimsmith.errors import ApiError, ConfigurationError, ConnectionFailed, TokenError
    from claimsmith.facts import Options, RequestFacts
    from claimsmith.handshake import Handshake
    from claimsmith.instance import PublishableKey, parse_publishable_key
    from claimsmith.issuer_keys import IssuerKeys
    from claimsmith.keys import Key, KeySet, StaticKeys
    from claimsmith.omitted import ClaimsUnavailableError, OmittedClaims
    from claimsmith.remote_keys import RemoteKeys
    from claimsmith.request import authenticate
    from claimsmith.request_state import SignedIn
    from claimsmith.reverification import Reverification
    from claimsmith.settings import Settings, load_settings
    from claimsmith.tokens import TokenCache, decode_claims, verify_token

__all__ = [
    "Answer",
    "ApiError",
    "Application",
    "Auth",
    "ClaimsError",
    "ClaimsMapping",
    "ClaimsUnavailableError",
    "ConfigurationError",
    "ConnectionFailed",
    "Decision",
    "Handshake",
    "IssuerKeys",
    "Key",
    "KeySet",
    "MissingClaimError",
    "OmittedClaimError",
    "OmittedClaims",
    "Options",
    "PublishableKey",
    "RemoteKeys",
    "RequestFacts",
    "Reverification",
    "SessionClaims",
    "Settings",
    "SignedIn",
    "SignedOut",
    "StaticKeys",
    "TokenCache",
    "TokenError",
    "authenticate",
    "convert_claims",
    "decode_claims",
    "load_settings",
    "make_auth",
    "parse_publishable_key",
    "verify_token",
]

_MODULES = {
    "answers": ("Answer",),
    "application": ("Application",),
    "auth": ("Auth", "SignedOut", "make_auth"),
    "claims": ("SessionClaims",),
    "claims_mapping": ("ClaimsMapping", "MissingClaimError", "OmittedClaimError"),
    "claims_models": ("convert_claims",),
    "claims_problems": ("ClaimsError",),
    "decisions": ("Decision",),
    "errors": ("ApiError", "ConfigurationError", "ConnectionFailed", "TokenError"),
    "facts": ("Options", "RequestFacts"),
    "handshake": ("Handshake",),
    "instance": ("PublishableKey", "parse_publishable_key"),
    "issuer_keys": ("IssuerKeys",),
    "keys": ("Key", "KeySet", "StaticKeys"),
    "omitted": ("ClaimsUnavailableError", "OmittedClaims"),
    "remote_keys": ("RemoteKeys",),
    "request": ("authenticate",),
    "request_state": ("SignedIn",),
    "reverification": ("Reverification",),
    "settings": ("Settings", "load_settings"),
    "tokens": ("TokenCache", "decode_claims", "verify_token"),
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
