"""JWT templates: tokens for other services, with claims of your own."""

from claimsmith.backend import parameters
from claimsmith.backend.models.instances import JwtTemplate
from claimsmith.backend.models.lists import Deleted, Page
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/jwt_templates",
    returns=Page[JwtTemplate],
    takes=parameters.Paging,
    iterates=parameters.Unfiltered,
    preset={"paginated": "true"},
    told="A page of templates, newest first.",
    example="limit=50",
)
GET = Operation(
    method="GET",
    path="/v1/jwt_templates/{template_id}",
    returns=JwtTemplate,
    told="One template.",
    codes=("resource_not_found",),
    example="template_id",
)
CREATE = Operation(
    method="POST",
    path="/v1/jwt_templates",
    returns=JwtTemplate,
    takes=parameters.JwtTemplateDefinition,
    told="A new template.",
    codes=("form_identifier_exists", "form_param_value_invalid"),
    example='name=new_name, claims={"email": "{{user.primary_email_address}}"}, lifetime=300',
)
UPDATE = Operation(
    method="PATCH",
    path="/v1/jwt_templates/{template_id}",
    returns=JwtTemplate,
    takes=parameters.JwtTemplateDefinition,
    told="A template as the arguments say; what they do not name stays.",
    codes=("resource_not_found", "form_param_value_invalid"),
    example='template_id, name=new_name, claims={"role": "authenticated"}',
)
DELETE = Operation(
    method="DELETE",
    path="/v1/jwt_templates/{template_id}",
    returns=Deleted,
    told="That the template is gone; tokens that it made stay valid until they expire.",
    codes=("resource_not_found",),
    example="template_id",
)
