"""The seed's story from end to end: claims added in the dashboard, read in the Next.js example."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import WAIT_MILLISECONDS, Driver, Tab, Visitor
from dashboard_site import DashboardVisitor, Owner, running_dashboard
from next_example import Instance, running_next
from places import OpenVisitor, Person, Site, come_back
from test_e2e_editor import CODE, complete, press, publish, wait_until, write


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory, browser: Driver, bundles: Path) -> Iterator[Owner]:
    """An instance without any custom claim."""
    folder = tmp_path_factory.mktemp("seed")
    with running_dashboard(folder, browser, "--ephemeral", "--demo", "--bundles", str(bundles), claims={}) as owner:
        yield owner


@pytest.fixture(scope="module")
def application(owner: Owner, tmp_path_factory: pytest.TempPathFactory, example_build: None) -> Iterator[Site]:
    """The Next.js example, whose origin the instance knows."""
    instance = Instance.of(owner.server)
    with running_next(tmp_path_factory.mktemp("application"), instance) as url:
        told = owner.backend.patch("/instance", json={"allowed_origins": [url]})
        assert told.status_code in (200, 204), told.text
        yield Site(url, instance, owner.backend, [])


def choose(tab: Tab, person: Person) -> None:
    """The person, and the session of their browser, as the subject of the preview."""
    tab.fill("#subject-search", person.email)
    tab.wait_for("#subject-list [role=option]")
    press(tab, "ArrowDown", "Enter")
    wait_until(tab, "document.querySelectorAll('#subject-session option').length > 1")
    tab.call("selectOption", "#subject-session", {"index": 1})
    wait_until(tab, f"document.querySelector('.token-view').textContent.includes('{person.email}')")


def read_meter(tab: Tab) -> int:
    """Bytes of the cookie as the meter tells them."""
    found = re.search(r"([\d,]+) of 4,096", tab.text(".editor"))
    assert found
    return int(found[1].replace(",", ""))


def wait_for_fresh_claims(tab: Tab, site: Site, name: str) -> dict[str, str]:
    """What the seed's route handler answers once the token in the browser has the claim."""
    deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
    while True:
        tab.evaluate("window.Clerk.session.getToken({skipCache: true})")
        status, answer = tab.fetch_json("/api/example")
        if status == 200 and answer.get(name):
            return dict(answer)
        assert time.monotonic() < deadline, (status, answer)
        time.sleep(0.2)


def test_claims_added_in_the_dashboard_are_read_in_the_application(
    browser: Driver, owner: Owner, application: Site, open_visitor: OpenVisitor
) -> None:
    person = application.new_person()
    user: Visitor = open_visitor()
    client = come_back(user, application, person)
    assert client.fetch_json("/api/example")[1] == {}, "there is no custom claim yet"

    visitor = DashboardVisitor(browser, owner, width=1440)
    tab = visitor.open_tab(f"{owner.url}/dashboard")
    tab.click('nav >> text="Sessions"')
    tab.click("a[data-editor-dialog]")
    tab.wait_for(f"dialog.editor-dialog {CODE}")
    tab.click(CODE)
    press(tab, "Control+a", "Delete")
    write(tab, '{"fullName": "{{user.full_n')
    complete(tab)
    press(tab, "End", "ArrowLeft")
    write(tab, ',"primaryEmail": "{{user.primary_email_a')
    complete(tab)
    choose(tab, person)
    previewed = read_meter(tab)
    tab.click(CODE)
    publish(tab, "The guide's two claims")
    wait_until(tab, "document.querySelector('.save-words').textContent.includes('is live')")
    messages = visitor.log().messages
    visitor.close()

    read = wait_for_fresh_claims(client, application, "primaryEmail")
    assert read == {"firstName": "Ada Lovelace", "primaryEmail": person.email}
    stored = {name: cookie["value"] for name, cookie in user.cookies().items() if name.startswith("__session_")}
    [(name, token)] = stored.items()
    assert len(name) + len(token) == previewed, "the preview counted the cookie that this browser has stored"
    assert [text for text in messages if "Content Security Policy" in text or text.startswith("thrown")] == []
