"""The operations of the wire and the requests of `protocol.operations`, in one table (wire 6).

Each row says for one operation of the IDL which request it is, how arguments and result are converted, in both
directions; what is the same on both sides is not mentioned. Rows of one request stand newest first: a client chooses in
this order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from server_core.model.enums import DevSource
from server_core.model.errors import NonSupportedFeature, Reason
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol import operations as op
from server_core.protocol.giop.cdr import Builders
from server_core.protocol.giop.failures import read_text, sent_text
from server_core.protocol.giop.mapping import attributes, commands, devices, histories, pipes, writes
from server_core.protocol.giop.mapping.configs import CHANGE_OF, CONFIG_OF, WIRE_CONFIG

Arguments = tuple[Any, ...]
"""The arguments of an operation without the client's identification."""


Convert = Callable[[Any, Any], Any]
"""(request, its answer in one form) to the answer in another form."""


def _own_fields(request: Any) -> Arguments:
    fields: Arguments = request[1:]
    return fields


def _as_it_is(request: Any, answer: Any) -> Any:
    return answer


class Row(NamedTuple):
    """How one operation of the wire and a request correspond.

    `request_of(device, arguments)` and `arguments_of(request)` convert what is asked; without them the arguments are
    the fields of the request behind the device. `reply_of(request, result)` and `result_of(request, reply)` convert the
    answer; `builders` do so while it is decoded.
    """

    name: str
    request: type[Any]
    request_of: Callable[[str, Arguments], Any] | None = None
    arguments_of: Callable[[Any], Arguments] = _own_fields
    reply_of: Convert = _as_it_is
    result_of: Convert = _as_it_is
    builders: Builders = ()


def _one(convert: Callable[[Any], Any]) -> Convert:
    return lambda request, answer: convert(answer)


def _each(convert: Callable[[Any], Any]) -> Convert:
    return lambda request, answers: [convert(answer) for answer in answers]


# ---- names, and the words that mean all of them (wire 6.2)

_STATUS = "status"
_ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3, _ALL_PIPES = "All attributes", "All attributes_3", "All pipes"


def _names(wire: list[str], *words: str) -> tuple[str, ...] | None:
    return op.ALL if len(wire) == 1 and wire[0] in words else tuple(wire)


def _wire_names(names: tuple[str, ...] | None, word: str) -> list[str]:
    return [word] if names is op.ALL else list(names)


# ---- attributes


def _reading(name: str, wire: Callable[[Any], Any]) -> Row:
    return Row(
        name,
        op.ReadAttributes,
        request_of=lambda device, a: op.ReadAttributes(device, _names(a[0], _ALL_ATTRIBUTES), a[1]),
        arguments_of=lambda r: (_wire_names(r.names, _ALL_ATTRIBUTES), r.source),
        reply_of=_each(wire),
        builders=attributes.READINGS,
    )


_READING_1 = _reading("read_attributes", attributes.wire_reading)._replace(
    request_of=lambda device, a: op.ReadAttributes(device, _names(a[0], _ALL_ATTRIBUTES), DevSource.DEV),
    arguments_of=lambda r: (_wire_names(r.names, _ALL_ATTRIBUTES),),
)
"""Level 1 knows no source; it asks the device."""


def _writing(name: str, wire: Callable[[Any], Any], write_of: Callable[[Any], Any]) -> Row:
    return Row(
        name,
        op.WriteAttributes,
        request_of=lambda device, a: op.WriteAttributes(device, tuple([write_of(value) for value in a[0]])),
        arguments_of=lambda r: ([wire(value) for value in r.values],),
    )


def _write_read_5(device: str, arguments: Arguments) -> op.WriteReadAttributes:
    values, names = arguments
    return op.WriteReadAttributes(device, tuple([writes.write_of_4(value) for value in values]), tuple(names))


