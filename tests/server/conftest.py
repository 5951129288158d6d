"""A probe device, a server that runs it without network clients, and a client that calls the dispatcher directly."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.device.command import command
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrQuality, AttrWriteType, DevSource, DevState, EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeValue, Event, TypedValue
from server_core.protocol import operations as op
from server_core.server.process import DeviceServer
from server_core.transport.contract import DEFERRED, Frame, Peer


class Probe2(Device):
    """What the captured examples were made with."""

    def init_device(self) -> None:
        self._v = 0.0
        self._l = 0
        self._spec: list[float] = [1.0, 2.0, 3.0]
        self._q = AttrQuality.ATTR_VALID
        self._invalid = self._fail = False
        self._failmsg = "boom"
        self.ticks = 0
        self.reads = 0
        self.busy = threading.Event()
        self.gate = threading.Event()
        self.set_state(DevState.ON)
        self.set_change_event("Manual", True, False)
        self.set_archive_event("Manual", True, False)
        self.set_change_event("ManualChk", True, True)
        self.set_archive_event("ManualChk", True, True)
        self.set_data_ready_event("Drdy")

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    def Val(self) -> Any:
        self.reads += 1
        if self._fail:
            raise DevFailed.of("Probe_Fail", self._failmsg, "Probe.read_Val")
        quality = AttrQuality.ATTR_INVALID if self._invalid else self._q
        return self._v, time.time(), quality

    @Val.write
    def Val(self, value: float) -> None:
        self._v = value

    @attribute(dtype="DevLong")
    def Lng(self) -> int:
        return self._l

    @attribute(dtype=(float,), max_dim_x=100)
    def Spec(self) -> list[float]:
        return self._spec

    @attribute(dtype=str)
    def Str(self) -> str:
        return "text"

    @attribute(dtype=float)
    def Manual(self) -> float:
        return self._v

    @attribute(dtype=float, abs_change="1")
    def ManualChk(self) -> float:
        return self._v

    @attribute(dtype=float)
    def Drdy(self) -> float:
        return self._v

    @command
    def Nop(self) -> None:
        """Nothing."""

    @command(dtype_out=int)
    def Tick(self) -> int:
        self.ticks += 1
        return self.ticks

    @command
    def Fail(self) -> None:
        raise DevFailed.of("Probe_CmdFail", "command failure", "Probe.Fail")

    @command(dtype_in=str, dtype_out=str)
    def Exec(self, text: str) -> str:
        return str(eval(text, {"self": self, "DevState": DevState, "AttrQuality": AttrQuality}))

    @command
    def Wait(self) -> None:
        """Keeps the device busy until the test opens the gate."""
        self.busy.set()
        assert self.gate.wait(10)


class Probe(Probe2):
    """With an attribute that its class polls by default."""

    @attribute(dtype=float, polling_period=500)
    def AutoPolled(self) -> float:
        return self._v


class Sink:
    """Takes events as they are."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.arrived = threading.Condition()

    @staticmethod
    def encode(topic: int, event: Event) -> Frame:
        return [event]  # type: ignore[list-item]

    def send(self, topic: int, frame: Frame) -> None:
        with self.arrived:
            self.events.extend(frame)  # type: ignore[arg-type]
            self.arrived.notify_all()

    def take(self) -> list[Event]:
        with self.arrived:
            events, self.events = self.events, []
        return events

    def wait_for(self, number: int, timeout: float = 5.0) -> list[Event]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.events) >= number, timeout), self.events
        return self.take()


