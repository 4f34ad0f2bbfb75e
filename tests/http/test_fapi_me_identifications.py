"""Addresses and numbers of a user's own: claimed, proved, made primary, removed (contract 4.7; case A-028)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browser import Browser, read_code
from faces import CONFIG, START, Api

from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.services.mail import list_kept_mails

PASSWORD = "correct horse battery"
EMAIL = "ada@example.com"
NEW = "countess@example.com"
NUMBER = "+15555550100"
MINUTE = 60 * 1000


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser in which Ada is signed in."""
    user = api.new_user(EMAIL, password=PASSWORD)
    browser = Browser(api)
    browser.start_session(user["id"])
    return browser


def sign_in(api: Api, email: str, **fields: Any) -> Browser:
    """A browser in which a new user is signed in."""
    api.new_user(email, password=PASSWORD, **fields)
    browser = Browser(api)
    browser.sign_in(email, PASSWORD)
    return browser


def add(browser: Browser, address: str = NEW) -> str:
    """The id of an address that was just added."""
    made: str = browser.post("/me/email_addresses/", {"email_address": address})["id"]
    return made


def prepare(browser: Browser, email_id: str) -> Any:
    browser.api.now += 1  # mails are told apart by their time
    return browser.post(f"/me/email_addresses/{email_id}/prepare_verification", {"strategy": "email_code"})


def prove(browser: Browser, email_id: str, address: str = NEW) -> Any:
    prepare(browser, email_id)
    code = read_code(browser.api, address)
    return browser.post(f"/me/email_addresses/{email_id}/attempt_verification", {"code": code})


def add_verified(browser: Browser, address: str = NEW) -> str:
    email_id = add(browser, address)
    prove(browser, email_id, address)
    return email_id


def me(browser: Browser) -> Any:
    return browser.get("/me")


def addresses(browser: Browser) -> dict[str, str | None]:
    """How each address of the user stands."""
    found = me(browser)["email_addresses"]
    return {one["email_address"]: (one["verification"] or {}).get("status") for one in found}


def mail_subjects(api: Api, to: str) -> list[str]:
    instance = api.run(load_public_instance(api.service))
    return [mail.kind for mail in api.run(list_kept_mails(api.service, instance)) if mail.to == to]


# ------------------------------------------------------------------------------------------------ adding and proving


def test_an_address_is_added_proved_and_made_primary(browser: Browser) -> None:
    made = browser.post("/me/email_addresses/", {"email_address": "Countess@EXAMPLE.com"})
    assert (made["email_address"], made["verification"], made["reserved"]) == ("Countess@example.com", None, False)
    assert made in browser.session["user"]["email_addresses"]
    prepared = prepare(browser, made["id"])["verification"]
    assert prepared == {
        "object": "verification_otp",
        "status": "unverified",
        "strategy": "email_code",
        "attempts": 0,
        "expire_at": START + 1 + 10 * MINUTE,
    }
    assert browser.get(f"/me/email_addresses/{made['id']}")["verification"] == prepared
    code = read_code(browser.api, "Countess@example.com")
    proved = browser.post(f"/me/email_addresses/{made['id']}/attempt_verification", {"code": code})
    assert (proved["verification"]["status"], proved["verification"]["strategy"]) == ("verified", "email_code")
    changed = browser.patch("/me", {"primary_email_address_id": made["id"]})
    assert changed["primary_email_address_id"] == made["id"]
    assert browser.session["user"] == changed
    assert mail_subjects(browser.api, EMAIL) == ["email_address_added"]


def test_the_list_of_addresses_is_a_bare_array(browser: Browser) -> None:
    add(browser)
    listed = browser.ok("GET", "/me/email_addresses")
    assert [one["email_address"] for one in listed] == [EMAIL, NEW]
    assert browser.ok("GET", "/me/phone_numbers") == []


