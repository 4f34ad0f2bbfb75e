"""The outbox page and its JSON: what a developer sees, and that nobody else does."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name

from html.parser import HTMLParser

import httpx
import msgspec
import pytest
from dashboard import sign_in
from faces import START

from claimsmith_server.faces import build_faces
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.store import instances

MINUTE = 60_000
MARKUP = '<img src=x onerror="alert(1)">'


class Page:
    """The dashboard of a service, spoken to as a browser on this machine unless told otherwise; nobody is signed in."""

    def __init__(self, api) -> None:
        self.api = api
        self.face = api.faces

    def get(self, path, *, client="127.0.0.1", host="localhost:4000", **headers) -> httpx.Response:
        async def ask():
            transport = httpx.ASGITransport(app=self.face, client=(client, 50000))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4000") as browser:
                return await browser.get(f"/dashboard/{path}", headers={"Host": host, **headers})

        return self.api.run(ask())

    def queue(self, *, to="ada@example.com", kind="verification_code", instance=None, **values) -> str:
        values = {"code": "731946", "purpose": "sign_up"} | values

        async def work(tx):
            chosen = instance or self.api.tenants[0].instance
            return await queue_mail(self.api.service, tx, chosen, to=to, kind=kind, values=values)

        return self.api.run(self.api.service.database.transact(work))


@pytest.fixture
def page(api) -> Page:
    return Page(api)


class Tags(HTMLParser):
    """Start tags with their attributes."""

    def __init__(self, text) -> None:
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_json_lists_mails_newest_first_with_their_codes(page):
    first = page.queue()
    page.api.now += MINUTE
    second = page.queue(
        to="eve@example.com",
        kind="organization_invitation",
        organization="Org",
        inviter="Ada",
        url="https://a.example/t",
    )
    answer = page.get("outbox.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    newest, oldest = answer.json()["mails"]
    assert set(newest) == {"id", "to", "subject", "text", "code", "created_at"}
    assert (newest["id"], newest["to"], newest["code"]) == (second, "eve@example.com", None)
    assert "\nhttps://a.example/t\n" in newest["text"]
    assert (oldest["id"], oldest["code"], oldest["created_at"]) == (first, "731946", START)
    assert oldest["subject"] == "731946 is your a code"
    assert [mail["id"] for mail in page.get("outbox.json?limit=1").json()["mails"]] == [second]


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", ""])
def test_a_limit_out_of_range_is_refused(page, limit):
    assert page.get(f"outbox.json?limit={limit}").status_code == 422


def test_an_empty_outbox_says_how_mail_gets_there(page):
    answer = page.get("outbox")
    assert answer.status_code == 200
    assert "No mail in the last 24 hours" in answer.text
    assert "+clerk_test" in answer.text
    assert page.get("outbox.json").json() == {"mails": []}


def test_the_page_lists_mails_and_each_opens_as_html_and_text(page):
    page.queue()
    page.api.now += 3 * MINUTE
    mail_id = page.queue(to="eve@example.com", kind="password_changed")
    listed = page.get("outbox").text
    assert listed.index("eve@example.com") < listed.index("ada@example.com")
    assert "3 min ago" in listed
    assert f'href="/dashboard/outbox/{mail_id}"' in listed
    opened = page.get(f"outbox/{mail_id}")
    assert "reset your password now" in opened.text
    (frame,) = [attributes for tag, attributes in Tags(opened.text).found if tag == "iframe"]
    assert frame["src"] == f"/dashboard/outbox/{mail_id}/html"
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    assert page.get(f"outbox/{mail_id}/html").text.startswith("<!DOCTYPE html>")


def test_I_012_what_users_wrote_is_text_on_every_page(page):
    mail_id = page.queue(
        kind="organization_invitation", organization=MARKUP, inviter="{{7*7}}", url="https://a.example/?a=1&b=%22"
    )
    for path in ("outbox", f"outbox/{mail_id}", f"outbox/{mail_id}/html"):
        text = page.get(path).text
        assert not [tag for tag, _ in Tags(text).found if tag == "img"]
        assert "&lt;img" in text
    assert "{{7*7}}" in page.get(f"outbox/{mail_id}").text


def test_C_014_pages_run_nothing_inline_and_a_mail_has_an_origin_of_its_own(page):
    mail_id = page.queue()
    for path in ("outbox", f"outbox/{mail_id}"):
        answer = page.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        for tag, attributes in Tags(answer.text).found:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            assert tag != "script" or attributes["src"].startswith("/dashboard/static/")
    answer = page.get(f"outbox/{mail_id}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


PATHS = ["outbox", "outbox.json", "outbox/{id}", "outbox/{id}/html"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("asked", [
    {"client": "192.0.2.7"}, {"client": "10.0.0.1"}, {"client": "::ffff:192.0.2.7"}, {"client": "testclient"},
    {"host": "evil.example"}, {"host": "evil.example:4000"}, {"host": "localhost.evil.example"}, {"host": "192.0.2.7"},
    {"host": "127.0.0.1.evil.example"}, {"host": ""}, {"host": "[::1"}, {"host": "user@evil.example"},
    {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Forwarded-Host": "localhost"},
    {"X-Real-IP": "127.0.0.1"}, {"Via": "1.1 tunnel"},
])  # fmt: skip
def test_C_008_nobody_but_a_browser_on_this_machine_is_answered(page, path, asked):
    mail_id = page.queue()
    answer = page.get(path.format(id=mail_id), **asked)
    assert answer.status_code == 404
    assert "731946" not in answer.text


@pytest.mark.parametrize("asked", [
    {}, {"client": "127.8.9.1"}, {"client": "::1", "host": "[::1]:4000"}, {"client": "::ffff:127.0.0.1"},
    {"host": "127.0.0.1:4000"}, {"host": "LOCALHOST"}, {"host": "app.localhost:3000"},
])  # fmt: skip
def test_a_browser_on_this_machine_is_answered_under_each_of_its_names(page, asked):
    assert page.get("outbox.json", **asked).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_A_034_a_production_instance_has_no_outbox_page(page, path):
    live = msgspec.structs.replace(
        page.api.tenants[0].instance, environment="production", id="ins_live", slug="live", created_at=1
    )
    page.api.run(instances.insert_instance(page.api.service.database, live))
    page.api.service = page.api.service._replace(instance_slug="live")
    mail_id = page.queue(instance=live)
    page.face = build_faces(page.api.service, page.api.settings)
    assert page.get(path.format(id=mail_id)).status_code == 404


@pytest.mark.parametrize("path", ["outbox/{id}", "outbox/{id}/html"])
def test_Z_001_mails_of_another_instance_unknown_ones_and_old_ones_are_not_found(page, path):
    foreign = page.queue(instance=page.api.tenants[1].instance)
    mail_id = page.queue()
    assert page.get(path.format(id=foreign)).status_code == 404
    assert page.get(path.format(id="mail_none")).status_code == 404
    assert page.get(path.format(id=mail_id)).status_code == 200
    page.api.now += 24 * 60 * MINUTE + 1
    assert page.get(path.format(id=mail_id)).status_code == 404


def test_a_mail_that_does_not_open_is_left_out(page):
    broken = page.queue()
    sound = page.queue()
    page.api.sql("UPDATE outbox SET payload = ? WHERE id = ?", '{"sealed":"AAAA"}', broken)
    assert [mail["id"] for mail in page.get("outbox.json").json()["mails"]] == [sound]
    assert page.get(f"outbox/{broken}").status_code == 404


def test_who_is_signed_in_sees_the_same_mails_within_the_frame(page):
    page.queue()
    visitor = sign_in(page.api, "viewer")
    assert "731946" in visitor.page("/dashboard/outbox")
    assert 'action="/dashboard/sign-out"' in visitor.page("/dashboard/outbox")
    assert 'action="/dashboard/sign-out"' not in page.get("outbox").text


def test_C_008_a_sign_in_does_not_open_the_outbox_to_other_machines(page):
    mail_id = page.queue()
    visitor = sign_in(page.api, "owner")
    headers = {"Cookie": f"{visitor.cookie}={visitor.token}"}
    for path in PATHS:
        answer = page.get(path.format(id=mail_id), client="192.0.2.7", **headers)
        assert answer.status_code == 404
        assert "731946" not in answer.text


def test_the_script_that_looks_for_new_mails_is_served(page):
    script = page.get("static/outbox.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "/dashboard/outbox.json" in script.text
