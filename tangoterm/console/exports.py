"""Tables, trends, spectra and images as files: CSV or JSON, by the name of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat
from server_core.model.values import AttributeValue
from tangoterm.console.cells import TimeCell, ValueCell
from tangoterm.console.commands.table import UsageError
from tangoterm.console.format import Display, plain, quality_text, unit_of
from tangoterm.console.render import Output, render
from tangoterm.console.result import Column, Result

FORMS = {".csv": Output.CSV, ".json": Output.JSON}


def export(result: Result, file: str) -> Path:
    """Write a result into a new file; the path.

    Raises UsageError for a name that ends with neither .csv nor .json, for a file that is there already, and when it
    cannot be written.
    """
    path = Path(file).expanduser()
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{file} ends with neither {' nor '.join(FORMS)}")
    text = "".join(f"{line}\n" for line in render(result, form))
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path


def _table(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Result:
    return Result(tuple(Column(name, name) for name in names), list(rows))


def trend(name: str, points: Iterable[tuple[float, float]]) -> Result:
    """A scalar over time."""
    return _table(("name", "time", "value"), ({"name": name, "time": TimeCell(x), "value": y} for x, y in points))


def array(config: AttributeConfig, reading: AttributeValue) -> Result:
    """The elements of a spectrum with their indices, or the pixels of an image row by row."""
    values = plain(reading.value)
    if config.data_format is AttrDataFormat.IMAGE:
        columns = reading.dim_x
        names = [str(x) for x in range(columns)]
        rows = ({"y": y} | dict(zip(names, values[y * columns :], strict=False)) for y in range(reading.dim_y))
        return _table(("y", *names), rows)
    return _table(("index", "value"), ({"index": index, "value": value} for index, value in enumerate(values)))


def readings(items: Iterable[tuple[str, AttributeConfig, AttributeValue | None]]) -> Result:
    """Attributes with their latest values: name, configuration, reading."""
    shown = ("name", "value", "set_point", "unit", "quality", "time", "error")
    return _table(shown, (_reading_row(*item) for item in items))


def _reading_row(name: str, config: AttributeConfig, reading: AttributeValue | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "unit": unit_of(config)}
    if reading is None:
        return row
    if reading.errors:
        return row | {"quality": "INVALID", "error": f"{reading.errors[0].reason}: {reading.errors[0].desc}"}

    def cell(value: Any, columns: int, rows: int) -> ValueCell | None:
        if value is None:
            return None
        if config.data_format is AttrDataFormat.IMAGE:
            value = [plain(value[row * columns : (row + 1) * columns]) for row in range(rows)]
        return ValueCell(config.data_type, config.data_format, value, Display.of(config))

    return row | {
        "value": cell(reading.value, reading.dim_x, reading.dim_y),
        "set_point": cell(reading.w_value, reading.w_dim_x, reading.w_dim_y),
        "quality": quality_text(reading.quality),
        "time": TimeCell(reading.time),
    }
