"""Handshakes: the browser is found, its session settled, and what it is told goes back sealed or signed (contract 4.9).

Nothing that the browser brought is bound to anything that it did not have before; see `core.handshake.IDENTITIES`.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from claimsmith_server.core import handshake, jose
from claimsmith_server.core.errors import (
    RESOURCE_NOT_FOUND,
    SESSION_NOT_ACTIVE,
    SIGNED_OUT,
    USER_NOT_ALLOWED,
    ServiceError,
)
from claimsmith_server.core.models import Client, Instance, Session
from claimsmith_server.core.origins import parse_origin
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.callers import Credentials, instance_suffix, load_caller
from claimsmith_server.services.clients import insert_client
from claimsmith_server.services.context import Service
from claimsmith_server.services.limits import count_address
from claimsmith_server.services.session_refresh import make_refresh_token
from claimsmith_server.services.session_start import activity_of
from claimsmith_server.services.session_tokens import Asked, mint_for_client
from claimsmith_server.services.sessions import abandoned_after
from claimsmith_server.store import clients, handshake_nonces, organizations, sessions, signing_keys
from claimsmith_server.store.database import Tx

_NOT_SIGNED_IN = {SIGNED_OUT.code, SESSION_NOT_ACTIVE.code, USER_NOT_ALLOWED.code, RESOURCE_NOT_FOUND.code}
_LONGEST_ID = 256


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a handshake is to bring, and where to."""

    redirect_url: str
    """Allowed, as `core.origins.parse_redirect_url` gives it."""
    format: handshake.Format
    organization_id: str | None = None
    """Id or slug to make active; empty: none; absent, or none of the user's: stays as it is."""
    domain: str | None = None
    """Of the cookies that the instance's applications share; see `fapi.answers.cookie_domain`."""


class Settled(NamedTuple):
    """What goes back with the browser."""

    carrier: handshake.Carrier
    value: str
    domain: str | None
    """Of the cookie, when the carrier is one."""
    client_token: str | None
    """Of the client that was made, for the browser's client cookie."""


class _Found(NamedTuple):
    client: Client | None
    dev_browser: str | None = None
    client_token: str | None = None


async def settle_browser(service: Service, instance: Instance, credentials: Credentials, wanted: Wanted) -> Settled:
    """The state of a browser, as its application is to be told it, in the carrier that fits.

    Raises:
        ServiceError: `dev_browser_not_allowed` for a development browser id with production keys (case S-014).
    """
    url = urlsplit(wanted.redirect_url)
    place = handshake.Place(
        environment=instance.environment,
        suffix=instance_suffix(instance),
        is_secure=url.scheme == "https",
        domain=handshake.shared_domain(wanted.domain, url.hostname or ""),
    )
    found = await _find_browser(service, instance, credentials)
    session = await _open_session(service, instance, found.client, credentials, wanted) if found.client else None
    browser = handshake.Browser(has_client=found.client is not None, session=session, dev_browser=found.dev_browser)
    directives = handshake.compose_directives(browser, place)
    carrier, value = await _fill_carrier(service, instance, directives, wanted.format)
    return Settled(carrier, value, place.domain, found.client_token)


async def use_nonce(service: Service, instance: Instance, nonce: str) -> list[str]:
    """The directives that a nonce stands for, fetched with the instance's own secret key (case S-012).

    Raises:
        ServiceError: `resource_not_found`: none of this instance's, expired, or used.
    """
    nonce_hash = hash_secret(nonce[:_LONGEST_ID])
    sealed = await handshake_nonces.use_handshake_nonce(
        service.database,
        instance.id,
        nonce_hash,
        now=service.clock.now(),
        reuse_ms=handshake.NONCE_REUSE_MS[instance.environment],
    )
    if sealed is None:
        raise RESOURCE_NOT_FOUND(resource="handshake payload", by="nonce", id="given")
    return msgspec.json.decode(service.keys.unseal(sealed, _sealed_for(instance, nonce_hash)), type=list[str])


async def _find_browser(service: Service, instance: Instance, credentials: Credentials) -> _Found:
    """The browser's client: by its cookie with live keys, else by its development browser id; or new ones."""
    if instance.environment == "production":
        return _Found((await load_caller(service, instance, credentials)).client)
    with_cookie = msgspec.structs.replace(credentials, dev_browser=None)
    by_cookie = (await load_caller(service, instance, with_cookie)).client
    brought = credentials.dev_browser
    state, bound = await _look_up(service, instance, brought)
    found = handshake.IDENTITIES[state, by_cookie is not None]
    if found != "keep":
        await count_address(service, instance, credentials.address, "browsers")
    match found:
        case "keep":
            return _Found(bound, brought)
        case "join":
            return await _make_dev_browser(service, instance, by_cookie)
        case "make":
            return await _make_dev_browser(service, instance, None)


async def _look_up(
    service: Service, instance: Instance, dev_browser: str | None
) -> tuple[handshake.DevBrowser, Client | None]:
    if not dev_browser:
        return "absent", None
    if len(dev_browser) > _LONGEST_ID:
        return "unknown", None
    is_known, client = await clients.load_dev_browser(service.database, instance.id, hash_secret(dev_browser))
    if not is_known:
        return "unknown", None
    return ("idle", None) if client is None else ("bound", client)


