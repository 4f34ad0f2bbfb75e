"""An instance with one of everything, made through the APIs and the dashboard, for attacks that walk every route.

`estate = furnish(api, sign_in(api, "owner"), WORDS)`, then `estate.fill("/dashboard/users/{user_id:str}")`.
"""

import re
import sqlite3
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec
from dashboard import Visitor, public_instance
from faces import Api

from claimsmith_server.dashboard.routes import ROUTES
from claimsmith_server.services.instances import list_secret_keys
from claimsmith_server.services.signing_keys import list_key_lives

PRIVATE = "canary-of-private-metadata"
"""Stands in every kind of private metadata."""
TEMPLATE_KEY = "canary-of-the-key-of-a-template-0123456789"
_PLACE = re.compile(r"\{(\w+):\w+\}")
_UNKNOWN = "unknown"


class Route(msgspec.Struct, frozen=True):
    """A route of the dashboard."""

    method: str
    path: str
    access: str

    @property
    def is_read(self) -> bool:
        """Whether it may change nothing."""
        return self.method == "GET"


class Estate(msgspec.Struct, frozen=True):
    """The ids of what there is, by the names of path parameters."""

    ids: dict[str, str]

    def fill(self, path: str, **other: str) -> str:
        """The path of a route with ids in it."""
        return _PLACE.sub(lambda found: {**self.ids, **other}.get(found[1], _UNKNOWN), path)


def list_routes() -> list[Route]:
    """Every route, with who may call it."""
    found = []
    for handler in ROUTES:
        for path in sorted(handler.paths):
            for method in sorted(handler.http_methods):
                access = handler.opt.get("access", "viewer" if method == "GET" else "editor")
                found.append(Route(method, path, access))
    return found


def furnish(api: Api, key: str = "", words: str = "Ada", *, owner: Visitor | None = None) -> Estate:
    """One of everything in the instance of a secret key; `words` is in each text that takes any."""
    email = f"ada{len(words)}{key[-4:].lower().replace('-', 'x').replace('_', 'y')}@example.com"
    with_key: dict[str, Any] = {"key": key}
    metadata = {"public_metadata": {words: words, "plan": words}, "private_metadata": {"note": PRIVATE + words}}
    names = {"first_name": words[:200], "last_name": words[:200]}
    user = api.post(
        "/users", {"email_address": [email], "unsafe_metadata": {words: [words]}, **names, **metadata}, **with_key
    )
    organization = api.post("/organizations", {"name": "Acme", "created_by": user["id"], **metadata}, **with_key)
    place = f"/organizations/{organization['id']}"
    api.patch(f"{place}/memberships/{user['id']}/metadata", metadata, **with_key)
    invited = {"email_address": "new@example.com", "role": "org:member", **metadata}
    invitation = api.post(f"{place}/invitations", invited, **with_key)
    session = api.post("/sessions", {"user_id": user["id"]}, **with_key)
    template = api.post(
        "/jwt_templates",
        {
            "name": "supabase",
            "claims": {"words": words.replace("{{", "{ {"), "plan": "{{user.public_metadata.plan}}"},
            "signing_algorithm": "HS256",
            "custom_signing_key": True,
            "signing_key": TEMPLATE_KEY,
        },
        **with_key,
    )
    api.post(f"/sessions/{session['id']}/tokens/supabase", **with_key)
    ids = {
        "user_id": user["id"],
        "organization_id": organization["id"],
        "session_id": session["id"],
        "invitation_id": invitation["id"],
        "template_id": template["id"],
        "role_key": "org:admin",
        "permission_key": "org:sys_memberships:read",
        "kind": "email",
        "section": "display",
        "name": "dashboard.css",
        "target": template["id"],
        "version": "1",
    }
    if owner is not None:
        ids |= _furnish_by_hand(api, owner, template["id"])
    if api.settings.database_url.startswith("sqlite:"):  # names that no route takes may have come by an import
        run_sql(api, "UPDATE organizations SET name = ? WHERE id = ?", words, organization["id"])
    return Estate(ids)


def _furnish_by_hand(api: Api, owner: Visitor, template_id: str) -> dict[str, str]:
    """What only the dashboard makes."""
    api.set_claims({"plan": "{{user.public_metadata.plan}}", "name": "{{user.full_name}}"})
    owner.json("PUT", f"/dashboard/api/drafts/{template_id}", {"text": "{", "base_version": 1}).raise_for_status()
    test = {"name": "of the template", "text": "{}", "expected": {}}
    made = owner.json("POST", f"/dashboard/api/fixtures/{template_id}", test)
    owner.done("/dashboard/signing-keys", {"algorithm": "ES256"})
    owner.post("/dashboard/team/invitations", {"role": "viewer"}).raise_for_status()
    instance = public_instance(api)
    (kid,) = (one.key.kid for one in api.run(list_key_lives(api.service, instance)) if one.key.status == "pending")
    key = api.run(list_secret_keys(api.service, instance))[0]
    return {
        "fixture_id": made.json()["id"],
        "kid": kid,
        "key_id": key.id,
        "administrator_id": owner.administrator.id,
    }


