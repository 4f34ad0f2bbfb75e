"""Whose pages may act for an instance, and where browsers may be led: S-008, S-009, C-005, and Node as the judge."""

import json
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest

from claimsmith_server.core.origins import (
    MOST_URL_BYTES,
    is_allowed,
    is_loopback_origin,
    parse_origin,
    parse_redirect_url,
)

PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "frontend_api": "clerk.example.com",
    "allowed_origins": ("https://app.example.com", "https://münchen.example:8443"),
    "base_url": "https://auth.example.net",
}
DEVELOPMENT: dict[str, Any] = {
    "environment": "development",
    "frontend_api": "demo.clerk.accounts.dev",
    "allowed_origins": ("https://preview.example.com",),
    "base_url": "http://192.168.1.5:4000",
}
APP = "https://app.example.com"


# ------------------------------------------------------------------------------------------------------------ origins
@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://app.example.com", APP),
        ("https://app.example.com/", APP),
        ("HTTPS://APP.Example.COM:443/path?query#fragment", APP),
        ("http://app.example.com:80", "http://app.example.com"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("https://app.example.com:8443/x", "https://app.example.com:8443"),
        ("https://user:password@app.example.com", APP),
        ("https://app.example.com.", "https://app.example.com."),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("https://ＡＰＰ.example.com", APP),  # noqa: RUF001 - full-width letters are the point
        ("http://0x7f.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        (r"https:\\app.example.com\x", APP),
    ],
)
def test_an_origin_is_as_browsers_write_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin
    assert parse_origin(origin) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "app.example.com",
        "//app.example.com",
        "/path",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://app.example.com",
        "ws://app.example.com",
        "blob:https://app.example.com/1",
        "https://",
        "https://app example.com",
        "https://app.example.com:99999",
        "https://[::1",
        "https://xn--",
        "https://xn--pokxncvks.example.com",
        "https://\ud800.example.com",
        "https://app\x00.example.com",
        "https://app.example.com/" + "a" * MOST_URL_BYTES,
    ],
)
def test_what_is_no_http_address_has_no_origin(text: str) -> None:
    assert parse_origin(text) is None
    assert not is_loopback_origin(text)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:3000",
        "https://localhost:3000",
        "http://app.localhost:3000",
        "http://a.b.localhost",
        "http://127.0.0.1:3000",
        "http://127.255.255.254",
        "http://[::1]:3000",
        "https://[::1]",
    ],
)
def test_S_009_loopback_origins_are_of_this_machine(origin: str) -> None:
    assert is_loopback_origin(origin)
    assert is_allowed(origin, **DEVELOPMENT)
    assert not is_allowed(origin, **PRODUCTION)
    assert parse_redirect_url(f"{origin}/x", **DEVELOPMENT) == f"{origin}/x"
    assert parse_redirect_url(f"{origin}/x", **PRODUCTION) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.example.com",
        "http://localhost.",
        "http://notlocalhost",
        "http://.localhost",
        "http://a..localhost",
        "http://127.0.0.1.example.com",
        "http://127.example.com",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://192.168.1.5",
        "http://[::]",
        "http://[::2]",
        "http://[::ffff:7f00:1]",
        "http://[fe80::1]",
    ],
)
def test_S_009_other_machines_are_not_loopback(origin: str) -> None:
    assert not is_loopback_origin(origin)
    assert not is_allowed(origin, **DEVELOPMENT)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:3000"])
def test_S_009_production_takes_loopback_only_where_it_is_listed(origin: str) -> None:
    assert is_allowed(origin, **{**PRODUCTION, "allowed_origins": (origin,)})
    assert not is_allowed(origin.replace("3000", "3001"), **{**PRODUCTION, "allowed_origins": (origin,)})


@pytest.mark.parametrize(
    ("origin", "rules"),
    [
        ("https://app.example.com", PRODUCTION),
        ("https://xn--mnchen-3ya.example:8443", PRODUCTION),
        ("https://auth.example.net", PRODUCTION),
        ("https://clerk.example.com", PRODUCTION),
        ("https://example.com", PRODUCTION),
        ("https://preview.example.com", DEVELOPMENT),
        ("http://192.168.1.5:4000", DEVELOPMENT),
    ],
)
def test_C_005_what_belongs_to_the_instance_is_allowed(origin: str, rules: dict[str, Any]) -> None:
    assert is_allowed(origin, **rules)
    assert parse_redirect_url(f"{origin}/a?b#c", **rules) == f"{origin}/a?b#c"


