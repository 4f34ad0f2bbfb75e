# ruff: noqa: FBT001 - cases are named by their ids, and a table's row stays on its line
"""What `verify_token` accepts and refuses: the cases J-003 to J-040 of the catalogue, each with tokens built here."""

import base64
import hmac
import json
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sdk_signing import (
    CLAIMS,
    HEADER,
    ISSUER,
    KID,
    NOW,
    b64,
    compact,
    ec_key,
    ed_key,
    jwk,
    jwks,
    make_token,
    own_keys,
    pem,
    rsa_key,
    sign_text,
)

from claimsmith import StaticKeys, TokenError, decode_claims, verify_token
from claimsmith.verification import jws, strict_json
from claimsmith.verification.jws import decode_base64url, is_foreign, parse_header
from claimsmith.verification.strict_json import parse_json_object


def refusal(token: str, keys: StaticKeys | None = None, **expectations: Any) -> str:
    """The reason why a token is refused; fails when it is accepted or anything but a TokenError comes out."""
    with pytest.raises(TokenError) as caught:
        verify_token(token, keys or own_keys(), now=NOW, **expectations)
    assert not isinstance(token, str) or len(token) < 100 or token not in repr(caught.value) + str(caught.value)
    return caught.value.reason


def best_time(token: str) -> float:
    """The seconds that a malformed token takes to be refused; the best of three, since the machine has other work."""
    keys, best = own_keys(), 1.0
    for _ in range(3):
        started = time.thread_time()
        with pytest.raises(TokenError, match="token-invalid"):
            verify_token(token, keys, now=NOW)
        best = min(best, time.thread_time() - started)
    return best


def accepts(token: str, keys: StaticKeys | None = None, **expectations: Any) -> bool:
    return verify_token(token, keys or own_keys(), now=NOW, **expectations)["sub"] == "user_1"


def with_header(**parameters: Any) -> str:
    return make_token(header=parameters)


def raw_header(text: bytes | str) -> str:
    return sign_text(text, compact(CLAIMS))


def raw_payload(text: bytes | str) -> str:
    return sign_text(compact(HEADER), text)


def unsigned(header: Any, signature: bytes = b"") -> str:
    return f"{b64(compact(header).encode())}.{b64(compact(CLAIMS).encode())}.{b64(signature)}"


def test_a_genuine_token_gives_back_all_its_claims() -> None:
    assert verify_token(make_token(), own_keys(), now=NOW) == CLAIMS


def test_a_pinned_pem_key_is_used_whatever_the_kid() -> None:
    keys = StaticKeys.from_pem(pem())
    assert accepts(make_token(), keys)
    assert accepts(make_token(header={"kid": "another"}), keys)
    assert accepts(make_token(header={"kid": ...}), keys)


@pytest.mark.parametrize(
    "text",
    [pem().replace("\n", ""), pem().replace("\n", "\\n"), "  " + pem().replace("\n", "\r\n") + "\n"],
)
def test_a_pem_key_survives_what_environments_do_to_its_line_breaks(text: str) -> None:
    assert accepts(make_token(), StaticKeys.from_pem(text))


def test_a_longer_rsa_key_verifies() -> None:
    key = rsa_key("long", 3072)
    assert accepts(make_token(key=key), StaticKeys.from_pem(pem(key)))
    assert accepts(make_token(key=key), StaticKeys.from_jwks(jwks(jwk(key))))


@pytest.mark.parametrize(("algorithm", "key"), [("ES256", ec_key), ("EdDSA", ed_key)])
def test_es256_and_eddsa_verify_with_their_keys_and_no_other(algorithm: str, key: Any) -> None:
    token = make_token(header={"alg": algorithm}, key=key())
    assert accepts(token, StaticKeys.from_pem(pem(key())))
    assert refusal(token, StaticKeys.from_pem(pem())) == "token-invalid-algorithm"
    assert refusal(make_token(header={"alg": algorithm}), StaticKeys.from_pem(pem(key()))) == "token-invalid-signature"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", " none", "none\0"])
@pytest.mark.parametrize("signature", [b"", b"\0" * 256])
def test_J_003_alg_none_in_every_spelling_is_refused(algorithm: str, signature: bytes) -> None:
    assert refusal(unsigned({**HEADER, "alg": algorithm}, signature)) == "token-invalid-algorithm"
    assert refusal(make_token(header={"alg": algorithm})) == "token-invalid-algorithm"


