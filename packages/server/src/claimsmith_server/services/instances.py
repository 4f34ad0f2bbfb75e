"""Instances: found by secret key or as the public one; made with their first keys and roles."""

import base64
from typing import NamedTuple

from claimsmith.instance import make_publishable_key
from claimsmith_server.core.errors import LAST_SECRET_KEY, RESOURCE_NOT_FOUND
from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.core.models import Environment, Instance, Role, SecretKey, SigningAlgorithm
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import instances, roles, secret_keys, signing_keys
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import UnknownSecretKey

OPERATOR = "operator"
"""Actor of what is done at the command line."""
SECRET_KEY_BYTES = 32
_SYSTEM_PERMISSIONS = (
    "org:sys_profile:manage",
    "org:sys_profile:delete",
    "org:sys_memberships:read",
    "org:sys_memberships:manage",
    "org:sys_domains:read",
    "org:sys_domains:manage",
)
DEFAULT_ROLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("org:admin", "Admin", _SYSTEM_PERMISSIONS),
    ("org:member", "Member", ("org:sys_memberships:read",)),
)
"""Key, name and permissions of the roles that every new instance has."""


class NewInstance(NamedTuple):
    """An instance that was just made, with the only sight there ever is of its secret key."""

    instance: Instance
    secret_key: str


async def load_by_secret_key(service: Service, secret_key_hash: bytes) -> Instance:
    """The instance of a secret key, given its SHA-256.

    Raises:
        UnknownSecretKey: no live secret key has this hash.
    """
    found = await secret_keys.load_instance_by_secret(service.database, secret_key_hash)
    if found is None:
        raise UnknownSecretKey("no live secret key has this hash")
    instance, key = found
    await secret_keys.touch_secret_key(service.database, instance.id, key.id, key.last_used_at, now=service.clock.now())
    return instance


async def load_public_instance(service: Service) -> Instance:
    """The instance that the Frontend API serves: the one named in the settings, else the first one made.

    Raises:
        ServiceError: `resource_not_found` when there is none.
    """
    slug = service.instance_slug
    if slug:
        instance = await instances.load_instance_by_slug(service.database, slug)
    else:
        instance = await instances.load_first_instance(service.database)
    if instance is None:
        raise RESOURCE_NOT_FOUND(resource="instance", by="slug", id=service.instance_slug or "(any)")
    return instance


async def create_instance(  # noqa: PLR0913 - what an instance is born with
    service: Service,
    slug: str,
    environment: Environment,
    frontend_api: str,
    *,
    algorithm: SigningAlgorithm = "RS256",
    secret_key: str | None = None,
) -> NewInstance:
    """A new instance with a signing key, a secret key and the default roles, all or nothing.

    Raises:
        ValueError: the Frontend API host is none that SDKs accept.
        UniqueViolation: the slug is taken.
    """
    make_publishable_key(frontend_api, environment)
    now = service.clock.now()
    instance = Instance(
        id=service.make_id("ins"),
        slug=slug,
        environment=environment,
        frontend_api=frontend_api,
        settings=InstanceSettings(test_mode=environment == "development"),
        config_version=1,
        created_at=now,
        updated_at=now,
    )
    secret_key = secret_key or make_secret_key(service, environment)
    signing_key = service.keys.make_key(instance.id, algorithm, "active", None)

    async def work(tx: Tx) -> None:
        await instances.insert_instance(tx, instance)
        await signing_keys.insert_signing_key(tx, signing_key)
        await _insert_secret_key(service, tx, instance.id, secret_key)
        for key, name, permissions in DEFAULT_ROLES:
            await roles.insert_role(tx, _role(service, instance.id, key, name, permissions))
        await record(service, tx, instance.id, "instance.created", instance.id, {"slug": slug}, actor="operator")

    await service.database.transact(work)
    return NewInstance(instance, secret_key)


async def list_secret_keys(service: Service, instance: Instance) -> list[SecretKey]:
    """Those that are not revoked, oldest first; their hashes are all that is known of them."""
    found = await secret_keys.list_secret_keys(service.database, instance.id)
    return [key for key in found if key.revoked_at is None]


async def add_secret_key(service: Service, instance: Instance, *, author: str = OPERATOR) -> str:
    """A further secret key, told this once; the older ones stay valid until they are revoked."""
    secret_key = make_secret_key(service, instance.environment)

    async def work(tx: Tx) -> None:
        key_id = await _insert_secret_key(service, tx, instance.id, secret_key)
        await record(service, tx, instance.id, "secret_key.created", key_id, {}, actor=author)

    await service.database.transact(work)
    return secret_key


async def revoke_secret_key(
    service: Service, instance: Instance, key_id: str, *, author: str = OPERATOR, may_be_last: bool = True
) -> bool:
    """Whether there was a live secret key with this id; it is refused from now on.

    Raises:
        ServiceError: `last_secret_key` when no other one is live, unless it `may_be_last`.
    """

    async def work(tx: Tx) -> bool:
        live = await secret_keys.hold_live_secret_keys(tx, instance.id)
        if not may_be_last and live == {key_id}:
            raise LAST_SECRET_KEY()
        revoked = await secret_keys.revoke_secret_key(tx, instance.id, key_id, now=service.clock.now())
        if revoked:
            await record(service, tx, instance.id, "secret_key.revoked", key_id, {}, actor=author)
        return revoked

    return await service.database.transact(work)


def make_secret_key(service: Service, environment: Environment) -> str:
    """A new secret key: `sk_test_` or `sk_live_` and 256 random bits (case L-003)."""
    prefix = "sk_test_" if environment == "development" else "sk_live_"
    return prefix + base64.urlsafe_b64encode(service.clock.entropy(SECRET_KEY_BYTES)).rstrip(b"=").decode()


async def _insert_secret_key(service: Service, tx: Tx, instance_id: str, secret_key: str) -> str:
    now = service.clock.now()
    key = SecretKey(
        id=service.make_id("skey"),
        instance_id=instance_id,
        hash=hash_secret(secret_key),
        last_characters=secret_key[-4:],
        created_at=now,
    )
    await secret_keys.insert_secret_key(tx, key)
    return key.id


def _role(service: Service, instance_id: str, key: str, name: str, permissions: tuple[str, ...]) -> Role:
    now = service.clock.now()
    return Role(
        id=service.make_id("role"),
        instance_id=instance_id,
        key=key,
        name=name,
        permissions=permissions,
        created_at=now,
        updated_at=now,
    )
