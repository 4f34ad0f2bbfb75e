"""What must not be found after all that administrators do: their secrets in the log, the audit log or the database."""

import base64
import re
import sqlite3
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import PASSWORD, Visitor, public_instance
from dashboard_estate import TEMPLATE_KEY, Estate, crawl, furnish, run_sql
from faces import Api

from claimsmith_server.services.administrators import load_signed_in, make_set_up_link

WRONG, NEW, USERS = (f"canary {word} horse 8471" for word in ("wrong", "second", "user"))


class Story:
    """Everything that owners do, right and wrong; every secret of it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.secrets: dict[str, str] = {
            "password": PASSWORD,
            "wrong password": WRONG,
            "new password": NEW,
            "password of a user": USERS,
            "key of a template": TEMPLATE_KEY,
        }
        self.shown: list[str] = []
        """The texts of pages that are shown again and again."""

    def note(self, name: str, secret: str) -> str:
        assert len(secret) >= 16, name
        self.secrets[name] = secret
        return secret

    def enter(self, visitor: Visitor, path: str, name: str, form: dict[str, str], status: int = 303) -> str:
        """The cookie's value that a form gives."""
        answer = visitor.post(path, form)
        assert answer.status_code == status, answer.text[:2000]
        found = re.search(rf"{visitor.cookie}=([^;]+)", answer.headers.get("set-cookie", ""))
        if found:
            visitor.token = self.note(f"cookie: {name}", found[1])
            self.note(f"csrf token: {name}", visitor.csrf_token)
        self.api.now += 11_000  # past the limit of tries
        return str(visitor.token)

    def play(self) -> Estate:
        """The flows."""
        api = self.api
        made = api.run(make_set_up_link(api.service, public_instance(api)))
        assert made is not None
        token = self.note("set-up token", made.token)
        owner = Visitor(api)
        self._open_link(owner, token)
        entering = {"token": token, "email_address": "owner@example.com", "password": PASSWORD}
        self.enter(owner, "/dashboard/set-up", "short", {**entering, "password": "canary8"}, 422)
        self.enter(owner, "/dashboard/set-up", "first", entering)
        self.enter(owner, "/dashboard/set-up", "spent", entering, 410)
        who = {"email_address": "owner@example.com"}
        other = Visitor(api)
        self.enter(other, "/dashboard/sign-in", "wrong", {**who, "password": WRONG}, 422)
        self.enter(other, "/dashboard/sign-in", "second", {**who, "password": PASSWORD})
        change = {"current_password": WRONG, "new_password": NEW}
        self.enter(owner, "/dashboard/account/password", "refused", change, 422)
        self.enter(owner, "/dashboard/account/password", "changed", {**change, "current_password": PASSWORD})
        self._invite(owner)
        estate = furnish(api, words="Ada", owner=_as_owner(api, owner))
        self._make_secrets(owner, estate)
        self.shown += [answer.text for answer in crawl(owner, estate).values()]
        return estate

    def _open_link(self, visitor: Visitor, token: str) -> None:
        """A link holds its token in its address; the page that it leads to fails once."""
        link = f"/dashboard/set-up?token={token}"
        run_sql(self.api, "ALTER TABLE administrator_invitations RENAME TO away")
        assert visitor.get(link).status_code >= 500
        assert visitor.post(link, {"token": token}).status_code >= 500
        run_sql(self.api, "ALTER TABLE away RENAME TO administrator_invitations")
        assert visitor.get(link).status_code == 200

    def _invite(self, owner: Visitor) -> None:
        page = owner.post("/dashboard/team/invitations", {"role": "editor"}).text
        token = self.note("invitation", re.findall(r"set-up\?token=([\w-]+)", page)[0])
        form = {"token": token, "email_address": "editor@example.com", "password": PASSWORD}
        self.enter(Visitor(self.api), "/dashboard/set-up", "editor", form)

    def _make_secrets(self, owner: Visitor, estate: Estate) -> None:
        self.enter(owner, "/dashboard/api-keys/new", "no key", {"password": WRONG}, 422)
        page = owner.post("/dashboard/api-keys/new", {"password": NEW})
        assert page.headers["cache-control"] == "no-store"
        key = self.note("secret key", re.findall(r"sk_test_[\w-]{40,}", page.text)[0])
        assert self.api.send("GET", "/v1/users", key=key).status_code == 200
        self.api.now += 11_000
        user = f"/dashboard/users/{estate.ids['user_id']}"
        link = owner.post(f"{user}/impersonate")
        assert link.headers["cache-control"] == "no-store"
        address = re.findall(r"http://[^\s\"<]+ticket=[\w%-]+", link.text)[0]
        self.note("impersonation", parse_qs(urlsplit(address).query)["ticket"][0])
        assert owner.post(f"{user}/password", {"password": USERS}).status_code == 303
        template = {"name": "another", "claims": "{}", "lifetime": "60", "allowed_clock_skew": "5"}
        signing = {"signing_algorithm": "HS256", "signing_key": TEMPLATE_KEY}
        assert owner.post("/dashboard/jwt-templates", {**template, **signing}).status_code == 303
        refused = owner.post("/dashboard/jwt-templates", {**template, **signing, "lifetime": "-1"})
        assert refused.status_code == 422
        self.shown.append(refused.text)


def _as_owner(api: Api, owner: Visitor) -> Visitor:
    """The same browser, knowing who it is."""
    return Visitor(api, owner.token, api.run(load_signed_in(api.service, public_instance(api), owner.token)))


def spell(secret: str) -> set[bytes]:
    """The ways in which a secret may stand somewhere."""
    octets = secret.encode()
    spelled = {octets, octets.hex().encode(), octets.replace(b" ", b"+"), octets.replace(b" ", b"%20")}
    for shift in range(3):  # base64 of a text in which the secret stands at any place
        text = base64.b64encode(b"x" * shift + octets)
        spelled.add(text[4 : len(text) // 4 * 4 - 4])
        spelled.add(text[4 : len(text) // 4 * 4 - 4].replace(b"+", b"-").replace(b"/", b"_"))
    return spelled


def read_files(api: Api, folder: Path) -> bytes:
    """The octets of the database: of its file, its log, and a copy without free pages."""
    file = Path(api.settings.database_url.removeprefix("sqlite:///"))
    copy = folder / "copy.db"
    with sqlite3.connect(file) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    beside = [path for path in file.parent.glob(f"{file.name}*") if path.is_file()]
    return b"".join(path.read_bytes() for path in beside) + copy.read_bytes()


@pytest.fixture
def story(api: Api) -> Story:
    told = Story(api)
    told.play()
    return told


def test_L_001_L_002_no_secret_of_an_administrator_is_in_log_or_database(story: Story, tmp_path: Path) -> None:
    assert len(story.secrets) >= 14
    stored = read_files(story.api, tmp_path)
    log = story.api.log.getvalue().encode()
    audit = repr(story.api.sql("SELECT * FROM audit_log")).encode()
    assert b"owner@example.com" in stored
    assert b"administrator" in audit
    for name, secret in story.secrets.items():
        for text in spell(secret):
            assert text not in log, name
            assert text not in audit, name
            assert text not in stored, name


def test_L_001_no_page_shows_a_secret_a_second_time(story: Story) -> None:
    kept = {name: secret for name, secret in story.secrets.items() if not name.startswith("csrf")}
    for text in story.shown:
        for name, secret in kept.items():
            assert secret not in text, name
