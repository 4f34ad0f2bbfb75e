"""E-mail addresses on the account page: added, verified, made the primary one, removed."""

from typing import Literal

import msgspec

from claimsmith_server.core.errors import PARAM_MISSING
from claimsmith_server.core.models import User
from claimsmith_server.fapi.pages.steps import clean_code
from claimsmith_server.fapi.pages.visit import Visit
from claimsmith_server.services.account import identification_proofs, identifications, profile
from claimsmith_server.services.account.identification_kinds import EMAIL_ADDRESS
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.codes import is_test_target


class AddressForm(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to an address."""

    action: Literal["add", "send", "verify", "primary", "remove"] = "add"
    email_address: str = ""
    email_address_id: str = ""
    code: str = ""


async def change_address(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    """What was done, a key of `account.DONE`.

    Raises:
        ServiceError: as the functions of `services.account.identifications` and of
            `services.account.identification_proofs`.
    """
    return await _ACTIONS[asked.action](visit, acting, asked)


def list_tested(visit: Visit, user: User) -> set[str]:
    """The ids of addresses whose code is 424242."""
    return {one.id for one in user.email_addresses if is_test_target(visit.instance, one.email_address)}


async def _add(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    form = identifications.CreateEmailAddress(email_address=asked.email_address)
    added = await identifications.create_email_address(visit.service, acting, form)
    user = msgspec.structs.replace(acting.user, email_addresses=(*acting.user.email_addresses, added))
    acting = msgspec.structs.replace(acting, user=user)
    await _send_to(visit, acting, added.id)
    return "added"


async def _send(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    await _send_to(visit, acting, asked.email_address_id)
    return "sent"


async def _send_to(visit: Visit, acting: Acting, address_id: str) -> None:
    form = identification_proofs.PrepareVerification(strategy="email_code")
    await identification_proofs.prepare_verification(visit.service, acting, EMAIL_ADDRESS, address_id, form)


async def _verify(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    if not asked.code:
        raise PARAM_MISSING(param_name="code")
    form = identification_proofs.AttemptVerification(code=clean_code(asked.code))
    await identification_proofs.attempt_verification(visit.service, acting, EMAIL_ADDRESS, asked.email_address_id, form)
    return "verified"


async def _make_primary(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    form = profile.UpdateProfile(primary_email_address_id=asked.email_address_id)
    await profile.update_profile(visit.service, acting, form)
    return "primary"


async def _remove(visit: Visit, acting: Acting, asked: AddressForm) -> str:
    await identifications.delete_identification(visit.service, acting, EMAIL_ADDRESS, asked.email_address_id)
    return "removed"


_ACTIONS = {"add": _add, "send": _send, "verify": _verify, "primary": _make_primary, "remove": _remove}
