"""The how-to for types: its commands are wrong in no option, and its template gives what the page shows."""

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from claimsmith.cli import main, types
from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.claims.metadata_observed import LEAST_COVERAGE
from claimsmith_server.core.instance_settings import MetadataSettings
from claimsmith_server.core.metadata_schema import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_MEMBERS,
    MetadataSchemaError,
    parse_metadata_schema,
)
from claimsmith_server.core.typegen import write_types
from claimsmith_server.services.metadata_keys import SAMPLE


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs/how-to/types.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_commands_of_the_page_are_right(page: str) -> None:
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        program, command, *arguments = shlex.split(line)
        assert (program, main.get_command(types.make_context("types", []), command)) == ("claimsmith", types)
        types.make_context("types", arguments)  # refuses an option or a choice that there is not


def test_the_pages_template_gives_what_the_page_shows(page: str) -> None:
    template = compile_template(blocks(page, "json")[0], audience="session").template
    assert template is not None
    assert blocks(page, "typescript") == [write_types(template, "typescript")]
    assert blocks(page, "python") == [write_types(template, "python", style="msgspec")]


def test_the_pages_declaration_is_taken_and_types_the_claim(page: str) -> None:
    template = compile_template(blocks(page, "json")[0], audience="session").template
    assert template is not None
    sections: dict[str, Any] = msgspec.json.decode(blocks(page, "json")[1])
    settings = msgspec.convert(sections["metadata"], MetadataSettings)
    known = {"user.public_metadata": parse_metadata_schema(settings.user_public_metadata)}
    assert '    plan?: "free" | "pro"\n' in write_types(template, "typescript", metadata=known)
    assert all(f"`{name}`" in page or f'"{name}"' in page for name in MetadataSettings.__struct_fields__)


def test_the_figures_and_keywords_of_the_page_are_those_of_the_code(page: str) -> None:
    words = " ".join(page.split())
    assert f"{MAX_BYTES:,} bytes, {MAX_DEPTH} levels or {MAX_MEMBERS} members" in words
    assert f"up to {SAMPLE:,} users" in words
    assert f"at least {LEAST_COVERAGE:.0%} of".replace("%", " %") in words
    with pytest.raises(MetadataSchemaError) as told:
        parse_metadata_schema({"nothing": 1})
    for keyword in re.findall(r"`(\w+)`", str(told.value).partition("told by")[2]):
        assert f"`{keyword}`" in page
