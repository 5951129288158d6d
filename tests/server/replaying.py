"""What the replays of captured polling and events share: comparing answers, and driving polls without waiting."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.model.enums import AttrQuality
from server_core.model.errors import DevFailed
from server_core.model.values import AttributeValue, Event
from server_core.protocol import operations as op
from server_core.server.polling.worker import poll_now

if TYPE_CHECKING:
    from tests.server.conftest import Client

OUTER = ("API_CommandFailed", "API_AttributeFailed", "API_DSFailedRegisteringEvent", "PyDs_UnexpectedFailure")
"""Errors that the client of the capture, or its Python server (ERR-1), stacked on the server's own."""


def captured_store(home: type[MemoryStore] = MemoryStore) -> Store:
    """The database of the captured server: two devices of the class with class-default polling, one without."""
    store = home()
    devices = [("dserver/Probe/a", "DServer"), ("adm/probe/1", "Probe"), ("adm/probe/2", "Probe")]
    store.add_server("Probe/a", [*devices, ("adm/probe2/1", "Probe2")])
    store.add_server("TangoTest/t", [("dserver/TangoTest/t", "DServer"), ("adm/tt/1", "TangoTest")])
    return store


def errors(output: dict[str, Any]) -> list[list[str]]:
    """Reason and description of the captured errors that are the server's."""
    return [[error["reason"], error["desc"]] for error in output["err"] if error["reason"] not in OUTER]


def answer(action: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """What `action` gives, in the form of the captured outputs."""
    try:
        return {"ok": action(*args)}
    except DevFailed as failure:
        return {"err": [[error.reason, error.desc] for error in failure.errors]}


def expected(output: dict[str, Any]) -> dict[str, Any]:
    """A captured output with the server's errors alone, and without the numbers that vary."""
    return {"err": errors(output)} if "err" in output else {"ok": without_times(output["ok"])}


_TIMES = (
    (re.compile(r"(Time needed for the last .* = )[\d.]+"), r"\1<ms>"),
    (re.compile(r"(Data not updated since ).*"), r"\1<age>"),
    (re.compile(r"(Delta between last records \(in mS\) = ).*"), r"\1<deltas>"),
)


def without_times(value: Any) -> Any:
    """DevPollStatus blocks with placeholders for their times; anything else as it is."""
    if isinstance(value, list):
        return [without_times(each) for each in value]
    if isinstance(value, str):
        for pattern, text in _TIMES:
            value = pattern.sub(text, value)
    return value


def shown(event: Event) -> Any:
    """An event as the captured tables write it."""
    if event.errors:
        return f"ERR {event.errors[0].reason}"
    payload = event.payload
    assert isinstance(payload, AttributeValue)
    value = payload.value
    if isinstance(value, memoryview):
        value = value.tolist()
    return [None if payload.quality is AttrQuality.ATTR_INVALID else value, payload.quality.label]


def configure(client: Client, device: str, name: str, **texts: str) -> None:
    """Change properties of an attribute as a client does: its label, or those of events."""
    config = deepcopy(client.call(op.GetAttributeConfig(device, (name,)))[0])
    events = config.events
    for word, text in texts.items():
        for part in (config, config.alarms, events.ch_event, events.per_event, events.arch_event):
            if hasattr(part, word):
                setattr(part, word, text)
    client.call(op.SetAttributeConfig(device, (config,)))


def poll(client: Client, device: str, name: str) -> None:
    """One poll of a polled attribute."""
    served = client.server.registry.find(device)
    poll_now(served, [served.need_polled(name, command=False)], client.server.events.polled)


def poll_at(client: Client, device: str, name: str, start: float) -> int:
    """One poll that began at `start`; the number of events it is worth."""
    served = client.server.registry.find(device)
    (value,) = served.kernel.read_attributes([name])
    before = len(client.sink.events)
    client.server.events.polled(served, served.need_polled(name, command=False), start, value)
    return len(client.sink.events) - before


def let_poll(client: Client, device: str, tries: int = 3) -> None:
    """Polls of everything that has a period, as its thread makes them."""
    served = client.server.registry.find(device)
    for polled in served.polled:
        for _ in range(tries if polled.period else 0):
            poll_now(served, [polled], client.server.events.polled)


def trigger(client: Client, device: str, name: str, *, command: bool = False) -> None:
    """A trigger by device code, while the polling threads are at rest otherwise."""
    polling = client.server.polling
    polling.active = True
    try:
        author = client.device(device)
        (author.trigger_cmd_polling if command else author.trigger_attr_polling)(name)
    finally:
        polling.active = False
