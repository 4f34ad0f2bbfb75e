"""pytest fixtures for applications that use Claimsmith; pytest finds them by the entry point `claimsmith`.

| fixture | gives |
|---|---|
| `signed_in` | `signed_in(user=…, claims=…)`: who every request of this test comes from, until it ends |
| `make_token` | `make_token(claims, user=…)`: a token that `claimsmith.testing.keys` verify |
| `frozen_clock` | a clock to pass as `clock=`; `signed_in` and `make_token` of the same test go by it |
| `claimsmith_server` | a real server on a free port, one for the whole run |

Only pytest is imported here; everything else when a fixture is first used.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Unpack

import pytest

if TYPE_CHECKING:
    from claimsmith.auth import Auth
    from claimsmith.testing.callers import StandIn
    from claimsmith.testing.clocks import FrozenClock
    from claimsmith.testing.servers import RunningServer
    from claimsmith.testing.session_claims import ClaimsOptions
    from claimsmith.testing.signing import SigningKey


class SignedInFixture(Protocol):
    """The type of the fixture `signed_in`.

    Example:
        ```python
        from claimsmith.testing.pytest_plugin import SignedInFixture


        def test_ada_is_greeted(client: object, signed_in: SignedInFixture) -> None:
            signed_in(user="user_1", claims={"fullName": "Ada Lovelace"})
        ```
    """

    def __call__(
        self, claims: Mapping[str, Any] | None = None, **options: "Unpack[ClaimsOptions]"
    ) -> "StandIn[Auth[Any]]":
        """The open block; it ends with the test, or with a `with` that it is used in. Arguments as `make_claims`."""
        ...


class MakeTokenFixture(Protocol):
    """The type of the fixture `make_token`.

    Example:
        ```python
        from claimsmith.testing.pytest_plugin import MakeTokenFixture


        def test_a_token_is_accepted(make_token: MakeTokenFixture) -> None:
            headers = {"Authorization": f"Bearer {make_token(user='user_1')}"}
            assert headers
        ```
    """

    def __call__(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        key: "SigningKey | None" = None,
        **options: "Unpack[ClaimsOptions]",
    ) -> str:
        """The compact token. Arguments as `claimsmith.testing.make_token`."""
        ...


@pytest.fixture
def frozen_clock() -> "FrozenClock":
    """A clock that stands at the first second of 2026 until the test moves it; pass it as `clock=`."""
    from claimsmith.testing.clocks import FrozenClock  # noqa: PLC0415 - nothing is loaded before it is used

    return FrozenClock()


@pytest.fixture
def make_token(request: pytest.FixtureRequest) -> MakeTokenFixture:
    """Makes tokens that `claimsmith.testing.keys` verify; issued at the time of `frozen_clock` if the test has it."""
    from claimsmith.testing import tokens  # noqa: PLC0415 - see frozen_clock

    clock = _find_clock(request)

    def make(
        claims: Mapping[str, Any] | None = None,
        *,
        key: "SigningKey | None" = None,
        **options: "Unpack[ClaimsOptions]",
    ) -> str:
        return tokens.make_token(claims, key=key, **_at(clock, options))

    return make


@pytest.fixture
def signed_in(request: pytest.FixtureRequest) -> Iterator[SignedInFixture]:
    """Signs in who every request of this test comes from, until it ends, without any token."""
    from claimsmith.testing import callers  # noqa: PLC0415 - see frozen_clock

    clock, begun = _find_clock(request), list["StandIn[Auth[Any]]"]()

    def sign_in(claims: Mapping[str, Any] | None = None, **options: "Unpack[ClaimsOptions]") -> "StandIn[Auth[Any]]":
        begun.append(callers.signed_in(claims, **_at(clock, options)))
        begun[-1].begin()
        return begun[-1]

    yield sign_in
    for stand_in in reversed(begun):
        stand_in.end()


@pytest.fixture(scope="session")
def claimsmith_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[RunningServer]":
    """A real server with a development instance, one for the whole run; make your own users in it."""
    from claimsmith.errors import ConfigurationError  # noqa: PLC0415 - see frozen_clock
    from claimsmith.testing.processes import is_server_installed, running_server  # noqa: PLC0415 - as above

    if not is_server_installed():
        pytest.fail(
            "The fixture claimsmith_server starts a server, and none is installed here. Add claimsmith-server to "
            "what your tests need (pip install claimsmith-server), or use signed_in and make_token, which need none.",
            pytrace=False,
        )
    try:
        with running_server(tmp_path_factory.mktemp("claimsmith-server")) as server:
            yield server
    except ConfigurationError as error:
        pytest.fail(str(error), pytrace=False)


def _find_clock(request: pytest.FixtureRequest) -> "FrozenClock | None":
    """The test's frozen clock, when it has one."""
    if "frozen_clock" not in request.fixturenames:
        return None
    clock: FrozenClock = request.getfixturevalue("frozen_clock")
    return clock


def _at(clock: "FrozenClock | None", options: "ClaimsOptions") -> "ClaimsOptions":
    """The options with the clock's time, unless they say one."""
    return options if clock is None else {"issued_at": clock(), **options}
