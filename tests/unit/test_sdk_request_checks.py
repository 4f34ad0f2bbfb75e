"""Each check of the decision on a request, where nothing else would tell that it is gone; found by tests/mutation."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sdk_signing import CLAIMS, HEADER, NOW, PUBLISHABLE_KEY, compact, make_token, own_keys, rsa_key, sign_text

from claimsmith import (
    Handshake,
    Key,
    Options,
    RequestFacts,
    SignedIn,
    SignedOut,
    StaticKeys,
    TokenCache,
    authenticate,
    parse_publishable_key,
)
from claimsmith.authentication.facts import Refreshed
from claimsmith.authentication.request import candidate_kids
from claimsmith.authentication.resolution import list_brought_tokens
from claimsmith.instance import make_publishable_key

DEV = parse_publishable_key(PUBLISHABLE_KEY)
LIVE = parse_publishable_key(make_publishable_key("clerk.example.com", "production"))
DOCUMENT = (("sec-fetch-dest", "document"), ("accept", "text/html"))
URL = "http://localhost:3000/page"
EXPIRED = make_token(exp=NOW - 10)
EARLY = make_token(nbf=NOW + 100)
FORGED = make_token(key=rsa_key("attacker"))


def ask(
    cookies: str = "",
    *,
    bearer: str | None = None,
    method: str = "GET",
    url: str = URL,
    refreshed: Refreshed | None = None,
    **options: Any,
) -> Any:
    headers = [*DOCUMENT]
    if cookies:
        headers.append(("cookie", cookies))
    if bearer is not None:
        headers.append(("authorization", f"Bearer {bearer}"))
    facts = RequestFacts(method=method, url=url, headers=tuple(headers), refreshed=refreshed)
    return authenticate(facts, own_keys(), Options(**{"publishable_key": DEV, **options}), now=NOW)


def jar(token: str | None = None, uat: int | None = NOW, key: Any = None, browser: str = "dvb_1") -> str:
    suffix = f"_{key.cookie_suffix}" if key else ""
    pairs = {"__session": token, "__client_uat": uat, "__clerk_db_jwt": browser}
    return "; ".join(f"{name}{suffix}={value}" for name, value in pairs.items() if value is not None)


def carry(*lines: str) -> str:
    return sign_text(compact(HEADER), compact({"handshake": lines}))


def query(location: str) -> dict[str, str]:
    return {name: value for name, (value, *_) in parse_qs(urlsplit(location).query).items()}


# ------------------------------------------------------------------------------------------------ what people are told


def test_every_refusal_says_why_in_a_sentence() -> None:
    told = {
        "token-type-mismatch": ask(bearer="mt_machine"),
        "session-token-nbf": ask(bearer=EARLY, method="POST"),
        "session-token-iat-before-client-uat": ask(jar(make_token(iat=NOW - 90, exp=NOW - 10)), method="POST"),
        "session-token-expired-refresh-non-eligible-non-get": ask(jar(EXPIRED, NOW - 100), method="POST"),
    }
    for reason, outcome in told.items():
        assert isinstance(outcome, SignedOut)
        assert outcome.reason == reason
        assert outcome.message, reason


def test_what_is_written_to_logs_holds_no_token() -> None:
    outcome = ask(f"__clerk_handshake={carry(f'__session={make_token()}')}", publishable_key=LIVE)
    assert outcome.set_cookies
    assert repr(outcome) == f"SignedIn(auth={outcome.auth!r}, location=None)"
    assert outcome.__rich_repr__() == [("auth", outcome.auth), ("location", None)]
    assert make_token() not in repr(outcome)


# ------------------------------------------------------------------------------------------------ tokens in headers


def test_the_applications_leeway_and_cache_count() -> None:
    late = make_token(exp=NOW - 20)
    assert ask(bearer=late).reason == "session-token-expired-refresh-non-eligible-no-refresh-cookie"
    assert isinstance(ask(bearer=late, leeway=30), SignedIn)
    checks: list[bytes] = []
    key = Key(None, "RS256", lambda _, signed: checks.append(signed))
    facts = RequestFacts(method="GET", url=URL, headers=(("authorization", make_token()),))
    cache = TokenCache(10)
    for _ in range(3):
        outcome = authenticate(facts, StaticKeys([key]), Options(), now=NOW, cache=cache)
        assert isinstance(outcome, SignedIn)
    assert len(checks) == 1


def test_a_handshake_takes_the_header_s_token_along_when_no_cookie_has_one() -> None:
    assert query(ask(bearer=EARLY).location)["__session"] == EARLY
    assert query(ask(jar(make_token()), bearer=EARLY).location)["__session"] == make_token()


@pytest.mark.parametrize("without", [{"publishable_key": None}, {"handshakes": False}, {"url": "http://["}])
def test_a_handshake_needs_a_publishable_key_and_an_address_to_come_back_to(without: dict[str, Any]) -> None:
    assert isinstance(ask(bearer=EARLY), Handshake)
    assert ask(bearer=EARLY, **without).reason == "session-token-nbf"
    assert isinstance(ask(bearer=EARLY, **without), SignedOut)


# ------------------------------------------------------------------------------------------------ kids that are fetched


def test_the_kid_of_the_twin_that_counts_for_a_satellite_is_the_one_that_is_fetched() -> None:
    # Tokens of this satellite are issued by clerk.satellite.example: the plain cookie is its own, the other one tossed.
    plain = make_token({"kid": "plain"}, iss="https://clerk.satellite.example")
    other = make_token({"kid": "other"}, iss="https://clerk.example.com", iat=NOW - 50)
    sent = f"{jar(plain, None)}; {jar(other, None, LIVE)}"
    facts = RequestFacts(method="GET", url=URL, headers=(("cookie", sent),))
    satellite = Options(publishable_key=LIVE, is_satellite=True, domain="satellite.example")
    assert candidate_kids(facts, satellite, now=NOW) == ("plain",)
    assert candidate_kids(facts, Options(publishable_key=LIVE), now=NOW) == ("other",)


def test_a_carrier_that_cannot_be_read_hides_no_other_ones_tokens() -> None:
    good = carry("__session=t1")
    facts = RequestFacts(method="GET", url=f"{URL}?__clerk_handshake=x")
    assert list_brought_tokens(facts, {"__clerk_handshake": (good,)}) == ["x", good, "t1"]


def test_an_address_that_is_none_and_a_token_without_a_kid_ask_for_no_key() -> None:
    facts = RequestFacts(method="GET", url="http://[", headers=(("authorization", make_token({"kid": "a"})),))
    assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == ("a",)
    without = sign_text(compact({key: value for key, value in HEADER.items() if key != "kid"}), compact(CLAIMS))
    facts = RequestFacts(method="GET", url=URL, headers=(("authorization", without),))
    assert candidate_kids(facts, Options(publishable_key=DEV), now=NOW) == ()


def test_only_session_cookies_with_a_value_are_brought_tokens() -> None:
    brought = ("__session=t1; Path=/", " __session_abc=t2", "__client_uat=5; Path=/", "__session=; Max-Age=0", "x")
    facts = RequestFacts(method="GET", url=URL, directives=brought)
    assert list_brought_tokens(facts, {}) == ["t1", "t2"]


# ------------------------------------------------------------------------------------------------ twins and candidates


GOOD_TWIN = jar(make_token(sub="user_other", sid="sess_other"), NOW - 100, DEV)


@pytest.mark.parametrize(
    ("reason", "token"),
    {
        "token-invalid": make_token({"typ": "at+jwt"}, iat=NOW + 4),
        "token-invalid-signature": make_token(key=rsa_key("attacker"), iat=NOW + 4),
        "token-invalid-algorithm": make_token({"alg": "ES256"}, iat=NOW + 4),
        "token-type-mismatch": make_token({"cat": "cl_B7d4PD222AAA"}, iat=NOW + 4),
        "token-verification-failed": make_token(sub="", iat=NOW + 4),
        "jwk-kid-mismatch": make_token({"kid": "other"}, iat=NOW + 4),
    }.items(),
)
def test_S_005_a_token_that_was_never_the_instances_gives_way_to_its_twin(reason: str, token: str) -> None:
    # It is the newer one, so it counts.
    assert ask(jar(token, NOW - 100)).reason == reason
    assert ask(f"{jar(token, NOW - 100)}; {GOOD_TWIN}").auth.user_id == "user_other"


def test_S_005_a_genuine_token_that_signs_nobody_in_does_not_give_way_to_somebody_else() -> None:
    pending = make_token(iat=NOW + 4, sts="pending")
    outcome = ask(f"{jar(pending, NOW - 100)}; {GOOD_TWIN}")
    assert isinstance(outcome, SignedOut)
    assert outcome.reason == "session-token-missing"


def test_S_005_a_twin_with_a_date_and_no_token_is_no_accident() -> None:
    forged = make_token(key=rsa_key("attacker"), iat=NOW + 4)
    outcome = ask(f"{jar(forged, NOW - 100)}; {jar(None, NOW - 100, DEV)}")
    assert outcome.reason == "token-invalid-signature"


def test_S_005_when_both_twins_are_bad_the_reason_is_that_of_the_one_that_counts() -> None:
    forged = make_token(key=rsa_key("attacker"), iat=NOW + 4)
    other = jar(make_token({"cat": "cl_B7d4PD222AAA"}, iat=NOW - 1), NOW - 100, DEV)
    assert ask(f"{jar(forged, NOW - 100)}; {other}").reason == "token-invalid-signature"


def test_of_two_good_tokens_of_one_session_the_first_is_the_callers() -> None:
    first, second = make_token(jti="first"), make_token(jti="second")
    outcome = ask(f"{jar(first)}; __session={second}")
    assert isinstance(outcome, SignedIn)
    assert outcome.auth.token == first


def test_S_005_two_sessions_are_settled_by_nobody_however_old_one_is() -> None:
    outcome = ask(f"{jar(make_token(iat=NOW - 90))}; __session={make_token(sid='sess_other')}")
    assert isinstance(outcome, SignedOut)
    assert outcome.reason == "token-invalid"


def test_the_first_candidate_says_whether_a_newer_sign_in_settles_it() -> None:
    old = make_token(iat=NOW - 90, exp=NOW - 10)
    outcome = ask(f"{jar(old)}; __session={FORGED}")
    assert isinstance(outcome, Handshake)
    assert outcome.reason == "session-token-iat-before-client-uat"


def test_J_028_not_even_the_date_of_a_template_token_counts() -> None:
    outcome = ask(jar(make_token({"cat": "cl_B7d4PD222AAA"}, iat=NOW - 90)))
    assert isinstance(outcome, SignedOut)
    assert outcome.reason == "token-type-mismatch"


# ------------------------------------------------------------------------------------------------ satellites

SATELLITE: dict[str, Any] = {"is_satellite": True, "domain": "satellite.example", "publishable_key": LIVE}
DEV_SATELLITE: dict[str, Any] = {"is_satellite": True, "proxy_url": "https://proxy.example/__clerk"}


def test_half_a_state_of_a_satellite_is_settled_like_any_other() -> None:
    token = make_token(iss="https://clerk.satellite.example")
    for options in ({}, {"satellite_auto_sync": True}):
        told = ask(jar(None, NOW), **SATELLITE, **options).reason, ask(jar(token, None), **SATELLITE, **options).reason
        assert told == ("client-uat-but-no-session-token", "session-token-but-no-client-uat")


def test_a_satellite_without_cookies_asks_only_when_it_is_told_to() -> None:
    asked = ask(url=f"{URL}?__clerk_synced=false", **SATELLITE)
    assert isinstance(asked, Handshake)
    assert asked.reason == "satellite-needs-syncing"
    assert ask(**SATELLITE) == SignedOut("session-token-and-uat-missing")
    # Not even for a dev browser.
    assert ask(**DEV_SATELLITE) == SignedOut("session-token-and-uat-missing")
    assert ask(**SATELLITE, satellite_auto_sync=True).reason == "satellite-needs-syncing"


def test_a_satellite_without_pages_asks_nobody() -> None:
    outcome = ask(url=f"{URL}?__clerk_synced=false", **SATELLITE, handshakes=False)
    assert outcome == SignedOut("session-token-and-uat-missing")


def test_a_satellite_with_development_keys_asks_its_primary_and_without_one_the_frontend_api() -> None:
    url = f"{URL}?__clerk_synced=false"
    at_primary = ask(url=url, **DEV_SATELLITE, sign_in_url="https://primary.example/sign-in")
    assert at_primary.location.startswith("https://primary.example/sign-in?__clerk_redirect_url=")
    assert ask(url=url, **DEV_SATELLITE).location.startswith("https://proxy.example/__clerk/v1/client/handshake?")
    live = ask(url=url, **SATELLITE, sign_in_url="https://primary.example/sign-in")
    assert live.location.startswith("https://clerk.satellite.example/v1/client/handshake?")


# ------------------------------------------------------------------------------------------------ what is brought


def test_S_005_a_proved_carrier_with_a_bad_token_does_not_hide_a_good_one() -> None:
    bad, good = carry(f"__session={FORGED}"), carry(f"__session={make_token()}")
    outcome = ask(f"__clerk_handshake={bad}; __clerk_handshake={good}", publishable_key=LIVE)
    assert isinstance(outcome, SignedIn)


@pytest.mark.parametrize(
    ("url", "domain", "is_taken"),
    [
        ("http://app.example.com:3000/page", "example.com", True),
        ("http://app.example.com/page", ".app.example.com", True),
        ("http://app.example.com/page", "ample.com", False),
        ("http://app.example.com/page", "other.example", False),
        ("http://app.example.com/page", "", False),
        ("http://[", "example.com", False),
        ("http:///page", "", True),
        ("http://[", "", True),
    ],
)
def test_S_013_a_cookie_that_is_brought_stays_on_the_requests_host(url: str, domain: str, is_taken: bool) -> None:  # noqa: FBT001 - a table
    refreshed = Refreshed(directives=(f"__session={make_token()}; Domain={domain}",))
    outcome = ask(bearer=EXPIRED, url=url, refreshed=refreshed)
    assert isinstance(outcome, SignedIn) is is_taken


def test_a_refresh_that_brought_nothing_is_none() -> None:
    outcome = ask(bearer=EXPIRED, refreshed=Refreshed(failure="x"), method="POST")
    assert isinstance(outcome, SignedOut)
