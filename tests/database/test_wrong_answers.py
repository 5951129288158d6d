"""A remote database that lies, is slow, or is none: the client says so, and a server does not start."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from server_core import Device
from server_core.database import remote as remote_module
from server_core.database.caller import GATHERING, STARTING, USUAL, Patience
from server_core.database.commands import COMMANDS
from server_core.database.remote import RemoteStore
from server_core.model.conversion import to_command_data
from server_core.model.errors import ConnectionFailed, DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout
from server_core.server.process import DeviceServer, StartRefused

RECORD = ["dserver/D/a", "D/a", "DServer", "", "1", "tcp://127.0.0.1:1", "h", "7", "5", *["2026-11-21 08:24:09"] * 2]


class Liar:
    """Answers what it is told to, and remembers how long it was given for each command."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.patience = USUAL
        self.given: list[tuple[str, Patience]] = []

    def __call__(self, request: CommandInout) -> TypedValue:
        self.given.append((request.command, self.patience))
        answer = self.answers.get(request.command, ())
        if isinstance(answer, TypedValue):
            return answer
        kind = COMMANDS[request.command].out_type
        return VOID if kind is CmdArgType.DevVoid else TypedValue(kind, to_command_data(kind, answer))

    def call_all(self, requests: Sequence[CommandInout]) -> None:
        for request in requests:
            self(request)

    def close(self) -> None:
        """Nothing is open."""


def selected(rows: int, columns: int, values: Sequence[str], flags: int | None = None) -> dict[str, Any]:
    numbers = [1] * (len(values) if flags is None else flags)
    return {"DbMySqlSelect": ([*numbers, rows, columns], list(values))}


def changed(place: int, text: str) -> list[str]:
    return [*RECORD[:place], text, *RECORD[place + 1 :]]


def test_a_record_that_is_right() -> None:
    """DB-113"""
    store = RemoteStore("h:1", Liar(**selected(1, 11, RECORD)))
    assert store.device("dserver/D/a").pid == 7
    assert RemoteStore("h:1", Liar(DbMySqlSelect=([0, 1], []))).devices() == []


def test_records_without_a_value_have_none_of_it() -> None:
    """DB-57: the C++ database takes an empty alias, which is none."""
    store = RemoteStore("h:1", Liar(**selected(3, 1, ["", "one", ""], flags=3)))
    assert store.distinct("alias") == ["one"]


def test_what_is_nothing_is_not_asked_for() -> None:
    """DB-21: a server without devices is not defined, and needs no command."""
    liar = Liar()
    store = RemoteStore("h:1", liar)
    store.add_server("Pump/one", [])
    store.put_device_property("a/b/c", {})
    store.delete_device_property("a/b/c", [])
    assert store.get_device_property("a/b/c", []) == {}
    assert liar.given == []


def test_a_client_may_give_the_database_more_time() -> None:
    liar = Liar()
    store = RemoteStore("h:1", liar)
    for seconds in (0.5, 20.0, 3.0):
        store.set_timeout(seconds)
        store.servers()
    assert [patience for _, patience in liar.given] == [USUAL, Patience(20.0, 20.0), USUAL]


