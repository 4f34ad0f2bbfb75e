"""Everything that one mint needs, in one statement.

This read *is* the revocation check: session, user, membership, keys and settings are read each time and cached never.
Texts of templates are not in it, only their versions; a service loads a text once per version.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.core.models import (
    ClaimsContext,
    Environment,
    SessionStatus,
    TokenMembership,
    TokenOrganization,
    TokenSession,
    TokenUser,
)
from claimsmith_server.core.session_status import status_at
from claimsmith_server.store.database import Database
from claimsmith_server.store.errors import CorruptRow, UnknownSecretKey
from claimsmith_server.store.mint_statement import (
    INSTANCE_AT,
    ORGANIZATION_AT,
    PLAIN_LENGTH,
    SECRET_AT,
    TEMPLATE_AT,
    TEMPLATE_COLUMNS,
    TEMPLATE_LENGTH,
    USER_AT,
    mint_statement,
    users_statement,
)
from claimsmith_server.store.schema import users
from claimsmith_server.store.statements import Row

PERSONAL = ""
"""As `organization_id`: no organization, whichever one the session has active."""
_MOST_SETTINGS = 1024
_NEVER = 2**62

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
    statement = mint_statement(by_secret, template_name is not None, with_organizations)
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


async def load_user_context(  # noqa: PLR0913 - as `load_mint_context`
    db: Database,
    user_id: str,
    session: TokenSession,
    *,
    instance_id: str,
    template_name: str | None = None,
    organization_id: str | None = None,
    with_organizations: bool = False,
) -> MintRow | None:
    """What minting for a session that a user does not have would need: `session` stands in for it.

    None when the instance has no such user. The organization is the newest session's active one unless one is asked
    for. Everything else is as in `load_mint_context`.
    """
    statement = users_statement("one", template_name is not None, with_organizations)
    params = {
        "instance": instance_id,
        "user": user_id,
        "organization": organization_id,
        "template": template_name,
    }
    row = await db.one(statement, params)
    return None if row is None else _build_with(row, session, db)


async def load_user_contexts(  # noqa: PLR0913 - as `load_mint_context`
    db: Database,
    session: TokenSession,
    *,
    instance_id: str,
    after: str = "",
    limit: int = 100,
    user_ids: Sequence[str] | None = None,
    template_name: str | None = None,
    with_organizations: bool = False,
) -> list[MintRow]:
    """As `load_user_context`, for `user_ids`, else for the next users after one, in the order of ids.

    Read off the event loop; a row that can't be decoded raises CorruptRow.
    """
    params: dict[str, Any] = {"instance": instance_id, "organization": None, "template": template_name}
    if user_ids is None:
        statement = users_statement("page", template_name is not None, with_organizations)
        params |= {"after": after, "limit": limit}
    else:
        every = users_statement("all", template_name is not None, with_organizations)
        statement = every.where(users.c.id.in_(sorted(user_ids)))
    return [_build_with(row, session, db) for row in await db.scan(statement, params)]


def _build_with(row: Row, session: TokenSession, db: Database) -> MintRow:
    """A row of `users_statement`, with a session that is live from its start on in place of the nulls."""
    started = session.created_at
    stands_in = (session.id, session.status, None, started, None, started, _NEVER, _NEVER, started, "")
    try:
        return _build((*stands_in, *row[len(stands_in) :]), db.settings_by_version)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CorruptRow(f"user {row[USER_AT]}: {error}") from error


def _build(row: Row, settings_by_version: dict[tuple[str, int], InstanceSettings]) -> MintRow:
    """The row as structs; positional throughout, since this runs on every mint."""
    session_id, status, actor, first, second, created, expire_at, abandon_at, active_at, client_id, asked = row[
        :USER_AT
    ]
    instance_id, environment, frontend_api, settings, config_version, claims_version, kid = row[
        INSTANCE_AT:ORGANIZATION_AT
    ]
    session = TokenSession(session_id, status, _decode_object(actor) if actor else None, first, second, created)
    member = row[ORGANIZATION_AT:SECRET_AT]
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
        bool(row[INSTANCE_AT - 2]),
        bool(row[INSTANCE_AT - 1]),
        asked or None,
        instance_id,
        environment,
        frontend_api,
        decoded,
        config_version,
        claims_version,
        kid,
        _template(row) if row[TEMPLATE_AT] is not None else None,
        row[SECRET_AT],
        row[SECRET_AT + 1],
    )


def _user(row: Row) -> TokenUser:
    length = len(row)
    roles_of_user: dict[str, str] | None = None
    if length not in (PLAIN_LENGTH, TEMPLATE_LENGTH):  # the last column is the memberships, when they were asked for
        roles_of_user = dict(sorted(_decode_roles(row[-1]).items())) if row[-1] else {}
    values = row[USER_AT : INSTANCE_AT - 2]
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
    found, version, lifetime, skew, custom, algorithm = row[TEMPLATE_AT : TEMPLATE_AT + len(TEMPLATE_COLUMNS)]
    return MintTemplate(found, version, lifetime, skew, bool(custom), algorithm)


def _remember_settings(
    known: dict[tuple[str, int], InstanceSettings], instance_id: str, config_version: int, text: str
) -> InstanceSettings:
    if len(known) >= _MOST_SETTINGS:
        known.clear()
    known[(instance_id, config_version)] = settings = _decode_settings(text)
    return settings