@pytest.mark.parametrize("algorithm", [..., None, 256, ["RS256"], {"RS256": 1}, "rs256", "RS256 ", " RS256", True])
def test_J_004_an_alg_that_is_not_exactly_known_is_refused(algorithm: Any) -> None:
    assert refusal(with_header(alg=algorithm)) == "token-invalid-algorithm"


def hmac_secrets() -> list[bytes]:
    """Public texts and bytes that a confused verifier might take for an HMAC secret."""
    public = rsa_key().public_key()
    text = pem().encode()
    return [
        text,
        text.strip(),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_numbers().n.to_bytes(256),
        json.dumps(jwk()).encode(),
        jwks(),
    ]


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("secret", [*hmac_secrets(), b""], ids=range(8))
def test_J_005_J_006_a_public_key_is_never_an_hmac_secret(name: str, secret: bytes) -> None:
    for claimed in (name, "RS256"):
        token = unsigned({**HEADER, "alg": claimed})
        signature = hmac.new(secret, token.rpartition(".")[0].encode(), f"sha{name[2:]}").digest()
        forged = unsigned({**HEADER, "alg": claimed}, signature)
        for keys in (own_keys(), StaticKeys.from_pem(pem())):
            expected = "token-invalid-signature" if claimed == "RS256" else "token-invalid-algorithm"
            assert refusal(forged, keys) == expected


@pytest.mark.parametrize(("name", "digest"), [("RS384", SHA384()), ("RS512", SHA512())])
def test_J_007_other_algorithms_signed_by_the_right_key_are_refused(name: str, digest: Any) -> None:
    token = sign_text(compact({**HEADER, "alg": name}), compact(CLAIMS), digest=digest)
    assert refusal(token) == "token-invalid-algorithm"


def test_J_007_J_008_a_pss_signature_is_refused_under_either_name() -> None:
    for name, reason in (("PS256", "token-invalid-algorithm"), ("RS256", "token-invalid-signature")):
        signed = unsigned({**HEADER, "alg": name}).rpartition(".")[0]
        scheme = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
        assert refusal(f"{signed}.{b64(rsa_key().sign(signed.encode(), scheme, SHA256()))}") == reason


def test_J_008_rs256_over_another_digest_is_refused() -> None:
    for digest in (SHA384(), SHA512()):
        assert refusal(sign_text(compact(HEADER), compact(CLAIMS), digest=digest)) == "token-invalid-signature"


def test_J_009_a_key_inside_the_header_is_never_used() -> None:
    attacker = rsa_key("attacker")
    for extra in ({"jwk": jwk(attacker)}, {"jwk": jwk(attacker), "kid": ...}, {"x5c": ["MIIB"]}):
        assert refusal(make_token(header=extra, key=attacker)) == "token-invalid"
        assert refusal(make_token(header=extra)) == "token-invalid"


def test_J_010_addresses_in_the_header_are_never_asked() -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        server.timeout = 0.2
        thread.start()
        for name in ("jku", "x5u"):
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            assert refusal(with_header(**{name: address})) == "token-invalid"
        thread.join()
    assert asked == []


@pytest.mark.parametrize(
    "crit",
    [["exp"], [], "exp", ["exp", "exp"], ["absent"], ["alg"], ["b64"], ["kid"], None, 1],
)
def test_J_011_every_crit_is_refused(crit: Any) -> None:
    assert refusal(with_header(crit=crit)) == "token-invalid"
    assert refusal(with_header(crit=crit, b64=False, exp=NOW)) == "token-invalid"


def test_J_012_unencoded_and_detached_payloads_are_refused_at_once() -> None:
    assert refusal(with_header(b64=False)) == "token-invalid"
    assert refusal(with_header(b64=True)) == "token-invalid"
    head, _, tail = make_token().split(".")
    detached, raw = f"{head}..{tail}", f"{head}.{'x' * 10_000_000}.{tail}"
    assert best_time(raw) < 0.005
    assert refusal(detached) == "token-invalid-signature"


@pytest.mark.parametrize(
    "extra", [{"zip": "DEF"}, {"enc": "A256GCM"}, {"epk": {}}, {"x5t": "abc"}, {"x5t#S256": "abc"}]
)
def test_J_013_encryption_and_compression_are_refused(extra: dict[str, Any]) -> None:
    assert refusal(with_header(**extra)) == "token-invalid"