class Client:
    """Sends requests as the transport would, from a host called `vm`."""

    def __init__(self, server: DeviceServer) -> None:
        self.server = server
        self.sink = Sink()
        self.peer = Peer("vm", "tcp:127.0.0.1:1", ClientIdent(pid=4711), self.sink)

    def submit(self, request: op.Request) -> Future[Any]:
        answer: Future[Any] = Future()

        def respond(outcome: object) -> None:
            if isinstance(outcome, BaseException):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        try:
            outcome = self.server.dispatcher.handle(request, self.peer, respond)
        except DevFailed as failure:
            answer.set_exception(failure)
        else:
            if outcome is not DEFERRED:
                answer.set_result(outcome)
        return answer

    def call(self, request: op.Request) -> Any:
        return self.submit(request).result(10)

    def command(self, device: str, name: str, argin: TypedValue = VOID, source: DevSource = DevSource.DEV) -> Any:
        return self.call(op.CommandInout(device, name, argin, source)).value

    def execute(self, device: str, text: str) -> str:
        result: str = self.command(device, "Exec", TypedValue(CmdArgType.DevString, text))
        return result

    def admin(self, name: str, argin: Any = None) -> Any:
        """An admin command with its argument in the form of the captured examples."""
        value = VOID
        if isinstance(argin, str):
            value = TypedValue(CmdArgType.DevString, argin)
        elif argin and isinstance(argin[0], list):
            numbers, strings = argin
            value = TypedValue(CmdArgType.DevVarLongStringArray, (memoryview(array("i", numbers)), strings))
        elif argin is not None:
            value = TypedValue(CmdArgType.DevVarStringArray, list(argin))
        return self.command(self.server.admin_name, name, value)

    def device(self, name: str) -> Any:
        """The author's object behind a device."""
        return self.server.registry.find(name).kernel.device

    def poll(self, device: str, name: str, period: int, kind: str = "attribute") -> None:
        self.admin("AddObjPolling", [[period], [device, kind, name]])

    def read(self, device: str, name: str, source: DevSource = DevSource.DEV) -> AttributeValue:
        value: AttributeValue = self.call(op.ReadAttributes(device, (name,), source))[0]
        return value

    def subscribe(self, device: str, name: str, kind: EventType) -> op.Subscription:
        subscription: op.Subscription = self.call(op.Subscribe(device, name, kind))
        return subscription


MakeServer = Callable[..., DeviceServer]
Connect = Callable[[DeviceServer], Client]


@pytest.fixture
def store() -> Iterator[Store]:
    """A database with server Probe/a and its two devices."""
    store = MemoryStore()
    store.add_server("Probe/a", [("dserver/Probe/a", "DServer"), ("adm/probe/1", "Probe"), ("adm/probe2/1", "Probe2")])
    yield store
    store.close()


@pytest.fixture
def make_server(tmp_path: Path, store: Store) -> Iterator[MakeServer]:
    """Servers that are stopped when the test is over, before their database goes."""
    made: list[DeviceServer] = []

    def make(
        classes: Any = (Probe, Probe2),
        store: Store | None = None,
        server: str = "Probe",
        instance: str = "a",
        **options: Any,
    ) -> DeviceServer:
        path = str(tmp_path / f"{len(made)}.sock")
        made_server = DeviceServer(classes, server, instance, store=store, unix_path=path, **options)
        made.append(made_server)
        made_server.start()
        return made_server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def server(make_server: MakeServer, store: Store) -> DeviceServer:
    return make_server(store=store)


@pytest.fixture
def client(server: DeviceServer) -> Client:
    return Client(server)


@pytest.fixture
def connect() -> Connect:
    """A further client of a server."""
    return Client


@pytest.fixture
def make_named(tmp_path: Path) -> Iterator[MakeServer]:
    """Servers by name with the database that is given for each; stopped when the test is over."""
    servers: list[DeviceServer] = []
    stores: list[Store] = []

    def make(classes: Any, store: Store | None, server: str = "Probe/a", **options: Any) -> DeviceServer:
        if store is not None:
            stores.append(store)
        program, _, instance = server.partition("/")
        path = str(tmp_path / f"named-{len(servers)}.sock")
        servers.append(DeviceServer(classes, program, instance, store=store, unix_path=path, **options))
        servers[-1].start()
        return servers[-1]

    yield make
    for device_server in reversed(servers):
        device_server.stop()
    for each in stores:
        each.close()


@pytest.fixture
def log_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in whose `logs` log files lie."""
    monkeypatch.setenv("TANGO_LOG_PATH", str(tmp_path / "logs"))
    return tmp_path
