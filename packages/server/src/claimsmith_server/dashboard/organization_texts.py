"""Metadata as a person edits them: JSON texts, where they are wrong, and what somebody else wrote meanwhile."""

from typing import Final

import msgspec

from claimsmith_server.core.json_text import write_text
from claimsmith_server.core.models import JsonObject, Membership, Organization
from claimsmith_server.dashboard.json_fields import read_texts
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.services.organizations.metadata import Metadata, measure_metadata, metadata_version
from claimsmith_server.services.user_input import METADATA_BYTES

_CONFLICT: Final = "metadata_changed"


class MetadataTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The form: both kinds as typed, and the version of what the page had shown."""

    public_metadata: str = ""
    private_metadata: str = ""
    version: str = ""


class MetadataView(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of metadata."""

    public: str
    private: str
    version: str
    """Of what is stored, once the reader has seen that it is another; of what was seen before, until then."""
    public_bytes: int
    private_bytes: int
    public_stored: str
    """What is stored, for a reader whose own text is in the way of it."""
    private_stored: str
    limit: int = METADATA_BYTES


def parse_metadata(typed: MetadataTexts) -> Metadata | Problem:
    """Both objects of the form, or what is wrong with the first that is none, with line and column."""
    found = read_texts({"public_metadata": typed.public_metadata, "private_metadata": typed.private_metadata})
    if isinstance(found, Problem):
        return found
    return {"public_metadata": found["public_metadata"], "private_metadata": found["private_metadata"]}


def write_metadata(
    holder: Organization | Membership, typed: MetadataTexts | None = None, problem: Problem | None = None
) -> MetadataView:
    """What is stored, or what was typed and refused."""
    public, private = write_object(holder.public_metadata), write_object(holder.private_metadata)
    has_seen = typed is None or (problem is not None and problem.code == _CONFLICT)
    return MetadataView(
        public=public if typed is None else typed.public_metadata,
        private=private if typed is None else typed.private_metadata,
        version=metadata_version(holder) if has_seen or typed is None else typed.version,
        public_bytes=measure_metadata(holder.public_metadata),
        private_bytes=measure_metadata(holder.private_metadata),
        public_stored=public,
        private_stored=private,
    )


def write_object(value: JsonObject) -> str:
    """The object as indented JSON."""
    return write_text(value, indent=2)
