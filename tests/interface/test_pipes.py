"""Pipes end to end, as the reference answered."""

from __future__ import annotations

from typing import Any

from server_core.model.enums import DevState, EventType, PipeWriteType
from server_core.model.types import CmdArgType
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy
from tests.captured import replayed_cases

from .answers import answer, expected, reason_and_text
from .conftest import PipeTest, Wait

WRITTEN = ("bl", [
    {"name": "i", "dtype": CmdArgType.DevLong, "value": 1},
    {"name": "s", "value": "t"},
    {"name": "a", "value": [1.5, 2.5]},
    {"name": "in", "value": ("inner", {"q": True})},
])  # fmt: skip


def described(config: Any) -> dict[str, str]:
    return {
        "name": config.name, "description": config.description, "label": config.label,
        "disp_level": config.disp_level.name, "writable": PipeWriteType(config.writable).name,
    }  # fmt: skip


def told(blob: Any) -> list[Any]:
    name, elements = blob
    return [name, [{**each, "value": _plain(each["value"])} for each in elements]]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and isinstance(value[1], list):
        return told(value)
    return value.tolist() if hasattr(value, "tolist") else value


def changed(device: DeviceProxy, **fields: Any) -> dict[str, str]:
    config = device.get_pipe_config("ro")
    for field, value in fields.items():
        setattr(config, field, value)
    device.set_pipe_config(config)
    return described(device.get_pipe_config("ro"))


class Heard:
    """The pipe events of the captured session."""

    def __init__(self, device: DeviceProxy, own: PipeTest, until: Wait) -> None:
        self.seen: list[Any] = []
        device.subscribe_event("ro", EventType.PIPE_EVENT, self.seen.append)
        self.at_first = len(self.seen)
        own.push_pipe_event("ro", ("pushed", {"z": 9}))
        until(lambda: len(self.seen) == 2)

    def texts(self) -> list[str]:
        """As the reference's events were printed."""
        return [
            str((event.event, (event.pipe_name.rpartition("/")[2], event.pipe_value[0], _pairs(event.pipe_value[1]))))
            for event in self.seen
        ]


def _pairs(elements: Any) -> list[tuple[str, Any]]:
    return [(each["name"], _plain(each["value"])) for each in elements]


def captured_text(text: str) -> str:
    """The printed event without the name of the device; arrays as lists."""
    return "(" + text.partition(", ")[2].replace("array([1, 2])", "[1, 2]")


def test_the_captured_session(pipe_server: DeviceServer, server: DeviceServer, until: Wait) -> None:
    """PIPE-1, PIPE-2, PIPE-3, PIPE-4, PIPE-5, PIPE-6, PIPE-8, PIPE-9, PIPE-10."""
    device, without = DeviceProxy("test/pipe/1"), DeviceProxy("test/attr/2")
    own: Any = pipe_server.registry.find("test/pipe/1").kernel.device
    calls: dict[str, Any] = {
        "PIPE-1": lambda: [described(config) for config in device.get_pipe_config()],
        "PIPE-2": lambda: told(device.read_pipe("ro")),
        "PIPE-3": lambda: told(device.read_pipe("RO")),
        "PIPE-4": lambda: device.read_pipe("nope"),
        "PIPE-5": lambda: device.write_pipe("ro", ("x", {"a": 1})),
        "PIPE-6": lambda: [device.write_pipe("rw", WRITTEN), told(device.read_pipe("rw"))],
        "PIPE-7": lambda: device.write_pipe("rw", ("x", [("i", 1), ("i", 2)])),
        "PIPE-8": lambda: device.write_pipe("rw", ("empty", {})),
        "PIPE-9": lambda: device.read_pipe("bad"),
        "PIPE-10": lambda: device.read_pipe("guard"),
        "PIPE-11": lambda: device.read_pipe("unset"),
        "PIPE-12": lambda: changed(device, label="new", description="nd"),
        "PIPE-13": lambda: changed(device, label="", description=""),
        "PIPE-14": lambda: changed(device, label="Not specified", description="Not specified"),
        "PIPE-15": lambda: changed(device, label="NaN", description="NaN"),
        "PIPE-16": lambda: changed(device, writable=PipeWriteType.PIPE_READ_WRITE),
        "PIPE-17": lambda: changed(device, name="nope"),
        "PIPE-20": lambda: without.get_pipe_list(),
        "PIPE-21": lambda: without.read_pipe("x"),
    }
    elsewhere = {"PIPE-18", "PIPE-tt1", "PIPE-tt2", "PIPE-tt3"}
    cases = {case.id: case for case in replayed_cases("model", "pipes")}
    for case in cases.values():
        if case.id not in elsewhere:
            assert answer(case, calls) == expected(case), (case.id, case.name)
    heard = Heard(device, own, until)
    first, total, texts = cases["PIPE-18"].data["out"]
    assert [heard.at_first, len(heard.seen), heard.texts()] == [first, total, [captured_text(text) for text in texts]]
    assert reason_and_text(device.subscribe_event, "nope", EventType.PIPE_EVENT, print)[0] == [
        "API_PipeNotFound",
        "nope pipe not found",
    ]


ELEMENTS: dict[str, Any] = {
    "DevBoolean": True, "DevShort": -3, "DevLong": -(2**31), "DevFloat": 1.5, "DevDouble": 0.1, "DevUShort": 65535,
    "DevULong": 2**32 - 1, "DevString": "caf\u00e9", "DevState": DevState.FAULT, "DevUChar": 255, "DevLong64": -(2**63),
    "DevULong64": 2**64 - 1, "DevEncoded": ("form", b"\x00\xff"), "DevEnum": 2,
    "DevVarCharArray": [0, 255], "DevVarShortArray": [1, -2], "DevVarLongArray": [-1], "DevVarFloatArray": [1.5],
    "DevVarDoubleArray": [0.1], "DevVarUShortArray": [5], "DevVarULongArray": [], "DevVarStringArray": ["a", ""],
    "DevVarLong64Array": [-(2**63)], "DevVarULong64Array": [2**64 - 1], "DevVarBooleanArray": [True, False],
    "DevVarStateArray": [DevState.ON, DevState.FAULT],
}  # fmt: skip


