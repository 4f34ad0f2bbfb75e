"""Where something stands in a text, in the three ways that are spoken of: offset, line and column, UTF-16 unit."""

import bisect
import re

_LINE_END = re.compile(r"\r\n?|\n")
_LAST_OF_ONE_UNIT = "\uffff"


class Positions:
    """The lines of one text, and its characters that are two units in UTF-16."""

    def __init__(self, text: str) -> None:
        """Looks at each character once."""
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._wide = [] if text.isascii() else [at for at, one in enumerate(text) if one > _LAST_OF_ONE_UNIT]

    def locate(self, offset: int) -> tuple[int, int]:
        """Line and column, each from 1 and in characters, of an offset; CR, LF and CRLF each end a line."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column that `locate` gave."""
        return self._starts[line - 1] + column - 1

    def utf16(self, offset: int) -> int:
        """The offset in UTF-16 units, as JavaScript counts: each character beyond U+FFFF before it counts twice."""
        return offset + bisect.bisect_left(self._wide, offset)
