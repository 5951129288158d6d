"""Reads, writes and alarms replayed as they were captured from a real server (model examples RD, WR, WT, AL)."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest

from server_core import AttrQuality, AttrWriteType, DevFailed, Device, DevState, attribute, command
from server_core.model.conversion import from_attribute_data, to_attribute_data
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, AttributeWrite

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("captured.json").read_text(encoding="utf-8")
)
RW = AttrWriteType.READ_WRITE


def kept(dtype: Any, initial: Any, **kwargs: Any) -> attribute:
    """An attribute whose reading is what was written last."""

    def read(self: Any, attr: Any) -> Any:
        return self.values.get(attr.get_name(), initial)

    def write(self: Any, value: Any) -> None:
        raise NotImplementedError

    declaration = attribute(dtype=dtype, access=RW, fget=read, fset="keep", **kwargs)
    declaration.doc = ""
    return declaration


def failing(reason: str, desc: str, origin: str) -> DevFailed:
    return DevFailed.of(reason, desc, origin)


class Sample(Device):
    """The device that was captured, as far as its values tell."""

    full = kept(float, 0.0, min_value=-10, max_value=10)
    plain = kept(float, 0.0)
    spec = kept([int], [1, 2], max_dim_x=4, min_value=0, max_value=100)
    img = kept([[int]], [[1, 2, 3], [4, 5, 6]], max_dim_x=3, max_dim_y=2)
    enu = kept("DevEnum", 0, enum_labels=["ONE", "TWO", "THREE"])
    enuspec = kept(["DevEnum"], [0], enum_labels=["A", "B"], max_dim_x=3)
    enunolab = attribute(dtype="DevEnum", fget="one")
    mem = kept(float, -1.0)
    memhw = kept(float, -1.0)
    memstr = kept(str, "")
    sc_boolean = kept(bool, False)
    sc_short = kept("int16", 0)
    sc_long = kept("int32", 0)
    sc_long64 = kept("int64", 0)
    sc_float = kept("float32", 0.0)
    sc_double = kept("float64", 0.0)
    sc_uchar = kept("uchar", 0)
    sc_ushort = kept("uint16", 0)
    sc_ulong = kept("uint32", 0)
    sc_ulong64 = kept("uint64", 0)
    sc_string = kept(str, "")
    sc_state = kept("DevState", DevState.ON)
    sc_encoded = kept("DevEncoded", ("", b""))
    sp_short = kept(["int16"], [0], max_dim_x=5)
    sp_string = kept([str], [""], max_dim_x=5)
    sp_double = kept(["float64"], [0.0], max_dim_x=5)
    sp_boolean = kept([bool], [False], max_dim_x=5)
    sp_state = kept(["DevState"], [DevState.ON], max_dim_x=5)
    im_short = kept([["int16"]], [[0]], max_dim_x=3, max_dim_y=3)
    im_string = kept([[str]], [[""]], max_dim_x=3, max_dim_y=3)
    im_double = kept([["float64"]], [[0.0]], max_dim_x=3, max_dim_y=3)
    lim = kept([float], [0.0], max_dim_x=3)
    uni = kept(str, "é")
    al1 = kept(float, 0.0, label="AlLab", min_alarm=-8, max_alarm=8, min_warning=-5, max_warning=5)
    specal = kept([int], [1, 2], max_dim_x=4, min_alarm=0, max_alarm=10)

    def init_device(self) -> None:
        self.values: dict[str, Any] = {}
        self.quality = AttrQuality.ATTR_VALID
        self.set_state(DevState.ON)

    def write_attr_hardware(self, attr_list: Any) -> None:
        self.written = list(attr_list)

    def keep(self, value: Any) -> None:
        name = next(a.name for a in self.get_device_attr().values() if a.pending is not None)
        self.values[name] = value

    def one(self) -> int:
        return 1

    ro = attribute(dtype=float, fget=lambda self: 1.25)
    wo = attribute(dtype=int, access=AttrWriteType.WRITE, fset="keep")
    emptyspec = attribute(dtype=[float], max_dim_x=3, fget=lambda self: [])
    emptystr = attribute(dtype=[str], max_dim_x=3, fget=lambda self: [])
    invalid = attribute(dtype=float, fget=lambda self: (0.0, 12345.0, AttrQuality.ATTR_INVALID))
    changing = attribute(dtype=float, fget=lambda self: (3.3, 12345.678901, AttrQuality.ATTR_CHANGING))
    none = attribute(dtype=float, fget=lambda self: None)
    wrongtype = attribute(dtype=float, fget=lambda self: "a string")
    toobig = attribute(dtype="int16", fget=lambda self: 70000)
    toolong = attribute(dtype=[int], max_dim_x=3, fget=lambda self: [1, 2, 3, 4])
    badcolor = attribute(dtype="DevEnum", enum_labels=["RED", "GREEN", "BLUE"], fget=lambda self: 4805)
    q_alarm = attribute(dtype=float, fget=lambda self: (3.3, self.quality))

    @attribute(dtype=float)
    def raises(self) -> None:
        raise failing("My_Reason", "my description", "my.origin")

    @attribute(dtype=float)
    def pyraises(self) -> None:
        raise ValueError("python boom")

    @attribute(dtype=float)
    def wraises(self) -> float:
        return 0.0

    @wraises.write
    def wraises(self, value: float) -> None:
        raise failing("W_Reason", "w description", "w.origin")

    @attribute(dtype=float)
    def guarded(self) -> float:
        return 1.0

    @guarded.write
    def guarded(self, value: float) -> None: ...

    @guarded.is_allowed
    def guarded(self, request: Any) -> bool:
        return self.get_state() is not DevState.OFF

    @command(dtype_out=int)
    def Guarded(self) -> int:
        return 3

    def is_Guarded_allowed(self) -> bool:
        return self.get_state() is not DevState.OFF


def plain(value: Any) -> Any:
    """A user's value as the captured file writes it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, tuple):
        return [value[0], {"bytes": list(value[1])}]
    return value


