"""The operations of the wire and the requests of `protocol.operations`, in one table (wire 6).

Each row says for one operation of the IDL which request it is, how arguments and result are converted, in both
directions; what is the same on both sides is not mentioned. Rows of one request stand newest first: a client chooses in
this order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from server_core.model.enums import DevSource
from server_core.protocol import operations as op
from server_core.protocol.giop.mapping import attributes, commands, devices, histories, pipes, writes
from server_core.protocol.giop.mapping.configs import CHANGE_OF, CONFIG_OF, WIRE_CONFIG

Arguments = tuple[Any, ...]
"""The arguments of an operation without the client's identification."""


def _same_fields(request: type[Any]) -> Callable[[str, Arguments], Any]:
    return lambda device, arguments: request(device, *arguments)


def _own_fields(request: Any) -> Arguments:
    fields: Arguments = request[1:]
    return fields


def _as_it_is(request: Any, value: Any) -> Any:
    return value


class Row(NamedTuple):
    """How one operation of the wire and a request correspond.

    `request_of(device, arguments)` and `arguments_of(request)` convert what is asked, `reply_of(request, result)` and
    `result_of(request, reply)` the answer.
    """

    name: str
    request: type[Any]
    request_of: Callable[[str, Arguments], Any]
    arguments_of: Callable[[Any], Arguments] = _own_fields
    reply_of: Callable[[Any, Any], Any] = _as_it_is
    result_of: Callable[[Any, Any], Any] = _as_it_is


def _row(
    name: str,
    request: type[Any],
    *,
    request_of: Callable[[str, Arguments], Any] | None = None,
    arguments_of: Callable[[Any], Arguments] = _own_fields,
    reply: Callable[[Any], Any] | None = None,
    result: Callable[[Any], Any] | None = None,
    reply_of: Callable[[Any, Any], Any] = _as_it_is,
) -> Row:
    """A row; `reply` and `result` are the conversions of an answer that need not know the request."""
    return Row(
        name,
        request,
        request_of or _same_fields(request),
        arguments_of,
        reply_of if reply is None else lambda request, value: reply(value),
        _as_it_is if result is None else lambda request, value: result(value),
    )


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: [convert(value) for value in values]


# ---- names, and the words that mean all of them (wire 6.2)

_ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3, _ALL_PIPES = "All attributes", "All attributes_3", "All pipes"


def _names(wire: list[str], *words: str) -> tuple[str, ...]:
    return op.ALL if len(wire) == 1 and wire[0] in words else tuple(wire)


def _wire_names(names: tuple[str, ...], word: str) -> list[str]:
    return list(names or (word,))


# ---- attributes


def _reading(name: str, wire: Callable[[Any], Any], reading_of: Callable[[Any], Any], *, source: bool = True) -> Row:
    """An operation that reads attributes; level 1 knows no source, it asks the device."""
    if source:
        return _row(
            name,
            op.ReadAttributes,
            request_of=lambda device, a: op.ReadAttributes(device, _names(a[0], _ALL_ATTRIBUTES), a[1]),
            arguments_of=lambda r: (_wire_names(r.names, _ALL_ATTRIBUTES), r.source),
            reply=_each(wire),
            result=_each(reading_of),
        )
    return _row(
        name,
        op.ReadAttributes,
        request_of=lambda device, a: op.ReadAttributes(device, _names(a[0], _ALL_ATTRIBUTES), DevSource.DEV),
        arguments_of=lambda r: (_wire_names(r.names, _ALL_ATTRIBUTES),),
        reply=_each(wire),
        result=_each(reading_of),
    )


def _writing(name: str, wire: Callable[[Any], Any], write_of: Callable[[Any], Any]) -> Row:
    return _row(
        name,
        op.WriteAttributes,
        request_of=lambda device, a: op.WriteAttributes(device, tuple([write_of(value) for value in a[0]])),
        arguments_of=lambda r: ([wire(value) for value in r.values],),
    )


def _write_read_5(device: str, arguments: Arguments) -> op.WriteReadAttributes:
    values, names = arguments
    return op.WriteReadAttributes(
        device, tuple([writes.write_of_4(value) for value in values]), _names(names, _ALL_ATTRIBUTES)
    )


def _write_read_4(device: str, arguments: Arguments) -> op.WriteReadAttributes:
    """Level 4 reads what it writes."""
    values = tuple([writes.write_of_4(value) for value in arguments[0]])
    return op.WriteReadAttributes(device, values, tuple([value.name for value in values]))


def _getting_config(name: str, list_type: str, *words: str) -> Row:
    return _row(
        name,
        op.GetAttributeConfig,
        request_of=lambda device, a: op.GetAttributeConfig(device, _names(a[0], *words)),
        arguments_of=lambda r: (_wire_names(r.names, words[0]),),
        reply=_each(WIRE_CONFIG[list_type]),
        result=_each(CONFIG_OF[list_type]),
    )


def _setting_config(name: str, list_type: str) -> Row:
    wire, change_of = WIRE_CONFIG[list_type], CHANGE_OF[list_type]
    return _row(
        name,
        op.SetAttributeConfig,
        request_of=lambda device, a: op.SetAttributeConfig(device, tuple([change_of(config) for config in a[0]])),
        arguments_of=lambda r: ([wire(config) for config in r.configs],),
    )


# ---- commands


def _command(name: str, *, source: bool = True) -> Row:
    if source:
        return _row(name, op.CommandInout)
    return _row(
        name,
        op.CommandInout,
        request_of=lambda device, a: op.CommandInout(device, a[0], a[1], DevSource.DEV),
        arguments_of=lambda r: (r.command, r.argin),
    )


