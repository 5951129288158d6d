"""Locks of root devices: who locks a device with forwarded attributes locks the devices that these reach.

The process holds them, as their client, and renews them whenever its own client does; so they expire with the lock that
they belong to. Source: LOCK-15.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from server_core.model.conversion import to_command_data
from server_core.model.errors import DevFailed
from server_core.model.names import parse_device
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout, GetAdmName

CallDevice = Callable[[str, Callable[[str], Any]], Any]
"""`Host.call_device`."""

log = logging.getLogger(__name__)


def lock_roots(call: CallDevice, roots: list[str], validity: int) -> None:
    """Lock all roots, or none: DevFailed of the first that cannot be locked."""
    locked: list[str] = []
    try:
        for root in roots:
            _ask(call, root, "LockDevice", CmdArgType.DevVarLongStringArray, ([validity], [parse_device(root).name]))
            locked.append(root)
    except DevFailed:
        unlock_roots(call, locked)
        raise


def renew_roots(call: CallDevice, roots: list[str]) -> None:
    """Renew the locks of the roots; one that is lost stays so, as it would for any client."""
    for root in roots:
        try:
            _ask(call, root, "ReLockDevices", CmdArgType.DevVarStringArray, [parse_device(root).name])
        except DevFailed as failure:
            log.info("the lock of the root device %s is lost: %s", root, failure)


def unlock_roots(call: CallDevice, roots: list[str], times: int = 1) -> None:
    """Give the locks of the roots back, as often as they were taken; what cannot be given back expires."""
    for root in roots * times:
        try:
            _ask(call, root, "UnLockDevice", CmdArgType.DevVarLongStringArray, ([0], [parse_device(root).name]))
        except DevFailed as failure:
            log.info("the lock of the root device %s is left to expire: %s", root, failure)


def _ask(call: CallDevice, device: str, command: str, code: CmdArgType, argument: Any) -> None:
    """Execute a command of the admin device of another device."""
    admin = parse_device(device)._replace(name=call(device, GetAdmName))
    argin = TypedValue(code, to_command_data(code, argument))
    call(str(admin), lambda name: CommandInout(name, command, argin))
