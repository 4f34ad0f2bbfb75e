"""What the editor edits: the session claims, or a JWT template."""

import msgspec

from claimsmith_server.core.claims import Audience
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.core.models import Instance, JwtTemplate
from claimsmith_server.services.context import Service
from claimsmith_server.services.jwt_templates import load_jwt_template
from claimsmith_server.store import session_claims

SESSION = "session"
EMPTY = "{}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A template that is live, and where it is kept."""

    id: str
    """`session`, or the id of a JWT template."""
    audience: Audience
    title: str
    text: str
    """The live text, as it is stored."""
    version: int
    """The live version; 0: session claims that were never published."""
    claims_version: ClaimsVersion
    template: JwtTemplate | None = None


async def load_target(service: Service, instance: Instance, target: str) -> Target:
    """The session claims, or the JWT template with this id.

    Raises:
        ServiceError: `resource_not_found`.
    """
    claims_version = instance.settings.session.claims_version
    if target == SESSION:
        live = await session_claims.load_live_session_claims(service.database, instance.id)
        return Target(
            id=SESSION,
            audience="session",
            title="Session token",
            text=live.claims if live else EMPTY,
            version=live.version if live else 0,
            claims_version=claims_version,
        )
    template = await load_jwt_template(service, instance, target)
    return Target(
        id=template.id,
        audience="jwt_template",
        title=template.name,
        text=template.claims,
        version=template.version,
        claims_version=claims_version,
        template=template,
    )
