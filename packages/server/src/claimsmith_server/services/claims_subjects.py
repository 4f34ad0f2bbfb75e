"""For whom a template is previewed: a user, an organization and a session, or examples of them."""

from typing import Annotated

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import ClaimsContext, Instance, TokenSession, TokenUser, User
from claimsmith_server.services.claims_targets import Target
from claimsmith_server.services.context import Service
from claimsmith_server.store import sessions, signing_keys
from claimsmith_server.store.mint import MintRow, MintTemplate, load_mint_context, load_user_context

EXAMPLE_SESSION_ID = "sess_example000000000000000000000"
"""As long as a real one, so that sizes are real."""
_EXAMPLE_USER_ID = "user_example000000000000000000000"
_EXAMPLE_ACTOR = {"sub": "user_actor00000000000000000000000"}
_NEVER = 2**62

Id = Annotated[str, msgspec.Meta(max_length=128)]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a preview is for."""

    user_id: Id | None = None
    """`None`: an example user, such as an instance without users needs."""
    organization_id: Id | None = None
    """`None`: the one that the session has active; `""`: none."""
    session_id: Id | None = None
    """`None`: the user's newest live session, or an example of one; `""`: an example."""
    impersonated: bool = False
    """Whether somebody else acts as the user."""
    origin: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    """`azp`: of the application whose page asks; `None`: `list_origins`' first; `""`: the Backend API asks."""


async def load_subject(
    service: Service, instance: Instance, target: Target, subject: Subject, *, with_organizations: bool
) -> MintRow:
    """What a mint for the subject reads, by the mint's own statement.

    Raises:
        ServiceError: `resource_not_found` for a user or a session.
    """
    row = await _load(service, instance, target, subject, with_organizations=with_organizations)
    if not subject.impersonated or row.context.session.actor is not None:
        return row
    session = msgspec.structs.replace(row.context.session, actor=_EXAMPLE_ACTOR)
    return row._replace(context=msgspec.structs.replace(row.context, session=session))


def list_origins(instance: Instance) -> tuple[str, ...]:
    """Origins of applications that ask for tokens, for previews: those allowed; in development Next.js' own first."""
    usual = ("http://localhost:3000",) if instance.environment == "development" else ()
    home = instance.settings.display.home_url
    known = "/".join(home.split("/")[:3]) if home else ""
    return tuple(dict.fromkeys(one for one in (*instance.settings.allowed_origins, *usual, known) if one))


def authorized_party(instance: Instance, subject: Subject) -> str | None:
    """The `azp` of the subject's token."""
    if subject.origin is None:
        return next(iter(list_origins(instance)), None)
    return subject.origin or None


def example_session(now: int) -> TokenSession:
    """A session that begins now; it stands in where a user has none."""
    return TokenSession(EXAMPLE_SESSION_ID, "active", None, now, None, now)


def name_user(user: User | TokenUser, email: str | None) -> str:
    """What people call the user: the full name, else the username, else the address, else the id."""
    full = " ".join(name for name in (user.first_name, user.last_name) if name)
    return full or user.username or email or user.id


async def _load(
    service: Service, instance: Instance, target: Target, subject: Subject, *, with_organizations: bool
) -> MintRow:
    name = target.template.name if target.template else None
    session_id = subject.session_id
    if session_id is None and subject.user_id:
        session_id = await _find_newest_session(service, instance, subject.user_id)
    if session_id:
        row = await load_mint_context(
            service.database,
            session_id,
            instance_id=instance.id,
            template_name=name,
            organization_id=subject.organization_id,
            with_organizations=with_organizations,
        )
        if row is None or (subject.user_id and row.context.user.id != subject.user_id):
            raise RESOURCE_NOT_FOUND(param_name="session_id", resource="session", by="id", id=session_id[:64])
        return row
    if not subject.user_id:
        return await _make_example(service, instance, target)
    found = await load_user_context(
        service.database,
        subject.user_id,
        example_session(service.clock.now()),
        instance_id=instance.id,
        template_name=name,
        organization_id=subject.organization_id,
        with_organizations=with_organizations,
    )
    if found is None:
        raise RESOURCE_NOT_FOUND(param_name="user_id", resource="user", by="id", id=subject.user_id[:64])
    return found


async def _find_newest_session(service: Service, instance: Instance, user_id: str) -> str | None:
    which = sessions.SessionFilter(user_id=user_id, status="active")
    found = await sessions.list_sessions(service.database, instance.id, which, now=service.clock.now(), limit=1)
    return found[0].id if found else None


async def _make_example(service: Service, instance: Instance, target: Target) -> MintRow:
    """The row of a user who does not exist, for an instance without users."""
    now = service.clock.now()
    keys = await signing_keys.list_signing_keys(service.database, instance.id)
    return MintRow(
        context=ClaimsContext(_example_user(now), example_session(now)),
        status="active",
        expire_at=_NEVER,
        abandon_at=_NEVER,
        last_active_at=now,
        client_id="",
        user_banned=False,
        user_locked=False,
        organization_id=None,
        instance_id=instance.id,
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        settings=instance.settings,
        config_version=instance.config_version,
        session_claims_version=instance.session_claims_version,
        active_kid=next((key.kid for key in keys if key.status == "active"), None),
        template=_minted_template(target),
        secret_key_id=None,
        secret_key_last_used_at=None,
    )


def _minted_template(target: Target) -> MintTemplate | None:
    one = target.template
    if one is None:
        return None
    return MintTemplate(
        one.id, one.version, one.lifetime, one.allowed_clock_skew, one.custom_signing_key, one.signing_algorithm
    )


def _example_user(now: int) -> TokenUser:
    return TokenUser(
        id=_EXAMPLE_USER_ID,
        external_id=None,
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        primary_email_address="ada@example.com",
        email_verified=True,
        primary_phone_number=None,
        phone_number_verified=False,
        primary_web3_wallet=None,
        image_url="https://example.com/ada.png",
        has_image=False,
        two_factor_enabled=False,
        created_at=now,
        updated_at=now,
        last_sign_in_at=now,
        public_metadata={"role": "editor", "plan": "pro", "onboardingComplete": True},
        unsafe_metadata={},
        organizations={},
    )
