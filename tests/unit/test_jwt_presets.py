"""Presets of JWT templates, code that gets their tokens, and texts compared line by line."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.claims.diff import compare_texts, count_changes
from claimsmith_server.core.how_to_get import write_how_to_get
from claimsmith_server.core.jwt_presets import PRESETS, JwtPreset, find_preset

TEXTS = st.lists(st.sampled_from(["{", "}", '  "a": 1,', '  "b": 2', ""]), max_size=12).map("\n".join)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_each_preset_compiles_without_errors(preset: JwtPreset) -> None:
    compilation = compile_template(preset.claims, audience="jwt_template")
    assert compilation.template is not None
    assert {one.code for one in compilation.diagnostics} <= {"custom_audience", "nullable_interpolation"}


def test_presets_are_found_by_their_key_and_an_unknown_one_is_blank() -> None:
    assert [find_preset(preset.key) for preset in PRESETS] == list(PRESETS)
    assert find_preset("no such thing").key == "blank"
    assert len({preset.key for preset in PRESETS}) == len(PRESETS)


def test_the_python_that_gets_a_token_is_python_with_the_name_in_it() -> None:
    code = write_how_to_get("a b-c.d_e")
    assert all('"a b-c.d_e"' in one for one in code.values())
    ast.parse(code["Python"])


@given(TEXTS, TEXTS)
def test_a_comparison_holds_every_line_of_both_texts_in_order(old: str, new: str) -> None:
    rows = compare_texts(old, new)
    assert [row.old for row in rows if row.old is not None] == old.splitlines()
    assert [row.new for row in rows if row.new is not None] == new.splitlines()
    assert [row.old_number for row in rows if row.old_number] == list(range(1, len(old.splitlines()) + 1))
    assert all((row.kind == "same") == (row.old == row.new) for row in rows)


@given(TEXTS)
def test_a_text_has_no_difference_to_itself(text: str) -> None:
    assert count_changes(compare_texts(text, text)) == (0, 0)


def test_lines_that_take_each_others_place_stand_beside_each_other() -> None:
    (_, row, _) = compare_texts('{\n  "a": 1\n}', '{\n  "a": 2\n}')
    assert (row.kind, row.old, row.new) == ("changed", '  "a": 1', '  "a": 2')
    assert count_changes(compare_texts("a", "a\nb\nc")) == (2, 0)
