"""Shipped devices on a bench: each in a process of its own making, without network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.device.device_class import DeviceClass
from server_core.device.logger import Logger
from server_core.devices import find_class
from server_core.model.conversion import from_attribute_data, from_command_data, to_attribute_data, to_command_data
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from server_core.model.values import VOID, AttributeValue, AttributeWrite, TypedValue


class BenchHost:
    """The server process as far as a device alone needs it; pushed events are kept as `(kind, object, payload)`."""

    server_name = "bench/test"
    starting = False
    nan_allowed = False

    def __init__(self) -> None:
        self.properties = MemoryStore()
        self.memorises = True
        self.pushed: list[tuple[EventType, str, Any]] = []
        self.arrived = threading.Condition()
        self._monitor = threading.RLock()

    def monitor(self, device: Any) -> threading.RLock:
        return self._monitor

    def push_event(
        self, device: Any, object_name: str, kind: EventType, payload: Any, errors: Any = (), *, detect: bool = False
    ) -> None:
        with self.arrived:
            self.pushed.append((kind, object_name, payload))
            self.arrived.notify_all()

    def interface_changed(self, device: Any) -> None:
        self.push_event(device, "", EventType.INTERFACE_CHANGE_EVENT, None)

    def attribute_removed(self, device: Any, name: str) -> None: ...

    def poll_object(self, device: Any, object_name: str, *, command: bool, period: int | None) -> None: ...

    def forget_polling(self, device: Any, object_name: str, *, command: bool) -> None: ...

    def poll_period(self, device: Any, object_name: str, *, command: bool) -> int | None:
        return None

    def is_cached(self, device: Any, object_name: str) -> bool:
        return False

    def logger(self, name: str) -> Logger:
        return Logger(name)


class Bench:
    """One device; values are given and taken as clients do."""

    def __init__(self, class_name: str, properties: dict[str, list[str]]) -> None:
        self.host = BenchHost()
        self.host.properties.put_device_property("test/device/1", properties)
        self.kernel = DeviceClass(find_class(class_name), self.host).create("test/device/1")  # type: ignore[arg-type]
        self.device: Any = self.kernel.device
        self.kernel.start()
        self.kernel.write_memorised()

    def close(self) -> None:
        with self.host.monitor(self.device):
            self.kernel.delete()
        self.host.properties.close()

    def raw(self, name: str) -> AttributeValue:
        with self.host.monitor(self.device):
            (value,) = self.kernel.read_attributes([name])
        if value.errors:
            raise DevFailed(*value.errors)
        return value

    def read(self, name: str) -> Any:
        value = self.raw(name)
        return from_attribute_data(value.data_type, value.data_format, value.value, value.dim_x, value.dim_y)

    def write(self, name: str, value: Any) -> None:
        config = self.kernel.attribute(name).config
        data, dim_x, dim_y = to_attribute_data(config.data_type, config.data_format, value)
        with self.host.monitor(self.device):
            self.kernel.write_attributes([AttributeWrite(name, config.data_type, data, dim_x, dim_y)])

    def call(self, name: str, argument: Any = None) -> Any:
        info = self.kernel.command_info(name)
        argin = VOID if argument is None else TypedValue(info.in_type, to_command_data(info.in_type, argument))
        with self.host.monitor(self.device):
            result = self.kernel.command_inout(name, argin)
        return from_command_data(result.type, result.value)

    @property
    def state(self) -> Any:
        with self.host.monitor(self.device):
            return self.kernel.state()

    @property
    def status(self) -> str:
        with self.host.monitor(self.device):
            return self.kernel.status()

    def attribute_names(self) -> list[str]:
        return [config.name for config in self.kernel.attribute_configs()]

    def await_push(self, wanted: Callable[[EventType, str, Any], bool], timeout: float = 5.0) -> None:
        """Return when an event was pushed that `wanted(kind, object, payload)` accepts."""
        with self.host.arrived:
            assert self.host.arrived.wait_for(lambda: any(wanted(*event) for event in self.host.pushed), timeout)


MakeBench = Callable[..., Bench]


@pytest.fixture
def bench() -> Iterator[MakeBench]:
    """`bench("TangoTest", Sleep_period=["100"])` puts such a device on the bench."""
    made: list[Bench] = []

    def make(class_name: str, **properties: list[str]) -> Bench:
        made.append(Bench(class_name, properties))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Clock:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time for simulations, which a test moves."""
    clock = Clock()
    for module in ("power_supply", "tango_test"):
        monkeypatch.setattr(f"server_core.devices.{module}.monotonic", clock)
    return clock
