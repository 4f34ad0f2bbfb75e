# ruff: noqa: FBT001 - cases are named by their ids, and a table's row stays on its line
"""The decision of `authenticate`, row by row of contract 2.4b, and the handshake's two ends."""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sdk_signing import CLAIMS, HEADER, KID, NOW, PUBLISHABLE_KEY, compact, make_token, own_keys, rsa_key, sign_text

from claimsmith import (
    ApiError,
    Handshake,
    Options,
    RequestFacts,
    Settings,
    SignedIn,
    SignedOut,
    StaticKeys,
    authenticate,
)
from claimsmith.answers import Answer
from claimsmith.application import Application
from claimsmith.authentication.backend_questions import find_asked_nonce
from claimsmith.authentication.facts import Refreshed
from claimsmith.authentication.handshake import clean_url, parse_directives
from claimsmith.authentication.organization_sync import compile_pattern
from claimsmith.authentication.refresh import make_refresh_call, parse_failure
from claimsmith.authentication.request import candidate_kids
from claimsmith.authentication.satellites import add_query, find_satellite, prepare_sign_in
from claimsmith.decisions import make_decision
from claimsmith.errors import ApiErrorItem
from claimsmith.instance import make_publishable_key, parse_publishable_key
from claimsmith.requirements import parse_demands

DEV = parse_publishable_key(PUBLISHABLE_KEY)
LIVE = parse_publishable_key(make_publishable_key("clerk.example.com", "production"))
SUFFIX = DEV.cookie_suffix
DOCUMENT = (("sec-fetch-dest", "document"), ("accept", "text/html"))
URL = "http://localhost:3000/page?a=1"
OWN = make_token(sub="user_own", sid="sess_own")


def call(
    cookies: str | None = None,
    *,
    headers: tuple[tuple[str, str], ...] = DOCUMENT,
    method: str = "GET",
    url: str = URL,
    directives: tuple[str, ...] | None = None,
    **options: Any,
) -> Any:
    sent = (*headers, ("cookie", cookies)) if cookies is not None else headers
    facts = RequestFacts(method=method, url=url, headers=sent, directives=directives)
    chosen = Options(**{"publishable_key": DEV, **options})
    return authenticate(facts, own_keys(), chosen, now=NOW)


def bearer(value: str, *more: str, **options: Any) -> Any:
    headers = tuple(("authorization", text) for text in (value, *more))
    return call(headers=headers, **options)


def jar(token: str | None = None, uat: int | None = NOW, browser: str | None = "dvb_1", suffix: str = "") -> str:
    pairs = {"__session": token, "__client_uat": uat, "__clerk_db_jwt": browser}
    return "; ".join(f"{name}{suffix}={value}" for name, value in pairs.items() if value is not None)


def test_a_bearer_token_signs_in_without_any_cookie() -> None:
    outcome = bearer(f"Bearer {make_token()}")
    assert isinstance(outcome, SignedIn)
    assert outcome.auth.user_id == "user_1"
    assert outcome.auth.session_claims["fullName"] == "Ada Lovelace"


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", ""])
def test_the_scheme_is_written_in_any_case_or_left_out(scheme: str) -> None:
    assert isinstance(bearer(scheme + make_token()), SignedIn)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer  x",
        "Bearer \u00e9",
        "Bearer a.b.c",
        "Bearer " + "x" * 1_000_000,
        "bearer",
        "x y z",
        "Bearer a b",
        "\0",
    ],
)
def test_J_039_malformed_authorization_values_are_signed_out(value: str) -> None:
    outcome = bearer(value)
    assert isinstance(outcome, SignedOut | Handshake)
    assert isinstance(bearer(value, handshakes=False), SignedOut)


def test_J_039_two_authorization_headers_are_refused() -> None:
    outcome = bearer(f"Bearer {make_token()}", f"Bearer {make_token(sub='user_2')}")
    assert outcome == SignedOut("token-invalid", "The request has more than one Authorization header.")


def test_J_039_another_scheme_leaves_the_cookies_to_decide() -> None:
    headers = (("authorization", "Basic dTpw"), *DOCUMENT)
    assert isinstance(call(jar(make_token()), headers=headers), SignedIn)


@pytest.mark.parametrize("token", ["mt_abc", "oat_abc", "ak_abc", "m2m_abc"])
def test_machine_tokens_are_of_another_type(token: str) -> None:
    assert bearer(f"Bearer {token}").reason == "token-type-mismatch"


