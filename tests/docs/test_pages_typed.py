"""The first code that somebody copies is right for type checkers, too: the SDK's README and its how-tos."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
HOW_TO = ("fastapi", "starlette", "litestar", "django", "flask", "session-claims", "backend-client")
GIVEN = 'pem = token = ""\n'
"""What the README's code takes for known."""


def write_programs(repository: Path, folder: Path) -> list[Path]:
    """The code of each page as a file; of the README, and of the page on tests, the programs that stand alone."""
    pages = {name: (repository / f"docs/how-to/{name}.md").read_text() for name in (*HOW_TO, "testing")}
    programs = {name.replace("-", "_"): "\n".join(BLOCK.findall(pages[name])) for name in HOW_TO}
    programs["application"] = next(block for block in BLOCK.findall(pages["testing"]) if "# application.py" in block)
    readme = (repository / "packages/sdk/README.md").read_text()
    programs |= {f"readme_{number}": GIVEN + block for number, block in enumerate(BLOCK.findall(readme))}
    files = {folder / f"{name}_page.py": program for name, program in programs.items()}
    for file, program in files.items():
        file.write_text(program)
    return list(files)


def test_code_of_the_sdks_pages_is_typed(repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    files = write_programs(repository, tmp_path)
    command = [sys.executable, "-m", "mypy", "--config-file", str(repository / "pyproject.toml"), *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=repository, check=False)
    assert checked.returncode == 0, checked.stdout
