"""The table of operations: what is published has each of them, and both clients are written from it as it is now."""

import ast
import importlib.util
import inspect
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

import msgspec
import pytest
import yaml

from claimsmith import backend
from claimsmith.backend import AsyncBackendClient, BackendClient, models, parameters
from claimsmith.backend.models.lists import Page
from claimsmith.backend.operation import Operation, quote_segment
from claimsmith.backend.operations import RESOURCES, clients, config, users
from claimsmith_server.core.errors import ERROR_KINDS

OWN = {"GET /sessions/{session_id}/claims"}
"""Additions of ours."""
STUBS = {"GET /clients/handshake_payload"}
"""Published as a path without operations."""
OPERATIONS = {
    f"{module.__name__.rpartition('.')[2]}.{name.lower()}": one
    for module in RESOURCES
    for name, one in vars(module).items()
    if isinstance(one, Operation)
}
NOT_IN_THE_FILE = {"paginated"}
"""Told by the file as a parameter of its own lists only."""
RENAMED = {"application_id": "applicationID", "instance_id": "envOrInsID", "if_match": "If-Match"}


class Published(typing.NamedTuple):
    """An operation of a published file, with every reference followed."""

    query: set[str]
    headers: set[str]
    body: dict[str, Any]
    success: dict[str, Any]


def load_published(file: Path) -> dict[str, Published]:
    document = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)

    def follow(node: Any) -> Any:
        while "$ref" in node:
            found = document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def schema_of(node: Any) -> dict[str, Any]:
        schema: dict[str, Any] = follow(follow(node).get("content", {}).get("application/json", {}).get("schema", {}))
        if schema.get("type") == "array":
            return follow(schema["items"])  # type: ignore[no-any-return]
        if set(schema.get("properties", ())) == {"data", "total_count"}:
            return follow(schema["properties"]["data"].get("items", {}))  # type: ignore[no-any-return]
        return schema

    published = {}
    for path, item in document["paths"].items():
        for verb in {"get", "post", "put", "patch", "delete"} & set(item):
            operation = item[verb]
            given = [follow(one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))]
            success = next(one for status, one in operation["responses"].items() if status.startswith("2"))
            published[f"{verb.upper()} {path}"] = Published(
                {one["name"] for one in given if one["in"] == "query"},
                {one["name"] for one in given if one["in"] == "header"},
                schema_of(operation.get("requestBody", {})),
                schema_of(success),
            )
    return published


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Published]:
    folder = shared / "contract/openapi"
    return load_published(folder / "bapi-2026-05-12.yml") | load_published(folder / "platform-beta.yml")


def name_of(operation: Operation[Any]) -> str:
    path = operation.path.removeprefix("/v1")
    for name, other in RENAMED.items():
        path = path.replace(f"{{{name}}}", f"{{{other}}}")
    return f"{operation.method} {path}"


def arguments_of(operation: Operation[Any], place: str) -> set[str]:
    names = set(typing.get_type_hints(operation.takes) if operation.takes else ()) | set(operation.preset)
    return {name for name in names if operation.place_of(name) == place}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_published_with_its_path_query_headers_and_body(
    published: dict[str, Published], name: str
) -> None:
    operation = OPERATIONS[name]
    line = name_of(operation)
    if line in OWN | STUBS:
        assert line not in published
        return
    said = published[line]
    assert arguments_of(operation, "query") - NOT_IN_THE_FILE <= said.query
    assert {RENAMED.get(one, one) for one in arguments_of(operation, "header")} <= said.headers
    body = arguments_of(operation, "body")
    assert body <= set(said.body.get("properties", ()))
    if body:
        required = operation.takes.__required_keys__ if operation.takes else set()  # type: ignore[attr-defined]
        assert set(said.body.get("required", ())) == set(required)


def is_nullable(hint: Any) -> bool:
    return hint is Any or types.NoneType in get_args(hint)


def rows_of(operation: Operation[Any]) -> Any:
    returns = operation.returns
    return get_args(returns)[0] if get_origin(returns) in {tuple, Page} else returns


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_model_takes_all_that_is_published(published: dict[str, Published], name: str) -> None:
    kind, said = rows_of(OPERATIONS[name]), published.get(name_of(OPERATIONS[name]))
    if said is None or not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return
    hints = typing.get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        schema = said.success.get("properties", {}).get(field.name)
        if schema is None:
            assert not field.required or "oneOf" in said.success, f"{field.name} is nowhere published"
            continue
        if "required" in said.success:  # some schemas of the files leave it out altogether
            assert not field.required or field.name in said.success["required"], f"{field.name} may be absent"
        assert not schema.get("nullable") or is_nullable(hints[field.name]), f"{field.name} may be null"


