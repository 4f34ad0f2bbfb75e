"""Roles and permissions of organizations: a matrix of who may do what, and the pages of one role and one permission."""

from typing import Any, Final

import msgspec
from litestar import get, post

from claimsmith_server.core.permissions import MOST_NAMES, measure_permissions
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.organization_frame import PATH, attempt
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave, show
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services.organizations import permissions, roles
from claimsmith_server.services.organizations.permissions import PermissionEdit
from claimsmith_server.services.organizations.roles import RoleEdit, RoleView

ROLES_PATH: Final = f"{PATH}/roles"
PERMISSIONS_PATH: Final = f"{PATH}/permissions"
_NOTICES: Final = {
    "role": "The role is saved. Tokens minted from now on say so.",
    "role_deleted": "The role is deleted.",
    "permission": "The permission is saved.",
    "permission_new": "The permission is defined. Give it to roles now.",
    "permission_deleted": "The permission is deleted, and no role holds it any more.",
}
_SENTENCES: Final = {
    "form_name_exists": "This key is taken. Choose another one.",
    "organization_minimum_permissions_needed": (
        "An organization would be left with nobody who may manage it. Give one of its members another such role first."
    ),
}


class RoleForm(msgspec.Struct, frozen=True, kw_only=True):
    """A role, as typed."""

    name: str = ""
    key: str = ""
    permissions: tuple[str, ...] = ()


class PermissionForm(msgspec.Struct, frozen=True, kw_only=True):
    """A permission, as typed."""

    key: str = ""
    name: str = ""
    description: str = ""


@get(ROLES_PATH)
async def get_roles(visit: GivenVisit) -> Page:
    """The matrix."""
    found = await roles.load_roles(visit.service, visit.instance)
    version = visit.instance.settings.session.claims_version
    return _show(
        visit,
        "roles.html",
        "Roles and permissions",
        found=found,
        features=await permissions.load_features(visit.service, visit.instance),
        costs={one.role.key: measure_permissions(one.role.key, one.role.permissions, version) for one in found},
        version=version,
    )


@get(f"{ROLES_PATH}/new", access="editor")
async def get_new_role(visit: GivenVisit) -> Page:
    """The form of a new role."""
    return await _show_role(visit, None, RoleForm())


@post(ROLES_PATH)
async def post_new_role(visit: GivenVisit) -> Page:
    """The role is there."""
    typed = await read_form(visit.request, RoleForm)
    asked = RoleEdit(name=typed.name, permissions=typed.permissions)
    made = await attempt(
        roles.create_role(visit.service, visit.instance, typed.key, asked, actor=visit.author),
        ("name", "key", "permissions"),
        sentences=_SENTENCES,
    )
    if isinstance(made, Problem):
        return await _show_role(visit, None, typed, made)
    return leave(ROLES_PATH, done="role")


@get(f"{ROLES_PATH}/{{role_key:str}}")
async def get_role(visit: GivenVisit, role_key: PathText) -> Page:
    """One role."""
    found = await roles.load_role(visit.service, visit.instance, role_key)
    return await _show_role(visit, found, _form_of(found))


@post(f"{ROLES_PATH}/{{role_key:str}}")
async def post_role(visit: GivenVisit, role_key: PathText) -> Page:
    """The role has this name and these permissions."""
    typed = await read_form(visit.request, RoleForm)
    asked = RoleEdit(name=typed.name, permissions=typed.permissions)
    saved = await attempt(
        roles.update_role(visit.service, visit.instance, role_key, asked, actor=visit.author),
        ("name", "permissions"),
        sentences=_SENTENCES,
    )
    if isinstance(saved, Problem):
        return await _show_role(visit, await roles.load_role(visit.service, visit.instance, role_key), typed, saved)
    return leave(ROLES_PATH, done="role")


