"""Values as files."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue
from tangoterm.console import exports
from tangoterm.console.commands import UsageError

DOUBLE = CmdArgType.DevDouble


def test_a_trend_is_a_line_for_each_value(tmp_path: Path) -> None:
    exports.export(exports.trend("a/b/c/d", [(0.5, 1.25), (1.5, 2.0)]), str(tmp_path / "trend.csv"))
    lines = (tmp_path / "trend.csv").read_text().splitlines()
    assert lines == [
        "name,time,value",
        "a/b/c/d,1970-01-01T00:00:00.500000+00:00,1.25",
        "a/b/c/d,1970-01-01T00:00:01.500000+00:00,2.0",
    ]


def test_an_image_is_a_line_for_each_row(tmp_path: Path) -> None:
    config = AttributeConfig("image", DOUBLE, AttrDataFormat.IMAGE)
    reading = AttributeValue("image", DOUBLE, AttrDataFormat.IMAGE)
    reading.value, reading.dim_x, reading.dim_y = memoryview(array("d", [1, 2, 3, 4, 5, 6])), 3, 2
    exports.export(exports.array(config, reading), str(tmp_path / "image.csv"))
    assert (tmp_path / "image.csv").read_text().splitlines() == ["y,0,1,2", "0,1.0,2.0,3.0", "1,4.0,5.0,6.0"]


def test_a_table_has_values_and_errors(tmp_path: Path) -> None:
    config = AttributeConfig("wave", DOUBLE, AttrDataFormat.SPECTRUM, unit="V")
    reading = AttributeValue("wave", DOUBLE, AttrDataFormat.SPECTRUM, AttrQuality.ATTR_VALID, 0.5)
    reading.value, reading.dim_x = memoryview(array("d", [1, 2])), 2
    exports.export(exports.readings([("x/wave", config, reading), ("x/new", config, None)]), str(tmp_path / "t.json"))
    whole, new = json.loads((tmp_path / "t.json").read_text())
    assert (whole["value"], whole["unit"], whole["quality"]) == ([1.0, 2.0], "V", "VALID")
    assert new["name"] == "x/new"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        exports.export(exports.trend("x", []), str(tmp_path / "there.csv"))
    with pytest.raises(UsageError, match=r"neither \.csv nor \.json"):
        exports.export(exports.trend("x", []), str(tmp_path / "there.txt"))
    assert (tmp_path / "there.csv").read_text() == "mine"
