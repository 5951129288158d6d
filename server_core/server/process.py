"""A device server: the process that serves devices, from its start to its end.

Source: LIFE-12..LIFE-19, LIFE-30..LIFE-43.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final

from server_core.database.memory import MemoryStore
from server_core.database.store import DeviceRecord, Store
from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed, Reason
from server_core.model.event_names import Naming
from server_core.model.names import admin_name, check_class_name, is_conventional_server_name, parse_device
from server_core.server.admin.dserver import DServer
from server_core.server.alone import StartRefused, check_alone, starting_alone
from server_core.server.control_system import DEFAULT_HWM, ControlSystem
from server_core.server.coroutines import CoroutineLoop
from server_core.server.dispatcher import Dispatcher, Identity
from server_core.server.events.publisher import ZmqPublisher
from server_core.server.events.service import Events
from server_core.server.factory import Factory, host_name, to_fault
from server_core.server.host import ServerHost
from server_core.server.logs.loggers import Loggers
from server_core.server.neighbours import Neighbours
from server_core.server.polling.service import Polling, PollingOptions
from server_core.server.registry import Registry
from server_core.server.roots import Roots
from server_core.server.serialisation import Serialisation
from server_core.server.served import Served
from server_core.server.signals import Signals
from server_core.server.sockets import unix_socket_path
from server_core.server.sub_devices import STORE_PERIOD, SubDevices
from server_core.server.util import Util
from server_core.server.workers import Workers
from server_core.transport.server import TransportServer
from server_core.transport.timer import Timer
from server_core.transport.tls import ClientTls, ServerTls

if TYPE_CHECKING:
    from server_core.device.device import Device

log = logging.getLogger(__name__)

WORKERS: Final = 32
"""Most threads that run requests which had to wait for a busy device (SER-8)."""

PATIENCE: Final = 3.0
"""Seconds that the end of the server waits for requests that are still running."""


_SERVICES: Final = "server_core."
"""Where the classes of Tango's own services are."""


