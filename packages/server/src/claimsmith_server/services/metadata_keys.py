"""Metadata keys that are really in use: what completion offers beside the table of shortcodes."""

import asyncio
from collections.abc import Sequence

import msgspec

from claimsmith_server.core.claims.metadata_paths import MetadataPath, MetadataPaths
from claimsmith_server.core.models import Instance
from claimsmith_server.services.context import Service
from claimsmith_server.store.population import MetadataOwner, load_metadata_sample

SAMPLE = 1_000
"""Rows of each kind that are looked at, evenly spread over all there are."""
MOST_KEYS = 200
_AT_ONCE = 100
_OWNERS: tuple[MetadataOwner, ...] = ("user", "org", "org_membership")


class MetadataKey(msgspec.Struct, frozen=True):
    """A key in use."""

    name: str
    """As a shortcode names it, e.g. `user.public_metadata.plan`."""
    type: str
    coverage: float
    """Share of users (organizations, memberships) that have it, 0 to 1."""
    median_bytes: int
    of: int
    """How many were looked at."""
    total: int
    """How many there are."""


async def list_metadata_keys(service: Service, instance: Instance) -> list[MetadataKey]:
    """The keys of public and unsafe metadata that most users, organizations or memberships have; at most 200.

    Looks at `SAMPLE` rows of each, every n-th by age, read in a thread; decoding gives way to other requests.
    """
    found = [
        MetadataKey(f"{name}.{one.path}", one.type, one.coverage, one.median_bytes, paths.looked_at, total)
        for name, (paths, total) in (await _count_all(service, instance)).items()
        for one in paths.list_most_used(MOST_KEYS)
    ]
    return sorted(found, key=lambda key: -key.coverage)[:MOST_KEYS]


async def list_metadata_paths(service: Service, instance: Instance) -> dict[str, list[MetadataPath]]:
    """The paths of each metadata object, by its shortcode, e.g. `user.public_metadata`; reads as `list_metadata_keys`.

    Objects that nobody has are left out.
    """
    counted = await _count_all(service, instance)
    return {name: paths.list_most_used(MOST_KEYS) for name, (paths, _) in counted.items() if paths.looked_at}


async def _count_all(service: Service, instance: Instance) -> dict[str, tuple[MetadataPaths, int]]:
    """The paths of each metadata object with how many of it there are."""
    found: dict[str, tuple[MetadataPaths, int]] = {}
    for owner in _OWNERS:
        rows, total = await load_metadata_sample(service.database, instance.id, owner, SAMPLE)
        public, unsafe = await _count_paths(rows)
        found[f"{owner}.public_metadata"] = public, total
        if owner == "user":
            found["user.unsafe_metadata"] = unsafe, total
    return found


async def _count_paths(rows: Sequence[tuple[str, str]]) -> tuple[MetadataPaths, MetadataPaths]:
    public, unsafe = MetadataPaths(), MetadataPaths()
    for number, (public_text, unsafe_text) in enumerate(rows, 1):
        public.add(_decode(public_text))
        unsafe.add(_decode(unsafe_text))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return public, unsafe


def _decode(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):  # one damaged row must not hide all others' keys
        return None
