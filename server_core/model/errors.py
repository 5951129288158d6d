"""Tango's errors: a stack of causes, the exception that carries it, and the standard reasons.

    DevFailed                       anything a device, a server or the client library refused
    |- ConnectionFailed             a device or database could not be reached
    |- CommunicationFailed          a connection broke, or a call timed out
    |- WrongNameSyntax              a name that breaks the rules
    |- NonDbDevice                  needs a database the device does not have
    |- WrongData                    a value that does not fit
    |- NonSupportedFeature          the other side cannot do this
    |- AsynCall                     misuse of an asynchronous call
    |- AsynReplyNotArrived          its reply is not there yet
    |- EventSystemFailed            subscription refused or lost
    |- DeviceUnlocked               somebody forced the lock open
    |- NotAllowed                   refused by access control
    '- MultiDevFailed               one error list per attribute of a multi-attribute write

Source: TYP-16; RFC 10 (errors); reasons as in spec section ERR.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple, NoReturn, Self

from server_core.model.enums import ErrSeverity


class DevError(NamedTuple):
    """One entry of an error stack.

    `reason` is the machine-readable cause (`API_AttrNotFound`), `desc` the sentence for people, `origin` free text
    naming the place that failed.
    """

    reason: str
    desc: str
    origin: str = ""
    severity: ErrSeverity = ErrSeverity.ERR


class DevFailed(Exception):
    """An ordered list of errors; the first is the root cause, each layer that re-raises appends one (TYP-16).

    `args` holds the `DevError` entries, as PyTango's users expect.
    """

    def __init__(self, *errors: DevError) -> None:
        super().__init__(*errors)

    @classmethod
    def of(cls, reason: str, desc: str, origin: str = "", severity: ErrSeverity = ErrSeverity.ERR) -> Self:
        """A failure with one error."""
        return cls(DevError(str(reason), desc, origin, severity))

    @property
    def errors(self) -> tuple[DevError, ...]:
        """The error stack, root cause first."""
        return self.args

    @property
    def reason(self) -> str:
        """The reason of the root cause; empty when the stack is."""
        return self.args[0].reason if self.args else ""

    @property
    def desc(self) -> str:
        """The description of the root cause; empty when the stack is."""
        return self.args[0].desc if self.args else ""

    def stacked(self, reason: str, desc: str, origin: str = "", severity: ErrSeverity = ErrSeverity.ERR) -> Self:
        """The same failure, of the same class, with one more error on top of the stack."""
        return type(self)(*self.args, DevError(str(reason), desc, origin, severity))

    def __str__(self) -> str:
        return "\n".join(f"{error.reason}: {error.desc}" for error in self.args)


class ConnectionFailed(DevFailed):
    """A device or database could not be reached."""


class CommunicationFailed(DevFailed):
    """A connection broke while a call was under way, or the call timed out."""


class WrongNameSyntax(DevFailed):
    """A device or attribute name that breaks the rules."""


class NonDbDevice(DevFailed):
    """The request needs a database, and the device has none."""


class WrongData(DevFailed):
    """A value that does not fit what was asked for."""


class NonSupportedFeature(DevFailed):
    """The other side does not support the request."""


class AsynCall(DevFailed):
    """An asynchronous call was misused: unknown id, reply taken already, wrong kind."""


class AsynReplyNotArrived(DevFailed):
    """The reply of an asynchronous call has not arrived yet."""


class EventSystemFailed(DevFailed):
    """A subscription was refused, or is unknown."""


class DeviceUnlocked(DevFailed):
    """Somebody forced this client's lock open."""


class NotAllowed(DevFailed):
    """Access control refused the request."""


class NamedDevFailed(NamedTuple):
    """The errors of one attribute in a multi-attribute write: its name and its place in the call."""

    name: str
    index_in_call: int
    errors: tuple[DevError, ...]

    @property
    def idx_in_call(self) -> int:
        """The place in the call, under PyTango's name."""
        return self.index_in_call

    @property
    def err_stack(self) -> tuple[DevError, ...]:
        """The errors, under PyTango's name."""
        return self.errors


