"""Which requests wait for one another (SER-1..SER-10): the captured table in the four models, and their promises."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.device.command import command
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrSerialModel, DevSource, DevState, SerialModel
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol import operations as op
from server_core.server import serialisation
from server_core.server.process import WORKERS
from server_core.server.util import Util
from tests.captured import Case, replayed

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

A, B, OTHER_CLASS = "adm/b/1", "adm/b/2", "adm/c/1"
ADMIN = "dserver/Probe/a"


class Probe(Device):
    """Is busy for as long as the test wants."""

    def init_device(self) -> None:
        self.busy, self.gate = threading.Event(), threading.Event()
        self.calls: list[int] = []
        self.set_state(DevState.ON)

    @attribute(dtype=float)
    def Lng(self) -> float:
        return 0.0

    @attribute(dtype=float, polling_period=500)
    def AutoPolled(self) -> float:
        return 1.0

    @command
    def Nop(self) -> None:
        """Nothing."""

    @command(dtype_in="DevLong")
    def Number(self, number: int) -> None:
        self.calls.append(number)

    @command
    def Wait(self) -> None:
        self.busy.set()
        assert self.gate.wait(10)


class Probe3(Probe):
    """Another class."""


class Busy:
    """A server whose device A executes a command, and a client that asks meanwhile."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.device = client.device(A)

    def __enter__(self) -> Client:
        self.device.busy.clear()
        self.device.gate.clear()
        self._thread = threading.Thread(target=self.client.command, args=(A, "Wait"))
        self._thread.start()
        assert self.device.busy.wait(5)
        return self.client

    def __exit__(self, *failure: object) -> None:
        self.device.gate.set()
        self._thread.join(5)


def command_on(device: str, name: str = "Nop", *argin: Any) -> op.Request:

    if not argin:
        return op.CommandInout(device, name, VOID)
    if len(argin) == 1:
        return op.CommandInout(device, name, TypedValue(CmdArgType.DevLong, argin[0]))
    return op.CommandInout(device, name, TypedValue(CmdArgType.DevVarStringArray, list(argin)))


ROWS: dict[str, op.Request] = {
    "same device command while Sleep(1.5) runs": command_on(A),
    "other device same class command": command_on(B),
    "admin QueryDevice": command_on(ADMIN, "QueryDevice"),
    "same device ping": op.Ping(A),
    "same device info": op.GetInfo(A),
    "same device state()": op.GetState(A),
    "same device read State attribute": op.ReadAttributes(A, ("State",)),
    "same device get_attribute_config": op.GetAttributeConfig(A, ("Lng",)),
    "same device command_list_query": op.CommandListQuery(A),
    "same device black_box": op.BlackBox(A, 2),
    "same device subscribe ATTR_CONF": command_on(
        ADMIN, "ZmqEventSubscriptionChange", A, "Lng", "subscribe", "attr_conf", "5"
    ),
    "same device CACHE read of polled attribute": op.ReadAttributes(A, ("AutoPolled",), DevSource.CACHE),
    "same device command while Sleep(5) runs": command_on(A),
    "read_attribute while Sleep(5) runs": op.ReadAttributes(A, ("Lng",), DevSource.DEV),
}
"""The requests of the captured table."""


@pytest.fixture
def probes(store: Store) -> Store:
    store.delete_server("Probe/a")
    store.add_server("Probe/a", [(A, "Probe"), (B, "Probe"), (OTHER_CLASS, "Probe3")])
    return store


