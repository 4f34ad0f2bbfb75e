"""The sign-in machine: every pair of status and event; factors of a user, and what is told of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.attempts import SignInStatus
from claimsmith_server.core.contacts import parse_email_address
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import EmailAddress, PhoneNumber, User
from claimsmith_server.core.sign_in import (
    EVENTS,
    STATUSES,
    Identifier,
    SignInEvent,
    choose_factor,
    find_first_factors,
    mask_email_address,
    mask_phone_number,
    next_status,
    parse_identifier,
    status_at,
    stored_identifier,
    supported_identifiers,
)

TABLE = """
                                       needs_identifier     needs_first_factor  needs_second_factor needs_new_password
identify                               needs_first_factor   -                    -                    -
prepare_first_factor                   -                    needs_first_factor   -                    -
verify_first_factor                    -                    complete             -                    -
verify_first_of_two_factors            -                    needs_second_factor  -                    -
verify_reset_code                      -                    needs_new_password   -                    -
prepare_second_factor                  -                    -                    needs_second_factor  -
verify_second_factor                   -                    -                    complete             -
set_new_password                       -                    -                    -                    complete
set_new_password_before_second_factor  -                    -                   -                   needs_second_factor
spend_ticket                           complete             complete             -                    -
spend_ticket_before_second_factor      needs_second_factor  needs_second_factor  -                    -
abandon                                abandoned            abandoned            abandoned            abandoned
"""
"""What each event makes of each status; `complete` and `abandoned` are left by none."""


def read_table() -> dict[tuple[str, str], str | None]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    told = {
        (status, event): None if cell == "-" else cell
        for event, *cells in rows
        for status, cell in zip(head, cells, strict=True)
    }
    return told | {(status, row[0]): None for row in rows for status in ("complete", "abandoned")}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_status_does_what_the_table_says(status: SignInStatus, event: SignInEvent) -> None:
    assert next_status(status, event) == read_table()[status, event]


def test_the_table_has_every_pair() -> None:
    assert set(read_table()) == {(status, event) for status in STATUSES for event in EVENTS}
    assert len(read_table()) == 6 * 12


def test_A_024_nothing_but_a_second_factor_leads_past_the_second_factor() -> None:
    onward = {event for event in EVENTS if next_status("needs_second_factor", event) == "complete"}
    assert onward == {"verify_second_factor"}


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_A_024_with_two_factors_no_run_of_events_completes_without_the_second(events: list[SignInEvent]) -> None:
    of_one_factor = {"verify_first_factor", "set_new_password", "spend_ticket"}
    status: SignInStatus = "needs_identifier"
    for event in events:
        if event not in of_one_factor:
            status = next_status(status, event) or status
    assert status != "complete" or "verify_second_factor" in events


@pytest.mark.parametrize("status", STATUSES)
def test_an_attempt_is_abandoned_from_the_exact_millisecond_on_unless_it_is_over(status: SignInStatus) -> None:
    assert status_at(status, 1000, 999) == status
    assert status_at(status, 1000, 1000) == (status if status == "complete" else "abandoned")


# ------------------------------------------------------------------------------------------------------- identifiers

ALL = AuthenticationSettings(phone_number="optional", username="optional")


@pytest.mark.parametrize(
    ("text", "kind", "canonical"),
    [
        ("ada@example.com", "email_address", "ada@example.com"),
        ("  ada@EXAMPLE.com\t", "email_address", "ada@example.com"),
        ("Ada@example.com", "email_address", "Ada@example.com"),
        ("+1 (555) 555-0100", "phone_number", "+15555550100"),
        ("+15555550100", "phone_number", "+15555550100"),
        ("ada_lovelace", "username", "ada_lovelace"),
        ("15555550100", "username", "15555550100"),
    ],
)
def test_A_011_each_spelling_has_one_canonical_form(text: str, kind: Any, canonical: str) -> None:
    assert parse_identifier(text, ALL) == Identifier(kind, canonical)


@pytest.mark.parametrize(
    "text",
    ["", " ", "ada", "ada@", "@example.com", "a@b@example.com", "ada@example.com\x00", "ada\uff20example.com",
     '"ada"@example.com', "Ada <ada@example.com>", "+1", "+0555", "+15555550100x", "a b c d", "x" * 65, "@" * 10_000],
)  # fmt: skip
def test_A_029_what_is_no_identifier_is_none(text: str) -> None:
    assert parse_identifier(text, ALL) is None


def test_identifiers_of_kinds_that_are_off_are_none() -> None:
    only_email = AuthenticationSettings()
    only_name = AuthenticationSettings(email_address="off", username="required")
    assert supported_identifiers(only_email) == ("email_address",)
    assert supported_identifiers(only_name) == ("username",)
    assert supported_identifiers(ALL) == ("email_address", "phone_number", "username")
    assert [parse_identifier(text, only_email) for text in ("ada_l", "+15555550100")] == [None, None]
    assert [parse_identifier(text, only_name) for text in ("ada@example.com", "+15555550100")] == [None, None]


@given(st.text(max_size=80))
def test_A_011_a_canonical_form_is_its_own_canonical_form(text: str) -> None:
    found = parse_identifier(text, ALL)
    assert found is None or parse_identifier(found.text, ALL) == found


@given(st.text(alphabet="ab+@._- 1", max_size=24))
def test_the_three_kinds_are_never_mistaken_for_each_other(text: str) -> None:
    found = parse_identifier(text, ALL)
    if found is not None:
        assert ("@" in found.text) == (found.kind == "email_address")
        assert found.text.startswith("+") == (found.kind == "phone_number") or "@" in found.text


# ----------------------------------------------------------------------------------------------------------- factors


def make_email(number: int, address: str, *, verified: bool = True) -> EmailAddress:
    status: Any = "verified" if verified else "unverified"
    return EmailAddress(
        id=f"idn_{number}", user_id="user_1", email_address=address, reserved=False, verification_status=status,
        verification_strategy="email_code", created_at=0, updated_at=0,
    )  # fmt: skip


def make_phone(number: int, text: str, *, verified: bool = True) -> PhoneNumber:
    status: Any = "verified" if verified else "unverified"
    return PhoneNumber(
        id=f"idn_{number}", user_id="user_1", phone_number=text, reserved=False, verification_status=status,
        verification_strategy="phone_code", created_at=0, updated_at=0,
    )  # fmt: skip


def make_user(**fields: Any) -> User:
    absent = dict.fromkeys(
        ("external_id", "username", "first_name", "last_name", "locale", "primary_email_address_id",
         "primary_phone_number_id", "primary_web3_wallet", "password_digest", "password_last_updated_at",
         "create_organizations_limit", "legal_accepted_at", "last_sign_in_at", "last_active_at")
    )  # fmt: skip
    plain: dict[str, Any] = {
        "id": "user_1", "instance_id": "ins_1", "image_url": "", "has_image": False, "two_factor_enabled": False,
        "public_metadata": {}, "private_metadata": {}, "unsafe_metadata": {}, "banned": False, "locked": False,
        "delete_self_enabled": True, "create_organization_enabled": True, "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    return User(**{**absent, **plain, **fields})


ADA = make_user(
    username="Ada_L",
    password_digest="{argon2id}x",
    primary_email_address_id="idn_2",
    primary_phone_number_id="idn_4",
    email_addresses=(
        make_email(1, "old@example.org"),
        make_email(2, "ada@example.com"),
        make_email(3, "new@example.net", verified=False),
    ),
    phone_numbers=(make_phone(4, "+15555550100"), make_phone(5, "+441632960961")),
)


def strategies(
    settings: AuthenticationSettings, user: User = ADA, identifier: str | None = None
) -> list[tuple[str, str | None]]:
    found = find_first_factors(user, settings, identifier, lambda number: number == "+15555550100")
    return [(factor.strategy, factor.email_address_id or factor.phone_number_id) for factor in found]


def test_factors_are_the_password_then_codes_to_verified_reachable_places_then_resets() -> None:
    assert strategies(ALL) == [
        ("password", None),
        ("email_code", "idn_2"),
        ("email_code", "idn_1"),
        ("phone_code", "idn_4"),
        ("reset_password_email_code", "idn_2"),
        ("reset_password_email_code", "idn_1"),
        ("reset_password_phone_code", "idn_4"),
    ]


def test_the_address_that_was_given_comes_before_the_primary_one() -> None:
    assert strategies(ALL, identifier="old@example.org")[1] == ("email_code", "idn_1")


def test_codes_come_first_where_they_are_preferred_and_resets_stay_last() -> None:
    names = [name for name, _ in strategies(AuthenticationSettings(preferred_sign_in_strategy="otp"))]
    assert names == ["email_code", "email_code", "phone_code", "password", *names[4:]]
    assert {name[:14] for name in names[4:]} == {"reset_password"}


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"password": "off"}, {"password", "reset_password_email_code", "reset_password_phone_code"}),
        ({"email_code": False}, {"email_code"}),
        ({"phone_code": False}, {"phone_code"}),
        ({}, set()),
    ],
)
def test_what_is_off_is_no_factor(settings: dict[str, Any], missing: set[str]) -> None:
    everything = {name for name, _ in strategies(ALL)}
    assert everything - {name for name, _ in strategies(AuthenticationSettings(**settings))} == missing


def test_A_006_an_unverified_address_is_no_factor() -> None:
    assert not [place for _, place in strategies(ALL) if place == "idn_3"]
    nobody = make_user(email_addresses=(make_email(3, "new@example.net", verified=False),))
    assert strategies(ALL, nobody) == []


def test_a_factor_is_chosen_by_strategy_and_by_the_place_that_is_named() -> None:
    factors = find_first_factors(ADA, ALL, None, lambda _: True)
    assert choose_factor(factors, "email_code") == factors[1]
    assert choose_factor(factors, "email_code", "idn_1") == factors[2]
    assert choose_factor(factors, "email_code", "idn_3") is None
    assert choose_factor(factors, "email_code", "idn_4") is None
    assert choose_factor(factors, "totp") is None


def test_places_are_told_in_full_to_who_gave_them_and_masked_to_others() -> None:
    by_address = find_first_factors(ADA, ALL, "ada@example.com", lambda _: True)
    told = {factor.safe_identifier for factor in by_address}
    assert told == {None, "ada@example.com", "o***@example.org", "+********100", "+********0961"}
    by_name = find_first_factors(ADA, ALL, "Ada_L", lambda _: True)
    assert "ada@example.com" not in {factor.safe_identifier for factor in by_name}
    assert [factor.primary for factor in by_name if factor.strategy == "email_code"] == [True, False]


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_masked_number_shows_at_most_a_third_of_its_digits(number: str) -> None:
    masked = mask_phone_number(number)
    shown = masked.strip("+*")
    assert len(masked) == len(number)
    assert number.endswith(shown)
    assert 2 <= len(shown) <= min(4, len(number) // 3)


@given(st.emails())
def test_a_masked_address_shows_one_letter_of_its_local_part(address: str) -> None:
    canonical = parse_email_address(address)
    if canonical is not None:
        local, _, domain = canonical.rpartition("@")
        assert mask_email_address(canonical) == f"{local[0]}***@{domain}"


def test_an_identifier_is_told_as_its_user_spells_it() -> None:
    user = make_user(username="Ada_L", email_addresses=(make_email(1, "Ada@example.com"),))
    assert stored_identifier(user, Identifier("email_address", "ada@example.com")) == "Ada@example.com"
    assert stored_identifier(user, Identifier("username", "ada_l")) == "Ada_L"
