"""JWT templates: the list, a new one from a preset, and the settings of one."""

from typing import Final

import msgspec
from litestar import get, post

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.how_to_get import write_how_to_get
from claimsmith_server.core.jwt_presets import PRESETS, find_preset
from claimsmith_server.core.models import JwtTemplate
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.conflicts import Difference, list_differences
from claimsmith_server.dashboard.jwt_template_form import (
    ALGORITHMS,
    INSTANCE_KEY,
    TemplateForm,
    fill_form,
    parse_form,
    read_settings,
    tell_settings,
    write_seen,
)
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import read_query
from claimsmith_server.services import jwt_templates
from claimsmith_server.services.jwt_template_settings import (
    change_template_settings,
    create_template,
)
from claimsmith_server.services.paging import Offset

_TEMPLATES: Final = "/dashboard/jwt-templates"
_NEW: Final = f"{_TEMPLATES}/new"
_PAGE: Final = 25
_NOTICES: Final = {
    "created": "The JWT template is made. Applications may ask for it now.",
    "saved": "The settings are saved. Tokens made from now on follow them.",
    "published": "The claims are published. Tokens made from now on have them.",
    "deleted": "The JWT template is deleted. Tokens that it made stay valid until they expire.",
}
_FIELDS: Final = ("name", "lifetime", "allowed_clock_skew", "signing_algorithm", "signing_key", "claims")
_SENTENCES: Final = {
    "config_version_mismatch": "Somebody changed this template at this very moment. Nothing is lost: save again.",
}


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page."""

    offset: Offset = 0


class NewQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to begin with."""

    preset: str = "blank"


@get(_TEMPLATES)
async def get_templates(visit: GivenVisit) -> Page:
    """A page of templates, newest first."""
    offset = read_query(visit.request, ListQuery).offset
    query = jwt_templates.JwtTemplateQuery(limit=_PAGE, offset=offset)
    found, total = await jwt_templates.list_jwt_templates(visit.service, visit.instance, query)
    return show(
        visit,
        "jwt_templates.html",
        title="JWT templates",
        section="jwt_templates",
        notices=_NOTICES,
        templates=[(one, count_claims(one)) for one in found],
        presets=PRESETS,
        can_write=visit.can("editor"),
        newer=f"{_TEMPLATES}?offset={max(0, offset - _PAGE)}" if offset else "",
        older=f"{_TEMPLATES}?offset={offset + _PAGE}" if offset + _PAGE < total else "",
        told=f"{offset + 1:,} to {offset + len(found):,} of {total:,}" if found else "",
    )


@get(_NEW, access="editor")
async def get_new(visit: GivenVisit) -> Page:
    """The form of a new template, filled in from a preset."""
    preset = find_preset(read_query(visit.request, NewQuery).preset)
    form = TemplateForm(
        name=preset.name,
        lifetime=str(preset.lifetime),
        allowed_clock_skew=str(jwt_templates.DEFAULT_CLOCK_SKEW_SECONDS),
        signing_algorithm=preset.algorithm or INSTANCE_KEY,
        claims=preset.claims,
        preset=preset.key,
    )
    return _show_new(visit, form)


@post(_TEMPLATES)
async def post_template(visit: GivenVisit) -> Page:
    """A new template, and its page."""
    form = await read_form(visit.request, TemplateForm)
    settings = parse_form(form)
    if isinstance(settings, Problem):
        return _show_new(visit, form, settings)
    try:
        made = await create_template(visit.service, visit.instance, settings, form.claims, author=visit.author)
    except ServiceError as refusal:
        return _show_new(visit, form, _explain(refusal))
    return leave(f"{_TEMPLATES}/{made.id}", done="created")


@get(f"{_TEMPLATES}/{{template_id:str}}")
async def get_template(visit: GivenVisit, template_id: PathText) -> Page:
    """One template."""
    template = await jwt_templates.load_jwt_template(visit.service, visit.instance, template_id)
    return _show_template(visit, template, fill_form(template))


@post(f"{_TEMPLATES}/{{template_id:str}}")
async def post_settings(visit: GivenVisit, template_id: PathText) -> Page:
    """The template's settings are what the form says, unless somebody else changed them after it was shown."""
    form = await read_form(visit.request, TemplateForm)
    template = await jwt_templates.load_jwt_template(visit.service, visit.instance, template_id)
    settings = parse_form(form)
    if isinstance(settings, Problem):
        return _show_template(visit, template, form, settings)
    if form.seen != write_seen(template):
        problem = Problem("Somebody else saved these settings while you were editing. Yours are not saved.", status=409)
        again = msgspec.structs.replace(form, seen=write_seen(template))
        told = list_differences(tell_settings(read_settings(template)), tell_settings(settings))
        return _show_template(visit, template, again, problem, told)
    try:
        await change_template_settings(visit.service, visit.instance, template, settings, author=visit.author)
    except ServiceError as refusal:
        return _show_template(visit, template, form, _explain(refusal))
    return leave(f"{_TEMPLATES}/{template_id}", done="saved")


@post(f"{_TEMPLATES}/{{template_id:str}}/delete")
async def post_delete(visit: GivenVisit, template_id: PathText) -> Page:
    """The template is gone."""
    await jwt_templates.delete_jwt_template(visit.service, visit.instance, template_id, author=visit.author)
    return leave(_TEMPLATES, done="deleted")


def count_claims(template: JwtTemplate) -> int:
    """How many claims a template sets."""
    compiled = compile_template(template.claims, audience="jwt_template").template
    return len(compiled.claims) if compiled else 0


def _explain(refusal: ServiceError) -> Problem:
    problem = explain_refusal(refusal, _FIELDS, sentences=_SENTENCES)
    meta = refusal.items[0].meta or {}
    if "line" not in meta:
        return problem
    return msgspec.structs.replace(problem, text=f"Line {meta['line']}, column {meta['column']}: {problem.text}")


def _show_new(visit: Visit, form: TemplateForm, problem: Problem | None = None) -> Page:
    return show(
        visit,
        "jwt_template_new.html",
        title="New JWT template",
        section="jwt_templates",
        problem=problem,
        form=form,
        preset=find_preset(form.preset),
        presets=PRESETS,
        algorithms=ALGORITHMS,
        can_write=True,
    )


def _show_template(
    visit: Visit,
    template: JwtTemplate,
    form: TemplateForm,
    problem: Problem | None = None,
    differences: tuple[Difference, ...] = (),
) -> Page:
    return show(
        visit,
        "jwt_template.html",
        title=template.name,
        section="jwt_templates",
        notices=_NOTICES,
        problem=problem,
        form=form,
        one=template,
        differences=differences,
        claims_count=count_claims(template),
        algorithms=ALGORITHMS,
        how_to_get=write_how_to_get(template.name),
        can_write=visit.can("editor"),
    )


ROUTES = (get_templates, get_new, post_template, get_template, post_settings, post_delete)
