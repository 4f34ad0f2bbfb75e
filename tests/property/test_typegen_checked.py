"""Generated declarations, held against what reads them: type checkers, a schema validator, and the tokens themselves.

Fifty templates, twenty tokens of each, made by the mint's own composition.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator
from packages import install_packages, run_to_end
from typegen_samples import COUNT, PAYLOADS, Sample, load_samples

from claimsmith.typed_claims import make_converter
from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.typegen import Style, write_types
from claimsmith_server.core.typegen.python_names import PYDANTIC_TAKEN, is_tellable

TOOLS = Path(__file__).resolve().parents[1] / "node_tools"
STYLES: tuple[Style, ...] = get_args(Style)
MODELS = [style for style in STYLES if style != "typeddict"]
TS_OPTIONS = {"strict": True, "noEmit": True, "lib": ["es5"], "types": [], "target": "es2022", "module": "esnext"}
WRONG = {"fullName": 1}
SEED = '{"fullName": "{{user.full_name}}"}'

pytestmark = pytest.mark.xdist_group("typegen")


@pytest.fixture(scope="module")
def samples() -> tuple[Sample, ...]:
    found = load_samples()
    assert (len(found), sum(len(one.payloads) for one in found)) == (COUNT, COUNT * PAYLOADS)
    assert sum(len(one) for sample in found for one in sample.customs()) > 2 * COUNT * PAYLOADS
    return found


@pytest.fixture(scope="module")
def written(samples: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module for each template and style, and for each template one that uses its TypedDict."""
    folder = tmp_path_factory.mktemp("python")
    for index, sample in enumerate(samples):
        for style in STYLES:
            source = write_types(sample.template, "python", style=style, metadata=sample.metadata)
            (folder / f"claims_{index}_{style}.py").write_text(source, encoding="utf-8")
        if not sample.metadata:  # of declared objects a literal may not have members that are not declared
            (folder / f"uses_{index}.py").write_text(
                write_use(index, {name: one for name, one in sample.payloads[0].items() if is_tellable(name)}),
                encoding="utf-8",
            )
    return folder


def write_use(index: int, payload: dict[str, Any]) -> str:
    return (
        f"from claims_{index}_typeddict import CustomSessionClaims\n\nclaims: CustomSessionClaims = {payload!r}\n"
        f"\n\ndef read(one: CustomSessionClaims) -> object:\n    return {{**one}}\n"
    )


def load_class(folder: Path, name: str) -> Any:
    found = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module.CustomSessionClaims


@pytest.fixture
def modules() -> Iterator[dict[str, ModuleType]]:
    """The modules there are; those that a test adds are gone after it."""
    before = set(sys.modules)
    yield sys.modules
    for name in set(sys.modules) - before:
        if name.startswith("claims_"):
            del sys.modules[name]


