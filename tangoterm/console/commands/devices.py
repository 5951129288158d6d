"""The command for devices as the database and their server know them: defining, renaming, moving, deleting, restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from server_core.database.store import DeviceRecord
from server_core.model.errors import DevFailed
from tangoterm.console.cells import json_errors
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.result import Failure, Result, columns, note
from tangoterm.console.scope import devices_in
from tangoterm.console.session import Session

if TYPE_CHECKING:
    from tangoterm.console.servers.definitions import Definitions


@command(
    "device",
    Parameter(
        "action", "what to do", Want.CHOICE,
        choices=("add", "delete", "alias", "rename", "move", "copy", "restart", "init"),
    ),
    Parameter(
        "words",
        "devices, also lab/*, server:NAME, class:NAME; add: NAME CLASS SERVER/INSTANCE; alias: DEVICE [ALIAS]; "
        "rename: DEVICE NEW; move: DEVICE SERVER/INSTANCE; copy: DEVICE NEW [SERVER/INSTANCE]",
        Want.DEVICE, many=True, metavar="DEVICE",
    ),
    Parameter("alias", "the alias of the new device", option=True, actions=("add",)),
    Parameter("remove", "take the alias away", option=True, flag=True, actions=("alias",)),
    examples=(
        "device add lab/magnet/1 Magnet magnet/lab --alias M1", "device alias lab/magnet/1 M1",
        "device alias M1 --remove", "device rename lab/magnet/1 lab/magnet/ring-1",
        "device move lab/magnet/1 magnet/ring", "device copy lab/magnet/1 lab/magnet/2",
        "device restart server:magnet/lab", "device init 'lab/magnet/*'", "device delete lab/magnet/1",
    ),
    changes=("add", "delete", "alias", "rename", "move", "copy", "restart", "init"),
)  # fmt: skip
def device(session: Session, action: str, words: Sequence[str], alias: str | None, remove: bool) -> Result:
    """Define, rename, move, copy and delete devices, give them aliases, restart and initialise them.

    `restart` makes a device anew in its running server (DevRestart of the admin device), `init` executes its command
    Init. Renaming and moving take properties, the configuration and polling of attributes, and aliases along; deleting
    takes them away. All three are refused while a server serves the device. A name that is taken is refused too.
    """
    from tangoterm.console.servers.definitions import Definitions

    definitions = Definitions(session)
    if action in _EACH:
        names = devices_in(session, words)
        if action == "delete":
            _ask_once(session, definitions, names)
        do, done = _EACH[action]
        return _each(session, names, partial(do, definitions), done)
    if action == "alias":
        return _alias(session, definitions, words, remove)
    return _ONE[action](session, definitions, words, alias or "")


# ---- what is done to one device


def _add(session: Session, definitions: Definitions, words: Sequence[str], alias: str) -> Result:
    from tangoterm.console.servers.definitions import NewDevice

    if len(words) != 3:
        raise UsageError("usage: device add NAME CLASS SERVER/INSTANCE [--alias ALIAS]")
    name, dev_class, server = words
    definitions.add_device(NewDevice(dev_class, name, alias), server)
    called = f" ({alias})" if alias else ""
    text = f"{name}{called} is defined: class {dev_class}, server {server}"
    return note(text, device=name, alias=alias or None, server=server)


def _alias(session: Session, definitions: Definitions, words: Sequence[str], remove: bool) -> Result:
    if len(words) > (1 if remove else 2):
        raise UsageError("usage: device alias DEVICE [ALIAS | --remove]")
    record = session.store.device(session.device_name(words[0]))
    alias = record.alias
    if remove or len(words) == 2:
        alias = "" if remove else words[1]
        definitions.set_alias(record, alias)
    called = f"is called {alias}" if alias else "has no alias"
    return note(f"{record.name} {called}", device=record.name, alias=alias or None)


def _rename(session: Session, definitions: Definitions, words: Sequence[str], alias: str) -> Result:
    record, new = _two(session, words, "rename DEVICE NEW")
    definitions.rename_device(record, new)
    return note(f"{record.name} is now {new}", device=new, former=record.name)


def _move(session: Session, definitions: Definitions, words: Sequence[str], alias: str) -> Result:
    record, server = _two(session, words, "move DEVICE SERVER/INSTANCE")
    definitions.move_device(record, server)
    return note(f"{record.name} belongs to {server}", device=record.name, server=server, former=record.server)


def _copy(session: Session, definitions: Definitions, words: Sequence[str], alias: str) -> Result:
    record, new = _two(session, words[:2], "copy DEVICE NEW [SERVER/INSTANCE]")
    server = words[2] if len(words) > 2 else record.server
    definitions.copy_device(record, new, server)
    text = f"{new} is defined like {record.name}: class {record.dev_class}, server {server}"
    return note(text, device=new, like=record.name, server=server)


def _two(session: Session, words: Sequence[str], usage: str) -> tuple[DeviceRecord, str]:
    if len(words) != 2:
        raise UsageError(f"usage: device {usage}")
    return session.store.device(session.device_name(words[0])), words[1]


_ONE: dict[str, Callable[[Session, Definitions, Sequence[str], str], Result]] = {
    "add": _add,
    "rename": _rename,
    "move": _move,
    "copy": _copy,
}


# ---- what is done to several devices


def _ask_once(session: Session, definitions: Definitions, names: Sequence[str]) -> None:
    """Ask for all that can be deleted at once; what is refused is told in its row."""
    changes = []
    for name in names:
        with suppress(DevFailed):
            changes.append(definitions.device_deletion(session.store.device(name)))
    session.changes.ask(changes)


def _each(session: Session, names: Sequence[str], act: Callable[[DeviceRecord], object], done: str) -> Result:
    """Do so for each device, a row for each; the refusal of one does not keep the others from it."""
    result = Result(columns("Device", "Result"), [], single=len(names) == 1)
    rows = []
    for name in names:
        row: dict[str, Any] = {"device": name}
        try:
            record = session.store.device(name)
            row["device"] = record.name
            row["result"] = done if act(record) else f"would be {done}"
        except DevFailed as failure:
            result.failures.append(Failure(row["device"], failure))
            row |= {"result": "failed", "errors": json_errors(failure.errors)}
        rows.append(row)
    result.rows = rows
    return result


_EACH: dict[str, tuple[Callable[[Definitions, DeviceRecord], object], str]] = {
    "delete": (lambda definitions, record: definitions.delete_device(record), "deleted"),
    "restart": (lambda definitions, record: definitions.restart_device(record), "restarted"),
    "init": (lambda definitions, record: definitions.init_device(record), "initialised"),
}
