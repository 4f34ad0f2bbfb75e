"""An application as a browser meets it: its server is our own SDK's `authenticate`, its pages are nothing else.

`Application(browser).visit("/")` opens a page as a person would: redirects are followed, between the application and
the Frontend API, and cookies are kept where each was set.
"""

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from browser import Browser

from claimsmith.auth import SignedOut
from claimsmith.authentication.cookies import parse_cookies
from claimsmith.authentication.facts import Options, RequestFacts
from claimsmith.authentication.handshake import Handshake
from claimsmith.authentication.request import Outcome, SignedIn, authenticate
from claimsmith.instance import make_publishable_key, parse_publishable_key
from claimsmith.verification.keys import StaticKeys

MOST_REQUESTS = 30
DOCUMENT = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}


class Application:
    """An application at `origin`, with its own cookies; the Frontend API's are the browser's."""

    def __init__(self, browser: Browser, origin: str, *, fmt: str = "nonce", keeps_cookies: bool = True) -> None:
        """`fmt` replaces the format that its SDK asks for; `keeps_cookies=False` is a browser that blocks them."""
        self.browser = browser
        self.origin = origin
        self.fmt = fmt
        self.keeps_cookies = keeps_cookies
        self.cookies: dict[str, str] = {}
        self.handshakes: list[httpx.Response] = []
        """The Frontend API's answers."""
        self.urls: list[str] = []
        tenant = browser.api.tenants[0]
        key = make_publishable_key(tenant.instance.frontend_api, tenant.instance.environment)
        self.options = Options(publishable_key=parse_publishable_key(key), authorized_parties=(origin,))
        self.keys = StaticKeys.from_jwks(browser.api.get("/jwks"))

    @property
    def suffix(self) -> str:
        """Of the instance's cookies."""
        assert self.options.publishable_key
        return self.options.publishable_key.cookie_suffix

    def visit(self, path: str = "/", headers: dict[str, str] | None = None) -> Outcome | httpx.Response:
        """How the page's request was taken in the end, or the Frontend API's own page."""
        url = self.origin + path
        for _ in range(MOST_REQUESTS):
            outcome = self.authenticate(url, headers or DOCUMENT)
            if isinstance(outcome, Handshake):
                self.keep([*outcome.set_cookies])
                answer = self.shake(outcome.location)
                if answer.status_code != 307:
                    return answer
                url = answer.headers["location"]
                continue
            self.keep([*outcome.set_cookies])
            if outcome.location is None:
                return outcome
            url = outcome.location
        raise AssertionError("no end to it")

    def authenticate(self, url: str, headers: dict[str, str]) -> Outcome:
        """What the application's server makes of one request."""
        self.urls.append(url)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.lower(): value for name, value in headers.items()} | ({"cookie": cookie} if cookie else {})
        facts = RequestFacts(method="GET", url=url, headers=tuple(sent.items()), directives=self._fetch(url))
        return authenticate(facts, self.keys, self.options, now=self.browser.api.now / 1000)

    def shake(self, location: str, **headers: str) -> httpx.Response:
        """The Frontend API's answer to a handshake."""
        parts = urlsplit(location)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        query["format"] = self.fmt
        answer = self.browser.api.run(
            self.browser.ask("GET", parts.path.removeprefix("/v1"), query=query, headers={**DOCUMENT, **headers})
        )
        self.browser._keep_cookies(answer)
        self.handshakes.append(answer)
        # The carrier of live keys: one host name, or one domain, that both share.
        self.keep([line for line in answer.headers.get_list("set-cookie") if line.startswith("__clerk_handshake")])
        return answer

    def keep(self, lines: list[str]) -> None:
        """Take cookies as a browser would, a deletion by `Max-Age=0` included."""
        for line in lines if self.keeps_cookies else ():
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] in ("0", 0):
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def _fetch(self, url: str) -> tuple[str, ...] | None:
        """What the Backend API gives for the request's nonce."""
        query = parse_qs(urlsplit(url).query)
        nonce = query.get("__clerk_handshake_nonce", [self.cookies.get("__clerk_handshake_nonce")])[0]
        if not nonce:
            return None
        answer = self.browser.api.send("GET", "/v1/clients/handshake_payload", params={"nonce": nonce})
        return tuple(answer.json()["directives"]) if answer.status_code == 200 else ()


def signed_in(outcome: Any) -> dict[str, Any]:
    """The claims of whom a page found signed in."""
    assert isinstance(outcome, SignedIn), outcome
    claims: dict[str, Any] = dict(outcome.auth.session_claims)
    return claims


def signed_out(outcome: Any) -> str:
    """Why a page found nobody signed in."""
    assert isinstance(outcome, SignedOut), outcome
    return outcome.reason


def read_cookies(header: str) -> dict[str, tuple[str, ...]]:
    """The cookies of a header."""
    return parse_cookies([header])
