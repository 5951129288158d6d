"""One device as a client holds it: its name, where it is, how long to wait, and how to get a request through to it.

Shared by the blocking and the asyncio proxy. Rules: CLI-1 to CLI-8.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import DevSource
from server_core.model.errors import (
    CommunicationFailed,
    ConnectionFailed,
    DevError,
    DevFailed,
    DeviceUnlocked,
    NonDbDevice,
    Reason,
    WrongData,
)
from server_core.model.names import DeviceAddress, admin_name, parse_device
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.operations import OPERATIONS, CommandInout, GetAdmName, Request, operation_of
from server_core.transport.endpoint import TCP, TLS, native_text
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost, RequestRefused
from server_core.transport.openings import opened
from tangoterm.client.links import tls_settings
from tangoterm.client.read_only import changes_refused
from tangoterm.client.steps import Address, Call, Listening, Perform, Plan, Step, Unbroken
from tangoterm.client.system import ControlSystem, control_system

if TYPE_CHECKING:
    from tangoterm.client.access import AccessControlType

DEFAULT_TIMEOUT = 3000
NO_LIMIT = 1e6
"""Seconds that stand for a time-out that never comes."""

CHANGES = frozenset(operation.request for operation in OPERATIONS.values() if operation.locked_out)
"""The requests that change something, or may."""

RETRY_INTERVAL = 1.0
"""After a connection attempt that failed, calls fail at once for so many seconds (CLI-4)."""

_ORIGIN = "DeviceProxy"


class Handle:
    """A device by name, lower case (NAME-4). `timeout` is in seconds; `address` is where its server was last found.

    `access` is what this client may do with it, None before that was asked; it is asked before a change while
    `guarded` is set. Without `asks` every request passes: those that belong to looking, whatever they are.
    """

    def __init__(self, device: DeviceAddress | str) -> None:
        if not isinstance(device, (DeviceAddress, str)):
            raise TypeError(f"a device is named by a text, not by {device!r}")
        self.target = parse_device(device) if isinstance(device, str) else device
        self.name = self.target.name.lower()
        self.timeout_millis = DEFAULT_TIMEOUT
        self.source = DevSource.CACHE_DEV
        self.transparent = True
        self.keeps_configs = True
        self.address: Address | None = None
        self.attributes: dict[str, AttributeConfig] = {}
        self.commands: dict[str, CommandInfo] = {}
        self.lock_validity: int | None = None
        self.access: AccessControlType | None = None
        self.asks = True
        self._allowed = not self.target.dbase
        self._found = not self.target.dbase
        self._reached = False
        self._event_admin: Handle | None = None
        self._failed_at = float("-inf")

    def rename(self, device: DeviceAddress) -> None:
        """The device is another one than was thought."""
        self.target, self.name = device, device.name.lower()
        self.access, self._allowed = None, not device.dbase
        self._found = not device.dbase
        self.forget()

    @property
    def guarded(self) -> bool:
        """Whether it is to be found out before a change that this client may make it: because that is not known yet,
        or because this process refuses changes."""
        return self.asks and (not self._allowed or changes_refused())

    @guarded.setter
    def guarded(self, guarded: bool) -> None:
        self._allowed = not guarded

    @property
    def timeout_millis(self) -> int:
        """How long a call may take, in ms; none when 0 or negative (CMD-15)."""
        return self._timeout_millis

    @timeout_millis.setter
    def timeout_millis(self, millis: int) -> None:
        self._timeout_millis = int(millis)
        self.timeout = min(self._timeout_millis / 1000, NO_LIMIT) if self._timeout_millis > 0 else NO_LIMIT

    @property
    def system(self) -> ControlSystem:
        """The control system the device belongs to."""
        return control_system(self.target.host)

    @property
    def full_name(self) -> str:
        """The name with the control system that was given, all lower case."""
        return str(self.target._replace(name=self.name)).lower()

    def full_name_of(self, member: str) -> str:
        """The same of an attribute or pipe of the device."""
        return str(self.target._replace(name=f"{self.name}/{member}")).lower()

    def forget(self) -> None:
        """The server may be another one now: find it again, and ask again what the device offers."""
        self.address = self._event_admin = None
        self.attributes.clear()
        self.commands.clear()

    # ---- where it is

    def find(self) -> Plan[None]:
        """Check that the device is defined, and take its name from the database when an alias was given (CLI-1)."""
        if not self._found:
            record = yield Perform(lambda: self._record())
            self.name = record.name.lower()
            self._found = True
            if record.exported:
                self.address = Address(native_text(record.ior), record.host)
        opened(self.name)

    def check_database(self) -> None:
        """Nothing when the device was found through a database; NonDbDevice `API_NonDatabaseDevice` otherwise."""
        if not self.target.dbase:
            raise NonDbDevice.of(
                Reason.API_NonDatabaseDevice,
                f"Method not available for device {self.name} which is a non database device",
                _ORIGIN,
            )

    def record(self) -> Plan[Any]:
        """What the database knows of the device; NonDbDevice when there is no database."""
        return (yield Perform(lambda: self._record()))

    def _record(self) -> Any:
        self.check_database()
        try:
            return self.system.store.device(self.name)
        except DevFailed as failure:
            if failure.reason != Reason.DB_DeviceNotDefined:
                raise
            raise failure.stacked(
                Reason.API_DeviceNotDefined, f"Can't connect to device {self.name}", _ORIGIN
            ) from None

    def _locate(self) -> Plan[Address]:
        """Where the device's server listens, by the database's word; a database out of reach is a failed attempt."""
        if not self.target.dbase:
            host = self.target.host
            assert host is not None
            return Address(f"{TCP if tls_settings() is None else TLS}://{host}", host.host)
        try:
            record = yield Perform(lambda: self._record())
        except (ConnectionFailed, CommunicationFailed):
            self._failed_at = time.monotonic()
            raise
        self.name, self._found = record.name.lower(), True
        if not record.exported:
            raise ConnectionFailed.of(
                Reason.API_DeviceNotExported,
                f"Device {self.name} is not exported (hint: try starting the device server)",
                _ORIGIN,
            )
        return Address(native_text(record.ior), record.host)

    def locate(self) -> Plan[Address]:
        """Where to send requests, remembered from before or looked up now (not while attempts are damped, CLI-4)."""
        if self.address is None:
            self._check_damping()
            self.address = yield from self._locate()
        return self.address

    def _check_damping(self) -> None:
        if time.monotonic() - self._failed_at < RETRY_INTERVAL:
            raise ConnectionFailed.of(
                Reason.API_CantConnectToDevice,
                f"Failed to connect to device {self.name}\nThe connection request was delayed.\n"
                f"The last connection request was done less than {RETRY_INTERVAL * 1000:.0f} ms ago",
                _ORIGIN,
            )

    # ---- requests

    def call(self, request: Request, doing: str = "") -> Plan[Any]:
        """Send `request` and give its result; `doing` is the sentence that goes on top of a failure's stack.

        A server that moved or restarted is found again; a request is repeated when it surely was not delivered, or
        when repeating does no harm (CLI-3). Failures are DevFailed.
        """
        try:
            return (yield from self.deliver(request))
        except CommunicationFailed:
            raise
        except DevFailed as failure:
            refused = refusal(failure, operation_of(request).outer if doing else "", doing)
            if refused is failure:
                raise
            raise refused from failure

    def deliver(self, request: Request) -> Plan[Any]:
        """Send `request` and give its result, without a sentence on top of a failure's stack."""
        repeatable = operation_of(request).repeatable
        return self.through(lambda address, sent: Call(address, sent, self.timeout), request, repeatable=repeatable)

    def through(self, step: Callable[[Address, Request], Step], request: Request, *, repeatable: bool) -> Plan[Any]:
        """The outcome of the step that sends `request` to the device's server, wherever that is now.

        A time-out is told from a dead server by looking whether somebody still listens there (CLI-3).
        """
        if type(request) in CHANGES and self.guarded:
            from tangoterm.client.access import check

            yield from check(self, request)
        tries = 2 if self.transparent or not self._reached else 1
        repeatable = repeatable and self.transparent
        while True:
            address = self.address
            remembered = address is not None
            if address is None:
                address = yield from self.locate()
            if request.device != self.name:
                request = request._replace(device=self.name)
            try:
                if self._reached and remembered and not self.transparent:
                    yield Unbroken(address)
                outcome = yield step(address, request)
                self._reached = True
                return outcome
            except CallTimeout as error:
                if (yield Listening(address)):
                    raise timed_out(self, request, error) from None
                self.forget()
                tries -= 1
                if not tries or not repeatable:
                    raise lost(self, request, error) from None
            except CannotConnect as error:
                self.forget()
                if not remembered or not (self._reached or self.transparent):
                    raise self._cannot_connect(error) from None
                if not self.transparent:
                    raise lost(self, request, error) from None
            except RequestRefused as error:
                self.forget()
                raise lost(self, request, error) from None
            except ConnectionLost as error:
                self.forget()
                tries -= 1
                if not tries or (error.sent and not repeatable):
                    raise lost(self, request, error) from None
            except ProtocolError as error:
                raise WrongData.of(Reason.API_EncodeErr, f"Device {self.name}: {error}", _ORIGIN) from None
            except DevFailed as failure:
                if not self._is_elsewhere(failure, request):
                    raise
                self.forget()
                if not remembered:
                    raise self._cannot_connect(failure) from None

    def _cannot_connect(self, cause: Exception) -> ConnectionFailed:
        self._failed_at = time.monotonic()
        unknown = isinstance(cause, DevFailed) and not self.target.dbase
        reason = Reason.API_DeviceNotDefined if unknown else Reason.API_CantConnectToDevice
        return ConnectionFailed(
            DevError(Reason.API_CorbaException, str(cause), _ORIGIN),
            DevError(reason, f"Failed to connect to device {self.name}", _ORIGIN),
        )

    def _is_elsewhere(self, failure: DevFailed, request: Request) -> bool:
        """Whether the server said that it has no such device (it may have taken the port of another).

        A command that names the device in its argument, as DevRestart of the admin device itself, says so of that.
        """
        return (
            len(failure.errors) == 1
            and failure.reason == Reason.API_DeviceNotFound
            and self.name in failure.desc.lower()
            and not (isinstance(request, CommandInout) and self.name in str(request.argin.value).lower())
        )

    # ---- related devices

    def admin(self) -> Plan[Handle]:
        """The admin device of the device's server."""
        if self.target.dbase:
            record = yield from self.record()
            name = admin_name(record.server)
        else:
            name = yield from self.call(GetAdmName(self.name))
        handle = Handle(self.target._replace(name=name))
        handle.timeout_millis = self.timeout_millis
        return handle

    def event_admin(self) -> Plan[Handle]:
        """The same for subscriptions, which change nothing and need no right to (EVT-8); found once."""
        if self._event_admin is None:
            admin = yield from self.admin()
            admin.asks = False
            self._event_admin = admin
        return self._event_admin


