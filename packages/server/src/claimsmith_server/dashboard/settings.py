"""Settings: sections of the config document as forms, under compare-and-set, so that of two editors nobody loses."""

from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.exceptions import NotFoundException

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem, explain_refusal
from claimsmith_server.dashboard.settings_controls import EFFECTS, GROUPS, Control, list_controls
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import instances
from claimsmith_server.services.config import Change, change_config, load_config
from claimsmith_server.services.instance_settings import UpdateInstance, update_instance
from claimsmith_server.services.organizations import roles

Values = dict[str, Any]
SECTION: Final = "settings"
_PATH: Final = "/dashboard/settings"
_TABS: Final = (
    ("authentication", "Authentication", _PATH),
    ("organizations", "Organizations", f"{_PATH}/organizations"),
    ("display", "Display", f"{_PATH}/display"),
    ("instance", "Instance", f"{_PATH}/instance"),
)
_NOTICES: Final = {"saved": "The settings are saved."}
_CONFLICT: Final = "config_version_mismatch"
_VERSION: Final = "config_version"
_INSTANCE_NAMES: Final = ("test_mode", "allowed_origins")
_FORMATS: Final = {
    "url": "This must be an absolute address that starts with https:// or http://, or empty.",
    "email": "This must be an e-mail address, or empty.",
    "text": "This must be one line of text.",
}
_LARGEST_NUMBER_DIGITS: Final = 18


class InstanceForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the instance tab changes."""

    config_version: int
    test_mode: bool = False
    allowed_origins: str = ""
    """One a line."""


@get(_PATH)
async def get_authentication(visit: GivenVisit) -> Page:
    """The first tab."""
    return await _show_section(visit, "authentication")


@post(_PATH)
async def post_authentication(visit: GivenVisit) -> Page:
    """The first tab's settings are stored."""
    return await _save_section(visit, "authentication")


@get(f"{_PATH}/instance")
async def get_instance(visit: GivenVisit) -> Page:
    """What the instance is, and its own two settings."""
    return await _show_instance(visit)


@post(f"{_PATH}/instance")
async def post_instance(visit: GivenVisit) -> Page:
    """The instance's own settings are stored."""
    asked = await read_form(visit.request, InstanceForm)
    origins = [line.strip() for line in asked.allowed_origins.splitlines() if line.strip()]
    try:
        body = convert_object({"test_mode": asked.test_mode, "allowed_origins": origins}, UpdateInstance)
        await update_instance(
            visit.service, visit.instance, body, author=visit.author, expected_version=asked.config_version
        )
    except ServiceError as refusal:
        return await _show_instance(visit, asked, _explain_instance(refusal))
    return leave(f"{_PATH}/instance", done="saved")


@get(f"{_PATH}/{{section:str}}")
async def get_section(visit: GivenVisit, section: PathText) -> Page:
    """Another tab."""
    return await _show_section(visit, _require_section(section))


@post(f"{_PATH}/{{section:str}}")
async def post_section(visit: GivenVisit, section: PathText) -> Page:
    """Another tab's settings are stored."""
    return await _save_section(visit, _require_section(section))


def _require_section(section: str) -> str:
    if section not in GROUPS or section == "authentication":  # which has the address without a name
        raise NotFoundException
    return section


async def _save_section(visit: Visit, section: str) -> Page:
    controls = list_controls(section)
    typed = await _read_values(visit, controls)
    version = str(typed.pop(_VERSION))
    document = {section: {control.name: _parse_value(control, typed[control.name]) for control in controls}}
    change = Change(document=document, if_match=version, author=visit.author)
    try:
        await change_config(visit.service, visit.instance, change)
    except ServiceError as refusal:
        return await _show_section(visit, section, typed, _explain(refusal, section))
    return leave(_path(section), done="saved")


async def _read_values(visit: Visit, controls: tuple[Control, ...]) -> Values:
    """What the form says, as texts; a box that is not ticked is not sent."""
    names = (_VERSION, *(control.name for control in controls))
    form = msgspec.defstruct("SectionForm", [(name, str, "") for name in names], frozen=True, kw_only=True)
    values: Values = msgspec.to_builtins(await read_form(visit.request, form))
    return values


