"""The instance's config document: every setting of its owner, the session token's claims among them.

`instance_id` may also be `development` or `production`. Where the Platform API has keys of its own, make a client
with such a key.
"""

from typing import Any

from claimsmith.backend import parameters
from claimsmith.backend.models.instances import InstanceConfig
from claimsmith.backend.operation import Operation

_PATH = "/v1/platform/applications/{application_id}/instances/{instance_id}/config"

GET = Operation(
    method="GET",
    path=_PATH,
    returns=InstanceConfig,
    takes=parameters.ConfigQuery,
    places={"application_id": "path"},
    preset={"application_id": "app"},
    told="The config document, or the sections that `keys` names.",
    codes=("resource_not_found",),
    example='instance_id, keys="session"',
)
GET_SCHEMA = Operation(
    method="GET",
    path=_PATH + "/schema",
    returns=dict[str, Any],
    takes=parameters.ConfigQuery,
    places={"application_id": "path"},
    preset={"application_id": "app"},
    told="The JSON Schema of the config document.",
    codes=("resource_not_found",),
    example="instance_id",
)
UPDATE = Operation(
    method="PATCH",
    path=_PATH,
    returns=InstanceConfig,
    takes=parameters.ConfigChanges,
    places={
        "application_id": "path",
        "document": "document",
        "if_match": "header",
        "dry_run": "query",
        "destructive": "query",
        "keys": "query",
    },
    preset={"application_id": "app"},
    told="The config document with what `document` names changed, before and after.",
    more="With `dry_run` nothing is written. With `if_match` nobody's change in between is lost.",
    codes=("config_version_mismatch", "form_param_value_invalid"),
    example='instance_id, document={"session": {"claims": claims}}, dry_run=True',
)
