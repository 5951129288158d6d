"""The forms in which an author declares attributes, and the definitions that are refused."""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import Any

import pytest

from server_core import (
    AttrDataFormat,
    AttrQuality,
    AttrWriteType,
    CmdArgType,
    DevFailed,
    Device,
    DispLevel,
    GreenMode,
    attribute,
)
from server_core.model.values import AttributeWrite

SCALAR, SPECTRUM, IMAGE = AttrDataFormat.SCALAR, AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE


class Mode(enum.IntEnum):
    IDLE = 0
    BUSY = 1


class Skipping(enum.Enum):
    A = 1
    B = 3


class Forms(Device):
    green_mode = GreenMode.Synchronous
    by_name = attribute(dtype=float, access=AttrWriteType.READ_WRITE, label="By name", unit="V")
    given = attribute(name="Given", dtype="int16", fget="get_it", fset="set_it", green_mode=False)
    annotated: int = attribute(fget="get_it")  # type: ignore[assignment]

    def init_device(self) -> Any:
        super().init_device()
        self.value = 0.0
        self.number = 7

    def read_by_name(self) -> float:
        return self.value

    def write_by_name(self, value: float) -> None:
        self.value = value

    def is_by_name_allowed(self, request: Any) -> bool:
        return self.value < 100

    def get_it(self) -> int:
        return self.number

    def set_it(self, value: int) -> None:
        self.number = value

    @attribute
    def plain(self) -> float:
        """What it measures."""
        return 1.5

    @attribute(doc="given", display_level=DispLevel.EXPERT, max_dim_x=5)
    def row(self) -> list[int]:
        return [1, 2]

    @attribute
    def matrix(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        return ((1, 2, 3), (4, 5, 6))

    @attribute
    def timed(self) -> tuple[float, float, AttrQuality]:
        return 2.5, 100.0, AttrQuality.ATTR_CHANGING

    @attribute
    def mode(self) -> Mode:
        return Mode.BUSY

    @attribute(dtype=bool)
    def old_style(self, attr: Any) -> None:
        attr.set_value_date_quality(True, 50.0, AttrQuality.ATTR_ALARM)

    @attribute(dtype="DevEncoded")
    def picture(self) -> Any:
        return "GRAY8", b"\0\1", 10.0, AttrQuality.ATTR_VALID

    target = attribute(dtype=float)

    @target.read
    def target(self) -> float:
        return self.value

    @target.setter
    def target(self, value: float) -> None:
        self.value = 2 * value


@pytest.mark.parametrize(
    ("name", "code", "shape", "dims", "access"),
    [
        ("by_name", "DevDouble", SCALAR, (1, 0), "READ_WRITE"),
        ("Given", "DevShort", SCALAR, (1, 0), "READ_WRITE"),
        ("annotated", "DevLong64", SCALAR, (1, 0), "READ"),
        ("plain", "DevDouble", SCALAR, (1, 0), "READ"),
        ("row", "DevLong64", SPECTRUM, (5, 0), "READ"),
        ("matrix", "DevDouble", IMAGE, (3, 2), "READ"),
        ("timed", "DevDouble", SCALAR, (1, 0), "READ"),
        ("mode", "DevEnum", SCALAR, (1, 0), "READ"),
        ("old_style", "DevBoolean", SCALAR, (1, 0), "READ"),
        ("picture", "DevEncoded", SCALAR, (1, 0), "READ"),
        ("target", "DevDouble", SCALAR, (1, 0), "READ_WRITE"),
    ],
)
def test_every_form_defines_type_shape_and_access(
    start: Any, name: str, code: str, shape: AttrDataFormat, dims: tuple[int, int], access: str
) -> None:
    """ATT-1."""
    config = start(Forms).attribute_configs([name])[0]
    assert (config.name, config.data_type.name, config.data_format) == (name, code, shape)
    assert ((config.max_dim_x, config.max_dim_y), config.writable.name) == (dims, access)


def test_properties_come_from_keywords_docstrings_and_enumerations(start: Any) -> None:
    """ATT-3."""
    by_name, plain, row, mode = start(Forms).attribute_configs(["by_name", "plain", "row", "mode"])
    assert (by_name.label, by_name.unit, by_name.writable_attr_name) == ("By name", "V", "by_name")
    assert (plain.description, plain.label, plain.writable_attr_name) == ("What it measures.", "plain", "None")
    assert (row.description, row.disp_level) == ("given", DispLevel.EXPERT)
    assert mode.enum_labels == ["IDLE", "BUSY"]


def test_reading_through_every_form(start: Any) -> None:
    kernel = start(Forms)
    names = ("by_name", "given", "plain", "row", "matrix", "timed", "mode", "old_style", "picture", "target")
    values = dict(zip(names, kernel.read_attributes(names), strict=True))
    assert not [value for value in values.values() if value.has_failed]
    assert (values["given"].value, values["plain"].value, values["mode"].value) == (7, 1.5, 1)
    assert (values["row"].value.tolist(), values["row"].dim_x) == ([1, 2], 2)
    assert (values["matrix"].value.tolist(), values["matrix"].dim_x, values["matrix"].dim_y) == (
        [1, 2, 3, 4, 5, 6],
        3,
        2,
    )
    assert (values["timed"].time, values["timed"].quality) == (100.0, AttrQuality.ATTR_CHANGING)
    assert (values["old_style"].value, values["old_style"].time) == (True, 50.0)
    assert values["old_style"].quality is AttrQuality.ATTR_ALARM
    assert values["picture"].value == ("GRAY8", b"\0\1")


def test_writing_through_every_form(start: Any) -> None:
    kernel = start(Forms)
    kernel.write_attributes(
        [
            AttributeWrite("Target", CmdArgType.DevDouble, 4.0),
            AttributeWrite("GIVEN", CmdArgType.DevShort, 9),
        ]
    )
    assert (kernel.device.value, kernel.device.number) == (8.0, 9)
    kernel.write_attributes([AttributeWrite("by_name", CmdArgType.DevDouble, 300.0)])
    assert kernel.read_attributes(["by_name"])[0].errors[0].reason == "API_AttrNotAllowed"


class Derived(Forms):
    @attribute(dtype=str)
    def plain(self) -> str:
        return "text"

    row = None  # type: ignore[assignment]
    extra = attribute(dtype=int, fget="get_it")

    def get_it(self) -> int:
        return -1


def test_a_derived_class_overrides_removes_and_adds(start: Any) -> None:
    kernel = start(Derived)
    names = list(kernel.attributes)
    assert "row" not in names
    assert names[-3:] == ["extra", "State", "Status"]
    assert [value.value for value in kernel.read_attributes(["plain", "given", "extra"])] == ["text", -1, -1]


def test_state_and_status_are_always_there_and_last(start: Any) -> None:
    """NAME-15, ATT-6, ATT-33."""
    kernel = start(Forms)
    assert list(kernel.attributes)[-2:] == ["State", "Status"]
    state, status = kernel.read_attributes(["State", "Status"])
    assert (state.value.name, status.value) == ("UNKNOWN", "The device is in UNKNOWN state.")
    assert (state.w_dim_x, status.quality) == (0, AttrQuality.ATTR_VALID)
    config = kernel.attribute_configs(["State"])[0]
    assert (config.label, config.description) == ("State", "No description")
    changed = replace(config, label="changed")
    kernel.set_attribute_configs([changed])
    assert kernel.attribute_configs(["State"])[0].label == "State"


def test_a_read_with_write_attribute_carries_the_set_point_of_its_associate(start: Any) -> None:
    """ATT-2, ATT-31."""

    class Coupled(Device):
        knob = attribute(dtype="int16", access=AttrWriteType.WRITE, fset=lambda self, value: None)
        shown = attribute(
            dtype="int16", access=AttrWriteType.READ_WITH_WRITE, writable_attr_name="knob", fget=lambda self: 3
        )

    kernel = start(Coupled)
    kernel.write_attributes([AttributeWrite("knob", CmdArgType.DevShort, 12)])
    (value,) = kernel.read_attributes(["shown"])
    assert (value.value, value.w_value, kernel.attribute("shown").config.writable_attr_name) == (3, 12, "knob")
    with pytest.raises(DevFailed):
        kernel.write_attributes([AttributeWrite("shown", CmdArgType.DevShort, 1)])


@pytest.mark.parametrize(
    ("associate", "why"),
    [
        ("nowhere", "is set to nowhere, but this attribute does not exist"),
        ("reading", "is set to reading, but this attribute is not writable"),
        ("wide", "is set to wide, but these two attributes do not support the same data type"),
    ],
)
def test_an_associate_that_does_not_fit_is_refused_at_start(start: Any, associate: str, why: str) -> None:
    """ATT-2."""

    class Coupled(Device):
        reading = attribute(dtype="int16", fget=lambda self: 3)
        wide = attribute(dtype="int32", access=AttrWriteType.WRITE, fset=lambda self, value: None)
        shown = attribute(
            dtype="int16", access=AttrWriteType.READ_WITH_WRITE, writable_attr_name=associate, fget=lambda self: 3
        )

    with pytest.raises(DevFailed) as raised:
        start(Coupled)
    assert (raised.value.reason, raised.value.desc.endswith(why)) == ("API_AttrOptProp", True)


def one(**kwargs: Any) -> type[Device]:
    kwargs.setdefault("fget", lambda self: 0)
    return type("One", (Device,), {kwargs.get("name", "x"): attribute(**kwargs)})


@pytest.mark.parametrize(
    ("definition", "reason", "desc"),
    [
        ({"name": "a b"}, "API_AttrWrongDefined", "Attribute : a b: a name is"),
        ({"dtype": "DevVoid"}, "API_AttrWrongDefined", "Attribute : x:  Data type is not supported"),
        ({"dtype": ["DevEncoded"]}, "API_AttrWrongDefined", "Data type is not supported"),
        ({"dtype": [[int]]}, "API_AttrWrongDefined", "Maximum y dim. wrongly defined"),
        (
            {"access": AttrWriteType.READ_WITH_WRITE},
            "API_AttrWrongDefined",
            "Attribute : x:  Associated attribute not defined",
        ),
        ({"writable_attr_name": "y"}, "API_AttrWrongDefined", "Attribute : x:  Associated attribute is not supported"),
        (
            {"access": AttrWriteType.READ_WITH_WRITE, "writable_attr_name": "y"},
            "API_AttrOptProp",
            "is set to y, but this attribute does not exist",
        ),
        ({"memorized": True}, "API_AttrWrongDefined", "can be memorized"),
        ({"dtype": Skipping}, "API_AttrWrongDefined", "the values of Skipping are not 0, 1, 2"),
        ({"dtype": "DevEnum", "enum_labels": ["a,b"]}, "API_AttrWrongDefined", "the label 'a,b' holds a comma"),
        ({"fget": "nothing"}, "API_AttrWrongDefined", "no method 'nothing'"),
        ({"access": AttrWriteType.WRITE}, "API_AttrWrongDefined", "has no method write_x"),
        (
            {"min_value": "abc"},
            "API_IncompatibleAttrDataType",
            "User default property min_value for attribute : x is defined in unsupported format. Expected DevDouble",
        ),
        (
            {"min_value": 5, "max_value": 1},
            "API_IncoherentValues",
            "User default property min_value for attribute : x is greater then or equal max_value",
        ),
        (
            {"delta_val": 5},
            "API_IncoherentValues",
            "Just one of the user default properties : delta_val or delta_t is set. Both or none of the values have to "
            "be set",
        ),
    ],
)
def test_wrong_definitions_are_refused(start: Any, definition: dict[str, Any], reason: str, desc: str) -> None:
    """NAME-10, TYP-13, ATT-2, ATT-64, ATT-77."""
    with pytest.raises(DevFailed) as raised:
        start(one(**definition))
    assert raised.value.reason == reason
    assert desc in raised.value.desc


def test_a_limit_for_a_type_without_limits_is_accepted_as_a_default(start: Any) -> None:
    """ATT-77 (DYN-28b)."""
    kernel = start(one(dtype=str, min_value=1, fget=lambda self: "x"))
    assert kernel.attribute_configs(["x"])[0].min_value == "Not specified"
    assert not kernel.read_attributes(["x"])[0].has_failed


def test_an_unknown_keyword_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword arguments: colour"):
        attribute(dtype=float, colour="red")


def test_an_annotation_that_cannot_be_evaluated_is_told(start: Any) -> None:
    class Strange(Device):
        @attribute
        def x(self) -> "Nowhere":  # type: ignore[name-defined]  # noqa: F821, UP037
            return 1

    with pytest.raises(TypeError, match="'Nowhere'"):
        start(Strange)


def test_a_reading_does_not_change_with_the_buffer_it_was_made_from(start: Any) -> None:
    class Camera(Device):
        buffer = bytearray(b"\1\2\3")
        row = attribute(dtype=["uchar"], max_dim_x=9, fget=lambda self: self.buffer)

    kernel = start(Camera)
    (value,) = kernel.read_attributes(["row"])
    kernel.device.buffer[0] = 9
    assert value.value.tolist() == [1, 2, 3]


def test_the_runtime_attribute_answers_what_authors_ask(start: Any) -> None:
    kernel = start(Forms)
    attr = kernel.device.by_name
    assert (attr.get_name(), attr.get_label(), attr.get_data_type().name) == ("by_name", "By name", "DevDouble")
    assert (attr.get_max_dim_x(), attr.get_max_dim_y(), attr.get_writable().name) == (1, 0, "READ_WRITE")
    attr.set_write_value(4.5)
    assert (attr.get_write_value(), kernel.read_attributes(["by_name"])[0].w_value) == (4.5, 4.5)
    properties = attr.get_properties()
    properties.unit = "mV"
    attr.set_properties(properties)
    assert kernel.attribute_configs(["by_name"])[0].unit == "mV"
