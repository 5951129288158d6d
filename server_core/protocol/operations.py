"""The one vocabulary of requests: every operation of a Tango device, declared once.

Each operation is a NamedTuple: its fields are what travels, in this order, and their annotations are what the codecs
compile their encoders from. The decorator adds what the dispatcher, the blackbox and the client need to know of it.

Source: the IDL operations of interface level 6 (spec wire, section 6), RFC 10; blackbox wording BBX-10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from server_core.model.config import AttributeConfig, CommandInfo, DeviceInfo, PipeConfig
from server_core.model.enums import DevSource, DevState, EventType
from server_core.model.errors import Reason
from server_core.model.pipe import PipeBlob
from server_core.model.values import AttributeValue, AttributeWrite, CommandRecord, TypedValue

LATEST_LEVEL: Final = 6
"""The latest level of Tango's device interface: what is served, and asked for first (ADM-43)."""

ALL: Final = None
"""In place of names: all of them. (No names are none.)"""

SOURCE_WORDS = {DevSource.DEV: "device", DevSource.CACHE: "cache", DevSource.CACHE_DEV: "cache_device"}


class Operation(NamedTuple):
    """What is known of an operation besides its fields.

    `code` numbers it on the native wire. `result` is the annotation of its result. `blackbox` writes the entry of one
    request, ending with one blank (BBX-10). `identified`: the client's identification belongs to the request and is
    shown in the blackbox. `locked_out`: refused while another client has the device locked (LOCK-11; commands decide
    by name). `outer` is the reason the client library stacks on a failure, empty for none (CLI-8). `repeatable`: a
    client may send it again when the connection broke after it was sent (CLI-3).
    """

    name: str
    code: int
    request: type[Any]
    result: Any
    blackbox: Callable[[Any], str]
    identified: bool = False
    locked_out: bool = False
    outer: str = ""
    repeatable: bool = True


class Form(NamedTuple):
    """How a request was put, where that is not the way of the latest interface.

    `blackbox` is what the entry says instead of the operation's own words (BBX-11), ending with one blank; `identified`
    whether the client's identification came with it.
    """

    blackbox: str
    identified: bool


LATEST: Form | None = None
"""The form of a request of the latest interface: in the words of its operation."""

OPERATIONS: dict[str, Operation] = {}
"""All operations by name."""

BY_REQUEST: dict[type[Any], Operation] = {}
"""All operations by the class of their request."""

_R = TypeVar("_R", bound=type[Any])


def _operation(
    name: str,
    result: Any,
    blackbox: str | Callable[[Any], str],
    *,
    identified: bool = False,
    locked_out: bool = False,
    outer: str = "",
    repeatable: bool = True,
) -> Callable[[_R], _R]:
    words = blackbox if callable(blackbox) else _constant(blackbox)

    def declare(request: _R) -> _R:
        entry = Operation(name, len(OPERATIONS), request, result, words, identified, locked_out, outer, repeatable)
        OPERATIONS[name] = BY_REQUEST[request] = entry
        return request

    return declare


def _constant(text: str) -> Callable[[Any], str]:
    return lambda request: text


def operation_of(request: Any) -> Operation:
    """The declaration of a request's operation."""
    return BY_REQUEST[type(request)]


@_operation("ping", None, "Operation ping ")
class Ping(NamedTuple):
    """Is the device there?"""

    device: str


@_operation("info", DeviceInfo, "Operation info_6 ")
class GetInfo(NamedTuple):
    """Class, server, host and documentation of the device (ADM-45)."""

    device: str


@_operation("name", str, "Attribute name ")
class GetName(NamedTuple):
    """The device's name as defined."""

    device: str


@_operation("description", str, "Attribute description ")
class GetDescription(NamedTuple):
    """The device's description (LIFE-20)."""

    device: str


@_operation("adm_name", str, "Attribute adm_name ")
class GetAdmName(NamedTuple):
    """The name of the admin device of the device's server."""

    device: str


@_operation("state", DevState, "Attribute state ")
class GetState(NamedTuple):
    """The state, alarms evaluated; never from the cache (ATT-55, POLL-76)."""

    device: str


@_operation("status", str, "Attribute status ")
class GetStatus(NamedTuple):
    """The status text (ATT-57)."""

    device: str


@_operation("command_list_query", list[CommandInfo], "Operation command_list_query_2 ")
class CommandListQuery(NamedTuple):
    """All commands of the device (CMD-2)."""

    device: str


@_operation("command_query", CommandInfo, "Operation command_query_2 ")
class CommandQuery(NamedTuple):
    """One command of the device (CMD-10)."""

    device: str
    command: str


@_operation(
    "command_inout",
    TypedValue,
    lambda r: f"Operation command_inout_4 (cmd = {r.command}) from {SOURCE_WORDS[r.source]} ",
    identified=True,
    locked_out=True,
    outer=Reason.API_CommandFailed,
    repeatable=False,
)
class CommandInout(NamedTuple):
    """Execute a command (CMD-4)."""

    device: str
    command: str
    argin: TypedValue
    source: DevSource = DevSource.CACHE_DEV


@_operation("command_inout_history", list[CommandRecord], "Operation command_inout_history_4 ")
class CommandInoutHistory(NamedTuple):
    """The last `n` executions of a polled command, oldest first (POLL-77)."""

    device: str
    command: str
    n: int


