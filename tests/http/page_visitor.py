"""A person at the hosted pages, without JavaScript: reads a page, fills its fields, presses its buttons.

Every page is checked: security headers, one heading, a label for each field, no id twice, nothing from elsewhere.
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
from browser import CHROMIUM, _new_address
from faces import ORIGIN, Api

_VOID = {"input", "meta", "link", "br"}


class Form:
    """A form of a page, with what its fields hold."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.values: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        """Name and value, by what stands on it."""


class Page(HTMLParser):
    """A page as it was answered."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status = answer.status_code
        self.headers = answer.headers
        self.source = answer.text
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.ids: list[str] = []
        self.texts: dict[str, str] = {}
        """By id, and `title`, `h1`, `alert`, `status`, `all`."""
        self.leads_to = ""
        """Where the page leads to by itself, at once."""
        self._labels: set[str] = set()
        self._buttons: list[tuple[dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(answer.text)

    @property
    def title(self) -> str:
        return self.texts["title"]

    @property
    def heading(self) -> str:
        return self.texts["h1"]

    def text(self, name: str) -> str:
        """The text of an element, by id or role; empty when there is none."""
        return self.texts.get(name, "")

    def problem(self, name: str) -> str:
        """What is told of a field, once its input names it as its description."""
        entry = self.inputs[name]
        assert entry.get("aria-invalid") == "true", f"{name} is not marked as wrong"
        assert "autofocus" in entry, f"{name} does not take the focus"
        return self.text(entry["aria-describedby"] or "")

    def check(self) -> None:
        """What holds for every page."""
        assert not self.leads_to or self.leads_to in self.links.values(), "a page that leads on says where to"
        policy = self.headers["content-security-policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self';"):
            assert part in policy, policy
        assert "unsafe" not in policy
        assert self.headers["x-frame-options"] == "DENY"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["referrer-policy"] == "same-origin", "no-referrer would make every form's Origin `null`"
        assert self.headers["cross-origin-opener-policy"] == "same-origin"
        assert self.headers["cache-control"] == "no-store"
        assert self.headers["content-type"] == "text/html; charset=utf-8"
        assert self.heading
        assert self.title
        assert len(self.ids) == len(set(self.ids)), "an id stands twice"
        nameless = [name for name, entry in self.inputs.items() if not self._is_labelled(entry)]
        assert not nameless, f"fields without a label: {nameless}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.ids.append(told["id"] or "")
        if tag == "form":
            assert told.get("method") == "post"
            self.forms.append(Form(told["action"] or ""))
        if tag == "label" and told.get("for"):
            self._labels.add(told["for"] or "")
        if tag == "input":
            self._read_input(told)
        if tag == "meta" and told.get("http-equiv") == "refresh":
            self.leads_to = (told["content"] or "").removeprefix("0; url=")
        for name in ("src", "href"):
            value = told.get(name)
            if value and tag in {"script", "link", "img"}:
                assert value.startswith(("/", "data:,")), f"{value} is not of this origin"
        assert not [name for name in told if name.startswith("on") or name == "style"], f"{tag} {told}"
        if tag == "button":
            self._buttons.append((told, []))
        if tag not in _VOID:
            self._open.append((tag, told))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "button":
            told, words = self._buttons[-1]
            self.forms[-1].buttons[" ".join(words)] = (told.get("name") or "", told.get("value") or "")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text:
            return
        names = {"all"}
        for tag, told in self._open:
            names |= {name for name in (told.get("id"), told.get("role")) if name}
            names |= {tag} & {"title", "h1"}
            if tag == "a":
                self.links[text] = told.get("href") or ""
            if tag == "button":
                self._buttons[-1][1].append(text)
        for name in names:
            self.texts[name] = f"{self.texts.get(name, '')} {text}".strip()

    def _read_input(self, told: dict[str, str | None]) -> None:
        name = told.get("name") or ""
        if self.forms and (told.get("type") != "checkbox" or "checked" in told):
            self.forms[-1].values[name] = told.get("value") or ""
        if told.get("type") != "hidden" and told.get("aria-hidden") != "true":
            self.inputs[told.get("id") or name] = told

    def _is_labelled(self, entry: dict[str, str | None]) -> bool:
        return entry.get("type") == "checkbox" or entry.get("id") in self._labels


class PageVisitor:
    """A browser that knows cookies and forms."""

    def __init__(self, api: Api, *, origin: str = ORIGIN, address: str | None = None) -> None:
        self.api = api
        self.origin = origin
        self.address = address
        self.cookies: dict[str, str] = {}
        self.page: Page | None = None
        self.at = ""
        """The address of the page, or the address outside that it was led to."""

    def open(self, path: str) -> Page:
        """A page of the service, redirects followed."""
        return self.take(self.send("GET", path), path)

    def press(self, button: str, **fields: str) -> Page | None:
        """The page after a form is sent by this button; `None` when it led to another origin."""
        assert self.page
        form = next(
            one for one in self.page.forms if button in one.buttons and set(fields) <= {*one.values, *_ticks(self.page)}
        )
        name, value = form.buttons[button]
        sent = {**form.values, **fields, **({name: value} if name else {})}
        return self.take_any(self.send("POST", form.action, sent), form.action)

    def go(self, button: str, **fields: str) -> Page:
        """As `press`, where a page of the service follows."""
        page = self.press(button, **fields)
        assert page is not None, f"led to {self.at}"
        return page

    def leave(self, button: str, **fields: str) -> str:
        """As `press`, where another origin follows: its address."""
        assert self.press(button, **fields) is None, f"still at {self.at}"
        return self.at

    def send(self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """The answer to one request; its cookies are kept."""
        return self.api.run(self._ask(method, path, form, headers))

    def take(self, answer: httpx.Response, path: str) -> Page:
        """The page that an answer is or leads to."""
        page = self.take_any(answer, path)
        assert page is not None, f"led to {self.at}"
        return page

    def take_any(self, answer: httpx.Response, path: str) -> Page | None:
        """As `take`; `None` when it leads to another origin."""
        self.at = urljoin(ORIGIN, path)
        for _ in range(5):
            if answer.status_code not in (303, 307):
                break
            self.at = urljoin(self.at, answer.headers["location"])
            assert self.at.startswith(f"{ORIGIN}/"), "a form's answer redirects elsewhere: its policy would refuse it"
            parts = urlsplit(self.at)
            answer = self.send("GET", f"{parts.path}?{parts.query}")
        page = Page(answer)
        page.check()
        if page.leads_to:
            self.at = page.leads_to
            assert not self.at.startswith(f"{ORIGIN}/")
            return None
        self.page = page
        return page

    @property
    def query(self) -> dict[str, list[str]]:
        """The query of where this browser is."""
        return parse_qs(urlsplit(self.at).query)

    async def _ask(
        self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        sent: dict[str, Any] = {"User-Agent": CHROMIUM, "Accept": "text/html"}
        if method == "POST":
            sent |= {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        transport = httpx.ASGITransport(app=self.api.faces, client=(self.address or _new_address(), 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as connection:
            content = None if form is None else urlencode(form).encode()
            answer = await connection.request(method, path, content=content, headers={**sent, **headers})
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: httpx.Response) -> None:
        for text in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(text).items():
                assert morsel["samesite"].lower() == "lax"
                if morsel["max-age"] in ("0", 0):
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def _ticks(page: Page) -> set[str]:
    return {str(entry["name"]) for entry in page.inputs.values() if entry.get("type") == "checkbox"}
