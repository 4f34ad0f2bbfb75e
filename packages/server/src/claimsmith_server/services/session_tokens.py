"""Minting: one read, one pure composition, one signature.

The read is the revocation check: what it finds is the session's state at that moment, and nothing of it is cached.
Compiled templates and opened keys are, by version and by kid, both of which come with the read.
"""

import msgspec

from claimsmith_server.core import jose, size, tokens
from claimsmith_server.core.claims import Template, compile_template
from claimsmith_server.core.errors import (
    RESOURCE_NOT_FOUND,
    SESSION_NOT_ACTIVE,
    SIGNED_OUT,
    USER_NOT_ALLOWED,
    ServiceError,
)
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.services.context import Service
from claimsmith_server.services.jwt_templates import open_template_signer
from claimsmith_server.services.token_tally import Lacking
from claimsmith_server.store import jwt_templates, session_claims
from claimsmith_server.store.mint import MintRow, MintTemplate, load_mint_context

_TOKEN_ID_BYTES = 10
ORGANIZATIONS = "organizations"
"""What a template requires that names `user.organizations`."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A token that a caller asks for."""

    session_id: str
    template_name: str | None = None
    lifetime_seconds: int | None = None
    authorized_party: str | None = None
    """`azp`: the Origin of a browser's request; the Backend API knows none."""
    organization_id: str | None = None
    """Of this organization, instead of the session's active one; `PERSONAL` for none."""


class Minted(msgspec.Struct, frozen=True):
    """A signed token and what it is made of."""

    jwt: str
    composition: tokens.Composition


async def mint_for_secret_key(service: Service, secret_key_hash: bytes, asked: Asked) -> Minted:
    """A token for the Backend API: the secret key is checked by the same read.

    Raises:
        ServiceError: `resource_not_found`, `session_not_active`, `user_not_allowed`.
        UnknownSecretKey: no live secret key has this hash.
    """
    return await _mint(service, await load_for_secret_key(service, secret_key_hash, asked), asked)


async def mint_for_client(service: Service, instance_id: str, client_id: str, asked: Asked) -> Minted:
    """A token for a browser: of a session of its own client.

    Raises:
        ServiceError: `authentication_invalid` when there is no such session (any more), `resource_not_found` for
            another client's (case S-025) or an organization that the user is no member of (S-026),
            `session_not_active`, `user_not_allowed`.
    """
    return await _mint(service, await load_for_client(service, instance_id, client_id, asked), asked)


async def load_for_secret_key(service: Service, owner: str | bytes, asked: Asked) -> MintRow:
    """What a mint for the Backend API reads; `owner` is an instance's id, or the SHA-256 of a secret key.

    Raises as `mint_for_secret_key`, but for the session's state, which is not looked at.
    """
    row = await _load(service, asked, owner)
    if row is None:
        raise _session_not_found(asked)
    _require_member(row, asked)
    return row


async def load_for_client(service: Service, instance_id: str, client_id: str, asked: Asked) -> MintRow:
    """What a mint for a browser reads. Raises as `mint_for_client`, but for the session's state."""
    row = await _load(service, asked, instance_id)
    if row is None:  # deleted with its user: the browser is to forget it (contract pitfall 15)
        raise SIGNED_OUT()
    if row.client_id != client_id:
        raise _session_not_found(asked)
    _require_member(row, asked)
    return row


def _require_member(row: MintRow, asked: Asked) -> None:
    if asked.organization_id and row.context.organization is None:
        raise RESOURCE_NOT_FOUND(
            param_name="organization_id", resource="membership", by="organization", id=asked.organization_id[:64]
        )


async def _load(service: Service, asked: Asked, owner: str | bytes) -> MintRow | None:
    """The row of a session of an instance: given by its id, or by the SHA-256 of a secret key."""
    row = await _read(service, asked, owner, with_organizations=False)
    if row is None:
        return None
    template = await _load_template(service, row, asked)
    if template is not None and ORGANIZATIONS in template.requires:
        # Rare: `user.organizations` reads the whole row again, so that it is one moment's state.
        return await _read(service, asked, owner, with_organizations=True)
    return row


