"""The editor of claims in a browser: the seed's steps, fixes, a save race, the keyboard alone, and no JavaScript."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from chromium import FOLDER, WAIT_MILLISECONDS, Driver, Tab
from dashboard_site import DashboardVisitor, Owner, Theme, make_strange_people, post, running_dashboard

EDITOR = "/dashboard/sessions/claims"
CODE = ".cm-content"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory, browser: Driver) -> Iterator[Owner]:
    """An instance with an editor at work, and claims that are live already."""
    with running_dashboard(tmp_path_factory.mktemp("editor"), browser) as owner:
        yield owner


@pytest.fixture
def visitor(browser: Driver, owner: Owner) -> Iterator[DashboardVisitor]:
    """The owner's browser; nothing left the machine, no policy was broken, nothing was thrown."""
    visitor = DashboardVisitor(browser, owner, width=1440)
    yield visitor
    log = visitor.log()
    visitor.close()
    assert [sent.url for sent in log.requests if not sent.is_local] == []
    assert [text for text in log.messages if "Content Security Policy" in text or text.startswith("thrown")] == []


def wait_until(tab: Tab, expression: str) -> None:
    """Waits until an expression is true; polled from here, since the page's policy allows no `eval`."""
    deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
    while not tab.evaluate(expression):
        assert time.monotonic() < deadline, f"never came true: {expression}"
        time.sleep(0.05)


def press(tab: Tab, *keys: str) -> None:
    """Keys for whatever has the focus."""
    for key in keys:
        tab.call("press", ":focus", key)


def write(tab: Tab, text: str) -> None:
    tab.call("type", ":focus", text)


def open_editor(visitor: DashboardVisitor, owner: Owner, path: str = EDITOR) -> Tab:
    """The editor, with the cursor in an empty template."""
    tab = visitor.open_tab(owner.url + path)
    tab.wait_for(CODE)
    tab.click(CODE)
    return tab


def replace_text(tab: Tab, text: str) -> None:
    """Another text, as pasting it over everything does."""
    tab.call("focus", CODE)
    press(tab, "Control+a", "Delete")
    tab.evaluate("text => document.execCommand('insertText', false, text)", text)


def complete(tab: Tab) -> None:
    """Takes what is offered first; just opened, the list takes no key yet, since that may be meant for the text."""
    tab.wait_for(".cm-tooltip-autocomplete li[aria-selected]")
    time.sleep(0.2)
    press(tab, "Enter")


def read_text(tab: Tab) -> str:
    lines = tab.evaluate("[...document.querySelectorAll('.cm-line')].map(line => line.textContent)")
    return "\n".join(lines)


def publish(tab: Tab, reason: str = "") -> None:
    """The dialog of the save, by the keyboard."""
    press(tab, "Control+s")
    tab.wait_for("dialog.publish #publish-reason")
    tab.fill("#publish-reason", reason)
    press(tab, "Control+Enter")


def mint(owner: Owner, user_id: str) -> dict[str, Any]:
    """The claims of a fresh session token."""
    session = post(owner, "/sessions", {"user_id": user_id})["id"]
    token = post(owner, f"/sessions/{session}/tokens", {})["jwt"]
    claims: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def test_the_seeds_steps(visitor: DashboardVisitor, owner: Owner) -> None:
    ada = owner.server.demo_users[0]
    tab = visitor.open_tab(f"{owner.url}/dashboard/sessions")
    tab.click("a[data-editor-dialog]")
    tab.wait_for(f"dialog.editor-dialog {CODE}")
    assert tab.url == f"{owner.url}/dashboard/sessions", "it opens over the page"
    tab.click(CODE)
    press(tab, "Control+a", "Delete")
    write(tab, '{"fullName": "{{user.full_n')
    complete(tab)
    wait_until(tab, "document.querySelector('.cm-content').textContent.includes('{{user.full_name}}')")
    press(tab, "End", "ArrowLeft")
    write(tab, ',"primaryEmail": "{{user.primary_email_a')
    complete(tab)
    tab.fill("#subject-search", ada.email)
    tab.wait_for("#subject-list [role=option]")
    press(tab, "ArrowDown", "Enter")
    wait_until(tab, f"document.querySelector('.token-view').textContent.includes('{ada.email}')")
    told = tab.text('[data-claim="fullName"]')
    assert '"fullName"' in told
    tab.click(CODE)
    publish(tab, "The guide's two claims")
    wait_until(tab, "document.querySelector('.save-words').textContent.includes('is live')")
    claims = mint(owner, ada.id)
    assert claims["primaryEmail"] == ada.email
    assert claims["fullName"] in told


@pytest.mark.parametrize(
    ("text", "code", "fixed"),
    [
        ('{"a": "{{organization.id}}"}', "unknown_root", '{"a": "{{org.id}}"}'),
        ('{"\U0001f980": "{{user.frist_name}}"}', "unknown_path", '{"\U0001f980": "{{user.first_name}}"}'),
        ('{"a": "{{user.id ?? user.username}}"}', "invalid_shortcode", '{"a": "{{user.id || user.username}}"}'),
        ('{"a": "{{user.id"}', "unclosed_shortcode", '{"a": "{{user.id}}"}'),
    ],
)
def test_a_fix_button_puts_the_template_right(
    visitor: DashboardVisitor, owner: Owner, text: str, code: str, fixed: str
) -> None:
    tab = open_editor(visitor, owner)
    replace_text(tab, text)
    tab.wait_for(f"[data-code={code}] button.plain")
    assert tab.evaluate("document.querySelectorAll('.cm-lintRange').length") > 0, "underlined in place"
    tab.click(f"[data-code={code}] button.plain")
    wait_until(tab, f"!document.querySelector('[data-code={code}]')")
    assert read_text(tab) == fixed
    press(tab, "Control+z")
    assert read_text(tab) == text, "a fix is one step of undo"


