"""Sessions: the session token and who published it, and the settings that all sessions share."""

from typing import Any, Final, NamedTuple

import msgspec
from litestar import get, post

from claimsmith_server.core import size
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.instance_settings import SessionSettings
from claimsmith_server.core.json_text import write_text
from claimsmith_server.core.models import SessionClaims
from claimsmith_server.core.parameters import refuse_value
from claimsmith_server.dashboard import session_settings
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.conflicts import Difference, list_differences
from claimsmith_server.dashboard.lengths import UNITS
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.session_settings import SettingsForm
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import administrators, users
from claimsmith_server.services.claims_preview import AskPreview, preview
from claimsmith_server.services.claims_subjects import Subject
from claimsmith_server.services.claims_targets import EMPTY, SESSION
from claimsmith_server.services.session_claims_history import load_live_claims
from claimsmith_server.services.session_settings import change_session_settings
from claimsmith_server.services.user_input import UserQuery
from claimsmith_server.wire.claims_preview import ToldToken

_SESSIONS: Final = "/dashboard/sessions"
_SETTINGS: Final = f"{_SESSIONS}/settings"
NOTICES: Final = {
    "settings": "Session settings are saved. Tokens minted from now on follow them.",
    "published": "The claims are published. Tokens minted from now on have them.",
}
EXAMPLE: Final = '{\n  "fullName": "{{user.full_name}}",\n  "primaryEmail": "{{user.primary_email_address}}"\n}'
_LONGEST_VALUE: Final = 160
"""Characters of a claim's value that the card shows."""
_SENTENCES: Final = {
    "config_version_mismatch": "Somebody changed the settings at this very moment. Nothing is lost: save again.",
}
_OTHERS: Final = {
    "secret_key": "A secret key",
    "demo": "The demo",
    "operator": "Command line",
}


class Drawn(NamedTuple):
    """A token as the card shows it."""

    token: ToldToken | None
    is_example: bool
    """Whether it is of a user who does not exist."""
    values: dict[str, str]
    """By claim."""


@get(_SESSIONS)
async def get_sessions(visit: GivenVisit) -> Page:
    """The page of the session token."""
    live = await load_live_claims(visit.service, visit.instance)
    has_claims = live is not None and bool(msgspec.json.decode(live.claims))
    drawn = await _draw(visit, live)
    return show(
        visit,
        "sessions.html",
        title="Sessions",
        section="sessions",
        notices=NOTICES,
        live=live,
        has_claims=has_claims,
        example=EXAMPLE,
        author=(await name_authors(visit)).get(live.created_by, live.created_by) if live else "",
        picture=drawn.token,
        is_example=drawn.is_example,
        values=drawn.values,
        limits={"cookie": size.MAX_COOKIE_BYTES, "custom": size.CUSTOM_CLAIMS_ADVICE_BYTES},
    )


@get(_SETTINGS)
async def get_settings(visit: GivenVisit) -> Page:
    """The settings that all sessions share."""
    settings = visit.instance.settings.session
    return _show_settings(visit, session_settings.fill_form(settings, visit.instance.config_version))


@post(_SETTINGS)
async def post_settings(visit: GivenVisit) -> Page:
    """The settings are what the form says, unless somebody else changed them after it was shown."""
    form = await read_form(visit.request, SettingsForm)
    parsed = session_settings.parse_settings(form)
    if isinstance(parsed, Problem):
        return _show_settings(visit, form, parsed)
    current = visit.instance.settings.session
    was_published_only = form.seen == session_settings.write_seen(current)
    if form.config_version != str(visit.instance.config_version) and not was_published_only:
        return _show_conflict(visit, form, parsed)
    try:
        await change_session_settings(visit.service, visit.instance, parsed, author=visit.author)
    except ServiceError as refusal:
        return _show_settings(visit, form, _explain(refusal))
    return leave(_SETTINGS, done="settings")


async def name_authors(visit: Visit) -> dict[str, str]:
    """Who the ids of authors are: administrators by their address, and the callers that are none."""
    people = await administrators.list_administrators(visit.service, visit.instance)
    return _OTHERS | {one.id: one.email_address for one in people}


async def _draw(visit: Visit, live: SessionClaims | None) -> Drawn:
    """The token that the newest user would get; an example user's where there is none.

    A token that can't be drawn costs the page nothing else.
    """
    newest = await users.list_users(visit.service, visit.instance, UserQuery(limit=1))
    subject = Subject(user_id=newest[0].id if newest else None)
    asked = AskPreview(target=SESSION, text=live.claims if live else EMPTY, subject=subject)
    try:
        token = (await preview(visit.service, visit.instance, asked)).token
    except ServiceError:
        token = None
    return Drawn(token, not newest, {one.name: _write_value(one.value) for one in token.claims} if token else {})


def _write_value(value: Any) -> str:
    """A claim's value in JSON, its beginning when it is long."""
    text = write_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _explain(refusal: ServiceError) -> Problem:
    problem = explain_refusal(refusal, sentences=_SENTENCES)
    named = str((refusal.items[0].meta or {}).get("param_name", "")).removeprefix(f"{SESSION}.").partition("[")[0]
    if named not in session_settings.FIELDS:
        return problem
    return Problem(problem.text, named, problem.code, problem.status)


def _show_conflict(visit: Visit, form: SettingsForm, parsed: dict[str, Any]) -> Page:
    """What somebody else saved beside what was changed here; what only they changed is taken over into the form."""
    current = visit.instance.settings.session
    try:
        wanted = session_settings.merge_settings(form.seen, current, msgspec.convert(parsed, SessionSettings))
    except msgspec.ValidationError as error:
        return _show_settings(visit, form, _explain(refuse_value(str(error), SESSION)))
    differences = list_differences(session_settings.tell_settings(current), session_settings.tell_settings(wanted))
    problem = Problem("Somebody else saved these settings while you were editing. Yours are not saved yet.", status=409)
    filled = session_settings.fill_form(wanted, visit.instance.config_version)
    again = msgspec.structs.replace(filled, seen=session_settings.write_seen(current))
    return _show_settings(visit, again, problem, differences)


def _show_settings(
    visit: Visit, form: SettingsForm, problem: Problem | None = None, differences: tuple[Difference, ...] = ()
) -> Page:
    return show(
        visit,
        "session_settings.html",
        title="Session settings",
        section="sessions",
        notices=NOTICES,
        problem=problem,
        form=form,
        differences=differences,
        units=UNITS,
        policies=session_settings.SIZE_POLICIES,
        versions=session_settings.CLAIMS_VERSIONS,
        modes=session_settings.BROWSER_MODES,
        can_write=visit.can("editor"),
    )


ROUTES = (get_sessions, get_settings, post_settings)
