"""What is known of metadata objects: what the instance declares of them, else what is in use."""

from collections.abc import Iterator
from typing import Any

from claimsmith_server.core.claims import ClaimType
from claimsmith_server.core.claims.metadata_observed import observe_type
from claimsmith_server.core.errors import PARAM_VALUE_INVALID
from claimsmith_server.core.instance_settings import MetadataSettings
from claimsmith_server.core.metadata_schema import MetadataSchemaError, parse_metadata_schema
from claimsmith_server.core.models import Instance
from claimsmith_server.services.context import Service
from claimsmith_server.services.metadata_keys import list_metadata_paths

_SHORTCODES = {
    "user_public_metadata": "user.public_metadata",
    "user_unsafe_metadata": "user.unsafe_metadata",
    "org_public_metadata": "org.public_metadata",
    "org_membership_public_metadata": "org_membership.public_metadata",
}
"""Members of the config document's section `metadata`, and the shortcodes that they declare."""


def require_readable(settings: MetadataSettings) -> None:
    """Nothing; types can be read of every schema that is declared.

    Raises:
        ServiceError: `form_param_value_invalid`, which says what of a schema is not read.
    """
    for name, schema in _list_declared(settings):
        try:
            parse_metadata_schema(schema)
        except MetadataSchemaError as problem:
            raise PARAM_VALUE_INVALID(param_name=f"metadata.{name}", expected=str(problem)) from problem


def read_declared(settings: MetadataSettings) -> dict[str, ClaimType]:
    """The types that the instance declares, by shortcode."""
    found: dict[str, ClaimType] = {}
    for name, schema in _list_declared(settings):
        try:
            found[_SHORTCODES[name]] = parse_metadata_schema(schema)
        except MetadataSchemaError:  # stored by a version that took more: as if nothing were declared
            continue
    return found


async def load_metadata_types(service: Service, instance: Instance, *, observe: bool) -> dict[str, ClaimType]:
    """What is known of metadata objects, by shortcode; with `observe` also of those that nothing declares.

    Looks at a sample of users, organizations and memberships; tells names and types, never values.
    """
    declared = read_declared(instance.settings.metadata)
    if not observe or len(declared) == len(_SHORTCODES):
        return declared
    in_use = await list_metadata_paths(service, instance)
    return {name: observe_type(paths) for name, paths in in_use.items()} | declared


def _list_declared(settings: MetadataSettings) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _SHORTCODES:
        schema = getattr(settings, name)
        if schema is not None:
            yield name, schema