def test_elements_of_all_types(pipe_server: DeviceServer) -> None:
    """PIPE-2, PIPE-3: written, kept and read with their types and in their order"""
    device = DeviceProxy("test/pipe/1")
    written = [{"name": name, "dtype": CmdArgType[name], "value": value} for name, value in ELEMENTS.items()]
    device.write_pipe("rw", ("", [*written, {"name": "inner", "value": ("nested", written)}]))
    name, elements = told(device.read_pipe("rw"))
    inner = elements.pop()
    assert (name, elements) == ("", written)
    assert (inner["dtype"], inner["value"]) == (CmdArgType.DevPipeBlob, ["nested", written])


def test_the_pipe_of_the_test_device(tango_test: DeviceProxy) -> None:
    """PIPE-2, SIM-9: the root name is empty."""
    cases = {case.id: case for case in replayed_cases("model", "pipes") if case.id.startswith("PIPE-tt")}
    calls = {
        "PIPE-tt1": lambda: tango_test.get_pipe_list(),
        "PIPE-tt2": lambda: [described(config) for config in tango_test.get_pipe_config()],
        "PIPE-tt3": lambda: told(tango_test.read_pipe("string_long_short_ro")),
    }
    for case in cases.values():
        assert answer(case, calls) == expected(case)


def test_texts_of_a_pipe_survive_a_restart(pipe_server: DeviceServer, store: Any) -> None:
    """PIPE-8."""
    device = DeviceProxy("test/pipe/1")
    changed(device, label="kept", description="kept too")
    assert store.get_device_pipe_property("test/pipe/1", ["ro"]) == {
        "ro": {"label": ["kept"], "description": ["kept too"]}
    }
    DeviceProxy(device.adm_name()).DevRestart("test/pipe/1")
    assert [device.get_pipe_config("ro").label, device.get_pipe_config("ro").description] == ["kept", "kept too"]
    changed(device, label="NaN", description="NaN")
    assert store.get_device_pipe_property("test/pipe/1", ["ro"]) == {"ro": {}}


def test_a_pipe_forgets_what_was_read_before(pipe_server: DeviceServer) -> None:
    """PIPE-5: a method that neither sets nor gives a blob fails, whatever it did the last time."""
    device = DeviceProxy("test/pipe/1")
    own: Any = pipe_server.registry.find("test/pipe/1").kernel
    member = own.pipe("rw")
    own.device.read_rw = lambda: None
    member.set_value(("early", {}))
    own.device.blob = None
    assert reason_and_text(device.read_pipe, "rw")[0][0] == "API_PipeValueNotSet"


def test_what_writing_can_fail_with(pipe_server: DeviceServer, server: DeviceServer) -> None:
    """PIPE-5, PIPE-6: the client says what it wanted to do"""
    device = DeviceProxy("test/pipe/1")
    for word, call in (("write", device.write_pipe), ("write_read", device.write_read_pipe)):
        assert reason_and_text(call, "ro", ("b", {})) == [
            ["API_PipeNotWritable", "Pipe ro is not writable"],
            ["API_PipeFailed", f"Failed to {word}_pipe on device test/pipe/1, pipe ro"],
        ]
    assert reason_and_text(device.write_pipe, "rw", ("b", [("i", 1), ("I", 2)]))[0][0] == "API_PipeDuplicateDEName"
    without = DeviceProxy("test/attr/2")
    assert reason_and_text(without.set_pipe_config, device.get_pipe_config("rw"))[0] == [
        "API_PipeNotFound",
        "The device does not have any pipe",
    ]
    own: Any = pipe_server.registry.find("test/pipe/1").kernel.device
    own.forbidden = True
    assert reason_and_text(device.write_pipe, "rw", ("b", {}))[0] == [
        "API_PipeNotAllowed",
        "It is currently not allowed to write pipe rw",
    ]


def test_the_order_of_work_on_a_pipe(pipe_server: DeviceServer) -> None:
    """PIPE-7: found, writable, hook, permission, method; nothing of it for a pipe that cannot be written."""
    device = DeviceProxy("test/pipe/1")
    own: Any = pipe_server.registry.find("test/pipe/1").kernel.device
    device.write_read_pipe("rw", ("b", {}))
    assert own.order == ("hook", "WRITE_REQ", "write", "hook", "READ_REQ", "read")
    own.order = ()
    for pipe in ("ro", "nope"):
        reason_and_text(device.write_pipe, pipe, ("b", {}))
    assert own.order == ()
    assert reason_and_text(device.read_pipe, "guard")[0][0] == "API_PipeNotAllowed"
    assert own.order == ("hook", "guarded")


def test_a_client_that_knows_no_pipes_never_meets_them(pipe_server: DeviceServer) -> None:
    """PIPE-11: nothing that other questions are answered with mentions them."""
    device = DeviceProxy("test/pipe/1")
    pipes = set(device.get_pipe_list())
    seen: list[Any] = []
    device.subscribe_event(EventType.INTERFACE_CHANGE_EVENT, seen.append)
    assert not pipes & {*device.get_attribute_list(), *device.get_command_list()}
    assert not pipes & {config.name for config in seen[0].att_list}
    assert [info.cmd_name for info in seen[0].cmd_list] == ["Init", "State", "Status"]
