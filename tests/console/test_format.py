"""Values as people see them."""

from __future__ import annotations

import math
from array import array
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.errors import DevError
from server_core.model.types import CmdArgType as T
from server_core.protocol.giop.ior import device_ior
from tangoterm.console.cells import LocalTimeCell, RecentCell
from tangoterm.console.format import (
    Display,
    address_text,
    array_text,
    command_text,
    duration_text,
    error_line,
    error_lines,
    printable,
    scalar_text,
    time_text,
    value_text,
)

SCALAR, SPECTRUM, IMAGE = AttrDataFormat.SCALAR, AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE


@pytest.mark.parametrize(
    ("value", "wanted", "text"),
    [
        (0.0, "", "0.00"),
        (1.5, "", "1.50"),
        (3.14159, "", "3.14159"),
        (1e-9, "", "1e-09"),
        (math.nan, "", "nan"),
        (1e-9, "%6.2f", "0.00"),
        (3.14159, "%8.3f", "3.142"),
        (12.5, "%5.1e", "1.2e+01"),
        (255, "%x", "ff"),
        (12.7, "%d", "12"),
        (3.14159, "scientific;setprecision(2)", "3.14e+00"),
        (1.5, "nonsense %q", "1.50"),
        (math.inf, "%d", "inf"),
    ],
)
def test_floats_follow_the_display_format_and_are_never_hidden_by_a_wrong_one(
    value: float, wanted: str, text: str
) -> None:
    assert scalar_text(T.DevDouble, value, Display(wanted)) == text


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        (T.DevLong, -3, "-3"),
        (T.DevBoolean, True, "true"),
        (T.DevState, DevState.MOVING, "MOVING"),
        (T.DevState, 6, "MOVING"),
        (T.DevEnum, 1, "Very fast"),
        (T.DevEnum, 7, "7"),
        (T.DevEncoded, ("raw", b"1234"), "raw, 4 bytes"),
        (T.DevString, "a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        (T.DevDouble, None, "-"),
    ],
)
def test_each_kind_of_scalar(code: T, value: object, text: str) -> None:
    assert scalar_text(code, value, Display(labels=("Slow", "Very fast"))) == text


def test_the_library_default_format_and_unset_units_do_not_count() -> None:
    config = AttributeConfig("a", T.DevDouble, format="%6.2f", unit="No unit")
    assert Display.of(config) == Display()
    assert Display.of(AttributeConfig("a", T.DevDouble, format="%4.1f", unit="mm")) == Display("%4.1f", "mm")


def test_arrays_are_abridged_to_a_width_with_the_last_element_and_the_count() -> None:
    text = value_text(T.DevLong, SPECTRUM, array("i", range(1000)), Display(unit="mm"), width=30)
    assert text == "[0, 1, 2, 3, 4, … 999] (1000) mm"
    assert array_text(T.DevLong, [], width=30) == "[]"
    assert array_text(T.DevString, ['say "x"', "b"]) == '["say \\"x\\"", "b"]'


@given(st.lists(st.text(max_size=30), max_size=50), st.integers(20, 80))
def test_an_abridged_array_keeps_near_its_width(values: list[str], width: int) -> None:
    assert len(array_text(T.DevString, values, width=width)) <= 2 * width + 12


def test_images_are_summarised() -> None:
    assert value_text(T.DevUShort, IMAGE, [[1, 2, 3], [4, 5, 6]]) == "3 x 2 DevUShort, 1 … 6, mean 3.50"
    assert value_text(T.DevUShort, IMAGE, []) == "0 x 0 DevUShort"
    assert value_text(T.DevShort, IMAGE, [[1, 2], [3, 4]], width=None) == "[[1, 2], [3, 4]]"


def test_numpy_values_look_like_the_same_values_without_it() -> None:
    numpy = pytest.importorskip("numpy")
    values = numpy.arange(6, dtype="u2").reshape(2, 3)
    assert value_text(T.DevUShort, IMAGE, values) == "3 x 2 DevUShort, 0 … 5, mean 2.50"
    assert value_text(T.DevUShort, SPECTRUM, values[0]) == "[0, 1, 2]"


def test_command_results_show_pairs_as_two_groups() -> None:
    assert command_text(T.DevVarLongStringArray, [[1, 2], ["a", "b"]]) == '[1, 2] ["a", "b"]'
    assert command_text(T.DevVoid, None) == "-"


def test_an_error_stack_begins_with_the_root_cause_and_cannot_command_the_terminal() -> None:
    stack = (DevError("API_X", "first\nmore", "here"), DevError("API_Y", "\x1b[2Jouter"))
    assert error_line(stack) == "API_X: first\\nmore"
    assert error_lines(stack) == [
        "API_X: first",
        "    more",
        "    origin: here",
        "  then API_Y: \\x1b[2Jouter",
    ]


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        (
            "virtual CORBA::Any* Tango::Command::run(Tango::DeviceImpl*, const CORBA::Any&) [with T = long int] at "
            "(/src/cppTango/src/server/Command.cpp:87)",
            "Tango::Command::run at Command.cpp:87",
        ),
        ("TangoTest::read_throw_exception()", "TangoTest::read_throw_exception()"),
        ("it was found at (home)", "it was found at (home)"),
        ("(" * 100_000, "(" * 100_000),
    ],
)
def test_a_cpp_function_is_an_origin_by_its_name_and_place(origin: str, shown: str) -> None:
    assert error_lines((DevError("API_X", "x", origin),))[1] == f"    origin: {shown}"


@given(st.text())
def test_printable_text_holds_no_control_character(text: str) -> None:
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in printable(text))


@pytest.mark.parametrize(("seconds", "text"), [(0.00034, "340 µs"), (0.0123, "12.3 ms"), (4.214, "4.21 s")])
def test_durations_have_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_no_time_is_shown_as_a_dash() -> None:
    assert time_text(None) == "-"
    assert time_text(1.5).endswith("01.500")


def test_the_date_of_a_reading_is_shown_when_it_is_not_today() -> None:
    now = datetime.now().replace(microsecond=250_000)
    assert RecentCell(now.timestamp()).text() == f"{now:%H:%M:%S}.250"
    assert RecentCell(0.5).text().startswith("19")
    assert LocalTimeCell(now.isoformat(" ", "milliseconds")).text() == f"{now:%H:%M:%S}.250"
    assert LocalTimeCell("2001-02-03 04:05:06.700").text() == "2001-02-03 04:05:06.700"
    assert LocalTimeCell(None).text() == "-"


def test_where_a_server_is() -> None:
    """Its native endpoints, else the address of the object reference, else what the record says."""
    endpoints = "tcp://host:2,unix:///run/a.sock"
    assert address_text(device_ior("host", 2, b"a/b/c", endpoints)) == endpoints
    assert address_text(device_ior("host", 2, b"a/b/c", "")) == "giop:tcp:host:2"
    assert address_text("nada") == "nada"
