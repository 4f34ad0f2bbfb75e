# noqa: INP001 - a script, run as `python packages/sdk/generate_backend.py`
"""Writes both clients' methods anew from the table of operations; a test keeps them current.

The table is `claimsmith.backend.operations`. What is written has plain signatures, so that editors and type checkers
know all of it, and nothing is looked up when a method is called.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, NoneType
from typing import Any, NamedTuple, get_args, get_origin

from claimsmith.backend.models.lists import Page
from claimsmith.backend.operation import Operation
from claimsmith.backend.operations import RESOURCES

FOLDER = Path(__file__).parent / "src/claimsmith/backend"
_WIDTH = 120
_ARGUMENTS = {
    "user_id": "e.g. `user_2abc`.",
    "session_id": "e.g. `sess_2abc`.",
    "template_name": "a JWT template's name.",
    "organization_id": "e.g. `org_2abc`.",
    "invitation_id": "e.g. `orginv_2abc`.",
    "template_id": "e.g. `jtmp_2abc`.",
    "instance_id": "e.g. `ins_2abc`.",
    "client_id": "e.g. `client_2abc`.",
    "sign_in_token_id": "e.g. `sit_2abc`.",
    "actor_token_id": "e.g. `act_2abc`.",
}


class Flavour(NamedTuple):
    """What tells one client from the other."""

    file: str
    about: str
    prefix: str
    transport: str
    define: str
    wait: str
    iterator: str
    iterate: str
    loop: str


BLOCKING = Flavour(
    "resources.py", "blocking", "", "Transport", "def", "", "Iterator", "iterate_rows", "for",
)  # fmt: skip
ASYNC = Flavour(
    "async_resources.py", "in an event loop", "Async", "AsyncTransport", "async def", "await ", "AsyncIterator",
    "iterate_rows_async", "async for",
)  # fmt: skip
FLAVOURS = (BLOCKING, ASYNC)


def write_resources(flavour: Flavour) -> str:
    """The module with every resource of one client, and with the class that has them all."""
    body = [_write_resource(flavour, module) for module in RESOURCES]
    parts = [_write_head(flavour, body), *body, _write_root(flavour)]
    return "\n\n\n".join(parts) + "\n"


def list_operations(module: ModuleType) -> dict[str, Operation[Any]]:
    """The operations of a resource, by the name of their method."""
    return {name.lower(): value for name, value in vars(module).items() if isinstance(value, Operation)}


def name_resource(module: ModuleType) -> str:
    """The attribute of the clients that a resource is."""
    return module.__name__.rpartition(".")[2]


def name_result(operation: Operation[Any]) -> str:
    """What an operation gives, as a type is written."""
    return _spell(operation.returns)


def _write_head(flavour: Flavour, body: list[str]) -> str:
    text = "\n".join(body)
    takes = sorted(set(re.findall(r"Unpack\[(\w+)\]", text)))
    lines = [f'"""The resources of the Backend API, {flavour.about}. Written by `packages/sdk/generate_backend.py`."""']
    lines += ["", f"from collections.abc import {flavour.iterator}", "from typing import Any, Unpack", ""]
    for source, names in sorted(_find_models(text).items()):
        lines.append(_write_import(source, names))
    lines.append(_write_import("claimsmith.backend.operations", sorted(name_resource(one) for one in RESOURCES)))
    lines += [
        f"from claimsmith.backend.pages import PAGE_SIZE, Pages, {flavour.iterate}",
        _write_import("claimsmith.backend.parameters", takes),
        f"from claimsmith.network.transport import {flavour.transport}",
    ]
    return "\n".join(_sort_imports(lines))


def _sort_imports(lines: list[str]) -> list[str]:
    first = next(index for index, line in enumerate(lines) if "claimsmith.backend" in line)
    return [*lines[:first], *sorted(lines[first:], key=lambda line: line.split()[1])]


def _find_models(text: str) -> dict[str, list[str]]:
    """Names of models that the text uses, by module."""
    found: dict[str, set[str]] = {}
    for operation in (one for module in RESOURCES for one in list_operations(module).values()):
        for kind in _walk(operation.returns):
            if kind.__module__.startswith("claimsmith.") and re.search(rf"\b{kind.__name__}\b", text):
                found.setdefault(kind.__module__, set()).add(kind.__name__)
    return {source: sorted(names) for source, names in found.items()}


def _walk(kind: Any) -> Iterator[Any]:
    yield get_origin(kind) or kind
    for inner in get_args(kind):
        if inner is not ...:
            yield from _walk(inner)


def _write_import(source: str, names: list[str]) -> str:
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"from {source} import (", *(f"    {name}," for name in names), ")"])


def _write_resource(flavour: Flavour, module: ModuleType) -> str:
    about = (module.__doc__ or "").strip().replace("\n", "\n    ").replace("    \n", "\n")
    close = '\n    """' if "\n" in about else '"""'
    lines = [
        f"class {flavour.prefix}{_camel(name_resource(module))}Resource:",
        f'    """{about}{close}',
        "",
        f"    def __init__(self, transport: {flavour.transport}) -> None:",
        "        self._transport = transport",
    ]
    for name, operation in list_operations(module).items():
        lines += ["", *_write_method(flavour, module, name, operation)]
        if operation.iterates is not None:
            lines += ["", *_write_iterate(flavour, module, operation)]
    return "\n".join(lines)


