"""The picture of a decoded token: header, default claims, custom claims, and the bar of its cookie's bytes."""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from claimsmith.verification.jws import decode_base64url
from claimsmith.verification.strict_json import parse_json_object
from claimsmith.verification.tokens import decode_claims
from claimsmith.wire import (
    COOKIE_SUFFIX_LENGTH,
    CUSTOM_CLAIMS_ADVICE_BYTES,
    DEFAULT_CLAIMS,
    MAX_COOKIE_BYTES,
    SESSION_COOKIE,
)

# Each has a luminance of about 0.19, a contrast above 4.2 on white and on black: nobody knows the terminal.
HEADER_STYLE = "#af660e"
DEFAULT_STYLE = "#737882"
CUSTOM_STYLES = ("#5c68ff", "#8557ff", "#0072f5", "#a63dff", "#246fff", "#775cff")
"""The accent's tints; a claim keeps its tint by its name."""
SIGNATURE_STYLE = "#0c887d"
GOOD_STYLE, TIGHT_STYLE, OVER_STYLE = "#138b3f", "#b86505", "#df3939"
BAR_WIDTH = 44
COOKIE_NAME_BYTES = len(SESSION_COOKIE) + 1 + COOKIE_SUFFIX_LENGTH
"""The longest name that the token is stored under, `__session_<suffix>`."""
_DATES = frozenset({"exp", "iat", "nbf"})


class TokenSize(msgspec.Struct, frozen=True):
    """How many bytes a session token's cookie takes, and what of it is for custom claims."""

    cookie: int
    """Name plus value, with the longest name."""
    custom: int
    """The custom claims as JSON, with their names and commas."""


def measure_token(token: str) -> TokenSize:
    """The bytes of a session token as a browser counts them.

    Raises:
        TokenError: the token cannot be read.
    """
    custom = {name: value for name, value in decode_claims(token).items() if name not in DEFAULT_CLAIMS}
    return TokenSize(COOKIE_NAME_BYTES + len(token), len(msgspec.json.encode(custom)) - 2 if custom else 0)


def draw_token(token: str) -> RenderableType:
    """The picture of a token, for `rich`; nothing about the token is proved by it.

    Header, default claims in grey, custom claims in tints of the accent, the head of the signature, and a bar such as
    `612 of 4,096 B · custom 74 B of about 1.2 KB`.

    Raises:
        TokenError: the token cannot be read.

    Example: `Console().print(draw_token(token))`
    """
    claims = decode_claims(token)
    custom = {name: value for name, value in claims.items() if name not in DEFAULT_CLAIMS}
    default = {name: value for name, value in claims.items() if name in DEFAULT_CLAIMS}
    signature = token.rpartition(".")[2]
    return Group(
        _draw_section("header", parse_json_object(decode_base64url(token.partition(".")[0])), HEADER_STYLE),
        Text(),
        _draw_section("default claims", default, DEFAULT_STYLE),
        Text(),
        _draw_section("custom claims", custom, None) if custom else Text("custom claims  none", "dim"),
        Text(),
        Text.assemble(
            ("signature", f"bold {SIGNATURE_STYLE}"), f"  {signature[:32]}… ", (f"{len(signature)} B", "dim")
        ),
        Text(),
        draw_bar(measure_token(token)),
    )


def draw_bar(size: TokenSize) -> Text:
    """The bar of a cookie's bytes with the numbers behind it; the word at the end says what the colour says."""
    room, style, word = _judge(size)
    filled = min(BAR_WIDTH, max(1, round(BAR_WIDTH * size.cookie / MAX_COOKIE_BYTES)))
    accent = min(filled, max(1, round(filled * size.custom * 4 / 3 / size.cookie))) if size.custom else 0
    advice = f"{CUSTOM_CLAIMS_ADVICE_BYTES / 1024:.1f} KB"
    return Text.assemble(
        ("━" * (filled - accent), DEFAULT_STYLE),
        ("━" * accent, CUSTOM_STYLES[0]),
        ("─" * (BAR_WIDTH - filled), "dim"),
        f"\n{size.cookie:,} of {MAX_COOKIE_BYTES:,} B · custom {size.custom:,} B of about {advice}",
        (f" · {room:,} B {word}", style),
    )


def _judge(size: TokenSize) -> tuple[int, str, str]:
    """The bytes left or over, the colour and the word for them."""
    room = MAX_COOKIE_BYTES - size.cookie
    if room < 0:
        return -room, OVER_STYLE, "over: browsers drop this cookie"
    if size.custom > CUSTOM_CLAIMS_ADVICE_BYTES:
        return room, TIGHT_STYLE, "left: tight"
    return room, GOOD_STYLE, "left"


def _draw_section(title: str, members: Mapping[str, Any], style: str | None) -> Group:
    """A titled list of names and values; without a style each name has its own tint."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in members.items():
        tint = style or CUSTOM_STYLES[zlib.crc32(name.encode()) % len(CUSTOM_STYLES)]
        table.add_row(Text(f"  {_printable(name)}", tint), _draw_value(name, value, tint if style is None else None))
    return Group(Text(title, f"bold {style or CUSTOM_STYLES[0]}"), table)


def _draw_value(name: str, value: object, tint: str | None) -> Text:
    text = Text(_printable(msgspec.json.encode(value).decode()), tint or "")
    if name in _DATES and isinstance(value, int | float) and 0 < value < 1e11:  # noqa: PLR2004 - a year before 5138
        text.append(f"  {datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC", "dim")
    return text


def _printable(text: str) -> str:
    """The text with every control and direction character escaped, so that a claim can't draw over the terminal."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
