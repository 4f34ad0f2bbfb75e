"""Numbers as JSON writes them (RFC 8259, section 6)."""

import math
import re

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
"""A JSON number; the group holds fraction and exponent, and is empty for an integer."""

_LEAST_INTEGER, _GREATEST_INTEGER = -(2**63), 2**64 - 1
_MAX_INTEGER_LENGTH = 20  # digits and sign of the two bounds


def parse_number(found: re.Match[str]) -> int | float | None:
    """The value of a match of `NUMBER`; `None` when it fits neither 64 bits nor a finite float."""
    if found[1]:
        number = float(found[0])
        return number if math.isfinite(number) else None
    # Python refuses to read thousands of digits, and takes long for hundreds: look at the length first.
    value = int(found[0]) if len(found[0]) <= _MAX_INTEGER_LENGTH else _GREATEST_INTEGER + 1
    return value if _LEAST_INTEGER <= value <= _GREATEST_INTEGER else None