def test_row_1_a_handshake_token_settles_the_state_in_one_redirect() -> None:
    directives = [f"__session={make_token()}; Path=/; SameSite=Lax", f"__client_uat={NOW}; Path=/"]
    carried = sign_text(compact(HEADER), compact({"handshake": directives}))
    outcome = call(url=f"{URL}&__clerk_handshake={carried}&__clerk_db_jwt=dvb_1")
    assert isinstance(outcome, SignedIn)
    assert outcome.set_cookies == tuple(directives)
    assert outcome.location == URL


def test_row_1_live_instances_carry_it_in_a_cookie_and_do_not_redirect() -> None:
    carried = sign_text(compact(HEADER), compact({"handshake": ["__session=; Max-Age=0", "__client_uat=0"]}))
    outcome = call(f"__clerk_handshake={carried}", publishable_key=LIVE)
    assert isinstance(outcome, SignedOut)
    assert (outcome.reason, outcome.location) == ("session-token-missing", None)
    assert outcome.set_cookies == ("__session=; Max-Age=0", "__client_uat=0")


def test_row_1_a_nonce_is_settled_by_the_directives_that_were_fetched_for_it() -> None:
    outcome = call(url=f"{URL}&__clerk_handshake_nonce=n1", directives=(f"__session={make_token()}; Path=/",))
    assert isinstance(outcome, SignedIn)
    assert outcome.location == URL


def is_nothing(carried: str, url: str = f"{URL}&") -> None:
    """Fails unless a carrier changes nothing: no cookie, no redirect, neither a sign-in nor a sign-out."""
    at = f"{url}__clerk_handshake={carried}"
    kept = call(jar(OWN), url=at)
    assert isinstance(kept, SignedIn)
    assert (kept.auth.token, kept.set_cookies, kept.location) == (OWN, (), None)
    assert call(url=at, handshakes=False) == SignedOut("session-token-and-uat-missing")
    asked = call(url=at)
    assert isinstance(asked, Handshake)
    assert [line.partition("=")[0] for line in asked.set_cookies] == ["__clerk_redirect_count"]
    assert carried not in asked.location


def test_J_029_a_template_token_is_no_handshake() -> None:
    header = {**HEADER, "cat": "cl_B7d4PD222AAA"}
    carried = sign_text(compact(header), compact({**CLAIMS, "handshake": ["__session=evil"]}))
    is_nothing(carried)


def test_J_029_a_session_token_with_a_claim_named_handshake_is_no_handshake() -> None:
    # Its template may have copied what its user wrote into unsafe metadata.
    for claims in ({**CLAIMS, "handshake": [f"__session={make_token()}"]}, {"sub": "user_1", "handshake": []}):
        is_nothing(sign_text(compact(HEADER), compact(claims)))


@pytest.mark.parametrize("claims", [{"iss": []}, {"iss": {}}, {"iat": []}, {"iat": "x"}, {"iss": [1], "iat": {}}])
def test_S_005_I8_claims_of_a_forged_cookie_that_are_of_any_type_are_no_accident(claims: dict[str, Any]) -> None:
    forged = make_token(key=rsa_key("attacker"), **claims)
    cookies = f"{jar(forged)}; {jar(forged, suffix=f'_{SUFFIX}')}"
    for sent in (jar(forged), cookies, f"{jar(make_token())}; __session_{SUFFIX}={forged}"):
        assert isinstance(call(sent), SignedIn | SignedOut | Handshake)
        facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))
        assert set(candidate_kids(facts, Options(publishable_key=DEV), now=NOW)) <= {KID}


@pytest.mark.parametrize(
    "line",
    [
        "evil=1; Path=/",
        "__Session=x",
        "__sessionx=x",
        "__session=x\r\nSet-Cookie: evil=1",
        "__session=x; Domain=evil.example",
        "__session=x; domain=.com",
        "__session=x; Domain=notexample.com",
        "",
    ],
)
def test_S_013_a_handshake_sets_only_the_wires_cookies_on_our_host(line: str) -> None:
    carried = sign_text(compact(HEADER), compact({"handshake": [f"__session={make_token()}", line]}))
    is_nothing(carried, url="https://app.example.com/?")


def test_the_last_session_directive_wins_and_our_own_domain_is_fine() -> None:
    lines = [
        "__session=a; Domain=example.com",
        "__session_12345678=b; Domain=.app.example.com",
        "__refresh_x=c; HttpOnly",
    ]
    assert parse_directives(lines, "app.example.com") == "b"
    assert parse_directives([*lines, "__session=; Max-Age=0"], "app.example.com") is None


