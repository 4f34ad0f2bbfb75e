# ruff: noqa: E501, FBT001 - cases are named by their ids, and a table's row stays on its line
"""Properties of the verifier: J-041 (no changed token passes), totality on any text, strict JSON against the standard library."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sdk_signing import CLAIMS, NOW, make_token, own_keys, pem

from claimsmith import (
    Auth,
    Options,
    RequestFacts,
    SignedOut,
    StaticKeys,
    TokenError,
    authenticate,
    make_auth,
    verify_token,
)
from claimsmith.authentication.request import SignedIn
from claimsmith.verification.strict_json import parse_json_object

TOKEN = make_token()
KEYS = own_keys()
PINNED = StaticKeys.from_pem(pem())
VECTORS = Path(__file__).resolve().parents[2].parent / "shared/security/data/jsontestsuite/test_parsing"

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def is_accepted(token: str, keys: StaticKeys) -> bool:
    try:
        verify_token(token, keys, now=NOW)
    except TokenError:
        return False
    return True


EXAMPLES = 20_000
changes = st.lists(st.tuples(st.integers(0, len(TOKEN) - 1), st.integers(1, 127)), min_size=1, max_size=8)
cuts = st.tuples(st.integers(0, len(TOKEN)), st.integers(0, len(TOKEN)), st.text(max_size=6))


def mutate(change: Any) -> str:
    """The token with some of its bytes changed, or with a text in place of a part of it."""
    if isinstance(change, tuple):
        start, end, inserted = change
        return TOKEN[:start] + inserted + TOKEN[end:]
    text = bytearray(TOKEN.encode())
    for place, mask in change:
        text[place] ^= mask
    return text.decode("ascii")


def test_J_041_no_changed_token_of_twenty_thousand_passes() -> None:
    seen = 0

    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(changes | changes | cuts)
    def check(change: Any) -> None:
        nonlocal seen
        seen += 1
        token = mutate(change)
        assert is_accepted(token, KEYS) == (token == TOKEN)
        # A pinned key is used whatever the kid, so that also a token with another header gets to its signature.
        assert is_accepted(token, PINNED) == (token == TOKEN)

    check()
    assert seen == EXAMPLES


@settings(max_examples=500, deadline=None)
@given(st.text() | st.text(alphabet='.-_=AZaz09+/\\"\n \0é', max_size=400))
def test_any_text_is_refused_with_a_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        verify_token(text, KEYS, now=NOW)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=8), values, max_size=4))
def test_any_signed_claims_give_themselves_back_or_a_token_error(claims: dict[str, Any]) -> None:
    token = make_token(**claims)
    if is_accepted(token, KEYS):
        assert verify_token(token, KEYS, now=NOW) == {**CLAIMS, **claims}
    else:
        assert {*claims} & {"exp", "nbf", "iat", "sub"} or "\\ud" in ascii(claims)


@settings(max_examples=300, deadline=None)
@given(values, values, values, values)
def test_claims_of_any_shape_make_an_auth_that_answers(o: Any, fea: Any, act: Any, version: Any) -> None:
    for v in (2, version):
        auth = make_auth({"sub": "user_1", "v": v, "o": o, "fea": fea, "pla": fea, "act": act, "org_id": o}, "t")
        assert isinstance(auth, Auth)
        for asked in ({"role": "org:admin"}, {"permission": "org:a:b"}, {"feature": "a"}, {"plan": "o:a"}):
            assert auth.has(**asked) in {True, False}


header_names = st.sampled_from(
    ["authorization", "cookie", "referer", "sec-fetch-dest", "accept", "host", "x-clerk-auth-status"],
)
header_values = st.text(max_size=40) | st.sampled_from(
    [
        f"Bearer {TOKEN}",
        f"__session={TOKEN}",
        "__client_uat=5",
        "document",
        "text/html",
        "__clerk_handshake=a.b.c",
        "http://[",
    ],
)


DOCUMENT = [("sec-fetch-dest", "document")]
SIGNED_IN = [("cookie", f"__session={TOKEN}; __client_uat=5; __clerk_db_jwt=d"), *DOCUMENT]


@settings(max_examples=500, deadline=None)
@example([*SIGNED_IN, ("referer", "http://[")], "GET", "http://localhost/")
@example(SIGNED_IN, "GET", "http://[/")
@example([("authorization", f"Bearer {make_token(exp=1)}"), *DOCUMENT], "GET", "http://[/")
@given(
    st.lists(st.tuples(header_names, header_values), max_size=6),
    st.sampled_from(["GET", "POST", ""]),
    st.sampled_from(
        ["http://[/", "http://localhost/", "http://localhost/?__clerk_handshake=x", "http://localhost/?a&b=%", "/", ""]
    ),
)
def test_authenticate_never_raises(headers: list[tuple[str, str]], method: str, url: str) -> None:
    from sdk_signing import PUBLISHABLE_KEY

    from claimsmith.authentication.handshake import Handshake
    from claimsmith.instance import parse_publishable_key

    facts = RequestFacts(method=method, url=url, headers=tuple(headers))
    for options in (Options(), Options(publishable_key=parse_publishable_key(PUBLISHABLE_KEY))):
        outcome = authenticate(facts, KEYS, options, now=NOW)
        assert isinstance(outcome, SignedIn | SignedOut | Handshake)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5), st.sampled_from([None, 2]), st.booleans())
def test_strict_json_reads_what_the_standard_library_writes(
    members: dict[str, Any], indent: Any, escaped: bool
) -> None:
    text = json.dumps(members, indent=indent, ensure_ascii=escaped)
    try:
        raw = text.encode()
        json.dumps(members, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert parse_json_object(raw) == members


def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("duplicate")
    return dict(pairs)


@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet='{}[]",:\\ abu0019.-eE\n', max_size=30))
def test_strict_json_accepts_no_more_than_the_standard_library(inside: str) -> None:
    for text in (inside, "{" + inside + "}", '{"a":' + inside + "}", '{"a":1,' + inside + "}"):
        try:
            parsed = parse_json_object(text.encode())
        except ValueError:
            continue
        assert json.loads(text, object_pairs_hook=refuse_duplicates) == parsed


@pytest.mark.skipif(not VECTORS.is_dir(), reason="JSONTestSuite's files are not beside this checkout")
def test_J_031_J_032_J_033_nothing_that_jsontestsuite_calls_invalid_is_read() -> None:
    files = sorted(VECTORS.glob("[ni]_*.json"))
    read = []
    for file in files:
        for text in (file.read_bytes(), b'{"a":' + file.read_bytes() + b"}"):
            try:
                parse_json_object(text)
            except ValueError:
                continue
            read.append(file.name)
    assert len(files) > 200
    # What RFC 8259 leaves open and we read: an integer of more than 64 bits, and a number too small, which is 0.
    assert {name for name in read if name.startswith("n_")} == set()
    assert set(read) <= {
        "i_number_double_huge_neg_exp.json",
        "i_number_real_underflow.json",
        "i_number_too_big_neg_int.json",
        "i_number_too_big_pos_int.json",
        "i_number_very_big_negative_int.json",
    }
