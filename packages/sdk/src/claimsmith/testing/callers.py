"""Callers for the application under test: put in place of a request's token, or as headers and cookies to send."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Generic, TypeVar, Unpack

from claimsmith import wire
from claimsmith.auth import Auth, SignedOut, make_auth
from claimsmith.instance import cookie_suffix
from claimsmith.stand_ins import install, uninstall
from claimsmith.testing.session_claims import ClaimsOptions, make_claims
from claimsmith.testing.signing import PUBLISHABLE_KEY, SigningKey, make_signing_key
from claimsmith.testing.tokens import make_token, sign_session
from claimsmith.verification.tokens import decode_claims

Caller = TypeVar("Caller", bound=Auth[Any] | SignedOut)


class StandIn(Generic[Caller]):
    """A block in which every request of this test comes from `caller`. `signed_in` and `signed_out` make it.

    It counts for requests that are answered in this task or thread, or in what was started from here meanwhile: all
    test clients of the frameworks do so. A server in a process or thread of its own does not see it; send
    `auth_headers` there.

    Example:
        ```python
        from claimsmith import testing

        with testing.signed_in(user="user_1") as caller:
            assert caller.user_id == "user_1"
        ```
    """

    def __init__(self, caller: Caller) -> None:
        """Nothing happens yet."""
        self.caller = caller
        self._is_open = False
        self._outer: StandIn[Any] | None = None

    def begin(self) -> Caller:
        """The caller, who counts from now on. For fixtures; else use `with`."""
        if not self._is_open:
            self._is_open, self._outer = True, _find_open()
            _CURRENT.set(self)
            install(_find_caller)
        return self.caller

    def end(self) -> None:
        """Let the caller count no more."""
        if self._is_open:
            self._is_open = False
            uninstall(_find_caller)
            # Where this ends in another context than it began in, the one there goes on leading to what is still open.
            _CURRENT.set(_find_open())

    def __enter__(self) -> Caller:
        """The caller; see `begin`."""
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `end`."""
        self.end()


_CURRENT: ContextVar[StandIn[Any] | None] = ContextVar("claimsmith_stand_in", default=None)


def signed_in(claims: Mapping[str, Any] | None = None, **options: Unpack[ClaimsOptions]) -> StandIn[Auth[Any]]:
    """A block in which every request is this user's, whatever it carries; nothing is verified or fetched.

    Args:
        claims: custom claims; they may also replace default ones.
        **options: see `ClaimsOptions`; `user` is the user or their id.

    Example:
        ```python
        from claimsmith import testing

        with testing.signed_in({"fullName": "Ada Lovelace"}, user="user_1") as caller:
            assert caller.session_claims["fullName"] == "Ada Lovelace"
        ```
    """
    told = make_claims(claims, **options)
    return StandIn(make_auth(told, sign_session(told, make_signing_key())))


def signed_out(reason: wire.Reason = "session-token-and-uat-missing", message: str = "") -> StandIn[SignedOut]:
    """A block in which nobody is signed in, whatever a request carries; inside `signed_in`, too.

    Args:
        reason: as in the header `x-clerk-auth-reason`.
        message: one sentence for people.

    Example:
        ```python
        from claimsmith import testing

        with testing.signed_out("token-expired") as caller:
            assert not caller.is_authenticated
        ```
    """
    return StandIn(SignedOut(reason, message))


def auth_headers(
    claims: Mapping[str, Any] | None = None, *, key: SigningKey | None = None, **options: Unpack[ClaimsOptions]
) -> dict[str, str]:
    """`Authorization: Bearer …` with a new token, for tests that go the real way. Arguments as `make_token`.

    Example:
        ```python
        from claimsmith import testing

        assert testing.auth_headers(user="user_1")["Authorization"].startswith("Bearer ")
        ```
    """
    return {"Authorization": f"Bearer {make_token(claims, key=key, **options)}"}


def auth_cookies(
    claims: Mapping[str, Any] | None = None,
    *,
    token: str | None = None,
    publishable_key: str = PUBLISHABLE_KEY,
    **options: Unpack[ClaimsOptions],
) -> dict[str, str]:
    """The cookies of a signed-in browser by name, with and without the suffix of the instance (contract 2.4c).

    Args:
        claims: as for `make_token`.
        token: instead of a new one.
        publishable_key: of the application under test.
        **options: as for `make_token`.

    Example:
        ```python
        from claimsmith import testing

        assert {"__session", "__client_uat", "__clerk_db_jwt"} < set(testing.auth_cookies(user="user_1"))
        ```
    """
    token = make_token(claims, **options) if token is None else token
    issued_at = int(decode_claims(token).get("iat", 0))
    plain = {
        wire.SESSION_COOKIE: token,
        wire.CLIENT_UAT_COOKIE: str(issued_at),
        wire.DEV_BROWSER_COOKIE: "dvb_test",
    }
    suffix = cookie_suffix(publishable_key)
    return plain | {f"{name}_{suffix}": value for name, value in plain.items()}


def _find_open() -> StandIn[Any] | None:
    """The innermost block that is open here."""
    found = _CURRENT.get()
    while found is not None and not found._is_open:  # noqa: SLF001 - of the same class
        found = found._outer  # noqa: SLF001 - as above
    return found


def _find_caller() -> Auth[Any] | SignedOut | None:
    found = _find_open()
    return None if found is None else found.caller
