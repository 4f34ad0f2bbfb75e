"""The page of the editor: of the session claims, and of a JWT template.

`static/editor.js` puts the editor in place of the form. Without JavaScript the form does the same over the same
services: check, apply a fix, publish, and choose whose token is shown.
"""

from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.json_text import write_text
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.claims_editor import Editor, load_editor
from claimsmith_server.services.claims_preview import AskPreview, Text, preview
from claimsmith_server.services.claims_publishing import PublishClaims, publish_claims
from claimsmith_server.services.claims_subjects import Id, Subject
from claimsmith_server.services.claims_targets import SESSION
from claimsmith_server.services.subject_search import SubjectQuery, ToldUser, find_subjects
from claimsmith_server.wire.claims_preview import Preview, ToldFix, ToldToken

SESSION_CLAIMS: Final = "/dashboard/sessions/claims"
_NOTICES: Final = {"published": "These claims are live. Every token minted from now on has them."}
_TINTS: Final = 8
_FNV_OFFSET, _FNV_PRIME, _FNV_BITS = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
_FIX: Final = "fix-"


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token the page shows: the query of the page, and fields of its form."""

    query: Annotated[str, msgspec.Meta(max_length=256)] = ""
    user_id: Id = ""
    organization: Id = "active"
    """An organization's id, `active`, or `none`."""
    organization_id: Id = ""
    """Of links from an organization's page; `organization` says more and wins."""
    impersonated: bool = False
    version: Annotated[str, msgspec.Meta(max_length=1)] = ""

    @property
    def subject(self) -> Subject:
        """The choice as the preview takes it."""
        named = self.organization_id if self.organization == "active" else self.organization
        organization = {"none": "", "": None}.get(named, named)
        return Subject(user_id=self.user_id or None, organization_id=organization, impersonated=self.impersonated)


class ClaimsForm(Chosen, frozen=True, kw_only=True):
    """The template as it was typed, and what to do with it."""

    text: Text = ""
    base_version: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    action: Annotated[str, msgspec.Meta(max_length=16)] = "check"
    """`check`, `publish`, or `fix-N`: the fix of the finding with this index."""


class Conflict(msgspec.Struct, frozen=True):
    """What somebody else published in the meantime."""

    text: str
    version: int


@get(SESSION_CLAIMS)
async def get_session_claims(visit: GivenVisit) -> Page:
    """The editor of the session claims."""
    return await _open(visit, SESSION)


@post(SESSION_CLAIMS)
async def post_session_claims(visit: GivenVisit) -> Page:
    """The form of a browser without JavaScript."""
    return await _act(visit, SESSION)


@get("/dashboard/jwt-templates/{template_id:str}/claims")
async def get_template_claims(visit: GivenVisit, template_id: PathText) -> Page:
    """The editor of a JWT template's claims."""
    return await _open(visit, template_id)


@post("/dashboard/jwt-templates/{template_id:str}/claims")
async def post_template_claims(visit: GivenVisit, template_id: PathText) -> Page:
    """The form of a browser without JavaScript."""
    return await _act(visit, template_id)


async def _open(visit: Visit, target: str) -> Page:
    chosen = read_query(visit.request, Chosen)
    editor = await _load(visit, target)
    form = ClaimsForm(**_fields(chosen), text=editor.text, base_version=editor.live_version)
    return await _show(visit, editor, form)


async def _act(visit: Visit, target: str) -> Page:
    editor = await _load(visit, target)
    try:
        form = await read_form(visit.request, ClaimsForm)
    except ServiceError as refusal:
        form = ClaimsForm(text=editor.text, base_version=editor.live_version)
        return await _show(visit, editor, form, explain_refusal(refusal))
    if form.action.startswith(_FIX):
        return await _show(visit, editor, await _fix(visit, editor, form))
    if form.action != "publish":
        return await _show(visit, editor, form)
    asked = PublishClaims(text=form.text, base_version=form.base_version, reason=form.reason or None)
    try:
        await publish_claims(visit.service, visit.instance, editor.target, asked, author=visit.author)
    except ServiceError as refusal:
        conflict = _read_conflict(refusal)
        # Sent once more, the form publishes over what it was shown beside.
        form = msgspec.structs.replace(form, base_version=conflict.version) if conflict else form
        problem = explain_refusal(refusal, ("text", "reason"), rename={"claims": "text"})
        return await _show(visit, editor, form, problem, conflict)
    return leave(claims_path(editor.target), done="published", **_query(form))