def _write_method(flavour: Flavour, module: ModuleType, name: str, operation: Operation[Any]) -> Iterator[str]:
    parameters = ["self", *(f"{one}: str" for one in operation.names)]
    passed = list(operation.names)
    if operation.takes is not None:
        parameters.append(f"**given: Unpack[{operation.takes.__name__}]")
        passed.append("**given")
    result = name_result(operation)
    yield from _write_signature(f"{flavour.define} {name}", parameters, result)
    yield from _write_docstring(operation, _write_example(flavour, module, name, operation))
    constant = f"{name_resource(module)}.{name.upper()}"
    sent = f"{flavour.wait}self._transport.send({constant}.call({', '.join(passed)}))"
    yield from _fit("        ", "" if result == "None" else "return ", sent)


def _write_iterate(flavour: Flavour, module: ModuleType, operation: Operation[Any]) -> Iterator[str]:
    assert operation.iterates is not None  # noqa: S101 - the caller asked
    row: str = get_args(operation.returns)[0].__name__
    parameters = ["self", *(f"{one}: str" for one in operation.names), "*", "page_size: int = PAGE_SIZE"]
    has_filters = bool(operation.iterates.__annotations__)
    if has_filters:
        parameters.append(f"**given: Unpack[{operation.iterates.__name__}]")
    yield from _write_signature("def iterate", parameters, f"{flavour.iterator}[{row}]")
    yield '        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.'
    yield ""
    yield "        Args:"
    yield from _write_arguments(
        operation, operation.iterates if has_filters else None, "page_size: rows a call, 1 to 500."
    )
    yield ""
    yield "        Example:"
    yield "            ```python"
    arguments = ", ".join(operation.names)
    called = f"backend.{name_resource(module)}.iterate({arguments})"
    yield f"            for {_snake(row)} in {called}:".replace("for ", f"{flavour.loop} ", 1)
    yield f"                print({_snake(row)}.id)"
    yield "            ```"
    yield '        """'
    values = ", ".join(operation.names) + ("," if len(operation.names) == 1 else "")
    given = "given" if has_filters else "{}"
    yield f"        pages = Pages({name_resource(module)}.LIST, ({values}), {given}, page_size)"
    yield f"        return {flavour.iterate}(self._transport.send, pages)"