def test_row_3_and_4_development_needs_a_dev_browser() -> None:
    assert call(jar(make_token()), url=f"{URL}&__clerk_db_jwt=dvb_2").reason == "dev-browser-sync"
    assert call(jar(make_token(), browser=None)).reason == "dev-browser-missing"
    assert call("").reason == "dev-browser-missing"


def test_row_5_nothing_at_all_is_signed_out() -> None:
    for uat in (None, 0):
        assert call(jar(None, uat)) == SignedOut("session-token-and-uat-missing")
    assert call(None, publishable_key=LIVE) == SignedOut("session-token-and-uat-missing")


def test_row_6_and_7_half_a_state_goes_to_a_handshake() -> None:
    assert call(jar(make_token(), 0)).reason == "session-token-but-no-client-uat"
    assert call(jar(make_token(), None)).reason == "session-token-but-no-client-uat"
    outcome = call(jar(None, NOW))
    assert isinstance(outcome, Handshake)
    assert outcome.reason == "client-uat-but-no-session-token"


def test_row_8_and_9_malformed_and_foreign_tokens_are_signed_out() -> None:
    assert call(jar("a.b.c")).reason == "token-invalid"
    assert call(jar(make_token({"cat": "cl_B7d4PD222AAA"}))).reason == "token-type-mismatch"
    assert call(jar(make_token(sub="mch_1"))).reason == "token-type-mismatch"


def test_row_10_a_token_older_than_the_last_sign_in_goes_to_a_handshake() -> None:
    outcome = call(jar(make_token(), NOW + 1))
    assert isinstance(outcome, Handshake)
    assert outcome.reason == "session-token-iat-before-client-uat"
    assert isinstance(call(jar(make_token(), NOW)), SignedIn)


def test_row_11_expired_and_untimely_tokens_go_to_a_handshake_others_do_not() -> None:
    expired, early = make_token(exp=NOW - 10, iat=NOW), make_token(nbf=NOW + 60)
    assert call(jar(expired)).reason == "session-token-expired-refresh-non-eligible-no-refresh-cookie"
    assert isinstance(call(jar(expired)), Handshake)
    assert call(jar(early)).reason == "session-token-nbf"
    assert call(jar(make_token(iat=NOW + 60))).reason == "session-token-iat-in-the-future"
    forged = call(jar(make_token(key=rsa_key("attacker"))))
    assert isinstance(forged, SignedOut)
    assert forged.reason == "token-invalid-signature"
    assert isinstance(call(jar(expired), method="POST"), SignedOut)


def test_row_12_a_page_come_to_from_elsewhere_is_synced_once() -> None:
    def come_from(referer: str, extra: str = "") -> Any:
        return call(jar(make_token()) + extra, headers=(*DOCUMENT, ("referer", referer)))

    assert come_from("https://elsewhere.example/").reason == "primary-domain-cross-origin-sync"
    assert isinstance(come_from("https://elsewhere.example/", "; __clerk_redirect_count=1"), SignedIn)
    for known in ("http://localhost:3000/x", "https://demo.clerk.accounts.dev/", "https://demo.accounts.dev/sign-in"):
        assert isinstance(come_from(known), SignedIn)
    assert come_from("https://accounts.attacker.com/").reason == "primary-domain-cross-origin-sync"


def test_row_14_cookies_sign_in_plain_and_suffixed() -> None:
    assert isinstance(call(jar(make_token())), SignedIn)
    assert isinstance(call(jar(make_token(), suffix=f"_{SUFFIX}")), SignedIn)


def test_a_pending_session_counts_only_when_the_application_opts_in() -> None:
    pending = make_token(sts="pending")
    assert bearer(f"Bearer {pending}").reason == "session-token-missing"
    assert isinstance(bearer(f"Bearer {pending}", accept_pending=True), SignedIn)


def test_S_005_tossed_cookies_never_hide_good_ones() -> None:
    good, forged = make_token(), make_token(key=rsa_key("attacker"))
    for order in ((good, forged), (forged, good), (good, "x"), ("x", good), (good, good)):
        sent = f"__session={order[0]}; __session={order[1]}; __client_uat={NOW}; __clerk_db_jwt=d"
        assert isinstance(call(sent), SignedIn)
    assert isinstance(call(f"{jar(good)}; __client_uat=0"), SignedIn)
    assert isinstance(call(f"{jar(good, suffix=f'_{SUFFIX}')}; __session=x; __client_uat=1"), SignedIn)


