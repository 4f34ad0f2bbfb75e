"""The session settings under compare-and-set, as the dashboard's form changes them."""

from collections.abc import Mapping
from typing import Any

from claimsmith_server.core.models import Instance
from claimsmith_server.services.config import SESSION, Change, change_config
from claimsmith_server.services.context import Service


async def change_session_settings(
    service: Service, instance: Instance, members: Mapping[str, Any], *, author: str
) -> None:
    """Nothing; the settings of `instance`, as it was loaded, have these members, and its claims stay.

    A timeout that is `None` is switched off.

    Raises:
        ServiceError: a refused value; `config_version_mismatch` when the instance was changed since it was loaded.
    """
    change = Change(
        document={SESSION: dict(members)}, if_match=str(instance.config_version), destructive=True, author=author
    )
    await change_config(service, instance, change)
