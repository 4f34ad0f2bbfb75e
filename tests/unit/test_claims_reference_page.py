"""docs/reference/claims-language.md holds what the code says. `CLAIMSMITH_WRITE_DOCS=1` writes its tables anew."""

import os
from pathlib import Path

from claimsmith_server.core.claims import DIAGNOSTICS, SHORTCODES
from claimsmith_server.core.claims.documentation import fill_page

PAGE = Path(__file__).parents[2] / "docs/reference/claims-language.md"


def test_the_tables_of_the_page_are_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("CLAIMSMITH_WRITE_DOCS"):
        PAGE.write_text(fill_page(page), encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")

    assert fill_page(page) == page, "run this test with CLAIMSMITH_WRITE_DOCS=1"


def test_every_shortcode_and_every_code_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [one.name for one in SHORTCODES if f"| `{one.name}" not in page] == []
    assert [kind.code for kind in DIAGNOSTICS if f"| `{kind.code}` |" not in page] == []
