"""How observed things read: values, ages, trends. Plain strings and tones; formatting itself is `console.format`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from server_core.model.config import NOT_SPECIFIED, AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality, DevState
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeValue
from tangoterm.console.format import (
    NO_VALUE,
    Display,
    command_text,
    error_line,
    printable,
    scalar_text,
    unit_of,
    value_text,
    with_unit,
)
from tangoterm.tui.numbers import drawable, extent
from tangoterm.tui.observed import Call, Observed, Point, Worded
from tangoterm.tui.theme import QUALITY_MARKS, STATE_MARKS

_BARS = "▁▂▃▄▅▆▇█"
_FRESH = 1.0


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
    found = extent(data) if TYPES[config.data_type].numeric else None
    if found is None:
        return text
    display = Display.of(config)
    least, most = (scalar_text(config.data_type, value, display) for value in found)
    return with_unit(f"{text}, {least} … {most}", unit_of(config))


def set_point_input(observed: Observed) -> str:
    """The present set point (or value) as one would write it, empty for images and long arrays."""
    reading, config = observed.reading, observed.config
    data = None if reading is None else reading.w_value if reading.w_value is not None else reading.value
    if data is None or config.data_format is AttrDataFormat.IMAGE:
        return ""
    display = Display(labels=tuple(config.enum_labels))
    if config.data_format is AttrDataFormat.SPECTRUM:
        return value_text(config.data_type, config.data_format, data, display, width=None) if len(data) <= 16 else ""
    if TYPES[config.data_type].kind is Kind.FLOAT:
        return f"{data:.10g}"
    return scalar_text(config.data_type, data, display)


def quality_cell(observed: Observed) -> tuple[str, str]:
    """Glyph and word of the quality; nothing for valid values."""
    reading = observed.reading
    if reading is None or reading.quality is AttrQuality.ATTR_VALID:
        return "", ""
    mark = QUALITY_MARKS[reading.quality]
    return f"{mark.glyph} {reading.quality.label}", mark.tone


def age_cell(observed: Observed) -> tuple[str, str]:
    """How long ago the value was taken, and that events bring it; nothing without a value."""
    reading = observed.reading
    if reading is None or reading.errors:
        return "", ""
    source = "↯" if observed.by_event else " "
    return f"{source}{age_text(reading.time)}", "muted"


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


def limits_of(config: AttributeConfig) -> list[float]:
    """The alarm and warning limits that are set."""
    alarms = config.alarms
    texts = (alarms.min_alarm, alarms.max_alarm, alarms.min_warning, alarms.max_warning)
    return [float(text) for text in texts if text != NOT_SPECIFIED and _is_number(text)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
