"""The handshake's tables: every browser, environment and format has its answer (contract 4.9)."""

import itertools
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith.authentication.handshake import parse_directives
from claimsmith.errors import TokenError
from claimsmith_server.core import handshake, handshake_loops
from claimsmith_server.core.models import Environment

SUFFIX = "aB-_1234"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzaWQiOiJzZXNzXzEifQ.c2ln"
SESSION = handshake.SignedIn(token=TOKEN, client_uat=1_800_000_000, refresh_token="r" * 43, refresh_seconds=600)
STATES = get_args(handshake.BrowserState)
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)


def browser_in(state: str, dev_browser: str | None = "d" * 43) -> handshake.Browser:
    session = SESSION if state == "signed_in" else None
    return handshake.Browser(has_client=state != "unknown", session=session, dev_browser=dev_browser)


def place(environment: Environment, **more: Any) -> handshake.Place:
    return handshake.Place(**{"environment": environment, "suffix": SUFFIX, "is_secure": False, **more})


def names(directives: tuple[str, ...]) -> list[str]:
    return [line.partition("=")[0] for line in directives]


def test_every_state_and_environment_has_its_cookies() -> None:
    assert set(handshake.WRITTEN) == set(itertools.product(STATES, ENVIRONMENTS))
    for state, environment in handshake.WRITTEN:
        assert browser_in(state).state == state
        assert handshake.compose_directives(browser_in(state), place(environment))


def test_every_development_browser_with_and_without_a_cookie_has_its_identity() -> None:
    pairs = set(itertools.product(get_args(handshake.DevBrowser), (False, True)))
    assert set(handshake.IDENTITIES) == pairs
    for (brought, has_cookie), identity in handshake.IDENTITIES.items():
        if identity == "keep":
            assert brought in {"idle", "bound"}, "an id that nobody here gave out is never kept"
            assert brought == "bound" or not has_cookie
        else:
            assert brought != "bound", "an id that has a client keeps it"
            assert has_cookie == (identity == "join")


def test_every_environment_and_format_has_its_carrier() -> None:
    assert set(handshake.CARRIERS) == set(itertools.product(ENVIRONMENTS, get_args(handshake.Format)))
    for (environment, asked), carrier in handshake.CARRIERS.items():
        assert carrier.is_query == (environment == "development")
        assert carrier.name == {"token": "__clerk_handshake", "nonce": "__clerk_handshake_nonce"}[asked]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_signed_in_browser_gets_both_forms_of_each_cookie(environment: Environment) -> None:
    directives = handshake.compose_directives(browser_in("signed_in"), place(environment))
    assert directives[:5] == (
        f"__session={TOKEN}; Path=/; Max-Age=31536000; SameSite=Lax",
        f"__session_{SUFFIX}={TOKEN}; Path=/; Max-Age=31536000; SameSite=Lax",
        "__client_uat=1800000000; Path=/; Max-Age=31536000; SameSite=Lax",
        f"__client_uat_{SUFFIX}=1800000000; Path=/; Max-Age=31536000; SameSite=Lax",
        f"__refresh_{SUFFIX}={'r' * 43}; Path=/; Max-Age=600; SameSite=Lax; HttpOnly",
    )
    assert parse_directives(directives, "localhost") == TOKEN


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("state", ["unknown", "signed_out"])
def test_a_signed_out_browser_loses_session_and_refresh_and_has_a_zero(state: str, environment: Environment) -> None:
    directives = handshake.compose_directives(browser_in(state), place(environment))
    assert directives[:5] == (
        "__session=; Path=/; Max-Age=0; SameSite=Lax",
        f"__session_{SUFFIX}=; Path=/; Max-Age=0; SameSite=Lax",
        "__client_uat=0; Path=/; Max-Age=31536000; SameSite=Lax",
        f"__client_uat_{SUFFIX}=0; Path=/; Max-Age=31536000; SameSite=Lax",
        f"__refresh_{SUFFIX}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly",
    )
    assert parse_directives(directives, "localhost") is None


@pytest.mark.parametrize("state", STATES)
def test_development_tells_the_browser_and_production_deletes_the_carriers(state: str) -> None:
    told = handshake.compose_directives(browser_in(state), place("development"))
    assert names(told)[-2:] == ["__clerk_db_jwt", f"__clerk_db_jwt_{SUFFIX}"]
    told = handshake.compose_directives(browser_in(state), place("production", domain="example.com", is_secure=True))
    assert told[-2:] == (
        "__clerk_handshake=; Path=/; Max-Age=0; SameSite=Lax; Domain=example.com; HttpOnly; Secure",
        "__clerk_handshake_nonce=; Path=/; Max-Age=0; SameSite=Lax; Domain=example.com; HttpOnly; Secure",
    )
    assert not [name for name in names(told) if name.startswith("__clerk_db_jwt")]
    assert all(line.endswith("Secure") for line in told)


def test_development_without_an_id_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="dev_browser"):
        handshake.compose_directives(browser_in("signed_out", None), place("development"))