async def _read(service: Service, asked: Asked, owner: str | bytes, *, with_organizations: bool) -> MintRow | None:
    return await load_mint_context(
        service.database,
        asked.session_id,
        instance_id=owner if isinstance(owner, str) else None,
        secret_hash=owner if isinstance(owner, bytes) else None,
        template_name=asked.template_name,
        organization_id=asked.organization_id,
        with_organizations=with_organizations,
    )


def _session_not_found(asked: Asked) -> ServiceError:
    return RESOURCE_NOT_FOUND(resource="session", by="id", id=asked.session_id[:64])


async def _mint(service: Service, row: MintRow, asked: Asked) -> Minted:
    now = service.clock.now()
    if asked.template_name is not None:
        _require_live(row, asked, now)
        return await _mint_template_token(service, row, asked, now)
    composition, signer = await compose_live_token(service, row, asked, now)
    jwt = tokens.sign(composition, signer)
    _count(service, row, composition, jwt, now, None)
    return Minted(jwt, composition)


async def compose_live_token(
    service: Service, row: MintRow, asked: Asked, now: int
) -> tuple[tokens.Composition, jose.Signer]:
    """The session token of a session that may mint at `now`, but for its signature; and who signs it.

    Raises:
        ServiceError: `session_not_active`, `user_not_allowed`, `token_too_large`.
    """
    _require_live(row, asked, now)
    signer = await load_signer(service, row)
    issue = make_issue(service, row, asked, now, row.settings.session.token_lifetime_seconds)
    return compose_session_token(row, await _load_session_claims(service, row), issue, signer), signer


async def _mint_template_token(service: Service, row: MintRow, asked: Asked, now: int) -> Minted:
    version = _require_template(row, asked)
    template, own_signer = await load_jwt_template(service, row, version)
    signer = own_signer or await load_signer(service, row)
    issue = make_issue(service, row, asked, now, version.lifetime)
    composition = compose_template_token(row, template, version, issue, signer)
    jwt = tokens.sign(composition, signer)
    _count(service, row, composition, jwt, now, version)
    return Minted(jwt, composition)


def compose_session_token(
    row: MintRow,
    template: Template | None,
    issue: tokens.Issue,
    signer: jose.Signer,
    claims_version: ClaimsVersion | None = None,
) -> tokens.Composition:
    """A session token but for its signature: of a mint, of a preview, and of each user of a population.

    `claims_version` is asked for by previews alone.

    Raises:
        ServiceError: `token_too_large`.
    """
    settings = row.settings.session
    return tokens.compose_session_token(
        template,
        row.context,
        issue,
        signer,
        claims_version=claims_version or settings.claims_version,
        size_policy=settings.size_policy,
        claims_priority=settings.claims_priority,
    )


def compose_template_token(
    row: MintRow, template: Template, version: MintTemplate, issue: tokens.Issue, signer: jose.Signer
) -> tokens.Composition:
    """The token of a JWT template but for its signature, as `compose_session_token`."""
    return tokens.compose_template_token(
        template, row.context, issue, signer, allowed_clock_skew=version.allowed_clock_skew
    )


async def load_signer(service: Service, row: MintRow) -> jose.Signer:
    """The signer of the instance's active key."""
    if row.active_kid is None:
        raise LookupError(f"instance {row.instance_id} has no active signing key")
    return await service.keys.load_signer(row.instance_id, row.active_kid)


def _require_live(row: MintRow, asked: Asked, now: int) -> None:
    """Expiry is checked on read, to the millisecond, whatever the stored status says (cases S-020, S-021).

    A pending session's own token says so in `sts`; a template's token has no such claim, so it gets none (case T-013).
    """
    if row.user_banned or row.user_locked:
        raise USER_NOT_ALLOWED(state="banned" if row.user_banned else "locked")
    status = row.status_at(now)
    if status != "active" and (status != "pending" or asked.template_name is not None):
        raise SESSION_NOT_ACTIVE(status=status, meta={"session_id": row.context.session.id})


