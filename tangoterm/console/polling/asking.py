"""What of a device is polled, and what can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from server_core.model.errors import DevFailed, Reason
from server_core.model.names import wildcard
from server_core.model.types import CmdArgType
from tangoterm.console.polling.status import SHARED, PollStatus, each_once, parse_poll_status
from tangoterm.console.session import Session


class Object(NamedTuple):
    """An attribute or command of a device: `kind` is `attribute` or `command`, the words of the polling commands."""

    device: str
    name: str
    kind: str

    def __str__(self) -> str:
        device, sign, modifier = self.device.partition("#")
        return f"{device}/{self.name}{sign}{modifier}"


def statuses_of(session: Session, device: str) -> list[PollStatus]:
    """What of a device is polled, and how; each object once: of the two answers that servers give for a polled State
    or Status (POLL-63) the one of the attribute."""
    try:
        return each_once(parse_poll_status(session.device(device).polling_status()))
    except DevFailed as failure:
        if failure.reason == Reason.API_DeviceNotPolled:
            return []
        raise
    except ValueError as error:
        raise DevFailed.of("UnknownPollingStatus", str(error), device) from error


def pollable(session: Session, device: str, pattern: str) -> list[Object]:
    """The attributes and commands of a device that match and can be polled: commands without argument, except Init
    (POLL-2)."""
    members, matches = session.members(device), wildcard(pattern).match
    found = [Object(device, config.name, "attribute") for config in members.attributes.values() if matches(config.name)]
    return found + [
        Object(device, info.cmd_name, "command")
        for key, info in members.commands.items()
        if matches(info.cmd_name)
        and info.in_type is CmdArgType.DevVoid
        and key != "init"
        and not (key in SHARED and key in members.attributes)
    ]


def object_of(session: Session, device: str, name: str) -> Object:
    """The attribute or command with this name, as the device spells it.

    Raises DevFailed `API_PollObjNotFound` for what is neither.
    """
    members = session.members(device)
    config = members.attributes.get(name.lower())
    if config is not None:
        return Object(device, config.name, "attribute")
    info = members.commands.get(name.lower())
    if info is not None:
        return Object(device, info.cmd_name, "command")
    raise DevFailed.of(Reason.API_PollObjNotFound, f"{device} has no attribute or command {name}", "poll")


def matching(statuses: Sequence[PollStatus], pattern: str) -> list[PollStatus]:
    """Those whose name is `pattern`, or matches it."""
    matches = wildcard(pattern).match
    return [status for status in statuses if matches(status.name)]
