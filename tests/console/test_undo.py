"""Every change of a real server and its database is taken back; a read-only program makes none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.model.errors import DevFailed, Reason
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy
from tangoterm.client.read_only import is_harmless, refuse_changes
from tangoterm.console.changes.journal import user_journal
from tangoterm.console.commands import COMMANDS
from tangoterm.console.engine import run
from tangoterm.console.line import parse_line
from tangoterm.console.result import Refused
from tangoterm.console.session import Session

DEVICE = "sys/tg_test/1"

UNDOABLE = (
    f"write {DEVICE}/ampli 4.25",
    f"write {DEVICE}/string_scalar 'two words'",
    f"write {DEVICE}/double_spectrum [1, 2.5, 3]",
    f"write {DEVICE}/long_image [[1, 2], [3, 4]]",
    f"attr {DEVICE}/ampli unit=mA max_value=10 'label=The amplitude'",
    f"poll {DEVICE} ampli --period 500",
    f"log {DEVICE} --set-level debug",
    f"prop set {DEVICE} Limits 1 'two words'",
    "prop add free:Obj Hosts here",
    f"prop delete {DEVICE} kept",
    f"prop rename {DEVICE} kept lost",
    f"device alias {DEVICE} other",
    "device add lab/new/1 Lamp lamp/lab --alias lampy",
    "device rename lab/old/1 lab/old/9",
    "device move lab/old/1 old/other",
    "device delete lab/old/1",
    "server level old/one --level 3",
    "server create new/one New::lab/made/1",
    "server rename old/one old/two",
    "server delete old/one",
)
"""Lines that change something, each of which can be taken back."""

OTHERS = (
    f"call {DEVICE} SwitchStates", f"device init {DEVICE}", f"device restart {DEVICE}", f"lock {DEVICE}",
    f"unlock {DEVICE} --force", "server stop TangoTest/undo", "server kill TangoTest/undo",
    f"poll {DEVICE} --depth 20", "server move old/one otherhost", f"pipe --label Recipe {DEVICE}/string_long_short_ro",
)  # fmt: skip


@pytest.fixture
def session(private_home: Path) -> Iterator[Session]:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_device("TangoTest/undo", DEVICE, "TangoTest", "tester")
    store.add_device("old/one", "lab/old/1", "Old", "oldie")
    store.put_device_property(DEVICE, {"kept": ["a", "b c"]})
    store.put_device_property("lab/old/1", {"p": ["1", "2"]})
    server = DeviceServer([TangoTest], "TangoTest", "undo", store=store)
    server.start()
    session = Session(lasting=True)
    session.changes.journal = user_journal()
    session.changes.record = session.changes.journal.record
    yield session
    refuse_changes(False)
    session.close()
    server.stop()
    store.close()


def say(session: Session, line: str) -> Any:
    call = parse_line(line)
    assert call is not None
    result = run(call.command, session, call.arguments)
    rows = list(result.rows)
    if result.failures:
        raise Refused(result.failures[0])
    return rows


def everything(session: Session) -> dict[str, Any]:
    """All that the lines may change; as everywhere in Tango a server stays when its last device is deleted."""
    device = DeviceProxy(DEVICE)
    store = session.store
    names = ("ampli", "string_scalar", "double_spectrum", "long_image")
    owners = (*(record.name for record in store.devices() if not record.name.startswith("dserver")),)
    return {
        "set points": [plain(reading.w_value) for reading in device.read_attributes(list(names))[1:]]
        + [device.read_attribute("ampli").value],
        "config": repr(device.get_attribute_config_ex(["ampli"])),
        "polling": [line.partition("\n")[0] for line in device.polling_status()],
        "log": (device.get_logging_level(), list(device.get_logging_target())),
        "devices": sorted(
            (record.name, record.dev_class, record.server, record.alias)
            for record in store.devices()
            if record.name in owners
        ),
        "properties": {
            owner: store.get_device_property(owner, sorted(store.device_properties(owner))) for owner in owners
        },
        "objects": {owner: store.properties(owner) for owner in store.property_objects("*")},
        "levels": {
            name: info.level
            for name in store.servers()
            if (info := store.server_info(name)) and info.mode and info.level
        },
    }


def plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def test_every_change_is_taken_back_and_can_be_made_again(session: Session) -> None:
    for line in UNDOABLE:
        before = everything(session)
        say(session, line)
        after = everything(session)
        assert after != before, line
        say(session, "undo")
        assert everything(session) == before, line
        say(session, "undo")
        assert everything(session) == after, line
        say(session, "undo")


def test_a_read_only_program_changes_nothing(session: Session) -> None:
    before = everything(session)
    session.changes.read_only = True
    for line in (*UNDOABLE, *OTHERS):
        with pytest.raises((DevFailed, Refused)) as refused:
            say(session, line)
        failure = refused.value if isinstance(refused.value, DevFailed) else refused.value.failure.error
        assert failure.reason == Reason.API_ReadOnlyMode, line
    session.changes.read_only = False
    refuse_changes()
    for line in UNDOABLE[:9]:
        with pytest.raises((DevFailed, Refused)) as refused:
            say(session, line)
        failure = refused.value if isinstance(refused.value, DevFailed) else refused.value.failure.error
        assert Reason.API_ReadOnlyMode in {error.reason for error in failure.errors}, line
    device = DeviceProxy(DEVICE)
    with pytest.raises(DevFailed):
        device.ampli = 3
    with pytest.raises(DevFailed):
        device.command_inout("Init")
    assert str(device.command_inout("State"))
    assert everything(session) == before


def test_every_command_that_changes_is_tried_above() -> None:
    tried = {line.split()[0] for line in (*UNDOABLE, *OTHERS)}
    changing = {name for name, command in COMMANDS.items() if command.changes}
    assert changing - {"undo"} <= tried


@pytest.mark.parametrize(
    ("device", "command", "harmless"),
    [
        ("a/b/c", "STATE", True), ("a/b/c", "On", False), ("a/b/c", "DevPollStatus", False),
        ("dserver/x/y", "DevPollStatus", True), ("dserver/x/y", "Kill", False),
        ("sys/database/2", "DbGetHostList", True), ("sys/database/2", "DbDeleteDevice", False),
        ("tango/admin/host", "DevReadLog", True), ("tango/admin/host", "DevStart", False),
    ],
)  # fmt: skip
def test_commands_that_only_look_are_known_by_name(device: str, command: str, harmless: bool) -> None:
    assert is_harmless(device, command) is harmless
