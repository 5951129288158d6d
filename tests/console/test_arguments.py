"""Typed values as people write them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, Kind
from server_core.model.types import CmdArgType as T
from tangoterm.console.arguments import Argument
from tangoterm.console.cells import ResultCell, exact_text
from tangoterm.console.tokens import ArgumentError

SPECTRUM, IMAGE = AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE
ENUM = Argument(T.DevEnum, labels=("Ready", "Not ready", "OFF"))


@pytest.mark.parametrize(
    ("argument", "text", "value"),
    [
        (Argument(T.DevDouble), " 1.5e-3 ", 0.0015),
        (Argument(T.DevDouble), "0x10", 16.0),
        (Argument(T.DevDouble), "-inf", -math.inf),
        (Argument(T.DevUChar), "0b11", 3),
        (Argument(T.DevLong), "007", 7),
        (Argument(T.DevBoolean), "Off", False),
        (Argument(T.DevState), "moving", DevState.MOVING),
        (ENUM, "ready", 0),
        (ENUM, "Not ready", 1),
        (ENUM, '"Not ready"', 1),
        (ENUM, "2", 2),
        (Argument(T.DevString), "hello  world ", "hello  world"),
        (Argument(T.DevString), '"a \\"b\\"\\n\\x41"', 'a "b"\nA'),
        (Argument(T.DevString), "'x \\y'", "x \\y"),
        (Argument(T.DevString), '""', ""),
        (Argument(T.DevVarShortArray), "[1, 2, 3]", [1, 2, 3]),
        (Argument(T.DevVarShortArray), "1 2,3", [1, 2, 3]),
        (Argument(T.DevVarShortArray), "[]", []),
        (Argument(T.DevVarStringArray), 'a b "c d"', ["a", "b", "c d"]),
        (Argument(T.DevShort, IMAGE), "[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        (Argument(T.DevVarLongStringArray), '[1, 2] [a, "b c"]', [[1, 2], ["a", "b c"]]),
        (Argument(T.DevVarLongStringArray), "[1000] sys/tg_test/1 attribute", [[1000], ["sys/tg_test/1", "attribute"]]),
        (Argument(T.DevVarDoubleStringArray), "[[1.5], [a]]", [[1.5], ["a"]]),
        (Argument(T.DevEncoded), 'raw "abc"', ("raw", b"abc")),
        (Argument(T.DevVoid), "  ", None),
        # as in Jive
        (Argument(T.DevVarBooleanArray), "true,false", [True, False]),
        (Argument(T.DevVarBooleanArray), "0,1", [False, True]),
        (Argument(T.DevLong), "0xa", 10),
        (Argument(T.DevVarDoubleArray), "2.3,4", [2.3, 4.0]),
        (Argument(T.DevVarStringArray), 'Dance,"the TANGO"', ["Dance", "the TANGO"]),
        (Argument(T.DevVarLongStringArray), '[1,2][A,"B C",D]', [[1, 2], ["A", "B C", "D"]]),
        # as Python and JSON write them
        (Argument(T.DevVarDoubleArray), "(1, 2.5)", [1.0, 2.5]),
        (Argument(T.DevVarDoubleArray), "(1,)", [1.0]),
        (Argument(T.DevVarBooleanArray), "[True, False]", [True, False]),
        (Argument(T.DevVarStringArray), '("a", \'b c\')', ["a", "b c"]),
        (Argument(T.DevVarStringArray), "f(x) g(y)", ["f(x)", "g(y)"]),
        (Argument(T.DevVarStringArray), 'one two\n"three four"\nfive', ["one two", "three four", "five"]),
        (Argument(T.DevVarStringArray), '["\\u00e9\\b"]', ["é\b"]),
        (Argument(T.DevVarCharArray), "b'\\x00a'", [0, 97]),
        (Argument(T.DevVarStateArray), "[DevState.ON, tango.DevState.OFF]", [DevState.ON, DevState.OFF]),
        (Argument(T.DevShort, IMAGE), "((1, 2), (3, 4))", [[1, 2], [3, 4]]),
        (Argument(T.DevShort, IMAGE), "[(1, 2), (3, 4)]", [[1, 2], [3, 4]]),
        (Argument(T.DevVarLongStringArray), '([1, 2], ["A", "B C"])', [[1, 2], ["A", "B C"]]),
        (Argument(T.DevVarLongStringArray), '[[1, 2], ["A", "B C"]]', [[1, 2], ["A", "B C"]]),
        (Argument(T.DevVarDoubleStringArray), '[(1.5, 2), ("a",)]', [[1.5, 2.0], ["a"]]),
        (Argument(T.DevEncoded), "raw b'\\xff'", ("raw", b"\xff")),
        (Argument(T.DevEncoded), "('raw', b'\\xff')", ("raw", b"\xff")),
        (Argument(T.DevEncoded), '["raw", "abc"]', ("raw", b"abc")),
        (Argument(T.DevEncoded), '{"format": "raw", "data": "AP8="}', ("raw", b"\x00\xff")),
    ],
)  # fmt: skip
def test_what_people_write_is_what_the_type_needs(argument: Argument, text: str, value: object) -> None:
    assert argument.parse(text) == value


@pytest.mark.parametrize(
    ("argument", "text", "start", "rule"),
    [
        (Argument(T.DevDouble), "  12x", 2, "'12x' is not a number, as DevDouble needs"),
        (Argument(T.DevUChar), "256", 0, "256 is outside 0 … 255, the range of DevUChar"),
        (Argument(T.DevLong), "1.5", 0, "'1.5' is not an integer, as DevLong needs"),
        (Argument(T.DevDouble), "1 2", 2, "one value is enough here"),
        (Argument(T.DevVarShortArray), "[1, x]", 4, "'x' is not an integer, as DevShort needs"),
        (Argument(T.DevVarShortArray), "1,,2", 2, "an element is missing before the comma"),
        (Argument(T.DevVarShortArray), "[1] 2", 4, "nothing can follow the array"),
        (Argument(T.DevShort, SPECTRUM, max_x=2), "1 2 3", 0, "3 elements given where 2 elements fit"),
        (Argument(T.DevShort, IMAGE), "[[1, 2], [3]]", 0, "row 2 has 1 element, the first has 2"),
        (Argument(T.DevDouble, high=10), "11", 0, "11.0 is above the highest value, 10"),
        (Argument(T.DevDouble, SPECTRUM, low=0), "1 -2", 0, "-2.0 is below the lowest value, 0"),
        (Argument(T.DevVoid), "1", 0, "no argument is taken here"),
        (Argument(T.DevBoolean), "maybe", 0, "'maybe' is not a boolean (true, false, yes, no, on, off, 1, 0)"),
    ],
)
def test_an_error_names_the_place_and_the_rule(argument: Argument, text: str, start: int, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        argument.parse(text)
    assert (caught.value.start, caught.value.rule) == (start, rule)
    assert not caught.value.incomplete


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (Argument(T.DevDouble), ""),
        (Argument(T.DevString), '"abc'),
        (Argument(T.DevVarShortArray), "[1, 2"),
        (Argument(T.DevShort, IMAGE), "[[1, 2], "),
        (Argument(T.DevEncoded), "raw"),
    ],
)
def test_a_text_that_can_still_become_right_says_so(argument: Argument, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        argument.parse(text)
    assert caught.value.incomplete


@pytest.mark.parametrize(
    ("argument", "words", "value"),
    [
        (Argument(T.DevString), ['he said "x"'], 'he said "x"'),
        (Argument(T.DevString), ["@home"], "@home"),
        (Argument(T.DevVarStringArray), ["a b", "c,d"], ["a b", "c,d"]),
        (Argument(T.DevVarStringArray), ["[a,", "b]"], ["a", "b"]),
        (Argument(T.DevVarLongArray), ["1", "-2"], [1, -2]),
        (ENUM, ["not ready"], 1),
        (Argument(T.DevVarLongStringArray), ["[1,", "2]", "a b", "c"], [[1, 2], ["a b", "c"]]),
        (Argument(T.DevEncoded), ["raw", "a b"], ("raw", b"a b")),
    ],
)
def test_words_that_a_shell_has_split_keep_their_blanks(argument: Argument, words: list[str], value: object) -> None:
    assert argument.parse_words(words) == value


def test_files_hold_numbers_rows_or_lines(tmp_path: Path) -> None:
    (tmp_path / "numbers").write_text("1, 2\n3 4\n")
    (tmp_path / "rows").write_text("1 2\n3 4\n")
    (tmp_path / "lines").write_text("one\ntwo words\n")
    (tmp_path / "bad").write_text("1\nx\n")
    (tmp_path / "raw").write_bytes(b"\x00\xff")
    assert Argument(T.DevVarDoubleArray).parse(f"@{tmp_path}/numbers") == [1.0, 2.0, 3.0, 4.0]
    assert Argument(T.DevShort, IMAGE).parse(f"@{tmp_path}/rows") == [[1, 2], [3, 4]]
    assert Argument(T.DevVarStringArray).parse(f"@{tmp_path}/lines") == ["one", "two words"]
    assert Argument(T.DevEncoded).parse(f"raw @{tmp_path}/raw") == ("raw", b"\x00\xff")
    with pytest.raises(ArgumentError, match="bad, line 2: 'x' is not an integer"):
        Argument(T.DevVarShortArray).parse(f"@{tmp_path}/bad")
    with pytest.raises(ArgumentError, match="cannot be read: No such file"):
        Argument(T.DevVarShortArray).parse(f"@{tmp_path}/none")
    with pytest.raises(ArgumentError, match="is not UTF-8 text"):
        Argument(T.DevVarShortArray).parse(f"@{tmp_path}/raw")


def test_an_argument_says_what_it_wants() -> None:
    config = AttributeConfig("a", T.DevDouble, unit="mm", min_value="-10", max_value="10")
    assert Argument.of_attribute(config).hint == "DevDouble, mm, -10 … 10"
    assert Argument(T.DevShort, SPECTRUM, max_x=256).hint == "DevShort[256]"
    assert ENUM.hint == "DevEnum, Ready | Not ready | OFF"
    assert ENUM.choices == ("Ready", "Not ready", "OFF")
    assert not Argument.of_command(CommandInfo("Init")).needed


def test_limits_may_be_left_to_the_device() -> None:
    assert Argument(T.DevDouble, high=10).parse("11", check_limits=False) == 11.0


def _scalars(code: T) -> st.SearchStrategy[Any]:
    row = TYPES[code]
    if row.kind is Kind.INTEGER:
        return st.integers(row.low, row.high)
    if row.kind is Kind.FLOAT:
        return st.floats(allow_nan=False)
    if row.kind is Kind.BOOLEAN:
        return st.booleans()
    if row.kind is Kind.STATE:
        return st.sampled_from(DevState)
    return st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=60)
@given(st.data(), st.sampled_from([T.DevLong64, T.DevULong, T.DevDouble, T.DevBoolean, T.DevState, T.DevString]))
def test_the_exact_form_of_an_array_is_read_back_as_the_same_value(data: st.DataObject, code: T) -> None:
    values = data.draw(st.lists(_scalars(code), max_size=6))
    assert Argument(code, SPECTRUM).parse(exact_text(code, values)) == values


@settings(max_examples=60)
@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4), st.lists(_scalars(T.DevString), max_size=4))
def test_pairs_are_read_back_from_the_exact_form_from_python_and_from_json(
    numbers: list[int], strings: list[str]
) -> None:
    argument, value = Argument(T.DevVarLongStringArray), [numbers, strings]
    assert argument.parse(exact_text(argument.type, value)) == value
    assert argument.parse(json.dumps(value)) == value
    assert argument.parse(json.dumps(value, ensure_ascii=False)) == value


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), st.binary(max_size=12))
def test_encoded_values_are_read_back_with_every_byte(encoding: str, data: bytes) -> None:
    argument, value = Argument(T.DevEncoded), (encoding, data)
    assert argument.parse(exact_text(T.DevEncoded, value)) == value
    assert argument.parse(json.dumps(ResultCell(T.DevEncoded, value).data())) == value


@settings(max_examples=60)
@given(st.lists(st.floats(allow_nan=False)))
def test_arrays_as_python_prints_them_are_read(values: list[float]) -> None:
    argument = Argument(T.DevVarDoubleArray)
    assert argument.parse(repr(values)) == argument.parse(repr(tuple(values))) == values


@settings(max_examples=200)
@given(st.text(max_size=40), st.sampled_from([T.DevDouble, T.DevVarStringArray, T.DevVarLongStringArray, T.DevEnum]))
def test_any_text_is_either_a_value_or_an_error_with_a_place_in_it(text: str, code: T) -> None:
    error = _refusal(Argument(code), text)
    assert error is None or 0 <= error.start <= error.end <= len(text)


@pytest.mark.parametrize("text", ["@", "@\0", "@~nobody/x"])
def test_a_file_name_that_is_none_is_an_error_too(text: str) -> None:
    assert "cannot be read" in str(_refusal(Argument(T.DevVarShortArray), text))


def _refusal(argument: Argument, text: str) -> ArgumentError | None:
    try:
        argument.parse(text)
    except ArgumentError as error:
        return error
    return None
