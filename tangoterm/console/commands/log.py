"""The command for the log of devices: watching it, and its levels and targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed
from server_core.model.names import wildcard
from tangoterm.console.cells import WordsCell
from tangoterm.console.changes import Change
from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count
from tangoterm.console.logs import LEVELS, LogWatch, saved
from tangoterm.console.quoting import joined
from tangoterm.console.result import Failure, Layout, Result, columns
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Proxy, Session
from tangoterm.console.settings import seconds as in_seconds

_WORDS = tuple(LEVELS)


@command(
    "log",
    Parameter("devices", "device, alias, pattern, server:NAME, class:NAME, host:NAME or @LIST", Want.DEVICE, many=True,
        metavar="DEVICE"),
    Parameter(
        "level", "show messages up to this level; without it the devices' own levels, but info at least",
        Want.CHOICE, option=True, choices=_WORDS[1:],
    ),
    Parameter("count", "stop after so many messages", Want.NUMBER, option=True, convert=count, metavar="N"),
    Parameter(
        "duration", "stop after so many seconds", Want.NUMBER, option=True, convert=in_seconds, metavar="SECONDS"
    ),
    Parameter("save", "append the messages to a file too", Want.FILE, option=True, metavar="FILE"),
    Parameter("settings", "show levels and targets instead", option=True, flag=True),
    Parameter("set_level", "change the level", Want.CHOICE, option=True, choices=_WORDS, metavar="LEVEL"),
    Parameter("add", "add a target: console, file, file::NAME, device::NAME", option=True, metavar="TARGET"),
    Parameter("remove", "remove a target, or all of a type: file::*", option=True, metavar="TARGET"),
    examples=(
        "log sys/tg_test/1 --level debug",
        "log server:TangoTest/test --save night.log",
        "log sys/tg_test/1 --settings",
        "log sys/tg_test/1 --set-level info --add file",
    ),
    changes=("set_level", "add", "remove"),
)  # fmt: skip
def log(
    session: Session,
    devices: Sequence[str],
    level: str | None,
    count: int | None,
    duration: float | None,
    save: str | None,
    settings: bool,
    set_level: str | None,
    add: str | None,
    remove: str | None,
) -> Result:
    """Show what devices log, as it happens, until interrupted; or show and change their logging levels and targets.

    While messages are shown the devices have the level that is asked for and this program among their targets; both
    are put back at the end.
    """
    names = devices_in(session, devices, running=True)
    if settings or set_level or add or remove:
        if level or count or duration or save:
            raise UsageError("--level, --count, --duration, --save belong to watching, not to --settings and changes")
        return logging_settings(session, names, set_level, add, remove)
    stream = None if save is None else _opened(save)
    try:
        watch = LogWatch(session, names, LEVELS[level] if level else None, strict=not any(map(is_scope, devices)))
    except BaseException:
        if stream is not None:
            stream.close()
        raise
    rows = watch.rows(count, duration)
    return Result(
        columns("Time", "Level", "Device", "Message"),
        rows if stream is None else saved(rows, stream),
        Layout.LIVE,
        failures=watch.failures,
        stop=watch.stop,
    )


def _opened(file: str) -> TextIO:
    path = Path(file).expanduser()
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _change_logging(
    session: Session, name: str, proxy: Proxy, level: str | None, add: str | None, remove: str | None
) -> None:
    before, targets = LogLevel(proxy.get_logging_level()).word.lower(), list(proxy.get_logging_target())
    undo = []
    if level and level != before:
        undo.append(joined("log", name, set_level=before))
    if add and add.lower() not in (target.lower() for target in targets):
        undo.append(joined("log", name, remove=add))
    undo += [joined("log", name, add=target) for target in targets if remove and wildcard(remove).match(target)]

    def do() -> None:
        if add:
            proxy.add_logging_target(add)
        if remove:
            proxy.remove_logging_target(remove)
        if level:
            proxy.set_logging_level(LEVELS[level])

    change = Change(
        f"log of {name}",
        joined("log", name, set_level=level or "", add=add or "", remove=remove or ""),
        f"{before} to {', '.join(targets) or 'nowhere'}" if targets or level else "",
        ", ".join(part for part in (level or "", f"+ {add}" if add else "", f"- {remove}" if remove else "") if part),
        tuple(undo),
    )
    session.changes.make(change, do)


def logging_settings(
    session: Session, names: Sequence[str], level: str | None, add: str | None, remove: str | None
) -> Result:
    """Level and targets of each device, after the changes that are wanted."""
    result = Result(columns("Device", "Level", "Targets"), [], single=len(names) == 1)
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            proxy = session.device(name)
            if add or remove or level:
                _change_logging(session, name, proxy, level, add, remove)
            rows.append(
                {
                    "device": name,
                    "level": LogLevel(proxy.get_logging_level()).word,
                    "targets": WordsCell(proxy.get_logging_target()),
                }
            )
        except DevFailed as error:
            result.failures.append(Failure(name, error))
    result.rows = rows
    return result
