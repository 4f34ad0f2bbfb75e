"""Rows that tests start from: short to write, every required field filled."""

from typing import Any

import msgspec

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.core.models import (
    Client,
    EmailAddress,
    Instance,
    JwtTemplate,
    Membership,
    Organization,
    PhoneNumber,
    Role,
    SecretKey,
    Session,
    SigningKey,
    User,
)
from claimsmith_server.store.clients import insert_client
from claimsmith_server.store.database import Database
from claimsmith_server.store.instances import insert_instance
from claimsmith_server.store.sessions import insert_session
from claimsmith_server.store.signing_keys import insert_signing_key
from claimsmith_server.store.users import insert_user

NOW = 1_800_000_000_000
HOUR = 3_600_000
STAMPS = {"created_at": NOW, "updated_at": NOW}


def an_instance(name: str = "a", **more: Any) -> Instance:
    known = {
        "id": f"ins_{name}",
        "slug": name,
        "environment": "development",
        "frontend_api": f"{name}.clerk.accounts.dev",
        "settings": InstanceSettings(),
        "config_version": 1,
        **STAMPS,
    }
    return Instance(**{**known, **more})


def an_email(address: str, user_id: str, **more: Any) -> EmailAddress:
    known = {
        "id": f"idn_{user_id}_{address}",
        "user_id": user_id,
        "email_address": address,
        "reserved": False,
        "verification_status": "verified",
        "verification_strategy": "admin",
        **STAMPS,
    }
    return EmailAddress(**{**known, **more})


def a_phone(number: str, user_id: str, **more: Any) -> PhoneNumber:
    known = {
        "id": f"idn_{user_id}_{number}",
        "user_id": user_id,
        "phone_number": number,
        "reserved": False,
        "verification_status": "verified",
        "verification_strategy": "admin",
        **STAMPS,
    }
    return PhoneNumber(**{**known, **more})


def a_user(name: str, *, emails: tuple[str, ...] = (), phones: tuple[str, ...] = (), **more: Any) -> User:
    user_id = more.get("id", f"user_{name}")
    addresses = tuple(an_email(address, user_id) for address in emails)
    numbers = tuple(a_phone(number, user_id) for number in phones)
    known: dict[str, Any] = {
        "id": user_id,
        "instance_id": "ins_a",
        "external_id": None,
        "username": None,
        "first_name": None,
        "last_name": None,
        "locale": None,
        "image_url": "https://img.example/u.png",
        "has_image": False,
        "primary_email_address_id": addresses[0].id if addresses else None,
        "primary_phone_number_id": numbers[0].id if numbers else None,
        "primary_web3_wallet": None,
        "password_digest": None,
        "password_last_updated_at": None,
        "two_factor_enabled": False,
        "public_metadata": {},
        "private_metadata": {},
        "unsafe_metadata": {},
        "banned": False,
        "locked": False,
        "delete_self_enabled": True,
        "create_organization_enabled": True,
        "create_organizations_limit": None,
        "legal_accepted_at": None,
        "last_sign_in_at": None,
        "last_active_at": None,
        "email_addresses": addresses,
        "phone_numbers": numbers,
        **STAMPS,
    }
    return User(**{**known, **more})


def a_client(name: str = "c", **more: Any) -> Client:
    known = {"id": f"client_{name}", "instance_id": "ins_a", "last_active_session_id": None, **STAMPS}
    return Client(**{**known, **more})


def a_session(name: str = "s", **more: Any) -> Session:
    known = {
        "id": f"sess_{name}",
        "instance_id": "ins_a",
        "client_id": "client_c",
        "user_id": "user_u",
        "status": "active",
        "actor": None,
        "last_active_organization_id": None,
        "first_factor_verified_at": NOW,
        "second_factor_verified_at": None,
        "last_active_at": NOW,
        "expire_at": NOW + 24 * HOUR,
        "abandon_at": NOW + 48 * HOUR,
        **STAMPS,
    }
    return Session(**{**known, **more})


def an_organization(name: str = "o", **more: Any) -> Organization:
    known = {
        "id": f"org_{name}",
        "instance_id": "ins_a",
        "name": name.title(),
        "slug": name,
        "image_url": "https://img.example/o.png",
        "has_image": True,
        "public_metadata": {"tier": 2},
        "private_metadata": {"canary": 1},
        "max_allowed_memberships": 5,
        "admin_delete_enabled": True,
        "created_by": None,
        **STAMPS,
    }
    return Organization(**{**known, **more})


def a_role(key: str = "org:admin", **more: Any) -> Role:
    known = {
        "id": f"role_{key}",
        "instance_id": "ins_a",
        "key": key,
        "name": key,
        "permissions": ("org:z:last", "org:a:first"),
        **STAMPS,
    }
    return Role(**{**known, **more})


def a_membership(organization_id: str = "org_o", user_id: str = "user_u", **more: Any) -> Membership:
    known = {
        "id": f"orgmem_{organization_id}_{user_id}",
        "instance_id": "ins_a",
        "organization_id": organization_id,
        "user_id": user_id,
        "role": "org:admin",
        "public_metadata": {"seat": 7},
        "private_metadata": {"canary": 1},
        **STAMPS,
    }
    return Membership(**{**known, **more})


def a_template(suffix: str = "t", **more: Any) -> JwtTemplate:
    known = {
        "id": f"jtmp_{suffix}",
        "instance_id": "ins_a",
        "name": suffix,
        "claims": '{"a": "{{user.id}}"}',
        "lifetime": 60,
        "allowed_clock_skew": 5,
        "custom_signing_key": False,
        "signing_algorithm": "RS256",
        "sealed_signing_key": None,
        **STAMPS,
    }
    return JwtTemplate(**{**known, **more})


def a_signing_key(kid: str = "ins_key1", **more: Any) -> SigningKey:
    known = {
        "instance_id": "ins_a",
        "kid": kid,
        "algorithm": "RS256",
        "status": "active",
        "public_jwk": {"kty": "RSA", "kid": kid},
        "sealed_private_key": b"\x00sealed\xff",
        **STAMPS,
    }
    return SigningKey(**{**known, **more})


def a_secret_key(name: str = "k", **more: Any) -> SecretKey:
    known = {
        "id": f"sk_{name}",
        "instance_id": "ins_a",
        "hash": name.encode().ljust(32, b"\0"),
        "last_characters": "abcd",
        "created_at": NOW,
    }
    return SecretKey(**{**known, **more})


async def fill(db: Database, *, user: User | None = None, session: Session | None = None) -> None:
    """An instance with a signing key, a user `user_u`, a client and a live session `sess_s`."""
    await insert_instance(db, an_instance())
    await insert_signing_key(db, a_signing_key())
    await insert_user(db, user or a_user("u", emails=("U@Example.com",), first_name="Ada", last_name="Lovelace"))
    await insert_client(db, a_client())
    await insert_session(db, session or a_session())


def without(struct: msgspec.Struct, *names: str) -> dict[str, Any]:
    """The struct's fields but for some."""
    return {name: value for name, value in msgspec.structs.asdict(struct).items() if name not in names}
