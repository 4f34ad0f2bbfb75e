"""Does a test fail for every mutant of the code that decides about tokens and keys? `python tests/mutation/run.py`.

All tests are collected and run once, to learn which lines each of them reaches. Then each mutant gets a process of its
own, forked from this one, which runs the tests that reach it until one fails. A mutant that outlives them all is a
survivor: a check that no test needs. Mutants that behave like the original are listed in `equivalents.py`.

Arguments are names of modules, such as `verification.tokens`; without any, those that decide: what fetches keys over a
network is not among them, since most of its tests wait for something.

mutmut starts a process for each mutant, which imports everything anew. Here the processes are forked from one that has
collected its tests: 1,754 mutants take two and a half minutes on two cores, which every run of CI can afford.
"""

import functools
import gc
import importlib
import mmap
import os
import signal
import sys
import threading
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from equivalents import EQUIVALENTS  # noqa: E402 - found beside this file
from installation import install  # noqa: E402
from mutants import Mutant, make_mutants  # noqa: E402

MODULES = (
    *("verification.tokens", "verification.jws", "verification.strict_json", "verification.keys"),
    *("verification.public_keys", "authentication.request", "authentication.request_state"),
    "authentication.resolution",
)
TESTS = (
    *("test_sdk_tokens.py", "test_sdk_token_cache.py", "test_sdk_keys.py", "test_sdk_remote_keys.py"),
    *("test_sdk_issuer_keys.py", "test_sdk_addresses.py", "test_sdk_request.py", "test_sdk_request_checks.py"),
    "test_sdk_application.py",
)
SLOW_SECONDS = 0.6
"""Tests that take longer are left out: what only they would find is to be found by a faster one."""
PATIENCE_SECONDS = 10
"""A mutant with which one test runs longer is stuck, and so found out."""

Line = tuple[str, int]


