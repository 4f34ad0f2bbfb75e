"""All custom claims of a session, those too that its token leaves out for size.

They come from the mint's own read and composition (`services.session_tokens`), so the refusals are a mint's, and what
is told here is what the next token is made of. Nothing is signed, and nothing counts as minted.
"""

from claimsmith_server.services.context import Service
from claimsmith_server.services.session_tokens import Asked, compose_live_token, load_for_client, load_for_secret_key
from claimsmith_server.store.mint import MintRow
from claimsmith_server.wire.session import SessionClaims


async def load_for_backend(service: Service, instance_id: str, asked: Asked) -> SessionClaims:
    """The custom claims of a session of the instance.

    Raises:
        ServiceError: as a mint: `resource_not_found`, `session_not_active`, `user_not_allowed`, `token_too_large`.
    """
    return await _tell(service, await load_for_secret_key(service, instance_id, asked), asked)


async def load_for_browser(service: Service, instance_id: str, client_id: str, asked: Asked) -> SessionClaims:
    """The custom claims of a session of the browser's client.

    Raises:
        ServiceError: as a mint: also `authentication_invalid` when the session is gone.
    """
    return await _tell(service, await load_for_client(service, instance_id, client_id, asked), asked)


async def _tell(service: Service, row: MintRow, asked: Asked) -> SessionClaims:
    composition, _ = await compose_live_token(service, row, asked, service.clock.now())
    organization = row.context.organization
    return SessionClaims(
        session_id=row.context.session.id,
        organization_id=organization.id if organization else None,
        claims=composition.custom,
        omitted=composition.omitted,
        failed=composition.failed,
    )
