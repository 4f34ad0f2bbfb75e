"""The scanner agrees with RFC 8259 on the JSON test suite of the security data."""

from pathlib import Path

import msgspec
import pytest

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.claims.diagnostics import Findings
from claimsmith_server.core.claims.nodes import ArrayNode, Node, ObjectNode
from claimsmith_server.core.claims.scanner import scan

SUITE = Path(__file__).parents[3] / "shared/security/data/jsontestsuite/test_parsing"
FILES = sorted(SUITE.glob("*.json")) if SUITE.is_dir() else []
OUR_LIMITS = {"template_too_large", "nesting_too_deep", "duplicate_key", "lone_surrogate", "number_out_of_range"}

needs_suite = pytest.mark.skipif(not FILES, reason="../shared/security/data/jsontestsuite is absent")


def files(prefix: str) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in FILES if path.name.startswith(prefix)] or [Path("absent")]


def read(path: Path) -> str | None:
    """The text of a file; `None` when it is not UTF-8, which whoever decodes the request refuses."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def to_value(node: Node) -> object:
    if isinstance(node, ObjectNode):
        return {member.key.value: to_value(member.value) for member in node.members}
    if isinstance(node, ArrayNode):
        return [to_value(item) for item in node.items]
    return node.value


def scan_value(text: str) -> tuple[object, set[str]]:
    """What a text is as the member `v` of an object, and the codes of the findings."""
    findings = Findings(text)
    node = scan('{"v":' + text + "}", findings)
    return (None if node is None else to_value(node)), {one.code for one in findings.sorted()}


@needs_suite
@pytest.mark.parametrize("path", files("y_"))
def test_what_must_be_accepted_is_accepted_with_the_same_value(path: Path) -> None:
    text = read(path)
    assert text is not None
    value, codes = scan_value(text)

    assert codes <= OUR_LIMITS
    if not codes:
        assert value == {"v": msgspec.json.decode(text)}


@needs_suite
@pytest.mark.parametrize("path", files("n_"))
def test_what_must_be_refused_is_refused(path: Path) -> None:
    text = read(path)
    if text is None:
        pytest.skip("not UTF-8: refused before it is a template")

    assert compile_template(text, audience="session").has_errors
    assert scan_value(text)[1]


@needs_suite
@pytest.mark.parametrize("path", files("i_"))
def test_what_may_be_either_is_never_an_exception(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    value, codes = scan_value(text)

    assert (value is None) == bool(codes - {"duplicate_key"})


@needs_suite
def test_the_suite_is_the_whole_suite() -> None:
    assert len(FILES) > 300
    accepted = [path.stem for path in FILES if path.name.startswith("y_") and scan_value(read(path) or "")[1]]

    # What RFC 8259 lets a reader refuse and we do: members named twice.
    assert accepted == ["y_object_duplicated_key", "y_object_duplicated_key_and_value"]
