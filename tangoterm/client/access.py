"""Who may write: the access control of a control system, which its clients ask and obey (DB-230..DB-234).

The free property `CtrlSystem/Services` names the device that knows the rights of users. Without it everybody may write.
When it is named and cannot be asked, nobody may, but for clients with `SUPER_TANGO=true` in their environment.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from server_core.database.services import OBJECT, PROPERTY, access_control_device
from server_core.model.conversion import to_command_data
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, NotAllowed, Reason
from server_core.model.names import DATABASE_DEVICE, DeviceAddress
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import (
    CommandInout,
    Request,
    SetAttributeConfig,
    SetPipeConfig,
    WritePipe,
    WriteReadPipe,
)
from server_core.transport.interfaces import UNSPECIFIED, reachable_addresses
from tangoterm.client.read_only import changes_refused, is_harmless
from tangoterm.client.steps import Perform, Plan

if TYPE_CHECKING:
    from tangoterm.client.handle import Handle
    from tangoterm.client.system import ControlSystem

FORCE = "SUPER_TANGO"
"""The variable that gives write access without asking when it is `true` (DB-232)."""

_ORIGIN = "tangoterm.client.access"


class AccessControlType(IntEnum):
    """What a client may do with a device."""

    ACCESS_READ = 0
    ACCESS_WRITE = 1


READ, WRITE = AccessControlType.ACCESS_READ, AccessControlType.ACCESS_WRITE


def right(device: Handle) -> Plan[AccessControlType]:
    """What this client may do with `device`; asked once."""
    if device.access is None:
        device.access = yield from right_to(device.system, device.target._replace(name=device.name))
    return device.access


def right_to(system: ControlSystem, device: DeviceAddress) -> Plan[AccessControlType]:
    """What this client may do with a device of a control system."""
    if not device.dbase or os.environ.get(FORCE, "").strip().lower() == "true":
        return WRITE
    service = yield from _service(system, device)
    if service is None or service.name.lower() == device.name.lower():
        return WRITE
    try:
        return WRITE if (yield from _may_write(service, device.name)) else READ
    except DevFailed as failure:
        system.access_errors = failure.errors
        return READ


def _may_write(service: Handle, device: str) -> Plan[bool]:
    """Whether the service lets this user write, coming from any address of this machine; services of old releases are
    asked for one at a time."""
    user, addresses = _user(), reachable_addresses(UNSPECIFIED[0])
    try:
        answer = yield from _ask(service, "GetAccessForMultiIP", [user, device, *addresses])
        return bool(answer == "write")
    except DevFailed as failure:
        if failure.reason != Reason.API_CommandNotFound:
            raise
    for address in addresses:
        answer = yield from _ask(service, "GetAccess", [user, address, device])
        if answer == "write":
            return True
    return False


def check(device: Handle, request: Request) -> Plan[None]:
    """Refuse a request that changes something when this client may only read.

    Raises NotAllowed `API_ReadOnlyMode` (DB-231). Commands that the device's class allows to everybody pass (DB-234).
    """
    if changes_refused():
        _check_looking(device.name, request)
    if (yield from right(device)) is WRITE:
        device.guarded = False
    elif isinstance(request, CommandInout):
        yield from _check_command(device.system, device.target._replace(name=device.name), request.command)
    else:
        raise _refused(f"Writing {_NOUNS.get(type(request), 'attribute(s)')} on device {device.name}")


def check_database(system: ControlSystem, command: str = "") -> Plan[None]:
    """Refuse a change of the database, or a command that makes one, when this client may only read.

    Raises NotAllowed `API_ReadOnlyMode`.
    """
    if changes_refused():
        raise _only_looking(f"changing the database {system.store.address}")
    database = DeviceAddress(DATABASE_DEVICE, system.host)
    if (yield from right_to(system, database)) is WRITE:
        system.guarded = False
    elif command:
        yield from _check_command(system, database, command)
    else:
        raise _refused(f"Changing the database {system.store.address}")


_NOUNS: dict[Any, str] = {
    SetAttributeConfig: "the configuration of attributes",
    SetPipeConfig: "the configuration of pipes",
    WritePipe: "a pipe",
    WriteReadPipe: "a pipe",
}


def _check_looking(device: str, request: Request) -> None:
    if not isinstance(request, CommandInout):
        raise _only_looking(f"writing {_NOUNS.get(type(request), 'attribute(s)')} on device {device}")
    if not is_harmless(device, request.command):
        raise _only_looking(f"command {request.command} on device {device}")


def _only_looking(what: str) -> DevFailed:
    return NotAllowed.of(Reason.API_ReadOnlyMode, f"this program is read-only: {what} was not done", _ORIGIN)


def _refused(what: str) -> DevFailed:
    return NotAllowed.of(Reason.API_ReadOnlyMode, f"{what} is not authorized", _ORIGIN)


def _check_command(system: ControlSystem, device: DeviceAddress, command: str) -> Plan[None]:
    because = ""
    try:
        service = yield from _service(system, device)
        record = yield Perform(lambda: system.store.device(device.name))
        allowed = yield from _ask(service, "GetAllowedCommands", record.dev_class)
        if command.lower() in (name.lower() for name in allowed):
            return
    except DevFailed as failure:
        system.access_errors = failure.errors
        because = " because an error occurs while talking to the Controlled Access Service"
    raise NotAllowed.of(
        Reason.API_ReadOnlyMode, f"Command {command} on device {device.name} is not authorized{because}", _ORIGIN
    )


def _service(system: ControlSystem, device: DeviceAddress) -> Plan[Any]:
    """The device that knows who may write to `device`, None when the control system has none.

    A database that cannot be asked keeps nobody from a device that is known already.
    """
    from tangoterm.client.handle import Handle

    if system.access_service is None:
        try:
            system.access_service = yield Perform(lambda: _announced(system))
        except (ConnectionFailed, CommunicationFailed):
            return None
    if not system.access_service:
        return None
    service = Handle(DeviceAddress(system.access_service, device.host))
    service.access, service.asks = WRITE, False
    return service


def _announced(system: ControlSystem) -> str:
    found = system.store.get_property(OBJECT, [PROPERTY])
    return access_control_device(found.get(PROPERTY, ())) or ""


def _ask(service: Handle, command: str, argin: str | Sequence[str]) -> Plan[Any]:
    kind = CmdArgType.DevString if isinstance(argin, str) else CmdArgType.DevVarStringArray
    data = TypedValue(kind, to_command_data(kind, argin))
    answer = yield from service.call(CommandInout(service.name, command, data))
    return answer.value


def _user() -> str:
    """The name of the user for whom this process acts, in lower case, as the access control knows it; the number of a
    user without a name."""
    if sys.platform == "win32":
        return getpass.getuser().lower()
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name.lower()
    except KeyError:
        return str(os.geteuid())
