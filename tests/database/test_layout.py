"""The counted lists of the Db commands: what is packed is unpacked, and nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.database import layout
from server_core.database.store import HistoryEntry
from server_core.model.errors import DevFailed

TEXT = st.text(max_size=6)
VALUES = st.dictionaries(TEXT, st.lists(TEXT, max_size=3), max_size=4)


@given(owner=TEXT, values=VALUES, filler=st.booleans())
@settings(max_examples=60)
def test_properties(owner: str, values: dict[str, list[str]], filler: bool) -> None:
    packed = layout.pack_properties(owner, values.items(), filler=filler)
    assert layout.unpack_properties(packed, filler=filler) == (owner, values)


@given(owner=TEXT, attributes=st.dictionaries(TEXT, VALUES, max_size=3))
@settings(max_examples=60)
def test_attribute_properties(owner: str, attributes: dict[str, dict[str, list[str]]]) -> None:
    packed = layout.pack_members(owner, attributes.items())
    assert layout.unpack_members(packed) == (owner, attributes)


@given(
    st.lists(
        st.builds(HistoryEntry, TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=3).map(tuple), st.just(False), TEXT),
        max_size=4,
    )
)
@settings(max_examples=60)
def test_history(entries: list[HistoryEntry]) -> None:
    deleted = [*entries, HistoryEntry("p", "d", (), True, "a")]
    assert layout.unpack_history(layout.pack_history(deleted, members=True), members=True) == deleted


@given(st.lists(st.one_of(TEXT, st.integers(-3, 9).map(str)), max_size=12))
@settings(max_examples=150)
def test_any_list_is_understood_or_refused(items: list[str]) -> None:
    """DB-9: counts that do not fit are DB_IncorrectArguments and nothing else."""
    reasons = set()
    for unpack in (layout.unpack_properties, layout.unpack_members, layout.unpack_history):
        try:
            unpack(items)
        except DevFailed as failure:
            reasons.add(failure.reason)
    assert reasons <= {"DB_IncorrectArguments"}


@pytest.mark.parametrize(
    ("items", "text"),
    [
        (["dev", "1", "P", "2", "one"], "6 items are needed and the list has 5"),
        (["dev", "x"], "item 2 should be a count, not 'x'"),
        (["dev", "-1"], "item 2 should be a count, not '-1'"),
        ([], "1 items are needed and the list has 0"),
    ],
)
def test_the_error_names_place_and_value(items: list[str], text: str) -> None:
    with pytest.raises(DevFailed, match=text):
        layout.unpack_properties(items)
