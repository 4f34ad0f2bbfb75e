# noqa: INP001 - a script, run as `python docs/generate.py`
"""Writes the tables of docs/reference anew, from the code that they describe; tests/docs keep the pages current."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from claimsmith.cli import main
from claimsmith_server.commands.refusals import REFUSALS
from claimsmith_server.core.claims import documentation
from claimsmith_server.core.errors import ERROR_KINDS
from claimsmith_server.settings import describe_settings

REFERENCE = Path(__file__).parent / "reference"
_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill_page(page: str) -> str:
    """The page with every section between `<!-- generated: NAME -->` and `<!-- end -->` written anew."""
    return _SECTION.sub(lambda found: found[1] + SECTIONS[found[2]]() + found[3], page)


def tabulate_settings() -> str:
    """One row a setting: variable, what it may be, default, meaning."""
    rows = [
        (f"`{one.name}`", f"`{one.variable}`", _escape(one.type), _default(one.default), _escape(one.description))
        for one in describe_settings()
    ]
    return _tabulate(("setting", "variable", "type", "default", "meaning"), rows)


def tabulate_errors() -> str:
    """One row a kind of error, by status."""
    kinds = sorted(ERROR_KINDS, key=lambda kind: (kind.status, kind.code, kind.message))
    rows = [
        (f"`{kind.code}`", str(kind.status), _told(kind.message), _told(kind.long_message))
        for kind in dict.fromkeys(kinds)
    ]
    return _tabulate(("code", "status", "message", "long message"), rows)


def tabulate_refusals() -> str:
    """One row a code that a command may end with."""
    return _tabulate(("code", "when"), [(f"`{code}`", _escape(when)) for code, when in REFUSALS])


def describe_commands() -> str:
    """A heading, a sentence and a table of options for each command."""
    return "\n".join(_describe(name, command) for name, command in list_commands(main, "claimsmith"))


def list_commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by its full name; groups are passed through."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from list_commands(command, f"{prefix} {name}")
        elif command is not None and not command.hidden:
            yield f"{prefix} {name}", command


def list_options(command: click.Command) -> list[tuple[str, str]]:
    """The options and arguments of a command as written on the command line, and what each does."""
    return [
        (_spell(one), getattr(one, "help", None) or "") for one in command.params if not getattr(one, "hidden", False)
    ]


SECTIONS: dict[str, Callable[[], str]] = {
    "settings": tabulate_settings,
    "errors": tabulate_errors,
    "refusals": tabulate_refusals,
    "commands": describe_commands,
    "shortcodes": documentation.tabulate_shortcodes,
    "diagnostics": documentation.tabulate_diagnostics,
    "reserved": documentation.list_reserved_claims,
}


def _describe(name: str, command: click.Command) -> str:
    rows = [(f"`{_escape(option)}`", _escape(told)) for option, told in list_options(command)]
    about = (command.help or "").strip().partition("\n\n")[0].replace("\n", " ")
    table = "\n" + _tabulate(("option", "meaning"), rows) if rows else ""
    return f"## `{name}`\n\n{about}\n{table}"


def _spell(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(click.Command("")))
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if not isinstance(parameter, click.Option) or parameter.is_flag:
        return names
    default = f" [{parameter.default}]" if parameter.show_default else ""
    return f"{names} {parameter.make_metavar(click.Context(click.Command('')))}{default}"


def _tabulate(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    return "(empty)" if value == "" else f"`{value}`"


def _told(sentence: str) -> str:
    """A sentence of an error with the values that it names in italics."""
    return _escape(_PLACEHOLDER.sub(r"*\1*", sentence.replace("`{", "{").replace("}`", "}")))


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    for page in sorted(REFERENCE.glob("*.md")):
        page.write_text(fill_page(page.read_text(encoding="utf-8")), encoding="utf-8")