class DeviceServer:
    """The process `server/instance` with its classes, devices and admin device.

    With a `store` the devices are those that it defines for this server, and everything persists there. Without
    (None) they are `devices`, names per class, and properties live in memory. `bind` and `port` say where to listen
    (0: any free port); `unix_path` is the socket for clients of this machine, made in the user's runtime directory
    when None. `polling` is how to poll and `serial_model` what waits for what, by default what the program told `Util`.
    With `keep_going` a device that does not start goes to FAULT and the others are served (LIFE-18). Use it as a
    context manager, or `start` and `stop` it. DevFailed `API_InvalidArgs` for a class with a reserved name (LIFE-4).
    """

    def __init__(
        self,
        classes: Sequence[type[Device]],
        server: str,
        instance: str,
        *,
        store: Store | None,
        devices: Mapping[str, Sequence[str]] | None = None,
        bind: str = "127.0.0.1",
        port: int = 0,
        unix_path: str | None = None,
        serial_model: SerialModel | None = None,
        verbosity: int = 0,
        tls: ServerTls | None = None,
        client_tls: ClientTls | None = None,
        polling: PollingOptions | None = None,
        keep_going: bool = False,
    ) -> None:
        self.name = f"{server}/{instance}"
        self.admin_name = admin_name(self.name)
        self.classes = tuple(classes)
        for device_type in self.classes:
            if not device_type.__module__.startswith(_SERVICES):
                check_class_name(device_type.__name__)
        self.starting = False
        self.serving = False
        self.unwanted = False
        self.registry = Registry(store)
        self.coroutines = CoroutineLoop()
        self.signals = Signals()
        self._store = store
        self._memory = MemoryStore() if store is None else None
        self._given = dict(devices or {})
        self._bind, self._port, self._unix_path = bind, port, unix_path
        self._client_tls = client_tls
        self._keep_going = keep_going
        self._timer = Timer(f"timer {self.name}")
        self._workers = Workers(WORKERS, "request")
        self.control_system = ControlSystem()
        publisher = ZmqPublisher(
            bind if tls is None else None,
            lambda: self.naming,
            self.admin_name,
            lambda: self.control_system.ds_event_buffer_hwm or DEFAULT_HWM,
            self._timer,
        )
        self.events = Events(self._timer, publisher)
        properties = store if self._memory is None else self._memory
        assert properties is not None
        self.polling = Polling(properties, self.admin_name, self.events, polling or Util.instance().polling)
        self.dispatcher = Dispatcher(self.registry, self.events, Identity(self.name, host_name(), self.admin_name))
        self.neighbours = Neighbours(
            self.registry, self.dispatcher, self.events, store, client_tls, lambda: self.starting
        )
        self.roots = Roots(self._timer, self._workers)
        self.loggers = Loggers(
            properties, self.admin_name, self.neighbours, verbosity=verbosity, database=store is not None
        )
        self._transport = TransportServer(self.dispatcher, tls=tls)
        self.serial_model = Util.instance().serial_model if serial_model is None else serial_model
        serialisation = Serialisation(self.serial_model, self._workers, self._timer)
        host = ServerHost(self, properties, memorises=store is not None)
        self.sub_devices = SubDevices(host)
        self._factory = Factory(host, self.registry, serialisation, store, self.name, self._transport)
        self._lost: dict[str, Served] = {}
        self._lifecycle = threading.RLock()
        self._ended = threading.Event()

    @property
    def endpoints(self) -> str:
        """Where clients of the native protocol reach the server."""
        return self._transport.endpoints

    @property
    def naming(self) -> Naming:
        """How the events of the process are named; by the address of the server when there is none of a database."""
        database = self._store.tango_host if self._store is not None else None
        return Naming(database or f"{host_name()}:{self._transport.port}", database is not None)

    # ---- start

    def start(self, define: Callable[[], None] | None = None) -> None:
        """Run the start-up sequence; requests are served when it returns (LIFE-12).

        `define` is called once the server has its addresses, to define it in its database: a server that cannot listen
        leaves nothing there. Raises StartRefused, OSError for an address that cannot be used, DevFailed of a device
        that does not start (LIFE-18), and what `define` raises; nothing is left behind then.
        """
        with self._lifecycle:
            try:
                with self._alone():
                    if define is not None:
                        self._listen()
                        define()
                    with self._known_at_once():
                        if self._store is not None and self._record() is None:
                            raise StartRefused(f"The device server {self.name} is not defined in database. Exiting!")
                        if define is None:
                            self._listen()
                        self._start()
            except BaseException:
                self._end()
                raise

    @contextmanager
    def _known_at_once(self) -> Iterator[None]:
        """While it lasts, the database knows what the start needs (DB-200)."""
        with ExitStack() as starting:
            if self._store is not None:
                with _database_needed(self._store):
                    starting.enter_context(self._store.starting(self.name, host_name()))
            yield

    def _alone(self) -> AbstractContextManager[None]:
        """Keeps a second start of the server away meanwhile."""
        return nullcontext() if self._store is None else starting_alone(self.name, self._store.address)

    def _listen(self) -> None:
        """Take the addresses, unless the server runs already."""
        check_alone(self.name, self._record(), self._client_tls)
        try:
            self._transport.listen_tcp(self._bind, self._port)
        except OSError as failure:
            raise OSError(failure.errno, failure.strerror, f"{self._bind}:{self._port}") from failure
        self._transport.listen_unix(self._unix_path or unix_socket_path(self.name))

    def _start(self) -> None:
        if not is_conventional_server_name(self.name):
            log.warning("the server name %s is not made of letters, digits, '_' and '-' alone", self.name)
        self.starting = True
        Util.instance().process = self
        self._read_control_system()
        self.loggers.open(self.name)
        self._transport.start()
        self.sub_devices.open()
        self._store_sub_devices_later()
        self.neighbours.open(self.endpoints)
        admin = self._factory.make_admin(DServer, self.admin_name)
        self._make_devices(keep_going=self._keep_going)
        self._factory.export(admin)
        self._run_hooks()
        self.polling.start(self.registry.devices())
        self.starting = False
        self.serving = True

    def _read_control_system(self) -> None:
        """Take over what is set for all servers of the control system (EVT-60)."""
        if self._store is not None:
            self.control_system = ControlSystem.read(self._store)
        if self.control_system.ds_event_buffer_hwm is not None:
            limits = self._transport.limits
            self._transport.limits = replace(limits, max_waiting_events=self.control_system.ds_event_buffer_hwm)

    def _store_sub_devices_later(self) -> None:
        """Keep from time to time in the database which devices are used (LIFE-12 step 5)."""
        store = self._store
        if store is None:
            return

        def keep() -> None:
            try:
                self.sub_devices.store(store)
            except DevFailed as failure:
                log.error("%s: the used devices are not stored: %s", self.name, failure)
            self._store_sub_devices_later()

        self._timer.after(STORE_PERIOD, lambda: self._workers.submit(keep))

    def _record(self) -> DeviceRecord | None:
        """What the database knows of the admin device, None when the server is not defined there (LIFE-16)."""
        if self._store is None:
            return None
        with _database_needed(self._store):
            try:
                return self._store.device(self.admin_name)
            except DevFailed as failure:
                if failure.reason == Reason.DB_DeviceNotDefined:
                    return None
                raise

    def _make_devices(self, *, keep_going: bool = False) -> None:
        for device_type in self.classes:
            names = self._factory.names(device_type, self._given)
            self._factory.make_class(device_type, self._until_unwanted(names), keep_going=keep_going)
        for served in self.registry.devices():
            served.kernel.link_forwarded()

    def _until_unwanted(self, names: Iterable[str]) -> Iterator[str]:
        """The names, one after the other as long as nobody stops the server."""
        for name in names:
            if self.unwanted:
                raise DevFailed.of(
                    Reason.API_ShutdownInProgress, f"The device server {self.name} is shutting down", "DeviceServer"
                )
            yield name

    def _run_hooks(self) -> None:
        """Call the hook of each device; one that fails sends its device to FAULT (LIFE-12 step 11)."""
        for served in self.registry.devices():
            try:
                with served.monitor:
                    served.kernel.server_init_hook()
            except DevFailed as failure:
                to_fault(served, f"Device[{served.key}] server_init_hook has failed due to DevFailed:\n{failure}")

    # ---- restart

    def restart_device(self, name: str) -> None:
        """Destroy a device and make it anew; its polling and subscriptions stay (LIFE-32).

        Raises DevFailed `API_DeviceNotFound`, and `API_InitThrowsException` when the new one does not start: the device
        is gone then, and another restart may bring it back (LIFE-33).
        """
        with self._lifecycle:
            served = self.restartable(name)
            with served.monitor:
                self._delete(served)
                self.registry.to_end(served.kernel.class_name, served)
                try:
                    self._factory.remake(served)
                except DevFailed as failure:
                    self._lose(served)
                    raise self._not_restarted(name, failure) from failure
            served.kernel.link_forwarded()
            if self._lost.pop(served.key, None) is not None:
                self.polling.resume_device(served)
            self.events.restarted(served)

    def restartable(self, name: str) -> Served:
        """The device that DevRestart means: any case, full names too, no alias, not the admin device; else DevFailed
        `API_DeviceNotFound`."""
        try:
            key = parse_device(name.partition("#")[0]).name.lower()
        except DevFailed as failure:
            raise _not_found(name) from failure
        if key in self._lost:
            return self._lost[key]
        if key == self.admin_name.lower() or not self.registry.has(key):
            raise _not_found(name)
        return self.registry.find(key)

    def _lose(self, served: Served) -> None:
        self.registry.remove(served)
        self.polling.pause_device(served)
        self._lost[served.key] = served

    def _not_restarted(self, name: str, failure: DevFailed) -> DevFailed:
        return failure.stacked(
            Reason.API_InitThrowsException,
            f"init_device() method for device {name} throws DevFailed exception.\nDevice not available any more. "
            "Please fix exception reason",
            "DServer.DevRestart",
        )

    def restart_devices(self) -> None:
        """Delete all devices and make them anew; requests that come meanwhile wait (LIFE-34..LIFE-36).

        A device that does not start goes to FAULT. Raises DevFailed when the database does not answer; as long as no
        device is deleted all stay as they are then.
        """
        with self._lifecycle:
            self._read_control_system()
            with ExitStack() as afterwards:
                self._transport.pause()
                afterwards.callback(self._transport.resume)
                afterwards.callback(self.registry.made)
                self.starting = True
                afterwards.callback(setattr, self, "starting", False)
                self.polling.stop()
                afterwards.callback(lambda: self.polling.start(self.registry.devices()))
                self.loggers.open(self.name)
                self._delete_devices()
                self.registry.clear()
                self._lost.clear()
                self._make_devices(keep_going=True)
                self._run_hooks()
            for served in self.registry.devices():
                self.events.interface_changed(served)

    def restart_soon(self) -> None:
        """Restart the devices in a thread of its own (LIFE-34)."""

        def restart() -> None:
            with self._lifecycle:
                if self.serving and self.registry.admin is not None:
                    try:
                        self.registry.admin.kernel.device.init_device()
                    except DevFailed as failure:
                        if not self.unwanted:
                            log.error("%s is not restarted: %s", self.name, failure)

        self._in_background(restart)

    # ---- end

    def stop_soon(self) -> None:
        """Stop in a thread of its own (LIFE-41)."""
        self._in_background(self.stop)

    def _in_background(self, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name=f"{action.__name__} {self.name}").start()

    def wait(self) -> None:
        """Return when the server has stopped."""
        self._ended.wait()

    def stop(self) -> None:
        """Orderly shutdown (LIFE-42); once, further calls wait for it. A start comes to its end before the next
        device."""
        self.unwanted = True
        self._end()

    def _end(self) -> None:
        with self._lifecycle:
            if self._ended.is_set():
                return
            orderly = self.serving
            self.events.closing = True
            self.serving = False
            with ExitStack() as steps:
                for step in reversed(self._shutdown(orderly)):
                    steps.callback(step)

    def _shutdown(self, orderly: bool) -> list[Callable[[], object]]:
        """The steps of a shutdown, which is orderly after a complete start; each is done even if one before fails."""
        exported = self._store is not None and self.registry.admin is not None
        return [
            self.sub_devices.close,
            self.polling.stop,
            self._unexport if exported else _nothing,
            self._delete_devices,
            self._save if orderly else _nothing,
            partial(self._transport.stop, PATIENCE),
            partial(self.loggers.close, PATIENCE),
            self._timer.stop,
            partial(self._workers.stop, PATIENCE),
            partial(self.coroutines.stop, PATIENCE),
            self.events.close,
            self.neighbours.close,
            self._memory.close if self._memory is not None else _nothing,
            lambda: Util.instance().forget(self),
            self._ended.set,
        ]

    def _unexport(self) -> None:
        """Tell the database that the server serves no more; a database that is gone needs not be told."""
        assert self._store is not None
        try:
            self._store.unexport_server(self.name)
        except DevFailed as failure:
            log.error("%s is not unexported: %s", self.name, failure)

    def _save(self) -> None:
        """Write what the database has to write at the end: the property file (LIFE-10)."""
        try:
            if self._store is not None:
                self._store.save()
        except DevFailed as failure:
            log.error("%s: the properties are not saved: %s", self.name, failure)

    def _delete_devices(self) -> None:
        """Delete the devices: last class first, within a class in order of creation."""
        for devices in reversed(list(self.registry.classes.values())):
            for served in devices:
                self._delete(served)
                self.signals.forget(served.kernel.device_class)

    def _delete(self, served: Served) -> None:
        try:
            served.kernel.unlink_forwarded()
            with served.monitor:
                served.kernel.delete()
        except DevFailed as failure:
            log.error("%s: delete_device failed: %s", served.name, failure)
        self.loggers.discard(served.kernel.logger)
        self.signals.forget(served.kernel.device)
        self.sub_devices.forget(served.name)

    def __enter__(self) -> DeviceServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _nothing() -> None:
    """A step that this process does not need."""


@contextmanager
def _database_needed(store: Store) -> Iterator[None]:
    """A database that cannot be asked ends the start."""
    try:
        yield
    except DevFailed as failure:
        raise StartRefused(
            f"Can't build connection to TANGO database server, exiting\n{store.address}: {failure.desc}"
        ) from failure


def _not_found(name: str) -> DevFailed:
    return DevFailed.of(Reason.API_DeviceNotFound, f"Device {name} not found", "DServer.DevRestart")