def test_a_test_address_takes_the_test_code(browser: Browser) -> None:
    email_id = add(browser, "c+clerk_test@example.com")
    prepare(browser, email_id)
    path = f"/me/email_addresses/{email_id}/attempt_verification"
    assert browser.post(path, {"code": "424242"})["verification"]["status"] == "verified"


def test_the_first_proved_address_of_a_user_without_one_is_primary(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"username": "optional"}})
    user = api.post("/users", {"username": "nobody", "password": PASSWORD})
    browser = Browser(api)
    browser.start_session(user["id"])
    email_id = add(browser)
    assert me(browser)["primary_email_address_id"] is None
    prove(browser, email_id)
    assert me(browser)["primary_email_address_id"] == email_id


NO_ADDRESSES = [
    "a@b@example.com",
    '"a b"@example.com',
    "a(comment)@example.com",
    "a@example.com\r\nBcc: eve@example.com",
    "a＠example.com",  # noqa: RUF001 - U+FF20 looks like @
    "a@example.com\x00",
    "a" * 10_000 + "@example.com",
    "a@example.com.",
    "Ada <a@example.com>",
    "a@",
    "@example.com",
    "a",
    " ",
]


def test_A_029_what_is_no_address_is_refused_before_anything_is_sent(browser: Browser) -> None:
    for address in NO_ADDRESSES:
        refused = browser.refused("POST", "/me/email_addresses/", {"email_address": address})
        assert (refused.status, refused.code) == (422, "form_param_format_invalid"), address[:40]
        assert refused.meta["param_name"] == "email_address"
    assert addresses(browser) == {EMAIL: "verified"}


def test_A_029_a_domain_has_one_canonical_form(browser: Browser) -> None:
    add(browser, "a@xn--mnchen-3ya.example")
    refused = browser.refused("POST", "/me/email_addresses/", {"email_address": "A@MÜNCHEN.example"})
    assert refused.code == "form_identifier_exists"


def test_an_address_that_is_missing_is_told(browser: Browser) -> None:
    assert browser.refused("POST", "/me/email_addresses/", {})[:2] == (422, "form_param_missing")


def test_the_same_address_is_not_added_twice(browser: Browser) -> None:
    add(browser)
    for address in (EMAIL, EMAIL.upper(), NEW):
        refused = browser.refused("POST", "/me/email_addresses/", {"email_address": address})
        assert (refused.status, refused.code) == (422, "form_identifier_exists")
        assert refused.meta["param_name"] == "email_address"


def test_a_user_has_at_most_25_addresses(browser: Browser) -> None:
    for number in range(24):
        add(browser, f"a{number}@example.com")
    assert browser.refused("POST", "/me/email_addresses/", {"email_address": NEW}).code == "form_param_value_invalid"


def test_where_addresses_are_off_none_is_added(browser: Browser) -> None:
    browser.api.patch(CONFIG, {"authentication": {"username": "optional", "email_address": "off"}})
    assert browser.refused("POST", "/me/email_addresses/", {"email_address": NEW}).code == "form_param_unknown"


# -------------------------------------------------------------------------------------------------------------- codes


def test_A_004_a_code_is_void_after_five_guesses(browser: Browser) -> None:
    email_id = add(browser)
    prepare(browser, email_id)
    path = f"/me/email_addresses/{email_id}/attempt_verification"
    code = read_code(browser.api, NEW)
    wrong = "000000" if code != "000000" else "111111"
    codes = [browser.refused("POST", path, {"code": wrong}).code for _ in range(5)]
    assert codes == ["form_code_incorrect"] * 4 + ["verification_failed"]
    assert browser.refused("POST", path, {"code": code})[:2] == (422, "verification_failed")
    assert browser.get(f"/me/email_addresses/{email_id}")["verification"]["status"] == "failed"
    assert addresses(browser)[NEW] is None


