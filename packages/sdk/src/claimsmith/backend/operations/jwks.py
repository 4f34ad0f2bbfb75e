"""The instance's key set; to verify tokens use `RemoteKeys`, which checks and caches it."""

from claimsmith.backend.models.instances import JsonWebKeySet
from claimsmith.backend.operation import Operation

GET = Operation(
    method="GET",
    path="/v1/jwks",
    returns=JsonWebKeySet,
    told="The instance's public keys.",
)
