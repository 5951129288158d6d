"""When a database connection breaks: what is sent again, and what is not."""

from __future__ import annotations

import pytest

from server_core.database.caller import DatabaseCaller
from server_core.database.commands import COMMANDS
from server_core.model.conversion import to_command_data
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed
from server_core.model.names import HostPort
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout
from server_core.transport.blocking import Connection
from server_core.transport.errors import ConnectionLost


class Line:
    """Stands for a connection that breaks in its first calls."""

    carries_events = True

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.opened = 0
        self.calls = 0
        self.closed = True

    def open(self, *_: object, **__: object) -> Line:
        self.opened += 1
        self.closed = False
        return self

    def call(self, request: CommandInout, timeout: float) -> TypedValue:
        self.calls += 1
        if self.failures:
            self.closed = True
            raise self.failures.pop(0)
        return VOID

    def close(self) -> None:
        self.closed = True


def request(command: str, argin: object) -> CommandInout:
    code = COMMANDS[command].in_type
    return CommandInout("sys/database/2", command, TypedValue(code, to_command_data(code, argin)))


def caller(line: Line, monkeypatch: pytest.MonkeyPatch) -> DatabaseCaller:
    monkeypatch.setattr(Connection, "open", line.open)
    return DatabaseCaller([HostPort("localhost", 10000)])


WRITE = request("DbDeleteDevice", "a/b/c")
READ = request("DbImportDevice", "a/b/c")


@pytest.mark.parametrize(("what", "sent"), [(READ, True), (READ, False), (WRITE, False)])
def test_what_only_reads_or_was_not_sent_is_repeated(
    what: CommandInout, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CLI-3."""
    line = Line(ConnectionLost("gone", sent=sent))
    assert caller(line, monkeypatch)(what) == VOID
    assert (line.calls, line.opened) == (2, 2)


def test_a_write_that_may_have_been_executed_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(ConnectionLost("gone", sent=True))
    with pytest.raises(CommunicationFailed, match=r"API_CorbaException: gone\n.*broke during command DbDeleteDevice"):
        caller(line, monkeypatch)(WRITE)
    assert line.calls == 1


def test_it_gives_up_when_the_new_connection_breaks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(ConnectionLost("gone", sent=False), ConnectionLost("again", sent=False))
    with pytest.raises(CommunicationFailed, match="again") as caught:
        caller(line, monkeypatch)(READ)
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CommunicationFailed"]
    assert line.calls == 2


def test_one_connection_serves_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    database = caller(line, monkeypatch)
    for _ in range(3):
        database(READ)
    assert (line.calls, line.opened) == (3, 1)
    database.close()
    assert line.closed


def test_what_the_database_refuses_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """NAME-7: only a server that has no database is none."""
    with pytest.raises(DevFailed) as refused:
        caller(Line(DevFailed.of("DB_DeviceNotDefined", "no such device")), monkeypatch)(READ)
    assert [error.reason for error in refused.value.errors] == ["DB_DeviceNotDefined"]
    with pytest.raises(ConnectionFailed) as none:
        caller(Line(DevFailed.of("API_DeviceNotFound", "no such object")), monkeypatch)(READ)
    assert none.value.errors[-1].reason == "API_CantConnectToDatabase"


def test_a_database_that_was_closed_is_not_asked_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    ask = caller(line, monkeypatch)
    ask(READ)
    ask.close()
    with pytest.raises(ConnectionFailed) as caught:
        ask(READ)
    assert caught.value.errors[-1].reason == "API_CantConnectToDatabase"
    assert (line.opened, line.calls) == (1, 1)


def test_what_is_under_way_when_the_database_is_closed_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    ask = caller(line, monkeypatch)

    def close_meanwhile(request: CommandInout, timeout: float) -> TypedValue:
        line.calls += 1
        ask.close()
        raise ConnectionLost("closed here", sent=True)

    monkeypatch.setattr(line, "call", close_meanwhile)
    with pytest.raises(CommunicationFailed):
        ask(READ)
    assert (line.opened, line.calls) == (1, 1)
