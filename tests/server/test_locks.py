"""Locks in the server: who may do what to a locked device, and for how long (LOCK-1..LOCK-21)."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.devices import find_class
from server_core.model.config import AttributeConfig, PipeConfig
from server_core.model.enums import DevSource, EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import JAVA, ClientIdent
from server_core.model.pipe import PipeBlob
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite, TypedValue
from server_core.protocol import operations as op
from server_core.server.process import DeviceServer
from server_core.transport.contract import Peer

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe/1"
OTHER = "adm/probe2/1"
ADMIN = "dserver/Probe/a"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(server: DeviceServer) -> Clock:
    """The clock of the locks of both devices."""
    clock = Clock()
    for name in (DEVICE, OTHER):
        server.registry.find(name).lock.clock = clock
    return clock


def another(client: Client, ident: ClientIdent, host: str = "vm", address: str = "tcp:127.0.0.1:2") -> Client:
    """A client of the same server with another identity."""
    made = type(client)(client.server)
    made.peer = Peer(host, address, ident, made.sink)
    return made


@pytest.fixture
def owner(client: Client) -> Client:
    return client


@pytest.fixture
def other(client: Client) -> Client:
    return another(client, ClientIdent(pid=815))


def refused(call: Callable[[], Any]) -> list[str]:
    """The reasons for which a call is refused; empty when it is not."""
    try:
        call()
    except DevFailed as failure:
        return [error.reason for error in failure.errors]
    return []


def lock(client: Client, device: str = DEVICE, validity: int = 10) -> None:
    client.admin("LockDevice", [[validity], [device]])


def locking(admin: str) -> op.CommandInout:
    """A request that locks the device, for those who are no client."""
    argument = (memoryview(array("i", [10])), [DEVICE])
    return op.CommandInout(admin, "LockDevice", TypedValue(CmdArgType.DevVarLongStringArray, argument), DevSource.DEV)


def unlock(client: Client, *devices: str, force: int = 0) -> int:
    counter: int = client.admin("UnLockDevice", [[force], list(devices or (DEVICE,))])
    return counter


def status(client: Client, device: str = DEVICE) -> tuple[list[int], list[str]]:
    numbers, texts = client.admin("DevLockStatus", device)
    return list(numbers), list(texts)


def is_locked(client: Client, device: str = DEVICE) -> bool:
    return bool(status(client, device)[0][0])


WRITE = op.WriteAttributes(DEVICE, (AttributeWrite("Val", CmdArgType.DevDouble, 1.0),))


def test_a_lock_belongs_to_the_process_whatever_its_connection(owner: Client) -> None:
    """LOCK-1: language, machine and pid make the client"""
    ident = owner.peer.ident
    lock(owner)
    assert refused(lambda: another(owner, ident, address="unix:/run/x").call(WRITE)) == []
    assert refused(lambda: another(owner, ident, host="elsewhere").call(WRITE)) == ["API_DeviceLocked"]
    assert refused(lambda: another(owner, ident._replace(pid=5)).call(WRITE)) == ["API_DeviceLocked"]
    java = ident._replace(language=JAVA, pid=0, uuid=(1, 2))
    assert refused(lambda: another(owner, java).call(WRITE)) == ["API_DeviceLocked"]


def test_java_clients_are_told_apart_by_their_uuid(owner: Client) -> None:
    """LOCK-1, LOCK-20"""
    first = another(owner, ClientIdent(JAVA, 0, "atk.Main", (0x1_FFFFFFFF, 3)))
    lock(first)
    second = another(owner, ClientIdent(JAVA, 0, "atk.Main", (0x1_FFFFFFFF, 4)))
    assert refused(lambda: second.call(WRITE)) == ["API_DeviceLocked"]
    assert status(second) == (
        [1, 0, 1, -1, 0, 3],
        [f"Device {DEVICE} is locked by JAVA client class atk.Main from host vm", "giop:tcp:127.0.0.1:2", "atk.Main"],
    )


def test_the_state_of_the_lock(owner: Client, other: Client) -> None:
    """LOCK-20, LOCK-21, ADM-12"""
    assert status(other) == ([0] * 6, [f"Device {DEVICE} is not locked", "Not defined", "Not defined"])
    lock(owner)
    assert status(other, DEVICE.upper()) == (
        [1, 4711, 0, 0, 0, 0],
        [
            f"Device {DEVICE} is locked by CPP or Python client with PID 4711 from host vm",
            "giop:tcp:127.0.0.1:1",
            "Not defined",
        ],
    )
    assert refused(lambda: status(other, "x/y/z")) == ["API_DeviceNotFound"]


def test_locking_again_counts_and_changes_the_validity(owner: Client, other: Client, clock: Clock) -> None:
    """LOCK-3, ADM-21: the first of several devices and validities counts, and there is no minimum"""
    owner.admin("LockDevice", [[5, 100], [DEVICE, OTHER]])
    assert not is_locked(owner, OTHER)
    assert refused(lambda: lock(other)) == ["API_DeviceLocked"]
    lock(owner, validity=1)
    assert unlock(owner) == 1
    clock.now += 2
    assert not is_locked(owner)
    lock(other)
    assert unlock(other) == 0


def test_what_cannot_be_locked(server: DeviceServer, owner: Client) -> None:
    """LOCK-4, ADM-2"""
    assert refused(lambda: lock(owner, ADMIN)) == ["API_DeviceUnlockable"]
    assert refused(lambda: lock(owner, "x/y/z")) == ["API_DeviceNotFound"]
    assert refused(lambda: lock(another(owner, ClientIdent()))) == ["API_ClientTooOld"]
    kernel, nobodys = server.registry.find(ADMIN).kernel, locking(ADMIN)
    assert refused(lambda: kernel.command_inout("LockDevice", nobodys.argin)) == ["API_CantGetClientIdent"]


def test_a_database_device_cannot_be_locked(make_server: MakeServer, connect: Connect) -> None:
    """LOCK-4"""
    server = make_server((find_class("DataBase"),), devices={"DataBase": ["sys/database/2"]})
    assert refused(lambda: lock(connect(server), "sys/database/2")) == ["API_DeviceUnlockable"]


@pytest.mark.parametrize("name", ["LockDevice", "UnLockDevice"])
@pytest.mark.parametrize("argin", [[[], []], [[1], []], [[], [DEVICE]]])
def test_missing_elements_are_refused(owner: Client, name: str, argin: Any) -> None:
    """ADM-7"""
    assert refused(lambda: owner.admin(name, argin)) == ["API_WrongNumberOfArgs"]


def test_the_validity_counts_whole_seconds(owner: Client, other: Client, clock: Clock) -> None:
    """LOCK-5"""
    clock.now = 1000.73
    lock(owner, validity=2)
    clock.now = 1002.99
    assert refused(lambda: other.call(WRITE)) == ["API_DeviceLocked"]
    clock.now = 1003.01
    assert refused(lambda: other.call(WRITE)) == []
    assert unlock(owner) == 0


def test_unlocking(owner: Client, other: Client) -> None:
    """LOCK-6, ADM-39"""
    assert unlock(owner) == 0
    lock(owner)
    lock(owner)
    lock(owner)
    assert refused(lambda: unlock(other)) == ["API_DeviceLocked"]
    assert [unlock(owner), unlock(owner)] == [2, 1]
    assert is_locked(other)
    assert unlock(other, force=1) == 0
    assert not is_locked(owner)
    assert unlock(owner, ADMIN) == 0
    assert refused(lambda: unlock(owner, "x/y/z")) == ["API_DeviceNotFound"]


def test_several_devices_are_unlocked_at_once(owner: Client, other: Client) -> None:
    """LOCK-6: the answer is 0 then, and one that is refused keeps the others from nothing"""
    for device in (DEVICE, DEVICE, OTHER):
        lock(owner, device)
    assert unlock(owner, OTHER, DEVICE) == 0
    assert (is_locked(owner), is_locked(owner, OTHER)) == (True, False)
    lock(other, OTHER)
    assert refused(lambda: unlock(owner, OTHER, DEVICE)) == ["API_DeviceLocked"]
    assert not is_locked(owner)


def test_locks_are_renewed(owner: Client, clock: Clock) -> None:
    """LOCK-7, ADM-28"""
    lock(owner, validity=2)
    lock(owner, OTHER, validity=4)
    for _ in range(3):
        clock.now += 2
        owner.admin("ReLockDevices", [DEVICE, OTHER])
    assert is_locked(owner)
    clock.now += 3
    assert (is_locked(owner), is_locked(owner, OTHER)) == (False, True)


def test_what_cannot_be_renewed(owner: Client, other: Client, clock: Clock) -> None:
    """LOCK-8, ADM-7: one error a device, each beginning with the device's name, after all have been tried"""
    lock(other, OTHER)
    lock(owner)
    clock.now += 9
    with pytest.raises(DevFailed) as failure:
        owner.admin("ReLockDevices", [OTHER, "x/y/z", ADMIN, DEVICE])
    assert [(error.reason, error.desc.partition(": ")[0]) for error in failure.value.errors] == [
        ("API_DeviceLocked", OTHER),
        ("API_DeviceNotFound", "x/y/z"),
        ("API_DeviceNotLocked", ADMIN),
    ]
    clock.now += 9
    assert is_locked(owner)
    clock.now += 100
    assert refused(lambda: owner.admin("ReLockDevices", [DEVICE])) == ["API_DeviceNotLocked"]


