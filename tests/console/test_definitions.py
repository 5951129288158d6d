"""Servers and devices are created, renamed, moved, copied and deleted; and all of it is taken back by its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.database.store import DeviceExport, Store
from server_core.model.errors import DevFailed
from tangoterm.console.changes import Danger, Entry
from tangoterm.console.commands.table import UsageError
from tangoterm.console.line import parse_line
from tangoterm.console.result import Refused, Result
from tangoterm.console.session import Session


class Lab:
    """A control system with a server of two devices, and what was changed in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.session = Session(store=store, connect=self._connect)
        self.entries: list[Entry] = []
        self.session.changes.record = self.entries.append
        self("server create magnet/lab Magnet::lab/mag/1 Magnet::lab/mag/2")
        self("device alias lab/mag/1 M1")
        store.put_device_property("lab/mag/1", {"Address": ['a "b" c', "10"], "polled_attr": ["current", "500"]})
        store.put_device_attribute_property("lab/mag/1", {"current": {"unit": ["A"], "__value": ["2.5"]}})
        store.put_attribute_alias("lab/mag/1/current", "beam")
        self("server level magnet/lab --level 2")

    def _connect(self, name: str) -> Any:
        raise DevFailed.of("API_CantConnectToDevice", f"nobody serves {name}", "test")

    def __call__(self, line: str) -> Result:
        call = parse_line(line)
        assert call is not None
        return call.command.run(self.session, **call.arguments)

    def undo(self) -> None:
        """Take the last change back."""
        for line in self.entries[-1].change.undo:
            self(line)

    def contents(self) -> dict[str, Any]:
        """All that the database keeps of devices and servers."""
        found: dict[str, Any] = {}
        for record in self.store.devices():
            name = record.name
            attributes = self.store.device_attributes(name)
            found[name] = (
                record.server,
                record.dev_class,
                record.alias,
                self.store.get_device_property(name, self.store.device_properties(name)),
                self.store.get_device_attribute_property(name, attributes),
            )
        levels = {server: info.level for server in self.store.servers() if (info := self.store.server_info(server))}
        return found | levels


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    store = open_store(path=str(tmp_path / "database"))
    yield Lab(store)
    store.close()


@pytest.mark.parametrize(
    "line",
    [
        "server create magnet/new Magnet::lab/new/1",
        "server rename magnet/lab magnet/ring",
        "server delete magnet/lab",
        "server level magnet/lab --level 5",
        "server level magnet/lab --level 0",
        "device add lab/new/1 Magnet magnet/lab --alias N1",
        "device rename M1 lab/mag/one",
        "device move lab/mag/1 magnet/other",
        "device copy lab/mag/1 lab/mag/3",
        "device copy lab/mag/1 lab/mag/3 magnet/other",
        "device delete lab/mag/1",
        "device alias lab/mag/1 First",
        "device alias lab/mag/1 --remove",
        "device alias lab/mag/2 M2",
    ],
)
def test_a_change_is_taken_back_by_its_lines(lab: Lab, line: str) -> None:
    before = lab.contents()
    lab(line)
    after = lab.contents()
    assert after != before
    assert len(lab.entries[-1].change.undo) > 0
    made = lab.entries[-1].change
    lab.undo()
    remaining = lab.contents()
    remaining.pop("dserver/magnet/other", None)  # the server that a device was moved to stays, without devices
    assert remaining == before
    lab(made.line)
    assert lab.contents() == after


def test_a_renamed_device_keeps_everything(lab: Lab) -> None:
    before = lab.contents()["lab/mag/1"]
    lab("device rename lab/mag/1 lab/ring/1")
    assert lab.contents()["lab/ring/1"] == before
    assert lab.store.alias_attribute("beam").lower() == "lab/ring/1/current"
    assert lab.store.devices(name="lab/mag/1") == []


def test_a_renamed_server_keeps_its_devices_and_its_level(lab: Lab) -> None:
    lab("server rename magnet/lab magnet/ring")
    assert [record.server for record in lab.store.devices(name="lab/mag/*")] == ["magnet/ring"] * 2
    assert lab.contents()["magnet/ring"] == 2


