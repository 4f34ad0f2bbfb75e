"""The life of signing keys: pending, active, retiring, removed (CASES (c), rotation)."""

from cryptography.exceptions import InvalidSignature

from claimsmith.keys import parse_jwk
from claimsmith_server.core.errors import PARAM_VALUE_INVALID
from claimsmith_server.core.models import Instance, SigningAlgorithm, SigningKey
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import signing_keys
from claimsmith_server.store.database import Tx

PUBLISH_BEFORE_USE_MILLISECONDS = 600_000
"""A key is in the JWKS this long before it signs: twice what SDKs keep a JWKS (5 minutes)."""
_PROBE = b"claimsmith"


async def publish_pending(service: Service, instance: Instance, algorithm: SigningAlgorithm) -> str:
    """The kid of a new key that verifiers can already learn, but nothing signs with yet."""
    key = service.keys.make_key(instance.id, algorithm, "pending", None)

    async def work(tx: Tx) -> None:
        await signing_keys.insert_signing_key(tx, key)
        await record(service, tx, instance.id, "signing_key.published", key.kid, {}, actor="operator")

    await service.database.transact(work)
    return key.kid


async def activate_pending(service: Service, instance: Instance) -> str:
    """The kid that signs from now on; the key before it stays published.

    Raises:
        ServiceError: no key is pending, or it was published less than ten minutes ago.
    """
    now = service.clock.now()
    key = _require_ripe(
        [one for one in await signing_keys.list_signing_keys(service.database, instance.id) if one.status == "pending"],
        now,
    )

    async def work(tx: Tx) -> None:
        await signing_keys.activate_signing_key(tx, instance.id, key.kid, now=now)
        await record(service, tx, instance.id, "signing_key.activated", key.kid, {}, actor="operator")

    await service.database.transact(work)
    return key.kid


async def sign_and_verify(service: Service, instance: Instance) -> None:
    """Nothing, once the active key signed something that its published JWK verifies.

    Raises:
        LookupError: no key is active, or the JWK is not of the key.
    """
    active = await signing_keys.load_active_signing_key(service.database, instance.id)
    published = parse_jwk(active.public_jwk) if active else None
    if active is None or published is None:
        raise LookupError(f"no active signing key in instance {instance.id}")
    try:
        published.check(service.keys.open_key(active).sign(_PROBE), _PROBE)
    except InvalidSignature as error:
        raise LookupError(f"the JWK of {active.kid} is not of its private key") from error


def _require_ripe(pending: list[SigningKey], now: int) -> SigningKey:
    if not pending:
        raise PARAM_VALUE_INVALID(
            param_name="activate", expected="used after a key was published: claimsmith keys rotate"
        )
    oldest = min(pending, key=lambda key: key.created_at)
    left = oldest.created_at + PUBLISH_BEFORE_USE_MILLISECONDS - now
    if left > 0:
        raise PARAM_VALUE_INVALID(
            param_name="activate",
            expected=f"used {left // 1000 + 1} s from now, when every verifier has read the new key",
        )
    return oldest
