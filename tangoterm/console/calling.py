"""Executing commands: of one device or of many, what is asked before, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from time import perf_counter
from typing import TYPE_CHECKING, Any

from server_core.model.config import CommandInfo
from server_core.model.enums import DispLevel
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.arguments import Argument
from tangoterm.console.changes import Change, Danger
from tangoterm.console.format import plural
from tangoterm.console.session import Session
from tangoterm.console.together import Outcome, each
from tangoterm.console.tokens import ArgumentError

if TYPE_CHECKING:
    from tangoterm.console.commands.table import Typed

DANGEROUS = (
    "Crash*", "DbDelete*", "DbReset*", "DbUnExport*", "DevRestart", "HardKill*", "Init", "Kill*", "Reset*", "Restart*",
    "Shutdown*", "Stop*Server*", "UnExport*",
)  # fmt: skip
"""Commands that end, restart or reset something, `*` matching anything; the setting `dangerous_commands` adds more."""


def is_dangerous(session: Session, info: CommandInfo) -> bool:
    """Whether a command is asked about before it is executed: by its name, or because it is meant for experts."""
    name = info.cmd_name.lower()
    patterns = (*DANGEROUS, *session.dangerous_commands)
    return info.disp_level is DispLevel.EXPERT or any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def change_of(session: Session, target: str, info: CommandInfo, text: str = "", *, devices: int = 1) -> Change:
    """The change that executing a command is; `target` is a device or a scope of `devices`, `text` the argument as it
    is typed."""
    line = " ".join(word for word in ("call", _word(target), info.cmd_name, text) if word)
    dangerous = is_dangerous(session, info)
    level = "it is meant for experts" if info.disp_level is DispLevel.EXPERT else ""
    many = f"it acts on {plural(devices, 'device')} at once" if devices > 1 else ""
    return Change(
        target,
        line,
        danger=Danger.ASK if dangerous else Danger.NONE,
        warning="; ".join(part for part in (level, many) if part),
    )


def _word(text: str) -> str:
    return f"'{text}'" if " " in text or "*" in text else text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered: the command as it has it, the result, and the seconds it took."""

    info: CommandInfo
    value: Any
    seconds: float


def execute(session: Session, device: str, info: CommandInfo, value: Any) -> Answer:
    """Execute a command of a device, without asking anybody."""
    started = perf_counter()
    result = session.device(device).command_inout(info.cmd_name, value)
    return Answer(info, result, perf_counter() - started)


def command_of(session: Session, devices: Sequence[str], command: str) -> CommandInfo:
    """The command as the first of the devices has it that answers; the DevFailed of the first one when none does."""
    failures = []
    for outcome in each(devices, lambda device: _query(session, device, command)):
        if outcome.value is not None:
            return outcome.value
        failures.append(outcome)
    failed = min(failures, key=lambda outcome: devices.index(outcome.item))
    assert failed.failure is not None
    raise failed.failure


def execute_on_many(
    session: Session, devices: Sequence[str], command: str, argument: Typed
) -> Iterator[Outcome[str, Answer]]:
    """Execute a command on many devices, several at a time; outcomes come as the devices answer.

    Each device reads the argument by the type that its own command has. Closing the iterator begins no further device.
    """

    def do(device: str) -> Answer:
        info = _query(session, device, command)
        try:
            value = argument.parse(Argument.of_command(info))
        except ArgumentError as error:
            raise DevFailed.of(Reason.API_IncompatibleCmdArgumentType, str(error), "call") from None
        return execute(session, device, info, value)

    return each(devices, do)


def _query(session: Session, device: str, command: str) -> CommandInfo:
    info: CommandInfo = session.device(device).command_query(command)
    return info
