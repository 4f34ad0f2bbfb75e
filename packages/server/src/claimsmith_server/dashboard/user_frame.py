"""What the pages about one user share: addresses, tabs, who they are about, refusals on the form."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import User
from claimsmith_server.dashboard.access import Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, show
from claimsmith_server.dashboard.words import name_user
from claimsmith_server.http.refusals import refusing
from claimsmith_server.services import users

T = TypeVar("T")

PATH: Final = "/dashboard/users"
_TABS: Final = (
    ("profile", "Profile", ""),
    ("metadata", "Metadata", "metadata"),
    ("sessions", "Sessions", "sessions"),
    ("organizations", "Organizations", "organizations"),
    ("access", "Access", "access"),
)
_SENTENCES: Final = {
    "form_param_missing": "Fill this in.",
    "form_identifier_exists": "Another user has this already. Use another one.",
    "verification_already_verified": "This is verified already. Nothing was changed.",
    "user_banned": "The user is banned, so nobody signs in as them. Unban them first.",
}
_FORM_STATUSES: Final = frozenset({400, 403, 404, 422})
NOTICES: Final = {
    "created": "The user is created.",
    "saved": "Saved.",
    "metadata": "Metadata are saved. Tokens minted from now on have them.",
    "email_added": "The e-mail address is added.",
    "phone_added": "The phone number is added.",
    "primary": "It is the primary one now.",
    "verified": "It counts as verified now.",
    "removed": "It is removed.",
    "revoked": "The session is revoked. No token is minted for it any more.",
    "revoked_all": "All sessions are revoked. The user is signed out everywhere.",
    "banned": "The user is banned, and signed out everywhere.",
    "unbanned": "The user may sign in again.",
    "locked": "The user is locked, and signed out everywhere.",
    "unlocked": "The user is unlocked, and failed attempts are forgiven.",
    "password": "The password is set.",
    "password_removed": "The password is removed.",
    "deleted": "The user is deleted, with all sessions and memberships.",
}


def path_of(user_id: str, *rest: str) -> str:
    """The address of a user's page."""
    return "/".join((PATH, *(quote(part, safe="") for part in (user_id, *rest))))


async def load_user(visit: Visit, user_id: str) -> User:
    """The user.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return await users.load_user(visit.service, visit.instance, user_id)


async def attempt(
    work: Awaitable[T], fields: tuple[str, ...] = (), *, rename: Mapping[str, str] | None = None
) -> T | Problem:
    """What the work gives, or the problem to show the form again with.

    Raises:
        ServiceError: what is no fault of the form: the user is gone, or the service failed.
    """
    try:
        with refusing():
            return await work
    except ServiceError as refusal:
        meta = refusal.items[0].meta or {}
        is_gone = refusal.status == 404 and "param_name" not in meta  # noqa: PLR2004 - not found
        if is_gone or refusal.status >= 500:  # noqa: PLR2004 - a failure of ours
            raise
        problem = explain_refusal(refusal, fields, rename=rename, sentences=_SENTENCES)
        text = problem.text.replace(f"`{meta.get('param_name', '')}` must be", "This must be")
        status = 422 if refusal.status in _FORM_STATUSES else refusal.status
        return msgspec.structs.replace(problem, text=text, status=status)


def show_user(
    visit: Visit, user: User, tab: str, template: str, *, problem: Problem | None = None, **values: Any
) -> Page:
    """A page of one user, below their header and tabs; `tab` names the current one."""
    path = path_of(user.id)
    return show(
        visit,
        template,
        title=name_user(user),
        section="users",
        notices=NOTICES,
        problem=problem,
        user=user,
        path=path,
        tabs=[(label, f"{path}/{end}" if end else path, key == tab) for key, label, end in _TABS],
        token_path=f"/dashboard/sessions/claims?{urlencode({'user_id': user.id})}",
        is_locked=is_locked(user, visit.now),
        can_edit=visit.can("editor"),
        **values,
    )


def is_locked(user: User, now: int) -> bool:
    """Whether the user may not sign in at this moment: locked by an operator, or by failed attempts."""
    return user.locked or (user.lockout_expires_at or 0) > now
