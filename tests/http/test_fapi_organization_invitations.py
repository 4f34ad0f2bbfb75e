"""Invitations to organizations, from the mail to the membership (contract 4.6; cases A-002, A-014, A-027, Z-007)."""

# ruff: noqa: ANN001, ANN003, ANN201 - fixtures are told apart by name; ids of cases are upper case

from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Browser
from faces import CONFIG, ORIGIN
from people import Person, enlist, found_organization

from claimsmith_server.core.organizations import INVITATION_LIFETIME_MS
from claimsmith_server.services.mail import list_kept_mails

HOUR = 3_600_000
INVITED = "grace@example.com"


@pytest.fixture
def ada(api):
    return Person(api, "ada@example.com")


@pytest.fixture
def path(ada):
    return f"/organizations/{found_organization(ada)}"


def invite(ada, path, email=INVITED, **more):
    return ada.browser.post(f"{path}/invitations", {"email_address": email, "role": "org:member", **more})


def mails(api):
    return api.run(list_kept_mails(api.service, api.tenants[0].instance))


def ticket_of(api, email=INVITED):
    """The ticket in the latest mail to an address."""
    mail = next(one for one in mails(api) if one.to == email)
    return parse_qs(urlsplit(mail.content.link[1]).query)["ticket"][0]