def test_J_014_json_serializations_and_polyglots_are_refused() -> None:
    head, payload, signature = make_token().split(".")
    flattened = {"protected": head, "payload": payload, "signature": signature}
    general = {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
    for form in (flattened, general):
        assert refusal(compact(form)) == "token-invalid"
    assert refusal(f'{{"a":"{head}.{payload}.{signature}"}}') == "token-invalid"


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "." * 1_000_000])
def test_J_015_another_number_of_parts_is_refused(token: str) -> None:
    assert refusal(token) == "token-invalid"


def test_J_015_a_million_dots_cost_neither_time_nor_memory() -> None:
    token, keys = "." * 1_000_000, own_keys()
    assert best_time(token) < 0.001
    tracemalloc.start()
    try:
        with pytest.raises(TokenError, match="token-invalid"):
            verify_token(token, keys, now=NOW)
        assert tracemalloc.get_traced_memory()[1] < 20_000
    finally:
        tracemalloc.stop()


def test_J_015_a_fourth_part_is_refused_wherever_it_is_put() -> None:
    parts = make_token().split(".")
    for place in range(4):
        assert refusal(".".join([*parts[:place], "", *parts[place:]])) == "token-invalid"
        assert refusal(".".join([*parts[:place], "AAAA", *parts[place:]])) == "token-invalid"


def swell(size: int, part: int) -> str:
    """A token of so many characters, whose header, payload or signature is too long."""
    parts = make_token().split(".")
    parts[part] = "A" * (size - sum(map(len, parts[:part] + parts[part + 1 :])) - 2)
    return ".".join(parts)


@pytest.mark.parametrize("size", [16 * 1024 + 1, 1_000_000])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_J_016_a_token_over_16_kib_is_refused_unread(size: int, part: int) -> None:
    token = swell(size, part)
    assert len(token) == size
    assert best_time(token) < 0.001


