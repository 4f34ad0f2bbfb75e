"""Codes that prove an address or a number: sent, guessed, spent (CASES (c), A-001 to A-008).

A code is stored as a keyed hash bound to its verification. A guess is counted before it is compared, and whoever uses
the verification spends it in the transaction of what it allows.
"""

from claimsmith_server.core.attempts import (
    CODE_ATTEMPTS,
    CODE_LIFETIME_MS,
    RESEND_AFTER_MS,
    Verification,
    VerificationPurpose,
    verification_status_at,
)
from claimsmith_server.core.codes import CODE_ENTROPY_BYTES, code_message, is_same_mac, make_code
from claimsmith_server.core.errors import (
    CODE_INCORRECT,
    PHONE_NUMBER_UNREACHABLE,
    TOO_MANY_CODES,
    VERIFICATION_ALREADY_VERIFIED,
    VERIFICATION_EXPIRED,
    VERIFICATION_FAILED,
    VERIFICATION_MISSING,
)
from claimsmith_server.core.mail_content import MailKind
from claimsmith_server.core.models import Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.core.test_identities import TEST_CODE, is_test_address, is_test_phone
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import nudge, queue_mail
from claimsmith_server.store import verifications
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rate_windows import count_in_window

GUESSES_PER_HOUR = 10
"""Of one address or number, over all codes and flows (case A-005)."""
_MAIL_PURPOSES = {"sia": "sign_in", "sua": "sign_up", "sess": "reverification"}
"""What a mail says that its code is for (`core.mail_content.PURPOSES`), by the prefix of the subject's id."""
CODES_PER_HOUR = 20
"""Sent to one address or number, over all flows and callers."""
_HOUR_MS = 3600 * 1000
_RETRY = {"Retry-After": "3600"}


async def send_code(  # noqa: PLR0913 - what a code is for
    service: Service,
    instance: Instance,
    *,
    subject_id: str,
    purpose: VerificationPurpose,
    strategy: str,
    target: str,
) -> Verification:
    """The subject's latest verification; a code for it was sent, unless one was in the last half minute.

    Args:
        service: the services.
        instance: the instance.
        subject_id: what is to be verified: a sign-in, a sign-up, an address, a number or a session.
        purpose: of what of it.
        strategy: `email_code`, `phone_code`, `reset_password_email_code` or `reset_password_phone_code`.
        target: the canonical address or number.

    Raises:
        ServiceError: `too_many_requests` when too many codes for the target were guessed wrongly,
            `phone_number_unreachable` for a number that is no test number.
    """
    now = service.clock.now()
    address, target = target, target.lower()  # one budget, however it is spelt (case A-011)
    latest = await verifications.load_latest_verification(service.database, instance.id, subject_id, purpose)
    if latest is not None and _is_still_good(latest, strategy, target, now):
        return latest
    await _require_budget(service, instance, target, now)
    is_test = is_test_target(instance, target)
    if strategy.endswith("phone_code") and not is_test:
        raise PHONE_NUMBER_UNREACHABLE(param_name="phone_number")
    if not is_test:
        await _count_code(service, instance, target, now)
    code = TEST_CODE if is_test else make_code(service.clock.entropy(CODE_ENTROPY_BYTES))
    verification = _new_verification(service, instance, subject_id, purpose, strategy, target, code)

    async def work(tx: Tx) -> None:
        await verifications.insert_verification(tx, verification)
        if not is_test:
            kind: MailKind = "reset_password_code" if strategy.startswith("reset_password") else "verification_code"
            values = {"code": code, "purpose": _MAIL_PURPOSES.get(subject_id.partition("_")[0], "email_address")}
            await queue_mail(service, tx, instance, to=address, kind=kind, values=values)

    await service.database.transact(work)
    nudge(service)
    return verification