def _write_signature(head: str, parameters: list[str], result: str) -> Iterator[str]:
    line = f"    {head}({', '.join(parameters)}) -> {result}:"
    if len(line) <= _WIDTH:
        yield line
        return
    inner = f"        {', '.join(parameters)}"
    yield f"    {head}("
    if len(inner) <= _WIDTH:
        yield inner
    else:
        yield from (f"        {one}," for one in parameters)
    yield f"    ) -> {result}:"


def _write_docstring(operation: Operation[Any], example: list[str]) -> Iterator[str]:
    yield f'        """{operation.told}'
    if operation.more:
        yield from ("", f"        {operation.more}")
    arguments = list(_write_arguments(operation, operation.takes))
    if arguments:
        yield from ("", "        Args:", *arguments)
    if operation.codes:
        codes = ", ".join(f"`{code}`" for code in operation.codes)
        yield from ("", "        Raises:", f"            ApiError: {codes} and others.")
    yield from ("", "        Example:", "            ```python", *(f"            {line}" for line in example))
    yield from ("            ```", '        """')


def _write_arguments(operation: Operation[Any], takes: type | None, *more: str) -> Iterator[str]:
    yield from (f"            {name}: {_ARGUMENTS[name]}" for name in operation.names)
    yield from (f"            {line}" for line in more)
    if takes is not None:
        yield f"            **given: {_first_line(takes)}"
        yield f"                See `backend.parameters.{takes.__name__}`."


def _write_example(flavour: Flavour, module: ModuleType, name: str, operation: Operation[Any]) -> list[str]:
    result = name_result(operation)
    called = f"{flavour.wait}backend.{name_resource(module)}.{name}({operation.example})"
    line = called if result == "None" else f"{_name_variable(result)} = {called}"
    if len(line) + 12 <= _WIDTH:
        return [line]
    head, _, _ = line.partition("(")
    return [f"{head}(", *(f"    {argument}," for argument in _split_arguments(operation.example)), ")"]


def _split_arguments(text: str) -> list[str]:
    """The arguments of a call as they are written, one by one."""
    source = f"call({text})"
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)  # noqa: S101 - it was just written as one
    return [ast.get_source_segment(source, one) or "" for one in (*call.args, *call.keywords)]


def _write_root(flavour: Flavour) -> str:
    names = [name_resource(module) for module in RESOURCES]
    lines = [f"class {flavour.prefix}Resources:", f'    """Every resource of the Backend API, {flavour.about}."""', ""]
    lines += [f"    {name}: {flavour.prefix}{_camel(name)}Resource" for name in names]
    lines += ["", f"    def __init__(self, transport: {flavour.transport}) -> None:"]
    lines += [f"        self.{name} = {flavour.prefix}{_camel(name)}Resource(transport)" for name in names]
    return "\n".join(lines)


def _fit(indent: str, keyword: str, expression: str) -> Iterator[str]:
    line = f"{indent}{keyword}{expression}"
    if len(line) <= _WIDTH:
        yield line
        return
    head, _, inner = expression.partition("send(")
    yield from (f"{indent}{keyword}{head}send(", f"{indent}    {inner[:-1]}", f"{indent})")


def _spell(kind: Any) -> str:
    if kind is NoneType:
        return "None"
    if kind is Any:
        return "Any"
    inner = ", ".join("..." if one is ... else _spell(one) for one in get_args(kind))
    name: str = (get_origin(kind) or kind).__name__
    return f"{name}[{inner}]" if inner else name


def _name_variable(result: str) -> str:
    """A name for what an operation gives: `users` for `tuple[User, ...]`, `page` for any page, `schema` for a dict."""
    if result.startswith(Page.__name__):
        return "page"
    if result.startswith("dict"):
        return "schema"
    return _snake(result[6:-6]) + "s" if result.startswith("tuple[") else _snake(result)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    # Both before either: this script imports what it writes.
    for file, text in [(one.file, write_resources(one)) for one in FLAVOURS]:
        (FOLDER / file).write_text(text, encoding="utf-8")
