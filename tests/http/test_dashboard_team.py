"""Set-up, invitations, roles, removal and passwords of the dashboard's administrators."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from dashboard import PASSWORD, Visitor, make_administrator, public_instance, sign_in
from faces import Api

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services import administrators, passwords
from claimsmith_server.services.administrators.sign_in import check_password

HOUR = 3600 * 1000
ADDRESS = "ada@example.com"


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    return open_another(attempt_rate_limit=0)


def set_up_link(api: Api) -> str:
    """The token of the link that a server prints."""
    made = api.run(administrators.make_set_up_link(api.service, public_instance(api)))
    assert made is not None
    return made.token


def set_up(api: Api, token: str, address: str = ADDRESS, password: str = PASSWORD, **more: Any) -> httpx.Response:
    form = {"token": token, "email_address": address, "password": password}
    return Visitor(api).post("/dashboard/set-up", form, **more)


def signed_in(api: Api, answer: httpx.Response) -> Visitor:
    assert answer.status_code == 303, answer.text[:2000]
    value = re.search(r"__Host-\w+=([\w-]{43});", answer.headers["set-cookie"])
    assert value
    return Visitor(api, value[1])


def invite(visitor: Visitor, role: str) -> str:
    """The token of a new invitation's link, from the page that shows it."""
    answer = visitor.post("/dashboard/team/invitations", {"role": role})
    assert answer.status_code == 200, answer.text[:2000]
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"http://localhost:4000/dashboard/set-up\?token=([\w-]{43})", answer.text)
    assert found
    return found[1]


def roles(api: Api) -> dict[str, str]:
    """Roles by address."""
    return dict(api.sql("SELECT email_address, role FROM administrators"))


def actions(api: Api) -> list[tuple[str, ...]]:
    """Action and actor of what was noted of administrators, oldest first."""
    rows = api.sql("SELECT action, actor FROM audit_log WHERE action LIKE 'administrator%' ORDER BY created_at, action")
    return [tuple(one) for one in rows]


# -------------------------------------------------------------------------------------------------------------- set-up
def test_the_set_up_link_makes_the_first_owner_who_is_signed_in(api: Api) -> None:
    token = set_up_link(api)
    page = Visitor(api).page(f"/dashboard/set-up?token={token}")
    assert "Set up the dashboard" in page
    answer = set_up(api, token)
    assert answer.headers["location"] == "/dashboard?done=set_up"
    visitor = signed_in(api, answer)
    assert roles(api) == {ADDRESS: "owner"}
    assert ADDRESS in visitor.page("/dashboard/team")
    assert [one[0] for one in actions(api)] == ["administrator.created", "administrator_invitation.created"]


def test_A_002_a_set_up_link_is_good_once(api: Api) -> None:
    token = set_up_link(api)
    assert set_up(api, token).status_code == 303
    again = set_up(api, token, "eve@example.com")
    assert again.status_code == 410
    assert "This link is of no use any more" in again.text
    assert Visitor(api).get(f"/dashboard/set-up?token={token}").status_code == 410
    assert roles(api) == {ADDRESS: "owner"}


def test_a_set_up_link_is_good_for_a_day(api: Api) -> None:
    token = set_up_link(api)
    api.now += 24 * HOUR - 1
    assert Visitor(api).get(f"/dashboard/set-up?token={token}").status_code == 200
    api.now += 1
    assert Visitor(api).get(f"/dashboard/set-up?token={token}").status_code == 410
    assert set_up(api, token).status_code == 410
    assert roles(api) == {}


def test_each_start_replaces_the_link_until_somebody_has_set_up(api: Api) -> None:
    former, token = set_up_link(api), set_up_link(api)
    assert set_up(api, former).status_code == 410
    assert set_up(api, token).status_code == 303
    instance = public_instance(api)
    assert api.run(administrators.make_set_up_link(api.service, instance)) is None
    assert api.sql("SELECT * FROM administrator_invitations") == []


