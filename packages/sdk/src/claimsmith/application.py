"""How one application knows its callers: settings, keys and options; every adapter asks it about each request."""

from collections.abc import Callable, Collection
from typing import Any, TypedDict, Unpack

from claimsmith.answers import Answer
from claimsmith.auth import Auth
from claimsmith.clock import present
from claimsmith.decisions import Decision, make_decision
from claimsmith.facts import Options, RequestFacts
from claimsmith.keys import KeySet
from claimsmith.remote_keys import RemoteKeys
from claimsmith.request import authenticate, candidate_kids
from claimsmith.requirements import Requirement, check_requirement
from claimsmith.settings import Settings, load_settings, make_keys
from claimsmith.wire import DEFAULT_LEEWAY_SECONDS


class ApplicationOptions(TypedDict, total=False):
    """The keyword arguments of every adapter's `Claimsmith`, besides the settings."""

    keys: KeySet
    """Instead of those that the settings lead to."""
    handshakes: bool
    """Whether browsers that ask for pages may be sent to the Frontend API to settle their state."""
    accept_pending: bool
    """Whether a session with unfinished tasks counts as signed in."""
    audience: Collection[str]
    """When given, a token that has an `aud` must share one of them."""
    leeway: float
    """Seconds that clocks may differ."""
    cached_tokens: int
    """How many verified tokens to remember; 0, the default, verifies each one anew."""
    clock: Callable[[], float]
    """Unix seconds; for tests."""


class Application:
    """One application's way to know its callers; adapters make one and ask it about each request.

    Example:
        ```python
        application = Application(load_settings(), handshakes=True)
        decision = application.decide(facts)
        ```
    """

    def __init__(self, settings: Settings | None = None, **options: Unpack[ApplicationOptions]) -> None:
        """Nothing is fetched yet.

        Args:
            settings: of the instance; read from the environment when `None`.
            **options: see `ApplicationOptions`.

        Raises:
            ConfigurationError: no key to verify tokens with, or a value that cannot be right.
        """
        self.settings = load_settings() if settings is None else settings
        keys = options.get("keys")
        self._keys = make_keys(self.settings) if keys is None else keys
        self._clock = options.get("clock", present)
        self.options = Options(
            publishable_key=self.settings.publishable_key,
            authorized_parties=self.settings.authorized_parties,
            audience=tuple(options.get("audience", ())),
            leeway=options.get("leeway", DEFAULT_LEEWAY_SECONDS),
            accept_pending=options.get("accept_pending", False),
            handshakes=options.get("handshakes", False),
            proxy_url=self.settings.proxy_url,
        )

    def decide(self, facts: RequestFacts) -> Decision:
        """Who is calling; may block while keys are fetched, which is rare."""
        keys = self._keys
        if isinstance(keys, RemoteKeys):
            keys = keys.snapshot(*candidate_kids(facts, self.options))
        return make_decision(authenticate(facts, keys, self.options, now=self._clock()), facts)

    async def decide_async(self, facts: RequestFacts) -> Decision:
        """As `decide`, in an event loop that is never blocked: what has to be fetched is fetched in a thread."""
        keys = self._keys
        if isinstance(keys, RemoteKeys):
            keys = await keys.snapshot_async(*candidate_kids(facts, self.options))
        return make_decision(authenticate(facts, keys, self.options, now=self._clock()), facts)

    def check(self, decision: Decision, requirement: Requirement) -> Auth[Any] | Answer:
        """The caller when they have what the route asks for, else what to answer them."""
        return check_requirement(decision, requirement)
