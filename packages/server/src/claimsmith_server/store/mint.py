"""Everything that one mint needs, in one statement.

This read *is* the revocation check: session, user, membership, keys and settings are read each time and cached never.
Texts of templates are not in it, only their versions; a service loads a text once per version.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, null, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from claimsmith_server.core.models import (
    ClaimsContext,
    Environment,
    InstanceSettings,
    SessionStatus,
    TokenMembership,
    TokenOrganization,
    TokenSession,
    TokenUser,
)
from claimsmith_server.core.session_status import status_at
from claimsmith_server.store.database import Database
from claimsmith_server.store.errors import CorruptRow, UnknownSecretKey
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
from claimsmith_server.store.statements import Row

PERSONAL = ""
"""As `organization_id`: no organization, whichever one the session has active."""
_MOST_SETTINGS = 1024

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_roles = msgspec.json.Decoder(dict[str, str]).decode
_decode_settings = msgspec.json.Decoder(InstanceSettings).decode


class MintTemplate(NamedTuple):
    """The JWT template asked for; `(id, version)` is the key of its compiled form."""

    id: str
    version: int
    lifetime: int
    allowed_clock_skew: int
    custom_signing_key: bool
    signing_algorithm: str


class MintRow(NamedTuple):
    """What one mint reads. `context` is all that a template can reach."""

    context: ClaimsContext
    status: SessionStatus
    """As stored; see `status_at`."""
    expire_at: int
    abandon_at: int
    last_active_at: int
    client_id: str
    user_banned: bool
    user_locked: bool
    organization_id: str | None
    """Asked for, else the session's. `context.organization` is None when the user is no member of it (any more)."""
    instance_id: str
    environment: Environment
    frontend_api: str
    settings: InstanceSettings
    config_version: int
    session_claims_version: int
    """Live version of the session claims; 0 when none was published."""
    active_kid: str | None
    template: MintTemplate | None
    """None when no name was given, or when the instance has no template of that name."""
    secret_key_id: str | None
    secret_key_last_used_at: int | None

    def status_at(self, now: int) -> SessionStatus:
        """The session's status at `now` (unix milliseconds); only `active` and `pending` ones may mint."""
        return status_at(self.status, self.expire_at, self.abandon_at, now)


async def load_mint_context(  # noqa: PLR0913 - what a mint may ask for, by name
    db: Database,
    session_id: str,
    *,
    instance_id: str | None = None,
    secret_hash: bytes | None = None,
    template_name: str | None = None,
    organization_id: str | None = None,
    with_organizations: bool = False,
) -> MintRow | None:
    """What minting for a session needs; None when the instance has no such session.

    Args:
        db: the database.
        session_id: `sess_…`.
        instance_id: the instance, when it is known already; else
        secret_hash: SHA-256 of the secret key that the caller sent: the same statement finds its instance.
        template_name: also read this JWT template's version.
        organization_id: this organization instead of the session's active one; `PERSONAL` for none.
        with_organizations: also read all memberships of the user (`user.organizations`).

    Raises:
        UnknownSecretKey: no live secret key has this hash.
        CorruptRow: stored JSON can't be read.
    """
    by_secret = secret_hash is not None
    statement = _statement(by_secret, template_name is not None, with_organizations)
    row = await db.one(
        statement,
        {
            "instance": secret_hash if by_secret else instance_id,
            "session": session_id,
            "organization": organization_id,
            "template": template_name,
        },
    )
    if row is None and by_secret:
        raise UnknownSecretKey("no live secret key has this hash")
    if row is None or row[0] is None:
        return None
    try:
        return _build(row, db.settings_by_version)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CorruptRow(f"session {session_id}: {error}") from error


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
_TEMPLATE_COLUMNS = (
    jwt_templates.c.id,
    jwt_templates.c.version,
    jwt_templates.c.lifetime,
    jwt_templates.c.allowed_clock_skew,
    jwt_templates.c.custom_signing_key,
    jwt_templates.c.signing_algorithm,
)


@cache
def _statement(by_secret: bool, with_template: bool, with_organizations: bool) -> Select[Any]:  # noqa: FBT001 - a key
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
        *([*_TEMPLATE_COLUMNS] if with_template else [null()]),
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


