"""A JWT template's settings under compare-and-set, as the dashboard's form changes them: its claims stay."""

import msgspec

from claimsmith_server.core.errors import CONFIG_VERSION_MISMATCH, NAME_EXISTS, ServiceError
from claimsmith_server.core.models import Instance, JwtTemplate
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.services.claims_text import require_compiled
from claimsmith_server.services.context import Service
from claimsmith_server.services.jwt_templates import WriteJwtTemplate, create_jwt_template, update_jwt_template
from claimsmith_server.store.errors import UniqueViolation, VersionConflict


class TemplateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All of a template but its claims; what a caller of the Backend API may send of it."""

    name: str
    lifetime: int
    allowed_clock_skew: int
    custom_signing_key: bool
    signing_algorithm: str | None = None
    signing_key: str | None = None
    """`None`: the one that is stored stays."""


async def create_template(
    service: Service, instance: Instance, settings: TemplateSettings, claims: str, *, author: str
) -> JwtTemplate:
    """A new template with these settings, its claims given as text.

    Raises:
        ServiceError: the text has errors, with line and column in `meta`; a value is refused; the name is taken.
    """
    require_compiled(claims, "jwt_template")
    asked = _convert(settings, claims)
    try:
        return await create_jwt_template(service, instance, asked, author=author)
    except UniqueViolation as taken:
        raise _name_taken() from taken


async def change_template_settings(
    service: Service, instance: Instance, template: JwtTemplate, settings: TemplateSettings, *, author: str
) -> JwtTemplate:
    """The template with these settings; `template` is as the caller loaded it.

    Raises:
        ServiceError: a refused value, a name that is taken; `config_version_mismatch` when it was changed since it was
            loaded.
    """
    asked = _convert(settings, template.claims)
    try:
        return await update_jwt_template(
            service, instance, template.id, asked, expected_version=template.version, author=author
        )
    except UniqueViolation as taken:
        raise _name_taken() from taken
    except VersionConflict as conflict:
        raise CONFIG_VERSION_MISMATCH(
            expected=conflict.expected, current=conflict.actual, param_name="version"
        ) from conflict


def _convert(settings: TemplateSettings, claims: str) -> WriteJwtTemplate:
    """The body that the Backend API would take, with its rules."""
    return convert_object(msgspec.structs.asdict(settings) | {"claims": msgspec.json.decode(claims)}, WriteJwtTemplate)


def _name_taken() -> ServiceError:
    return NAME_EXISTS(param_name="name", resource="JWT template")