def test_a_thousand_payloads_are_valid_under_the_generated_schemas(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        schema = msgspec.json.decode(write_types(sample.template, "json-schema", metadata=sample.metadata))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for payload in sample.payloads:
            validator.validate(payload)


def test_the_schemas_tell_more_than_that_claims_are_json(samples: tuple[Sample, ...]) -> None:
    """A value of another type is refused wherever a type is known."""
    refused = 0
    for sample in samples:
        schema = msgspec.json.decode(write_types(sample.template, "json-schema", metadata=sample.metadata))
        validator = Draft202012Validator(schema)
        for name, one in schema.get("properties", {}).items():
            accepted = [
                value
                for value in (None, True, -7.5, "?", [{"?": 1}], {"?": []})
                if not one or validator.is_valid({name: value})
            ]
            assert one == {} or len(accepted) < 6
            refused += 6 - len(accepted)
    assert refused > COUNT * 10


@pytest.mark.parametrize("style", STYLES)
def test_a_thousand_payloads_are_read_as_the_generated_classes(
    style: Style, samples: tuple[Sample, ...], written: Path, modules: dict[str, ModuleType]
) -> None:
    for index, sample in enumerate(samples):
        kind = load_class(written, f"claims_{index}_{style}")
        convert = make_converter(kind)
        for payload in sample.payloads:
            convert(payload)


@pytest.mark.parametrize("style", ["msgspec", "pydantic"])
def test_the_classes_give_back_what_the_token_says_under_the_claims_own_names(
    style: Style, samples: tuple[Sample, ...], written: Path, modules: dict[str, ModuleType]
) -> None:
    for index, sample in enumerate(samples):
        if sample.metadata:  # their further members are none of the classes'
            continue
        kind = load_class(written, f"claims_{index}_{style}")
        for payload, customs in zip(sample.payloads, sample.customs(), strict=True):
            custom = {name: value for name, value in customs.items() if style == "pydantic" or is_tellable(name)}
            if style == "msgspec":
                told = msgspec.to_builtins(msgspec.convert(payload, kind))
            else:
                told = kind.model_validate(payload).model_dump(by_alias=True)
            assert {name: value for name, value in told.items() if name in custom} == custom
            assert [value for name, value in told.items() if name not in custom and value is not None] == []


@pytest.mark.parametrize("style", STYLES)
def test_a_claim_of_another_type_is_refused_by_the_classes(
    style: Style, tmp_path: Path, modules: dict[str, ModuleType]
) -> None:
    template = compile_template(SEED, audience="session").template
    assert template is not None
    (tmp_path / "claims_wrong.py").write_text(write_types(template, "python", style=style))
    kind = load_class(tmp_path, "claims_wrong")
    with pytest.raises(ValueError, match=r"fullName"):
        kind.model_validate(WRONG) if style == "pydantic" else msgspec.convert(WRONG, kind)


def test_every_name_that_pydantic_has_taken_is_known() -> None:
    pydantic = pytest.importorskip("pydantic")
    names = {name for name in dir(pydantic.BaseModel) if not name.startswith(("_", "model_"))}
    assert names <= PYDANTIC_TAKEN


@pytest.mark.node
def test_typescript_takes_the_declarations_and_each_payload(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    install_packages(TOOLS)
    for index, sample in enumerate(samples):
        folder = tmp_path / f"t{index}"
        folder.mkdir()
        source = write_types(sample.template, "typescript", metadata=sample.metadata)
        (folder / "globals.d.ts").write_text(source, encoding="utf-8")
        claims = json.dumps(sample.customs())
        uses = f"const claims: CustomJwtSessionClaims[] = {claims}\nexport {{ claims }}\n"
        (folder / "uses.ts").write_text(uses, encoding="utf-8")
        write_project(folder)
    folder = tmp_path / "wrong"  # what must not pass, does not
    folder.mkdir()
    template = compile_template(SEED, audience="session").template
    assert template is not None
    (folder / "globals.d.ts").write_text(write_types(template, "typescript"))
    wrong = "// @ts-expect-error\nexport const {}: CustomJwtSessionClaims = {}\n"
    (folder / "uses.ts").write_text(
        wrong.format("type", json.dumps(WRONG)) + wrong.format("name", '{ "fullname": "Ada" }')
    )
    write_project(folder)
    projects = [f"t{index}" for index in range(COUNT)] + ["wrong"]
    run_to_end(["node", str(TOOLS / "node_modules/typescript/bin/tsc"), "-b", *projects, "--noEmit"], tmp_path)


def write_project(folder: Path) -> None:
    project = {"compilerOptions": TS_OPTIONS, "files": ["globals.d.ts", "uses.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(project))


def write_wrong_use(folder: Path, comment: str) -> None:
    """A module each of whose errors is expected; a checker that finds none of them complains."""
    template = compile_template(SEED, audience="session").template
    assert template is not None
    (folder / "claims_wrong.py").write_text(write_types(template, "python"))
    (folder / "claims_wrong_msgspec.py").write_text(write_types(template, "python", style="msgspec"))
    (folder / "uses_wrong.py").write_text(
        "import claims_wrong\nimport claims_wrong_msgspec\n\n"
        f'claims: claims_wrong.CustomSessionClaims = {{"fullName": 1}}  # {comment}\n'
        f"model = claims_wrong_msgspec.CustomSessionClaims(fullName=1)  # {comment}\n"
    )


def test_mypy_is_content_with_every_class(written: Path, repository: Path) -> None:
    write_wrong_use(written, "type: ignore")
    configuration = written / "mypy.ini"
    configuration.write_text("[mypy]\nstrict = true\nwarn_unused_ignores = true\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(configuration), "--cache-dir"]
    cache = str(repository / ".mypy_cache" / "typegen")
    told = run_to_end([*command, cache, "."], written, {"MYPYPATH": str(written)})
    assert f"no issues found in {len(list(written.glob('*.py')))} source files" in told


@pytest.mark.node
def test_pyright_is_content_with_every_class(written: Path) -> None:
    install_packages(TOOLS)
    write_wrong_use(written, "pyright: ignore")
    strict = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": "error", "include": ["."]}
    (written / "pyrightconfig.json").write_text(json.dumps(strict))
    program = ["node", str(TOOLS / "node_modules/pyright/index.js"), "--pythonpath", sys.executable]
    told = run_to_end(program, written)
    assert re.search(r"^0 errors, 0 warnings", told, re.MULTILINE), told[-2000:]