def shown(value: AttributeValue) -> dict[str, Any]:
    kind, shape = value.data_type, value.data_format
    has_data = value.value is not None
    return {
        "value": plain(from_attribute_data(kind, shape, value.value, value.dim_x, value.dim_y)) if has_data else None,
        "w_value": plain(from_attribute_data(kind, shape, value.w_value, value.w_dim_x, value.w_dim_y))
        if value.w_value is not None
        else None,
        "quality": value.quality.name,
        "dim_x": value.dim_x, "dim_y": value.dim_y, "w_dim_x": value.w_dim_x, "w_dim_y": value.w_dim_y,
        "type": kind.name, "format": shape.name, "name": value.name, "has_failed": value.has_failed,
    }  # fmt: skip


# The peer's client shows no set point where the device sends an empty one.
def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return all(
        ours[key] == theirs[key] or (key == "w_value" and theirs[key] == [] and not ours[key])
        for key in ours.keys() & theirs
    )


TOLD_ELSEWHERE = {"RD-State", "RD-Status", "RD-invalid_none"}
READS = [
    case
    for case in CASES["attribute_read"]
    if case["id"].startswith("RD-") and "name" in (case.get("out") or {}) and case["id"] not in TOLD_ELSEWHERE
]


@pytest.mark.parametrize("case", READS, ids=lambda case: case["id"])
def test_a_read_gives_what_the_reference_gives(start: Any, case: dict[str, Any]) -> None:
    """ATT-22..ATT-35, TYP-16; the client's own outer error is left out."""
    name = case["what"].split()[1]
    kernel = start(Sample, "test/attr/1")
    (value,) = kernel.read_attributes([name])
    expected = case["out"]
    assert same(shown(value), expected), (shown(value), expected)
    if expected["quality"] == "ATTR_CHANGING":
        assert math.isclose(value.time, expected["t"], abs_tol=1e-4)
    if expected["has_failed"] and name not in ("wrongtype", "toobig"):
        reason, desc, _ = expected["err"][0]
        assert value.errors[0][:2] == (reason, desc)
    if name in ("wrongtype", "toobig"):
        assert value.errors[0].reason == "PyDs_PythonError"


