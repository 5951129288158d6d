"""A control system in memory: the port of the screens without any network."""

from __future__ import annotations

import asyncio
import math
import os
import time
from array import array
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast

import pytest
from textual.pilot import Pilot

from server_core.database.memory import MemoryStore
from server_core.model.config import AttributeConfig, CommandInfo, DeviceInfo
from server_core.model.conversion import to_attribute_data
from server_core.model.enums import AttrDataFormat, AttrQuality, AttrWriteType, DevState, DispLevel
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue
from tangoterm.console.session import Session
from tangoterm.tui.port import DeviceEntry, DeviceFacts, Interface, OnInterface, OnReading

T = TypeVar("T")
_T = CmdArgType
_F = AttrDataFormat


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No animations, no colour settings of whoever runs the tests."""
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("tangoterm.console.blackbox.selection.is_this_host", lambda host: host == "lab-host")


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key the pilot waits until it has had its effect, not until the processor is idle."""

    async def wait_for_idle(*seconds: float) -> None:
        await asyncio.sleep(0)

    async def press(pilot: Pilot[Any], *keys: str) -> None:
        await pilot.app._press_keys(keys)
        await pilot._wait_for_screen()
        await pilot.app.typeahead.finished()  # type: ignore[attr-defined]

    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr(Pilot, "press", press)
    monkeypatch.setattr("tangoterm.tui.browser.FLUSH", 0.03)


@dataclass
class Model:
    """One attribute in memory: its configuration and what reading it gives."""

    config: AttributeConfig
    read: Callable[[], Any]
    set_point: Any = None
    quality: AttrQuality = AttrQuality.ATTR_VALID
    pushes: bool = False


def attribute(name: str, data_type: CmdArgType, read: Callable[[], Any], **options: Any) -> Model:
    fields = {key: options.pop(key) for key in ("set_point", "quality", "pushes") if key in options}
    if "set_point" in fields:
        options.setdefault("writable", AttrWriteType.READ_WRITE)
    return Model(AttributeConfig(name, data_type, **{"label": name, "format": "%6.2f"} | options), read, **fields)


def _tango_test() -> list[Model]:
    began = time.time()
    image = array(
        "B", (int(255 * math.exp(-((x - 60) ** 2 + (y - 30) ** 2) / 300)) for y in range(64) for x in range(96))
    )
    models = [
        attribute("ampli", _T.DevDouble, lambda: models[0].set_point, set_point=1.0, writable=AttrWriteType.WRITE),
        attribute("boolean_scalar", _T.DevBoolean, lambda: models[1].set_point, set_point=True),
        attribute(
            "double_scalar",
            _T.DevDouble,
            lambda: models[2].set_point * math.sin((time.time() - began) * 3),
            set_point=256.0,
            unit="mm",
        ),
        attribute("long_scalar", _T.DevLong, lambda: 171, set_point=12, quality=AttrQuality.ATTR_ALARM),
        attribute(
            "enum_scalar", _T.DevEnum, lambda: models[4].set_point, set_point=1, enum_labels=["LOW", "HIGH POWER"]
        ),
        attribute("string_scalar", _T.DevString, lambda: models[5].set_point, set_point="Default string"),
        attribute("throw_exception", _T.DevLong, _throw),
        attribute("pressure", _T.DevDouble, lambda: 3.2e-9, unit="mbar", pushes=True),
        attribute(
            "wave",
            _T.DevDouble,
            lambda: [models[0].set_point * math.sin(i / 20) for i in range(256)],
            data_format=_F.SPECTRUM,
            max_dim_x=4096,
        ),
        attribute(
            "uchar_image_ro",
            _T.DevUChar,
            lambda: [image[row * 96 : row * 96 + 96] for row in range(64)],
            data_format=_F.IMAGE,
            max_dim_x=251,
            max_dim_y=251,
        ),
        attribute("State", _T.DevState, lambda: DevState.RUNNING),
        attribute("Status", _T.DevString, lambda: "The device is in RUNNING state."),
    ]
    return models


def _throw() -> Any:
    raise DevFailed.of("exception test", "here is the exception you requested", "TangoTest::read_throw_exception")


