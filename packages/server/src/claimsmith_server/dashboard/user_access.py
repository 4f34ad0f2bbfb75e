"""How a user gets in, and what keeps them out: password, ban, lock, impersonation, deletion."""

from typing import Final, Literal

import msgspec
from litestar import get, post

from claimsmith_server.core.models import User
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.dashboard.user_frame import PATH, attempt, load_user, path_of, show_user
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import tickets, user_bans, user_passwords, users
from claimsmith_server.services.user_input import UpdateUser

TICKET_SECONDS: Final = 600
_DONE: Final = {"ban": "banned", "unban": "unbanned", "lock": "locked", "unlock": "unlocked"}


class MarkForm(msgspec.Struct, frozen=True):
    """What becomes of the user."""

    mark: Literal["ban", "unban", "lock", "unlock"]


class PasswordForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new password, as typed; it is never shown again."""

    password: str = ""
    skip_password_checks: bool = False
    sign_out: bool = False


@get(f"{PATH}/{{user_id:str}}/access")
async def get_access(user_id: PathText, visit: GivenVisit) -> Page:
    """What may be done about the user's access."""
    return _show(visit, await load_user(visit, user_id))


@post(f"{PATH}/{{user_id:str}}/mark")
async def mark_user(user_id: PathText, visit: GivenVisit) -> Page:
    """The user, banned, unbanned, locked or unlocked."""
    asked = await read_form(visit.request, MarkForm)
    await user_bans.mark_user(visit.service, visit.instance, user_id, asked.mark, actor=visit.author)
    return leave(path_of(user_id, "access"), done=_DONE[asked.mark])


@post(f"{PATH}/{{user_id:str}}/password")
async def set_password(user_id: PathText, visit: GivenVisit) -> Page:
    """The user with a new password."""
    typed = await read_form(visit.request, PasswordForm)
    if not typed.password:
        problem = Problem("Fill this in.", "password", "form_param_missing")
        return _show(visit, await load_user(visit, user_id), problem, typed)
    body = UpdateUser(
        password=typed.password,
        skip_password_checks=typed.skip_password_checks,
        sign_out_of_other_sessions=typed.sign_out,
    )
    saved = await attempt(
        users.update_user(visit.service, visit.instance, user_id, body, actor=visit.author), ("password",)
    )
    if isinstance(saved, Problem):
        return _show(visit, await load_user(visit, user_id), saved, typed)
    return leave(path_of(user_id, "access"), done="password")


@post(f"{PATH}/{{user_id:str}}/password/remove")
async def remove_password(user_id: PathText, visit: GivenVisit) -> Page:
    """The user without a password; sessions go on."""
    asked = user_passwords.RemovePassword()
    await user_passwords.remove_password(visit.service, visit.instance, user_id, asked, actor=visit.author)
    return leave(path_of(user_id, "access"), done="password_removed")


@post(f"{PATH}/{{user_id:str}}/impersonate")
async def impersonate(user_id: PathText, visit: GivenVisit) -> Page:
    """The page that shows, this once, the link by which the administrator acts as the user (case S-027)."""
    asked = tickets.CreateActorToken(
        user_id=user_id,
        # `iss`, so that an application tells administrators from its own users who act for others.
        actor={"iss": f"{visit.base_url}/dashboard"[:256], "sub": visit.author},
        expires_in_seconds=TICKET_SECONDS,
    )
    made = await attempt(tickets.create_actor_token(visit.service, visit.instance, asked, author=visit.author))
    user = await load_user(visit, user_id)
    if isinstance(made, Problem):
        return _show(visit, user, made)
    link = tickets.make_ticket_url(visit.base_url, made.text)
    return show_user(visit, user, "access", "user_impersonate.html", link=link, expire_at=made.ticket.expire_at)


@post(f"{PATH}/{{user_id:str}}/delete")
async def delete_user(user_id: PathText, visit: GivenVisit) -> Page:
    """The list, without the user."""
    await users.delete_user(visit.service, visit.instance, user_id, actor=visit.author)
    return leave(PATH, done="deleted")


def _show(visit: Visit, user: User, problem: Problem | None = None, typed: PasswordForm | None = None) -> Page:
    return show_user(
        visit,
        user,
        "access",
        "user_access.html",
        problem=problem,
        typed=typed or PasswordForm(),
        lockout_expires_at=user.lockout_expires_at if (user.lockout_expires_at or 0) > visit.now else None,
    )


ROUTES = (get_access, mark_user, set_password, remove_password, impersonate, delete_user)
