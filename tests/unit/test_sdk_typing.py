"""What type checkers know of the SDK: the files of tests/typing are checked, strictly."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packages import install_packages, run_to_end

ROOT = Path(__file__).resolve().parents[2]


def test_the_public_types_are_what_editors_show() -> None:
    pytest.importorskip("mypy")
    files = sorted((ROOT / "tests/typing").glob("sdk_*.py"))
    assert files
    command = [sys.executable, "-m", "mypy", *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.node
def test_pyright_shows_the_same_types(tmp_path: Path) -> None:
    tools = ROOT / "tests/node_tools"
    install_packages(tools)
    options = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": False,  # mypy's comments
        "reportUnusedExpression": False,
        "include": ["."],
        "extraPaths": [str(ROOT / "packages/sdk/src")],
    }
    files = sorted((ROOT / "tests/typing").glob("sdk_*.py"))
    for file in files:
        shutil.copy(file, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(options))
    program = ["node", str(tools / "node_modules/pyright/index.js"), "--pythonpath", sys.executable]
    told = run_to_end([*program, "--stats"], tmp_path)
    assert re.search(r"^0 errors, 0 warnings", told, re.MULTILINE), told[-2000:]
    assert f"Found {len(files)} source file" in told
