"""The homes of a store, one after the other, for what they all promise."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import pytest

from server_core.database.caller import USUAL
from server_core.database.commands import COMMANDS
from server_core.database.memory import MemoryStore
from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore, SqlStore
from server_core.database.store import Store
from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.errors import DevFailed, Reason
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout


class CommandTable:
    """Executes requests as the database device does, without a network."""

    patience = USUAL

    def __init__(self, store: SqlStore, missing: Container[str] = ()) -> None:
        self.store = store
        self.missing = missing
        self.asked: list[str] = []

    def __call__(self, request: CommandInout) -> TypedValue:
        self.asked.append(request.command)
        if request.command in self.missing:
            raise DevFailed.of(Reason.API_CommandNotFound, f"Command {request.command} not found")
        declared = COMMANDS[request.command]
        assert request.argin.type is declared.in_type
        argin = from_command_data(declared.in_type, request.argin.value)
        result = declared.run(self.store, argin)
        return TypedValue(declared.out_type, to_command_data(declared.out_type, result))

    def call_all(self, requests: Sequence[CommandInout]) -> None:
        for request in requests:
            self(request)

    def close(self) -> None:
        pass


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "names.sqlite")
    yield store
    store.close()


OLD = {"DbMySqlSelect", "DbGetDataForServerCache"}
"""What the oldest databases do not know."""


@pytest.fixture(params=["sqlite", "memory", "remote", "old remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    behind: SqlStore = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "names.sqlite")
    if "remote" in request.param:
        yield RemoteStore("localhost:10000", CommandTable(behind, OLD if "old" in request.param else ()))
    else:
        yield behind
    behind.close()
