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
    from claimsmith.authentication.facts import Options, RequestFacts
    from claimsmith.authentication.handshake import Handshake
    from claimsmith.authentication.request import authenticate
    from claimsmith.authentication.request_state import SignedIn
    from claimsmith.claims.mapping import ClaimsMapping, MissingClaimError, OmittedClaimError
    from claimsmith.claims.omitted import ClaimsUnavailableError, OmittedClaims
    from claimsmith.claims.problems import ClaimsError
    from claimsmith.claims.reverification import Reverification
    from claimsmith.claims.session_claims import SessionClaims
    from claimsmith.decisions import Decision
    from claimsmith.errors import ApiError, ConfigurationError, ConnectionFailed, TokenError
    from claimsmith.instance import PublishableKey, parse_publishable_key
    from claimsmith.settings import Settings, load_settings
    from claimsmith.typed_claims import convert_claims
    from claimsmith.verification.issuer_keys import IssuerKeys
    from claimsmith.verification.keys import Key, KeySet, StaticKeys
    from claimsmith.verification.remote_keys import RemoteKeys
    from claimsmith.verification.tokens import TokenCache, decode_claims, verify_token

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
    "claims.session_claims": ("SessionClaims",),
    "claims.mapping": ("ClaimsMapping", "MissingClaimError", "OmittedClaimError"),
    "typed_claims": ("convert_claims",),
    "claims.problems": ("ClaimsError",),
    "decisions": ("Decision",),
    "errors": ("ApiError", "ConfigurationError", "ConnectionFailed", "TokenError"),
    "authentication.facts": ("Options", "RequestFacts"),
    "authentication.handshake": ("Handshake",),
    "instance": ("PublishableKey", "parse_publishable_key"),
    "verification.issuer_keys": ("IssuerKeys",),
    "verification.keys": ("Key", "KeySet", "StaticKeys"),
    "claims.omitted": ("ClaimsUnavailableError", "OmittedClaims"),
    "verification.remote_keys": ("RemoteKeys",),
    "authentication.request": ("authenticate",),
    "authentication.request_state": ("SignedIn",),
    "claims.reverification": ("Reverification",),
    "settings": ("Settings", "load_settings"),
    "verification.tokens": ("TokenCache", "decode_claims", "verify_token"),
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
