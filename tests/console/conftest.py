"""A small control system without a network: two devices, and what a proxy says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.store import DeviceExport
from server_core.model.config import AttributeConfig, CommandInfo, DeviceInfo
from server_core.model.enums import AttrDataFormat, AttrQuality, AttrWriteType, DevSource, DevState
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from tangoterm.client import LockerInfo, LockerLanguage
from tangoterm.console.session import Session

NOW = 1_700_000_000.25


class FakeTime:
    def totime(self) -> float:
        return NOW


class FakeReading:
    def __init__(self, config: AttributeConfig, value: Any, error: DevFailed | None = None) -> None:
        self.name = config.name
        self.type = config.data_type
        self.data_format = config.data_format
        self.value = value
        self.w_value = value if config.writable is AttrWriteType.READ_WRITE else None
        self.quality = AttrQuality.ATTR_VALID
        self.time = FakeTime()
        self.has_failed = error is not None
        self._errors = error.errors if error else ()

    def get_err_stack(self) -> Sequence[Any]:
        return self._errors


class FakeEvent:
    def __init__(self, reading: FakeReading | None, errors: Sequence[Any] = ()) -> None:
        self.err = reading is None
        self.errors = errors
        self.attr_value = reading


class FakeDevice:
    """The part of a DeviceProxy that the console uses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[tuple[Any, ...]] = []
        self.timeout = 0
        self.source = DevSource.CACHE_DEV
        self.values: dict[str, Any] = {"ampli": 1.5, "mode": 1, "wave": [1.0, 2.0, 3.0], "label": "a\tb"}
        self.subscribers: dict[int, Callable[[FakeEvent], None]] = {}
        self.refuse_events: str | None = None
        self.locker = 0
        self.language = LockerLanguage.CPP
        self.configs = {
            config.name: config
            for config in (
                AttributeConfig(
                    "ampli", CmdArgType.DevDouble, writable=AttrWriteType.READ_WRITE, unit="V", max_value="10"
                ),
                AttributeConfig(
                    "mode", CmdArgType.DevEnum, writable=AttrWriteType.READ_WRITE, enum_labels=["Slow", "Very fast"]
                ),
                AttributeConfig("wave", CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, max_dim_x=256),
                AttributeConfig("label", CmdArgType.DevString),
            )
        }
        self.infos = {
            info.cmd_name: info
            for info in (
                CommandInfo("DevDouble", CmdArgType.DevDouble, CmdArgType.DevDouble),
                CommandInfo("Init"),
                CommandInfo("Names", CmdArgType.DevVoid, CmdArgType.DevVarStringArray),
            )
        }

    def set_timeout_millis(self, timeout: int) -> None:
        self.timeout = timeout

    def set_source(self, source: DevSource) -> None:
        self.source = source

    def attribute_list_query_ex(self) -> list[AttributeConfig]:
        self.calls.append(("attribute_list_query_ex",))
        return list(self.configs.values())

    def command_list_query(self) -> list[CommandInfo]:
        return list(self.infos.values())

    def get_attribute_config_ex(self, names: Sequence[str]) -> list[AttributeConfig]:
        return [self._config(name) for name in names]

    def set_attribute_config(self, config: AttributeConfig) -> None:
        if config.min_value == "abc":
            raise DevFailed.of(
                Reason.API_AttrOptProp, "The property min_value is defined in an unsupported format", "FakeDevice"
            )
        self.configs[config.name] = config

    def command_query(self, name: str) -> CommandInfo:
        for known, info in self.infos.items():
            if known.lower() == name.lower():
                return info
        raise DevFailed.of(Reason.API_CommandNotFound, f"Command {name} not found", "FakeDevice")

    def _config(self, name: str) -> AttributeConfig:
        for known, config in self.configs.items():
            if known.lower() == name.lower():
                return config
        raise DevFailed.of(Reason.API_AttrNotFound, f"{name} attribute not found", "FakeDevice")

    def read_attributes(self, names: Sequence[str]) -> list[FakeReading]:
        self.calls.append(("read", *names))
        return [self._reading(name) for name in names]

    def _reading(self, name: str) -> FakeReading:
        try:
            config = self._config(name)
        except DevFailed as error:
            return FakeReading(AttributeConfig(name, CmdArgType.DevVoid), None, error)
        return FakeReading(config, self.values[config.name])

    def write_attribute(self, name: str, value: Any) -> None:
        self.calls.append(("write", name, value))
        self.values[self._config(name).name] = value

    def command_inout(self, name: str, argument: Any = None) -> Any:
        self.calls.append(("call", name, argument))
        return ["one", "two"] if name == "Names" else argument

    def ping(self) -> int:
        return 250

    def info(self) -> DeviceInfo:
        return DeviceInfo("Fake", "Fake/one", "here", 5)

    def state(self) -> DevState:
        return DevState.ON

    def status(self) -> str:
        return "The device is in ON state.\nAll is well."

    def get_logging_level(self) -> int:
        return 3

    def get_logging_target(self) -> list[str]:
        return ["console::cout"]

    def black_box(self, count: int) -> list[str]:
        return [
            "21/11/2026 08:53:30:86 : Operation ping requested from vm",
            "21/11/2026 08:53:30:61 : Operation read_attributes_5 (ampli) from device requested from polling",
        ][:count]

    def polling_status(self) -> list[str]:
        return [
            "Polled attribute name = ampli\nPolling period (mS) = 500\nPolling ring buffer depth = 10\n"
            "Time needed for the last attribute reading (mS) = 0.355\nData not updated since 1 S and 270 mS\n"
            "Delta between last records (in mS) = 499, 501"
        ]

    def adm_name(self) -> str:
        return "dserver/fake/one"

    def poll_attribute(self, name: str, period: int) -> None:
        self.calls.append(("poll", name, period))

    def stop_poll_attribute(self, name: str) -> None:
        self.calls.append(("stop_poll", name))

    def stop_poll_command(self, name: str) -> None:
        self.calls.append(("stop_poll_command", name))

    def is_attribute_polled(self, name: str) -> bool:
        return False

    def lock(self, validity: int) -> None:
        self.calls.append(("lock", validity))
        self.locker = 42

    def unlock(self, force: bool) -> None:
        self.calls.append(("unlock", force))
        self.locker = 0

    def is_locked_by_me(self) -> bool:
        return self.locker == 42

    def get_locker(self, info: LockerInfo) -> bool:
        info.ll, info.li, info.locker_host, info.locker_class = self.language, self.locker, "here", "atk.Main"
        return bool(self.locker)

    def subscribe_event(self, name: str, kind: Any, callback: Callable[[FakeEvent], None]) -> int:
        if self.refuse_events is not None:
            raise DevFailed.of(self.refuse_events, "no events", "FakeDevice")
        number = len(self.subscribers) + 1
        self.subscribers[number] = callback
        callback(FakeEvent(self._reading(name)))
        return number

    def unsubscribe_event(self, number: int) -> None:
        del self.subscribers[number]


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice("sys/fake/1")


@pytest.fixture
def session(device: FakeDevice, tmp_path: Path) -> Any:
    store = MemoryStore()
    store.add_server("Fake/one", [("sys/fake/1", "Fake"), ("sys/fake/2", "Fake")])
    store.put_device_alias("sys/fake/1", "fakey")
    store.export_devices([DeviceExport("sys/fake/1", "tcp://127.0.0.1:1", "here", 42, "5")])

    def connect(name: str) -> FakeDevice:
        if name.lower() in ("sys/fake/1", "fakey"):
            return device
        raise DevFailed.of(Reason.DB_DeviceNotDefined, f"device {name} not defined in the database !", "connect")

    yield Session(connect=connect, store=store)
    store.close()
