"""The distributions declare what they import; the locks hold what is declared, pinned, hashed, without an address."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECTS = {"packages/sdk": "claimsmith", "packages/server": "claimsmith_server"}
LOCKS = ("requirements/runtime.lock", "requirements/dev.lock")
OWN = {"claimsmith", "claimsmith-server"}


def read_declared(project: Path, *, with_extras: bool) -> dict[str, Requirement]:
    """The dependencies of one of the two distributions, by canonical name."""
    told = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    extras = told.get("optional-dependencies", {}).values() if with_extras else ()
    requirements = map(Requirement, [*told["dependencies"], *(line for extra in extras for line in extra)])
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def read_pins(lock: Path) -> dict[str, str]:
    """Name -> version of a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\;]+)", lock.read_text(), re.MULTILINE))


class Imports(ast.NodeVisitor):
    """Collects the top packages that a source imports when it runs."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {alias.name.partition(".")[0] for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.add((node.module or "").partition(".")[0])

    def visit_If(self, node: ast.If) -> None:
        # What only a type checker reads need not be installed.
        for child in node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else ast.iter_child_nodes(node):
            self.visit(child)


def find_imports(path: Path) -> set[str]:
    imports = Imports()
    imports.visit(ast.parse(path.read_text()))
    return imports.found


@pytest.mark.parametrize("project", PROJECTS)
def test_what_is_imported_is_declared(repository: Path, project: str) -> None:
    declared = read_declared(repository / project, with_extras=True)
    distributions = packages_distributions()
    own = PROJECTS[project]
    undeclared = {
        f"{module} ({path.name})"
        for path in (repository / project / "src").rglob("*.py")
        for module in find_imports(path) - sys.stdlib_module_names - {own}
        if declared.keys().isdisjoint(map(canonicalize_name, distributions.get(module, [module])))
    }
    assert undeclared == set()


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("project", PROJECTS)
def test_what_is_declared_is_locked_at_a_version_that_fits(repository: Path, project: str, lock: str) -> None:
    pins = read_pins(repository / lock)
    declared = read_declared(repository / project, with_extras=lock.endswith("dev.lock"))
    unfit = {
        str(need)
        for name, need in declared.items()
        if name not in OWN and not need.specifier.contains(pins.get(name, "0"))
    }
    assert unfit == set(), "run `make lock`"


def test_both_locks_agree(repository: Path) -> None:
    runtime, dev = (read_pins(repository / lock) for lock in LOCKS)
    assert runtime.items() <= dev.items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(repository: Path, lock: str) -> None:
    text = (repository / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9-]+==)", text)[1:]
    assert len(entries) == len(read_pins(repository / lock))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "file:" not in text


def test_the_npm_lock_names_no_address(repository: Path) -> None:
    for lock in repository.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text(), lock