def test_A_007_a_code_expires_after_ten_minutes(browser: Browser) -> None:
    email_id = add(browser)
    prepare(browser, email_id)
    code = read_code(browser.api, NEW)
    browser.api.now += 10 * MINUTE
    path = f"/me/email_addresses/{email_id}/attempt_verification"
    assert browser.refused("POST", path, {"code": code})[:2] == (422, "verification_expired")
    assert browser.get(f"/me/email_addresses/{email_id}")["verification"]["status"] == "expired"


def test_A_006_a_code_proves_only_what_it_was_sent_for(browser: Browser) -> None:
    api = browser.api
    first, second = add(browser), add(browser, "other@example.com")
    prepare(browser, first)
    prepare(browser, second)
    code = read_code(api, NEW)
    # Another identifier, another user's address, another purpose.
    path = f"/me/email_addresses/{second}/attempt_verification"
    assert browser.refused("POST", path, {"code": code}).code == "form_code_incorrect"
    eve = sign_in(api, "eve@example.com")
    assert eve.refused("POST", f"/me/email_addresses/{first}/attempt_verification", {"code": code}).status == 404
    session = f"/client/sessions/{browser.session_id}/verify"
    form = {"strategy": "email_code", "code": code}
    assert browser.refused("POST", f"{session}/attempt_first_factor", form).code == "verification_missing"
    browser.post(f"{session}/prepare_first_factor", {"strategy": "email_code"})
    assert browser.refused("POST", f"{session}/attempt_first_factor", form).code == "form_code_incorrect"
    reverification_code = read_code(api, EMAIL)
    path = f"/me/email_addresses/{first}/attempt_verification"
    assert browser.refused("POST", path, {"code": reverification_code}).code == "form_code_incorrect"
    assert browser.post(path, {"code": code})["verification"]["status"] == "verified"


