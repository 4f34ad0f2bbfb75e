"""The life of signing keys: pending, active, retiring, removed (CASES (c), rotation)."""

from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature

from claimsmith.verification.keys import parse_jwk
from claimsmith_server.core.errors import (
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
    SIGNING_KEY_IN_USE,
    SIGNING_KEY_STATUS_INVALID,
)
from claimsmith_server.core.models import Instance, KeyStatus, SigningAlgorithm, SigningKey
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import jwt_templates, signing_keys
from claimsmith_server.store.database import Tx

PUBLISH_BEFORE_USE_MILLISECONDS = 600_000
"""A key is in the JWKS this long before it signs: twice what SDKs keep a JWKS (5 minutes)."""
OPERATOR = "operator"
"""Actor of what is done at the command line."""
_PROBE = b"claimsmith"


class KeyLife(NamedTuple):
    """A signing key, and when its next step is safe."""

    key: SigningKey
    safe_at: int | None
    """Unix milliseconds: of a pending key, when it may sign; of a retiring one, when it may go; else None."""


async def list_key_lives(service: Service, instance: Instance) -> list[KeyLife]:
    """Every key of the instance, removed ones too, oldest first."""
    keys = await signing_keys.list_signing_keys(service.database, instance.id)
    longest = await _longest_lifetime(service, instance)
    return [KeyLife(key, _safe_at(key, longest)) for key in keys]


async def publish_pending(
    service: Service,
    instance: Instance,
    algorithm: SigningAlgorithm,
    *,
    author: str = OPERATOR,
    may_be_further: bool = True,
) -> str:
    """The kid of a new key that verifiers can already learn, but nothing signs with yet.

    Raises:
        ServiceError: `signing_key_status_invalid` when another one is pending, unless it `may_be_further`.
    """
    key = service.keys.make_key(instance.id, algorithm, "pending", None)

    async def work(tx: Tx) -> None:
        held = await signing_keys.hold_signing_keys(tx, instance.id)
        if not may_be_further and any(one.status == "pending" for one in held):
            raise SIGNING_KEY_STATUS_INVALID()
        await signing_keys.insert_signing_key(tx, key)
        await record(service, tx, instance.id, "signing_key.published", key.kid, {}, actor=author)

    await service.database.transact(work)
    return key.kid


async def activate_pending(
    service: Service, instance: Instance, *, kid: str = "", author: str = OPERATOR, at_once: bool = False
) -> str:
    """The kid that signs from now on; the key before it stays published.

    Args:
        service: the services.
        instance: the instance.
        kid: of a pending key; else the oldest one is taken.
        author: who asks, for the audit log.
        at_once: whether verifiers that have not read the key yet may refuse its tokens (case K-007).

    Raises:
        ServiceError: no key is pending, or it was published less than ten minutes ago; `signing_key_status_invalid`
            when another one came first.
    """
    now = service.clock.now()
    pending = [
        one
        for one in await signing_keys.list_signing_keys(service.database, instance.id)
        if one.status == "pending" and kid in {"", one.kid}
    ]
    key = _require_ripe(pending, now if not at_once else now + PUBLISH_BEFORE_USE_MILLISECONDS)

    async def work(tx: Tx) -> None:
        await signing_keys.hold_signing_keys(tx, instance.id)
        if not await signing_keys.activate_signing_key(tx, instance.id, key.kid, now=now):
            raise SIGNING_KEY_STATUS_INVALID()
        told = {"at_once": True} if at_once else {}
        await record(service, tx, instance.id, "signing_key.activated", key.kid, told, actor=author)

    await service.database.transact(work)
    return key.kid


async def remove_key(service: Service, instance: Instance, kid: str, *, author: str, at_once: bool = False) -> None:
    """Nothing; the key is in no JWKS any more: a pending one, or one whose last tokens are over (case K-006).

    Args:
        service: the services.
        instance: the instance.
        kid: of a pending or retiring key.
        author: who asks, for the audit log.
        at_once: whether tokens that the key signed and that still live may be refused (case K-007).

    Raises:
        ServiceError: `resource_not_found`; `signing_key_in_use`, with the seconds left;
            `signing_key_status_invalid` when the key signs, or was removed before.
    """
    now = service.clock.now()
    key = await signing_keys.load_signing_key(service.database, instance.id, kid)
    if key is None:
        raise RESOURCE_NOT_FOUND(resource="signing key", by="kid", id=kid[:64])
    if key.status not in {"pending", "retiring"}:
        raise SIGNING_KEY_STATUS_INVALID()
    safe_at = _safe_at(key, await _longest_lifetime(service, instance))
    if key.status == "retiring" and safe_at is not None and safe_at > now and not at_once:
        raise SIGNING_KEY_IN_USE(seconds=f"{(safe_at - now) // 1000 + 1:,}")
    expected: KeyStatus = key.status

    async def work(tx: Tx) -> None:
        if not await signing_keys.set_signing_key_status(tx, instance.id, kid, "removed", expected=expected, now=now):
            raise SIGNING_KEY_STATUS_INVALID()
        told = {"from": expected} | ({"at_once": True} if at_once else {})
        await record(service, tx, instance.id, "signing_key.removed", kid, told, actor=author)

    await service.database.transact(work)


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


async def _longest_lifetime(service: Service, instance: Instance) -> int:
    """The seconds that a token of this instance may live at most."""
    templates = await jwt_templates.list_jwt_templates(service.database, instance.id)
    return max([instance.settings.session.token_lifetime_seconds, *(one.lifetime for one in templates)])


def _safe_at(key: SigningKey, longest: int) -> int | None:
    if key.status == "pending":
        return key.created_at + PUBLISH_BEFORE_USE_MILLISECONDS
    if key.status == "retiring":  # `updated_at` is when it signed last
        return key.updated_at + PUBLISH_BEFORE_USE_MILLISECONDS + longest * 1000
    return None


def _require_ripe(pending: Sequence[SigningKey], now: int) -> SigningKey:
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