CONFIG = AttributeConfig("Val", CmdArgType.DevDouble)
PIPE = PipeBlob("p", ())


@pytest.mark.parametrize(
    "request_",
    [
        op.Ping(DEVICE), op.GetInfo(DEVICE), op.GetName(DEVICE), op.GetDescription(DEVICE), op.GetAdmName(DEVICE),
        op.GetState(DEVICE), op.GetStatus(DEVICE), op.CommandListQuery(DEVICE), op.CommandQuery(DEVICE, "Nop"),
        op.ReadAttributes(DEVICE, ("Val", "State")), op.GetAttributeConfig(DEVICE), op.GetPipeConfig(DEVICE),
        op.BlackBox(DEVICE, 1), op.CommandInout(DEVICE, "state", VOID), op.CommandInout(DEVICE, "Status", VOID),
        op.ReadAttributeHistory(DEVICE, "Lng", 1), op.CommandInoutHistory(DEVICE, "Tick", 1),
        op.Subscribe(DEVICE, "Val", EventType.ATTR_CONF_EVENT),
    ],
)  # fmt: skip
def test_everybody_may_look_at_a_locked_device(owner: Client, other: Client, request_: Any) -> None:
    """LOCK-10"""
    author = owner.device(DEVICE)
    author.poll_attribute("Lng", 0)
    author.poll_command("Tick", 0)
    author.trigger_attr_polling("Lng")
    author.trigger_cmd_polling("Tick")
    lock(owner)
    assert refused(lambda: other.call(request_)) == []


