"""The log consumer that ships (LOG-29)."""

from __future__ import annotations

import pytest

from server_core.devices.log_consumer import LogMessage
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed

from .conftest import Bench, MakeBench


def message(number: int) -> list[str]:
    return list(LogMessage(str(1_700_000_000_250 + number), "INFO", "a/b/c", f"text {number}", "", "@1 [1]"))


@pytest.fixture
def consumer(bench: MakeBench) -> Bench:
    return bench("LogConsumer", depth=["3"])


def test_the_last_messages_are_kept_newest_first(consumer: Bench) -> None:
    """LOG-29: the command Log and its six strings."""
    assert list(consumer.read("last")) == []
    assert list(consumer.read("messages")) == []
    for number in range(5):
        consumer.call("Log", message(number))
    assert list(consumer.read("last")) == message(4)
    assert [list(row) for row in consumer.read("messages")] == [message(4), message(3), message(2)]
    assert consumer.read("received") == 5
    consumer.call("Clear")
    assert list(consumer.read("messages")) == []


def test_each_message_is_told_on(consumer: Bench) -> None:
    for number in range(2):
        consumer.call("Log", message(number))
    told = [(kind, name, list(payload.value)) for kind, name, payload in consumer.host.pushed]
    assert told == [(EventType.CHANGE_EVENT, "last", message(number)) for number in range(2)]


def test_who_sends(consumer: Bench) -> None:
    """LOG-29: Register and UnRegister."""
    for name in ("b/b/b", "a/a/a", "B/b/b"):
        consumer.call("Register", name)
    assert list(consumer.read("senders")) == ["B/b/b", "a/a/a"]
    for name in ("A/A/A", "c/c/c"):
        consumer.call("UnRegister", name)
    assert list(consumer.read("senders")) == ["B/b/b"]


def test_a_message_has_six_parts(consumer: Bench) -> None:
    with pytest.raises(DevFailed, match="6 strings, not 2"):
        consumer.call("Log", ["two", "parts"])
    assert consumer.read("received") == 0


def test_times_of_messages() -> None:
    assert LogMessage(*message(0)).seconds == 1_700_000_000.25
    assert LogMessage("soon", "INFO", "a/b/c", "", "", "").seconds is None


@pytest.mark.parametrize("depth", ["0", "10001"])
def test_a_depth_out_of_range_is_refused(bench: MakeBench, depth: str) -> None:
    with pytest.raises(DevFailed, match=f"depth is {depth}"):
        bench("LogConsumer", depth=[depth])