GREEDY = """
import sys, time
sys.path[:0] = sys.argv[3:]
from sdk_signing import NOW, own_keys
from test_sdk_tokens import swell
from claimsmith import TokenError, verify_token

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

keys = own_keys()
for token in ("warm.up.now", swell(int(sys.argv[1]), int(sys.argv[2]))):
    open("/proc/self/clear_refs", "w").write("5")  # The highest mark of memory is now what is held now.
    before, started = peak(), time.thread_time()
    try:
        verify_token(token, keys, now=NOW)
    except TokenError as error:
        reason = error.reason
    taken = time.thread_time() - started
print(reason, peak() - before, taken)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="this system does not tell peaks of memory")
@pytest.mark.parametrize("part", [0, 1, 2])
def test_J_016_100_megabytes_take_less_than_one_of_memory_and_a_hundredth_of_a_second(part: int) -> None:
    here = Path(__file__).parent
    command = [sys.executable, "-c", GREEDY, "100000000", str(part), str(here), str(here.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    reason, kilobytes, seconds = done.stdout.split()
    assert reason == "token-invalid"
    assert int(kilobytes) < 1000
    assert float(seconds) < 0.01


def test_J_016_a_token_of_exactly_16_kib_is_read() -> None:
    room = 16 * 1024
    # Three more octets are four more characters: one of the lengths of a header gives each total.
    sizes = {len(token): token for extra in range(4) for pad in range(11_600, 11_660) if (token := padded(extra, pad))}
    assert accepts(sizes[room])
    assert refusal(sizes[room + 1]) == "token-invalid"


def padded(extra: int, pad: int) -> str:
    return make_token(header={"extra": "x" * extra}, pad="x" * pad)


@pytest.mark.parametrize("token", [None, b"a.b.c", 1, ["a.b.c"], {}, Ellipsis], ids=repr)
def test_J_041_what_is_no_text_is_refused_as_a_token_that_is_none(token: Any) -> None:
    assert refusal(token) == "token-invalid"
    with pytest.raises(TokenError, match="token-invalid"):
        decode_claims(token)


def test_J_017_a_second_spelling_of_the_last_character_is_refused() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = make_token()
    for last in alphabet:
        other = token[:-1] + last
        assert (refusal(other) in {"token-invalid", "token-invalid-signature"}) if other != token else accepts(other)
    same_bytes = [last for last in alphabet if alphabet.index(last) >> 4 == alphabet.index(token[-1]) >> 4]
    assert len(same_bytes) == 16
    assert {refusal(token[:-1] + last) for last in same_bytes if last != token[-1]} == {"token-invalid"}


def test_J_018_anything_outside_the_url_safe_alphabet_is_refused() -> None:
    token = make_token()
    head, payload, signature = token.split(".")
    strange = [f"{token}{tail}" for tail in ("=", "==", " ", "\n", "\r\n", "\0", "\t", '"', "\\")]
    strange += [f"{lead}{token}" for lead in (" ", "\n", "\ufeff", '"', "Bearer ")]
    strange += [f"{head}=.{payload}.{signature}", f"{head}.{payload}=.{signature}", f"{head}.{payload}==.{signature}"]
    strange += [
        token.replace(".", "\uff0e"),
        token.replace(".", "。"),
        f"{head}.{payload[:9]}\n{payload[9:]}.{signature}",
    ]
    strange += [
        f"{head}.{payload}.{signature[:8]}{inside}{signature[8:]}" for inside in (" ", "\n", "\0", "====", '"', "'")
    ]
    for form in strange:
        assert refusal(form) == "token-invalid"
    # A JSON escape of the first character would be the same letter to a lenient decoder.
    assert refusal(f"{head}.{payload}.\\u{ord(signature[0]):04x}{signature[1:]}") == "token-invalid"


def test_J_018_the_standard_alphabet_is_refused() -> None:
    for salt in range(50):
        token = make_token(salt=salt)
        standard = token.replace("-", "+").replace("_", "/")
        if standard != token:
            assert refusal(standard) == "token-invalid"


def test_J_019_changed_and_cut_signatures_are_refused() -> None:
    token = make_token()
    signed, _, signature = token.rpartition(".")
    for cut in range(1, 5):
        assert refusal(token[:-cut]) in {"token-invalid", "token-invalid-signature"}
    for form in ("", "AAAA", signature + "AAAA", "A" * len(signature), signature[4:] + "AAAA"):
        assert refusal(f"{signed}.{form}") == "token-invalid-signature"
    raw = decode_base64url(token.rpartition(".")[2])
    for bit in range(0, 2048, 97):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert refusal(f"{signed}.{b64(bytes(changed))}") == "token-invalid-signature"


def test_J_019_a_signature_without_its_leading_zero_is_refused() -> None:
    token = next(t for n in range(5000) if (t := make_token(n=n)) and decode_base64url(t.rpartition(".")[2])[0] == 0)
    signed, _, signature = token.rpartition(".")
    raw = decode_base64url(signature)
    assert accepts(token)
    assert refusal(f"{signed}.{b64(raw[1:])}") == "token-invalid-signature"
    assert refusal(f"{signed}.{b64(bytes(1) + raw)}") == "token-invalid-signature"


@pytest.mark.parametrize("name", ["alg", "\\u0061lg", "kid", "\\u006bid"])
def test_J_020_duplicate_header_members_are_refused(name: str) -> None:
    assert refusal(raw_header(compact(HEADER)[:-1] + f',"{name}":"RS256"}}')) == "token-invalid"


@pytest.mark.parametrize("member", ['"sub":"user_1"', '"\\u0073ub":"user_2"', f'"exp":{NOW + 9}', '"e\\u0078p":1'])
def test_J_020_duplicate_claims_are_refused(member: str) -> None:
    for text in (compact(CLAIMS)[:-1] + f",{member}}}", f"{{{member}," + compact(CLAIMS)[1:]):
        assert refusal(raw_payload(text)) == "token-invalid"
    assert refusal(raw_payload(compact(CLAIMS)[:-1] + ',"deep":[{"a":1,"b":{"c":1 , "c" :2}}]}')) == "token-invalid"


DATES_AS_TEXT = [
    *("NaN", "Infinity", "-Infinity", "1e400", '"1700000060"', "true", "false", "null", "[1700000060]", '{"a":1}'),
    *("-1", "0", "1" + "0" * 30, str((NOW + 60) * 1000), "9" * 5000, "-1e400", "1e19", "0.0", "-0"),
]


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("text", DATES_AS_TEXT, ids=lambda text: text[:14])
def test_J_021_a_date_that_is_no_date_is_refused(name: str, text: str) -> None:
    others = {key: value for key, value in CLAIMS.items() if key != name}
    token = raw_payload(compact(others)[:-1] + f',"{name}":{text}}}')
    assert refusal(token) in {"token-invalid", "token-verification-failed"}


def test_J_022_a_token_without_exp_is_refused() -> None:
    assert refusal(make_token(exp=...)) == "token-verification-failed"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 4}, None),
        ({"exp": NOW - 5}, "token-expired"),
        ({"nbf": NOW + 4}, None),
        ({"nbf": NOW + 5}, None),
        ({"nbf": NOW + 6}, "token-not-active-yet"),
        ({"iat": NOW + 4}, None),
        ({"iat": NOW + 5}, None),
        ({"iat": NOW + 6}, "token-iat-in-the-future"),
        ({"nbf": ..., "iat": ...}, None),
    ],
)
def test_J_023_the_leeway_of_five_seconds_ends_where_the_wire_ends_it(claims: Any, reason: str | None) -> None:
    token = make_token(**claims)
    assert (refusal(token) == reason) if reason else accepts(token)


def test_J_023_another_leeway_moves_the_ends() -> None:
    assert accepts(make_token(exp=NOW - 50), leeway=60)
    assert refusal(make_token(exp=NOW), leeway=0) == "token-expired"


LAST_SECOND = 253_402_300_799


def test_J_021_dates_end_with_the_year_9999_and_begin_with_1970() -> None:
    assert accepts(make_token(exp=LAST_SECOND))
    assert refusal(make_token(exp=LAST_SECOND + 1)) == "token-verification-failed"
    for name, reason in (("nbf", "token-not-active-yet"), ("iat", "token-iat-in-the-future")):
        assert refusal(make_token(**{name: LAST_SECOND})) == reason
        assert refusal(make_token(**{name: LAST_SECOND + 1})) == "token-verification-failed"
        assert accepts(make_token(**{name: 0.5}))
    for early in (1, 0.5):
        assert refusal(make_token(exp=early)) == "token-expired"


def test_J_023_dates_are_compared_also_when_time_has_hardly_begun() -> None:
    undated = make_token(exp=100, nbf=..., iat=...)
    assert verify_token(undated, own_keys(), now=1, leeway=0)["exp"] == 100
    for name, reason in (("nbf", "token-not-active-yet"), ("iat", "token-iat-in-the-future")):
        token = make_token(**{"exp": 100, "nbf": 0.1, "iat": 0.1, name: 0.5})
        with pytest.raises(TokenError, match=reason):
            verify_token(token, own_keys(), now=0.25, leeway=0)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"sub": 1}, "sub is not a text"),
        ({"aud": "web"}, "for another audience"),
        ({"iss": "https://other.example"}, "from another issuer"),
        ({"exp": "soon"}, "token's exp is not a date"),
        ({"nbf": "soon"}, "token's nbf is not a date"),
        ({"iat": "soon"}, "token's iat is not a date"),
    ],
)
def test_the_sentence_names_the_claim_that_is_not_acceptable(claims: dict[str, Any], words: str) -> None:
    with pytest.raises(TokenError) as caught:
        verify_token(make_token(**claims), own_keys(), now=NOW, audience=["api"], issuer=ISSUER)
    assert caught.value.reason == "token-verification-failed"
    assert words in caught.value.message


def test_J_024_fractional_dates_are_accepted() -> None:
    assert accepts(make_token(exp=NOW + 0.5, nbf=NOW - 0.25, iat=NOW - 0.125))


@pytest.mark.parametrize("issuer", ["https://evil.example", ISSUER[:-1], ISSUER + "/", ISSUER[8:], [ISSUER], ..., None])
def test_J_025_any_other_issuer_is_refused_when_one_is_asked_for(issuer: Any) -> None:
    assert refusal(make_token(iss=issuer), issuer=ISSUER) == "token-verification-failed"
    assert accepts(make_token(), issuer=ISSUER)


@pytest.mark.parametrize("audience", ["other", "ap", "apix", ["other"], [], ["api", 1], {"api": 1}, 1, None])
def test_J_025_another_audience_is_refused_when_both_sides_name_one(audience: Any) -> None:
    assert refusal(make_token(aud=audience), audience=["api"]) == "token-verification-failed"


def test_an_audience_is_only_compared_when_both_sides_name_one() -> None:
    assert accepts(make_token(aud="api"), audience=["api"])
    assert accepts(make_token(aud=["web", "api"]), audience=["api"])
    assert accepts(make_token(), audience=["api"])
    assert accepts(make_token(aud="api"))


@pytest.mark.parametrize(
    "party",
    [
        ...,
        None,
        "",
        "http://LOCALHOST:3000",
        "http://localhost:30000",
        "http://localhost:300",
        ["http://localhost:3000"],
    ],
)
def test_J_026_only_an_exact_authorized_party_is_accepted(party: Any) -> None:
    parties = ["http://localhost:3000", "https://app.example.com"]
    assert refusal(make_token(azp=party), authorized_parties=parties) == "token-invalid-authorized-parties"
    assert accepts(make_token(), authorized_parties=parties)


@pytest.mark.parametrize("subject", [..., 1, ["user_1"], "", None, True])
def test_J_027_a_subject_that_is_no_text_is_refused(subject: Any) -> None:
    assert refusal(make_token(sub=subject)) == "token-verification-failed"


@pytest.mark.parametrize("category", ["cl_B7d4PD222AAA", "cl_B7d4PD333AAA", "", "cl_other"])
def test_J_028_a_token_of_another_category_is_no_session_token(category: str) -> None:
    assert refusal(with_header(cat=category)) == "token-type-mismatch"


def test_J_028_session_ignore_and_no_category_are_session_tokens() -> None:
    for category in ("cl_B7d4PD111AAA", "cl_I7d4PD111III", ...):
        assert accepts(with_header(cat=category))
    assert refusal(with_header(cat=None)) == "token-invalid"


def test_J_028_a_template_token_is_only_accepted_when_asked_for() -> None:
    template = with_header(cat="cl_B7d4PD222AAA")
    assert accepts(template, kind="jwt_template")
    assert refusal(make_token(), kind="jwt_template") == "token-type-mismatch"
    assert refusal(make_token(sub="mch_1")) == "token-type-mismatch"
    assert refusal(with_header(cat="cl_B7d4PD222AAA", typ=...)) == "token-type-mismatch"


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "dpop+jwt", "jwt", "JWT ", "", 1, None])
def test_J_030_another_typ_is_refused(typ: Any) -> None:
    assert refusal(with_header(typ=typ)) == "token-invalid"
    assert accepts(with_header(typ=...))


GOOD = compact(CLAIMS)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"text"',
        "null",
        "1",
        "",
        " ",
        "{}{}",
        GOOD + GOOD,
        GOOD + "x",
        GOOD + "\0",
        "/**/" + GOOD,
        "{'sub':1}",
        GOOD[:-1],
    ],
)
def test_J_031_a_payload_that_is_not_one_json_object_is_refused(text: str) -> None:
    assert refusal(raw_payload(text)) == "token-invalid"
    assert refusal(raw_header(text.replace(GOOD, compact(HEADER)))) == "token-invalid"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_J_032_other_encodings_are_refused(encoding: str) -> None:
    assert refusal(raw_payload(GOOD.encode(encoding))) == "token-invalid"
    assert refusal(raw_header(compact(HEADER).encode(encoding))) == "token-invalid"


@pytest.mark.parametrize(
    "piece",
    [
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80",
        b"\\ud800",
        b"\\udc00",
        b"\\ud800\\u0041x",
        b"\xe2\x82",
    ],
)
def test_J_032_text_that_is_no_unicode_is_refused(piece: bytes) -> None:
    assert refusal(raw_payload(GOOD[:-1].encode() + b',"x":"' + piece + b'"}')) == "token-invalid"
    assert refusal(raw_payload(GOOD[:-1].encode() + b',"' + piece + b'":1}')) == "token-invalid"
    assert refusal(raw_header(compact(HEADER)[:-1].encode() + b',"x":"' + piece + b'"}')) == "token-invalid"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(("depth", "good"), [(3, True), (31, True), (32, False), (1000, False), (1500, False)])
def test_J_033_deep_payloads_are_refused_and_shallow_ones_read(
    opening: str, closing: str, depth: int, good: bool
) -> None:
    token = raw_payload(GOOD[:-1] + f',"x":{opening * depth}1{closing * depth}}}')
    if len(token) > 16 * 1024:
        pytest.fail("the case must test depth, not size")
    assert accepts(token) if good else refusal(token) == "token-invalid"


def test_J_033_twenty_thousand_levels_are_refused_cleanly() -> None:
    deep = "[" * 20_000 + "]" * 20_000
    assert refusal(raw_payload(GOOD[:-1] + f',"x":{deep}}}')) == "token-invalid"
    assert refusal(raw_header(compact(HEADER)[:-1] + f',"x":{deep}}}')) == "token-invalid"
    assert refusal(raw_header(compact(HEADER)[:-1] + f',"x":{"[" * 9000}')) == "token-invalid"


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "' OR 1=1 --", "http://127.0.0.1:1/", KID.upper(), KID + " ", KID[:-1], "ins_\u212a"],
)
def test_J_034_a_kid_is_only_a_name(kid: str) -> None:
    assert refusal(with_header(kid=kid)) == "jwk-kid-mismatch"


@pytest.mark.parametrize("kid", ["", "a\0b", "x" * 5000, 1, [KID], {"kid": KID}, None, True])
def test_J_034_a_kid_that_is_no_short_text_is_refused(kid: Any) -> None:
    assert refusal(with_header(kid=kid)) == "token-invalid"
    assert refusal(with_header(kid=kid), StaticKeys.from_pem(pem())) == "token-invalid"


def test_J_034_a_kid_has_at_most_256_characters() -> None:
    assert refusal(with_header(kid="x" * 256)) == "jwk-kid-mismatch"
    assert refusal(with_header(kid="x" * 257)) == "token-invalid"


def test_J_034_a_token_without_kid_matches_no_key_of_a_key_set() -> None:
    assert refusal(with_header(kid=...)) == "jwk-kid-mismatch"


def test_J_037_a_token_of_another_instance_is_refused_even_under_the_same_kid() -> None:
    other = rsa_key("instance b")
    ours, theirs = own_keys(), StaticKeys.from_jwks(jwks(jwk(other)))
    token = make_token(key=other)
    for _ in range(2):
        assert accepts(token, theirs)
        assert refusal(token, ours) == "token-invalid-signature"


def test_J_038_the_signature_is_judged_before_the_claims() -> None:
    attacker = rsa_key("attacker")
    bad: list[dict[str, Any]] = [{"exp": 1}, {"sub": 1}, {"azp": "x"}, {"nbf": NOW * 2}, {"exp": "soon"}, {}]
    reasons = {refusal(make_token(key=attacker, **claims), authorized_parties=["y"]) for claims in bad}
    assert reasons == {"token-invalid-signature"}


def test_J_040_strange_names_are_inert_text() -> None:
    names = ["__proto__", "constructor", "__class__", "a\0b", "", "\u2028", "has"]
    claims = verify_token(make_token(**dict.fromkeys(names, "x")), own_keys(), now=NOW)
    assert [claims[name] for name in names] == ["x"] * len(names)


def test_spaces_and_needless_escapes_are_fine_in_a_signed_payload() -> None:
    spaced = json.dumps(CLAIMS | {"html": "<b>", "half": 1e5}, indent=2).replace("<", "\\u003c")
    claims = verify_token(raw_payload(spaced), own_keys(), now=NOW)
    assert claims == CLAIMS | {"html": "<b>", "half": 1e5}


def test_the_clock_is_read_only_when_no_time_is_given() -> None:
    with pytest.raises(TokenError, match="token-expired"):
        verify_token(make_token(), own_keys())


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", 1, None, ["RS256"], ...])
def test_J_004_a_token_of_an_unknown_algorithm_is_not_even_decoded(algorithm: Any) -> None:
    with pytest.raises(TokenError) as caught:
        decode_claims(with_header(alg=algorithm))
    assert caught.value.reason == "token-invalid-algorithm"


def test_J_015_the_header_alone_is_no_token() -> None:
    token = make_token()
    assert parse_header(token).kid == KID
    for text in (token.partition(".")[0], "", "."):
        with pytest.raises(TokenError, match="token-invalid"):
            parse_header(text)


def test_J_017_J_018_base64url_is_read_in_its_one_spelling_only() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    strangers = '+/="\\ \n\0.%~\u00e9\uff21\ud800'
    for head in ("", "A", "AB", "ABC", "ABCD", "-_8", "\\u0041\\u0041\\u0041"):
        for last in ("", *alphabet, *strangers):
            text = head + last
            assert decoded(text) == canonical(text)
    for stranger in strangers:
        assert decoded(f"A{stranger}AA") is None


def decoded(text: str) -> bytes | None:
    try:
        return decode_base64url(text)
    except TokenError:
        return None


def canonical(text: str) -> bytes | None:
    """What the standard library reads, if it writes the very same text for it."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except ValueError:
        return None
    return raw if b64(raw) == text else None