def test_S_005_two_good_sessions_are_settled_by_nobody() -> None:
    sent = f"{jar(make_token())}; __session={make_token(sid='sess_2', sub='user_2')}"
    assert isinstance(call(sent), SignedOut)


def test_S_006_a_token_of_another_instance_is_not_taken_with_our_cookies() -> None:
    foreign = make_token(key=rsa_key("instance b"), iss="https://other.clerk.accounts.dev")
    assert not isinstance(call(jar(foreign)), SignedIn)
    assert not isinstance(call(f"{jar(foreign)}; __client_uat_{SUFFIX}={NOW}"), SignedIn)
    both = f"{jar(foreign)}; {jar(make_token(), suffix=f'_{SUFFIX}')}"
    assert call(both).auth.user_id == "user_1"


def test_S_005_the_newer_or_signed_in_twin_counts() -> None:
    older, newer = make_token(iat=NOW - 30, sub="user_old"), make_token(sub="user_new")
    suffixed = jar(older, NOW - 40, suffix=f"_{SUFFIX}")
    assert call(f"{jar(newer, NOW - 5)}; {suffixed}").auth.user_id == "user_new"
    assert call(f"{jar(older, NOW - 40)}; {jar(newer, NOW - 5, suffix=f'_{SUFFIX}')}").auth.user_id == "user_new"
    assert call(f"{jar(newer)}; __client_uat_{SUFFIX}=0").auth.user_id == "user_new"


@pytest.mark.parametrize(
    "sent",
    [
        "__Session={}",
        " __session ={}",
        "__session;={}",
        "__session={}\0",
        '__session="{}"',
        "x" * 64_000,
        "a=1;" * 500,
        "=;=;",
    ],
)
def test_S_007_strange_cookie_headers_confuse_nothing(sent: str) -> None:
    outcome = call(sent.format(make_token()), publishable_key=None)
    assert outcome.reason in {"session-token-and-uat-missing", "token-invalid"}


@pytest.mark.parametrize("destination", ["empty", "image", "script", "style", "worker"])
def test_S_010_only_documents_are_sent_to_a_handshake(destination: str) -> None:
    outcome = call(jar(None), headers=(("sec-fetch-dest", destination), ("accept", "text/html")))
    assert outcome == SignedOut("client-uat-but-no-session-token")
    for accept in ("application/json", "*/*", "application/json, text/html"):
        assert isinstance(call(jar(None), headers=(("accept", accept),)), SignedOut)
    assert isinstance(call(jar(None), headers=(("accept", "text/html,*/*"),)), Handshake)


@pytest.mark.parametrize(
    ("count", "goes_on"), [("0", True), ("2", True), ("3", False), ("99", False), ("x", False), ("-1", False)]
)
def test_S_011_a_loop_of_handshakes_ends(count: str, goes_on: bool) -> None:
    outcome = call(f"{jar(None)}; __clerk_redirect_count={count}")
    assert isinstance(outcome, Handshake) is goes_on


def test_S_033_headers_that_answers_carry_are_not_believed_in_requests() -> None:
    spoofed = (("x-clerk-auth-status", "signed-in"), ("x-clerk-auth-token", make_token()), ("x-clerk-auth-reason", ""))
    assert isinstance(call(None, headers=spoofed, publishable_key=None), SignedOut)


def test_the_handshake_asks_for_everything_the_frontend_api_needs() -> None:
    expired = make_token(exp=NOW - 10)
    outcome = call(f"{jar(expired)}; __clerk_redirect_count=1")
    parts, query = urlsplit(outcome.location), parse_qs(urlsplit(outcome.location).query)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://demo.clerk.accounts.dev/v1/client/handshake"
    assert query == {
        "redirect_url": [URL],
        "__clerk_api_version": ["2026-05-12"],
        "suffixed_cookies": ["false"],
        "__clerk_hs_reason": ["session-token-expired-refresh-non-eligible-no-refresh-cookie"],
        "format": ["nonce"],
        "__session": [expired],
        "__clerk_db_jwt": ["dvb_1"],
    }
    headers = dict(outcome.headers)
    assert headers["set-cookie"].startswith("__clerk_redirect_count=2;")
    assert headers["cache-control"] == "no-store"
    assert headers["x-clerk-auth-status"] == "handshake"


