"""A real Chromium, driven through one Node process with `playwright-core`."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from packages import install_packages

FOLDER = Path(__file__).parent / "node"
WAIT_MILLISECONDS = 10_000
LOCAL = {"localhost", "127.0.0.1", "[::1]"}


class BrowserError(AssertionError):
    """What the browser could not do: nothing matched, nothing came in time, a page could not be reached."""


class Request(msgspec.Struct, frozen=True):
    """One request of a browser, redirects each on their own."""

    method: str
    url: str
    kind: str
    is_navigation: bool = False
    body: str | None = None
    status: int | None = None
    location: str | None = None
    failure: str | None = None

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def is_local(self) -> bool:
        """Whether it stays on this machine; `data:` and `blob:` never leave the page."""
        parts = urlsplit(self.url)
        return parts.scheme in {"data", "blob", "about"} or (parts.hostname or "") in LOCAL


class Log(msgspec.Struct, frozen=True):
    """What a browser context sent, and what its pages wrote to the console or threw."""

    requests: list[Request]
    messages: list[str]


class Driver:
    """The Node process; one call after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def call(self, on: str, call: str, *args: Any) -> Any:
        """A method's value: plain data, or the name of an object of the browser.

        Raises:
            BrowserError: what Playwright threw.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(msgspec.json.encode({"on": on, "call": call, "args": args}) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the browser's Node process ended"
        answer = msgspec.json.decode(line)
        if "error" in answer:
            raise BrowserError(f"{call}{args}: {answer['error']}")
        return answer.get("handle") or answer.get("value")


class Tab:
    """One page of a visitor. Selectors are Playwright's: CSS, `role=button[name="Sign in"]`, `text=…`."""

    def __init__(self, driver: Driver, page: str) -> None:
        self._driver = driver
        self._page = page

    def call(self, call: str, *args: Any) -> Any:
        """Any method of Playwright's `Page` whose arguments are plain."""
        return self._driver.call(self._page, call, *args)

    @property
    def url(self) -> str:
        return str(self.call("url"))

    def goto(self, url: str) -> None:
        self.call("goto", url, {"waitUntil": "domcontentloaded"})

    def click(self, selector: str) -> None:
        self.call("click", selector)

    def fill(self, selector: str, text: str) -> None:
        self.call("fill", selector, text)

    def type_code(self, selector: str, code: str) -> None:
        """Types into a field that listens to keys, as a one-time code's does."""
        self.call("click", selector)
        self.call("type", selector, code)

    def wait_for(self, selector: str, state: str = "visible") -> None:
        self.call("waitForSelector", selector, {"state": state})

    def wait_for_url(self, url: str) -> None:
        """Waits until the address is `url`; `*` and `**` stand for anything."""
        self.call("waitForURL", url, {"waitUntil": "domcontentloaded"})

    def wait_until(self, expression: str, seconds: float = WAIT_MILLISECONDS / 1000) -> None:
        """Waits until a JavaScript expression is true in the page."""
        self.call("waitForFunction", expression, None, {"timeout": seconds * 1000})

    def text(self, selector: str) -> str:
        return str(self.call("innerText", selector))

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """The value of a JavaScript expression, or of a function that is given `argument`; promises are awaited."""
        if argument is not None:
            expression = f"({expression})({msgspec.json.encode(argument).decode()})"
        return self.call("evaluate", expression)

    def fetch_json(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a `fetch` of the page; the JSON is `None` where the body is none."""
        answer = self.evaluate(
            "async path => { const r = await fetch(path); return [r.status, await r.json().catch(() => null)] }", path
        )
        return answer[0], answer[1]

    def close(self) -> None:
        self.call("close")


class Visitor:
    """A person's browser: cookies, storage and caches of its own, nothing of any test before."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._context = driver.call("browser", "newContext", {"viewport": {"width": 1280, "height": 900}})
        self.tabs: list[Tab] = []

    def open_tab(self, url: str = "") -> Tab:
        """A new tab, at an address when one is given."""
        tab = Tab(self._driver, self._driver.call(self._context, "newPage"))
        self.tabs.append(tab)
        if url:
            tab.goto(url)
        return tab

    def log(self) -> Log:
        """Everything so far."""
        return msgspec.convert(self._driver.call(self._context, "log"), Log)

    def requests(self, path_end: str) -> list[Request]:
        """The requests whose path ends so, in the order sent."""
        return [request for request in self.log().requests if request.path.endswith(path_end)]

    def cookies(self) -> dict[str, dict[str, Any]]:
        """The cookies that this browser holds, by name."""
        return {cookie["name"]: cookie for cookie in self._driver.call(self._context, "cookies")}

    def wait_for_answers(self, path_end: str, *statuses: int) -> None:
        """Returns when the requests whose path ends so were answered so, in the order sent."""
        deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
        while (told := [request.status for request in self.requests(path_end)]) != list(statuses):
            assert time.monotonic() < deadline, f"{path_end} was answered {told}"
            time.sleep(0.1)

    def wait_until_gone(self, *starts: str) -> None:
        """Returns when no cookie's name starts so; clerk-js takes its time to clear them."""
        deadline = time.monotonic() + WAIT_MILLISECONDS / 1000
        while left := [name for name in self.cookies() if name.startswith(starts)]:
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.1)

    def lose_cookies(self, start: str) -> None:
        """Forgets the cookies whose names start so."""
        lost = [cookie for name, cookie in self.cookies().items() if name.startswith(start)]
        self.add_cookies([{**cookie, "expires": 1} for cookie in lost])

    def add_cookies(self, cookies: list[dict[str, Any]]) -> None:
        self._driver.call(self._context, "addCookies", cookies)

    def close(self) -> None:
        self._driver.call(self._context, "close")


@contextmanager
def running_chromium() -> Iterator[Driver]:
    """A headless Chromium; each `Visitor` of it is a person of their own."""
    install_packages(FOLDER)
    chromium = shutil.which("chromium")
    assert chromium
    pipe = subprocess.PIPE
    with subprocess.Popen(["node", "driver.mjs", chromium], stdin=pipe, stdout=pipe, cwd=FOLDER) as process:
        yield Driver(process)
        assert process.stdin
        process.stdin.close()