class MultiDevFailed(DevFailed):
    """A multi-attribute write in which some attributes failed; the others were written (ATT-40, ATT-48)."""

    def __init__(self, *errors: DevError, failed: Iterable[NamedDevFailed] = ()) -> None:
        super().__init__(*errors)
        self.failed: tuple[NamedDevFailed, ...] = tuple(failed)

    @property
    def err_list(self) -> tuple[NamedDevFailed, ...]:
        """The attributes that failed, under PyTango's name."""
        return self.failed

    def get_faulty_attr_nb(self) -> int:
        """How many attributes failed."""
        return len(self.failed)

    def call_failed(self) -> bool:
        """Whether the call itself failed, and not some of the attributes."""
        return bool(self.args) and not self.failed

    def stacked(self, reason: str, desc: str, origin: str = "", severity: ErrSeverity = ErrSeverity.ERR) -> Self:
        """The same failure with one more error on top; the list of failed attributes stays."""
        return type(self)(*self.args, DevError(str(reason), desc, origin, severity), failed=self.failed)


class Except:
    """PyTango's helper for raising and stacking errors, under its names."""

    @staticmethod
    def throw_exception(reason: str, desc: str, origin: str = "", severity: ErrSeverity = ErrSeverity.ERR) -> NoReturn:
        """Raise a `DevFailed` with one error."""
        raise DevFailed.of(reason, desc, origin, severity)

    @staticmethod
    def re_throw_exception(
        failure: DevFailed, reason: str, desc: str, origin: str = "", severity: ErrSeverity = ErrSeverity.ERR
    ) -> NoReturn:
        """Raise `failure` again, of the same class, with one more error on its stack."""
        raise failure.stacked(reason, desc, origin, severity) from failure

    @staticmethod
    def to_dev_failed(
        exc_type: object = None, value: BaseException | None = None, traceback: object = None
    ) -> DevFailed:
        """The exception as Tango sees it (ERR-1); the one being handled when none is given. The other two parts of
        `sys.exc_info()` are taken and ignored."""
        error = value if value is not None else sys.exc_info()[1]
        if error is None:
            raise TypeError("no exception was given, and none is being handled")
        return error if isinstance(error, DevFailed) else python_error(error)

    @staticmethod
    def throw_python_exception(
        exc_type: object = None, value: BaseException | None = None, traceback: object = None
    ) -> NoReturn:
        """Raise the exception as Tango sees it; as `to_dev_failed`."""
        raise Except.to_dev_failed(exc_type, value, traceback)

    @staticmethod
    def print_exception(failure: DevFailed) -> None:
        """Print the whole stack of a failure, root cause first."""
        Except.print_error_stack(failure.errors)

    @staticmethod
    def print_error_stack(error_stack: Iterable[DevError]) -> None:
        """Print the errors, each with its severity, reason, description and origin."""
        for error in error_stack:
            sys.stdout.write(
                f"Tango error stack\nSeverity = {error.severity.name}\nError reason = {error.reason}\n"
                f"Desc : {error.desc}\nOrigin : {error.origin}\n\n"
            )

    @staticmethod
    def compare_exception(first: DevFailed, second: DevFailed) -> bool:
        """Whether two failures have the same errors."""
        return first.errors == second.errors


def python_error(error: BaseException) -> DevFailed:
    """An exception of Python as Tango sees it: `PyDs_PythonError` with the traceback as origin (ERR-1)."""
    import traceback  # which most clients never need

    desc = f"{type(error).__name__}: {error}\n"
    return DevFailed.of(Reason.PyDs_PythonError, desc, "".join(traceback.format_exception(error)))


