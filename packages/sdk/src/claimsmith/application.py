"""How one application knows its callers: settings, keys and options; every adapter asks it about each request."""

from collections.abc import Callable, Collection
from typing import Any, TypedDict, Unpack

from msgspec.structs import replace

from claimsmith.answers import Answer
from claimsmith.auth import Auth, SignedOut
from claimsmith.authentication.backend_questions import find_asked_nonce, load_directives, load_refreshed, open_backend
from claimsmith.authentication.facts import Options, RequestFacts, is_document
from claimsmith.authentication.organization_sync import compile_pattern
from claimsmith.authentication.request import Outcome, authenticate, candidate_kids, is_refreshable
from claimsmith.authentication.satellites import prepare_sign_in
from claimsmith.claims.omitted import OmittedClaims
from claimsmith.clock import present
from claimsmith.decisions import Decision, make_decision
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import Requirement, check_requirement
from claimsmith.settings import Settings, load_settings, make_keys
from claimsmith.stand_ins import find_stand_in
from claimsmith.verification.keys import KeySet
from claimsmith.verification.remote_keys import RemoteKeys
from claimsmith.verification.tokens import TokenCache
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
    satellite_auto_sync: bool
    """Whether a satellite asks its primary about everybody, and not just about those who come from its sign-in."""
    allowed_redirect_origins: Collection[str]
    """Origins of the satellites that a primary with development keys answers to."""
    organization_patterns: Collection[str]
    """Paths of one organization each, e.g. `/orgs/:slug/(.*)`: it is made the active one there, by a handshake."""
    personal_account_patterns: Collection[str]
    """Paths without an organization, e.g. `/me/(.*)`."""


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
        self.settings: Settings = load_settings() if settings is None else settings
        keys = options.get("keys")
        self._keys = make_keys(self.settings) if keys is None else keys
        self._clock = options.get("clock", present)
        cached_tokens = options.get("cached_tokens", 0)
        self._cache = TokenCache(cached_tokens) if cached_tokens > 0 else None
        self._backend = open_backend(self.settings)
        self._omitted = None if self._backend is None else OmittedClaims(self._backend)
        self.options: Options = _make_options(self.settings, options, can_ask=self._backend is not None)

    def decide(self, facts: RequestFacts) -> Decision:
        """Who is calling; may block while something is fetched, which is rare. Never raises for what is fetched.

        Example:
            ```python
            decision = application.decide(facts)
            decision.caller.is_authenticated
            ```
        """
        stand_in = find_stand_in()  # Nobody, but in a test that uses `claimsmith.testing.signed_in`.
        if stand_in is not None:
            return Decision(stand_in, facts)
        nonce = self._backend and find_asked_nonce(facts, self.options)
        if self._backend and nonce:
            facts = replace(facts, directives=load_directives(self._backend, nonce))
        outcome = self._authenticate(facts)
        if self._backend and is_refreshable(outcome):
            refreshed = load_refreshed(self._backend, facts, self.options, now=self._clock())
            facts = replace(facts, refreshed=refreshed)
            outcome = self._authenticate(facts)
        return make_decision(outcome, facts, self._omitted)

    async def decide_async(self, facts: RequestFacts) -> Decision:
        """As `decide`, in an event loop that is never blocked: what has to be fetched is fetched in a thread.

        Example:
            ```python
            decision = await application.decide_async(facts)
            decision.caller.is_authenticated
            ```
        """
        stand_in = find_stand_in()  # Nobody, but in a test that uses `claimsmith.testing.signed_in`.
        if stand_in is not None:
            return Decision(stand_in, facts)
        keys = self._keys
        if self._backend is None or find_asked_nonce(facts, self.options) is None:
            if isinstance(keys, RemoteKeys):
                keys = await keys.snapshot_async(*candidate_kids(facts, self.options, now=self._clock()))
            outcome = authenticate(facts, keys, self.options, now=self._clock(), cache=self._cache)
            if self._backend is None or not is_refreshable(outcome):
                return make_decision(outcome, facts, self._omitted)
        from anyio import to_thread  # noqa: PLC0415 - only needed when something is asked

        return await to_thread.run_sync(self.decide, facts)

    def _authenticate(self, facts: RequestFacts) -> Outcome:
        keys, now = self._keys, self._clock()
        if isinstance(keys, RemoteKeys):
            keys = keys.snapshot(*candidate_kids(facts, self.options, now=now))
        return authenticate(facts, keys, self.options, now=now, cache=self._cache)

    def check(self, decision: Decision, requirement: Requirement) -> Auth[Any] | Answer:
        """The caller when they have what the route asks for, else what to answer them.

        Example:
            ```python
            from claimsmith.requirements import parse_demands

            checked = application.check(application.decide(facts), parse_demands({"role": "org:admin"}))
            ```
        """
        sign_in_url = self.options.sign_in_url
        if sign_in_url is not None and isinstance(decision.caller, SignedOut) and is_document(decision.facts):
            facts, sign_in_url = prepare_sign_in(decision.facts, self.options, sign_in_url)
            decision = replace(decision, facts=facts)
        return check_requirement(decision, requirement, sign_in_url=sign_in_url)


def _make_options(settings: Settings, options: ApplicationOptions, *, can_ask: bool) -> Options:
    """What decides on requests.

    Raises:
        ConfigurationError: a satellite that cannot reach its primary, or a path's pattern that is none.
    """
    made = Options(
        publishable_key=settings.publishable_key,
        authorized_parties=settings.authorized_parties,
        audience=tuple(options.get("audience", ())),
        leeway=options.get("leeway", DEFAULT_LEEWAY_SECONDS),
        accept_pending=options.get("accept_pending", False),
        handshakes=options.get("handshakes", False),
        handshake_format="nonce" if can_ask else "token",
        proxy_url=settings.proxy_url,
        is_satellite=settings.is_satellite,
        domain=settings.domain,
        sign_in_url=settings.sign_in_url,
        satellite_auto_sync=options.get("satellite_auto_sync", False),
        allowed_redirect_origins=tuple(options.get("allowed_redirect_origins", ())),
        organization_patterns=tuple(options.get("organization_patterns", ())),
        personal_account_patterns=tuple(options.get("personal_account_patterns", ())),
    )
    _check_options(made)
    return made


def _check_options(options: Options) -> None:
    if options.is_satellite and not options.proxy_url and not options.domain:
        raise ConfigurationError("A satellite needs CLERK_DOMAIN, its own domain, or CLERK_PROXY_URL.")
    if options.is_satellite and options.is_development and "://" not in (options.sign_in_url or ""):
        raise ConfigurationError("A satellite needs CLERK_SIGN_IN_URL, its primary's page, with https://.")
    try:
        for pattern in (*options.organization_patterns, *options.personal_account_patterns):
            compile_pattern(pattern)
    except ValueError as error:
        raise ConfigurationError(f"An organization's path is not understood: {error}.") from error
