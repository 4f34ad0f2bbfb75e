"""The two kinds of identifications, e-mail addresses and phone numbers, with what is different about each."""

from collections.abc import Callable
from typing import Literal

import msgspec

from claimsmith_server.core import contacts
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.identifications import Identification
from claimsmith_server.core.models import EmailAddress, User
from claimsmith_server.store import identifications
from claimsmith_server.store.database import Tx

ContactName = Literal["email_address", "phone_number"]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two kinds of identifications, with what is different about it."""

    name: ContactName
    """The parameter, the setting and the purpose of its codes."""
    what: str
    strategy: Literal["email_code", "phone_code"]
    form: str
    parse: Callable[[str], str | None]
    owned: Callable[[User], tuple[Identification, ...]]


EMAIL_ADDRESS = Contact(
    name="email_address",
    what="e-mail address",
    strategy="email_code",
    form="a valid e-mail address",
    parse=contacts.parse_email_address,
    owned=lambda user: user.email_addresses,
)
PHONE_NUMBER = Contact(
    name="phone_number",
    what="phone number",
    strategy="phone_code",
    form="a number such as +15555550100 (E.164)",
    parse=contacts.parse_phone_number,
    owned=lambda user: user.phone_numbers,
)


def require_identification(user: User, contact: Contact, identification_id: str) -> Identification:
    """The user's address or number with this id.

    Raises:
        ServiceError: `resource_not_found`, also for another user's.
    """
    for owned in contact.owned(user):
        if owned.id == identification_id:
            return owned
    raise RESOURCE_NOT_FOUND(resource=contact.what, by="id", id=identification_id[:64])


def target_of(owned: Identification) -> str:
    """The canonical address or number."""
    return owned.email_address if isinstance(owned, EmailAddress) else owned.phone_number


def is_held(holder: Identification) -> bool:
    """Whether nobody else may have it: it was proved, or reserved."""
    return holder.verification_status == "verified" or holder.reserved


async def load_holder(tx: Tx, instance_id: str, wanted: Identification) -> Identification | None:
    """The identification that stands for this address or number at sign-in, whosever it is."""
    if isinstance(wanted, EmailAddress):
        return await identifications.load_email_address_holder(tx, instance_id, wanted.email_address)
    return await identifications.load_phone_number_holder(tx, instance_id, wanted.phone_number)
