"""The map of the tree tells the truth."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_place_on_the_map_exists() -> None:
    places = re.findall(
        r"`((?:packages|tests|benchmarks|docs|examples)[\w./-]*)`", (REPOSITORY / "docs/map.md").read_text()
    )

    assert len(places) > 30
    assert [place for place in places if not (REPOSITORY / place).exists()] == []


def test_the_layers_on_the_map_are_those_that_are_enforced() -> None:
    text = " ".join((REPOSITORY / "docs/map.md").read_text().split())
    told = re.search(r"Imports go one way: `([^`]+)`", text)
    enforced = re.search(
        r'containers = \["claimsmith_server"\]\nlayers = \[\n(.*?)\]',
        (REPOSITORY / "pyproject.toml").read_text(),
        re.DOTALL,
    )

    assert told is not None
    assert enforced is not None
    assert told[1].split(" → ") == re.findall(r'"([^"]+)"', enforced[1])