@pytest.mark.parametrize(
    "line",
    [
        "server create magnet/lab Magnet::lab/new/1",
        "server create magnet/new Magnet::LAB/mag/1",
        "server rename magnet/lab other/1",
        "device add lab/mag/1 Magnet magnet/new",
        "device add lab/new/1 Magnet magnet/new --alias M1",
        "device rename lab/mag/1 lab/mag/2",
        "device copy lab/mag/1 lab/mag/2",
        "device alias lab/mag/2 m1",
    ],
)
def test_a_name_that_is_taken_is_not_taken_over(lab: Lab, line: str) -> None:
    lab("server create other/1 Magnet::lab/other/1")
    before = lab.contents()
    with pytest.raises((DevFailed, Refused), match=r"defined already|belongs to lab/mag/1"):
        lab(line)
    assert lab.contents() == before


def test_deleting_asks_for_the_name(lab: Lab) -> None:
    for line in ("server delete magnet/lab", "device delete lab/mag/1"):
        asked: list[Danger] = []
        lab.session.changes.confirm = lambda changes, danger, asked=asked: bool(asked.append(danger)) or True
        lab(line)
        lab.undo()
        assert asked == [Danger.TYPE]


def test_a_dry_run_changes_nothing_and_says_the_order(lab: Lab) -> None:
    before = lab.contents()
    lab.session.changes.dry_run = True
    lab("server delete magnet/lab")
    lab("device rename lab/mag/1 lab/mag/9")
    result = lab("server start --all")
    assert [(row["server"], row["result"], row["level"]) for row in result.rows] == [
        ("magnet/lab", "would be started", 2)
    ]
    assert [change.line for change in lab.session.changes.planned] == [
        "server delete magnet/lab", "device rename lab/mag/1 lab/mag/9", "server start magnet/lab",
    ]  # fmt: skip
    assert lab.contents() == before


def test_leftovers_of_a_dead_server_are_unexported(lab: Lab) -> None:
    names = ("dserver/magnet/lab", "lab/mag/1")
    lab.store.export_devices([DeviceExport(name, "giop:tcp:127.0.0.1:1", "nowhere", 1, "5") for name in names])
    assert [row["state"] for row in lab("server list").rows] == ["gone"]
    lab("server unexport magnet/*")
    assert not any(record.exported for record in lab.store.devices())
    assert [row["result"] for row in lab("server unexport magnet/lab").rows] == ["was not exported"]


def test_a_server_is_copied_to_another_control_system(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    monkeypatch.setattr("tangoterm.console.servers.definitions.open_store", lambda host: open_store(path=str(other)))
    lab("server copy magnet/lab --to elsewhere:10000")
    with pytest.raises(DevFailed, match="defined already"):
        lab("server copy magnet/lab --to elsewhere:10000")
    there = open_store(path=str(other))
    assert [record.name for record in there.devices(server="magnet/lab")] == [
        "dserver/magnet/lab", "lab/mag/1", "lab/mag/2",
    ]  # fmt: skip
    assert there.get_device_attribute_property("lab/mag/1", ["current"])["current"]["unit"] == ["A"]
    there.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("server create magnet/x", "usage: server create"),
        ("server move magnet/lab", "usage: server move"),
        ("server copy magnet/lab", "--to HOST:PORT is missing"),
        ("server start magnet/lab --on lab-1", "--on and --level go with --all"),
        ("server start magnet/lab --all", "names go without it"),
        ("server start --all --on lab-9", "no server of lab-9"),
        ("server stop --all --level 7", "has level 7"),
        ("device rename lab/mag/1", "usage: device rename"),
        ("device restart lab/none/*", "no device in lab/none/"),
    ],
)
def test_what_makes_no_sense_is_said(lab: Lab, line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        lab(line)


def test_for_several_is_asked_once(lab: Lab) -> None:
    asked: list[int] = []
    lab.session.changes.confirm = lambda changes, danger: bool(asked.append(len(changes))) or True
    lab("device delete lab/mag/*")
    lab("server create a/1 Magnet::lab/a/1")
    lab("server create a/2 Magnet::lab/a/2")
    lab("server delete a/*")
    assert asked == [2, 2]
    assert lab.store.devices(name="lab/*") == []
