"""An instance as it goes out."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import Environment, Instance


class BackendInstance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance on the Backend API (contract 5.4)."""

    object: Literal["instance"] = "instance"
    id: str
    environment_type: Environment
    allowed_origins: tuple[str, ...] | None
    workspace_id: None = None


def instance_out(instance: Instance) -> BackendInstance:
    """An instance for the Backend API."""
    return BackendInstance(
        id=instance.id,
        environment_type=instance.environment,
        allowed_origins=instance.settings.allowed_origins or None,
    )
