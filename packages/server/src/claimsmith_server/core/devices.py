"""What a `User-Agent` says of a browser, for the list of a user's sessions (contract 4.5, `session_activity`). Pure.

Nothing may depend on it: every browser can say what it likes.
"""

from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ua_parser import BasicResolver

_MOST_CHARACTERS = 512
_APPLE_DEVICES = ("iPhone", "iPad", "iPod")
_DEVICE_TYPES = {
    "Mac OS X": "Macintosh",
    "Windows": "Windows",
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Linux": "Linux",
    "Debian": "Linux",
    "Fedora": "Linux",
    "Red Hat": "Linux",
    "Ubuntu": "Linux",
}
"""Operating systems as the parser names them, and the device that the wire tells."""
_MOBILE_SYSTEMS = {"Android", "iOS", "KaiOS", "Windows Phone", "HarmonyOS"}


class Device(msgspec.Struct, frozen=True):
    """A browser and what it runs on; `None` is what nobody could tell."""

    device_type: str | None
    """E.g. `Macintosh`, `Windows`, `Linux`, `iPhone`, `iPad`, `Android`."""
    is_mobile: bool
    browser_name: str | None
    """E.g. `Chrome`, `Mobile Safari`."""
    browser_version: str | None
    """As many numbers as the browser tells, e.g. `107.0.0.0`."""


def parse_device(user_agent: str) -> Device:
    """The device and browser of a `User-Agent`, of its first 512 characters.

    Costs about half a millisecond, at most some 3 ms, and 70 ms once for a process.
    """
    from ua_parser import Domain  # noqa: PLC0415 - 60 ms that a process which nobody signs in to never needs

    text = user_agent[:_MOST_CHARACTERS]
    found = _load_resolver()(text, Domain.USER_AGENT | Domain.OS)
    system = found.os.family if found.os else None
    browser = found.user_agent
    numbers = (browser.major, browser.minor, browser.patch, browser.patch_minor) if browser else ()
    return Device(
        device_type=_find_apple_device(text) if system == "iOS" else _DEVICE_TYPES.get(system or "", system),
        is_mobile=system in _MOBILE_SYSTEMS or "Mobile" in text,
        browser_name=browser.family if browser else None,
        browser_version=".".join(number for number in numbers if number) or None,
    )


def _find_apple_device(text: str) -> str:
    return next((name for name in _APPLE_DEVICES if name in text), _APPLE_DEVICES[0])


@cache
def _load_resolver() -> "BasicResolver":
    """The parser without the library's own cache, which would keep 2,000 texts that senders chose."""
    from ua_parser import BasicResolver, load_lazy_builtins  # noqa: PLC0415 - as above

    return BasicResolver(load_lazy_builtins())