_USER_AT = len(_SESSION_COLUMNS) + 1
_INSTANCE_AT = _USER_AT + len(_USER_COLUMNS)
_ORGANIZATION_AT = _INSTANCE_AT + len(_INSTANCE_COLUMNS)
_SECRET_AT = _ORGANIZATION_AT + len(_ORGANIZATION_COLUMNS)
_TEMPLATE_AT = _SECRET_AT + 2
_PLAIN_LENGTH = _TEMPLATE_AT + 1
_TEMPLATE_LENGTH = _TEMPLATE_AT + len(_TEMPLATE_COLUMNS)


def _build(row: Row, settings_by_version: dict[tuple[str, int], InstanceSettings]) -> MintRow:
    """The row as structs; positional throughout, since this runs on every mint."""
    session_id, status, actor, first, second, created, expire_at, abandon_at, active_at, client_id, asked = row[
        :_USER_AT
    ]
    instance_id, environment, frontend_api, settings, config_version, claims_version, kid = row[
        _INSTANCE_AT:_ORGANIZATION_AT
    ]
    session = TokenSession(session_id, status, _decode_object(actor) if actor else None, first, second, created)
    member = row[_ORGANIZATION_AT:_SECRET_AT]
    context = ClaimsContext(_user(row), session, *(_organization(member) if member[0] is not None else ()))
    decoded = settings_by_version.get((instance_id, config_version))
    if decoded is None:
        decoded = _remember_settings(settings_by_version, instance_id, config_version, settings)
    return MintRow(
        context,
        status,
        expire_at,
        abandon_at,
        active_at,
        client_id,
        bool(row[_INSTANCE_AT - 2]),
        bool(row[_INSTANCE_AT - 1]),
        asked or None,
        instance_id,
        environment,
        frontend_api,
        decoded,
        config_version,
        claims_version,
        kid,
        _template(row) if row[_TEMPLATE_AT] is not None else None,
        row[_SECRET_AT],
        row[_SECRET_AT + 1],
    )


def _user(row: Row) -> TokenUser:
    length = len(row)
    roles_of_user: dict[str, str] | None = None
    if length not in (_PLAIN_LENGTH, _TEMPLATE_LENGTH):  # the last column is the memberships, when they were asked for
        roles_of_user = dict(sorted(_decode_roles(row[-1]).items())) if row[-1] else {}
    values = row[_USER_AT : _INSTANCE_AT - 2]
    user_id, external_id, username, first_name, last_name, email, email_status = values[:7]
    phone, phone_status, wallet, image_url = values[7:11]
    has_image, two_factor, created, updated, signed_in, public, unsafe = values[11:]
    return TokenUser(
        user_id,
        external_id,
        username,
        first_name,
        last_name,
        email,
        email_status == "verified",
        phone,
        phone_status == "verified",
        wallet,
        image_url,
        bool(has_image),
        bool(two_factor),
        created,
        updated,
        signed_in,
        _decode_object(public),
        _decode_object(unsafe),
        roles_of_user,
    )


def _organization(member: Sequence[Any]) -> tuple[TokenOrganization, TokenMembership]:
    role, permissions, membership_metadata, organization_id, name, slug, image_url, has_image, metadata = member
    return (
        TokenOrganization(organization_id, name, slug, image_url, bool(has_image), _decode_object(metadata)),
        TokenMembership(role, _decode_texts(permissions or "[]"), _decode_object(membership_metadata)),
    )


def _template(row: Row) -> MintTemplate:
    found, version, lifetime, skew, custom, algorithm = row[_TEMPLATE_AT : _TEMPLATE_AT + len(_TEMPLATE_COLUMNS)]
    return MintTemplate(found, version, lifetime, skew, bool(custom), algorithm)


def _remember_settings(
    known: dict[tuple[str, int], InstanceSettings], instance_id: str, config_version: int, text: str
) -> InstanceSettings:
    if len(known) >= _MOST_SETTINGS:
        known.clear()
    known[(instance_id, config_version)] = settings = _decode_settings(text)
    return settings
