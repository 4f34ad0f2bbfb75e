"""The mint's one statement: its columns by position, and the look-ups it is made of."""

from functools import cache
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, literal_column, null, select
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

_ASKED: ColumnElement[Any] = bindparam("organization", required=False, type_=TEXT)
_ACTIVE_KEY = (
    signing_keys,
    and_(signing_keys.c.instance_id == instances.c.id, literal_column("signing_keys.status = 'active'")),
)
Users = Literal["one", "page", "all"]


@cache
def mint_statement(by_secret: bool, with_template: bool, with_organizations: bool) -> Select[Any]:  # noqa: FBT001 - a key
    """The statement for a kind of mint; each of the eight is written once."""
    asked = func.coalesce(_ASKED, sessions.c.last_active_organization_id)
    secret: tuple[Any, ...] = (secret_keys.c.id, secret_keys.c.last_used_at) if by_secret else (null(), null())
    columns = _columns(
        _SESSION_COLUMNS, asked, secret, with_template=with_template, with_organizations=with_organizations
    )
    source: Any = instances
    if by_secret:
        source = secret_keys.join(instances, instances.c.id == secret_keys.c.instance_id)
    of_session = (
        sessions,
        and_(sessions.c.instance_id == instances.c.id, sessions.c.id == bindparam("session", required=False)),
    )
    of_user = (users, and_(users.c.instance_id == instances.c.id, users.c.id == sessions.c.user_id))
    for table, condition in (_ACTIVE_KEY, of_session, of_user, *_joins(asked, with_template=with_template)):
        source = source.outerjoin(table, condition)
    key: ColumnElement[Any] = bindparam("instance", required=False)
    if by_secret:
        return select(*columns).select_from(source).where(secret_keys.c.hash == key, secret_keys.c.revoked_at.is_(None))
    return select(*columns).select_from(source).where(instances.c.id == key)


@cache
def users_statement(which: Users, with_template: bool, with_organizations: bool) -> Select[Any]:  # noqa: FBT001 - a key
    """As `mint_statement`, for users without regard to a session: nulls stand where its columns do.

    The organization is the one asked for, else the one that the user's newest session has active, as a mint would do.
    A row for each user: of the one with the id `user`, of the next `limit` after `after` in the order of ids, or of
    all, for the caller to narrow.
    """
    asked = func.coalesce(_ASKED, _newest_active_organization())
    nothing: tuple[Any, ...] = (null(),) * len(_SESSION_COLUMNS)
    columns = _columns(
        nothing, asked, (null(), null()), with_template=with_template, with_organizations=with_organizations
    )
    source: Any = instances.join(users, users.c.instance_id == instances.c.id)
    for table, condition in (_ACTIVE_KEY, *_joins(asked, with_template=with_template)):
        source = source.outerjoin(table, condition)
    of_instance = select(*columns).select_from(source).where(instances.c.id == bindparam("instance", required=False))
    if which == "one":
        return of_instance.where(users.c.id == bindparam("user", required=False))
    of_instance = of_instance.order_by(users.c.id)
    if which == "all":
        return of_instance
    after: ColumnElement[Any] = bindparam("after", required=False)
    limit: ColumnElement[Any] = bindparam("limit", required=False, type_=BigInteger)
    return of_instance.where(users.c.id > after).limit(limit)


def _columns(
    session: tuple[Any, ...],
    asked: ColumnElement[Any],
    secret: tuple[Any, ...],
    *,
    with_template: bool,
    with_organizations: bool,
) -> list[Any]:
    return [
        *session,
        asked,
        *_USER_COLUMNS,
        *_INSTANCE_COLUMNS,
        *_ORGANIZATION_COLUMNS,
        *secret,
        *([*TEMPLATE_COLUMNS] if with_template else [null()]),
        *([_organizations_of_user()] if with_organizations else []),
    ]


def _newest_active_organization() -> ColumnElement[Any]:
    theirs = sessions.alias("theirs")
    return (
        select(theirs.c.last_active_organization_id)
        .where(theirs.c.instance_id == users.c.instance_id, theirs.c.user_id == users.c.id)
        .order_by(theirs.c.created_at.desc(), theirs.c.id.desc())
        .limit(literal_column("1"))
        .correlate(users)
        .scalar_subquery()
    )


def _joins(asked: ColumnElement[Any], *, with_template: bool) -> list[tuple[Any, ColumnElement[bool]]]:
    """Each a look-up of one row by a unique key, in the order in which they depend on each other."""
    member = organization_memberships.c
    joins = [
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
