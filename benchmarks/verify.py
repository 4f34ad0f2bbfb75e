"""How many session tokens a core verifies per second: this SDK beside raw RSA, PyJWT and clerk-backend-api.

All contestants verify the same tokens in interleaved rounds; each figure is the median over the rounds of the ratio in
that round, so that a machine whose speed drifts moves both sides alike. Exit code 1 when a target is missed.

    python benchmarks/verify.py [--rounds 25] [--json]
"""

import argparse
import base64
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claimsmith.verification.jws import decode_base64url
from claimsmith.verification.keys import StaticKeys, make_key
from claimsmith.verification.tokens import TokenCache, verify_token

TOKENS = 200
PASSES = 5
"""How often the tokens are verified in one turn: whoever runs after a big program finds its caches cold."""
CACHED_PER_SECOND = 300_000
ISSUED = int(time.time())


class Contestant(NamedTuple):
    """A way to verify the tokens, and how many times as fast as it the SDK has to be."""

    name: str
    verify: Callable[[str], Any]
    target: float | None = None


def encode(part: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_tokens(key: rsa.RSAPrivateKey, *, organization: bool) -> list[str]:
    """Session tokens of different users that carry the two claims of the seed's template, valid for a day."""
    return [sign(key, make_header(index), make_claims(index, organization=organization)) for index in range(TOKENS)]


def make_header(index: int) -> dict[str, Any]:
    """A header as the service writes it; `oiat` differs from session to session."""
    header = {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_2abcdefghijklmnopqrstuvwxyz"}
    return {**header, "oiat": ISSUED - index, "typ": "JWT"}


def make_claims(index: int, *, organization: bool) -> dict[str, Any]:
    """Default claims of version 2 and the seed's custom claims."""
    claims: dict[str, Any] = {
        "azp": "http://localhost:3000",
        "exp": ISSUED + 86_400,
        "fva": [3, -1],
        "iat": ISSUED,
        "iss": "https://demo.clerk.accounts.dev",
        "jti": f"{index:020x}",
        "nbf": ISSUED - 10,
        "sid": f"sess_2abcdefghijklmnopqrst{index:05}",
        "sts": "active",
        "sub": f"user_2abcdefghijklmnopqrst{index:05}",
        "v": 2,
        "fullName": "Ada Lovelace",
        "primaryEmail": "ada@example.com",
    }
    if organization:
        claims |= {"o": {"id": "org_2abc", "slg": "acme", "rol": "admin", "per": "read,manage", "fpm": "3,1"}}
        claims |= {"fea": "o:posts,o:billing"}
    return claims


def sign(key: rsa.RSAPrivateKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A compact token."""
    signed = f"{encode(msgspec.json.encode(header))}.{encode(msgspec.json.encode(claims))}"
    return f"{signed}.{encode(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def raw_verifier(key: rsa.RSAPublicKey, tokens: Sequence[str]) -> Callable[[str], None]:
    """Nothing but `cryptography`'s RSA verification, with everything else done beforehand."""
    scheme, digest = padding.PKCS1v15(), SHA256()
    parts = {}
    for token in tokens:
        signed, _, signature = token.rpartition(".")
        parts[token] = decode_base64url(signature), signed.encode()

    def verify(token: str) -> None:
        signature, signed = parts[token]
        key.verify(signature, signed, scheme, digest)

    return verify


def make_contestants(key: rsa.RSAPublicKey, tokens: Sequence[str]) -> list[Contestant]:
    """The SDK first, then those it is compared with."""
    import jwt
    from clerk_backend_api.security import VerifyTokenOptions
    from clerk_backend_api.security import verify_token as clerk_verify

    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    keys = StaticKeys.from_pem(pem)
    options = VerifyTokenOptions(jwt_key=pem)
    return [
        Contestant("claimsmith verify_token", lambda token: verify_token(token, keys)),
        Contestant("raw RSA-2048 verify", raw_verifier(key, tokens), 0.85),
        Contestant("PyJWT, PEM text", lambda token: jwt.decode(token, pem, algorithms=["RS256"]), 3.0),
        Contestant("PyJWT, key object", lambda token: jwt.decode(token, key, algorithms=["RS256"]), 3.0),
        Contestant("clerk-backend-api, jwt_key", lambda token: clerk_verify(token, options), 4.0),
    ]


def measure(contestants: Sequence[Contestant], tokens: Sequence[str], rounds: int) -> list[list[float]]:
    """CPU seconds per verification, for each contestant in each round; the order turns from round to round."""
    times: list[list[float]] = [[] for _ in contestants]
    # As in `timeit`: a collection of everyone's garbage would be billed to whoever is running.
    gc.disable()
    for turn in range(rounds):
        gc.collect()
        for place in range(len(contestants)):
            index = (turn + place) % len(contestants)
            verify = contestants[index].verify
            # This thread's CPU time: other programs on the machine take turns, but not from this clock.
            started = time.thread_time()
            for _ in range(PASSES):
                for token in tokens:
                    verify(token)
            times[index].append((time.thread_time() - started) / len(tokens) / PASSES)
    gc.enable()
    return times


def report(title: str, contestants: Sequence[Contestant], times: list[list[float]]) -> list[dict[str, Any]]:
    """The rows of the table, printed and given back."""
    print(f"\n{title}\n  {'':<28}{'us':>8}{'per second':>12}{'SDK is':>10}{'target':>10}")
    rows = []
    for contestant, seconds in zip(contestants, times, strict=True):
        ratio = statistics.median(theirs / ours for theirs, ours in zip(seconds, times[0], strict=True))
        median = statistics.median(seconds)
        missed = contestant.target is not None and ratio < contestant.target
        target = "" if contestant.target is None else f">= {contestant.target:.2f}"
        figures = f"{median * 1e6:8.1f}{1 / median:12,.0f}{ratio:9.2f}x{target:>10}"
        print(f"  {contestant.name:<28}{figures}{' MISSED' * missed}")
        rows.append({"name": contestant.name, "us": median * 1e6, "ratio": ratio, "target": contestant.target})
    return rows


def measure_cached(key: rsa.RSAPublicKey, tokens: Sequence[str], rounds: int) -> float:
    """CPU seconds to verify a token that was seen before, each time as a new text, as a request brings it."""
    keys, cache = StaticKeys([make_key(key, None)]), TokenCache(len(tokens))
    seconds = []
    for _ in range(rounds):
        arrived = [token.encode().decode() for token in tokens]
        started = time.thread_time()
        for token in arrived:
            verify_token(token, keys, cache=cache)
        seconds.append((time.thread_time() - started) / len(tokens))
    return statistics.median(seconds[1:])


def report_cached(seconds: float) -> dict[str, Any]:
    """The row of remembered tokens, printed and given back."""
    ratio = 1 / seconds / CACHED_PER_SECOND
    figures = f"{seconds * 1e6:8.1f}{1 / seconds:12,.0f}{'':>10}{'>= 300k/s':>10}"
    print(f"  {'claimsmith, TokenCache':<28}{figures}{' MISSED' * (ratio < 1)}")
    return {"name": "claimsmith, TokenCache", "us": seconds * 1e6, "ratio": ratio, "target": 1.0}


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", action="store_true", help="also print the figures as one line of JSON")
    arguments = parser.parse_args()
    key = rsa.generate_private_key(65537, 2048)
    rows = []
    for title, organization in (("Session token with the seed's two claims", False), ("... and an organization", True)):
        tokens = make_tokens(key, organization=organization)
        contestants = make_contestants(key.public_key(), tokens)
        measure(contestants, tokens, 1)
        rows += report(title, contestants, measure(contestants, tokens, arguments.rounds))
        rows.append(report_cached(measure_cached(key.public_key(), tokens, arguments.rounds)))
    if arguments.json:
        print(msgspec.json.encode(rows).decode())
    return int(any(row["target"] is not None and row["ratio"] < row["target"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
