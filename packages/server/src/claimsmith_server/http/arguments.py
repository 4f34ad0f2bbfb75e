"""What handlers are given, marked as Litestar wants it: the services, the caller's instance, texts of the path."""

from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import FromPath

from claimsmith_server.core.models import Instance
from claimsmith_server.services.context import Service

GivenService: TypeAlias = NamedDependency[Service]
GivenInstance: TypeAlias = NamedDependency[Instance]
"""The instance of the secret key that the request carries."""
GivenUrl: TypeAlias = NamedDependency[str]
"""The service's public address, from the settings and never from the request (case C-008)."""
PathText: TypeAlias = FromPath[str]
