"""J-042: the same attack tokens in Clerk's JavaScript `verifyToken` and in our SDK, each difference with its reason.

Ours refuses a superset: no token is accepted here that the JavaScript SDK refuses.
"""

import hmac
import time
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from node_sdk import NodeError, NodeSdk
from sdk_signing import CLAIMS, HEADER, b64, compact, jwk, make_token, pem, rsa_key, sign_text

from claimsmith import StaticKeys, TokenError, verify_token

PARTY = "http://localhost:3000"

DIFFERENCES = {
    "jwk in the header": "a header that brings a key is never honest (J-009)",
    "jku in the header": "a header that brings an address is never honest (J-010)",
    "x5u in the header": "a header that brings an address is never honest (J-010)",
    "x5c in the header": "a header that brings a key is never honest (J-009)",
    "crit of an unknown name": "what is critical must be understood (RFC 7515 4.1.11)",
    "crit that is empty": "RFC 7515 4.1.11 forbids it",
    "crit of b64": "the payload would be another (RFC 7797)",
    "b64 false, encoded payload": "the payload would be another (RFC 7797)",
    "cat of a template": "template tokens are no session tokens; Clerk checks it in authenticateRequest only (J-028)",
    "cat unknown": "only the session category is for sessions (J-028)",
    "zip": "nothing here is compressed (J-013)",
    "enc": "nothing here is encrypted (J-013)",
    "padded signature": "one token has one spelling (RFC 7515 2)",
    "duplicate alg": "duplicates are how two readers disagree (RFC 8725bis 3.1)",
    "duplicate sub": "duplicates are how two readers disagree (RFC 8725bis 3.1)",
    "duplicate exp, escaped": "duplicates are how two readers disagree (RFC 8725bis 3.1)",
    "exp in milliseconds": "a token for 50,000 years is a mistake (J-021)",
    "exp of 10^30": "a token without an end is a mistake (J-021)",
    "nbf of zero": "not a date that anyone issues (J-021)",
    "sub that is empty": "a session without a user (J-027)",
    "byte order mark before the payload": "JSON has none (RFC 8259 8.1)",
    "invalid UTF-8 in a claim": "JSON is UTF-8 (RFC 8259 8.1)",
    "lone surrogate in a claim": "not a text that UTF-8 can hold",
    "nested 200 deep": "bounded depth (J-033)",
    "over 16 KiB": "bounded work (J-016)",
}


def seconds() -> int:
    return int(time.time())


def claims(**more: Any) -> dict[str, Any]:
    now = seconds()
    merged = {**CLAIMS, "azp": PARTY, "iat": now, "nbf": now - 10, "exp": now + 60, **more}
    return {name: value for name, value in merged.items() if value is not ...}


def token(header: dict[str, Any] | None = None, key: Any = None, **more: Any) -> str:
    """A genuine token but for what is given; `...` leaves a member out."""
    return make_token(header=header, key=key, **{**claims(), **more})


def raw(header: str | bytes | None = None, payload: str | bytes | None = None, digest: Any = None) -> str:
    return sign_text(compact(HEADER) if header is None else header, payload or compact(claims()), digest=digest)


def with_claim(member: str) -> str:
    """The payload with one more member, as it is written."""
    return raw(payload=f"{compact(claims())[:-1]},{member}}}")


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    return f"{b64(compact(header).encode())}.{b64(compact(claims()).encode())}.{b64(signature)}"


def by_hmac(name: str, secret: bytes) -> str:
    signed = unsigned({**HEADER, "alg": name}).rpartition(".")[0]
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), 'sha256').digest())}"


def by_pss(name: str) -> str:
    signed = unsigned({**HEADER, "alg": name}).rpartition(".")[0]
    scheme = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    return f"{signed}.{b64(rsa_key().sign(signed.encode(), scheme, SHA256()))}"


def last_character_respelled() -> str:
    whole = token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    index = alphabet.index(whole[-1])
    return whole[:-1] + alphabet[index ^ 1]


def flipped() -> str:
    signed, _, signature = token().rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def over_the_limit() -> str:
    return token(pad="x" * 13_000)