async def check_code(
    service: Service, instance: Instance, subject_id: str, purpose: VerificationPurpose, code: str
) -> Verification:
    """The subject's latest verification, when this is its code. It is not spent yet: see `spend_code`.

    Raises:
        ServiceError: `verification_missing`, `verification_already_verified`, `verification_expired`,
            `verification_failed` after five guesses, `form_code_incorrect`, or `too_many_requests`.
    """
    now = service.clock.now()
    latest = await verifications.load_latest_verification(service.database, instance.id, subject_id, purpose)
    if latest is None:
        raise VERIFICATION_MISSING(param_name="code")
    status = verification_status_at(latest, now)
    if status == "verified":
        raise VERIFICATION_ALREADY_VERIFIED(param_name="code")
    if status == "expired":
        raise VERIFICATION_EXPIRED(param_name="code")
    await _require_budget(service, instance, latest.target, now)
    counted = await verifications.count_guess(service.database, latest, now=now)
    if counted is None:
        raise VERIFICATION_FAILED(param_name="code")
    # Again, with this one among them: of many guesses at once, of as many codes, all were allowed above.
    await _require_budget(service, instance, latest.target, now, most=GUESSES_PER_HOUR)
    if not is_same_mac(service.keys.mac("code", code_message(latest.id, code)), latest.code_mac):
        raise (CODE_INCORRECT if counted.attempts < CODE_ATTEMPTS else VERIFICATION_FAILED)(param_name="code")
    return counted


async def spend_code(service: Service, tx: Tx, verification: Verification) -> None:
    """Nothing; the verification is spent in the transaction of what it allows: exactly one of all that race does it.

    Raises:
        ServiceError: `verification_already_verified`: another request spent it.
    """
    if not await verifications.spend_verification(tx, verification, now=service.clock.now()):
        raise VERIFICATION_ALREADY_VERIFIED(param_name="code")


def is_test_target(instance: Instance, target: str) -> bool:
    """Whether codes for this address or number are always 424242 and never sent: development's test mode (A-034)."""
    if instance.environment != "development" or not instance.settings.test_mode:
        return False
    return is_test_address(target) if "@" in target else is_test_phone(target)


def _is_still_good(latest: Verification, strategy: str, target: str, now: int) -> bool:
    is_same = latest.strategy == strategy and latest.target == target and latest.attempts < CODE_ATTEMPTS
    return is_same and latest.status == "unverified" and now < latest.created_at + RESEND_AFTER_MS


async def _require_budget(
    service: Service, instance: Instance, target: str, now: int, *, most: int = GUESSES_PER_HOUR - 1
) -> None:
    since = now - _HOUR_MS
    guesses = await verifications.count_recent_guesses(service.database, instance.id, target, since=since)
    if guesses > most:
        raise TOO_MANY_CODES(headers=_RETRY)


async def _count_code(service: Service, instance: Instance, target: str, now: int) -> None:
    """Nobody's mailbox is filled by strangers: what is sent to one target is bounded, whoever asks for it."""
    key = f"codes:{hash_secret(target).hex()}"
    count = await count_in_window(service.database, instance.id, key, started_at=now - now % _HOUR_MS)
    if count > CODES_PER_HOUR:
        raise TOO_MANY_CODES(headers=_RETRY)


def _new_verification(  # noqa: PLR0913, PLR0917 - a row
    service: Service,
    instance: Instance,
    subject_id: str,
    purpose: VerificationPurpose,
    strategy: str,
    target: str,
    code: str,
) -> Verification:
    now = service.clock.now()
    verification_id = service.make_id("ver")
    return Verification(
        id=verification_id,
        instance_id=instance.id,
        subject_id=subject_id,
        purpose=purpose,
        strategy=strategy,
        target=target,
        code_mac=service.keys.mac("code", code_message(verification_id, code)),
        status="unverified",
        attempts=0,
        expire_at=now + CODE_LIFETIME_MS,
        created_at=now,
        updated_at=now,
    )
