"""The mint's one statement: its columns by position, and the look-ups it is made of."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, null, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from claimsmith_server.store.schema import (
    TEXT,
    email_addresses,
    instances,
    jwt_templates,
    organization_memberships,
    organizations,
    phone_numbers,
    roles,
    secret_keys,
    sessions,
    signing_keys,
    users,
)


class _JsonObjectOf(GenericFunction[str]):
    """An aggregate of keys and values to the text of one JSON object; each engine has its own name for it."""

    inherit_cache = True
    type = TEXT


@compiles(_JsonObjectOf, "sqlite")
def _compile_sqlite(element: _JsonObjectOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_object({compiler.process(element.clauses, **options)})"


@compiles(_JsonObjectOf, "postgresql")
def _compile_postgresql(element: _JsonObjectOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_object_agg({compiler.process(element.clauses, **options)}) AS TEXT)"


_SESSION_COLUMNS = (
    sessions.c.id,
    sessions.c.status,
    sessions.c.actor,
    sessions.c.first_factor_verified_at,
    sessions.c.second_factor_verified_at,
    sessions.c.created_at,
    sessions.c.expire_at,
    sessions.c.abandon_at,
    sessions.c.last_active_at,
    sessions.c.client_id,
)
_USER_COLUMNS = (
    users.c.id,
    users.c.external_id,
    users.c.username,
    users.c.first_name,
    users.c.last_name,
    email_addresses.c.email_address,
    email_addresses.c.verification_status,
    phone_numbers.c.phone_number,
    phone_numbers.c.verification_status,
    users.c.primary_web3_wallet,
    users.c.image_url,
    users.c.has_image,
    users.c.two_factor_enabled,
    users.c.created_at,
    users.c.updated_at,
    users.c.last_sign_in_at,
    users.c.public_metadata,
    users.c.unsafe_metadata,
    users.c.banned,
    users.c.locked,
)
_INSTANCE_COLUMNS = (
    instances.c.id,
    instances.c.environment,
    instances.c.frontend_api,
    instances.c.settings,
    instances.c.config_version,
    instances.c.session_claims_version,
    signing_keys.c.kid,
)
_ORGANIZATION_COLUMNS = (
    organization_memberships.c.role,
    roles.c.permissions,
    organization_memberships.c.public_metadata,
    organizations.c.id,
    organizations.c.name,
    organizations.c.slug,
    organizations.c.image_url,
    organizations.c.has_image,
    organizations.c.public_metadata,
)
TEMPLATE_COLUMNS = (
    jwt_templates.c.id,
    jwt_templates.c.version,
    jwt_templates.c.lifetime,
    jwt_templates.c.allowed_clock_skew,
    jwt_templates.c.custom_signing_key,
    jwt_templates.c.signing_algorithm,
)


@cache
def mint_statement(by_secret: bool, with_template: bool, with_organizations: bool) -> Select[Any]:  # noqa: FBT001 - a key
    """The statement for a kind of mint; each of the eight is written once."""
    asked = func.coalesce(bindparam("organization", required=False, type_=TEXT), sessions.c.last_active_organization_id)
    secret: tuple[Any, ...] = (secret_keys.c.id, secret_keys.c.last_used_at) if by_secret else (null(), null())
    columns = [
        *_SESSION_COLUMNS,
        asked,
        *_USER_COLUMNS,
        *_INSTANCE_COLUMNS,
        *_ORGANIZATION_COLUMNS,
        *secret,
        *([*TEMPLATE_COLUMNS] if with_template else [null()]),
        *([_organizations_of_user()] if with_organizations else []),
    ]
    source: Any = instances
    if by_secret:
        source = secret_keys.join(instances, instances.c.id == secret_keys.c.instance_id)
    for table, condition in _joins(asked, with_template=with_template):
        source = source.outerjoin(table, condition)
    key: ColumnElement[Any] = bindparam("instance", required=False)
    if by_secret:
        return select(*columns).select_from(source).where(secret_keys.c.hash == key, secret_keys.c.revoked_at.is_(None))
    return select(*columns).select_from(source).where(instances.c.id == key)


def _joins(asked: ColumnElement[Any], *, with_template: bool) -> list[tuple[Any, ColumnElement[bool]]]:
    """Each a look-up of one row by a unique key, in the order in which they depend on each other."""
    member = organization_memberships.c
    joins = [
        (
            signing_keys,
            and_(signing_keys.c.instance_id == instances.c.id, literal_column("signing_keys.status = 'active'")),
        ),
        (
            sessions,
            and_(sessions.c.instance_id == instances.c.id, sessions.c.id == bindparam("session", required=False)),
        ),
        (users, and_(users.c.instance_id == instances.c.id, users.c.id == sessions.c.user_id)),
        (email_addresses, _own(email_addresses, users.c.primary_email_address_id)),
        (phone_numbers, _own(phone_numbers, users.c.primary_phone_number_id)),
        (
            organization_memberships,
            and_(member.instance_id == instances.c.id, member.organization_id == asked, member.user_id == users.c.id),
        ),
        (organizations, _same(organizations, member.organization_id)),
        (roles, and_(roles.c.instance_id == instances.c.id, roles.c.key == member.role)),
    ]
    if with_template:
        name: ColumnElement[Any] = bindparam("template", required=False)
        joins.append((jwt_templates, and_(jwt_templates.c.instance_id == instances.c.id, jwt_templates.c.name == name)))
    return joins


def _same(table: Any, key: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(table.c.instance_id == instances.c.id, table.c.id == key)


def _own(table: Any, key: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(_same(table, key), table.c.user_id == users.c.id)


def _organizations_of_user() -> Any:
    every = organization_memberships.alias("every")
    return (
        select(_JsonObjectOf(every.c.organization_id, every.c.role))
        .where(every.c.instance_id == instances.c.id, every.c.user_id == users.c.id)
        .scalar_subquery()
    )


USER_AT = len(_SESSION_COLUMNS) + 1
INSTANCE_AT = USER_AT + len(_USER_COLUMNS)
ORGANIZATION_AT = INSTANCE_AT + len(_INSTANCE_COLUMNS)
SECRET_AT = ORGANIZATION_AT + len(_ORGANIZATION_COLUMNS)
TEMPLATE_AT = SECRET_AT + 2
PLAIN_LENGTH = TEMPLATE_AT + 1
TEMPLATE_LENGTH = TEMPLATE_AT + len(TEMPLATE_COLUMNS)
