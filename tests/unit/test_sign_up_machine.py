"""The sign-up machine: every pair of status and event; what an attempt lacks; how far its verifications are."""

from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.attempts import CODE_ATTEMPTS, SignUp, SignUpStatus, Verification
from claimsmith_server.core.instance_settings import AuthenticationSettings, InstanceSettings, find_problem
from claimsmith_server.core.sign_up import (
    CONTACTS,
    EVENTS,
    FIELDS,
    IDENTIFIERS,
    STATUSES,
    SignUpEvent,
    change_fields,
    code_target,
    find_requirements,
    is_proof_needed,
    next_status,
    status_at,
    view_verification,
)

NOW = 1_800_000_000_123
MINUTE = 60_000
GIVEN = {
    "email_address": "Ada@example.com",
    "phone_number": "+15555550100",
    "username": "ada_l",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "password_digest": "{argon2id}$argon2id$…",
}
"""A value for each field; the password's is its digest."""
TABLE: dict[tuple[SignUpStatus, SignUpEvent], SignUpStatus] = {
    ("missing_requirements", "change"): "missing_requirements",
    ("missing_requirements", "prepare"): "missing_requirements",
    ("missing_requirements", "verify"): "missing_requirements",
    ("missing_requirements", "complete"): "complete",
    ("missing_requirements", "abandon"): "abandoned",
}
"""All that may happen; what is over stays over."""


def make_sign_up(*names: str, **fields: Any) -> SignUp:
    """An attempt that was given these fields, with their usual values, or with others."""
    columns = {"password_digest" if name == "password" else name for name in names}
    nothing = {field.name: None for field in msgspec.structs.fields(SignUp)}
    usual = {name: GIVEN[name] for name in columns}
    own = {"id": "sua_1", "instance_id": "ins_1", "client_id": "client_1", "status": "missing_requirements"}
    times = {"abandon_at": NOW + 24 * 60 * MINUTE, "created_at": NOW, "updated_at": NOW}
    return SignUp(**{**nothing, **own, **times, "unsafe_metadata": {}, **usual, **fields})


