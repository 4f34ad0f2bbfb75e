"""Merging metadata: RFC 7396 but for what it says of patches that are no object."""

# ruff: noqa: ANN001, ANN201 - fixtures are told apart by name; ids of cases are upper case

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimsmith_server.core.metadata import merge_metadata

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is no failure
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.sampled_from(["a", "b", "", "__proto__", "$where", "1"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
objects = st.dictionaries(keys, values, max_size=4)


def merge_patch(target, patch):
    """RFC 7396, section 2, to the letter."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merge_patch(target.get(name), value)
    return target


@unhurried
@given(objects, objects)
def test_it_is_what_the_rfc_says(current, patch):
    assert merge_metadata(current, patch) == merge_patch(current, patch)


@unhurried
@given(objects, objects)
def test_neither_argument_changes(current, patch):
    before = repr((current, patch))
    merge_metadata(current, patch)
    assert repr((current, patch)) == before


@unhurried
@given(objects, objects)
def test_merging_twice_is_merging_once(current, patch):
    once = merge_metadata(current, patch)
    assert merge_metadata(once, patch) == once


def test_the_examples_of_the_rfc():
    for current, patch, expected in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ):
        assert merge_metadata(current, patch) == expected


def test_depth_costs_no_stack():
    patch: dict = {}
    innermost = patch
    for _ in range(50_000):
        innermost["a"] = {}
        innermost = innermost["a"]
    innermost["end"] = 1
    merged = merge_metadata({}, patch)
    for _ in range(50_000):
        merged = merged["a"]
    assert merged == {"end": 1}
    while patch:  # taken apart here, since freeing it whole would recurse
        patch = patch.pop("a", {})
