"""A PyTango client of our admin device: polling, logging and locking exactly as on PyTango's own."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.twins import Twins
from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server


def test_its_commands(twins: Twins) -> None:
    """wire 10: names and types, but those about telemetry, which is not there."""
    commands = "{c.cmd_name: (c.in_type, c.out_type) for c in a.command_list_query() if 'elemetry' not in c.cmd_name}"
    assert twins.ours(commands) == twins.theirs(commands)
    twins.same("a.QueryClass(), a.QueryDevice(), a.State(), a.Status(), list(a.get_attribute_list())")
    twins.same("a.QueryWizardClassProperty('AllTypes'), a.QueryWizardDevProperty('AllTypes')")
    twins.same("a.command_inout('Nada')")
    twins.same("a.QueryWizardDevProperty('Nada')")


# ---- polling


@pytest.fixture
def unpolled(twins: Twins) -> Iterator[None]:
    """Takes out what a test has polled."""
    yield
    stop = """
        for name in ("double_scalar", "State", "failing"):
            if d.is_attribute_polled(name):
                d.stop_poll_attribute(name)
        if d.is_command_polled("State"):
            d.stop_poll_command("State")
        a.StartPolling()
    """
    twins.same(stop)


@pytest.mark.usefixtures("unpolled")
def test_polling_begins_changes_and_ends(twins: Twins) -> None:
    """ADM-11, ADM-22, ADM-29, ADM-40"""
    twins.same(
        """
        seen = [d.is_attribute_polled("double_scalar"), d.get_attribute_poll_period("double_scalar")]
        d.poll_attribute("double_scalar", 200)
        seen += [d.is_attribute_polled("double_scalar"), d.get_attribute_poll_period("double_scalar")]
        d.poll_attribute("DOUBLE_scalar", 300)
        seen += [d.get_attribute_poll_period("double_scalar"), a.PolledDevice()]
        d.poll_command("State", 400)
        seen += [d.is_command_polled("State"), d.get_command_poll_period("State")]
        d.stop_poll_attribute("double_scalar")
        d.stop_poll_command("State")
        seen + [d.is_attribute_polled("double_scalar"), d.is_command_polled("State")]
        """
    )
    twins.same(
        """
        a.AddObjPolling(([250], [d.name(), "attribute", "double_scalar"]))
        a.UpdObjPollingPeriod(([350], [d.name(), "attribute", "double_scalar"]))
        seen = d.get_attribute_poll_period("double_scalar")
        a.RemObjPolling([d.name(), "attribute", "double_scalar"])
        seen, d.is_attribute_polled("double_scalar")
        """
    )


@pytest.mark.usefixtures("unpolled")
def test_the_polling_status(twins: Twins) -> None:
    """ADM-13: its lines, with the figures left out."""

    def status(value: Any) -> list[str]:
        return [re.sub(r"= [\d., -]+|since \d+", "<figure>", text) for text in sorted(value)]

    snippet = """
        d.poll_attribute("double_scalar", 50)
        d.poll_attribute("failing", 50)
        wait_for(lambda: len(d.attribute_history("double_scalar", 5)) == 5)
        d.polling_status()
    """
    ours, theirs = status(twins.ours(snippet)), status(twins.theirs(snippet))
    assert ours == theirs


@pytest.mark.parametrize(
    "snippet",
    [
        "d.poll_attribute('nada', 100)",
        "d.poll_command('Nada', 100)",
        "d.poll_command('DevLong', 100)",
        "d.poll_attribute('double_scalar', 1)",
        "d.stop_poll_attribute('double_scalar')",
        "d.stop_poll_command('nada')",
        "a.AddObjPolling(([100], ['a/b/c', 'attribute', 'x']))",
        "a.AddObjPolling(([100], [d.name(), 'nothing', 'double_scalar']))",
        "a.AddObjPolling(([], []))",
        "a.UpdObjPollingPeriod(([100], [d.name(), 'attribute', 'double_scalar']))",
        "a.RemObjPolling(['a/b/c', 'attribute', 'x'])",
        "a.DevPollStatus('a/b/c')",
        "a.DevRestart('a/b/c')",
        "a.ZmqEventSubscriptionChange([d.name(), 'double_scalar'])",
        "a.ZmqEventSubscriptionChange([d.name(), 'nada', 'subscribe', 'change', '6'])",
        "a.ZmqEventSubscriptionChange([d.name(), 'limited', 'subscribe', 'periodic', '6'])",
        "a.ZmqEventSubscriptionChange([d.name(), 'limited', 'subscribe', 'nothing', '6'])",
        "a.EventConfirmSubscription(['a'])",
    ],
)
def test_what_is_refused(twins: Twins, snippet: str) -> None:
    kind, reasons = twins.same(snippet)
    assert kind
    assert reasons


@pytest.mark.usefixtures("unpolled")
def test_polling_is_stopped_and_started(twins: Twins) -> None:
    """ADM-34, ADM-38"""
    twins.same(
        """
        a.StopPolling()
        stopped = a.Status(), d.polling_status()[0].splitlines()[-1][:30]
        a.StartPolling()
        stopped, a.Status()
        """
    )


# ---- logging


def test_levels_and_targets(twins: Twins) -> None:
    """ADM-10, ADM-17, ADM-18, ADM-30, ADM-32"""
    twins.same(
        """
        seen = [d.get_logging_level(), d.get_logging_target()]
        for level in (5, 3, 0):
            d.set_logging_level(level)
            seen.append(d.get_logging_level())
        d.add_logging_target("file::/tmp/alltypes_seen_by_pytango.log")
        seen.append(d.get_logging_target())
        d.remove_logging_target("file::/tmp/alltypes_seen_by_pytango.log")
        seen += [d.get_logging_target(), a.GetLoggingLevel([d.name()])]
        a.StopLogging(), a.StartLogging()
        seen
        """
    )
    for refused in (
        "d.add_logging_target('nothing::x')",
        "d.add_logging_target('device::a/b/c')",
        "a.SetLoggingLevel(([9], [d.name()]))",
        "a.GetLoggingTarget('a/b/c')",
    ):
        twins.same(refused)


def test_messages_reach_the_file(twins: Twins, tmp_path: Path) -> None:
    """LOG-21: a target that a PyTango client adds to our device."""
    file = tmp_path / "device.log"
    twins.ours(
        f"""
        d.set_logging_level(5)
        d.add_logging_target("file::{file}")
        d.DevLong(1)
        d.remove_logging_target("file::{file}")
        d.set_logging_level(0)
        """
    )
    assert file.exists()


# ---- locking


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
    assert re.fullmatch(r"giop:tcp:[\d.]+:\d+", texts[1])
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
    time.sleep(3.2)
    assert rivals.two("d.is_locked()")
    owner.kill()
    assert rivals.two("wait_for(lambda: not d.is_locked())")
    assert rivals.two("d.DevLong(1)") == 1
