"""Subscriptions: first event, order, misuse, loss and recovery."""

from __future__ import annotations

import signal
import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from server_core.model.values import Event
from server_core.protocol.exchange import Dropped
from server_core.transport import blocking
from tangoterm.client import AttributeProxy, DeviceProxy, EventSystemFailed
from tangoterm.client import subscription as subscription_module
from tangoterm.client.handle import Handle
from tangoterm.client.subscription import Subscription
from tests.captured import replayed_cases

CHANGE = EventType.CHANGE_EVENT


def captured(name: str) -> Any:
    """The output of a captured exchange about events, by the beginning of its name."""
    return next(case.data["output"] for case in replayed_cases("server", "events") if case.name.startswith(name))


def test_the_callback_gets_the_present_value_before_subscribing_returns(device: DeviceProxy, until: Any) -> None:
    """EVT-50"""
    events: list[Any] = []
    number = device.subscribe_event("Count", CHANGE, events.append)
    assert events[0].attr_value.value >= 1
    assert (events[0].event, events[0].err, events[0].attr_name) == ("change", False, "lab/bench/1/count")
    assert events[0].device is device
    until(lambda: sum(not event.err for event in events) > 4)
    device.unsubscribe_event(number)
    values = [event.attr_value.value for event in events if not event.err]  # a poll that is late is told
    later = values[1:]  # the first is a reading, behind which events come that are a little older
    assert later == sorted(later)
    seen = len(events)
    device.ping()
    assert len(events) <= seen + 1


@pytest.mark.parametrize("word", ["CHANGE", "PERIODIC", "ARCHIVE", "USER", "ALARM"])
def test_the_device_knows_whether_anybody_listens(server: Any, device: DeviceProxy, until: Any, word: str) -> None:
    """EVT-41: by attribute and kind, from its own methods and from those of the attribute."""
    author = server.registry.find("lab/bench/1").kernel.device
    mode, kind = author.get_device_attr().get_attr_by_name("mode"), EventType[f"{word}_EVENT"]
    device.poll_attribute("mode", 60_000)

    def answers() -> list[bool]:
        by_kind = getattr(mode, f"{word.lower()}_event_subscribed")()
        return [author.is_there_subscriber("Mode", kind), mode.is_event_subscribed(kind), by_kind]

    assert answers() == [False] * 3
    number = device.subscribe_event("mode", kind, lambda event: None)
    assert answers() == [True] * 3
    assert not author.is_there_subscriber("count", kind)
    assert not mode.is_event_subscribed(EventType.DATA_READY_EVENT)
    device.unsubscribe_event(number)
    until(lambda: answers() == [False] * 3)


@pytest.mark.parametrize("word", ["CHANGE", "PERIODIC", "ARCHIVE", "USER", "ALARM"])
def test_the_first_event_is_a_reading_in_the_thread_that_subscribes(device: DeviceProxy, word: str) -> None:
    """EVT-50: for each kind that carries values; the error when the reading fails."""
    calls: list[tuple[int, Any]] = []
    kind = EventType[f"{word}_EVENT"]
    device.poll_attribute("mode", 60_000)
    device.subscribe_event("mode", kind, lambda event: calls.append((threading.get_ident(), event)))
    thread, event = calls[0]
    assert thread == threading.get_ident()
    assert (event.err, event.attr_value.value) == (False, device.mode)


def test_the_first_event_is_the_error_of_a_reading_that_fails(device: DeviceProxy) -> None:
    """EVT-50"""
    events: list[Any] = []
    device.subscribe_event("broken", EventType.USER_EVENT, events.append)
    assert (events[0].err, events[0].errors[0].desc.strip()) == (True, "RuntimeError: no value today")


def test_a_pushed_event_arrives(device: DeviceProxy, until: Any) -> None:
    events: list[Any] = []
    device.subscribe_event("pushed", CHANGE, events.append)
    device.Push(41)
    until(lambda: events[-1].attr_value.value == 41)


