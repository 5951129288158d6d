"""Locks between PyTango client processes, on our devices in a real database."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server


class Rivals:
    """Two PyTango client processes with `d` and `a`, proxies of our device and its admin device in a database."""

    def __init__(self, one: PyTangoClient, two: PyTangoClient, name: str) -> None:
        self.one, self.two = one, two
        for client in (one, two):
            client(f"d = tango.DeviceProxy({name!r}); a = tango.DeviceProxy(d.adm_name())")

    def refused(self, snippet: str) -> list[str]:
        """The reasons for which the second one is refused something."""
        with pytest.raises(Failed) as failure:
            self.two(snippet)
        return failure.value.reasons


@pytest.fixture(scope="session")
def our_locked_server(peers: Peers, real_database: Database) -> Server:
    """Devices of ours that nobody else locks, in a real database."""
    return peers.our_server(
        devices=[("test/locked/1", "AllTypes"), ("test/locked/2", "AllTypes")],
        database=real_database,
        instance="locked",
    )


@pytest.fixture
def rivals(
    pytango_client: PyTangoClient,
    other_pytango_client: PyTangoClient,
    real_database: Database,
    our_locked_server: Server,
) -> Iterator[Rivals]:
    """Nothing is locked at the beginning and the end."""
    rivals = Rivals(pytango_client, other_pytango_client, real_database.device("test/locked/1"))
    yield rivals
    rivals.one("d.unlock(True)")


def test_a_lock_keeps_the_others_out(rivals: Rivals) -> None:
    """LOCK-1, LOCK-10, LOCK-11, LOCK-12: what changes something is refused, what reads is not."""
    rivals.one("d.lock()")
    assert rivals.one("d.DevLong(1), d.write_attribute('double_scalar', 2.25)") == [1, None]
    for snippet in (
        "d.DevLong(1)",
        "d.Init()",
        "d.write_attribute('double_scalar', 1)",
        "d.write_read_attribute('double_scalar', 1)",
        "d.set_attribute_config(d.get_attribute_config_ex('double_scalar'))",
        "d.poll_attribute('double_scalar', 1000)",
        "d.set_logging_level(5)",
        "d.lock()",
        "d.unlock()",
        "a.DevRestart(d.name())",
    ):
        assert "API_DeviceLocked" in rivals.refused(snippet), snippet
    assert rivals.two("[d.State(), d.double_scalar, d.read_attribute('State').value, d.ping() > 0]") == [
        "ON",
        2.25,
        "ON",
        True,
    ]


def test_who_has_the_lock(rivals: Rivals) -> None:
    """LOCK-20, LOCK-21, LOCK-22, wire 9"""
    free = rivals.one("[d.is_locked(), d.is_locked_by_me(), d.locking_status(), a.DevLockStatus(d.name())]")
    assert free[:2] == [False, False]
    assert free[2] == "Device test/locked/1 is not locked"
    rivals.one("d.lock(); d.lock()")
    assert [client("[d.is_locked(), d.is_locked_by_me()]") for client in (rivals.one, rivals.two)] == [
        [True, True],
        [True, False],
    ]
    numbers, texts = rivals.two("a.DevLockStatus(d.name())")
    assert numbers == [1, rivals.one.pid, 0, 0, 0, 0]
    assert re.fullmatch(r"giop:(tcp:[\d.]+:\d+|unix:/.+)", texts[1])
    assert f"PID {rivals.one.pid}" in texts[0]
    locker = rivals.two("i = tango.LockerInfo(); [d.get_locker(i), i.ll, i.li, i.locker_class]")
    assert locker == [True, "CPP", rivals.one.pid, "Not defined"]
    rivals.one("d.unlock()")
    assert rivals.one("d.is_locked()")
    rivals.one("d.unlock()")
    assert not rivals.two("d.is_locked()")


def test_a_lock_that_is_broken(rivals: Rivals) -> None:
    """LOCK-6, LOCK-13: its owner is told, once."""
    rivals.one("d.lock()")
    rivals.two("d.unlock(True)")
    with pytest.raises(Failed) as failure:
        rivals.one("d.DevLong(1)")
    assert "API_DeviceUnlocked" in failure.value.reasons
    assert rivals.one("d.DevLong(1)") == 1


def test_the_lock_of_a_dead_client_expires(rivals: Rivals, own_peers: Peers, real_database: Database) -> None:
    """LOCK-2, LOCK-7, LOCK-9: renewed while its owner lives, for the validity that it asked for."""
    owner = own_peers.pytango_client()
    owner(f"d = tango.DeviceProxy({real_database.device('test/locked/1')!r}); d.lock(2)")
    assert rivals.two("wait_for(lambda: any('ReLockDevices' in line for line in a.black_box(50)))")
    owner.kill()
    assert rivals.two("wait_for(lambda: not d.is_locked())")
    assert rivals.two("d.DevLong(1)") == 1
