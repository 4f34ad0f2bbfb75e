"""Compiled templates in memory, by the version of their text: an edit is a new key, so nothing is ever invalidated."""

from collections import OrderedDict
from typing import Generic, TypeVar

from claimsmith_server.core.claims import Template
from claimsmith_server.core.jose import Signer

V = TypeVar("V")

CAPACITY = 1024


class Versions(Generic[V]):
    """The most recently used values, at most `CAPACITY`."""

    def __init__(self) -> None:
        """Empty."""
        self._kept: OrderedDict[tuple[str, int], V] = OrderedDict()

    def find(self, owner: str, version: int) -> V | None:
        """The value of this version, if it is in memory."""
        value = self._kept.get((owner, version))
        if value is not None:
            self._kept.move_to_end((owner, version))
        return value

    def keep(self, owner: str, version: int, value: V) -> V:
        """Put a value in memory, and give it back."""
        self._kept[owner, version] = value
        if len(self._kept) > CAPACITY:
            self._kept.popitem(last=False)
        return value


class CompiledTemplates:
    """Session claims by instance and version, JWT templates by id and version."""

    def __init__(self) -> None:
        """Empty."""
        self.session_claims: Versions[Template] = Versions()
        self.jwt_templates: Versions[tuple[Template, Signer | None]] = Versions()
