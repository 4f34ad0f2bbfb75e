"""The reference pages say what the code does. `python docs/generate.py` writes their tables anew."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from claimsmith_server.commands.refusals import REFUSALS
from claimsmith_server.core import errors
from claimsmith_server.settings import describe_settings

CODE = re.compile(r'Refusal\(\s*"(\w+)"|Error, "(\w+)"\)|(?:Unusable|Listen|Refused), "(\w+)"\)')


@pytest.fixture(scope="module")
def generate(repository: Path) -> ModuleType:
    """docs/generate.py as a module."""
    found = importlib.util.spec_from_file_location("generate_docs", repository / "docs/generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def read(repository: Path, name: str) -> str:
    return (repository / "docs/reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["settings.md", "errors.md", "commands.md", "claims-language.md"])
def test_the_tables_of_a_page_are_current(repository: Path, generate: ModuleType, name: str) -> None:
    page = read(repository, name)
    assert "<!-- generated: " in page
    assert generate.fill_page(page) == page, "run: python docs/generate.py"


def test_every_setting_is_documented(repository: Path) -> None:
    page = read(repository, "settings.md")
    for one in describe_settings():
        assert f"| `{one.name}` | `{one.variable}` |" in page
        assert len(one.description) > 15
        assert one.description.endswith(".")


def test_every_command_and_option_is_documented(repository: Path, generate: ModuleType) -> None:
    page = read(repository, "commands.md")
    commands = dict(generate.list_commands(generate.main, "claimsmith"))
    assert set(commands) >= {
        *("claimsmith dev", "claimsmith serve", "claimsmith migrate", "claimsmith doctor", "claimsmith verify"),
        *("claimsmith whoami", "claimsmith keys init", "claimsmith keys list", "claimsmith keys rotate"),
        *("claimsmith keys add-secret", "claimsmith keys revoke-secret"),
    }
    for name, command in commands.items():
        assert f"## `{name}`" in page
        assert command.help
        for spelled, told in generate.list_options(command):
            assert f"`{spelled}`" in page.replace("\\|", "|")
            assert told or spelled.isupper(), f"{name} {spelled} has no help"
        assert all(isinstance(one, click.Option | click.Argument) for one in command.params)


def test_every_error_is_documented_and_raised_somewhere(repository: Path) -> None:
    page = read(repository, "errors.md")
    sources = [file for file in (repository / "packages/server/src").rglob("*.py") if file.name != "errors.py"]
    sources.append(repository / "packages/server/src/claimsmith_server/http/errors.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    # To import a kind is not to use it.
    text = re.sub(r"^from \S+ import (\([^)]*\)|.*)$", "", text, flags=re.MULTILINE)
    names = {name: kind for name, kind in vars(errors).items() if isinstance(kind, errors.ErrorKind)}
    assert set(names.values()) == set(errors.ERROR_KINDS)
    for name, kind in names.items():
        assert re.search(rf"\b{name}\b", text), f"{name} is raised nowhere"
        assert f"| `{kind.code}` | {kind.status} |" in page
        assert kind.message
        assert kind.long_message.endswith(".")
        assert 400 <= kind.status < 600


def test_a_code_has_one_status(repository: Path) -> None:
    statuses: dict[str, set[int]] = {}
    for kind in errors.ERROR_KINDS:
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_refusal_of_a_command_is_documented(repository: Path) -> None:
    source = (repository / "packages/server/src/claimsmith_server/commands/refusals.py").read_text(encoding="utf-8")
    codes = {next(filter(None, found)) for found in CODE.findall(source)}
    assert codes == {code for code, _ in REFUSALS}
    page = read(repository, "commands.md")
    assert all(f"| `{code}` |" in page for code in codes)