def test_a_callback_may_call_its_device(device: DeviceProxy, until: Any) -> None:
    answers: list[Any] = []
    device.subscribe_event("pushed", CHANGE, lambda event: answers.append(event.device.command_inout("Add", 0)))
    device.Push(1)
    until(lambda: len(answers) >= 2)


def test_a_callback_that_fails_does_not_end_the_events(
    device: DeviceProxy, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []

    def fail(event: Any) -> None:
        events.append(event)
        raise ValueError("in the callback")

    device.subscribe_event("count", CHANGE, fail)
    until(lambda: len(events) > 2)
    assert "in the callback" in caplog.text


def test_events_can_be_kept_for_later(device: DeviceProxy, until: Any) -> None:
    number = device.subscribe_event("count", CHANGE, 3)
    until(lambda: device.event_queue_size(number) == 3)
    assert not device.is_event_queue_empty(number)
    events = device.get_events(number)
    assert events is not None
    assert len(events) == 3
    assert device.get_last_event_date(number) >= events[-1].reception_date
    until(lambda: device.event_queue_size(number) > 0)
    handed: list[Any] = []
    assert device.get_events(number, handed.append) is None
    assert handed


def test_other_kinds_have_their_own_first_event(device: DeviceProxy, until: Any) -> None:
    """EVT-50, EVT-52, EVT-53"""
    events: list[Any] = []

    class Listener:
        def push_event(self, event: Any) -> None:
            events.append(event)

    device.subscribe_event("level", EventType.ATTR_CONF_EVENT, Listener())
    assert events.pop().attr_conf.unit == "mm"
    device.subscribe_event(EventType.INTERFACE_CHANGE_EVENT, Listener())
    interface = events.pop()
    assert interface.dev_started
    assert "Add" in {info.cmd_name for info in interface.cmd_list}
    device.subscribe_event("parts", EventType.PIPE_EVENT, Listener())
    assert events.pop().pipe_value[0] == "blob"
    device.subscribe_event("row", EventType.DATA_READY_EVENT, Listener())
    assert not events
    device.Ready(17)
    until(lambda: events)
    assert events.pop().ctr == 17
    device.Grow()
    until(lambda: events)
    assert not events[0].dev_started
    assert "extra" in {config.name for config in events.pop(0).att_list}


def test_a_refused_subscription_tells_the_servers_reason(device: DeviceProxy) -> None:
    """EVT-2: under the errors that Tango's client stacks on it."""
    with pytest.raises(EventSystemFailed) as caught:
        device.subscribe_event("level", CHANGE, print)
    wanted = captured("change, not polled")["err"]
    assert [error.reason for error in caught.value.errors] == [error["reason"] for error in wanted]
    assert caught.value.errors[0].desc == wanted[0]["desc"].replace("val", "level")
    assert caught.value.errors[-1].desc == wanted[-1]["desc"]


def test_misuse_is_refused(device: DeviceProxy) -> None:
    """EVT-56"""
    number = device.subscribe_event("count", CHANGE, lambda event: None)
    with pytest.raises(EventSystemFailed, match="it has no queue"):
        device.get_events(number)
    device.unsubscribe_event(number)
    with pytest.raises(EventSystemFailed) as caught:
        device.unsubscribe_event(number)
    assert caught.value.reason == "API_EventNotFound"
    with pytest.raises(EventSystemFailed, match="size must be positive, not -1") as caught:
        device.subscribe_event("count", CHANGE, -1)
    assert caught.value.reason == "API_InvalidArgs"
    with pytest.raises(TypeError, match="neither a callback nor a queue size"):
        device.subscribe_event("count", CHANGE, "later")
    with pytest.raises(TypeError, match="CHANGE_EVENT needs an attribute"):
        device.subscribe_event(CHANGE, print)
    with pytest.raises(TypeError, match="an EventType"):
        device.subscribe_event("count", "change", print)


def test_an_attribute_proxy_subscribes_too(server: Any, until: Any) -> None:
    events: list[Any] = []
    attribute = AttributeProxy("lab/bench/1/count")
    number = attribute.subscribe_event(CHANGE, events.append)
    until(lambda: len(events) > 2)
    attribute.unsubscribe_event(number)


def counted(counter: int) -> Event:
    return Event("a/b/c", "x", CHANGE, counter=counter)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([counted(4), counted(5)], [4, 5]),
        ([counted(4), counted(4), counted(5)], [4, 5]),
        ([counted(4), counted(7)], [4, "API_MissedEvents", 7]),
        ([counted(0), counted(0), counted(0)], [0, 0, 0]),
        ([counted(4), Dropped(1, 2), counted(7)], [4, "API_MissedEvents", 7]),
        ([counted(4), counted(1)], [4, 1]),
        ([counted(2**32 - 1), counted(0), counted(1), counted(1)], [2**32 - 1, 0, 1]),
        ([counted(2**32 - 1), counted(2)], [2**32 - 1, "API_MissedEvents", 2]),
    ],
)
def test_missed_events_are_told_and_repeated_ones_dropped(items: list[Any], expected: list[Any]) -> None:
    """EVT-22"""
    got: list[Any] = []
    recorded = iter(items)
    current: list[Any] = []
    subscription = Subscription(
        Handle("tango://h:1/a/b/c#dbase=no"),
        None,
        "x",
        CHANGE,
        lambda event: got.append(event.errors[0].reason if event.err else current[0].counter),
        lambda subscription: None,
    )
    subscription._release()
    for item in recorded:
        current[:] = [item]
        subscription.receive(item)
    assert got == expected


