"""What must not be found: secrets in the log or the database file, private metadata and digests in any answer."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import signing_up
from browser import Browser, read_code
from faces import Api, open_api
from people import Person, enlist, found_organization
from signing_in import EMAIL, attempt, begin, give_ticket, reset_code

OLD, NEW, WRONG, THIRD = (f"canary {word} horse 8471" for word in ("first", "second", "wrong", "third"))
PRIVATE = "canary-of-private-metadata"


class Story:
    """Everything that a user does, right and wrong; every secret of it, and every answer."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.secrets: dict[str, str] = {"old": OLD, "new": NEW, "wrong": WRONG, "third": THIRD}
        self.answers: list[httpx.Response] = []
        private = {"password": OLD, "private_metadata": {"note": PRIVATE}, "public_metadata": {"seen": "public"}}
        self.user = api.new_user(EMAIL, **private)

    def browser(self, name: str) -> Browser:
        """A browser that notes what it is told."""
        made = Browser(self.api)
        made.take = self._note(made, name)  # type: ignore[method-assign] - watched from outside
        self.secrets[f"{name}: development browser"] = str(made.dev_browser)
        return made

    def _note(self, browser: Browser, name: str) -> Any:
        take = Browser.take

        def noting(answer: httpx.Response) -> httpx.Response:
            take(browser, answer)
            self.answers.append(answer)
            for cookie, value in browser.cookies.items():
                self.secrets[f"{name}: {cookie}: {value[:4]}"] = value
            return answer

        return noting

    def code(self, to: str = EMAIL) -> str:
        code = read_code(self.api, to)
        self.secrets[f"code {code}"] = code
        return code

    def ticket(self, **more: Any) -> str:
        ticket = give_ticket(self.api, self.user["id"], **more)
        self.secrets[f"ticket {ticket[:4]}"] = ticket
        return ticket


def tell(api: Api) -> Story:
    """The story."""
    story = Story(api)
    _sign_in(story)
    _reset(story)
    _sign_up(story)
    _organize(story)
    _hand_shake(story)
    _fail(story)
    return story


def _sign_in(story: Story) -> None:
    browser = story.browser("ada")
    path = "/client/sign_ins"
    browser.refused("POST", path, {"identifier": EMAIL, "password": WRONG})
    browser.refused("POST", path, {"identifier": "nobody@example.com", "password": WRONG})
    made = begin(browser, strategy="email_code")
    code = story.code()
    browser.refused("POST", f"{path}/{made['id']}/attempt_first_factor", {"strategy": "email_code", "code": "1"})
    attempt(browser, made, "email_code", code=code)
    story.secrets["session token"] = browser.token()
    browser.post("/me/change_password", {"current_password": OLD, "new_password": NEW})
    browser.refused("POST", "/me/change_password", {"current_password": WRONG, "new_password": THIRD})
    added = browser.post("/me/email_addresses", {"email_address": "ada@example.org"})
    browser.post(f"/me/email_addresses/{added['id']}/prepare_verification", {"strategy": "email_code"})
    form = {"code": story.code("ada@example.org")}
    browser.post(f"/me/email_addresses/{added['id']}/attempt_verification", form)
    for read in ("/me", "/client", "/me/sessions", f"/client/sessions/{browser.session_id}", "/me/email_addresses"):
        browser.send("GET", read)
    browser.delete("/client/sessions")


def _reset(story: Story) -> None:
    browser = story.browser("reset")
    story.api.now += 40_000
    waiting = reset_code(browser)
    story.code()
    browser.post(f"/client/sign_ins/{waiting['id']}/reset_password", {"password": THIRD})
    other = story.browser("ticket")
    other.post("/client/sign_ins", {"strategy": "ticket", "ticket": story.ticket()})
    actor = story.browser("actor")
    actor.post("/client/sign_ins", {"strategy": "ticket", "ticket": story.ticket(kind="actor", actor={"sub": "u"})})
    actor.refused("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": story.ticket(status="revoked")})


def _sign_up(story: Story) -> None:
    browser = story.browser("mary")
    made = signing_up.begin(browser, password=OLD)
    signing_up.prepare(browser, made)
    signing_up.attempt(browser, made, story.code(signing_up.EMAIL))
    _, ticket = signing_up.invite(story.api, "eve@example.com")
    story.secrets["invitation"] = ticket
    story.browser("eve").post("/client/sign_ups", {"strategy": "ticket", "ticket": ticket, "password": NEW})


def _organize(story: Story) -> None:
    founder, member = Person(story.api, "founder@example.com"), Person(story.api, "member@example.com")
    organization_id = found_organization(founder)
    private = {"private_metadata": {"note": PRIVATE}}
    story.api.patch(f"/organizations/{organization_id}/metadata", private)
    story.api.patch(f"/users/{member.id}/metadata", private)
    enlist(founder, organization_id, member)
    story.api.patch(f"/organizations/{organization_id}/memberships/{member.id}/metadata", private)
    for browser in (founder.browser, member.browser):
        browser.take = story._note(browser, "member")  # type: ignore[method-assign] - watched from outside
        for path in ("", "/memberships", "/invitations", "/roles"):
            browser.send("GET", f"/organizations/{organization_id}{path}")
        for path in ("/me/organization_memberships", "/me/organization_invitations", "/client", "/me"):
            browser.send("GET", path)
        browser.send(
            "POST", f"/client/sessions/{browser.session_id}/touch", {"active_organization_id": organization_id}
        )


