"""Which metadata are in use: every path that a shortcode can name, how many have it, its types and its size."""

from collections.abc import Iterator
from statistics import median
from typing import Any

import msgspec

from claimsmith_server.core.claims.parser import is_reachable_name

_MOST_PATHS = 5_000
"""That are counted; metadata whose names are values (ids, dates) would have any number."""
_MOST_MEMBERS = 500
"""Of one object of metadata that are looked at."""
_DEEPEST = 8
_LONGEST_NAME = 100


class MetadataPath(msgspec.Struct, frozen=True):
    """A path that is in use."""

    path: str
    """Names joined by dots, e.g. `billing.plan`."""
    type: str
    """JSON types in words, the most frequent first, e.g. `string or null`."""
    coverage: float
    """Share of the objects looked at that have the path, 0 to 1."""
    median_bytes: int
    """Of the value as JSON."""


class MetadataPaths:
    """Counts paths, object by object."""

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        self.looked_at = 0
        self._sizes: dict[str, list[int]] = {}
        self._types: dict[str, dict[str, int]] = {}

    def add(self, metadata: Any) -> None:
        """Count one object; what is no object counts as an empty one."""
        self.looked_at += 1
        for path, value in walk_paths(metadata):
            if path not in self._sizes and len(self._sizes) >= _MOST_PATHS:
                continue
            self._sizes.setdefault(path, []).append(_measure(value))
            types = self._types.setdefault(path, {})
            kind = _name_type(value)
            types[kind] = types.get(kind, 0) + 1

    def list_most_used(self, limit: int) -> list[MetadataPath]:
        """The paths that most objects have; of equals in order of names."""
        ordered = sorted(self._sizes, key=lambda path: (-len(self._sizes[path]), path))[:limit]
        return [self._describe(path) for path in ordered]

    def _describe(self, path: str) -> MetadataPath:
        sizes, types = self._sizes[path], self._types[path]
        words = sorted(types, key=lambda kind: (-types[kind], kind))
        return MetadataPath(path, " or ".join(words), len(sizes) / self.looked_at, int(median(sizes)))


def walk_paths(metadata: Any) -> Iterator[tuple[str, Any]]:
    """Every path below an object that a shortcode can name, with its value; arrays are values, not walked.

    Looks at a bounded number of members and levels, however large and deep the object is.
    """
    waiting: list[tuple[str, Any, int]] = [("", metadata, 0)]
    seen = 0
    while waiting:
        prefix, value, depth = waiting.pop()
        for name, inner in value.items() if isinstance(value, dict) else ():
            seen += 1
            if seen > _MOST_MEMBERS:
                return
            if len(name) > _LONGEST_NAME or not is_reachable_name(name):
                continue
            path = f"{prefix}.{name}" if prefix else name
            yield path, inner
            if isinstance(inner, dict) and depth < _DEEPEST:
                waiting.append((path, inner, depth + 1))


def _measure(value: Any) -> int:
    try:
        return len(msgspec.json.encode(value))
    except Exception:  # noqa: BLE001 - whatever is stored: what is no JSON has no size
        return 0


def _name_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"