def _require_template(row: MintRow, asked: Asked) -> MintTemplate:
    if row.template is None:
        raise RESOURCE_NOT_FOUND(resource="JWT template", by="name", id=(asked.template_name or "")[:64])
    return row.template


def make_issue(service: Service, row: MintRow, asked: Asked, now: int, lifetime: int) -> tokens.Issue:
    """The circumstances of one token; its `jti` is drawn here."""
    return tokens.Issue(
        issuer=f"https://{row.frontend_api}",
        now=now,
        token_id=service.clock.entropy(_TOKEN_ID_BYTES).hex(),
        lifetime_seconds=asked.lifetime_seconds or lifetime,
        authorized_party=asked.authorized_party,
    )


async def _load_template(service: Service, row: MintRow, asked: Asked) -> Template | None:
    if asked.template_name is None:
        return await _load_session_claims(service, row)
    return (await load_jwt_template(service, row, row.template))[0] if row.template else None


async def _load_session_claims(service: Service, row: MintRow) -> Template | None:
    """The compiled session claims of the row's version; `None` when there are none, or they can't be compiled."""
    version = row.session_claims_version
    if not version:
        return None
    kept = service.templates.session_claims.find(row.instance_id, version)
    if kept is not None:
        return kept
    stored = await session_claims.load_session_claims(service.database, row.instance_id, version)
    compilation = compile_template(stored.claims if stored else "{}", audience="session")
    if compilation.template is None:
        # A template that can't be rendered never blocks a sign-in: the token goes without custom claims.
        service.log.error("session claims can't be compiled", instance_id=row.instance_id, version=version)
        empty = compile_template("{}", audience="session").template
        assert empty is not None  # noqa: S101 - the empty object compiles
        return service.templates.session_claims.keep(row.instance_id, version, empty)
    return service.templates.session_claims.keep(row.instance_id, version, compilation.template)


async def load_jwt_template(
    service: Service, row: MintRow, version: MintTemplate
) -> tuple[Template, jose.Signer | None]:
    """A JWT template compiled, and the signer of its own key; `None`: the instance's signs."""
    kept = service.templates.jwt_templates.find(version.id, version.version)
    if kept is not None:
        return kept
    stored = await jwt_templates.load_jwt_template(service.database, row.instance_id, version.id)
    if stored is None:
        raise RESOURCE_NOT_FOUND(resource="JWT template", by="id", id=version.id)
    compilation = compile_template(stored.claims, audience="jwt_template")
    if compilation.template is None:
        raise ValueError(f"stored JWT template {stored.id} can't be compiled")
    opened = compilation.template, open_template_signer(service, stored)
    return service.templates.jwt_templates.keep(version.id, version.version, opened)


def _count(  # noqa: PLR0913, PLR0917 - one token and where it is from
    service: Service, row: MintRow, composition: tokens.Composition, jwt: str, now: int, template: MintTemplate | None
) -> None:
    """Nothing; the token is among those that the dashboard tells of."""
    cookie_bytes = size.cookie_bytes(len(jwt))
    if not (composition.omitted or composition.failed):
        service.tally.count(row.instance_id, "jwt_template" if template else "session", cookie_bytes, now)
        return
    lacking = Lacking(
        row.instance_id,
        "jwt_template" if template else "session",
        template.id if template else None,
        template.version if template else row.session_claims_version,
        row.context.session.id,
        row.context.user.id,
        composition.omitted,
        composition.failed,
    )
    service.tally.count_lacking(lacking, cookie_bytes, now)
    _log_left_out(service, row, composition)


def _log_left_out(service: Service, row: MintRow, composition: tokens.Composition) -> None:
    service.log.warning(
        "claims left out of a token",
        instance_id=row.instance_id,
        session_id=row.context.session.id,
        omitted=composition.omitted,
        failed=composition.failed,
        cookie_bytes=composition.cookie_bytes,
    )
