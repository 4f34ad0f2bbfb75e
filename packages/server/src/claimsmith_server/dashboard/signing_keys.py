"""Signing keys: where each is in its life, and the steps of a rotation, each only when it is safe (K-004 to K-008)."""

from typing import Final

import msgspec
from litestar import get, post
from litestar.exceptions import NotFoundException

from claimsmith_server.core.errors import PARAM_MISSING, ServiceError
from claimsmith_server.core.models import SigningAlgorithm
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import signing_keys
from claimsmith_server.services.password_confirmation import require_password
from claimsmith_server.services.signing_keys import KeyLife

SECTION: Final = "signing_keys"
_PATH: Final = "/dashboard/signing-keys"
ALGORITHMS: Final = (
    ("RS256", "RS256", "RSA with 2,048 bits. Every SDK and every pinned CLERK_JWT_KEY reads it."),
    ("ES256", "ES256", "ECDSA on P-256. Smaller tokens; only for verifiers that read the JWKS."),
    ("EdDSA", "EdDSA", "Ed25519. Smaller tokens; only for verifiers that you know to read it."),
)
STATUSES: Final = (
    ("pending", "Pending", "warn", "Published, so that verifiers learn it. Nothing signs with it for 10 minutes."),
    ("active", "Active", "good", "Signs every new token. There is one at any time."),
    (
        "retiring",
        "Retiring",
        "neutral",
        "Signs no more, but stays published until the last token that it signed is over.",
    ),
    ("removed", "Removed", "neutral", "Not published any more. Its id is never used again."),
)
"""Key, word, kind of badge, and what it means."""
_NOTICES: Final = {
    "published": "The new key is published. It may sign in 10 minutes, when every verifier has read it.",
    "activated": "New tokens are signed with this key. The one before it stays published.",
    "removed": "The key is published no more.",
}
_SENTENCES: Final = {
    "form_param_value_invalid": "Not every verifier has read this key yet. Wait until it was published for 10 minutes.",
    "form_password_incorrect": "This is not your password. After ten wrong ones in a row it is refused for an hour.",
    "too_many_requests": "Too many tries in a short time. Wait ten seconds, then try again.",
}
_ACKNOWLEDGE: Final = (
    "Confirm that no application is pinned to the present key, or that you will give each the new one."
)


class PublishForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the new key is to sign."""

    algorithm: SigningAlgorithm = "RS256"


class StepForm(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a key's life."""

    is_ready: bool = False
    """Whether applications that pin the public key were thought of (case K-008)."""
    at_once: bool = False
    """Without waiting, since a key leaked (case K-007): needs the password."""
    password: str = ""


@get(_PATH)
async def get_signing_keys(visit: GivenVisit) -> Page:
    """All keys, and the next step."""
    return await _show_keys(visit)


@post(_PATH, access="owner")
async def post_signing_key(visit: GivenVisit) -> Page:
    """A new key is published; only one may wait at a time."""
    try:
        asked = await read_form(visit.request, PublishForm)
        await signing_keys.publish_pending(
            visit.service, visit.instance, asked.algorithm, author=visit.author, may_be_further=False
        )
    except ServiceError as refusal:
        told = {"signing_key_status_invalid": "A key is waiting already. Use it, or discard it first."}
        return await _show_keys(visit, explain_refusal(refusal, ("algorithm",), sentences=told))
    return leave(_PATH, done="published")


@get(f"{_PATH}/{{kid:str}}")
async def get_signing_key(visit: GivenVisit, kid: PathText) -> Page:
    """One key: its public half, its next step, and what to do when it leaked."""
    return await _show_key(visit, kid)


@post(f"{_PATH}/{{kid:str}}/activate", access="owner")
async def post_activate(visit: GivenVisit, kid: PathText) -> Page:
    """The key signs from now on."""
    try:
        asked = await _read_step(visit)
        if not asked.is_ready:
            raise PARAM_MISSING(param_name="is_ready")
        await signing_keys.activate_pending(
            visit.service, visit.instance, kid=kid, author=visit.author, at_once=asked.at_once
        )
    except ServiceError as refusal:
        return await _show_key(visit, kid, _explain(refusal))
    return leave(_PATH, done="activated")


@post(f"{_PATH}/{{kid:str}}/remove", access="owner")
async def post_remove(visit: GivenVisit, kid: PathText) -> Page:
    """The key is published no more."""
    try:
        asked = await _read_step(visit)
        await signing_keys.remove_key(visit.service, visit.instance, kid, author=visit.author, at_once=asked.at_once)
    except ServiceError as refusal:
        return await _show_key(visit, kid, _explain(refusal))
    return leave(_PATH, done="removed")


async def _read_step(visit: Visit) -> StepForm:
    """The form, once the password was right where waiting is left out."""
    asked = await read_form(visit.request, StepForm)
    if asked.at_once:
        administrator = visit.require_administrator()
        await require_password(visit.service, visit.instance, administrator, asked.password, address=visit.address)
    return asked


def _explain(refusal: ServiceError) -> Problem:
    problem = explain_refusal(refusal, ("is_ready", "password"), sentences=_SENTENCES)
    return msgspec.structs.replace(problem, text=_ACKNOWLEDGE) if problem.field == "is_ready" else problem


async def _show_keys(visit: Visit, problem: Problem | None = None) -> Page:
    lives = await signing_keys.list_key_lives(visit.service, visit.instance)
    return show(
        visit,
        "signing_keys.html",
        title="Signing keys",
        section=SECTION,
        problem=problem,
        notices=_NOTICES,
        lives=lives[::-1],
        counts={status: sum(life.key.status == status for life in lives) for status, *_ in STATUSES},
        pending=next((life for life in lives if life.key.status == "pending"), None),
        statuses=STATUSES,
        algorithms=ALGORITHMS,
    )


async def _show_key(visit: Visit, kid: str, problem: Problem | None = None) -> Page:
    lives = await signing_keys.list_key_lives(visit.service, visit.instance)
    life: KeyLife | None = next((one for one in lives if one.key.kid == kid), None)
    if life is None:
        raise NotFoundException
    return show(
        visit,
        "signing_key.html",
        title="Signing key",
        section=SECTION,
        problem=problem,
        life=life,
        is_safe=life.safe_at is None or life.safe_at <= visit.now,
        statuses={status: rest for status, *rest in STATUSES},
        jwk=msgspec.json.format(msgspec.json.encode(life.key.public_jwk), indent=2).decode(),
        pem=visit.service.keys.public_pem(life.key),
    )


ROUTES = (get_signing_keys, post_signing_key, get_signing_key, post_activate, post_remove)
