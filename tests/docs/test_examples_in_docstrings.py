"""Every example in the SDK's docstrings runs, and every public name has one."""

import ast
import asyncio
import contextlib
import importlib
import inspect
import os
import re
import textwrap
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import django_project  # noqa: F401 - Django is set up before its adapter is imported
import pytest
from backend_estate import BROWSERS, make_estate
from sdk_signing import CLAIMS, ISSUER, NOW, PUBLISHABLE_KEY, jwks, make_token, own_keys, pem
from servers import Server, running_server

import claimsmith
from claimsmith import ApiError, Options, RemoteKeys, RequestFacts, authenticate, load_settings, make_auth
from claimsmith.application import Application
from claimsmith.backend import AsyncBackendClient, BackendClient
from claimsmith.decisions import make_decision
from claimsmith.instance import parse_publishable_key
from claimsmith.verification.issuer_keys import IssuerKeys

SOURCES = Path(claimsmith.__file__).parent
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
MODULES = ("", ".fastapi", ".starlette", ".litestar", ".django", ".django.rest", ".flask", ".backend", ".testing")
"""Where applications import from: each says by `__all__` what is public."""


class Example(NamedTuple):
    """A block of code in a docstring."""

    place: str
    code: str


def list_examples() -> Iterator[Example]:
    for file in sorted(SOURCES.rglob("*.py")):
        module = file.relative_to(SOURCES).with_suffix("").as_posix().replace("/", ".")
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            name = getattr(node, "name", "")
            for number, code in enumerate(BLOCK.findall(ast.get_docstring(node) or "")):
                yield Example(f"{module}:{name}:{number}", textwrap.dedent(code))


EXAMPLES = list(list_examples())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("examples")) as running:
        yield running


@pytest.fixture
def names(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the examples take for granted, and the environment of an application of a running instance."""
    monkeypatch.setenv("CLERK_PUBLISHABLE_KEY", server.publishable_key)
    monkeypatch.setenv("CLERK_SECRET_KEY", server.secret_key)
    monkeypatch.setenv("CLERK_API_URL", server.bapi_url)
    monkeypatch.setenv("CLERK_PROXY_URL", server.fapi_url)
    monkeypatch.setenv("CLERK_JWT_KEY", pem())
    monkeypatch.chdir(tmp_path)
    token, keys = make_token(), own_keys()
    headers = (("authorization", f"Bearer {token}"),)
    facts = RequestFacts(method="GET", url="http://localhost:3000/", headers=headers)
    options = Options(publishable_key=parse_publishable_key(PUBLISHABLE_KEY))
    application = Application(load_settings(), keys=keys, clock=lambda: NOW)
    outcome = authenticate(facts, keys, options, now=NOW)
    return {
        **{name: getattr(claimsmith, name) for name in claimsmith.__all__},
        "token": token,
        "pem": pem(),
        "keys": keys,
        "jwks": jwks(),
        "now": NOW,
        "claims": CLAIMS,
        "facts": facts,
        "options": options,
        "application": application,
        "outcome": outcome,
        "server": server,
        "os": os,
        "decision": make_decision(outcome, facts),
        "caller": make_auth(CLAIMS, token),
        "folder": tmp_path,
        "user_id": server.demo_users[0].id,
        "url": server.url,
        "api_url": server.bapi_url,
        "secret_key": server.secret_key,
        "remote_keys": RemoteKeys(f"{server.bapi_url}/v1/jwks", secret_key=server.secret_key),
        "issuer_keys": IssuerKeys({ISSUER: keys}),
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.place for example in EXAMPLES])
def test_the_example_runs(
    example: Example, names: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = example.place.partition(":")[0]
    if not module.startswith("testing"):  # The tokens that other examples take for granted are of the year 2023.
        monkeypatch.setattr("claimsmith.verification.tokens.present", lambda: float(NOW))
    home = vars(importlib.import_module(f"claimsmith.{module}".removesuffix(".__init__")))
    public = {name: value for name, value in home.items() if not name.startswith("_")}
    scope = {
        "__name__": __name__,
        **names,
        **public,
        **{name: names[name] for name in ("token", "pem", "keys", "now", "facts")},
    }
    # What only a browser's visit gives can't be had here; the call is made, and refused.
    allowed = ApiError if any(name in example.code for name in BROWSERS) else ()
    with contextlib.suppress(allowed):
        run(example, scope, server)


def run(example: Example, scope: dict[str, Any], server: Server) -> None:
    code = compile(example.code, example.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    is_async = bool(code.co_flags & inspect.CO_COROUTINE)

    async def run_async() -> None:
        async with AsyncBackendClient() as backend:
            await eval(code, {**scope, "backend": backend})  # noqa: S307 - our own docstrings

    if "backend." in example.code:
        scope |= make_estate(server)
    if is_async:
        asyncio.run(run_async())
        return
    with BackendClient() as backend:
        exec(code, {**scope, "backend": backend})  # noqa: S102 - as above


def list_public() -> Iterator[str]:
    for suffix in MODULES:
        module = importlib.import_module(f"claimsmith{suffix}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isroutine(value) or (inspect.isclass(value) and not typing.is_typeddict(value)):
                yield f"claimsmith{suffix}.{name}"


@pytest.mark.parametrize("name", list(list_public()))
def test_a_public_name_is_described_and_has_an_example(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    documented = inspect.getdoc(getattr(importlib.import_module(module), attribute))
    assert documented
    assert "Example" in documented, f"{name} has no example"
    assert BLOCK.search(documented) or "`" in documented.partition("Example")[2]


def test_the_public_names_were_found() -> None:
    assert len(EXAMPLES) > 100
    assert len(list(list_public())) > 60
