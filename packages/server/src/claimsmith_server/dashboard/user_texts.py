"""Forms that carry what their page showed: metadata as texts, and what each field held."""

from collections.abc import Mapping
from typing import Final

import msgspec

from claimsmith_server.core.models import JsonObject

_INDENT: Final = 2


def measure(value: JsonObject) -> int:
    """Bytes of an object, as limits count them."""
    return len(msgspec.json.encode(value))


def write_seen(seen: Mapping[str, str]) -> str:
    """The value of a form's hidden field."""
    return ",".join(f"{name}:{print_seen}" for name, print_seen in seen.items())


def read_seen(text: str, fields: tuple[str, ...]) -> dict[str, str]:
    """What the form's page showed of each of these fields; `""` for one that it doesn't tell."""
    told = dict(pair.partition(":")[::2] for pair in text.split(","))
    return {name: told.get(name, "") for name in fields}
