"""J-042 for whole requests: the same ones through `authenticateRequest` of @clerk/backend and through ours.

Status, reason, user, redirect and cookies must be the same, over the whole decision table and over generated requests;
each difference has its reason in a list here. Ours signs nobody in whom the JavaScript SDK does not, but for S-005.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from decision_table import (
    DEV,
    DOCUMENT,
    EARLY,
    EXPIRED,
    FORGED,
    GOOD,
    LIVE,
    LIVE_SUFFIX,
    NO_ISSUER,
    OLDER,
    ORIGIN,
    OTHER,
    OVER_HTTP,
    PENDING,
    SCRIPT,
    SECRET_KEY,
    SUFFIX,
    TEMPLATE,
    Row,
    jar,
    running_backend_api,
    signed_in,
)
from node_sdk import FOLDER, install_packages
from sdk_signing import NOW, make_token, pem

from claimsmith.application import Application
from claimsmith.auth import SignedOut
from claimsmith.authentication.cookies import parse_cookies
from claimsmith.authentication.facts import RequestFacts

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("decisions")]
GENERATED = 1000
PATH = "/page"

DIFFERENCES = {
    "header in lower case": "schemes are case-insensitive (RFC 9110 section 11.1); only `Bearer` is read there",
    "header opaque machine token": "the prefix tells of the other kind of token; there, it is just malformed",
    "1 unknown nonce, good session": "a carrier that is gone signs nobody out; there, it does (pitfall 4)",
    "1 unknown nonce, nothing": "as above: the cookies give the reason",
    "1 unknown nonce in the query": "as above: a new handshake is asked for; there, the page is signed out",
    "1 nonce, nobody to ask": "as above",
    "1 nonce of foreign cookies (S-013)": "only the wire's cookies are set; there, all are",
    "1 nonce of an expired session (S-012)": "dates count with development keys too; there, a day is granted",
    "1 forged token, good session": "a carrier that proves nothing changes nothing; there, development keys throw",
    "1 template token (J-029)": "as above",
    "1 session token (J-029)": "a session token is no handshake; there, its claim `handshake` is believed",
    "1 expired token (S-012)": "an `exp` in a carrier counts; there, it is not looked at",
    "2 primary answers nobody else": "only allowed origins are told the dev browser's id; there, any address is",
    "2 primary without satellites": "as above",
    "7 nobody to ask": "a nonce cannot be read without a secret key; there, it is asked for all the same",
    "11 refresh, nobody to ask": "the reason says that nobody was asked; there, an address is always known",
    "11 refresh r_other invalid-session-token": "a refreshed token is of the same session; there, of any",
    "11 refresh r_foreign invalid-session-token": "only the wire's cookies are set (S-013)",
    "11 refresh r_strange unexpected-bapi-error": "a code is one word of a header; there, any text is written",
    "S-005 unreadable plain, good suffixed": "an invalid cookie never hides a valid one",
    "S-005 forged first": "an invalid cookie never hides a valid one",
    "S-005 two sessions": "two sessions of one name are nobody's; there, the first counts",
    "S-007 other spellings": "a cookie's name is compared as it was sent; there, it is trimmed",
}


_PATTERNS = {
    "organization_patterns": "organizationPatterns",
    "personal_account_patterns": "personalAccountPatterns",
}


def js_options(row: Row, api_url: str) -> dict[str, Any]:
    """The same application for the JavaScript SDK."""
    key = DEV if row.instance == "development" else LIVE
    names = {"proxy_url": "proxyUrl", "is_satellite": "isSatellite", "domain": "domain", "sign_in_url": "signInUrl"}
    names |= {"authorized_parties": "authorizedParties"}
    options = {
        "publishableKey": key.text,
        "secretKey": SECRET_KEY,
        "jwtKey": pem(),
        "apiUrl": api_url,
        **{names[name]: value for name, value in row.settings.items()},
        "organizationSyncOptions": {js: row.options[ours] for ours, js in _PATTERNS.items() if ours in row.options},
    }
    if "audience" in row.options:
        options["audience"] = row.options["audience"]
    return options | ({"satelliteAutoSync": True} if row.options.get("satellite_auto_sync") else {})


def ask_javascript(rows: list[Row], api_url: str) -> list[dict[str, Any]]:
    cases = [
        {
            "url": row.url(PATH),
            "method": row.method,
            "headers": row.headers,
            "options": js_options(row, api_url),
        }
        for row in rows
    ]
    told = msgspec.json.encode({"now": NOW, "cases": cases})
    done = subprocess.run(
        ["node", "decisions.mjs"], input=told, cwd=FOLDER, stdout=subprocess.PIPE, check=True, timeout=60
    )
    return [describe(one) for one in msgspec.json.decode(done.stdout)]


def describe(told: dict[str, Any]) -> dict[str, Any]:
    """What the JavaScript SDK decided, in the words of `ask_ours`."""
    if "threw" in told:
        return told
    is_pending = told["status"] == "signed-in" and told["userId"] is None
    return {
        "status": "signed-out" if is_pending else told["status"],
        "reason": "session-token-missing" if is_pending else told["reason"],
        "user": told["userId"],
        "location": take_apart(told["location"]),
        "cookies": [without_path(line) for line in told["setCookies"]],
    }


def ask_ours(row: Row, api_url: str) -> dict[str, Any]:
    settings, options = row.arguments(api_url)
    facts = RequestFacts(method=row.method, url=row.url(PATH), headers=row.headers)
    decision = Application(settings, **options).decide(facts)
    headers = () if decision.answer is None else decision.answer.headers
    named = dict(headers)
    is_out = isinstance(decision.caller, SignedOut)
    return {
        "status": named.get("x-clerk-auth-status") or ("signed-out" if is_out else "signed-in"),
        "reason": decision.caller.reason if isinstance(decision.caller, SignedOut) else None,
        "user": decision.caller.user_id,
        "location": take_apart(named.get("location")),
        "cookies": [
            without_path(line)
            for line in (*decision.set_cookies, *(value for name, value in headers if name == "set-cookie"))
        ],
    }


def take_apart(location: str | None) -> Any:
    """A location that compares whatever way its query was written, `redirect_url` in it included.

    There, a nonce may stay in `redirect_url`; here, it is always taken out.
    """
    if location is None:
        return None
    parts = urlsplit(location)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "__clerk_handshake_nonce"]
    inner = [(name, take_apart(value) if name == "redirect_url" else value) for name, value in pairs]
    return (f"{parts.scheme}://{parts.netloc}{parts.path}", sorted(inner, key=lambda pair: pair[0]))


def without_path(line: str) -> str:
    """The counting cookie has a `Path` here, so that there is one of it; there, one for each folder."""
    return line.replace("; Path=/", "") if line.startswith("__clerk_redirect_count") else line


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    install_packages()
    with running_backend_api() as url:
        yield url


COMPARED = [
    row for row in OVER_HTTP if row.instance != "unknown" and row.options.get("handshakes", True)
    and not row.options.get("accept_pending") and "keys" not in row.options
]  # fmt: skip
"""Rows that the JavaScript SDK has the options for."""


def test_J_042_the_decision_table_is_the_javascript_sdks_but_for_listed_rows(api_url: str) -> None:
    theirs = ask_javascript(COMPARED, api_url)
    different = {
        row.id: (ours, their)
        for row, their in zip(COMPARED, theirs, strict=True)
        if (ours := ask_ours(row, api_url)) != their
    }
    assert {name: pair for name, pair in different.items() if name not in DIFFERENCES} == {}
    assert DIFFERENCES.keys() - different.keys() == set()
    kept = {name for name, (ours, their) in different.items() if ours["status"] == "signed-in" != their.get("status")}
    assert kept == KEPT


KEPT = {
    *("1 unknown nonce, good session", "1 nonce, nobody to ask"),
    *("1 forged token, good session", "1 template token (J-029)", "1 session token (J-029)", "1 expired token (S-012)"),
    *("2 primary answers nobody else", "2 primary without satellites"),
    *("header in lower case", "S-005 forged first", "S-005 unreadable plain, good suffixed"),
}
"""Those where ours is signed in and theirs is not: people with a good session, which something else does not end."""

# Generated requests --------------------------------------------------------------------------------------------------

GOODS = {"development": GOOD, "production": make_token(iss="https://clerk.example.com")}
TOKENS = (GOOD, EXPIRED, OLDER, OTHER, FORGED, EARLY, PENDING, TEMPLATE, NO_ISSUER, "a.b.c")
LIVE_TOKENS = tuple(
    make_token(iss="https://clerk.example.com", **claims)
    for claims in ({}, {"exp": NOW - 10}, {"iat": NOW - 30, "sub": "user_old"}, {"nbf": NOW + 60}, {"sub": "user_2"})
)
DATES = (None, 0, NOW - 100, NOW - 10, NOW, NOW + 1)
SENT = (DOCUMENT, DOCUMENT, SCRIPT, (("accept", "text/html"),), (("sec-fetch-dest", "iframe"),), ())
REFERERS = (
    None,
    None,
    None,
    "https://elsewhere.example/",
    ORIGIN,
    "https://demo.accounts.dev/",
    "http://localhost:4000/",
)
QUERIES = ("a=1", "a=1", "", "a=1&__clerk_db_jwt=dvb_2", "x=%20+1&__clerk_synced=false", "__clerk_handshake_nonce=n_in")
HEADERS = (None, None, None, None, f"Bearer {GOOD}", f"Bearer {EXPIRED}", "Basic dTpw", "Bearer x")
REFRESHES = (None, None, None, "r_good", "r_refused", "r_failed")
PROXIES = (None, None, "http://localhost:4000", "/__clerk")


def generate(number: int) -> Row:
    """A request that is always the same for its number."""
    draw = random.Random(number)  # noqa: S311 - the same requests each time
    instance: Any = draw.choice(["development", "development", "production"])
    key, tokens = (DEV, TOKENS) if instance == "development" else (LIVE, LIVE_TOKENS)
    suffix = f"_{key.cookie_suffix}"
    jars = [
        jar(draw.choice([None, tokens[0], *tokens]), draw.choice(DATES), draw.choice([None, "dvb_1", "dvb_1"]), twin)
        for twin in draw.choice([("",), (suffix,), ("", suffix), ("", suffix)])
    ]
    refresh, count = draw.choice(REFRESHES), draw.choice([None, None, None, "1", "3"])
    jars += [f"__refresh{suffix}={refresh}"] if refresh else []
    jars += [f"__clerk_redirect_count={count}"] if count else []
    referer, header, proxy = draw.choice(REFERERS), draw.choice(HEADERS), draw.choice(PROXIES)
    named = {"referer": referer, "authorization": header}
    return Row(
        id=f"generated {number}",
        expected=signed_in(),
        instance=instance,
        method=draw.choice(["GET", "GET", "GET", "POST", "HEAD"]),
        query=draw.choice(QUERIES),
        sent=(*draw.choice(SENT), *((name, value) for name, value in named.items() if value)),
        cookies="; ".join(part for part in jars if part) or None,
        settings={"proxy_url": proxy} if proxy else {},
        options={"organization_patterns": ("/:slug",)} if draw.random() < 0.1 else {},
    )


def has_tossed(row: Row) -> bool:
    """A plain cookie that is no token, beside a suffixed one."""
    cookies = parse_cookies((row.cookies or "",))
    names = {name for name, values in cookies.items() if values[0]}
    return cookies.get("__session") == ("a.b.c",) and bool(names & {f"__session{SUFFIX}", f"__session{LIVE_SUFFIX}"})


def refreshes_header(row: Row) -> bool:
    """An expired token in the header, a refresh cookie, and a session cookie."""
    names = parse_cookies((row.cookies or "",))
    return ("authorization", f"Bearer {EXPIRED}") in row.sent and any(name.startswith("__refresh") for name in names)


def has_good_twin(row: Row) -> bool:
    """Two session cookies, of which one is forged or of another kind, and the other one good."""
    cookies = parse_cookies((row.cookies or "",))
    tokens = {values[0] for name, values in cookies.items() if name.startswith("__session")}
    return bool(tokens & {FORGED, TEMPLATE, "a.b.c"}) and bool(tokens - {FORGED, TEMPLATE, "a.b.c"})


EXPLAINED: dict[Callable[[Row], bool], str] = {
    has_tossed: "a cookie that is no token does not hide one that is (S-005); there, the plain name counts then",
    has_good_twin: "a token that was never good does not hide a good one (S-005)",
    refreshes_header: "the token that expired is the one that is refreshed; there, the cookie's is",
}


def test_J_042_generated_requests_are_decided_as_in_the_javascript_sdk(api_url: str) -> None:
    rows = [generate(number) for number in range(GENERATED)]
    seen, statuses = set(), set()
    for row, their in zip(rows, ask_javascript(rows, api_url), strict=True):
        ours = ask_ours(row, api_url)
        statuses.add((ours["status"], ours["reason"]))
        if ours != their:
            found = next((explain for explain in EXPLAINED if explain(row)), None)
            assert found is not None, (row, ours, their)
            seen.add(found)
    assert seen == EXPLAINED.keys()
    assert len(statuses) > 25  # the requests are of many kinds
