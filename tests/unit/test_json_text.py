"""JSON as people read and edit it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.json_text import parse_object, write_text

VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=8)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from([0, 2]))
def test_what_is_written_reads_back_as_the_same(value: dict[str, object], indent: int) -> None:
    assert msgspec.json.decode(write_text(value, indent=indent)) == value


def test_X_001_nothing_hides_or_reverses_what_is_beside_it() -> None:
    text = write_text({"\u202ename": "a\u200bb\u2066c\ufeff", "emoji": "\U0001f469\u200d\U0001f680"})
    assert text == '{"\\u202ename":"a\\u200bb\\u2066c\\ufeff","emoji":"\U0001f469\u200d\U0001f680"}'
    assert parse_object(text) == {"\u202ename": "a\u200bb\u2066c\ufeff", "emoji": "\U0001f469\u200d\U0001f680"}
