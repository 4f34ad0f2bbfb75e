"""The example's files are the guide's, word for word; comments of ours are the only addition."""

import re
from pathlib import Path

import pytest

SEED = "seeds/000_1947f1ccb331ca55.txt"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "nextjs"


@pytest.fixture(scope="module")
def guide(shared: Path) -> str:
    return (shared / SEED).read_text()


def read_without_comments(name: str) -> str:
    lines = (EXAMPLE / name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("//"))


def test_the_pages_router_handler_is_the_guides(guide: str) -> None:
    assert read_without_comments("pages/api/example.ts") in guide


def test_the_types_are_the_guides(guide: str) -> None:
    assert read_without_comments("types/globals.d.ts") in guide


def test_the_route_handler_is_the_guides_page_under_another_name(guide: str) -> None:
    handler = read_without_comments("app/api/claims/route.ts")
    as_page, renamed = re.subn(r"export async function GET\(\)", "export default async function Page()", handler)
    assert renamed == 1
    assert as_page in guide
