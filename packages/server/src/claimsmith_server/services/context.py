"""What every service is given: storage, clock, keys, caches, log. Built once by `app.open_service`, closed there."""

from typing import NamedTuple

from claimsmith_server.clock import Clock
from claimsmith_server.core import ids
from claimsmith_server.observability import Logger
from claimsmith_server.services.compiled import CompiledTemplates
from claimsmith_server.services.key_ring import KeyRing
from claimsmith_server.services.passwords import PasswordPool
from claimsmith_server.store.database import Database


class Service(NamedTuple):
    """The first argument of every service function."""

    database: Database
    clock: Clock
    keys: KeyRing
    passwords: PasswordPool
    templates: CompiledTemplates
    log: Logger
    instance_slug: str
    """Slug of the instance that the Frontend API serves; empty: the only one there is."""

    def make_id(self, prefix: str) -> str:
        """A new id of a resource, e.g. `user_…`."""
        return ids.make_id(prefix, self.clock.now(), self.clock.entropy(ids.ENTROPY_BYTES))
