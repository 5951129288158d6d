"""What is asked and answered comes through every interface level as far as the level can say it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_core.model.config import (
    PROPERTY_PATHS,
    AttributeConfig,
    CommandInfo,
    DeviceInfo,
    PartialConfig,
    PipeConfig,
    property_of,
    set_property,
)
from server_core.model.conversion import to_array
from server_core.model.enums import (
    AttrDataFormat,
    AttrQuality,
    AttrWriteType,
    DevSource,
    DevState,
    DispLevel,
    ErrSeverity,
    PipeWriteType,
)
from server_core.model.errors import DevError, DevFailed, NonSupportedFeature
from server_core.model.identity import ClientIdent
from server_core.model.pipe import PipeBlob, PipeElement
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType
from server_core.model.values import VOID, AttributeValue, AttributeWrite, CommandRecord, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import MarshalError, encoder
from server_core.protocol.giop.mapping import Incoming, client_operation, completed, server_operation
from server_core.protocol.giop.mapping.attributes import DEVICE_STATE, union_of
from server_core.protocol.giop.mapping.pipes import pipe_and_blob
from server_core.protocol.giop.outgoing import Message
from tests.protocol.strategies import scalars

T = CmdArgType
SCALAR, SPECTRUM, IMAGE = AttrDataFormat.SCALAR, AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE
DEVICE = "test/device/1"
CLIENT = ClientIdent("CPP/Python", 4711)
LEVELS = (1, 2, 3, 4, 5, 6)
HEADER = 24
FEW = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)

ATTRIBUTE_TYPES = [row for row in TYPES.values() if row.attribute]


def asked(request: Any, level: int, charset: str = "latin-1") -> Incoming:
    """What a server of a level makes of a request."""
    operation = client_operation(type(request), level)
    out = Message(HEADER)
    operation.encode(out, request, CLIENT, charset)
    served = server_operation(operation.name)
    assert served is not None
    return served.decode(DEVICE, memoryview(out), HEADER, True, charset)


def answered(request: Any, result: Any, level: int, charset: str = "latin-1") -> Any:
    """What a client makes of the result that a server of a level sends."""
    operation = client_operation(type(request), level)
    served = server_operation(operation.name)
    assert served is not None
    out = Message(HEADER)
    served.encode(out, request, result, charset)
    return operation.decode(request, memoryview(out), HEADER, True, charset)


# ---- what there is

_text = st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=12)
_errors = st.lists(st.builds(DevError, _text, _text, _text, st.sampled_from(ErrSeverity)), min_size=1, max_size=3)
_times = st.integers(0, 2**31 * 1_000_000 - 1).map(lambda microseconds: microseconds / 1_000_000)


@st.composite
def data(draw: Any, row: TangoType, data_format: AttrDataFormat) -> tuple[Any, int, int]:
    """A value in canonical form with its dimensions."""
    if data_format is SCALAR:
        return draw(scalars(row, _text, 20)), 1, 0
    dim_x = draw(st.integers(0, 4))
    dim_y = (draw(st.integers(1, 3)) if dim_x else 0) if data_format is IMAGE else 0
    count = dim_x * dim_y if data_format is IMAGE else dim_x
    return to_array(row.code, draw(st.lists(scalars(row, _text, 20), min_size=count, max_size=count))), dim_x, dim_y


@st.composite
def readings(draw: Any) -> AttributeValue:
    """A reading of any type, format and direction, INVALID or failed ones too."""
    row, data_format = draw(st.sampled_from(ATTRIBUTE_TYPES)), draw(st.sampled_from([SCALAR, SPECTRUM, IMAGE]))
    name, time = draw(st.sampled_from(["double_scalar", "a", "Größe"])), draw(_times)
    match draw(st.integers(0, 9)):
        case 0:
            return AttributeValue(name, time=time, errors=tuple(draw(_errors)))
        case 1:
            return AttributeValue(name, row.code, data_format, AttrQuality.ATTR_INVALID, time)
    quality = draw(st.sampled_from([each for each in AttrQuality if each is not AttrQuality.ATTR_INVALID]))
    value = AttributeValue(name, row.code, data_format, quality, time, *draw(data(row, data_format)))
    if draw(st.booleans()):
        value.w_value, value.w_dim_x, value.w_dim_y = draw(data(row, data_format))
        if not value.w_dim_x:
            value.w_value = None
    return value


def config_of(value: AttributeValue) -> AttributeConfig:
    return AttributeConfig(value.name, value.data_type, value.data_format)


# ---- reading


@FEW
@given(value=readings(), level=st.sampled_from([3, 4, 5, 6]))
def test_readings(value: AttributeValue, level: int) -> None:
    """wire 7.1, 7.2: from level 3 on all of a reading arrives; what the older levels leave out the configuration has"""
    (received,) = answered(op.ReadAttributes(DEVICE, (value.name,)), [value], level)
    assert completed(received, config_of(value)) == value
    if level >= 5:
        assert received == value


@FEW
@given(value=readings(), level=st.sampled_from([1, 2]))
def test_readings_of_the_first_levels(value: AttributeValue, level: int) -> None:
    """Levels 1 and 2 know set points of scalars only, and raise the errors of a reading."""
    request = op.ReadAttributes(DEVICE, (value.name,))
    if value.errors:
        with pytest.raises(DevFailed) as raised:
            answered(request, [value], level)
        assert raised.value.errors == value.errors
        return
    (received,) = answered(request, [value], level)
    if value.data_format is not SCALAR:
        value = replace(value, w_value=None, w_dim_x=0, w_dim_y=0)
    assert completed(received, config_of(value)) == value


@pytest.mark.parametrize("level", LEVELS)
def test_the_state_of_the_device(level: int) -> None:
    """wire 7.1: the attribute State has a form of its own"""
    state = AttributeValue("State", T.DevState, SCALAR, AttrQuality.ATTR_VALID, 1.5, DevState.MOVING, 1, 0)
    (received,) = answered(op.ReadAttributes(DEVICE, ("State",)), [state], level)
    assert received == state


@pytest.mark.parametrize("code", [T.DevDouble, T.DevString, T.DevState, T.DevEncoded, T.DevBoolean])
@pytest.mark.parametrize("level", [3, 4, 5])
def test_image_that_was_never_written(code: CmdArgType, level: int) -> None:
    """wire 7.1: one element stands for the set point; it is no row of an image"""
    image = to_array(code, [])
    value = AttributeValue("image", code, IMAGE, AttrQuality.ATTR_VALID, 1.0, image, 0, 0, image, 1, 0)
    (received,) = answered(op.ReadAttributes(DEVICE, ("image",)), [value], level)
    assert completed(received, config_of(value)) == value


def test_moments_keep_their_microseconds() -> None:
    """TYP-15, wire 7.1"""
    for microseconds in (0, 1, 999_999, 1_795_249_332_765_867, 2**31 * 1_000_000 - 1):
        value = AttributeValue("a", T.DevShort, SCALAR, AttrQuality.ATTR_VALID, microseconds / 1_000_000, 1, 1, 0)
        (received,) = answered(op.ReadAttributes(DEVICE, ("a",)), [value], 5)
        assert round(received.time * 1_000_000) == microseconds


# ---- writing


@FEW
@given(row=st.sampled_from(ATTRIBUTE_TYPES), form=st.sampled_from([SCALAR, SPECTRUM, IMAGE]), drawn=st.data(),
       level=st.sampled_from(LEVELS))  # fmt: skip
def test_writes(row: TangoType, form: AttrDataFormat, drawn: Any, level: int) -> None:
    """wire 7.3: a value arrives as a sequence with its dimensions; DevEnum as short"""
    value, dim_x, dim_y = drawn.draw(data(row, form))
    write = AttributeWrite("attr", row.code, value, dim_x, dim_y)
    incoming = asked(op.WriteAttributes(DEVICE, (write,)), level)
    (received,) = incoming.request.values
    assert received.data_type is (T.DevShort if row.code is T.DevEnum else row.code)
    assert (received.name, received.dim_x, received.dim_y) == ("attr", dim_x, dim_y)
    assert list(received.value) == (list(value) if form is not SCALAR else [value])
    assert incoming.ident == (CLIENT if level >= 4 else None)


@pytest.mark.parametrize("level", [4, 5, 6])
def test_write_and_read(level: int) -> None:
    """ATT-49: level 4 reads what it writes, later ones what is asked for"""
    write = AttributeWrite("a", T.DevDouble, 2.5)
    incoming = asked(op.WriteReadAttributes(DEVICE, (write,), ("a",)), level)
    assert incoming.request.names == ("a",)
    other = op.WriteReadAttributes(DEVICE, (write,), ("b", "State"))
    if level == 4:
        with pytest.raises(NonSupportedFeature):
            asked(other, level)
    else:
        assert asked(other, level).request.names == ("b", "State")


def test_what_cannot_be_written_is_said_before_anything_is_sent() -> None:
    """A number that the type does not have is an error of the caller."""
    for value in (AttributeWrite("a", T.DevShort, 70_000), AttributeWrite("a", T.DevString, "Ω")):
        with pytest.raises(ProtocolError):
            asked(op.WriteAttributes(DEVICE, (value,)), 6)
    incoming = asked(op.WriteAttributes(DEVICE, (AttributeWrite("a", T.DevString, "Ω"),)), 6, "utf-8")
    assert incoming.request.values[0].value == ["Ω"]


# ---- texts

ANY_TEXT = "µ → €"


@pytest.mark.parametrize("level", LEVELS)
def test_texts_about_devices_are_utf_8(level: int) -> None:
    """TYP-8: as real servers send them, and real clients expect them"""
    config = full_config()
    config.label, config.unit = ANY_TEXT, "é"
    (read,) = answered(op.GetAttributeConfig(DEVICE, ("attr",)), [config], level)
    (wanted,) = asked(op.SetAttributeConfig(DEVICE, (config,)), level).request.configs
    for received in (read, wanted):
        assert (received.label, received.unit) == (ANY_TEXT, "é")
    assert answered(op.GetStatus(DEVICE), ANY_TEXT, level) == ANY_TEXT
    info = CommandInfo("Cmd", in_type_desc=ANY_TEXT)
    assert answered(op.CommandQuery(DEVICE, "Cmd"), info, level).in_type_desc == ANY_TEXT
    server = server_operation("_get_status")
    assert server is not None
    out = Message(HEADER)
    server.encode(out, op.GetStatus(DEVICE), "é", "latin-1")
    assert "é".encode() in out


@pytest.mark.parametrize("level", LEVELS)
def test_status_may_say_anything(level: int) -> None:
    """TYP-8: the text of a device, read as an attribute or by the command"""
    for text in ("Größe", ANY_TEXT):
        reading = AttributeValue("Status", T.DevString, SCALAR, AttrQuality.ATTR_VALID, 1.0, text, 1, 0)
        assert answered(op.ReadAttributes(DEVICE, ("Status",)), [reading], level) == [reading]
        value = TypedValue(T.DevString, text)
        assert answered(op.CommandInout(DEVICE, "Status", VOID), value, level) == value


@pytest.mark.parametrize("level", [3, 4, 5])
def test_data_is_latin_1(level: int) -> None:
    """TYP-7: a reading with other characters fails, and no other of the same call"""
    good = AttributeValue("a", T.DevString, SCALAR, AttrQuality.ATTR_VALID, 1.0, "Größe", 1, 0)
    bad = replace(good, name="b", value=ANY_TEXT)
    encoded = replace(bad, data_type=T.DevEncoded, value=(ANY_TEXT, b""))
    spectrum = replace(bad, data_format=SPECTRUM, value=["a", ANY_TEXT], dim_x=2)
    for failing in (bad, encoded, spectrum):
        first, second = answered(op.ReadAttributes(DEVICE, ("a", "b")), [good, failing], level)
        assert first == good
        assert second.errors[0].reason == "PyDs_PythonError"
        assert "UnicodeError" in second.errors[0].desc
    with pytest.raises(DevFailed, match="UnicodeError"):
        answered(op.CommandInout(DEVICE, "Cmd", VOID), TypedValue(T.DevString, ANY_TEXT), level)
    assert answered(op.ReadAttributes(DEVICE, ("b",)), [bad], level, "utf-8") == [bad]


# ---- commands


def command_values() -> st.SearchStrategy[TypedValue]:
    rows = [row for row in TYPES.values() if row.command and row.code is not T.DevEnum]
    return st.sampled_from(rows).flatmap(lambda row: values_of(row).map(lambda value: TypedValue(row.code, value)))


def values_of(row: TangoType) -> st.SearchStrategy[Any]:
    if row.kind is Kind.VOID:
        return st.none()
    if row.kind is Kind.PAIR:
        return st.tuples(arrays(TYPES[row.element]), st.lists(_text, max_size=3))
    return arrays(TYPES[row.element]) if row.kind is Kind.ARRAY else scalars(row, _text, 20)


def arrays(row: TangoType) -> st.SearchStrategy[Any]:
    return st.lists(scalars(row, _text, 20), max_size=4).map(lambda values: to_array(row.code, values))


@FEW
@given(value=command_values(), source=st.sampled_from(DevSource), level=st.sampled_from(LEVELS))
def test_commands(value: TypedValue, source: DevSource, level: int) -> None:
    """wire 8: argument and result of every type; level 1 asks the device"""
    incoming = asked(op.CommandInout(DEVICE, "Cmd", value, source), level)
    assert incoming.request == op.CommandInout(DEVICE, "Cmd", value, source if level > 1 else DevSource.DEV)
    assert answered(incoming.request, value, level) == value


# ---- histories


@FEW
@given(drawn=st.data(), row=st.sampled_from(ATTRIBUTE_TYPES), form=st.sampled_from([SCALAR, SPECTRUM, IMAGE]),
       level=st.sampled_from([2, 3, 4, 5]))  # fmt: skip
def test_attribute_histories(drawn: Any, row: TangoType, form: AttrDataFormat, level: int) -> None:
    """wire 7.4: oldest first; values, qualities, dimensions and errors of each record find each other"""
    writable = drawn.draw(st.booleans())
    records = [one_record(drawn, row, form, writable=writable) for _ in range(drawn.draw(st.integers(1, 6)))]
    received = answered(op.ReadAttributeHistory(DEVICE, "attr", len(records)), records, level)
    config = AttributeConfig("attr", row.code, form)
    if level == 2 and form is not SCALAR:
        records = [replace(record, w_value=None, w_dim_x=0, w_dim_y=0) for record in records]
    assert [completed(record, config) for record in received] == records


def one_record(drawn: Any, row: TangoType, form: AttrDataFormat, *, writable: bool) -> AttributeValue:
    time = drawn.draw(_times)
    kind = drawn.draw(st.integers(0, 5))
    if kind == 0:
        return AttributeValue("attr", time=time, errors=tuple(drawn.draw(_errors)))
    if kind == 1:
        return AttributeValue("attr", row.code, form, AttrQuality.ATTR_INVALID, time)
    quality = drawn.draw(st.sampled_from([AttrQuality.ATTR_VALID, AttrQuality.ATTR_ALARM]))
    record = AttributeValue("attr", row.code, form, quality, time, *drawn.draw(data(row, form)))
    if writable:
        record.w_value, record.w_dim_x, record.w_dim_y = drawn.draw(data(row, form))
        if not record.w_dim_x:
            record.w_value = None
    return record


@FEW
@given(drawn=st.data(), level=st.sampled_from([2, 3, 4, 5]))
def test_command_histories(drawn: Any, level: int) -> None:
    """wire 7.4"""
    kind = drawn.draw(command_values().filter(lambda value: value.type not in (T.DevVoid, T.ConstDevString)))
    row = TYPES[kind.type]
    records = [
        CommandRecord(drawn.draw(_times), errors=tuple(drawn.draw(_errors)))
        if drawn.draw(st.booleans())
        else CommandRecord(drawn.draw(_times), TypedValue(row.code, drawn.draw(values_of(row))))
        for _ in range(drawn.draw(st.integers(1, 5)))
    ]
    assert answered(op.CommandInoutHistory(DEVICE, "Cmd", len(records)), records, level) == records


@pytest.mark.parametrize(
    ("runs", "flat"),
    [
        ([(0, 2)], [1.0]),
        ([(5, 1)], [1.0]),
        ([(-1, 0)], [1.0]),
        ([(1, 2), (1, 2)], [1.0, 2.0]),
        ([(1, 2)], []),
        ([(0, 1)], [1.0] * 3),
        ([], [1.0]),
    ],
)
def test_histories_that_contradict_themselves(runs: list[tuple[int, int]], flat: list[float]) -> None:
    """wire 7.4: what a server sends is not believed"""
    operation = client_operation(op.ReadAttributeHistory, 5)
    value = TypedValue(T.DevVarDoubleArray, flat)
    valid = ([0], [(1, 2)])
    wire = ("a", 0, 5, [(1, 0, 0)] * 2, value, *valid, [(1, 0)], runs, [], [], [], [])
    out = Message(HEADER)
    encoder("DevAttrHistory_5")(out, wire)
    with pytest.raises(MarshalError):
        operation.decode(op.ReadAttributeHistory(DEVICE, "a", 2), memoryview(out), HEADER, True, "latin-1")


@pytest.mark.parametrize(
    ("dims", "runs"),
    [([(1, 0)], [(0, 2)]), ([(1, 0)] * 2, [(1, 1), (1, 2)]), ([(-1, 0)], [(1, 2)]), ([(2, 0)], [(1, 2)])],
)
def test_runs_and_dimensions_that_do_not_fit(dims: list[tuple[int, int]], runs: list[tuple[int, int]]) -> None:
    """wire 7.4: runs that begin before the first record or overlap, and dimensions that need what is not there"""
    operation = client_operation(op.ReadAttributeHistory, 5)
    wire = (
        "a",
        1,
        5,
        [(1, 0, 0)] * 2,
        TypedValue(T.DevVarDoubleArray, [1.0, 2.0]),
        [0],
        [(1, 2)],
        dims,
        runs,
        *[[]] * 4,
    )
    out = Message(HEADER)
    encoder("DevAttrHistory_5")(out, wire)
    with pytest.raises(MarshalError):
        operation.decode(op.ReadAttributeHistory(DEVICE, "a", 2), memoryview(out), HEADER, True, "latin-1")


def test_records_that_are_alike_around_one_that_failed() -> None:
    """wire 7.4: a run does not go through a record that has none of it"""
    error = (DevError("API_X", "x", "y"),)
    good = [CommandRecord(float(second), TypedValue(T.DevLong, 7)) for second in (1, 3)]
    records = [good[0], CommandRecord(2.0, errors=error), good[1]]
    assert answered(op.CommandInoutHistory(DEVICE, "Cmd", 3), records, 6) == records
    failed = [CommandRecord(float(second), errors=error) for second in (1, 3)]
    records = [failed[0], CommandRecord(2.0, TypedValue(T.DevLong, 7)), failed[1]]
    assert answered(op.CommandInoutHistory(DEVICE, "Cmd", 3), records, 6) == records


def test_histories_of_numbers_with_strings() -> None:
    """wire 7.4: dim_x counts the strings, dim_y the numbers"""
    value = TypedValue(T.DevVarLongStringArray, (to_array(T.DevLong, [1, 2, 3]), ["a"]))
    records = [CommandRecord(1.0, value), CommandRecord(2.0, value)]
    assert answered(op.CommandInoutHistory(DEVICE, "Cmd", 2), records, 6) == records


def test_command_without_result_has_no_history() -> None:
    """wire 7.4"""
    with pytest.raises(DevFailed) as raised:
        answered(op.CommandInoutHistory(DEVICE, "Cmd", 1), [CommandRecord(1.0, VOID)], 4)
    assert raised.value.reason == "API_CmdArgumentTypeNotSupported"


# ---- descriptions


def full_config() -> AttributeConfig:
    """A configuration in which every field says something of its own."""
    config = AttributeConfig(
        "attr", T.DevEnum, SPECTRUM, AttrWriteType.READ_WRITE, 10, 0, DispLevel.EXPERT, "attr", True, True, "a/b/c/d"
    )
    for name in PROPERTY_PATHS:
        set_property(config, name, ["ON", "OFF"] if name == "enum_labels" else f"the {name}")
    return config


@pytest.mark.parametrize("level", LEVELS)
def test_configurations(level: int) -> None:
    """wire 5.3: what a level does not know has its default when read, and stays as it is when set"""
    config = full_config()
    (read,) = answered(op.GetAttributeConfig(DEVICE, ("attr",)), [config], level)
    (wanted,) = asked(op.SetAttributeConfig(DEVICE, (config,)), level).request.configs
    if level >= 5:
        assert read == wanted == config
        return
    assert (read.label, read.alarms.max_alarm, read.data_type) == ("the label", "the max_alarm", T.DevEnum)
    assert read.enum_labels == []
    assert isinstance(wanted, PartialConfig)
    current = AttributeConfig("attr", T.DevEnum, enum_labels=["A"], memorized=True)
    current.alarms.min_warning = "7"
    whole = wanted.over(current)
    assert (whole.label, whole.alarms.max_alarm) == ("the label", "the max_alarm")
    assert (whole.enum_labels, whole.memorized, whole.root_attr_name) == (["A"], True, "Not specified")
    assert property_of(whole, "min_warning") == ("7" if level < 3 else "the min_warning")


@pytest.mark.parametrize("level", LEVELS)
def test_commands_are_described(level: int) -> None:
    """CMD-1, wire 6.2: level 1 too says for whom a command is meant"""
    info = CommandInfo("Cmd", T.DevDouble, T.DevVarStringArray, "in", "out", DispLevel.EXPERT)
    assert answered(op.CommandQuery(DEVICE, "Cmd"), info, level) == info
    assert answered(op.CommandListQuery(DEVICE), [info], level) == [info]


@pytest.mark.parametrize("level", LEVELS)
def test_who_serves_a_device(level: int) -> None:
    """wire 6.2"""
    info = DeviceInfo("Class", "Exec/inst", "host", 6, "Doc URL = x", "Type", {"Python": "3", "zmq": "4"})
    expected = replace(
        info, dev_type="Type" if level >= 3 else "Uninitialised", version_info=info.version_info if level >= 6 else {}
    )
    assert answered(op.GetInfo(DEVICE), info, level) == expected


# ---- pipes


def elements() -> st.SearchStrategy[PipeElement]:
    rows = [row for row in ATTRIBUTE_TYPES if row.code is not T.DevEnum]
    rows += [TYPES[row.array] for row in rows if row.array is not None]
    plain = st.sampled_from(rows).flatmap(lambda row: st.builds(PipeElement, _text, st.just(row.code), values_of(row)))
    return st.recursive(
        plain,
        lambda inner: st.builds(
            PipeElement, _text, st.just(T.DevPipeBlob), st.builds(PipeBlob, _text, st.lists(inner, max_size=3))
        ),
        max_leaves=6,
    )


@FEW
@given(blob=st.builds(PipeBlob, _text, st.lists(elements(), max_size=4)))
def test_pipes(blob: PipeBlob) -> None:
    """PIPE-2, wire 7.5: scalars and arrays of one are told apart, blobs nested"""
    assert answered(op.ReadPipe(DEVICE, "pipe"), blob, 5) == blob
    assert asked(op.WritePipe(DEVICE, "pipe", blob), 6).request == op.WritePipe(DEVICE, "pipe", blob)
    assert answered(op.WriteReadPipe(DEVICE, "pipe", blob), blob, 6) == blob


def test_elements_of_pipes_as_others_send_them() -> None:
    """wire 7.5: one value is a scalar unless it says that it is an array; a state alone has a case of its own."""

    def element(case: int, data: Any, said: str) -> PipeElement:
        return pipe_and_blob(("pipe", (0, 0, 0), ("root", [("one", (case, data), (), said)])))[1].elements[0]

    case, data = union_of(T.DevBoolean, memoryview(b"\1"))
    for said in ("Scalar", ""):
        found = element(case, data, said)
        assert (found.type, found.value) == (T.DevBoolean, True)
        assert isinstance(found.value, bool)
    assert element(case, data, "Array").type is T.DevVarBooleanArray
    assert element(DEVICE_STATE, DevState.FAULT, "Scalar") == PipeElement("one", T.DevState, DevState.FAULT)


def test_pipes_are_described() -> None:
    """PIPE-1"""
    config = PipeConfig("pipe", "Label", "What it is", DispLevel.EXPERT, PipeWriteType.PIPE_READ_WRITE)
    assert answered(op.GetPipeConfig(DEVICE), [config], 5) == [config]
    assert asked(op.SetPipeConfig(DEVICE, (config,)), 6).request.configs == (config,)