def refusal(failure: DevFailed, reason: str, doing: str) -> DevFailed:
    """A failure as the caller gets it: with `reason` and the sentence `doing` on top, if there is one (CLI-8).

    It is DeviceUnlocked when somebody has forced this client's lock open; that reason is on top then (LOCK-13).
    """
    if failure.reason == Reason.API_DeviceUnlocked:
        failure = DeviceUnlocked(*failure.errors)
        reason = reason and Reason.API_DeviceUnlocked
    return failure.stacked(reason, doing, _ORIGIN) if reason else failure


def timed_out(device: Handle, request: Request, cause: Exception) -> CommunicationFailed:
    """The failure of a call that was not answered in time (CLI-2)."""
    command = getattr(request, "command", "")
    return CommunicationFailed(
        DevError(Reason.API_CorbaException, str(cause), _ORIGIN),
        DevError(
            Reason.API_DeviceTimedOut,
            f"Timeout ({device.timeout_millis} mS) exceeded on device {device.name}"
            + (f", command {command}" if command else ""),
            _ORIGIN,
        ),
    )


def lost(device: Handle, request: Request, cause: Exception) -> CommunicationFailed:
    """The failure of a call whose connection broke (CLI-3)."""
    command = getattr(request, "command", "")
    desc = f"Failed to execute {operation_of(request).name} on device {device.name}"
    return CommunicationFailed(
        DevError(Reason.API_CorbaException, str(cause), _ORIGIN),
        DevError(
            Reason.API_CommunicationFailed,
            f"{desc}, command {command}" if command else desc,
            _ORIGIN,
        ),
    )
