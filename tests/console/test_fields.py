"""A typed value as the rows of a form, and what is shown of it while one types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import CmdArgType as T
from tangoterm.console.arguments import Argument
from tangoterm.console.cells import exact_text
from tangoterm.console.fields import line_of, rows_of, texts_of, value_of
from tangoterm.console.preview import preview
from tangoterm.console.tokens import ArgumentError

PAIR, ENCODED = Argument(T.DevVarLongStringArray), Argument(T.DevEncoded)


def read(argument: Argument, *texts: str) -> Any:
    return value_of([row.parse(text) for row, text in zip(rows_of(argument), texts, strict=True)])


def test_pairs_and_encoded_values_have_two_rows(tmp_path: Path) -> None:
    assert [(row.label, row.example) for row in rows_of(PAIR)] == [
        ("numbers", "2, 10, 0xa"), ("strings", 'Dance, "the TANGO"'),
    ]  # fmt: skip
    assert read(PAIR, "1, 0xa", 'A, "B C", D') == ([1, 10], ["A", "B C", "D"])
    assert read(PAIR, "", "one\ntwo words") == ([], ["one", "two words"])
    (tmp_path / "raw").write_bytes(b"\xff")
    assert read(ENCODED, "jpeg", f"@{tmp_path}/raw") == ("jpeg", b"\xff")
    assert read(ENCODED, "utf8", 'say "this"\nand that') == ("utf8", b'say "this"\nand that')
    assert read(Argument(T.DevDouble), "2.5") == 2.5


@pytest.mark.parametrize(
    ("argument", "row", "text", "start"),
    [(PAIR, 0, "1, x", 3), (PAIR, 1, '[a, "b', 4), (ENCODED, 1, "'a' b", 0), (ENCODED, 1, "'ab", 0)],
)
def test_an_error_names_the_place_in_its_row(argument: Argument, row: int, text: str, start: int) -> None:
    with pytest.raises(ArgumentError) as caught:
        rows_of(argument)[row].parse(text)
    assert caught.value.start == start


@settings(max_examples=60)
@example([1], ["[", "@", "[]"])
@given(st.lists(st.integers(-9, 9)), st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)))
def test_what_stands_in_the_rows_is_kept_as_one_line_and_comes_back(numbers: list[int], strings: list[str]) -> None:
    value = (numbers, strings)
    line = line_of(PAIR, [str(numbers), exact_text(T.DevVarStringArray, strings)])
    assert "\n" not in line
    assert read(PAIR, *texts_of(PAIR, line)) == value


@settings(max_examples=40)
@given(st.sampled_from(["utf8", "", "a b"]), st.binary(max_size=8))
def test_encoded_values_come_back_from_the_line_too(encoding: str, data: bytes) -> None:
    line = line_of(ENCODED, [encoding, repr(data)])
    assert read(ENCODED, *texts_of(ENCODED, line)) == (encoding, data)


def test_a_line_that_is_no_value_stands_in_the_first_row() -> None:
    assert texts_of(PAIR, "nonsense") == ("nonsense", "")
    assert texts_of(Argument(T.DevDouble), "2") == ("2",)


@pytest.mark.parametrize(
    ("argument", "text", "shown"),
    [
        (Argument(T.DevVarDoubleArray), "1.5,-2 1e3", "3 doubles: 1.5, -2, 1000"),
        (Argument(T.DevVarLongArray), "0xa", "1 long: 10"),
        (Argument(T.DevVarLongArray), "[]", "0 longs"),
        (Argument(T.DevVarLongArray), " ".join(map(str, range(100))), "100 longs: " + ", ".join(map(str, range(15)))),
        (Argument(T.DevDouble, unit="mm"), "0x10", "16 mm"),
        (Argument(T.DevBoolean), "on", "true"),
        (Argument(T.DevState), "fault", DevState.FAULT.name),
        (Argument(T.DevEnum, labels=("LOW", "HIGH")), "high", "1 (HIGH)"),
        (Argument(T.DevString), "x", '"x"'),
        (PAIR, '[1,2][A,"B C"]', '2 longs: 1, 2; 2 strings: "A", "B C"'),
        (ENCODED, "raw b'\\x00'", '"raw", 1 byte'),
        (Argument(T.DevShort, AttrDataFormat.IMAGE), "[[1, 2], [3, 4], [5, 6]]", "2 x 3 shorts"),
        (Argument(T.DevVoid), "", "nothing"),
    ],
)
def test_what_will_be_sent_is_shown_while_one_types(argument: Argument, text: str, shown: str) -> None:
    assert preview(argument, argument.parse(text)).startswith(shown)


@pytest.mark.parametrize("code", [code for code in T if rows_of(Argument(code))[0].example])
def test_the_example_of_a_type_is_a_value_of_it(code: T) -> None:
    argument = Argument(code)
    for text in argument.example.split(" or "):
        if "@" not in text:
            argument.parse(text)
