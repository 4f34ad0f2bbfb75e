"""Limits of organizations under parallel requests, on both engines (case Z-014)."""

# ruff: noqa: ANN001, ANN201 - fixtures are told apart by name; ids of cases are upper case

import pytest
from people import Person, found_organization

CODE_OF_FULL = "organization_membership_quota_exceeded"


@pytest.fixture
def engine_api(open_on_engine):
    return open_on_engine()


def codes(answers):
    """How often each error was answered; successes under 200."""
    found = {}
    for answer in answers:
        code = 200 if answer.status_code == 200 else answer.json()["errors"][0]["code"]
        found[code] = found.get(code, 0) + 1
    return found


def test_Z_014_members_never_exceed_the_limit_under_50_parallel_adds(engine_api):
    ada = Person(engine_api, "ada@example.com")
    path = f"/organizations/{found_organization(ada)}"
    engine_api.patch(path, {"max_allowed_memberships": 8})
    people = [engine_api.new_user(f"p{number}@example.com")["id"] for number in range(50)]
    asked = [
        ada.browser.ask("POST", f"{path}/memberships", {"user_id": person, "role": "org:member"}) for person in people
    ]
    assert codes(engine_api.together(*asked)) == {200: 7, CODE_OF_FULL: 43}
    assert engine_api.get(f"{path}/memberships")["total_count"] == 8


def test_Z_014_invitations_and_members_together_never_exceed_the_limit(engine_api):
    ada = Person(engine_api, "ada@example.com")
    path = f"/organizations/{found_organization(ada)}"
    engine_api.patch(path, {"max_allowed_memberships": 5})
    forms = [{"email_address": f"i{number}@example.com", "role": "org:member"} for number in range(20)]
    asked = [ada.browser.ask("POST", f"{path}/invitations", form) for form in forms]
    assert codes(engine_api.together(*asked)) == {200: 4, CODE_OF_FULL: 16}


def test_Z_014_a_user_never_creates_more_organizations_than_allowed(engine_api):
    ada = Person(engine_api, "ada@example.com")
    engine_api.patch(f"/users/{ada.id}", {"create_organizations_limit": 3})
    asked = [ada.browser.ask("POST", "/organizations", {"name": "Same name"}) for _ in range(20)]
    assert codes(engine_api.together(*asked)) == {200: 3, "organization_quota_exceeded": 17}


def test_Z_013_one_slug_belongs_to_one_organization(engine_api):
    ada = Person(engine_api, "ada@example.com")
    forms = [{"name": f"Acme {number}", "slug": "acme"} for number in range(10)]
    asked = [ada.browser.ask("POST", "/organizations", form) for form in forms]
    assert codes(engine_api.together(*asked)) == {200: 1, "form_name_exists": 9}


def test_Z_013_one_address_has_one_pending_invitation_and_one_mail(engine_api):
    ada = Person(engine_api, "ada@example.com")
    path = f"/organizations/{found_organization(ada)}"
    form = {"email_address": "grace@example.com", "role": "org:member"}
    asked = [ada.browser.ask("POST", f"{path}/invitations", form) for _ in range(10)]
    assert codes(engine_api.together(*asked)) == {200: 1, "duplicate_record": 9}


def test_Z_006_of_many_who_manage_and_leave_at_once_one_stays(engine_api):
    ada = Person(engine_api, "ada@example.com")
    organization_id = found_organization(ada)
    path = f"/organizations/{organization_id}"
    people = [ada] + [Person(engine_api, f"p{number}@example.com") for number in range(5)]
    for person in people[1:]:
        engine_api.post(f"{path}/memberships", {"user_id": person.id, "role": "org:admin"})
    asked = [one.browser.ask("DELETE", f"/me/organization_memberships/{organization_id}") for one in people]
    assert codes(engine_api.together(*asked)) == {200: 5, "organization_minimum_permissions_needed": 1}
