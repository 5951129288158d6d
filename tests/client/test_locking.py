"""Locks from the clients' side: two processes that compete for a device, and what they are told."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from server_core import AttrWriteType, Device, DevState, attribute, command
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from tangoterm.client import (
    DevFailed,
    DeviceProxy,
    DeviceUnlocked,
    LockerInfo,
    LockerLanguage,
    NonDbDevice,
    aio,
    close_connections,
)
from tangoterm.client.handle import Handle
from tangoterm.client.locker import LockStatus
from tangoterm.client.locks import keeper_of
from tests.captured import CPP_9, PYTANGO_10, Case, replayed_cases, sections
from tests.client.puppets import Clock, Puppet, reasons

NAME = "lab/bench/1"
ADMIN = "dserver/bench/test"

Until = Callable[..., None]


@pytest.fixture
def other(server: DeviceServer, puppet: Callable[..., Puppet]) -> Puppet:
    return puppet()


# ---- two processes


def test_a_locked_device_obeys_one_process(device: DeviceProxy, other: Puppet) -> None:
    """LOCK-1, LOCK-11"""
    device.lock()
    DeviceProxy(NAME).write_attribute("level", 2.0)
    assert asyncio.run(_written_by_asyncio(3.0)) == 3.0
    refused = other.answer("d.write_attribute('level', 4.0)")
    assert [error["reason"] for error in refused["err"]] == ["API_DeviceLocked", "API_AttributeFailed"]
    assert other("d.read_attribute('level').value") == 3.0
    device.unlock()
    other("d.write_attribute('level', 4.0)")


async def _written_by_asyncio(value: float) -> Any:
    proxy = await aio.DeviceProxy(NAME)
    await proxy.write_attribute("level", value)
    written = await proxy.level
    await aio.close_connections()
    return written


def test_who_holds_the_lock(device: DeviceProxy, other: Puppet) -> None:
    """LOCK-22"""
    info = LockerInfo()
    assert (device.is_locked(), device.is_locked_by_me(), device.get_locker(info)) == (False, False, False)
    assert device.locking_status() == f"Device {NAME} is not locked"
    other("d.lock()")
    assert (device.is_locked(), device.is_locked_by_me(), device.get_locker(info)) == (True, False, True)
    host, pid = socket.gethostname().lower(), other.process.pid
    assert (info.ll, info.li, info.locker_host, info.locker_class) == (LockerLanguage.CPP, pid, host, "Not defined")
    assert device.locking_status() == f"Device {NAME} is locked by CPP or Python client with PID {pid} from host {host}"
    assert other("d.is_locked_by_me()") is True


@pytest.mark.parametrize(
    ("address", "host", "mine"),
    [
        ("giop:tcp:127.0.0.1:4711", "127.0.0.1", True),
        ("giop:tcp:[::1]:4711", "::1", True),
        ("giop:tcp:192.0.2.1:4711", "192.0.2.1", False),
        ("giop:unix:/tmp/omni-root/1", socket.gethostname().lower(), True),
    ],
)
def test_addresses_of_lockers(address: str, host: str, mine: bool) -> None:
    """LOCK-22: the same pid on another machine is another client"""
    text = f"Device a/b/c is locked by CPP or Python client with PID 42 from host {address}"
    status = LockStatus((1, 42, 0, 0, 0, 0), (text, address, "Not defined"))
    assert (status.host, status.is_of(42), status.is_of(43)) == (host, mine, False)


def test_a_unix_socket_is_that_of_the_servers_host() -> None:
    """LOCK-22, LOCK-21"""
    text = "Device a/b/c is locked by CPP or Python client with PID 42 from host {}"
    for host, mine in ((socket.gethostname().lower(), True), ("192.0.2.1", False)):
        status = LockStatus((1, 42, 0, 0, 0, 0), (text.format(host), "giop:unix:/run/x", "Not defined"))
        assert status.is_of(42) is mine


def test_a_java_locker_has_a_uuid_and_a_main_class() -> None:
    """LOCK-22"""
    text = "Device a/b/c is locked by JAVA client class atk.Main from host there"
    info = LockerInfo()
    LockStatus((1, 0, 1, 2, 3, 4), (text, "giop:tcp:192.0.2.1:1", "atk.Main")).fill(info)
    assert (info.ll, info.li, info.locker_host, info.locker_class) == (
        LockerLanguage.JAVA, (1, 2, 3, 4), "there", "atk.Main",
    )  # fmt: skip


# ---- taking and giving back


def test_validities_that_are_refused_before_the_server_is_asked(device: DeviceProxy) -> None:
    """LOCK-2"""
    assert reasons(lambda: device.lock(1)) == ["API_MethodArgument"]
    device.lock(5)
    assert reasons(lambda: device.lock(6)) == ["API_MethodArgument"]
    DeviceProxy(NAME).lock(6)
    device.unlock()
    device.unlock()
    device.lock(6)


def test_a_device_without_database_cannot_be_locked(server: DeviceServer) -> None:
    """LOCK-2"""
    port = server.endpoints.partition(",")[0].rpartition(":")[2]
    proxy = DeviceProxy(f"tango://127.0.0.1:{port}/{NAME}#dbase=no")
    with pytest.raises(NonDbDevice) as failure:
        proxy.lock()
    assert failure.value.reason == "API_NonDatabaseDevice"


def test_locks_of_a_server_are_renewed_together_in_time(store: Any, server: DeviceServer, until: Until) -> None:
    """LOCK-2, LOCK-7: with one command every (smallest validity - 0.5) s"""
    store.add_server("bench/pair", [("lab/pair/1", "Bench"), ("lab/pair/2", "Bench")])
    with DeviceServer(server.classes, "bench", "pair", store=store) as pair:
        admin = DeviceProxy(pair.admin_name)
        start = time.monotonic()
        for name, validity in (("lab/pair/1", 10), ("lab/pair/2", 2)):
            DeviceProxy(name).lock(validity)

        def renewals() -> list[str]:
            return [line for line in admin.black_box(50) if "(cmd = ReLockDevices)" in line]

        time.sleep(3.1)
        until(lambda: len(renewals()) >= 2)
        assert len(renewals()) <= (time.monotonic() - start) / 1.5
        assert all(served.lock.status()[0][0] for served in pair.registry.devices())
        close_connections()
        assert not any(served.lock.status()[0][0] for served in pair.registry.devices())


def test_a_lock_that_was_lost_is_forgotten(server: DeviceServer, device: DeviceProxy, until: Until) -> None:
    """LOCK-8: when renewing it is refused; another validity may be chosen then"""
    device.lock(2)
    server.restart_devices()
    until(lambda: reasons(lambda: device.lock(3)) == [])
    assert device.is_locked_by_me()


def test_locking_again_is_not_undone_by_an_old_refusal(server: DeviceServer, device: DeviceProxy, until: Until) -> None:
    """LOCK-8"""
    keeper = keeper_of(Handle(ADMIN))
    keeper.hold(NAME, 10)
    [old] = keeper._holds.values()
    device.lock(10)
    server.restart_devices()
    keeper._renew([old])
    assert keeper.holds(NAME)


def test_the_lock_of_a_killed_process_expires(server: DeviceServer, device: DeviceProxy, other: Puppet) -> None:
    """LOCK-9, LOCK-5"""
    clock = Clock(server)
    other("d.lock(2)")
    other.kill()
    clock.now += 2
    assert device.is_locked()
    clock.now += 1
    assert not device.is_locked()
    device.write_attribute("level", 1.0)


def test_a_process_that_ends_in_good_order_gives_its_locks_back(device: DeviceProxy, other: Puppet) -> None:
    """LOCK-9: all of them, however often they were taken"""
    other("d.lock()")
    other("tango.DeviceProxy(d.name()).lock()")
    assert device.is_locked()
    other.finish()
    assert not device.is_locked()


def test_an_event_loop_that_ends_leaves_its_locks_to_the_process(device: DeviceProxy) -> None:
    """LOCK-9: which gives them back when it ends in good order"""
    program = (
        "import asyncio\n"
        "from tangoterm.client import aio\n"
        "async def main():\n"
        f"    proxy = await aio.DeviceProxy({NAME!r})\n"
        "    await proxy.lock()\n"
        "    await aio.close_connections()\n"
        "async def is_locked():\n"
        f"    return await aio.DeviceProxy({NAME!r}).is_locked_by_me()\n"
        "asyncio.run(main())\n"
        "print(asyncio.run(is_locked()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert not device.is_locked()


def test_closing_the_connections_gives_the_locks_back(device: DeviceProxy) -> None:
    """LOCK-9"""
    device.lock()
    close_connections()
    assert not device.is_locked()


def test_a_forced_unlock_is_an_exception_of_its_own(device: DeviceProxy, other: Puppet) -> None:
    """LOCK-13: the client puts the reason on top as well"""

    def refusal(call: Callable[[], Any]) -> list[str]:
        device.lock()
        other("d.unlock(True)")
        with pytest.raises(DeviceUnlocked) as failure:
            call()
        return [error.reason for error in failure.value.errors]

    twice = ["API_DeviceUnlocked", "API_DeviceUnlocked"]
    assert refusal(lambda: device.command_inout("Add", 1)) == twice
    assert refusal(lambda: device.write_attribute("level", 1)) == twice
    assert refusal(lambda: device.write_read_attribute("level", 1)) == twice
    assert refusal(lambda: device.set_attribute_config(device.get_attribute_config("level"))) == twice[:1]
    number = device.command_inout_asynch("Add", 1)
    assert device.command_inout_reply(number, 0) is not None
    assert refusal(lambda: device.command_inout_reply(device.command_inout_asynch("Add", 1), 0)) == twice


async def test_the_asyncio_proxy_locks_too(server: DeviceServer, puppet: Callable[..., Puppet]) -> None:
    """LOCK-1, LOCK-2, LOCK-13, LOCK-22: the lock is the process's, not the event loop's"""
    proxy = await aio.DeviceProxy(NAME)
    other, info = puppet(), LockerInfo()
    with pytest.raises(DevFailed, match="API_MethodArgument"):
        await proxy.lock(1)
    await proxy.lock()
    assert (await proxy.is_locked(), await proxy.is_locked_by_me(), await proxy.get_locker(info)) == (True, True, True)
    assert (await proxy.locking_status()).startswith(f"Device {NAME} is locked by CPP or Python client")
    assert info.li == os.getpid()
    await proxy.write_attribute("level", 2)
    await asyncio.to_thread(other, "d.unlock(True)")
    with pytest.raises(DeviceUnlocked):
        await proxy.write_attribute("level", 3)
    await proxy.lock()
    await proxy.unlock()
    assert not await proxy.is_locked()
    await aio.close_connections()


def test_names_and_signatures_are_those_of_pytango() -> None:
    """LOCK-22, LOCK-2"""
    parameters = {
        "lock": ["lock_validity"], "unlock": ["force"], "locking_status": [], "is_locked": [], "is_locked_by_me": [],
        "get_locker": ["lockinfo"],
    }  # fmt: skip
    for proxy in (DeviceProxy, aio.DeviceProxy):
        for name, expected in parameters.items():
            assert list(inspect.signature(getattr(proxy, name)).parameters)[1:] == expected
    assert inspect.signature(DeviceProxy.lock).parameters["lock_validity"].default == 10
    assert [language.name for language in LockerLanguage] == ["CPP", "JAVA", "CPP_6", "JAVA_6"]


# ---- what real servers answered


class Probe(Device):
    """What the captured cases of PyTango were made with."""

    def init_device(self) -> None:
        self._value = 0.0
        self.set_state(DevState.ON)

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    def Val(self) -> float:
        return self._value

    @Val.write
    def Val(self, value: float) -> None:
        self._value = value

    @attribute(dtype=float, polling_period=500)
    def AutoPolled(self) -> float:
        return self._value

    @command
    def Nop(self) -> None:
        """Nothing."""


class Scene:
    """A server and its two captured clients, with what happened between the cases."""

    def __init__(self, server: DeviceServer, device: str, puppet: Callable[..., Puppet], until: Until) -> None:
        self.server = server
        self.device = device
        self.clock = Clock(server)
        self.client1, self.client2, self.client3 = (puppet(device, server.admin_name) for _ in range(3))
        self._until = until
        self._before: dict[str, Callable[[], object]] = {
            "status after": lambda: self.client1(f"a.UnLockDevice([[0],['{device}']])"),
            "status after expiry": self._let_expire,
            "forced unlock": lambda: self.client1("d.lock()"),
            "locked by c3": self._lock_by_third,
            "still locked by c3 after 4s (relock)": self._wait_for_renewal,
            "lock 4": self._kill_third,
            "lock status after RestartServer": self._restarted,
        }

    def play(self, case: Case) -> dict[str, Any]:
        """The answer to a captured call."""
        self._before.get(case.name, lambda: None)()
        who, _, call = case.data["input"]["call"].partition(": ")
        answer: dict[str, Any] = getattr(self, who).answer(call)
        return answer

    def _let_expire(self) -> None:
        self.client1(f"a.LockDevice([[2],['{self.device}']])")
        self.clock.now += 3

    def _lock_by_third(self) -> None:
        self.client1("d.unlock(True)")
        self.client3("d.lock(2)")

    def _wait_for_renewal(self) -> None:
        for _ in range(2):
            self.clock.now += 2
            self._until(lambda: self.server.registry.find(self.device).lock._since == self.clock.now)

    def _kill_third(self) -> None:
        self.client3.kill()
        self.clock.now += 3

    def _restarted(self) -> None:
        registry = self.server.registry
        self._until(lambda: registry.has(self.device) and not any(each.lock.in_use for each in registry.devices()))


def comparable(answer: Any) -> Any:
    """An answer without what varies: who the clients are and where."""
    if "err" in answer:
        first, *outer = answer["err"]
        return first["reason"], first["desc"], [error["reason"] for error in outer]
    text = json.dumps(answer["ok"])
    text = re.sub(r"from host [^\s\"]+", "from host <host>", text)
    text = re.sub(r"giop:(unix|tcp):[^\s\"]+", "<address>", text)
    return re.sub(r"PID \d+|^\[\[1, \d+", "<pid>", text)


def replay(scene: Scene, reference: str) -> None:
    """Play the cases that are one call in order; those that depend on each other follow each other."""
    played = {case.id for case in replayed_cases("server", "locking", reference)}
    for case in sections("server")["locking"]:
        if case.reference == reference and case.data["input"] is not None:
            answer = scene.play(case)
            if case.id in played:
                assert comparable(answer) == comparable(case.data["output"]), case


def test_captured_locking_of_pytango(store: Any, puppet: Callable[..., Puppet], until: Until) -> None:
    """LOCK-1, LOCK-3, LOCK-6, LOCK-8, LOCK-10, LOCK-11, LOCK-12, LOCK-14, LOCK-20: two processes at a server"""
    store.add_server("Probe/a", [("adm/probe/1", "Probe"), ("adm/probe/2", "Probe")])
    with DeviceServer((Probe,), "Probe", "a", store=store) as server:
        replay(Scene(server, "adm/probe/2", puppet, until), PYTANGO_10)


def test_captured_locking_of_tango_9(store: Any, puppet: Callable[..., Puppet], until: Until) -> None:
    """LOCK-2, LOCK-3, LOCK-6, LOCK-8, LOCK-10, LOCK-11, LOCK-12, LOCK-14, LOCK-20: the same at the older server"""
    store.add_server("TangoTest/t", [("adm/tt/1", "TangoTest")])
    with DeviceServer((TangoTest,), "TangoTest", "t", store=store) as server:
        replay(Scene(server, "adm/tt/1", puppet, until), CPP_9)


def test_captured_admin_commands_about_a_locked_device(store: Any, puppet: Callable[..., Puppet], until: Until) -> None:
    """LOCK-12"""
    store.add_server("Probe/a", [("adm/probe/1", "Probe"), ("adm/probe/2", "Probe")])
    [case] = [case for case in replayed_cases("server", "locking") if case.name.startswith("admin commands")]
    with DeviceServer((Probe,), "Probe", "a", store=store) as server:
        scene = Scene(server, "adm/probe/2", puppet, until)
        scene.client1("d.lock()")
        for call, outcome in case.data["output"]:
            answer = scene.client2.answer(f"a.{call}")
            words = "OK null" if "ok" in answer else "ERR {reason} | {desc}".format(**answer["err"][0])
            assert words.startswith(outcome), call
