"""What the replays of captured polling and events share: comparing answers, and driving polls without waiting."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.model.errors import DevFailed
from server_core.server.polling.worker import poll_now

if TYPE_CHECKING:
    from tests.server.conftest import Client

OUTER = ("API_CommandFailed", "API_AttributeFailed", "API_DSFailedRegisteringEvent", "PyDs_UnexpectedFailure")
"""Errors that the client of the capture, or its Python server (ERR-1), stacked on the server's own."""


def captured_store() -> Store:
    """The database of the captured server: two devices of the class with class-default polling, one without."""
    store = MemoryStore()
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