def test_A_001_one_of_many_at_once_proves_the_address(browser: Browser) -> None:
    email_id = add(browser)
    prepare(browser, email_id)
    form = {"code": read_code(browser.api, NEW)}
    path = f"/me/email_addresses/{email_id}/attempt_verification"
    answers = browser.api.together(*(browser.ask("POST", path, form) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers)[:2] == [200, 400]
    assert mail_subjects(browser.api, EMAIL) == ["email_address_added"]


def test_a_verification_says_what_is_next(browser: Browser) -> None:
    email_id = add(browser)
    path = f"/me/email_addresses/{email_id}"
    attempt, prepared = f"{path}/attempt_verification", f"{path}/prepare_verification"
    assert browser.refused("POST", attempt, {"code": "123456"})[:2] == (400, "verification_missing")
    assert browser.refused("POST", attempt, {})[:2] == (422, "form_param_missing")
    assert browser.refused("POST", prepared, {})[:2] == (422, "form_param_missing")
    assert browser.refused("POST", prepared, {"strategy": "email_link"})[:2] == (422, "form_param_value_invalid")
    prove(browser, email_id)
    for last, form in ((attempt, {"code": "123456"}), (prepared, {"strategy": "email_code"})):
        assert browser.refused("POST", last, form)[:2] == (400, "verification_already_verified")


# ------------------------------------------------------------------------------------- an unverified one blocks nobody


def test_A_028_several_may_claim_an_address_and_who_proves_it_has_it(api: Api) -> None:
    mallory, ada = sign_in(api, "mallory@example.com"), sign_in(api, EMAIL)
    claimed, wanted = add(mallory), add(ada)
    prove(ada, wanted)
    assert addresses(ada)[NEW] == "verified"
    path = f"/me/email_addresses/{claimed}/prepare_verification"
    assert mallory.refused("POST", path, {"strategy": "email_code"}).code == "form_identifier_exists"
    found = api.get("/users", params={"email_address": NEW})
    assert [user["id"] for user in found] == [me(ada)["id"]]


def test_A_028_a_claim_stops_nobody_from_signing_up_or_from_being_made_with_it(api: Api) -> None:
    mallory = sign_in(api, "mallory@example.com")
    add(mallory)
    made = api.new_user(NEW)
    assert [user["id"] for user in api.get("/users", params={"email_address": NEW})] == [made["id"]]
    add(mallory, "third@example.com")
    victim = Browser(api)
    form = {"email_address": "third@example.com", "password": PASSWORD}
    sign_up = victim.post("/client/sign_ups", form)
    victim.post(f"/client/sign_ups/{sign_up['id']}/prepare_verification", {"strategy": "email_code"})
    code = {"strategy": "email_code", "code": read_code(api, "third@example.com")}
    assert victim.post(f"/client/sign_ups/{sign_up['id']}/attempt_verification", code)["status"] == "complete"


def test_A_028_a_claim_finds_nobody_at_sign_in(api: Api) -> None:
    add(sign_in(api, "mallory@example.com"))
    stranger = Browser(api)
    form = {"identifier": NEW, "password": PASSWORD}
    assert stranger.refused("POST", "/client/sign_ins", form)[:2] == (422, "form_identifier_not_found")


def test_A_028_a_code_that_was_sent_before_another_proved_the_address_is_worth_nothing(api: Api) -> None:
    mallory, ada = sign_in(api, "mallory@example.com"), sign_in(api, EMAIL)
    claimed = add(mallory)
    prepare(mallory, claimed)
    code = read_code(api, NEW)
    prove(ada, add(ada))
    path = f"/me/email_addresses/{claimed}/attempt_verification"
    assert mallory.refused("POST", path, {"code": code})[:2] == (422, "form_identifier_exists")
    assert addresses(mallory)[NEW] is None


def test_A_028_two_who_prove_an_address_at_once_do_not_both_have_it(open_on_engine: Callable[[], Api]) -> None:
    api = open_on_engine()
    pair = [sign_in(api, "mallory@example.com"), sign_in(api, EMAIL)]
    asked = []
    for browser in pair:
        email_id = add(browser)
        prepare(browser, email_id)
        path = f"/me/email_addresses/{email_id}/attempt_verification"
        asked.append(browser.ask("POST", path, {"code": read_code(api, NEW)}))
    answers: list[httpx.Response] = api.together(*asked)
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert sorted(str(addresses(browser)[NEW]) for browser in pair) == ["None", "verified"]


def test_A_028_who_signed_up_unverified_loses_the_address_to_who_proves_it(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    mallory = Browser(api)
    form = {"email_address": NEW, "password": PASSWORD}
    assert mallory.post("/client/sign_ups", form)["status"] == "complete"
    ada = sign_in(api, EMAIL)
    prove(ada, add(ada))
    assert addresses(mallory) == {}
    assert me(mallory)["primary_email_address_id"] is None
    stranger = Browser(api)
    assert stranger.refused("POST", "/client/sign_ins", {"identifier": NEW, "password": PASSWORD + "?"})[1] == (
        "form_password_incorrect"
    )
    stranger.sign_in(NEW, PASSWORD)
    assert stranger.session["user"]["id"] == me(ada)["id"]


def test_who_signed_up_unverified_may_prove_the_address(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    browser = Browser(api)
    browser.post("/client/sign_ups", {"email_address": NEW, "password": PASSWORD})
    (email,) = me(browser)["email_addresses"]
    assert email["verification"] is None
    prove(browser, email["id"])
    assert addresses(browser) == {NEW: "verified"}


def test_an_address_that_is_proved_or_reserved_is_refused_at_once(api: Api) -> None:
    browser = sign_in(api, EMAIL)
    api.new_user("taken@example.com")
    api.new_user("kept@example.com", email_address_identification_status=["reserved"])
    for address in ("taken@example.com", "TAKEN@example.com", "kept@example.com"):
        refused = browser.refused("POST", "/me/email_addresses/", {"email_address": address})
        assert (refused.status, refused.code) == (422, "form_identifier_exists")


# ------------------------------------------------------------------------------------------------- self-verification


def test_A_030_no_field_makes_an_address_verified(browser: Browser) -> None:
    names = ("verified", "verification", "verification_status", "status", "reserved", "primary")
    claims = dict.fromkeys(names, "true")
    made = browser.post("/me/email_addresses/", {"email_address": NEW, **claims})
    assert (made["verification"], made["reserved"]) == (None, False)
    assert browser.send("PATCH", f"/me/email_addresses/{made['id']}", claims).status_code == 405
    assert addresses(browser)[NEW] is None


def test_A_030_what_is_not_verified_or_not_ones_own_is_not_made_primary(browser: Browser) -> None:
    api = browser.api
    other = api.new_user("eve@example.com")["primary_email_address_id"]
    before = me(browser)["primary_email_address_id"]
    for email_id in (add(browser), other, "idn_x"):
        refused = browser.refused("PATCH", "/me", {"primary_email_address_id": email_id})
        assert (refused.status, refused.code) == (422, "form_param_value_invalid")
        assert refused.meta["param_name"] == "primary_email_address_id"
    assert me(browser)["primary_email_address_id"] == before


def test_S_025_another_users_address_is_not_there(browser: Browser) -> None:
    other = browser.api.new_user("eve@example.com")["primary_email_address_id"]
    path = f"/me/email_addresses/{other}"
    assert browser.refused("GET", path)[:2] == (404, "resource_not_found")
    assert browser.refused("DELETE", path)[:2] == (404, "resource_not_found")
    prepared = browser.refused("POST", f"{path}/prepare_verification", {"strategy": "email_code"})
    assert prepared[:2] == (404, "resource_not_found")


# ------------------------------------------------------------------------------------------------------------ removing


def test_the_primary_address_moves_when_it_is_removed(browser: Browser) -> None:
    first = me(browser)["primary_email_address_id"]
    add(browser, "claimed@example.com")
    second = add_verified(browser)
    gone = browser.delete(f"/me/email_addresses/{first}")
    assert gone == {"object": "email_address", "id": first, "deleted": True}
    assert browser.session["user"]["primary_email_address_id"] == second
    assert addresses(browser) == {"claimed@example.com": None, NEW: "verified"}
    stranger = Browser(browser.api)
    assert stranger.refused("POST", "/client/sign_ins", {"identifier": EMAIL})[1] == "form_identifier_not_found"


def test_the_last_address_stays(browser: Browser) -> None:
    claimed = add(browser)
    primary = me(browser)["primary_email_address_id"]
    path = f"/me/email_addresses/{primary}"
    assert browser.refused("DELETE", path)[:2] == (400, "last_identification_deletion_failed")
    browser.delete(f"/me/email_addresses/{claimed}")
    assert addresses(browser) == {EMAIL: "verified"}


def test_the_last_address_stays_where_everybody_needs_one(browser: Browser) -> None:
    browser.api.patch(CONFIG, {"authentication": {"username": "optional"}})
    browser.patch("/me", {"username": "ada_l"})
    path = f"/me/email_addresses/{me(browser)['primary_email_address_id']}"
    assert browser.refused("DELETE", path)[:2] == (400, "last_required_identification_deletion_failed")
    browser.api.patch(CONFIG, {"authentication": {"email_address": "optional"}})
    browser.delete(path)
    assert addresses(browser) == {}
    Browser(browser.api).sign_in("ada_l", PASSWORD)


def test_the_only_factor_of_a_user_without_a_password_stays(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"username": "optional", "email_address": "optional"}})
    user = api.new_user(EMAIL, username="ada_l")
    browser = Browser(api)
    browser.start_session(user["id"])
    path = f"/me/email_addresses/{user['primary_email_address_id']}"
    assert browser.refused("DELETE", path)[:2] == (400, "last_identification_deletion_failed")


def test_of_two_addresses_removed_at_once_one_stays(open_on_engine: Callable[[], Api]) -> None:
    browser = sign_in(open_on_engine(), EMAIL)
    ids = [me(browser)["primary_email_address_id"], add_verified(browser)]
    asked = [browser.ask("DELETE", f"/me/email_addresses/{email_id}", {}) for email_id in ids]
    answers = browser.api.together(*asked)
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len(addresses(browser)) == 1


# --------------------------------------------------------------------------------------------------------------- phones


@pytest.fixture
def with_phones(browser: Browser) -> Browser:
    """Ada's browser where phone numbers are on."""
    browser.api.patch(CONFIG, {"authentication": {"phone_number": "optional"}})
    return browser


def add_phone(browser: Browser, number: str = NUMBER) -> str:
    made: str = browser.post("/me/phone_numbers/", {"phone_number": number})["id"]
    return made


def prove_phone(browser: Browser, phone_id: str) -> Any:
    browser.post(f"/me/phone_numbers/{phone_id}/prepare_verification", {"strategy": "phone_code"})
    return browser.post(f"/me/phone_numbers/{phone_id}/attempt_verification", {"code": "424242"})


def test_a_test_number_is_added_proved_and_removed(with_phones: Browser) -> None:
    phone_id = add_phone(with_phones, "+1 (555) 555-0100")
    assert with_phones.get(f"/me/phone_numbers/{phone_id}")["phone_number"] == NUMBER
    assert prove_phone(with_phones, phone_id)["verification"]["status"] == "verified"
    assert me(with_phones)["primary_phone_number_id"] == phone_id
    with_phones.delete(f"/me/phone_numbers/{phone_id}")
    assert me(with_phones)["primary_phone_number_id"] is None
    assert with_phones.ok("GET", "/me/phone_numbers") == []


def test_a_number_that_nothing_can_be_sent_to_is_told(with_phones: Browser) -> None:
    path = f"/me/phone_numbers/{add_phone(with_phones, '+491701234567')}/prepare_verification"
    refused = with_phones.refused("POST", path, {"strategy": "phone_code"})
    assert (refused.status, refused.code) == (422, "phone_number_unreachable")


def test_a_number_is_no_second_factor(with_phones: Browser) -> None:
    form = {"phone_number": NUMBER, "reserved_for_second_factor": "true"}
    assert with_phones.refused("POST", "/me/phone_numbers/", form)[:2] == (403, "feature_not_enabled")
    path = f"/me/phone_numbers/{add_phone(with_phones)}"
    for form in ({"reserved_for_second_factor": "true"}, {"default_second_factor": "true"}):
        assert with_phones.refused("PATCH", path, form)[:2] == (403, "feature_not_enabled")
    assert with_phones.patch(path, {"reserved_for_second_factor": "false"})["reserved_for_second_factor"] is False


def test_numbers_are_off_by_default(browser: Browser) -> None:
    assert browser.refused("POST", "/me/phone_numbers/", {"phone_number": NUMBER}).code == "form_param_unknown"


def test_A_028_a_claimed_number_blocks_nobody(with_phones: Browser) -> None:
    mallory = sign_in(with_phones.api, "mallory@example.com")
    add_phone(mallory)
    assert prove_phone(with_phones, add_phone(with_phones))["verification"]["status"] == "verified"
    assert mallory.ok("GET", "/me/phone_numbers") == []
    refused = mallory.refused("POST", "/me/phone_numbers/", {"phone_number": NUMBER})
    assert (refused.status, refused.code) == (422, "form_identifier_exists")


def test_A_028_a_number_that_somebody_signed_up_with_is_not_taken_by_a_mere_claim(with_phones: Browser) -> None:
    api = with_phones.api
    api.patch(CONFIG, {"authentication": {"verify_phone_number": False, "email_address": "optional"}})
    other = Browser(api)
    assert other.post("/client/sign_ups", {"phone_number": NUMBER, "password": PASSWORD})["status"] == "complete"
    refused = with_phones.refused("POST", "/me/phone_numbers/", {"phone_number": NUMBER})
    assert (refused.status, refused.code) == (422, "form_identifier_exists")
    assert len(other.ok("GET", "/me/phone_numbers")) == 1
