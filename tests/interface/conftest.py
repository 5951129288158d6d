"""Commands, pipes and dynamic members from end to end: the devices that were captured, behind a real client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core import (
    AttrQuality,
    AttrWriteType,
    DevFailed,
    Device,
    DevState,
    DispLevel,
    ErrSeverity,
    PipeWriteType,
    attribute,
    command,
    pipe,
)
from server_core.database.locate import open_store
from server_core.devices import find_class
from server_core.model.enums import EventType
from server_core.model.errors import DevError
from server_core.model.types import CmdArgType
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tests import waiting


class AttrTest(Device):
    """The device class of the captured cases, as far as commands and dynamic members need it."""

    @attribute(dtype=float)
    def counted(self) -> float:
        self.values["counted"] = self.values.get("counted", 0.0) + 1
        return float(self.values["counted"])

    ro = attribute(dtype=float, fget=lambda self: 1.25)
    polled = attribute(dtype=float, fget=lambda self: 0.0)
    changing = attribute(dtype=float, fget=lambda self: (3.3, 1.0, AttrQuality.ATTR_CHANGING))
    im_state = attribute(dtype=[["DevState"]], max_dim_x=2, max_dim_y=2, fget=lambda self: [[DevState.ON]])
    sc_encoded = attribute(dtype="DevEncoded", fget=lambda self: ("", b""))

    def init_device(self) -> None:
        self.values: dict[str, Any] = {}
        self.slept = False
        self.set_state(DevState.ON)

    @command(dtype_in=str, doc_in="in doc", dtype_out=str, doc_out="out doc")
    def Echo(self, text: str) -> str:
        return text

    @command(dtype_out=int, display_level=DispLevel.EXPERT)
    def Expert(self) -> int:
        self.values["expert"] = self.values.get("expert", 0) + 1
        return int(self.values["expert"])

    @command
    def Nothing(self) -> None: ...

    @command(fisallowed=lambda self: False, dtype_in=str)
    def Guarded(self, text: str) -> None: ...

    @command(dtype_out="DevLong")
    def BadReturn(self) -> Any:
        return "a string"

    @command
    def Dump(self) -> None: ...

    @command
    def Raises(self) -> None:
        raise DevFailed.of("C_Reason", "c description", "c.origin")

    @command(dtype_in=str)
    def NonErrSeverity(self, word: str) -> None:
        raise DevFailed(DevError("S_Reason", "sev", "o", ErrSeverity[word]))

    @command(dtype_in=float)
    def Sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        self.slept = True

    # ---- members that come and go

    def read_any(self, attr: Any) -> Any:
        start: Any = "" if attr.get_data_type() is CmdArgType.DevString else 0
        for _ in range(attr.get_data_format()):
            start = [start]
        return self.values.get(attr.get_name(), start)

    def write_any(self, attr: Any) -> None:
        self.values[attr.get_name()] = attr.get_write_value()

    @command(dtype_in=str)
    def AddAttr(self, text: str) -> None:
        """Add an attribute: the keywords of its declaration as JSON."""
        keywords = {"dtype": float, "access": AttrWriteType.READ_WRITE, **json.loads(text)}
        self.add_attribute(attribute(**keywords), self.read_any, self.write_any)

    @command(dtype_in=str)
    def MakeAttrErr(self, text: str) -> None:
        """Try to add an attribute that cannot be."""
        access = AttrWriteType[json.loads(text).pop("access")]
        self.AddAttr(json.dumps(json.loads(text) | {"access": access}))

    @command(dtype_in=[str])
    def RemAttr(self, argin: list[str]) -> None:
        """Remove an attribute; with a second word its properties stay."""
        self.remove_attribute(argin[0], clean_db=len(argin) == 1)

    @command(dtype_in=[str])
    def AddCmd(self, argin: list[str]) -> None:
        """Add a command: its level, its result type."""
        level, dtype = argin

        def DynCmd() -> int:
            return 5

        self.add_command(command(f=DynCmd, dtype_out=dtype), level == "device")

    @command(dtype_in=str)
    def RemCmd(self, name: str) -> None:
        """Remove a command."""
        self.remove_command(name)


class PipeTest(Device):
    """The pipes of the captured cases."""

    @pipe(label="Ro label", doc="ro doc")
    def ro(self) -> Any:
        return "rootblob", {"i": 1, "f": 2.5, "s": "x", "l": [1, 2], "b": True}

    @pipe
    def bad(self) -> Any:
        raise DevFailed.of("P_Reason", "pdesc", "porig")

    rw = pipe(access=PipeWriteType.PIPE_READ_WRITE)
    unset = pipe(fget=lambda self: None)
    guard = pipe(fget=lambda self: ("g", {}))
    order: tuple[str, ...] = ()
    forbidden = False

    def always_executed_hook(self) -> None:
        self.order += ("hook",)

    def read_rw(self) -> Any:
        self.order += ("read",)
        return self.blob

    def write_rw(self, blob: Any) -> None:
        self.order += ("write",)
        self.blob = blob

    def is_rw_allowed(self, request: Any) -> bool:
        self.order += (request.name,)
        return not self.forbidden

    def is_guard_allowed(self, request: Any) -> bool:
        self.order += ("guarded",)
        return False


@pytest.fixture
def store() -> Iterator[Any]:
    """The database, with the captured servers defined."""
    store = open_store()
    store.add_server("AttrTestDS/a", [("test/attr/1", "AttrTest"), ("test/attr/2", "AttrTest")])
    store.add_server("pipeds/a", [("test/pipe/1", "PipeTest")])
    yield store
    store.close()


@pytest.fixture
def server(store: Any) -> Iterator[DeviceServer]:
    """The server of the attribute test devices."""
    with DeviceServer((AttrTest,), "AttrTestDS", "a", store=store) as server:
        yield server
        close_connections()


@pytest.fixture
def pipe_server(store: Any) -> Iterator[DeviceServer]:
    """The server of the pipe test device."""
    with DeviceServer((PipeTest,), "pipeds", "a", store=store) as server:
        yield server
        close_connections()


@pytest.fixture
def device(server: DeviceServer) -> DeviceProxy:
    return DeviceProxy("test/attr/2")


@pytest.fixture
def own(server: DeviceServer) -> AttrTest:
    """The author's object behind `device`."""
    own: Any = server.registry.find("test/attr/2").kernel.device
    assert isinstance(own, AttrTest)
    return own


Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def until() -> Wait:
    """Waits until something is true."""
    return waiting.until


class Interfaces:
    """The interface-change events of a device. `commands` and `attributes` are how many the last one told."""

    def __init__(self, proxy: DeviceProxy) -> None:
        self.seen: list[Any] = []
        self.id = proxy.subscribe_event(EventType.INTERFACE_CHANGE_EVENT, self.seen.append)
        self.first = self.seen.pop()
        self._count(self.first)

    def _count(self, event: Any) -> None:
        self.commands, self.attributes = len(event.cmd_list), len(event.att_list)

    def take(self, until: Wait) -> list[list[Any]]:
        """The event that must come: `[device, started, commands more than before, attributes more than before]`."""
        until(lambda: self.seen)
        event = self.seen.pop()
        before = self.commands, self.attributes
        self._count(event)
        return [[event.device.name(), event.dev_started, self.commands - before[0], self.attributes - before[1]]]


@pytest.fixture
def tango_test(store: Any) -> Iterator[DeviceProxy]:
    """`sys/tg_test/1`, served."""
    store.add_server("TangoTest/test", [("sys/tg_test/1", "TangoTest")])
    with DeviceServer((find_class("TangoTest"),), "TangoTest", "test", store=store):
        yield DeviceProxy("sys/tg_test/1")
        close_connections()
