"""How observed things read: values, ages, trends. Plain strings and tones; formatting itself is `console.format`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality, DevState
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeValue
from tangoterm.console.cells import exact_text
from tangoterm.console.format import (
    NO_VALUE,
    Display,
    command_text,
    error_line,
    plain,
    printable,
    scalar_text,
    unit_of,
    value_text,
    with_unit,
)
from tangoterm.tui.attribute import Observed, Point, Source, Worded
from tangoterm.tui.numbers import drawable, extent
from tangoterm.tui.observed import Call
from tangoterm.tui.theme import QUALITY_MARKS, STATE_MARKS
from tangoterm.tui.widgets.chart import Level

_BARS = "▁▂▃▄▅▆▇█"
_FRESH = 1.0
_MOST_WRITTEN = 16
"""Elements of an array that a form offers to be changed; longer ones come from a file."""


def value_cell(observed: Observed) -> tuple[str, str]:
    """The value with its tone, worded once for each reading."""
    reading, worded = observed.reading, observed.worded
    if reading is None:
        return ("select to load" if observed.config.data_format is AttrDataFormat.IMAGE else "…", "muted")
    if worded is None or worded.reading is not reading or worded.config is not observed.config:
        worded = observed.worded = Worded(observed.config, reading, _value_cell(observed, reading))
    return worded.cell


def _value_cell(observed: Observed, reading: AttributeValue) -> tuple[str, str]:
    if reading.errors:
        return error_line(reading.errors), "bad"
    if observed.config.data_format is AttrDataFormat.SPECTRUM and reading.value is not None:
        return array_cell(observed), _value_tone(reading)
    return reading_text(observed.config, reading), _value_tone(reading)


def _value_tone(reading: AttributeValue) -> str:
    if isinstance(reading.value, DevState):
        return STATE_MARKS[reading.value].tone
    return "strong" if reading.quality is AttrQuality.ATTR_VALID else QUALITY_MARKS[reading.quality].tone


def reading_text(config: AttributeConfig, reading: AttributeValue, *, width: int | None = 60) -> str:
    """The value of a reading on one line."""
    if isinstance(reading.value, DevState):
        return f"{STATE_MARKS[reading.value].glyph} {reading.value.name}"
    return _data_text(config, reading.value, reading.dim_x, reading.dim_y, width)


def full_text(code: CmdArgType, value: Any, text: str) -> str:
    """`text` of a value; a string keeps its lines."""
    return printable(value, one_line=False) if code is CmdArgType.DevString and isinstance(value, str) else text


def set_point_text(observed: Observed) -> str:
    """The set point of a writable attribute; empty for others and before it is known."""
    reading = observed.reading
    if reading is None or reading.w_value is None or not observed.config.writable.writable:
        return ""
    return _data_text(observed.config, reading.w_value, reading.w_dim_x, reading.w_dim_y, 30)


def _data_text(config: AttributeConfig, data: Any, columns: int, rows: int, width: int | None) -> str:
    if data is None:
        return NO_VALUE
    display = Display.of(config)
    if config.data_format is AttrDataFormat.IMAGE:
        if width is not None:
            return image_text(config, data, columns, rows)
        data = [data[row * columns : (row + 1) * columns] for row in range(rows)]
    return value_text(config.data_type, config.data_format, data, display, width=width)


def image_text(config: AttributeConfig, data: Any, columns: int, rows: int) -> str:
    """Size, type and range of an image."""
    text = f"{columns} × {rows} {config.data_type}"
    found = range_text(config, data)
    return with_unit(f"{text}, {found}", unit_of(config)) if found else text


def range_text(config: AttributeConfig, data: Any) -> str:
    """The least and the largest number of an array; empty when there is none."""
    found = extent(data) if TYPES[config.data_type].numeric else None
    if found is None:
        return ""
    display = Display.of(config)
    return " … ".join(scalar_text(config.data_type, value, display) for value in found)


def array_cell(observed: Observed) -> str:
    """An array in a table: how many elements there are, their range, and the first of them."""
    config, reading = observed.config, observed.reading
    assert reading is not None
    found = range_text(config, reading.value)
    elements = reading_text(config, reading, width=48)
    return f"[{len(reading.value)}]  {found}  {elements}" if found else elements


def set_point_input(observed: Observed) -> str:
    """The present set point (or value) as one would write it, every digit of it; empty for long arrays."""
    reading, config = observed.reading, observed.config
    data = None if reading is None else reading.w_value if reading.w_value is not None else reading.value
    if data is None or (not observed.scalar and len(data) > _MOST_WRITTEN):
        return ""
    if config.data_format is AttrDataFormat.IMAGE and reading is not None:
        columns = reading.w_dim_x if reading.w_value is not None else reading.dim_x
        data = [plain(data[start : start + columns]) for start in range(0, len(data), max(1, columns))]
    return exact_text(config.data_type, data, config.enum_labels)


def age_cell(observed: Observed) -> tuple[str, str]:
    """How long ago the value was taken; nothing without a value."""
    reading = observed.reading
    if reading is None or reading.errors:
        return "", ""
    return age_text(reading.time), "muted"


_SOURCES = {
    Source.NONE: ("", ""),
    Source.EVENT: ("↯ event", "good"),
    Source.BUFFER: ("▤ buffer", "link"),
    Source.READ: ("↻ read", "muted"),
}


def source_cell(observed: Observed) -> tuple[str, str]:
    """How the value came: by event, out of the polling buffer, or read from the device."""
    return _SOURCES[observed.came]


def source_text(observed: Observed) -> str:
    """How values come, in words."""
    if observed.by_event and not observed.silent:
        return "by change event"
    silent = "events do not get here; " if observed.silent else ""
    if observed.polled is None:
        return f"{silent}read from the device"
    return f"{silent}from the polling buffer, " + (
        f"{observed.polled} ms" if observed.polled else "filled from outside"
    )


def quality_cell(observed: Observed) -> tuple[str, str]:
    """The quality as one letter with its glyph: V, I, A, C, W; nothing before the first reading."""
    reading = observed.reading
    if reading is None:
        return "", ""
    if reading.quality is AttrQuality.ATTR_VALID:
        return "V", "muted"
    mark = QUALITY_MARKS[reading.quality]
    return f"{reading.quality.label[0]} {mark.glyph}", mark.tone


def age_text(moment: float | None) -> str:
    """The time since `moment`, coarse: `now`, `12 s`, `5 min`, `3 h`, `2 d`."""
    if not moment:
        return ""
    age = max(0.0, time.time() - moment)
    if age < _FRESH:
        return "now"
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if age < limit:
            return f"{int(age / size)} {unit}"
    return f"{int(age / 86400)} d"


def trend_text(history: Sequence[Point], width: int) -> str:
    """The last values as small bars."""
    values = [point.value for point in list(history)[-width:] if drawable(point.value)]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    if high <= low:
        return _BARS[0] * len(values)
    scale = (len(_BARS) - 1) / (high - low)
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def call_text(call: Call) -> str:
    """What was asked: `DevDouble(3.5)`, `ampli = 3`."""
    if call.write is not None:
        data_format = call.write.data_format
        value = value_text(call.in_type, data_format, call.argument, Display.of(call.write), width=30)
        return f"{call.name} = {value}"
    if call.in_type is CmdArgType.DevVoid:
        return f"{call.name}()"
    return f"{call.name}({command_text(call.in_type, call.argument, width=30)})"


def result_cell(call: Call) -> tuple[str, str]:
    """What came of a call."""
    if call.running:
        return "running …", "state-moving"
    if call.errors:
        return f"✖ {error_line(call.errors)}", "bad"
    if call.write is not None:
        return "✓ written", "good"
    if call.out_type is CmdArgType.DevVoid:
        return "✓ done", "good"
    return command_text(call.out_type, call.result), "strong"


_LIMITS = (
    ("alarm", "state-alarm", ("min_alarm", "max_alarm")),
    ("warning", "warn", ("min_warning", "max_warning")),
)


def levels_of(observed: Observed) -> list[Level]:
    """The alarm and warning limits that are set, and the set point of a scalar, as lines of a plot."""
    levels = [
        Level(float(text), f"{word} {text}", tone)
        for word, tone, names in _LIMITS
        for name in names
        if _is_number(text := getattr(observed.config.alarms, name))
    ]
    written = None if observed.reading is None else observed.reading.w_value
    access = observed.config.writable
    if access.readable and access.writable and not observed.stepwise and isinstance(written, (int, float)):
        text = scalar_text(observed.config.data_type, written, Display.of(observed.config))
        levels.append(Level(float(written), f"set {text}", "link", "┄"))
    return levels


def y_text_of(config: AttributeConfig) -> Callable[[float], str] | None:
    """How the y axis of an attribute words its places; None for plain numbers."""
    kind = TYPES[config.data_type].kind
    if kind is Kind.STATE:
        return lambda y: DevState(round(y)).name if 0 <= y < len(DevState) else ""
    if kind is Kind.ENUM:
        labels = config.enum_labels
        return lambda y: printable(labels[round(y)]) if 0 <= round(y) < len(labels) else ""
    if kind is Kind.BOOLEAN:
        return lambda y: {0: "false", 1: "true"}.get(round(y), "")
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def type_text(observed: Observed) -> str:
    """Type and largest dimensions."""
    config = observed.config
    if config.data_format is AttrDataFormat.SPECTRUM:
        return f"{config.data_type}[{config.max_dim_x}]"
    if config.data_format is AttrDataFormat.IMAGE:
        return f"{config.data_type}[{config.max_dim_x}×{config.max_dim_y}]"
    return str(config.data_type)