def written(kernel: Any, name: str, value: Any) -> None:
    attribute = kernel.attribute(name)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
        value = (value[0], bytes(value[1]["bytes"]))
    if isinstance(value, dict):
        value = bytes(value["bytes"])
    data, dim_x, dim_y = to_attribute_data(attribute.data_type, attribute.data_format, value)
    kernel.write_attributes([AttributeWrite(name, attribute.data_type, data, dim_x, dim_y)])


CLIENT_WORDS = ("PyDs_WrongParameters",)
WRITES = [
    case
    for case in CASES["attribute_write"]
    if case["id"].startswith("WR-") and "client_error" not in case and case["id"] not in ("WR-55",)
    and not (case.get("errors") and case["errors"][0][0] in CLIENT_WORDS)
]  # fmt: skip


@pytest.mark.parametrize("case", WRITES, ids=lambda case: case["id"])
def test_a_write_does_what_the_reference_does(start: Any, case: dict[str, Any]) -> None:
    """ATT-40..ATT-47."""
    kernel = start(Sample, "test/attr/2")
    name = case["what"]["write"]
    if "errors" in case:
        with pytest.raises(MultiDevFailed) as raised:
            written(kernel, name, case["what"]["value"])
        (failed,) = raised.value.failed
        assert (failed.name, failed.index_in_call, list(failed.errors[0][:2])) == (name, 0, case["errors"][0])
        return
    written(kernel, name, case["what"]["value"])
    (value,) = kernel.read_attributes([name])
    assert same(shown(value), case["out"]), (shown(value), case["out"])


REFUSED = [
    case
    for case in CASES["attribute_write"]
    if "client_error" in case
    and (case["id"] == "WR-50" or case["what"]["write"] not in ("nope", "sc_string", "sc_state", "enu"))
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_values_that_do_not_fit_are_refused_before_they_are_sent(start: Any, case: dict[str, Any]) -> None:
    """TYP-2, TYP-4; texts outside Latin-1 are the business of the codec (TYP-7), labels may be words (TYP-11)."""
    value, name = case["what"]["value"], case["what"]["write"]
    with pytest.raises((TypeError, ValueError, OverflowError)):
        written(start(Sample), name, value)


MISMATCHES = {
    "WT-1": ("plain", CmdArgType.DevLong, 1),
    "WT-2": ("sc_string", CmdArgType.DevLong, 1),
    "WT-3": ("sp_short", CmdArgType.DevShort, 5),
    "WT-4": ("sc_short", CmdArgType.DevShort, [5, 6]),
    "WT-5": ("enu", CmdArgType.DevShort, 1),
    "WT-6": ("enu", CmdArgType.DevEnum, -1),
    "WT-7": ("plain", CmdArgType.DevFloat, 1.0),
}


@pytest.mark.parametrize("case", CASES["attribute_write_type_mismatch"], ids=lambda case: case["id"])
def test_a_write_of_another_type_or_shape(start: Any, case: dict[str, Any]) -> None:
    """ATT-42, ATT-46."""
    kernel = start(Sample, "test/attr/2")
    name, code, value = MISMATCHES[case["id"]]
    shape = AttrDataFormat.SPECTRUM if isinstance(value, list) else AttrDataFormat.SCALAR
    data, dim_x, dim_y = to_attribute_data(code, shape, value)
    write = AttributeWrite(name, code, data, dim_x, dim_y)
    if "errors" in case:
        with pytest.raises(MultiDevFailed) as raised:
            kernel.write_attributes([write])
        assert list(raised.value.failed[0].errors[0][:2]) == case["errors"][0]
    else:
        kernel.write_attributes([write])
        assert same(shown(kernel.read_attributes([name])[0]), case["out"])


def test_a_count_that_is_not_the_dimensions_is_refused(start: Any) -> None:
    """ATT-46."""
    kernel = start(Sample)
    data, _, _ = to_attribute_data(CmdArgType.DevShort, AttrDataFormat.SPECTRUM, [1, 2, 3])
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([AttributeWrite("sp_short", CmdArgType.DevShort, data, 2, 0)])
    assert raised.value.failed[0].errors[0][:2] == ("API_AttrIncorrectDataNumber", "Incorrect data number")


def test_a_number_that_is_no_state_is_refused(start: Any) -> None:
    """TYP-5."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([AttributeWrite("sc_state", CmdArgType.DevState, 14)])
    assert raised.value.failed[0].errors[0].reason == "API_WAttrOutsideLimit"


def test_the_good_values_of_a_call_are_written_even_if_others_fail(start: Any) -> None:
    """ATT-40, ATT-48."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes(
            [
                AttributeWrite("nope", CmdArgType.DevDouble, 1.0),
                AttributeWrite("plain", CmdArgType.DevDouble, 2.5),
                AttributeWrite("ro", CmdArgType.DevDouble, 1.0),
                AttributeWrite("full", CmdArgType.DevDouble, 11.0),
                AttributeWrite("WO", CmdArgType.DevLong64, 4),
            ]
        )
    assert [(failed.name, failed.index_in_call, failed.errors[0].reason) for failed in raised.value.failed] == [
        ("nope", 0, "API_AttrNotFound"),
        ("ro", 2, "API_AttrNotWritable"),
        ("full", 3, "API_WAttrOutsideLimit"),
    ]
    assert [value.value for value in kernel.read_attributes(["plain", "wo"])] == [2.5, 4]