def _write_read_4(device: str, arguments: Arguments) -> op.WriteReadAttributes:
    """Level 4 reads what it writes."""
    values = tuple([writes.write_of_4(value) for value in arguments[0]])
    return op.WriteReadAttributes(device, values, tuple([value.name for value in values]))


def _write_read_arguments_4(request: op.WriteReadAttributes) -> Arguments:
    """Raises NonSupportedFeature when what is to be read is not what is written."""
    if [name.lower() for name in request.names] != [value.name.lower() for value in request.values]:
        raise NonSupportedFeature.of(
            Reason.API_UnsupportedFeature,
            "Devices of interface level 4 read the attributes that are written, and no others",
            "write_read_attributes",
        )
    return ([writes.wire_write_4(value) for value in request.values],)


def _getting_config(name: str, list_type: str, *words: str) -> Row:
    return Row(
        name,
        op.GetAttributeConfig,
        request_of=lambda device, a: op.GetAttributeConfig(device, _names(a[0], *words)),
        arguments_of=lambda r: (_wire_names(r.names, words[0]),),
        reply_of=_each(WIRE_CONFIG[list_type]),
        result_of=_each(CONFIG_OF[list_type]),
    )


def _setting_config(name: str, list_type: str) -> Row:
    wire, change_of = WIRE_CONFIG[list_type], CHANGE_OF[list_type]
    return Row(
        name,
        op.SetAttributeConfig,
        request_of=lambda device, a: op.SetAttributeConfig(device, tuple([change_of(config) for config in a[0]])),
        arguments_of=lambda r: ([wire(config) for config in r.configs],),
    )


# ---- commands


def _wire_result(request: op.CommandInout, result: TypedValue) -> TypedValue:
    if result.type is CmdArgType.DevString and request.command.lower() == _STATUS:
        return TypedValue(result.type, sent_text(result.value))
    return result


def _result(request: op.CommandInout, result: TypedValue) -> TypedValue:
    if result.type is CmdArgType.DevString and request.command.lower() == _STATUS:
        return TypedValue(result.type, read_text(result.value))
    return result


_COMMAND_4 = Row("command_inout_4", op.CommandInout, reply_of=_wire_result, result_of=_result)
_COMMAND_1 = _COMMAND_4._replace(
    name="command_inout",
    request_of=lambda device, a: op.CommandInout(device, a[0], a[1], DevSource.DEV),
    arguments_of=lambda r: (r.command, r.argin),
)
"""Level 1 knows no source; it asks the device."""


# ---- pipes


def _pipe_read(request: Any, blob: Any) -> Any:
    return pipes.wire_reading(request.pipe, blob)


def _blob(request: Any, wire: Any) -> Any:
    return pipes.pipe_and_blob(wire)[1]


def _pipe_writing(name: str, request: type[Any], **conversions: Any) -> Row:
    return Row(
        name,
        request,
        request_of=lambda device, a: request(device, *pipes.pipe_and_blob(a[0])),
        arguments_of=lambda r: (pipes.wire_write(r.pipe, r.blob),),
        **conversions,
    )