def _hand_shake(story: Story) -> None:
    browser = story.browser("shaken")
    browser.post("/client/sign_ins", {"strategy": "ticket", "ticket": story.ticket()})
    for format_ in ("nonce", "token"):
        query = {"redirect_url": "http://localhost:3000/", "format": format_}
        answer = story.api.run(browser.ask("GET", "/client/handshake", query=query))
        story.secrets[f"handshake {format_}"] = answer.headers["location"].partition("=")[2]


def _fail(story: Story) -> None:
    """Failures of several kinds, with secrets in what was asked; the last one is ours."""
    browser = story.browser("failing")
    browser.refused("POST", "/client/sign_ins", {"identifier": EMAIL, "password": THIRD, "strategy": "oauth_x"})
    browser.send("POST", "/client/sign_ins/sia_x/attempt_first_factor", {"strategy": "password", "password": THIRD})
    story.api.sql("ALTER TABLE sign_ins RENAME TO hidden")
    answer = story.api.run(browser.ask("POST", "/client/sign_ins", {"identifier": EMAIL, "password": THIRD}))
    assert answer.status_code >= 500
    story.answers.append(answer)
    story.api.sql("ALTER TABLE hidden RENAME TO sign_ins")


@pytest.fixture(scope="module")
def told(prepared: Any, runner: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, told once, with the log at its most talkative."""
    folder = Path(shutil.copytree(prepared[0], tmp_path_factory.mktemp("secrets") / "service"))
    with open_api(runner, f"sqlite:///{folder}/claimsmith.db", folder / "master.key", prepared[1]) as api:
        yield tell(api)


def spellings(secret: str) -> list[bytes]:
    """A secret as a file could hold it; codes of six digits only beside a word, since numbers are everywhere."""
    octets = secret.encode()
    if len(secret) == 6:
        return [b'"' + octets + b'"', b":" + octets + b"}", b" " + octets + b" "]
    encoded = base64.b64encode(octets)
    return [octets, octets.hex().encode(), octets.hex().upper().encode(), encoded.rstrip(b"="), encoded[:24]]


def found_in(content: bytes, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if any(one in content for one in spellings(secret))]


def test_the_search_finds_what_is_there(told: Story) -> None:
    assert len(told.secrets) > 25
    assert found_in(b"x" + NEW.encode() + b"y", told.secrets) == ["new"]
    code = next(name for name in told.secrets if name.startswith("code "))
    assert code in found_in(f'{{"code":"{told.secrets[code]}"}}'.encode(), told.secrets)


def test_L_001_no_secret_is_in_the_log(told: Story) -> None:
    log = told.api.log.getvalue()
    assert "request failed" in log, "the story has failures of ours, whose causes are told"
    assert not found_in(log.encode(), told.secrets)
    assert PRIVATE not in log
    assert "argon2id$" not in log


def test_L_002_no_secret_is_in_the_database(told: Story) -> None:
    file = Path(told.api.settings.database_url.removeprefix("sqlite:///"))
    told.api.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    parts = [part for part in file.parent.iterdir() if part.name.startswith(file.name)]
    content = b"".join(part.read_bytes() for part in parts)
    assert PRIVATE.encode() in content, "this is the file"
    assert not found_in(content, told.secrets)


def test_Z_005_private_metadata_and_digests_are_in_no_answer(told: Story) -> None:
    assert len(told.answers) > 40
    for answer in told.answers:
        for leak in (PRIVATE, "private_metadata", "argon2", "digest", "failed_attempts", "token_hash", "code_mac"):
            assert leak not in answer.text, (answer.request.url, leak)
        for password in (OLD, NEW, WRONG, THIRD):
            assert password not in answer.text


def test_L_005_a_failure_of_ours_tells_nothing(told: Story) -> None:
    answer = told.answers[-1]
    assert answer.status_code in {500, 503}
    for inside in ("sign_ins", "sqlite", "INSERT", "/", ".py"):
        assert inside not in answer.json()["errors"][0]["long_message"]


def test_S_027_the_audit_log_names_who_acted_for_a_user(api: Api) -> None:
    person = api.new_user(EMAIL)["id"]
    ticket = give_ticket(api, person, kind="actor", actor={"sub": "support_1"})
    browser = Browser(api)
    browser.post("/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    organization_id = browser.post("/organizations", {"name": "Acme"})["id"]
    browser.patch(f"/organizations/{organization_id}", {"name": "Acme Ltd"})
    actors = api.sql("SELECT DISTINCT actor FROM audit_log WHERE action LIKE 'organization.%'")
    assert actors == [("support_1",)]
