"""Who stands in for the callers of requests while a test says so. In production there is nobody, and nothing to set.

Only `claimsmith.testing` puts something here, and only while a block of `signed_in` or `signed_out` is open. Nothing in
a request, an environment variable or a setting leads here.
"""

from collections.abc import Callable
from typing import Any

from claimsmith.auth import Auth, SignedOut

FindStandIn = Callable[[], Auth[Any] | SignedOut | None]
"""Gives the caller that the test around this request asked for, `None` when this request has no such test."""

_INSTALLED: list[FindStandIn] = []
"""Once for each open block."""


def find_stand_in() -> Auth[Any] | SignedOut | None:
    """The caller to take without looking at the request; `None`, always so in production, to look at it.

    Example:
        ```python
        assert find_stand_in() is None
        ```
    """
    return _INSTALLED[-1]() if _INSTALLED else None


def install(find: FindStandIn) -> None:
    """Ask `find` about each request from now on. For `claimsmith.testing`."""
    _INSTALLED.append(find)


def uninstall(find: FindStandIn) -> None:
    """Undo one `install`."""
    _INSTALLED.remove(find)
