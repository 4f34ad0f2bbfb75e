"""The hosted pages in a browser without JavaScript, and an unmodified `@clerk/express` that they sign in."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from chromium import Driver, Tab, Visitor
from next_example import Instance, find_free_port, running_application
from packages import install_packages
from places import CODE_FIELD, TEST_CODE, Person, Site, new_email, open_backend
from servers import running_server
from test_e2e_express import FOLDER, name_variables

PASSWORD = "a-long-and-quiet-password"
CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}


class PlainVisitor(Visitor):
    """A person whose browser runs no scripts."""

    def __init__(self, driver: Driver, **options: object) -> None:
        super().__init__(driver)
        self.close()
        view = {"viewport": {"width": 1280, "height": 900}, "javaScriptEnabled": False, **options}
        self._context = driver.call("browser", "newContext", view)


@pytest.fixture(scope="module")
def express_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The Express example against a development instance; neither needs any script."""
    install_packages(FOLDER)
    folder, port = tmp_path_factory.mktemp("hosted"), find_free_port()
    with ExitStack() as stack:
        server = stack.enter_context(running_server(folder))
        instance = Instance.of(server)
        backend = stack.enter_context(open_backend(instance, server.instance_id, CLAIMS))
        for name in ("server.mjs", "page.mjs", "package.json"):
            shutil.copy(FOLDER / name, folder / name)
        (folder / "node_modules").symlink_to(Path(FOLDER) / "node_modules")
        environment = name_variables(instance) | {"PORT": str(port)}
        url = stack.enter_context(running_application(["node", "server.mjs"], folder, port, environment))
        yield Site(url, instance, backend, [])


@pytest.fixture
def plain_visitor(browser: Driver) -> Iterator[PlainVisitor]:
    """A browser without JavaScript; no request of it may have left this machine, nor a policy have been broken."""
    visitor = PlainVisitor(browser)
    yield visitor
    log = visitor.log()
    visitor.close()
    assert [sent for sent in log.requests if not sent.is_local] == []
    assert [text for text in log.messages if "Content Security Policy" in text or text.startswith("thrown")] == []


@pytest.fixture
def somebody(express_site: Site) -> Person:
    """A user whom no other test knows."""
    return express_site.new_person()


def open_hosted(visitor: Visitor, site: Site, path: str = "/sign-in") -> Tab:
    """A hosted page that leads back to the application, as the application's own link does."""
    visitor.open_tab(site.url)  # so that the application has cookies of its own before
    return visitor.open_tab(f"{site.instance.url}{path}?redirect_url={quote(f'{site.url}/', safe='')}")


def give(tab: Tab, person: Person, password: str) -> None:
    tab.fill("#identifier", person.email)
    tab.fill("#password", password)
    tab.click('button[value="password"]')


def test_a_password_signs_the_application_in(plain_visitor: Visitor, express_site: Site, somebody: Person) -> None:
    tab = open_hosted(plain_visitor, express_site)
    give(tab, somebody, "not-the-password")
    tab.wait_for("#password-note")
    tab.fill("#password", somebody.password)
    tab.call("press", "#password", "Enter")  # the first button is the one that Enter presses
    tab.wait_for("text=Welcome, Ada Lovelace")
    assert tab.url == f"{express_site.url}/", "the handshake took what was carried out of the address"
    tab.goto(f"{express_site.url}/api/example")
    assert somebody.email in tab.text("body")


def test_a_code_signs_the_application_in(plain_visitor: Visitor, express_site: Site, somebody: Person) -> None:
    tab = open_hosted(plain_visitor, express_site)
    tab.fill("#identifier", somebody.email)
    tab.click('button[value="code"]')
    tab.fill(CODE_FIELD, "000000")
    tab.click('button[value="verify"]')
    tab.wait_for("#code-note.bad")
    tab.fill(CODE_FIELD, TEST_CODE)
    tab.click('button[value="verify"]')
    tab.wait_for("text=Welcome, Ada Lovelace")


def test_a_sign_up_signs_the_application_in(plain_visitor: Visitor, express_site: Site) -> None:
    tab = open_hosted(plain_visitor, express_site, "/sign-up")
    tab.fill("#first_name", "Mary")
    tab.fill("#last_name", "Somerville")
    tab.fill("#email_address", new_email())
    tab.fill("#password", PASSWORD)
    tab.click("button.primary")
    tab.fill(CODE_FIELD, TEST_CODE)
    tab.click('button[value="verify"]')
    tab.wait_for("text=Welcome, Mary Somerville")


def test_a_sign_out_reaches_the_application(plain_visitor: Visitor, express_site: Site, somebody: Person) -> None:
    tab = open_hosted(plain_visitor, express_site)
    give(tab, somebody, somebody.password)
    tab.wait_for("text=Welcome, Ada Lovelace")
    tab.goto(f"{express_site.instance.url}/user?redirect_url={quote(f'{express_site.url}/', safe='')}")
    tab.click('role=button[name="Sign out"] >> nth=0')
    tab.wait_for("text=You are signed out")
    assert tab.url.startswith(express_site.url)


def test_the_address_behind_the_hash_of_clerk_js_is_read_where_scripts_run(
    browser: Driver, express_site: Site, somebody: Person
) -> None:
    visitor = PlainVisitor(browser, javaScriptEnabled=True)
    target = quote(f"{express_site.url}/", safe="")
    tab = visitor.open_tab(f"{express_site.instance.url}/sign-in#/?sign_in_force_redirect_url={target}")
    tab.wait_for_url("**/sign-in?sign_in_force_redirect_url=**")
    give(tab, somebody, somebody.password)
    tab.wait_for("text=Welcome, Ada Lovelace")
    messages = visitor.log().messages
    visitor.close()
    assert not [text for text in messages if "Content Security Policy" in text]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/user", "/unauthorized"])
def test_pages_fit_a_phone_and_a_long_name(browser: Driver, express_site: Site, path: str) -> None:
    name = "\u202e\U0001f469\u200d\U0001f680" + "Wolfeschlegelsteinhausenbergerdorff" * 3 + "<b>\u05d0\u05d1"
    person = express_site.new_person(first_name=name)
    visitor = PlainVisitor(browser, viewport={"width": 360, "height": 740})
    tab = open_hosted(visitor, express_site)
    give(tab, person, person.password)
    tab.wait_for("h1")
    tab.goto(f"{express_site.instance.url}{path}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    visitor.close()
