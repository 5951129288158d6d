"""Errors for people: what the cause means in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from server_core.model.errors import DevError, DevFailed, Reason
from tangoterm.console.format import error_lines, printable, time_text, without_today
from tangoterm.console.locker import locker_text
from tangoterm.console.names import did_you_mean
from tangoterm.console.quoting import joined
from tangoterm.console.result import Failure
from tangoterm.console.session import Session

READ_ONLY = (
    "the access control of this control system (free property CtrlSystem/Services) lets you read only; "
    "SUPER_TANGO=true in the environment goes without asking it"
)

SESSION_READ_ONLY = "this session is read-only (--read-only, TANGOTERM_READ_ONLY or read_only in the settings)"

LONGER = "to wait longer: --timeout SECONDS, or `timeout SECONDS` at the prompt"


class Advice(NamedTuple):
    """What helps: in words, and the line that does it; `safe` when it disturbs nobody."""

    text: str
    line: str = ""
    safe: bool = False


class Explanation(NamedTuple):
    """A failure for people: the root cause as it was said, what that means, what helps, and the whole stack."""

    cause: str
    meaning: str
    advice: Advice
    stack: tuple[str, ...]


class Way(NamedTuple):
    """What is known of a reason: its meaning, and what gives the advice (DevFailed when nothing can be said)."""

    meaning: str
    advise: Callable[[Session, str], Advice | str] | None = None


def explain(session: Session, failure: Failure) -> Explanation:
    """The explanation of a failure. It may ask the database and the device, and never raises a DevFailed."""
    errors = failure.error.errors
    stack = tuple(error_lines(errors)) or (str(failure.error),)
    way = _way(errors)
    if way is None:
        return Explanation(_cause(failure.error), "", Advice(""), stack)
    advice: Advice | str = ""
    if way.advise is not None:
        try:
            advice = way.advise(session, failure.name)
        except (DevFailed, KeyError):
            advice = ""
    return Explanation(_cause(failure.error), way.meaning, Advice(advice) if isinstance(advice, str) else advice, stack)


def meaning_of(errors: Sequence[DevError]) -> str:
    """What a failure means, as far as it can be said without asking anybody; empty for a reason that is not known."""
    way = _way(errors)
    return "" if way is None else way.meaning


def _way(errors: Sequence[DevError]) -> Way | None:
    """What is known of the first reason of a stack of which anything is."""
    return next((WAYS[error.reason] for error in errors if error.reason in WAYS), None)


def failure_lines(session: Session, failure: Failure, *, whole: bool = True) -> list[str]:
    """A failure as lines: what it was about, the root cause first (with `whole` the stack behind it), what it means,
    what helps."""
    found = explain(session, failure)
    first, *more = found.stack if whole else found.cause.split("\n")
    told = [f"  {text}" for text in (found.meaning, found.advice.text) if text]
    return [f"{failure.name}: {first}", *more, *told]


def hint(session: Session, failure: Failure) -> str:
    """What helps against a failure, in words; empty when nothing is known."""
    return explain(session, failure).advice.text


def _cause(error: DevFailed) -> str:
    """The root cause: the first error of the stack, lines of its description indented."""
    if not error.errors:
        return str(error)
    root = error.errors[0]
    first, *more = printable(root.desc.strip(), one_line=False).split("\n")
    return "\n".join([f"{printable(root.reason)}: {first.strip()}", *(f"    {line.rstrip()}" for line in more)])


# ---- what helps


def _other_database(session: Session, name: str) -> str:
    from server_core.database.locate import SETTINGS_FILES, tango_host, tango_host_place

    serving = "a database is served by `tangoterm database`"
    place = tango_host_place() if session.host in (None, tango_host()) else ""
    if not place:
        return serving
    instead = f"; TANGOTERM_DATABASE=FILE goes before {place}" if place in SETTINGS_FILES else ""
    return f"the address is TANGO_HOST of {place}; {serving}{instead}"


def _similar_device(session: Session, name: str) -> str:
    catalogue = session.catalogue
    known = [*catalogue.names.all(), *catalogue.aliases.all()]
    fields = name.split("/")
    if len(fields) == 2:
        return _similar_server(session, name) or did_you_mean(fields[0], known)
    return did_you_mean("/".join(fields[:3]), known)


def _similar_server(session: Session, name: str) -> str:
    known = [group.name for group in session.catalogue.servers()]
    instances = [server for server in known if server.lower().startswith(f"{name.lower()}/")]
    return f"did you mean {' or '.join(instances[:3])}?" if instances else did_you_mean(name, known)


def _similar_attribute(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    attributes = session.members(wanted.device).attributes.values()
    return did_you_mean(wanted.name, (config.name for config in attributes))


def _similar_command(session: Session, name: str) -> str:
    device, _, wrong = name.rpartition("/")
    commands = session.members(session.device_name(device)).commands.values()
    return did_you_mean(wrong, (info.cmd_name for info in commands))


def _similar_member(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    members = session.members(wanted.device)
    if wanted.name.lower() in members.attributes.keys() | members.commands.keys():
        return ""
    known = [config.name for config in members.attributes.values()]
    return did_you_mean(wanted.name, [*known, *(info.cmd_name for info in members.commands.values())])


def _poll_it(session: Session, name: str) -> Advice:
    wanted = session.attribute(name)
    line = joined("poll", wanted.device, wanted.name) + " --period 1000"
    return Advice(f"have it polled: {line}", line, safe=True)


def _its_server(session: Session, name: str) -> Advice | str:
    """Since when a device's server is gone, and how to start it."""
    catalogue = session.refresh()
    record = catalogue.find("/".join(name.split("/")[:3])) or catalogue.find(name.split("/")[0])
    if record is None:
        return ""
    line = joined("server", "start", record.server)
    since = f", stopped {without_today(time_text(record.stopped))}" if record.stopped and not record.exported else ""
    return Advice(f"its server is {record.server}{since}: {line}", line)