def test_the_printed_link_ends_when_another_link_made_the_first_administrator(api: Api) -> None:
    printed = set_up_link(api)
    made = api.run(
        administrators.invite_administrator(api.service, public_instance(api), "viewer", author=administrators.OPERATOR)
    )
    assert set_up(api, made.token).status_code == 303
    assert set_up(api, printed, "eve@example.com").status_code == 410


def test_no_or_a_wrong_token_sets_nothing_up(api: Api) -> None:
    set_up_link(api)
    for token in ("", "x", "x" * 43, "x" * 5000, "é"):
        assert set_up(api, token).status_code == 410, token
        assert Visitor(api).get("/dashboard/set-up", params={"token": token}).status_code == 410
    assert set_up(api, "\x00").status_code == 422
    assert roles(api) == {}


def test_L_001_only_the_hash_of_a_link_is_kept(api: Api) -> None:
    token = set_up_link(api)
    assert api.sql("SELECT token_hash FROM administrator_invitations") == [(hash_secret(token),)]
    set_up(api, token)
    assert token not in api.log.getvalue() + str(api.sql("SELECT * FROM audit_log"))


def test_what_is_wrong_is_said_and_the_link_stays_good(api: Api) -> None:
    token = set_up_link(api)
    for address, password, told in (
        ("", PASSWORD, "email_address"),
        ("ada", PASSWORD, "Enter a whole e-mail address"),
        (ADDRESS, "", "password"),
        (ADDRESS, "short", "Use at least 8 characters."),
        (ADDRESS, "password", "too easy to guess"),
        (ADDRESS, ADDRESS, "too easy to guess"),
        (ADDRESS, "x" * 129, "Use at most 128 characters."),
    ):
        answer = set_up(api, token, address, password)
        assert answer.status_code == 422, (address, password)
        assert told in answer.text, (address, password)
        assert 'aria-invalid="true"' in answer.text
        assert not password or f'value="{password}"' not in answer.text or password == ADDRESS
    assert set_up(api, token).status_code == 303


def test_set_up_on_a_development_server_answers_a_browser_on_this_machine_alone(
    open_another: Callable[..., Api],
) -> None:
    api = open_another(set_up_locally=True, attempt_rate_limit=0)
    token = set_up_link(api)
    for headers in (
        {"Host": "auth.example.com", "Origin": "http://auth.example.com"},
        {"Host": "localhost:4000", "X-Forwarded-For": "203.0.113.7"},
        {"Host": "localhost:4000", "Forwarded": "for=203.0.113.7"},
        {"Host": "localhost.example.com:4000", "Origin": "http://localhost.example.com:4000"},
    ):
        assert Visitor(api).get(f"/dashboard/set-up?token={token}", headers=headers).status_code == 403
        assert set_up(api, token, headers=headers).status_code == 403
    for host in ("localhost:4000", "127.0.0.1:4000", "[::1]:4000", "app.localhost"):
        assert Visitor(api).get(f"/dashboard/set-up?token={token}", headers={"Host": host}).status_code == 200, host
    assert set_up(api, token).status_code == 303


def test_set_up_elsewhere_answers_from_anywhere_over_tls(api: Api) -> None:
    headers = {"Host": "auth.example.com", "Origin": "https://auth.example.com"}
    token = set_up_link(api)
    assert Visitor(api).get(f"/dashboard/set-up?token={token}", headers=headers).status_code == 200
    plain = set_up(api, token, headers={**headers, "Origin": "http://auth.example.com"})
    assert plain.status_code == 422
    assert "over http://" in plain.text
    assert set_up(api, token, headers=headers).status_code == 303


def test_before_set_up_the_sign_in_page_says_where_the_link_is(api: Api) -> None:
    assert "has not been set up yet" in Visitor(api).page("/dashboard/sign-in")
    make_administrator(api)
    assert "has not been set up yet" not in Visitor(api).page("/dashboard/sign-in")