def test_J_018_what_means_something_to_the_decoder_is_foreign() -> None:
    assert [text for text in ("=", "+", "/", '"', "\\", "\u00e9", "AZaz09-_.") if not is_foreign(text)] == ["AZaz09-_."]
    head, payload, signature = make_token().split(".")
    # Four escapes instead of four letters would keep the length that padding is reckoned by.
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in signature[:4]) + signature[4:]
    assert refusal(f"{head}.{payload}.{escaped}") == "token-invalid"


def test_J_020_text_that_is_spaced_is_read_as_strictly_as_any() -> None:
    spaced = f'{{"sub": "user_1", "exp": {NOW + 60}, "list": ["a", "a", {{"a": "a"}}], "a": "a", "b": [], "c": {{}}}}'
    claims = verify_token(raw_payload(spaced), own_keys(), now=NOW)
    assert claims["list"] == ["a", "a", {"a": "a"}]
    for member in ('"a" : 1', '"\\u0061":1', '"d": {"x": 1, "y": [], "x": 1}', '"d": [{"x":{}, "x" :{}}]'):
        assert refusal(raw_payload(f"{spaced[:-1]}, {member}}}")) == "token-invalid"


def test_usual_text_is_read_without_a_scan_up_to_four_levels() -> None:
    four, five = b'{"a":[{"b":[1]}]}', b'{"a":[{"b":[{}]}]}'
    assert strict_json._decode_shallow(four) == {"a": [{"b": [1]}]}
    with pytest.raises(ValueError, match="Expected"):
        strict_json._decode_shallow(five)
    assert parse_json_object(five) == {"a": [{"b": [{}]}]}