def attacks() -> dict[str, str]:
    """Attack tokens by name, each one to be refused."""
    attacker = rsa_key("attacker")
    head, payload, signature = token().split(".")
    alg = {name: {**HEADER, "alg": name} for name in ("none", "None", "", "rs256", "RS256 ", "HS256", "RS384", "RS512")}
    return {
        "none without a signature": unsigned(alg["none"]),
        "None with a signature": unsigned(alg["None"], b"\0" * 256),
        "alg empty": raw(compact(alg[""])),
        "alg rs256": raw(compact(alg["rs256"])),
        "alg with a space": raw(compact(alg["RS256 "])),
        "alg missing": token({"alg": ...}),
        "alg null": token({"alg": None}),
        "alg a list": token({"alg": ["RS256"]}),
        "HS256 by the PEM": by_hmac("HS256", pem().encode()),
        "HS256 by nothing": by_hmac("HS256", b""),
        "RS256 by HMAC of the PEM": by_hmac("RS256", pem().encode()),
        "RS384 by the right key": raw(compact(alg["RS384"]), digest=SHA384()),
        "RS512 by the right key": raw(compact(alg["RS512"]), digest=SHA512()),
        "RS256 over SHA-512": raw(digest=SHA512()),
        "PS256": by_pss("PS256"),
        "RS256 with PSS": by_pss("RS256"),
        "another's key": token(key=attacker),
        "another's key in jwk": token({"jwk": jwk(attacker)}, attacker),
        "jwk in the header": token({"jwk": jwk()}),
        "jku in the header": token({"jku": "http://127.0.0.1:9/"}),
        "x5u in the header": token({"x5u": "http://127.0.0.1:9/"}),
        "x5c in the header": token({"x5c": ["MIIB"]}),
        "crit of an unknown name": token({"crit": ["x"], "x": 1}),
        "crit that is empty": token({"crit": []}),
        "crit of b64": token({"crit": ["b64"], "b64": False}),
        "b64 false, encoded payload": token({"b64": False}),
        "zip": token({"zip": "DEF"}),
        "enc": token({"enc": "A256GCM"}),
        "no parts": "",
        "one part": head,
        "two parts": f"{head}.{payload}",
        "four parts": f"{head}.{payload}.{signature}.{signature}",
        "empty parts": "..",
        "no signature": f"{head}.{payload}.",
        "no payload": f"{head}..{signature}",
        "padded signature": f"{head}.{payload}.{signature}==",
        "last character of another spelling": last_character_respelled(),
        "standard alphabet": f"{head}.{payload}.{'+/' + signature[2:]}",
        "cut signature": f"{head}.{payload}.{signature[:-4]}",
        "changed signature": flipped(),
        "changed payload": f"{head}.{b64(compact(claims(sub='user_2')).encode())}.{signature}",
        "duplicate alg": raw(compact(HEADER)[:-1] + ',"alg":"RS256"}'),
        "duplicate sub": with_claim('"sub":"user_2"'),
        "duplicate exp, escaped": with_claim(f'"e\\u0078p":{seconds() + 90}'),
        "expired": token(exp=seconds() - 60),
        "exp missing": token(exp=...),
        "exp a text": token(exp=str(seconds() + 60)),
        "exp null": token(exp=None),
        "exp true": token(exp=True),
        "exp a list": token(exp=[seconds() + 60]),
        "exp NaN": raw(payload=compact(claims(exp=...))[:-1] + ',"exp":NaN}'),
        "exp of zero": token(exp=0),
        "exp in milliseconds": token(exp=(seconds() + 60) * 1000),
        "exp of 10^30": token(exp=10**30),
        "nbf in an hour": token(nbf=seconds() + 3600),
        "nbf a text": token(nbf="soon"),
        "nbf of zero": token(nbf=0),
        "iat in an hour": token(iat=seconds() + 3600),
        "iat a text": token(iat="now"),
        "sub missing": token(sub=...),
        "sub a number": token(sub=1),
        "sub that is empty": token(sub=""),
        "azp of another origin": token(azp="https://evil.example"),
        "azp a longer port": token(azp=PARTY + "0"),
        "no azp, parties asked": token(azp=...),
        "azp empty, parties asked": token(azp=""),
        "cat of a template": token({"cat": "cl_B7d4PD222AAA"}),
        "cat of a machine": token({"cat": "cl_B7d4PD333AAA"}),
        "cat unknown": token({"cat": "cl_other"}),
        "typ at+jwt": token({"typ": "at+jwt"}),
        "payload an array": raw(payload="[]"),
        "payload null": raw(payload="null"),
        "payload of two objects": raw(payload="{}{}"),
        "payload with a comment": raw(payload=compact(claims()) + "//"),
        "byte order mark before the payload": raw(payload=b"\xef\xbb\xbf" + compact(claims()).encode()),
        "payload in UTF-16": raw(payload=compact(claims()).encode("utf-16")),
        "invalid UTF-8 in a claim": raw(payload=compact(claims(x="?")).encode().replace(b'"?"', b'"\xff"')),
        "lone surrogate in a claim": with_claim('"x":"\\ud800"'),
        "nested 200 deep": with_claim(f'"x":{"[" * 200}{"]" * 200}'),
        "over 16 KiB": over_the_limit(),
    }


def is_refused_by_ours(attack: str) -> bool:
    try:
        verify_token(attack, StaticKeys.from_pem(pem()), authorized_parties=[PARTY])
    except TokenError:
        return True
    return False


def is_refused_by_clerk(node: NodeSdk, attack: str) -> bool:
    try:
        node("verifyToken", attack, {"jwtKey": pem(), "authorizedParties": [PARTY]})
    except NodeError:
        return True
    except msgspec.DecodeError:
        return False  # It gave back claims with a lone surrogate, which no reader of ours takes.
    return False


@pytest.mark.node
def test_J_042_ours_refuses_every_attack_and_differs_only_where_the_table_says_why(node: NodeSdk) -> None:
    assert not is_refused_by_ours(token())
    assert not is_refused_by_clerk(node, token())
    tokens = attacks()
    assert len(tokens) >= 40
    assert [name for name, attack in tokens.items() if not is_refused_by_ours(attack)] == []
    only_ours = {name for name, attack in tokens.items() if not is_refused_by_clerk(node, attack)}
    assert only_ours == set(DIFFERENCES)
    assert all(DIFFERENCES.values())
