"""Executing commands: of one device or of many, what is asked before, and what is kept of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from server_core.model.config import CommandInfo
from server_core.model.enums import DispLevel
from server_core.model.errors import DevFailed, Reason
from tangoterm.client.read_only import is_harmless
from tangoterm.console.arguments import Argument
from tangoterm.console.changes import Change, Danger
from tangoterm.console.format import plural
from tangoterm.console.quoting import joined
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


def is_dangerous(info: CommandInfo, more: Sequence[str] = ()) -> bool:
    """Whether a command is asked about before it is executed: by its name, which `more` patterns are the user's for, or
    because it is meant for experts."""
    name = info.cmd_name.lower()
    patterns = (*DANGEROUS, *more)
    return info.disp_level is DispLevel.EXPERT or any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def change_of(
    session: Session, targets: Sequence[str], info: CommandInfo, text: str = "", *, scope: str = ""
) -> Change:
    """The change that executing a command is; `text` is the argument as it is typed, `scope` how several devices were
    named."""
    named = [scope] if scope else targets
    lines = (f"{joined('call', name, info.cmd_name)} {text}".rstrip() for name in named)
    dangerous = is_dangerous(info, session.dangerous_commands)
    level = "it is meant for experts" if info.disp_level is DispLevel.EXPERT else ""
    many = f"it acts on {plural(len(targets), 'device')} at once" if len(targets) > 1 else ""
    return Change(
        scope or ", ".join(targets),
        "\n".join(lines),
        danger=Danger.ASK if dangerous else Danger.NONE,
        warning="; ".join(part for part in (level, many) if part),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered: the command as it has it, the result, and the seconds it took."""

    info: CommandInfo
    value: Any
    seconds: float


Outcomes = Generator[Outcome[str, Answer], None, None]
"""What many devices answer, as it comes."""


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


def call_many(
    session: Session, devices: Sequence[str], info: CommandInfo, argument: Typed, *, scope: str = ""
) -> Outcomes | None:
    """Execute a command on many devices as one change: asked about now, recorded once when the outcomes have been read.

    None in a dry run; raises what `Changes.admit` raises. Closing the iterator begins no further device.
    """
    outcomes = _execute_on_many(session, devices, info.cmd_name, argument)
    if all(is_harmless(device, info.cmd_name) for device in devices):
        return outcomes
    change = change_of(session, devices, info, argument.line(Argument.of_command(info)), scope=scope)
    return _recorded(session, change, outcomes) if session.changes.admit(change) else None


def _recorded(session: Session, change: Change, outcomes: Outcomes) -> Outcomes:
    began, failure = time(), None
    try:
        with closing(outcomes):
            for outcome in outcomes:
                failure = failure or outcome.failure
                yield outcome
    finally:
        session.changes.made(change, began, failure)


def _execute_on_many(session: Session, devices: Sequence[str], command: str, argument: Typed) -> Outcomes:
    """Each device reads the argument by the type that its own command has."""

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