@pytest.mark.parametrize(
    "request_",
    [
        WRITE, op.WriteReadAttributes(DEVICE, WRITE.values, ("Val",)), op.SetAttributeConfig(DEVICE, (CONFIG,)),
        op.CommandInout(DEVICE, "Nop", VOID), op.CommandInout(DEVICE, "Init", VOID),
        op.CommandInout(DEVICE, "Nada", VOID), op.WritePipe(DEVICE, "p", PIPE), op.WriteReadPipe(DEVICE, "p", PIPE),
        op.SetPipeConfig(DEVICE, (PipeConfig("p"),)),
    ],
)  # fmt: skip
def test_nobody_else_may_change_a_locked_device(owner: Client, other: Client, request_: Any) -> None:
    """LOCK-11, BBX-2: refused before anything else is looked at, and recorded all the same"""
    lock(owner)
    assert refused(lambda: other.call(request_)) == ["API_DeviceLocked"]
    assert "API_DeviceLocked" not in refused(lambda: owner.call(request_))
    recorded, refused_one = owner.call(op.BlackBox(DEVICE, 2))
    assert recorded.partition(" : ")[2].replace("4711", "815") == refused_one.partition(" : ")[2]


def test_the_class_may_allow_commands(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """LOCK-11: class property AllowedAccessCmd, names in any case"""
    store.put_class_property("Probe", {"AllowedAccessCmd": ["NOP", "tick"]})
    owner = connect(make_server(store=store))
    other = another(owner, ClientIdent(pid=815))
    lock(owner)
    assert refused(lambda: other.command(DEVICE, "Nop")) == []
    assert refused(lambda: other.command(DEVICE, "Tick")) == []
    assert refused(lambda: other.command(DEVICE, "Init")) == ["API_DeviceLocked"]
    lock(other, OTHER)
    assert refused(lambda: owner.command(OTHER, "Nop")) == ["API_DeviceLocked"]


@pytest.mark.parametrize(
    ("name", "argin"),
    [
        ("DevRestart", DEVICE.upper()),
        ("AddObjPolling", [[1000], [DEVICE, "attribute", "Val"]]),
        ("AddObjPolling", [[1000], [DEVICE, "neither", "Val"]]),
        ("UpdObjPollingPeriod", [[700], [DEVICE, "attribute", "AutoPolled"]]),
        ("RemObjPolling", [DEVICE, "attribute", "AutoPolled"]),
    ],
)
def test_admin_commands_about_a_locked_device_are_refused(owner: Client, other: Client, name: str, argin: Any) -> None:
    """LOCK-12: in other words than on the device"""
    lock(owner)
    with pytest.raises(DevFailed) as failure:
        other.admin(name, argin)
    assert [error.reason for error in failure.value.errors] == ["API_DeviceLocked"]
    assert failure.value.desc.startswith(f"Device {DEVICE} is locked by another client. Your request")
    assert "API_DeviceLocked" not in refused(lambda: owner.admin(name, argin))


@pytest.mark.parametrize("name", ["StopPolling", "StartPolling", "Init", "RestartServer"])
def test_admin_commands_about_the_process_are_not_refused(owner: Client, other: Client, name: str) -> None:
    """LOCK-12"""
    lock(owner)
    assert refused(lambda: other.admin(name)) == []


def test_a_lock_forced_open_is_reported_once(owner: Client, other: Client) -> None:
    """LOCK-13: to its former owner, with the first request that the lock would have been asked about"""
    lock(owner)
    unlock(other, force=1)
    assert refused(lambda: owner.call(op.GetState(DEVICE))) == []
    assert refused(lambda: owner.command(DEVICE, "State")) == []
    assert refused(lambda: owner.command(DEVICE, "Nop")) == ["API_DeviceUnlocked"]
    assert refused(lambda: owner.command(DEVICE, "Nop")) == []


def test_the_report_is_dropped_when_another_client_was_there(owner: Client, other: Client) -> None:
    """LOCK-13"""
    lock(owner)
    unlock(other, force=1)
    assert refused(lambda: other.call(WRITE)) == []
    assert refused(lambda: owner.call(WRITE)) == []


def test_the_report_is_dropped_when_the_former_owner_locks_again(owner: Client, other: Client) -> None:
    """LOCK-13"""
    lock(owner)
    unlock(other, force=1)
    lock(owner)
    assert unlock(owner) == 0
    assert refused(lambda: owner.call(WRITE)) == []


def test_who_forces_its_own_lock_open_knows_it(owner: Client) -> None:
    """LOCK-13, LOCK-6: whatever the counter"""
    lock(owner)
    lock(owner)
    assert unlock(owner, force=1) == 0
    assert refused(lambda: owner.call(WRITE)) == []


def test_the_report_outlives_the_lock_of_the_next_owner(owner: Client, other: Client, clock: Clock) -> None:
    """LOCK-13"""
    lock(owner)
    unlock(other, force=1)
    lock(other, validity=2)
    assert refused(lambda: owner.call(WRITE)) == ["API_DeviceLocked"]
    clock.now += 5
    assert refused(lambda: owner.call(WRITE)) == ["API_DeviceUnlocked"]


def test_the_report_waits_until_the_device_is_unlocked(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """LOCK-13, LOCK-11: what the class allows while the next owner has the lock is no occasion for it"""
    store.put_class_property("Probe", {"AllowedAccessCmd": ["Nop"]})
    owner = connect(make_server(store=store))
    other = another(owner, ClientIdent(pid=815))
    lock(owner)
    unlock(other, force=1)
    lock(other)
    assert refused(lambda: owner.command(DEVICE, "Nop")) == []
    assert refused(lambda: other.call(WRITE)) == []
    unlock(other)
    assert refused(lambda: owner.command(DEVICE, "Nop")) == ["API_DeviceUnlocked"]


def test_restart_of_the_device_keeps_the_lock(owner: Client, other: Client, clock: Clock) -> None:
    """LOCK-14: owner, counter, validity and time"""
    lock(owner, validity=5)
    lock(owner, validity=4)
    clock.now += 3
    owner.admin("DevRestart", DEVICE)
    assert refused(lambda: other.call(WRITE)) == ["API_DeviceLocked"]
    assert unlock(owner) == 1
    clock.now += 2
    assert not is_locked(other)


def test_restart_of_the_server_drops_all_locks(server: DeviceServer, owner: Client, other: Client) -> None:
    """LOCK-14"""
    lock(owner)
    server.restart_devices()
    assert not is_locked(owner)
    assert refused(lambda: other.call(WRITE)) == []


def test_devices_of_the_server_are_one_more_client(server: DeviceServer, owner: Client) -> None:
    """LOCK-1: a lock keeps out what another device of the same process does, as if it were elsewhere"""
    host = owner.device(OTHER).host
    lock(owner)
    assert refused(lambda: host.call_device(DEVICE, lambda name: WRITE)) == ["API_DeviceLocked"]
    assert refused(lambda: host.call_device(ADMIN, lambda name: locking(name))) == ["API_DeviceLocked"]
    unlock(owner)
    host.call_device(ADMIN, lambda name: locking(name))
    assert status(owner)[0] == [1, os.getpid(), 0, 0, 0, 0]
    assert refused(lambda: host.call_device(DEVICE, lambda name: WRITE)) == []
    assert refused(lambda: owner.call(WRITE)) == ["API_DeviceLocked"]
