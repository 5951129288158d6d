"""Requests that are answered from the polling rings, without the device and without its monitor.

Source: POLL-70..POLL-77.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, CommandRecord, TypedValue
from server_core.server.polling.ring import Entry, PolledObject

if TYPE_CHECKING:
    from server_core.server.served import Served

_NOT_POLLED = {False: Reason.API_AttrNotPolled, True: Reason.API_CmdNotPolled}


def cached_attributes(
    served: Served, names: Sequence[str], source: DevSource
) -> tuple[list[AttributeValue | None], list[str]]:
    """The readings of `names` from the cache, and the names that have to be read from the device instead, whose place
    in the list is None. With source CACHE only forwarded
    attributes are among these, whose roots have caches of their own; else what fails is an error in its place."""
    values: list[AttributeValue | None] = []
    from_device: list[str] = []
    for name in names:
        value = None
        if source is DevSource.CACHE or served.find_polled(name, command=False) is not None:
            value = _cached_attribute(served, name, source)
        values.append(value)
        if value is None:
            from_device.append(name)
    return values, from_device


def _cached_attribute(served: Served, name: str, source: DevSource) -> AttributeValue | None:
    """The cached reading, or what there is in its place: an error with source CACHE, else None."""
    try:
        if served.kernel.attribute(name).forwarded:
            return None
        outcome = _fresh(served, name, command=False).outcome
    except DevFailed as failure:
        return AttributeValue(name, time=time.time(), errors=failure.errors) if source is DevSource.CACHE else None
    assert isinstance(outcome, AttributeValue)
    return outcome


def cached_command(served: Served, name: str) -> TypedValue:
    """The last result of a polled command; its error when it failed (POLL-74).

    Raises `API_CommandNotFound`, `API_CmdNotPolled`, `API_NoDataYet`, `API_NotUpdatedAnyMore`, or
    `API_IncompatibleCmdArgumentType` for a command that takes an argument. See `is_answer`.
    """
    check_without_argument(served, name)
    outcome = _fresh(served, name, command=True).outcome
    if outcome.errors:
        raise _CachedFailure(*outcome.errors)
    if isinstance(outcome, CommandRecord):
        return outcome.result
    return TypedValue(outcome.data_type, outcome.value)


class _CachedFailure(DevFailed):
    """The error that a polled command ended with."""


def is_answer(failure: DevFailed) -> bool:
    """Whether a failure of `cached_command` is the command's own, so that the device is not asked (POLL-74)."""
    return isinstance(failure, _CachedFailure)


def check_without_argument(served: Served, name: str) -> None:
    """Raise unless the command exists and takes no argument, as polling needs (POLL-2)."""
    if served.kernel.command_info(name).in_type is not CmdArgType.DevVoid:
        raise DevFailed.of(
            Reason.API_IncompatibleCmdArgumentType,
            f"Command {name.lower()} cannot be polled because it needs input value",
            "polling.check_without_argument",
        )


def _fresh(served: Served, name: str, *, command: bool) -> Entry:
    """The newest entry, unless there is none or it is too old."""
    polled = _need(served, name, name, command=command)
    kind = "command" if command else "attribute"
    latest = polled.latest
    if latest is None:
        raise _no_data(kind, name)
    if polled.too_old(time.time(), served.settings.old_factor):
        raise DevFailed.of(
            Reason.API_NotUpdatedAnyMore, f"Data in cache for {kind} {name} not updated any more", "polling.cache"
        )
    return latest


def _need(served: Served, name: str, echo: str, *, command: bool) -> PolledObject:
    polled = served.find_polled(name, command=command)
    if polled is None:
        kind = "Command" if command else "Attribute"
        raise DevFailed.of(_NOT_POLLED[command], f"{kind} {echo} not polled", "polling.cache")
    return polled


def _no_data(kind: str, name: str) -> DevFailed:
    return DevFailed.of(Reason.API_NoDataYet, f"No data available in cache for {kind} {name}", "polling.cache")


def history(served: Served, name: str, count: int, *, command: bool) -> list[Entry]:
    """The last `count` entries of a polled object, oldest first (POLL-77).

    Raises `API_AttrNotFound` or `API_CommandNotFound`, `API_IncompatibleCmdArgumentType` for a command that takes an
    argument, `API_AttrNotPolled` or `API_CmdNotPolled`, `API_NoDataYet`, and `API_MethodArgument` for a negative count.
    """
    key = name.lower()
    if command:
        check_without_argument(served, key)
    else:
        served.kernel.attribute(key)
    polled = _need(served, key, key, command=command)
    if polled.latest is None:
        raise _no_data("command" if command else "attribute", key)
    if count < 0:
        raise DevFailed.of(
            Reason.API_MethodArgument, f"{count} records cannot be read: the number is negative", "polling.history"
        )
    return polled.history(count)


def attribute_history(served: Served, name: str, count: int) -> list[AttributeValue]:
    """The last readings of a polled attribute, oldest first."""
    return [
        entry.outcome
        for entry in history(served, name, count, command=False)
        if isinstance(entry.outcome, AttributeValue)
    ]


def command_history(served: Served, name: str, count: int) -> list[CommandRecord]:
    """The last executions of a polled command, oldest first; State and Status come from the polled attribute."""
    return [_as_command(entry) for entry in history(served, name, count, command=True)]


def _as_command(entry: Entry) -> CommandRecord:
    outcome = entry.outcome
    if isinstance(outcome, CommandRecord):
        return outcome
    return CommandRecord(entry.start, TypedValue(outcome.data_type, outcome.value), outcome.errors)
