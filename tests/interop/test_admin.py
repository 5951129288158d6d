"""A PyTango client of our admin device: polling and logging exactly as on PyTango's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.twins import Twins


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
        targets = lambda: [target for target in d.get_logging_target() if "telemetry" not in target]
        before, seen = d.get_logging_level(), [targets()]
        for level in (5, 3, 0):
            d.set_logging_level(level)
            seen.append(d.get_logging_level())
        d.add_logging_target("file::/tmp/alltypes_seen_by_pytango.log")
        seen.append(targets())
        d.remove_logging_target("file::/tmp/alltypes_seen_by_pytango.log")
        seen += [targets(), a.GetLoggingLevel([d.name()])]
        a.StopLogging(), a.StartLogging()
        d.set_logging_level(before)
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