_COMMANDS = [
    CommandInfo("DevBoolean", _T.DevBoolean, _T.DevBoolean),
    CommandInfo("DevDouble", _T.DevDouble, _T.DevDouble, "Any DevDouble value", "Echo of the argin value"),
    CommandInfo("DevString", _T.DevString, _T.DevString, "Any DevString value", "Echo of the argin value"),
    CommandInfo("DevVarLongArray", _T.DevVarLongArray, _T.DevVarLongArray, "-", "-"),
    CommandInfo("DevVoid"),
    CommandInfo("DumpExecutionState", disp_level=DispLevel.EXPERT),
    CommandInfo("Fail", _T.DevShort),
    CommandInfo("Init"),
    CommandInfo("State", _T.DevVoid, _T.DevState),
    CommandInfo("Status", _T.DevVoid, _T.DevString),
]


@dataclass
class MemoryDevice:
    models: list[Model]
    commands: list[CommandInfo]
    lines: list[str] = field(default_factory=list)
    polled: dict[tuple[str, bool], int] = field(default_factory=dict)
    called: list[tuple[str, Any]] = field(default_factory=list)
    written: list[tuple[str, Any]] = field(default_factory=list)
    receivers: dict[str, OnReading] = field(default_factory=dict)
    interface_watchers: list[OnInterface] = field(default_factory=list)
    config_watchers: dict[str, Callable[[AttributeConfig], None]] = field(default_factory=dict)
    failure: DevFailed | None = None

    def model(self, name: str) -> Model:
        for model in self.models:
            if model.config.name.lower() == name.lower():
                return model
        raise DevFailed.of("API_AttrNotFound", f"{name} attribute not found", "MemoryDevice")


