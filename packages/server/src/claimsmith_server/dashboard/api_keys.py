"""What applications need: keys, addresses, environment lines; secret keys made, shown once, revoked (case X-007)."""

from typing import Final

import msgspec
from litestar import get, post
from litestar.exceptions import NotFoundException

from claimsmith.instance import make_publishable_key
from claimsmith_server.core.application_setup import Addresses, write_jwt_key, write_setup
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import Instance, SecretKey
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import instances
from claimsmith_server.services.password_confirmation import require_password

SECTION: Final = "api_keys"
_PATH: Final = "/dashboard/api-keys"
_QUIET_MILLISECONDS: Final = 24 * 3_600_000
"""A key that was not used for so long is called unused."""
_NOTICES: Final = {"revoked": "The secret key is revoked. Whatever still uses it is refused."}
_SENTENCES: Final = {
    "form_password_incorrect": "This is not your password. After ten wrong ones in a row it is refused for an hour.",
    "form_param_missing": "Enter your password: a secret key opens everything that this instance holds.",
    "too_many_requests": "Too many tries in a short time. Wait ten seconds, then try again.",
    "last_secret_key": "This is the last secret key. Make a new one first, or tick the box below.",
}


class KeysQuery(msgspec.Struct, frozen=True):
    """Which framework's lines are shown."""

    framework: str = ""


class NewKeyForm(msgspec.Struct, frozen=True, kw_only=True):
    """The administrator's password, asked again."""

    password: str = ""


class RevokeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it may be the last key."""

    is_sure: bool = False


@get(_PATH)
async def get_api_keys(visit: GivenVisit) -> Page:
    """The keys and the lines of one framework."""
    return await _show_keys(visit)


@get(f"{_PATH}/new", access="owner")
async def get_new_key(visit: GivenVisit) -> Page:
    """The form that makes a secret key."""
    return _show_form(visit)


@post(f"{_PATH}/new", access="owner")
async def post_new_key(visit: GivenVisit) -> Page:
    """The page that shows the new secret key, this once; those before it stay good."""
    asked = await read_form(visit.request, NewKeyForm)
    try:
        await require_password(
            visit.service, visit.instance, visit.require_administrator(), asked.password, address=visit.address
        )
    except ServiceError as refusal:
        return _show_form(visit, explain_refusal(refusal, ("password",), sentences=_SENTENCES))
    secret_key = await instances.add_secret_key(visit.service, visit.instance, author=visit.author)
    return show(
        visit,
        "api_key_made.html",
        title="New secret key",
        section=SECTION,
        secret_key=secret_key,
        frameworks=[one for one in write_setup(_addresses(visit, secret_key)) if secret_key in "".join(one.lines)],
    )


@get(f"{_PATH}/{{key_id:str}}/revoke", access="owner")
async def get_revoke(visit: GivenVisit, key_id: PathText) -> Page:
    """What revoking this key would do."""
    return await _show_revoke(visit, key_id)


@post(f"{_PATH}/{{key_id:str}}/revoke", access="owner")
async def post_revoke(visit: GivenVisit, key_id: PathText) -> Page:
    """The key is refused from now on; the last one only when the form is sure."""
    asked = await read_form(visit.request, RevokeForm)
    try:
        await instances.revoke_secret_key(
            visit.service, visit.instance, key_id, author=visit.author, may_be_last=asked.is_sure
        )
    except ServiceError as refusal:
        return await _show_revoke(visit, key_id, explain_refusal(refusal, sentences=_SENTENCES))
    return leave(_PATH, done="revoked")


def mask_key(instance: Instance, key: SecretKey) -> str:
    """A secret key as people tell it from others, e.g. `sk_test_…4f2a`."""
    prefix = "sk_test_" if instance.environment == "development" else "sk_live_"
    return f"{prefix}…{key.last_characters}"


async def _show_keys(visit: Visit) -> Page:
    keys = await instances.list_secret_keys(visit.service, visit.instance)
    frameworks = write_setup(_addresses(visit, mask_key(visit.instance, keys[-1]) if keys else ""))
    wanted = read_query(visit.request, KeysQuery).framework
    pem = await visit.service.keys.load_public_pem(visit.instance.id)
    return show(
        visit,
        "api_keys.html",
        title="API keys",
        section=SECTION,
        notices=_NOTICES,
        addresses=_addresses(visit, ""),
        keys=keys,
        masked={key.id: mask_key(visit.instance, key) for key in keys},
        quiet=_QUIET_MILLISECONDS,
        frameworks=frameworks,
        chosen=next((one for one in frameworks if one.key == wanted), frameworks[0]),
        pem=pem,
        jwt_key=write_jwt_key(pem),
    )


def _show_form(visit: Visit, problem: Problem | None = None) -> Page:
    return show(visit, "api_key_new.html", title="Make a secret key", section=SECTION, problem=problem)


async def _show_revoke(visit: Visit, key_id: str, problem: Problem | None = None) -> Page:
    keys = await instances.list_secret_keys(visit.service, visit.instance)
    key = next((one for one in keys if one.id == key_id), None)
    if key is None:
        raise NotFoundException
    return show(
        visit,
        "api_key_revoke.html",
        title="Revoke a secret key",
        section=SECTION,
        problem=problem,
        key=key,
        masked=mask_key(visit.instance, key),
        is_last=len(keys) == 1,
        is_in_use=key.last_used_at is not None and visit.now - key.last_used_at < _QUIET_MILLISECONDS,
    )


def _addresses(visit: Visit, secret_key: str) -> Addresses:
    publishable_key = make_publishable_key(visit.instance.frontend_api, visit.instance.environment)
    return Addresses(url=visit.base_url, publishable_key=publishable_key, secret_key=secret_key)


ROUTES = (get_api_keys, get_new_key, post_new_key, get_revoke, post_revoke)