class Tracer:
    """Records which lines of the modules are reached."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self.lines: set[Line] = set()

    def enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        """For `sys.settrace`: follow functions of the modules only."""
        module = self._files.get(frame.f_code.co_filename)
        return None if module is None else functools.partial(self._note, module)

    def _note(self, module: str, frame: FrameType, _event: str, _argument: Any) -> Any:
        self.lines.add((module, frame.f_lineno))
        return functools.partial(self._note, module)


class Mutation:
    """A pytest plugin that runs every mutant instead of every test."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.reached: dict[Line, list[int]] = defaultdict(list)
        self.seconds: list[float] = []
        self.kills: dict[str, Counter[int]] = defaultdict(Counter)
        self.survivors: list[Mutant] = []
        self.mutants: list[Mutant] = []
        self.failure: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        self.items = session.items
        # Not sooner: pytest's own plugins come first, and the SDK has one.
        self.modules = {name: importlib.import_module(f"claimsmith.{name}") for name in self.names}
        self.sources = {name: Path(module.__file__ or "").read_text() for name, module in self.modules.items()}
        self._learn()
        if self.failure is None:
            self.mutants = [mutant for name, source in self.sources.items() for mutant in make_mutants(name, source)]
            self._run_all()
        return True

    def _learn(self) -> None:
        """Run each test once, and remember how long it takes and where it comes."""
        tracer = Tracer({str(module.__file__): name for name, module in self.modules.items()})
        for index, item in enumerate(self.items):
            tracer.lines = set()
            threading.settrace(tracer.enter)
            sys.settrace(tracer.enter)
            started = time.perf_counter()
            reports = runtestprotocol(item, log=False, nextitem=None)
            self.seconds.append(time.perf_counter() - started)
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type] # the documented way to end it
            is_steady = not any(report.failed for report in reports)
            if not is_steady and self._fails(index):
                self.failure = f"{item.nodeid} fails without any mutant:\n{reports[-1].longreprtext}"
                return
            if is_steady and self.seconds[-1] < SLOW_SECONDS:
                for line in tracer.lines:
                    self.reached[line].append(index)

    def _run_all(self) -> None:
        """Run the mutants, as many at once as there are cores."""
        gc.freeze()
        verdicts = mmap.mmap(-1, 4 * len(self.mutants))
        running: dict[int, int] = {}
        for number in [*range(len(self.mutants)), *[-1] * (os.cpu_count() or 1)]:
            while len(running) == (os.cpu_count() or 1) or (number < 0 and running):
                process, status = os.wait()
                self._judge(running.pop(process), status, verdicts)
            if number >= 0:
                running[self._start(number, verdicts)] = number
        gc.unfreeze()

    def _start(self, number: int, verdicts: mmap.mmap) -> int:
        mutant = self.mutants[number]
        tests = self._order(mutant)
        with warnings.catch_warnings(action="ignore"):  # of a fork beside threads that sleep
            process = os.fork()
        if process == 0:
            killer = self._find_killer(mutant, tests)
            verdicts[4 * number : 4 * number + 4] = killer.to_bytes(4, signed=True)
            os._exit(0)
        return process

    def _find_killer(self, mutant: Mutant, tests: list[int]) -> int:
        """The first test that fails; -1 when the mutant does not even load, -2 when no test fails."""
        module = self.modules[mutant.module]
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            install(module, mutant.compile(self.sources[mutant.module], str(module.__file__)))
        except Exception:  # noqa: BLE001 - a mutant may do anything
            return -1
        for index in tests:
            signal.alarm(PATIENCE_SECONDS)
            # To write down why a test fails takes most of the time, and nobody reads it.
            self.items[index].repr_failure = str  # type: ignore[method-assign,assignment]
            # Twice: a test that measures time may fail once on a machine that is busy.
            if self._fails(index) and self._fails(index):
                return index
        return -2

    def _fails(self, index: int) -> bool:
        return any(report.failed for report in runtestprotocol(self.items[index], log=False, nextitem=None))

    def _judge(self, number: int, status: int, verdicts: mmap.mmap) -> None:
        mutant = self.mutants[number]
        killer = int.from_bytes(verdicts[4 * number : 4 * number + 4], signed=True)
        if status == 0 and killer == -2:
            self.survivors.append(mutant)
        elif status == 0 and killer >= 0:
            self.kills[mutant.where][killer] += 1

    def _order(self, mutant: Mutant) -> list[int]:
        """The tests that reach a mutant: first those that found others in the same function, then the fastest."""
        tests = set(self._reaching(mutant))
        kills = self.kills[mutant.where]
        return sorted(tests, key=lambda index: (-kills[index], self.seconds[index]))

    def _reaching(self, mutant: Mutant) -> Iterator[int]:
        lines = range(mutant.line, mutant.last_line + 1)
        if mutant.where != "<module>":
            found = [index for line in lines for index in self.reached.get((mutant.module, line), ())]
            if found:
                yield from found
                return
        for (module, _), indexes in self.reached.items():
            if module == mutant.module:
                yield from indexes


def write_report(mutation: Mutation, seconds: float) -> Iterator[str]:
    """What is to be said, line by line."""
    names = {mutant.name for mutant in mutation.survivors}
    unlisted = [mutant for mutant in mutation.survivors if mutant.name not in EQUIVALENTS]
    told = {name for name in EQUIVALENTS if name.partition(" ")[0] in mutation.names}
    for mutant in unlisted:
        yield f"survives: {mutant.name}  (line {mutant.line})"
    for name in sorted(told - names):
        yield f"listed as equivalent, but is found out or gone: {name}"
    counts = Counter(mutant.module for mutant in mutation.mutants)
    yield ", ".join(f"{name} {count}" for name, count in counts.items())
    yield (
        f"{len(mutation.mutants)} mutants, {len(mutation.mutants) - len(names)} found out by tests, "
        f"{len(names) - len(unlisted)} equivalent, {len(unlisted)} survive; {seconds:.0f} s"
    )


def main(names: tuple[str, ...]) -> int:
    """Run the mutants of these modules; 0 when none survives but those that are listed."""
    started = time.perf_counter()
    mutation = Mutation(names)
    folder = HERE.parent / "unit"
    options = ["-q", "-s", "--no-header", "--no-summary"]
    options += [f"-pno:{plugin}" for plugin in ("randomly", "xdist", "cacheprovider")]
    pytest.main([*options, *(str(folder / test) for test in TESTS)], plugins=[mutation])
    report = [mutation.failure] if mutation.failure else list(write_report(mutation, time.perf_counter() - started))
    sys.stdout.write("\n".join(report) + "\n")
    return 0 if len(report) == 2 else 1  # the counts and the sum, and nothing to complain of


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or MODULES))