def _parse_value(control: Control, text: str) -> str | int | bool:
    """What the config document holds for a control's text; what is no number stays as it is, and is refused there."""
    if control.kind == "check":
        return text == "true"
    is_number = text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= _LARGEST_NUMBER_DIGITS
    if control.kind == "number" and is_number:
        return int(text)
    return text if control.kind == "number" else text.strip()


def _explain(refusal: ServiceError, section: str) -> Problem:
    """The refusal on its control, named as the page names it."""
    controls = {control.name: control for control in list_controls(section)}
    problem = explain_refusal(refusal, tuple(controls), rename={f"{section}.{name}": name for name in controls})
    control = controls.get(problem.field)
    if control is None:
        return problem
    if problem.code == "form_param_format_invalid" and control.kind in _FORMATS:
        return msgspec.structs.replace(problem, text=_FORMATS[control.kind])
    if control.kind == "select" and "Invalid enum value" in problem.text:
        return msgspec.structs.replace(problem, text="This must be one of the choices.")
    if control.kind == "number":
        text = f"This must be a whole number from {control.least} to {int(control.most):,}."
        return msgspec.structs.replace(problem, text=text)
    return msgspec.structs.replace(problem, text=problem.text.replace(f"`{section}.{control.name}`", "This", 1))


def _explain_instance(refusal: ServiceError) -> Problem:
    problem = explain_refusal(refusal, _INSTANCE_NAMES, rename={"allowed_origins[...]": "allowed_origins"})
    for name in _INSTANCE_NAMES:
        problem = msgspec.structs.replace(problem, text=problem.text.replace(f"`{name}`", "This", 1))
    return problem


async def _show_section(
    visit: Visit, section: str, typed: Values | None = None, problem: Problem | None = None
) -> Page:
    config = await load_config(visit.service, visit.instance, (section,))
    stored: Values = config[section]
    controls = list_controls(section)
    values = stored if typed is None else {one.name: _parse_value(one, typed[one.name]) for one in controls}
    is_conflict = problem is not None and problem.code == _CONFLICT
    return _show(
        visit,
        section,
        problem=None if is_conflict else problem,
        status=problem.status if problem else 200,
        groups=GROUPS[section],
        values=values,
        version=config[_VERSION],
        roles=[
            (role.key, f"{role.name} ({role.key})") for role in await roles.load_choices(visit.service, visit.instance)
        ]
        if section == "organizations"
        else [],
        conflicts=[
            (one, stored[one.name], values[one.name]) for one in controls if stored[one.name] != values[one.name]
        ]
        if is_conflict
        else None,
    )


async def _show_instance(visit: Visit, typed: InstanceForm | None = None, problem: Problem | None = None) -> Page:
    instance = await instances.load_public_instance(visit.service)
    stored = InstanceForm(
        config_version=instance.config_version,
        test_mode=instance.settings.test_mode,
        allowed_origins="\n".join(instance.settings.allowed_origins),
    )
    is_conflict = problem is not None and problem.code == _CONFLICT
    return _show(
        visit,
        "instance",
        problem=None if is_conflict else problem,
        status=problem.status if problem else 200,
        instance=instance,
        form=typed or stored,
        stored=stored,
        version=instance.config_version,
        is_conflict=is_conflict,
    )


def _show(visit: Visit, tab: str, **values: Any) -> Page:
    return show(
        visit,
        "settings_instance.html" if tab == "instance" else "settings.html",
        title="Settings",
        section=SECTION,
        notices=_NOTICES,
        tabs=[(label, path, key == tab) for key, label, path in _TABS],
        tab=tab,
        action=_path(tab),
        effect=EFFECTS[tab],
        **values,
    )


def _path(tab: str) -> str:
    return next(path for key, _, path in _TABS if key == tab)


ROUTES = (get_authentication, post_authentication, get_instance, post_instance, get_section, post_section)