async def _make_dev_browser(service: Service, instance: Instance, client: Client | None) -> _Found:
    """A new development browser with this client, or with a new one of its own."""
    dev_browser = service.make_secret()

    async def work(tx: Tx) -> _Found:
        token = None
        owner = client
        if owner is None:
            owner, token = await insert_client(service, tx, instance)
        await clients.insert_dev_browser(
            tx, instance.id, hash_secret(dev_browser), client_id=owner.id, now=service.clock.now()
        )
        return _Found(owner, dev_browser, token)

    return await service.database.transact(work)


async def _open_session(
    service: Service, instance: Instance, client: Client, credentials: Credentials, wanted: Wanted
) -> handshake.SignedIn | None:
    """The client's last active session with a token for the application, else its newest that still mints."""
    now = service.clock.now()
    live = await sessions.list_live_sessions(service.database, instance.id, now=now, client_id=client.id)
    for session in sorted(
        live, key=lambda one: (one.id == client.last_active_session_id, one.created_at), reverse=True
    ):
        opened = await _mint(service, instance, client, session, credentials, wanted)
        if opened is not None:
            return opened
    return None


async def _mint(  # noqa: PLR0913, PLR0917 - what a token is made of
    service: Service,
    instance: Instance,
    client: Client,
    session: Session,
    credentials: Credentials,
    wanted: Wanted,
) -> handshake.SignedIn | None:
    """The session, touched, with a token minted after that; `None` when it is none to sign in with."""
    now = service.clock.now()
    touched = await sessions.touch_session(
        service.database,
        instance.id,
        session.id,
        now=now,
        abandon_at=now + abandoned_after(instance.settings.session),
        organization_id=await _find_organization(service, instance, session, wanted.organization_id),
        activity=activity_of(credentials),
    )
    if touched is None:
        return None
    asked = Asked(session_id=session.id, authorized_party=parse_origin(wanted.redirect_url))
    try:
        minted = await mint_for_client(service, instance.id, client.id, asked)
    except ServiceError as refusal:
        if refusal.items[0].code in _NOT_SIGNED_IN:  # ended, banned or deleted: this browser is signed out
            return None
        raise
    return handshake.SignedIn(
        token=minted.jwt,
        # Never after the token: SDKs would begin another handshake (pitfall 5).
        client_uat=min(client.updated_at // 1000, minted.composition.claims["iat"]),
        refresh_token=make_refresh_token(service, instance, session.id),
        refresh_seconds=(touched.expire_at - now) // 1000,
    )


async def _find_organization(service: Service, instance: Instance, session: Session, asked: str | None) -> str | None:
    """The organization for a touch: `KEEP` unless one of the user's own was asked for, or none."""
    if asked is None:
        return sessions.KEEP
    if not asked:
        return None
    database = service.database
    found = await organizations.load_organization(database, instance.id, asked)
    found = found or await organizations.load_organization_by_slug(database, instance.id, asked)
    if found is None:
        return sessions.KEEP
    membership = await organizations.load_membership(database, instance.id, found.id, session.user_id)
    return sessions.KEEP if membership is None else found.id


async def _fill_carrier(
    service: Service, instance: Instance, directives: tuple[str, ...], asked: handshake.Format
) -> tuple[handshake.Carrier, str]:
    token = await _sign(service, instance, directives) if asked == "token" else ""
    carrier = handshake.choose_carrier(instance.environment, asked, len(token) if token else None)
    if token and carrier == handshake.CARRIERS[instance.environment, "token"]:
        return carrier, token
    return carrier, await _keep_directives(service, instance, directives)


async def _sign(service: Service, instance: Instance, directives: tuple[str, ...]) -> str:
    """A handshake token, `{"handshake": [...]}`: without `sub` and `sid` nobody can take it for a session token."""
    key = await signing_keys.load_active_signing_key(service.database, instance.id)
    if key is None:
        raise LookupError(f"instance {instance.id} has no active signing key")
    signer = await service.keys.load_signer(instance.id, key.kid)
    seconds = service.clock.now() // 1000
    claims = {
        "handshake": directives,
        "iss": f"https://{instance.frontend_api}",
        "iat": seconds,
        "exp": seconds + handshake.NONCE_SECONDS,
    }
    header = jose.encode_header(signer.algorithm, signer.kid, category=None, issued_at=None)
    return jose.sign_compact(header, msgspec.json.encode(claims), signer)


async def _keep_directives(service: Service, instance: Instance, directives: tuple[str, ...]) -> str:
    """The nonce that the directives can be fetched by, once or for some seconds; they are stored sealed."""
    nonce = service.make_secret()
    nonce_hash = hash_secret(nonce)
    now = service.clock.now()
    await handshake_nonces.insert_handshake_nonce(
        service.database,
        instance.id,
        nonce_hash,
        service.keys.seal(msgspec.json.encode(directives), _sealed_for(instance, nonce_hash)),
        expire_at=now + handshake.NONCE_SECONDS * 1000,
        now=now,
    )
    return nonce


def _sealed_for(instance: Instance, nonce_hash: bytes) -> str:
    return f"handshake_nonce:{instance.id}:{nonce_hash.hex()}"
