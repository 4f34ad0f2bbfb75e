"""Every case of tokens has a test that bears its id, so that none is forgotten and each is found."""

import re
from pathlib import Path

import pytest


def list_cases(text: str, group: str) -> list[str]:
    """The ids of a group's table, e.g. `J-001`."""
    return re.findall(rf"^\| ({group}-\d{{3}}) \|", text, re.MULTILINE)


def test_every_case_of_tokens_has_a_test_named_by_its_id(repository: Path) -> None:
    table = repository.parent / "shared/security/CASES.md"
    if not table.exists():
        pytest.skip("the table of security cases lies beside the repository in CI only")
    cases = list_cases(table.read_text(), "J")
    assert (cases[0], cases[-1], len(cases)) == ("J-001", "J-042", 42)
    sources = [file.read_text() for file in (repository / "tests").rglob("test_*.py")]
    named = {case for text in sources for name in re.findall(r"def (test_\w+)", text) for case in find_ids(name)}
    assert [case for case in cases if case not in named] == []


def find_ids(name: str) -> list[str]:
    """The cases in a test's name: `test_J_005_J_006_…` is one of J-005 and of J-006."""
    return [f"{letter}-{number}" for letter, number in re.findall(r"_([A-Z])_(\d{3})(?=_)", name)]


def test_ids_are_read_off_names() -> None:
    assert find_ids("test_J_005_J_006_a_key") == ["J-005", "J-006"]
    assert find_ids("test_a_key_of_2048") == []
