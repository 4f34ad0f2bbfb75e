"""All that the editor of a template begins with."""

import msgspec

from claimsmith import wire
from claimsmith.instance import cookie_suffix, make_publishable_key
from claimsmith_server.core import size
from claimsmith_server.core.claims import SHORTCODES, reserved_claims
from claimsmith_server.core.claims.compiler import MAX_TEMPLATE_BYTES
from claimsmith_server.core.claims.documentation import describe_type
from claimsmith_server.core.claims.types import is_nullable
from claimsmith_server.core.default_claims import DefaultClaim, list_default_claims
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import ClaimsDraft, ClaimsFixture, Instance, JsonObject, SessionClaims
from claimsmith_server.services.claims_drafts import load_draft
from claimsmith_server.services.claims_fixtures import list_fixtures
from claimsmith_server.services.claims_recipes import Recipe, measure_recipes
from claimsmith_server.services.claims_subjects import list_origins
from claimsmith_server.services.claims_targets import SESSION, load_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.metadata_keys import MetadataKey, list_metadata_keys
from claimsmith_server.store import session_claims

MOST_VERSIONS = 50
_GROUPS = {"user": "User", "org": "Organization", "org_membership": "Membership", "session": "Session"}


class ToldShortcode(msgspec.Struct, frozen=True):
    """A row of the table of shortcodes."""

    name: str
    root: str
    type: str
    """In words, e.g. `string or null`."""
    nullable: bool
    doc: str
    is_path: bool
    group: str


class ToldDraft(msgspec.Struct, frozen=True):
    """The draft that is kept."""

    text: str
    base_version: int
    author: str
    updated_at: int


class ToldFixture(msgspec.Struct, frozen=True):
    """A test of the template."""

    id: str
    name: str
    context: JsonObject
    expected: JsonObject
    author: str
    created_at: int


class ToldVersion(msgspec.Struct, frozen=True):
    """A published version."""

    version: int
    author: str
    reason: str | None
    created_at: int


class ToldLimits(msgspec.Struct, frozen=True):
    """The numbers of the size meter."""

    cookie: int = size.MAX_COOKIE_BYTES
    custom: int = size.CUSTOM_CLAIMS_ADVICE_BYTES
    template_bytes: int = MAX_TEMPLATE_BYTES


class Editor(msgspec.Struct, frozen=True, kw_only=True):
    """What the editor's first route answers."""

    target: str
    title: str
    text: str
    live_version: int
    config_version: int
    draft: ToldDraft | None
    claims_version: int
    size_policy: str
    claims_priority: tuple[str, ...]
    cookie_name: str
    can_write: bool
    origins: tuple[str, ...]
    shortcodes: list[ToldShortcode]
    metadata_keys: list[MetadataKey]
    recipes: list[Recipe]
    reserved: list[str]
    default_claims: tuple[DefaultClaim, ...]
    fixtures: list[ToldFixture]
    history: list[ToldVersion]
    limits: ToldLimits = ToldLimits()


async def load_editor(service: Service, instance: Instance, target_id: str, *, can_write: bool) -> Editor:
    """Everything that the editor begins with.

    Raises:
        ServiceError: `resource_not_found`.
    """
    target = await load_target(service, instance, target_id)
    draft = await load_draft(service, instance, target.id)
    settings = instance.settings.session
    suffix = cookie_suffix(make_publishable_key(instance.frontend_api, instance.environment))
    return Editor(
        target=target.id,
        title=target.title,
        text=target.text,
        live_version=target.version,
        config_version=instance.config_version,
        draft=None if draft is None else _tell_draft(draft),
        claims_version=target.claims_version,
        size_policy=settings.size_policy,
        claims_priority=settings.claims_priority,
        cookie_name=f"{wire.SESSION_COOKIE}_{suffix}",
        can_write=can_write,
        origins=list_origins(instance),
        shortcodes=tell_shortcodes(),
        metadata_keys=await list_metadata_keys(service, instance),
        recipes=await measure_recipes(service, instance, target),
        reserved=sorted(reserved_claims(target.audience, target.claims_version)),
        default_claims=list_default_claims(target.audience, target.claims_version),
        fixtures=[tell_fixture(one) for one in await list_fixtures(service, instance, target.id)],
        history=await list_history(service, instance, target.id),
    )


async def list_history(service: Service, instance: Instance, target_id: str) -> list[ToldVersion]:
    """The newest published versions of the session claims; JWT templates keep none."""
    if target_id != SESSION:
        return []
    found = await session_claims.list_session_claims(service.database, instance.id, limit=MOST_VERSIONS)
    return [ToldVersion(one.version, one.created_by, one.reason, one.created_at) for one in found]


async def load_version(service: Service, instance: Instance, target_id: str, version: int) -> SessionClaims:
    """One published version of the session claims.

    Raises:
        ServiceError: `resource_not_found`.
    """
    found = None
    if target_id == SESSION and 0 < version < 2**53:
        found = await session_claims.load_session_claims(service.database, instance.id, version)
    if found is None:
        raise RESOURCE_NOT_FOUND(resource="version of these claims", by="number", id=str(version)[:20])
    return found


def tell_shortcodes() -> list[ToldShortcode]:
    """The table of shortcodes."""
    return [
        ToldShortcode(
            one.name, one.root, describe_type(one.type), is_nullable(one.type), one.doc, one.is_path, _GROUPS[one.root]
        )
        for one in SHORTCODES
    ]


def tell_fixture(fixture: ClaimsFixture) -> ToldFixture:
    """A test of a template."""
    return ToldFixture(
        fixture.id, fixture.name, fixture.context, fixture.expected, fixture.created_by, fixture.created_at
    )


def _tell_draft(draft: ClaimsDraft) -> ToldDraft:
    return ToldDraft(draft.claims, draft.base_version, draft.created_by, draft.updated_at)