def test_events_resume_with_a_fresh_value_after_the_server_was_killed(spawn: Any, until: Any) -> None:
    """EVT-21, EVT-23"""
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    events: list[Any] = []
    device.subscribe_event("count", CHANGE, events.append)
    until(lambda: len(events) > 2)
    server.kill()
    until(lambda: events[-1].err)
    assert events[-1].errors[0].reason == "API_EventTimeout"
    spawn()
    seen = len(events)
    until(lambda: len(events) > seen + 2)
    values = [event.attr_value.value for event in events[seen:] if not event.err]
    later = values[1:]  # the first is a reading, behind which events come that are a little older
    assert later == sorted(later)
    assert values[0] < 100


def test_the_loss_of_a_server_is_told_in_the_words_of_tango(spawn: Any, until: Any, monkeypatch: Any) -> None:
    """EVT-21: an error when it is lost, and again every ten seconds while it stays away."""
    times = [second for second, _ in captured("client callbacks after server kill")]
    assert [round(after - before) for before, after in pairwise(times)] == [subscription_module.REPORT_INTERVAL]
    monkeypatch.setattr(subscription_module, "REPORT_INTERVAL", 0.3)
    monkeypatch.setattr(subscription_module, "LAST_RETRY", 0.2)
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    events: list[Any] = []
    number = device.subscribe_event("pushed", CHANGE, events.append)
    events.clear()
    server.kill()
    until(lambda: len(events) >= 3)
    device.unsubscribe_event(number)
    (words,) = {text for _, text in captured("client callbacks after server kill")}
    assert {f"ERR {event.errors[0].reason}: {event.errors[0].desc}" for event in events} == {words}


def test_a_server_that_hangs_is_lost_too(spawn: Any, until: Any, monkeypatch: Any) -> None:
    """EVT-20, EVT-21: a connection with events that gives no sign of life; the value comes when it goes on."""
    monkeypatch.setattr(blocking, "KEEP_ALIVE", 0.2)
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    events: list[Any] = []
    number = device.subscribe_event("pushed", CHANGE, events.append)
    time.sleep(0.8)
    assert not any(event.err for event in events)
    events.clear()
    server.send_signal(signal.SIGSTOP)
    try:
        until(lambda: events)
    finally:
        server.send_signal(signal.SIGCONT)
    assert events[0].errors[0].reason == "API_EventTimeout"
    until(lambda: not events[-1].err)
    device.unsubscribe_event(number)


