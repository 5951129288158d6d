"""What is drawn: axes, curves, images, columns."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tangoterm.tui.attribute import Point
from tangoterm.tui.numbers import drawable, extent, thinned
from tangoterm.tui.text import fit, plain
from tangoterm.tui.widgets.axis import Axis
from tangoterm.tui.widgets.chart import Curve, Level, draw_curve
from tangoterm.tui.widgets.grid import Column, lay_out
from tangoterm.tui.widgets.heat_map import sample
from tangoterm.tui.wording import trend_text

_numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(_numbers, _numbers, st.integers(1, 12))
@settings(max_examples=200)
def test_an_axis_holds_its_range_between_round_ends(first: float, second: float, intervals: int) -> None:
    low, high = sorted((first, second))
    axis = Axis.around(low, high, intervals)
    slack = axis.step * 1e-6
    assert axis.low <= low + slack
    assert high - slack <= axis.high
    assert 2 <= len(axis.ticks) <= 2 * intervals + 20
    assert len({axis.label(tick) for tick in axis.ticks}) == len(axis.ticks)


def test_ticks_are_labelled_with_the_digits_they_need() -> None:
    assert [Axis.around(0, 1, 4).label(tick) for tick in Axis.around(0, 1, 4).ticks] == ["0", "0.5", "1.0"]
    assert [Axis.around(-98, 190, 4).label(tick) for tick in Axis.around(-98, 190, 4).ticks] == [
        "-100",
        "0",
        "100",
        "200",
    ]
    assert Axis.around(1e-9, 3e-9, 2).label(2e-9) == "2e-09"


def test_a_curve_is_drawn_in_dots_with_axes_and_limit() -> None:
    points = [(x / 10, math.sin(x / 10)) for x in range(63)]
    lines = [
        "".join(text for text, _ in line) for line in draw_curve(Curve(points, 0, 6.2, [Level(0.5, "alarm")]), 40, 11)
    ]
    assert lines[0].startswith("  1 ┤")
    assert any("╌" in line for line in lines), "the limit"
    assert "⠤" in "".join(lines) or "⡠" in "".join(lines)
    assert lines[-2].strip().startswith("└──")
    assert lines[-1].split() == ["0", "3.1", "6.2"]
    assert {len(line) for line in lines[:-1]} == {40}


def test_a_step_curve_stays_level_until_the_value_changes() -> None:
    top, *_, bottom, _axis, _labels = [
        "".join(text for text, tone in line if tone == "curve")
        for line in draw_curve(Curve([(0, 0), (5, 1), (10, 1)], 0, 10, steps=True), 30, 8)
    ]
    assert len(bottom) == pytest.approx(len(top), abs=2)


@given(
    st.lists(st.tuples(st.floats(-10, 200), st.floats(allow_nan=False, allow_infinity=False, width=32)), min_size=1),
    st.integers(24, 90),
    st.integers(4, 30),
)
@settings(max_examples=100)
def test_any_points_fit_into_any_size(points: list[tuple[float, float]], width: int, height: int) -> None:
    lines = draw_curve(Curve(sorted(points), 0, 100), width, height)
    assert len(lines) == height


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(2, 60))
@settings(max_examples=100)
def test_an_image_keeps_its_proportions_inside_the_cells(columns: int, rows: int, width: int, height: int) -> None:
    pixels = sample(bytes(range(256)) * 10, columns, rows, width, height)
    assert 1 <= len(pixels) <= height
    assert {len(row) for row in pixels} == {len(pixels[0])}
    assert len(pixels[0]) <= width


def test_a_single_bright_pixel_of_a_large_image_is_not_lost() -> None:
    data = bytearray(90 * 90)
    data[31 * 90 + 61] = 255
    assert max(max(row) for row in sample(data, 90, 90, 30, 30)) == 47


def _columns() -> list[Column[str]]:
    return [
        Column("Name", 10, str, grow=1, most=20),
        Column("Value", 10, str, grow=3),
        Column("Unit", 6, str, rank=1),
        Column("Type", 8, str, rank=2),
    ]


@given(st.integers(1, 300))
def test_columns_fill_the_width_and_leave_out_the_least_important_first(width: int) -> None:
    chosen = lay_out(_columns(), width)
    titles = [column.title for column, _ in chosen]
    used = sum(size + 2 for _, size in chosen) - 2
    assert titles[0] == "Name"
    assert used == width or width < 22
    assert "Unit" in titles or "Type" not in titles


@given(st.text(), st.integers(0, 30))
def test_text_is_fitted_to_cells_and_cannot_steer_the_terminal(text: str, width: int) -> None:
    from rich.cells import cell_len

    shown = plain(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert cell_len(fit(shown, width)) == width


WEIRD = [math.nan, math.inf, -math.inf, 1e308, -1e308, 1.0, 2.0]


@given(st.lists(st.one_of(st.sampled_from(WEIRD), st.floats()), min_size=1, max_size=40))
@settings(max_examples=100)
def test_numbers_that_have_no_place_leave_a_gap_in_the_curve(values: list[float]) -> None:
    points = thinned(values, 1000)
    if any(drawable(value) for value in values):
        assert len(draw_curve(Curve(points, 0, len(values)), 40, 10)) == 10
    least_most = extent(values)
    numbers = [value for value in values if drawable(value)]
    assert least_most == ((min(numbers), max(numbers)) if numbers else None)


def test_a_gap_in_the_curve_is_not_bridged() -> None:
    def dots(middle: float) -> int:
        points = [(0.0, 1.0), (1.0, middle), (2.0, 1.0)]
        lines = draw_curve(Curve(points, 0, 2), 60, 10)
        return sum(len(text) for line in lines for text, tone in line if tone == "curve")

    assert dots(1.0) > 20
    assert dots(math.nan) == 2


@given(st.lists(st.one_of(st.sampled_from(WEIRD), st.floats()), min_size=6, max_size=6))
@settings(max_examples=100)
def test_an_image_of_any_numbers_is_drawn(values: list[float]) -> None:
    assert sum(map(len, sample(values, 3, 2, 9, 8))) > 0


def test_a_million_points_keep_their_only_peak() -> None:
    values = array("d", bytes(8_000_000))
    values[612_345] = 7.0
    points = thinned(values, 500)
    assert len(points) == 1000
    assert max(points, key=lambda point: point[1]) == (612_000.0, 7.0)


def test_a_trend_leaves_out_what_is_no_number() -> None:
    history = [Point(float(index), value) for index, value in enumerate(WEIRD)]
    assert trend_text(history, 14) == "▁█"
