"""One instance, applications on several domains: satellites ask their primary who is signed in (contract 4.9).

With live keys both talk to the Frontend API; with development keys the satellite sends the browser to the primary's
sign-in page, and the primary sends it back with the dev browser's id. It answers only to origins that it was told of:
the id in another's hands is a way into the session.
"""

import re
from urllib.parse import quote, unquote_plus, urljoin, urlsplit

from msgspec.structs import replace

from claimsmith import wire
from claimsmith.authentication.cookies import parse_cookies
from claimsmith.authentication.facts import Options, RequestFacts, count_redirects, is_address, is_navigation
from claimsmith.network.addresses import has_same_origin

REDIRECT_QUERY = "__clerk_redirect_url"
"""Query key with the address that a satellite waits at."""
SYNCED_QUERY = "__clerk_synced"
"""Query key of a satellite's address: `false` asks to sync, `true` says that it is done."""

_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?([/?#][!-\[\]-~]*)?", re.IGNORECASE)
"""Strict: what browsers might read as another host (`\\`, `@` and controls before the path) is none."""


def ask_primary(sign_in_url: str, url: str) -> str:
    """Where a satellite with development keys sends the browser: the primary's sign-in page, with the way back.

    Example:
        ```python
        address = ask_primary("http://localhost:3000/sign-in", "http://localhost:3001/")
        assert address == "http://localhost:3000/sign-in?__clerk_redirect_url=http%3A%2F%2Flocalhost%3A3001%2F"
        ```
    """
    return add_query(sign_in_url, {REDIRECT_QUERY: url})


def answer_satellite(url: str, dev_browser: str | None) -> str:
    """Where a primary with development keys sends the browser back to, with the dev browser's id."""
    told = {wire.DEV_BROWSER_COOKIE: dev_browser} if dev_browser else {}
    return add_query(url, {**told, SYNCED_QUERY: "true"})


def find_satellite(query: dict[str, str], options: Options) -> str | None:
    """The address of a satellite that a primary with development keys is to answer, `None` when there is none.

    Only `allowed_redirect_origins` are answered: anyone can make a link with an address in it.
    """
    url = query.get(REDIRECT_QUERY)
    if not url or options.is_satellite or not options.is_development or not _ADDRESS.fullmatch(url):
        return None
    return url if any(has_same_origin(url, origin) for origin in options.allowed_redirect_origins) else None


def is_to_sync(facts: RequestFacts, query: dict[str, str], options: Options) -> bool:
    """Whether a request to a satellite may have to be synced: a page is opened, and it was not just synced."""
    return options.is_satellite and is_navigation(facts) and query.get(SYNCED_QUERY) != "true"


def is_from_elsewhere(facts: RequestFacts, options: Options) -> bool:
    """Whether a primary's page was come to from another site that is neither the Frontend API nor its account pages."""
    referer = facts.first("referer")
    if not referer or options.publishable_key is None or options.is_satellite or not is_navigation(facts):
        return False
    if count_redirects(facts) or not is_address(referer) or not urlsplit(referer).scheme:
        return False
    return not has_same_origin(facts.url, referer) and not _is_known(referer, facts.url, options)


def _is_known(referer: str, url: str, options: Options) -> bool:
    """Whether a page is one of the Frontend API or of the account pages."""
    host = urlsplit(referer).hostname or ""
    if options.is_development and _is_dev_accounts(host):
        return True
    if options.proxy_url:
        return host == urlsplit(urljoin(url, options.proxy_url)).hostname
    if host == options.frontend_api.partition(":")[0]:
        return True
    accounts = options.frontend_api.replace("clerk.accounts.", "accounts.")
    return has_same_origin(referer, f"https://{accounts.replace('clerk.', 'accounts.', 1)}")


def _is_dev_accounts(host: str) -> bool:
    """Whether a host is the account pages of a development instance."""
    return host.endswith(".accounts.dev") and not host.endswith(".clerk.accounts.dev")


def prepare_sign_in(facts: RequestFacts, options: Options, sign_in_url: str) -> tuple[RequestFacts, str]:
    """What a sign-in page on another origin has to be told, in the address to come back to and in its own.

    A satellite asks to be synced when the person comes back; with development keys the page gets the dev browser's id,
    so that both know one browser (it never leaves an application with live keys, case S-014).
    """
    if not is_address(facts.url) or has_same_origin(facts.url, urljoin(facts.url, sign_in_url)):
        return facts, sign_in_url
    if options.is_satellite:
        facts = replace(facts, url=add_query(facts.url, {SYNCED_QUERY: "false"}))
    cookies = parse_cookies(facts.values("cookie"))
    dev_browser = next(iter(cookies.get(wire.DEV_BROWSER_COOKIE, ())), None)
    if dev_browser and options.is_development:
        sign_in_url = add_query(sign_in_url, {wire.DEV_BROWSER_COOKIE: dev_browser})
    return facts, sign_in_url


def add_query(url: str, pairs: dict[str, str]) -> str:
    """The address with these query pairs at the end of its query, in place of those of the same names.

    Example:
        ```python
        assert add_query("/sign-in?a=1#top", {"b": "x y"}) == "/sign-in?a=1&b=x%20y#top"
        ```
    """
    rest, hash_sign, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in pairs]
    added = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs.items()]
    return f"{base}?{'&'.join([*kept, *added])}{hash_sign}{fragment}"
