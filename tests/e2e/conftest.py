"""A browser, an instance, and the Next.js example between them: all real, all on this machine."""

import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec
import pytest
from chromium import BrowserError, Driver, Visitor, running_chromium
from next_example import Instance, build_example, running_next
from packages import run_to_end, turn_at
from places import TOKEN_LIFETIME, OpenVisitor, Person, Site, open_backend
from production import CLAIMSMITH, running_production
from servers import running_server

LOCK = Path(__file__).parent / "node" / "package.json"
NEEDED = {"browser", "bundles", "example_build"}
VISITORS = pytest.StashKey[list[Visitor]]()
CLAIMS = {
    "fullName": "{{user.full_name}}",
    "primaryEmail": "{{user.primary_email_address}}",
    "organizationName": "{{org.name}}",
}
"""The seed document's two, and one that follows the active organization."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a browser or an application; one worker runs all of it, for it shares them."""
    for item in items:
        if not isinstance(item, pytest.Function) or Path(__file__).parent not in item.path.parents:
            continue
        if NEEDED & set(item.fixturenames):
            for marker in (pytest.mark.node, pytest.mark.browser, pytest.mark.xdist_group("e2e")):
                item.add_marker(marker)
    items.sort(key=find_turn)


def find_turn(item: pytest.Item) -> int:
    """Who signs in and leaves does so first (-1), who comes back after the token expired comes last (1)."""
    names = set(item.fixturenames) if isinstance(item, pytest.Function) else set()
    return 1 if "come_late" in names else -1 if "all_left" in names else 0


@pytest.fixture(scope="session")
def bundles(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle directory, filled by the command that everybody fills it with; kept where pytest keeps a cache."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    folder = cache.mkdir("browser-bundles") if cache else tmp_path_factory.mktemp("browser-bundles")
    with turn_at(LOCK):
        run_to_end([CLAIMSMITH, "bundles", "fetch", "--dir", str(folder)], folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Driver]:
    """One Chromium for the whole run."""
    with running_chromium() as driver:
        yield driver


@pytest.fixture(scope="session")
def example_build() -> None:
    """The Next.js example, built."""
    build_example()


@pytest.fixture(scope="session")
def open_site(
    tmp_path_factory: pytest.TempPathFactory, bundles: Path, example_build: None
) -> Iterator[Callable[[], Site]]:
    """Starts a development instance and the Next.js example set up for it; both end with the run."""
    with ExitStack() as stack:

        def start() -> Site:
            folder = tmp_path_factory.mktemp("site")
            arguments = ("--ephemeral", "--demo", "--bundles", str(bundles), "--token-lifetime", str(TOKEN_LIFETIME))
            server = stack.enter_context(running_server(folder, *arguments))
            instance = Instance.of(server)
            backend = stack.enter_context(open_backend(instance, server.instance_id, CLAIMS))
            url = stack.enter_context(running_next(folder, instance))
            demo = [Person(user.id, user.email, user.password) for user in server.demo_users]
            return Site(url, instance, backend, demo)

        yield start


@pytest.fixture(scope="session")
def site(open_site: Callable[[], Site]) -> Site:
    """The Next.js example against a development instance. Tests make their own users in it."""
    return open_site()


@pytest.fixture(scope="session")
def other_site(open_site: Callable[[], Site]) -> Site:
    """A second application on this machine, of a second instance."""
    return open_site()


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory, bundles: Path, example_build: None) -> Iterator[Site]:
    """The Next.js example against a production instance: live keys, nothing else is different."""
    folder = tmp_path_factory.mktemp("live")
    with running_production(folder, bundles, CLAIMS, TOKEN_LIFETIME) as site:
        yield site


@pytest.fixture
def open_visitor(browser: Driver, request: pytest.FixtureRequest) -> Iterator[OpenVisitor]:
    """Makes visitors for one test. However it went, none of them may have sent a request off this machine."""
    visitors = request.node.stash[VISITORS] = []

    def open_one() -> Visitor:
        visitors.append(Visitor(browser))
        return visitors[-1]

    yield open_one
    left = [sent for visitor in visitors for sent in visitor.log().requests if not sent.is_local]
    for visitor in visitors:
        visitor.close()
    assert not left, f"requests left this machine: {left}"


@pytest.fixture
def visitor(open_visitor: OpenVisitor) -> Visitor:
    """A person's browser that has never been here."""
    return open_visitor()


@pytest.fixture
def person(site: Site) -> Person:
    """A user of the development instance whom no other test knows."""
    return site.new_person()


@pytest.fixture
def person_of_other(other_site: Site) -> Person:
    """A user of the second instance whom no other test knows."""
    return other_site.new_person()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps what the browser showed, sent and said when a test fails, and names the folder in the report."""
    report = yield
    visitors = item.stash.get(VISITORS, [])
    if report.failed and report.when == "call" and visitors:
        folder = Path(tempfile.mkdtemp(prefix=f"evidence-{item.name[:60]}-"))
        for number, visitor in enumerate(visitors):
            keep_evidence(visitor, folder, f"visitor{number}")
        report.sections.append(("browser", f"screenshots, requests and console are in {folder}"))
    return report


def keep_evidence(visitor: Visitor, folder: Path, name: str) -> None:
    """Writes a visitor's log and cookies, and a picture of each of their tabs."""
    log = visitor.log()
    facts = {"console": log.messages, "requests": log.requests, "cookies": visitor.cookies()}
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=1))
    for number, tab in enumerate(visitor.tabs):
        with suppress(BrowserError):  # a closed tab has no picture
            tab.call("screenshot", {"path": str(folder / f"{name}-tab{number}.png"), "fullPage": True})
