"""A server process in memory, for devices under test."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from server_core.device.device import Device
from server_core.device.device_class import DeviceClass
from server_core.device.kernel import DeviceKernel
from server_core.device.logger import LogEvent, Logger
from server_core.model.enums import LogLevel

Texts = dict[str, list[str]]


class MemoryProperties:
    """The property part of a database, in dictionaries with lower-case keys."""

    def __init__(self) -> None:
        self.devices: dict[str, Texts] = defaultdict(dict)
        self.classes: dict[str, Texts] = defaultdict(dict)
        self.attributes: dict[tuple[str, str], Texts] = defaultdict(dict)
        self.class_attributes: dict[tuple[str, str], Texts] = defaultdict(dict)
        self.pipes: dict[tuple[str, str], Texts] = defaultdict(dict)
        self.class_pipes: dict[tuple[str, str], Texts] = defaultdict(dict)

    def get_device_property(self, device: str, names: Sequence[str]) -> Texts:
        return _found(self.devices[device.lower()], names)

    def put_device_property(self, device: str, values: Mapping[str, Sequence[str]]) -> None:
        _put(self.devices[device.lower()], values)

    def delete_device_property(self, device: str, names: Sequence[str]) -> None:
        _put(self.devices[device.lower()], dict.fromkeys(names, ()))

    def get_class_property(self, class_name: str, names: Sequence[str]) -> Texts:
        return _found(self.classes[class_name.lower()], names)

    def get_device_attribute_property(self, device: str, attributes: Sequence[str]) -> dict[str, Texts]:
        return {name: dict(self.attributes[device.lower(), name.lower()]) for name in attributes}

    def put_device_attribute_property(self, device: str, values: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        for name, properties in values.items():
            _put(self.attributes[device.lower(), name.lower()], properties)

    def delete_device_attribute_property(self, device: str, attribute: str, names: Sequence[str]) -> None:
        _put(self.attributes[device.lower(), attribute.lower()], dict.fromkeys(names, ()))

    def get_class_attribute_property(self, class_name: str, attributes: Sequence[str]) -> dict[str, Texts]:
        return {name: dict(self.class_attributes[class_name.lower(), name.lower()]) for name in attributes}

    def get_device_pipe_property(self, device: str, pipes: Sequence[str]) -> dict[str, Texts]:
        return {name: dict(self.pipes[device.lower(), name.lower()]) for name in pipes}

    def put_device_pipe_property(self, device: str, values: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        for name, properties in values.items():
            _put(self.pipes[device.lower(), name.lower()], properties)

    def delete_device_pipe_property(self, device: str, pipe: str, names: Sequence[str]) -> None:
        _put(self.pipes[device.lower(), pipe.lower()], dict.fromkeys(names, ()))

    def get_class_pipe_property(self, class_name: str, pipes: Sequence[str]) -> dict[str, Texts]:
        return {name: dict(self.class_pipes[class_name.lower(), name.lower()]) for name in pipes}


def _found(stored: Texts, names: Sequence[str]) -> Texts:
    return {name: stored[name.lower()] for name in names if name.lower() in stored}


def _put(stored: Texts, values: Mapping[str, Sequence[str]]) -> None:
    for name, texts in values.items():
        if texts:
            stored[name.lower()] = list(texts)
        else:
            stored.pop(name.lower(), None)


class MemoryHost:
    """A server process that only remembers what its devices asked of it."""

    name = "test"
    server_name = "test/device"
    starting = False
    memorises = True
    nan_allowed = False

    def __init__(self) -> None:
        self.properties = MemoryProperties()
        self.events: list[tuple[Any, ...]] = []
        self.messages: list[tuple[Any, str]] = []
        self.polled: dict[tuple[str, bool], int] = {}
        self.interface_changes = 0
        self.removed: list[str] = []

    def monitor(self, device: Device) -> AbstractContextManager[None]:
        return nullcontext()

    def run_coroutine(self, device: Device, coroutine: Any) -> Any:
        return asyncio.run(coroutine)

    def push_event(
        self, device: Device, name: str, kind: Any, payload: Any, errors: Any = (), *, detect: bool = False
    ) -> None:
        self.events.append((name, kind, payload, errors, detect))

    def interface_changed(self, device: Device) -> None:
        self.interface_changes += 1

    def attribute_removed(self, device: Device, name: str) -> None:
        self.removed.append(name)

    def poll_object(self, device: Device, object_name: str, *, command: bool, period: int | None) -> None:
        if period is None:
            del self.polled[object_name, command]
        else:
            self.polled[object_name, command] = period

    def forget_polling(self, device: Device, object_name: str, *, command: bool) -> None:
        self.polled.pop((object_name, command), None)

    def poll_period(self, device: Device, object_name: str, *, command: bool) -> int | None:
        return self.polled.get((object_name, command))

    def is_cached(self, device: Device, object_name: str) -> bool:
        return (object_name, False) in self.polled

    def logger(self, name: str) -> Logger:
        logger = Logger(name, LogLevel.LOG_DEBUG)
        logger.targets = (self,)
        return logger

    def write(self, event: LogEvent) -> None:
        self.messages.append((event.level, event.message))


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


@pytest.fixture
def start(host: MemoryHost) -> Callable[..., DeviceKernel]:
    """`start(DeviceClass, "a/b/c")`: a running device; the same class object gives devices of one class."""
    classes: dict[type[Device], DeviceClass] = {}

    def make(device_type: type[Device], name: str = "test/device/1") -> DeviceKernel:
        if device_type not in classes:
            classes[device_type] = DeviceClass(device_type, host)
        kernel = classes[device_type].create(name)
        kernel.start()
        kernel.write_memorised()
        return kernel

    return make
