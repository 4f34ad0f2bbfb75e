"""Files of declarations: how one differs from what is current, the picture of that, and how it is written."""

import contextlib
import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_MARKS = {"+": "#138b3f", "-": "#df3939", "@": "#5c68ff"}
"""Colours of lines by how they begin; readable on white and on black (see `claimsmith.cli.terminal`)."""


def compare_declarations(file: Path, current: str, origin: str = "live session claims") -> str:
    r"""A unified diff from the file to what is current; empty when they agree. A missing file is an empty one.

    Line ends count as equal, so that a checkout with CR LF is current.

    Example:
        ```python
        from pathlib import Path

        from claimsmith.cli.declarations import compare_declarations

        assert "+export {}" in compare_declarations(Path("missing.d.ts"), "export {}\n")
        ```
    """
    written = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    lines = difflib.unified_diff(
        written.splitlines(keepends=True), current.splitlines(keepends=True), str(file), origin
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def draw_drift(drift: str) -> "Text":
    r"""A unified diff for `rich`: what goes in red, what comes in green; the marks say the same without colour.

    Example:
        ```python
        from claimsmith.cli.declarations import draw_drift

        assert draw_drift("+plan?: string\n").plain == "+plan?: string\n"
        ```
    """
    from rich.text import Text  # noqa: PLC0415 - 40 ms that only this picture pays for

    picture = Text()
    for line in drift.splitlines(keepends=True):
        is_name = line.startswith(("+++", "---"))
        shown = "".join(one if one in "\n\t" or one.isprintable() else f"\\u{ord(one):04x}" for one in line)
        picture.append(shown, "bold" if is_name else _MARKS.get(line[:1], "dim"))
    return picture


def write_declarations(file: Path, text: str) -> None:
    r"""Nothing; the file holds the text, or what it held before: whoever reads it never sees half of it.

    Folders on the way are made, a link is followed, the file's mode is kept.

    Raises:
        OSError: it can't be written.

    Example:
        ```python
        from pathlib import Path

        from claimsmith.cli.declarations import write_declarations

        write_declarations(Path("types/globals.d.ts"), "export {}\n")
        ```
    """
    target = Path(os.path.realpath(file))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
        with contextlib.suppress(FileNotFoundError):
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
