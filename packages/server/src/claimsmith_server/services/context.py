"""What every service is given: storage, clock, keys, caches, log. Built once by `app.open_service`, closed there."""

from typing import NamedTuple

from claimsmith_server.clock import Clock
from claimsmith_server.core import ids
from claimsmith_server.core.secrets import SECRET_BYTES, encode_secret
from claimsmith_server.observability import Logger
from claimsmith_server.services.compiled import CompiledTemplates
from claimsmith_server.services.key_ring import KeyRing
from claimsmith_server.services.mail_signal import MailSignal
from claimsmith_server.services.passwords import PasswordPool
from claimsmith_server.services.token_tally import TokenTally
from claimsmith_server.store.database import Database


class Limits(NamedTuple):
    """What one address may do in ten seconds; 0: as often as it likes."""

    sign_ins: int
    """Sign-ins and sign-ups begun."""
    attempts: int
    """Passwords and codes tried."""
    browsers: int
    """Browsers that were not known before."""


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
    limits: Limits
    mail_signal: MailSignal
    tally: TokenTally

    def make_id(self, prefix: str) -> str:
        """A new id of a resource, e.g. `user_…`."""
        return ids.make_id(prefix, self.clock.now(), self.clock.entropy(ids.ENTROPY_BYTES))

    def make_secret(self) -> str:
        """A new secret of 256 random bits; store its `hash_secret` alone."""
        return encode_secret(self.clock.entropy(SECRET_BYTES))