@pytest.mark.parametrize(
    ("proxy", "base"),
    [
        ("http://localhost:4000", "http://localhost:4000/v1/client/handshake"),
        ("http://localhost:4000/fapi/", "http://localhost:4000/fapi/v1/client/handshake"),
        ("/__clerk", "http://localhost:3000/__clerk/v1/client/handshake"),
    ],
)
def test_the_handshake_goes_through_the_proxy_when_there_is_one(proxy: str, base: str) -> None:
    assert call(jar(None), proxy_url=proxy).location.partition("?")[0] == base


def test_live_handshakes_never_carry_a_dev_browser() -> None:
    outcome = call("__client_uat=5; __clerk_db_jwt=dvb_1", publishable_key=LIVE)
    assert outcome.location.startswith("https://clerk.example.com/")
    assert "dvb_1" not in outcome.location


def test_the_address_to_come_back_to_keeps_the_rest_of_its_query() -> None:
    strange = "https://a.example/p?x=%20+1&__clerk_db_jwt=d&y&__clerk_handshake=h&z=%C3%A9#f"
    assert clean_url(strange) == "https://a.example/p?x=%20+1&y&z=%C3%A9#f"


def test_an_api_without_pages_takes_the_session_cookie_alone() -> None:
    assert isinstance(call(jar(make_token(), None, None), handshakes=False), SignedIn)
    assert call(jar(make_token(), 0), handshakes=False).reason == "session-token-but-no-client-uat"
    assert isinstance(call(jar(make_token(), NOW + 1), handshakes=False), SignedOut)


def test_the_kids_of_a_request_are_known_before_any_key_is() -> None:
    sent = f"{jar(make_token())}; __session=x; __session={make_token({'kid': 'c'})}"
    facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))
    assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == (KID, "c")
    facts = replace(facts, headers=(("authorization", f"Bearer {make_token({'kid': 'b'})}"), ("cookie", sent)))
    assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == ("b",)
    assert authenticate(facts, StaticKeys(missing="jwk-remote-failed-to-load"), Options(), now=NOW) == SignedOut(
        "jwk-remote-failed-to-load",
        "The key set could not be fetched, and none is in the cache.",
    )


def test_the_kids_of_what_a_handshake_or_a_refresh_brings_are_known_too() -> None:
    brought = (f"__session={make_token({'kid': 'inner'})}; Path=/", "__client_uat=1")
    carried = sign_text(compact({**HEADER, "kid": "outer"}), compact({"handshake": brought}))
    facts = RequestFacts(method="GET", url=f"{URL}&__clerk_handshake={carried}")
    assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == ("outer", "inner")
    plain = RequestFacts(method="GET", url=URL)
    for more in ({"directives": brought}, {"refreshed": Refreshed(directives=brought)}):
        assert candidate_kids(replace(plain, **more), Options(publishable_key=DEV), now=NOW) == ("inner",)
    for claims in ({"handshake": 1}, {"handshake": [1, "__session", "__session="]}, {}):
        strange = sign_text(compact(HEADER), compact(claims))
        facts = RequestFacts(method="GET", url=f"{URL}&__clerk_handshake={strange}")
        assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == (KID,)


SATELLITES = Options(
    publishable_key=DEV, allowed_redirect_origins=("https://satellite.example", "http://localhost:3001")
)


@pytest.mark.parametrize(
    "url",
    [
        "//satellite.example/",
        "https:satellite.example",
        "https:/\\satellite.example",
        "https://satellite.example@evil.example/",
        "https://evil.example\\.satellite.example/",
        "https://evil.example\\@satellite.example/",
        "https://satellite.example.evil.example/",
        "https://satellite.example:444/",
        "http://satellite.example/",
        "https://satellite.example%2eevil.example/",
        "https://satellite.ex\u0430mple/",
        "https://satellite.example\t.evil.example/",
        "https://satellite.example/\r\nSet-Cookie: a=b",
        " https://satellite.example/",
        "https://satellite.example/ x",
        "javascript:alert(1)//https://satellite.example/",
        "data:text/html,x",
        "https://[::1]/",
        "http://localhost:3002/",
        "/",
        "x" * 10_000,
        "",
    ],
)
def test_S_008_a_primary_tells_the_dev_browser_to_allowed_satellites_only(url: str) -> None:
    assert find_satellite({"__clerk_redirect_url": url}, SATELLITES) is None
    outcome = call(
        jar(OWN),
        url=f"{URL}&__clerk_redirect_url={quote(url)}",
        allowed_redirect_origins=SATELLITES.allowed_redirect_origins,
    )
    assert isinstance(outcome, SignedIn)


