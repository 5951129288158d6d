"""Histories of polled attributes and commands (wire 7.4).

Records are listed oldest first. From level 4 on one Any holds the values of all records one behind the other, newest
first, and what goes with them stands in run-length lists: a value, and the run (start, number) of records that have it,
from `start` down to older ones. Levels 2 and 3 send a list of whole records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import VOID, AttributeValue, CommandRecord, TypedValue
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.failures import errors_of, wire_errors
from server_core.protocol.giop.mapping import attributes
from server_core.protocol.giop.mapping.attributes import all_data, array_type, count_of, joined
from server_core.protocol.giop.mapping.common import seconds_of, type_of, wire_time
from server_core.protocol.operations import CommandInoutHistory, ReadAttributeHistory

_T = CmdArgType
_INVALID = AttrQuality.ATTR_INVALID
_NO_DIM = (0, 0)


# ---- run-length lists


def _runs(values: Sequence[Any]) -> tuple[list[Any], list[tuple[int, int]]]:
    """The run-length lists of one value for each record, oldest first; None for records that have none."""
    found: list[Any] = []
    runs: list[tuple[int, int]] = []
    for index in range(len(values) - 1, -1, -1):
        value = values[index]
        if value is None:
            continue
        if found and found[-1] == value and runs[-1][0] - runs[-1][1] == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            found.append(value)
            runs.append((index, 1))
    return found, runs


def _spread(values: Sequence[Any], runs: Sequence[Any], count: int, default: Any) -> list[Any]:
    """The values of run-length lists for each of `count` records, oldest first."""
    if len(values) != len(runs) or sum(number for _, number in runs) > count:
        raise MarshalError(f"a history of {count} records with {len(values)} values for {len(runs)} runs of them")
    spread = [default] * count
    for value, (start, number) in zip(values, runs, strict=True):
        if not 0 <= start < count or not 0 <= number <= start + 1:
            raise MarshalError(f"{number} records down from {start}, where there are {count}")
        for index in range(start - number + 1, start + 1):
            spread[index] = value
    return spread


# ---- attributes


def wire_history_5(request: ReadAttributeHistory, records: list[AttributeValue]) -> tuple[Any, ...]:
    """The readings as DevAttrHistory_5."""
    good = [record for record in records if record.value is not None]
    told = next((record for record in records if not record.errors), None)
    data_format, data_type = (AttrDataFormat.FMT_UNKNOWN, 0) if told is None else (told.data_format, told.data_type)
    value = VOID
    if good:
        code = good[0].data_type
        value = TypedValue(array_type(code), joined(code, [all_data(record) for record in reversed(good)]))
    return (
        request.attribute,
        data_format,
        data_type,
        [wire_time(record.time) for record in records],
        value,
        *_runs([record.quality for record in records]),
        *_runs([(record.dim_x, record.dim_y) for record in records]),
        *_runs([(record.w_dim_x, record.w_dim_y) for record in records]),
        *_errors([record.errors for record in records]),
    )


def _errors(stacks: Sequence[tuple[DevError, ...]]) -> tuple[list[Any], list[tuple[int, int]]]:
    found, runs = _runs([stack or None for stack in stacks])
    return [wire_errors(stack) for stack in found], runs


def wire_history_4(request: ReadAttributeHistory, records: list[AttributeValue]) -> tuple[Any, ...]:
    """The readings as DevAttrHistory_4."""
    name, _, _, *rest = wire_history_5(request, records)
    return name, *rest


def history_of_5(wire: Any) -> list[AttributeValue]:
    """The readings in a DevAttrHistory_5."""
    name, data_format, data_type, *rest = wire
    return _records(name, data_format, type_of(data_type), *rest)


def history_of_4(wire: Any) -> list[AttributeValue]:
    """The readings in a DevAttrHistory_4; see `attributes.completed`."""
    name, *rest = wire
    return _records(name, None, _T.DevVoid, *rest)


def _records(
    name: str,
    data_format: AttrDataFormat | None,
    data_type: CmdArgType,
    dates: Any,
    value: TypedValue,
    quals: Any,
    quals_array: Any,
    r_dims: Any,
    r_dims_array: Any,
    w_dims: Any,
    w_dims_array: Any,
    errors: Any,
    errors_array: Any,
) -> list[AttributeValue]:
    count = len(dates)
    qualities = _spread(quals, quals_array, count, _INVALID)
    dims = _spread(r_dims, r_dims_array, count, _NO_DIM)
    written = _spread(w_dims, w_dims_array, count, _NO_DIM)
    stacks = _spread(errors, errors_array, count, ())
    code, flat = attributes.sample_of_any(value)
    if data_type is _T.DevEnum:
        code = data_type
    has_value = [not stacks[index] and qualities[index] != _INVALID and flat is not None for index in range(count)]
    sizes = [(count_of(*dims[index]), count_of(*written[index])) for index in range(count)]
    if flat is not None and not isinstance(flat, (memoryview, list)):
        raise MarshalError(f"the history of {name} holds {value.type} instead of a sequence")
    if flat is not None and len(flat) == sum(read for (read, _), there in zip(sizes, has_value, strict=True) if there):
        sizes = [(read, 0) for read, _ in sizes]  # an attribute that can only be written, with its set points once
    records, position = [], 0
    for index in range(count - 1, -1, -1):
        data, r_dim, w_dim = None, _NO_DIM, _NO_DIM
        if has_value[index]:
            r_dim, w_dim = dims[index], written[index]
            size = sum(sizes[index])
            if size < 0 or position + size > len(flat):
                raise MarshalError(f"the history of {name} has {len(flat)} elements where more are needed")
            data = flat[position : position + size]
            position += size
        records.append(
            attributes.reading_from(
                name,
                code if data is not None else data_type,
                data,
                _format(data_format, r_dim, w_dim, data),
                qualities[index],
                dates[index],
                r_dim,
                w_dim,
                stacks[index],
            )
        )
    return records[::-1]


def _format(data_format: AttrDataFormat | None, r_dim: Any, w_dim: Any, data: Any) -> AttrDataFormat:
    if data_format is not None:
        return data_format
    return AttrDataFormat.FMT_UNKNOWN if data is None else attributes.likely_format(r_dim, w_dim)


def wire_history_3(request: ReadAttributeHistory, records: list[AttributeValue]) -> list[Any]:
    """The readings as DevAttrHistoryList_3."""
    return [(bool(record.errors), attributes.wire_reading_3(record)) for record in records]


def history_of_3(wire: Any) -> list[AttributeValue]:
    """The readings in a DevAttrHistoryList_3; see `attributes.completed`."""
    return [attributes.reading_of_3(*value) for _, value in wire]


def wire_history_2(request: ReadAttributeHistory, records: list[AttributeValue]) -> list[Any]:
    """The readings as DevAttrHistoryList."""
    return [
        (True, _failed(record), wire_errors(record.errors))
        if record.errors
        else (False, attributes.wire_reading(record), ())
        for record in records
    ]


def _failed(record: AttributeValue) -> tuple[Any, ...]:
    return VOID, _INVALID, wire_time(record.time), record.name, 0, 0


def history_of_2(wire: Any) -> list[AttributeValue]:
    """The readings in a DevAttrHistoryList; see `attributes.completed`."""
    records = []
    for failed, value, errors in wire:
        record = attributes.reading_of(*value)
        if failed:
            record = AttributeValue(record.name, time=record.time, errors=errors_of(errors))
        records.append(record)
    return records


# ---- commands


def wire_commands_4(request: CommandInoutHistory, records: list[CommandRecord]) -> tuple[Any, ...]:
    """The executions as DevCmdHistory_4; raises DevFailed for a command without result, which has no history."""
    good = [record.result for record in records if not record.errors]
    code = good[0].type if good else _T.DevVoid
    if good and code is _T.DevVoid:
        raise DevFailed.of(
            Reason.API_CmdArgumentTypeNotSupported,
            f"Command {request.command} has no result: there is no history of it",
            "command_inout_history",
        )
    return (
        [wire_time(record.time) for record in records],
        _all_results(code, good[::-1]),
        *_runs([_NO_DIM if record.errors else _dim(record.result) for record in records]),
        *_errors([record.errors for record in records]),
        code,
    )


def _dim(result: TypedValue) -> tuple[int, int]:
    """One element, so many, or so many strings and numbers."""
    kind = TYPES[result.type].kind
    if kind is Kind.PAIR:
        return len(result.value[1]), len(result.value[0])
    return (len(result.value), 0) if kind is Kind.ARRAY else (1, 0)


def _all_results(code: CmdArgType, results: list[TypedValue]) -> TypedValue:
    """All results as one value."""
    if not results:
        return VOID
    row = TYPES[code]
    values = [result.value for result in results]
    if row.kind is Kind.PAIR:
        numbers = joined(row.element, [numbers for numbers, _ in values])
        return TypedValue(code, (numbers, [text for _, strings in values for text in strings]))
    if row.kind is Kind.ARRAY:
        return TypedValue(code, joined(row.element, values))
    return TypedValue(array_type(code), tuple(values))


def commands_of_4(wire: Any) -> list[CommandRecord]:
    """The executions in a DevCmdHistory_4."""
    dates, value, dims, dims_array, errors, errors_array, code = wire
    count = len(dates)
    all_dims = _spread(dims, dims_array, count, _NO_DIM)
    stacks = _spread(errors, errors_array, count, ())
    take = _Results(type_of(code), value)
    records = [
        CommandRecord(seconds_of(dates[index]), VOID, errors_of(stacks[index]))
        if stacks[index]
        else CommandRecord(seconds_of(dates[index]), take.next(*all_dims[index]))
        for index in range(count - 1, -1, -1)
    ]
    return records[::-1]


class _Results:
    """Takes the results of a command, newest first, from the one value that holds all."""

    def __init__(self, code: CmdArgType, value: TypedValue) -> None:
        self._code = code
        self._row = TYPES[code]
        is_pair = TYPES[value.type].kind is Kind.PAIR
        both: tuple[Any, Any] = value.value if is_pair else (value.value, ())
        self._numbers, self._strings = both
        wanted = code if is_pair or self._row.kind is Kind.ARRAY else self._row.array
        if value.type not in (wanted, _T.DevVoid):
            raise MarshalError(f"a history of {code} that holds {value.type}")
        self._number = self._string = 0

    def next(self, dim_x: int, dim_y: int) -> TypedValue:
        """The next older result, with these dimensions."""
        if self._numbers is None:
            return VOID
        if self._row.kind is Kind.PAIR:
            return TypedValue(self._code, (self._slice_numbers(dim_y), self._slice_strings(dim_x)))
        data = self._slice_numbers(dim_x)
        if self._row.kind is Kind.ARRAY:
            return TypedValue(self._code, data)
        if not len(data):
            raise MarshalError("a result without a value in the history of a command")
        return TypedValue(self._code, bool(data[0]) if self._code is _T.DevBoolean else data[0])

    def _slice_numbers(self, count: int) -> Any:
        start, self._number = self._number, self._number + count
        return self._checked(self._numbers, start, count)

    def _slice_strings(self, count: int) -> Any:
        start, self._string = self._string, self._string + count
        return self._checked(self._strings, start, count)

    @staticmethod
    def _checked(data: Any, start: int, count: int) -> Any:
        if count < 0 or start + count > len(data):
            raise MarshalError("the history of a command has fewer elements than its dimensions need")
        return data[start : start + count]


def wire_commands_2(request: CommandInoutHistory, records: list[CommandRecord]) -> list[Any]:
    """The executions as DevCmdHistoryList."""
    return [
        (wire_time(record.time), bool(record.errors), record.result, wire_errors(record.errors)) for record in records
    ]


def commands_of_2(wire: Any) -> list[CommandRecord]:
    """The executions in a DevCmdHistoryList."""
    return [
        CommandRecord(seconds_of(time), VOID if failed else value, errors_of(errors))
        for time, failed, value, errors in wire
    ]