@_operation(
    "get_attribute_config",
    list[AttributeConfig],
    lambda r: f"Operation get_attribute_config_{2 if r.names is ALL else 5} ",
)
class GetAttributeConfig(NamedTuple):
    """Configuration of the named attributes, or of all with `ALL` (ATT-5)."""

    device: str
    names: tuple[str, ...] | None = ALL


@_operation(
    "set_attribute_config",
    None,
    "Operation set_attribute_config_5 ",
    identified=True,
    locked_out=True,
    repeatable=False,
)
class SetAttributeConfig(NamedTuple):
    """Change attribute properties (ATT-7)."""

    device: str
    configs: tuple[AttributeConfig, ...]


def _read_names(request: Any) -> str:
    return "All attributes" if request.names is ALL else ", ".join(request.names)


@_operation(
    "read_attributes",
    list[AttributeValue],
    lambda r: f"Operation read_attributes_5 ({_read_names(r)}) from {SOURCE_WORDS[r.source]} ",
    identified=True,
    outer=Reason.API_AttributeFailed,
)
class ReadAttributes(NamedTuple):
    """Read the named attributes, or all with `ALL`; each answer carries its own errors (ATT-21)."""

    device: str
    names: tuple[str, ...] | None
    source: DevSource = DevSource.CACHE_DEV


@_operation(
    "write_attributes",
    None,
    lambda r: f"Operation write_attributes_4 ({', '.join(value.name for value in r.values)}) ",
    identified=True,
    locked_out=True,
    outer=Reason.API_AttributeFailed,
    repeatable=False,
)
class WriteAttributes(NamedTuple):
    """Write attributes; the good ones are written even if others fail, which raises MultiDevFailed (ATT-40)."""

    device: str
    values: tuple[AttributeWrite, ...]


@_operation(
    "write_read_attributes",
    list[AttributeValue],
    lambda r: (
        f"Operation write_read_attributes_5 ({', '.join(value.name for value in r.values)}/{', '.join(r.names)}) "
    ),
    identified=True,
    locked_out=True,
    outer=Reason.API_AttributeFailed,
    repeatable=False,
)
class WriteReadAttributes(NamedTuple):
    """Write, then read, with no other client in between (ATT-49)."""

    device: str
    values: tuple[AttributeWrite, ...]
    names: tuple[str, ...]


@_operation("read_attribute_history", list[AttributeValue], "Operation read_attribute_history_5 ")
class ReadAttributeHistory(NamedTuple):
    """The last `n` polled readings of an attribute, oldest first (POLL-77)."""

    device: str
    attribute: str
    n: int


@_operation("get_pipe_config", list[PipeConfig], "Operation get_pipe_config_5 ")
class GetPipeConfig(NamedTuple):
    """Configuration of the named pipes, or of all with `ALL`."""

    device: str
    names: tuple[str, ...] | None = ALL


@_operation("set_pipe_config", None, "Operation set_pipe_config_5 ", identified=True, locked_out=True, repeatable=False)
class SetPipeConfig(NamedTuple):
    """Change label and description of pipes (PIPE-8)."""

    device: str
    configs: tuple[PipeConfig, ...]


@_operation(
    "read_pipe",
    PipeBlob,
    lambda r: f"Operation read_pipe_5 ({r.pipe}) ",
    identified=True,
    outer=Reason.API_PipeFailed,
)
class ReadPipe(NamedTuple):
    """Read a pipe (PIPE-5)."""

    device: str
    pipe: str


@_operation(
    "write_pipe",
    None,
    lambda r: f"Operation write_pipe_5 ({r.pipe}) ",
    identified=True,
    locked_out=True,
    outer=Reason.API_PipeFailed,
    repeatable=False,
)
class WritePipe(NamedTuple):
    """Write a pipe (PIPE-6)."""

    device: str
    pipe: str
    blob: PipeBlob


@_operation(
    "write_read_pipe",
    PipeBlob,
    lambda r: f"Operation write_read_pipe_5 ({r.pipe}) ",
    identified=True,
    locked_out=True,
    outer=Reason.API_PipeFailed,
    repeatable=False,
)
class WriteReadPipe(NamedTuple):
    """Write a pipe, then read it, in one call."""

    device: str
    pipe: str
    blob: PipeBlob


@_operation("black_box", list[str], "Operation blackbox ")
class BlackBox(NamedTuple):
    """The last `n` requests of the device, newest first (BBX-3)."""

    device: str
    n: int


# Subscriptions travel on the connection that receives the events. Tango's own protocol has no such operation (there a
# subscription is a command of the admin device, EVT-8), so they stand apart from the operations above: they leave
# no blackbox entry (BBX-5) and belong to the connection, which ends them when it closes.


class Subscription(NamedTuple):
    """What the server answers to `Subscribe`: the number that events of this kind carry on the connection, and the
    counter of the last event sent (EVT-22)."""

    topic: int
    counter: int


class Subscribe(NamedTuple):
    """Send me the events of one kind; `object` is the attribute or pipe, empty for interface changes."""

    device: str
    object: str
    type: EventType


class Unsubscribe(NamedTuple):
    """No more events of this topic."""

    device: str
    topic: int


Request = Any
"""Any of the request classes above."""