@pytest.mark.parametrize("case", replayed("server", "serialisation"))
def test_the_captured_table(
    case: Case, make_server: MakeServer, connect: Connect, probes: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SER-1, SER-3, SER-4, SER-9, ADM-3: a request waits where the captured one took its time, and only there."""
    model = SerialModel[case.name.partition(" ")[0]]
    client = connect(make_server((Probe, Probe3), probes, serial_model=model))
    with Busy(client):
        waiting = []
        for row, request in ROWS.items():
            answer = client.submit(request)
            waits = case.data["output"][row]["seconds"] > 0.5
            assert answer.done() is not waits, row
            waiting.append(answer)
        busy_elsewhere = client.submit(command_on(OTHER_CLASS))
        assert busy_elsewhere.done() is (model is not SerialModel.BY_PROCESS)
    for answer in [*waiting, busy_elsewhere]:
        answer.exception(5)


@pytest.mark.parametrize("case", replayed("server", "serialisation"))
def test_the_captured_time_outs(
    case: Case, make_server: MakeServer, connect: Connect, probes: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SER-2: after a time that this test cuts short; the text names the monitor."""
    monkeypatch.setattr(serialisation, "MONITOR_TIMEOUT", 0.1)
    model = SerialModel[case.name.partition(" ")[0]]
    client = connect(make_server((Probe, Probe3), probes, serial_model=model))
    monitor = {"BY_DEVICE": A, "BY_CLASS": "class Probe", "BY_PROCESS": "process"}.get(model.name)
    with Busy(client):
        for row in ("same device command while Sleep(5) runs", "read_attribute while Sleep(5) runs"):
            outcome = client.submit(ROWS[row]).exception(5)
            captured = case.data["output"][row]["result"]
            if captured.startswith("OK"):
                assert outcome is None
            else:
                assert isinstance(outcome, DevFailed)
                assert captured.startswith(f"ERR {outcome.reason}")
                assert f"monitor of {monitor} within" in outcome.desc


@pytest.mark.parametrize("case", replayed("server", "serialisation"))
def test_the_captured_order(case: Case, make_server: MakeServer, connect: Connect, probes: Store) -> None:
    """SER-5: in order of arrival."""
    model = SerialModel[case.name.partition(" ")[0]]
    client = connect(make_server((Probe, Probe3), probes, serial_model=model))
    captured = json.loads(case.data["output"]["order of 6 queued calls (sent 0..5, separate proxies, one process)"])
    with Busy(client):
        answers: list[Future[Any]] = [client.submit(command_on(A, "Number", number)) for number in captured]
    for answer in answers:
        answer.result(5)
    assert client.device(A).calls == captured


def test_what_the_program_says_counts_for_its_servers(
    make_server: MakeServer, probes: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SER-1"""
    monkeypatch.setattr(Util, "_instance", None)
    assert Util.instance().get_serial_model() is SerialModel.BY_DEVICE
    Util.instance().set_serial_model(SerialModel.BY_CLASS)
    assert make_server((Probe, Probe3), probes).serial_model is SerialModel.BY_CLASS


def test_a_request_runs_although_its_client_gave_up(make_server: MakeServer, connect: Connect, probes: Store) -> None:
    """SER-6"""
    client = connect(make_server((Probe, Probe3), probes))
    with Busy(client):
        answer = client.submit(command_on(A, "Number", 1))
        with pytest.raises(TimeoutError):
            answer.result(0.01)
    answer.result(5)
    assert client.device(A).calls == [1]


def test_many_requests_wait_without_a_thread_each(make_server: MakeServer, connect: Connect, probes: Store) -> None:
    """SER-8: no request that waits for a busy device holds a thread, and at most 32 run at once behind one."""
    client = connect(make_server((Probe, Probe3), probes))
    with Busy(client):
        before = threading.active_count()
        answers = [client.submit(command_on(A, "Number", number)) for number in range(500)]
        assert threading.active_count() <= before + 1
    for answer in answers:
        answer.result(10)
    assert client.device(A).calls == list(range(500))
    assert WORKERS == 32


def test_a_busy_device_makes_its_polls_fail(
    make_server: MakeServer, connect: Connect, probes: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SER-7: each try waits for its turn as long as a request does."""
    monkeypatch.setattr(serialisation, "MONITOR_TIMEOUT", 0.05)
    client = connect(make_server((Probe, Probe3), probes))
    client.poll(A, "Lng", 20)
    with Busy(client):
        for _ in range(500):
            (status,) = [text for text in client.admin("DevPollStatus", A) if "= Lng" in text]
            if "read FAILED" in status:
                break
            threading.Event().wait(0.01)
        assert "Reason = API_CommandTimedOut" in status


# ---- the value of an attribute between reading and sending it


class Picture(Device):
    """Hands out one buffer again and again."""

    def init_device(self) -> None:
        self.buffer = bytearray(b"\1\2\3")
        self.lock = threading.Lock()

    @attribute(dtype=("DevUChar",), max_dim_x=10)
    def Row(self) -> memoryview:
        if self.get_device_attr().get_attr_by_name("Row").get_attr_serial_model() is AttrSerialModel.ATTR_BY_USER:
            self.lock.acquire()
        return memoryview(self.buffer)


@pytest.fixture
def picture(make_server: MakeServer, connect: Connect) -> Client:
    return connect(make_server((Picture,), devices={"Picture": ["a/b/c"]}))


@pytest.mark.parametrize(
    ("model", "copied"),
    [
        (AttrSerialModel.ATTR_BY_KERNEL, True),
        (AttrSerialModel.ATTR_BY_USER, True),
        (AttrSerialModel.ATTR_NO_SYNC, False),
    ],
)
def test_who_protects_the_value_of_an_attribute(picture: Client, model: AttrSerialModel, copied: bool) -> None:
    """SER-10: the kernel by copying it, the author by a lock, or nobody."""
    device = picture.device("a/b/c")
    row = device.get_device_attr().get_attr_by_name("Row")
    assert row.get_attr_serial_model() is AttrSerialModel.ATTR_BY_KERNEL
    row.set_user_attr_mutex(device.lock)
    row.set_attr_serial_model(model)
    for _ in range(2):
        value = picture.read("a/b/c", "Row").value
        assert not device.lock.locked()
    device.buffer[0] = 9
    assert bytes(value) == (b"\1\2\3" if copied else b"\x09\2\3")


@pytest.mark.parametrize("model", [SerialModel.BY_CLASS, SerialModel.BY_PROCESS, SerialModel.NO_SYNC])
def test_a_lock_of_the_author_needs_serialisation_by_device(
    make_server: MakeServer, connect: Connect, model: SerialModel
) -> None:
    """SER-10"""
    client = connect(make_server((Picture,), devices={"Picture": ["a/b/c"]}, serial_model=model))
    row = client.device("a/b/c").get_device_attr().get_attr_by_name("Row")
    with pytest.raises(DevFailed, match="API_AttrNotAllowed"):
        row.set_attr_serial_model(AttrSerialModel.ATTR_BY_USER)
    row.set_attr_serial_model(AttrSerialModel.ATTR_NO_SYNC)
