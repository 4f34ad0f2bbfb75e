"""Where a sign-in leads to: a page of the dashboard, and nowhere else."""

import re
from typing import Final
from urllib.parse import unquote

HOME: Final = "/dashboard"
_MAX_CHARACTERS: Final = 2048
_PAGE = re.compile(r"/dashboard(?:/[!$&'()*+,;=:@%\w.~-]+)*/?(?:\?[!$&'()*+,;=:@%\w.~/?\[\]-]*)?", re.ASCII)
_NO_TARGETS: Final = ("/dashboard/sign-in", "/dashboard/sign-out", "/dashboard/set-up", "/dashboard/api")


def parse_target(text: str) -> str:
    """The path and query, when they are those of a page of the dashboard; else its first page.

    What a browser could read as another place, such as `//host`, a backslash or `..`, also spelled with `%`, is none.
    """
    path = text.partition("?")[0]
    if len(text) > _MAX_CHARACTERS or not _PAGE.fullmatch(text):
        return HOME
    plain = unquote(path)
    if any(part in {"", ".", ".."} for part in plain[1:].removesuffix("/").split("/")) or "\\" in plain:
        return HOME
    is_none = any(plain == none or plain.startswith(f"{none}/") for none in _NO_TARGETS)
    return HOME if is_none else text