@pytest.mark.parametrize(
    "url", ["https://satellite.example", "https://SATELLITE.example:443/a?b#c", "http://localhost:3001/x"]
)
def test_a_primary_answers_its_satellites_wherever_they_wait(url: str) -> None:
    assert find_satellite({"__clerk_redirect_url": url}, SATELLITES) == url
    assert find_satellite({"__clerk_redirect_url": url}, replace(SATELLITES, is_satellite=True)) is None
    assert find_satellite({"__clerk_redirect_url": url}, replace(SATELLITES, publishable_key=LIVE)) is None
    assert find_satellite({"__clerk_redirect_url": url}, replace(SATELLITES, publishable_key=None)) is None
    assert find_satellite({"__clerk_redirect_url": url}, Options(publishable_key=DEV)) is None


def test_query_pairs_are_added_in_front_of_the_fragment_and_in_place_of_their_namesakes() -> None:
    assert add_query("https://a.example", {"b": "1"}) == "https://a.example?b=1"
    assert add_query("https://a.example/?", {"b": "1"}) == "https://a.example/?b=1"
    assert add_query("/p?a=%20+&b=0&%62=2&c#b=3", {"b": "x/&=y"}) == "/p?a=%20+&c&b=x%2F%26%3Dy#b=3"


@pytest.mark.parametrize(
    ("pattern", "path", "named"),
    [
        ("/orgs/:slug", "/orgs/acme", {"slug": "acme"}),
        ("/orgs/:slug", "/orgs/acme/", {"slug": "acme"}),
        ("/orgs/:slug", "/ORGS/Acme", {"slug": "Acme"}),
        ("/orgs/:slug", "/orgs/acme/x", None),
        ("/orgs/:slug", "/orgs/", None),
        ("/orgs/:slug/(.*)", "/orgs/acme/x/y", {"slug": "acme"}),
        ("/orgs/:slug/(.*)", "/orgs/acme", None),
        ("/:locale/orgs/:id", "/en/orgs/org_1", {"locale": "en", "id": "org_1"}),
        ("/a.b", "/axb", None),
        ("/a.b", "/a.b", {}),
    ],
)
def test_a_paths_pattern_names_segments(pattern: str, path: str, named: dict[str, str] | None) -> None:
    found = compile_pattern(pattern).fullmatch(path)
    assert (found and found.groupdict()) == named


@pytest.mark.parametrize(
    "pattern", ["orgs/:slug", "/orgs/:", "/orgs/*", "/orgs/:slug?", "/(a|b)", "/{a}", "/a\\d", "", "/:a/:a"]
)
def test_another_kind_of_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        compile_pattern(pattern)


def test_row_13_the_active_organization_is_the_addresss() -> None:
    acme = make_token(o={"id": "org_1", "slg": "acme", "rol": "admin"})
    by_slug: dict[str, Any] = {"organization_patterns": ("/page/:slug", "/orgs/:slug/(.*)")}
    by_id: dict[str, Any] = {"organization_patterns": ("/orgs/:id",), "personal_account_patterns": ("/orgs/:any",)}

    def is_active(path: str, options: dict[str, Any]) -> bool:
        outcome = call(jar(acme), url=f"http://localhost:3000{path}", **options)
        assert isinstance(outcome, SignedIn) or outcome.reason == "active-organization-mismatch"
        return isinstance(outcome, SignedIn)

    assert is_active("/orgs/acme/settings", by_slug)
    assert is_active("/", by_slug)
    assert not is_active("/orgs/other/settings", by_slug)
    assert is_active("/orgs/org_1", by_id)
    assert not is_active("/orgs/acme", by_id)
    pending = make_token(sts="pending")
    assert call(jar(pending), url="http://localhost:3000/orgs/x/y", **by_slug).reason == "session-token-missing"