@pytest.mark.parametrize("rules", [PRODUCTION, DEVELOPMENT], ids=["production", "development"])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "https://app.example.com.evil",
        "https://app.example.com.evil.example",
        "https://evilapp.example.com",
        "https://evil.app.example.com",
        "https://other.example.com",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://app.example.com:80",
        "https://app.example.com.",
        "https://xn--pp-7ka.example.com",
        "https://\u0430pp.example.com",
        "http://example.com",
        "https://example.com.",
        "https://example.com:8443",
        "https://notexample.com",
        "http://clerk.example.com",
        "https://clerk.clerk.example.com",
        "https://xn--mnchen-3ya.example",
        "http://auth.example.net",
        "https://auth.example.net:4000",
        "http://192.168.1.5",
        "http://192.168.1.5:4001",
        "https://preview.example.com.evil.example",
        "https://demo.clerk.accounts.dev.evil.example",
        "https://accounts.dev",
        "*",
    ],
)
def test_C_005_nothing_else_is_allowed(origin: str, rules: dict[str, Any]) -> None:
    assert not is_allowed(origin, **rules)
    assert parse_redirect_url(origin, **rules) is None


@pytest.mark.parametrize(
    "origin",
    [
        "HTTPS://app.example.com",
        "https://APP.example.com",
        "https://app.example.com/",
        "https://app.example.com:443",
        "https://app.example.com\t",
        " https://app.example.com",
        "https://user@app.example.com",
        "https://app.example.com, https://evil.example",
        "https://münchen.example:8443",
        "http://LOCALHOST:3000",
        "http://localhost:3000/",
        "http://localhost:80",
        "http://0x7f.1:3000",
        "http://user@localhost:3000",
        "http://localhost:3000\r\nSet-Cookie: a=b",
    ],
)
def test_C_005_an_origin_that_no_browser_writes_is_not_repeated(origin: str) -> None:
    assert not is_allowed(origin, **PRODUCTION)
    assert not is_allowed(origin, **DEVELOPMENT)


@pytest.mark.parametrize("listed", ["null", "*", "https://*.example.com", "", "app.example.com", "file:///"])
@pytest.mark.parametrize("environment", ["production", "development"])
def test_C_005_what_is_listed_without_being_an_origin_allows_nothing(
    listed: str, environment: Literal["production", "development"]
) -> None:
    rules = {**PRODUCTION, "environment": environment, "allowed_origins": (listed,)}
    for origin in (
        "null",
        "*",
        "https://app.example.com",
        "https://evil.example",
        "",
        "file://",
        "https://*.example.com",
    ):
        assert is_allowed(origin, **rules) == (origin == listed == "https://*.example.com")


@pytest.mark.parametrize("frontend_api", ["clerk.com", "clerk.localhost", "clerk."])
def test_no_top_level_is_taken_for_an_application(frontend_api: str) -> None:
    rules = {**PRODUCTION, "frontend_api": frontend_api}
    for origin in ("https://com", "https://localhost", "https://"):
        assert not is_allowed(origin, **rules)


def test_an_application_is_told_from_its_frontend_api_in_production_only() -> None:
    assert not is_allowed("https://example.com", **{**PRODUCTION, "environment": "development"})
    assert not is_allowed("https://clerk.example.com", **{**PRODUCTION, "environment": "development"})
    assert is_allowed("https://accounts.example.com", **{**PRODUCTION, "frontend_api": "accounts.example.com"})


# ---------------------------------------------------------------------------------------------------------- redirects
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{APP}", f"{APP}/"),
        (f"{APP}/a/../b?c=d#e", f"{APP}/b?c=d#e"),
        (f"{APP}/?next=https://evil.example/", f"{APP}/?next=https://evil.example/"),
        (f"{APP}/x#https://evil.example", f"{APP}/x#https://evil.example"),
        ("HTTPS://APP.EXAMPLE.COM:443/X", f"{APP}/X"),
        (f"{APP}//evil.example", f"{APP}//evil.example"),
        (rf"{APP}\@evil.example", f"{APP}/@evil.example"),
        (rf"{APP}\.evil.example", f"{APP}/.evil.example"),
        (r"https:\\app.example.com\x", f"{APP}/x"),
        ("https:app.example.com/x", f"{APP}/x"),
        (f"{APP}/é", f"{APP}/%C3%A9"),
        (f"{APP}/%0d%0aSet-Cookie:%20a=b", f"{APP}/%0d%0aSet-Cookie:%20a=b"),
        (f"{APP}/" + "a" * (MOST_URL_BYTES - len(APP) - 1), f"{APP}/" + "a" * (MOST_URL_BYTES - len(APP) - 1)),
    ],
)
def test_S_008_an_allowed_redirect_is_what_the_parser_writes(text: str, expected: str) -> None:
    assert parse_redirect_url(text, **PRODUCTION) == expected
    assert parse_redirect_url(expected, **PRODUCTION) == expected