def test_decoding_proves_nothing_and_says_what_is_there() -> None:
    forged = make_token(key=rsa_key("attacker"))
    assert decode_claims(forged) == CLAIMS
    with pytest.raises(TokenError, match="token-invalid"):
        decode_claims("not.a.token")


def test_an_error_tells_reason_sentence_and_remedy_but_never_the_token() -> None:
    token = make_token(exp=NOW - 100)
    with pytest.raises(TokenError) as caught:
        verify_token(token, own_keys(), now=NOW)
    assert caught.value.reason == "token-expired"
    assert caught.value.remedy
    assert token.split(".")[1] not in repr(caught.value) + str(caught.value)


def test_a_good_header_is_remembered_and_a_bad_one_is_judged_each_time() -> None:
    bad = with_header(alg="none")
    assert [refusal(bad) for _ in range(3)] == ["token-invalid-algorithm"] * 3
    assert [accepts(make_token()) for _ in range(3)] == [True] * 3


def test_J_033_I8_an_unfinished_string_full_of_escaped_quotes_costs_no_time() -> None:
    # Each escaped quote of a string without an end once was a reason to scan to the end of the text.
    endless = b64(b'"' + b'\\"' * 5_900)
    head, _, tail = make_token().split(".")
    started = time.thread_time()
    assert refusal(f"{endless}.AAAA.AAAA") == "token-invalid"
    with pytest.raises(TokenError):
        decode_claims(f"{head}.{endless}.{tail}")
    assert time.thread_time() - started < 0.05


def test_J_015_two_parts_are_no_token_whatever_signs_them() -> None:
    head, _, signature = make_token().split(".")
    assert refusal(f"{head}.{signature}") == "token-invalid"


def test_J_034_I8_headers_that_strangers_make_up_fill_no_memory() -> None:
    tokens = {len(token.partition(".")[0]): token for size in range(610, 720) if (token := with_header(x="x" * size))}
    jws._parse_header.cache_clear()
    for _ in range(2):
        assert accepts(tokens[1024])
        assert refusal(tokens[1026]) == "token-invalid"
    assert jws._parse_header.cache_info().currsize == 1