@pytest.mark.parametrize(
    ("referer", "elsewhere"),
    [
        ("https://localhost:3000/", True),
        ("http://localhost:3001/", True),
        ("http://LOCALHOST:3000/x", False),
        ("android-app://com.example", True),
        ("about:blank", True),
        ("/page", False),
        ("http://[", False),
        ("https://demo.clerk.accounts.dev:8443/", False),
        ("https://other.clerk.accounts.dev/", True),
        ("https://demo.accounts.dev.evil.example/", True),
        ("https://demo.accounts.dev@evil.example/", True),
        ("", False),
    ],
)
def test_row_12_another_origin_is_elsewhere(referer: str, elsewhere: bool) -> None:
    outcome = call(jar(OWN), headers=(*DOCUMENT, ("referer", referer)))
    assert isinstance(outcome, Handshake) is elsewhere
    assert isinstance(call(jar(OWN), headers=(*DOCUMENT, ("referer", referer)), handshakes=False), SignedIn)


def test_S_014_a_dev_browser_is_nothing_to_a_live_instance() -> None:
    live = make_token(iss="https://clerk.example.com")
    at = f"{URL}&__clerk_db_jwt=dvb_2"
    assert isinstance(call(jar(live), url=at, publishable_key=LIVE), SignedIn)
    asked = call(jar(None), url=at, publishable_key=LIVE)
    assert isinstance(asked, Handshake)
    assert "dvb_" not in asked.location
    facts = RequestFacts(method="GET", url=URL, headers=(("cookie", jar(None)),))
    for key, told in ((LIVE, False), (DEV, True)):
        _, sign_in_url = prepare_sign_in(facts, Options(publishable_key=key), "https://accounts.example.com/sign-in")
        assert ("dvb_1" in sign_in_url) is told


def test_S_012_a_carrier_that_has_ended_signs_nobody_out() -> None:
    for expires, counts in ((NOW - 6, False), (NOW - 4, True), (NOW + 60, True), (float("inf"), True), ("x", True)):
        claims = {"handshake": ["__session=; Max-Age=0"], **({} if expires == float("inf") else {"exp": expires})}
        outcome = call(jar(OWN), url=f"{URL}&__clerk_handshake={sign_text(compact(HEADER), compact(claims))}")
        assert isinstance(outcome, SignedOut) is counts


def test_S_005_a_tossed_carrier_does_not_hide_a_good_one() -> None:
    lines = [f"__session={make_token()}; Path=/"]
    good = sign_text(compact(HEADER), compact({"handshake": lines}))
    for order in (f"__clerk_handshake=x; __clerk_handshake={good}", f"__clerk_handshake={good}; __clerk_handshake=x"):
        outcome = call(order, publishable_key=LIVE)
        assert isinstance(outcome, SignedIn)
        assert outcome.set_cookies == tuple(lines)
    assert isinstance(call(f"__clerk_handshake={good}", url=f"{URL}&__clerk_handshake=x"), SignedIn)


def test_S_005_a_forged_token_with_a_late_date_does_not_hide_the_good_twin() -> None:
    late = make_token(key=rsa_key("attacker"), iat=NOW + 4)
    outcome = call(f"{jar(late)}; {jar(OWN, suffix=f'_{SUFFIX}')}")
    assert outcome.auth.user_id == "user_own"
    # A twin that is signed out, or older than its date, is no reason to sign anybody in.
    for uat in (0, None, NOW + 1):
        assert not isinstance(call(f"{jar(late)}; {jar(OWN, uat, suffix=f'_{SUFFIX}')}"), SignedIn)


def test_an_answer_to_a_refresh_is_of_the_same_session() -> None:
    expired = make_token(exp=NOW - 10)
    sent = f"{jar(expired)}; __refresh_{SUFFIX}=r"
    facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))

    def refreshed(*lines: str) -> Any:
        brought = replace(facts, refreshed=Refreshed(directives=lines))
        return authenticate(brought, own_keys(), Options(publishable_key=DEV), now=NOW)

    good = refreshed(f"__session={make_token()}; Path=/")
    assert isinstance(good, SignedIn)
    assert good.auth.token == make_token()
    assert (good.set_cookies, good.location) == ((f"__session={make_token()}; Path=/",), None)
    for lines in (
        (f"__session={OWN}",),
        ("__session=",),
        (f"__session={expired}",),
        (f"__session={make_token()}", "evil=1"),
        (f"__session={make_token()}; Domain=evil.example",),
    ):
        assert refreshed(*lines) == SignedOut(
            "session-token-expired-refresh-invalid-session-token", "The token has expired."
        )
    assert isinstance(refreshed(f"__session={make_token(sts='pending')}"), SignedOut)


