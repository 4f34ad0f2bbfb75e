# ruff: noqa: INP001 - a script beside its result
"""Draws docs/images/token.svg, the picture of a decoded token that the README shows.

Run: `python docs/images/make_token.py`.
"""

import base64
import io
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from claimsmith.cli.terminal import draw_token

ISSUED = 1_767_225_600
HEADER = {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_2demo", "oiat": ISSUED, "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "azp": "http://localhost:3000",
    "exp": ISSUED + 60,
    "fva": [0, -1],
    "iat": ISSUED,
    "iss": "https://demo.clerk.accounts.dev",
    "jti": "6f1c2a9d0b7e4c35a812",
    "nbf": ISSUED - 10,
    "sid": "sess_2demoAda",
    "sts": "active",
    "sub": "user_2demoAda",
    "v": 2,
    "fullName": "Ada Lovelace",
    "primaryEmail": "ada@example.com",
}
THEME = TerminalTheme((8, 9, 13), (226, 228, 233), [(8, 9, 13)] * 8, [(226, 228, 233)] * 8)
# Our own frame: rich's default one asks a font host, and a README picture must not ask anyone.
FRAME = """\
<svg width="640" viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>A decoded session token with its default claims, its custom claims and its size</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
<rect x="1" y="1" width="{terminal_width}" height="{terminal_height}" rx="12" fill="#08090d"
stroke="#3d444d" stroke-width="1.5"
style="width: calc(100% - 2px); height: calc(100% - 2px)"/>
<g transform="translate(18, 18)" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def encode(part: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_token() -> str:
    """A token of the usual size; its signature is a pattern, since nobody verifies a picture."""
    signature = bytes((17 * place + 29) % 256 for place in range(256))
    return ".".join(map(encode, (msgspec.json.encode(HEADER), msgspec.json.encode(CLAIMS), signature)))


def draw_svg() -> str:
    """The picture as SVG text, without any outside reference."""
    console = Console(record=True, width=66, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(draw_token(make_token()), "\n")  # the empty line is the margin at the foot
    return console.export_svg(theme=THEME, code_format=FRAME, unique_id="token")


if __name__ == "__main__":
    Path(__file__).with_name("token.svg").write_text(draw_svg(), encoding="utf-8")