async def _load(visit: Visit, target: str) -> Editor:
    return await load_editor(visit.service, visit.instance, target, can_write=visit.can("editor"))


async def _fix(visit: Visit, editor: Editor, form: ClaimsForm) -> ClaimsForm:
    """The form with the text that the chosen fix gives; as it was when there is no such fix."""
    found = (await _preview(visit, editor, form)).diagnostics
    index = form.action.removeprefix(_FIX)
    fix = found[int(index)].fix if index.isascii() and index.isdigit() and int(index) < len(found) else None
    return form if fix is None else msgspec.structs.replace(form, text=apply_fix(form.text, fix))


def apply_fix(text: str, fix: ToldFix) -> str:
    """The text with a fix made, whose offsets are UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")
    changed = units[: fix.from_ * 2] + fix.replacement.encode("utf-16-le", "surrogatepass") + units[fix.to * 2 :]
    return changed.decode("utf-16-le", "surrogatepass")


async def _preview(visit: Visit, editor: Editor, form: ClaimsForm) -> Preview:
    asked = AskPreview(target=editor.target, text=form.text, subject=form.subject)
    if form.version in ("1", "2"):
        asked = msgspec.structs.replace(asked, claims_version=1 if form.version == "1" else 2)
    return await preview(visit.service, visit.instance, asked)


async def _show(
    visit: Visit, editor: Editor, form: ClaimsForm, problem: Problem | None = None, conflict: Conflict | None = None
) -> Page:
    """The page; the newest user is chosen when nobody was."""
    users = await _find_users(visit, form)
    if not form.user_id and users:
        form = msgspec.structs.replace(form, user_id=users[0].id)
    told = await _preview(visit, editor, form)
    is_session = editor.target == SESSION
    return show(
        visit,
        "session_claims.html",
        title="Customize session token" if is_session else f"Claims of {editor.title}",
        section="sessions" if is_session else "jwt_templates",
        problem=problem,
        notices=_NOTICES,
        editor=editor,
        form=form,
        users=users,
        user=next((one for one in users if one.id == form.user_id), None),
        told=told,
        parts_of_size=list_parts(told.token) if told.token else (),
        conflict=conflict,
        path=claims_path(editor.target),
        write_json=partial(write_text, indent=2),
        tint_class=tint_class,
    )


async def _find_users(visit: Visit, form: ClaimsForm) -> list[ToldUser]:
    found = await find_subjects(visit.service, visit.instance, SubjectQuery(query=form.query))
    if form.user_id and all(one.id != form.user_id for one in found):
        found = await find_subjects(visit.service, visit.instance, SubjectQuery(query=form.user_id)) + found
    return found


def claims_path(target: str) -> str:
    """The address of the editor of a target."""
    return SESSION_CLAIMS if target == SESSION else f"/dashboard/jwt-templates/{target}/claims"


def list_parts(token: ToldToken) -> tuple[tuple[str, str, int], ...]:
    """Name, CSS class and characters of each part of the cookie, in its order."""
    told = token.size
    custom = tuple(
        (one.name, f"part-custom {tint_class(one.name)}", one.bytes) for one in told.per_claim if one.kind == "custom"
    )
    return (
        ("name", "part-name", told.name),
        ("header", "part-header", told.header),
        ("default claims", "part-default", told.default),
        *custom,
        ("signature", "part-signature", told.signature),
    )


def tint_class(name: str) -> str:
    """The class that gives a claim its colour: it follows from the name, as in `web/src/editor/tints.ts` (FNV-1a)."""
    digest = _FNV_OFFSET
    for character in name:
        digest = ((digest ^ ord(character)) * _FNV_PRIME) & _FNV_BITS
    return f"tint-{digest % _TINTS}"


def _read_conflict(refusal: ServiceError) -> Conflict | None:
    meta = refusal.items[0].meta or {}
    text, version = meta.get("live_text"), meta.get("live_version")
    return Conflict(text, version) if isinstance(text, str) and isinstance(version, int) else None


def _fields(chosen: Chosen) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in chosen.__struct_fields__}


def _query(form: ClaimsForm) -> dict[str, str]:
    """The choice as a query, so that the same token is shown after the form."""
    told = {"user_id": form.user_id, "organization": form.organization, "version": form.version}
    impersonated = {"impersonated": "true"} if form.impersonated else {}
    return {name: value for name, value in told.items() if value} | impersonated


ROUTES = (get_session_claims, post_session_claims, get_template_claims, post_template_claims)