ROWS: tuple[Row, ...] = (
    Row("ping", op.Ping),
    Row("info_6", op.GetInfo, reply_of=_one(devices.wire_info_6), result_of=_one(devices.info_of_6)),
    Row("info_3", op.GetInfo, reply_of=_one(devices.wire_info_3), result_of=_one(devices.info_of)),
    Row("info", op.GetInfo, reply_of=_one(devices.wire_info), result_of=_one(devices.info_of)),
    Row("_get_name", op.GetName),
    Row("_get_description", op.GetDescription),
    Row("_get_adm_name", op.GetAdmName),
    Row("_get_state", op.GetState),
    Row("_get_status", op.GetStatus),
    Row("black_box", op.BlackBox),
    Row(
        "command_list_query_2",
        op.CommandListQuery,
        reply_of=_each(commands.wire_command_2),
        result_of=_each(commands.command_of_2),
    ),
    Row(
        "command_list_query",
        op.CommandListQuery,
        reply_of=_each(commands.wire_command),
        result_of=_each(commands.command_of),
    ),
    Row(
        "command_query_2",
        op.CommandQuery,
        reply_of=_one(commands.wire_command_2),
        result_of=_one(commands.command_of_2),
    ),
    Row("command_query", op.CommandQuery, reply_of=_one(commands.wire_command), result_of=_one(commands.command_of)),
    _COMMAND_4,
    _COMMAND_4._replace(name="command_inout_2"),
    _COMMAND_1,
    Row(
        "command_inout_history_4",
        op.CommandInoutHistory,
        reply_of=histories.wire_commands_4,
        result_of=_one(histories.commands_of_4),
    ),
    Row(
        "command_inout_history_2",
        op.CommandInoutHistory,
        reply_of=histories.wire_commands_2,
        result_of=_one(histories.commands_of_2),
    ),
    _getting_config("get_attribute_config_5", "AttributeConfigList_5", _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config_3", "AttributeConfigList_3", _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config_2", "AttributeConfigList_2", _ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config", "AttributeConfigList", _ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3),
    _setting_config("set_attribute_config_5", "AttributeConfigList_5"),
    _setting_config("set_attribute_config_4", "AttributeConfigList_3"),
    _setting_config("set_attribute_config_3", "AttributeConfigList_3"),
    _setting_config("set_attribute_config", "AttributeConfigList"),
    _reading("read_attributes_5", attributes.wire_reading_5),
    _reading("read_attributes_4", attributes.wire_reading_4),
    _reading("read_attributes_3", attributes.wire_reading_3),
    _reading("read_attributes_2", attributes.wire_reading),
    _READING_1,
    _writing("write_attributes_4", writes.wire_write_4, writes.write_of_4),
    _writing("write_attributes_3", writes.wire_write, writes.write_of),
    _writing("write_attributes", writes.wire_write, writes.write_of),
    Row(
        "write_read_attributes_5",
        op.WriteReadAttributes,
        request_of=_write_read_5,
        arguments_of=lambda r: ([writes.wire_write_4(value) for value in r.values], list(r.names)),
        reply_of=_each(attributes.wire_reading_5),
        builders=attributes.READINGS,
    ),
    Row(
        "write_read_attributes_4",
        op.WriteReadAttributes,
        request_of=_write_read_4,
        arguments_of=_write_read_arguments_4,
        reply_of=_each(attributes.wire_reading_4),
        builders=attributes.READINGS,
    ),
    Row(
        "read_attribute_history_5",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_5,
        result_of=_one(histories.history_of_5),
    ),
    Row(
        "read_attribute_history_4",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_4,
        result_of=_one(histories.history_of_4),
    ),
    Row(
        "read_attribute_history_3",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_3,
        result_of=_one(histories.history_of_3),
    ),
    Row(
        "read_attribute_history_2",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_2,
        result_of=_one(histories.history_of_2),
    ),
    Row(
        "get_pipe_config_5",
        op.GetPipeConfig,
        request_of=lambda device, a: op.GetPipeConfig(device, _names(a[0], _ALL_PIPES)),
        arguments_of=lambda r: (_wire_names(r.names, _ALL_PIPES),),
        reply_of=_each(pipes.wire_config),
        result_of=_each(pipes.config_of),
    ),
    Row(
        "set_pipe_config_5",
        op.SetPipeConfig,
        request_of=lambda device, a: op.SetPipeConfig(device, tuple([pipes.config_of(config) for config in a[0]])),
        arguments_of=lambda r: ([pipes.wire_config(config) for config in r.configs],),
    ),
    Row("read_pipe_5", op.ReadPipe, reply_of=_pipe_read, result_of=_blob),
    _pipe_writing("write_pipe_5", op.WritePipe),
    _pipe_writing("write_read_pipe_5", op.WriteReadPipe, reply_of=_pipe_read, result_of=_blob),
)