def test_a_save_race_loses_nothing(browser: Driver, visitor: DashboardVisitor, owner: Owner) -> None:
    other = DashboardVisitor(browser, owner, width=1440)
    mine, theirs = open_editor(visitor, owner), open_editor(other, owner)
    replace_text(mine, '{"who": "mine"}')
    replace_text(theirs, '{"who": "theirs"}')
    publish(theirs)
    wait_until(theirs, "document.querySelector('.save-words').textContent.includes('is live')")
    publish(mine, "mine")
    mine.wait_for("dialog.conflict .difference")
    shown = mine.text("dialog.conflict")
    assert '"theirs"' in shown
    assert '"mine"' in shown
    mine.click('dialog.conflict button[value="edit"]')
    assert read_text(mine) == '{"who": "mine"}'
    assert mint(owner, owner.server.demo_users[0].id)["who"] == "theirs"
    publish(mine, "mine")
    mine.wait_for("dialog.conflict")
    mine.click('dialog.conflict button[value="mine"]')
    wait_until(mine, "document.querySelector('.save-words').textContent.includes('is live')")
    assert mint(owner, owner.server.demo_users[0].id)["who"] == "mine"
    other.close()


def test_a_draft_is_offered_on_return(visitor: DashboardVisitor, owner: Owner) -> None:
    tab = open_editor(visitor, owner)
    replace_text(tab, '{"draft": true}')
    wait_until(tab, "document.querySelector('.draft-state').textContent === 'Draft kept'")
    tab.close()
    again = open_editor(visitor, owner)
    again.wait_for(".draft-offer")
    assert "draft" not in read_text(again)
    again.click(".draft-offer button.plain")
    assert read_text(again) == '{"draft": true}'


def test_the_keyboard_alone_writes_fixes_chooses_and_leaves(visitor: DashboardVisitor, owner: Owner) -> None:
    tab = visitor.open_tab(f"{owner.url}/dashboard/sessions")
    wait_until(tab, "document.querySelector('script[src*=\"editor.js\"]')")
    tab.call("waitForLoadState", "load")
    tab.call("focus", "a[data-editor-dialog]")
    press(tab, "Enter")
    tab.wait_for(CODE)
    for _ in range(20):
        press(tab, "Tab")
        if tab.evaluate("document.activeElement.matches('.cm-content')"):
            break
    press(tab, "Control+a", "Delete")
    tab.evaluate("text => document.execCommand('insertText', false, text)", '{"a": "{{organization.id}}"}')
    tab.wait_for("[data-code=unknown_root]")
    press(tab, "Control+.")
    wait_until(tab, "!document.querySelector('[data-code=unknown_root]')")
    assert read_text(tab) == '{"a": "{{org.id}}"}'
    press(tab, "Escape")
    tab.wait_for("dialog.asked")
    press(tab, "Tab", "Enter")
    wait_until(tab, "!document.querySelector('dialog[open]')")
    assert tab.evaluate("document.activeElement.matches('a[data-editor-dialog]')"), "the focus is back"


def test_tests_are_made_and_a_red_one_blocks_publishing(visitor: DashboardVisitor, owner: Owner) -> None:
    tab = open_editor(visitor, owner)
    replace_text(tab, '{"plan": "{{user.public_metadata.plan || \'free\'}}"}')
    tab.wait_for('[data-claim="plan"]')
    tab.click("#tools-tests-tab")
    tab.fill("#test-name", "free by default")
    press(tab, "Enter")
    tab.wait_for(".test .badge.good")
    replace_text(tab, '{"plan": "paid"}')
    tab.wait_for(".test .badge.bad")
    press(tab, "Control+s")
    tab.wait_for("dialog.publish .notice.bad")
    assert tab.evaluate("document.querySelector('[data-publish]').disabled")
    press(tab, "Escape")
    tab.click(".test button.icon-only")
    wait_until(tab, "!document.querySelector('.test')")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_in_the_open_editor(browser: Driver, owner: Owner, theme: Theme, width: int) -> None:
    make_strange_people(owner)
    visitor = DashboardVisitor(browser, owner, theme=theme, width=width)
    tab = visitor.open_tab(f"{owner.url}{EDITOR}")
    tab.wait_for(CODE)
    tab.call("evaluate", (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    replace_text(tab, '{"a": "{{organization.id}}", "b": "{{user.public_metadata}}"}')
    tab.wait_for(".finding")
    for pane in ("template", "token", "tools"):
        if width < 1100:
            tab.click(f"#pane-{pane}-tab")
        told = tab.evaluate("options => axe.run(document, options)", RULES)
        found |= {f"{pane} {one['id']}": [node["html"][:200] for node in one["nodes"]] for one in told["violations"]}
    wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    visitor.close()
    assert found == {}
    assert wide <= 0


def test_without_javascript_the_form_does_the_same(browser: Driver, owner: Owner) -> None:
    visitor = DashboardVisitor(browser, owner, javaScriptEnabled=False)
    tab = visitor.open_tab(f"{owner.url}{EDITOR}")
    tab.fill("#text", '{"plain": "{{organization.id}}"}')
    tab.click('button[value="check"]')
    tab.click('[data-code=unknown_root] button[value="fix-0"]')
    assert tab.call("inputValue", "#text") == '{"plain": "{{org.id}}"}'
    tab.click('button[value="publish"]')
    tab.wait_for_url(f"{owner.url}{EDITOR}?done=published**")
    visitor.close()
    assert "plain" in mint(owner, owner.server.demo_users[0].id)
