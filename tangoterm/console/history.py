"""What a polling buffer remembers of an attribute or command (POLL-77)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.values import AttributeValue
from tangoterm.console.cells import ErrorCell, RecentCell, ResultCell, json_errors
from tangoterm.console.readings import displays, error_row, value_row
from tangoterm.console.result import Result, columns
from tangoterm.console.session import AttributeName, Session


def attribute_history(session: Session, name: AttributeName, count: int) -> list[AttributeValue]:
    """The last polled readings of an attribute, oldest first; DevFailed when it is not polled."""
    return [record.data for record in session.device(name.device).attribute_history(name.name, count)]


def attribute_result(session: Session, name: AttributeName, count: int) -> Result:
    """The same as rows."""
    records = session.device(name.device).attribute_history(name.name, count)
    display = displays(session, name.device, [name.name])[name.name.lower()]
    rows = [_failed(name, record) if record.has_failed else value_row(name, record, display) for record in records]
    shown = columns("Time", "Value", "Set point", "Quality")
    if all(row.get("set_point") is None for row in rows):
        shown = tuple(column for column in shown if column.key != "set_point")
    return Result(shown, rows)


def _failed(name: AttributeName, record: Any) -> dict[str, Any]:
    return error_row(name, record.get_err_stack()) | {"time": RecentCell(record.time.totime())}


def command_result(session: Session, device: str, command: str, count: int) -> Result:
    """The last polled executions of a command, oldest first, as rows; DevFailed when it is not polled."""
    proxy = session.device(device)
    info = proxy.command_query(command)
    return Result(
        columns("Time", "Value"),
        [_command_row(device, info, record) for record in proxy.command_history(command, count)],
    )


def _command_row(device: str, info: Any, record: Any) -> dict[str, Any]:
    errors: Sequence[Any] = record.get_err_stack() if record.has_failed() else ()
    return {
        "device": device,
        "command": info.cmd_name,
        "time": RecentCell(record.time.totime()),
        "value": ErrorCell(errors) if errors else ResultCell(info.out_type, record.value),
        "errors": json_errors(errors) if errors else None,
    }
