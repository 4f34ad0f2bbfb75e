"""Where keys and secrets may travel to (K-012)."""

import pytest

from claimsmith import ConfigurationError
from claimsmith.network.addresses import check_https, has_same_origin, is_loopback


@pytest.mark.parametrize("url", ["https://", "https:///v1", "//host/", "host", "", "https://[::1", "https://a:99999/"])
def test_K_012_what_names_no_host_is_no_address(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"plain URL|no scheme"):
        check_https(url)


@pytest.mark.parametrize("url", ["https://u@a.test/", "https://u:p@a.test/", "https://:p@a.test/", "https://@a.test/"])
def test_K_012_an_address_holds_no_user_and_no_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="plain URL"):
        check_https(url)


def test_the_sentence_says_what_is_wrong_with_the_scheme() -> None:
    with pytest.raises(ConfigurationError, match=r"over http to a\.test\. Use https"):
        check_https("http://a.test/")
    with pytest.raises(ConfigurationError, match=r"over no scheme to a\.test\."):
        check_https("//a.test/")


def test_an_address_is_given_in_its_parts() -> None:
    assert check_https("https://a.test:8443/v1").port == 8443
    assert check_https("http://localhost:4000/v1").path == "/v1"


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.255.0.1", "::1"])
def test_these_hosts_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.evil.test", "evil-localhost", "10.0.0.1", "::", "127.1", "a"])
def test_these_hosts_are_not_known_to_be_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.test/x", "https://a.test:443/y"),
        ("http://a.test", "http://a.test:80/"),
        ("https://A.test", "HTTPS://a.TEST/?q"),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str) -> None:
    assert has_same_origin(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.test", "http://a.test"),
        ("https://a.test", "https://b.test"),
        ("https://a.test", "https://a.test:444"),
        ("http://a.test", "http://a.test:443"),
        ("http://a.test:80", "http://a.test:81"),
        ("https:///x", "https:///x"),
        ("x", "x"),
        ("https://a.test:99999", "https://a.test:99999"),
        ("https://a.test", "https://["),
    ],
)
def test_what_differs_or_has_no_origin_shares_none(one: str, other: str) -> None:
    assert not has_same_origin(one, other)
