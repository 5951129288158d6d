"""Twins of devices: the same interface, readings that could be real, set points that are kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any

import numpy as np
import pytest

from server_core import (
    AttrWriteType,
    DevFailed,
    Device,
    DevState,
    DispLevel,
    PipeWriteType,
    attribute,
    command,
    pipe,
)
from server_core.devices import find_class
from server_core.devices.clone import clone_class
from server_core.devices.description import KEPT, Description, Sample
from server_core.devices.plausible import array_source, scalar_source
from server_core.model.config import AttributeAlarmInfo, AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.types import TYPES, CmdArgType
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tangoterm.console.describing import describe

RW = AttrWriteType.READ_WRITE


class Mode(IntEnum):
    OFF = 0
    SLOW = 1
    FAST = 2


class Pump(Device):
    """The original."""

    description = "A pump in the cellar"

    def init_device(self) -> None:
        self.values: dict[str, Any] = {"speed": 1200.0, "mode": Mode.SLOW, "wanted": 7, "row": [1.0, 2.0]}
        self.set_state(DevState.ON)
        self.set_status("Pumping")

    temperature = attribute(
        dtype=float, fget=lambda self: 59.0, unit="degC", label="Oil", doc="Of the oil", min_warning=20, max_warning=60,
        max_alarm=70, abs_change=0.5, polling_period=1000,
    )  # fmt: skip
    revolutions = attribute(dtype="uint32", fget=lambda self: 4_000_000_000, display_level=DispLevel.EXPERT)
    title = attribute(dtype=str, fget=lambda self: "pump 7")
    ready = attribute(dtype=bool, fget=lambda self: True)
    valve = attribute(dtype="DevState", fget=lambda self: DevState.OPEN)
    blob = attribute(dtype="DevEncoded", fget=lambda self: ("raw", b"\x00\xff"))
    broken = attribute(dtype="int16", fget=lambda self: 1 / 0, min_value=5, max_value=9)
    trace = attribute(dtype=[float], max_dim_x=100, fget=lambda self: [math.sin(x / 5) for x in range(50)])
    words = attribute(dtype=[str], max_dim_x=10, fget=lambda self: ["a", "b", "c"])
    states = attribute(dtype=["DevState"], max_dim_x=4, fget=lambda self: [DevState.ON, DevState.OFF])
    camera = attribute(dtype=[["uint16"]], max_dim_x=400, max_dim_y=300, fget=lambda self: np.full((80, 120), 9, "H"))
    small = attribute(dtype=[["int32"]], max_dim_x=4, max_dim_y=4, fget=lambda self: [[1, 2, 3], [4, 5, 6]])

    speed = attribute(dtype=float, access=RW, fget="kept", fset="keep_speed", min_value=0, max_value=3000, unit="rpm")
    mode = attribute(dtype=Mode, access=RW, fget="kept", fset="keep_mode")
    row = attribute(dtype=[float], max_dim_x=4, access=RW, fget="kept", fset="keep_row")
    wanted = attribute(dtype=int, access=AttrWriteType.WRITE, fset="keep_wanted", memorized=True, hw_memorized=True)
    reached = attribute(
        dtype=int, access=AttrWriteType.READ_WITH_WRITE, writable_attr_name="wanted",
        fget=lambda self: self.values["wanted"],
    )  # fmt: skip

    def kept(self, attr: Any) -> Any:
        return self.values[attr.get_name()]

    def keep_speed(self, value: float) -> None:
        self.values["speed"] = value

    def keep_mode(self, value: int) -> None:
        self.values["mode"] = value

    def keep_row(self, value: Any) -> None:
        self.values["row"] = value

    def keep_wanted(self, value: int) -> None:
        self.values["wanted"] = value

    @command(dtype_in=float, doc_in="seconds", dtype_out=str, doc_out="what happened", display_level=DispLevel.EXPERT)
    def Purge(self, seconds: float) -> str:
        return f"purged for {seconds}"

    @command(dtype_in=[int], dtype_out=[int])
    def Sort(self, values: Any) -> Any:
        return sorted(values)

    @command(dtype_out="DevVarDoubleStringArray")
    def Report(self) -> Any:
        return [[1.0], ["x"]]

    @command(dtype_out=DevState)
    def Check(self) -> DevState:
        return DevState.FAULT

    @pipe(label="All of it")
    def everything(self) -> Any:
        return "all", {"n": 3, "list": [1.5, 2.5], "inner": ("in", {"flag": True})}

    notes = pipe(access=PipeWriteType.PIPE_READ_WRITE)

    def read_notes(self) -> Any:
        raise DevFailed.of("Empty", "nothing noted")

    def write_notes(self, blob: Any) -> None: ...


@pytest.fixture
def original(store: Any) -> Iterator[DeviceProxy]:
    """The pump, with a set point."""
    store.add_server("Pump/lab", [("lab/pump/1", "Pump")])
    with DeviceServer((Pump,), "Pump", "lab", store=store):
        proxy = DeviceProxy("lab/pump/1")
        proxy.speed = 1500.0
        yield proxy
        close_connections()


@pytest.fixture
def description(original: DeviceProxy) -> Description:
    """What the pump is, after a round through a file."""
    return Description.from_json(describe(original).to_json())


Twin = Callable[[Description], DeviceProxy]


@pytest.fixture
def serve_twin(store: Any) -> Iterator[Twin]:
    """Serves the twin of a description."""
    servers: list[DeviceServer] = []

    def serve(description: Description) -> DeviceProxy:
        store.add_server("Clone/sim", [("my/simu/1", description.dev_class)])
        servers.append(DeviceServer((clone_class(description),), "Clone", "sim", store=store))
        servers[-1].start()
        return DeviceProxy("my/simu/1")

    yield serve
    close_connections()
    for server in servers:
        server.stop()


@pytest.fixture
def twin(description: Description, serve_twin: Twin) -> DeviceProxy:
    return serve_twin(description)


def by_name(items: Any, name: str = "name") -> dict[str, Any]:
    return {getattr(item, name): item for item in items}


def test_a_twin_has_the_interface_of_its_original(original: DeviceProxy, twin: DeviceProxy) -> None:
    """DYN-1, DYN-3, DYN-11: dynamic attributes and commands with everything that static ones have."""
    assert by_name(twin.attribute_list_query()) == by_name(original.attribute_list_query())
    assert by_name(twin.command_list_query(), "cmd_name") == by_name(original.command_list_query(), "cmd_name")
    assert by_name(twin.get_pipe_config()) == by_name(original.get_pipe_config())
    assert twin.info().dev_class == original.info().dev_class == "Pump"
    assert (twin.state(), twin.status()) == (DevState.ON, "Pumping")
    assert twin.description() == "A pump in the cellar"
    assert twin.get_attribute_poll_period("temperature") == 1000


def test_readings_have_the_form_of_the_originals(original: DeviceProxy, twin: DeviceProxy) -> None:
    for name in original.get_attribute_list():
        if name == "broken":
            continue
        theirs, ours = original.read_attribute(name), twin.read_attribute(name)
        assert (ours.type, ours.dim_x, ours.dim_y, ours.quality) == (
            theirs.type, theirs.dim_x, theirs.dim_y, AttrQuality.ATTR_VALID,
        ), name  # fmt: skip
        if not TYPES[ours.type].numeric:
            assert ours.value == theirs.value, name
        assert np.array_equal(ours.w_value, theirs.w_value), name
    assert 5 < twin.broken < 9, "what cannot be read of the original is made up within its limits"


def test_set_points_are_kept_and_readings_follow(twin: DeviceProxy) -> None:
    assert (twin["speed"].w_value, twin["wanted"].w_value) == (1500.0, 0)
    twin.speed = 900.0
    assert twin["speed"].w_value == 900.0
    assert twin.speed == pytest.approx(900.0, rel=0.003)
    twin.mode = "FAST"
    twin.row = [4.0, 5.0, 6.0]
    assert (twin.read_attribute("mode").value, twin.row.tolist()) == (2, [4.0, 5.0, 6.0])
    twin.wanted = 42
    assert (twin["reached"].value, twin["reached"].w_value) == (42, 42)
    with pytest.raises(DevFailed, match="above the maximum authorized"):
        twin.speed = 3001.0
    with pytest.raises(DevFailed, match="API_AttrNotWritable"):
        twin.temperature = 1.0


def test_commands_answer_with_their_type(twin: DeviceProxy) -> None:
    assert twin.Purge(2.0) == "Purge: simulated"
    assert twin.Sort([3, 1]).tolist() == [3, 1], "an argument of the result's type comes back"
    numbers, texts = twin.Report()
    assert len(numbers) == len(texts) > 0
    assert twin.Check() is DevState.ON
    with pytest.raises(DevFailed, match="API_IncompatibleCmdArgumentType"):
        twin.Purge("long")


def test_pipes_show_what_the_original_showed(original: DeviceProxy, twin: DeviceProxy) -> None:
    assert str(twin.read_pipe("everything")) == str(original.read_pipe("everything"))
    assert twin.read_pipe("notes") == ("notes", [])
    twin.write_pipe("notes", ("note", {"text": "new"}))
    assert twin.read_pipe("notes")[1][0]["value"] == "new"


def test_numbers_wander_within_the_limits(monkeypatch: pytest.MonkeyPatch, description: Description) -> None:
    now = [0.0]
    monkeypatch.setattr("server_core.devices.plausible.monotonic", lambda: now[0])
    described = by_name(each.config for each in description.attributes)
    samples = {each.config.name: each.reading for each in description.attributes}
    sources = {name: scalar_source(described[name], samples[name]) for name in ("temperature", "revolutions", "broken")}
    seen: dict[str, list[Any]] = {name: [] for name in sources}
    for _ in range(300):
        now[0] += 5.0
        for name, source in sources.items():
            seen[name].append(source())
    assert 20 < min(seen["temperature"]) < max(seen["temperature"]) < 60
    assert max(seen["temperature"]) - min(seen["temperature"]) > 1.0
    assert max(seen["revolutions"]) <= 2**32 - 1
    assert len(set(seen["revolutions"])) > 100
    assert {type(number) for number in seen["revolutions"] + seen["broken"]} == {int}
    assert set(seen["broken"]) <= {6, 7, 8}


@pytest.mark.parametrize(
    ("limits", "sample"),
    [({"max_alarm": "10"}, 500.0), ({"min_alarm": "-1"}, -50.0), ({"min_warning": "2", "max_alarm": "4"}, 9.0)],
)
def test_a_sample_beyond_its_limits_is_not_repeated(limits: dict[str, str], sample: float) -> None:
    config = AttributeConfig("x", CmdArgType.DevDouble, alarms=AttributeAlarmInfo(**limits))
    numbers = {name: float(text) for name, text in limits.items()}
    for _ in range(20):
        value = scalar_source(config, Sample(sample, 1))()
        assert all(value > number if name.startswith("min") else value < number for name, number in numbers.items())


def test_a_reading_at_its_limit_stays_near_it() -> None:
    """Noise around zero of what cannot be negative is no reason for large numbers."""
    config = AttributeConfig("x", CmdArgType.DevDouble, min_value="0", max_value="200")
    config.alarms.max_warning = "180"
    for _ in range(20):
        assert 0 <= scalar_source(config, Sample(-0.003, 1))() <= 1


@pytest.mark.parametrize("code", [code for code, row in TYPES.items() if row.attribute])
@pytest.mark.parametrize("data_format", [AttrDataFormat.SCALAR, AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE])
def test_any_type_can_be_made_up(code: CmdArgType, data_format: AttrDataFormat, serve_twin: Twin) -> None:
    """DYN-1: a twin of an original that could not be read."""
    if code is CmdArgType.DevEncoded and data_format is not AttrDataFormat.SCALAR:
        return
    depth = int(data_format)
    config = AttributeConfig("x", code, data_format, RW, max_dim_x=40, max_dim_y=20 if depth == 2 else 0)
    config.writable_attr_name = "x"
    config.enum_labels = ["A", "B"] if code is CmdArgType.DevEnum else []
    whole = Description.from_json(json.dumps({"device": "a/b/c", "dev_class": "Odd", "attributes": []}))
    described = Description.from_json(
        json.dumps({"device": "a", "dev_class": "b", "attributes": [{"config": {"name": "x", "data_type": code.name}}]})
    ).attributes[0]
    described.config = config
    reading = serve_twin(replace(whole, attributes=[described])).read_attribute("x")
    assert reading.type is code
    assert (reading.dim_x, reading.dim_y) == ((1, 0), (16, 0), (16, 16))[depth]


def test_of_a_large_array_only_a_part_is_kept(twin: DeviceProxy, description: Description) -> None:
    (camera,) = (each for each in description.attributes if each.config.name == "camera")
    assert (len(camera.reading.data), camera.reading.dim_x, camera.reading.dim_y) == (KEPT, 120, 80)
    flat = AttributeConfig("x", CmdArgType.DevDouble, AttrDataFormat.IMAGE, max_dim_x=200, max_dim_y=200)
    image = np.asarray(array_source(flat, Sample([0.0] * KEPT, 200, 100, -5.0, 5.0))())
    assert image.shape == (100, 200)
    assert -5.0 <= image.min() < image.max() <= 5.0


def test_init_forgets_what_was_written(twin: DeviceProxy) -> None:
    """CMD-12."""
    twin.mode = 2
    twin.Init()
    assert twin.read_attribute("mode").value == 1
    assert twin.status() == "Pumping"


def test_a_twin_of_the_test_device(tango_test: DeviceProxy, serve_twin: Twin) -> None:
    twin = serve_twin(Description.from_json(describe(tango_test).to_json()))
    assert by_name(twin.attribute_list_query()) == by_name(tango_test.attribute_list_query())
    assert by_name(twin.command_list_query(), "cmd_name") == by_name(tango_test.command_list_query(), "cmd_name")
    readings = twin.read_attributes(twin.get_attribute_list())
    assert [reading.name for reading in readings if reading.has_failed] == []
    assert twin.DevVarLongStringArray([[1, 2], ["a", "b"]])[1] == ["a", "b"]


# ---- descriptions


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "description: [] is not a Description"),
        ("{", "Expecting"),
        ('{"device": "a/b/c"}', "description: dev_class is missing"),
        ('{"device": "a", "dev_class": "b", "colour": 1}', "Description has no colour"),
        ('{"device": "a", "dev_class": "b", "state": "NICE"}', "description.state: 'NICE' is none of ON, OFF"),
        ('{"device": "a", "dev_class": "b", "commands": 3}', "description.commands: 3 is not a list"),
        ('{"device": "a", "dev_class": 5}', "description.dev_class: 5 is not a str"),
        ('{"device": "a", "dev_class": "b", "commands": [{"info": {}}]}', r"commands\[0\].info: cmd_name is missing"),
    ],
)
def test_what_is_no_description_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("[]", r"\[\]")):
        Description.from_json(text)


def test_the_description_may_be_a_property_or_a_file(store: Any, description: Description, tmp_path: Any) -> None:

    file = tmp_path / "pump.json"
    file.write_text(description.to_json())
    text = json.dumps(json.loads(description.to_json()), indent=1).splitlines()
    properties: dict[str, dict[str, list[str]]] = {
        "sim/by/property": {"interface": text},
        "sim/by/file": {"interface_file": [str(file)]},
    }
    store.add_server("Clone/sim", [(name, "Clone") for name in properties])
    for name, values in properties.items():
        store.put_device_property(name, values)
    with DeviceServer((find_class("Clone"),), "Clone", "sim", store=store):
        for name in properties:
            twin = DeviceProxy(name)
            assert twin.title == "pump 7"
            assert twin.info().dev_class == "Clone"
        close_connections()


def test_a_twin_without_description_says_what_it_lacks(store: Any) -> None:
    store.add_server("Clone/sim", [("sim/by/nothing", "Clone")])
    server = DeviceServer((find_class("Clone"),), "Clone", "sim", store=store)
    with pytest.raises(DevFailed, match="interface and interface_file are empty"):
        server.start()
