"""Where a sign-in to the dashboard leads to, and who counts as being on this machine: both asked at length."""

from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from claimsmith_server.dashboard.targets import HOME, parse_target
from claimsmith_server.http.loopback import is_local, is_loopback_address, is_loopback_host

PARTS = st.sampled_from(
    ["/dashboard", "/", "//", "\\", "..", ".", "%2e", "%2f", "%5c", "users", "?", "#", "next=", "@", ":", "http:",
     "evil.example", "\t", "\n", "\x00", " ", "é", "api", "sign-out", "set-up", ";", "&", "javascript:"]
)  # fmt: skip


@given(
    st.lists(PARTS, max_size=8).map("".join) | st.lists(PARTS, max_size=8).map(lambda one: "/dashboard" + "".join(one))
)
@example("/dashboard/users/../../user")
@example("/dashboard/%252e%252e/user")
@example("/dashboard?next=//evil.example/..")
@example("/dashboard/api..")
@example("/dashboard/%61pi/x")
def test_whatever_is_asked_for_a_browser_stays_on_a_page_of_the_dashboard(text: str) -> None:
    target = parse_target(text)
    landed = urlsplit(urljoin("https://auth.example.com/dashboard/sign-in", target))
    assert (landed.scheme, landed.netloc, landed.fragment) == ("https", "auth.example.com", "")
    assert landed.path == "/dashboard" or landed.path.startswith("/dashboard/")
    assert not {"..", ".", ""} & set(unquote(landed.path).removesuffix("/").split("/")[1:])
    assert target.isascii()
    assert target.isprintable()
    assert unquote(landed.path).split("/")[2:3] not in (["api"], ["sign-in"], ["sign-out"], ["set-up"])


def test_pages_of_the_dashboard_are_led_to_as_they_are() -> None:
    for text in (
        "/dashboard",
        "/dashboard/users?query=ada%40example.com&limit=20",
        "/dashboard/users/user_2x/",
        "/dashboard/jwt-templates/new?preset=hasura",
        "/dashboard/logs?kind[]=a&at=2026-01-01T00:00:00Z",
    ):
        assert parse_target(text) == text
    assert parse_target("/dashboard/users?query=" + "x" * 3000) == HOME


def test_only_loopback_addresses_and_names_are_this_machine() -> None:
    for address in ("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"):
        assert is_loopback_address(address), address
    for address in (
        "::",
        "10.0.0.1",
        "128.0.0.1",
        "localhost",
        "127.1",
        "",
        "::ffff:10.0.0.1",
        "2130706433",
    ):
        assert not is_loopback_address(address), address
    for host in ("localhost", "localhost:4000", "LOCALHOST:1", "a.localhost", "127.0.0.1:80", "[::1]", "[::1]:4000"):
        assert is_loopback_host(host), host
    for host in ("", "localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example", "[::1", "evil@10.0.0.1"):
        assert not is_loopback_host(host), host


def test_a_request_is_local_when_address_and_name_are_and_nothing_stands_between() -> None:
    def scope(address: Any = ("127.0.0.1", 1), *headers: tuple[bytes, bytes]) -> dict[str, Any]:
        return {"client": address, "headers": [(b"host", b"localhost:4000"), *headers]}

    assert is_local(scope())
    assert not is_local(scope(None))
    assert not is_local(scope(("10.0.0.1", 1)))
    assert not is_local(scope(("127.0.0.1", 1), (b"host", b"evil.example")))
    assert not is_local({"client": ("127.0.0.1", 1), "headers": []})
    for name in (b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip", b"x-forwarded-host"):
        assert not is_local(scope(("127.0.0.1", 1), (name, b"")))
