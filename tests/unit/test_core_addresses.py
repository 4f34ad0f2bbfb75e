"""Which address a request is counted under, behind proxies and for IPv6: C-009, A-015."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.addresses import limit_key, peer_address

PEER = "198.51.100.9"


@pytest.mark.parametrize("header", ["203.0.113.7", "127.0.0.1", "203.0.113.7, 10.0.0.1", "unknown", ""])
def test_C_009_without_a_trusted_proxy_no_header_is_believed(header: str) -> None:
    assert peer_address(PEER, [header], 0) == PEER
    assert peer_address(PEER, [header], -1) == PEER


@pytest.mark.parametrize(
    ("headers", "trusted", "expected"),
    [
        (["203.0.113.7"], 1, "203.0.113.7"),
        (["203.0.113.7, 10.0.0.1"], 2, "203.0.113.7"),
        (["1.1.1.1, 203.0.113.7"], 1, "203.0.113.7"),
        (["1.1.1.1, 2.2.2.2, 203.0.113.7, 10.0.0.1"], 2, "203.0.113.7"),
        (["1.1.1.1", "203.0.113.7"], 1, "203.0.113.7"),
        (["1.1.1.1", "203.0.113.7, 10.0.0.1"], 2, "203.0.113.7"),
        (["1.1.1.1, 203.0.113.7", "10.0.0.1"], 2, "203.0.113.7"),
        (["1.1.1.1,203.0.113.7"], 1, "203.0.113.7"),
        (["junk, 203.0.113.7"], 1, "203.0.113.7"),
        (["203.0.113.7:4711"], 1, "203.0.113.7"),
        (["2001:db8::7"], 1, "2001:db8::7"),
        (["2001:0DB8:0:0:0:0:0:7"], 1, "2001:db8::7"),
        (["[2001:db8::7]"], 1, "2001:db8::7"),
        (["[2001:db8::7]:4711"], 1, "2001:db8::7"),
        (["fe80::1%eth0"], 1, "fe80::1"),
        (["::ffff:203.0.113.7"], 1, "203.0.113.7"),
        (["1.1.1.1," * 1000 + "203.0.113.7"], 1, "203.0.113.7"),
    ],
)
def test_C_009_with_trusted_proxies_the_nth_from_the_right_is_believed(
    headers: Sequence[str], trusted: int, expected: str
) -> None:
    assert peer_address(PEER, headers, trusted) == expected


@pytest.mark.parametrize(
    ("headers", "trusted"),
    [
        ([], 1),
        ([""], 1),
        (["203.0.113.7"], 2),
        (["203.0.113.7,"], 1),
        (["unknown"], 1),
        (["_hidden"], 1),
        (["localhost"], 1),
        (["203.0.113"], 1),
        (["203.0.113.256"], 1),
        (["0203.0.113.7"], 1),
        (["203.0.113.7 1.1.1.1"], 1),
        (["203.0.113.7\x00"], 1),
        (["203.0.113.7\n"], 1),
        (['"203.0.113.7"'], 1),
        (["for=203.0.113.7"], 1),
        (["[2001:db8::7"], 1),
        (["[2001:db8::7]4711"], 1),
        (["2001:db8::7::"], 1),
        (["\u0662\u0660\u0663.0.113.7"], 1),
        (["203.0.113.7, unknown"], 1),
        (["9" * 10_000], 1),
    ],
)
def test_C_009_a_malformed_or_missing_hop_leaves_the_peer(headers: Sequence[str], trusted: int) -> None:
    expected = "2001:db8::7" if headers == ["[2001:db8::7"] else PEER
    assert peer_address(PEER, headers, trusted) == expected


def test_a_peer_without_an_address_is_told_by_the_header_or_empty() -> None:
    assert peer_address(None, ["203.0.113.7"], 1) == "203.0.113.7"
    assert peer_address(None, ["203.0.113.7"], 0) == ""
    assert peer_address(None, [], 1) == ""


@pytest.mark.parametrize(("peer", "expected"), [("::ffff:198.51.100.9", PEER), ("::1", "::1"), ("client", "client")])
def test_a_peer_is_written_in_one_way(peer: str, expected: str) -> None:
    assert peer_address(peer, [], 0) == expected


@given(st.lists(st.text(max_size=40), max_size=4), st.integers(0, 5), st.sampled_from([PEER, "2001:db8::1", None]))
def test_C_009_no_header_raises_and_none_but_an_address_comes_of_it(
    headers: list[str], trusted: int, peer: str | None
) -> None:
    address = peer_address(peer, headers, trusted)
    assert address == (peer or "") or peer_address(address, [], 0) == address


@given(st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=6), st.integers(1, 6))
def test_C_009_what_stands_left_of_the_trusted_hops_changes_nothing(hops: list[str], trusted: int) -> None:
    trusted = min(trusted, len(hops))
    plain = peer_address(PEER, [", ".join(hops)], trusted)
    assert plain == hops[-trusted]
    assert peer_address(PEER, ["6.6.6.6, evil", ", ".join(hops)], trusted) == plain


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("client", "client"),
    ],
)
def test_A_015_a_limit_counts_by_ipv4_address_and_by_ipv6_site(address: str, key: str) -> None:
    assert limit_key(address) == key


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_A_015_a_whole_64_has_one_key(address: object, suffix: int) -> None:
    from ipaddress import IPv6Address

    neighbour = IPv6Address(int(address) >> 64 << 64 | suffix)  # type: ignore[call-overload]
    if not (neighbour.ipv4_mapped or address.ipv4_mapped):  # type: ignore[attr-defined]
        assert limit_key(str(neighbour)) == limit_key(str(address))


def test_A_015_a_key_is_short_whatever_it_was_made_of() -> None:
    assert len(limit_key("x" * 10_000)) == 64
