"""What PyTango clients set on our devices by their admin device, and what of it the database keeps, as with PyTango."""

from __future__ import annotations

import pytest

from tests.interop.twins import Twins
from tests.peers.fixtures import Database, Peers


@pytest.fixture(scope="module")
def registered(peers: Peers, real_database: Database) -> Twins:
    """Our device and PyTango's twin, both in the real database."""
    for label, start in (("ours", peers.our_server), ("theirs", peers.pytango_server)):
        devices = [(f"twin/{label}/1", "AllTypes"), (f"twin/{label}/2", "AllTypes")]
        start(database=real_database, instance=f"twin_{label}", devices=devices)
    return Twins(real_database.client, "twin/ours/1", "twin/theirs/1")


@pytest.mark.parametrize(
    "snippet",
    [
        "[d.info().server_id, d.info().dev_type, d.adm_name(), a.adm_name(), a.name(), a.QueryDevice()]",
        "[d.is_dbase_used(), d.get_from_env_var(), d.get_db_port(), d.get_access_control()]",
        """
        d.poll_attribute("double_scalar", 200), d.poll_attribute("string_scalar", 300)
        sorted(d.get_property("polled_attr")["polled_attr"])
        """,
        "d.poll_attribute('double_scalar', 250); sorted(d.get_property('polled_attr')['polled_attr'])",
        "d.stop_poll_attribute('double_scalar'); list(d.get_property('polled_attr')['polled_attr'])",
        "d.stop_poll_attribute('string_scalar'); list(d.get_property('polled_attr')['polled_attr'])",
        "d.poll_command('State', 500); dict(d.get_property(['polled_attr', 'polled_cmd']))",
        "d.stop_poll_command('State'); dict(d.get_property(['polled_attr', 'polled_cmd']))",
        "p = tango.AttributeProxy(full + '/double_scalar'); [p.poll(300), p.get_poll_period(), p.stop_poll()]",
        """
        a.AddObjPolling(([100], [full, "attribute", "double_scalar"]))
        wait_for(lambda: d.attribute_history("double_scalar", 1))
        a.StopPolling()
        stopped = d.polling_status()[-1].splitlines()[-1].partition(" since ")[0], a.Status()
        a.StartPolling(), a.RemObjPolling([full, "attribute", "double_scalar"])
        stopped
        """,
    ],
)
def test_polling(registered: Twins, snippet: str) -> None:
    """ADM-11, ADM-29, ADM-38, ADM-40, POLL-24"""
    registered.same(snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        """
        d.lock()
        locked = d.is_locked(), d.is_locked_by_me(), d.locking_status().partition(" from")[0]
        d.unlock()
        locked, d.is_locked(), d.locking_status()
        """,
        "d.lock(1)",
        "d.lock(10); d.lock(20)",
        "d.unlock(); d.unlock()",
        "a.lock()",
        "i = tango.LockerInfo(); d.get_locker(i)",
        "d.lock(); i = tango.LockerInfo(); x = d.get_locker(i), i.ll, i.li, i.locker_class; d.unlock(); x",
    ],
)
def test_locking(registered: Twins, snippet: str) -> None:
    """LOCK-2, LOCK-4, LOCK-6, LOCK-20, LOCK-22"""
    registered.same(snippet)


TARGETS = "[target for target in d.get_logging_target() if 'telemetry' not in target]"


@pytest.mark.parametrize(
    "snippet",
    [
        f"d.add_logging_target('console::cout'); {TARGETS}, dict(d.get_property('logging_target'))",
        "d.add_logging_target('device::no/such/device')",
        "d.add_logging_target('bad')",
        f"d.remove_logging_target('console::cout'); {TARGETS}",
        "d.remove_logging_target('file::/tmp/never.log')",
        "d.set_logging_level(4); d.get_logging_level(), dict(d.get_property('logging_level'))",
        "d.set_logging_level(9)",
        "sorted(name for name in a.GetLoggingLevel(['*'])[1])",
    ],
)
def test_logging(registered: Twins, snippet: str) -> None:
    """ADM-10, ADM-17, ADM-30, ADM-32"""
    registered.same(snippet)


@pytest.mark.parametrize(
    "changes",
    [
        "x.label, x.alarms.max_alarm, x.events.ch_event.abs_change = 'abc', '10', '0.1'",
        "x.label, x.events.arch_event.archive_period = '', '5000'",
        "x.label, x.alarms.max_alarm, x.events.ch_event.abs_change = 'Not specified', 'NaN', 'Not specified'",
    ],
)
def test_configurations(registered: Twins, changes: str) -> None:
    """ATT-7: what is kept, and what going back to the default deletes."""
    registered.same(
        f"""
        x = d.get_attribute_config_ex("double_scalar")[0]
        {changes}
        d.set_attribute_config([x])
        tango.Database().get_device_attribute_property(full, "double_scalar"), str(
            d.get_attribute_config_ex("double_scalar")[0]
        )
        """
    )


def test_restarts(registered: Twins) -> None:
    """LIFE-32, LIFE-34: memorised values are written again."""
    registered.same("d.memorised = 3.5; tango.Database().get_device_attribute_property(full, 'memorised')")
    registered.same("a.DevRestart(full); d.memorised")
    registered.same("a.RestartServer(); wait_for(lambda: d.memorised == 3.5), sorted(a.QueryDevice()), a.Status()")