def _lock_holder(session: Session, name: str) -> Advice | str:
    device = name if session.is_device(name) else session.attribute(name).device
    holder = locker_text(session.device(device))
    line = joined("unlock", device, force=True)
    return Advice(f"the lock is held by {holder}; it can be broken: {line}", line) if holder else ""


def _event_criteria(session: Session, name: str) -> Advice:
    wanted = str(session.attribute(name))
    return Advice(f"say how much it has to change: attr {wanted} abs_change=0.1, or rel_change=1 (percent)")


def _state_now(session: Session, name: str) -> str:
    """The state that does not allow it."""
    device = "/".join(name.split("/")[:3]) if name.count("/") > 2 else name
    return f"{device} is in {session.device(device).state()}"


def _command_argument(session: Session, name: str) -> str:
    device, _, command = name.rpartition("/")
    info = session.device(device).command_query(command)
    from tangoterm.console.arguments import Argument

    return f"{info.cmd_name} takes {Argument.of_command(info).hint if info.in_type else 'nothing'}"


def _read_only(session: Session, name: str) -> str:
    return SESSION_READ_ONLY if session.changes.read_only else READ_ONLY


def _allowed_values(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    config = session.members(wanted.device).attributes[wanted.name.lower()]
    from tangoterm.console.arguments import Argument

    return f"allowed: {Argument.of_attribute(config).hint}"


WAYS: dict[str, Way] = {
    Reason.API_ReadOnlyMode: Way("", _read_only),
    Reason.API_CantConnectToDatabase: Way("The database of the control system cannot be reached.", _other_database),
    Reason.DB_DeviceNotDefined: Way("The database knows no device of this name.", _similar_device),
    Reason.API_DeviceNotDefined: Way("There is no device of this name.", _similar_device),
    Reason.API_AliasNotDefined: Way("The database knows no alias of this name.", _similar_device),
    Reason.DB_AliasNotDefined: Way("The database knows no alias of this name.", _similar_device),
    Reason.DB_IncorrectServerName: Way("The database knows no server of this name.", _similar_server),
    Reason.API_AttrNotFound: Way("The device has no attribute of this name.", _similar_attribute),
    Reason.API_CommandNotFound: Way("The device has no command of this name.", _similar_command),
    Reason.API_PollObjNotFound: Way("This is not polled, or the device has nothing of this name.", _similar_member),
    Reason.API_DeviceNotExported: Way("The server of the device does not run.", _its_server),
    Reason.API_ServerNotRunning: Way("The server does not run.", _its_server),
    Reason.API_CantConnectToDevice: Way(
        "The database says where the device is served, but nothing answers there: its server has died or is out of "
        "reach.",
        _its_server,
    ),
    "CANNOT_RUN_FILE": Way("", lambda session, name: "the program is named with --program FILE"),
    Reason.API_DeviceTimedOut: Way(
        "The server is there, but has not answered in time: what was asked takes longer, or the device is busy.",
        lambda session, name: LONGER,
    ),
    Reason.API_CommandTimedOut: Way("The device waited longer for another request than it may.", None),
    Reason.API_CommunicationFailed: Way("The connection broke while the device worked on the request.", _its_server),
    Reason.API_DeviceLocked: Way("Another client keeps the device for itself.", _lock_holder),
    Reason.API_DeviceUnlocked: Way("Somebody has broken the lock that this program held.", None),
    Reason.API_DeviceUnlockable: Way("This device cannot be locked.", None),
    Reason.API_AttrNotPolled: Way("A value from the polling buffer was wanted, and this is not polled.", _poll_it),
    Reason.API_CmdNotPolled: Way("A result from the polling buffer was wanted, and this is not polled.", _poll_it),
    Reason.API_DeviceNotPolled: Way("Nothing of this device is polled.", None),
    Reason.API_AttributePollingNotStarted: Way(
        "The device sends no events of its own for this attribute, so its server has to poll it to find changes.",
        _poll_it,
    ),
    Reason.API_EventPropertiesNotSet: Way(
        "Nobody has said how much the value has to change for an event.", _event_criteria
    ),
    Reason.API_NoDataYet: Way("It is polled, but the first value has not come yet; try again in a moment.", None),
    Reason.API_NotUpdatedAnyMore: Way(
        "The polling of this is late: the value in the buffer is too old. `poll DEVICE` shows why.", None
    ),
    Reason.API_WAttrOutsideLimit: Way("The value is outside the limits of the attribute.", _allowed_values),
    Reason.API_AttrNotWritable: Way("The attribute can only be read.", None),
    Reason.API_PipeNotWritable: Way("The pipe can only be read.", None),
    Reason.API_AttrNotAllowed: Way("The device does not allow this in its present state.", _state_now),
    Reason.API_CommandNotAllowed: Way("The device does not allow this command in its present state.", _state_now),
    Reason.API_PipeNotAllowed: Way("The device does not allow this in its present state.", _state_now),
    Reason.API_IncompatibleCmdArgumentType: Way(
        "The argument is of another type than the command takes.", _command_argument
    ),
    Reason.API_IncompatibleArgumentType: Way("The value is of another type than is wanted here.", None),
    Reason.API_IncompatibleAttrArgumentType: Way("The value is of another type than the attribute.", _allowed_values),
    Reason.API_IncompatibleAttrDataType: Way("The value is of another type than the attribute.", _allowed_values),
    Reason.API_AttrOptProp: Way("The value does not suit this property of the attribute.", None),
    Reason.API_AttrPropValueNotSet: Way("This property of the attribute has no value.", None),
    Reason.API_AttrValueNotSet: Way("The device has given no value when it was read: an error in its code.", None),
    Reason.API_PipeNotFound: Way("The device has no pipe of this name.", None),
    Reason.API_DeviceNotFound: Way("The server that was asked does not serve such a device.", _its_server),
    Reason.API_ClassNotFound: Way("The server has no such class.", None),
    Reason.API_BlackBoxEmpty: Way("The device has received no request yet.", None),
    Reason.API_EventTimeout: Way("No heartbeat came from the server for ten seconds; the subscription goes on.", None),
    Reason.API_MissedEvents: Way("Some events were lost on the way; the next ones come as usual.", None),
    Reason.API_ZmqFailed: Way("Events do not get from the server to here; a firewall may keep them away.", None),
    Reason.API_ShutdownInProgress: Way("The server is ending.", None),
    Reason.API_StartupSequence: Way("The server is still starting; try again in a moment.", None),
    Reason.API_WrongDeviceNameSyntax: Way("A device is named domain/family/member, or by its alias.", None),
    Reason.API_WrongAttributeNameSyntax: Way("An attribute is named domain/family/member/attribute.", None),
    Reason.API_NonDatabaseDevice: Way("This needs a database, and the device was reached without one.", None),
    Reason.API_TangoHostNotSet: Way("No database is named: --host HOST:PORT, or TANGO_HOST.", None),
    Reason.API_UnsupportedFeature: Way("The server is too old for this.", None),
    Reason.API_NotSupportedFeature: Way("The server is too old for this.", None),
    Reason.API_FwdAttrNotConfigured: Way(
        "Nobody has said which attribute this one forwards (property __root_att).", None
    ),
    Reason.API_FwdAttrInconsistency: Way("The attribute that this one forwards is away, or is another one now.", None),
    Reason.API_InitThrowsException: Way("The device could not be initialised; its Status says more.", None),
    Reason.API_MemAttFailedDuringInit: Way("A remembered set point could not be written at the start.", None),
    Reason.PyDs_PythonError: Way("The code of the device raised an exception: an error in the server, not here.", None),
    Reason.DB_SQLError: Way("The database could not do it.", None),
}
"""What is known of a reason, in the order in which reasons of a stack are looked for."""

SELF_EXPLAINING = frozenset(
    {
        "API_AlreadyPolled", "API_AsynReplyNotArrived", "API_AttrConfig", "API_AttrIncorrectDataNumber",
        "API_AttrNoAlarm", "API_AttrWrongDefined", "API_AttrWrongMemValue", "API_AttributeFailed",
        "API_AttributeNotDataReadyEnabled", "API_BadAsyn", "API_BadAsynPollId", "API_BadAsynReqType",
        "API_BadConfigurationProperty", "API_BlackBoxArgument", "API_CannotCheckAccessControl", "API_CannotOpenFile",
        "API_CantCreateLockingThread", "API_CantDestroyDevice", "API_CantGetClientIdent", "API_CantGetDevObjectId",
        "API_CantInstallSignal", "API_CantRetrieveClass", "API_CantStoreDeviceClass", "API_ClientTooOld",
        "API_CmdArgumentTypeNotSupported", "API_CommandFailed", "API_ConnectionFailed", "API_CorbaException",
        "API_CorbaSysException", "API_CorruptedDatabase", "API_DSFailedRegisteringEvent",
        "API_DServerClassNotInitialised", "API_DatabaseAccess", "API_DatabaseCacheAccess", "API_DatabaseFileError",
        "API_DecodeErr", "API_DeprecatedCommand", "API_DeviceNotLocked", "API_EmptyDataElement", "API_EmptyDbDatum",
        "API_EmptyDeviceAttribute", "API_EmptyDeviceData", "API_EncodeErr", "API_EventChannelNotExported",
        "API_EventConsumer", "API_EventNotFound", "API_EventQueues", "API_HistoryInvalid", "API_IncoherentDbData",
        "API_IncoherentDevData", "API_IncoherentValues", "API_InternalError", "API_InvalidArgs", "API_InvalidCorbaAny",
        "API_MemoryAllocation", "API_MethodArgument", "API_NoSetValueAvailable", "API_NotSupported",
        "API_NotificationServiceFailed", "API_PipeDuplicateDEName", "API_PipeFailed", "API_PipeNoDataElement",
        "API_PipeOptProp", "API_PipeValueNotSet", "API_PipeWrongArg", "API_PollRingBufferEmpty",
        "API_PollThreadOutOfSync", "API_PolledDeviceNotInPoolConf", "API_PolledDeviceNotInPoolMap",
        "API_PollingThreadNotFound", "API_SignalOutOfRange", "API_StdException", "API_SystemCallFailed",
        "API_TelemetryConfig", "API_TelemetryError", "API_UnsupportedAttribute", "API_UnsupportedDBaseModifier",
        "API_UnsupportedProtocol", "API_UtilSingletonNotCreated", "API_UtilSingletonPoisoned", "API_WizardConfError",
        "API_WrongCmdLineArgs", "API_WrongEventData", "API_WrongFormat", "API_WrongHistoryDataBuffer",
        "API_WrongLockingStatus", "API_WrongNumberOfArgs", "API_WrongWildcardUsage", "API_ZmqInitFailed",
        "DB_IncorrectArguments", "DB_IncorrectDeviceName",
    }
)  # fmt: skip
"""Reasons whose descriptions say all there is to say, and those that clients of today do not meet."""