S_008_ROWS = [
    "//evil.example",
    "///evil.example",
    r"\\evil.example",
    "/\\evil.example",
    "/dashboard",
    "dashboard",
    "",
    "https:evil.example",
    "https:/evil.example",
    "https:/\\evil.example",
    r"https:\evil.example",
    "https:///evil.example",
    "https://app.example.com@evil.example",
    "https://app.example.com%40evil.example",
    "https://app.example.com:443@evil.example",
    "https://app.example.com:x@evil.example/",
    "https://evil.example#@app.example.com",
    "https://evil.example?@app.example.com",
    "https://app.example.com.evil.com",
    "https://app.example.comevil.com",
    r"https://evil.example\.app.example.com",
    r"https://evil.example\@app.example.com",
    "https://evil.example/.app.example.com",
    "https://evil.example%2f.app.example.com",
    "https://evil.example%5c.app.example.com",
    "https://evil.example%00.app.example.com",
    "https://evil.example\x00.app.example.com",
    "javascript:alert(1)",
    "javascript://app.example.com/%0aalert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.example.com/1",
    "intent://app.example.com#Intent;scheme=https;end",
    "%0d%0aSet-Cookie:a=b",
    "https://app.example.com\r\nSet-Cookie: a=b",
    "https://app.example.com/\r\nSet-Cookie: a=b",
    "https://app.example.com/\x00",
    "https://app.example.com/\x7f",
    "https://app.example.com/\x85",
    "ht\ttps://app.example.com",
    "htt\nps://app.example.com",
    "https:\n//app.example.com",
    "https://app.exam\tple.com",
    "\thttps://app.example.com",
    "https://app.example.com\n",
    "https://\u0430pp.example.com",
    "https://app.ex\u0430mple.com",
    "https://xn--pp-7ka.example.com",
    "https://app.example.com\u2024evil.example",
    "https://app.example.com\uff0fevil.example",
    "https://app.example.com\u3002evil.example",
    "https://app.example.com:8443",
    "https://app.example.com:0",
    "https://app.example.com:65536",
    "https://app.example.com:443:443",
    "https://app.example.com: 443",
    "https://app.example.com.",
    "http://app.example.com",
    "https://user@app.example.com",
    "https://user:password@app.example.com",
    "https://:password@app.example.com",
    "https://0x7f.1",
    "https://2130706433",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://localhost",
    "https://app.example.com/" + "a" * 10_240,
    "https://app.example.com/" + "é" * 4_000,
    "https://\ud800.example.com",
    "https://app.example.com/\ud800",
]


@pytest.mark.parametrize("text", S_008_ROWS)
def test_S_008_every_other_redirect_is_refused(text: str) -> None:
    assert parse_redirect_url(text, **PRODUCTION) is None


# ------------------------------------------------------------------------------------------------------ Node as judge
JUDGE = """
const rows = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(rows.map((text) => {
  try {
    const { href, origin, protocol, username, password } = new URL(text);
    return { href, origin, protocol, username, password };
  } catch { return null; }
})));
"""


def judge(texts: list[str]) -> list[dict[str, str] | None]:
    """What Node's `new URL()` makes of each text, by one process."""
    answer = subprocess.run(
        ["node", "-e", JUDGE], input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(answer.stdout)


def load_texts(shared: Path) -> list[str]:
    rows = [
        row
        for name in ("urltestdata.json", "ada_extra_urltestdata.json")
        for row in json.loads((shared / "security/data/url" / name).read_text("utf-8"))
        if isinstance(row, dict)
    ]
    texts = {row[key] for row in rows for key in ("input", "href", "base") if row.get(key)}
    return sorted(text for text in texts if not any("\ud800" <= character <= "\udfff" for character in text))


@pytest.mark.node
def test_S_008_every_origin_is_the_one_that_node_sees(shared: Path) -> None:
    texts = load_texts(shared)
    assert len(texts) > 900
    different = {}
    for text, seen in zip(texts, judge(texts), strict=True):
        expected = seen["origin"] if seen and seen["protocol"] in {"http:", "https:"} else None
        if parse_origin(text) != expected and not (parse_origin(text) is None and is_bad_punycode(expected or "")):
            different[text] = (parse_origin(text), expected)
    assert different == {}


def is_bad_punycode(origin: str) -> bool:
    """What Node refuses or takes, by the year of its parser; we never take it."""
    return origin.endswith(("xn--pokxncvks", "//xn--"))


@pytest.mark.node
def test_S_008_every_redirect_leads_where_node_goes(shared: Path) -> None:
    clean = [text for text in S_008_ROWS if not any("\ud800" <= character <= "\udfff" for character in text)]
    texts = [*load_texts(shared), *clean, *(f"{APP}/{text}" for text in load_texts(shared))]
    listed = {**PRODUCTION, "allowed_origins": (APP, "http://example.org", "https://test", "http://foo:21")}
    led = 0
    for text, seen in zip(texts, judge(texts), strict=True):
        to = parse_redirect_url(text, **listed)
        if to is not None:
            assert seen is not None
            assert to.replace("%5E", "^") == seen["href"].replace("%5E", "^")  # which paths encode since 2024
            assert is_allowed(seen["origin"], **listed)
            assert (seen["username"], seen["password"]) == ("", "")
            led += 1
    assert led > 500
