"""The process as its devices see it: the `Host` of the room `device`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from server_core.device.host import OnRootEvent, PropertyStore
from server_core.device.logger import Logger
from server_core.model.enums import DevSource, EventType, SerialModel
from server_core.model.errors import DevError
from server_core.model.names import HostPort, parse_device
from server_core.model.values import AttributeValue, CommandRecord, EventPayload

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.server.process import DeviceServer
    from server_core.server.served import Served


class ServerHost:
    """Implements `Host` for the devices of one process."""

    def __init__(self, process: DeviceServer, properties: PropertyStore, *, memorises: bool) -> None:
        self.process = process
        self.properties = properties
        self.memorises = memorises

    @property
    def server_name(self) -> str:
        """`server/instance`."""
        return self.process.name

    @property
    def nan_allowed(self) -> bool:
        """Whether clients may write NaN and infinity to attributes."""
        return self.process.control_system.nan_allowed

    @property
    def serial_model(self) -> SerialModel:
        """Which requests of the process wait for one another."""
        return self.process.serial_model

    @property
    def starting(self) -> bool:
        """Whether the start-up sequence is still running."""
        return self.process.starting

    def _served(self, device: Device) -> Served:
        return self.process.registry.find(device.get_name())

    def monitor(self, device: Device) -> AbstractContextManager[None]:
        """The device's serialisation monitor."""
        return self._served(device).monitor

    def run_coroutine(self, device: Device, coroutine: Any) -> Any:
        """The result of what an `async def` method returned."""
        return self.process.coroutines.run(coroutine)

    def push_event(
        self,
        device: Device,
        object_name: str,
        kind: EventType,
        payload: EventPayload | None,
        errors: tuple[DevError, ...] = (),
        *,
        detect: bool = False,
    ) -> None:
        """Send an event to its subscribers, if there are any."""
        self.process.events.push(self._served(device), object_name, kind, payload, errors, detect=detect)

    def has_subscribers(self, device: Device, object_name: str, kind: EventType) -> bool:
        """Whether anybody wants such events."""
        return self.process.events.topics.wanted(self._served(device).key, object_name.lower(), kind) is not None

    def interface_changed(self, device: Device) -> None:
        """An attribute or command was added or removed."""
        self.process.events.interface_changed(self._served(device))

    def attribute_removed(self, device: Device, name: str) -> None:
        """An attribute is gone."""
        self.process.events.removed(self._served(device), name)

    def poll_object(self, device: Device, object_name: str, *, command: bool, period: int | None) -> None:
        """Poll at `period` ms, or no longer with None."""
        served, polling = self._served(device), self.process.polling
        if period is None:
            polling.remove(served, object_name, command=command)
        elif served.find_polled(object_name, command=command) is not None:
            polling.update(served, object_name, period, command=command)
        else:
            polling.add(served, object_name, period, command=command)

    def poll_period(self, device: Device, object_name: str, *, command: bool) -> int | None:
        """The polling period in ms, None when not polled."""
        polled = self._served(device).find_polled(object_name, command=command)
        return None if polled is None else polled.period

    def forget_polling(self, device: Device, object_name: str, *, command: bool) -> None:
        """Stop polling what goes, if it is polled."""
        served = self._served(device)
        if served.find_polled(object_name, command=command) is not None:
            self.process.polling.remove(served, object_name, command=command, gone=True)

    def stop_polling(self, device: Device, *, persist: bool) -> None:
        """Stop polling everything of the device."""
        served, polling = self._served(device), self.process.polling
        if not persist:
            polling.forget_device(served)
        for polled in list(served.polled):
            polling.remove(served, polled.key, command=polled.command)

    def trigger_polling(self, device: Device, object_name: str, *, command: bool) -> None:
        """Poll an externally triggered object once, now."""
        self.process.polling.trigger(self._served(device), object_name, command=command)

    def fill_polling(
        self, device: Device, object_name: str, records: Sequence[AttributeValue | CommandRecord], *, command: bool
    ) -> None:
        """Append to what is kept of a polled object."""
        self.process.polling.fill(self._served(device), object_name, records, command=command)

    def is_cached(self, device: Device, object_name: str) -> bool:
        """Whether the attribute is polled."""
        return self._served(device).find_polled(object_name, command=False) is not None

    def logger(self, name: str) -> Logger:
        """The logger of a new device."""
        return self.process.loggers.make(name)

    def register_signal(
        self,
        listener: object,
        handler: Callable[[int], Any],
        signo: int,
        *,
        of_class: bool = False,
        own_handler: bool = False,
    ) -> None:
        """Call a device's or class's handler when the signal comes."""
        self.process.signals.register(listener, handler, signo, of_class=of_class, own_handler=own_handler)

    def unregister_signal(self, listener: object, signo: int) -> None:
        """Do so no longer."""
        self.process.signals.unregister(listener, signo)

    def call_device(self, device: str, request: Callable[[str], Any], source: DevSource | None = None) -> Any:
        """Send a request to another device, with `source` in place of the request's own if given."""
        self.process.sub_devices.opened(device)
        operation = request(parse_device(device).name)
        if source is not None:
            operation = operation._replace(source=source)
        return self.process.neighbours.call(device, operation)

    # ---- roots of forwarded attributes

    @property
    def control_system(self) -> HostPort | None:
        """Where the database of the process listens."""
        return self.process.neighbours.control_system

    def claim_root(self, root: str, user: str) -> str:
        """Whose root an attribute is in this process."""
        return self.process.roots.claim(root, user)

    def release_root(self, root: str) -> None:
        """The root has no user any more."""
        self.process.roots.release(root)

    def subscribe_device(self, device: str, name: str, kind: EventType, on_event: OnRootEvent) -> Callable[[], None]:
        """Events of another device; the result ends the subscription."""
        return self.process.neighbours.subscribe(device, name, kind, on_event)

    def retry(self, device: Device, action: Callable[[], None]) -> None:
        """Run `action` a little later, if the device still lives then."""
        registry, name = self.process.registry, device.get_name()

        def run() -> None:
            if registry.has(name) and registry.find(name).kernel.device is device:
                action()

        self.process.roots.retry(run)
