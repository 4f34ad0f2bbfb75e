"""The tables of docs/reference/claims-language.md, made from the code; a test keeps the page current."""

import re
from typing import assert_never

from claimsmith_server.core.claims.diagnostics import DIAGNOSTICS
from claimsmith_server.core.claims.review import reserved_claims
from claimsmith_server.core.claims.shortcodes import SHORTCODES, Shortcode
from claimsmith_server.core.claims.types import (
    ArrayType,
    BooleanType,
    ClaimType,
    IntegerType,
    JsonType,
    LiteralType,
    NullType,
    NumberType,
    ObjectType,
    StringType,
    TupleType,
    UnionType,
)

_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LONGEST_EXAMPLE = 60


def fill_page(page: str) -> str:
    """The page with every section between `<!-- generated: NAME -->` and `<!-- end -->` written anew."""
    sections = {
        "shortcodes": tabulate_shortcodes(),
        "diagnostics": tabulate_diagnostics(),
        "reserved": list_reserved_claims(),
    }
    return _SECTION.sub(lambda found: found[1] + sections[found[2]] + found[3], page)


def tabulate_shortcodes() -> str:
    """A Markdown table of all shortcodes."""
    rows = [f"| `{_name(one)}` | {describe_type(one.type)} | {one.doc} |" for one in SHORTCODES]
    return "\n".join(["| shortcode | type | value |", "|---|---|---|", *rows, ""])


def tabulate_diagnostics() -> str:
    """A Markdown table of all codes."""
    rows = [
        f"| `{kind.code}` | {kind.severity} | {_escape(kind.meaning)} | {_escape(_example(kind.example))} |"
        for kind in DIAGNOSTICS
    ]
    return "\n".join(["| code | severity | meaning | example |", "|---|---|---|---|", *rows, ""])


def list_reserved_claims() -> str:
    """A Markdown list of the reserved names."""
    session = reserved_claims("session")
    version_1 = reserved_claims("session", 1) - session
    lists = [
        ("session tokens", session),
        ("session tokens of version 1, besides", version_1),
        ("JWT templates", reserved_claims("jwt_template")),
    ]
    return "".join(f"- {where}: {' '.join(f'`{name}`' for name in sorted(names))}\n" for where, names in lists)


def describe_type(one: ClaimType) -> str:
    """A type in a reader's words, e.g. `string or null`."""
    match one:
        case NullType() | BooleanType() | IntegerType() | NumberType() | StringType():
            return type(one).__name__.removesuffix("Type").lower()
        case JsonType():
            return "any"
        case LiteralType(value=value):
            return f"`{value}`"
        case ArrayType(items=items):
            return f"array of {describe_type(items)}"
        case TupleType():
            return "array"
        case ObjectType(additional=additional):
            return "object" if additional is None else f"object of {describe_type(additional)}"
        case UnionType(options=options):
            return " or ".join(map(describe_type, options))
        case _:  # pragma: no cover - the type checker proves that nothing is left
            assert_never(one)


def _name(one: Shortcode) -> str:
    return f"{one.name}[.path]" if one.is_path else one.name


def _example(text: str) -> str:
    return f"`{text}`" if len(text) <= _LONGEST_EXAMPLE else ""


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|")