class Reason:
    """The standard reasons (spec ERR). Any other text is legal too and must be treated as plain text (ERR-3)."""

    API_AliasNotDefined = "API_AliasNotDefined"
    API_AlreadyPolled = "API_AlreadyPolled"
    API_AsynReplyNotArrived = "API_AsynReplyNotArrived"
    API_AttrConfig = "API_AttrConfig"
    API_AttrIncorrectDataNumber = "API_AttrIncorrectDataNumber"
    API_AttrNoAlarm = "API_AttrNoAlarm"
    API_AttrNotAllowed = "API_AttrNotAllowed"
    API_AttrNotFound = "API_AttrNotFound"
    API_AttrNotPolled = "API_AttrNotPolled"
    API_AttrNotWritable = "API_AttrNotWritable"
    API_AttrOptProp = "API_AttrOptProp"
    API_AttrPropValueNotSet = "API_AttrPropValueNotSet"
    API_AttrValueNotSet = "API_AttrValueNotSet"
    API_AttrWrongDefined = "API_AttrWrongDefined"
    API_AttrWrongMemValue = "API_AttrWrongMemValue"
    API_AttributeFailed = "API_AttributeFailed"
    API_AttributeNotDataReadyEnabled = "API_AttributeNotDataReadyEnabled"
    API_AttributePollingNotStarted = "API_AttributePollingNotStarted"
    API_BadAsyn = "API_BadAsyn"
    API_BadAsynPollId = "API_BadAsynPollId"
    API_BadAsynReqType = "API_BadAsynReqType"
    API_BadConfigurationProperty = "API_BadConfigurationProperty"
    API_BlackBoxArgument = "API_BlackBoxArgument"
    API_BlackBoxEmpty = "API_BlackBoxEmpty"
    API_CannotCheckAccessControl = "API_CannotCheckAccessControl"
    API_CannotOpenFile = "API_CannotOpenFile"
    API_CantConnectToDatabase = "API_CantConnectToDatabase"
    API_CantConnectToDevice = "API_CantConnectToDevice"
    API_CantCreateLockingThread = "API_CantCreateLockingThread"
    API_CantDestroyDevice = "API_CantDestroyDevice"
    API_CantGetClientIdent = "API_CantGetClientIdent"
    API_CantGetDevObjectId = "API_CantGetDevObjectId"
    API_CantInstallSignal = "API_CantInstallSignal"
    API_CantRetrieveClass = "API_CantRetrieveClass"
    API_CantStoreDeviceClass = "API_CantStoreDeviceClass"
    API_ClassNotFound = "API_ClassNotFound"
    API_ClientTooOld = "API_ClientTooOld"
    API_CmdArgumentTypeNotSupported = "API_CmdArgumentTypeNotSupported"
    API_CmdNotPolled = "API_CmdNotPolled"
    API_CommandFailed = "API_CommandFailed"
    API_CommandNotAllowed = "API_CommandNotAllowed"
    API_CommandNotFound = "API_CommandNotFound"
    API_CommandTimedOut = "API_CommandTimedOut"
    API_CommunicationFailed = "API_CommunicationFailed"
    API_ConnectionFailed = "API_ConnectionFailed"
    API_CorbaException = "API_CorbaException"
    API_CorbaSysException = "API_CorbaSysException"
    API_CorruptedDatabase = "API_CorruptedDatabase"
    API_DSFailedRegisteringEvent = "API_DSFailedRegisteringEvent"
    API_DServerClassNotInitialised = "API_DServerClassNotInitialised"
    API_DatabaseAccess = "API_DatabaseAccess"
    API_DatabaseCacheAccess = "API_DatabaseCacheAccess"
    API_DatabaseFileError = "API_DatabaseFileError"
    API_DecodeErr = "API_DecodeErr"
    API_DeprecatedCommand = "API_DeprecatedCommand"
    API_DeviceLocked = "API_DeviceLocked"
    API_DeviceNotDefined = "API_DeviceNotDefined"
    API_DeviceNotExported = "API_DeviceNotExported"
    API_DeviceNotFound = "API_DeviceNotFound"
    API_DeviceNotLocked = "API_DeviceNotLocked"
    API_DeviceNotPolled = "API_DeviceNotPolled"
    API_DeviceTimedOut = "API_DeviceTimedOut"
    API_DeviceUnlockable = "API_DeviceUnlockable"
    API_DeviceUnlocked = "API_DeviceUnlocked"
    API_EmptyDataElement = "API_EmptyDataElement"
    API_EmptyDbDatum = "API_EmptyDbDatum"
    API_EmptyDeviceAttribute = "API_EmptyDeviceAttribute"
    API_EmptyDeviceData = "API_EmptyDeviceData"
    API_EncodeErr = "API_EncodeErr"
    API_EventChannelNotExported = "API_EventChannelNotExported"
    API_EventConsumer = "API_EventConsumer"
    API_EventNotFound = "API_EventNotFound"
    API_EventPropertiesNotSet = "API_EventPropertiesNotSet"
    API_EventQueues = "API_EventQueues"
    API_EventTimeout = "API_EventTimeout"
    API_FwdAttrInconsistency = "API_FwdAttrInconsistency"
    API_FwdAttrNotConfigured = "API_FwdAttrNotConfigured"
    API_HistoryInvalid = "API_HistoryInvalid"
    API_IncoherentDbData = "API_IncoherentDbData"
    API_IncoherentDevData = "API_IncoherentDevData"
    API_IncoherentValues = "API_IncoherentValues"
    API_IncompatibleArgumentType = "API_IncompatibleArgumentType"
    API_IncompatibleAttrArgumentType = "API_IncompatibleAttrArgumentType"
    API_IncompatibleAttrDataType = "API_IncompatibleAttrDataType"
    API_IncompatibleCmdArgumentType = "API_IncompatibleCmdArgumentType"
    API_InitThrowsException = "API_InitThrowsException"
    API_InternalError = "API_InternalError"
    API_InvalidArgs = "API_InvalidArgs"
    API_InvalidCorbaAny = "API_InvalidCorbaAny"
    API_MemAttFailedDuringInit = "API_MemAttFailedDuringInit"
    API_MemoryAllocation = "API_MemoryAllocation"
    API_MethodArgument = "API_MethodArgument"
    API_MissedEvents = "API_MissedEvents"
    API_NoDataYet = "API_NoDataYet"
    API_NoSetValueAvailable = "API_NoSetValueAvailable"
    API_NonDatabaseDevice = "API_NonDatabaseDevice"
    API_NotSupported = "API_NotSupported"
    API_NotSupportedFeature = "API_NotSupportedFeature"
    API_NotUpdatedAnyMore = "API_NotUpdatedAnyMore"
    API_NotificationServiceFailed = "API_NotificationServiceFailed"
    API_PipeDuplicateDEName = "API_PipeDuplicateDEName"
    API_PipeFailed = "API_PipeFailed"
    API_PipeNoDataElement = "API_PipeNoDataElement"
    API_PipeNotAllowed = "API_PipeNotAllowed"
    API_PipeNotFound = "API_PipeNotFound"
    API_PipeNotWritable = "API_PipeNotWritable"
    API_PipeOptProp = "API_PipeOptProp"
    API_PipeValueNotSet = "API_PipeValueNotSet"
    API_PipeWrongArg = "API_PipeWrongArg"
    API_PollObjNotFound = "API_PollObjNotFound"
    API_PollRingBufferEmpty = "API_PollRingBufferEmpty"
    API_PollThreadOutOfSync = "API_PollThreadOutOfSync"
    API_PolledDeviceNotInPoolConf = "API_PolledDeviceNotInPoolConf"
    API_PolledDeviceNotInPoolMap = "API_PolledDeviceNotInPoolMap"
    API_PollingThreadNotFound = "API_PollingThreadNotFound"
    API_ReadOnlyMode = "API_ReadOnlyMode"
    API_ServerNotRunning = "API_ServerNotRunning"
    API_ShutdownInProgress = "API_ShutdownInProgress"
    API_SignalOutOfRange = "API_SignalOutOfRange"
    API_StartupSequence = "API_StartupSequence"
    API_StdException = "API_StdException"
    API_SystemCallFailed = "API_SystemCallFailed"
    API_TangoHostNotSet = "API_TangoHostNotSet"
    API_TelemetryConfig = "API_TelemetryConfig"
    API_TelemetryError = "API_TelemetryError"
    API_UnsupportedAttribute = "API_UnsupportedAttribute"
    API_UnsupportedDBaseModifier = "API_UnsupportedDBaseModifier"
    API_UnsupportedFeature = "API_UnsupportedFeature"
    API_UnsupportedProtocol = "API_UnsupportedProtocol"
    API_UtilSingletonNotCreated = "API_UtilSingletonNotCreated"
    API_UtilSingletonPoisoned = "API_UtilSingletonPoisoned"
    API_WAttrOutsideLimit = "API_WAttrOutsideLimit"
    API_WizardConfError = "API_WizardConfError"
    API_WrongAttributeNameSyntax = "API_WrongAttributeNameSyntax"
    API_WrongCmdLineArgs = "API_WrongCmdLineArgs"
    API_WrongDeviceNameSyntax = "API_WrongDeviceNameSyntax"
    API_WrongEventData = "API_WrongEventData"
    API_WrongFormat = "API_WrongFormat"
    API_WrongHistoryDataBuffer = "API_WrongHistoryDataBuffer"
    API_WrongLockingStatus = "API_WrongLockingStatus"
    API_WrongNumberOfArgs = "API_WrongNumberOfArgs"
    API_WrongWildcardUsage = "API_WrongWildcardUsage"
    API_ZmqFailed = "API_ZmqFailed"
    API_ZmqInitFailed = "API_ZmqInitFailed"
    DB_DeviceNotDefined = "DB_DeviceNotDefined"
    DB_AliasNotDefined = "DB_AliasNotDefined"
    DB_IncorrectArguments = "DB_IncorrectArguments"
    DB_IncorrectDeviceName = "DB_IncorrectDeviceName"
    DB_IncorrectServerName = "DB_IncorrectServerName"
    DB_SQLError = "DB_SQLError"
    PyDs_PythonError = "PyDs_PythonError"