class MemoryProxy:
    """What the console's toolkit asks of a device in memory."""

    def __init__(self, system: MemorySystem, name: str) -> None:
        self._system = system
        self._name = name

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of what never waits."""
        try:
            coroutine.send(None)
        except StopIteration as done:
            return cast("T", done.value)
        raise AssertionError("the system in memory does not wait")

    def set_timeout_millis(self, timeout: int) -> None: ...

    def __getattr__(self, name: str) -> Any:
        def refuse(*arguments: Any) -> Any:
            raise DevFailed.of("API_NotSupported", f"a device in memory has no {name}", "MemoryProxy")

        return refuse

    def black_box(self, count: int) -> Sequence[str]:
        return self._wait(self._system.black_box(self._name, count))

    def polling_status(self) -> Sequence[str]:
        return self._wait(self._system.polling_status(self._name))

    def _poll(self, name: str, is_command: bool, period: int) -> None:
        self._wait(self._system.set_polling(self._name, name, is_command, period))

    def poll_attribute(self, name: str, period: int) -> None:
        self._poll(name, False, period)

    def stop_poll_attribute(self, name: str) -> None:
        self._poll(name, False, 0)

    def poll_command(self, name: str, period: int) -> None:
        self._poll(name, True, period)

    def stop_poll_command(self, name: str) -> None:
        self._poll(name, True, 0)

    def attribute_list_query_ex(self) -> Sequence[AttributeConfig]:
        return [model.config for model in self._system.device(self._name).models]

    def command_list_query(self) -> Sequence[CommandInfo]:
        return self._system.device(self._name).commands

    def adm_name(self) -> str:
        entry = next(entry for entry in self._system.entries if entry.name.lower() == self._name.lower())
        return f"dserver/{entry.server}"

    def status(self) -> str:
        return "The device is ON\nThe polling is ON"

    def get_property(self, names: Sequence[str]) -> dict[str, list[str]]:
        return dict(self._system.store.get_device_property(self._name, names))

    def put_property(self, values: Mapping[str, Sequence[str]]) -> None:
        self._system.store.put_device_property(self._name, values)


class MemorySystem:
    """The port in memory; every device that runs is a little TangoTest."""

    address = "127.0.0.1:10000"

    def __init__(self, entries: Sequence[DeviceEntry]) -> None:
        self.entries = list(entries)
        self.failure: DevFailed | None = None
        self.known: dict[str, MemoryDevice] = {}
        self.reads: list[tuple[str, tuple[str, ...]]] = []
        self.closed = False
        self.store = MemoryStore()

    @cached_property
    def session(self) -> Session:
        """A session whose database knows the devices, and none of them to run."""
        for server in {entry.server for entry in self.entries}:
            with suppress(DevFailed):  # names that no database takes
                self.store.add_server(
                    server, [(each.name, each.dev_class) for each in self.entries if each.server == server]
                )
        return Session(store=self.store, connect=lambda name: MemoryProxy(self, name))

    def device(self, name: str) -> MemoryDevice:
        """The device behind a name."""
        entry = next((entry for entry in self.entries if entry.name.lower() == name.lower()), None)
        if entry is None or not entry.exported:
            raise DevFailed.of("API_DeviceNotExported", f"Device {name} is not exported", "MemorySystem")
        if name.lower() not in self.known:
            self.known[name.lower()] = MemoryDevice(_tango_test(), deepcopy(_COMMANDS))
        device = self.known[name.lower()]
        if device.failure is not None:
            raise device.failure
        return device

    def _record(self, name: str, what: str, *, identified: bool = True) -> MemoryDevice:
        device = self.device(name)
        moment = datetime.now()
        client = f" (CPP/Python client with PID {os.getpid()})" if identified else ""
        stamp = f"{moment:%d/%m/%Y %H:%M:%S}:{moment.microsecond // 10000:02d}"
        device.lines.insert(0, f"{stamp} : {what} requested from lab-host{client}")
        return device

    async def devices(self) -> Sequence[DeviceEntry]:
        if self.failure is not None:
            raise self.failure
        return list(self.entries)

    async def interface(self, device: str) -> Interface:
        self._record(device, "Operation command_list_query_2", identified=False)
        known = self._record(device, "Operation get_attribute_config_5", identified=False)
        return Interface([model.config for model in known.models], list(known.commands))

    async def facts(self, device: str) -> DeviceFacts:
        entry = next(entry for entry in self.entries if entry.name == device)
        info = DeviceInfo(entry.dev_class, entry.server, "lab-host", 5)
        return DeviceFacts(info, "A TANGO device", "lab-host", 4711, time.time() - 4000)

    async def read(self, device: str, names: Sequence[str]) -> Sequence[AttributeValue]:
        self.reads.append((device, tuple(names)))
        await asyncio.sleep(0)  # no request is answered at once
        known = self._record(device, f"Operation read_attributes_5 ({', '.join(names)}) from cache_device")
        return [self._reading_of(known, name) for name in names]

    def _reading_of(self, known: MemoryDevice, name: str) -> AttributeValue:
        try:
            return self._reading(known.model(name))
        except DevFailed as failure:
            return AttributeValue(name, time=time.time(), errors=failure.errors)

    def _reading(self, model: Model) -> AttributeValue:
        config = model.config
        reading = AttributeValue(config.name, config.data_type, config.data_format, model.quality, time.time())
        try:
            value = model.read()
        except DevFailed as failure:
            reading.errors, reading.quality = failure.errors, AttrQuality.ATTR_INVALID
            return reading
        reading.value, reading.dim_x, reading.dim_y = to_attribute_data(config.data_type, config.data_format, value)
        if model.set_point is not None:
            reading.w_value, reading.w_dim_x, reading.w_dim_y = model.set_point, 1, 0
        return reading

    async def write(self, device: str, config: AttributeConfig, value: Any) -> None:
        known = self._record(device, f"Operation write_attributes_4 ({config.name})")
        if config.name == "string_scalar" and value == "refuse":
            raise DevFailed.of("API_WAttrOutsideLimit", "Set value for attribute string_scalar is refused", "write")
        known.written.append((config.name, value))
        known.model(config.name).set_point = value

    async def call(self, device: str, command: str, in_type: CmdArgType, argument: Any) -> Any:
        known = self._record(device, f"Operation command_inout_4 (cmd = {command}) from cache_device")
        known.called.append((command, argument))
        if command == "Fail":
            raise DevFailed.of("Demo_Refused", "the argument [/x] [red is refused", "MemorySystem.call").stacked(
                "API_CommandFailed", "Failed to execute command Fail", "MemorySystem"
            )
        return {"State": DevState.RUNNING, "Status": "The device is in RUNNING state."}.get(command, argument)

    async def ping(self, device: str) -> float:
        self._record(device, "Operation ping", identified=False)
        return 0.00012

    async def black_box(self, device: str, count: int) -> Sequence[str]:
        lines = self.device(device).lines[:count]
        self._record(device, "Operation blackbox", identified=False)
        return lines

    async def polling_status(self, device: str) -> Sequence[str]:
        return [
            f"Polled {'command' if is_command else 'attribute'} name = {name}\nPolling period (mS) = {period}\n"
            "Polling ring buffer depth = 10\nTime needed for the last attribute reading (mS) = 0.488\n"
            "Data not updated since 172 mS\nDelta between last records (in mS) = 999, 1000, 1001, 1000"
            for (name, is_command), period in self.device(device).polled.items()
        ]

    async def set_polling(self, device: str, name: str, is_command: bool, period: int) -> None:
        polled = self.device(device).polled
        if 0 < period < 20:
            raise DevFailed.of(
                "API_MethodArgument", f"{period} ms is below the smallest period, 20 ms", "AddObjPolling"
            )
        if period:
            polled[name, is_command] = period
        else:
            polled.pop((name, is_command), None)

    async def subscribe(self, device: str, attribute: str, on_reading: OnReading) -> object:
        known = self.device(device)
        model = known.model(attribute)
        if not model.pushes:
            raise DevFailed.of("API_AttributePollingNotStarted", f"The polling for {attribute} is not started", "")
        known.receivers[attribute] = on_reading
        on_reading(self._reading(model))
        return (device, attribute)

    async def subscribe_interface(self, device: str, on_interface: OnInterface) -> object:
        self.device(device).interface_watchers.append(on_interface)
        on_interface(await self.interface(device))
        return (device, on_interface)

    async def subscribe_config(self, device: str, attribute: str, on_config: Any) -> object:
        known = self.device(device)
        known.config_watchers[attribute] = on_config
        on_config(deepcopy(known.model(attribute).config))
        return (device, on_config)

    def configure(self, device: str, attribute: str, **properties: str) -> None:
        """Change a configuration as another client does."""
        known = self.device(device)
        config = known.model(attribute).config
        for name, value in properties.items():
            setattr(config, name, value)
        known.config_watchers[attribute](deepcopy(config))

    async def interface_changed(self, device: str) -> None:
        """Tell that members came or went."""
        for watcher in self.device(device).interface_watchers:
            watcher(await self.interface(device))

    async def unsubscribe(self, subscription: Any) -> None:
        device, attribute = subscription
        known = self.device(device)
        if attribute in known.interface_watchers:
            known.interface_watchers.remove(attribute)
        elif callable(attribute):
            known.config_watchers = {
                name: watcher for name, watcher in known.config_watchers.items() if watcher is not attribute
            }
        else:
            known.receivers.pop(attribute)

    def push(self, device: str, attribute: str) -> None:
        """Send an event."""
        known = self.device(device)
        known.receivers[attribute](self._reading(known.model(attribute)))

    async def perform(self, do: Callable[[Session], Any]) -> Any:
        """With a session that finds nobody, unless the test gave one."""
        return await asyncio.to_thread(do, self.session)

    async def close(self) -> None:
        self.closed = True


def small_system() -> MemorySystem:
    return MemorySystem(
        [
            DeviceEntry("dserver/DataBaseds/2", "DataBaseds/2", "DServer", "", True),
            DeviceEntry("dserver/TangoTest/test", "TangoTest/test", "DServer", "", True),
            DeviceEntry("lab/camera/beam", "LabDemo/1", "Camera", "", True),
            DeviceEntry("lab/psu/quad-1", "LabDemo/1", "PowerSupply", "quad1", True),
            DeviceEntry("lab/psu/quad-2", "LabDemo/1", "PowerSupply", "", False),
            DeviceEntry("lab/vacuum/rga-1", "LabDemo/1", "GasAnalyser", "", True),
            DeviceEntry("sys/database/2", "DataBaseds/2", "DataBase", "", True),
            DeviceEntry("sys/tg_test/1", "TangoTest/test", "TangoTest", "", True),
        ]
    )


@pytest.fixture
def system() -> MemorySystem:
    """A handful of devices."""
    return small_system()


@pytest.fixture
def make_system() -> type[MemorySystem]:
    """For systems of other devices."""
    return MemorySystem


@pytest.fixture
def screen_text() -> Callable[[Any], str]:
    """What is on the screen as text, without colours."""

    def text(app: Any) -> str:
        lines = ("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
        return "\n".join(line.rstrip() for line in lines)

    return text


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait until something holds, driving the screen; fails with what is on it."""

    async def wait(pilot: Pilot[Any], holds: Callable[[], Any], seconds: float = 5.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < deadline, "did not happen in time"
            await pilot.pause(0.03)
        return found

    return wait


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user wants no colours."""
    monkeypatch.setenv("NO_COLOR", "1")