@pytest.mark.parametrize("name", [name for name, one in OPERATIONS.items() if one.iterates])
def test_what_is_iterated_over_takes_all_but_the_page(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.takes is not None
    assert operation.iterates is not None
    taken = set(typing.get_type_hints(operation.takes)) - {"limit", "offset", "starting_after"}
    assert set(typing.get_type_hints(operation.iterates)) == taken
    assert issubclass(rows_of(operation), msgspec.Struct)


def test_every_code_is_one_that_the_server_has() -> None:
    known = {kind.code for kind in ERROR_KINDS}
    assert {code for one in OPERATIONS.values() for code in one.codes} <= known


def load_generator(repository: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location("generate_backend", repository / "packages/sdk/generate_backend.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_both_clients_are_current(repository: Path) -> None:
    generate = load_generator(repository)
    for flavour in generate.FLAVOURS:
        written = (generate.FOLDER / flavour.file).read_text(encoding="utf-8")
        assert written == generate.write_resources(flavour), "run: python packages/sdk/generate_backend.py"


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    blocking = BackendClient(api_url="http://localhost:4000", secret_key="sk_test_x")
    looping = AsyncBackendClient(api_url="http://localhost:4000", secret_key="sk_test_x")
    for name, operation in OPERATIONS.items():
        resource, method = name.split(".")
        one = getattr(getattr(blocking, resource), method)
        other = getattr(getattr(looping, resource), method)
        assert inspect.signature(one) == inspect.signature(other)
        assert inspect.iscoroutinefunction(other)
        assert inspect.getdoc(one).partition("\n")[0] == operation.told  # type: ignore[union-attr]


def list_documented() -> Iterator[tuple[str, str | None]]:
    """Every public class and function of the package, with its docstring."""
    folder = Path(backend.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                yield f"{file.name}: {node.name}", ast.get_docstring(node)
                for inner in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name[0] != "_":
                        yield f"{file.name}: {node.name}.{inner.name}", ast.get_docstring(inner)


def test_every_public_name_has_a_docstring() -> None:
    missing = [name for name, told in list_documented() if not told]
    assert not missing


def test_every_model_and_set_of_arguments_has_an_example() -> None:
    modules = [parameters, *(one for name, one in vars(models).items() if name.isidentifier() and name[0] != "_")]
    kinds = [
        kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert len(kinds) > 50
    assert [kind.__name__ for kind in kinds if "Example:" not in (kind.__doc__ or "")] == []


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_that_names_nothing_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="user_id"):
        users.GET.call(value)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("user_1/../../v1/instance", "user_1%2F..%2F..%2Fv1%2Finstance"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("a b\r\n", "a%20b%0D%0A"),
        ("\u00fc", "%C3%BC"),
    ],
)
def test_an_id_that_somebody_made_up_stays_one_segment(value: str, quoted: str) -> None:
    assert users.GET.call(value).path == f"/v1/users/{quoted}"
    assert quote_segment("x", value) == quoted


def test_what_is_absent_is_not_sent_and_none_clears() -> None:
    assert users.UPDATE.call("user_1", last_name=None).body == {"last_name": None}
    assert users.UPDATE.call("user_1").body == {}
    assert users.BAN.call("user_1").body == {}
    assert users.LIST.call(query="a").body is None


def test_arguments_of_a_config_change_go_where_they_belong() -> None:
    document = {"session": {"claims": {}}}
    call = config.UPDATE.call("ins_1", document=document, if_match="7", dry_run=True, application_id="app_9")
    assert call.path == "/v1/platform/applications/app_9/instances/ins_1/config"
    assert (call.query, call.body, call.headers) == ({"dry_run": True}, document, {"If-Match": "7"})
    plain = config.UPDATE.call("ins_1", document=document)
    assert plain.path == "/v1/platform/applications/app/instances/ins_1/config"
    assert (plain.query, plain.headers) == ({}, {})


def test_a_list_with_a_total_is_asked_for() -> None:
    assert clients.LIST.call(limit=5).query == {"paginated": "true", "limit": 5}


def test_no_method_of_the_clients_has_a_name_that_the_table_does_not() -> None:
    names = {
        f"{resource}.{method}"
        for resource, kind in typing.get_type_hints(BackendClient.__mro__[1]).items()
        for method in vars(kind)
        if not method.startswith("_") and method != "iterate"
    }
    assert names == set(OPERATIONS)
    assert not re.findall(r"\bTODO\b", " ".join(names))
