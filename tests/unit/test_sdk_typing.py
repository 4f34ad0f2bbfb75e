"""What type checkers know of the SDK: the files of tests/typing are checked, strictly."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_public_types_are_what_editors_show() -> None:
    pytest.importorskip("mypy")
    files = sorted((ROOT / "tests/typing").glob("sdk_*.py"))
    assert files
    command = [sys.executable, "-m", "mypy", *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert checked.returncode == 0, checked.stdout