def test_an_address_that_is_none_is_never_refreshed_or_come_back_to() -> None:
    expired = make_token(exp=NOW - 10)
    headers = (("authorization", f"Bearer {expired}"), ("cookie", f"__refresh_{SUFFIX}=r"), *DOCUMENT)
    facts = RequestFacts(method="GET", url="http://[", headers=headers)
    assert make_refresh_call(facts, Options(publishable_key=DEV), now=NOW) == Refreshed(failure="unexpected-sdk-error")
    told = replace(facts, refreshed=Refreshed(directives=(f"__session={make_token()}",)))
    assert isinstance(authenticate(told, own_keys(), Options(publishable_key=DEV), now=NOW), SignedIn)
    application = Application(Settings(publishable_key=DEV, sign_in_url="https://a.example/"), keys=own_keys())
    answer = application.check(application.decide(facts), parse_demands({}))
    assert isinstance(answer, Answer)
    assert answer.status == 401


@pytest.mark.parametrize("sid", [5, "", None, [], ...])
def test_a_token_without_a_session_is_not_refreshed(sid: Any) -> None:
    sent = f"{jar(make_token(exp=NOW - 10, sid=sid))}; __refresh_{SUFFIX}=r"
    facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))
    asked = make_refresh_call(facts, Options(publishable_key=DEV), now=NOW)
    assert asked == Refreshed(failure="expired-session-token-missing-sid-claim")


def test_the_first_code_of_a_refused_refresh_is_the_reason() -> None:
    items = (ApiErrorItem("session_not_active"), ApiErrorItem("other"))
    assert parse_failure(ApiError(401, items)).failure == "session_not_active"
    assert parse_failure(ApiError(401)).failure == "unexpected-bapi-error"
    assert parse_failure(RuntimeError("x")).failure == "unexpected-bapi-error"


TEXTS = st.one_of(
    st.sampled_from([make_token(), "x", "a.b.c", "", "0", str(NOW), "true", "http://[", "n", "\0", "%5F", "é"]),
    st.text(max_size=12),
)
NAMES = st.sampled_from(
    [
        *(
            f"{name}{twin}"
            for name in ("__session", "__client_uat", "__clerk_db_jwt", "__refresh")
            for twin in ("", f"_{SUFFIX}")
        ),
        *(
            "__clerk_handshake",
            "__clerk_handshake_nonce",
            "__clerk_redirect_count",
            "__clerk_synced",
            "__clerk_redirect_url",
        ),
    ]
)
PAIRS = st.lists(st.tuples(NAMES, TEXTS), max_size=6)


@settings(max_examples=400, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "", "get"]),
    query=PAIRS,
    cookies=PAIRS,
    headers=st.lists(
        st.tuples(st.sampled_from(["authorization", "referer", "sec-fetch-dest", "accept", "cookie"]), TEXTS),
        max_size=4,
    ),
    base=st.sampled_from([URL, "http://[", "", "/", "https://user@localhost:x/", "http://localhost:99999/"]),
    given_options=st.fixed_dictionaries(
        {
            "publishable_key": st.sampled_from([None, DEV, LIVE]),
            "is_satellite": st.booleans(),
            "handshakes": st.booleans(),
            "satellite_auto_sync": st.booleans(),
            "proxy_url": st.sampled_from([None, "/__clerk", "http://localhost:4000"]),
        }
    ),
)
def test_I8_whatever_a_request_holds_it_is_decided_and_never_an_error(  # noqa: PLR0913, PLR0917 - a request's parts
    method: str, query: Any, cookies: Any, headers: Any, base: str, given_options: Any
) -> None:
    url = base + "&".join(["", *(f"{name}={value}" for name, value in query)])
    sent = (("sec-fetch-dest", "document"), ("cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
    facts = RequestFacts(method=method, url=url, headers=(*headers, *sent))
    options = Options(**given_options, organization_patterns=("/:slug",), sign_in_url="https://a.example/")
    outcome = authenticate(facts, own_keys(), options, now=NOW)
    decision = make_decision(outcome, facts)
    for _, value in decision.answer.headers if decision.answer else ():
        assert value.isprintable()
    for brought in ((f"__session={OWN}",), ("__session=",), ("x", "y"), ()):
        told = replace(facts, directives=brought, refreshed=Refreshed(directives=brought, failure="x"))
        candidate_kids(told, options, now=NOW)
        authenticate(told, own_keys(), options, now=NOW)
    make_refresh_call(facts, options, now=NOW)
    find_asked_nonce(facts, options)
    application = Application(Settings(publishable_key=DEV, sign_in_url="https://a.example/"), keys=own_keys())
    application.check(decision, parse_demands({}))
