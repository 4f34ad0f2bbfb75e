"""Session claims as a JSON Schema document."""

import msgspec

from claimsmith_server.core.claims import ObjectType, json_schema
from claimsmith_server.core.typegen.escapes import escape_unprintable


def write_json_schema(claims: ObjectType) -> str:
    """A schema (draft 2020-12) of the custom claims of a session token; its default claims are other members."""
    schema = json_schema(claims)
    schema.pop("required", None)  # a token may leave claims out
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CustomSessionClaims",
        **schema,
        "additionalProperties": True,
    }
    return escape_unprintable(msgspec.json.format(msgspec.json.encode(document), indent=2).decode()) + "\n"
