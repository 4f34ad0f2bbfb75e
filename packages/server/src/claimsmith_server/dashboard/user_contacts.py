"""A user's e-mail addresses and phone numbers: added, made primary, verified, removed."""

from typing import Annotated, Final, Literal

import msgspec
from litestar import post
from litestar.exceptions import NotFoundException

from claimsmith_server.core.models import User
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, leave
from claimsmith_server.dashboard.user_frame import PATH, attempt, load_user, path_of
from claimsmith_server.dashboard.user_profile import show_profile
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.forms import read_form
from claimsmith_server.services import user_identifications, users
from claimsmith_server.services.account.identification_kinds import EMAIL_ADDRESS, PHONE_NUMBER, Contact
from claimsmith_server.services.user_input import UpdateUser

_CONTACTS: Final = {"emails": EMAIL_ADDRESS, "phones": PHONE_NUMBER}
"""By the word of their addresses."""
_DONE: Final = {"primary": "primary", "verify": "verified", "remove": "removed"}


class AddForm(msgspec.Struct, frozen=True, kw_only=True):
    """Another address or number, as typed."""

    email_address: str = ""
    phone_number: str = ""
    verified: bool = False


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an address or number."""

    identification_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    act: Literal["primary", "verify", "remove"]


@post(f"{PATH}/{{user_id:str}}/{{kind:str}}/add")
async def post_contact(user_id: PathText, kind: PathText, visit: GivenVisit) -> Page:
    """The profile with another address or number."""
    contact = _contact(kind)
    typed = await read_form(visit.request, AddForm)
    text = getattr(typed, contact.name).strip()
    added = user_identifications.add_identification(
        visit.service, visit.instance, user_id, contact, text, verified=typed.verified, actor=visit.author
    )
    done = await attempt(added, (contact.name,))
    if isinstance(done, Problem):
        return show_profile(visit, await load_user(visit, user_id), problem=done, added={contact.name: text})
    return leave(path_of(user_id), done="email_added" if contact is EMAIL_ADDRESS else "phone_added")


@post(f"{PATH}/{{user_id:str}}/{{kind:str}}/change")
async def change_contact(user_id: PathText, kind: PathText, visit: GivenVisit) -> Page:
    """The profile with an address or number made primary, verified or removed."""
    asked = await read_form(visit.request, ChangeForm)
    done = await attempt(_change(visit, user_id, _contact(kind), asked))
    if isinstance(done, Problem):
        return show_profile(visit, await load_user(visit, user_id), problem=done)
    return leave(path_of(user_id), done=_DONE[asked.act])


async def _change(visit: Visit, user_id: str, contact: Contact, asked: ChangeForm) -> User:
    service, instance, author, wanted = visit.service, visit.instance, visit.author, asked.identification_id
    if asked.act == "primary":
        body = msgspec.convert({f"primary_{contact.name}_id": wanted}, UpdateUser)
        return await users.update_user(service, instance, user_id, body, actor=author)
    act = (
        user_identifications.verify_identification
        if asked.act == "verify"
        else user_identifications.remove_identification
    )
    return await act(service, instance, user_id, contact, wanted, actor=author)


def _contact(kind: str) -> Contact:
    found = _CONTACTS.get(kind)
    if found is None:
        raise NotFoundException
    return found


ROUTES = (post_contact, change_contact)