def make_code(**fields: Any) -> Verification:
    """A code that was sent to the usual address."""
    usual = {
        "id": "ver_1",
        "instance_id": "ins_1",
        "subject_id": "sua_1",
        "purpose": "email_address",
        "strategy": "email_code",
        "target": "ada@example.com",
        "code_mac": b"",
        "status": "unverified",
        "attempts": 0,
        "expire_at": NOW + 10 * MINUTE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Verification(**{**usual, **fields})


def all_settings() -> st.SearchStrategy[AuthenticationSettings]:
    """Every combination of settings that an owner may save."""
    presence = st.sampled_from(["off", "optional", "required"])
    flags = ("verify_email_address", "verify_phone_number", "email_code", "phone_code")
    made = st.builds(
        AuthenticationSettings, **dict.fromkeys(FIELDS, presence), **{name: st.booleans() for name in flags}
    )
    return made.filter(lambda one: find_problem(InstanceSettings(authentication=one)) is None)


# ------------------------------------------------------------------------------------------------------------ statuses


@pytest.mark.parametrize(("status", "event"), list(product(STATUSES, EVENTS)))
def test_every_event_in_every_status_does_what_the_table_says(status: SignUpStatus, event: SignUpEvent) -> None:
    assert next_status(status, event) == TABLE.get((status, event))


@pytest.mark.parametrize("status", STATUSES)
def test_an_attempt_is_abandoned_from_the_exact_millisecond_on_unless_it_is_over(status: SignUpStatus) -> None:
    assert status_at(status, NOW, NOW - 1) == status
    assert status_at(status, NOW, NOW) == ("abandoned" if status == "missing_requirements" else status)


# -------------------------------------------------------------------------------------------------------- requirements


def test_the_defaults_ask_for_an_address_a_password_and_a_code() -> None:
    settings = AuthenticationSettings()
    empty = find_requirements(settings, make_sign_up())
    assert empty.required == ("email_address", "password")
    assert empty.optional == ("first_name", "last_name")
    assert (empty.missing, empty.unverified, empty.are_met) == (("email_address", "password"), (), False)
    both = find_requirements(settings, make_sign_up("email_address", "password"))
    assert (both.missing, both.unverified, both.are_met) == ((), ("email_address",), False)
    done = find_requirements(settings, make_sign_up("email_address", "password", email_address_strategy="email_code"))
    assert done.are_met


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_required_optional_or_unknown_as_the_settings_say(name: str) -> None:
    for presence in ("off", "optional", "required"):
        settings = msgspec.structs.replace(AuthenticationSettings(), **{name: presence})
        told = find_requirements(settings, make_sign_up(*FIELDS))
        assert (name in told.required, name in told.optional) == (presence == "required", presence == "optional")
        assert not told.missing
        without = find_requirements(settings, make_sign_up(*(other for other in FIELDS if other != name)))
        assert (name in without.missing) == (presence == "required")


def test_where_either_address_or_number_will_do_both_are_missing_until_one_is_given() -> None:
    settings = AuthenticationSettings(email_address="optional", phone_number="optional")
    assert find_requirements(settings, make_sign_up("password")).missing == ("email_address", "phone_number")
    assert find_requirements(settings, make_sign_up("password", "phone_number")).missing == ()


def test_a_name_alone_is_no_way_back_in() -> None:
    settings = AuthenticationSettings(email_address="optional", username="optional", password="optional")
    assert find_requirements(settings, make_sign_up("username")).missing == ("password",)
    assert find_requirements(settings, make_sign_up("username", "email_address")).missing == ()
    without = AuthenticationSettings(email_address="optional", username="required", password="off")
    assert find_requirements(without, make_sign_up("username")).missing == ("email_address",)


def test_an_address_that_is_the_only_way_back_in_is_verified_whatever_the_settings_say() -> None:
    settings = AuthenticationSettings(password="optional", verify_email_address=False)
    assert find_requirements(settings, make_sign_up("email_address")).unverified == ("email_address",)
    assert find_requirements(settings, make_sign_up("email_address", "password")).are_met


def test_a_password_that_is_still_to_come_is_a_way_back_in() -> None:
    settings = AuthenticationSettings(verify_email_address=False)
    told = find_requirements(settings, make_sign_up("email_address"))
    assert (told.missing, told.unverified) == (("password",), ())


@given(settings=all_settings(), chosen=st.sets(st.sampled_from(FIELDS)))
def test_whoever_gives_what_is_missing_gets_done_with_a_name_and_a_way_back_in(
    settings: AuthenticationSettings, chosen: set[str]
) -> None:
    sign_up = make_sign_up(*(name for name in chosen if getattr(settings, name) != "off"))
    for _ in (*FIELDS, *CONTACTS):
        told = find_requirements(settings, sign_up)
        assert all(getattr(settings, name) != "off" for name in (*told.missing, *told.unverified))
        assert set(told.missing) >= {name for name in told.required if not _has(sign_up, name)}
        if told.are_met:
            break
        if told.missing:
            name = told.missing[-1]
            column = "password_digest" if name == "password" else name
            sign_up = change_fields(sign_up, {column: GIVEN[column]}, NOW)
        else:
            proofs = {f"{contact}_strategy": "a code" for contact in told.unverified}
            sign_up = change_fields(sign_up, proofs, NOW)
    assert find_requirements(settings, sign_up).are_met
    assert any(_has(sign_up, name) for name in IDENTIFIERS)
    assert _has(sign_up, "password") or any(_signs_in_by_code(settings, sign_up, contact) for contact in CONTACTS)


def _has(sign_up: SignUp, name: str) -> bool:
    return getattr(sign_up, "password_digest" if name == "password" else name) is not None


def _signs_in_by_code(settings: AuthenticationSettings, sign_up: SignUp, contact: str) -> bool:
    strategy = "email_code" if contact == "email_address" else "phone_code"
    return getattr(settings, strategy) and getattr(sign_up, f"{contact}_strategy") is not None


# ------------------------------------------------------------------------------------------------------------- changes


def test_A_030_another_address_is_unverified_again_and_another_spelling_is_not_another_address() -> None:
    verified = make_sign_up("email_address", email_address_strategy="email_code", phone_number="+15555550101")
    other = change_fields(verified, {"email_address": "eve@example.com"}, NOW + 1)
    assert (other.email_address_strategy, other.updated_at) == (None, NOW + 1)
    assert change_fields(verified, {"email_address": "ADA@example.com"}, NOW).email_address_strategy == "email_code"
    assert change_fields(verified, {"first_name": "Ada"}, NOW).email_address_strategy == "email_code"


def test_an_address_that_comes_with_its_proof_is_verified() -> None:
    invited = {"email_address": "bob@example.com", "email_address_strategy": "ticket"}
    assert change_fields(make_sign_up("email_address"), invited, NOW).email_address_strategy == "ticket"


def test_A_011_every_spelling_of_an_address_has_one_target() -> None:
    targets = {code_target(make_sign_up(email_address=text), "email_address") for text in ("ada@a.org", "ADA@a.org")}
    assert targets == {"ada@a.org"}
    assert code_target(make_sign_up(), "phone_number") is None


@pytest.mark.parametrize("contact", CONTACTS)
def test_proof_is_needed_where_the_settings_ask_for_it(contact: Any) -> None:
    for is_asked in (True, False):
        settings = msgspec.structs.replace(AuthenticationSettings(), **{f"verify_{contact}": is_asked})
        assert is_proof_needed(settings, make_sign_up("password"), contact) == is_asked


# ------------------------------------------------------------------------------------------------------- verifications


def view_email(sign_up: SignUp, latest: Verification | None, now: int = NOW) -> tuple[Any, ...] | None:
    """Status, strategy and next action of the address."""
    found = view_verification(sign_up, "email_address", latest, now)
    return None if found is None else (found.status, found.strategy, found.next_action)


def test_without_an_address_there_is_nothing_to_verify() -> None:
    assert view_email(make_sign_up(), None) is None
    assert view_email(make_sign_up(), make_code()) is None


def test_before_a_code_is_asked_for_no_strategy_is_told() -> None:
    assert view_email(make_sign_up("email_address"), None) == ("unverified", None, "needs_prepare")


def test_a_code_that_was_sent_needs_an_attempt_until_its_time_or_its_guesses_are_over() -> None:
    sign_up = make_sign_up("email_address")
    assert view_email(sign_up, make_code()) == ("unverified", "email_code", "needs_attempt")
    assert view_email(sign_up, make_code(attempts=CODE_ATTEMPTS)) == ("failed", "email_code", "needs_prepare")
    end = NOW + 10 * MINUTE
    assert view_email(sign_up, make_code(), end - 1) == ("unverified", "email_code", "needs_attempt")
    assert view_email(sign_up, make_code(), end) == ("expired", "email_code", "needs_prepare")


def test_A_006_a_code_that_went_to_another_address_does_not_count() -> None:
    sign_up = make_sign_up("email_address")
    assert view_email(sign_up, make_code(target="eve@example.com")) == ("unverified", None, "needs_prepare")


def test_a_code_that_was_spent_counts_only_while_the_attempt_says_so() -> None:
    spent = make_code(status="verified", attempts=1)
    sign_up = make_sign_up("email_address", email_address_strategy="email_code")
    assert view_email(sign_up, spent) == ("verified", "email_code", "")
    changed_back = make_sign_up("email_address")
    assert view_email(changed_back, spent) == ("unverified", None, "needs_prepare")


def test_a_ticket_verifies_without_any_code() -> None:
    invited = make_sign_up("email_address", email_address_strategy="ticket")
    assert view_email(invited, None) == ("verified", "ticket", "")