def test_a_failing_write_leaves_the_set_point(start: Any) -> None:
    """ATT-47."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed):
        written(kernel, "wraises", 7.0)
    assert kernel.read_attributes(["wraises"])[0].w_value == 0.0


def test_a_forbidden_access_is_refused_and_says_the_state(clean: Any) -> None:
    """ATT-23, ATT-40, CMD-4."""
    kernel = clean
    kernel.device.set_state(DevState.OFF)
    (value,) = kernel.read_attributes(["guarded"])
    assert value.errors[0][:2] == ("API_AttrNotAllowed", "It is currently not allowed to read attribute guarded")
    with pytest.raises(MultiDevFailed) as raised:
        written(kernel, "guarded", 2.0)
    assert raised.value.failed[0].errors[0][:2] == (
        "API_AttrNotAllowed",
        "It is currently not allowed to write attribute guarded. The device state is OFF",
    )
    with pytest.raises(DevFailed) as refused:
        kernel.command_inout("Guarded")
    assert refused.value.errors[0][:2] == (
        "API_CommandNotAllowed",
        "Command Guarded not allowed when the device is in OFF state",
    )


# ---- alarms


ALARMS = {case["id"]: case["out"] for case in CASES["alarms_and_state"]}


@pytest.fixture
def clean(start: Any) -> Any:
    """The device without the attribute whose wrong configuration forces it to ALARM."""
    kernel = start(Sample)
    kernel.remove_attribute("enunolab")
    return kernel


def state_and_status(kernel: Any) -> list[str]:
    return [kernel.state().name, kernel.status()]


@pytest.mark.parametrize("case", [case for case in ALARMS if case.startswith("AL-v")])
def test_limits_make_quality_state_and_status(clean: Any, case: str) -> None:
    """ATT-50, ATT-55, ATT-57."""
    value, quality, *told = ALARMS[case]
    clean.device.values["al1"] = value
    (reading,) = clean.read_attributes(["al1"])
    assert [reading.value, reading.quality.name] == [value, quality]
    assert state_and_status(clean) == told


@pytest.mark.parametrize("case", [case for case in ALARMS if case.startswith("AL-sp")])
def test_one_element_beyond_a_limit_is_enough(clean: Any, case: str) -> None:
    """ATT-51."""
    values, quality, *told = ALARMS[case]
    clean.device.values["specal"] = values
    assert clean.read_attributes(["specal"])[0].quality.name == quality
    assert state_and_status(clean) == told


def test_state_reads_the_attributes_with_limits_itself(clean: Any) -> None:
    """ATT-55, AL-0 and AL-noread."""
    assert state_and_status(clean) == ALARMS["AL-0"]
    clean.device.values["al1"] = 9.0
    assert state_and_status(clean) == ALARMS["AL-noread"]
    clean.device.set_status("custom text")
    assert state_and_status(clean) == ALARMS["AL-st"]
    clean.device.set_state(DevState.MOVING)
    assert state_and_status(clean) == ALARMS["AL-mov"]


def test_an_alarm_set_by_code_stays_without_any_alarm(clean: Any) -> None:
    """ATT-55, AL-user."""
    clean.device.set_status("custom text")
    clean.device.set_state(DevState.ALARM)
    assert state_and_status(clean) == ALARMS["AL-user"]


@pytest.mark.parametrize(
    ("case", "quality"),
    [
        ("AL-q1", AttrQuality.ATTR_ALARM),
        ("AL-q2", AttrQuality.ATTR_WARNING),
        ("AL-q3", AttrQuality.ATTR_CHANGING),
        ("AL-q4", AttrQuality.ATTR_INVALID),
    ],
)
def test_qualities_set_by_code_count_too(clean: Any, case: str, quality: AttrQuality) -> None:
    """ATT-52, ATT-55, ATT-57."""
    value, name, *told = ALARMS[case]
    clean.device.quality = quality
    (reading,) = clean.read_attributes(["q_alarm"])
    assert [reading.value, reading.quality.name] == [value, name]
    assert state_and_status(clean) == told
    clean.device.quality = AttrQuality.ATTR_VALID
    clean.read_attributes(["q_alarm"])
    assert state_and_status(clean) == ALARMS["AL-q5"]


def test_an_attribute_without_label_is_named(clean: Any) -> None:
    """ATT-57, AL-nolab."""
    config = copy.deepcopy(clean.attribute_configs(["al1"])[0])
    config.label = "No label"
    clean.set_attribute_configs([config])
    clean.device.values["al1"] = 9.0
    assert state_and_status(clean) == ALARMS["AL-nolab"]


def test_a_polled_attribute_is_not_read_again_for_the_state(clean: Any, host: Any) -> None:
    """ATT-55: its last quality counts."""
    host.poll_object(clean.device, "al1", command=False, period=100)
    clean.device.values["al1"] = 9.0
    assert clean.state() is DevState.ON
    clean.read_attributes(["al1"])
    assert clean.state() is DevState.ALARM


def test_state_in_a_list_is_evaluated_last_from_the_readings_of_the_call(clean: Any) -> None:
    """ATT-23."""
    clean.device.values["al1"] = 9.0
    state, value, status = clean.read_attributes(["State", "al1", "Status"])
    assert (state.value, value.quality) == (DevState.ALARM, AttrQuality.ATTR_ALARM)
    assert status.value == "The device is in ALARM state.\nAlarm : Value too high for AlLab"


class Moving(Device):
    """A reading that may stay away from its set point for 0 ms only, in effect."""

    def init_device(self) -> None:
        self.real = 0.0
        self.set_state(DevState.ON)

    @attribute(dtype=float, delta_val=1, delta_t=1)
    def position(self) -> float:
        return self.real

    @position.write
    def position(self, value: float) -> None: ...


@pytest.mark.parametrize(("real", "alarm"), [(5.0, False), (4.1, False), (4.0, True), (6.0, True), (math.nan, True)])
def test_a_reading_away_from_its_set_point_is_an_alarm_once_something_was_written(
    start: Any, monkeypatch: pytest.MonkeyPatch, real: float, alarm: bool
) -> None:
    """ATT-53."""
    kernel = start(Moving)
    kernel.device.real = real
    assert kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_VALID
    written(kernel, "position", 5.0)
    kernel.attribute("position").written_at -= 0.01
    assert (kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_ALARM) is alarm
    if alarm:
        assert kernel.state() is DevState.ALARM
        assert kernel.status().endswith("\nAlarm : Read too Different than Set (RDS) for position")