class Form(msgspec.Struct):
    """A form of a page that posts: where to, and its fields with the values that it shows."""

    action: str
    fields: dict[str, str] = msgspec.field(default_factory=dict)


class Markup(HTMLParser):
    """What a page is made of: its forms, and everything in it that could run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self.alive: list[str] = []
        """Scripts in place, handlers, styles in place, addresses of other schemes."""
        self._form: Form | None = None
        self._area = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, links and what is alive."""
        given = {name: value or "" for name, value in attrs}
        self._watch(tag, given)
        if tag == "form":
            is_post = given.get("method", "get").lower() == "post"
            self._form = Form(given.get("action", "")) if is_post else None
            self.forms += [self._form] if self._form else []
        elif self._form is not None and given.get("name"):
            self._note_field(tag, given)
        elif tag == "option" and self._form is not None and self._area and "selected" in given:
            self._form.fields[self._area] = given.get("value", "")
        if tag == "a":
            self.links.add(given.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        """A form's end."""
        if tag == "form":
            self._form = None
        if tag in {"textarea", "select"}:
            self._area = ""

    def handle_data(self, data: str) -> None:
        """The text of a textarea."""
        if self._form is not None and self._area and self.lasttag == "textarea":
            self._form.fields[self._area] += data

    def _note_field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name = given["name"]
        if tag in {"textarea", "select"}:
            self._area = name
            self._form.fields.setdefault(name, "")
        elif given.get("type") not in {"checkbox", "radio"} or "checked" in given:
            self._form.fields[name] = given.get("value", "true" if given.get("type") == "checkbox" else "")
        else:
            self._form.fields.setdefault(name, "")

    def _watch(self, tag: str, given: dict[str, str]) -> None:
        bad = [name for name in given if name.startswith("on") or name in {"style", "srcdoc"}]
        for name in ("href", "src", "action", "formaction", "xlink:href", "data", "poster"):
            value = re.sub(r"[\x00-\x20]", "", given.get(name, "")).lower()
            if value and not value.startswith(("/", "?", "#", "http://localhost:4000", "data:image/")):
                bad.append(f"{name}={value[:60]}")
            if value.startswith("//"):
                bad.append(f"{name}={value[:60]}")
        if (
            tag == "script"
            and not given.get("src", "").startswith("/dashboard/static/")
            and given.get("type") != "application/json"
        ):
            bad.append("in place")
        if tag in {"iframe", "object", "embed", "base", "frame"}:
            bad.append("embedded")
        if tag == "meta" and given.get("http-equiv"):
            bad.append(given["http-equiv"])
        self.alive += [f"<{tag}>: {one}" for one in bad]


def crawl(visitor: Visitor, estate: Estate) -> dict[str, httpx.Response]:
    """Every page and every JSON that is read with GET, by its address."""
    paths = {estate.fill(route.path) for route in list_routes() if route.is_read and route.path != "/"}
    paths |= {
        "/dashboard/api/editor/session",
        "/dashboard/api/history/session/1",
        "/dashboard/api/subjects?pick=largest",
        "/dashboard/api/subjects?pick=random",
        f"/dashboard/api/values?user_id={estate.ids['user_id']}",
        f"/dashboard/sessions/claims?user_id={estate.ids['user_id']}&organization={estate.ids['organization_id']}",
        "/dashboard/sessions/active?state=all",
        "/dashboard?range=30d",
        "/dashboard/settings/organizations",
        "/dashboard/settings/authentication",
        f"/dashboard/organizations/{estate.ids['organization_id']}/claim?user_id={estate.ids['user_id']}",
    }
    return {path: visitor.get(path) for path in sorted(paths)}


def run_sql(api: Api, statement: str, *values: str) -> None:
    """Nothing; the SQLite file is changed past every service."""
    with sqlite3.connect(api.settings.database_url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement, values)
    connection.close()


def dump_rows(api: Api, *, but: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Every row of the SQLite file, by table."""
    tables = [row[0] for row in api.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: sorted(map(repr, api.sql(f'SELECT * FROM "{name}"'))) for name in tables if name not in but}  # noqa: S608
