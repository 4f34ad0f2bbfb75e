"""A user's metadata: three texts, how large they are, and which claims read them."""

from typing import Final

import msgspec
from litestar import get, post

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.json_text import write_text
from claimsmith_server.core.models import JsonObject, User
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.json_fields import read_texts
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.dashboard.user_frame import PATH, attempt, load_user, path_of, show_user
from claimsmith_server.dashboard.user_texts import measure, read_seen, write_seen
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import users
from claimsmith_server.services.claims_targets import SESSION, load_target
from claimsmith_server.services.user_edits import fingerprint, list_changed, see_fields
from claimsmith_server.services.user_input import METADATA_BYTES, METADATA_FIELDS, Metadata

_TITLES: Final = {
    "public_metadata": ("Public metadata", "The application's browsers read it; the backend alone writes it."),
    "private_metadata": ("Private metadata", "The backend alone reads and writes it. No claim can read it."),
    "unsafe_metadata": ("Unsafe metadata", "The user's own browser writes it: trust nothing in it."),
}
"""Title, and who reads and writes it."""


class MetadataForm(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata, as typed."""

    public_metadata: str = ""
    private_metadata: str = ""
    unsafe_metadata: str = ""
    seen: str = ""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of metadata as the page shows it."""

    name: str
    title: str
    lede: str
    text: str
    bytes: int
    claims: tuple[tuple[str, str], ...]
    """Session claims that read it: name, and the shortcode."""
    stored: str | None
    """What is stored now, where somebody else changed it too."""


@get(f"{PATH}/{{user_id:str}}/metadata")
async def get_metadata(user_id: PathText, visit: GivenVisit) -> Page:
    """The user's metadata; private metadata for those alone who may change them (case Z-005)."""
    return await _show(visit, await load_user(visit, user_id))


@post(f"{PATH}/{{user_id:str}}/metadata")
async def post_metadata(user_id: PathText, visit: GivenVisit) -> Page:
    """The metadata, saved: the kinds that differ from what the form's page showed, and no others."""
    typed = await read_form(visit.request, MetadataForm)
    given = read_texts({name: getattr(typed, name) for name in METADATA_FIELDS})
    if isinstance(given, Problem):
        return await _show(visit, await load_user(visit, user_id), typed=typed, problem=given)
    seen = read_seen(typed.seen, METADATA_FIELDS)
    changes = {name: value for name, value in given.items() if fingerprint(value) != seen[name]}
    if changes:
        was = {name: seen[name] for name in changes}
        saved = await attempt(_save(visit, user_id, changes, was), METADATA_FIELDS)
        if isinstance(saved, Problem):
            user = await load_user(visit, user_id)
            lost = list_changed(user, was) if saved.code == "user_changed" else []
            return await _show(visit, user, typed=typed, problem=saved, lost=lost, changed=tuple(changes))
    return leave(path_of(user_id, "metadata"), done="metadata")


async def _save(visit: Visit, user_id: str, changes: dict[str, JsonObject], seen: dict[str, str]) -> User:
    asked = convert_object(changes, Metadata)
    return await users.change_metadata(
        visit.service, visit.instance, user_id, asked, merge=False, actor=visit.author, seen=seen
    )


async def _show(  # noqa: PLR0913 - what is shown beside the user
    visit: Visit,
    user: User,
    *,
    typed: MetadataForm | None = None,
    problem: Problem | None = None,
    lost: list[str] | None = None,
    changed: tuple[str, ...] = (),
) -> Page:
    """The texts; with a conflict, what was typed stands beside what is stored now, and saving again takes it."""
    shown = [name for name in METADATA_FIELDS if name != "private_metadata" or visit.can("editor")]
    kept = (changed if lost else METADATA_FIELDS) if typed else ()
    texts = {name: write_text(getattr(user, name), indent=2) for name in shown}
    texts |= {name: getattr(typed, name) for name in shown if name in kept}
    seen = read_seen(typed.seen, METADATA_FIELDS) if typed and not lost else see_fields(user, shown)
    readers = await _list_readers(visit)
    kinds = [
        Kind(
            name=name,
            title=_TITLES[name][0],
            lede=_TITLES[name][1],
            text=texts[name],
            bytes=measure(getattr(user, name)),
            claims=tuple(one for one in readers if one[1].startswith(f"user.{name}")),
            stored=write_text(getattr(user, name), indent=2) if name in (lost or ()) else None,
        )
        for name in shown
    ]
    return show_user(
        visit,
        user,
        "metadata",
        "user_metadata.html",
        problem=problem,
        kinds=kinds,
        limit=METADATA_BYTES,
        seen=write_seen(seen),
        is_conflict=bool(lost),
    )


async def _list_readers(visit: Visit) -> list[tuple[str, str]]:
    """Each shortcode of the live session claims: the claim's name, and the shortcode."""
    target = await load_target(visit.service, visit.instance, SESSION)
    template = compile_template(target.text, audience="session", claims_version=target.claims_version).template
    if template is None:
        return []
    return [(claim.name, used.text) for claim in template.claims for used in claim.shortcodes]


ROUTES = (get_metadata, post_metadata)
