"""A user's profile: names, identifiers, what they may do by themselves."""

from typing import Any, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.models import User
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.dashboard.user_frame import PATH, attempt, load_user, path_of, show_user
from claimsmith_server.dashboard.user_texts import read_seen, write_seen
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import users
from claimsmith_server.services.user_edits import fingerprint, list_changed, see_fields
from claimsmith_server.services.user_input import EditUser

_LABELS: Final = {
    "first_name": "First name",
    "last_name": "Last name",
    "username": "Username",
    "external_id": "External id",
    "locale": "Locale",
    "image_url": "Image URL",
    "create_organizations_limit": "Organizations they may create",
    "create_organization_enabled": "May create organizations",
    "delete_self_enabled": "May delete the account",
}
_FIELDS: Final = tuple(_LABELS)
_MOST: Final = 2**31 - 1


class ProfileForm(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, as typed."""

    first_name: str = ""
    last_name: str = ""
    username: str = ""
    external_id: str = ""
    locale: str = ""
    image_url: str = ""
    create_organizations_limit: str = ""
    create_organization_enabled: bool = False
    delete_self_enabled: bool = False
    seen: str = ""


class Conflict(msgspec.Struct, frozen=True):
    """A field that somebody else changed too."""

    label: str
    stored: Any
    typed: Any


@get(f"{PATH}/{{user_id:str}}")
async def get_profile(user_id: PathText, visit: GivenVisit) -> Page:
    """The user's profile."""
    return show_profile(visit, await load_user(visit, user_id))


@post(f"{PATH}/{{user_id:str}}")
async def post_profile(user_id: PathText, visit: GivenVisit) -> Page:
    """The profile, saved: the fields that differ from what the form's page showed, and no others."""
    typed = await read_form(visit.request, ProfileForm)
    values = _read(typed)
    if isinstance(values, Problem):
        return show_profile(visit, await load_user(visit, user_id), typed=typed, problem=values)
    seen = read_seen(typed.seen, _FIELDS)
    changes = {name: value for name, value in values.items() if fingerprint(value) != seen[name]}
    if changes:
        saved = await attempt(_save(visit, user_id, changes, {name: seen[name] for name in changes}), _FIELDS)
        if isinstance(saved, Problem):
            user = await load_user(visit, user_id)
            lost = list_changed(user, {name: seen[name] for name in changes}) if saved.code == "user_changed" else []
            conflicts = [Conflict(_LABELS[name], getattr(user, name), values[name]) for name in lost]
            return show_profile(visit, user, typed=typed, problem=saved, conflicts=conflicts, changed=changes)
    return leave(path_of(user_id), done="saved")


def show_profile(  # noqa: PLR0913 - what is shown beside the user
    visit: Visit,
    user: User,
    *,
    typed: ProfileForm | None = None,
    problem: Problem | None = None,
    conflicts: list[Conflict] | None = None,
    changed: dict[str, Any] | None = None,
    added: dict[str, str] | None = None,
) -> Page:
    """The profile; with a conflict, what was typed stands over what is stored now, and saving again takes it."""
    values = {name: getattr(user, name) for name in _FIELDS}
    seen = see_fields(user, _FIELDS)
    if typed is not None:
        values |= {name: getattr(typed, name) for name in (changed if conflicts and changed else _FIELDS)}
        seen = seen if conflicts else read_seen(typed.seen, _FIELDS)
    return show_user(
        visit,
        user,
        "profile",
        "user_profile.html",
        problem=problem,
        values=values,
        seen=write_seen(seen),
        conflicts=conflicts or [],
        added=added or {},
        asks=visit.instance.settings.authentication,
    )


def _read(typed: ProfileForm) -> dict[str, Any] | Problem:
    """The fields of a user that the form stands for."""
    texts = ("first_name", "last_name", "username", "external_id", "locale")
    values: dict[str, Any] = {name: getattr(typed, name).strip() or None for name in texts}
    limit = typed.create_organizations_limit.strip().replace(",", "")
    if limit and not (limit.isascii() and limit.isdecimal() and len(limit) <= len(str(_MOST)) and int(limit) <= _MOST):
        return Problem("This must be a whole number, or empty.", "create_organizations_limit", "form_param_invalid")
    return values | {
        "image_url": typed.image_url.strip(),
        "create_organizations_limit": int(limit) if limit else None,
        "create_organization_enabled": typed.create_organization_enabled,
        "delete_self_enabled": typed.delete_self_enabled,
    }


async def _save(visit: Visit, user_id: str, changes: dict[str, Any], seen: dict[str, str]) -> User:
    asked = convert_object(changes, EditUser)
    return await users.update_user(visit.service, visit.instance, user_id, asked, actor=visit.author, seen=seen)


ROUTES = (get_profile, post_profile)
