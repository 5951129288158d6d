"""The command for devices as the database and their server know them: defining, deleting, alias, restart, Init."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from server_core.database.store import DeviceRecord
from server_core.model.errors import DevFailed
from server_core.model.names import check_device_name, check_server_name
from tangoterm.console.cells import json_errors
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.result import Failure, Result, columns, note
from tangoterm.console.session import Session


@command(
    "device",
    Parameter("action", "what to do", Want.CHOICE, choices=("add", "delete", "alias", "restart", "init")),
    Parameter(
        "words", "devices; add: NAME CLASS SERVER/INSTANCE; alias: DEVICE [ALIAS]", Want.DEVICE, many=True,
        metavar="DEVICE",
    ),
    Parameter("alias", "the alias of the new device", option=True, actions=("add",)),
    Parameter("remove", "take the alias away", option=True, flag=True, actions=("alias",)),
    examples=(
        "device add lab/magnet/1 Magnet magnet/lab --alias M1", "device alias lab/magnet/1 M1",
        "device alias M1 --remove", "device restart lab/magnet/1", "device init lab/magnet/1",
        "device delete lab/magnet/1",
    ),
)  # fmt: skip
def device(session: Session, action: str, words: Sequence[str], alias: str | None, remove: bool) -> Result:
    """Define and delete devices, give them aliases, restart and initialise them.

    `restart` makes a device anew in its running server (DevRestart of the admin device), `init` executes its command
    Init. Deleting takes a device's properties with it, and is refused while a server serves it.
    """
    if action == "add":
        return _add(session, words, alias or "")
    if action == "alias":
        return _alias(session, words, remove)
    return _each(session, words, *_EACH[action])


def _add(session: Session, words: Sequence[str], alias: str) -> Result:
    if len(words) != 3:
        raise UsageError("usage: device add NAME CLASS SERVER/INSTANCE [--alias ALIAS]")
    name, dev_class, server = check_device_name(words[0]), words[1], check_server_name(words[2])
    known = session.refresh().find(name)
    if known is not None:
        raise DevFailed.of(
            "DB_DeviceDefined",
            f"{known.name} is defined already: class {known.dev_class}, server {known.server}",
            "device add",
        )
    session.changing_store.add_device(server, name, dev_class, alias)
    session.refresh()
    called = f" ({alias})" if alias else ""
    text = f"{name}{called} is defined: class {dev_class}, server {server}"
    return note(text, device=name, alias=alias or None, server=server)


def _alias(session: Session, words: Sequence[str], remove: bool) -> Result:
    if len(words) > (1 if remove else 2):
        raise UsageError("usage: device alias DEVICE [ALIAS | --remove]")
    record = session.store.device(session.device_name(words[0]))
    alias = record.alias
    if remove and alias:
        session.changing_store.delete_device_alias(alias)
        alias = ""
    elif len(words) == 2:
        alias = words[1]
        session.changing_store.put_device_alias(record.name, alias)
    session.refresh()
    called = f"is called {alias}" if alias else "has no alias"
    return note(f"{record.name} {called}", device=record.name, alias=alias or None)


# ---- what is done to several devices


def _each(session: Session, words: Sequence[str], act: Callable[[Session, DeviceRecord], None], done: str) -> Result:
    """Do so for each device, a row for each; the refusal of one does not keep the others from it."""
    result = Result(columns("Device", "Result"), [], single=len(words) == 1)
    rows = []
    for word in words:
        row: dict[str, Any] = {"device": word, "result": done}
        try:
            record = session.store.device(session.device_name(word))
            row["device"] = record.name
            act(session, record)
        except DevFailed as failure:
            result.failures.append(Failure(row["device"], failure))
            row |= {"result": "failed", "errors": json_errors(failure.errors)}
        rows.append(row)
    result.rows = rows
    session.refresh()
    return result


def _delete(session: Session, record: DeviceRecord) -> None:
    if record.exported and _answers(session, record):
        raise DevFailed.of(
            "API_DeviceInUse",
            f"{record.name} is served by {record.server} on {record.host}; stop it first (server stop {record.server})",
            "device delete",
        )
    session.changing_store.delete_device(record.name)


def _answers(session: Session, record: DeviceRecord) -> bool:
    """Whether a device that the database believes to be served is there: a killed server leaves its records behind."""
    try:
        session.device(record.name).ping()
    except DevFailed:
        return False
    return True


def _restart(session: Session, record: DeviceRecord) -> None:
    session.device(session.device(record.name).adm_name()).command_inout("DevRestart", record.name)


def _init(session: Session, record: DeviceRecord) -> None:
    session.device(record.name).command_inout("Init")


_EACH: dict[str, tuple[Callable[[Session, DeviceRecord], None], str]] = {
    "delete": (_delete, "deleted"),
    "restart": (_restart, "restarted"),
    "init": (_init, "initialised"),
}