def test_A_002_of_fifty_uses_of_one_link_at_once_one_makes_an_administrator(
    open_on_engine: Callable[[], Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "QUEUE_LENGTH", 50)  # so that all of them meet in the database
    api = open_on_engine()
    service, instance = api.service._replace(limits=api.service.limits._replace(attempts=0)), public_instance(api)
    made = api.run(administrators.invite_administrator(service, instance, "editor", author=administrators.OPERATOR))
    forms = [
        administrators.AcceptInvitation(token=made.token, email_address=f"a{one}@example.com", password=PASSWORD)
        for one in range(50)
    ]
    results = api.together(
        *(administrators.accept_invitation(service, instance, form, address="127.0.0.1") for form in forms)
    )
    assert len([one for one in results if isinstance(one, administrators.SignedIn)]) == 1
    codes = [one.items[0].code for one in results if isinstance(one, ServiceError)]
    assert codes == ["administrator_link_invalid"] * 49
    assert len(api.run(administrators.list_administrators(service, instance))) == 1


# ---------------------------------------------------------------------------------------------------------------- team
def test_an_owner_invites_by_a_link_that_is_shown_once(api: Api) -> None:
    owner = sign_in(api, "owner")
    for role in ("viewer", "editor", "owner"):
        token = invite(owner, role)
        assert token not in owner.page("/dashboard/team")
        invited = signed_in(api, set_up(api, token, f"{role}@example.com"))
        assert f"{role}@example.com" in invited.page("/dashboard/account")
        assert roles(api)[f"{role}@example.com"] == role
    assert ("administrator_invitation.created", owner.administrator.id) in actions(api)


def test_an_invitation_may_be_taken_back(api: Api) -> None:
    owner = sign_in(api, "owner")
    token = invite(owner, "owner")
    ((invitation_id,),) = api.sql("SELECT id FROM administrator_invitations")
    location = owner.done(f"/dashboard/team/invitations/{invitation_id}/revoke")
    assert "taken back" in owner.page(location)
    assert set_up(api, token).status_code == 410
    assert owner.post(f"/dashboard/team/invitations/{invitation_id}/revoke").status_code == 404


def test_an_address_that_an_administrator_has_is_refused_in_any_case_and_the_link_stays_good(api: Api) -> None:
    owner = sign_in(api, "owner", ADDRESS)
    token = invite(owner, "viewer")
    answer = set_up(api, token, "ADA@example.com")
    assert answer.status_code == 422
    assert "An administrator has this address already" in answer.text
    assert set_up(api, token, "bob@example.com").status_code == 303


def test_a_new_role_counts_at_once_and_ends_the_other_sessions(api: Api) -> None:
    owner, other = sign_in(api, "owner"), sign_in(api, "viewer")
    path = f"/dashboard/team/{other.administrator.id}/role"
    assert owner.done(path, {"role": "viewer"}) == "/dashboard/team?done=role"
    assert other.get("/dashboard/account").status_code == 200, "nothing changed, so nobody is signed out"
    owner.done(path, {"role": "editor"})
    assert other.get("/dashboard/account").status_code == 303
    assert roles(api)[other.administrator.email_address] == "editor"
    assert ("administrator.role_changed", owner.administrator.id) in actions(api)


def test_an_owner_who_steps_down_stays_signed_in_and_is_no_owner_any_more(api: Api) -> None:
    owner, _ = sign_in(api, "owner"), sign_in(api, "owner")
    me = owner.administrator.id
    assert owner.done(f"/dashboard/team/{me}/role", {"role": "viewer"}) == "/dashboard/account?done=role"
    assert owner.get("/dashboard/account").status_code == 200
    assert owner.get("/dashboard/team").status_code == 403


def test_links_of_an_owner_end_with_the_role(api: Api) -> None:
    owner, removed, demoted = (sign_in(api, "owner") for _ in range(3))
    tokens = [invite(removed, "owner"), invite(demoted, "owner")]
    kept = invite(owner, "viewer")
    owner.done(f"/dashboard/team/{removed.administrator.id}/remove")
    owner.done(f"/dashboard/team/{demoted.administrator.id}/role", {"role": "editor"})
    assert [set_up(api, token, "eve@example.com").status_code for token in tokens] == [410, 410]
    assert set_up(api, kept, "bob@example.com").status_code == 303


def test_Z_006_the_last_owner_is_neither_removed_nor_demoted(api: Api) -> None:
    owner, editor = sign_in(api, "owner"), sign_in(api, "editor")
    path = f"/dashboard/team/{owner.administrator.id}"
    for answer in (owner.post(f"{path}/role", {"role": "editor"}), owner.post(f"{path}/remove")):
        assert answer.status_code == 422
        assert "This is the only owner" in answer.text
    assert owner.get("/dashboard/team").status_code == 200
    owner.done(f"/dashboard/team/{editor.administrator.id}/role", {"role": "owner"})
    owner.done(f"{path}/remove")
    assert list(roles(api).values()) == ["owner"]
    assert owner.get("/dashboard/account").status_code == 303


def test_an_administrator_who_does_not_exist_is_a_404(api: Api) -> None:
    owner = sign_in(api, "owner")
    for administrator_id in ("admin_0", "%00", "..%2f", "x" * 500):
        assert owner.get(f"/dashboard/team/{administrator_id}").status_code == 404
        assert owner.post(f"/dashboard/team/{administrator_id}/remove").status_code == 404
        assert owner.post(f"/dashboard/team/{administrator_id}/role", {"role": "owner"}).status_code == 404


def test_Z_001_administrators_of_another_instance_are_out_of_reach(open_another: Callable[..., Api]) -> None:
    own, foreign = (open_another(instance=one.instance.slug) for one in open_another().tenants)
    owner, other = sign_in(own, "owner"), sign_in(foreign, "owner")
    path = f"/dashboard/team/{other.administrator.id}"
    assert owner.get(path).status_code == 404
    assert owner.post(f"{path}/remove").status_code == 404
    assert owner.post(f"{path}/role", {"role": "viewer"}).status_code == 404
    assert other.administrator.email_address not in owner.page("/dashboard/team")
    token = invite(other, "owner")
    ((invitation_id,),) = own.sql("SELECT id FROM administrator_invitations")
    assert owner.post(f"/dashboard/team/invitations/{invitation_id}/revoke").status_code == 404
    assert Visitor(own).get(f"/dashboard/set-up?token={token}").status_code == 410


def test_a_role_that_is_none_is_refused(api: Api) -> None:
    owner, viewer = sign_in(api, "owner"), sign_in(api, "viewer")
    for form in ({"role": "root"}, {"role": ""}, {}):
        assert owner.post("/dashboard/team/invitations", form).status_code == 422, form
        assert owner.post(f"/dashboard/team/{viewer.administrator.id}/role", form).status_code == 422, form
    assert roles(api)[viewer.administrator.email_address] == "viewer"


def test_X_001_a_hostile_address_is_inert_on_the_team_pages(api: Api) -> None:
    owner = sign_in(api, "owner")
    hostile = make_administrator(api, "viewer", "\"><script>alert(1)</script>'\u202e@example.com")
    for path in ("/dashboard/team", f"/dashboard/team/{hostile.id}"):
        assert "<script>alert" not in owner.page(path)


def test_Z_006_owners_who_demote_or_remove_each_other_at_once_leave_one(open_on_engine: Callable[[], Api]) -> None:
    api = open_on_engine()
    service, instance = api.service, public_instance(api)

    async def demote(author: str, other: str) -> None:
        await administrators.change_role(service, instance, other, "viewer", author=author)

    async def remove(author: str, other: str) -> None:
        await administrators.remove_administrator(service, instance, other, author=author)

    async def step_down(author: str, _other: str) -> None:
        await administrators.change_role(service, instance, author, "viewer", author=author)

    for act in (demote, remove, step_down):
        for _ in range(5):
            people = [make_administrator(api, "owner").id for _ in range(6)]
            for former in api.run(administrators.list_administrators(service, instance)):
                if former.id not in people:
                    api.run(administrators.remove_administrator(service, instance, former.id, author="operator"))
            pairs = zip(people, people[1:] + people[:1], strict=True)
            results = api.together(*(act(author, other) for author, other in pairs))
            problems = [one for one in results if isinstance(one, BaseException)]
            assert {type(one) for one in problems} <= {ServiceError}, problems
            left = api.run(administrators.list_administrators(service, instance))
            assert len([one for one in left if one.role == "owner"]) >= 1
            assert problems, "nobody was refused: nothing was raced"


def test_A_010_of_fifty_wrong_passwords_at_once_ten_are_compared(
    open_on_engine: Callable[[], Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "QUEUE_LENGTH", 50)
    api = open_on_engine()
    service, instance = api.service, public_instance(api)
    ada = make_administrator(api, "owner", password=PASSWORD)
    results = api.together(*(check_password(service, instance, ada, "wrong password") for _ in range(50)))
    assert results.count("password") == 10
    assert set(results) == {"password", "locked"}


# ------------------------------------------------------------------------------------------------------------- account
def test_a_new_password_ends_the_other_sessions_of_its_administrator(api: Api) -> None:
    ada = make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    sign = {"email_address": ADDRESS, "password": PASSWORD}
    first, second = (signed_in(api, Visitor(api).post("/dashboard/sign-in", sign)) for _ in range(2))
    bystander = sign_in(api, "viewer")
    form = {"current_password": PASSWORD, "new_password": "another good one"}
    assert first.done("/dashboard/account/password", form) == "/dashboard/account?done=password"
    assert "The password is changed." in first.page("/dashboard/account?done=password")
    assert second.get("/dashboard/account").status_code == 303
    assert bystander.get("/dashboard/account").status_code == 200
    assert Visitor(api).post("/dashboard/sign-in", sign).status_code == 422
    new = {**sign, "password": "another good one"}
    assert Visitor(api).post("/dashboard/sign-in", new).status_code == 303
    assert ("administrator.password_changed", ada.id) in actions(api)


def test_A_012_wrong_current_passwords_count_with_those_at_sign_in(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    sign = {"email_address": ADDRESS, "password": PASSWORD}
    visitor = signed_in(api, Visitor(api).post("/dashboard/sign-in", sign))
    for _ in range(10):
        form = {"current_password": "wrong password", "new_password": "another good one"}
        answer = visitor.post("/dashboard/account/password", form)
        assert answer.status_code == 422
        assert "This is not your current password." in answer.text
    assert Visitor(api).post("/dashboard/sign-in", sign).status_code == 422
    right = {"current_password": PASSWORD, "new_password": "another good one"}
    assert visitor.post("/dashboard/account/password", right).status_code == 422


def test_a_bad_new_password_is_told_at_its_field_and_costs_no_attempt(api: Api) -> None:
    make_administrator(api, "viewer", ADDRESS, password=PASSWORD)
    sign = {"email_address": ADDRESS, "password": PASSWORD}
    visitor = signed_in(api, Visitor(api).post("/dashboard/sign-in", sign))
    for new in ("short", "password", ADDRESS, "", "x" * 129):
        answer = visitor.post("/dashboard/account/password", {"current_password": PASSWORD, "new_password": new})
        assert answer.status_code == 422
        assert re.search(r'id="new_password"[^>]*aria-invalid="true"', answer.text), new
    assert api.sql("SELECT failed_attempts FROM administrators") == [(0,)]
