"""No check of what decides about tokens, keys and requests can be taken away unseen; and what looks for that works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from mutants import make_mutants  # noqa: E402 - beside this file

SOURCE = """
LIMIT = 10

def is_short(text: str, extra: int = 0) -> bool:
    if not text:
        raise ValueError("a text is not empty")
    return len(text) + extra <= LIMIT and "." not in text
"""


def run(*names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, str(HERE / "run.py"), *names],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        cwd=HERE.parents[1],
        env=clean | environment,
    )


def test_no_mutant_of_what_decides_survives() -> None:
    done = run()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " 0 survive;" in done.stdout


def test_a_mutant_that_no_test_sees_is_reported() -> None:
    # With no test of theirs left, nothing finds out what is changed in the wire's names.
    done = run("instance")
    assert done.returncode == 1
    assert "survives: instance " in done.stdout


@pytest.mark.parametrize(
    "what",
    [
        "LIMIT = 10 -> LIMIT = 11",
        "if not text: -> if True:",
        "if not text: -> if False:",
        "raise ValueError('a text is not empty') -> nothing",
        "len(text) + extra <= LIMIT and '.' not in text -> return len(text) + extra < LIMIT and '.' not in text",
        "len(text) + extra <= LIMIT and '.' not in text -> return len(text) - extra <= LIMIT and '.' not in text",
        "len(text) + extra <= LIMIT and '.' not in text -> return len(text) + extra <= LIMIT or '.' not in text",
        "len(text) + extra <= LIMIT and '.' not in text -> return len(text) + extra <= LIMIT",
        "len(text) + extra <= LIMIT and '.' not in text -> return len(text) + extra <= LIMIT and '.' in text",
    ],
)
def test_each_check_boundary_and_operator_is_changed(what: str) -> None:
    assert [mutant for mutant in make_mutants("m", SOURCE) if mutant.what.endswith(what)]


def test_a_mutant_is_the_source_with_that_one_change() -> None:
    mutants = {mutant.what: mutant for mutant in make_mutants("m", SOURCE)}
    scope: dict[str, object] = {}
    exec(mutants["LIMIT = 10 -> LIMIT = 11"].compile(SOURCE, "m"), scope)  # noqa: S102 - how a mutant comes to life
    is_short = scope["is_short"]
    assert callable(is_short)
    assert (is_short("a" * 11), is_short("a" * 12)) == (True, False)
    assert len({mutant.name for mutant in mutants.values()}) == len(mutants)
