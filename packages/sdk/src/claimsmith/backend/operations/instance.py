"""The secret key's instance, and its settings of organizations."""

from types import NoneType

from claimsmith.backend import parameters
from claimsmith.backend.models.instances import Instance
from claimsmith.backend.models.organizations import OrganizationSettings
from claimsmith.backend.operation import Operation

GET = Operation(
    method="GET",
    path="/v1/instance",
    returns=Instance,
    told="The secret key's instance.",
)
UPDATE = Operation(
    method="PATCH",
    path="/v1/instance",
    returns=NoneType,
    takes=parameters.InstanceChanges,
    told="Nothing; what the arguments name is changed.",
    codes=("form_param_format_invalid",),
    example='allowed_origins=["https://app.example.com"]',
)
GET_ORGANIZATION_SETTINGS = Operation(
    method="GET",
    path="/v1/instance/organization_settings",
    returns=OrganizationSettings,
    told="The instance's settings of organizations.",
)
UPDATE_ORGANIZATION_SETTINGS = Operation(
    method="PATCH",
    path="/v1/instance/organization_settings",
    returns=OrganizationSettings,
    takes=parameters.OrganizationSettingsChanges,
    told="The settings of organizations with what the arguments name changed.",
    codes=("form_param_value_invalid",),
    example="admin_delete_enabled=True",
)