@pytest.mark.parametrize(
    ("answers", "ask"),
    [
        ({"DbMySqlSelect": ([], [])}, RemoteStore.devices),
        (selected(-2, 7, ["a"]), RemoteStore.devices),
        (selected(2_000_000_000, 0, []), RemoteStore.devices),
        (selected(1, 11, RECORD, flags=10), RemoteStore.devices),
        (selected(1, 11, RECORD[:10], flags=11), RemoteStore.devices),
        (selected(1, 2, RECORD[:2]), RemoteStore.devices),
        (selected(1, 11, changed(7, "pid")), RemoteStore.devices),
        (selected(1, 11, changed(9, "yesterday")), RemoteStore.devices),
        ({"DbMySqlSelect": TypedValue(CmdArgType.DevString, "?")}, RemoteStore.devices),
        ({"DbGetServerList": TypedValue(CmdArgType.DevString, "?")}, RemoteStore.servers),
        ({"DbGetServerInfo": ["a", "b"]}, lambda store: store.server_info("D/a")),
        ({"DbGetServerInfo": ["a", "b", "one", "two"]}, lambda store: store.server_info("D/a")),
        ({"DbImportEvent": ([1], [])}, lambda store: store.event("x")),
        (
            {"DbGetForwardedAttributeListForDevice": ["a", "b"]},
            lambda store: store.forwarded_attributes("a/b/c"),
        ),
        ({"DbGetDeviceProperty": ["d", "2", "p", "1", "x"]}, lambda store: store.get_device_property("d", ["p", "q"])),
        (
            {"DbGetClassAttributePropertyHist": [*("a", "p", "2026-11-24 08:00:00"), "2", "x"]},
            lambda store: store.class_attribute_property_history("C", "a", "p"),
        ),
    ],
)
def test_answers_that_cannot_be_understood(answers: dict[str, Any], ask: Callable[[RemoteStore], object]) -> None:
    """DB-4, DB-113: they are errors of the database, not of the program."""
    with pytest.raises(DevFailed) as failure:
        ask(RemoteStore("h:1", Liar(**answers)))
    assert failure.value.reason == "API_DatabaseAccess"


class Plain(Device):
    """Any device."""


def test_a_server_does_not_start_with_a_database_that_lies() -> None:
    """LIFE-12: it says which one, and what is wrong."""
    store = RemoteStore("h:1", Liar(DbGetDataForServerCache=["nonsense"], DbMySqlSelect=([3], ["x"])))
    server = DeviceServer([Plain], "D", "a", store=store)
    with pytest.raises(StartRefused, match=r"(?s)h:1: The answer .* to command DbMySqlSelect cannot be understood"):
        server.start()


def test_the_database_has_more_time_while_a_server_starts() -> None:
    """LIFE-12: 52 s for what is gathered, 13 s for each command, and 3 s again afterwards."""
    liar = Liar(**selected(1, 11, RECORD))
    store = RemoteStore("h:1", liar)
    with store.starting("D/a", "h"):
        store.device("dserver/D/a")
    store.device("dserver/D/a")
    assert liar.given == [("DbGetDataForServerCache", GATHERING), ("DbMySqlSelect", STARTING), ("DbMySqlSelect", USUAL)]
    assert (GATHERING.call, STARTING.call, USUAL.call) == (52.0, 13.0, 3.0)


def test_a_database_that_does_not_answer_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """LIFE-12: not again for each command."""
    monkeypatch.setattr(remote_module, "GATHERING", Patience(0.3, 0.3))
    monkeypatch.setattr(remote_module, "STARTING", Patience(20.0, 20.0))
    with socket.create_server(("127.0.0.1", 0)) as hole:
        store = RemoteStore(f"127.0.0.1:{hole.getsockname()[1]}")
        server = DeviceServer([Plain], "D", "a", store=store)
        with pytest.raises(StartRefused, match="Can't build connection to TANGO database server"):
            server.start()
        store.close()


def test_a_start_ends_when_the_database_is_gone() -> None:
    """LIFE-12: only what it refuses, as one that does not know the command, is asked for in other words."""

    class Gone(Liar):
        def __call__(self, request: CommandInout) -> TypedValue:
            super().__call__(request)
            raise ConnectionFailed.of("API_CantConnectToDatabase", "gone")

    gone = Gone()
    with pytest.raises(ConnectionFailed), RemoteStore("h:1", gone).starting("D/a", "h"):
        pass
    assert gone.given == [("DbGetDataForServerCache", GATHERING)]


def test_a_database_that_knows_no_command_is_asked_once_for_each() -> None:
    """DB-210: without SELECT by lists of names, and without these not at all."""

    class Empty(Liar):
        def __call__(self, request: CommandInout) -> TypedValue:
            self.given.append((request.command, self.patience))
            raise DevFailed.of("API_CommandNotFound", request.command)

    empty = Empty()
    store = RemoteStore("h:1", empty)
    for _ in range(2):
        with pytest.raises(DevFailed, match="DbGetDeviceWideList"):
            store.devices()
    assert [command for command, _ in empty.given] == ["DbMySqlSelect", *["DbGetDeviceWideList"] * 2]