def follow(browser, ticket, **query):
    """Where the link of a mail leads, and what it says there."""
    answer = browser.send("GET", "/tickets/accept", query={"ticket": ticket, **query})
    assert answer.status_code == 303, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    parts = urlsplit(answer.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", {k: v[0] for k, v in parse_qs(parts.query).items()}


def test_an_invitation_is_mailed_listed_and_counted_and_its_ticket_told_to_nobody_else(api, ada, path):
    made = invite(ada, path)
    assert (made["status"], made["role"], made["role_name"]) == ("pending", "org:member", "Member")
    assert made["url"] is None
    assert made["public_organization_data"]["name"] == "Acme"
    assert made["expires_at"] == api.now + INVITATION_LIFETIME_MS
    (mail,) = mails(api)
    assert (mail.kind, mail.to) == ("organization_invitation", INVITED)
    assert "Ada Lovelace" in mail.content.lead
    link = mail.content.link[1]
    assert link.startswith(f"{ORIGIN}/v1/tickets/accept?ticket=")
    ticket = ticket_of(api)
    answer = ada.browser.send("GET", f"{path}/invitations")
    assert ticket not in answer.text
    assert answer.json()["response"] == {"data": [made], "total_count": 1}
    assert ada.browser.get(f"{path}/invitations/pending") == [made]
    assert ada.browser.get(path)["pending_invitations_count"] == 1
    assert ticket not in repr(api.sql("SELECT * FROM organization_invitations"))
    assert ticket not in api.log.getvalue()


def test_an_invitation_is_accepted_by_the_owner_of_its_address(api, ada, path):
    made = invite(ada, path, "Grace@Example.com")
    grace = Person(api, INVITED)
    (mine,) = grace.browser.get("/me/organization_invitations", query={"status": "pending"})["data"]
    assert mine["id"] == made["id"]
    accepted = grace.browser.post(f"/me/organization_invitations/{made['id']}/accept")
    assert accepted["status"] == "accepted"
    assert grace.organizations() == {path.rpartition("/")[2]: "org:member"}
    again = grace.browser.refused("POST", f"/me/organization_invitations/{made['id']}/accept")
    assert (again.status, again.code) == (400, "organization_invitation_not_pending")
    assert grace.browser.get("/me/organization_invitations", query={"status": "pending"})["total_count"] == 0
    assert ada.browser.get(f"{path}/invitations", query={"status": "accepted"})["total_count"] == 1
    assert ada.browser.get(f"{path}/invitations", query={"status": "completed"})["total_count"] == 0


def test_A_027_Z_007_nobody_else_accepts_it_and_nobody_with_an_unproved_address(api, ada, path):
    made = invite(ada, path)
    accept = f"/me/organization_invitations/{made['id']}/accept"
    eve = Person(api, "eve@example.com")
    assert eve.browser.get("/me/organization_invitations")["total_count"] == 0
    assert eve.browser.refused("POST", accept).status == 404
    assert eve.browser.refused("POST", "/me/organization_invitations/orginv_x/accept").status == 404
    api.sql(
        "INSERT INTO email_addresses (instance_id, id, user_id, email_address, normal_email_address, position,"
        " reserved, verification_status, verification_strategy, created_at, updated_at)"
        " VALUES (?, 'idn_eve', ?, ?, ?, 1, 0, 'unverified', NULL, 1, 1)",
        api.tenants[0].instance.id,
        eve.id,
        INVITED,
        INVITED,
    )
    refused = eve.browser.refused("POST", accept)
    assert (refused.status, refused.code) == (403, "organization_invitation_address_unverified")
    assert eve.browser.get("/me/organization_invitations")["total_count"] == 0
    assert follow(eve.browser, ticket_of(api))[1]["__clerk_status"] == "sign_up"
    assert api.sql("SELECT status FROM organization_invitations") == [("pending",)]
    assert api.sql("SELECT count(*) FROM organization_memberships") == [(1,)]


def test_A_002_an_invitation_is_accepted_once_in_a_race(api, ada, path):
    made = invite(ada, path)
    grace = Person(api, INVITED)
    accept = f"/me/organization_invitations/{made['id']}/accept"
    answers = api.together(*(grace.browser.ask("POST", accept, {}) for _ in range(10)))
    assert sorted(one.status_code for one in answers) == [200] + [400] * 9
    assert api.sql("SELECT count(*) FROM organization_memberships WHERE user_id = ?", grace.id) == [(1,)]


def test_a_revoked_invitation_is_worth_nothing(api, ada, path):
    made = invite(ada, path)
    grace = Person(api, INVITED)
    ticket = ticket_of(api)
    revoked = ada.browser.post(f"{path}/invitations/{made['id']}/revoke")
    assert revoked["status"] == "revoked"
    assert ada.browser.refused("POST", f"{path}/invitations/{made['id']}/revoke").code == (
        "organization_invitation_not_pending"
    )
    assert grace.browser.refused("POST", f"/me/organization_invitations/{made['id']}/accept").status == 400
    refused = Browser(api).refused("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    assert (refused.status, refused.code) == (400, "ticket_invalid")
    assert invite(ada, path)["id"] != made["id"], "the address can be invited again"


def test_an_invitation_expires_at_its_millisecond_and_its_address_can_be_invited_again(api, ada, path):
    api.patch(CONFIG, {"session": {"maximum_lifetime_seconds": 315_360_000}})
    ada.browser.start_session(ada.id)
    made = invite(ada, path)
    ticket = ticket_of(api)
    grace = Person(api, INVITED)
    api.now = made["expires_at"] - 1
    assert follow(Browser(api), ticket)[1]["__clerk_status"] == "sign_in"
    api.now += 1
    assert ada.browser.get(path)["pending_invitations_count"] == 0
    (listed,) = ada.browser.get(f"{path}/invitations", query={"status": "expired"})["data"]
    assert listed["status"] == "expired"
    for attempt in ("/client/sign_ins", "/client/sign_ups"):
        refused = Browser(api).refused("POST", attempt, {"strategy": "ticket", "ticket": ticket})
        assert (refused.status, refused.code) == (400, "ticket_expired_code")
    accept = f"/me/organization_invitations/{made['id']}/accept"
    assert grace.browser.refused("POST", accept).code == "organization_invitation_not_pending"
    assert ada.browser.refused("POST", f"{path}/invitations/{made['id']}/revoke").status == 400
    assert invite(ada, path)["status"] == "pending"


def test_what_inviting_refuses(api, ada, path):
    member = Person(api, "member@example.com")
    enlist(ada, path.rpartition("/")[2], member)
    invite(ada, path, "waiting@example.com")
    for form, status, code, param in (
        ({"role": "org:member"}, 422, "form_param_missing", "email_address"),
        ({"email_address": "x@example.com"}, 422, "form_param_missing", "role"),
        ({"email_address": "no address", "role": "org:member"}, 422, "form_param_format_invalid", "email_address"),
        ({"email_address": "x@example.com", "role": "org:x"}, 422, "form_param_value_invalid", "role"),
        (
            {"email_address": "MEMBER@example.com", "role": "org:member"},
            400,
            "already_a_member_in_organization",
            "email_address",
        ),
        ({"email_address": "Waiting@example.com", "role": "org:member"}, 400, "duplicate_record", "email_address"),
    ):
        refused = ada.browser.refused("POST", f"{path}/invitations", form)
        assert (refused.status, refused.code, refused.meta["param_name"]) == (status, code, param), form


def test_several_are_invited_at_once_or_none_of_them(api, ada, path):
    addresses = [f"m{number}@example.com" for number in range(3)]
    form = {"email_address": [*addresses, "M0@example.com"], "role": "org:member"}
    made = ada.browser.post(f"{path}/invitations/bulk", form)
    assert [one["email_address"] for one in made] == addresses
    assert len(mails(api)) == 3
    form = {"email_address": ["new@example.com", "M1@example.com", "m2@example.com"], "role": "org:member"}
    refused = ada.browser.refused("POST", f"{path}/invitations/bulk", form)
    assert (refused.status, refused.code) == (400, "duplicate_record")
    assert refused.meta["email_addresses"] == ["M1@example.com", "m2@example.com"]
    assert ada.browser.get(path)["pending_invitations_count"] == 3
    many = {"email_address": [f"x{number}@example.com" for number in range(11)], "role": "org:member"}
    assert ada.browser.refused("POST", f"{path}/invitations/bulk", many).code == "form_param_value_invalid"


def test_outstanding_invitations_count_towards_the_limit(api, ada, path):
    api.patch(path, {"max_allowed_memberships": 3})
    invite(ada, path, "one@example.com")
    form = {"email_address": ["two@example.com", "three@example.com"], "role": "org:member"}
    refused = ada.browser.refused("POST", f"{path}/invitations/bulk", form)
    assert (refused.status, refused.code) == (403, "organization_membership_quota_exceeded")
    made = invite(ada, path, INVITED)
    api.patch(path, {"max_allowed_memberships": 1})
    grace = Person(api, INVITED)
    refused = grace.browser.refused("POST", f"/me/organization_invitations/{made['id']}/accept")
    assert (refused.status, refused.code) == (403, "organization_membership_quota_exceeded")
    assert grace.browser.get("/me/organization_invitations", query={"status": "pending"})["total_count"] == 1


def test_A_014_invitations_of_an_organization_are_limited_by_the_hour(api, ada, path):
    limit = "SELECT key, count FROM rate_windows WHERE key LIKE 'invitations:%'"
    invite(ada, path)
    assert sorted(count for _, count in api.sql(limit)) == [1, 1]
    api.sql("UPDATE rate_windows SET count = 250 WHERE key LIKE 'invitations:org_%'")
    answer = ada.browser.send("POST", f"{path}/invitations", {"email_address": "x@example.com", "role": "org:member"})
    refused = ada.browser.read_refusal(answer)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    second = f"/organizations/{found_organization(ada, 'Second')}"
    invite(ada, second)
    api.sql("UPDATE rate_windows SET count = 250 WHERE key LIKE 'invitations:user_%'")
    one = {"email_address": "y@x.org", "role": "org:member"}
    assert ada.browser.refused("POST", f"{second}/invitations", one).status == 429
    refused_for_its_role = {"email_address": ["a@x.org", "b@x.org"], "role": "org:x"}
    for _ in range(25):
        assert ada.browser.send("POST", f"{second}/invitations/bulk", refused_for_its_role).status_code == 422
    form = {"email_address": ["a@x.org", "b@x.org"], "role": "org:member"}
    assert ada.browser.refused("POST", f"{second}/invitations/bulk", form).status == 429
    api.now += HOUR
    assert len(ada.browser.post(f"{second}/invitations/bulk", form)) == 2


def test_addresses_of_test_mode_get_no_mail(api, ada, path):
    invite(ada, path, "grace+clerk_test@example.com")
    invite(ada, path, "quiet@example.com", notify="false")
    assert mails(api) == []


# ------------------------------------------------------------------------------------------------- the link of a mail


def test_the_link_leads_to_sign_up_or_to_sign_in_and_accepts_nothing(api, ada, path):
    invite(ada, path)
    ticket = ticket_of(api)
    visitor = Browser(api, cookies_only=True, origin=None)
    assert follow(visitor, ticket) == (f"{ORIGIN}/sign-up", {"__clerk_status": "sign_up", "__clerk_ticket": ticket})
    grace = Person(api, INVITED)
    for browser in (visitor, grace.browser):
        told = {"__clerk_status": "sign_in", "__clerk_ticket": ticket}
        assert follow(browser, ticket) == (f"{ORIGIN}/sign-in", told)
    place, told = follow(visitor, ticket, redirect_url="http://localhost:3000/join?a=1")
    assert (place, told) == (
        "http://localhost:3000/join",
        {"a": "1", "__clerk_status": "sign_in", "__clerk_ticket": ticket},
    )
    assert api.sql("SELECT status FROM organization_invitations") == [("pending",)]


def test_a_new_user_signs_up_with_the_ticket_even_where_sign_up_is_restricted(api, ada, path):
    api.patch(CONFIG, {"authentication": {"sign_up_mode": "restricted"}})
    invite(ada, path)
    ticket = ticket_of(api)
    visitor = Browser(api)
    form = {"strategy": "ticket", "ticket": ticket, "password": "correct-horse-battery"}
    made = visitor.post("/client/sign_ups", form)
    assert made["status"] == "complete"
    (membership,) = visitor.session["user"]["organization_memberships"]
    assert membership["organization"]["id"] == path.rpartition("/")[2]
    assert Browser(api).refused("POST", "/client/sign_ups", form).code == "ticket_invalid"


def test_a_user_signs_in_with_the_ticket_and_is_a_member(api, ada, path):
    user = api.new_user(INVITED)
    invite(ada, path)
    ticket = ticket_of(api)
    visitor = Browser(api)
    made = visitor.post("/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    assert made["status"] == "complete"
    assert visitor.session["user"]["id"] == user["id"]
    (membership,) = visitor.session["user"]["organization_memberships"]
    assert membership["organization"]["id"] == path.rpartition("/")[2]
    assert Browser(api).refused("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": ticket}).status == 400


def test_A_027_a_ticket_signs_up_no_other_address_and_signs_in_nobody_without_an_account(api, ada, path):
    invite(ada, path)
    ticket = {"strategy": "ticket", "ticket": ticket_of(api)}
    api.new_user("eve@example.com")
    assert Browser(api).refused("POST", "/client/sign_ins", ticket).code == "ticket_invalid"
    form = {**ticket, "email_address": "eve2@example.com", "password": "correct-horse-battery"}
    refused = Browser(api).refused("POST", "/client/sign_ups", form)
    assert (refused.status, refused.meta["param_name"]) == (422, "email_address")


def test_A_002_a_ticket_signs_in_once_in_a_race(api, ada, path):
    user = api.new_user(INVITED)
    invite(ada, path)
    form = {"strategy": "ticket", "ticket": ticket_of(api)}
    answers = api.together(*(Browser(api).ask("POST", "/client/sign_ins", form) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [400] * 7
    assert api.sql("SELECT count(*) FROM sessions WHERE user_id = ?", user["id"]) == [(1,)]


def test_organizations_that_are_switched_off_make_their_tickets_worthless(api, ada, path):
    invite(ada, path)
    ticket = ticket_of(api)
    api.patch(CONFIG, {"organizations": {"enabled": False}})
    form = {"strategy": "ticket", "ticket": ticket, "password": "correct-horse-battery"}
    assert Browser(api).refused("POST", "/client/sign_ups", form).code == "ticket_invalid"
