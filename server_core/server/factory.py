"""Making the devices of the process: properties, monitor, blackbox, kernel, start, export, memorised values.

Source: LIFE-12 step 9, LIFE-13, LIFE-18, LIFE-32.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from server_core.database.store import DeviceExport, Store
from server_core.device.device_class import DeviceClass
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.protocol.giop.ior import device_ior
from server_core.protocol.operations import LATEST_LEVEL
from server_core.server.blackbox import BlackBox
from server_core.server.locks import ALLOWED_COMMANDS, DeviceLock
from server_core.server.monitor import Gate
from server_core.server.polling.settings import PollSettings
from server_core.server.registry import Registry
from server_core.server.serialisation import Serialisation
from server_core.server.served import Served
from server_core.transport.server import TransportServer

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.kernel import DeviceKernel
    from server_core.server.host import ServerHost

log = logging.getLogger(__name__)


class Factory:
    """Makes devices and puts them into the registry. `store` is None for a server without database."""

    def __init__(
        self,
        host: ServerHost,
        registry: Registry,
        serialisation: Serialisation,
        store: Store | None,
        server: str,
        transport: TransportServer,
    ) -> None:
        self._host = host
        self._registry = registry
        self._serialisation = serialisation
        self._store = store
        self._server = server
        self._transport = transport

    def names(self, device_type: type[Device], given: Mapping[str, Sequence[str]]) -> list[str]:
        """The names of the devices of a class: from the database, else as given, else what the class itself says."""
        class_name = device_type.__name__
        if self._store is not None:
            return self._store.device_names(self._server, class_name)
        names = [name for key, names in given.items() if key.lower() == class_name.lower() for name in names]
        if not names:
            device_type.device_name_factory(names)
        return names

    def make_admin(self, device_type: type[Device], name: str) -> Served:
        """The admin device, started and not yet exported."""
        kernel = DeviceClass(device_type, self._host).create(name)
        served = self._served(kernel, self._serialisation.admin_monitor(name))
        self._registry.set_admin(served)
        with served.monitor:
            kernel.start()
        return served

    def make_class(self, device_type: type[Device], names: Iterable[str], *, keep_going: bool = False) -> None:
        """Make all devices of a class. Clients that call one before all are ready wait (LIFE-13).

        Raises what the start of a device raises; with `keep_going` that device goes to FAULT instead (LIFE-18).
        """
        device_class = DeviceClass(device_type, self._host)
        self._registry.classes.setdefault(device_class.name, [])
        properties = self._host.properties.get_class_property(device_class.name, (ALLOWED_COMMANDS,))
        allowed = properties.get(ALLOWED_COMMANDS, ())
        made = []
        with ExitStack() as guarded:
            for name in names:
                monitor = self._serialisation.monitor(device_class.name, name)
                served = self._served(device_class.create(name), monitor, allowed)
                guarded.enter_context(served.monitor)
                self._registry.add(device_class.name, served)
                self._start(served, keep_going=keep_going)
                made.append(served)
            self.export(*made)
            for served in made:
                self._write_memorised(served)

    def _served(self, kernel: DeviceKernel, monitor: Gate, allowed: Iterable[str] = ()) -> Served:
        properties = self._host.properties.get_device_property(kernel.name, ("blackbox_depth", "description"))
        served = Served(
            kernel,
            monitor,
            BlackBox.with_property(properties.get("blackbox_depth")),
            PollSettings.read(self._host.properties, kernel.name),
            DeviceLock(kernel.name, allowed),
        )
        served.description = "\n".join(properties.get("description", [kernel.device.description]))
        return served

    def _start(self, served: Served, *, keep_going: bool) -> None:
        try:
            served.kernel.start()
        except DevFailed as failure:
            if not keep_going:
                raise
            log.error("%s: init_device failed: %s", served.name, failure)
            to_fault(served, f"init_device() has failed due to DevFailed:\n{failure}")

    def _write_memorised(self, served: Served) -> None:
        if self._store is not None:
            served.kernel.write_memorised()

    def remake(self, served: Served) -> None:
        """Replace a device by a new one of its name and class; under its monitor (LIFE-32)."""
        device_class = served.kernel.device_class
        if served.kernel in device_class.kernels:
            device_class.remove(served.kernel)
        fresh = self._served(device_class.create(served.name), served.monitor)
        served.kernel, served.blackbox, served.settings = fresh.kernel, fresh.blackbox, fresh.settings
        for polled in served.polled:
            polled.clear()
        served.kernel.start()
        self._write_memorised(served)
        self.export(served)

    def export(self, *devices: Served) -> None:
        """Tell the database that the devices are served from here on (LIFE-15)."""
        if self._store is not None:
            host, pid, version = host_name(), os.getpid(), str(LATEST_LEVEL)
            reference = self._references()
            self._store.export_devices(
                [DeviceExport(served.name, reference(served.key), host, pid, version) for served in devices]
            )

    def _references(self) -> Callable[[str], str]:
        """Gives the text that leads clients of either protocol to a device (wire 4.1); with TLS, which Tango's own
        protocol knows nothing of, clients of the native one alone.

        The path of the Unix socket is another one at each start: an ORB that had several connections to the server
        before takes it for another server, and does not run into each of them once.
        """
        endpoints, port = self._transport.endpoints, self._transport.port
        if not self._transport.hosts:
            return lambda key: endpoints
        host, *alternates = self._transport.hosts
        local = socket.gethostname(), self._transport.local_path
        return lambda key: device_ior(host, port, key.encode(), endpoints, LATEST_LEVEL, alternates, local)


def host_name() -> str:
    """This machine's name as the database keeps it."""
    return socket.gethostname().lower()


def to_fault(served: Served, status: str) -> None:
    """Show by its state that a device did not start as it should."""
    served.kernel.device.set_state(DevState.FAULT)
    served.kernel.device.set_status(status)
