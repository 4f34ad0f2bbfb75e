"""Bounds of pages (contract 5.3): `limit` 1 to 500, 10 unless given; `offset` from 0."""

from typing import Annotated

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A unix time in a filter."""
