"""Compact JWS, read strictly (RFC 7515 section 7.1): three canonical base64url parts, a header without surprises.

No signature code runs here, and no key is ever taken from a header.
"""

import functools
from typing import Any, Literal

import msgspec

from claimsmith.errors import TokenError
from claimsmith.verification.strict_json import parse_json_object
from claimsmith.wire import CATEGORY_IGNORE, CATEGORY_JWT_TEMPLATE, CATEGORY_SESSION, MAX_TOKEN_BYTES

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""What a token may be signed with; each key is for exactly one of them."""

TokenKind = Literal["session", "jwt_template"]

MAX_KID_LENGTH = 256
MAX_HEADERS = 4096
"""Headers whose verdict is remembered; `oiat` makes a header for each sign-in."""
MAX_HEADER_LENGTH = 1024
"""Characters; the service's own headers have 150. Strangers could fill the memory with longer ones, unsigned."""
_KINDS: dict[str | None, TokenKind] = {
    None: "session",
    CATEGORY_SESSION: "session",
    CATEGORY_IGNORE: "session",
    CATEGORY_JWT_TEMPLATE: "jwt_template",
}
_FORBIDDEN_PARAMETERS = frozenset({"b64", "crit", "enc", "epk", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip"})
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# The padding by the number of characters in the last group and by the last character. The unused low bits of that must
# be zero (RFC 4648 section 3.5), or one token would have several spellings; a group of one character does not exist.
_ENDS: tuple[dict[str, str], ...] = (
    dict.fromkeys(["", *_ALPHABET], ""),
    {},
    dict.fromkeys(_ALPHABET[::16], "=="),
    dict.fromkeys(_ALPHABET[::4], "="),
)
_decode_two_texts = msgspec.json.Decoder(tuple[bytes, bytes]).decode


class Header(msgspec.Struct, frozen=True, gc=False):
    """The header parameters that decide: `kid`, `typ` and `cat` are `None` when absent."""

    algorithm: str
    kid: str | None
    typ: str | None
    category: str | None
    kind: TokenKind | None
    """What such a header is for; `None` for anything that is neither."""


def parse_header(token: str) -> Header:
    """The header of a token, whatever its other parts are; mostly remembered, and then a look-up.

    Raises:
        TokenError: `token-invalid` for what is no token, `token-invalid-algorithm` for an unknown `alg`.
    """
    if not isinstance(token, str) or len(token) > MAX_TOKEN_BYTES:
        raise TokenError("token-invalid")
    segment, dot, _ = token.partition(".")
    if not dot:
        raise TokenError("token-invalid")
    return _parse_header(segment)


def is_foreign(text: str) -> bool:
    """Whether the text has characters that mean something to the decoder, or are none of ASCII; no part may."""
    return not text.isascii() or "=" in text or "+" in text or "/" in text or '"' in text or "\\" in text


def decode_base64url(text: str) -> bytes:
    """The bytes that unpadded, canonical base64url stands for (RFC 7515 section 2); empty text is empty bytes.

    Raises:
        TokenError: `token-invalid`.
    """
    if is_foreign(text):
        raise TokenError("token-invalid")
    return decode_pair(text, "")[0]


def decode_pair(one: str, other: str) -> tuple[bytes, bytes]:
    """The bytes of two base64url texts, as the two strings of a JSON list: three times the standard library's speed.

    Neither `is_foreign`; of all other characters the decoder takes only the alphabet's.
    """
    try:
        end, other_end = _ENDS[len(one) & 3][one[-1:]], _ENDS[len(other) & 3][other[-1:]]
        return _decode_two_texts(f'["{one}{end}","{other}{other_end}"]'.replace("-", "+").replace("_", "/"))
    except (KeyError, ValueError):
        raise TokenError("token-invalid") from None


@functools.lru_cache(maxsize=MAX_HEADERS)
def _parse_header(segment: str) -> Header:
    """The header that the first part of a token stands for; the last good ones are remembered.

    Raises:
        TokenError: `token-invalid` for a header that is too long or not strict JSON, has a parameter that would change
            the rules (`crit`, `b64`, `zip`, `enc`, `jwk`, `jku`, `x5u`, `x5c`, ...) or a `kid` that is no short text;
            `token-invalid-algorithm` for an `alg` other than RS256, ES256 and EdDSA, exactly spelled.
    """
    if len(segment) > MAX_HEADER_LENGTH:
        raise TokenError("token-invalid")
    try:
        parameters = parse_json_object(decode_base64url(segment))
    except ValueError:
        raise TokenError("token-invalid") from None
    if not _FORBIDDEN_PARAMETERS.isdisjoint(parameters):
        raise TokenError("token-invalid", "The token's header asks for something that session tokens never need.")
    algorithm: Any = parameters.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenError("token-invalid-algorithm")
    kid = _parse_text(parameters, "kid")
    if kid is not None and not (0 < len(kid) <= MAX_KID_LENGTH and kid.isprintable()):
        raise TokenError("token-invalid")
    typ, category = _parse_text(parameters, "typ"), _parse_text(parameters, "cat")
    return Header(algorithm, kid, typ, category, _KINDS.get(category) if typ in {None, "JWT"} else None)


def _parse_text(parameters: dict[str, Any], name: str) -> str | None:
    """The text of a parameter, `None` when it is absent; `null` is not absence."""
    if name not in parameters:
        return None
    value = parameters[name]
    if not isinstance(value, str):
        raise TokenError("token-invalid")
    return value