def test_a_stateless_subscription_waits_for_its_server(spawn: Any, until: Any) -> None:
    """EVT-55: a normal subscription fails, a stateless one tells of it at once and brings the value later."""
    device = DeviceProxy("lab/bench/1")
    with pytest.raises(DevFailed) as failure:
        device.subscribe_event("count", CHANGE, lambda event: None)
    (error,) = failure.value.errors
    (wanted,) = captured("subscribe while server is down, not stateless")["err"]
    words = wanted["desc"].replace("tango://127.0.0.1:11300/adm/b/1", "lab/bench/1")
    assert (error.reason, error.desc) == (wanted["reason"], words)
    events: list[Any] = []
    number = device.subscribe_event("count", CHANGE, events.append, stateless=True)
    assert isinstance(number, int)
    ((_, told),) = captured("callbacks (stateless, server down)")
    told = told.replace("tango://127.0.0.1:11300/adm/b/1", "lab/bench/1")
    assert [f"ERR {event.errors[0].reason}: {event.errors[0].desc}" for event in events] == [told]
    spawn()
    until(lambda: not events[-1].err)
    assert all(value[0] == "ok" for _, value in captured("callbacks (stateless) after server start"))
    device.unsubscribe_event(number)


def test_a_stateless_subscription_tells_again_that_its_server_is_away(store: Any, until: Any, monkeypatch: Any) -> None:
    """EVT-55: an error for each interval that it fails."""
    monkeypatch.setattr(subscription_module, "REPORT_INTERVAL", 0.3)
    monkeypatch.setattr(subscription_module, "LAST_RETRY", 0.2)
    device = DeviceProxy("lab/bench/1")
    events: list[Any] = []
    number = device.subscribe_event("count", CHANGE, events.append, stateless=True)
    until(lambda: len(events) >= 3)
    device.unsubscribe_event(number)
    assert {event.errors[0].reason for event in events} == {"API_CantConnectToDevice"}


def test_within_a_callback_only_a_stateless_subscription_is_allowed(device: DeviceProxy, until: Any) -> None:
    """EVT-56: in a callback of an event; not in the first call, which the subscriber's own thread makes."""
    outcomes: list[Any] = []

    def subscribe(event: Any) -> None:
        if len(outcomes) >= 3:
            return
        for stateless in (False, True):
            try:
                number = device.subscribe_event("level", EventType.ATTR_CONF_EVENT, 1, stateless=stateless)
                outcomes.append("subscribed")
                device.unsubscribe_event(number)
            except EventSystemFailed as failure:
                outcomes.append(failure.reason)

    device.subscribe_event("pushed", CHANGE, subscribe)
    assert outcomes == ["subscribed", "subscribed"]
    device.Push(1)
    until(lambda: len(outcomes) == 4)
    assert outcomes[2:] == ["API_InvalidArgs", "subscribed"]


def test_an_unknown_event_number_is_refused(device: DeviceProxy) -> None:
    """EVT-56"""
    queued = device.subscribe_event("level", EventType.ATTR_CONF_EVENT, 3)
    called = device.subscribe_event("level", EventType.ATTR_CONF_EVENT, lambda event: None)
    methods = (
        device.get_events,
        device.event_queue_size,
        device.is_event_queue_empty,
        device.get_last_event_date,
    )
    for method in methods:
        method(queued)
        with pytest.raises(EventSystemFailed) as failure:
            method(called)
        assert failure.value.reason == "API_EventQueues"
        with pytest.raises(EventSystemFailed) as failure:
            method(99_999)
        assert failure.value.reason == "API_EventNotFound"
