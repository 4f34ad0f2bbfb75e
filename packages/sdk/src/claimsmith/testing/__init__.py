"""Tests of applications: callers without tokens, tokens without a server, a server, a browser that is signed in.

Nothing is loaded before it is used. With pytest there are fixtures, too: see `claimsmith.testing.pytest_plugin`.

Example:
    ```python
    from claimsmith import testing, verify_token

    token = testing.make_token({"fullName": "Ada Lovelace"}, user="user_1")
    assert verify_token(token, testing.keys)["fullName"] == "Ada Lovelace"
    ```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from claimsmith.settings import Settings
    from claimsmith.testing.browsers import storage_state
    from claimsmith.testing.callers import StandIn, auth_cookies, auth_headers, signed_in, signed_out
    from claimsmith.testing.clocks import FrozenClock
    from claimsmith.testing.organizations import Organization
    from claimsmith.testing.processes import running_server
    from claimsmith.testing.servers import RunningServer, SignIn
    from claimsmith.testing.session_claims import ClaimsOptions, make_claims
    from claimsmith.testing.signing import PUBLISHABLE_KEY, SigningKey, make_signing_key
    from claimsmith.testing.tokens import FLAWS, Flaw, make_flawed_token, make_template_token, make_token
    from claimsmith.verification.keys import StaticKeys

    keys: StaticKeys
    """What verifies the tokens made here; give it to the application under test."""
    pem: str
    """The same key as `CLERK_JWT_KEY` takes it."""
    jwks: Mapping[str, Any]
    """The same key as a key set."""
    settings: Settings
    """Settings with that key and the publishable key of the tokens made here."""
    environment: Mapping[str, str]
    """The same as variables, for applications that read them."""

__all__ = [
    "FLAWS",
    "PUBLISHABLE_KEY",
    "ClaimsOptions",
    "Flaw",
    "FrozenClock",
    "Organization",
    "RunningServer",
    "SignIn",
    "SigningKey",
    "StandIn",
    "auth_cookies",
    "auth_headers",
    "environment",
    "jwks",
    "keys",
    "make_claims",
    "make_flawed_token",
    "make_signing_key",
    "make_template_token",
    "make_token",
    "pem",
    "running_server",
    "settings",
    "signed_in",
    "signed_out",
    "storage_state",
]

_MODULES = {
    "browsers": ("storage_state",),
    "callers": ("StandIn", "auth_cookies", "auth_headers", "signed_in", "signed_out"),
    "clocks": ("FrozenClock",),
    "organizations": ("Organization",),
    "processes": ("running_server",),
    "servers": ("RunningServer", "SignIn"),
    "session_claims": ("ClaimsOptions", "make_claims"),
    "signing": ("PUBLISHABLE_KEY", "SigningKey", "make_signing_key"),
    "tokens": ("FLAWS", "Flaw", "make_flawed_token", "make_template_token", "make_token"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_OF_THE_KEY = frozenset({"keys", "pem", "jwks", "settings", "environment"})
"""Made when first asked for, since they need the key, which takes a tenth of a second to make."""


def __getattr__(name: str) -> Any:
    """A public name, from its module."""
    if name in _OF_THE_KEY:
        return getattr(import_module("claimsmith.testing.signing"), f"own_{name}")()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"claimsmith.testing.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
