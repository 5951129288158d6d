"""The command `pipe` on both protocols: list, tree, JSON, writing by the types that are there, configuration, undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core import Device, pipe
from server_core.database.sqlite import SqliteStore
from server_core.model.types import CmdArgType as T
from server_core.server.process import DeviceServer
from tangoterm.client import close_connections
from tangoterm.console.changes import Change
from tangoterm.console.completion import Completer
from tangoterm.console.line import parse_line
from tangoterm.console.pipes import json_blob, parse_blob, pipes_of
from tangoterm.console.render import Output, render
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError


class Plc(Device):
    """A recipe with a part in it."""

    def init_device(self) -> None:
        inner = ("part", [{"name": "speed", "value": 1.5, "dtype": float}])
        self.blob: Any = (
            "recipe",
            [
                {"name": "steps", "value": 3, "dtype": "int16"},
                {"name": "inner", "value": inner},
                {"name": "who", "value": "me"},
            ],
        )

    @pipe(label="Recipe")
    def recipe(self) -> Any:
        return self.blob

    @recipe.write
    def recipe(self, blob: Any) -> None:
        self.blob = blob

    @pipe
    def fixed(self) -> Any:
        return ("", {"x": 1})


@pytest.fixture
def session(private_home: Path) -> Iterator[Session]:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("Plc/one", [("lab/plc/1", "Plc")])
    with DeviceServer([Plc], "Plc", "one", store=store):
        yield Session()
        close_connections()
    store.close()


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def text(session: Session, line: str, output: Output = Output.TABLE) -> str:
    return "\n".join(render(run(session, line), output))


def test_pipes_are_listed_read_as_trees_and_written_with_their_types(session: Session) -> None:
    assert [row["pipe"] for row in run(session, "pipe lab/plc/1").rows] == ["fixed", "recipe"]
    assert text(session, "pipe lab/plc/1/recipe").splitlines() == [
        "recipe", "steps    DevShort   3", "inner    blob       part", "  speed  DevDouble  1.50",
        "who      DevString  me",
    ]  # fmt: skip
    made: list[Change] = []
    session.changes.record = lambda entry: made.append(entry.change)
    before = json.loads(text(session, "pipe lab/plc/1/recipe", Output.JSON))["value"]
    run(session, """pipe lab/plc/1/recipe {"steps": 4, "inner": {"speed": 2}, "more:DevVarLongArray": [1, 2]}""")
    after = json.loads(text(session, "pipe lab/plc/1/recipe", Output.JSON))["value"]
    assert [(each["name"], each["type"], each["value"]) for each in after["elements"]] == [
        ("steps", "DevShort", 4),
        ("inner", "DevPipeBlob", {"name": "part", "elements": [{"name": "speed", "type": "DevDouble", "value": 2.0}]}),
        ("more", "DevVarLongArray", [1, 2]),
    ]
    (undo,) = made[0].undo
    run(session, undo)
    assert json.loads(text(session, "pipe lab/plc/1/recipe", Output.JSON))["value"] == before


def test_label_and_description_are_changed_and_taken_back(session: Session) -> None:
    made: list[Change] = []
    session.changes.record = lambda entry: made.append(entry.change)
    run(session, 'pipe --label "New recipe" lab/plc/1/recipe')
    assert pipes_of(session, "lab/plc/1")[1].label == "New recipe"
    run(session, made[0].undo[0])
    assert pipes_of(session, "lab/plc/1")[1].label == "Recipe"


def test_pipes_are_completed(session: Session) -> None:
    assert [each.text for each in Completer(session).suggest("pipe lab/plc/1/r")] == ["lab/plc/1/recipe"]


@pytest.mark.parametrize(
    ("written", "place", "rule"),
    [('{"a": }', 6, "Expecting value"), ("[1]", 0, "no object"), ('{"a:DevNothing": 1}', 0, "DevNothing")],
)
def test_what_is_no_blob_is_refused_with_its_place(written: str, place: int, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_blob(written)
    assert (caught.value.start, rule in str(caught.value)) == (place, True)


def test_blobs_come_back_from_their_json() -> None:
    elements = [
        {"name": "a", "dtype": T.DevVarDoubleArray, "value": [1.0, 2.5]},
        {"name": "b", "dtype": T.DevState, "value": "FAULT"},
        {"name": "c", "dtype": T.DevPipeBlob, "value": ("inner", [{"name": "x", "dtype": T.DevLong64, "value": 1}])},
    ]
    blob = parse_blob("{'a:DevVarDoubleArray': [1, 2.5], 'b:DevState': 'fault', 'c': {'name': 'inner', 'elements': ["
                      "{'name': 'x', 'type': 'DevLong64', 'value': 1}]}}")  # fmt: skip
    assert [each["name"] for each in blob[1]] == [each["name"] for each in elements]
    assert parse_blob(json.dumps(json_blob(blob))) == blob
