# ruff: noqa: FBT001 - cases are named by their ids, and a table's row stays on its line
"""The decision of `authenticate`, row by row of contract 2.4b, and the handshake's two ends."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sdk_signing import CLAIMS, HEADER, KID, NOW, PUBLISHABLE_KEY, compact, make_token, own_keys, rsa_key, sign_text

from claimsmith import Handshake, Options, RequestFacts, SignedIn, SignedOut, StaticKeys, authenticate
from claimsmith.handshake import clean_url, parse_directives
from claimsmith.instance import make_publishable_key, parse_publishable_key
from claimsmith.request import candidate_kids

DEV = parse_publishable_key(PUBLISHABLE_KEY)
LIVE = parse_publishable_key(make_publishable_key("clerk.example.com", "production"))
SUFFIX = DEV.cookie_suffix
DOCUMENT = (("sec-fetch-dest", "document"), ("accept", "text/html"))
URL = "http://localhost:3000/page?a=1"


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


def test_J_029_a_template_token_is_no_handshake() -> None:
    header = {**HEADER, "cat": "cl_B7d4PD222AAA"}
    carried = sign_text(compact(header), compact({**CLAIMS, "handshake": ["__session=evil"]}))
    outcome = call(url=f"{URL}&__clerk_handshake={carried}")
    assert isinstance(outcome, SignedOut)
    assert (outcome.reason, outcome.set_cookies) == ("token-type-mismatch", ())


def test_J_029_a_session_token_with_a_claim_named_handshake_is_no_handshake() -> None:
    # Its template may have copied what its user wrote into unsafe metadata.
    for claims in ({**CLAIMS, "handshake": [f"__session={make_token()}"]}, {"sub": "user_1", "handshake": []}):
        outcome = call(url=f"{URL}&__clerk_handshake={sign_text(compact(HEADER), compact(claims))}")
        assert isinstance(outcome, SignedOut)
        assert (outcome.reason, outcome.set_cookies) == ("token-invalid", ())


@pytest.mark.parametrize("claims", [{"iss": []}, {"iss": {}}, {"iat": []}, {"iat": "x"}, {"iss": [1], "iat": {}}])
def test_S_005_I8_claims_of_a_forged_cookie_that_are_of_any_type_are_no_accident(claims: dict[str, Any]) -> None:
    forged = make_token(key=rsa_key("attacker"), **claims)
    cookies = f"{jar(forged)}; {jar(forged, suffix=f'_{SUFFIX}')}"
    for sent in (jar(forged), cookies, f"{jar(make_token())}; __session_{SUFFIX}={forged}"):
        assert isinstance(call(sent), SignedIn | SignedOut | Handshake)
        facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))
        assert set(candidate_kids(facts, Options(publishable_key=DEV))) <= {KID}


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
    outcome = call(url=f"https://app.example.com/?__clerk_handshake={carried}")
    assert isinstance(outcome, SignedOut)
    assert (outcome.reason, outcome.set_cookies) == ("token-invalid", ())


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
    facts = RequestFacts(
        method="GET",
        url=URL,
        headers=(
            ("authorization", f"Bearer {make_token({'kid': 'b'})}"),
            ("cookie", f"{jar(make_token())}; __session=x"),
        ),
    )
    assert candidate_kids(facts, Options(publishable_key=DEV)) == ("b", KID)
    assert authenticate(facts, StaticKeys(missing="jwk-remote-failed-to-load"), Options(), now=NOW) == SignedOut(
        "jwk-remote-failed-to-load",
        "The key set could not be fetched, and none is in the cache.",
    )