@post(f"{ROLES_PATH}/{{role_key:str}}/delete")
async def post_role_delete(visit: GivenVisit, role_key: PathText) -> Page:
    """The role is gone."""
    gone = await attempt(roles.delete_role(visit.service, visit.instance, role_key, actor=visit.author))
    if isinstance(gone, Problem):
        found = await roles.load_role(visit.service, visit.instance, role_key)
        return await _show_role(visit, found, _form_of(found), gone)
    return leave(ROLES_PATH, done="role_deleted")


@get(f"{PERMISSIONS_PATH}/new", access="editor")
async def get_new_permission(visit: GivenVisit) -> Page:
    """The form of a new permission."""
    return _show(visit, "permission.html", "New permission", permission=None, typed=PermissionForm())


@post(PERMISSIONS_PATH)
async def post_new_permission(visit: GivenVisit) -> Page:
    """The permission is there, and no role holds it yet."""
    typed = await read_form(visit.request, PermissionForm)
    asked = PermissionEdit(name=typed.name, description=typed.description)
    made = await attempt(
        permissions.create_permission(visit.service, visit.instance, typed.key, asked, actor=visit.author),
        ("key", "name", "description"),
        sentences=_SENTENCES,
    )
    if isinstance(made, Problem):
        return _show(visit, "permission.html", "New permission", made, permission=None, typed=typed)
    return leave(ROLES_PATH, done="permission_new")


@get(f"{PERMISSIONS_PATH}/{{permission_key:str}}")
async def get_permission(visit: GivenVisit, permission_key: PathText) -> Page:
    """One permission."""
    found = await permissions.load_permission(visit.service, visit.instance, permission_key)
    name = found.name if found.is_defined else ""
    typed = PermissionForm(key=permission_key, name=name, description=found.description)
    return _show(visit, "permission.html", permission_key, permission=found, typed=typed)


@post(f"{PERMISSIONS_PATH}/{{permission_key:str}}")
async def post_permission(visit: GivenVisit, permission_key: PathText) -> Page:
    """The permission is called so."""
    typed = await read_form(visit.request, PermissionForm)
    asked = PermissionEdit(name=typed.name, description=typed.description)
    saved = await attempt(
        permissions.update_permission(visit.service, visit.instance, permission_key, asked, actor=visit.author),
        ("name", "description"),
    )
    if isinstance(saved, Problem):
        found = await permissions.load_permission(visit.service, visit.instance, permission_key)
        return _show(visit, "permission.html", permission_key, saved, permission=found, typed=typed)
    return leave(ROLES_PATH, done="permission")


@post(f"{PERMISSIONS_PATH}/{{permission_key:str}}/delete")
async def post_permission_delete(visit: GivenVisit, permission_key: PathText) -> Page:
    """The permission is gone from everywhere."""
    await permissions.delete_permission(visit.service, visit.instance, permission_key, actor=visit.author)
    return leave(ROLES_PATH, done="permission_deleted")


async def _show_role(visit: Visit, found: RoleView | None, typed: RoleForm, problem: Problem | None = None) -> Page:
    version = visit.instance.settings.session.claims_version
    key = found.role.key if found else typed.key
    return _show(
        visit,
        "role.html",
        found.role.name if found else "New role",
        problem,
        found=found,
        typed=typed,
        features=await permissions.load_features(visit.service, visit.instance),
        cost=measure_permissions(key, typed.permissions, version),
        version=version,
        most_names=MOST_NAMES,
    )


def _form_of(found: RoleView) -> RoleForm:
    return RoleForm(name=found.role.name, key=found.role.key, permissions=found.role.permissions)


def _show(visit: Visit, template: str, title: str, problem: Problem | None = None, **values: Any) -> Page:
    return show(visit, template, title=title, section="organizations", notices=_NOTICES, problem=problem, **values)


ROUTES = (
    get_roles,
    get_new_role,
    post_new_role,
    get_role,
    post_role,
    post_role_delete,
    get_new_permission,
    post_new_permission,
    get_permission,
    post_permission,
    post_permission_delete,
)