# ---- pipes


def _pipe_read(request: Any, blob: Any) -> Any:
    return pipes.wire_reading(request.pipe, blob)


def _blob(wire: Any) -> Any:
    return pipes.pipe_and_blob(wire)[1]


def _pipe_writing(name: str, request: type[Any], **conversions: Any) -> Row:
    return _row(
        name,
        request,
        request_of=lambda device, a: request(device, *pipes.pipe_and_blob(a[0])),
        arguments_of=lambda r: (pipes.wire_write(r.pipe, r.blob),),
        **conversions,
    )


_READ_5 = _each(attributes.wire_reading_5), _each(attributes.reading_of_5)
_READ_4 = _each(attributes.wire_reading_4), _each(attributes.reading_of_4)

ROWS: tuple[Row, ...] = (
    _row("ping", op.Ping),
    _row("info_6", op.GetInfo, reply=devices.wire_info_6, result=devices.info_of_6),
    _row("info_3", op.GetInfo, reply=devices.wire_info_3, result=devices.info_of),
    _row("info", op.GetInfo, reply=devices.wire_info, result=devices.info_of),
    _row("_get_name", op.GetName),
    _row("_get_description", op.GetDescription),
    _row("_get_adm_name", op.GetAdmName),
    _row("_get_state", op.GetState),
    _row("_get_status", op.GetStatus),
    _row("black_box", op.BlackBox),
    _row(
        "command_list_query_2",
        op.CommandListQuery,
        reply=_each(commands.wire_command_2),
        result=_each(commands.command_of_2),
    ),
    _row(
        "command_list_query", op.CommandListQuery, reply=_each(commands.wire_command), result=_each(commands.command_of)
    ),
    _row("command_query_2", op.CommandQuery, reply=commands.wire_command_2, result=commands.command_of_2),
    _row("command_query", op.CommandQuery, reply=commands.wire_command, result=commands.command_of),
    _command("command_inout_4"),
    _command("command_inout_2"),
    _command("command_inout", source=False),
    _row(
        "command_inout_history_4",
        op.CommandInoutHistory,
        reply_of=histories.wire_commands_4,
        result=histories.commands_of_4,
    ),
    _row(
        "command_inout_history_2",
        op.CommandInoutHistory,
        reply_of=histories.wire_commands_2,
        result=histories.commands_of_2,
    ),
    _getting_config("get_attribute_config_5", "AttributeConfigList_5", _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config_3", "AttributeConfigList_3", _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config_2", "AttributeConfigList_2", _ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3),
    _getting_config("get_attribute_config", "AttributeConfigList", _ALL_ATTRIBUTES, _ALL_ATTRIBUTES_3),
    _setting_config("set_attribute_config_5", "AttributeConfigList_5"),
    _setting_config("set_attribute_config_4", "AttributeConfigList_3"),
    _setting_config("set_attribute_config_3", "AttributeConfigList_3"),
    _setting_config("set_attribute_config", "AttributeConfigList"),
    _reading("read_attributes_5", attributes.wire_reading_5, attributes.reading_of_5),
    _reading("read_attributes_4", attributes.wire_reading_4, attributes.reading_of_4),
    _reading("read_attributes_3", attributes.wire_reading_3, attributes.reading_of_3),
    _reading("read_attributes_2", attributes.wire_reading, attributes.reading_of),
    _reading("read_attributes", attributes.wire_reading, attributes.reading_of, source=False),
    _writing("write_attributes_4", writes.wire_write_4, writes.write_of_4),
    _writing("write_attributes_3", writes.wire_write, writes.write_of),
    _writing("write_attributes", writes.wire_write, writes.write_of),
    _row(
        "write_read_attributes_5",
        op.WriteReadAttributes,
        request_of=_write_read_5,
        arguments_of=lambda r: ([writes.wire_write_4(value) for value in r.values], list(r.names)),
        reply=_READ_5[0],
        result=_READ_5[1],
    ),
    _row(
        "write_read_attributes_4",
        op.WriteReadAttributes,
        request_of=_write_read_4,
        arguments_of=lambda r: ([writes.wire_write_4(value) for value in r.values],),
        reply=_READ_4[0],
        result=_READ_4[1],
    ),
    _row(
        "read_attribute_history_5",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_5,
        result=histories.history_of_5,
    ),
    _row(
        "read_attribute_history_4",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_4,
        result=histories.history_of_4,
    ),
    _row(
        "read_attribute_history_3",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_3,
        result=histories.history_of_3,
    ),
    _row(
        "read_attribute_history_2",
        op.ReadAttributeHistory,
        reply_of=histories.wire_history_2,
        result=histories.history_of_2,
    ),
    _row(
        "get_pipe_config_5",
        op.GetPipeConfig,
        request_of=lambda device, a: op.GetPipeConfig(device, _names(a[0], _ALL_PIPES)),
        arguments_of=lambda r: (_wire_names(r.names, _ALL_PIPES),),
        reply=_each(pipes.wire_config),
        result=_each(pipes.config_of),
    ),
    _row(
        "set_pipe_config_5",
        op.SetPipeConfig,
        request_of=lambda device, a: op.SetPipeConfig(device, tuple([pipes.config_of(config) for config in a[0]])),
        arguments_of=lambda r: ([pipes.wire_config(config) for config in r.configs],),
    ),
    _row("read_pipe_5", op.ReadPipe, reply_of=_pipe_read, result=_blob),
    _pipe_writing("write_pipe_5", op.WritePipe),
    _pipe_writing("write_read_pipe_5", op.WriteReadPipe, reply_of=_pipe_read, result=_blob),
)
