"""A browser that is signed in before its first page, as a storage state of Playwright."""

from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from http.cookies import Morsel, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from claimsmith import wire
from claimsmith.clock import present
from claimsmith.errors import ConfigurationError
from claimsmith.instance import parse_publishable_key
from claimsmith.testing.connections import Connection
from claimsmith.testing.servers import RunningServer
from claimsmith.testing.session_claims import Identified, find_id

if TYPE_CHECKING:
    import httpx

_DOCUMENT = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}
"""What a browser sends when it opens a page; only pages get a handshake."""


class _Made(msgspec.Struct):
    id: str


def storage_state(server: RunningServer, user: str | Identified, app_url: str) -> dict[str, Any]:
    """A storage state for `browser.new_context(storage_state=…)` of Playwright: its pages are signed in at once.

    It is made as a browser would: a sign-in with a ticket at the Frontend API, then the handshake of the application,
    whose cookies are taken. The session token among them is good for a minute; after that the application or clerk-js
    gets a new one without anybody noticing.

    Args:
        server: the instance that the application is set up for.
        user: who is signed in, or their id.
        app_url: of the application, e.g. `http://localhost:3000`.

    Raises:
        ApiError: the user does not exist or may not sign in, or the application's address is not allowed.
        ConfigurationError: the server does not answer, or not as a Frontend API does.

    Example:
        ```python
        from claimsmith.testing import RunningServer, storage_state


        def test_ada_sees_her_page(claimsmith_server: RunningServer) -> None:
            user = claimsmith_server.create_user(first_name="Ada")
            state = storage_state(claimsmith_server, user, "http://localhost:3000")
            assert {"__session", "__client_uat"} < {cookie["name"] for cookie in state["cookies"]}
        ```
    """
    ticket = server.backend.sign_in_tokens.create(user_id=find_id(user)).token
    with Connection(server.url) as browser:
        known = _make_dev_browser(browser, server)
        form, origin = {"strategy": "ticket", "ticket": ticket}, {"Origin": _find_origin(app_url)}
        signed_in = browser.ask("POST", "/v1/client/sign_ins", params=known, data=form, headers=origin)
        query = {"redirect_url": app_url, "format": "nonce", "suffixed_cookies": "true", **known}
        sent_back = browser.ask("GET", "/v1/client/handshake", params=query, headers=_DOCUMENT)
    directives = server.backend.clients.get_handshake_payload(nonce=_find_nonce(sent_back)).directives
    own = signed_in.headers.get_list("set-cookie")
    return {"cookies": [*_parse_cookies(directives, app_url), *_parse_cookies(own, server.url)], "origins": []}


def _make_dev_browser(browser: Connection, server: RunningServer) -> dict[str, str]:
    """What names a new browser in the queries of a development instance; with live keys its cookie does."""
    if parse_publishable_key(server.publishable_key).environment == "production":
        return {}
    return {wire.DEV_BROWSER_COOKIE: browser.read(_Made, "POST", "/v1/dev_browser").id}


def _find_nonce(answer: "httpx.Response") -> str:
    """What the handshake's directives are fetched with: in the address of a development instance, else in a cookie."""
    query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    carried = [*query.get(wire.HANDSHAKE_NONCE, ()), *filter(None, [answer.cookies.get(wire.HANDSHAKE_NONCE)])]
    if not carried:
        raise ConfigurationError("The instance answered a handshake without a nonce. Is its address right?")
    return str(carried[0])


def _find_origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _parse_cookies(lines: Iterable[str], url: str) -> list[dict[str, Any]]:
    """The cookies that `Set-Cookie` values leave in a browser at `url`, as Playwright writes them; the last counts."""
    kept: dict[str, dict[str, Any]] = {}
    for line in lines:
        for name, morsel in SimpleCookie(line).items():
            kept.pop(name, None)
            if morsel.value and morsel["max-age"] != "0":
                kept[name] = _describe_cookie(morsel, urlsplit(url).hostname or "")
    return list(kept.values())


def _describe_cookie(morsel: "Morsel[str]", host: str) -> dict[str, Any]:
    return {
        "name": morsel.key,
        "value": morsel.value,
        "domain": morsel["domain"] or host,
        "path": morsel["path"] or "/",
        "expires": _find_end(morsel),
        "httpOnly": bool(morsel["httponly"]),
        "secure": bool(morsel["secure"]),
        "sameSite": (morsel["samesite"] or "Lax").capitalize(),
    }


def _find_end(morsel: "Morsel[str]") -> float:
    """Unix seconds, -1 for the end of the browser's session."""
    if morsel["max-age"]:
        return present() + int(morsel["max-age"])
    return parsedate_to_datetime(morsel["expires"]).timestamp() if morsel["expires"] else -1
