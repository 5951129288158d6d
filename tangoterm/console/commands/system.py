"""Commands that look at the control system: what there is, what it is, whether it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.database.store import DeviceRecord
from server_core.model.config import (
    AttributeConfig,
    CommandInfo,
)
from server_core.model.enums import AttrDataFormat, AttrMemorizedType
from server_core.model.errors import DevFailed
from server_core.model.names import parse_device
from server_core.model.types import CmdArgType
from tangoterm.console.card import (
    FIELDS,
    LinesCell,
    Unknown,
    blocks_of,
    reference_facts,
    set_text,
    subject_of,
    title_of,
)
from tangoterm.console.catalogue import Group
from tangoterm.console.cells import WordsCell, json_errors
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.format import NO_VALUE, duration_text, unit_of
from tangoterm.console.names import did_you_mean
from tangoterm.console.result import Column, Failure, Layout, Result, columns
from tangoterm.console.scope import attributes_in, devices_in, is_of_attributes, is_scope
from tangoterm.console.session import AttributeName, Session
from tangoterm.console.together import Outcome, each


@command(
    "ls",
    Parameter("pattern", "device name, or part of one; * matches anything", Want.PATTERN, required=False, default=""),
    Parameter(
        "by",
        "what to list",
        Want.CHOICE,
        option=True,
        metavar="KIND",
        choices=("device", "server", "class"),
        default="device",
    ),
    Parameter("all", "admin devices too", option=True, flag=True),
    Parameter("names", "only the names, one a line, as other commands take them", option=True, flag=True),
    examples=("ls", "ls 'sys/*'", "ls sys/tg_test/1", "ls --by server"),
    repeats=("",),
)
def ls(session: Session, pattern: str, by: str, all: bool, names: bool) -> Result:
    """List devices, servers or classes; the name of one device lists its attributes and commands.

    A pattern without `*` matches names that contain it. The names of a device's members are those of its attributes.
    """
    if by == "device" and _names_one_device(session, pattern):
        device = session.device_name(pattern)
        if names:
            return _names(
                [str(AttributeName(device, config.name)) for config in session.members(device).attributes.values()]
            )
        return list_members(session, device)
    catalogue = session.refresh()
    wanted = pattern if "*" in pattern else f"*{pattern}*"
    if by == "device":
        result = _devices(catalogue.devices(wanted, admin=all))
    else:
        result = _groups(by, catalogue.servers(wanted) if by == "server" else catalogue.classes(wanted))
    if not result.rows:
        known = catalogue.names.all() if by == "device" else [group.name for group in catalogue.servers()]
        result.note = _nothing_found(session, by, pattern, known)
    elif names:
        return _names([row[result.columns[0].key] for row in result.rows])
    return result


def _names(names: Sequence[str]) -> Result:
    return Result((Column("value", "Name"),), [{"value": name} for name in names], Layout.VALUE)


def _devices(records: Sequence[DeviceRecord]) -> Result:
    return Result(columns("Device", "Class", "Server", "Alias", "Running"), [_device_row(record) for record in records])


def _groups(by: str, groups: Sequence[Group]) -> Result:
    rows = [
        {
            "name": group.name,
            "devices": len(group.devices),
            "running": group.exported,
            "host": next((record.host for record in group.devices if record.exported), None),
        }
        for group in groups
    ]
    return Result((Column("name", by.capitalize()), *columns(">Devices", ">Running", "Host")), rows)


def _nothing_found(session: Session, by: str, pattern: str, known: Sequence[str]) -> str:
    if not pattern:
        return f"no {by} in {session.address}"
    text = f"no {by} matches {pattern!r} in {session.address}"
    guess = did_you_mean(pattern, known)
    return f"{text}; {guess}" if guess else text


def _names_one_device(session: Session, pattern: str) -> bool:
    if not pattern or "*" in pattern:
        return False
    try:
        address = parse_device(pattern)
    except DevFailed:
        return False
    return address.host is not None or session.catalogue.find(address.name) is not None


def _device_row(record: DeviceRecord) -> dict[str, Any]:
    return {
        "device": record.name,
        "class": record.dev_class,
        "server": record.server,
        "alias": record.alias or None,
        "running": record.exported,
        "host": record.host if record.exported else None,
        "pid": record.pid if record.exported else None,
    }


def list_members(session: Session, device: str) -> Result:
    """The attributes and commands of a device, one a row."""
    members = session.members(device)
    rows = [attribute_row(config) for config in members.attributes.values()]
    rows += [command_row(info) for info in members.commands.values()]
    return Result(columns("Member", "Kind", "Type", "Access", "Unit", "Description"), rows)


def attribute_row(config: AttributeConfig) -> dict[str, Any]:
    """An attribute as a row of `list_members`."""
    return {
        "member": config.name,
        "kind": "attribute",
        "type": attribute_type(config),
        "access": config.writable.name,
        "unit": unit_of(config) or None,
        "description": set_text(config.description) or None,
        "level": config.disp_level.name,
    }


def command_row(info: CommandInfo) -> dict[str, Any]:
    """A command as a row of `list_members`."""
    return {
        "member": info.cmd_name,
        "kind": "command",
        "type": command_type(info),
        "access": None,
        "unit": None,
        "description": set_text(info.in_type_desc) or None,
        "level": info.disp_level.name,
    }


def attribute_type(config: AttributeConfig) -> str:
    """`DevDouble`, `DevDouble[256]`, `DevUShort[640 x 480]`."""
    size = {
        AttrDataFormat.SPECTRUM: f"[{config.max_dim_x}]",
        AttrDataFormat.IMAGE: f"[{config.max_dim_x} x {config.max_dim_y}]",
    }
    return f"{config.data_type}{size.get(config.data_format, '')}"


def command_type(info: CommandInfo) -> str:
    """`DevDouble -> DevDouble`, with nothing where nothing goes."""
    sides = ("" if code is CmdArgType.DevVoid else str(code) for code in (info.in_type, info.out_type))
    return " -> ".join(sides).strip() if info.in_type or info.out_type else NO_VALUE


# ---- info


@command(
    "info",
    Parameter(
        "targets", "a device, or device/attribute; several, with *, class:NAME or @LIST too", Want.TARGET,
        many=True, metavar="TARGET",
    ),
    Parameter("ior", "of a device also what its object reference says", option=True, flag=True),
    examples=("info sys/tg_test/1", "info sys/tg_test/1 --ior", "info sys/tg_test/1/ampli", "info 'sys/tg_test/*'"),
    repeats=("",),
)  # fmt: skip
def info(session: Session, targets: Sequence[str], ior: bool) -> Result:
    """Show what is known of devices or of attributes.

    Of a device: who it is, how it is, and what about it is out of the ordinary; of one that is down since when it is,
    and who can start it. What could not be asked for shows why, and keeps nothing else from being shown. Several have
    a card each, in their order; devices and attributes are not mixed.
    """
    if len(targets) == 1 and not is_scope(targets[0]):
        return _info(session, targets[0], ior)
    attributes = [word for word in targets if is_of_attributes(session, word)]
    if attributes and len(attributes) < len(targets):
        raise UsageError("either devices or attributes")
    names: Sequence[Any] = attributes_in(session, targets) if attributes else devices_in(session, targets)

    def ask(name: Any) -> Result:
        return attribute_info(session, name) if attributes else device_info(session, name, reference=ior)

    found = {outcome.item: outcome for outcome in each(names, ask)}
    return _cards([found[name] for name in names])


def _cards(found: Sequence[Outcome[Any, Result]]) -> Result:
    """Several cards as one result; what could not be asked at all has its name and the errors."""
    cards = [outcome.value for outcome in found if outcome.value is not None]
    failed = [(outcome.item, outcome.failure) for outcome in found if outcome.failure is not None]
    if not cards:
        raise failed[0][1]
    result = Result(max((card.columns for card in cards), key=len), [], Layout.FIELDS)
    result.rows = [row for card in cards for row in card.rows]
    result.failures.extend(failure for card in cards for failure in card.failures)
    result.failures.extend(Failure(str(name), failure) for name, failure in failed)
    return result


def _info(session: Session, target: str, ior: bool) -> Result:
    relative = session.current is not None and "/" not in target and target != "."
    if target == "." or (not relative and session.is_device(target)):
        return device_info(session, session.device_name(target), reference=ior)
    return attribute_info(session, session.attribute(target))


def device_info(session: Session, device: str, *, reference: bool = False) -> Result:
    """The card of a device: every block on its own, with the error where one could not be had."""
    subject = subject_of(session, device)
    row: dict[str, Any] = dict.fromkeys(FIELDS) | {"device": device}
    shown_fields = [Column(field, title_of(field)) for field in FIELDS]
    result = Result(tuple(shown_fields), [row], Layout.FIELDS)
    for block in blocks_of(subject):
        row |= {name: value for name, value in block.facts.items() if value is not None}
        if block.errors:
            row[block.spec.fields[0]] = Unknown(block.errors)
            if block.key in ("answer", "condition"):
                row["errors"] = json_errors(block.errors)
                result.failures.append(Failure(device, DevFailed(*block.errors)))
    if reference and subject.record is not None and subject.record.ior:
        result.columns = (*result.columns, Column("reference", "Reference"))
        row["reference"] = LinesCell([f"{name} {text}" for name, text in reference_facts(subject.record.ior)])
    return result


_ATTRIBUTE_FIELDS = columns(
    "Name", "Label", "Description", "Type", "Access", "Level", "Unit", "Standard unit", "Display unit", "Format",
    "Min value", "Max value", "Min alarm", "Max alarm", "Min warning", "Max warning", "Delta val", "Delta t",
    "Labels", "Memorized", "Rel change", "Abs change", "Period", "Archive rel change", "Archive abs change",
    "Archive period", "Polling",
)  # fmt: skip


def attribute_info(session: Session, name: AttributeName) -> Result:
    """The whole configuration of an attribute, and its polling period."""
    proxy = session.device(name.device)
    config: AttributeConfig = proxy.get_attribute_config_ex([name.name])[0]
    alarms, events = config.alarms, config.events
    row: dict[str, Any] = {
        "name": str(name._replace(name=config.name)),
        "label": config.label,
        "type": attribute_type(config),
        "access": config.writable.name,
        "level": config.disp_level.name,
        "labels": WordsCell(config.enum_labels),
        "memorized": None if config.memorization is AttrMemorizedType.NONE else config.memorization.name,
        "polling": _polling(proxy, config.name),
    }
    for source in (config, alarms, events.ch_event, events.per_event, events.arch_event):
        for column in _ATTRIBUTE_FIELDS:
            if column.key not in row and hasattr(source, column.key):
                row[column.key] = set_text(str(getattr(source, column.key)))
    return Result(_ATTRIBUTE_FIELDS, [row], Layout.FIELDS)


def _polling(proxy: Any, attribute: str) -> str | None:
    if not proxy.is_attribute_polled(attribute):
        return None
    return f"{proxy.get_attribute_poll_period(attribute)} ms"


# ---- ping


@command(
    "ping",
    Parameter(
        "devices",
        "device or alias; with *, class:NAME or @LIST several; - reads names",
        Want.DEVICE,
        many=True,
        metavar="DEVICE",
    ),
    examples=("ping sys/tg_test/1", "ping 'sys/*'", "ping -"),
    repeats=("",),
)
def ping(session: Session, devices: Sequence[str]) -> Result:
    """Ask devices whether they are there, and measure how long the answer takes."""
    names = devices_in(session, devices)
    single = len(devices) == 1 and not is_scope(devices[0])
    result = Result(columns("Device", ">Time"), [], single=single)
    outcomes = {outcome.item: outcome for outcome in each(names, lambda name: _answer_time(session, name))}
    rows: list[dict[str, Any]] = []
    for name in names:
        _, microseconds, error = outcomes[name]
        if microseconds is not None:
            rows.append({"device": name, "time": duration_text(microseconds / 1e6), "microseconds": microseconds})
        elif error is not None:
            result.failures.append(Failure(name, error))
            rows.append({"device": name, "time": None, "errors": json_errors(error.errors)})
    result.rows = rows
    return result


def _answer_time(session: Session, name: str) -> int:
    """The time that a device takes for an answer, in µs."""
    proxy = session.device(name)
    proxy.ping()  # finds the device and connects; the next one tells how long an answer takes
    microseconds: int = proxy.ping()
    return microseconds
