"""What a User-Agent tells of a session: device, mobile or not, browser and version."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimsmith_server.core.devices import Device, parse_device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
PIECES = ["Mozilla/5.0 ", "(", ")", ";", "Android ", "iPhone", "Chrome/", "1", ".", "9" * 30, "\n", "\0"]
UNITS = [
    "x",
    " ",
    "/",
    "1.",
    "A1/",
    "(",
    ";",
    "Mozilla/5.0 (",
    "Android;",
    "Linux ",
    "Build/",
    "Chrome/1.",
    "-",
    "é",
    "bot ",
]


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/107.0.0.0 Safari/537.36",
            Device("Macintosh", False, "Chrome", "107.0.0.0"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.86",
            Device("Windows", False, "Edge", "131.0.2903.86"),
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            Device("Linux", False, "Firefox", "133.0"),
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36",
            Device("Linux", False, "HeadlessChrome", "131.0.0"),
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0.0.0 Safari/537.36",
            Device("Chrome OS", False, "Chrome", "131.0.0.0"),
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/17.6 Safari/605.1.15",
            Device("Macintosh", False, "Safari", "17.6"),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE} Version/17.5 Mobile/15E148 Safari/604.1",
            Device("iPhone", True, "Mobile Safari", "17.5"),
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {APPLE} Version/17.5 Mobile/15E148 Safari/604.1",
            Device("iPad", True, "Mobile Safari", "17.5"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36",
            Device("Android", True, "Chrome Mobile", "131.0.0.0"),
        ),
        (
            "Mozilla/5.0 (Android 14; Tablet; rv:133.0) Gecko/133.0 Firefox/133.0",
            Device("Android", True, "Firefox Mobile", "133.0"),
        ),
        ("curl/8.5.0", Device(None, False, "curl", "8.5.0")),
        ("", Device(None, False, None, None)),
        ("nobody knows me", Device(None, False, None, None)),
    ],
)
def test_a_user_agent_tells_device_and_browser(user_agent: str, device: Device) -> None:
    assert parse_device(user_agent) == device


def test_only_the_first_512_characters_are_read() -> None:
    chrome = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/107.0.0.0 Safari/537.36"
    assert parse_device(chrome + " " * 10_000) == parse_device(chrome)
    assert parse_device(" " * 512 + chrome) == parse_device("")


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=600)
    | st.lists(
        st.sampled_from(
            ["Mozilla/5.0 ", "(", ")", ";", "Android ", "iPhone", "Chrome/", "1", ".", "9" * 30, "\n", "\0"]
        ),
        max_size=60,
    ).map("".join)
)
def test_no_user_agent_raises(user_agent: str) -> None:
    device = parse_device(user_agent)
    for text in (device.device_type, device.browser_name, device.browser_version):
        assert text is None or (text and len(text) <= 600)


@pytest.mark.parametrize("unit", UNITS)
def test_D_007_no_user_agent_takes_long(unit: str) -> None:
    parse_device("warm")
    parse_device(unit * 512)  # patterns are compiled when they are first tried
    started = time.thread_time()
    parse_device(unit * 512)
    assert time.thread_time() - started < 0.05
