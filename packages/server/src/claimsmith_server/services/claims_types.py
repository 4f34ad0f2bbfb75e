"""Types of the live session claims, for `claimsmith types`."""

from claimsmith_server.core.claims import Template, compile_template
from claimsmith_server.core.models import Instance
from claimsmith_server.core.typegen import Language, Style, write_types
from claimsmith_server.services.context import Service
from claimsmith_server.services.metadata_types import load_metadata_types
from claimsmith_server.store import session_claims

_EMPTY = "{}"


async def load_types(
    service: Service, instance: Instance, language: Language, *, style: Style = "typeddict", observe: bool = False
) -> str:
    """The source file that declares the claims that are live now.

    With `observe`, metadata that nothing declares have the types that are in use.
    """
    published = await session_claims.load_live_session_claims(service.database, instance.id)
    template = compile_template(published.claims if published else _EMPTY, audience="session").template
    metadata = await load_metadata_types(service, instance, observe=observe)
    return write_types(template or _require_empty(), language, style=style, metadata=metadata)


def _require_empty() -> Template:
    """What a stored text that no longer compiles counts as: minting leaves such claims out, too."""
    template = compile_template(_EMPTY, audience="session").template
    if template is None:
        raise AssertionError("the empty template compiles")
    return template