@given(st.text(max_size=30), st.sampled_from(["token", "refresh_token", "dev_browser"]))
def test_S_013_no_value_gets_out_of_its_cookie(value: str, where: str) -> None:
    session = handshake.SignedIn(
        token=value if where == "token" else TOKEN,
        client_uat=1,
        refresh_token=value if where == "refresh_token" else "r",
        refresh_seconds=1,
    )
    browser = handshake.Browser(has_client=True, session=session, dev_browser=value if where == "dev_browser" else "d")
    try:
        directives = handshake.compose_directives(browser, place("development"))
    except ValueError:
        assert set(value) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~+/=-")
        return
    assert all(line.count(";") == line.count("; ") and line.isprintable() for line in directives)
    assert len(directives) == 7


def test_S_013_our_sdk_takes_every_directive_that_is_made() -> None:
    for state, environment in handshake.WRITTEN:
        where = place(environment, domain="example.com" if environment == "production" else None)
        directives = handshake.compose_directives(browser_in(state), where)
        assert parse_directives(directives, "app.example.com") == (TOKEN if state == "signed_in" else None)
        if environment == "production":
            with pytest.raises(TokenError):
                parse_directives(directives, "app.evil.example")


@pytest.mark.parametrize(
    ("environment", "size", "name"),
    [
        ("production", 4096 - 17, "__clerk_handshake"),
        ("production", 4096 - 16, "__clerk_handshake_nonce"),
        ("development", 8192 - 17, "__clerk_handshake"),
        ("development", 8192 - 16, "__clerk_handshake_nonce"),
    ],
)
def test_a_token_that_browsers_or_servers_would_drop_travels_as_a_nonce(
    environment: Environment, size: int, name: str
) -> None:
    assert handshake.choose_carrier(environment, "token", size).name == name
    assert handshake.choose_carrier(environment, "nonce", None).name == "__clerk_handshake_nonce"


@pytest.mark.parametrize(
    ("host", "shared"),
    [
        ("example.com", "example.com"),
        ("app.example.com", "example.com"),
        ("evilexample.com", None),
        ("example.com.evil.test", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_a_domain_is_shared_by_hosts_in_it_alone(host: str, shared: str | None) -> None:
    assert handshake.shared_domain("example.com", host) == shared
    assert handshake.shared_domain(None, host) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:3000/", "http://localhost:3000/?n=v"),
        ("http://localhost:3000/?", "http://localhost:3000/?n=v"),
        ("http://localhost:3000/a?b=c&d", "http://localhost:3000/a?b=c&d&n=v"),
        ("http://localhost:3000/a#b?c", "http://localhost:3000/a?n=v#b?c"),
        ("http://localhost:3000/?__clerk_db_jwt=x&a=1&__clerk_handshake=y", "http://localhost:3000/?a=1&n=v"),
        ("http://localhost:3000/?%5F_clerk_handshake_nonce=x", "http://localhost:3000/?n=v"),
    ],
)
def test_one_pair_is_added_to_an_address_and_those_of_earlier_handshakes_go(url: str, expected: str) -> None:
    assert handshake.add_query(url, "n", "v") == expected


def test_a_live_nonce_can_be_used_as_long_as_its_cookie_lives() -> None:
    assert handshake.NONCE_REUSE_MS["production"] >= handshake.CARRIER_COOKIE_SECONDS * 1000
    assert handshake.NONCE_REUSE_MS["development"] == 0
    assert handshake.NONCE_SECONDS >= 2 * handshake.CARRIER_COOKIE_SECONDS


# --------------------------------------------------------------------------------------------------------------- loops
def test_handshakes_in_a_row_are_counted_by_page() -> None:
    count, value = handshake_loops.count_handshake(None, "http://localhost:3000/")
    assert count == 1
    assert handshake_loops.count_handshake(value, "http://localhost:3000/")[0] == 2
    assert handshake_loops.count_handshake(value, "http://localhost:3000/other")[0] == 1


def test_a_count_never_has_two_digits() -> None:
    value: str | None = None
    for _ in range(30):
        count, value = handshake_loops.count_handshake(value, "u")
    assert (count, value and value[:2]) == (9, "9-")


@given(st.text(max_size=30))
def test_a_count_that_cannot_be_read_counts_nothing(previous: str) -> None:
    assert handshake_loops.count_handshake(previous, "http://localhost:3000/")[0] == 1


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("dev-browser-missing", "does not keep the cookies"),
        ("client-uat-but-no-session-token", "too large"),
        ("session-token-iat-before-client-uat", "clock"),
        ("session-token-expired-refresh-non-eligible-no-refresh-cookie", "clock"),
        ("session-token-nbf", "clock"),
        ("", "refuses"),
        ("<script>", "refuses"),
    ],
)
def test_S_011_a_loop_has_a_cause_and_a_remedy(reason: str, said: str) -> None:
    found = handshake_loops.find_cause(reason)
    assert said in found.cause
    assert found.remedy.endswith(".")
