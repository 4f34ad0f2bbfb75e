"""Users to preview a template for, and what each shortcode has for one of them."""

from typing import Annotated, Any, Literal

import msgspec

from claimsmith_server.core.claims import SHORTCODES
from claimsmith_server.core.claims.metadata_paths import walk_paths
from claimsmith_server.core.models import ClaimsContext, Instance, Session, User
from claimsmith_server.services.claims_subjects import Subject, load_subject, name_user
from claimsmith_server.services.claims_targets import SESSION, load_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.notices import describe_device
from claimsmith_server.store import organizations, population, sessions, users
from claimsmith_server.store.user_filters import UserFilter
from claimsmith_server.wire.claims_preview import cut_value

MOST_USERS = 10
_MOST_SESSIONS = 10
_MOST_ORGANIZATIONS = 50
_ENTROPY_BYTES = 8


class SubjectQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of the subjects route."""

    query: Annotated[str, msgspec.Meta(max_length=256)] = ""
    pick: Literal["search", "random", "largest"] = "search"


class ToldSession(msgspec.Struct, frozen=True):
    """A session of a user."""

    id: str
    device: str
    status: str
    organization_id: str | None
    last_active_at: int
    impersonated: bool


class ToldOrganization(msgspec.Struct, frozen=True):
    """An organization that a user is a member of."""

    id: str
    name: str
    role: str


class ToldUser(msgspec.Struct, frozen=True):
    """A user to choose."""

    id: str
    name: str
    email: str | None
    sessions: list[ToldSession]
    organizations: list[ToldOrganization]


async def find_subjects(service: Service, instance: Instance, query: SubjectQuery) -> list[ToldUser]:
    """At most ten users: found by `query` (newest first without one), one at random, or those with most metadata.

    A user's id finds that user alone. `largest` is by the length of the user's own metadata, which is not always the
    largest token; a scan of the population names that one.
    """
    found = await _find_users(service, instance, query)
    return [await _tell_user(service, instance, user) for user in found]


async def load_values(service: Service, instance: Instance, subject: Subject) -> dict[str, Any]:
    """The value of each shortcode, and of each path below metadata, for a subject; long ones are cut.

    Raises:
        ServiceError: `resource_not_found` for a user or a session.
    """
    target = await load_target(service, instance, SESSION)
    row = await load_subject(service, instance, target, subject, with_organizations=True)
    values: dict[str, Any] = {}
    for shortcode in SHORTCODES:
        value = _read(shortcode.read, row.context)
        values[shortcode.name] = cut_value(value)[0]
        if shortcode.is_metadata:
            values |= {f"{shortcode.name}.{path}": cut_value(inner)[0] for path, inner in walk_paths(value)}
    return values


def _read(read: Any, context: ClaimsContext) -> Any:
    try:
        return read(context)
    except LookupError:  # an example user has no memberships that were loaded
        return None


async def _find_users(service: Service, instance: Instance, query: SubjectQuery) -> list[User]:
    if query.pick == "largest":
        ids = await population.list_users_by_metadata_size(service.database, instance.id, MOST_USERS)
        found = await users.load_users(service.database, instance.id, ids)
        return [found[user_id] for user_id in ids if user_id in found]
    if query.pick == "random":
        return await _pick_random_user(service, instance)
    text = query.query.strip()
    exact = await users.load_user(service.database, instance.id, text) if text.startswith("user_") else None
    if exact is not None:
        return [exact]
    which = UserFilter(query=text or None)
    return list(await users.list_users(service.database, instance.id, which, limit=MOST_USERS))


async def _pick_random_user(service: Service, instance: Instance) -> list[User]:
    count = await population.count_all_users(service.database, instance.id)
    if not count:
        return []
    place = int.from_bytes(service.clock.entropy(_ENTROPY_BYTES)) % count
    user_id = await population.load_user_at(service.database, instance.id, place)
    user = await users.load_user(service.database, instance.id, user_id) if user_id else None
    return [user] if user else []


async def _tell_user(service: Service, instance: Instance, user: User) -> ToldUser:
    database = service.database
    mine = await sessions.list_sessions(
        database, instance.id, sessions.SessionFilter(user_id=user.id), now=service.clock.now(), limit=_MOST_SESSIONS
    )
    member_of = await organizations.list_memberships(database, instance.id, user_id=user.id, limit=_MOST_ORGANIZATIONS)
    told = []
    for membership in member_of:
        organization = await organizations.load_organization(database, instance.id, membership.organization_id)
        if organization is not None:
            told.append(ToldOrganization(organization.id, organization.name, membership.role))
    email = next((one.email_address for one in user.email_addresses if one.id == user.primary_email_address_id), None)
    return ToldUser(user.id, name_user(user, email), email, [_tell_session(one) for one in mine], told)


def _tell_session(session: Session) -> ToldSession:
    device = describe_device(session.activity) if session.activity else "Backend API"
    return ToldSession(
        session.id,
        device,
        session.status,
        session.last_active_organization_id,
        session.last_active_at,
        session.actor is not None,
    )
