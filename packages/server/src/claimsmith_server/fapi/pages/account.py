"""`/user`: what a person may change about the own account, and the devices that are signed in to it."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import get, post
from litestar.response import Redirect

from claimsmith_server.core.models import Session
from claimsmith_server.fapi.pages.addresses import AddressForm, change_address, list_tested
from claimsmith_server.fapi.pages.problems import Problem
from claimsmith_server.fapi.pages.shell import Page, go, show
from claimsmith_server.fapi.pages.steps import REFUSALS, tell
from claimsmith_server.fapi.pages.visit import TICKET, GivenVisit, Visit
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import client_sessions
from claimsmith_server.services.account import password as own_password
from claimsmith_server.services.account import profile
from claimsmith_server.services.acting import Acting

DONE = {
    "profile": "Your profile is saved.",
    "password": "Your password is set.",
    "revoked": "The device is signed out.",
    "added": "The address is added. Enter the code that was sent to it.",
    "sent": "A code was sent.",
    "verified": "The address is verified.",
    "primary": "This is your primary address now.",
    "removed": "The address is removed.",
}
"""What the page says after a change, by what it was redirected with."""
_NAMES = ("first_name", "last_name", "username")


class ProfileForm(msgspec.Struct, frozen=True, kw_only=True):
    """Names; an absent one stays."""

    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None


class PasswordForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new password."""

    current_password: str = ""
    new_password: str = ""
    sign_out_of_other_sessions: str = ""


class SessionForm(msgspec.Struct, frozen=True, kw_only=True):
    """A session to end."""

    session_id: str = ""


class DeleteForm(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an account."""

    is_sure: str = ""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A session as a person knows it."""

    id: str
    name: str
    place: str
    last_active_at: int
    is_here: bool


@get("/user")
async def get_user(visit: GivenVisit) -> Page:
    """The account of who is signed in."""
    if visit.acting is None:
        return await _sign_in_first(visit)
    return await _show(visit, visit.acting)


@post("/user/profile", status_code=200)
async def post_profile(visit: GivenVisit) -> Page:
    """Names, saved."""
    asked = await read_form(visit.request, ProfileForm)
    form = profile.UpdateProfile(first_name=asked.first_name, last_name=asked.last_name, username=asked.username)

    async def work(acting: Acting) -> str:
        await profile.update_profile(visit.service, acting, form)
        return "profile"

    return await _change(visit, "profile", _NAMES, work)


@post("/user/password", status_code=200)
async def post_password(visit: GivenVisit) -> Page:
    """The password, changed."""
    asked = await read_form(visit.request, PasswordForm)
    form = own_password.ChangePassword(
        current_password=asked.current_password,
        new_password=asked.new_password,
        sign_out_of_other_sessions=asked.sign_out_of_other_sessions,
    )

    async def work(acting: Acting) -> str:
        await own_password.change_password(visit.service, acting, form)
        return "password"

    return await _change(visit, "password", ("current_password", "new_password"), work)


@post("/user/sessions", status_code=200)
async def post_session(visit: GivenVisit) -> Page:
    """Another device, signed out."""
    asked = await read_form(visit.request, SessionForm)

    async def work(acting: Acting) -> str:
        await client_sessions.revoke_own_session(visit.service, acting, asked.session_id)
        return "revoked"

    return await _change(visit, "devices", (), work)


@post("/user/email-addresses", status_code=200)
async def post_address(visit: GivenVisit) -> Page:
    """An address added, verified, made the primary one or removed."""
    asked = await read_form(visit.request, AddressForm)

    async def work(acting: Acting) -> str:
        return await change_address(visit, acting, asked)

    return await _change(visit, "addresses", ("email_address", "code"), work, asked)


@post("/user/delete", status_code=200)
async def post_delete(visit: GivenVisit) -> Page:
    """The account, deleted with all that is its own."""
    asked = await read_form(visit.request, DeleteForm)
    acting = visit.acting
    if acting is None:
        return await _sign_in_first(visit)
    if asked.is_sure != "true":
        problem = Problem("Tick the box to say that you are sure.", "is_sure")
        return await _show(visit, acting, "delete", problem)
    try:
        token = await profile.delete_account(visit.service, acting)
    except REFUSALS as refusal:
        return await _show(visit, acting, "delete", tell(refusal, ()))
    return await go(visit, visit.path("/sign-in", **{TICKET: "", "done": "deleted"}), acting.client.id, token)


async def _change(
    visit: Visit,
    section: str,
    fields: tuple[str, ...],
    work: Callable[[Acting], Awaitable[str]],
    asked: AddressForm | None = None,
) -> Page:
    """The page after a change, reached by a redirect so that a reload repeats nothing; or with what was wrong."""
    if visit.acting is None:
        return await _sign_in_first(visit)
    try:
        done = await work(visit.acting)
    except REFUSALS as refusal:
        return await _show(visit, visit.acting, section, tell(refusal, fields), asked)
    return await go(visit, f"{visit.path('/user', done=done)}#{section}")


async def _show(
    visit: Visit, acting: Acting, section: str = "", problem: Problem | None = None, asked: AddressForm | None = None
) -> Page:
    settings = visit.instance.settings.authentication
    found = await client_sessions.list_own_sessions(visit.service, acting, live_only=True)
    return await show(
        visit,
        "user.html",
        problem=problem,
        section=section,
        user=acting.user,
        actor=acting.session.actor,
        names=[name for name in _NAMES if getattr(settings, name) != "off"],
        settings=settings,
        has_password=settings.password != "off",  # noqa: S105 - a presence, no password
        can_delete=settings.delete_self and acting.user.delete_self_enabled,
        devices=[_describe(one, acting.session) for one in sorted(found, key=lambda one: -one.last_active_at)],
        done=DONE.get(visit.told("done"), ""),
        asked=asked or AddressForm(),
        tested=list_tested(visit, acting.user),
    )


def _describe(session: Session, own: Session) -> Device:
    activity = session.activity
    browser = (
        f"{activity.browser_name} {_major(activity.browser_version)}" if activity and activity.browser_name else ""
    )
    system = activity.device_type if activity else None
    return Device(
        id=session.id,
        name=" on ".join(part for part in (browser, system) if part) or "Unknown device",
        place=(activity.ip_address if activity else None) or "",
        last_active_at=session.last_active_at,
        is_here=session.id == own.id,
    )


def _major(version: str | None) -> str:
    return (version or "").partition(".")[0]


async def _sign_in_first(visit: Visit) -> Page:
    """To the sign-in page, and back here."""
    asked = visit.targets.asked or visit.targets.profile
    return Redirect(visit.path("/sign-in", redirect_url=asked), status_code=303, headers={"Cache-Control": "no-store"})


ROUTES = (get_user, post_profile, post_password, post_session, post_address, post_delete)
